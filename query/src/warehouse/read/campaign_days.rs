use serde::Deserialize;
use stratum_models::ad_report::{AccountCampaign, CampaignDay};
use stratum_models::money::Currency;
use stratum_models::platform::Platform;
use stratum_models::scope::TenantScope;
use stratum_models::store::StoreError;
use stratum_models::time::{Day, DayRange};

use super::kpi::day;
use super::{ClickHouseWarehouse, coded};

const READ_CAMPAIGN_DAYS: &str = include_str!("../../../sql/read_campaign_days.sql");

#[derive(Debug, clickhouse::Row, Deserialize)]
struct CampaignDayRow {
    platform_code: i8,
    account: String,
    campaign: String,
    name: String,
    day: i32,
    currency_code: String,
    spend_micros: i64,
    impressions: i64,
    clicks: i64,
    conversions_micros: i64,
    revenue_micros: i64,
}

impl TryFrom<CampaignDayRow> for CampaignDay {
    type Error = StoreError;

    fn try_from(row: CampaignDayRow) -> Result<CampaignDay, StoreError> {
        let platform = coded(Platform::from_code(row.platform_code))?;
        Ok(CampaignDay {
            key: AccountCampaign { platform, account_id: row.account, campaign_id: row.campaign },
            campaign_name: row.name,
            day: coded(Day::from_epoch_days(row.day))?,
            currency: coded(Currency::parse(&row.currency_code))?,
            spend_micros: row.spend_micros,
            impressions: row.impressions,
            clicks: row.clicks,
            conversions_micros: row.conversions_micros,
            revenue_micros: row.revenue_micros,
        })
    }
}

impl ClickHouseWarehouse {
    pub(super) async fn read_campaign_days(
        &self,
        scope: TenantScope,
        days: DayRange,
    ) -> Result<Vec<CampaignDay>, StoreError> {
        let statement = self
            .statement(scope, READ_CAMPAIGN_DAYS)
            .param("first_day", day(days.from))
            .param("last_day", day(days.to));
        let rows = self.fetch::<CampaignDayRow>("read_campaign_days", statement).await?;
        rows.into_iter().map(CampaignDay::try_from).collect()
    }
}

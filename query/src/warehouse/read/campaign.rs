use std::collections::HashSet;

use serde::Deserialize;
use stratum_models::event::PURCHASE;
use stratum_models::metrics::KpiGroup;
use stratum_models::money::Currency;
use stratum_models::platform::Platform;
use stratum_models::scope::TenantScope;
use stratum_models::store::StoreError;
use stratum_models::time::UnixMillis;
use stratum_models::warehouse::{CampaignGroupQuery, CampaignKey, ReportedCampaign};

use super::kpi::{KpiGroupRow, day};
use super::{ClickHouseWarehouse, coded, instant};

const READ_CAMPAIGN_GROUPS: &str = include_str!("../../../sql/read_campaign_groups.sql");
/// Ids sent with one statement, in bytes: they stand in its address, which holds 64 KiB. Of more, all campaigns are
/// read and the others left out.
const NAMED_BYTES_MAX: usize = 12_288;
const READ_REPORTED_CAMPAIGNS: &str = include_str!("../../../sql/read_reported_campaigns.sql");

#[derive(Debug, clickhouse::Row, Deserialize)]
struct ReportedCampaignRow {
    platform_code: i8,
    campaign: String,
    account: String,
    name: String,
    currency_code: String,
    received_ms: i64,
}

impl TryFrom<ReportedCampaignRow> for ReportedCampaign {
    type Error = StoreError;

    fn try_from(row: ReportedCampaignRow) -> Result<ReportedCampaign, StoreError> {
        let platform = coded(Platform::from_code(row.platform_code))?;
        Ok(ReportedCampaign {
            key: CampaignKey { platform, campaign_id: row.campaign },
            account_id: row.account,
            name: row.name,
            currency: coded(Currency::parse(&row.currency_code))?,
            received_at: UnixMillis(row.received_ms),
        })
    }
}

impl ClickHouseWarehouse {
    pub(super) async fn read_campaign_groups(
        &self,
        scope: TenantScope,
        query: &CampaignGroupQuery,
    ) -> Result<Vec<KpiGroup>, StoreError> {
        let CampaignGroupQuery { days, campaigns, by_day } = query;
        let bytes: usize = campaigns.iter().map(|key| key.campaign_id.len()).sum();
        let every = campaigns.is_empty() || bytes > NAMED_BYTES_MAX;
        let sent = if every { &[] } else { campaigns.as_slice() };
        let platforms: Vec<i8> = sent.iter().map(|key| key.platform.code()).collect();
        let ids: Vec<&str> = sent.iter().map(|key| key.campaign_id.as_str()).collect();
        let statement = self
            .statement(scope, READ_CAMPAIGN_GROUPS)
            .param("first_day", day(days.from))
            .param("last_day", day(days.to))
            .param("every", every)
            .param("by_day", *by_day)
            .param("purchase", PURCHASE)
            .param("platforms", platforms)
            .param("campaigns", ids);
        let rows = self.fetch::<KpiGroupRow>("read_campaign_groups", statement).await?;
        let groups: Result<Vec<_>, _> = rows.into_iter().map(KpiGroup::try_from).collect();
        let mut groups = groups?;
        if every && !campaigns.is_empty() {
            let named: HashSet<(Option<Platform>, &str)> = campaigns
                .iter()
                .map(|key| (Some(key.platform), key.campaign_id.as_str()))
                .collect();
            groups.retain(|group| {
                group.campaign_id.as_deref().is_some_and(|id| named.contains(&(group.platform, id)))
            });
        }
        Ok(groups)
    }

    pub(super) async fn read_reported_campaigns(
        &self,
        scope: TenantScope,
        since: UnixMillis,
        after: Option<&CampaignKey>,
        limit: u32,
    ) -> Result<Vec<ReportedCampaign>, StoreError> {
        // Codes of platforms begin at 1.
        let (platform, campaign) =
            after.map_or((0, ""), |key| (key.platform.code(), key.campaign_id.as_str()));
        let statement = self
            .statement(scope, READ_REPORTED_CAMPAIGNS)
            .param("since", instant(since))
            .param("after_platform", platform)
            .param("after_campaign", campaign)
            .param("limit", limit);
        let rows = self.fetch::<ReportedCampaignRow>("read_reported_campaigns", statement).await?;
        rows.into_iter().map(ReportedCampaign::try_from).collect()
    }
}

use serde::Deserialize;
use stratum_models::event::PURCHASE;
use stratum_models::metrics::{KpiGroup, KpiGrouping, KpiQuery, MetricSums};
use stratum_models::platform::Platform;
use stratum_models::scope::TenantScope;
use stratum_models::store::StoreError;
use stratum_models::time::Day;

use super::{ClickHouseWarehouse, coded, currency, platform};

const READ_KPI_GROUPS: &str = include_str!("../../../sql/read_kpi_groups.sql");

/// The days a ClickHouse `Date32` can hold: 1900-01-01 to 2299-12-31.
const DAYS: std::ops::RangeInclusive<i32> = -25_567..=120_529;

#[derive(Debug, clickhouse::Row, Deserialize)]
pub(super) struct KpiGroupRow {
    currency: String,
    platform: Option<i8>,
    day: Option<i32>,
    campaign_id: Option<String>,
    campaign_name: Option<String>,
    spend_micros: i128,
    impressions: i128,
    clicks: i128,
    conversions_micros: i128,
    revenue_micros: i128,
    tracked_conversions: i128,
    tracked_revenue_micros: i128,
}

impl TryFrom<KpiGroupRow> for KpiGroup {
    type Error = StoreError;

    fn try_from(row: KpiGroupRow) -> Result<KpiGroup, StoreError> {
        Ok(KpiGroup {
            currency: currency(&row.currency)?,
            platform: platform(row.platform)?,
            day: row.day.map(|days| coded(Day::from_epoch_days(days))).transpose()?,
            campaign_id: row.campaign_id,
            campaign_name: row.campaign_name,
            sums: MetricSums {
                spend_micros: row.spend_micros,
                impressions: row.impressions,
                clicks: row.clicks,
                conversions_micros: row.conversions_micros,
                revenue_micros: row.revenue_micros,
                tracked_conversions: row.tracked_conversions,
                tracked_revenue_micros: row.tracked_revenue_micros,
            },
        })
    }
}

pub(super) fn codes(platforms: &[Platform]) -> Vec<i8> {
    platforms.iter().map(|platform| platform.code()).collect()
}

pub(super) fn day(day: Day) -> i32 {
    day.to_epoch_days().clamp(*DAYS.start(), *DAYS.end())
}

impl ClickHouseWarehouse {
    pub(super) async fn read_kpi_groups(
        &self,
        scope: TenantScope,
        query: &KpiQuery,
        by: KpiGrouping,
    ) -> Result<Vec<KpiGroup>, StoreError> {
        let statement = self
            .statement(scope, READ_KPI_GROUPS)
            .param("first_day", day(query.days.from))
            .param("last_day", day(query.days.to))
            .param("platforms", codes(&query.platforms))
            .param("accounts", &query.account_ids)
            .param("campaign", &query.campaign_id)
            .param("purchase", PURCHASE)
            .param("by_platform", by.by_platform())
            .param("by_day", by.by_day())
            .param("by_campaign", by.by_campaign());
        let rows = self.fetch::<KpiGroupRow>("read_kpi_groups", statement).await?;
        rows.into_iter().map(KpiGroup::try_from).collect()
    }
}

use serde::Deserialize;
use stratum_models::dialect::Dialect;
use stratum_models::identifier::IdentifierMask;
use stratum_models::platform::{ActionSource, Platform};
use stratum_models::rejection::RejectReason;
use stratum_models::scope::TenantScope;
use stratum_models::store::StoreError;
use stratum_models::time::UnixMillis;
use stratum_models::warehouse::{ArrivalCount, ArrivalStep, RecentFate, RecentQuery, RecentRow};

use super::{ClickHouseWarehouse, coded, instant};

const READ_ARRIVAL_COUNTS: &str = include_str!("../../../sql/read_arrival_counts.sql");
const READ_RECENT_ROWS: &str = include_str!("../../../sql/read_recent_rows.sql");

#[derive(Debug, clickhouse::Row, Deserialize)]
struct ArrivalCountRow {
    at_ms: i64,
    landed: u64,
    rejected: u64,
}

#[derive(Debug, clickhouse::Row, Deserialize)]
struct RecentRowRow {
    received_ms: i64,
    dialect_code: i8,
    platform_code: i8,
    dataset: String,
    name: String,
    event_ms: i64,
    id: Option<String>,
    action_source_code: i8,
    mask: u32,
    is_test: bool,
    reason_code: i8,
    fault_field: String,
    row_total: u64,
}

impl TryFrom<RecentRowRow> for RecentRow {
    type Error = StoreError;

    fn try_from(row: RecentRowRow) -> Result<RecentRow, StoreError> {
        let fate = match row.reason_code {
            0 => RecentFate::Landed {
                event_time: UnixMillis(row.event_ms),
                event_id: row.id,
                action_source: coded(ActionSource::from_code(row.action_source_code))?,
                valid: IdentifierMask(row.mask),
                test: row.is_test,
            },
            code => RecentFate::Refused {
                reason: coded(RejectReason::from_code(code))?,
                field: row.fault_field,
                rows: row.row_total,
            },
        };
        Ok(RecentRow {
            received_at: UnixMillis(row.received_ms),
            dialect: coded(Dialect::from_optional_code(row.dialect_code))?,
            platform: coded(Platform::from_optional_code(row.platform_code))?,
            dataset_id: row.dataset,
            event_name: row.name,
            fate,
        })
    }
}

impl ClickHouseWarehouse {
    pub(super) async fn read_arrival_counts(
        &self,
        scope: TenantScope,
        from: UnixMillis,
        until: UnixMillis,
        step: ArrivalStep,
    ) -> Result<Vec<ArrivalCount>, StoreError> {
        let statement = self
            .statement(scope, READ_ARRIVAL_COUNTS)
            .param("from", instant(from))
            .param("until", instant(until))
            .param("step_ms", step.ms());
        let rows = self.fetch::<ArrivalCountRow>("read_arrival_counts", statement).await?;
        let count = |row: ArrivalCountRow| {
            let (at, landed, rejected) = (UnixMillis(row.at_ms), row.landed, row.rejected);
            ArrivalCount { at, landed, rejected }
        };
        Ok(rows.into_iter().map(count).collect())
    }

    pub(super) async fn read_recent_rows(
        &self,
        scope: TenantScope,
        query: &RecentQuery,
    ) -> Result<Vec<RecentRow>, StoreError> {
        let statement = self
            .statement(scope, READ_RECENT_ROWS)
            .param("after", instant(query.after))
            .param("dataset", &query.dataset_id)
            .param("limit", query.limit);
        let rows = self.fetch::<RecentRowRow>("read_recent_rows", statement).await?;
        rows.into_iter().map(RecentRow::try_from).collect()
    }
}

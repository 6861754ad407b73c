use serde::Deserialize;
use stratum_models::dialect::Dialect;
use stratum_models::platform::Platform;
use stratum_models::rejection::{RejectReason, RowKind};
use stratum_models::scope::TenantScope;
use stratum_models::store::StoreError;
use stratum_models::time::{Day, UnixMillis};
use stratum_models::warehouse::{Freshness, IngestCount, RejectionCount};

use super::{ClickHouseWarehouse, coded, hour_seconds, instant, until_seconds};

const READ_INGEST_COUNTS: &str = include_str!("../../../sql/read_ingest_counts.sql");
const READ_REJECTION_COUNTS: &str = include_str!("../../../sql/read_rejection_counts.sql");
const READ_FRESHNESS: &str = include_str!("../../../sql/read_freshness.sql");

/// The port's promise.
const REJECTION_GROUPS_MAX: u32 = 100;

#[derive(Debug, clickhouse::Row, Deserialize)]
struct IngestCountRow {
    platform_code: i8,
    dataset: String,
    kind_code: i8,
    received: u64,
    landed: u64,
    duplicate: u64,
    rejected: u64,
    newest_received_ms: i64,
}

impl TryFrom<IngestCountRow> for IngestCount {
    type Error = StoreError;

    fn try_from(row: IngestCountRow) -> Result<IngestCount, StoreError> {
        Ok(IngestCount {
            platform: coded(Platform::from_optional_code(row.platform_code))?,
            dataset_id: row.dataset,
            kind: coded(RowKind::from_code(row.kind_code))?,
            received: row.received,
            landed: row.landed,
            duplicate: row.duplicate,
            rejected: row.rejected,
            newest_received_at: UnixMillis(row.newest_received_ms),
        })
    }
}

#[derive(Debug, clickhouse::Row, Deserialize)]
struct RejectionCountRow {
    dialect_code: i8,
    platform_code: i8,
    dataset: String,
    kind_code: i8,
    reason_code: i8,
    field: String,
    refused: u64,
}

impl TryFrom<RejectionCountRow> for RejectionCount {
    type Error = StoreError;

    fn try_from(row: RejectionCountRow) -> Result<RejectionCount, StoreError> {
        Ok(RejectionCount {
            dialect: coded(Dialect::from_optional_code(row.dialect_code))?,
            platform: coded(Platform::from_optional_code(row.platform_code))?,
            dataset_id: row.dataset,
            kind: coded(RowKind::from_code(row.kind_code))?,
            reason: coded(RejectReason::from_code(row.reason_code))?,
            field: row.field,
            rows: row.refused,
        })
    }
}

#[derive(Debug, clickhouse::Row, Deserialize)]
struct FreshnessRow {
    platform_code: i8,
    events_received_ms: i64,
    reports_received_ms: i64,
    reports_until_day: Option<i32>,
}

impl TryFrom<FreshnessRow> for Freshness {
    type Error = StoreError;

    fn try_from(row: FreshnessRow) -> Result<Freshness, StoreError> {
        let instant = |ms: i64| (ms > 0).then_some(UnixMillis(ms));
        Ok(Freshness {
            platform: coded(Platform::from_optional_code(row.platform_code))?,
            events_received_at: instant(row.events_received_ms),
            reports_received_at: instant(row.reports_received_ms),
            reports_until: row
                .reports_until_day
                .map(|days| coded(Day::from_epoch_days(days)))
                .transpose()?,
        })
    }
}

impl ClickHouseWarehouse {
    pub(super) async fn read_ingest_counts(
        &self,
        scope: TenantScope,
        from: UnixMillis,
        until: UnixMillis,
    ) -> Result<Vec<IngestCount>, StoreError> {
        let statement = self
            .statement(scope, READ_INGEST_COUNTS)
            .param("from", hour_seconds(from))
            .param("until", until_seconds(until));
        let rows = self.fetch::<IngestCountRow>("read_ingest_counts", statement).await?;
        rows.into_iter().map(IngestCount::try_from).collect()
    }

    pub(super) async fn read_rejection_counts(
        &self,
        scope: TenantScope,
        from: UnixMillis,
        until: UnixMillis,
    ) -> Result<Vec<RejectionCount>, StoreError> {
        let statement = self
            .statement(scope, READ_REJECTION_COUNTS)
            .param("from", instant(from))
            .param("until", instant(until))
            .param("groups_max", REJECTION_GROUPS_MAX);
        let rows = self.fetch::<RejectionCountRow>("read_rejection_counts", statement).await?;
        rows.into_iter().map(RejectionCount::try_from).collect()
    }

    pub(super) async fn read_freshness(
        &self,
        scope: TenantScope,
    ) -> Result<Vec<Freshness>, StoreError> {
        let statement = self.statement(scope, READ_FRESHNESS);
        let rows = self.fetch::<FreshnessRow>("read_freshness", statement).await?;
        rows.into_iter().map(Freshness::try_from).collect()
    }
}

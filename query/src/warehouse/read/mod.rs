//! The reading side of the port: each question by a statement of its own that is bound to a tenant.

mod digits;
mod kpi;
mod arrival;
mod breakdown;
mod campaign;
mod campaign_days;
mod match_quality;
mod ingest;
mod person;
mod versions;
mod export;

use std::time::Instant;

use async_trait::async_trait;
use clickhouse::query::Query;
use clickhouse::{RowOwned, RowRead};
use metrics::histogram;
use serde::Serialize;
use stratum_models::id::TenantId;
use stratum_models::money::Currency;
use stratum_models::platform::Platform;
use stratum_models::scope::TenantScope;
use stratum_models::store::StoreError;
use stratum_models::time::UnixMillis;
use stratum_models::warehouse::{Question, Rows, WarehouseReader};

use super::client::ClickHouseWarehouse;
use super::error::{invalid, question_error, queue_refusal, timed_out};
use crate::telemetry;

/// A statement that is bound to a tenant.
struct TenantStatement {
    tenant: TenantId,
    query: Query,
}

impl TenantStatement {
    /// Binds a value.
    fn param(self, name: &str, value: impl Serialize) -> TenantStatement {
        TenantStatement { query: self.query.param(name, value), ..self }
    }
}

impl ClickHouseWarehouse {
    /// A statement about this tenant. There is no other way to one.
    fn statement(&self, scope: TenantScope, sql: &str) -> TenantStatement {
        let tenant = scope.tenant_id();
        TenantStatement { tenant, query: self.reader.query_raw(sql).param("tenant", tenant.0) }
    }

    /// The rows of an answer, within the bounds of time and of questions at once. Dropping the
    /// future ends the statement in the engine as well.
    async fn fetch<T>(
        &self,
        name: &'static str,
        statement: TenantStatement,
    ) -> Result<Vec<T>, StoreError>
    where
        T: RowOwned + RowRead,
    {
        let begun = Instant::now();
        let _permit = self.fair_queue.take(statement.tenant).await.map_err(queue_refusal)?;
        let rows = statement.query.fetch_all::<T>();
        let answer = tokio::time::timeout(self.config.query_timeout(), rows).await;
        histogram!(telemetry::QUESTION_SECONDS, telemetry::QUESTION => name)
            .record(begun.elapsed());
        match answer {
            Ok(Ok(rows)) => Ok(rows),
            Ok(Err(error)) => Err(question_error(name, &error)),
            Err(_) => Err(timed_out(name, self.config.query_timeout())),
        }
    }
}

/// The member with this stored code; the tables hold no other.
fn coded<T>(member: Option<T>) -> Result<T, StoreError> {
    member.ok_or_else(|| invalid("a stored code is not known to this program"))
}

/// The platform of a group: `None` where groups are not by platform, and of events that are for none.
fn platform(code: Option<i8>) -> Result<Option<Platform>, StoreError> {
    let platform = code.map(|code| coded(Platform::from_optional_code(code)));
    Ok(platform.transpose()?.flatten())
}

/// The currency of a row; a row without any amount has none.
fn currency(code: &str) -> Result<Option<Currency>, StoreError> {
    match code {
        "" => Ok(None),
        code => coded(Currency::parse(code)).map(Some),
    }
}

/// The instants a ClickHouse `DateTime64(3)` can hold: the years 1900 to 2299, in milliseconds.
const INSTANTS: std::ops::RangeInclusive<i64> = -2_208_988_800_000..=10_413_791_999_999;

/// Milliseconds of the nearest instant that the engine can hold.
fn instant(instant: UnixMillis) -> i64 {
    instant.0.clamp(*INSTANTS.start(), *INSTANTS.end())
}

/// Seconds of a whole hour as the engine's 32-bit time takes them.
fn hour_seconds(instant: UnixMillis) -> i64 {
    instant.hour().0.div_euclid(1000).clamp(0, u32::MAX.into())
}

/// Seconds of the first hour that begins at or after `instant`.
fn until_seconds(instant: UnixMillis) -> i64 {
    let last = UnixMillis(instant.0.saturating_add(stratum_models::time::HOUR_MS - 1));
    hour_seconds(last)
}

#[async_trait]
impl WarehouseReader for ClickHouseWarehouse {
    async fn ask(&self, scope: TenantScope, question: Question) -> Result<Rows, StoreError> {
        Ok(match question {
            Question::KpiGroups(query, by) => self.read_kpi_groups(scope, &query, by).await?.into(),
            Question::Breakdown(query) => self.read_breakdown(scope, &query).await?.into(),
            Question::CampaignGroups(query) => {
                self.read_campaign_groups(scope, &query).await?.into()
            }
            Question::ReportedCampaigns { since, after, limit } => {
                self.read_reported_campaigns(scope, since, after.as_ref(), limit).await?.into()
            }
            Question::MaskCounts(query) => self.read_mask_counts(scope, &query).await?.into(),
            Question::InvalidCounts(query) => self.read_invalid_counts(scope, &query).await?.into(),
            Question::MarkCounts(query, by_hour) => {
                self.read_mark_counts(scope, &query, by_hour).await?.into()
            }
            Question::MaskDays(query, zone) => {
                self.read_mask_days(scope, &query, zone).await?.into()
            }
            Question::ArrivalCounts { from, until, step } => {
                self.read_arrival_counts(scope, from, until, step).await?.into()
            }
            Question::RecentRows(query) => self.read_recent_rows(scope, &query).await?.into(),
            Question::IngestCounts { from, until } => {
                self.read_ingest_counts(scope, from, until).await?.into()
            }
            Question::RejectionCounts { from, until } => {
                self.read_rejection_counts(scope, from, until).await?.into()
            }
            Question::CampaignDays(days) => self.read_campaign_days(scope, days).await?.into(),
            Question::Freshness => self.read_freshness(scope).await?.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_of_whole_hours() {
        let half_past_one = UnixMillis(5_400_000);
        assert_eq!((hour_seconds(half_past_one), until_seconds(half_past_one)), (3600, 7200));
        let two = UnixMillis(7_200_000);
        assert_eq!((hour_seconds(two), until_seconds(two)), (7200, 7200));
        assert_eq!(hour_seconds(UnixMillis(-5)), 0);
        assert_eq!(until_seconds(UnixMillis(i64::MAX)), i64::from(u32::MAX));
    }
}

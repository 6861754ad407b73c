//! What became of events, as rows.

use stratum_models::delivery::{
    DeadLetter, DeliveryHealth, DeliveryOutcome, DeliveryRequest, LaneState, LatencyHistogram,
    OutcomeCount, REQUESTS_KEPT, RequestOutcome, Settlement,
};
use stratum_models::id::DestinationId;
use stratum_models::log::Offset;
use stratum_models::store::StoreError;
use stratum_models::time::UnixMillis;
use uuid::Uuid;

use super::super::work::{SystemWork, TenantWork};
use super::super::{damaged, store_error};
use super::offset_number;

/// A count as it is stored; more than a lifetime holds is cut off.
fn stored(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Counts by bucket, up to the last that has any.
fn buckets(latency: &LatencyHistogram) -> Vec<i64> {
    let mut buckets = Vec::new();
    for (bucket, count) in latency.counts() {
        buckets.resize(usize::from(bucket), 0);
        buckets.push(stored(count));
    }
    buckets
}

fn histogram(buckets: &[i64]) -> Result<LatencyHistogram, StoreError> {
    let counts = (0_u8..).zip(buckets.iter().map(|count| count.unsigned_abs()));
    LatencyHistogram::from_counts(counts).ok_or_else(|| damaged("latency"))
}

fn outcome(code: i16) -> Result<DeliveryOutcome, StoreError> {
    let code = i8::try_from(code).ok().and_then(DeliveryOutcome::from_code);
    code.ok_or_else(|| damaged("outcome"))
}

impl SystemWork {
    /// Adds what was settled to a destination of a tenant.
    pub(super) async fn keep_settlement(
        &mut self,
        (destination, tenant): (Uuid, i64),
        one: &Settlement,
    ) -> Result<(), StoreError> {
        for count in &one.counts {
            let statement = sqlx::query_file!(
                "sql/add_delivery_count.sql",
                tenant,
                destination,
                count.hour.0,
                count.event_name,
                i16::from(count.outcome.code()),
                count.code,
                stored(count.events),
                stored(count.tries),
                &buckets(&count.latency)
            );
            statement.execute(self.connection()).await.map_err(store_error)?;
        }
        for letter in &one.dead_letters {
            let rows: Vec<i32> = letter.rows.iter().map(|row| row.cast_signed()).collect();
            let statement = sqlx::query_file!(
                "sql/insert_dead_letter.sql",
                tenant,
                destination,
                offset_number(letter.offset)?,
                &rows,
                i16::from(letter.outcome.code()),
                letter.code,
                letter.field,
                letter.message,
                letter.trace_id,
                letter.tries.cast_signed(),
                letter.replayable_until.0
            );
            statement.execute(self.connection()).await.map_err(store_error)?;
        }
        self.keep_requests((destination, tenant), &one.requests).await?;
        if let Some(health) = &one.health {
            let statement = sqlx::query_file!(
                "sql/put_delivery_health.sql",
                destination,
                tenant,
                health.state.as_str(),
                health.code,
                health.message,
                health.retry_at.map(|at| at.0),
                health.since.0
            );
            statement.execute(self.connection()).await.map_err(store_error)?;
        }
        Ok(())
    }

    async fn keep_requests(
        &mut self,
        (destination, tenant): (Uuid, i64),
        requests: &[DeliveryRequest],
    ) -> Result<(), StoreError> {
        for request in requests {
            let statement = sqlx::query_file!(
                "sql/insert_delivery_request.sql",
                tenant,
                destination,
                request.at.0,
                request.events.cast_signed(),
                stored(request.bytes),
                request.status.map(i32::from),
                stored(request.took_ms),
                request.outcome.as_str(),
                request.code,
                request.message,
                request.trace_id
            );
            statement.execute(self.connection()).await.map_err(store_error)?;
        }
        if !requests.is_empty() {
            let kept = REQUESTS_KEPT as i64;
            let statement =
                sqlx::query_file!("sql/delete_old_delivery_requests.sql", destination, kept);
            statement.execute(self.connection()).await.map_err(store_error)?;
        }
        Ok(())
    }
}

impl TenantWork {
    /// What became of a destination's events in these hours.
    pub(super) async fn delivery_counts(
        &mut self,
        destination: DestinationId,
        (from, to): (UnixMillis, UnixMillis),
    ) -> Result<Vec<OutcomeCount>, StoreError> {
        let rows = sqlx::query_file!(
            "sql/select_delivery_counts.sql",
            self.key,
            destination.0,
            from.0,
            to.0
        );
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        let counts = rows.into_iter().map(|row| {
            Ok(OutcomeCount {
                hour: UnixMillis(row.hour),
                event_name: row.event_name,
                outcome: outcome(row.outcome)?,
                code: row.code,
                events: row.events.unsigned_abs(),
                tries: row.tries.unsigned_abs(),
                latency: histogram(&row.latency)?,
            })
        });
        counts.collect()
    }

    /// The newest dead letters of a destination.
    pub(super) async fn dead_letters(
        &mut self,
        destination: DestinationId,
        count_max: usize,
    ) -> Result<Vec<DeadLetter>, StoreError> {
        let most = i64::try_from(count_max).unwrap_or(i64::MAX);
        let rows = sqlx::query_file!("sql/select_dead_letters.sql", self.key, destination.0, most);
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        let letters = rows.into_iter().map(|row| {
            Ok(DeadLetter {
                offset: Offset(row.record_offset.unsigned_abs()),
                rows: row.rows.into_iter().map(i32::cast_unsigned).collect(),
                outcome: outcome(row.outcome)?,
                code: row.code,
                field: row.field,
                message: row.message,
                trace_id: row.trace_id,
                tries: row.tries.cast_unsigned(),
                replayable_until: UnixMillis(row.replayable_until),
            })
        });
        letters.collect()
    }

    /// The last requests to a destination.
    pub(super) async fn delivery_requests(
        &mut self,
        destination: DestinationId,
    ) -> Result<Vec<DeliveryRequest>, StoreError> {
        let most = REQUESTS_KEPT as i64;
        let rows =
            sqlx::query_file!("sql/select_delivery_requests.sql", self.key, destination.0, most);
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        let requests = rows.into_iter().map(|row| {
            let outcome = RequestOutcome::parse(&row.outcome);
            Ok(DeliveryRequest {
                at: UnixMillis(row.sent_at),
                events: row.events.cast_unsigned(),
                bytes: row.bytes.unsigned_abs(),
                status: row.status.and_then(|status| u16::try_from(status).ok()),
                took_ms: row.took_ms.unsigned_abs(),
                outcome: outcome.ok_or_else(|| damaged("outcome of a request"))?,
                code: row.code,
                message: row.message,
                trace_id: row.trace_id,
            })
        });
        requests.collect()
    }

    /// How a destination does.
    pub(super) async fn delivery_health(
        &mut self,
        destination: DestinationId,
    ) -> Result<Option<DeliveryHealth>, StoreError> {
        let row = sqlx::query_file!("sql/select_delivery_health.sql", self.key, destination.0);
        let row = row.fetch_optional(self.connection()).await.map_err(store_error)?;
        let health = row.map(|row| {
            let state = LaneState::parse(&row.state);
            Ok(DeliveryHealth {
                state: state.ok_or_else(|| damaged("state of a destination"))?,
                code: row.code,
                message: row.message,
                retry_at: row.retry_at.map(UnixMillis),
                since: UnixMillis(row.since),
            })
        });
        health.transpose()
    }
}

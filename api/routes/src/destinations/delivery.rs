//! `GET /destinations/{id}/delivery`: how a destination does.

use std::cmp::Reverse;
use std::iter;
use std::time::Duration;

use axum::extract::State;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use stratum_deliver::platform::DeliveryPlatform;
use stratum_http::answer::{Answer, Answered, Refusal};
use stratum_http::auth::Authenticated;
use stratum_http::fields::{Fields, Params};
use stratum_http::id::{Id, Resource};
use stratum_models::delivery::{
    DatasetKey, DeliveryHealth, DeliveryLedger as _, DeliveryOutcome, DeliveryRange, KeyHour,
    LaneState, LatencyHistogram, OutcomeCount,
};
use stratum_models::id::DestinationId;
use stratum_models::log::{EventLog, Offset, ReadLimits, Topic};
use stratum_models::platform::ActionSource;
use stratum_models::store::StoreError;
use stratum_models::time::{DAY_MS, HOUR_MS, UnixMillis};
use stratum_state::destination::StoredDestination;
use stratum_wire::envelope::read_header;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::App;

/// Longest stretch of time of an answer.
const DAYS_MAX: i64 = 31;
/// Records of the log that are looked at to count what waits.
const WAITING_RECORDS_MAX: usize = 2_000;
const WAITING_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Events that become too old for their platform within this time are told apart.
const EXPIRING_MS: i64 = DAY_MS;

/// The routes of this file.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(delivery))
}

/// The hours that are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeliveryParams {
    /// From the hour of this instant on, RFC 3339; 24 hours before the end if absent.
    #[param(value_type = Option<DateTime<Utc>>)]
    from: Option<String>,
    /// Through the hour of this instant; now if absent.
    #[param(value_type = Option<DateTime<Utc>>)]
    to: Option<String>,
}

impl DeliveryParams {
    fn read(self, now: DateTime<Utc>) -> Result<(UnixMillis, UnixMillis), Refusal> {
        let mut fields = Fields::default();
        let to = fields.optional::<DateTime<Utc>>("to", self.to.as_deref()).unwrap_or(now);
        let from = fields.optional("from", self.from.as_deref());
        let from = from.unwrap_or(to - TimeDelta::hours(24));
        if from > to {
            fields.fault("from", "must not be after `to`");
        } else if to - from > TimeDelta::days(DAYS_MAX) {
            fields.fault("from", format!("must be at most {DAYS_MAX} days before `to`"));
        }
        fields.finish()?;
        let hour = |time: DateTime<Utc>| KeyHour::of(UnixMillis(time.timestamp_millis())).begin();
        Ok((hour(from), UnixMillis(hour(to).0 + HOUR_MS)))
    }
}

/// How a destination does.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryReport {
    /// The first hour, its beginning.
    from: DateTime<Utc>,
    /// The end of the last hour.
    to: DateTime<Utc>,
    /// How it does now; null before anything was sent.
    health: Option<HealthItem>,
    /// Events that came to an end after they were to be sent: delivered, refused or too old.
    attempted: u64,
    /// Those of them that the platform took.
    delivered: u64,
    /// Those of them that the platform will not get: refused, or too old.
    failed: u64,
    /// The share of attempted events that was delivered, 0 to 1; null where none was attempted.
    success_rate: Option<f64>,
    /// How long delivered events took from receipt to the platform's answer.
    latency: DeliveryLatency,
    /// What waits.
    waiting: WaitingItem,
    /// What became of events, by name, outcome and code.
    outcomes: Vec<OutcomeItem>,
    /// The same of each hour, also of those in which nothing was sent.
    hours: Vec<DeliveryHour>,
}

/// How a destination does now, and why.
#[derive(Debug, Serialize, ToSchema)]
pub struct HealthItem {
    /// How.
    state: LaneState,
    /// The platform's code; empty where there is none.
    code: String,
    /// What the platform says.
    message: String,
    /// When it goes on by itself; null where it works.
    retry_at: Option<DateTime<Utc>>,
    /// Since when this holds.
    since: DateTime<Utc>,
}

impl From<DeliveryHealth> for HealthItem {
    fn from(health: DeliveryHealth) -> HealthItem {
        HealthItem {
            state: health.state,
            code: health.code,
            message: health.message,
            retry_at: health.retry_at.map(UnixMillis::to_utc),
            since: health.since.to_utc(),
        }
    }
}

/// Percentiles in milliseconds, within 10 %; null where nothing was delivered.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryLatency {
    /// Half of the events took no longer.
    p50_ms: Option<f64>,
    /// 95 of 100 took no longer.
    p95_ms: Option<f64>,
    /// 99 of 100 took no longer.
    p99_ms: Option<f64>,
}

/// What waits to be sent.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct WaitingItem {
    /// Events that wait.
    events: u64,
    /// Those of them that the platform takes for less than a day from now.
    expiring: u64,
    /// Whether these are all; false where more wait than are counted at once.
    is_complete: bool,
    /// When the oldest of them was received; null where none waits.
    oldest_received_at: Option<DateTime<Utc>>,
    /// How long that is ago, in seconds; 0 where none waits.
    lag_s: f64,
}

impl WaitingItem {
    /// Counts the events of a record, for a platform that takes none older than `age_max` milliseconds.
    fn count(&mut self, rows: u32, received: UnixMillis, (now, age_max): (UnixMillis, i64)) {
        self.events += u64::from(rows);
        if now.0 - received.0 > age_max - EXPIRING_MS {
            self.expiring += u64::from(rows);
        }
        let received_at = received.to_utc();
        if self.oldest_received_at.is_none_or(|known| received_at < known) {
            self.oldest_received_at = Some(received_at);
            self.lag_s = (now.0 - received.0).max(0) as f64 / 1000.0;
        }
    }
}

/// Events that ended alike.
#[derive(Debug, Serialize, ToSchema)]
pub struct OutcomeItem {
    /// Their name; `custom` for all that are no standard events, empty where it is not known.
    event_name: String,
    /// What became of them.
    outcome: DeliveryOutcome,
    /// The platform's code, or ours; empty where there is none.
    code: String,
    /// How many.
    events: u64,
    /// How often they were sent, all together.
    tries: u64,
}

/// What became of the events of an hour.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryHour {
    /// Its beginning.
    hour: DateTime<Utc>,
    /// Events that were attempted.
    attempted: u64,
    /// Those of them that were delivered.
    delivered: u64,
    /// Those of them that the platform will not get.
    failed: u64,
    /// How long the delivered ones took.
    latency: DeliveryLatency,
}

/// Whether events of an outcome were to be sent.
fn is_attempted(outcome: DeliveryOutcome) -> bool {
    use DeliveryOutcome as Outcome;
    matches!(
        outcome,
        Outcome::Delivered | Outcome::Rejected | Outcome::Exhausted | Outcome::Expired
    )
}

/// Events that were to be sent, and those of them that were delivered.
pub fn sums<'c>(counts: impl Iterator<Item = &'c OutcomeCount>) -> (u64, u64) {
    counts.fold((0, 0), |(attempted, delivered), count| {
        let is_delivered = count.outcome == DeliveryOutcome::Delivered;
        (
            attempted + if is_attempted(count.outcome) { count.events } else { 0 },
            delivered + if is_delivered { count.events } else { 0 },
        )
    })
}

/// What became of the events of each hour from the first to the second, of counts in their order.
fn hours(mut counts: &[OutcomeCount], from: UnixMillis, to: UnixMillis) -> Vec<DeliveryHour> {
    let begins = iter::successors(Some(from.0), |begin| begin.checked_add(HOUR_MS));
    let hours = begins.take_while(|begin| *begin < to.0).map(|begin| {
        let end = counts.partition_point(|count| count.hour.0 <= begin);
        let (hour, later) = counts.split_at(end);
        counts = later;
        let (attempted, delivered) = sums(hour.iter());
        let failed = attempted - delivered;
        let hour_begin = UnixMillis(begin).to_utc();
        DeliveryHour { hour: hour_begin, attempted, delivered, failed, latency: latency(hour) }
    });
    hours.collect()
}

fn outcomes(counts: &[OutcomeCount]) -> Vec<OutcomeItem> {
    let mut items: Vec<OutcomeItem> = Vec::new();
    for count in counts {
        let key = (&count.event_name, count.outcome, &count.code);
        let known =
            items.iter_mut().find(|item| (&item.event_name, item.outcome, &item.code) == key);
        match known {
            Some(item) => {
                item.events += count.events;
                item.tries += count.tries;
            }
            None => items.push(OutcomeItem {
                event_name: count.event_name.clone(),
                outcome: count.outcome,
                code: count.code.clone(),
                events: count.events,
                tries: count.tries,
            }),
        }
    }
    items.sort_by_key(|item| Reverse(item.events));
    items
}

fn latency(counts: &[OutcomeCount]) -> DeliveryLatency {
    let mut all = LatencyHistogram::default();
    let delivered = counts.iter().filter(|count| count.outcome == DeliveryOutcome::Delivered);
    delivered.for_each(|count| all.add(&count.latency));
    DeliveryLatency {
        p50_ms: all.percentile(0.5),
        p95_ms: all.percentile(0.95),
        p99_ms: all.percentile(0.99),
    }
}

/// Counts what waits by the headers of the records, which no key is needed for.
async fn waiting(
    log: &dyn EventLog,
    dataset: &DatasetKey,
    ranges: &[DeliveryRange],
    now: UnixMillis,
) -> Result<WaitingItem, StoreError> {
    let at = dataset.platform.map(DeliveryPlatform::of);
    let age_max = at.map_or(i64::MAX, |at| at.format.age_ms_max(ActionSource::Website));
    let topic = Topic::Deliveries;
    let partition = dataset.partition(log.partitions(topic));
    let log_end = log.end(topic, partition).await?;
    let mut found = WaitingItem { is_complete: true, ..WaitingItem::default() };
    let (mut records_left, mut bytes_left) = (WAITING_RECORDS_MAX, WAITING_BYTES_MAX);
    for range in ranges {
        let to = range.to.unwrap_or(log_end).min(log_end);
        let mut next = range.next;
        while next < to {
            if records_left == 0 || bytes_left == 0 {
                found.is_complete = false;
                break;
            }
            let limits = ReadLimits {
                records_max: records_left,
                bytes_max: bytes_left,
                wait_max: Duration::from_millis(200),
            };
            let read = log.read(topic, partition, next, limits).await?;
            let Some(last) = read.last() else { break };
            next = Offset(last.position.offset.0 + 1);
            for record in read {
                records_left = records_left.saturating_sub(1);
                bytes_left = bytes_left.saturating_sub(record.bytes.len());
                let header = read_header(&record.bytes).ok();
                let header = header.filter(|header| header.is_of(dataset));
                if let Some(header) = header.filter(|_| record.position.offset < to) {
                    found.count(header.rows, header.received().0, (now, age_max));
                }
            }
        }
    }
    Ok(found)
}

/// How a destination does: what was delivered and what was not, how fast, and what waits.
///
/// Counts are by the hour in which an event came to its end. They are exact whatever is killed.
#[utoipa::path(
    get, path = "/api/v1/destinations/{id}/delivery", tag = "destinations", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "the destination's id"), DeliveryParams),
    responses((status = 200, body = Answer<DeliveryReport>)),
)]
pub async fn delivery(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<StoredDestination>,
    Params(params): Params<DeliveryParams>,
) -> Answered<DeliveryReport> {
    let now = app.clock.now();
    let (from, to) = params.read(now.to_utc())?;
    let stored = caller.work(&app).await?.destination(id).await?;
    let stored = stored.ok_or_else(StoredDestination::not_found)?;
    let (scope, destination) = (caller.scope, DestinationId(id));
    let counts = app.auth.state.counts(scope, destination, (from, to)).await?;
    let health = app.auth.state.health(scope, destination).await?;
    let ranges = app.auth.state.ranges_of(scope, destination).await?;
    let dataset = DatasetKey {
        tenant_id: scope.tenant_id(),
        platform: Some(stored.platform),
        dataset_id: stored.external_id,
    };
    let log = &app.log;
    let (attempted, delivered) = sums(counts.iter());
    Ok(Answer::of(DeliveryReport {
        from: from.to_utc(),
        to: to.to_utc(),
        health: health.map(HealthItem::from),
        attempted,
        delivered,
        failed: attempted - delivered,
        success_rate: (attempted > 0).then(|| delivered as f64 / attempted as f64),
        latency: latency(&counts),
        waiting: waiting(&**log, &dataset, &ranges, now).await?,
        hours: hours(&counts, from, to),
        outcomes: outcomes(&counts),
    }))
}

#[cfg(test)]
mod tests;

//! `GET /events/recent` and `GET /events/arrivals`: what comes in, as it comes.

use std::collections::HashMap;

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use stratum_http::answer::{Answer, Answered};
use stratum_http::auth::Authenticated;
use stratum_http::fields::{Fields, Params};
use stratum_models::dialect::Dialect;
use stratum_models::emq::EmqScore;
use stratum_models::platform::{ActionSource, Platform};
use stratum_models::rejection::RejectReason;
use stratum_models::time::{HOUR_MS, UnixMillis};
use stratum_models::warehouse::{ArrivalStep, RecentFate, RecentQuery, RecentRow};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::App;

/// Events of an answer.
const RECENT_MAX: u32 = 200;
/// Events of an answer where nothing is said.
const RECENT: u32 = 50;
/// Longest time that is looked back for them.
const RECENT_HOURS: i64 = 24;
/// Steps of an answer.
const MINUTES: i64 = 60;
const HOURS: i64 = 48;

/// The routes of this file.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(recent_events)).routes(routes!(arrival_counts))
}

/// Which of the newest events.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RecentParams {
    /// Received after this instant, RFC 3339; what was received more than 24 hours ago is not shown.
    #[param(value_type = Option<DateTime<Utc>>)]
    after: Option<String>,
    /// The platform's pixel or dataset id.
    dataset_id: Option<String>,
    /// The most events to answer, 50 where absent.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<String>,
}

/// The outcome of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RecentOutcome {
    /// It counts.
    Landed,
    /// It was refused.
    Refused,
}

/// An event that came in, without anything that tells of a person.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecentEvent {
    /// When it was received.
    received_at: DateTime<Utc>,
    /// The wire format it came in.
    dialect: Option<Dialect>,
    /// The event's platform; null for events that are for no ad platform.
    platform: Option<Platform>,
    /// The platform's pixel or dataset id.
    dataset_id: String,
    /// The event's name; empty where a refused one names none.
    event_name: String,
    /// The outcome of the event.
    outcome: RecentOutcome,
    /// When it happened; null of a refused one.
    event_time: Option<DateTime<Utc>>,
    /// The sender's id of it; null where it has none, or is refused.
    event_id: Option<String>,
    /// Where it happened; null of a refused one.
    action_source: Option<ActionSource>,
    /// The match quality of the event at its platform, 0 to 10; null of a refused one, and without a platform.
    score: Option<f64>,
    /// Whether its sender marked it as a test; null of a refused one.
    test: Option<bool>,
    /// Why it was refused; null where it was not.
    reason: Option<RejectReason>,
    /// The field at fault; null where it was not refused, empty when it is the whole.
    field: Option<String>,
    /// The number of rows of its request that were refused for this; 1 where it was not.
    rows: u64,
}

impl From<RecentRow> for RecentEvent {
    fn from(row: RecentRow) -> RecentEvent {
        let refused = RecentEvent {
            received_at: row.received_at.to_utc(),
            dialect: row.dialect,
            platform: row.platform,
            dataset_id: row.dataset_id,
            event_name: row.event_name,
            outcome: RecentOutcome::Refused,
            event_time: None,
            event_id: None,
            action_source: None,
            score: None,
            test: None,
            reason: None,
            field: None,
            rows: 1,
        };
        match row.fate {
            RecentFate::Refused { reason, field, rows } => {
                RecentEvent { reason: Some(reason), field: Some(field), rows, ..refused }
            }
            RecentFate::Landed { event_time, event_id, action_source, valid, test } => {
                let score = row.platform.and_then(|platform| {
                    EmqScore::of(platform, [(action_source, valid, 1)]).map(EmqScore::out_of_10)
                });
                RecentEvent {
                    outcome: RecentOutcome::Landed,
                    event_time: Some(event_time.to_utc()),
                    event_id,
                    action_source: Some(action_source),
                    score,
                    test: Some(test),
                    ..refused
                }
            }
        }
    }
}

/// The newest events, newest first.
///
/// Those that landed and those that were refused, of the last 24 hours. Duplicates are counted in
/// `/analytics/ingest` and not shown. An event shows once the pipeline has seen it, normally within a second.
#[utoipa::path(
    get, path = "/api/v1/events/recent", tag = "live", params(RecentParams), security(("bearer" = [])),
    responses((status = 200, body = Answer<Vec<RecentEvent>>)),
)]
pub async fn recent_events(
    State(app): State<App>,
    caller: Authenticated,
    Params(params): Params<RecentParams>,
) -> Answered<Vec<RecentEvent>> {
    let mut fields = Fields::default();
    let after: Option<DateTime<Utc>> = fields.optional("after", params.after.as_deref());
    let limit: Option<u32> = fields.optional("limit", params.limit.as_deref());
    let dataset_id = fields.text("dataset_id", params.dataset_id, 128);
    if limit.is_some_and(|limit| !(1..=RECENT_MAX).contains(&limit)) {
        fields.fault("limit", format!("is a number from 1 to {RECENT_MAX}"));
    }
    fields.finish()?;
    // On whole minutes, so that those who look at the same time ask the same.
    let minute = ArrivalStep::Minute.ms();
    let earliest = app.clock.now().0.div_euclid(minute) * minute - RECENT_HOURS * HOUR_MS;
    let after = after.map_or(earliest, |after| after.timestamp_millis().max(earliest));
    let query =
        RecentQuery { after: UnixMillis(after), dataset_id, limit: limit.unwrap_or(RECENT) };
    let rows = app.warehouse.recent_rows(caller.scope, &query).await?;
    Ok(Answer::of(rows.into_iter().map(RecentEvent::from).collect()))
}

/// The parameters of arrivals by time.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ArrivalParams {
    /// `minute` (the default): the last 60 minutes; `hour`: the last 48 hours.
    step: Option<String>,
}

struct Step(ArrivalStep);

impl std::str::FromStr for Step {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "minute" => Ok(Step(ArrivalStep::Minute)),
            "hour" => Ok(Step(ArrivalStep::Hour)),
            _ => Err("is minute or hour"),
        }
    }
}

/// Events of a minute or an hour.
#[derive(Debug, Serialize, ToSchema)]
pub struct ArrivalSlot {
    /// The slot's first instant.
    at: DateTime<Utc>,
    /// Events that count.
    landed: u64,
    /// Events that were refused.
    rejected: u64,
}

/// Events by the minute or hour they were received in.
///
/// Every step is there, oldest first; the last one has only begun. Duplicates are counted by hour and dataset, in
/// `/analytics/ingest`.
#[utoipa::path(
    get, path = "/api/v1/events/arrivals", tag = "live", params(ArrivalParams), security(("bearer" = [])),
    responses((status = 200, body = Answer<Vec<ArrivalSlot>>)),
)]
pub async fn arrival_counts(
    State(app): State<App>,
    caller: Authenticated,
    Params(params): Params<ArrivalParams>,
) -> Answered<Vec<ArrivalSlot>> {
    let mut fields = Fields::default();
    let step: Option<Step> = fields.optional("step", params.step.as_deref());
    fields.finish()?;
    let step = step.map_or(ArrivalStep::Minute, |Step(step)| step);
    let count = if step == ArrivalStep::Minute { MINUTES } else { HOURS };
    let last = app.clock.now().0.div_euclid(step.ms()) * step.ms();
    let first = last - (count - 1) * step.ms();
    let (from, until) = (UnixMillis(first), UnixMillis(last + step.ms()));
    let counts = app.warehouse.arrival_counts(caller.scope, from, until, step).await?;
    let known: HashMap<i64, (u64, u64)> =
        counts.into_iter().map(|one| (one.at.0, (one.landed, one.rejected))).collect();
    let slot = |number: i64| {
        let at = first + number * step.ms();
        let (landed, rejected) = known.get(&at).copied().unwrap_or_default();
        ArrivalSlot { at: UnixMillis(at).to_utc(), landed, rejected }
    };
    Ok(Answer::of((0..count).map(slot).collect()))
}

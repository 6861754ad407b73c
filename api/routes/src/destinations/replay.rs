//! `POST /destinations/{id}/replay`: a stretch of time sent once more.

use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use stratum_deliver::platform::DeliveryPlatform;
use stratum_http::answer::{Answer, Answered, Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::body::Body;
use stratum_http::id::{Id, Resource};
use stratum_models::delivery::{DatasetKey, DeliveryLedger as _};
use stratum_models::id::DestinationId;
use stratum_models::log::Topic;
use stratum_models::store::StoreErrorKind;
use stratum_models::time::UnixMillis;
use stratum_state::audit::{AuditAction, AuditEntry};
use stratum_state::destination::StoredDestination;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::App;

/// For so long platforms drop copies of an event; what is older would count twice.
const COPIES_KNOWN: TimeDelta = TimeDelta::hours(48);

/// The routes of this file.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(replay_destination))
}

/// The stretch of time that is sent once more.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayBody {
    /// Its beginning, by the time events were received.
    from: DateTime<Utc>,
    /// Its end; now if absent.
    to: Option<DateTime<Utc>>,
}

/// A replay that is under way.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReplayItem {
    /// Its number.
    range_id: u64,
    /// Its beginning.
    from: DateTime<Utc>,
    /// Its end.
    to: DateTime<Utc>,
}

/// Sends the events of a stretch of time once more, those that were refused and those that were delivered.
///
/// The platform drops copies by their event ids, which never change. New events go first. Events are kept for a
/// day, if the operator has not said otherwise.
#[utoipa::path(
    post, path = "/api/v1/destinations/{id}/replay", tag = "destinations", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "the destination's id")), request_body = ReplayBody,
    responses(
        (status = 202, body = Answer<ReplayItem>),
        (status = 422, body = RefusalBody, description = "the stretch lies too far back, or holds no event, or too much is left behind already, or the platform counts copies"),
    ),
)]
pub async fn replay_destination(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<StoredDestination>,
    Body(body): Body<ReplayBody>,
) -> Answered<ReplayItem> {
    let stored = caller.work(&app).await?.destination(id).await?;
    let stored = stored.ok_or_else(StoredDestination::not_found)?;
    if !DeliveryPlatform::of(stored.platform).drops_copies {
        let message = "this platform counts copies of events, but for purchases";
        return Err(Refusal::unprocessable("", message));
    }
    let now = app.clock.now().to_utc();
    let (from, to) = (body.from, body.to.unwrap_or(now).min(now));
    let kept = TimeDelta::hours(app.deliver.keep_hours.into()).min(COPIES_KNOWN);
    if from < now - kept || from < stored.since {
        let oldest = (now - kept).max(stored.since).to_rfc3339();
        return Err(Refusal::unprocessable("from", format!("must not be before {oldest}")));
    }
    if from >= to {
        return Err(Refusal::unprocessable("to", "must be after `from`"));
    }
    let log = &app.log;
    let dataset = DatasetKey {
        tenant_id: caller.scope.tenant_id(),
        platform: Some(stored.platform),
        dataset_id: stored.external_id,
    };
    let topic = Topic::Deliveries;
    let partition = dataset.partition(log.partitions(topic));
    let millis = |time: DateTime<Utc>| UnixMillis(time.timestamp_millis());
    let begin = log.offset_at(topic, partition, millis(from)).await?;
    let end = log.offset_at(topic, partition, millis(to)).await?;
    if begin >= end {
        return Err(Refusal::unprocessable("from", "no event was received then"));
    }
    let asked =
        app.auth.state.replay(caller.scope, DestinationId(id), (begin, end), UnixMillis(0)).await;
    let range = asked.map_err(|error| match error.kind {
        StoreErrorKind::Invalid => Refusal::unprocessable(
            "",
            "nothing was handed on yet, or as many stretches are left behind as there may be",
        ),
        _ => error.into(),
    })?;
    let mut work = caller.work(&app).await?;
    let (kind, changes) = (StoredDestination::KIND, json!({"from": from, "to": to}));
    work.audit(&AuditEntry::done(AuditAction::DestinationReplayed, kind, id, changes)).await?;
    work.commit().await?;
    Ok(Answer::with(StatusCode::ACCEPTED, ReplayItem { range_id: range.0, from, to }))
}

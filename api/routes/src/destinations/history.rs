//! `GET /destinations/{id}/dead-letters` and `…/requests`: what was refused, and what was asked.

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Serialize;
use stratum_http::answer::{Answer, Answered};
use stratum_http::auth::Authenticated;
use stratum_http::id::{Id, Resource};
use stratum_models::delivery::{
    DeadLetter, DeliveryLedger as _, DeliveryOutcome, DeliveryRequest, RequestOutcome,
};
use stratum_models::id::DestinationId;
use stratum_state::destination::StoredDestination;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::App;

/// Dead letters of an answer.
const LETTERS_MAX: usize = 200;

/// The routes of this file.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(dead_letters)).routes(routes!(delivery_requests))
}

/// Events of one record that a platform refused alike, by their place: no copy of them is kept.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeadLetterItem {
    /// The place of their record in the log.
    record: u64,
    /// Their places in that record.
    rows: Vec<u32>,
    /// What became of them.
    outcome: DeliveryOutcome,
    /// The platform's code.
    code: String,
    /// The field that is at fault; empty where none was named.
    field: String,
    /// What the platform says.
    message: String,
    /// The platform's id of the answer, for its support.
    trace_id: String,
    /// How often they were tried.
    tries: u32,
    /// Until when they can be sent once more.
    replayable_until: DateTime<Utc>,
}

impl From<DeadLetter> for DeadLetterItem {
    fn from(letter: DeadLetter) -> DeadLetterItem {
        DeadLetterItem {
            record: letter.offset.0,
            rows: letter.rows,
            outcome: letter.outcome,
            code: letter.code,
            field: letter.field,
            message: letter.message,
            trace_id: letter.trace_id,
            tries: letter.tries,
            replayable_until: letter.replayable_until.to_utc(),
        }
    }
}

/// A request to a platform, without what it carried.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryRequestItem {
    /// When it was sent.
    sent_at: DateTime<Utc>,
    /// Events in it.
    events: u32,
    /// Bytes of its body.
    bytes: u64,
    /// The status of the answer; null where none came.
    status: Option<u16>,
    /// Milliseconds until the answer was there.
    took_ms: u64,
    /// What it came to.
    outcome: RequestOutcome,
    /// The platform's code; empty where there is none.
    code: String,
    /// What the platform says.
    message: String,
    /// The platform's id of the answer, for its support.
    trace_id: String,
}

impl From<DeliveryRequest> for DeliveryRequestItem {
    fn from(request: DeliveryRequest) -> DeliveryRequestItem {
        DeliveryRequestItem {
            sent_at: request.at.to_utc(),
            events: request.events,
            bytes: request.bytes,
            status: request.status,
            took_ms: request.took_ms,
            outcome: request.outcome,
            code: request.code,
            message: request.message,
            trace_id: request.trace_id,
        }
    }
}

/// The last 200 dead letters of a destination, newest first: events that its platform refused for good.
#[utoipa::path(
    get, path = "/api/v1/destinations/{id}/dead-letters", tag = "destinations", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "the destination's id")),
    responses((status = 200, body = Answer<Vec<DeadLetterItem>>)),
)]
pub async fn dead_letters(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<StoredDestination>,
) -> Answered<Vec<DeadLetterItem>> {
    let known = caller.work(&app).await?.destination(id).await?;
    known.ok_or_else(StoredDestination::not_found)?;
    let letters = app.auth.state.dead_letters(caller.scope, DestinationId(id), LETTERS_MAX).await?;
    Ok(Answer::of(letters.into_iter().map(DeadLetterItem::from).collect()))
}

/// The last 100 requests to a destination, newest first.
#[utoipa::path(
    get, path = "/api/v1/destinations/{id}/requests", tag = "destinations", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "the destination's id")),
    responses((status = 200, body = Answer<Vec<DeliveryRequestItem>>)),
)]
pub async fn delivery_requests(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<StoredDestination>,
) -> Answered<Vec<DeliveryRequestItem>> {
    let known = caller.work(&app).await?.destination(id).await?;
    known.ok_or_else(StoredDestination::not_found)?;
    let requests = app.auth.state.requests(caller.scope, DestinationId(id)).await?;
    Ok(Answer::of(requests.into_iter().map(DeliveryRequestItem::from).collect()))
}

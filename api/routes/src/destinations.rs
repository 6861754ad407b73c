//! `/destinations`: where events of datasets are handed on to.

pub mod body;
pub mod delivery;
mod history;
mod replay;
mod trial;

use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::Serialize;
use stratum_deliver::platform::DeliveryPlatform;
use stratum_http::answer::{Answer, Answered, Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::body::Body;
use stratum_http::fields::Params;
use stratum_http::id::{Id, Resource, end_deletion};
use stratum_http::paging::PageParams;
use stratum_models::connector::Credentials;
use stratum_models::delivery::{ConsentPolicy, DeliveryMode, LaneState};
use stratum_models::platform::Platform;
use stratum_models::store::{StoreError, StoreErrorKind};
use stratum_state::audit::{AuditAction, AuditEntry};
use stratum_state::destination::StoredDestination;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use self::body::{DestinationBody, DestinationChange, told};
use super::App;

/// The routes of this file.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_destinations, create_destination))
        .routes(routes!(destination, change_destination, delete_destination))
        .merge(trial::routes())
        .merge(delivery::routes())
        .merge(history::routes())
        .merge(replay::routes())
}

/// A destination, without its credentials.
#[derive(Debug, Serialize, ToSchema)]
pub struct DestinationItem {
    /// Its id.
    id: Uuid,
    /// The dataset whose events it gets.
    dataset_id: Uuid,
    /// That dataset's id at its platform.
    external_id: String,
    /// Name to show.
    name: String,
    /// The platform that it is at.
    platform: Platform,
    /// The pixel or dataset there.
    remote_id: String,
    /// What is done with events.
    mode: DeliveryMode,
    /// The names of events that it takes; null for all.
    event_names: Option<Vec<String>>,
    /// What is done with events whose use is restricted.
    consent: ConsentPolicy,
    /// The platform's code for test events.
    test_code: Option<String>,
    /// The credentials that are set, by name. Their values are never shown.
    credentials_set: Vec<String>,
    /// How it does; null before anything was sent, and where nothing is worked on.
    state: Option<LaneState>,
    /// Events received from then on are for it.
    since: DateTime<Utc>,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was last changed.
    updated_at: DateTime<Utc>,
}

impl From<StoredDestination> for DestinationItem {
    fn from(stored: StoredDestination) -> DestinationItem {
        let content = stored.content;
        DestinationItem {
            id: stored.id,
            dataset_id: stored.dataset_id,
            external_id: stored.external_id,
            name: content.name,
            platform: stored.platform,
            remote_id: content.remote_id,
            mode: content.mode,
            event_names: content.event_names,
            consent: content.consent,
            test_code: content.test_code,
            credentials_set: stored.credential_fields,
            state: stored.state.filter(|_| content.mode.works()),
            since: stored.since,
            created_at: stored.created_at,
            updated_at: stored.updated_at,
        }
    }
}

fn refusal(error: StoreError) -> Refusal {
    match error.kind {
        StoreErrorKind::Conflict => {
            Refusal::conflict("a destination with this name already exists")
        }
        _ => error.into(),
    }
}

/// Destinations, oldest first.
#[utoipa::path(
    get, path = "/api/v1/destinations", tag = "destinations", params(PageParams),
    security(("bearer" = [])),
    responses((status = 200, body = Answer<Vec<DestinationItem>>)),
)]
pub async fn list_destinations(
    State(app): State<App>,
    caller: Authenticated,
    Params(params): Params<PageParams>,
) -> Answered<Vec<DestinationItem>> {
    let page = params.read()?;
    let mut work = caller.work(&app).await?;
    let destinations = work.destinations(page.limit(), page.offset()).await?;
    let total = work.destination_count().await?;
    Ok(Answer::page(destinations, page.of(total)))
}

/// Returns a destination.
#[utoipa::path(
    get, path = "/api/v1/destinations/{id}", tag = "destinations", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "the destination's id")),
    responses((status = 200, body = Answer<DestinationItem>)),
)]
pub async fn destination(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<StoredDestination>,
) -> Answered<DestinationItem> {
    let destination = caller.work(&app).await?.destination(id).await?;
    Ok(Answer::of(destination.ok_or_else(StoredDestination::not_found)?.into()))
}

/// Makes a destination.
///
/// Events that the dataset receives from now on are handed on to the platform, each at least once and under one
/// event id, by which the platform drops copies. They are encrypted from the door on and opened only to be sent;
/// e-mail addresses, phone numbers and names are sent as hashes. A dataset's events go to its own platform: Meta, TikTok,
/// Snapchat, Pinterest, LinkedIn or Google Analytics. Credentials are encrypted and never shown again: Google wants
/// `api_secret`, the others `access_token`.
#[utoipa::path(
    post, path = "/api/v1/destinations", tag = "destinations", security(("bearer" = [])),
    request_body = DestinationBody,
    responses(
        (status = 201, body = Answer<DestinationItem>),
        (status = 409, body = RefusalBody, description = "a destination with this name already exists"),
        (status = 422, body = RefusalBody, description = "the dataset is of no ad platform, a field breaks a rule, or there are as many destinations as there may be"),
    ),
)]
pub async fn create_destination(
    State(app): State<App>,
    caller: Authenticated,
    Body(body): Body<DestinationBody>,
) -> Answered<DestinationItem> {
    let mut work = caller.work(&app).await?;
    work.lock_limits().await?;
    let datasets = work.datasets().await?;
    let dataset = datasets.into_iter().find(|dataset| dataset.id == body.dataset_id);
    let wrong = |text| Refusal::unprocessable("dataset_id", text);
    let dataset = dataset.ok_or_else(|| wrong("must be a dataset"))?;
    let at = dataset.platform.ok_or_else(|| wrong("must be a dataset of an ad platform"))?;
    let most = app.bounds.destinations_max;
    if work.destination_count().await? >= u64::from(most) {
        let message = format!("there are {most} destinations, which is the most");
        return Err(Refusal::unprocessable("", message));
    }
    let (new, credentials) = body.read(&dataset, &DeliveryPlatform::of(at))?;
    let made = work.create_destination((dataset.id, at), &new, &credentials).await;
    let id = made.map_err(refusal)?;
    let entry = |changes| {
        AuditEntry::done(AuditAction::DestinationCreated, StoredDestination::KIND, id, changes)
    };
    work.audit(&entry(told(&new, &credentials))).await?;
    let destination = work.destination(id).await?.ok_or_else(Refusal::internal)?;
    work.commit().await?;
    Ok(Answer::created(destination.into()))
}

/// Changes a destination. Fields that are not sent stay as they are, also single credentials.
///
/// Paused, events are kept for it, as long as the platform takes them, and sent once it goes on. Switched off,
/// nothing is kept, and what waits is given up.
#[utoipa::path(
    patch, path = "/api/v1/destinations/{id}", tag = "destinations", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "the destination's id")), request_body = DestinationChange,
    responses(
        (status = 200, body = Answer<DestinationItem>),
        (status = 409, body = RefusalBody, description = "a destination with this name already exists"),
    ),
)]
pub async fn change_destination(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<StoredDestination>,
    Body(change): Body<DestinationChange>,
) -> Answered<DestinationItem> {
    let mut work = caller.work(&app).await?;
    let not_found = StoredDestination::not_found;
    let mut credentials = work.lock_destination(id).await?.ok_or_else(not_found)?;
    let was = work.destination(id).await?.ok_or_else(not_found)?;
    let changes = change.told();
    let platform = DeliveryPlatform::of(was.platform);
    let new = change.apply(&was.content, &mut credentials, &platform)?;
    let written = work.update_destination((id, was.dataset_id), &new, &credentials).await;
    written.map_err(refusal)?;
    let kind = StoredDestination::KIND;
    work.audit(&AuditEntry::done(AuditAction::DestinationUpdated, kind, id, changes)).await?;
    let destination = work.destination(id).await?.ok_or_else(not_found)?;
    work.commit().await?;
    Ok(Answer::of(destination.into()))
}

/// Deletes a destination with its credentials, what waits for it, and what is known of its deliveries.
#[utoipa::path(
    delete, path = "/api/v1/destinations/{id}", tag = "destinations", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "the destination's id")),
    responses((status = 204, description = "the object is deleted")),
)]
pub async fn delete_destination(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<StoredDestination>,
) -> Result<StatusCode, Refusal> {
    let mut work = caller.work(&app).await?;
    let deleted = work.delete_destination(id).await?;
    end_deletion::<StoredDestination>(work, id, deleted, AuditAction::DestinationDeleted).await
}

/// A destination of the caller's with its credentials.
async fn opened(
    app: &App,
    caller: &Authenticated,
    id: Uuid,
) -> Result<(StoredDestination, Credentials), Refusal> {
    let mut work = caller.work(app).await?;
    let not_found = StoredDestination::not_found;
    let credentials = work.lock_destination(id).await?.ok_or_else(not_found)?;
    let destination = work.destination(id).await?.ok_or_else(not_found)?;
    Ok((destination, credentials))
}

//! `/tracking`: how the events of each dataset are treated.

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use stratum_http::answer::{Answer, Answered, Fault, FaultCode, Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::body::Body;
use stratum_http::fields::Params;
use stratum_http::id::{Id, Resource};
use stratum_http::paging::PageParams;
use stratum_http::rules::{Rules, sent};
use stratum_models::platform::Platform;
use stratum_models::tracking::{ClickIdSource, EventIdSource, Normalization, TrackingPolicy};
use stratum_state::audit::{AuditAction, AuditEntry};
use stratum_state::tracking::{TrackedDataset, TrackingSettings, TrackingVersion};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::App;

/// The routes of this file.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_tracking))
        .routes(routes!(tracking, replace_tracking, change_tracking))
        .routes(routes!(tracking_versions))
}

/// A version of a tracking configuration.
#[derive(Debug, Serialize, ToSchema)]
pub struct TrackingItem {
    /// The version's number, from 1. Every event carries the one it was treated with.
    version: u32,
    /// The calling code put before phone numbers that have none, without `+`; null for none, and such
    /// numbers are not usable then.
    default_calling_code: Option<u16>,
    /// Where click ids are taken from.
    click_id: ClickIdSource,
    /// The rules of normalising identifiers.
    normalization: Normalization,
    /// The id that purchases without an event id are told from their copies by.
    event_id: EventIdSource,
    /// The user who wrote it; null where it was the command line or the program.
    changed_by: Option<Uuid>,
    /// When it was written.
    changed_at: DateTime<Utc>,
}

/// A dataset with the configuration in force.
#[derive(Debug, Serialize, ToSchema)]
pub struct DatasetTracking {
    /// The dataset's id.
    dataset_id: Uuid,
    /// The ad platform it is of; null where its events are for none.
    platform: Option<Platform>,
    /// The platform's pixel or dataset id.
    external_id: String,
    /// Name to show.
    name: String,
    /// The configuration in force.
    #[serde(flatten)]
    tracking: TrackingItem,
}

impl From<TrackingVersion> for TrackingItem {
    fn from(version: TrackingVersion) -> TrackingItem {
        TrackingItem {
            version: version.version,
            default_calling_code: version.settings.default_calling_code,
            click_id: version.settings.policy.click_id,
            normalization: version.settings.policy.normalization,
            event_id: version.settings.policy.event_id,
            changed_by: version.changed_by,
            changed_at: version.changed_at,
        }
    }
}

impl From<TrackedDataset> for DatasetTracking {
    fn from(dataset: TrackedDataset) -> DatasetTracking {
        DatasetTracking {
            dataset_id: dataset.id,
            platform: dataset.platform,
            external_id: dataset.external_id,
            name: dataset.name,
            tracking: dataset.tracking.into(),
        }
    }
}

/// A whole configuration.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrackingBody {
    /// The version this was made from: 409 where another one is in force.
    expected_version: u32,
    /// The calling code put before phone numbers that have none, without `+`; none where absent.
    #[schema(minimum = 1, maximum = 999)]
    default_calling_code: Option<u16>,
    /// Where click ids are taken from: only from what is sent, where absent.
    #[serde(default)]
    click_id: ClickIdSource,
    /// The rules of normalising identifiers: `v1` where absent.
    #[serde(default)]
    normalization: Normalization,
    /// The id that purchases without an event id are told from their copies by: none where absent.
    #[serde(default)]
    event_id: EventIdSource,
}

/// The changes to a configuration. A field that is not sent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrackingChange {
    /// The version this was made from: 409 where another one is in force.
    expected_version: u32,
    /// The calling code put before phone numbers that have none, without `+`; null for none.
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<u16>)]
    default_calling_code: Option<Option<u16>>,
    /// Where click ids are taken from.
    click_id: Option<ClickIdSource>,
    /// The rules of normalising identifiers.
    normalization: Option<Normalization>,
    /// The id that purchases without an event id are told from their copies by.
    event_id: Option<EventIdSource>,
}

/// The rule on calling codes.
pub fn calling_code(rules: &mut Rules, code: Option<u16>) {
    let holds = code.is_none_or(|code| (1..=999).contains(&code));
    rules.hold("default_calling_code", holds, Fault::range(1, 999, "must be from 1 to 999"));
}

/// Lists the current configuration of each dataset, oldest dataset first.
#[utoipa::path(
    get, path = "/api/v1/tracking", tag = "tracking", params(PageParams), security(("bearer" = [])),
    responses((status = 200, body = Answer<Vec<DatasetTracking>>)),
)]
pub async fn list_tracking(
    State(app): State<App>,
    caller: Authenticated,
    Params(params): Params<PageParams>,
) -> Answered<Vec<DatasetTracking>> {
    dataset_page(&app, &caller, params).await
}

/// A page of the tenant's datasets, in the form that a route shows them.
pub(super) async fn dataset_page<T: From<TrackedDataset>>(
    app: &App,
    caller: &Authenticated,
    params: PageParams,
) -> Answered<Vec<T>> {
    let page = params.read()?;
    let mut work = caller.work(app).await?;
    let datasets = work.tracked_datasets(page.limit(), page.offset()).await?;
    let total = work.dataset_count().await?;
    Ok(Answer::page(datasets, page.of(total)))
}

/// Returns the current configuration of a dataset.
#[utoipa::path(
    get, path = "/api/v1/tracking/{dataset}", tag = "tracking", security(("bearer" = [])),
    params(("dataset" = Uuid, Path, description = "the dataset's id")),
    responses((status = 200, body = Answer<DatasetTracking>)),
)]
pub async fn tracking(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<TrackedDataset>,
) -> Answered<DatasetTracking> {
    let dataset = caller.work(&app).await?.tracked_dataset(id).await?;
    Ok(Answer::of(dataset.ok_or_else(TrackedDataset::not_found)?.into()))
}

/// Lists all versions of a dataset's configuration, newest first.
#[utoipa::path(
    get, path = "/api/v1/tracking/{dataset}/versions", tag = "tracking", security(("bearer" = [])),
    params(("dataset" = Uuid, Path, description = "the dataset's id"), PageParams),
    responses((status = 200, body = Answer<Vec<TrackingItem>>)),
)]
pub async fn tracking_versions(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<TrackedDataset>,
    Params(params): Params<PageParams>,
) -> Answered<Vec<TrackingItem>> {
    let page = params.read()?;
    let mut work = caller.work(&app).await?;
    let (versions, total) = work.tracking_versions(id, page.limit(), page.offset()).await?;
    if total == 0 {
        return Err(TrackedDataset::not_found());
    }
    Ok(Answer::page(versions, page.of(total)))
}

/// Stores a new version with exactly these settings; a setting that is not sent is empty.
///
/// Earlier versions are not changed. Events received more than two seconds after the answer are treated with the
/// new version and carry its number.
#[utoipa::path(
    put, path = "/api/v1/tracking/{dataset}", tag = "tracking", security(("bearer" = [])),
    params(("dataset" = Uuid, Path, description = "the dataset's id")), request_body = TrackingBody,
    responses(
        (status = 200, body = Answer<DatasetTracking>),
        (status = 409, body = RefusalBody, description = "the current version is not the expected one"),
    ),
)]
pub async fn replace_tracking(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<TrackedDataset>,
    Body(body): Body<TrackingBody>,
) -> Answered<DatasetTracking> {
    let change = TrackingChange {
        expected_version: body.expected_version,
        default_calling_code: Some(body.default_calling_code),
        click_id: Some(body.click_id),
        normalization: Some(body.normalization),
        event_id: Some(body.event_id),
    };
    write(app, caller, id, change).await
}

/// Stores a new version that changes the current one; settings that are not sent stay as they are.
#[utoipa::path(
    patch, path = "/api/v1/tracking/{dataset}", tag = "tracking", security(("bearer" = [])),
    params(("dataset" = Uuid, Path, description = "the dataset's id")), request_body = TrackingChange,
    responses(
        (status = 200, body = Answer<DatasetTracking>),
        (status = 409, body = RefusalBody, description = "the current version is not the expected one"),
    ),
)]
pub async fn change_tracking(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<TrackedDataset>,
    Body(change): Body<TrackingChange>,
) -> Answered<DatasetTracking> {
    write(app, caller, id, change).await
}

async fn write(
    app: App,
    caller: Authenticated,
    id: Uuid,
    change: TrackingChange,
) -> Answered<DatasetTracking> {
    let mut rules = Rules::default();
    calling_code(&mut rules, change.default_calling_code.flatten());
    rules.finish()?;
    let mut work = caller.work(&app).await?;
    let current = work.tracked_dataset(id).await?.ok_or_else(TrackedDataset::not_found)?.tracking;
    let (code, policy) = (current.settings.default_calling_code, current.settings.policy);
    let settings = TrackingSettings {
        default_calling_code: change.default_calling_code.unwrap_or(code),
        policy: TrackingPolicy {
            click_id: change.click_id.unwrap_or(policy.click_id),
            normalization: change.normalization.unwrap_or(policy.normalization),
            event_id: change.event_id.unwrap_or(policy.event_id),
        },
    };
    if !work.write_tracking(id, change.expected_version, settings).await? {
        return Err(Refusal::conflict(Fault::new(
            FaultCode::ChangedMeanwhile,
            "another version is in force; read it, and make the change from there",
        )));
    }
    let changes = json!({
        "version": change.expected_version + 1,
        "default_calling_code": settings.default_calling_code,
        "click_id": settings.policy.click_id,
        "normalization": settings.policy.normalization,
        "event_id": settings.policy.event_id,
    });
    work.audit(&AuditEntry::done(AuditAction::TrackingUpdated, "dataset", id, changes)).await?;
    let dataset = work.tracked_dataset(id).await?.ok_or_else(TrackedDataset::not_found)?;
    work.commit().await?;
    Ok(Answer::of(dataset.into()))
}

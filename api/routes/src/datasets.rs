//! `GET` and `POST /datasets`

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use stratum_http::answer::{Answer, Answered, Fault, FaultCode, Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::body::Body;
use stratum_http::fields::Params;
use stratum_http::id::{Id, Resource as _};
use stratum_http::paging::PageParams;
use stratum_http::rules::{Rules, name};
use stratum_models::platform::Platform;
use stratum_models::store::StoreErrorKind;
use stratum_state::audit::{AuditAction, AuditEntry};
use stratum_state::dataset::NewDataset;
use stratum_state::tracking::TrackedDataset;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::App;
use super::tracking::{calling_code, dataset_page};

/// Characters of a name.
const NAME_CHARS_MAX: usize = 200;

/// The routes of this file.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_datasets, create_dataset))
        .routes(routes!(change_dataset))
}

/// A pixel or dataset that senders send for.
#[derive(Debug, Serialize, ToSchema)]
pub struct DatasetItem {
    /// The dataset's id.
    id: Uuid,
    /// The ad platform; null if its events are for none, such as those of Segment.
    platform: Option<Platform>,
    /// The platform's pixel or dataset id, as senders use it.
    external_id: String,
    /// Name to show.
    name: String,
    /// The name of its events, where the platform's format has none: LinkedIn's.
    event_name: Option<String>,
    /// The version of its tracking configuration in force.
    tracking_version: u32,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// From when on it takes nothing in; null where it does.
    archived_at: Option<DateTime<Utc>>,
}

impl From<TrackedDataset> for DatasetItem {
    fn from(dataset: TrackedDataset) -> DatasetItem {
        DatasetItem {
            id: dataset.id,
            platform: dataset.platform,
            external_id: dataset.external_id,
            name: dataset.name,
            event_name: dataset.event_name,
            tracking_version: dataset.tracking.version,
            created_at: dataset.created_at,
            archived_at: dataset.archived_at,
        }
    }
}

/// A dataset to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DatasetBody {
    /// The ad platform it is of; null where its events are for none, as those of Segment.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required)]
    platform: Option<Platform>,
    /// The platform's pixel or dataset id, or a name of your own where there is no platform: letters, digits,
    /// `-`, `_`, `.` and `:`, 1 to 128 of them.
    external_id: String,
    /// The name to show; the platform's id if absent.
    name: Option<String>,
    /// The calling code put before phone numbers that have none, without `+`.
    #[schema(minimum = 1, maximum = 999)]
    default_calling_code: Option<u16>,
    /// The name of its events, where the platform's format has none: of a conversion of LinkedIn, such as
    /// `Purchase` or `Lead`. `conversion:` and its id where absent. No other platform takes one.
    event_name: Option<String>,
}

impl DatasetBody {
    fn read(self) -> Result<NewDataset, Refusal> {
        let mut rules = Rules::default();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
        let id = &self.external_id;
        let holds = (1..=128).contains(&id.len()) && id.bytes().all(plain);
        rules.hold(
            "external_id",
            holds,
            Fault::new(
                FaultCode::WrongForm,
                "must be 1 to 128 letters, digits, `-`, `_`, `.` or `:`",
            ),
        );
        let name = self.name.as_deref().unwrap_or(id).trim().to_owned();
        rules.text("name", &name, NAME_CHARS_MAX);
        calling_code(&mut rules, self.default_calling_code);
        let event_name = self.event_name.map(|name| name.trim().to_owned());
        if let Some(name) = &event_name {
            rules.text("event_name", name, 128);
            let is_taken = self.platform == Some(Platform::Linkedin);
            rules.hold("event_name", is_taken, "is told by the events of this platform");
        }
        rules.finish()?;
        Ok(NewDataset {
            platform: self.platform,
            external_id: self.external_id,
            name,
            default_calling_code: self.default_calling_code,
            event_name,
        })
    }
}

/// Lists datasets, oldest first.
#[utoipa::path(
    get, path = "/api/v1/datasets", tag = "tracking", params(PageParams), security(("bearer" = [])),
    responses((status = 200, body = Answer<Vec<DatasetItem>>)),
)]
pub async fn list_datasets(
    State(app): State<App>,
    caller: Authenticated,
    Params(params): Params<PageParams>,
) -> Answered<Vec<DatasetItem>> {
    dataset_page(&app, &caller, params).await
}

/// Creates a dataset with version 1 of its tracking configuration. It accepts events within two seconds.
#[utoipa::path(
    post, path = "/api/v1/datasets", tag = "tracking", security(("bearer" = [])),
    request_body = DatasetBody,
    responses(
        (status = 201, body = Answer<DatasetItem>),
        (status = 409, body = RefusalBody, description = "a dataset with this platform and id already exists"),
        (status = 422, body = RefusalBody, description = "a field breaks a rule, or the tenant has as many as it may have"),
    ),
)]
pub async fn create_dataset(
    State(app): State<App>,
    caller: Authenticated,
    Body(body): Body<DatasetBody>,
) -> Answered<DatasetItem> {
    let new = body.read()?;
    let mut work = caller.work(&app).await?;
    work.lock_limits().await?;
    let most = app.bounds.datasets_max;
    if work.dataset_count().await? >= u64::from(most) {
        let message = format!("there are {most} datasets, which is the most");
        return Err(Refusal::unprocessable(
            "",
            Fault::above(FaultCode::LimitReached, most, message),
        ));
    }
    let id = work.create_dataset(&new).await.map_err(|error| match error.kind {
        StoreErrorKind::Conflict => Refusal::conflict(Fault::new(
            FaultCode::Exists,
            "a dataset with this platform and external_id already exists",
        )),
        _ => error.into(),
    })?;
    let changes = json!({
        "platform": Platform::optional_name(new.platform), "external_id": new.external_id,
        "default_calling_code": new.default_calling_code, "event_name": new.event_name,
    });
    work.audit(&AuditEntry::done(AuditAction::DatasetCreated, "dataset", id, changes)).await?;
    let dataset = work.tracked_dataset(id).await?.ok_or_else(Refusal::internal)?;
    work.commit().await?;
    Ok(Answer::created(dataset.into()))
}

/// The changes to a dataset. A field that is not sent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DatasetChange {
    /// Name to show, of 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    /// Whether it takes nothing in any more. What it brought stays, and it can be taken back.
    archived: Option<bool>,
}

/// Renames a dataset, or archives it: senders for it are refused within 2 s, as for one that is not known.
#[utoipa::path(
    patch, path = "/api/v1/datasets/{dataset}", tag = "tracking", security(("bearer" = [])),
    params(("dataset" = Uuid, Path, description = "the dataset's id")), request_body = DatasetChange,
    responses((status = 200, body = Answer<DatasetItem>)),
)]
pub async fn change_dataset(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<TrackedDataset>,
    Body(change): Body<DatasetChange>,
) -> Answered<DatasetItem> {
    let mut work = caller.work(&app).await?;
    let dataset = work.tracked_dataset(id).await?.ok_or_else(TrackedDataset::not_found)?;
    let name = match &change.name {
        Some(text) => name("name", text, NAME_CHARS_MAX)?,
        None => dataset.name.clone(),
    };
    let archived_at = match change.archived {
        Some(true) => dataset.archived_at.or(Some(app.clock.now().to_utc())),
        Some(false) => None,
        None => dataset.archived_at,
    };
    if (&name, archived_at) != (&dataset.name, dataset.archived_at) {
        work.update_dataset(id, &name, archived_at).await?;
        let changes = json!({"name": name, "archived_at": archived_at});
        let kind = TrackedDataset::KIND;
        work.audit(&AuditEntry::done(AuditAction::DatasetUpdated, kind, id, changes)).await?;
    }
    let dataset = work.tracked_dataset(id).await?.ok_or_else(TrackedDataset::not_found)?;
    work.commit().await?;
    Ok(Answer::of(dataset.into()))
}

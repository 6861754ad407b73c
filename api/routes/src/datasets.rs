//! `GET` and `POST /datasets`

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use stratum_http::answer::{Answer, Answered, Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::body::Body;
use stratum_http::fields::Params;
use stratum_http::paging::PageParams;
use stratum_http::rules::Rules;
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
use super::tracking::calling_code;

/// The routes of this file.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list_datasets, create_dataset))
}

/// A pixel or dataset that senders send for.
#[derive(Debug, Serialize, ToSchema)]
pub struct DatasetItem {
    /// Its id.
    id: Uuid,
    /// The platform whose dialect it speaks.
    platform: Platform,
    /// The platform's pixel or dataset id, as senders have it in the address.
    external_id: String,
    /// Name to show.
    name: String,
    /// The version of its tracking configuration in force.
    tracking_version: u32,
    /// When it was made.
    created_at: DateTime<Utc>,
}

impl From<TrackedDataset> for DatasetItem {
    fn from(dataset: TrackedDataset) -> DatasetItem {
        DatasetItem {
            id: dataset.id,
            platform: dataset.platform,
            external_id: dataset.external_id,
            name: dataset.name,
            tracking_version: dataset.tracking.version,
            created_at: dataset.created_at,
        }
    }
}

/// A dataset to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DatasetBody {
    /// The platform whose dialect it speaks.
    platform: Platform,
    /// The platform's pixel or dataset id: letters, digits, `-`, `_` and `.`, 1 to 128 of them.
    external_id: String,
    /// Name to show; the platform's id where absent.
    name: Option<String>,
    /// The calling code put before phone numbers that have none, without `+`.
    #[schema(minimum = 1, maximum = 999)]
    default_calling_code: Option<u16>,
}

impl DatasetBody {
    fn read(self) -> Result<NewDataset, Refusal> {
        let mut rules = Rules::default();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let id = &self.external_id;
        let holds = (1..=128).contains(&id.len()) && id.bytes().all(plain);
        rules.hold("external_id", holds, "must be 1 to 128 letters, digits, `-`, `_` or `.`");
        let name = self.name.as_deref().unwrap_or(id).trim().to_owned();
        rules.text("name", &name, 200);
        calling_code(&mut rules, self.default_calling_code);
        rules.finish()?;
        Ok(NewDataset {
            platform: self.platform,
            external_id: self.external_id,
            name,
            default_calling_code: self.default_calling_code,
        })
    }
}

/// Datasets, oldest first.
#[utoipa::path(
    get, path = "/api/v1/datasets", tag = "tracking", params(PageParams), security(("bearer" = [])),
    responses((status = 200, body = Answer<Vec<DatasetItem>>)),
)]
pub async fn list_datasets(
    State(app): State<App>,
    caller: Authenticated,
    Params(params): Params<PageParams>,
) -> Answered<Vec<DatasetItem>> {
    let page = params.read()?;
    let mut work = caller.work(&app).await?;
    let datasets = work.tracked_datasets(page.limit(), page.offset()).await?;
    let total = work.dataset_count().await?;
    Ok(Answer::page(datasets, page.of(total)))
}

/// Makes a dataset, with version 1 of its tracking configuration. Senders may send for it within 2 s.
#[utoipa::path(
    post, path = "/api/v1/datasets", tag = "tracking", security(("bearer" = [])),
    request_body = DatasetBody,
    responses(
        (status = 201, body = Answer<DatasetItem>),
        (status = 409, body = RefusalBody, description = "there is a dataset of this platform and id already"),
        (status = 422, body = RefusalBody, description = "a rule is broken, or there is no room for one more"),
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
        return Err(Refusal::unprocessable("", message));
    }
    let id = work.create_dataset(&new).await.map_err(|error| match error.kind {
        StoreErrorKind::Conflict => {
            Refusal::conflict("there is a dataset of this platform and external_id already")
        }
        _ => error.into(),
    })?;
    let changes = json!({
        "platform": new.platform.as_str(), "external_id": new.external_id,
        "default_calling_code": new.default_calling_code,
    });
    work.audit(&AuditEntry::done(AuditAction::DatasetCreated, "dataset", id, changes)).await?;
    let dataset = work.tracked_dataset(id).await?.ok_or_else(Refusal::internal)?;
    work.commit().await?;
    Ok(Answer::created(dataset.into()))
}

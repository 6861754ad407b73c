//! `/api-keys`: what scripts and senders get in with.

use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use stratum_http::answer::{Answer, Answered, Fault, FaultCode, Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::body::Body;
use stratum_http::fields::Params;
use stratum_http::id::{Id, Resource as _, end_deletion};
use stratum_http::paging::PageParams;
use stratum_http::rules::name;
use stratum_models::id::ApiKeyId;
use stratum_models::platform::Platform;
use stratum_models::time::{DAY_MS, UnixMillis};
use stratum_state::api_key::{ApiKey, ApiKeyScope, NewApiKey};
use stratum_state::audit::{AuditAction, AuditEntry};
use stratum_state::limit::Limit;
use stratum_state::work::TenantWork;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::App;

/// Longest name of a key.
const NAME_CHARS_MAX: usize = 200;
/// Longest life of a key that has an end.
const LIFE_DAYS_MAX: i64 = 3_653;

/// The operations of this file.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_api_keys, create_api_key))
        .routes(routes!(rename_api_key, revoke_api_key))
}

/// A key, without the key.
#[derive(Serialize, ToSchema)]
pub struct ApiKeyItem {
    /// The key's id.
    id: Uuid,
    /// Name.
    name: String,
    /// The operations that it opens.
    scope: ApiKeyScope,
    /// The platform's id of the only dataset that the key may send to; null for every dataset.
    dataset_id: Option<String>,
    /// That dataset's platform.
    platform: Option<Platform>,
    /// The last four characters of the key, to tell keys apart.
    hint: String,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it was last used, to within some seconds.
    last_used_at: Option<DateTime<Utc>>,
    /// From when on it opens nothing; null for never.
    expires_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    revoked_at: Option<DateTime<Utc>>,
}

impl From<ApiKey> for ApiKeyItem {
    fn from(key: ApiKey) -> ApiKeyItem {
        ApiKeyItem {
            id: key.id.0,
            name: key.name,
            scope: key.scope,
            dataset_id: key.dataset,
            platform: key.platform,
            hint: key.hint,
            created_at: key.created_at.to_utc(),
            last_used_at: key.last_used_at.map(|at| at.to_utc()),
            expires_at: key.expires_at.map(|at| at.to_utc()),
            revoked_at: key.revoked_at.map(|at| at.to_utc()),
        }
    }
}

/// A key to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApiKeyRequest {
    /// Name.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// The operations that it is to open.
    scope: ApiKeyScope,
    /// The only dataset that the key may send to, by the platform's id; for scope `ingest` only.
    dataset_id: Option<String>,
    /// That dataset's platform, where datasets of several platforms have the same id.
    platform: Option<Platform>,
    /// From when on it is to open nothing, at most ten years from now; never where absent or null.
    expires_at: Option<DateTime<Utc>>,
}

/// A key, this once.
#[derive(Serialize, ToSchema)]
pub struct NewApiKeyResponse {
    /// The key's id.
    id: Uuid,
    /// The key. It is not shown again.
    key: String,
    /// The key's last four characters.
    hint: String,
    /// Name.
    name: String,
    /// The operations that it opens.
    scope: ApiKeyScope,
    /// The platform's id of the only dataset that the key may send to; null for every dataset.
    dataset_id: Option<String>,
    /// From when on it opens nothing; null for never.
    expires_at: Option<DateTime<Utc>>,
}

/// Lists the tenant's API keys, oldest first, including revoked and expired ones.
#[utoipa::path(
    get, path = "/api/v1/api-keys", tag = "api-keys", params(PageParams), security(("bearer" = [])),
    responses((status = 200, body = Answer<Vec<ApiKeyItem>>)),
)]
pub async fn list_api_keys(
    State(app): State<App>,
    caller: Authenticated,
    Params(params): Params<PageParams>,
) -> Answered<Vec<ApiKeyItem>> {
    let page = params.read()?;
    let (keys, total) = caller.work(&app).await?.api_keys_page(page).await?;
    Ok(Answer::page(keys, page.of(total)))
}

/// Creates an API key and returns it, this one time only.
///
/// The key works within two seconds.
#[utoipa::path(
    post, path = "/api/v1/api-keys", tag = "api-keys", security(("bearer" = [])),
    request_body = NewApiKeyRequest,
    responses(
        (status = 201, body = Answer<NewApiKeyResponse>),
        (status = 422, body = RefusalBody, description = "a value is not valid, or the limit of the plan is reached"),
    ),
)]
pub async fn create_api_key(
    State(app): State<App>,
    caller: Authenticated,
    Body(request): Body<NewApiKeyRequest>,
) -> Answered<NewApiKeyResponse> {
    let name = name("name", &request.name, NAME_CHARS_MAX)?;
    let scope = request.scope;
    let expires_at = end(request.expires_at, app.clock.now())?;
    let mut work = caller.work(&app).await?;
    let dataset_id = match &request.dataset_id {
        Some(_) if scope != ApiKeyScope::Ingest => {
            let message = "keys that read or export open the whole tenant; leave it out";
            return Err(Refusal::unprocessable("dataset_id", message));
        }
        Some(dataset) => Some(find_dataset(&mut work, dataset, request.platform).await?),
        None => None,
    };
    let limits = work.lock_limits().await?;
    limits.admit(Limit::ApiKeys, work.count_api_keys().await?.1)?;
    let new = NewApiKey { scope, dataset_id, name: name.clone(), expires_at };
    let (id, key) = work.create_api_key(&new).await?;
    let expires_at = expires_at.map(|at| at.to_utc());
    let changes =
        json!({"scope": scope, "dataset_id": dataset_id, "name": name, "expires_at": expires_at});
    work.audit(&AuditEntry::done(AuditAction::ApiKeyCreated, "api_key", id, changes)).await?;
    work.commit().await?;
    let key = key.expose().to_owned();
    let hint = key[key.len().saturating_sub(4)..].to_owned();
    let dataset_id = request.dataset_id;
    let id = id.0;
    Ok(Answer::created(NewApiKeyResponse { id, key, hint, name, scope, dataset_id, expires_at }))
}

/// The end of a key; 422 where it is over already, or too far away to be meant.
fn end(at: Option<DateTime<Utc>>, now: UnixMillis) -> Result<Option<UnixMillis>, Refusal> {
    let Some(at) = at else { return Ok(None) };
    let end = UnixMillis(at.timestamp_millis());
    if end <= now || end.0 > now.0 + LIFE_DAYS_MAX * DAY_MS {
        let message =
            "must lie ahead, and at most ten years; leave it out for a key without an end";
        return Err(Refusal::unprocessable("expires_at", message));
    }
    Ok(Some(end))
}

/// The one dataset of this id; 422 where there is none, or several.
async fn find_dataset(
    work: &mut TenantWork,
    external_id: &str,
    platform: Option<Platform>,
) -> Result<Uuid, Refusal> {
    let mut datasets = work.datasets().await?;
    datasets.retain(|one| {
        one.external_id == external_id && platform.is_none_or(|wanted| one.platform == Some(wanted))
    });
    match datasets.as_slice() {
        [one] => Ok(one.id),
        [] => Err(Refusal::unprocessable(
            "dataset_id",
            Fault::new(FaultCode::NoDataset, "the tenant has no such dataset"),
        )),
        _ => Err(Refusal::unprocessable("platform", "datasets of several platforms have this id")),
    }
}

/// The new name of a key.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiKeyChange {
    /// Name.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
}

/// Renames an API key. Its scope never changes.
#[utoipa::path(
    patch, path = "/api/v1/api-keys/{id}", tag = "api-keys", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "the key's id")), request_body = ApiKeyChange,
    responses((status = 200, body = Answer<ApiKeyItem>)),
)]
pub async fn rename_api_key(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<ApiKey>,
    Body(change): Body<ApiKeyChange>,
) -> Answered<ApiKeyItem> {
    let name = name("name", &change.name, NAME_CHARS_MAX)?;
    let mut work = caller.work(&app).await?;
    if !work.rename_api_key(ApiKeyId(id), &name).await? {
        return Err(ApiKey::not_found());
    }
    let entry =
        AuditEntry::done(AuditAction::ApiKeyRenamed, ApiKey::KIND, id, json!({"name": name}));
    work.audit(&entry).await?;
    let keys = work.api_keys().await?;
    let key = keys.into_iter().find(|key| key.id.0 == id).ok_or_else(Refusal::internal)?;
    work.commit().await?;
    Ok(Answer::of(key.into()))
}

/// Revokes an API key. Within two seconds it no longer works; revoking it again changes nothing.
#[utoipa::path(
    delete, path = "/api/v1/api-keys/{id}", tag = "api-keys", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "the key's id")),
    responses((status = 204, description = "the key is revoked")),
)]
pub async fn revoke_api_key(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<ApiKey>,
) -> Result<StatusCode, Refusal> {
    let mut work = caller.work(&app).await?;
    let revoked = work.revoke_api_key(ApiKeyId(id)).await?;
    end_deletion::<ApiKey>(work, id, revoked, AuditAction::ApiKeyRevoked).await
}

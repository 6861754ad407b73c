//! `POST /analytics/export/{id}/link` and `GET /downloads/{token}`

use std::time::Duration;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::{DateTime, Utc};
use serde::Serialize;
use stratum_http::answer::{Answer, Answered, Fault, FaultCode, Refusal, RefusalBody, RequestId};
use stratum_http::auth::Authenticated;
use stratum_http::id::{Id, Resource};
use stratum_models::time::UnixMillis;
use stratum_state::audit::{Actor, Author};
use stratum_state::export_job::{ExportJob, JobState};
use utoipa::ToSchema;

use super::super::App;
use super::asked::admit;
use super::download::fetched;

/// The time for which a link may be used.
const LIFE: Duration = Duration::from_secs(60);

/// An address that fetches a file once.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportLinkItem {
    /// The path, with its secret.
    url: String,
    /// From when on it opens nothing.
    expires_at: DateTime<Utc>,
}

/// Makes an address that fetches the file once.
///
/// For a browser that saves a large file by itself and cannot send the token: it opens within a minute and once, without a
/// sign-in. A download that breaks off needs another one.
#[utoipa::path(
    post, path = "/api/v1/analytics/export/{id}/link", tag = "exports", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "the export's id")),
    responses(
        (status = 201, body = Answer<ExportLinkItem>),
        (status = 409, body = RefusalBody, description = "the export is not finished, or the caller is an API key"),
    ),
)]
pub async fn create_export_link(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<ExportJob>,
) -> Answered<ExportLinkItem> {
    let mut work = caller.work(&app).await?;
    let job = work.export_job(id).await?.ok_or_else(ExportJob::not_found)?;
    admit(&app, &caller, &job.request, "POST", "/api/v1/analytics/export/{id}/link").await?;
    let user = caller.user_id().map_err(|_| Refusal::conflict("an API key downloads by itself"))?;
    if job.state != JobState::Done {
        return Err(Refusal::conflict(Fault::new(FaultCode::NoFile, "the export has no file")));
    }
    let life = i64::try_from(LIFE.as_millis()).unwrap_or(i64::MAX);
    let expires_at = UnixMillis(app.clock.now().0.saturating_add(life));
    let token = work.create_export_link(id, user, expires_at).await?;
    work.commit().await?;
    let url = format!("/api/v1/downloads/{token}");
    Ok(Answer::created(ExportLinkItem { url, expires_at: expires_at.to_utc() }))
}

/// Fetches the file that a link was made for.
#[utoipa::path(
    get, path = "/api/v1/downloads/{token}", tag = "exports",
    params(("token" = String, Path, description = "the link's secret")),
    responses(
        (status = 200, description = "the file", content(
            (String = "text/csv"), (String = "application/x-ndjson"), (String = "application/vnd.apache.parquet"),
            (String = "application/gzip"), (String = "application/zstd"),
        )),
        (status = 404, body = RefusalBody, description = "the link is not known, was used or is too old, or the file is deleted"),
    ),
)]
pub async fn download_by_link(
    State(app): State<App>,
    Extension(request_id): Extension<RequestId>,
    Path(token): Path<String>,
) -> Result<Response, Refusal> {
    let mut system = app.auth.state.system().await?;
    let link = system.spend_export_link(&token).await?;
    let link = link.ok_or_else(|| Refusal::not_found("such link; make another one"))?;
    let author = Author { actor: Actor::User(link.user), request_id: request_id.0 };
    let mut work = system.enter(link.tenant, author).await?;
    let job = work.export_job(link.export).await?.ok_or_else(ExportJob::not_found)?;
    fetched(&app, work, &job, &HeaderMap::new(), None).await
}

//! Jobs that make a file.

use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use stratum_http::answer::{Answer, Answered, Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::body::Body;
use stratum_http::fields::Params;
use stratum_http::id::{Id, Resource};
use stratum_http::paging::PageParams;
use stratum_models::export::{ExportType, FileCompression, FileFormat};
use stratum_models::platform::Platform;
use stratum_state::audit::{AuditAction, AuditEntry};
use stratum_state::export_job::{ExportJob, JobState};
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::App;
use super::asked::{ExportBody, admit};
use super::stream::described;

/// A job and its file.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportItem {
    /// The export's id.
    id: Uuid,
    /// The state of the export.
    state: JobState,
    /// The kind of rows.
    #[serde(rename = "type")]
    of: ExportType,
    /// The form of the file.
    format: FileFormat,
    /// The compression of the file.
    compression: FileCompression,
    /// First day, included.
    date_from: NaiveDate,
    /// Last day, included.
    date_to: NaiveDate,
    /// The platforms; every one where empty.
    platforms: Vec<Platform>,
    /// The columns, in their order.
    columns: Vec<&'static str>,
    /// Rows so far.
    rows: u64,
    /// Bytes so far.
    bytes: u64,
    /// The part of the file that is made, 0 to 1; about, until it is done.
    progress: f64,
    /// The reason why it failed.
    error: Option<String>,
    /// The path for downloading the file, once the export is finished.
    download_url: Option<String>,
    /// SHA-256 of the file, in hexadecimal digits.
    sha256: Option<String>,
    /// The name of the file.
    file_name: String,
    /// When it was asked for.
    created_at: DateTime<Utc>,
    /// When it was begun, the last time.
    started_at: Option<DateTime<Utc>>,
    /// When it ended.
    ended_at: Option<DateTime<Utc>>,
    /// When its file is deleted.
    expires_at: Option<DateTime<Utc>>,
}

/// The digits of a digest.
pub(super) fn digits(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn progress(job: &ExportJob) -> f64 {
    match (job.state, job.amount.rows_expected) {
        (JobState::Done | JobState::Expired, _) => 1.0,
        (_, 0) => 0.0,
        // What is expected is an estimate: only a file that is there is the whole.
        (_, expected) => (job.amount.rows as f64 / expected as f64).min(0.99),
    }
}

impl From<ExportJob> for ExportItem {
    fn from(job: ExportJob) -> ExportItem {
        let (query, id) = (&job.request.query, job.file.job);
        let done = job.state == JobState::Done;
        ExportItem {
            id,
            state: job.state,
            of: query.of,
            format: job.request.format,
            compression: job.request.compression,
            date_from: query.days.from.0,
            date_to: query.days.to.0,
            platforms: query.platforms.clone(),
            columns: query.columns.iter().map(|column| column.name).collect(),
            rows: job.amount.rows,
            bytes: job.amount.bytes,
            progress: progress(&job),
            download_url: done.then(|| format!("/api/v1/analytics/export/{id}/download")),
            sha256: job.sha256.as_deref().map(digits),
            file_name: job.request.file_name(),
            error: job.error,
            created_at: job.created_at,
            started_at: job.started_at,
            ended_at: job.ended_at,
            expires_at: job.expires_at,
        }
    }
}

/// Requests an export as a file.
///
/// The number of rows is not limited. The file is made in the background and can be fetched for some days once it
/// is complete. Ask for its state by its id, or wait for `export_done` on the live stream. Events identify people
/// by SHA-256 only. `GET /analytics/export/stream` describes the format of CSV.
#[utoipa::path(
    post, path = "/api/v1/analytics/export", tag = "exports", request_body = ExportBody,
    security(("bearer" = [])),
    responses(
        (status = 202, body = Answer<ExportItem>, description = "the job is queued"),
        (status = 422, body = RefusalBody, description = "the type or a column does not exist, or the range is not valid"),
        (status = 429, body = RefusalBody, description = "too many exports wait already"),
    ),
)]
pub async fn create_export(
    State(app): State<App>,
    caller: Authenticated,
    Body(body): Body<ExportBody>,
) -> Answered<ExportItem> {
    let request = body.read(&app, caller.scope)?;
    admit(&app, &caller, &request, "POST", "/api/v1/analytics/export").await?;
    let mut work = caller.work(&app).await?;
    work.lock_limits().await?;
    let most = app.exports.config.queued_per_tenant_max;
    let id = work.create_export_job(&request, most).await?.ok_or_else(|| {
        Refusal::busy("too many exports are queued; wait for one to finish").after(30)
    })?;
    work.audit(&AuditEntry::done(
        AuditAction::ExportAsked,
        ExportJob::KIND,
        id,
        described(&request),
    ))
    .await?;
    let job = work.export_job(id).await?.ok_or_else(Refusal::internal)?;
    work.commit().await?;
    Ok(Answer::with(StatusCode::ACCEPTED, job.into()))
}

/// Lists exports, newest first.
#[utoipa::path(
    get, path = "/api/v1/analytics/export", tag = "exports", params(PageParams),
    security(("bearer" = [])),
    responses((status = 200, body = Answer<Vec<ExportItem>>)),
)]
pub async fn list_exports(
    State(app): State<App>,
    caller: Authenticated,
    Params(params): Params<PageParams>,
) -> Answered<Vec<ExportItem>> {
    let page = params.read()?;
    let mut work = caller.work(&app).await?;
    let jobs = work.export_jobs(page.limit(), page.offset()).await?;
    let total = work.export_job_count().await?;
    Ok(Answer::page(jobs, page.of(total)))
}

/// Returns an export and its progress.
#[utoipa::path(
    get, path = "/api/v1/analytics/export/{id}", tag = "exports", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "the export's id")),
    responses((status = 200, body = Answer<ExportItem>)),
)]
pub async fn export_job(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<ExportJob>,
) -> Answered<ExportItem> {
    let job = caller.work(&app).await?.export_job(id).await?;
    Ok(Answer::of(job.ok_or_else(ExportJob::not_found)?.into()))
}

/// Cancels an export that is queued or running, or deletes the file of a finished one.
#[utoipa::path(
    delete, path = "/api/v1/analytics/export/{id}", tag = "exports", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "the export's id")),
    responses((status = 204, description = "the export is cancelled, or its file is deleted")),
)]
pub async fn delete_export(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<ExportJob>,
) -> Result<StatusCode, Refusal> {
    let mut work = caller.work(&app).await?;
    let job = work.export_job(id).await?.ok_or_else(ExportJob::not_found)?;
    if work.end_export_job(id).await? {
        let changes = serde_json::json!({"was": job.state});
        work.audit(&AuditEntry::done(AuditAction::ExportDeleted, ExportJob::KIND, id, changes))
            .await?;
    }
    work.commit().await?;
    // Where it lies on a disk that this process does not see, the jobs remove it within a minute.
    app.exports.folder.remove(job.file).await;
    Ok(StatusCode::NO_CONTENT)
}

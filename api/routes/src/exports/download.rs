//! `GET /analytics/export/{id}/download`

use std::io::SeekFrom;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE,
    ETAG, IF_RANGE, RANGE,
};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse as _, Response};
use futures::{Stream, stream};
use serde_json::json;
use stratum_http::answer::{Fault, FaultCode, Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::id::{Id, Resource};
use stratum_state::audit::{AuditAction, AuditEntry};
use stratum_state::export_job::{ExportJob, JobState};
use stratum_state::work::TenantWork;
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

use super::super::App;
use super::super::long_body::guarded;
use super::asked::admit;
use super::byte_range::ByteRange;
use super::job::digits;

/// Bytes read at once.
const CHUNK_BYTES: usize = 256 * 1024;

/// Downloads the file of an export, whole or in pieces.
///
/// A `Range` of bytes resumes an interrupted download. With `If-Range` and the `ETag`, which is the SHA-256 of the
/// file, parts of two different files are never mixed. A request for several ranges is answered with the whole
/// file.
#[utoipa::path(
    get, path = "/api/v1/analytics/export/{id}/download", tag = "exports",
    security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "the export's id"),
        ("Range" = Option<String>, Header, description = "such as `bytes=1000-`"),
        ("If-Range" = Option<String>, Header, description = "the ETag of the pieces that are there"),
    ),
    responses(
        (status = 200, description = "the file", content(
            (String = "text/csv"), (String = "application/x-ndjson"), (String = "application/vnd.apache.parquet"),
            (String = "application/gzip"), (String = "application/zstd"),
        )),
        (status = 206, description = "the part that is asked for", content(
            (String = "text/csv"), (String = "application/x-ndjson"), (String = "application/vnd.apache.parquet"),
            (String = "application/gzip"), (String = "application/zstd"),
        )),
        (status = 404, body = RefusalBody, description = "the export does not exist, or its file is deleted"),
        (status = 409, body = RefusalBody, description = "the export is not finished"),
        (status = 416, body = RefusalBody, description = "the file ends before the range begins"),
        (status = 503, body = RefusalBody, description = "a store does not answer, or this process does not see the file"),
    ),
)]
pub async fn download_export(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<ExportJob>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let mut work = caller.work(&app).await?;
    let job = work.export_job(id).await?.ok_or_else(ExportJob::not_found)?;
    drop(work);
    admit(&app, &caller, &job.request, "GET", "/api/v1/analytics/export/{id}/download").await?;
    let work = caller.work(&app).await?;
    fetched(&app, work, &job, &headers, Some(caller)).await
}

/// The file of a job, whole or in the pieces that the head asks for, once that is written down. With a caller it ends
/// with their rights.
pub(super) async fn fetched(
    app: &App,
    mut work: TenantWork,
    job: &ExportJob,
    headers: &HeaderMap,
    caller: Option<Authenticated>,
) -> Result<Response, Refusal> {
    let etag = match (job.state, &job.sha256) {
        (JobState::Done, Some(sha256)) => format!("\"{}\"", digits(sha256)),
        (JobState::Queued | JobState::Running, _) => {
            return Err(Refusal::conflict(Fault::new(
                FaultCode::NotReady,
                "the export is not finished yet",
            ))
            .after(1));
        }
        _ => return Err(Refusal::not_found("the file of this export")),
    };
    let (file, length) = open(app, job).await?;
    let range = asked(headers, &etag, length);
    if range == ByteRange::Beyond {
        let refusal =
            Refusal::new(StatusCode::RANGE_NOT_SATISFIABLE, "the file ends before this range");
        return Ok(([(CONTENT_RANGE, format!("bytes */{length}"))], refusal).into_response());
    }
    let (first, status) = match range {
        ByteRange::Part { first, .. } => (first, StatusCode::PARTIAL_CONTENT),
        _ => (0, StatusCode::OK),
    };
    let changes = json!({"from": first, "bytes": length});
    work.audit(&AuditEntry::done(
        AuditAction::ExportDownloaded,
        ExportJob::KIND,
        job.file.job,
        changes,
    ))
    .await?;
    work.commit().await?;
    let count = range.count(length);
    let file = start(file, first).await?;
    let bytes = bytes(file, count);
    let body = match caller {
        Some(caller) => Body::from_stream(guarded(app, caller, bytes)),
        None => Body::from_stream(bytes),
    };
    let response = answer(job, body, etag, range, length)?;
    Ok((status, response).into_response())
}

async fn open(app: &App, job: &ExportJob) -> Result<(File, u64), Refusal> {
    let missing = |error: std::io::Error| {
        tracing::error!(error = %error, job.id = %job.file.job, "the file of an export cannot be read: is export.folder shared?");
        Refusal::unavailable("the file of this export cannot be read here; try again")
    };
    let file = File::open(app.exports.folder.path(job.file)).await.map_err(missing)?;
    let length = file.metadata().await.map_err(missing)?.len();
    if length != job.amount.bytes {
        return Err(missing(std::io::ErrorKind::UnexpectedEof.into()));
    }
    Ok((file, length))
}

/// The range that is asked for, as long as it is one of this very file.
fn asked(headers: &HeaderMap, etag: &str, length: u64) -> ByteRange {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    match text(IF_RANGE) {
        Some(condition) if condition != etag => ByteRange::Whole,
        _ => ByteRange::read(text(RANGE), length),
    }
}

/// The file from this byte on.
async fn start(mut file: File, first: u64) -> Result<File, Refusal> {
    file.seek(SeekFrom::Start(first)).await.map_err(|_| Refusal::internal())?;
    Ok(file)
}

fn answer(
    job: &ExportJob,
    body: Body,
    etag: String,
    range: ByteRange,
    length: u64,
) -> Result<Response, Refusal> {
    let name = format!("attachment; filename=\"{}\"", job.request.file_name());
    let headers = [
        (CONTENT_TYPE, job.request.content_type().to_owned()),
        (CONTENT_LENGTH, range.count(length).to_string()),
        (CONTENT_DISPOSITION, name),
        (ACCEPT_RANGES, "bytes".to_owned()),
        (ETAG, etag),
        (CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    let mut response = (headers, body).into_response();
    if let ByteRange::Part { first, last } = range {
        let part = format!("bytes {first}-{last}/{length}");
        let part = part.parse().map_err(|_| Refusal::internal())?;
        response.headers_mut().insert(CONTENT_RANGE, part);
    }
    Ok(response)
}

/// So many bytes of a file; one that ends early is an error.
fn bytes(file: File, count: u64) -> impl Stream<Item = std::io::Result<Bytes>> {
    stream::try_unfold((file, count), |(mut file, left)| async move {
        if left == 0 {
            return Ok(None);
        }
        let wanted = usize::try_from(left).unwrap_or(CHUNK_BYTES).min(CHUNK_BYTES);
        let mut chunk = vec![0; wanted];
        let read = file.read(&mut chunk).await?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        chunk.truncate(read);
        Ok(Some((chunk.into(), (file, left - read as u64))))
    })
}

//! `GET /analytics/export/stream`

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::HeaderName;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use serde_json::json;
use stratum_http::answer::{Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::fields::Params;
use stratum_http::id::Resource as _;
use stratum_models::export::ExportRequest;
use stratum_models::store::StoreError;
use stratum_state::audit::{AuditAction, AuditEntry};
use stratum_state::export_job::ExportJob;

use super::super::App;
use super::super::long_body::guarded;
use super::asked::{ExportParams, admit};

/// Proxies that would gather the stream are told not to.
const UNBUFFERED: (HeaderName, &str) = (HeaderName::from_static("x-accel-buffering"), "no");

/// Streams an export as the body of the answer.
///
/// The number of rows is not limited; rows are sent as they are read, always in the same order. The export stops
/// when the client closes the connection. If the connection ends before the body does (a chunked body without its
/// last chunk), something failed or the caller lost the right to export: the rows received so far are not the whole
/// export. A client that reads less than 16 KiB a second for half a minute is disconnected. For a large export,
/// request a file instead; it can be fetched in pieces.
///
/// In CSV, a text that begins with `=`, `+`, `-`, `@`, a tab, a line break or `'` is preceded by one `'`, so that
/// no spreadsheet takes it for a formula. Amounts are exact, in units of the row's currency. Events identify people
/// by SHA-256 only; several hashes of one kind are separated by `|`.
#[utoipa::path(
    get, path = "/api/v1/analytics/export/stream", tag = "exports", params(ExportParams),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "the file", content(
            (String = "text/csv"), (String = "application/x-ndjson"), (String = "application/vnd.apache.parquet"),
            (String = "application/gzip"), (String = "application/zstd"),
        )),
        (status = 422, body = RefusalBody, description = "the type or a column does not exist, or the range is not valid"),
        (status = 429, body = RefusalBody, description = "too many exports at once"),
    ),
)]
pub async fn stream_export(
    State(app): State<App>,
    caller: Authenticated,
    Params(params): Params<ExportParams>,
) -> Result<Response, Refusal> {
    let request = params.read(&app, caller.scope)?;
    admit(&app, &caller, &request, "GET", "/api/v1/analytics/export/stream").await?;
    let mut work = caller.work(&app).await?;
    let jobs = work.running_export_jobs().await?;
    let jobs = usize::try_from(jobs).unwrap_or(usize::MAX);
    let turn = app.exports.streams.take(caller.scope.tenant_id(), jobs);
    let turn = turn.ok_or_else(|| {
        Refusal::busy("too many exports are running; wait for one to finish, or request a file")
            .after(5)
    })?;
    let entry =
        AuditEntry::done(AuditAction::ExportStreamed, ExportJob::KIND, "", described(&request));
    work.audit(&entry).await?;
    work.commit().await?;
    let (encoded, _) = app.exports.source.begin(caller.scope, &request).await?;
    let wait = Duration::from_millis(app.exports.config.first_rows_ms_max);
    let bytes = begun(encoded.bytes, wait).await?;
    let bytes = bytes.inspect(move |_| {
        let _held_while_streaming = &turn;
    });
    let bytes = guarded(&app, caller, bytes);
    let name = format!("attachment; filename=\"{}\"", request.file_name());
    let headers = [
        (CONTENT_TYPE, request.content_type().to_owned()),
        (CONTENT_DISPOSITION, name),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, [UNBUFFERED], Body::from_stream(bytes)).into_response())
}

/// An export as the audit log tells of it.
pub fn described(request: &ExportRequest) -> serde_json::Value {
    let query = &request.query;
    json!({
        "type": query.of, "format": request.format, "compression": request.compression,
        "date_from": query.days.from.0, "date_to": query.days.to.0,
        "platforms": query.platforms, "columns": query.columns.len(),
        "identifiers": request.identifiers(),
    })
}

type FileBytes = BoxStream<'static, Result<Bytes, StoreError>>;

/// The bytes once the first of them are there, so that what fails before is told as a refusal; after
/// some time without any the answer begins all the same.
async fn begun(mut bytes: FileBytes, wait: Duration) -> Result<FileBytes, StoreError> {
    match tokio::time::timeout(wait, bytes.next()).await {
        Ok(Some(first)) => {
            let first = first?;
            Ok(stream::once(std::future::ready(Ok(first))).chain(bytes).boxed())
        }
        Ok(None) => Ok(stream::empty().boxed()),
        Err(_) => Ok(bytes),
    }
}

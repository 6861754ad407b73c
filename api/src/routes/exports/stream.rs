//! `GET /analytics/export/stream`

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::HeaderName;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt as _};
use serde_json::json;
use stratum_models::store::StoreError;
use tokio_util::sync::CancellationToken;

use super::super::App;
use super::super::fields::Params;
use super::asked::{ExportParams, admit};
use super::job::KIND;
use crate::answer::{Refusal, RefusalBody};
use crate::auth::Authenticated;
use crate::export::{ExportRequest, Turn};
use crate::state::audit::AuditEntry;

/// Proxies that would gather the stream are told not to.
const UNBUFFERED: (HeaderName, &str) = (HeaderName::from_static("x-accel-buffering"), "no");

/// Exports at once, as the answer's body.
///
/// Any number of rows, sent as they are read. Rows have the same order each time. A client that leaves
/// ends the work. A connection that ends before the body's own end (a chunked body without its last
/// chunk) means that something failed on the way: what came until then is not the whole. A large export
/// is better made as a job, whose file can be fetched in pieces.
///
/// In CSV a text that begins with `=`, `+`, `-`, `@`, a tab, a line break or `'` gets one `'` before it, so
/// that no spreadsheet takes it for a formula. Amounts are in units of the row's currency, exactly.
/// Events know a person by SHA-256 alone; several hashes of one kind are parted by `|`.
#[utoipa::path(
    get, path = "/api/v1/analytics/export/stream", tag = "exports", params(ExportParams),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "the file", content(
            (String = "text/csv"), (String = "application/x-ndjson"), (String = "application/vnd.apache.parquet"),
            (String = "application/gzip"), (String = "application/zstd"),
        )),
        (status = 400, body = RefusalBody, description = "a parameter cannot be read"),
        (status = 401, body = RefusalBody, description = "no valid access token or API key"),
        (status = 403, body = RefusalBody, description = "the role or the key's scope does not allow it"),
        (status = 422, body = RefusalBody, description = "there is no such type or column, or the range is wrong"),
        (status = 429, body = RefusalBody, description = "too many exports at once"),
        (status = 503, body = RefusalBody, description = "a store does not answer"),
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
    let (_, jobs) = work.open_export_jobs().await?;
    let jobs = usize::try_from(jobs).unwrap_or(usize::MAX);
    let turn = app.exports.turns.take(caller.scope.tenant_id(), jobs);
    let turn = turn.ok_or_else(|| {
        Refusal::busy("too many exports at once; wait for one to end, or ask for a job").after(5)
    })?;
    let entry = AuditEntry::done("export.streamed", KIND, "", described(&request));
    work.audit(&entry).await?;
    work.commit().await?;
    let (encoded, _) = app.exports.source.begin(caller.scope, &request).await?;
    let wait = Duration::from_millis(app.exports.config.first_rows_ms_max);
    let bytes = begun(encoded.bytes, wait).await?;
    let bytes = told(bytes, turn, app.stop.clone());
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

/// The bytes, broken off as an error where the process stops, so that no part looks like the whole.
fn told(
    bytes: FileBytes,
    turn: Turn,
    stop: CancellationToken,
) -> impl Stream<Item = Result<Bytes, StoreError>> {
    stream::unfold(Some((bytes, turn, stop)), |state| async move {
        let (mut bytes, turn, stop) = state?;
        let stopped = || {
            let kind = stratum_models::store::StoreErrorKind::Unavailable;
            StoreError::new(kind, "warehouse", "the process stops")
        };
        let next = tokio::select! {
            next = bytes.next() => next?,
            () = stop.cancelled() => Err(stopped()),
        };
        match next {
            Ok(chunk) => Some((Ok(chunk), Some((bytes, turn, stop)))),
            Err(error) => {
                tracing::warn!(error = %error, "a streamed export broke off");
                Some((Err(error), None))
            }
        }
    })
}

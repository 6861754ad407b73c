//! `POST /analytics/export/estimate`

use axum::extract::State;
use serde::Serialize;
use stratum_http::answer::{Answer, Answered, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::body::Body;
use utoipa::ToSchema;

use super::super::App;
use super::asked::{ExportBody, admit};

/// The size that an export will have.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportEstimate {
    /// Rows, about: versions that were replaced may be counted.
    rows: u64,
}

/// About how many rows an export will have. Makes nothing.
#[utoipa::path(
    post, path = "/api/v1/analytics/export/estimate", tag = "exports", request_body = ExportBody,
    security(("bearer" = [])),
    responses(
        (status = 200, body = Answer<ExportEstimate>),
        (status = 422, body = RefusalBody, description = "the type or a column does not exist, or the range is not valid"),
    ),
)]
pub async fn estimate_export(
    State(app): State<App>,
    caller: Authenticated,
    Body(body): Body<ExportBody>,
) -> Answered<ExportEstimate> {
    let request = body.read(&app, caller.scope)?;
    admit(&app, &caller, &request, "POST", "/api/v1/analytics/export/estimate").await?;
    // Its rows are read as they are taken, and nobody takes any.
    let (_, rows) = app.exports.source.begin(caller.scope, &request).await?;
    Ok(Answer::of(ExportEstimate { rows }))
}

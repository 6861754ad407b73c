//! `GET /metrics`

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::Operation;
use crate::answer::{Refusal, RefusalBody};

/// Process measurements as Prometheus text.
#[utoipa::path(
    get, path = "/metrics", tag = "operation",
    responses(
        (status = 200, body = String, content_type = "text/plain"),
        (status = 404, body = RefusalBody, description = "nothing is collected in this process"),
    ),
)]
pub async fn measurements(State(operation): State<Arc<Operation>>) -> Response {
    let Some(handle) = &operation.measurements else {
        return Refusal::not_found("measurements").into_response();
    };
    let content_type = (header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
    ([content_type], handle.render()).into_response()
}

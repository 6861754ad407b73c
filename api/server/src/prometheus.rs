//! `GET /metrics`

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use metrics_exporter_prometheus::PrometheusHandle;
use parking_lot::Mutex;
use stratum_http::answer::{Refusal, RefusalBody};
use stratum_http::auth::authenticated::bearer;
use stratum_models::secret::Secret;
use tokio::time::Instant;

use super::Operation;

/// One rendering is shown to all for this long.
const KEEP: Duration = Duration::from_secs(1);

/// Process measurements, rendered once in a while for all who ask.
#[derive(Clone)]
pub struct Measurements {
    handle: PrometheusHandle,
    kept: Arc<Mutex<Option<(Instant, Bytes)>>>,
}

impl Measurements {
    /// The measurements of this recorder.
    pub fn new(handle: PrometheusHandle) -> Measurements {
        Measurements { handle, kept: Arc::default() }
    }

    /// The text, no older than a second.
    fn text(&self) -> Bytes {
        let mut kept = self.kept.lock();
        match &*kept {
            Some((rendered, text)) if rendered.elapsed() < KEEP => text.clone(),
            _ => {
                let text = Bytes::from(self.handle.render());
                *kept = Some((Instant::now(), text.clone()));
                text
            }
        }
    }
}

/// Who may read measurements.
#[derive(Clone, Debug)]
pub enum Readers {
    /// Whoever reaches the listener for operation.
    Everybody,
    /// Whoever sends the operator's token; nobody where there is none.
    Operator(Option<Secret>),
}

impl Readers {
    fn admit(&self, headers: &HeaderMap) -> bool {
        match self {
            Readers::Everybody => true,
            Readers::Operator(token) => {
                let sent = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
                let sent = sent.and_then(bearer).unwrap_or_default();
                token.as_ref().is_some_and(|token| token.matches(sent))
            }
        }
    }
}

/// Returns measurements of the process in the text format of Prometheus.
///
/// No token is needed at the operations address (`[server] operation_listen`); here, send the operator token, which
/// is stored in the data folder. The values are at most a second old.
#[utoipa::path(
    get, path = "/metrics", tag = "operation", security(("bearer" = [])),
    responses(
        (status = 200, body = String, content_type = "text/plain"),
        (status = 401, body = RefusalBody, description = "not the operator's token"),
        (status = 404, body = RefusalBody, description = "this process collects no measurements"),
    ),
)]
pub async fn measurements(State(operation): State<Operation>, headers: HeaderMap) -> Response {
    if !operation.readers.admit(&headers) {
        let refusal = Refusal::new(StatusCode::UNAUTHORIZED, "send the operator's token");
        return refusal.into_response();
    }
    let Some(measurements) = &operation.measurements else {
        return Refusal::not_found("measurements").into_response();
    };
    let content_type = (CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
    ([content_type], measurements.text()).into_response()
}

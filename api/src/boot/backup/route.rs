//! `POST /operator/backup`: for `stratum backup`, since only the running process can read its stores. For
//! operators on this machine: loopback callers with the token of the data folder.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequestParts, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, Router};
use futures::StreamExt as _;
use stratum_http::answer::Refusal;
use stratum_http::auth::operator::is_operator;
use stratum_models::secret::Secret;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use super::{BackupOrder, BackupSources, Progress, Reporter};

/// Lines that may wait to be sent.
const LINES_MAX: usize = 16;

/// The means of the route.
pub struct BackupRoute {
    /// The sources of a backup.
    pub sources: BackupSources,
    /// The token that opens the route.
    pub token: Secret,
    /// Ends backups under way.
    pub stop: CancellationToken,
    /// One at a time.
    pub turn: Arc<Semaphore>,
}

/// Somebody who can read the data folder.
struct Operator;

impl FromRequestParts<Arc<BackupRoute>> for Operator {
    type Rejection = Refusal;

    async fn from_request_parts(
        parts: &mut Parts,
        route: &Arc<BackupRoute>,
    ) -> Result<Self, Refusal> {
        match is_operator(parts, Some(&route.token)) {
            true => Ok(Operator),
            false => Err(Refusal::not_found("operator route")),
        }
    }
}

/// The route.
pub fn router(route: BackupRoute) -> Router {
    Router::new().route("/operator/backup", post(backup)).with_state(Arc::new(route))
}

async fn backup(
    State(route): State<Arc<BackupRoute>>,
    _: Operator,
    order: Result<Json<BackupOrder>, JsonRejection>,
) -> Result<Response, Refusal> {
    let Json(order) = order.map_err(|error| Refusal::malformed(error.body_text(), Vec::new()))?;
    let turn = route.turn.clone().try_acquire_owned();
    let turn = turn.map_err(|_| Refusal::busy("another backup is under way"))?;
    let (to, mut lines) = mpsc::channel(LINES_MAX);
    tokio::spawn(async move {
        let _one_at_a_time = turn;
        let made = route.sources.make(&order, Reporter { to: to.clone() });
        let outcome = tokio::select! {
            made = made => made,
            () = route.stop.cancelled() => Err(anyhow::anyhow!("the program ends")),
        };
        let line = outcome.unwrap_or_else(|error| {
            tracing::warn!(error = %format!("{error:#}"), "no backup was made");
            Progress::Failed { reason: format!("{error:#}") }
        });
        to.send(line).await.ok();
    });
    let lines = futures::stream::poll_fn(move |context| lines.poll_recv(context)).map(|line| {
        let mut text = serde_json::to_vec(&line).unwrap_or_default();
        text.push(b'\n');
        Ok::<_, Infallible>(Bytes::from(text))
    });
    Ok(([(CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)).into_response())
}

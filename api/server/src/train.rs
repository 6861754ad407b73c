//! `POST /operator/train`: training for `stratum train` where the warehouse is inside this process.
//! Answers a line of JSON for every step.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use futures::StreamExt as _;
use serde::Deserialize;
use stratum_http::answer::Refusal;
use stratum_http::fields::Params;
use stratum_jobs::predict::train_each;
use stratum_models::store::StoreError;
use tokio::sync::mpsc;

use super::operator::{App, Operator};

/// Lines that may wait for their reader.
const LINES_MAX: usize = 256;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TrainParams {
    tenant: Option<String>,
}

/// The route.
pub fn router() -> Router<App> {
    Router::new().route("/operator/train", post(train))
}

async fn train(
    State(app): State<App>,
    _: Operator,
    Params(params): Params<TrainParams>,
) -> Result<Response, Refusal> {
    let (lines, mut told) = mpsc::channel::<String>(LINES_MAX);
    let app = Arc::clone(&app);
    let stop = app.stop.clone();
    tokio::spawn(async move {
        // A reader that is slow or gone does not hold up the training.
        let tell = lines.clone();
        let say = move |line: String| {
            tell.try_send(line).ok();
        };
        let outcome: Result<(), StoreError> =
            train_each(&app.forecasts, params.tenant.as_deref(), say).await;
        if let Err(error) = outcome {
            lines.send(serde_json::json!({"error": error.to_string()}).to_string()).await.ok();
        }
    });
    let lines = futures::stream::poll_fn(move |context| told.poll_recv(context));
    let bytes = lines.map(|line| Ok::<_, std::convert::Infallible>(Bytes::from(line + "\n")));
    let body = Body::from_stream(bytes.take_until(stop.cancelled_owned()));
    Ok(([(CONTENT_TYPE, "application/x-ndjson")], body).into_response())
}

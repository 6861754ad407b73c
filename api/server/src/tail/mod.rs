//! `GET /operator/tail`: the embedded log for `stratum tail`, which cannot open it a second time.
//! For operators on this machine: loopback callers with the token of the data folder.

mod lines;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use clap::ValueEnum as _;
use futures::{StreamExt as _, TryStreamExt as _};
use serde::Deserialize;
use stratum_http::answer::Refusal;
use stratum_http::fields::{Fields, Params};
use stratum_models::log::Topic;

pub use lines::{Begin, lines};

use super::operator::{App, Operator, OperatorServices};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TailParams {
    topic: Option<String>,
    from: Option<String>,
    follow: Option<String>,
}

/// The route.
pub fn router() -> Router<App> {
    Router::new().route("/operator/tail", get(tail))
}

async fn tail(
    State(app): State<App>,
    _: Operator,
    Params(params): Params<TailParams>,
) -> Result<Response, Refusal> {
    let mut fields = Fields::default();
    let topic: Option<Topic> = fields.optional("topic", params.topic.as_deref());
    let begin = Begin::from_str(params.from.as_deref().unwrap_or("end"), true);
    if let Err(message) = &begin {
        fields.fault("from", message.clone());
    }
    let follow: Option<bool> = fields.optional("follow", params.follow.as_deref());
    fields.finish()?;
    let (topic, begin) = (topic.unwrap_or(Topic::Events), begin.unwrap_or_default());
    stream(&app, topic, begin, follow.unwrap_or(true)).await
}

async fn stream(
    app: &OperatorServices,
    topic: Topic,
    begin: Begin,
    follow: bool,
) -> Result<Response, Refusal> {
    let log = app.log.clone().ok_or_else(|| Refusal::not_found("log"))?;
    let turn = app.tails.clone().try_acquire_owned();
    let turn = turn.map_err(|_| Refusal::busy("too many readers of the log at once"))?;
    let chunks = lines(log, topic, begin, follow, app.ids.next()).await?;
    // An empty chunk would end the body.
    let filled = chunks.map_ok(move |chunk| {
        let _kept_while_reading = &turn;
        if chunk.is_empty() { Bytes::from_static(b"\n") } else { Bytes::from(chunk) }
    });
    // A shutdown does not wait for a reader.
    let body = Body::from_stream(filled.take_until(app.stop.clone().cancelled_owned()).boxed());
    Ok(([(CONTENT_TYPE, "application/x-ndjson")], body).into_response())
}

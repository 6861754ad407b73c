//! Google Analytics' Measurement Protocol. As Google does, it answers 204 whatever it thinks of the events; but what is
//! refused is counted, and a request that is not taken at all hears so: a purchase must not vanish unseen.

mod take;
mod answers;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::response::Response;
use axum::routing::post;
use stratum_models::dialect::Dialect;
use stratum_models::directory::{AccessRefusal, ApiKeyHash, DatasetConfig};
use stratum_models::id::TenantId;
use stratum_models::log::Topic;
use stratum_models::platform::{ActionSource, Platform};
use stratum_models::rejection::RowKind;

use self::answers::Answer;
use super::case::Case;
use crate::receive::{
    Door, Endpoint, Memory, Protocol, Verdict, presented_key, query_key, query_text, serve,
};

/// The paths that take events, and that only judge them.
pub const EVENT_PATHS: [&str; 2] = ["/mp/collect", "/debug/mp/collect"];

/// The paths of the Measurement Protocol.
pub(crate) fn routes(door: Arc<Door>) -> Router {
    let events = post(events).fallback(unsupported_method);
    Router::new()
        .route(EVENT_PATHS[0], events.clone())
        .route(EVENT_PATHS[1], events)
        .with_state(Endpoint::<Ga4>::new(door))
}

async fn unsupported_method() -> Response {
    Answer::unsupported_method().into_response()
}

async fn events(State(endpoint): State<Arc<Endpoint<Ga4>>>, request: Request) -> Response {
    match serve(&endpoint, request).await {
        Ok(_) => Answer::Taken { rows: 0, all: true }.into_response(),
        Err(answer) => answer.into_response(),
    }
}

/// The wire format of the Measurement Protocol.
struct Ga4;

/// The stream that a request is for.
struct Ask {
    stream: String,
    source: ActionSource,
    /// Whether the events are only judged.
    debug: bool,
}

/// A dataset, and what is told of the events for it outside of their body.
struct Access {
    config: Arc<DatasetConfig>,
    source: ActionSource,
    debug: bool,
}

impl Protocol for Ga4 {
    const NAME: &'static str = "ga4";
    const TOPIC: Topic = Topic::Events;
    const KIND: RowKind = RowKind::Event;
    const DIALECT: Option<Dialect> = Some(Dialect::Ga4);
    const KEY_IN_BODY: bool = false;
    type Ask = Ask;
    type Access = Access;
    type Complaint = Answer;

    fn ask(head: &Parts) -> Result<Ask, Answer> {
        let debug = head.uri.path().starts_with("/debug/");
        let (stream, source) = match query_text(head, "measurement_id") {
            Some(stream) => (Some(stream), ActionSource::Website),
            None => (query_text(head, "firebase_app_id"), ActionSource::App),
        };
        Ok(Ask { stream: stream.unwrap_or_default().into_owned(), source, debug })
    }

    fn key(head: &Parts) -> Option<ApiKeyHash> {
        query_key(head, "api_secret").or_else(|| presented_key(head))
    }

    fn access(door: &Door, ask: &Ask, key: &ApiKeyHash) -> Result<Arc<Access>, AccessRefusal> {
        let config = door.directory.dataset(key, Some(Platform::Google), &ask.stream)?;
        Ok(Arc::new(Access { config, source: ask.source, debug: ask.debug }))
    }

    fn owner(access: &Access) -> (TenantId, &str) {
        (access.config.tenant_id, &access.config.dataset_id)
    }

    fn no_key() -> Answer {
        Case::NoKey.into()
    }

    fn take(door: &Door, access: &Access, body: &[u8], memory: Memory<'_>) -> Verdict<Answer> {
        take::take(door, access, body, memory)
    }
}

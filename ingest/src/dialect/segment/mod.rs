//! Segment's tracking API, in a batch and message by message, as its clients, RudderStack's, Jitsu's and PostHog's
//! send it. No message refuses another: the answer is success, and what cannot be an event is counted as refused.

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
use stratum_models::rejection::RowKind;
use stratum_wire::decode::Malformed;
use stratum_wire::dialect::segment::{Kind, Shape, key_in_body};

use self::answers::Answer;
use super::case::Case;
use crate::receive::{
    Door, Endpoint, Memory, Protocol, Verdict, header_key, presented_key, serve, user_key,
};

/// The paths that take events: of Segment, of Jitsu, and of PostHog. Each call has its own word: `track`, `batch` …
pub const EVENT_PATHS: [&str; 4] = ["/v1/{call}", "/api/s/{call}", "/api/s/s2s/{call}", "/batch"];

/// The paths, with a slash at the end and without.
pub(crate) fn routes(door: Arc<Door>) -> Router {
    let messages = post(messages).fallback(unsupported_method);
    let router = EVENT_PATHS.iter().fold(Router::new(), |router, path| {
        router.route(path, messages.clone()).route(&format!("{path}/"), messages.clone())
    });
    router.with_state(Endpoint::<Segment>::new(door))
}

async fn unsupported_method() -> Response {
    Answer::unsupported_method().into_response()
}

async fn messages(State(endpoint): State<Arc<Endpoint<Segment>>>, request: Request) -> Response {
    match serve(&endpoint, request).await {
        Ok(_) => Answer::Taken { rows: 0, all: true }.into_response(),
        Err(answer) => answer.into_response(),
    }
}

/// Segment's wire format.
struct Segment;

/// A dataset, and the shape of what is sent to it.
struct Access {
    config: Arc<DatasetConfig>,
    shape: Shape,
}

impl Protocol for Segment {
    const NAME: &'static str = "segment";
    const TOPIC: Topic = Topic::Events;
    const KIND: RowKind = RowKind::Event;
    const DIALECT: Option<Dialect> = Some(Dialect::Segment);
    const KEY_IN_BODY: bool = true;
    type Ask = Shape;
    type Access = Access;
    type Complaint = Answer;

    fn ask(head: &Parts) -> Result<Shape, Answer> {
        let word = head.uri.path().trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        match word {
            "batch" | "import" | "b" => Ok(Shape::Batch),
            word => Kind::parse(word).map(Shape::Message).ok_or_else(Answer::unknown_path),
        }
    }

    fn key(head: &Parts) -> Option<ApiKeyHash> {
        user_key(head).or_else(|| header_key(head, "x-write-key")).or_else(|| presented_key(head))
    }

    fn access(door: &Door, shape: &Shape, key: &ApiKeyHash) -> Result<Arc<Access>, AccessRefusal> {
        let config = door.directory.own_dataset(key)?;
        Ok(Arc::new(Access { config, shape: *shape }))
    }

    fn owner(access: &Access) -> (TenantId, &str) {
        (access.config.tenant_id, &access.config.dataset_id)
    }

    fn key_in_body(body: &[u8]) -> Result<Option<ApiKeyHash>, Malformed> {
        key_in_body(body)
    }

    fn no_key() -> Answer {
        Case::NoKey.into()
    }

    fn take(door: &Door, access: &Access, body: &[u8], memory: Memory<'_>) -> Verdict<Answer> {
        take::take(door, access, body, memory)
    }
}

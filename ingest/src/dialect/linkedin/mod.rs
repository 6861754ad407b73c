//! LinkedIn's Conversions API. Each event names its conversion, which is its dataset and says what its events are called: the
//! format has no names. Of a batch the good events are taken, each told by itself.

mod take;
mod answers;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::response::Response;
use axum::routing::post;
use stratum_models::dialect::Dialect;
use stratum_models::directory::{AccessRefusal, ApiKeyHash};
use stratum_models::id::TenantId;
use stratum_models::log::Topic;
use stratum_models::rejection::RowKind;
use stratum_wire::dialect::linkedin::Shape;

use self::answers::Complaint;
use super::case::Case;
use crate::receive::{Door, Endpoint, Memory, Protocol, Verdict, serve};

/// The paths that take events: of the versioned API, and the older one.
pub const EVENT_PATHS: [&str; 2] = ["/rest/conversionEvents", "/v2/conversionEvents"];

/// The paths of LinkedIn's API.
pub(crate) fn routes(door: Arc<Door>) -> Router {
    let events = post(events).fallback(unsupported_method);
    Router::new()
        .route(EVENT_PATHS[0], events.clone())
        .route(EVENT_PATHS[1], events)
        .with_state(Endpoint::<Linkedin>::new(door))
}

async fn unsupported_method() -> Response {
    Complaint::unsupported_method().into_response()
}

async fn events(State(endpoint): State<Arc<Endpoint<Linkedin>>>, request: Request) -> Response {
    let is_batch = shape_of(request.headers().get("x-restli-method").map(|name| name.as_bytes()));
    match serve(&endpoint, request).await {
        Ok(events) => answers::accepted(is_batch == Shape::Batch, events),
        Err(complaint) => complaint.into_response(),
    }
}

fn shape_of(method: Option<&[u8]>) -> Shape {
    match method {
        Some(method) if method.eq_ignore_ascii_case(b"BATCH_CREATE") => Shape::Batch,
        _ => Shape::Event,
    }
}

/// LinkedIn's wire format.
struct Linkedin;

/// A key, and the shape of what is sent with it.
struct Sender {
    tenant_id: TenantId,
    key: ApiKeyHash,
    shape: Shape,
}

impl Protocol for Linkedin {
    const NAME: &'static str = "linkedin";
    const TOPIC: Topic = Topic::Events;
    const KIND: RowKind = RowKind::Event;
    const DIALECT: Option<Dialect> = Some(Dialect::Linkedin);
    const KEY_IN_BODY: bool = false;
    type Ask = Shape;
    type Access = Sender;
    type Complaint = Complaint;

    fn ask(head: &Parts) -> Result<Shape, Complaint> {
        Ok(shape_of(head.headers.get("x-restli-method").map(|name| name.as_bytes())))
    }

    fn access(door: &Door, shape: &Shape, key: &ApiKeyHash) -> Result<Arc<Sender>, AccessRefusal> {
        let tenant_id = door.directory.sender(key)?;
        Ok(Arc::new(Sender { tenant_id, key: *key, shape: *shape }))
    }

    fn owner(sender: &Sender) -> (TenantId, &str) {
        (sender.tenant_id, "")
    }

    fn no_key() -> Complaint {
        Case::NoKey.into()
    }

    fn take(door: &Door, sender: &Sender, body: &[u8], memory: Memory<'_>) -> Verdict<Complaint> {
        take::take(door, sender, body, memory)
    }
}

//! TikTok's Events API, 2.0 and 1.0. A request names its dataset in its body, so that its key alone tells who
//! pays, and the dataset is looked up once the body was read. A request is taken whole or not at all.

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
use stratum_wire::dialect::tiktok::Shape;

use self::answers::Complaint;
use super::case::Case;
use super::version::is_version;
use crate::receive::{Door, Endpoint, Memory, Protocol, Verdict, header_key, presented_key, serve};

/// The paths that take events: of Events 2.0, and of Events 1.0 one by one and together.
pub const EVENT_PATHS: [&str; 3] = [
    "/open_api/v{version}/event/track/",
    "/open_api/v{version}/pixel/track/",
    "/open_api/v{version}/pixel/batch/",
];

/// Every version of TikTok's API, with the last slash of a path and without.
pub(crate) fn routes(door: Arc<Door>) -> Router {
    let events = post(events).fallback(unsupported_method);
    let router = EVENT_PATHS.iter().fold(Router::new(), |router, path| {
        router.route(path, events.clone()).route(path.trim_end_matches('/'), events.clone())
    });
    router.with_state(Endpoint::<Tiktok>::new(door))
}

async fn unsupported_method(State(endpoint): State<Arc<Endpoint<Tiktok>>>) -> Response {
    Complaint::unsupported_method().into_response(endpoint.door.traces.next())
}

async fn events(State(endpoint): State<Arc<Endpoint<Tiktok>>>, request: Request) -> Response {
    let trace = endpoint.door.traces.next();
    match serve(&endpoint, request).await {
        Ok(_) => answers::accepted(trace),
        Err(complaint) => complaint.into_response(trace),
    }
}

/// TikTok's wire format.
struct Tiktok;

/// A key, and the shape of what is sent with it.
struct Sender {
    tenant_id: TenantId,
    key: ApiKeyHash,
    shape: Shape,
}

impl Protocol for Tiktok {
    const NAME: &'static str = "tiktok";
    const TOPIC: Topic = Topic::Events;
    const KIND: RowKind = RowKind::Event;
    const DIALECT: Option<Dialect> = Some(Dialect::Tiktok);
    const KEY_IN_BODY: bool = false;
    type Ask = Shape;
    type Access = Sender;
    type Complaint = Complaint;

    fn ask(head: &Parts) -> Result<Shape, Complaint> {
        let mut segments = head.uri.path().trim_matches('/').split('/').skip(1);
        let version = segments.next().unwrap_or_default();
        if !is_version(version) {
            return Err(Complaint::unknown_path());
        }
        match (segments.next(), segments.next()) {
            (Some("event"), _) => Ok(Shape::Events),
            (_, Some("track")) => Ok(Shape::Pixel),
            (_, Some("batch")) => Ok(Shape::PixelBatch),
            _ => Err(Complaint::unknown_path()),
        }
    }

    fn key(head: &Parts) -> Option<ApiKeyHash> {
        header_key(head, "access-token").or_else(|| presented_key(head))
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

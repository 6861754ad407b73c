//! The path that two vendors have: v3 of Snapchat's events is where Meta's Graph API has its own.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::post;

use super::meta::{self, Meta};
use super::snapchat::{self, Snapchat};
use crate::receive::Endpoint;

/// Both endpoints behind the path.
#[derive(Clone)]
struct Both {
    meta: Arc<Endpoint<Meta>>,
    snapchat: Arc<Endpoint<Snapchat>>,
}

/// The route of both.
pub(super) fn routes(meta: Arc<Endpoint<Meta>>, snapchat: Arc<Endpoint<Snapchat>>) -> Router {
    let events = post(events).fallback(unsupported_method);
    Router::new().route(meta::GRAPH_PATH, events).with_state(Both { meta, snapchat })
}

async fn unsupported_method(State(both): State<Both>) -> Response {
    meta::unsupported_method(State(both.meta)).await
}

async fn events(State(both): State<Both>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let is_snapchats = snapchat::is_meant(&both.snapchat.door, &head);
    let request = Request::from_parts(head, body);
    if is_snapchats {
        snapchat::events(State(both.snapchat), request).await
    } else {
        meta::events(State(both.meta), request).await
    }
}

//! Meta's Conversions API. One request goes: key (who pays, where the head does not say) → read → parsed → judged
//! by the rules of `stratum_wire::dialect::meta` → canonical (where personal data ends) → append → `answers`. A
//! request is taken whole or not at all.

mod take;
mod answers;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use axum::routing::{get, post};
use stratum_models::dialect::Dialect;
use stratum_models::directory::{AccessRefusal, ApiKeyHash, DatasetConfig};
use stratum_models::id::TenantId;
use stratum_models::log::Topic;
use stratum_models::platform::Platform;
use stratum_models::rejection::RowKind;
use stratum_wire::decode::Malformed;
use stratum_wire::dialect::meta::key_in_body;

use self::answers::Complaint;
use self::take::take;
use super::case::{Case, json};
use super::version::is_version;
use crate::receive::{Door, Endpoint, Memory, Protocol, Verdict, serve};

/// The path of the Graph API that takes events. Snapchat has the same (`super::shared`).
pub const GRAPH_PATH: &str = "/v{version}/{dataset_id}/events";
/// The paths that take events: of the Graph API and of the gateway.
pub const EVENT_PATHS: [&str; 2] = [GRAPH_PATH, "/capi/{dataset_id}/events"];

/// The gateway that Meta's PHP and Java SDKs can be pointed at, and what is beside events.
pub(crate) fn routes(endpoint: Arc<Endpoint<Meta>>) -> Router {
    let events = post(events).fallback(unsupported_method);
    Router::new()
        .route(EVENT_PATHS[1], events)
        // The SDKs' crash reporter looks for these two.
        .route("/v{version}/{app_id}/instruments", post(instruments))
        .route("/v{version}/debug_token", get(debug_token))
        .with_state(endpoint)
}

async fn instruments() -> Response {
    json(StatusCode::OK, r#"{"success":true}"#)
}

async fn debug_token() -> Response {
    json(StatusCode::OK, r#"{"data":{"app_id":"0"}}"#)
}

pub(super) async fn unsupported_method(State(endpoint): State<Arc<Endpoint<Meta>>>) -> Response {
    Complaint::unsupported_method().into_response(endpoint.door.traces.next())
}

/// Serves a request in Meta's words.
pub(super) async fn events(
    State(endpoint): State<Arc<Endpoint<Meta>>>,
    request: Request,
) -> Response {
    let trace = endpoint.door.traces.next();
    match serve(&endpoint, request).await {
        Ok(events) => answers::accepted(events, trace),
        Err(complaint) => complaint.into_response(trace),
    }
}

/// Meta's wire format.
pub(crate) struct Meta;

impl Protocol for Meta {
    const NAME: &'static str = "meta";
    const TOPIC: Topic = Topic::Events;
    const KIND: RowKind = RowKind::Event;
    const DIALECT: Option<Dialect> = Some(Dialect::Meta);
    const KEY_IN_BODY: bool = true;
    /// The pixel or dataset of the path.
    type Ask = String;
    type Access = DatasetConfig;
    type Complaint = Complaint;

    fn ask(head: &Parts) -> Result<String, Complaint> {
        let mut segments = head.uri.path().trim_start_matches('/').split('/');
        let version = segments.next().unwrap_or_default();
        if version != "capi" && !is_version(version) {
            return Err(Complaint::unknown_path());
        }
        Ok(segments.next().unwrap_or_default().to_owned())
    }

    fn access(
        door: &Door,
        dataset_id: &String,
        key: &ApiKeyHash,
    ) -> Result<Arc<DatasetConfig>, AccessRefusal> {
        door.directory.dataset(key, Some(Platform::Meta), dataset_id)
    }

    fn owner(dataset: &DatasetConfig) -> (TenantId, &str) {
        (dataset.tenant_id, &dataset.dataset_id)
    }

    fn key_in_body(body: &[u8]) -> Result<Option<ApiKeyHash>, Malformed> {
        key_in_body(body)
    }

    fn no_key() -> Complaint {
        Case::NoKey.into()
    }

    fn take(
        door: &Door,
        dataset: &DatasetConfig,
        body: &[u8],
        memory: Memory<'_>,
    ) -> Verdict<Complaint> {
        take(door, dataset, body, memory)
    }
}

//! Snapchat's Conversions API, v3 and v2. In v3 the path names the dataset; in v2 each event does, so that a request may
//! be for several. A request is taken whole or not at all.

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
use stratum_models::platform::Platform;
use stratum_models::rejection::RowKind;
use stratum_wire::dialect::snapchat::Shape;

use self::answers::Complaint;
use super::case::Case;
use crate::receive::{Door, Endpoint, Memory, Protocol, Verdict, presented_key, serve};

/// The paths of Snapchat alone. The events of v3 come by a path that Meta's share (`super::shared`).
pub const EVENT_PATHS: [&str; 3] =
    ["/v3/{asset_id}/events/validate", "/v2/conversion", "/v2/conversion/validate"];

/// The routes of Snapchat alone.
pub(crate) fn routes(endpoint: Arc<Endpoint<Snapchat>>) -> Router {
    let events = post(events).fallback(unsupported_method);
    let router = Router::new();
    let router = EVENT_PATHS.iter().fold(router, |router, path| router.route(path, events.clone()));
    router.with_state(endpoint)
}

/// Whether a request to a path of v3 is for Snapchat and not for Meta, whose Graph API has the same. The dataset that its key
/// opens tells; where it opens none, the form of the id does, which at Meta is a number.
pub(crate) fn is_meant(door: &Door, head: &Parts) -> bool {
    let mut segments = head.uri.path().trim_start_matches('/').split('/');
    if segments.next() != Some("v3") {
        return false;
    }
    let id = segments.next().unwrap_or_default();
    let opens = |key, platform| door.directory.dataset(&key, Some(platform), id).is_ok();
    match presented_key(head) {
        Some(key) if opens(key, Platform::Meta) => false,
        Some(key) if opens(key, Platform::Snapchat) => true,
        _ => !id.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

async fn unsupported_method(request: Request) -> Response {
    Complaint::unsupported_method().into_response(shape_of(request.uri().path()))
}

/// Serves a request of either version.
pub(crate) async fn events(
    State(endpoint): State<Arc<Endpoint<Snapchat>>>,
    request: Request,
) -> Response {
    let shape = shape_of(request.uri().path());
    match serve(&endpoint, request).await {
        Ok(_) => answers::accepted(shape, false),
        Err(complaint) => complaint.into_response(shape),
    }
}

fn shape_of(path: &str) -> Shape {
    if path.starts_with("/v2/") { Shape::V2 } else { Shape::V3 }
}

/// Snapchat's wire format.
pub(crate) struct Snapchat;

/// The part of a path that says what a request is for.
pub(crate) struct Ask {
    /// The dataset, in v3.
    asset_id: Option<String>,
    /// Whether the events are only judged.
    validate: bool,
}

/// A key, and what is asked with it.
pub(crate) struct Sender {
    tenant_id: TenantId,
    key: ApiKeyHash,
    /// The dataset of the path, in v3.
    dataset: Option<Arc<DatasetConfig>>,
    validate: bool,
}

impl Sender {
    fn shape(&self) -> Shape {
        if self.dataset.is_some() { Shape::V3 } else { Shape::V2 }
    }
}

impl Protocol for Snapchat {
    const NAME: &'static str = "snapchat";
    const TOPIC: Topic = Topic::Events;
    const KIND: RowKind = RowKind::Event;
    const DIALECT: Option<Dialect> = Some(Dialect::Snapchat);
    const KEY_IN_BODY: bool = false;
    type Ask = Ask;
    type Access = Sender;
    type Complaint = Complaint;

    fn ask(head: &Parts) -> Result<Ask, Complaint> {
        let path = head.uri.path();
        let validate = path.ends_with("/validate");
        let asset_id = match shape_of(path) {
            Shape::V2 => None,
            Shape::V3 => {
                let id = path.split('/').nth(2).filter(|id| !id.is_empty());
                Some(id.ok_or_else(Complaint::unknown_path)?.to_owned())
            }
        };
        Ok(Ask { asset_id, validate })
    }

    fn access(door: &Door, ask: &Ask, key: &ApiKeyHash) -> Result<Arc<Sender>, AccessRefusal> {
        let of_asset = |id: &String| door.directory.dataset(key, Some(Platform::Snapchat), id);
        let dataset = ask.asset_id.as_ref().map(of_asset).transpose()?;
        let tenant_id = match &dataset {
            Some(dataset) => dataset.tenant_id,
            None => door.directory.sender(key)?,
        };
        Ok(Arc::new(Sender { tenant_id, key: *key, dataset, validate: ask.validate }))
    }

    fn owner(sender: &Sender) -> (TenantId, &str) {
        let dataset = sender.dataset.as_ref().map_or("", |dataset| dataset.dataset_id.as_str());
        (sender.tenant_id, dataset)
    }

    fn no_key() -> Complaint {
        Case::NoKey.into()
    }

    fn take(door: &Door, sender: &Sender, body: &[u8], memory: Memory<'_>) -> Verdict<Complaint> {
        take::take(door, sender, body, memory)
    }
}

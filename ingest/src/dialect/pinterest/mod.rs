//! Pinterest's Conversions API. Of a request the good events are taken and the others refused, each told by itself;
//! every event has an id, so that a request which is sent again counts nothing twice.

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

use self::answers::Complaint;
use super::case::Case;
use super::version::is_version;
use crate::receive::{Door, Endpoint, Memory, Protocol, Verdict, serve};

/// The path that takes events.
pub const EVENT_PATHS: [&str; 1] = ["/v{version}/ad_accounts/{ad_account_id}/events"];

/// Every version of Pinterest's API.
pub(crate) fn routes(door: Arc<Door>) -> Router {
    let events = post(events).fallback(unsupported_method);
    Router::new().route(EVENT_PATHS[0], events).with_state(Endpoint::<Pinterest>::new(door))
}

async fn unsupported_method() -> Response {
    Complaint::unsupported_method().into_response()
}

async fn events(State(endpoint): State<Arc<Endpoint<Pinterest>>>, request: Request) -> Response {
    match serve(&endpoint, request).await {
        Ok(events) => answers::accepted(events),
        Err(complaint) => complaint.into_response(),
    }
}

/// Pinterest's wire format.
struct Pinterest;

/// The dataset that a request is for.
struct Ask {
    ad_account_id: String,
    test: bool,
}

/// A dataset, and whether the events for it are tests.
struct Access {
    config: Arc<DatasetConfig>,
    test: bool,
}

impl Protocol for Pinterest {
    const NAME: &'static str = "pinterest";
    const TOPIC: Topic = Topic::Events;
    const KIND: RowKind = RowKind::Event;
    const DIALECT: Option<Dialect> = Some(Dialect::Pinterest);
    const KEY_IN_BODY: bool = false;
    type Ask = Ask;
    type Access = Access;
    type Complaint = Complaint;

    fn ask(head: &Parts) -> Result<Ask, Complaint> {
        let mut segments = head.uri.path().trim_start_matches('/').split('/');
        if !segments.next().is_some_and(is_version) {
            return Err(Complaint::unknown_path());
        }
        let ad_account_id = segments.nth(1).unwrap_or_default().to_owned();
        // Pinterest's Python SDK writes `True`.
        let is_test = |pair: &str| pair.eq_ignore_ascii_case("test=true");
        let test = head.uri.query().is_some_and(|query| query.split('&').any(is_test));
        Ok(Ask { ad_account_id, test })
    }

    fn access(door: &Door, ask: &Ask, key: &ApiKeyHash) -> Result<Arc<Access>, AccessRefusal> {
        let config = door.directory.dataset(key, Some(Platform::Pinterest), &ask.ad_account_id)?;
        Ok(Arc::new(Access { config, test: ask.test }))
    }

    fn owner(access: &Access) -> (TenantId, &str) {
        (access.config.tenant_id, &access.config.dataset_id)
    }

    fn no_key() -> Complaint {
        Case::NoKey.into()
    }

    fn take(door: &Door, access: &Access, body: &[u8], memory: Memory<'_>) -> Verdict<Complaint> {
        take::take(door, access, body, memory)
    }
}

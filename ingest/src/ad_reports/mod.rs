//! Ad reports sent by a script: `POST /api/v1/ad-reports` takes a JSON list, one object, NDJSON or CSV with a header
//! line, packed or not, told apart by content. All rows are taken or none; two rows of one key and version that say
//! different things are refused. What a row is, is told in `stratum_wire::ad_reports`.

mod take;
mod answers;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::response::Response;
use axum::routing::post;
use stratum_models::dialect::Dialect;
use stratum_models::directory::{AccessRefusal, ApiKeyHash, TenantAccess};
use stratum_models::id::TenantId;
use stratum_models::log::Topic;
use stratum_models::rejection::RowKind;

use self::answers::Complaint;
use self::take::take;
use crate::receive::{Door, Endpoint, Memory, Protocol, Verdict, serve};

/// The path that takes ad reports.
pub const PATH: &str = "/api/v1/ad-reports";

/// Our own route.
pub(crate) fn routes(door: Arc<Door>) -> Router {
    let endpoint = Endpoint::<AdReports>::new(door);
    Router::new().route(PATH, post(reports).fallback(unsupported_method)).with_state(endpoint)
}

async fn unsupported_method(
    State(endpoint): State<Arc<Endpoint<AdReports>>>,
    request: Request,
) -> Response {
    let request_id = answers::request_id(request.headers(), endpoint.door.traces.next());
    Complaint::unsupported_method().into_response(&request_id)
}

async fn reports(State(endpoint): State<Arc<Endpoint<AdReports>>>, request: Request) -> Response {
    let request_id = answers::request_id(request.headers(), endpoint.door.traces.next());
    match serve(&endpoint, request).await {
        Ok(rows) => answers::accepted(rows),
        Err(complaint) => complaint.into_response(&request_id),
    }
}

/// The way ad reports are taken in.
struct AdReports;

impl Protocol for AdReports {
    const NAME: &'static str = "ad_reports";
    const TOPIC: Topic = Topic::AdReports;
    const KIND: RowKind = RowKind::AdReport;
    const DIALECT: Option<Dialect> = None;
    const KEY_IN_BODY: bool = false;
    type Ask = ();
    type Access = TenantAccess;
    type Complaint = Complaint;

    fn ask(_: &Parts) -> Result<(), Complaint> {
        Ok(())
    }

    fn access(door: &Door, (): &(), key: &ApiKeyHash) -> Result<Arc<TenantAccess>, AccessRefusal> {
        door.directory.tenant(key)
    }

    fn owner(access: &TenantAccess) -> (TenantId, &str) {
        (access.tenant_id, "")
    }

    fn no_key() -> Complaint {
        Complaint::no_key()
    }

    fn take(
        door: &Door,
        access: &TenantAccess,
        body: &[u8],
        memory: Memory<'_>,
    ) -> Verdict<Complaint> {
        take(door, access, body, memory)
    }
}

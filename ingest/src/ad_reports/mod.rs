//! Ad reports: a day of a campaign as its platform reports it, sent by a script or a connector.
//!
//! `POST /api/v1/ad-reports` takes a JSON list, one object, NDJSON or CSV with a header line, packed
//! or not, told apart by content. Fields: `platform`, `account_id`, `campaign_id`, `campaign_name`,
//! `date`, `currency`, `spend`, `impressions`, `clicks`, `conversions`, `revenue` (or
//! `conversion_value`), `version`; others are ignored. A row that names an ad set (`ad_set_id`,
//! `ad_set_name`), an ad (`ad_id`, `ad_name`), a `country` or a `device` is a part of the campaign's day:
//! it explains the day and does not count by itself. Amounts are in currency units. A report with
//! the key of an earlier one (platform, account, campaign, date) replaces it if its version is
//! higher; without one the time of receipt is the version. All rows are taken or none; two rows of one
//! key and version that say different things are refused.

mod rows;
mod id;
mod split;
mod judge;
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

pub use self::judge::{Fault, Judge, Judged, contradictions};
pub use self::rows::{Column, Row, read_rows};
pub use self::split::ad_device;

use self::answers::Complaint;
use self::take::take;
use crate::receive::{Door, Endpoint, Memory, Protocol, Verdict, serve};

/// Our own route.
pub(crate) fn routes(door: Arc<Door>) -> Router {
    let endpoint = Endpoint::<AdReports>::new(door);
    Router::new()
        .route("/api/v1/ad-reports", post(reports).fallback(unsupported_method))
        .with_state(endpoint)
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

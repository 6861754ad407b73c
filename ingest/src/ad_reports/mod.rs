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

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::post;
use futures::FutureExt;

pub use self::judge::{Fault, Judge, Judged, contradictions};
pub use self::rows::{Column, Row, read_rows};
pub use self::split::ad_device;

use self::answers::Complaint;
use self::take::{Taken, access, refuse_unread, take};
use crate::receive::{self, Denied, Door};
use crate::telemetry::Outcome;

/// Our own route.
pub(crate) fn routes() -> Router<Arc<Door>> {
    Router::new().route("/api/v1/ad-reports", post(reports).fallback(unsupported_method))
}

async fn unsupported_method(State(door): State<Arc<Door>>, request: Request) -> Response {
    let request_id = answers::request_id(request.headers(), door.traces.next());
    Complaint::unsupported_method().into_response(&request_id)
}

async fn reports(State(door): State<Arc<Door>>, request: Request) -> Response {
    let request_id = answers::request_id(request.headers(), door.traces.next());
    let began = door.clock.now();
    let _running = door.ad_reports.begin();
    let served = AssertUnwindSafe(serve(&door, request)).catch_unwind().await;
    let served = served.unwrap_or_else(|_| Err(Denied::Panicked.into()));
    let took_ms = door.clock.now().0 - began.0;
    match served {
        Ok(rows) => {
            door.ad_reports.end(Outcome::Accepted, rows, took_ms);
            answers::accepted(rows)
        }
        Err(complaint) => {
            door.ad_reports.end(complaint.outcome, 0, took_ms);
            complaint.into_response(&request_id)
        }
    }
}

/// How many rows were taken; they are durable by then.
async fn serve(door: &Arc<Door>, request: Request) -> Result<usize, Complaint> {
    let (head, body) = request.into_parts();
    let key = receive::presented_key(&head);
    let (body, _hold) = match receive::read(door, body).await {
        Ok(read) => read,
        Err(denied) => {
            if let Some(ticket) = refuse_unread(door, key, denied) {
                drop(ticket.durable().await);
            }
            return Err(denied.into());
        }
    };
    door.ad_reports.received(body.len());
    let access = access(door, key)?;
    let Taken { verdict, ticket } =
        receive::work(door, body, move |door, body| take(door, &access, body)).await?;
    let durable = match ticket {
        Some(ticket) => ticket.durable().await,
        None => Ok(()),
    };
    match (verdict, durable) {
        (Ok(rows), Ok(())) => Ok(rows),
        (Ok(_), Err(error)) => {
            tracing::warn!(%error, dialect = "ad_reports", "append failed");
            Err(error.into())
        }
        // That rejections could not be kept is nothing to the sender.
        (Err(complaint), _) => Err(complaint),
    }
}

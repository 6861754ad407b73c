//! Meta's Conversions API. One request goes: read → `parse` (its encoding) → `scan` (its events) →
//! `rules` → `canonical` (where personal data ends) → append → `answers`. A request is taken whole
//! or not at all.

mod fault;
mod fields;
mod scan;
mod parse;
mod rules;
mod canonical;
mod take;
mod answers;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::response::Response;
use axum::routing::{get, post};
use futures::FutureExt;

pub use self::canonical::Canon;
pub use self::fault::Fault;
pub use self::fields::is_standard_name;
pub use self::parse::{ParsedRequest, Refusal, parse_events};
pub use self::rules::judge;
pub use self::scan::{EventScan, Given};

use self::answers::Complaint;
use self::take::{Ask, Taken, refuse_unread, take};
use crate::receive::{self, Denied, Door};
use crate::telemetry::Outcome;

/// Every version of the Graph API, and the gateway that Meta's PHP and Java SDKs can be pointed at.
pub(crate) fn routes() -> Router<Arc<Door>> {
    let events = post(events).fallback(unsupported_method);
    Router::new()
        .route("/v{version}/{dataset_id}/events", events.clone())
        .route("/capi/{dataset_id}/events", events)
        // The SDKs' crash reporter looks for these two.
        .route("/v{version}/{app_id}/instruments", post(instruments))
        .route("/v{version}/debug_token", get(debug_token))
}

async fn instruments() -> Response {
    answers::json(r#"{"success":true}"#)
}

async fn debug_token() -> Response {
    answers::json(r#"{"data":{"app_id":"0"}}"#)
}

async fn unsupported_method(State(door): State<Arc<Door>>) -> Response {
    Complaint::unsupported_method().into_response(door.traces.next())
}

async fn events(State(door): State<Arc<Door>>, request: Request) -> Response {
    let trace = door.traces.next();
    let began = door.clock.now();
    let _running = door.meta.begin();
    let served = AssertUnwindSafe(serve(&door, request)).catch_unwind().await;
    let served = served.unwrap_or_else(|_| Err(Denied::Panicked.into()));
    let took_ms = door.clock.now().0 - began.0;
    match served {
        Ok(events) => {
            door.meta.end(Outcome::Accepted, events, took_ms);
            answers::accepted(events, trace)
        }
        Err(complaint) => {
            door.meta.end(complaint.outcome, 0, took_ms);
            complaint.into_response(trace)
        }
    }
}

/// How many events were taken; they are durable by then.
async fn serve(door: &Arc<Door>, request: Request) -> Result<usize, Complaint> {
    let (head, body) = request.into_parts();
    let ask = ask(&head)?;
    let (body, _hold) = match receive::read(door, body).await {
        Ok(read) => read,
        Err(denied) => {
            if let Some(ticket) = refuse_unread(door, &ask, denied) {
                drop(ticket.durable().await);
            }
            return Err(denied.into());
        }
    };
    door.meta.received(body.len());
    let Taken { verdict, ticket } =
        receive::work(door, body, move |door, body| take(door, &ask, body)).await?;
    let durable = match ticket {
        Some(ticket) => ticket.durable().await,
        None => Ok(()),
    };
    match (verdict, durable) {
        (Ok(events), Ok(())) => Ok(events),
        (Ok(_), Err(error)) => {
            tracing::warn!(%error, dialect = "meta", "append failed");
            Err(error.into())
        }
        // That rejections could not be kept is nothing to the sender.
        (Err(complaint), _) => Err(complaint),
    }
}

/// What the head of a request asks for.
fn ask(head: &Parts) -> Result<Ask, Complaint> {
    let mut segments = head.uri.path().trim_start_matches('/').split('/');
    let version = segments.next().unwrap_or_default();
    let dataset_id = segments.next().unwrap_or_default().to_owned();
    if version != "capi" && !is_version(version) {
        return Err(Complaint::unknown_path());
    }
    Ok(Ask { dataset_id, key: receive::presented_key(head) })
}

/// `v24.0` or `v24`.
fn is_version(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let Some(number) = text.strip_prefix('v') else { return false };
    match number.split_once('.') {
        Some((major, minor)) => digits(major) && digits(minor),
        None => digits(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_version_is_a_version() {
        assert!(["v1", "v24.0", "v999.12"].into_iter().all(is_version));
        assert!(["", "v", "v24.", "v.0", "24.0", "vx", "v1.0.0"].iter().all(|v| !is_version(v)));
    }
}

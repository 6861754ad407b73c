//! Answers in the envelope of our own API.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;
use stratum_models::directory::AccessRefusal;
use stratum_models::rejection::RejectReason;
use stratum_models::store::{StoreError, StoreErrorKind};

use crate::receive::{self, Denied, TraceId};
use crate::telemetry::Outcome;
use stratum_wire::decode::Malformed;

/// The longest request id taken over from a proxy.
const REQUEST_ID_BYTES_MAX: usize = 64;

/// The answer to rows that were taken.
pub(super) fn accepted(rows: usize) -> Response {
    Json(json!({"success": true, "data": {"received": rows}})).into_response()
}

/// The id a proxy or a layer of ours gave the request, else one of our own.
pub(super) fn request_id(headers: &HeaderMap, trace: TraceId) -> String {
    let given = headers.get("x-request-id").and_then(|id| id.to_str().ok()).filter(|id| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        !id.is_empty() && id.len() <= REQUEST_ID_BYTES_MAX && id.bytes().all(plain)
    });
    given.unwrap_or(trace.as_str()).to_owned()
}

/// A field at fault, as our own API tells it: its code is one of those of that API, and leaves nothing open.
#[derive(Debug, Serialize)]
pub(super) struct Detail {
    field: String,
    message: String,
    code: &'static str,
    params: BTreeMap<&'static str, String>,
}

impl Detail {
    /// The fault of a field.
    pub(super) fn new(field: String, reason: RejectReason, message: String) -> Detail {
        Detail { field, message, code: code(reason), params: BTreeMap::new() }
    }
}

fn code(reason: RejectReason) -> &'static str {
    match reason {
        RejectReason::MissingField | RejectReason::MissingCurrency => "missing",
        RejectReason::WrongType => "wrong_form",
        RejectReason::InvalidCurrency => "no_currency",
        RejectReason::InFuture => "in_future",
        _ => "other",
    }
}

/// Why a request was not taken.
#[derive(Debug)]
pub(super) struct Complaint {
    outcome: Outcome,
    status: StatusCode,
    error: &'static str,
    message: String,
    details: Vec<Detail>,
}

#[derive(Serialize)]
struct Envelope<'a> {
    success: bool,
    error: &'a str,
    message: &'a str,
    details: &'a [Detail],
    request_id: &'a str,
}

impl Complaint {
    fn new(
        status: StatusCode,
        outcome: Outcome,
        error: &'static str,
        message: impl Into<String>,
    ) -> Complaint {
        Complaint { outcome, status, error, message: message.into(), details: Vec::new() }
    }

    pub(super) fn no_key() -> Complaint {
        let message = "an API key is required: Authorization: Bearer, X-Api-Key or access_token";
        Complaint::new(StatusCode::UNAUTHORIZED, Outcome::Unauthorized, "unauthorized", message)
    }

    pub(super) fn unsupported_method() -> Complaint {
        let message = "ad reports are sent by POST";
        let status = StatusCode::METHOD_NOT_ALLOWED;
        Complaint::new(status, Outcome::Refused, "validation_error", message)
    }

    pub(super) fn broken_rules(message: &str, details: Vec<Detail>) -> Complaint {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        let error = "unprocessable_entity";
        Complaint { details, ..Complaint::new(status, Outcome::Refused, error, message) }
    }

    pub(super) fn too_many(rows_max: usize) -> Complaint {
        let message = format!("a request may hold {rows_max} rows at most");
        Complaint::broken_rules(&message, Vec::new())
    }

    pub(super) fn into_response(self, request_id: &str) -> Response {
        let envelope = Envelope {
            success: false,
            error: self.error,
            message: &self.message,
            details: &self.details,
            request_id,
        };
        let mut response = (self.status, Json(envelope)).into_response();
        if matches!(self.outcome, Outcome::Limited)
            || self.status == StatusCode::SERVICE_UNAVAILABLE
        {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

impl receive::Complaint for Complaint {
    fn outcome(&self) -> Outcome {
        self.outcome
    }
}

impl From<Malformed> for Complaint {
    fn from(malformed: Malformed) -> Complaint {
        let message = format!("the body cannot be read: {malformed}");
        Complaint::new(StatusCode::BAD_REQUEST, Outcome::Refused, "validation_error", message)
    }
}

impl From<AccessRefusal> for Complaint {
    fn from(refusal: AccessRefusal) -> Complaint {
        let (status, error) = match refusal {
            AccessRefusal::UnknownKey | AccessRefusal::RevokedKey => {
                (StatusCode::UNAUTHORIZED, "unauthorized")
            }
            AccessRefusal::WrongScope | AccessRefusal::UnknownDataset => {
                (StatusCode::FORBIDDEN, "forbidden")
            }
        };
        Complaint::new(status, Outcome::Unauthorized, error, refusal.to_string())
    }
}

impl From<Denied> for Complaint {
    fn from(denied: Denied) -> Complaint {
        let refused =
            |status, error, message| Complaint::new(status, Outcome::Refused, error, message);
        match denied {
            Denied::Busy => Complaint::new(
                StatusCode::SERVICE_UNAVAILABLE,
                Outcome::Overloaded,
                "unavailable",
                "too many rows are being taken in; try again in a moment",
            ),
            Denied::Limited => Complaint::new(
                StatusCode::TOO_MANY_REQUESTS,
                Outcome::Limited,
                "rate_limited",
                "the plan takes no more rows a second; try again in a moment",
            ),
            Denied::TooLarge => refused(
                StatusCode::PAYLOAD_TOO_LARGE,
                "payload_too_large",
                "the request body is too large",
            ),
            Denied::Slow => refused(
                StatusCode::REQUEST_TIMEOUT,
                "validation_error",
                "the request body did not arrive in time",
            ),
            Denied::Broken => refused(
                StatusCode::BAD_REQUEST,
                "validation_error",
                "the request body was cut short",
            ),
            Denied::Unsealed | Denied::Panicked => {
                Complaint::failed(StatusCode::INTERNAL_SERVER_ERROR, "internal_error")
            }
        }
    }
}

impl From<StoreError> for Complaint {
    fn from(error: StoreError) -> Complaint {
        match error.kind {
            StoreErrorKind::Transient | StoreErrorKind::Busy | StoreErrorKind::Unavailable => {
                Complaint::failed(StatusCode::SERVICE_UNAVAILABLE, "unavailable")
            }
            StoreErrorKind::Conflict | StoreErrorKind::Invalid | StoreErrorKind::TooLarge => {
                Complaint::failed(StatusCode::INTERNAL_SERVER_ERROR, "internal_error")
            }
        }
    }
}

impl Complaint {
    fn failed(status: StatusCode, error: &'static str) -> Complaint {
        let message = "the rows could not be kept; try again later";
        Complaint::new(status, Outcome::Failed, error, message)
    }
}

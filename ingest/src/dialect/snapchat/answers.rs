//! Snapchat's answers, in the words of each version. None repeats anything of the request.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};
use stratum_models::rejection::RejectReason;
use stratum_wire::decode::Malformed;
use stratum_wire::dialect::Fault;
use stratum_wire::dialect::snapchat::Shape;

use crate::dialect::case::{self, Case, complains_by_case};
use crate::receive;
use crate::telemetry::Outcome;

/// The answer to a request that was taken, or all of whose events break no rule.
pub(super) fn accepted(shape: Shape, validate: bool) -> Response {
    let reason = if validate { "All events are valid." } else { "All events were taken." };
    let body = match shape {
        Shape::V3 => json!({"status": "VALID", "reason": reason, "errors": null}),
        Shape::V2 => json!({"status": "SUCCESS", "reason": reason, "error_records": []}),
    };
    case::json(StatusCode::OK, body.to_string())
}

/// Why a request is not taken. Its words are those of the version that was spoken.
#[derive(Debug)]
pub(crate) struct Complaint {
    status: StatusCode,
    outcome: Outcome,
    text: String,
    /// The events at fault, each with what is wrong.
    events: Vec<(usize, FaultText)>,
    /// Nothing is wrong: the request was only judged.
    is_valid: bool,
}

/// A fault in the words of the answer.
#[derive(Debug)]
struct FaultText {
    code: &'static str,
    text: String,
}

impl FaultText {
    fn of(fault: &Fault) -> FaultText {
        let place = if fault.field.is_empty() { "the event" } else { fault.field };
        let code = match fault.reason {
            RejectReason::MissingField => "MISSING_REQUIRED_FIELD",
            RejectReason::TooOld | RejectReason::InFuture => "INVALID_EVENT_TIME",
            RejectReason::MissingPurchaseValue
            | RejectReason::MissingCurrency
            | RejectReason::InvalidCurrency => "INVALID_PURCHASE",
            RejectReason::InsufficientIdentifiers => "INSUFFICIENT_USER_DATA",
            _ => "INVALID_FIELD",
        };
        FaultText { code, text: format!("{place} {fault}") }
    }
}

impl Complaint {
    fn refused(status: StatusCode, text: String) -> Complaint {
        let (outcome, events) = (Outcome::Refused, Vec::new());
        Complaint { status, outcome, text, events, is_valid: false }
    }

    /// The way in does not exist.
    pub(super) fn unknown_path() -> Complaint {
        Complaint::refused(StatusCode::NOT_FOUND, "There is no such path.".to_owned())
    }

    /// Events are only ever posted.
    pub(super) fn unsupported_method() -> Complaint {
        let text = "Events are sent by POST.".to_owned();
        Complaint::refused(StatusCode::METHOD_NOT_ALLOWED, text)
    }

    /// The request as a whole has this fault.
    pub(super) fn fault(fault: &Fault) -> Complaint {
        let place = if fault.field.is_empty() { "The request body" } else { fault.field };
        Complaint::refused(StatusCode::BAD_REQUEST, format!("{place} {fault}."))
    }

    /// Some of its events have faults, by their places.
    pub(super) fn faults(faults: impl Iterator<Item = (usize, Fault)>) -> Complaint {
        let events: Vec<_> = faults.map(|(index, fault)| (index, FaultText::of(&fault))).collect();
        let text = events.first().map_or_else(String::new, |(_, told)| told.text.clone());
        Complaint { events, ..Complaint::refused(StatusCode::BAD_REQUEST, text) }
    }

    /// The answer to events that break no rule, and are not taken.
    pub(super) fn valid() -> Complaint {
        let valid = Complaint::refused(StatusCode::OK, String::new());
        Complaint { outcome: Outcome::Accepted, is_valid: true, ..valid }
    }

    pub(super) fn into_response(self, shape: Shape) -> Response {
        if self.is_valid {
            return accepted(shape, true);
        }
        let body = match shape {
            Shape::V3 => self.in_v3(),
            Shape::V2 => self.in_v2(),
        };
        case::json(self.status, body.to_string())
    }

    fn in_v3(&self) -> Value {
        let mut body = json!({"status": "INVALID", "reason": self.text});
        if let Some((index, told)) = self.events.first() {
            body["event"] = json!(index);
            body["errors"] = json!({"codes": [told.code], "error_msgs": [told.text]});
        }
        body
    }

    fn in_v2(&self) -> Value {
        let record = |(index, told): &(usize, FaultText)| json!({"reason": told.text, "record_indexes": [index]});
        let records: Vec<Value> = self.events.iter().map(record).collect();
        json!({"status": "FAILED", "reason": self.text, "error_records": records})
    }
}

impl receive::Complaint for Complaint {
    fn outcome(&self) -> Outcome {
        self.outcome
    }
}

impl From<Malformed> for Complaint {
    fn from(malformed: Malformed) -> Complaint {
        Complaint::fault(&Fault::malformed("", malformed))
    }
}

impl From<Case> for Complaint {
    fn from(case: Case) -> Complaint {
        Complaint {
            outcome: case.outcome(),
            ..Complaint::refused(case.status(), case.text().to_owned())
        }
    }
}

complains_by_case!(Complaint);

//! Pinterest's answers: a status for each event. Its SDKs raise on every status but 200 and show the body. None
//! repeats anything of the request.

use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use stratum_wire::decode::Malformed;
use stratum_wire::dialect::Fault;

use crate::dialect::case::{self, Case, complains_by_case};
use crate::receive;
use crate::telemetry::Outcome;

/// A parameter is wrong.
const INVALID: u32 = 1;
/// Who asks is not known.
const UNAUTHENTICATED: u32 = 2;
/// Too many requests.
const TOO_MANY: u32 = 8;
/// Who asks may not.
const FORBIDDEN: u32 = 29;
/// Of what Pinterest has no number for.
const UNKNOWN: u32 = 0;
/// Some events were not taken.
const NOT_ALL: &str = "Not all events were processed.";

/// The report on each event.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    num_events_received: usize,
    num_events_processed: usize,
    events: Vec<EventReport>,
}

#[derive(Debug, Serialize)]
struct EventReport {
    status: &'static str,
    error_message: String,
    warning_message: &'static str,
}

impl Report {
    /// A report of events by their faults.
    pub(super) fn of(faults: impl Iterator<Item = Option<Fault>>) -> Report {
        let events: Vec<EventReport> = faults.map(EventReport::of).collect();
        let processed = events.iter().filter(|event| event.error_message.is_empty()).count();
        Report { num_events_received: events.len(), num_events_processed: processed, events }
    }
}

impl EventReport {
    fn of(fault: Option<Fault>) -> EventReport {
        match fault {
            None => EventReport {
                status: "processed",
                error_message: String::new(),
                warning_message: "",
            },
            Some(fault) => {
                EventReport { status: "failed", error_message: told(&fault), warning_message: "" }
            }
        }
    }
}

/// A fault with its path: `custom_data.value must be …`.
fn told(fault: &Fault) -> String {
    let place = if fault.field.is_empty() { "the event" } else { fault.field };
    format!("{place} {fault}")
}

/// The answer to a request all of whose events were taken.
pub(super) fn accepted(events: usize) -> Response {
    let report = Report::of((0..events).map(|_| None));
    // Only texts and numbers: it cannot fail to be written.
    case::json(StatusCode::OK, serde_json::to_string(&report).unwrap_or_default())
}

/// Why a request, or a part of it, was not taken, as Pinterest would say it.
#[derive(Debug)]
pub(super) struct Complaint {
    status: StatusCode,
    outcome: Outcome,
    code: u32,
    message: String,
    details: Option<Report>,
}

#[derive(Serialize)]
struct Body<'a> {
    code: u32,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<&'a Report>,
}

impl Complaint {
    fn refused(status: StatusCode, message: String) -> Complaint {
        let (outcome, details) = (Outcome::Refused, None);
        Complaint { status, outcome, code: INVALID, message, details }
    }

    /// The way in does not exist.
    pub(super) fn unknown_path() -> Complaint {
        Complaint::refused(StatusCode::NOT_FOUND, "There is no such path.".to_owned())
    }

    /// Events are only ever posted.
    pub(super) fn unsupported_method() -> Complaint {
        let message = "Events are sent by POST.".to_owned();
        Complaint::refused(StatusCode::METHOD_NOT_ALLOWED, message)
    }

    /// The request as a whole has this fault.
    pub(super) fn fault(fault: &Fault) -> Complaint {
        let place = if fault.field.is_empty() { "The request body" } else { fault.field };
        Complaint::refused(StatusCode::BAD_REQUEST, format!("{place} {fault}."))
    }

    /// Some of its events have faults; the others are taken.
    pub(super) fn not_all(report: Report) -> Complaint {
        let refused = Complaint::refused(StatusCode::UNPROCESSABLE_ENTITY, NOT_ALL.to_owned());
        Complaint { details: Some(report), ..refused }
    }

    pub(super) fn into_response(self) -> Response {
        let body = Body { code: self.code, message: &self.message, details: self.details.as_ref() };
        case::json(self.status, serde_json::to_string(&body).unwrap_or_default())
    }
}

impl receive::Complaint for Complaint {
    fn outcome(&self) -> Outcome {
        self.outcome
    }

    fn rows_taken(&self) -> usize {
        self.details.as_ref().map_or(0, |report| report.num_events_processed)
    }
}

impl From<Malformed> for Complaint {
    fn from(malformed: Malformed) -> Complaint {
        Complaint::fault(&Fault::malformed("", malformed))
    }
}

impl From<Case> for Complaint {
    fn from(case: Case) -> Complaint {
        let code = match case {
            Case::NoKey | Case::UnknownKey | Case::RevokedKey => UNAUTHENTICATED,
            Case::WrongScope | Case::UnknownDataset => FORBIDDEN,
            Case::Limited => TOO_MANY,
            Case::TooLarge | Case::Slow | Case::Broken => INVALID,
            Case::Busy | Case::LogAway | Case::Failed => UNKNOWN,
        };
        let (status, outcome) = (case.status(), case.outcome());
        Complaint { status, outcome, code, message: case.text().to_owned(), details: None }
    }
}

complains_by_case!(Complaint);

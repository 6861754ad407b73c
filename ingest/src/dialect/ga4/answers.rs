//! Google Analytics' answers: nothing at all, or of events that are only judged what is wrong with them. None repeats
//! anything of the request.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;
use stratum_models::rejection::RejectReason;
use stratum_wire::decode::Malformed;
use stratum_wire::dialect::Fault;

use crate::dialect::case::{self, Case, complains_by_case};
use crate::receive;
use crate::telemetry::Outcome;

/// The fate of a request, as Google Analytics would tell it.
#[derive(Debug)]
pub(super) enum Answer {
    /// Of its events those that break no rule were taken.
    Taken {
        /// The number of rows.
        rows: usize,
        /// Whether none was refused.
        all: bool,
    },
    /// The events were judged, and not taken.
    Judged(Vec<ValidationMessage>),
    /// It was not let in.
    Refused {
        /// The status.
        status: StatusCode,
        /// The outcome in telemetry.
        outcome: Outcome,
        /// The fault, in words.
        message: &'static str,
    },
}

/// A fault of an event that was only judged.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ValidationMessage {
    field_path: String,
    description: String,
    validation_code: &'static str,
}

impl ValidationMessage {
    /// The message about a fault of the request, or of its event `event`.
    pub(super) fn of(event: Option<usize>, fault: &Fault) -> ValidationMessage {
        let field_path = match (event, fault.field) {
            // Who did it stands beside the events.
            (Some(index), field) if field == "name" || field.starts_with("params") => {
                format!("events[{index}].{field}")
            }
            (Some(index), "") => format!("events[{index}]"),
            (_, field) => field.to_owned(),
        };
        let place = if field_path.is_empty() { "The request body" } else { &field_path };
        let description = format!("{place} {fault}.");
        let validation_code = match (fault.reason, fault.field) {
            (RejectReason::InvalidValue, "name") => "NAME_INVALID",
            (RejectReason::MissingField | RejectReason::MissingCurrency, _) => "VALUE_REQUIRED",
            (RejectReason::TooManyRows, _) => "EXCEEDED_MAX_ENTITIES",
            (RejectReason::TooOld | RejectReason::InFuture, _) => "VALUE_OUT_OF_BOUNDS",
            _ => "VALUE_INVALID",
        };
        ValidationMessage { field_path, description, validation_code }
    }
}

impl Answer {
    /// Events are only ever posted.
    pub(super) fn unsupported_method() -> Answer {
        let (status, outcome) = (StatusCode::METHOD_NOT_ALLOWED, Outcome::Refused);
        Answer::Refused { status, outcome, message: "Events are sent by POST." }
    }

    pub(super) fn into_response(self) -> Response {
        match self {
            Answer::Taken { .. } => StatusCode::NO_CONTENT.into_response(),
            Answer::Judged(messages) => {
                let body = json!({"validationMessages": messages});
                case::json(StatusCode::OK, body.to_string())
            }
            Answer::Refused { status, message, .. } => {
                let body = json!({"error": {"code": status.as_u16(), "message": message}});
                case::json(status, body.to_string())
            }
        }
    }
}

impl receive::Complaint for Answer {
    fn outcome(&self) -> Outcome {
        match self {
            Answer::Taken { all: true, .. } | Answer::Judged(_) => Outcome::Accepted,
            Answer::Taken { all: false, .. } => Outcome::Refused,
            Answer::Refused { outcome, .. } => *outcome,
        }
    }

    fn rows_taken(&self) -> usize {
        match self {
            Answer::Taken { rows, .. } => *rows,
            Answer::Judged(_) | Answer::Refused { .. } => 0,
        }
    }
}

impl From<Malformed> for Answer {
    /// A body that cannot be unpacked is answered as one that cannot be read.
    fn from(_: Malformed) -> Answer {
        Answer::Taken { rows: 0, all: false }
    }
}

impl From<Case> for Answer {
    fn from(case: Case) -> Answer {
        let status = match case {
            Case::WrongScope | Case::UnknownDataset => StatusCode::UNAUTHORIZED,
            case => case.status(),
        };
        Answer::Refused { status, outcome: case.outcome(), message: case.text() }
    }
}

complains_by_case!(Answer);

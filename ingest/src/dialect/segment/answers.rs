//! Segment's answers: success whatever it thinks of a message, an error where the whole request is not taken. None
//! repeats anything of it.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;
use stratum_wire::decode::Malformed;
use stratum_wire::dialect::Fault;

use crate::dialect::case::{self, Case, complains_by_case};
use crate::receive;
use crate::telemetry::Outcome;

/// The fate of a request, as Segment would tell it.
#[derive(Debug)]
pub(super) enum Answer {
    /// Of its messages those that can be events were taken.
    Taken {
        /// The number of rows.
        rows: usize,
        /// Whether none was refused.
        all: bool,
    },
    /// None of it was.
    Refused {
        /// The status.
        status: StatusCode,
        /// The outcome in telemetry.
        outcome: Outcome,
        /// The fault, in words.
        message: String,
    },
}

impl Answer {
    fn refused(status: StatusCode, message: String) -> Answer {
        Answer::Refused { status, outcome: Outcome::Refused, message }
    }

    /// The way in does not exist.
    pub(super) fn unknown_path() -> Answer {
        Answer::refused(StatusCode::NOT_FOUND, "There is no such path.".to_owned())
    }

    /// Messages are only ever posted.
    pub(super) fn unsupported_method() -> Answer {
        Answer::refused(StatusCode::METHOD_NOT_ALLOWED, "Events are sent by POST.".to_owned())
    }

    /// The request as a whole has this fault.
    pub(super) fn fault(fault: &Fault) -> Answer {
        let place = if fault.field.is_empty() { "The request body" } else { fault.field };
        Answer::refused(StatusCode::BAD_REQUEST, format!("{place} {fault}."))
    }

    pub(super) fn into_response(self) -> Response {
        match self {
            Answer::Taken { .. } => case::json(StatusCode::OK, r#"{"success":true}"#),
            Answer::Refused { status, message, .. } => {
                let code = if status.is_client_error() { "invalid_request" } else { "try_again" };
                let body = json!({"success": false, "message": message, "code": code});
                case::json(status, body.to_string())
            }
        }
    }
}

impl receive::Complaint for Answer {
    fn outcome(&self) -> Outcome {
        match self {
            Answer::Taken { all: true, .. } => Outcome::Accepted,
            Answer::Taken { all: false, .. } => Outcome::Refused,
            Answer::Refused { outcome, .. } => *outcome,
        }
    }

    fn rows_taken(&self) -> usize {
        match self {
            Answer::Taken { rows, .. } => *rows,
            Answer::Refused { .. } => 0,
        }
    }
}

impl From<Malformed> for Answer {
    fn from(malformed: Malformed) -> Answer {
        Answer::fault(&Fault::malformed("", malformed))
    }
}

impl From<Case> for Answer {
    fn from(case: Case) -> Answer {
        let status = match case {
            Case::WrongScope | Case::UnknownDataset => StatusCode::UNAUTHORIZED,
            case => case.status(),
        };
        let message = match case {
            Case::UnknownDataset => {
                "The API key names no dataset: make a dataset without an ad platform, and a key for it."
            }
            case => case.text(),
        };
        Answer::Refused { status, outcome: case.outcome(), message: message.to_owned() }
    }
}

complains_by_case!(Answer);

//! Meta's answers. Its SDKs read every one of these fields; none repeats anything of the request.

use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use stratum_models::rejection::RejectReason;
use stratum_wire::decode::Malformed;
use stratum_wire::dialect::Fault;

use crate::dialect::case::{self, Case, complains_by_case};
use crate::receive::{self, TraceId};
use crate::telemetry::Outcome;

/// The answer to a request that was taken.
pub(super) fn accepted(events: usize, trace: TraceId) -> Response {
    let trace = trace.as_str();
    let body = format!(r#"{{"events_received":{events},"messages":[],"fbtrace_id":"{trace}"}}"#);
    case::json(StatusCode::OK, body)
}

/// The path of a field at fault: `data[3].user_data.em`. `event` is `None` for a fault of the request.
pub(super) fn path(fault: &Fault, event: Option<usize>) -> String {
    match (event, fault.field) {
        (None, field) => field.to_owned(),
        (Some(index), "") => format!("data[{index}]"),
        (Some(index), field) => format!("data[{index}].{field}"),
    }
}

/// Why a request was not taken, as Meta would say it.
#[derive(Debug)]
pub(crate) struct Complaint {
    status: StatusCode,
    outcome: Outcome,
    kind: &'static str,
    code: u32,
    subcode: Option<u32>,
    message: &'static str,
    title: Option<&'static str>,
    text: Option<String>,
    fields: Vec<String>,
}

#[derive(Serialize)]
struct Envelope<'a> {
    error: Error<'a>,
}

#[derive(Serialize)]
struct Error<'a> {
    message: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    code: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_subcode: Option<u32>,
    is_transient: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_user_title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_user_msg: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_data: Option<Blame<'a>>,
    fbtrace_id: &'a str,
}

#[derive(Serialize)]
struct Blame<'a> {
    blame_field_specs: Vec<[&'a str; 1]>,
}

impl Complaint {
    fn new(status: StatusCode, outcome: Outcome, code: u32, message: &'static str) -> Complaint {
        Complaint {
            status,
            outcome,
            kind: "OAuthException",
            code,
            subcode: None,
            message,
            title: None,
            text: None,
            fields: Vec::new(),
        }
    }

    fn unauthorized(status: StatusCode, code: u32, message: &'static str) -> Complaint {
        Complaint::new(status, Outcome::Unauthorized, code, message)
    }

    /// The way in does not exist.
    pub(super) fn unknown_path() -> Complaint {
        let message = "Unknown path components";
        Complaint::new(StatusCode::NOT_FOUND, Outcome::Refused, 2500, message)
    }

    /// Events are only ever posted.
    pub(super) fn unsupported_method() -> Complaint {
        let message = "Unsupported request: events are sent by POST.";
        let status = StatusCode::BAD_REQUEST;
        let complaint = Complaint::new(status, Outcome::Refused, 100, message);
        Complaint { kind: "GraphMethodException", ..complaint }
    }

    /// The request as a whole, or its event `event`, has this fault. `fields` are the paths of all.
    pub(super) fn fault(event: Option<usize>, fault: &Fault, fields: Vec<String>) -> Complaint {
        let path = path(fault, event);
        let place = if path.is_empty() { "The request body" } else { &path };
        let (subcode, title) = match fault.reason {
            RejectReason::TooOld => (Some(2_804_003), "Event Timestamp Too Old"),
            RejectReason::MissingPurchaseValue => {
                (Some(2_804_009), "Missing Value for Purchase Event")
            }
            RejectReason::MissingCurrency => {
                (Some(2_804_010), "Missing Currency for Purchase Event")
            }
            _ => (None, "Invalid parameter"),
        };
        Complaint {
            subcode,
            title: Some(title),
            text: Some(format!("{place} {fault}.")),
            fields,
            ..Complaint::new(StatusCode::BAD_REQUEST, Outcome::Refused, 100, "Invalid parameter")
        }
    }

    /// Ours and transient, so that SDKs try again.
    fn is_transient(&self) -> bool {
        matches!(self.outcome, Outcome::Overloaded | Outcome::Limited | Outcome::Failed)
    }

    pub(super) fn into_response(self, trace: TraceId) -> Response {
        let blame = self.fields.iter().map(|field| [field.as_str()]).collect();
        let envelope = Envelope {
            error: Error {
                message: self.message,
                kind: self.kind,
                code: self.code,
                error_subcode: self.subcode,
                is_transient: self.is_transient(),
                error_user_title: self.title,
                error_user_msg: self.text.as_deref(),
                error_data: self.text.is_some().then_some(Blame { blame_field_specs: blame }),
                fbtrace_id: trace.as_str(),
            },
        };
        // Only texts and numbers: it cannot fail to be written.
        let body = serde_json::to_string(&envelope).unwrap_or_default();
        case::json(self.status, body)
    }
}

impl receive::Complaint for Complaint {
    fn outcome(&self) -> Outcome {
        self.outcome
    }
}

impl From<Malformed> for Complaint {
    fn from(malformed: Malformed) -> Complaint {
        Complaint::fault(None, &Fault::malformed("", malformed), Vec::new())
    }
}

impl From<Case> for Complaint {
    fn from(case: Case) -> Complaint {
        let bad = StatusCode::BAD_REQUEST;
        match case {
            Case::NoKey => {
                let message = "An access token is required to request this resource.";
                Complaint::unauthorized(bad, 190, message)
            }
            Case::UnknownKey => Complaint::unauthorized(bad, 190, "Invalid OAuth access token."),
            Case::RevokedKey => Complaint {
                subcode: Some(460),
                ..Complaint::unauthorized(bad, 190, "The access token was revoked.")
            },
            Case::WrongScope => {
                let message = "Permissions error: the access token may not send events here.";
                Complaint::unauthorized(StatusCode::FORBIDDEN, 200, message)
            }
            Case::UnknownDataset => Complaint {
                kind: "GraphMethodException",
                subcode: Some(33),
                ..Complaint::unauthorized(
                    bad,
                    100,
                    "Unsupported post request. The dataset does not exist, or the access token \
                     may not send events to it.",
                )
            },
            Case::Busy => Complaint::new(case.status(), case.outcome(), 4, case.text()),
            Case::Limited => {
                let message =
                    "Application request limit reached: the plan takes no more events a second.";
                Complaint::new(case.status(), case.outcome(), 4, message)
            }
            Case::TooLarge | Case::Slow | Case::Broken => Complaint {
                title: Some("Invalid parameter"),
                text: Some(case.text().to_owned()),
                ..Complaint::new(case.status(), case.outcome(), 100, "Invalid parameter")
            },
            Case::LogAway | Case::Failed => {
                let message = "An unexpected error has occurred. Please retry your request later.";
                Complaint::new(case.status(), case.outcome(), 2, message)
            }
        }
    }
}

complains_by_case!(Complaint);

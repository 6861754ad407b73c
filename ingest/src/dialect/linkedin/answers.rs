//! LinkedIn's answers: a status for each event of a batch. Its client cannot read a batch's answer of any other status than
//! 200. None repeats anything of the request.

use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use stratum_models::directory::AccessRefusal;
use stratum_models::rejection::RejectReason;
use stratum_wire::decode::Malformed;
use stratum_wire::dialect::Fault;
use stratum_wire::dialect::linkedin::Shape;

use crate::dialect::case::{self, Case, complains_by_case};
use crate::receive;
use crate::telemetry::Outcome;

/// A parameter is wrong, or who asks may not.
const INVALID: u32 = 100;
/// Who asks is not known.
const UNKNOWN_TOKEN: u32 = 65_600;
/// Who asked is not known any more.
const REVOKED_TOKEN: u32 = 65_601;
/// Of what LinkedIn has no number for.
const UNNUMBERED: u32 = 0;

/// The answer to a request all of whose events were taken.
pub(super) fn accepted(is_batch: bool, events: usize) -> Response {
    if is_batch {
        let elements = vec![json!({"status": 201}); events];
        return case::json(StatusCode::OK, json!({"elements": elements}).to_string());
    }
    // An event has no id to ask for later.
    const ID: HeaderName = HeaderName::from_static("x-restli-id");
    (StatusCode::CREATED, [(ID, HeaderValue::from_static("0"))]).into_response()
}

/// The fate of an event.
#[derive(Clone, Debug)]
pub(super) struct Element {
    status: StatusCode,
    message: String,
}

impl Element {
    /// An event by what is wrong with its dataset, or with it.
    pub(super) fn of(
        index: usize,
        refusal: Option<AccessRefusal>,
        fault: Option<Fault>,
    ) -> Element {
        match (refusal, fault) {
            (Some(refusal), _) => {
                let case = Case::from(refusal);
                Element { status: case.status(), message: case.text().to_owned() }
            }
            (None, Some(fault)) => {
                let status = match fault.reason {
                    RejectReason::MissingField => StatusCode::UNPROCESSABLE_ENTITY,
                    _ => StatusCode::BAD_REQUEST,
                };
                let path = fault.field.replace('.', "/");
                Element {
                    status,
                    message: format!("Index: {index}, ERROR :: /{path} :: field {fault}"),
                }
            }
            (None, None) => Element { status: StatusCode::CREATED, message: String::new() },
        }
    }

    /// Whether it was taken.
    pub(super) fn is_created(&self) -> bool {
        self.status == StatusCode::CREATED
    }

    fn error(&self) -> Value {
        let (status, code) = (self.status.as_u16(), INVALID);
        json!({"status": status, "serviceErrorCode": code, "message": self.message})
    }

    fn told(&self) -> Value {
        if self.is_created() {
            return json!({"status": 201});
        }
        json!({"status": self.status.as_u16(), "error": self.error()})
    }
}

/// Why a request, or a part of it, was not taken, as LinkedIn would say it.
#[derive(Clone, Debug)]
pub(super) struct Complaint {
    status: StatusCode,
    outcome: Outcome,
    code: u32,
    message: String,
    /// The fate of each event, where some were taken or could have been.
    elements: Vec<Element>,
}

impl Complaint {
    fn refused(status: StatusCode, message: String) -> Complaint {
        let (outcome, elements) = (Outcome::Refused, Vec::new());
        Complaint { status, outcome, code: INVALID, message, elements }
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

    /// Not all of its events were taken.
    pub(super) fn elements(shape: Shape, elements: Vec<Element>) -> Complaint {
        match (shape, elements.first()) {
            (Shape::Event, Some(one)) => Complaint::refused(one.status, one.message.clone()),
            _ => Complaint { elements, ..Complaint::refused(StatusCode::OK, String::new()) },
        }
    }

    pub(super) fn into_response(self) -> Response {
        if !self.elements.is_empty() {
            let elements: Vec<Value> = self.elements.iter().map(Element::told).collect();
            return case::json(self.status, json!({"elements": elements}).to_string());
        }
        let status = self.status.as_u16();
        let body = json!({
            "status": status, "serviceErrorCode": self.code, "message": self.message,
        });
        case::json(self.status, body.to_string())
    }
}

impl receive::Complaint for Complaint {
    fn outcome(&self) -> Outcome {
        self.outcome
    }

    fn rows_taken(&self) -> usize {
        self.elements.iter().filter(|one| one.is_created()).count()
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
            Case::NoKey | Case::UnknownKey => UNKNOWN_TOKEN,
            Case::RevokedKey => REVOKED_TOKEN,
            Case::WrongScope | Case::UnknownDataset => INVALID,
            Case::TooLarge | Case::Slow | Case::Broken => INVALID,
            Case::Limited | Case::Busy | Case::LogAway | Case::Failed => UNNUMBERED,
        };
        let (status, outcome) = (case.status(), case.outcome());
        Complaint { outcome, code, ..Complaint::refused(status, case.text().to_owned()) }
    }
}

complains_by_case!(Complaint);

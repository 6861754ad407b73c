//! TikTok's answers. It tells its own errors with status 200 and a code; its SDKs raise on every code but 0 and
//! show their caller `message`, `request_id` and `data`. None repeats anything of the request.

use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use stratum_wire::decode::Malformed;
use stratum_wire::dialect::Fault;
use stratum_wire::dialect::tiktok::Shape;

use crate::dialect::case::{self, Case, complains_by_case};
use crate::receive::{self, TraceId};
use crate::telemetry::Outcome;

/// No permission for what was asked.
const NO_PERMISSION: u32 = 40_001;
/// A parameter is wrong.
const INVALID_PARAMETER: u32 = 40_002;
/// Too many requests.
const TOO_MANY: u32 = 40_100;
/// The access token is wrong or revoked.
const BAD_TOKEN: u32 = 40_105;
/// A fault at the other end.
const INTERNAL: u32 = 50_000;

#[derive(Serialize)]
struct Envelope<'a> {
    code: u32,
    message: &'a str,
    request_id: &'a str,
    data: Data,
}

#[derive(Serialize)]
struct Data {}

fn answer(status: StatusCode, code: u32, message: &str, trace: TraceId) -> Response {
    let envelope = Envelope { code, message, request_id: trace.as_str(), data: Data {} };
    // Only texts and numbers: it cannot fail to be written.
    case::json(status, serde_json::to_string(&envelope).unwrap_or_default())
}

/// The answer to a request that was taken.
pub(super) fn accepted(trace: TraceId) -> Response {
    answer(StatusCode::OK, 0, "OK", trace)
}

/// Why a request was not taken, as TikTok would say it.
#[derive(Debug)]
pub(super) struct Complaint {
    status: StatusCode,
    outcome: Outcome,
    code: u32,
    message: String,
}

impl Complaint {
    fn refused(status: StatusCode, message: String) -> Complaint {
        Complaint { status, outcome: Outcome::Refused, code: INVALID_PARAMETER, message }
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

    /// The request as a whole, or its event `event`, has this fault: `data.3.properties.value: must be …`.
    pub(super) fn fault(shape: Shape, event: Option<usize>, fault: &Fault) -> Complaint {
        let list = match shape {
            Shape::PixelBatch => "Batch",
            Shape::Events | Shape::Pixel => shape.list(),
        };
        let mut path = String::new();
        match event {
            Some(index) if !list.is_empty() => path = format!("{list}.{index}"),
            _ => {}
        }
        if !fault.field.is_empty() {
            let dot = if path.is_empty() { "" } else { "." };
            path = format!("{path}{dot}{}", fault.field);
        }
        let place = if path.is_empty() { "body" } else { &path };
        Complaint::refused(StatusCode::OK, format!("{place}: {fault}"))
    }

    pub(super) fn into_response(self, trace: TraceId) -> Response {
        answer(self.status, self.code, &self.message, trace)
    }
}

impl receive::Complaint for Complaint {
    fn outcome(&self) -> Outcome {
        self.outcome
    }
}

impl From<Malformed> for Complaint {
    fn from(malformed: Malformed) -> Complaint {
        Complaint::fault(Shape::Pixel, None, &Fault::malformed("", malformed))
    }
}

impl From<Case> for Complaint {
    fn from(case: Case) -> Complaint {
        let code = match case {
            Case::NoKey | Case::UnknownKey | Case::RevokedKey => BAD_TOKEN,
            Case::WrongScope | Case::UnknownDataset => NO_PERMISSION,
            Case::Limited => TOO_MANY,
            Case::TooLarge | Case::Slow | Case::Broken => INVALID_PARAMETER,
            Case::Busy | Case::LogAway | Case::Failed => INTERNAL,
        };
        let status = match code {
            BAD_TOKEN | NO_PERMISSION => StatusCode::OK,
            _ => case.status(),
        };
        Complaint { status, outcome: case.outcome(), code, message: case.text().to_owned() }
    }
}

complains_by_case!(Complaint);

//! The cases for which every dialect has words of its own.

use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use stratum_models::directory::AccessRefusal;
use stratum_models::store::{StoreError, StoreErrorKind};

use crate::receive::Denied;
use crate::telemetry::Outcome;

/// Why a request is not taken, where nothing in it needs to be named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    /// It has no key.
    NoKey,
    /// There is no such key.
    UnknownKey,
    /// The key was revoked.
    RevokedKey,
    /// The key is for something else.
    WrongScope,
    /// The key's tenant has no such dataset.
    UnknownDataset,
    /// Too much is being worked on.
    Busy,
    /// The tenant sends more than its plan takes.
    Limited,
    /// The body is over its bound.
    TooLarge,
    /// The body did not arrive in time.
    Slow,
    /// The body was cut short.
    Broken,
    /// The log takes nothing now.
    LogAway,
    /// A fault of ours.
    Failed,
}

impl Case {
    /// The outcome in telemetry.
    pub(crate) fn outcome(self) -> Outcome {
        match self {
            Case::NoKey | Case::UnknownKey | Case::RevokedKey => Outcome::Unauthorized,
            Case::WrongScope | Case::UnknownDataset => Outcome::Unauthorized,
            Case::Busy => Outcome::Overloaded,
            Case::Limited => Outcome::Limited,
            Case::TooLarge | Case::Slow | Case::Broken => Outcome::Refused,
            Case::LogAway | Case::Failed => Outcome::Failed,
        }
    }

    /// The status in HTTP's own terms.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Case::NoKey | Case::UnknownKey | Case::RevokedKey => StatusCode::UNAUTHORIZED,
            Case::WrongScope | Case::UnknownDataset => StatusCode::FORBIDDEN,
            Case::Busy | Case::LogAway => StatusCode::SERVICE_UNAVAILABLE,
            Case::Limited => StatusCode::TOO_MANY_REQUESTS,
            Case::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Case::Slow => StatusCode::REQUEST_TIMEOUT,
            Case::Broken => StatusCode::BAD_REQUEST,
            Case::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The fault, for whoever reads the answer.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Case::NoKey => "The request has no API key.",
            Case::UnknownKey => "The API key is not known.",
            Case::RevokedKey => "The API key was revoked.",
            Case::WrongScope => "The API key may not send events here.",
            Case::UnknownDataset => {
                "The dataset does not exist, or the API key may not send events to it."
            }
            Case::Busy => "Too many events are being taken in. Try again in a moment.",
            Case::Limited => "The plan takes no more events a second. Try again in a moment.",
            Case::TooLarge => "The request body is too large.",
            Case::Slow => "The request body did not arrive in time.",
            Case::Broken => "The request body was cut short.",
            Case::LogAway | Case::Failed => {
                "An unexpected error has occurred. Try again in a moment."
            }
        }
    }
}

impl From<AccessRefusal> for Case {
    fn from(refusal: AccessRefusal) -> Case {
        match refusal {
            AccessRefusal::UnknownKey => Case::UnknownKey,
            AccessRefusal::RevokedKey => Case::RevokedKey,
            AccessRefusal::WrongScope => Case::WrongScope,
            AccessRefusal::UnknownDataset => Case::UnknownDataset,
        }
    }
}

impl From<Denied> for Case {
    fn from(denied: Denied) -> Case {
        match denied {
            Denied::Busy => Case::Busy,
            Denied::Limited => Case::Limited,
            Denied::TooLarge => Case::TooLarge,
            Denied::Slow => Case::Slow,
            Denied::Broken => Case::Broken,
            Denied::Unsealed => Case::LogAway,
            Denied::Panicked => Case::Failed,
        }
    }
}

impl From<StoreError> for Case {
    fn from(error: StoreError) -> Case {
        match error.kind {
            StoreErrorKind::Transient | StoreErrorKind::Busy | StoreErrorKind::Unavailable => {
                Case::LogAway
            }
            StoreErrorKind::Conflict | StoreErrorKind::Invalid | StoreErrorKind::TooLarge => {
                Case::Failed
            }
        }
    }
}

/// Makes a complaint of all that a request may fail by on its way in, where it can be made of a [`Case`] and of
/// a body that cannot be read.
macro_rules! complains_by_case {
    ($complaint:ty) => {
        complains_by_case!(@ $complaint:
            ::stratum_models::directory::AccessRefusal,
            $crate::receive::Denied,
            ::stratum_models::store::StoreError);
    };
    (@ $complaint:ty: $($cause:ty),*) => {
        $(impl From<$cause> for $complaint {
            fn from(cause: $cause) -> $complaint {
                <$complaint>::from($crate::dialect::case::Case::from(cause))
            }
        })*
    };
}
pub(crate) use complains_by_case;

/// An answer in JSON. One that asks to come again says when.
pub(crate) fn json(status: StatusCode, body: impl Into<String>) -> Response {
    const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=UTF-8");
    let mut response = (status, [(CONTENT_TYPE, JSON)], body.into()).into_response();
    if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

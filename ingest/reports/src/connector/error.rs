//! Why a platform did not answer.

use std::time::Duration;

use stratum_models::connector::PullErrorCode;

/// The failure of a question. No text of it holds a credential or an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PullError {
    /// Too much was asked lately.
    #[error("the platform limits how often it is asked")]
    Throttled {
        /// The time to leave it alone.
        retry_after: Duration,
    },
    /// The credentials do not work any more: somebody has to renew them.
    #[error("{message}")]
    Unauthorized {
        /// The remedy, or the platform's message.
        message: String,
    },
    /// These credentials may not read this account, or it is closed; another account may be open.
    #[error("{message}")]
    Forbidden {
        /// The remedy, or the platform's message.
        message: String,
    },
    /// It may work in a moment.
    #[error("{message}")]
    Transient {
        /// The message: what happened.
        message: String,
    },
    /// The answer would be too large, or take too long: ask for fewer days.
    #[error("the platform cannot answer so much at once")]
    TooMuch,
    /// The platform knows the cursor no more: begin the window anew.
    #[error("the platform forgot where the answer was left")]
    Stale,
    /// It will not work like this.
    #[error("{message}")]
    Refused {
        /// The platform's message.
        message: String,
    },
}

impl PullError {
    /// The code in the store and in answers.
    pub const fn code(&self) -> &'static str {
        let code = match self {
            PullError::Throttled { .. } => PullErrorCode::Throttled,
            PullError::Unauthorized { .. } => PullErrorCode::Unauthorized,
            PullError::Forbidden { .. } => PullErrorCode::Forbidden,
            PullError::Transient { .. } => PullErrorCode::Unavailable,
            PullError::TooMuch => PullErrorCode::TooMuch,
            PullError::Stale => PullErrorCode::Stale,
            PullError::Refused { .. } => PullErrorCode::Refused,
        };
        code.as_str()
    }

    pub(super) fn transient(message: impl Into<String>) -> PullError {
        PullError::Transient { message: message.into() }
    }

    pub(super) fn refused(message: impl Into<String>) -> PullError {
        PullError::Refused { message: message.into() }
    }

    pub(super) fn unauthorized(message: impl Into<String>) -> PullError {
        PullError::Unauthorized { message: message.into() }
    }

    pub(super) fn forbidden(message: impl Into<String>) -> PullError {
        PullError::Forbidden { message: message.into() }
    }

    /// Whether it is of the account alone that was asked for.
    pub const fn is_of_account(&self) -> bool {
        matches!(self, PullError::Forbidden { .. } | PullError::Refused { .. })
    }

    /// An answer that is not what is documented.
    pub(super) fn unreadable() -> PullError {
        PullError::transient("the platform's answer cannot be read")
    }
}

//! Faults of a request or one of its events, in words that repeat nothing of it.

use std::fmt;

use stratum_models::rejection::RejectReason;

use crate::decode::Malformed;

/// Why an event, or a request as a whole, is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The stable reason.
    pub reason: RejectReason,
    /// The field at fault within the event or the request, by its path in the dialect (`user_data.em`,
    /// `data`); empty for the whole of it.
    pub field: &'static str,
    /// The form that would have been right, or the fault of a body.
    pub expected: &'static str,
    /// Where in the body, for bodies that cannot be read.
    pub at: Option<usize>,
}

impl Fault {
    /// A field at fault.
    pub const fn of(reason: RejectReason, field: &'static str, expected: &'static str) -> Fault {
        Fault { reason, field, expected, at: None }
    }

    /// A text that cannot be read.
    pub const fn malformed(field: &'static str, malformed: Malformed) -> Fault {
        let at = Some(malformed.at);
        Fault { reason: RejectReason::MalformedBody, field, expected: malformed.what, at }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let expected = self.expected;
        match self.reason {
            RejectReason::MalformedBody => {
                write!(f, "cannot be read: {expected}")?;
                self.at.map_or(Ok(()), |at| write!(f, " at byte {at}"))
            }
            RejectReason::MissingField => f.write_str("is required"),
            RejectReason::WrongType | RejectReason::InvalidValue => {
                write!(f, "must be {expected}")
            }
            RejectReason::TooLong => f.write_str("is too long"),
            _ => f.write_str(expected),
        }
    }
}

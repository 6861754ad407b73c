//! What a platform's answer to a request of handed-on events comes to, whatever the platform.

use std::time::Duration;

/// Why a platform refused events or credentials, in its words, without anybody's data.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlatformRefusal {
    /// Its code.
    pub code: String,
    /// The field that is at fault; empty where none is named.
    pub field: String,
    /// Its text; empty where it may repeat what was sent.
    pub message: String,
    /// Its id of the answer, for its support; empty where there is none.
    pub trace_id: String,
}

/// What is to be done after an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlatformAnswer {
    /// All events were taken.
    Taken {
        /// The platform's id of the answer.
        trace_id: String,
    },
    /// Nothing was taken: what was sent is too much for now.
    Throttled {
        /// How long the platform asks to wait.
        after: Option<Duration>,
    },
    /// Whether anything was taken is not known: the platform, or what stands before it, failed.
    Down {
        /// How long it asks to wait.
        after: Option<Duration>,
    },
    /// Nothing is taken with these credentials.
    NeedsCredentials(PlatformRefusal),
    /// Nothing was taken, for some of the events are at fault.
    Refused {
        /// The places of those that are blamed, in order; none where the answer names none.
        events: Vec<usize>,
        /// Why.
        refusal: PlatformRefusal,
    },
}

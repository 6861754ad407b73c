//! The one error of every store. Callers decide from its kind alone.

use std::fmt;

/// The kind of a store's error, by what may be done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreErrorKind {
    /// May work if tried again in a moment.
    Transient,
    /// Somebody else was first.
    Conflict,
    /// Never works with this input.
    Invalid,
    /// Asks for more than one answer may take: works when it asks for less.
    TooLarge,
    /// Whoever asks has too much under way already.
    Busy,
    /// The store cannot be reached or is not taking work.
    Unavailable,
}

/// A store refused or failed. The text is for operators and holds no row content.
#[derive(Debug, thiserror::Error)]
#[error("{store}: {kind}: {text}")]
pub struct StoreError {
    /// The kind, which says what to do about it.
    pub kind: StoreErrorKind,
    /// Which store: `log`, `warehouse`, `state`.
    pub store: &'static str,
    /// The message, for the log.
    pub text: String,
    /// The error that caused it.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl StoreError {
    /// An error without a cause.
    pub fn new(kind: StoreErrorKind, store: &'static str, text: impl Into<String>) -> StoreError {
        StoreError { kind, store, text: text.into(), source: None }
    }

    /// The same error with its cause.
    #[must_use]
    pub fn caused_by(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Whether trying again may help.
    pub fn may_retry(&self) -> bool {
        use StoreErrorKind::{Busy, Transient, Unavailable};
        matches!(self.kind, Transient | Busy | Unavailable)
    }
}

impl fmt::Display for StoreErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            StoreErrorKind::Transient => "transient",
            StoreErrorKind::Conflict => "conflict",
            StoreErrorKind::Invalid => "invalid",
            StoreErrorKind::TooLarge => "too large",
            StoreErrorKind::Busy => "busy",
            StoreErrorKind::Unavailable => "unavailable",
        })
    }
}

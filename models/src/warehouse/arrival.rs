//! Arrivals: the rows that came in, as the warehouse counts and shows them.

use crate::dialect::Dialect;
use crate::identifier::IdentifierMask;
use crate::platform::{ActionSource, Platform};
use crate::rejection::{RejectReason, RowKind};
use crate::time::UnixMillis;

/// Counts of the rows that came in and of their fates. `received = landed + duplicate + rejected`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IngestCount {
    /// The platform; `None` for events of a dialect that is of no platform, and for refused rows that name none
    /// that is known.
    pub platform: Option<Platform>,
    /// The dataset, or the ad account's place holder.
    pub dataset_id: String,
    /// Events or ad reports.
    pub kind: RowKind,
    /// All of them.
    pub received: u64,
    /// Counted in the metrics.
    pub landed: u64,
    /// Seen before.
    pub duplicate: u64,
    /// Refused.
    pub rejected: u64,
    /// When the newest of them was received.
    pub newest_received_at: UnixMillis,
}

/// Refused rows by reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectionCount {
    /// The dialect they came in; `None` for ad reports.
    pub dialect: Option<Dialect>,
    /// The platform; `None` where they name none that is known.
    pub platform: Option<Platform>,
    /// The dataset.
    pub dataset_id: String,
    /// Rows, or fields of events that were taken without them.
    pub kind: RowKind,
    /// Why.
    pub reason: RejectReason,
    /// The field at fault.
    pub field: String,
    /// The number of rows.
    pub rows: u64,
}

/// The newest data of a platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// The platform; `None` for events of a dialect that is of no platform.
    pub platform: Option<Platform>,
    /// When the newest landed event was received.
    pub events_received_at: Option<UnixMillis>,
    /// When the newest ad report was received.
    pub reports_received_at: Option<UnixMillis>,
    /// The newest day an ad report is for.
    pub reports_until: Option<crate::time::Day>,
}

/// The length of a step of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArrivalStep {
    /// A minute.
    Minute,
    /// An hour.
    Hour,
}

impl ArrivalStep {
    /// The step's length in milliseconds.
    pub const fn ms(self) -> i64 {
        match self {
            ArrivalStep::Minute => 60_000,
            ArrivalStep::Hour => 3_600_000,
        }
    }
}

/// Events that were received within one step of time. Duplicates are not kept by minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArrivalCount {
    /// The first instant of the step.
    pub at: UnixMillis,
    /// Counted in the metrics.
    pub landed: u64,
    /// Refused.
    pub rejected: u64,
}

/// Which of the newest events.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RecentQuery {
    /// Received after this instant.
    pub after: UnixMillis,
    /// Of one dataset, by the platform's id.
    pub dataset_id: Option<String>,
    /// So many at most.
    pub limit: u32,
}

/// An event that was received, without anything that tells of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecentRow {
    /// When it was received.
    pub received_at: UnixMillis,
    /// The dialect it came in.
    pub dialect: Option<Dialect>,
    /// The row's platform; `None` for events of a dialect that is of no platform.
    pub platform: Option<Platform>,
    /// The row's dataset.
    pub dataset_id: String,
    /// The event's name; empty where a refused one names none.
    pub event_name: String,
    /// The fate of the row.
    pub fate: RecentFate,
}

/// The fate of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecentFate {
    /// It counts.
    Landed {
        /// When it happened.
        event_time: UnixMillis,
        /// The sender's id of it.
        event_id: Option<String>,
        /// Where it happened.
        action_source: ActionSource,
        /// The event's usable identifiers.
        valid: IdentifierMask,
        /// Whether its sender marked it as a test.
        test: bool,
    },
    /// It was refused.
    Refused {
        /// Why.
        reason: RejectReason,
        /// The field at fault; empty when it is the whole row.
        field: String,
        /// The number of rows of its request that were refused for this.
        rows: u64,
    },
}

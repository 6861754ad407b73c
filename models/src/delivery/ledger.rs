//! The ledger of deliveries: how far each destination has come in the log, and what became of its events.
//!
//! A destination has *ranges* of the partition that its dataset lies in. Its live range has no end; what it
//! was too slow for, or away for, is a gap, and what somebody asked for once more is a replay. Whoever owns a
//! partition works on its ranges and settles what was done; an owner from before settles nothing any more.

use async_trait::async_trait;

use super::latency::LatencyHistogram;
use crate::id::{DestinationId, TenantId};
use crate::log::{Offset, PartitionId};
use crate::name_set;
use crate::platform::coded;
use crate::scope::TenantScope;
use crate::store::StoreError;
use crate::time::UnixMillis;

/// Ranges that a destination has at most: skipping makes room by joining gaps.
pub const RANGES_MAX: usize = 64;
/// Requests of a destination that are remembered, the newest.
pub const REQUESTS_KEPT: usize = 100;

coded! {
    /// What a range is for.
    RangeKind {
        /// What comes in from now on; it has no end.
        Live = 1 "live",
        /// What the live range did not wait for.
        Gap = 2 "gap",
        /// What is to be handed on once more.
        Replay = 3 "replay",
    }
}

coded! {
    /// What became of an event at a destination.
    DeliveryOutcome {
        /// The platform took it.
        Delivered = 1 "delivered",
        /// The platform refused it for good.
        Rejected = 2 "rejected",
        /// It was tried as often as it may be.
        Exhausted = 3 "exhausted",
        /// The destination does not want it.
        Filtered = 4 "filtered",
        /// Its person was erased, or did not consent.
        Suppressed = 5 "suppressed",
        /// The destination got it before.
        Duplicate = 6 "duplicate",
        /// It grew too old, or the log gave it up.
        Expired = 7 "expired",
    }
}

/// A range, as the ledger numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RangeId(pub u64);

/// A stretch of a partition that a destination is to be served from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryRange {
    /// Its number.
    pub id: RangeId,
    /// Whom it serves.
    pub destination: DestinationId,
    /// What it is for.
    pub kind: RangeKind,
    /// The first record that is not settled.
    pub next: Offset,
    /// The record it ends before; `None` of a live one.
    pub to: Option<Offset>,
    /// When it may be worked on.
    pub not_before: UnixMillis,
}

/// The right to settle ranges of a partition. A later one of the same partition ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ownership {
    /// The partition.
    pub partition: PartitionId,
    /// Grows with every owner.
    pub epoch: u64,
}

/// Events of a destination that had one outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutcomeCount {
    /// The hour they were settled in, its beginning.
    pub hour: UnixMillis,
    /// Their name.
    pub event_name: String,
    /// What became of them.
    pub outcome: DeliveryOutcome,
    /// The platform's code, or ours; empty where there is none.
    pub code: String,
    /// How many.
    pub events: u64,
    /// How often they were sent, all together.
    pub tries: u64,
    /// How long they took from receipt to their end.
    pub latency: LatencyHistogram,
}

/// Events of one record that a destination will not get by itself. They stay in the log; this tells where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// The record.
    pub offset: Offset,
    /// Their places in it, in order.
    pub rows: Vec<u32>,
    /// Why.
    pub outcome: DeliveryOutcome,
    /// The platform's code, or ours.
    pub code: String,
    /// The field that is at fault; empty where none was named.
    pub field: String,
    /// What the platform says, without anybody's data.
    pub message: String,
    /// The platform's id of the answer, for its support; empty where there is none.
    pub trace_id: String,
    /// How often they were tried.
    pub tries: u32,
    /// Until when they can be handed on once more.
    pub replayable_until: UnixMillis,
}

name_set! {
    /// What a request came to.
    RequestOutcome {
        /// The platform took its events.
        Taken = "taken",
        /// The platform has too much for now.
        Throttled = "throttled",
        /// The platform failed, or did not answer whole and in time.
        Unavailable = "unavailable",
        /// The platform does not accept the credentials.
        NeedsCredentials = "needs_credentials",
        /// The platform refused the events.
        Refused = "refused",
    }
}

/// A request to a platform, without what it carried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryRequest {
    /// When it was sent.
    pub at: UnixMillis,
    /// Events in it.
    pub events: u32,
    /// Bytes of its body.
    pub bytes: u64,
    /// The status of the answer; `None` where none came.
    pub status: Option<u16>,
    /// Milliseconds until the answer was there.
    pub took_ms: u64,
    /// What it came to.
    pub outcome: RequestOutcome,
    /// The platform's code; empty where there is none.
    pub code: String,
    /// What the platform says, without anybody's data.
    pub message: String,
    /// The platform's id of the answer, for its support; empty where there is none.
    pub trace_id: String,
}

name_set! {
    /// How a destination does.
    LaneState {
        /// Its events are worked on.
        Working = "working",
        /// The platform wants to be left alone; it goes on by itself.
        Throttled = "throttled",
        /// The platform does not answer, or fails; it is tried again by itself.
        Failing = "failing",
        /// The platform does not accept the credentials; events wait for new ones.
        NeedsCredentials = "needs_credentials",
        /// The platform refuses one event after the other alike; events wait until the destination is changed.
        Misconfigured = "misconfigured",
    }
}

/// How a destination does, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryHealth {
    /// How.
    pub state: LaneState,
    /// The platform's code; empty where there is none.
    pub code: String,
    /// What the platform says, without anybody's data.
    pub message: String,
    /// When it goes on by itself, where it waits.
    pub retry_at: Option<UnixMillis>,
    /// Since when this holds.
    pub since: UnixMillis,
}

/// What was done of a range. All of it counts, or nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// The range.
    pub range: RangeId,
    /// Where it stood.
    pub from: Offset,
    /// Where it stands now. A range that has come to its end is gone.
    pub next: Offset,
    /// What became of the events in between.
    pub counts: Vec<OutcomeCount>,
    /// Those of them that were given up.
    pub dead_letters: Vec<DeadLetter>,
    /// The requests that were sent.
    pub requests: Vec<DeliveryRequest>,
    /// How the destination does now; `None` where that is as it was.
    pub health: Option<DeliveryHealth>,
}

/// Why nothing was settled.
#[derive(Debug, thiserror::Error)]
pub enum SettleError {
    /// Another has the partition now: this owner is to stop.
    #[error("the partition has another owner")]
    Fenced,
    /// A range does not stand where it was said to, or is gone.
    #[error("the range {0:?} stands elsewhere")]
    Moved(RangeId),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The ledger of deliveries.
#[async_trait]
pub trait DeliveryLedger: Send + Sync {
    /// Takes a partition over from whoever owned it. From then on only this owner settles.
    async fn own(&self, partition: PartitionId) -> Result<Ownership, StoreError>;

    /// The ranges of an owned partition, in the order of their numbers.
    async fn ranges(&self, owned: Ownership) -> Result<Vec<DeliveryRange>, SettleError>;

    /// Gives a destination a live range that begins at `at`, as when it is switched on; one that it has is
    /// left as it is.
    async fn start(
        &self,
        tenant: TenantId,
        destination: DestinationId,
        partition: PartitionId,
        at: Offset,
    ) -> Result<(), StoreError>;

    /// Moves a live range on to `to` and leaves what lies between as a gap, joined to one that ends where it
    /// begins. Where the destination has [`RANGES_MAX`] ranges, its last gap is made to reach to `to`: what
    /// was settled in between is handed on and counted once more. A range that is not live, or stands at
    /// `to` or behind it, stays as it is.
    async fn skip(&self, owned: Ownership, range: RangeId, to: Offset) -> Result<(), SettleError>;

    /// Asks for a stretch once more, from `from` on and before `to`, not before that time. `Invalid` where it
    /// is empty, where the destination is another tenant's or was never started, or where the only place left is
    /// that of a gap.
    async fn replay(
        &self,
        scope: TenantScope,
        destination: DestinationId,
        (from, to): (Offset, Offset),
        not_before: UnixMillis,
    ) -> Result<RangeId, StoreError>;

    /// Settles ranges, each of them once: all together or none.
    async fn settle(
        &self,
        owned: Ownership,
        settlements: Vec<Settlement>,
    ) -> Result<(), SettleError>;

    /// The first record of a partition that some range has still to come to; `None` where there is no range.
    async fn unsettled(&self, partition: PartitionId) -> Result<Option<Offset>, StoreError>;

    /// What became of the events of a destination in hours from `from` on and before `to`, of equal hour,
    /// name, outcome and code added up, in that order.
    async fn counts(
        &self,
        scope: TenantScope,
        destination: DestinationId,
        (from, to): (UnixMillis, UnixMillis),
    ) -> Result<Vec<OutcomeCount>, StoreError>;

    /// The dead letters of a destination, the newest first, at most so many.
    async fn dead_letters(
        &self,
        scope: TenantScope,
        destination: DestinationId,
        count_max: usize,
    ) -> Result<Vec<DeadLetter>, StoreError>;

    /// The ranges of a destination, in the order of their numbers.
    async fn ranges_of(
        &self,
        scope: TenantScope,
        destination: DestinationId,
    ) -> Result<Vec<DeliveryRange>, StoreError>;

    /// The last requests to a destination, the newest first, at most [`REQUESTS_KEPT`].
    async fn requests(
        &self,
        scope: TenantScope,
        destination: DestinationId,
    ) -> Result<Vec<DeliveryRequest>, StoreError>;

    /// How a destination does; `None` before that was told.
    async fn health(
        &self,
        scope: TenantScope,
        destination: DestinationId,
    ) -> Result<Option<DeliveryHealth>, StoreError>;

    /// Forgets dead letters that cannot be handed on once more any longer; how many.
    async fn forget_dead_letters(&self, now: UnixMillis) -> Result<u64, StoreError>;
}

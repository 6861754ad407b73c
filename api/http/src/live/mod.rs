//! The live stream: hints of the log's `updates`, handed on to whoever watches.
//!
//! A process reads the topic once, as a group of its own, whatever the number of its clients: so
//! several processes each tell their own. What it read last is kept for those who come back; each
//! client has a place in its tenant's channel and no queue of its own. One that falls too far behind,
//! or comes back too late, is told to look at everything again (`resync`).

pub mod event;
pub mod hub;
pub mod follow;
pub mod seal;

use serde::{Deserialize, Serialize};

pub use follow::follow;
pub use hub::{Hub, LIVE_STREAMS, Signal, Since, UpdateId, Watch};
pub use seal::UpdateSeal;

/// Bounds of the live stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LiveConfig {
    /// Streams of this process at the same time; more are refused with 429.
    pub streams_max: usize,
    /// Those of one tenant.
    pub streams_per_tenant_max: usize,
    /// A stream on which nothing was said for this long says so.
    pub heartbeat_ms: u64,
    /// Updates kept for those who come back.
    pub history_max: usize,
    /// Updates of a tenant that a slow client may be behind, before it has to look at everything again.
    pub behind_max: usize,
    /// The time that one who comes back waits for a process that has just started.
    pub history_wait_ms_max: u64,
    /// The time between two looks at whether the caller may still watch, or be sent the rest of an export.
    pub recheck_ms: u64,
}

impl Default for LiveConfig {
    fn default() -> Self {
        LiveConfig {
            streams_max: 5_000,
            streams_per_tenant_max: 1_000,
            heartbeat_ms: 15_000,
            history_max: 4_096,
            behind_max: 256,
            history_wait_ms_max: 2_000,
            recheck_ms: 500,
        }
    }
}

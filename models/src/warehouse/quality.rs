//! Match quality of events, as the warehouse counts it.

use crate::identifier::{IdentifierKey, IdentifierMask, InvalidReason};
use crate::platform::{ActionSource, Channel, Platform};
use crate::time::{Day, UnixMillis};

/// Which match-quality counts are asked for. Hours are those of the events' own times.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MatchQualityQuery {
    /// From this hour on.
    pub from: UnixMillis,
    /// Before this instant.
    pub until: UnixMillis,
    /// Of one platform.
    pub platform: Option<Platform>,
    /// Of one dataset.
    pub dataset_id: Option<String>,
    /// Of one event name.
    pub event_name: Option<String>,
}

/// Events that share a mask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaskCount {
    /// Their platform; `None` for events of a dialect that is of no platform.
    pub platform: Option<Platform>,
    /// Their dataset.
    pub dataset_id: String,
    /// Their name.
    pub event_name: String,
    /// Where they happened.
    pub action_source: ActionSource,
    /// Who sent them.
    pub channel: Channel,
    /// Their usable identifiers.
    pub valid: IdentifierMask,
    /// Their unusable identifiers.
    pub invalid: IdentifierMask,
    /// The number of events.
    pub events: u64,
}

/// Events of a dataset by what repairs brought them, or would bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarkCount {
    /// The hour they happened in; `None` where hours were not asked for.
    pub hour: Option<UnixMillis>,
    /// The version of the tracking configuration they were treated with; 0 where it was not counted yet.
    pub config_version: u32,
    /// Where they happened.
    pub action_source: ActionSource,
    /// Their usable identifiers.
    pub valid: IdentifierMask,
    /// Those of them that are usable only by the repairs in force.
    pub derived: IdentifierMask,
    /// The identifiers that a repair which was not in force would have made usable.
    pub derivable: IdentifierMask,
    /// The number of events.
    pub events: u64,
}

/// Events with an unusable identifier, by reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidCount {
    /// Their platform; `None` for events of a dialect that is of no platform.
    pub platform: Option<Platform>,
    /// The identifier.
    pub key: IdentifierKey,
    /// The reason why it is unusable.
    pub reason: InvalidReason,
    /// The number of events.
    pub events: u64,
}

/// Events of a day that share the mask of their usable identifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaskDay {
    /// The day, in the zone that was asked for.
    pub day: Day,
    /// Their platform; `None` for events of a dialect that is of no platform.
    pub platform: Option<Platform>,
    /// Where they happened.
    pub action_source: ActionSource,
    /// Their usable identifiers.
    pub valid: IdentifierMask,
    /// The number of events.
    pub events: u64,
}

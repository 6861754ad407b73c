//! The rules for a message that could be read. Segment has none; these keep what cannot be an event out.

use stratum_models::time::UnixMillis;

use super::super::rules::{self, missing, untimely};
use super::super::{EventScan, Fault};
use crate::limits::RowLimits;

/// Days that an event may be old.
const AGE_DAYS_MAX: i64 = 90;

/// The event's fault, if any: one found while reading it, or a rule it breaks.
pub fn judge(event: &EventScan<'_>, now: UnixMillis, limits: &RowLimits) -> Option<Fault> {
    let unnamed = || event.event_name.is_none().then(|| missing("event")).flatten();
    let late = || untimely(event, "timestamp", AGE_DAYS_MAX, now, limits);
    event.fault.or_else(unnamed).or_else(late)
}

/// The fault for which the value of an event cannot be kept; the event is taken without it.
pub fn value_refused(event: &EventScan<'_>) -> Option<Fault> {
    rules::value_refused(event, "properties.currency")
}

//! The Measurement Protocol's rules for an event that could be read.

use stratum_models::rejection::RejectReason;
use stratum_models::time::UnixMillis;

use super::super::rules::{self, missing, untimely};
use super::super::{EventScan, Fault};
use crate::limits::RowLimits;

/// Events of one request.
pub(super) const EVENTS_MAX: usize = 25;
/// Days that an event may be old.
pub(super) const AGE_DAYS_MAX: i64 = 3;

/// The event's fault, if any: one found while reading it, or a rule it breaks. `index` is its
/// place in the request; an event without a time happens now.
pub fn judge(
    event: &EventScan<'_>,
    index: usize,
    now: UnixMillis,
    limits: &RowLimits,
) -> Option<Fault> {
    const TOO_MANY: &str = "is beyond the 25 events of a request";
    let beyond = index >= EVENTS_MAX;
    let beyond = beyond.then(|| Fault::of(RejectReason::TooManyRows, "", TOO_MANY));
    let required = || match event {
        EventScan { has_user_data: false, .. } => missing("client_id"),
        EventScan { event_name: None, .. } => missing("name"),
        _ => None,
    };
    let age_days_max = AGE_DAYS_MAX.min(limits.event_age_days_max);
    let late = || untimely(event, "timestamp_micros", age_days_max, now, limits);
    beyond.or(event.fault).or_else(required).or_else(late)
}

/// The fault for which the value of an event cannot be kept; the event is taken without it.
pub fn value_refused(event: &EventScan<'_>) -> Option<Fault> {
    rules::value_refused(event, "params.currency")
}

//! TikTok's rules for an event that could be read.

use stratum_models::platform::ActionSource;
use stratum_models::time::UnixMillis;

use super::super::rules::{self, missing, untimely};
use super::super::{EventScan, Fault};
use super::Shape;
use crate::limits::RowLimits;

/// Days that a sale in a shop may be old.
const OFFLINE_AGE_DAYS_MAX: i64 = 28;

/// The event's fault, if any: one found while reading it, or a rule it breaks.
pub fn judge(
    event: &EventScan<'_>,
    shape: Shape,
    now: UnixMillis,
    limits: &RowLimits,
) -> Option<Fault> {
    let age_days_max = match event.action_source {
        Some(ActionSource::PhysicalStore) => {
            limits.store_event_age_days_max.min(OFFLINE_AGE_DAYS_MAX)
        }
        _ => limits.event_age_days_max,
    };
    let time = if shape == Shape::Events { "event_time" } else { "timestamp" };
    let required = || match event {
        EventScan { event_name: None, .. } => missing("event"),
        EventScan { event_time: None, .. } => missing(time),
        _ => None,
    };
    event.fault.or_else(required).or_else(|| untimely(event, time, age_days_max, now, limits))
}

/// The fault for which the value of an event cannot be kept; the event is taken without it.
pub fn value_refused(event: &EventScan<'_>) -> Option<Fault> {
    rules::value_refused(event, "properties.currency")
}

//! Pinterest's rules for an event that could be read.

use stratum_models::identifier::{IdentifierKey as Key, IdentifierMask};
use stratum_models::rejection::RejectReason;
use stratum_models::time::UnixMillis;

use super::super::rules::{self, missing, untimely};
use super::super::{EventScan, Fault};
use crate::limits::RowLimits;

/// An event needs all identifiers of one of these.
const ENOUGH: [IdentifierMask; 3] = [
    IdentifierMask::of(&[Key::Email]),
    IdentifierMask::of(&[Key::MobileAdId]),
    IdentifierMask::of(&[Key::ClientIp, Key::UserAgent]),
];

/// The event's fault, if any: one found while reading it, or a rule it breaks.
pub fn judge(event: &EventScan<'_>, now: UnixMillis, limits: &RowLimits) -> Option<Fault> {
    let late = || untimely(event, "event_time", limits.event_age_days_max, now, limits);
    event.fault.or_else(|| required(event)).or_else(late).or_else(|| identifiable(event))
}

fn required(event: &EventScan<'_>) -> Option<Fault> {
    match event {
        EventScan { event_name: None, .. } => missing("event_name"),
        EventScan { action_source: None, .. } => missing("action_source"),
        EventScan { event_time: None, .. } => missing("event_time"),
        EventScan { event_id: None, .. } => missing("event_id"),
        EventScan { has_user_data: false, .. } => missing("user_data"),
        _ => None,
    }
}

fn identifiable(event: &EventScan<'_>) -> Option<Fault> {
    const EXPECTED: &str = "needs em, hashed_maids, or client_ip_address with client_user_agent";
    let enough = ENOUGH.iter().any(|enough| event.sent.contains(*enough));
    (!enough).then(|| Fault::of(RejectReason::InsufficientIdentifiers, "user_data", EXPECTED))
}

/// The fault for which the value of an event cannot be kept; the event is taken without it.
pub fn value_refused(event: &EventScan<'_>) -> Option<Fault> {
    rules::value_refused(event, "custom_data.currency")
}

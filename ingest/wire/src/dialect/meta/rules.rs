//! Meta's rules for an event that could be read.

use stratum_models::event::PURCHASE;
use stratum_models::identifier::{IdentifierKey as Key, IdentifierMask};
use stratum_models::platform::ActionSource;
use stratum_models::rejection::RejectReason;
use stratum_models::time::UnixMillis;

use super::super::rules::{self, missing, untimely};
use super::super::{EventScan, Fault};
use crate::limits::RowLimits;

/// Identifiers that match nobody when an event has no others.
const TOO_WEAK: [IdentifierMask; 4] = [
    IdentifierMask::of(&[
        Key::City,
        Key::Country,
        Key::State,
        Key::Zip,
        Key::Gender,
        Key::UserAgent,
    ]),
    IdentifierMask::of(&[Key::BirthDate, Key::UserAgent]),
    IdentifierMask::of(&[Key::FirstName, Key::Gender]),
    IdentifierMask::of(&[Key::LastName, Key::Gender]),
];

/// The event's fault, if any: one found while reading it, or a rule it breaks.
pub fn judge(event: &EventScan<'_>, now: UnixMillis, limits: &RowLimits) -> Option<Fault> {
    event
        .fault
        .or_else(|| required(event))
        .or_else(|| timely(event, now, limits))
        .or_else(|| worth(event))
        .or_else(|| identifiable(event))
}

fn required(event: &EventScan<'_>) -> Option<Fault> {
    match event {
        EventScan { event_name: None, .. } => missing("event_name"),
        EventScan { event_time: None, .. } => missing("event_time"),
        EventScan { action_source: None, .. } => missing("action_source"),
        EventScan { has_user_data: false, .. } => missing("user_data"),
        _ => None,
    }
}

fn timely(event: &EventScan<'_>, now: UnixMillis, limits: &RowLimits) -> Option<Fault> {
    let age_days_max = match event.action_source {
        Some(ActionSource::PhysicalStore) => limits.store_event_age_days_max,
        _ => limits.event_age_days_max,
    };
    untimely(event, "event_time", age_days_max, now, limits)
}

/// Of a purchase Meta requires a value and its currency.
fn worth(event: &EventScan<'_>) -> Option<Fault> {
    const NO_VALUE: &str = "is required of a purchase";
    if event.event_name != Some(PURCHASE) {
        return None;
    }
    match event.value_micros {
        None => Some(Fault::of(RejectReason::MissingPurchaseValue, "custom_data.value", NO_VALUE)),
        Some(_) => value_refused(event),
    }
}

/// The fault for which the value of an event cannot be kept. An event that is no purchase is taken without it.
pub fn value_refused(event: &EventScan<'_>) -> Option<Fault> {
    rules::value_refused(event, "custom_data.currency")
}

fn identifiable(event: &EventScan<'_>) -> Option<Fault> {
    const EXPECTED: &str = "identifies nobody: add an e-mail, a phone, an external id, a click or \
        browser id, or an IP address";
    let weak = !event.other_user_data && TOO_WEAK.iter().any(|weak| weak.contains(event.sent));
    weak.then(|| Fault::of(RejectReason::InsufficientIdentifiers, "user_data", EXPECTED))
}

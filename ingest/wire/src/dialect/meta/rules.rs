//! Meta's rules for an event that could be read.

use stratum_models::event::PURCHASE;
use stratum_models::identifier::{IdentifierKey as Key, IdentifierMask};
use stratum_models::platform::ActionSource;
use stratum_models::rejection::RejectReason;
use stratum_models::time::{DAY_MS, UnixMillis};

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

/// What is wrong with the event, if anything: a fault found while reading it, or a rule it breaks.
pub fn judge(event: &EventScan<'_>, now: UnixMillis, limits: &RowLimits) -> Option<Fault> {
    event
        .fault
        .or_else(|| required(event))
        .or_else(|| timely(event, now, limits))
        .or_else(|| worth(event))
        .or_else(|| identifiable(event))
}

fn required(event: &EventScan<'_>) -> Option<Fault> {
    let missing = |field| Some(Fault::of(RejectReason::MissingField, field, ""));
    match event {
        EventScan { event_name: None, .. } => missing("event_name"),
        EventScan { event_time: None, .. } => missing("event_time"),
        EventScan { action_source: None, .. } => missing("action_source"),
        EventScan { has_user_data: false, .. } => missing("user_data"),
        _ => None,
    }
}

fn timely(event: &EventScan<'_>, now: UnixMillis, limits: &RowLimits) -> Option<Fault> {
    const TOO_OLD: &str = "lies too far in the past; the whole request is refused";
    const IN_FUTURE: &str = "lies in the future";
    let age_days_max = match event.action_source {
        Some(ActionSource::PhysicalStore) => limits.store_event_age_days_max,
        _ => limits.event_age_days_max,
    };
    let age_ms = now.0.saturating_sub(event.event_time?.0);
    if age_ms > age_days_max * DAY_MS {
        Some(Fault::of(RejectReason::TooOld, "event_time", TOO_OLD))
    } else if age_ms < -limits.clock_skew_ms_max {
        Some(Fault::of(RejectReason::InFuture, "event_time", IN_FUTURE))
    } else {
        None
    }
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

/// The fault for which the value of an event cannot be kept, `None` where it can: without a currency an
/// amount says nothing. An event that is no purchase is taken without it.
pub fn value_refused(event: &EventScan<'_>) -> Option<Fault> {
    const FIELD: &str = "custom_data.currency";
    const MISSING: &str = "is required beside a value";
    const UNKNOWN: &str = "must be an ISO 4217 code beside a value";
    event.value_micros?;
    match event.currency {
        None => Some(Fault::of(RejectReason::MissingCurrency, FIELD, MISSING)),
        Some(None) => Some(Fault::of(RejectReason::InvalidCurrency, FIELD, UNKNOWN)),
        Some(Some(_)) => None,
    }
}

fn identifiable(event: &EventScan<'_>) -> Option<Fault> {
    const EXPECTED: &str = "identifies nobody: add an e-mail, a phone, an external id, a click or \
        browser id, or an IP address";
    let weak = !event.other_user_data && TOO_WEAK.iter().any(|weak| weak.contains(event.sent));
    weak.then(|| Fault::of(RejectReason::InsufficientIdentifiers, "user_data", EXPECTED))
}

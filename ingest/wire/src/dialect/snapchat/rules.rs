//! Snapchat's rules for an event that could be read.

use stratum_models::event::PURCHASE;
use stratum_models::identifier::{IdentifierKey as Key, IdentifierMask};
use stratum_models::rejection::RejectReason;
use stratum_models::time::UnixMillis;

use super::super::rules::{self, missing, untimely};
use super::super::{EventScan, Fault};
use super::Shape;
use crate::limits::RowLimits;

/// Days that an event may be old.
pub(super) const AGE_DAYS_MAX: i64 = 37;
/// An event needs all identifiers of one of these.
const ENOUGH: [IdentifierMask; 4] = [
    IdentifierMask::of(&[Key::Email]),
    IdentifierMask::of(&[Key::Phone]),
    IdentifierMask::of(&[Key::MobileAdId]),
    IdentifierMask::of(&[Key::ClientIp, Key::UserAgent]),
];

/// The fields that a rule may name, as a version calls them.
struct Names {
    event_name: &'static str,
    event_time: &'static str,
    action_source: &'static str,
    value: &'static str,
    currency: &'static str,
    user_data: &'static str,
}

const fn names(shape: Shape) -> Names {
    match shape {
        Shape::V3 => Names {
            event_name: "event_name",
            event_time: "event_time",
            action_source: "action_source",
            value: "custom_data.value",
            currency: "custom_data.currency",
            user_data: "user_data",
        },
        Shape::V2 => Names {
            event_name: "event_type",
            event_time: "timestamp",
            action_source: "event_conversion_type",
            value: "price",
            currency: "currency",
            user_data: "hashed_email",
        },
    }
}

/// The event's fault, if any: one found while reading it, or a rule it breaks.
pub fn judge(
    event: &EventScan<'_>,
    shape: Shape,
    now: UnixMillis,
    limits: &RowLimits,
) -> Option<Fault> {
    let names = names(shape);
    let late = || untimely(event, names.event_time, AGE_DAYS_MAX, now, limits);
    let broken = event.fault.or_else(|| required(event, shape, &names)).or_else(late);
    broken.or_else(|| worth(event, shape, &names)).or_else(|| identifiable(event, &names))
}

fn required(event: &EventScan<'_>, shape: Shape, names: &Names) -> Option<Fault> {
    match event {
        EventScan { dataset_id: None, .. } if shape == Shape::V2 => missing("pixel_id"),
        EventScan { event_name: None, .. } => missing(names.event_name),
        EventScan { action_source: None, .. } => missing(names.action_source),
        EventScan { event_time: None, .. } => missing(names.event_time),
        EventScan { has_user_data: false, .. } => missing(names.user_data),
        _ => None,
    }
}

/// Of a purchase Snapchat requires a value and its currency.
fn worth(event: &EventScan<'_>, shape: Shape, names: &Names) -> Option<Fault> {
    const NO_VALUE: &str = "is required of a purchase";
    if event.event_name != Some(PURCHASE) {
        return None;
    }
    match event.value_micros {
        None => Some(Fault::of(RejectReason::MissingPurchaseValue, names.value, NO_VALUE)),
        Some(_) => value_refused(event, shape),
    }
}

fn identifiable(event: &EventScan<'_>, names: &Names) -> Option<Fault> {
    const EXPECTED: &str = "identifies nobody: an e-mail, a phone, a mobile id, or an IP address with a user agent is needed";
    let enough = ENOUGH.iter().any(|enough| event.sent.contains(*enough));
    let reason = RejectReason::InsufficientIdentifiers;
    (!enough).then(|| Fault::of(reason, names.user_data, EXPECTED))
}

/// The fault for which the value of an event cannot be kept. An event that is no purchase is taken without it.
pub fn value_refused(event: &EventScan<'_>, shape: Shape) -> Option<Fault> {
    rules::value_refused(event, names(shape).currency)
}

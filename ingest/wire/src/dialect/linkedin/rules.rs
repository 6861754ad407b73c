//! LinkedIn's rules for an event that could be read.

use stratum_models::identifier::{IdentifierKey as Key, IdentifierMask};
use stratum_models::rejection::RejectReason;
use stratum_models::time::UnixMillis;

use super::super::rules::{self, missing, untimely};
use super::super::{EventScan, Fault};
use crate::limits::RowLimits;

/// Days that an event may be old.
pub(super) const AGE_DAYS_MAX: i64 = 90;
/// Bytes of an event's id.
const EVENT_ID_BYTES_MAX: usize = 64;

/// The event's fault, if any: one found while reading it, or a rule it breaks.
pub fn judge(event: &EventScan<'_>, now: UnixMillis, limits: &RowLimits) -> Option<Fault> {
    let late = || untimely(event, "conversionHappenedAt", AGE_DAYS_MAX, now, limits);
    event.fault.or_else(|| required(event)).or_else(late).or_else(|| identifiable(event))
}

fn required(event: &EventScan<'_>) -> Option<Fault> {
    let is_long = event.event_id.is_some_and(|id| id.len() > EVENT_ID_BYTES_MAX);
    match event {
        EventScan { dataset_id: None, .. } => missing("conversion"),
        EventScan { event_time: None, .. } => missing("conversionHappenedAt"),
        EventScan { has_user_data: false, .. } => missing("user"),
        _ => is_long.then(|| Fault::of(RejectReason::TooLong, "eventId", "")),
    }
}

/// A first name is nothing without a last name, nor the other way round.
fn identifiable(event: &EventScan<'_>) -> Option<Fault> {
    const EXPECTED: &str = "identifies nobody: one of user.userIds, or user.userInfo with firstName and lastName, is needed";
    let name = IdentifierMask::of(&[Key::FirstName, Key::LastName]);
    match (event.sent.has(Key::FirstName), event.sent.has(Key::LastName)) {
        (false, true) => return missing("user.userInfo.firstName"),
        (true, false) => return missing("user.userInfo.lastName"),
        _ => {}
    }
    let ids = [Key::Email, Key::ClickId, Key::LoginId, Key::LeadId, Key::ExternalId];
    let enough = event.sent.contains(name) || ids.iter().any(|id| event.sent.has(*id));
    let reason = RejectReason::InsufficientIdentifiers;
    (!enough).then(|| Fault::of(reason, "user", EXPECTED))
}

/// The fault for which the value of an event cannot be kept; the event is taken without it.
pub fn value_refused(event: &EventScan<'_>) -> Option<Fault> {
    rules::value_refused(event, "conversionValue.currencyCode")
}

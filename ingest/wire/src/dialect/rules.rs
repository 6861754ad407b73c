//! Rules that several dialects have.

use stratum_models::rejection::RejectReason;
use stratum_models::time::{DAY_MS, UnixMillis};

use super::{EventScan, Fault};
use crate::limits::RowLimits;

/// The fault of an event without a field that it needs.
pub(super) fn missing(field: &'static str) -> Option<Fault> {
    Some(Fault::of(RejectReason::MissingField, field, ""))
}

/// The fault of an event that happened too long ago, or after now. `field` is where its time stands.
pub(super) fn untimely(
    event: &EventScan<'_>,
    field: &'static str,
    age_days_max: i64,
    now: UnixMillis,
    limits: &RowLimits,
) -> Option<Fault> {
    let age_ms = now.0.saturating_sub(event.event_time?.0);
    if age_ms > age_days_max * DAY_MS {
        Some(Fault::of(RejectReason::TooOld, field, "lies too far in the past"))
    } else if age_ms < -limits.clock_skew_ms_max {
        Some(Fault::of(RejectReason::InFuture, field, "lies in the future"))
    } else {
        None
    }
}

/// The fault for which the value of an event cannot be kept, `None` where it can: without a currency an
/// amount says nothing. `field` is where the currency stands.
pub fn value_refused(event: &EventScan<'_>, field: &'static str) -> Option<Fault> {
    const MISSING: &str = "is required beside a value";
    const UNKNOWN: &str = "must be an ISO 4217 code beside a value";
    if event.value_fault.is_some() {
        return event.value_fault;
    }
    event.value_micros?;
    match event.currency {
        None => Some(Fault::of(RejectReason::MissingCurrency, field, MISSING)),
        Some(None) => Some(Fault::of(RejectReason::InvalidCurrency, field, UNKNOWN)),
        Some(Some(_)) => None,
    }
}

//! Bounds and rules of the front door.

use serde::{Deserialize, Serialize};
use stratum_wire::limits::RowLimits;

/// The bounds of the front door on sizes and waits. A request over a bound is refused in the sender's own
/// error format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DoorConfig {
    /// Bytes of one body as it arrives.
    pub body_bytes_max: usize,
    /// Bytes of one body once unpacked.
    pub unpacked_bytes_max: usize,
    /// The time that a body may take to arrive.
    pub body_wait_ms_max: u64,
    /// Bytes a second that a body must come at, measured over three seconds.
    pub body_bytes_per_s_min: usize,
    /// Body bytes of all requests that wait for their append.
    pub bytes_in_flight_max: usize,
    /// Such bytes of one tenant.
    pub bytes_in_flight_per_tenant_max: usize,
    /// Bytes of a body in which its key is looked for early, where the head has none. Of a packed body no
    /// more is unpacked for it.
    pub keyless_bytes_max: usize,
    /// Bytes of all bodies whose key is not known yet. Those that wait for their sender make room for
    /// others.
    pub keyless_bytes_in_flight_max: usize,
    /// Such bytes from one address, of IPv6 from one network of 64 bits.
    pub keyless_bytes_per_address_max: usize,
    /// Requests being worked on.
    pub requests_in_flight_max: usize,
    /// Such requests of one tenant, or from one address where no key is known yet.
    pub requests_in_flight_per_tenant_max: usize,
    /// A larger body is read on a thread of its own, so that it does not hold up small ones.
    pub inline_bytes_max: usize,
    /// The same for a packed body, which may unpack to a thousand times as much.
    pub inline_packed_bytes_max: usize,
    /// Large bodies read at once; of one sender half as many.
    pub large_bodies_max: usize,
    /// Events of one request.
    pub events_max: usize,
    /// Ad reports of one request.
    pub ad_reports_max: usize,
    /// Bytes of a text that is kept: a name, an id.
    pub text_bytes_max: usize,
    /// Identifier values of one event, all kinds together.
    pub identifiers_max: usize,
    /// The largest amount of one row, in currency units.
    pub amount_units_max: i64,
    /// The largest count of one row (impressions, clicks, conversions).
    pub count_max: i64,
    /// Days an event may be old, where its vendor names no number of its own.
    pub event_age_days_max: i64,
    /// Days an event of a physical store may be old.
    pub store_event_age_days_max: i64,
    /// Milliseconds an event may lie ahead of our clock.
    pub clock_skew_ms_max: i64,
}

impl Default for DoorConfig {
    fn default() -> Self {
        let rows = RowLimits::default();
        DoorConfig {
            // 1000 events of 2.5 KB, percent-encoded.
            body_bytes_max: 8 << 20,
            unpacked_bytes_max: 16 << 20,
            body_wait_ms_max: 10_000,
            body_bytes_per_s_min: 4 << 10,
            bytes_in_flight_max: 256 << 20,
            bytes_in_flight_per_tenant_max: 64 << 20,
            keyless_bytes_max: 64 << 10,
            keyless_bytes_in_flight_max: 32 << 20,
            keyless_bytes_per_address_max: 16 << 20,
            requests_in_flight_max: 10_000,
            requests_in_flight_per_tenant_max: 5_000,
            inline_bytes_max: 256 << 10,
            inline_packed_bytes_max: 16 << 10,
            large_bodies_max: 4,
            events_max: rows.events_max,
            ad_reports_max: 10_000,
            text_bytes_max: rows.text_bytes_max,
            identifiers_max: rows.identifiers_max,
            amount_units_max: rows.amount_units_max,
            count_max: rows.count_max,
            event_age_days_max: rows.event_age_days_max,
            store_event_age_days_max: rows.store_event_age_days_max,
            clock_skew_ms_max: rows.clock_skew_ms_max,
        }
    }
}

impl DoorConfig {
    /// The bounds of rows.
    pub fn row_limits(&self) -> RowLimits {
        RowLimits {
            events_max: self.events_max,
            text_bytes_max: self.text_bytes_max,
            identifiers_max: self.identifiers_max,
            amount_units_max: self.amount_units_max,
            count_max: self.count_max,
            event_age_days_max: self.event_age_days_max,
            store_event_age_days_max: self.store_event_age_days_max,
            clock_skew_ms_max: self.clock_skew_ms_max,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_keys_are_refused_and_missing_ones_are_the_defaults() {
        let config: DoorConfig = serde_json::from_str(r#"{"events_max": 5}"#).unwrap();
        assert_eq!(config, DoorConfig { events_max: 5, ..DoorConfig::default() });
        assert!(serde_json::from_str::<DoorConfig>(r#"{"event_max": 5}"#).is_err());
    }
}

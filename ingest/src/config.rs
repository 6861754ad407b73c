//! Bounds and rules of the front door.

use serde::{Deserialize, Serialize};

/// How much the front door takes, and for how long it waits. What is over a bound is refused in the
/// sender's own error format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DoorConfig {
    /// Bytes of one body as it arrives.
    pub body_bytes_max: usize,
    /// Bytes of one body once unpacked.
    pub unpacked_bytes_max: usize,
    /// How long a body may take to arrive.
    pub body_wait_ms_max: u64,
    /// Body bytes of all requests that wait for their append.
    pub bytes_in_flight_max: usize,
    /// Requests being worked on.
    pub requests_in_flight_max: usize,
    /// A larger body is read on a thread of its own, so that it does not hold up small ones.
    pub inline_bytes_max: usize,
    /// The same for a packed body, which may unpack to a thousand times as much.
    pub inline_packed_bytes_max: usize,
    /// Large bodies read at once.
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
    /// Days an event may be old.
    pub event_age_days_max: i64,
    /// Days an event of a physical store may be old.
    pub store_event_age_days_max: i64,
    /// Milliseconds an event may lie ahead of our clock.
    pub clock_skew_ms_max: i64,
}

impl Default for DoorConfig {
    fn default() -> Self {
        DoorConfig {
            // 1000 events of 2.5 KB, percent-encoded.
            body_bytes_max: 8 << 20,
            unpacked_bytes_max: 16 << 20,
            body_wait_ms_max: 10_000,
            bytes_in_flight_max: 256 << 20,
            requests_in_flight_max: 10_000,
            inline_bytes_max: 256 << 10,
            inline_packed_bytes_max: 16 << 10,
            large_bodies_max: 4,
            events_max: 1000,
            ad_reports_max: 10_000,
            text_bytes_max: 512,
            identifiers_max: 200,
            amount_units_max: 10_000_000_000,
            count_max: 1_000_000_000_000,
            event_age_days_max: 7,
            store_event_age_days_max: 62,
            clock_skew_ms_max: 600_000,
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

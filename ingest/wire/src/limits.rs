//! Bounds of what one row may be.

/// The bounds of events and ad reports. What is over one is refused in the sender's own error format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowLimits {
    /// Events of one request.
    pub events_max: usize,
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
    /// Milliseconds a row may lie ahead of our clock.
    pub clock_skew_ms_max: i64,
}

impl Default for RowLimits {
    fn default() -> Self {
        RowLimits {
            events_max: 1000,
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

//! Names of the process measurements of this crate. Labels come from closed sets.

/// Events that came to an end at a destination. Labels: `platform`, `outcome`.
pub const EVENTS: &str = "stratum_deliver_events_total";
/// Requests to platforms. Labels: `platform`, `outcome`.
pub const REQUESTS: &str = "stratum_deliver_requests_total";
/// Places of the log that were given up before a destination had come to them. Label: `platform`.
pub const RECORDS_LOST: &str = "stratum_deliver_records_lost_total";
/// Destinations that are worked on in this process.
pub const LANES: &str = "stratum_deliver_destinations";

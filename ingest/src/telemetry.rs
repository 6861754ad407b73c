//! Names of the process measurements of this crate, and the handles of those taken once a request.
//! Labels come from closed sets.

use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};
use stratum_models::rejection::RejectReason;

/// Requests answered. Labels: `dialect`, `outcome`.
pub const REQUESTS: &str = "stratum_ingest_requests_total";
/// From the first byte of a request to its answer, in seconds. Label: `dialect`.
pub const REQUEST_SECONDS: &str = "stratum_ingest_request_seconds";
/// Rows answered with success. Label: `dialect`.
pub const ROWS_ACCEPTED: &str = "stratum_ingest_rows_accepted_total";
/// Rows refused. Labels: `dialect`, `reason`.
pub const ROWS_REJECTED: &str = "stratum_ingest_rows_rejected_total";
/// Body bytes received, before unpacking. Label: `dialect`.
pub const BODY_BYTES: &str = "stratum_ingest_body_bytes_total";
/// Requests being worked on. Label: `dialect`.
pub const REQUESTS_IN_FLIGHT: &str = "stratum_ingest_requests_in_flight";

/// Rows that wait to become durable.
pub const APPEND_PENDING_ROWS: &str = "stratum_ingest_append_pending_rows";
/// Rows of one append.
pub const APPEND_ROWS: &str = "stratum_ingest_append_rows";
/// From taking gathered rows to their being durable, in seconds.
pub const APPEND_SECONDS: &str = "stratum_ingest_append_seconds";
/// Appends that were tried again.
pub const APPEND_RETRIES: &str = "stratum_ingest_append_retries_total";
/// Appends whose rows were not acknowledged. Label: `kind`.
pub const APPEND_FAILURES: &str = "stratum_ingest_append_failures_total";

/// Records on disk in the log. Label: `topic`.
pub const LOG_APPENDED_RECORDS: &str = "stratum_log_appended_records_total";
/// Their bytes. Label: `topic`.
pub const LOG_APPENDED_BYTES: &str = "stratum_log_appended_bytes_total";
/// One write to the log with its sync, or its acknowledgement by the brokers, in seconds.
pub const LOG_COMMIT_SECONDS: &str = "stratum_log_commit_seconds";
/// Appends that failed. Label: `kind`.
pub const LOG_APPEND_FAILURES: &str = "stratum_log_append_failures_total";
/// 1 while the log on this disk takes appends, 0 after a write failed and until it was opened anew.
pub const LOG_WRITABLE: &str = "stratum_log_writable";
/// Times the log on this disk was opened anew after a write failed.
pub const LOG_REOPENED: &str = "stratum_log_reopened_total";
/// Records read from the log. Label: `topic`.
pub const LOG_READ_RECORDS: &str = "stratum_log_read_records_total";
/// Their bytes. Label: `topic`.
pub const LOG_READ_BYTES: &str = "stratum_log_read_bytes_total";
/// Records that retention dropped before they were read: lost to that reader.
pub const LOG_SKIPPED_RECORDS: &str = "stratum_log_skipped_records_total";
/// Records that retention dropped.
pub const LOG_DROPPED_RECORDS: &str = "stratum_log_dropped_records_total";
/// Bytes of the records kept, as of the last step of retention.
pub const LOG_KEPT_BYTES: &str = "stratum_log_kept_bytes";
/// Times a reader's partitions changed. Label: `topic`.
pub const LOG_REBALANCES: &str = "stratum_log_rebalances_total";

/// The end of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Taken and durable.
    Accepted,
    /// Breaks a rule or cannot be read.
    Refused,
    /// The key opens nothing, or not this.
    Unauthorized,
    /// More than the front door takes at once.
    Overloaded,
    /// More than the tenant's plan takes in a second.
    Limited,
    /// Our fault.
    Failed,
}

impl Outcome {
    const ALL: [(Outcome, &'static str); 6] = [
        (Outcome::Accepted, "accepted"),
        (Outcome::Refused, "refused"),
        (Outcome::Unauthorized, "unauthorized"),
        (Outcome::Overloaded, "overloaded"),
        (Outcome::Limited, "limited"),
        (Outcome::Failed, "failed"),
    ];
}

/// The handles of one dialect, looked up once: a look-up by name costs as much as the measurement.
/// Make it after the recorder was installed.
pub struct Meters {
    requests: [Counter; 6],
    rejected: Vec<Counter>,
    accepted: Counter,
    bytes: Counter,
    seconds: Histogram,
    in_flight: Gauge,
}

impl Meters {
    /// The handles of this dialect.
    pub fn new(dialect: &'static str) -> Meters {
        let rejected = |reason: &RejectReason| counter!(ROWS_REJECTED, "dialect" => dialect, "reason" => reason.as_str());
        Meters {
            requests: Outcome::ALL
                .map(|(_, name)| counter!(REQUESTS, "dialect" => dialect, "outcome" => name)),
            rejected: RejectReason::ALL.iter().map(rejected).collect(),
            accepted: counter!(ROWS_ACCEPTED, "dialect" => dialect),
            bytes: counter!(BODY_BYTES, "dialect" => dialect),
            seconds: histogram!(REQUEST_SECONDS, "dialect" => dialect),
            in_flight: gauge!(REQUESTS_IN_FLIGHT, "dialect" => dialect),
        }
    }

    /// A request begins; it is in flight until the returned value is dropped.
    pub fn begin(&self) -> InFlightRequest<'_> {
        self.in_flight.increment(1.0);
        InFlightRequest(self)
    }

    /// Counts a body that is here.
    pub fn received(&self, bytes: usize) {
        self.bytes.increment(bytes as u64);
    }

    /// Counts an answer that goes out.
    pub fn end(&self, outcome: Outcome, rows: usize, took_ms: i64) {
        if let Some(at) = Outcome::ALL.iter().position(|(one, _)| *one == outcome) {
            self.requests[at].increment(1);
        }
        self.accepted.increment(rows as u64);
        self.seconds.record(took_ms as f64 / 1000.0);
    }

    /// Rows were refused for this reason.
    pub fn rejected(&self, reason: RejectReason, rows: u64) {
        let at = RejectReason::ALL.iter().position(|one| *one == reason);
        if let Some(counter) = at.and_then(|at| self.rejected.get(at)) {
            counter.increment(rows);
        }
    }
}

/// A request in flight, also when its sender goes away.
pub struct InFlightRequest<'a>(&'a Meters);

impl Drop for InFlightRequest<'_> {
    fn drop(&mut self) {
        self.0.in_flight.decrement(1.0);
    }
}

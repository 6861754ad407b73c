//! Measurements of the pipeline. Recorded once a batch, never once a row.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// Rows by `topic` and `outcome` (landed, duplicate, rejected).
pub const ROWS_TOTAL: &str = "stratum_pipeline_rows_total";
/// Rows of a batch, by `topic`.
pub const BATCH_ROWS: &str = "stratum_pipeline_batch_rows";
/// From the start of a commit to its outcome, retries included, by `topic` and `outcome`
/// (committed, already_committed, fenced).
pub const COMMIT_SECONDS: &str = "stratum_pipeline_commit_seconds";
/// From the receipt of the newest row of a batch until it was committed, by `topic`.
pub const FRESHNESS_SECONDS: &str = "stratum_pipeline_freshness_seconds";
/// Records between the checkpoints of the partitions assigned here and the log's end, by `topic`.
pub const LAG_RECORDS: &str = "stratum_pipeline_lag_records";
/// Keys in the dedup window, by `partition`.
pub const DEDUP_KEYS: &str = "stratum_pipeline_dedup_keys";
/// Keys forgotten before their 48 hours were over because the window was full.
pub const DEDUP_KEYS_FORGOTTEN_TOTAL: &str = "stratum_pipeline_dedup_keys_forgotten_total";
/// Calls to a store that were tried again, by `store` and `kind` of error.
pub const RETRIES_TOTAL: &str = "stratum_pipeline_retries_total";
/// Records skipped because they cannot be read, by `topic`.
pub const RECORDS_UNREADABLE_TOTAL: &str = "stratum_pipeline_records_unreadable_total";
/// Records the log no longer had when they were due, by `topic`.
pub const RECORDS_MISSING_TOTAL: &str = "stratum_pipeline_records_missing_total";

/// Hints to watchers that were dropped, because the log did not take them for too long.
pub const UPDATES_DROPPED_TOTAL: &str = "stratum_pipeline_updates_dropped_total";

/// Tells the recorder what the names mean. Call once, at boot.
pub fn describe() {
    describe_counter!(ROWS_TOTAL, Unit::Count, "rows by outcome");
    describe_histogram!(BATCH_ROWS, Unit::Count, "rows of a batch");
    describe_histogram!(COMMIT_SECONDS, Unit::Seconds, "time a commit takes");
    describe_histogram!(FRESHNESS_SECONDS, Unit::Seconds, "time from receipt to commit");
    describe_gauge!(LAG_RECORDS, Unit::Count, "records between checkpoint and end of the log");
    describe_gauge!(DEDUP_KEYS, Unit::Count, "keys in the dedup window");
    describe_counter!(DEDUP_KEYS_FORGOTTEN_TOTAL, Unit::Count, "dedup keys forgotten early");
    describe_counter!(RETRIES_TOTAL, Unit::Count, "store calls tried again");
    describe_counter!(RECORDS_UNREADABLE_TOTAL, Unit::Count, "log records that cannot be read");
    describe_counter!(UPDATES_DROPPED_TOTAL, Unit::Count, "hints to watchers dropped");
    describe_counter!(
        RECORDS_MISSING_TOTAL,
        Unit::Count,
        "log records dropped before they were due"
    );
}

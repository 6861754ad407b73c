use serde::{Deserialize, Serialize};

/// Bounds of the way into the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AppendConfig {
    /// Rows that may wait to become durable, those being appended included. A request with more rows
    /// than this is never taken.
    pub rows_pending_max: usize,
    /// Bytes of such rows, as estimated; at most 1 GiB counts.
    pub bytes_pending_max: usize,
    /// Rows of one tenant that may wait, so that others' rows find room.
    pub rows_pending_per_tenant_max: usize,
    /// Bytes of one tenant's rows that may wait, as estimated.
    pub bytes_pending_per_tenant_max: usize,
    /// Rows of one record.
    pub record_rows_max: usize,
    /// The wait of rows for others, in milliseconds. Zero is best unless each append is dear.
    pub linger_ms: u64,
    /// The time that an append is tried before its rows are given up, in milliseconds.
    pub wait_ms_max: u64,
    /// The pause before the first repetition, in milliseconds; it doubles with each.
    pub retry_ms_min: u64,
    /// The longest pause, in milliseconds.
    pub retry_ms_max: u64,
}

impl Default for AppendConfig {
    fn default() -> Self {
        AppendConfig {
            rows_pending_max: 200_000,
            bytes_pending_max: 128 << 20,
            rows_pending_per_tenant_max: 100_000,
            bytes_pending_per_tenant_max: 64 << 20,
            record_rows_max: 4096,
            linger_ms: 0,
            wait_ms_max: 5_000,
            retry_ms_min: 10,
            retry_ms_max: 500,
        }
    }
}

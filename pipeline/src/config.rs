//! The bounds of the pipeline. Every field has a default; unknown ones are refused.

use serde::{Deserialize, Serialize};

/// The configuration of batches, buffers, deduplication and retries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PipelineConfig {
    /// When a batch is full.
    pub batch: BatchConfig,
    /// The memory of events seen.
    pub dedup: DedupConfig,
    /// The waits before a store that fails is tried again.
    pub retry: RetryConfig,
    /// Records one read may bring.
    pub read_records_max: usize,
    /// The wait of a read when there is nothing.
    pub read_wait_ms_max: u64,
    /// Records of a topic waiting for their batch, in bytes as they are in the log; reading rests
    /// above it.
    pub buffered_bytes_max: usize,
    /// Batches of a topic, of different partitions, processed at the same time.
    pub batches_max: usize,
    /// The wait of a stop for batches under way; what is not done by then is done again later.
    pub drain_ms_max: u64,
    /// The hints to watchers of what was committed.
    pub updates: UpdatesConfig,
    /// The time between two measurements of the lag behind the log's end.
    pub lag_every_ms: u64,
}

/// When a batch is full, and how long it waits. A batch takes in every partition that has records. More
/// rows make fewer, larger inserts; a longer wait makes facts older.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BatchConfig {
    /// Rows of all partitions together; the record that crosses it is the last one taken.
    pub rows_max: usize,
    /// Bytes as they are in the log; the record that crosses it is the last one taken.
    pub bytes_max: usize,
    /// The shortest time that the first record of a batch waits for others, while batches are not full.
    pub wait_ms_min: u64,
    /// The longest, the commit included: where little comes, a batch waits for more until then.
    pub wait_ms_max: u64,
    /// Time of a commit that a row is worth, in microseconds: a batch waits until it carries as many rows
    /// as its commit costs.
    pub commit_us_per_row: u64,
}

/// The memory of events seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DedupConfig {
    /// Keys remembered by one process, over all partitions it may be assigned, at 24 to 48 bytes
    /// each. Above it the oldest are forgotten early, which is logged and counted.
    pub keys_max: usize,
    /// The most that times of receipt within a partition may lie behind one another: the clocks of the
    /// ingest processes, and the wait of a record before it is appended.
    pub skew_ms_max: u64,
}

/// The hints to watchers of what was committed. Hints of one tenant are gathered into one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UpdatesConfig {
    /// The wait of a hint for others.
    pub gather_ms: u64,
    /// Hints that may wait to be appended; more are dropped, which is counted.
    pub pending_max: usize,
    /// The time that a log that did not take them is left alone.
    pub retry_ms: u64,
}

/// The waits before a store that is away is tried again: `wait_ms_min`, then twice as long each time up to
/// `wait_ms_max`. A partition that another worker claimed is left alone for `wait_ms_max`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetryConfig {
    /// The first wait.
    pub wait_ms_min: u64,
    /// The longest wait.
    pub wait_ms_max: u64,
    /// Tries before the run ends with the store's error.
    pub attempts_max: u32,
}

impl Default for PipelineConfig {
    fn default() -> Self {
        PipelineConfig {
            batch: BatchConfig::default(),
            dedup: DedupConfig::default(),
            retry: RetryConfig::default(),
            read_records_max: 4096,
            read_wait_ms_max: 1_000,
            buffered_bytes_max: 64 * 1024 * 1024,
            batches_max: 2,
            drain_ms_max: 10_000,
            updates: UpdatesConfig::default(),
            lag_every_ms: 5_000,
        }
    }
}

impl Default for BatchConfig {
    fn default() -> Self {
        BatchConfig {
            rows_max: 100_000,
            bytes_max: 16 * 1024 * 1024,
            wait_ms_min: 200,
            wait_ms_max: 1_050,
            commit_us_per_row: 250,
        }
    }
}

impl Default for DedupConfig {
    fn default() -> Self {
        DedupConfig { keys_max: 32_000_000, skew_ms_max: 3_600_000 }
    }
}

impl Default for UpdatesConfig {
    fn default() -> Self {
        UpdatesConfig { gather_ms: 100, pending_max: 10_000, retry_ms: 1_000 }
    }
}

impl Default for RetryConfig {
    fn default() -> Self {
        RetryConfig { wait_ms_min: 100, wait_ms_max: 2_000, attempts_max: 1_800 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_has_its_default_and_what_is_unknown_is_refused() {
        let config: PipelineConfig =
            serde_json::from_str(r#"{"batch": {"wait_ms_max": 50}}"#).unwrap();
        let mut expected = PipelineConfig::default();
        expected.batch.wait_ms_max = 50;
        assert_eq!(config, expected);
        assert!(serde_json::from_str::<PipelineConfig>(r#"{"batch": {"rows": 5}}"#).is_err());
    }
}

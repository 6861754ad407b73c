//! Settings of the log on disk.

use serde::{Deserialize, Serialize};
use stratum_models::log::Topic;
use stratum_models::store::StoreError;
use stratum_models::time::HOUR_MS;

use crate::log::invalid;

/// The log in this process and on its disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FjallLogConfig {
    /// Partitions of the events, fixed when the log is made. They bound how many workers share the
    /// load, and each costs a memtable and makes records smaller: 4 are two workers a core on the
    /// smallest machine.
    pub events_partitions: u32,
    /// Partitions of the ad reports, fixed when the log is made. They are few and small.
    pub ad_reports_partitions: u32,
    /// Partitions of what is handed on to platforms, fixed when the log is made. All of a dataset lies
    /// in one of them.
    pub deliveries_partitions: u32,
    /// Records older than this may be dropped, read or not.
    pub retention_hours: u32,
    /// The same for updates, hints that are of no use once they are old, in milliseconds.
    pub updates_retention_ms: u64,
    /// Bytes of records kept, over all partitions but those of deliveries; the oldest go first, read or
    /// not.
    pub retention_bytes: u64,
    /// The same for deliveries, which go as soon as nobody needs them any more.
    pub deliveries_bytes: u64,
    /// The time between two looks of retention, in milliseconds.
    pub retention_interval_ms: u64,
    /// Retention drops whole segments: a segment of a partition ends with this many bytes …
    pub segment_bytes: u64,
    /// … or this long after it began, in milliseconds. The newest segment of a partition stays.
    pub segment_ms_max: u64,
    /// Memory for the newest records of each partition, in bytes; at times twice that.
    pub memtable_bytes: u64,
    /// Disk for journals, in bytes, at least 64 MiB; the journals are what is synced on append.
    pub journal_bytes_max: u64,
    /// Memory for blocks read from disk, in bytes.
    pub cache_bytes: u64,
    /// One sync takes in the appends that wait for it, up to this many bytes.
    pub commit_bytes_max: usize,
    /// Bytes of records that may wait to be appended; more wait for room.
    pub queue_bytes_max: usize,
    /// An append that is not on disk after this long fails as `Unavailable`, in milliseconds.
    pub append_ms_max: u64,
}

const MIB: u64 = 1024 * 1024;

impl Default for FjallLogConfig {
    fn default() -> Self {
        FjallLogConfig {
            events_partitions: 4,
            ad_reports_partitions: 2,
            deliveries_partitions: 2,
            retention_hours: 7 * 24,
            updates_retention_ms: 3_600_000,
            retention_bytes: 20 * 1024 * MIB,
            deliveries_bytes: 10 * 1024 * MIB,
            retention_interval_ms: 30_000,
            segment_bytes: 16 * MIB,
            segment_ms_max: 600_000,
            memtable_bytes: 16 * MIB,
            journal_bytes_max: 256 * MIB,
            cache_bytes: 32 * MIB,
            commit_bytes_max: 16 * MIB as usize,
            queue_bytes_max: 64 * MIB as usize,
            append_ms_max: 10_000,
        }
    }
}

impl FjallLogConfig {
    pub(super) fn partitions(&self, topic: Topic) -> u32 {
        match topic {
            Topic::Events => self.events_partitions,
            Topic::AdReports => self.ad_reports_partitions,
            Topic::Updates => 1,
            Topic::Deliveries => self.deliveries_partitions,
        }
    }

    /// The time that records of a topic are kept, in milliseconds.
    pub(super) fn retention_ms(&self, topic: Topic) -> i64 {
        match topic {
            Topic::Events | Topic::AdReports | Topic::Deliveries => {
                i64::from(self.retention_hours) * HOUR_MS
            }
            Topic::Updates => i64::try_from(self.updates_retention_ms).unwrap_or(i64::MAX),
        }
    }

    /// Refuses what cannot work.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        let rules = [
            (self.events_partitions >= 1, "events_partitions must be at least 1"),
            (self.ad_reports_partitions >= 1, "ad_reports_partitions must be at least 1"),
            (self.deliveries_partitions >= 1, "deliveries_partitions must be at least 1"),
            (self.journal_bytes_max >= 64 * MIB, "journal_bytes_max must be at least 64 MiB"),
            (self.memtable_bytes >= MIB, "memtable_bytes must be at least 1 MiB"),
            (self.segment_bytes >= 1, "segment_bytes must be at least 1"),
            (self.queue_bytes_max >= 1, "queue_bytes_max must be at least 1"),
        ];
        match rules.into_iter().find(|(holds, _)| !holds) {
            Some((_, text)) => Err(invalid(text)),
            None => Ok(()),
        }
    }
}

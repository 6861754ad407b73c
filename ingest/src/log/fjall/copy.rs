//! A copy of the log in a folder of its own, made while records are appended.

use std::path::Path;

use stratum_models::log::{PartitionId, Topic};
use stratum_models::store::StoreError;
use stratum_models::time::UnixMillis;

use super::FjallLog;
use super::store::{Partition, Store, failed, read_record_key, record_key};
use crate::log::{invalid, unavailable};

/// Bytes of records that are written as one.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// The result of a copy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogCopy {
    /// Records of all partitions.
    pub records: u64,
    /// Bytes of these records.
    pub bytes: u64,
}

impl FjallLog {
    /// Copies the records that are kept now into a new log in `folder`, under the same offsets and times
    /// of append. `advance` is told what is copied so far and answers whether to go on; `Unavailable` where
    /// it says no. Retention and [`release`](stratum_models::log::EventLog::release) wait for the end, so
    /// that nothing is dropped under the copy. Blocks on the disk.
    pub fn copy_to(
        &self,
        folder: &Path,
        mut advance: impl FnMut(LogCopy) -> bool,
    ) -> Result<LogCopy, StoreError> {
        let _dropping = self.shared.dropping.lock();
        let target = Store::open(folder, &self.shared.config)?;
        let mut copied = LogCopy::default();
        for (topic, id, _) in target.all() {
            let ledger = self.shared.store()?.partition(topic, id)?.ledger.lock().clone();
            let (mut next, end) = (target.begin_partition(topic, id, &ledger)?, ledger.end());
            while next < end {
                // Held for one batch only: a store whose write failed must be let go of to heal.
                let source = self.shared.store()?;
                let from = source.partition(topic, id)?;
                next = target.copy_records(from, (topic, id), next..end, &mut copied)?;
                if !advance(copied) {
                    return Err(unavailable("the copy of the log was given up"));
                }
            }
        }
        Ok(copied)
    }
}

impl Store {
    /// Copies records of a range of offsets, as many as are written as one; answers the next offset.
    fn copy_records(
        &self,
        from: &Partition,
        (topic, id): (Topic, PartitionId),
        offsets: std::ops::Range<u64>,
        copied: &mut LogCopy,
    ) -> Result<u64, StoreError> {
        self.wait_for_tables()?;
        let to = self.partition(topic, id)?;
        let mut batch = self.batch();
        let (mut next, mut bytes) = (offsets.start, 0);
        let range = record_key(next, UnixMillis(0))..record_key(offsets.end, UnixMillis(0));
        for row in from.records.range(range) {
            let (key, value) = row.into_inner().map_err(failed)?;
            let (offset, appended) = read_record_key(&key)?;
            if offset != next {
                return Err(invalid(format!("record {next} of {topic}-{} is missing", id.0)));
            }
            bytes += value.len();
            self.add_record(&mut batch, to, (offset, appended), &value);
            next += 1;
            if bytes >= BATCH_BYTES {
                break;
            }
        }
        if next == offsets.start {
            return Err(invalid(format!("record {next} of {topic}-{} is missing", id.0)));
        }
        batch.commit().map_err(failed)?;
        copied.records += next - offsets.start;
        copied.bytes += bytes as u64;
        Ok(next)
    }
}

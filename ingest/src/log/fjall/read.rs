//! Reads of a partition: for subscriptions, and beside every group.

use bytes::Bytes;
use metrics::counter;
use stratum_models::log::{LogRecord, Offset, PartitionId, Position, ReadLimits, Topic};
use stratum_models::store::StoreError;
use stratum_models::time::UnixMillis;
use tokio::time::{Instant, timeout_at};

use super::LogState;
use super::store::{Store, failed, read_record_key, record_key};
use crate::log::{check_reached, invalid, unavailable};
use crate::telemetry;

impl Store {
    /// The first record kept of a partition that was appended at `instant` or later; the end if none.
    pub(super) fn offset_at(
        &self,
        topic: Topic,
        id: PartitionId,
        instant: UnixMillis,
    ) -> Result<u64, StoreError> {
        let partition = self.partition(topic, id)?;
        let (mut low, mut high) = {
            let ledger = partition.ledger.lock();
            (ledger.start, ledger.end())
        };
        // The time of append never goes back in a partition.
        while low < high {
            let middle = low + (high - low) / 2;
            let range = record_key(middle, UnixMillis(0))..record_key(high, UnixMillis(0));
            let Some(row) = partition.records.range(range).next() else { break };
            let (offset, appended) = read_record_key(&row.key().map_err(failed)?)?;
            if appended < instant {
                low = offset + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    /// Adds the records of a partition from `from` on to `records`, within the limits, counting those
    /// that are there already; answers the next offset. What is not durable yet is not seen.
    pub(super) fn read(
        &self,
        topic: Topic,
        id: PartitionId,
        from: u64,
        limits: ReadLimits,
        records: &mut Vec<LogRecord>,
    ) -> Result<u64, StoreError> {
        let partition = self.partition(topic, id)?;
        let (start, end) = {
            let ledger = partition.ledger.lock();
            (ledger.start, ledger.end())
        };
        let mut next = from.max(start);
        if next >= end {
            return Ok(next);
        }
        let mut bytes: usize = records.iter().map(|record| record.bytes.len()).sum();
        let range = record_key(next, UnixMillis(0))..record_key(end, UnixMillis(0));
        for row in partition.records.range(range) {
            if records.len() >= limits.records_max.max(1) || bytes >= limits.bytes_max.max(1) {
                break;
            }
            let (key, value) = row.into_inner().map_err(failed)?;
            let (offset, _) = read_record_key(&key)?;
            if offset != next {
                // Retention may have been here since; what it left is read from its start.
                let start = partition.ledger.lock().start;
                if offset > start || next >= start {
                    return Err(invalid(format!("record {next} of {topic}-{} is missing", id.0)));
                }
                next = start.max(offset);
                break;
            }
            let position = Position { topic, partition: id, offset: Offset(offset) };
            bytes += value.len();
            records.push(LogRecord { position, bytes: Bytes::from_owner(value) });
            next += 1;
        }
        Ok(next)
    }
}

/// The records from an offset on, within the limits.
pub(super) async fn read(
    shared: &LogState,
    topic: Topic,
    partition: PartitionId,
    Offset(from): Offset,
    limits: ReadLimits,
) -> Result<Vec<LogRecord>, StoreError> {
    let deadline = Instant::now() + limits.wait_max;
    let mut changes = shared.changes.subscribe();
    loop {
        // Whatever changes from here on wakes the wait below.
        changes.borrow_and_update();
        let store = shared.store()?;
        let end = store.partition(topic, partition)?.ledger.lock().end();
        check_reached(topic, partition, from, end)?;
        if from < end {
            let records = blocking(move || {
                let mut records = Vec::new();
                store.read(topic, partition, from, limits, &mut records)?;
                Ok(records)
            });
            let records = records.await?;
            // Retention may have been here in between: then it is read from where it left off.
            if !records.is_empty() {
                count(topic, &records);
                return Ok(records);
            }
        } else if timeout_at(deadline, changes.changed()).await.is_err() {
            return Ok(Vec::new());
        }
    }
}

/// Work on the disk, beside the runtime's own threads.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| unavailable("a request ended early").caused_by(error))?
}

fn count(topic: Topic, records: &[LogRecord]) {
    let bytes: usize = records.iter().map(|record| record.bytes.len()).sum();
    let topic = topic.as_str();
    counter!(telemetry::LOG_READ_RECORDS, "topic" => topic).increment(records.len() as u64);
    counter!(telemetry::LOG_READ_BYTES, "topic" => topic).increment(bytes as u64);
}

//! The one thread that writes: it takes in all appends that wait, commits them as one batch with one
//! sync, and only then answers them. So a sync is shared by everybody who came while the last one ran.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use metrics::{counter, histogram};
use stratum_models::log::{NewRecord, Offset, PartitionId, Position, Topic};
use stratum_models::store::StoreError;
use stratum_models::time::UnixMillis;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use super::LogState;
use super::ledger::{Head, Segment};
use super::store::{Store, failed};
use crate::telemetry;

/// Records that were checked already and wait to be on disk.
pub(super) struct Append {
    pub records: Vec<NewRecord>,
    pub reply: oneshot::Sender<Result<Vec<Position>, StoreError>>,
    /// Room in the queue, given back once answered.
    pub room: OwnedSemaphorePermit,
}

/// Runs until every sender is gone and everything sent is answered.
pub(super) fn run(shared: &LogState, mut queue: mpsc::Receiver<Append>) {
    while let Some(first) = queue.blocking_recv() {
        let mut appends = vec![first];
        let mut bytes = len(&appends[0]);
        while bytes < shared.config.commit_bytes_max {
            let Ok(next) = queue.try_recv() else { break };
            bytes += len(&next);
            appends.push(next);
        }
        commit(shared, appends);
    }
}

fn len(append: &Append) -> usize {
    append.records.iter().map(|record| record.bytes.len()).sum()
}

/// The end of each partition as it is once the batch is on disk.
type Heads = BTreeMap<(Topic, PartitionId), (Head, Vec<Segment>)>;

fn commit(shared: &LogState, mut appends: Vec<Append>) {
    let begun = Instant::now();
    // Whoever gave up may send them again.
    appends.retain(|append| !append.reply.is_closed());
    match write(shared, &appends) {
        Ok(positions) => {
            histogram!(telemetry::LOG_COMMIT_SECONDS).record(begun.elapsed());
            shared.changed();
            for (append, positions) in appends.into_iter().zip(positions) {
                // Nobody waits any more when the caller gave up; the records are kept all the same.
                let _ = append.reply.send(Ok(positions));
                drop(append.room);
            }
        }
        Err(error) => {
            tracing::error!(log.error = %error, "append to the log failed");
            for append in appends {
                let copy = StoreError::new(error.kind, error.store, error.text.clone());
                let _ = append.reply.send(Err(copy));
            }
        }
    }
}

/// Writes all appends as one batch; nothing is seen by readers before it is on disk.
fn write(shared: &LogState, appends: &[Append]) -> Result<Vec<Vec<Position>>, StoreError> {
    let store = &*shared.store()?;
    let now = shared.clock.now();
    let mut heads = Heads::new();
    let mut batch = store.batch();
    let mut answers = Vec::with_capacity(appends.len());
    for append in appends {
        let stage = |record| stage(shared, store, &mut batch, &mut heads, record, now);
        answers.push(append.records.iter().map(stage).collect::<Result<Vec<_>, _>>()?);
    }
    store.wait_for_tables()?;
    batch.commit().map_err(failed).inspect_err(|error| shared.fail(error))?;
    for ((topic, partition), (head, closed)) in heads {
        let mut ledger = store.partition(topic, partition)?.ledger.lock();
        ledger.head = head;
        ledger.closed.extend(closed);
    }
    count(appends);
    Ok(answers)
}

fn stage(
    shared: &LogState,
    store: &Store,
    batch: &mut fjall::OwnedWriteBatch,
    heads: &mut Heads,
    record: &NewRecord,
    now: UnixMillis,
) -> Result<Position, StoreError> {
    let NewRecord { topic, partition, bytes } = record;
    let kept = store.partition(*topic, *partition)?;
    let entry = heads.entry((*topic, *partition));
    let (head, closed) = entry.or_insert_with(|| (kept.ledger.lock().head, Vec::new()));
    let (offset, appended, ended) = head.admit(bytes.len() as u64, now, shared.bounds());
    if let Some(segment) = ended {
        store.add_segment(batch, (*topic, *partition), &segment);
        closed.push(segment);
    }
    store.add_record(batch, kept, (offset, appended), bytes);
    Ok(Position { topic: *topic, partition: *partition, offset: Offset(offset) })
}

fn count(appends: &[Append]) {
    let mut sums = BTreeMap::<Topic, (u64, u64)>::new();
    for record in appends.iter().flat_map(|append| &append.records) {
        let (records, bytes) = sums.entry(record.topic).or_default();
        *records += 1;
        *bytes += record.bytes.len() as u64;
    }
    for (topic, (records, bytes)) in sums {
        counter!(telemetry::LOG_APPENDED_RECORDS, "topic" => topic.as_str()).increment(records);
        counter!(telemetry::LOG_APPENDED_BYTES, "topic" => topic.as_str()).increment(bytes);
    }
}

/// Starts the thread.
pub(super) fn start(
    shared: Arc<LogState>,
    queue: mpsc::Receiver<Append>,
) -> std::io::Result<std::thread::JoinHandle<()>> {
    std::thread::Builder::new().name("log-writer".into()).spawn(move || run(&shared, queue))
}

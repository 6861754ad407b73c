//! Drops the oldest segments: those older than the log keeps, those over the bytes it keeps, and those
//! that were released. Like Kafka's, retention does not ask who has read them; a reader that was
//! overtaken goes on at the oldest record kept and says so.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use metrics::{counter, gauge};
use stratum_models::log::{PartitionId, Topic};
use stratum_models::store::StoreError;
use stratum_models::time::UnixMillis;

use super::ledger::Segment;
use super::store::{Store, failed};
use super::{LogState, check_reached};
use crate::telemetry;

/// One step drops at most this many segments; the next one comes a retention interval later.
const SEGMENTS_A_STEP_MAX: usize = 64;

type Victim = (Topic, PartitionId, Segment);

/// Takes one step; answers how many records were dropped.
pub(super) fn step(shared: &LogState) -> Result<u64, StoreError> {
    let store = &*shared.store()?;
    let _dropping = shared.dropping.lock();
    let records = drop_segments(shared, store, &choose(shared, store))?;
    gauge!(telemetry::LOG_KEPT_BYTES).set(store.bytes(|_| true) as f64);
    Ok(records)
}

/// Drops the segments of a partition that end before `before` or there; the one that takes records
/// stays. Blocks on the disk.
pub(super) fn release(
    shared: &LogState,
    topic: Topic,
    id: PartitionId,
    before: u64,
) -> Result<(), StoreError> {
    let store = &*shared.store()?;
    let _dropping = shared.dropping.lock();
    loop {
        let victims: Vec<Victim> = {
            let ledger = store.partition(topic, id)?.ledger.lock();
            check_reached(topic, id, before, ledger.end())?;
            let due = ledger.closed.iter().take_while(|segment| segment.end <= before);
            due.take(SEGMENTS_A_STEP_MAX).map(|segment| (topic, id, *segment)).collect()
        };
        if victims.is_empty() {
            return Ok(());
        }
        drop_segments(shared, store, &victims)?;
    }
}

/// Drops these, the first of their partitions, as one; answers how many records those were.
fn drop_segments(shared: &LogState, store: &Store, victims: &[Victim]) -> Result<u64, StoreError> {
    let mut batch = store.batch();
    for (topic, partition, segment) in victims {
        store.drop_segment(&mut batch, (*topic, *partition), segment);
    }
    batch.commit().map_err(failed).inspect_err(|error| shared.fail(error))?;
    let mut records = 0;
    for (topic, id, segment) in victims {
        let partition = store.partition(*topic, *id)?;
        let mut ledger = partition.ledger.lock();
        ledger.start = segment.end;
        ledger.closed.pop_front();
        records += segment.end - segment.first;
    }
    for (topic, id, segment) in newest_of_each(victims) {
        store.free_before(store.partition(topic, id)?, segment.end)?;
    }
    counter!(telemetry::LOG_DROPPED_RECORDS).increment(records);
    Ok(records)
}

/// The segments to drop, oldest first within each partition.
fn choose(shared: &LogState, store: &Store) -> Vec<Victim> {
    let now = shared.clock.now();
    let oldest = |topic| UnixMillis(now.0.saturating_sub(shared.config.retention_ms(topic)));
    // What waits for a platform must not push out what waits for the warehouse.
    let is_delivery = |topic| topic == Topic::Deliveries;
    let mut deliveries = (store.bytes(is_delivery), shared.config.deliveries_bytes);
    let mut others = (store.bytes(|topic| !is_delivery(topic)), shared.config.retention_bytes);
    let mut closed: Vec<Victim> = Vec::new();
    for (topic, id, partition) in store.all() {
        let ledger = partition.ledger.lock();
        let first = ledger.closed.iter().take(SEGMENTS_A_STEP_MAX);
        closed.extend(first.map(|segment| (topic, id, *segment)));
    }
    // The time of append never goes back in a partition, so this keeps their order, and what is due
    // of a partition are its first segments: those after are newer, and fewer bytes are left then.
    closed.sort_by_key(|(topic, id, segment)| (segment.newest, *topic, *id, segment.first));
    let is_due = |(topic, _, segment): &Victim| {
        let (bytes, bytes_max) = if is_delivery(*topic) { &mut deliveries } else { &mut others };
        let is_due = segment.newest < oldest(*topic) || *bytes > *bytes_max;
        *bytes -= if is_due { segment.bytes } else { 0 };
        is_due
    };
    closed.into_iter().filter(is_due).take(SEGMENTS_A_STEP_MAX).collect()
}

fn newest_of_each(victims: &[Victim]) -> impl Iterator<Item = Victim> {
    let last = victims.iter().map(|victim| ((victim.0, victim.1), *victim));
    last.collect::<std::collections::BTreeMap<_, _>>().into_values()
}

/// Runs until the other end of `stop` is gone.
fn run(shared: &LogState, stop: &Receiver<()>) {
    let interval = Duration::from_millis(shared.config.retention_interval_ms.max(1));
    while stop.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
        match step(shared) {
            Ok(0) => {}
            Ok(records) => tracing::info!(log.records = records, "retention dropped records"),
            Err(error) => tracing::error!(log.error = %error, "retention failed"),
        }
    }
}

/// Starts the thread.
pub(super) fn start(
    shared: Arc<LogState>,
    stop: Receiver<()>,
) -> std::io::Result<std::thread::JoinHandle<()>> {
    std::thread::Builder::new().name("log-retention".into()).spawn(move || run(&shared, &stop))
}

//! Drops the oldest segments: those older than the log keeps, and those over the bytes it keeps. Like
//! Kafka's, it does not ask who has read them; a reader that was overtaken goes on at the oldest
//! record kept and says so.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use metrics::{counter, gauge};
use stratum_models::log::{PartitionId, Topic};
use stratum_models::store::StoreError;
use stratum_models::time::UnixMillis;

use super::Shared;
use super::ledger::Segment;
use super::store::{Store, failed};
use crate::telemetry;

/// One step drops at most this many segments; the next one comes a retention interval later.
const SEGMENTS_A_STEP_MAX: usize = 64;

type Victim = (Topic, PartitionId, Segment);

/// Takes one step; answers how many records were dropped.
pub(super) fn step(shared: &Shared) -> Result<u64, StoreError> {
    let store = &*shared.store()?;
    let victims = choose(shared, store);
    let mut batch = store.batch();
    for (topic, partition, segment) in &victims {
        store.drop_segment(&mut batch, (*topic, *partition), segment);
    }
    batch.commit().map_err(failed).inspect_err(|error| shared.fail(error))?;
    let mut records = 0;
    for (topic, id, segment) in &victims {
        let partition = store.partition(*topic, *id)?;
        let mut ledger = partition.ledger.lock();
        ledger.start = segment.end;
        ledger.closed.pop_front();
        records += segment.end - segment.first;
    }
    for (topic, id, segment) in newest_of_each(&victims) {
        store.free_before(store.partition(topic, id)?, segment.end)?;
    }
    counter!(telemetry::LOG_DROPPED_RECORDS).increment(records);
    gauge!(telemetry::LOG_KEPT_BYTES).set(store.bytes() as f64);
    Ok(records)
}

/// The segments to drop, oldest first within each partition.
fn choose(shared: &Shared, store: &Store) -> Vec<Victim> {
    let now = shared.clock.now();
    let oldest = |topic| UnixMillis(now.0.saturating_sub(shared.config.retention_ms(topic)));
    let mut bytes = store.bytes();
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
        let is_due = segment.newest < oldest(*topic) || bytes > shared.config.retention_bytes;
        bytes -= if is_due { segment.bytes } else { 0 };
        is_due
    };
    closed.into_iter().filter(is_due).take(SEGMENTS_A_STEP_MAX).collect()
}

fn newest_of_each(victims: &[Victim]) -> impl Iterator<Item = Victim> {
    let last = victims.iter().map(|victim| ((victim.0, victim.1), *victim));
    last.collect::<std::collections::BTreeMap<_, _>>().into_values()
}

/// Runs until the other end of `stop` is gone.
fn run(shared: &Shared, stop: &Receiver<()>) {
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
    shared: Arc<Shared>,
    stop: Receiver<()>,
) -> std::io::Result<std::thread::JoinHandle<()>> {
    std::thread::Builder::new().name("log-retention".into()).spawn(move || run(&shared, &stop))
}

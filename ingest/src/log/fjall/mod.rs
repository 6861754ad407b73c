//! The log in this process: partitions, offsets, groups and retention on the `fjall` storage engine.
//!
//! An append is answered once it is synced to disk; readers are woken by it and never poll. Reading
//! needs no thread of its own. The folder belongs to one process at a time. After a write failed, most
//! often for want of room, appends are refused until the log was opened anew, which it does by itself.

mod config;
mod copy;
mod heal;
mod ledger;
mod read;
mod retention;
mod store;
mod subscription;
mod writer;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use async_trait::async_trait;
use metrics::counter;
use parking_lot::Mutex;
use stratum_models::log::{
    EventLog, LogRecord, NewRecord, Offset, PartitionId, Position, ReadLimits, Resume,
    Subscription, Topic,
};
use stratum_models::store::StoreError;
use stratum_models::time::{SharedClock, UnixMillis};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};

pub use config::FjallLogConfig;
pub use copy::LogCopy;
use ledger::SegmentBounds;
use store::{Store, failed};
use subscription::FjallSubscription;
use writer::Append;

use super::group::Groups;
use super::{check, check_reached, unavailable};
use crate::telemetry;

/// Appends that may wait; their bytes are bounded as well.
const QUEUE_APPENDS_MAX: usize = 1024;

/// The log on this machine's disk. Dropping it ends its threads once all appends are answered; its
/// folder is free when its subscriptions are gone too.
pub struct FjallLog {
    shared: Arc<LogState>,
    appends: Option<mpsc::Sender<Append>>,
    room: Arc<Semaphore>,
    /// Retention and healing run as long as these ends are there.
    stops: Vec<std::sync::mpsc::Sender<()>>,
    threads: Vec<JoinHandle<()>>,
}

struct LogState {
    config: FjallLogConfig,
    clock: SharedClock,
    folder: PathBuf,
    /// Nothing while the store is closed to be opened anew.
    store: Mutex<Option<Arc<Store>>>,
    /// Why the log takes no appends, if so.
    trouble: Mutex<Option<String>>,
    groups: Groups,
    /// Held by whoever drops segments.
    dropping: Mutex<()>,
    /// Counts whatever a waiting reader must look at.
    changes: watch::Sender<u64>,
}

impl LogState {
    /// The store, to be held for one read or one write.
    fn store(&self) -> Result<Arc<Store>, StoreError> {
        let store = self.store.lock().clone();
        store.ok_or_else(|| unavailable("the log is being opened anew"))
    }

    fn trouble(&self) -> Option<StoreError> {
        self.trouble.lock().clone().map(unavailable)
    }

    /// Takes no appends from here on, until the store was opened anew.
    fn fail(&self, error: &StoreError) {
        *self.trouble.lock() = Some(error.text.clone());
    }

    fn open_again(&self, store: Store) {
        *self.store.lock() = Some(Arc::new(store));
        *self.trouble.lock() = None;
        self.changed();
    }

    fn changed(&self) {
        self.changes.send_modify(|count| *count = count.wrapping_add(1));
    }

    fn bounds(&self) -> SegmentBounds {
        let age_ms_max = i64::try_from(self.config.segment_ms_max).unwrap_or(i64::MAX);
        SegmentBounds { bytes_max: self.config.segment_bytes, age_ms_max }
    }
}

impl FjallLog {
    /// Opens the log in this folder, or makes it. `Conflict` when it is open already, `Invalid` when it
    /// was made with other numbers of partitions or is damaged. Blocks while the journals are read.
    pub fn open(
        folder: &Path,
        config: FjallLogConfig,
        clock: SharedClock,
    ) -> Result<FjallLog, StoreError> {
        config.check()?;
        let store = Mutex::new(Some(Arc::new(Store::open(folder, &config)?)));
        let (appends, queue) = mpsc::channel(QUEUE_APPENDS_MAX);
        let (retention, stop_retention) = std::sync::mpsc::channel();
        let (healing, stop_healing) = std::sync::mpsc::channel();
        let room = Arc::new(Semaphore::new(config.queue_bytes_max));
        let shared = Arc::new(LogState {
            config,
            clock,
            folder: folder.to_owned(),
            store,
            trouble: Mutex::new(None),
            groups: Groups::default(),
            dropping: Mutex::new(()),
            changes: watch::Sender::new(0),
        });
        let threads = [
            writer::start(shared.clone(), queue),
            retention::start(shared.clone(), stop_retention),
            heal::start(shared.clone(), stop_healing),
        ];
        let threads = threads.into_iter().collect::<Result<_, _>>();
        Ok(FjallLog {
            shared,
            appends: Some(appends),
            room,
            stops: vec![retention, healing],
            threads: threads.map_err(|error| failed(error.into()))?,
        })
    }

    /// Takes one step of retention now, besides those taken at every interval; answers how many
    /// records were dropped. Blocks on the disk.
    pub fn retain(&self) -> Result<u64, StoreError> {
        retention::step(&self.shared)
    }

    /// The offset of the oldest record kept of each partition.
    pub fn starts(&self, topic: Topic) -> Result<BTreeMap<PartitionId, Offset>, StoreError> {
        let store = self.shared.store()?;
        let all = store.all().filter(|(of, _, _)| *of == topic);
        Ok(all.map(|(_, id, partition)| (id, Offset(partition.ledger.lock().start))).collect())
    }

    async fn enqueue(&self, records: Vec<NewRecord>) -> Result<Vec<Position>, StoreError> {
        let closed = || unavailable("the log is closed");
        let bytes: usize = records.iter().map(|record| record.bytes.len()).sum();
        // One that is larger than the queue takes all of it.
        let bytes = bytes.min(self.shared.config.queue_bytes_max);
        let permits = u32::try_from(bytes).unwrap_or(u32::MAX);
        let room = self.room.clone().acquire_many_owned(permits).await.map_err(|_| closed())?;
        let (reply, answer) = oneshot::channel();
        let appends = self.appends.as_ref().ok_or_else(closed)?;
        appends.send(Append { records, reply, room }).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }
}

#[async_trait]
impl EventLog for FjallLog {
    fn partitions(&self, topic: Topic) -> u32 {
        self.shared.config.partitions(topic)
    }

    async fn append(&self, records: Vec<NewRecord>) -> Result<Vec<Position>, StoreError> {
        check(self, &records)?;
        if records.is_empty() {
            return Ok(Vec::new());
        }
        let wait = Duration::from_millis(self.shared.config.append_ms_max);
        let answer = match self.shared.trouble() {
            Some(trouble) => Err(trouble),
            None => tokio::time::timeout(wait, self.enqueue(records))
                .await
                .unwrap_or_else(|_| Err(unavailable("the disk did not sync in time"))),
        };
        answer.inspect_err(|error| {
            counter!(telemetry::LOG_APPEND_FAILURES, "kind" => error.kind.to_string()).increment(1);
        })
    }

    async fn subscribe(
        &self,
        topic: Topic,
        group: &str,
        resume: Arc<dyn Resume>,
    ) -> Result<Box<dyn Subscription>, StoreError> {
        let membership = self.shared.groups.join(topic, group);
        self.shared.changed();
        Ok(Box::new(FjallSubscription {
            changes: self.shared.changes.subscribe(),
            shared: self.shared.clone(),
            topic,
            membership,
            resume,
            positions: BTreeMap::new(),
            told: None,
            turn: 0,
        }))
    }

    async fn read(
        &self,
        topic: Topic,
        partition: PartitionId,
        from: Offset,
        limits: ReadLimits,
    ) -> Result<Vec<LogRecord>, StoreError> {
        read::read(&self.shared, topic, partition, from, limits).await
    }

    async fn offset_at(
        &self,
        topic: Topic,
        partition: PartitionId,
        instant: UnixMillis,
    ) -> Result<Offset, StoreError> {
        let store = self.shared.store()?;
        read::blocking(move || store.offset_at(topic, partition, instant).map(Offset)).await
    }

    async fn release(
        &self,
        topic: Topic,
        partition: PartitionId,
        Offset(before): Offset,
    ) -> Result<(), StoreError> {
        let shared = self.shared.clone();
        read::blocking(move || retention::release(&shared, topic, partition, before)).await
    }

    async fn end(&self, topic: Topic, partition: PartitionId) -> Result<Offset, StoreError> {
        Ok(Offset(self.shared.store()?.partition(topic, partition)?.ledger.lock().end()))
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.shared.trouble().map_or(Ok(()), Err)
    }
}

impl Drop for FjallLog {
    fn drop(&mut self) {
        self.appends = None;
        self.stops.clear();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the log ended in a panic");
            }
        }
    }
}

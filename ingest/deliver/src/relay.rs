//! The relay: reads the tail of the log, gives each destination its newest records, and keeps the destinations at
//! work that there are.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;
use stratum_models::delivery::{DeliveryDirectory, DeliveryLedger, Destination, SettleError};
use stratum_models::entropy::SharedEntropy;
use stratum_models::erasure::ErasureList;
use stratum_models::log::{EventLog, LogRead, Offset, PartitionId, ReadLimits, Resume, Topic};
use stratum_models::seal::IdentifierKeys;
use stratum_models::store::StoreError;
use stratum_models::time::{HOUR_MS, SharedClock, UnixMillis};
use tokio::sync::Semaphore;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::config::DeliverConfig;
use super::http::Platforms;
use super::inbox::Inbox;
use super::partition::Partition;
use super::{telemetry, upkeep};

const TAIL_RECORDS_MAX: usize = 1_024;
const TAIL_BYTES_MAX: usize = 8 * 1024 * 1024;
const TAIL_WAIT: Duration = Duration::from_secs(1);

/// What the relay is made of.
#[derive(Clone)]
pub struct Relay {
    /// The log.
    pub log: Arc<dyn EventLog>,
    /// How far each destination has come.
    pub ledger: Arc<dyn DeliveryLedger>,
    /// The destinations and keys.
    pub directory: Arc<dyn DeliveryDirectory>,
    /// The persons of whom nothing is sent any more.
    pub erasures: Arc<dyn ErasureList>,
    /// The keys that their identifiers are sealed with.
    pub keys: Arc<IdentifierKeys>,
    /// The platforms.
    pub platforms: Platforms,
    /// The time.
    pub clock: SharedClock,
    /// Chance.
    pub entropy: SharedEntropy,
    /// Bounds.
    pub config: DeliverConfig,
    /// The group that shares the partitions.
    pub group: String,
}

/// Why the relay ended.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ledger does not let this relay settle: another one has the partition.
    #[error(transparent)]
    Settle(#[from] SettleError),
}

/// What all destinations of a relay share.
pub(super) struct RelayContext {
    pub(super) log: Arc<dyn EventLog>,
    pub(super) ledger: Arc<dyn DeliveryLedger>,
    pub(super) directory: Arc<dyn DeliveryDirectory>,
    pub(super) erasures: Arc<dyn ErasureList>,
    pub(super) keys: Arc<IdentifierKeys>,
    pub(super) clock: SharedClock,
    pub(super) config: DeliverConfig,
    pub(super) permits: Semaphore,
    entropy: SharedEntropy,
    inbox_bytes: Arc<AtomicUsize>,
}

impl RelayContext {
    /// Anything from 0 to 1.
    pub(super) fn chance(&self) -> f64 {
        let mut bytes = [0; 4];
        self.entropy.fill(&mut bytes);
        f64::from(u32::from_be_bytes(bytes)) / f64::from(u32::MAX)
    }

    /// An inbox of one more destination.
    pub(super) fn inbox(&self) -> Inbox {
        let (most, all) = (self.config.destination_bytes_max, self.config.bytes_max);
        Inbox::new(most, self.inbox_bytes.clone(), all)
    }

    /// Until when what came in at `instant` can be handed on once more.
    pub(super) fn kept_until(&self, instant: UnixMillis) -> UnixMillis {
        UnixMillis(instant.0 + i64::from(self.config.keep_hours) * HOUR_MS)
    }
}

/// Where the tail of each partition began: at the log's end.
struct TailBegin {
    log: Arc<dyn EventLog>,
    begins: Mutex<HashMap<PartitionId, Offset>>,
}

#[async_trait]
impl Resume for TailBegin {
    async fn resume_at(&self, topic: Topic, partition: PartitionId) -> Result<Offset, StoreError> {
        let end = self.log.end(topic, partition).await?;
        self.begins.lock().insert(partition, end);
        Ok(end)
    }
}

/// Hands events on until `stop`.
pub async fn run(relay: Relay, stop: CancellationToken) -> Result<(), RelayError> {
    let begins = TailBegin { log: relay.log.clone(), begins: Mutex::default() };
    let begins = Arc::new(begins);
    let mut tail = relay.log.subscribe(Topic::Deliveries, &relay.group, begins.clone()).await?;
    let mut work = Work::new(relay, begins);
    let mut refresh = ticks(work.shared.config.refresh_ms);
    let mut upkeep = ticks(work.shared.config.upkeep_ms);
    let limits = ReadLimits {
        records_max: TAIL_RECORDS_MAX,
        bytes_max: TAIL_BYTES_MAX,
        wait_max: TAIL_WAIT,
    };
    let ended = loop {
        let step = tokio::select! {
            () = stop.cancelled() => break Ok(()),
            read = tail.next(limits) => match read {
                Ok(read) => work.take(read).await,
                Err(error) => Err(error.into()),
            },
            _ = refresh.tick() => work.refresh().await,
            // Before destinations are known, it is not known what they need.
            _ = upkeep.tick(), if work.revision.is_some() => {
                upkeep::give_up(&work.shared).await;
                Ok(())
            }
        };
        if let Err(error) = step {
            break Err(error);
        }
    };
    work.end().await;
    ended
}

fn ticks(period_ms: u64) -> tokio::time::Interval {
    let mut ticks = interval(Duration::from_millis(period_ms.max(10)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

struct Work {
    shared: Arc<RelayContext>,
    platforms: Platforms,
    begins: Arc<TailBegin>,
    partitions: BTreeMap<PartitionId, Partition>,
    destinations: Vec<Arc<Destination>>,
    revision: Option<i64>,
}

impl Work {
    fn new(relay: Relay, begins: Arc<TailBegin>) -> Work {
        let shared = RelayContext {
            log: relay.log,
            ledger: relay.ledger,
            directory: relay.directory,
            erasures: relay.erasures,
            keys: relay.keys,
            clock: relay.clock,
            permits: Semaphore::new(relay.config.requests_max.max(1)),
            config: relay.config,
            entropy: relay.entropy,
            inbox_bytes: Arc::default(),
        };
        Work {
            shared: Arc::new(shared),
            platforms: relay.platforms,
            begins,
            partitions: BTreeMap::new(),
            destinations: Vec::new(),
            revision: None,
        }
    }

    /// Takes what the tail brought.
    async fn take(&mut self, read: LogRead) -> Result<(), RelayError> {
        if let Some(assignment) = read.assignment {
            self.assign(&assignment).await?;
        }
        for record in read.records {
            if let Some(partition) = self.partitions.get(&record.position.partition) {
                partition.tail.hand_on(record);
            }
        }
        Ok(())
    }

    async fn assign(&mut self, assignment: &[PartitionId]) -> Result<(), RelayError> {
        let gone: Vec<_> =
            self.partitions.keys().copied().filter(|one| !assignment.contains(one)).collect();
        for partition in gone {
            if let Some(partition) = self.partitions.remove(&partition) {
                partition.end().await;
            }
        }
        for id in assignment {
            if self.partitions.contains_key(id) {
                continue;
            }
            let begin = self.begins.begins.lock().get(id).copied();
            let begin = match begin {
                Some(begin) => begin,
                None => self.shared.log.end(Topic::Deliveries, *id).await?,
            };
            let owned = self.shared.ledger.own(*id).await?;
            let partition = Partition::new(owned, begin);
            self.partitions.insert(*id, partition);
        }
        // Before any record of a new partition is handed on its destinations are there.
        self.refresh().await
    }

    /// Looks for destinations that are new, changed or gone, and for replays.
    async fn refresh(&mut self) -> Result<(), RelayError> {
        let revision = self.shared.directory.revision().await;
        match revision {
            Ok(revision) if self.revision != Some(revision) => {
                let destinations = self.shared.directory.destinations().await?;
                self.destinations = destinations.into_iter().map(Arc::new).collect();
                self.revision = Some(revision);
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(error = %error, "destinations not looked for");
                return Ok(());
            }
        }
        let count = self.shared.log.partitions(Topic::Deliveries);
        let mut lanes = 0;
        for (id, partition) in &mut self.partitions {
            let here = |one: &&Arc<Destination>| one.dataset.partition(count) == *id;
            let here: Vec<_> = self.destinations.iter().filter(here).cloned().collect();
            partition.keep_up(&self.shared, &self.platforms, &here).await?;
            lanes += partition.lanes();
        }
        metrics::gauge!(telemetry::LANES).set(lanes as f64);
        Ok(())
    }

    async fn end(self) {
        for partition in self.partitions.into_values() {
            partition.end().await;
        }
    }
}

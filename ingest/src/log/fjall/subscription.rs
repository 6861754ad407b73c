//! A running read of one topic: what is ours, how far each partition was read, and the wait for more.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use metrics::counter;
use stratum_models::log::{
    LogRead, LogRecord, Offset, PartitionId, ReadLimits, Resume, Subscription, Topic,
};
use stratum_models::store::{StoreError, StoreErrorKind};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::LogState;
use super::store::Store;
use crate::log::group::Membership;
use crate::log::{STORE, invalid, unavailable};
use crate::telemetry;

pub(super) struct FjallSubscription {
    pub shared: Arc<LogState>,
    pub topic: Topic,
    pub membership: Membership,
    pub resume: Arc<dyn Resume>,
    /// Wakes when records, members or segments changed.
    pub changes: watch::Receiver<u64>,
    /// The next offset of each partition that is ours.
    pub positions: BTreeMap<PartitionId, u64>,
    /// The assignment that was told last.
    pub told: Option<Vec<PartitionId>>,
    /// Which partition comes first changes with each read, so that a full one starves nobody.
    pub turn: usize,
}

impl FjallSubscription {
    /// Lets go of what is due to others, and begins what is newly ours where `resume` says.
    async fn settle(&mut self) -> Result<(), StoreError> {
        let partitions = self.shared.config.partitions(self.topic);
        let settled = self.shared.groups.settle(&self.membership, partitions);
        if settled.released {
            self.shared.changed();
        }
        self.positions.retain(|partition, _| settled.ours.contains(partition));
        for partition in settled.ours {
            if !self.positions.contains_key(&partition) {
                let offset = self.begin(partition).await?;
                self.positions.insert(partition, offset);
            }
        }
        Ok(())
    }

    async fn begin(&self, partition: PartitionId) -> Result<u64, StoreError> {
        let Offset(offset) = self.resume.resume_at(self.topic, partition).await?;
        let end = self.shared.store()?.partition(self.topic, partition)?.ledger.lock().end();
        if offset > end {
            return Err(invalid(format!(
                "{}-{} resumes at {offset}, but this log ends at {end}: it is not the same log",
                self.topic, partition.0
            )));
        }
        Ok(offset)
    }

    /// The records that can be read without waiting.
    async fn take(&mut self, limits: ReadLimits) -> Result<Vec<LogRecord>, StoreError> {
        let (store, topic) = (self.shared.store()?, self.topic);
        let behind: Vec<_> = self.behind(&store)?;
        if behind.is_empty() {
            return Ok(Vec::new());
        }
        let read = move || {
            let mut records = Vec::new();
            let mut nexts = Vec::with_capacity(behind.len());
            for (partition, from) in behind {
                let next = store.read(topic, partition, from, limits, &mut records)?;
                nexts.push((partition, next));
            }
            Ok::<_, StoreError>((records, nexts))
        };
        let read = tokio::task::spawn_blocking(read).await;
        let (records, nexts) =
            read.map_err(|e| unavailable("a read ended early").caused_by(e))??;
        self.positions.extend(nexts);
        let bytes: usize = records.iter().map(|record| record.bytes.len()).sum();
        let topic = self.topic.as_str();
        counter!(telemetry::LOG_READ_RECORDS, "topic" => topic).increment(records.len() as u64);
        counter!(telemetry::LOG_READ_BYTES, "topic" => topic).increment(bytes as u64);
        Ok(records)
    }

    /// The partitions with more to read, another one first each time.
    fn behind(&mut self, store: &Store) -> Result<Vec<(PartitionId, u64)>, StoreError> {
        let mut behind = Vec::new();
        for (partition, next) in &mut self.positions {
            let ledger = store.partition(self.topic, *partition)?.ledger.lock();
            if *next < ledger.start {
                let skipped = ledger.start - *next;
                tracing::warn!(
                    log.partition = partition.0,
                    log.records = skipped,
                    "retention dropped records before they were read"
                );
                counter!(telemetry::LOG_SKIPPED_RECORDS).increment(skipped);
                *next = ledger.start;
            }
            if *next < ledger.end() {
                behind.push((*partition, *next));
            }
        }
        self.turn = self.turn.wrapping_add(1);
        let first = self.turn % behind.len().max(1);
        behind.rotate_left(first);
        Ok(behind)
    }
}

#[async_trait]
impl Subscription for FjallSubscription {
    async fn next(&mut self, limits: ReadLimits) -> Result<LogRead, StoreError> {
        let deadline = Instant::now() + limits.wait_max;
        loop {
            // Whatever changes from here on wakes the wait below.
            self.changes.borrow_and_update();
            self.settle().await?;
            let ours: Vec<_> = self.positions.keys().copied().collect();
            let assignment = (self.told.as_ref() != Some(&ours)).then(|| ours.clone());
            let records = self.take(limits).await?;
            if assignment.is_some() {
                let topic = self.topic.as_str();
                counter!(telemetry::LOG_REBALANCES, "topic" => topic).increment(1);
            }
            if assignment.is_some() || !records.is_empty() {
                self.told = Some(ours);
                return Ok(LogRead { assignment, records });
            }
            if timeout_at(deadline, self.changes.changed()).await.is_err() {
                return Ok(LogRead::default());
            }
        }
    }

    async fn seek(&mut self, partition: PartitionId, offset: Offset) -> Result<(), StoreError> {
        let end = self.shared.store()?.partition(self.topic, partition)?.ledger.lock().end();
        let text = format!("partition {} is not this reader's", partition.0);
        let Some(next) = self.positions.get_mut(&partition) else {
            return Err(StoreError::new(StoreErrorKind::Conflict, STORE, text));
        };
        if offset.0 > end {
            return Err(invalid(format!("sought {}, but the log ends at {end}", offset.0)));
        }
        *next = offset.0;
        Ok(())
    }
}

impl Drop for FjallSubscription {
    fn drop(&mut self) {
        self.shared.groups.leave(&self.membership);
        self.shared.changed();
    }
}

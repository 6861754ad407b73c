//! A member of a group that reads the twin.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::watch;

use stratum_models::log::{
    LogRead, LogRecord, Offset, PartitionId, ReadLimits, Resume, Subscription, Topic,
};
use stratum_models::store::{StoreError, StoreErrorKind};

use super::{LogState, error};

pub(super) struct MemorySubscription {
    pub shared: Arc<LogState>,
    pub changes: watch::Receiver<u64>,
    pub topic: Topic,
    pub group: String,
    pub member: u64,
    pub resume: Arc<dyn Resume>,
    /// The next offset of each partition that is ours.
    pub positions: BTreeMap<PartitionId, u64>,
    pub told: Option<Vec<PartitionId>>,
    pub turn: usize,
}

impl MemorySubscription {
    /// Lets go of what is not ours any more; answers which partitions are newly ours.
    fn rebalance(&mut self) -> Vec<PartitionId> {
        let mut state = self.shared.state.lock();
        let partitions = state.topics.get(&self.topic).map_or(0, Vec::len) as u32;
        let Some(group) = state.groups.get_mut(&(self.topic, self.group.clone())) else {
            return Vec::new();
        };
        let due = |partition| group.due(partition) == Some(self.member);
        let owned = group.owners.len();
        let kept = |partition: &PartitionId, owner: &u64| *owner != self.member || due(*partition);
        let mut owners = group.owners.clone();
        owners.retain(|partition, owner| kept(partition, owner));
        let released = owners.len() < owned;
        for partition in (0..partitions).map(PartitionId).filter(|p| due(*p)) {
            owners.entry(partition).or_insert(self.member);
        }
        group.owners = owners;
        let ours = |partition: &PartitionId| group.owners.get(partition) == Some(&self.member);
        self.positions.retain(|partition, _| ours(partition));
        let new = (0..partitions).map(PartitionId).filter(ours);
        let new = new.filter(|partition| !self.positions.contains_key(partition)).collect();
        drop(state);
        if released {
            self.shared.changed();
        }
        new
    }

    async fn begin(&mut self, partition: PartitionId) -> Result<(), StoreError> {
        let Offset(offset) = self.resume.resume_at(self.topic, partition).await?;
        let end = self.shared.state.lock().partition(self.topic, partition).map_or(0, |p| p.end());
        if offset > end {
            let text = format!("resumes at {offset}, but the log ends at {end}");
            return Err(error(StoreErrorKind::Invalid, text));
        }
        self.positions.insert(partition, offset);
        Ok(())
    }

    fn take(&mut self, limits: ReadLimits) -> Result<Vec<LogRecord>, StoreError> {
        let mut state = self.shared.state.lock();
        state.reachable()?;
        if let Some(kind) = state.read_faults.pop_front() {
            return Err(error(kind, "failed as asked"));
        }
        let mut records = Vec::new();
        // Another partition comes first each time, so that a full one starves nobody.
        self.turn += 1;
        let mut in_turn: Vec<_> = self.positions.iter_mut().collect();
        let first = self.turn % in_turn.len().max(1);
        in_turn.rotate_left(first);
        for (&partition, next) in in_turn {
            *next = state.read((self.topic, partition), *next, limits, &mut records);
        }
        Ok(records)
    }
}

#[async_trait]
impl Subscription for MemorySubscription {
    async fn next(&mut self, limits: ReadLimits) -> Result<LogRead, StoreError> {
        let deadline = tokio::time::Instant::now() + limits.wait_max;
        loop {
            self.changes.borrow_and_update();
            for partition in self.rebalance() {
                self.begin(partition).await?;
            }
            let ours: Vec<_> = self.positions.keys().copied().collect();
            let assignment = (self.told.as_ref() != Some(&ours)).then(|| ours.clone());
            let records = self.take(limits)?;
            if assignment.is_some() || !records.is_empty() {
                self.told = Some(ours);
                return Ok(LogRead { assignment, records });
            }
            if tokio::time::timeout_at(deadline, self.changes.changed()).await.is_err() {
                return Ok(LogRead::default());
            }
        }
    }

    async fn seek(&mut self, partition: PartitionId, offset: Offset) -> Result<(), StoreError> {
        match self.positions.get_mut(&partition) {
            Some(next) => {
                *next = offset.0;
                Ok(())
            }
            None => Err(error(StoreErrorKind::Conflict, "the partition is not ours")),
        }
    }
}

impl Drop for MemorySubscription {
    fn drop(&mut self) {
        if let Some(group) =
            self.shared.state.lock().groups.get_mut(&(self.topic, self.group.clone()))
        {
            group.members.retain(|member| *member != self.member);
            group.owners.retain(|_, owner| *owner != self.member);
        }
        self.shared.changed();
    }
}

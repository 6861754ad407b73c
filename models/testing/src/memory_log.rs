//! The log's twin: records in memory, deterministic, with faults on demand. It keeps the promises of
//! [`EventLog`] except that nothing outlives the process.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::watch;

use stratum_models::log::{
    EventLog, LogRead, LogRecord, NewRecord, Offset, PartitionId, Position, RECORD_BYTES_MAX,
    ReadLimits, Resume, Subscription, Topic,
};
use stratum_models::store::{StoreError, StoreErrorKind};

/// What goes wrong with one append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppendFault {
    /// Nothing is kept, the caller gets this kind of error.
    Refuse(StoreErrorKind),
    /// The first so many records are kept, then the caller gets `Unavailable`.
    KeepFirst(usize),
    /// Everything is kept, but the answer is lost: the caller gets `Unavailable`.
    LoseAnswer,
    /// Everything is kept and answered, this much later (tokio time).
    Delay(Duration),
}

/// A log in memory. Clones share it.
#[derive(Clone)]
pub struct MemoryLog {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    /// Counts whatever a waiting reader must look at: appends, rebalances, returns to service.
    changes: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    topics: BTreeMap<Topic, Vec<Partition>>,
    groups: BTreeMap<(Topic, String), Group>,
    append_faults: VecDeque<AppendFault>,
    read_faults: VecDeque<StoreErrorKind>,
    away: bool,
    members: u64,
}

#[derive(Default)]
struct Partition {
    start: u64,
    records: VecDeque<Bytes>,
}

impl Partition {
    fn end(&self) -> u64 {
        self.start + self.records.len() as u64
    }
}

/// Members in order of joining; partition `p` is due to member `p mod members`, who gets it as soon
/// as the owner before has let go of it.
#[derive(Default)]
struct Group {
    members: Vec<u64>,
    owners: BTreeMap<PartitionId, u64>,
}

impl Group {
    fn due(&self, partition: PartitionId) -> Option<u64> {
        let members = self.members.len();
        (members > 0).then(|| self.members[partition.0 as usize % members])
    }
}

fn error(kind: StoreErrorKind, text: impl Into<String>) -> StoreError {
    StoreError::new(kind, "log", text)
}

impl MemoryLog {
    /// An empty log with so many partitions a topic, and one of updates.
    pub fn new(events: u32, ad_reports: u32) -> MemoryLog {
        let partitions = |count| (0..count).map(|_| Partition::default()).collect();
        let counts = [(Topic::Events, events), (Topic::AdReports, ad_reports), (Topic::Updates, 1)];
        let topics = counts.map(|(topic, count)| (topic, partitions(count)));
        let state = State { topics: topics.into(), ..State::default() };
        let shared = Shared { state: Mutex::new(state), changes: watch::Sender::new(0) };
        MemoryLog { shared: Arc::new(shared) }
    }

    /// The next append (after those already queued) meets this fault.
    pub fn fail_append(&self, fault: AppendFault) {
        self.shared.state.lock().append_faults.push_back(fault);
    }

    /// The next read that any subscription does fails with this kind.
    pub fn fail_read(&self, kind: StoreErrorKind) {
        self.shared.state.lock().read_faults.push_back(kind);
        self.shared.changed();
    }

    /// Takes the log away (everything answers `Unavailable`) or brings it back.
    pub fn set_away(&self, away: bool) {
        self.shared.state.lock().away = away;
        self.shared.changed();
    }

    /// What retention does: drops every record of the partition before `offset`.
    pub fn drop_before(&self, topic: Topic, partition: PartitionId, offset: Offset) {
        let mut state = self.shared.state.lock();
        let Some(partition) = state.partition(topic, partition) else { return };
        while partition.start < offset.0 && partition.records.pop_front().is_some() {
            partition.start += 1;
        }
    }

    /// Takes every partition from every member of the group; each is assigned anew at its next read.
    pub fn rebalance(&self, topic: Topic, group: &str) {
        let mut state = self.shared.state.lock();
        if let Some(group) = state.groups.get_mut(&(topic, group.into())) {
            group.owners.clear();
            let first = 1.min(group.members.len());
            group.members.rotate_left(first);
        }
        drop(state);
        self.shared.changed();
    }

    /// Every record kept, partition by partition in offset order.
    pub fn records(&self, topic: Topic) -> Vec<LogRecord> {
        let state = self.shared.state.lock();
        let partitions = state.topics.get(&topic).into_iter().flatten();
        let records = partitions.enumerate().flat_map(|(number, partition)| {
            partition.records.iter().zip(partition.start..).map(move |(bytes, offset)| LogRecord {
                position: Position {
                    topic,
                    partition: PartitionId(number as u32),
                    offset: Offset(offset),
                },
                bytes: bytes.clone(),
            })
        });
        records.collect()
    }
}

impl Shared {
    fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }
}

impl State {
    fn partition(&mut self, topic: Topic, partition: PartitionId) -> Option<&mut Partition> {
        self.topics.get_mut(&topic)?.get_mut(partition.0 as usize)
    }

    fn reachable(&self) -> Result<(), StoreError> {
        match self.away {
            true => Err(error(StoreErrorKind::Unavailable, "the log is away")),
            false => Ok(()),
        }
    }

    fn check(&mut self, records: &[NewRecord]) -> Result<(), StoreError> {
        for record in records {
            if record.bytes.len() > RECORD_BYTES_MAX {
                return Err(error(StoreErrorKind::Invalid, "a record is too large"));
            }
            if self.partition(record.topic, record.partition).is_none() {
                return Err(error(StoreErrorKind::Invalid, "no such partition"));
            }
        }
        Ok(())
    }

    fn keep(&mut self, records: Vec<NewRecord>) -> Vec<Position> {
        let keep_one = |NewRecord { topic, partition, bytes }: NewRecord| {
            let kept = self.partition(topic, partition)?;
            let offset = Offset(kept.end());
            kept.records.push_back(bytes);
            Some(Position { topic, partition, offset })
        };
        records.into_iter().filter_map(keep_one).collect()
    }
}

#[async_trait]
impl EventLog for MemoryLog {
    fn partitions(&self, topic: Topic) -> u32 {
        self.shared.state.lock().topics.get(&topic).map_or(0, Vec::len) as u32
    }

    async fn append(&self, mut records: Vec<NewRecord>) -> Result<Vec<Position>, StoreError> {
        let fault = {
            let mut state = self.shared.state.lock();
            state.check(&records)?;
            state.reachable()?;
            state.append_faults.pop_front()
        };
        match fault {
            Some(AppendFault::Refuse(kind)) => return Err(error(kind, "refused as asked")),
            Some(AppendFault::KeepFirst(count)) => records.truncate(count),
            Some(AppendFault::Delay(delay)) => tokio::time::sleep(delay).await,
            Some(AppendFault::LoseAnswer) | None => {}
        }
        let positions = self.shared.state.lock().keep(records);
        self.shared.changed();
        match fault {
            Some(AppendFault::KeepFirst(_) | AppendFault::LoseAnswer) => {
                Err(error(StoreErrorKind::Unavailable, "answer lost as asked"))
            }
            _ => Ok(positions),
        }
    }

    async fn subscribe(
        &self,
        topic: Topic,
        group: &str,
        resume: Arc<dyn Resume>,
    ) -> Result<Box<dyn Subscription>, StoreError> {
        let member = {
            let mut state = self.shared.state.lock();
            state.reachable()?;
            state.members += 1;
            let member = state.members;
            state.groups.entry((topic, group.into())).or_default().members.push(member);
            member
        };
        self.shared.changed();
        Ok(Box::new(MemorySubscription {
            changes: self.shared.changes.subscribe(),
            shared: self.shared.clone(),
            topic,
            group: group.into(),
            member,
            resume,
            positions: BTreeMap::new(),
            told: None,
            turn: 0,
        }))
    }

    async fn end(&self, topic: Topic, partition: PartitionId) -> Result<Offset, StoreError> {
        let mut state = self.shared.state.lock();
        state.reachable()?;
        match state.partition(topic, partition) {
            Some(partition) => Ok(Offset(partition.end())),
            None => Err(error(StoreErrorKind::Invalid, "no such partition")),
        }
    }
}

struct MemorySubscription {
    shared: Arc<Shared>,
    changes: watch::Receiver<u64>,
    topic: Topic,
    group: String,
    member: u64,
    resume: Arc<dyn Resume>,
    /// The next offset of each partition that is ours.
    positions: BTreeMap<PartitionId, u64>,
    told: Option<Vec<PartitionId>>,
    turn: usize,
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
        let (mut records, mut bytes) = (Vec::new(), 0);
        // Another partition comes first each time, so that a full one starves nobody.
        self.turn += 1;
        let mut in_turn: Vec<_> = self.positions.iter_mut().collect();
        let first = self.turn % in_turn.len().max(1);
        in_turn.rotate_left(first);
        for (&partition, next) in in_turn {
            let Some(kept) = state.partition(self.topic, partition) else { continue };
            *next = (*next).max(kept.start);
            while let Some(found) = kept.records.get((*next - kept.start) as usize) {
                if records.len() >= limits.records_max.max(1) || bytes >= limits.bytes_max.max(1) {
                    return Ok(records);
                }
                let position = Position { topic: self.topic, partition, offset: Offset(*next) };
                bytes += found.len();
                records.push(LogRecord { position, bytes: found.clone() });
                *next += 1;
            }
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

#[cfg(test)]
mod tests;

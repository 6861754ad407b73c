//! The log's twin: records in memory, deterministic, with faults on demand. It keeps the promises of
//! [`EventLog`] except that nothing outlives the process.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::time::Instant;

use stratum_models::log::{
    EventLog, LogRecord, NewRecord, Offset, PartitionId, Position, RECORD_BYTES_MAX, ReadLimits,
    Resume, Subscription, Topic,
};
use stratum_models::store::{StoreError, StoreErrorKind};
use stratum_models::time::UnixMillis;

use subscription::MemorySubscription;

mod subscription;

/// When a log is made, by its own clock, which goes on with tokio's time.
const EPOCH: UnixMillis = UnixMillis(1_774_742_399_000);

/// The fault of one append.
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
    shared: Arc<LogState>,
}

struct LogState {
    state: Mutex<State>,
    made: Instant,
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
    /// Each with its time of append.
    records: VecDeque<(UnixMillis, Bytes)>,
}

impl Partition {
    fn end(&self) -> u64 {
        self.start + self.records.len() as u64
    }

    fn drop_before(&mut self, offset: u64) {
        while self.start < offset && self.records.pop_front().is_some() {
            self.start += 1;
        }
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

/// Refuses an offset that the log has not come to.
fn check_reached(offset: u64, end: u64) -> Result<(), StoreError> {
    let text = || format!("offset {offset}, but the log ends at {end}");
    if offset > end { Err(error(StoreErrorKind::Invalid, text())) } else { Ok(()) }
}

impl MemoryLog {
    /// An empty log with so many partitions of events and of ad reports, and one of each other topic.
    pub fn new(events: u32, ad_reports: u32) -> MemoryLog {
        let partitions = |count| (0..count).map(|_| Partition::default()).collect();
        let count = |topic: Topic| match topic {
            Topic::Events => events,
            Topic::AdReports => ad_reports,
            Topic::Updates | Topic::Deliveries => 1,
        };
        let topics = Topic::ALL.iter().map(|topic| (*topic, partitions(count(*topic))));
        let state = Mutex::new(State { topics: topics.collect(), ..State::default() });
        let shared = LogState { state, made: Instant::now(), changes: watch::Sender::new(0) };
        MemoryLog { shared: Arc::new(shared) }
    }

    /// The time that the clock of appends says.
    pub fn now(&self) -> UnixMillis {
        UnixMillis(EPOCH.0 + self.shared.made.elapsed().as_millis() as i64)
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

    /// The work of retention: drops every record of the partition before `offset`.
    pub fn drop_before(&self, topic: Topic, partition: PartitionId, offset: Offset) {
        let mut state = self.shared.state.lock();
        if let Some(partition) = state.partition(topic, partition) {
            partition.drop_before(offset.0);
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
            let kept = partition.records.iter().zip(partition.start..);
            kept.map(move |((_, bytes), offset)| LogRecord {
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

impl LogState {
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

    fn keep(&mut self, records: Vec<NewRecord>, now: UnixMillis) -> Vec<Position> {
        let keep_one = |NewRecord { topic, partition, bytes }: NewRecord| {
            let kept = self.partition(topic, partition)?;
            let offset = Offset(kept.end());
            kept.records.push_back((now, bytes));
            Some(Position { topic, partition, offset })
        };
        records.into_iter().filter_map(keep_one).collect()
    }

    /// The partition, in a log that is there.
    fn found(&mut self, topic: Topic, id: PartitionId) -> Result<&mut Partition, StoreError> {
        self.reachable()?;
        let found = self.partition(topic, id);
        found.ok_or_else(|| error(StoreErrorKind::Invalid, "no such partition"))
    }

    /// Adds the records of a partition from `from` on, within the limits; answers the next offset.
    fn read(
        &mut self,
        (topic, id): (Topic, PartitionId),
        from: u64,
        limits: ReadLimits,
        records: &mut Vec<LogRecord>,
    ) -> u64 {
        let Some(kept) = self.partition(topic, id) else { return from };
        let mut bytes: usize = records.iter().map(|record| record.bytes.len()).sum();
        let mut next = from.max(kept.start);
        while let Some((_, found)) = kept.records.get((next - kept.start) as usize) {
            if records.len() >= limits.records_max.max(1) || bytes >= limits.bytes_max.max(1) {
                break;
            }
            let position = Position { topic, partition: id, offset: Offset(next) };
            bytes += found.len();
            records.push(LogRecord { position, bytes: found.clone() });
            next += 1;
        }
        next
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
        let positions = self.shared.state.lock().keep(records, self.now());
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

    async fn read(
        &self,
        topic: Topic,
        partition: PartitionId,
        Offset(from): Offset,
        limits: ReadLimits,
    ) -> Result<Vec<LogRecord>, StoreError> {
        let mut changes = self.shared.changes.subscribe();
        let deadline = Instant::now() + limits.wait_max;
        loop {
            changes.borrow_and_update();
            let mut records = Vec::new();
            {
                let mut state = self.shared.state.lock();
                check_reached(from, state.found(topic, partition)?.end())?;
                state.read((topic, partition), from, limits, &mut records);
            }
            let is_over = !records.is_empty()
                || tokio::time::timeout_at(deadline, changes.changed()).await.is_err();
            if is_over {
                return Ok(records);
            }
        }
    }

    async fn offset_at(
        &self,
        topic: Topic,
        partition: PartitionId,
        instant: UnixMillis,
    ) -> Result<Offset, StoreError> {
        let mut state = self.shared.state.lock();
        let found = state.found(topic, partition)?;
        let earlier = found.records.partition_point(|(appended, _)| *appended < instant);
        Ok(Offset(found.start + earlier as u64))
    }

    async fn release(
        &self,
        topic: Topic,
        partition: PartitionId,
        Offset(before): Offset,
    ) -> Result<(), StoreError> {
        let mut state = self.shared.state.lock();
        let found = state.found(topic, partition)?;
        check_reached(before, found.end())?;
        found.drop_before(before);
        Ok(())
    }

    async fn end(&self, topic: Topic, partition: PartitionId) -> Result<Offset, StoreError> {
        Ok(Offset(self.shared.state.lock().found(topic, partition)?.end()))
    }
}

#[cfg(test)]
mod tests;

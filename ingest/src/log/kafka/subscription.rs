//! A member of a Kafka group that begins where the warehouse's checkpoint says.
//!
//! Partitions that the group gives us are not begun in the client's callback, which may not wait: they
//! are noted there, and begun by the next read, which asks `resume` and only then assigns them with
//! their offsets. Partitions taken away are given up in the callback at once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::FutureExt as _;
use metrics::counter;
use parking_lot::Mutex;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext, StreamConsumer};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::{BorrowedMessage, Message as _};
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{Offset as KafkaOffset, TopicPartitionList};
use stratum_models::log::{
    LogRead, LogRecord, Offset, PartitionId, Position, ReadLimits, Resume, Subscription, Topic,
};
use stratum_models::store::{StoreError, StoreErrorKind};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::client::{failed, log_line};
use super::{Cluster, watermarks};
use crate::log::{STORE, invalid, unavailable};
use crate::telemetry;

/// Between two tries to seek a partition whose assignment is just taking effect.
const SEEK_AGAIN: Duration = Duration::from_millis(20);

/// The change that the group has told the client and the reader has not acted upon.
#[derive(Default)]
pub(super) struct Turn {
    /// Ours, and not begun.
    given: BTreeSet<i32>,
    /// Not ours any more.
    taken: BTreeSet<i32>,
    /// Nobody reads any more: whatever is given is let go of at once.
    is_closing: bool,
}

/// The context that the client calls back.
#[derive(Default)]
pub(super) struct GroupContext {
    turn: Mutex<Turn>,
    changed: Notify,
}

impl ClientContext for GroupContext {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        log_line(level, facility, text);
    }

    fn error(&self, error: KafkaError, text: &str) {
        tracing::debug!(kafka.error = %error, kafka.text = text, "kafka client error");
    }
}

impl ConsumerContext for GroupContext {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        code: RDKafkaRespErr,
        list: &mut TopicPartitionList,
    ) {
        let partitions: BTreeSet<i32> = list.elements().iter().map(|e| e.partition()).collect();
        let mut turn = self.turn.lock();
        let outcome = if code == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            // The group waits for an answer, also to nothing.
            if turn.is_closing || partitions.is_empty() {
                consumer.incremental_assign(list)
            } else {
                turn.given.extend(partitions);
                Ok(())
            }
        } else {
            let begun_late = list.elements();
            let begun_late = begun_late.iter().filter(|e| turn.given.contains(&e.partition()));
            let begun_late: Vec<_> = begun_late.map(|e| (e.topic(), e.partition())).collect();
            // Only what was assigned can be given up.
            let assigned = assign_at_end(consumer, begun_late.into_iter());
            turn.given.retain(|partition| !partitions.contains(partition));
            turn.taken.extend(partitions);
            assigned.and_then(|()| consumer.incremental_unassign(list))
        };
        if let Err(error) = outcome {
            tracing::warn!(kafka.error = %error, "a change of partitions failed");
        }
        self.changed.notify_one();
    }
}

/// Takes partitions that will not be read.
fn assign_at_end<'a>(
    consumer: &impl rdkafka::consumer::Consumer<GroupContext>,
    partitions: impl Iterator<Item = (&'a str, i32)>,
) -> KafkaResult<()> {
    let mut list = TopicPartitionList::new();
    for (topic, partition) in partitions {
        list.add_partition_offset(topic, partition, KafkaOffset::End)?;
    }
    match list.count() {
        0 => Ok(()),
        _ => consumer.incremental_assign(&list),
    }
}

pub(super) struct KafkaSubscription {
    pub cluster: Arc<Cluster>,
    pub topic: Topic,
    /// The topic's name in the cluster.
    pub name: String,
    pub resume: Arc<dyn Resume>,
    /// Always there until dropped.
    pub consumer: Option<Arc<StreamConsumer<GroupContext>>>,
    /// The next offset of each partition that is ours and begun.
    pub positions: BTreeMap<i32, u64>,
    /// The assignment that was told last.
    pub told: Option<Vec<PartitionId>>,
}

impl KafkaSubscription {
    fn consumer(&self) -> Result<&Arc<StreamConsumer<GroupContext>>, StoreError> {
        self.consumer.as_ref().ok_or_else(|| unavailable("the subscription is closed"))
    }

    /// Forgets what was taken: what was read of it is void.
    fn forget_taken(&mut self) -> Result<(), StoreError> {
        let taken = std::mem::take(&mut self.consumer()?.client().context().turn.lock().taken);
        self.positions.retain(|partition, _| !taken.contains(partition));
        Ok(())
    }

    /// Forgets what was taken and begins what was given.
    async fn settle(&mut self) -> Result<(), StoreError> {
        self.forget_taken()?;
        let given = self.consumer()?.client().context().turn.lock().given.clone();
        if given.is_empty() {
            return Ok(());
        }
        let mut begun = BTreeMap::new();
        let mut list = TopicPartitionList::new();
        for partition in given {
            let offset = self.begin(partition).await?;
            begun.insert(partition, offset);
            let added = list.add_partition_offset(&self.name, partition, at(offset));
            added.map_err(|error| failed("no such place", error))?;
        }
        // Only reads call back, and this one does not read: what is given has not changed meanwhile.
        let consumer = self.consumer()?;
        let assigned = consumer.incremental_assign(&list);
        assigned.map_err(|error| failed("the partitions cannot be begun", error))?;
        consumer.client().context().turn.lock().given.retain(|p| !begun.contains_key(p));
        self.positions.extend(begun);
        counter!(telemetry::LOG_REBALANCES, "topic" => self.topic.as_str()).increment(1);
        Ok(())
    }

    async fn begin(&self, partition: i32) -> Result<u64, StoreError> {
        let id = PartitionId(partition.unsigned_abs());
        let Offset(offset) = self.resume.resume_at(self.topic, id).await?;
        let (oldest, end) = watermarks(&self.cluster, self.topic, id).await?;
        if offset > end {
            return Err(invalid(format!(
                "{}-{partition} resumes at {offset}, but this log ends at {end}: it is not the same \
                 log",
                self.name
            )));
        }
        if offset < oldest {
            skipped(partition, oldest - offset);
        }
        Ok(offset.max(oldest))
    }

    /// Takes a record in, if it is the next one of a partition of ours.
    fn admit(&mut self, message: &BorrowedMessage<'_>) -> Option<LogRecord> {
        let next = self.positions.get_mut(&message.partition())?;
        let offset = u64::try_from(message.offset()).ok().filter(|offset| *offset >= *next)?;
        if offset > *next {
            skipped(message.partition(), offset - *next);
        }
        *next = offset + 1;
        let partition = PartitionId(message.partition().unsigned_abs());
        let position = Position { topic: self.topic, partition, offset: Offset(offset) };
        let bytes = Bytes::copy_from_slice(message.payload().unwrap_or_default());
        Some(LogRecord { position, bytes })
    }

    /// The first record, or `None` when the wait is over or the group has told something.
    async fn first(&mut self, deadline: Instant) -> Result<Option<LogRecord>, StoreError> {
        let consumer = self.consumer()?.clone();
        let context = consumer.client().context();
        loop {
            tokio::select! {
                biased;
                message = consumer.recv() => {
                    let message = message.map_err(|error| failed("the read failed", error))?;
                    if let Some(record) = self.admit(&message) {
                        return Ok(Some(record));
                    }
                }
                () = context.changed.notified() => return Ok(None),
                () = sleep_until(deadline) => return Ok(None),
            }
        }
    }

    /// The first record and those that are there already, within the limits. Nothing is awaited, so
    /// a read that is dropped has lost none.
    fn rest(&mut self, first: LogRecord, limits: ReadLimits) -> Result<Vec<LogRecord>, StoreError> {
        let consumer = self.consumer()?.clone();
        let mut bytes = first.bytes.len();
        let mut records = vec![first];
        while records.len() < limits.records_max && bytes < limits.bytes_max {
            // An error shows again at the next read, with no records that it could take along.
            let Some(Ok(message)) = consumer.recv().now_or_never() else { break };
            if let Some(record) = self.admit(&message) {
                bytes += record.bytes.len();
                records.push(record);
            }
        }
        let topic = self.topic.as_str();
        counter!(telemetry::LOG_READ_RECORDS, "topic" => topic).increment(records.len() as u64);
        counter!(telemetry::LOG_READ_BYTES, "topic" => topic).increment(bytes as u64);
        self.forget_taken()?;
        let is_ours = |partition: u32| self.positions.keys().any(|p| p.unsigned_abs() == partition);
        records.retain(|record| is_ours(record.position.partition.0));
        Ok(records)
    }

    /// The partitions that are ours, if they are not those that were told last.
    fn news(&mut self) -> Option<Vec<PartitionId>> {
        let ours = self.positions.keys().map(|partition| PartitionId(partition.unsigned_abs()));
        let ours: Vec<_> = ours.collect();
        (self.told.as_ref() != Some(&ours)).then(|| {
            self.told = Some(ours.clone());
            ours
        })
    }
}

/// An offset in the client's terms.
pub(super) fn at(offset: u64) -> KafkaOffset {
    KafkaOffset::Offset(i64::try_from(offset).unwrap_or(i64::MAX))
}

fn skipped(partition: i32, records: u64) {
    tracing::warn!(
        log.partition = partition,
        log.records = records,
        "retention dropped records before they were read"
    );
    counter!(telemetry::LOG_SKIPPED_RECORDS).increment(records);
}

#[async_trait]
impl Subscription for KafkaSubscription {
    async fn next(&mut self, limits: ReadLimits) -> Result<LogRead, StoreError> {
        let deadline = Instant::now() + limits.wait_max;
        loop {
            self.settle().await?;
            let is_joining = self.told.is_none() && self.positions.is_empty();
            if !is_joining && let Some(assignment) = self.news() {
                return Ok(LogRead { assignment: Some(assignment), records: Vec::new() });
            }
            match self.first(deadline).await? {
                Some(first) => {
                    let records = self.rest(first, limits)?;
                    return Ok(LogRead { assignment: self.news(), records });
                }
                // The group has told something.
                None if Instant::now() < deadline => {}
                None => return Ok(LogRead { assignment: self.news(), records: Vec::new() }),
            }
        }
    }

    async fn seek(&mut self, partition: PartitionId, offset: Offset) -> Result<(), StoreError> {
        let number = i32::try_from(partition.0).unwrap_or(i32::MAX);
        if !self.positions.contains_key(&number) {
            let text = format!("partition {} is not this reader's", partition.0);
            return Err(StoreError::new(StoreErrorKind::Conflict, STORE, text));
        }
        let (oldest, end) = watermarks(&self.cluster, self.topic, partition).await?;
        if offset.0 > end {
            return Err(invalid(format!("sought {}, but the log ends at {end}", offset.0)));
        }
        let target = offset.0.max(oldest);
        let wait = self.cluster.request_wait();
        let deadline = Instant::now() + wait;
        loop {
            let (consumer, name) = (self.consumer()?.clone(), self.name.clone());
            let seek = move || consumer.seek(&name, number, at(target), wait);
            let sought = tokio::task::spawn_blocking(seek).await;
            match sought.map_err(|error| unavailable("a seek ended early").caused_by(error))? {
                Ok(()) => break,
                Err(error) if Instant::now() >= deadline => {
                    return Err(failed("the partition cannot be sought", error));
                }
                Err(_) => tokio::time::sleep(SEEK_AGAIN).await,
            }
        }
        self.positions.insert(number, target);
        Ok(())
    }
}

impl Drop for KafkaSubscription {
    fn drop(&mut self) {
        let Some(consumer) = self.consumer.take() else { return };
        let given = {
            let mut turn = consumer.client().context().turn.lock();
            turn.is_closing = true;
            std::mem::take(&mut turn.given)
        };
        // The group waits for an answer to what it gave before it lets anybody go.
        let given = given.into_iter().map(|partition| (self.name.as_str(), partition));
        if let Err(error) = assign_at_end(&*consumer, given) {
            tracing::warn!(kafka.error = %error, "a group was left without an answer");
        }
        // Leaving the group takes a round trip, which must not hold up the caller.
        let leave = std::thread::Builder::new().name("log-leave".into());
        if let Err(error) = leave.spawn(move || drop(consumer)) {
            tracing::warn!(error = %error, "a group was left without a thread");
        }
    }
}

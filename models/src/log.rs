//! The log: where events rest between the front door and the pipeline.
//!
//! A *topic* has a fixed number of *partitions*; a partition is an append-only sequence of records
//! numbered by *offset*. A record is the bytes of one columnar batch (see [`crate::record`]).
//! Records of one dedup key always go to one partition, so duplicates meet.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use crate::platform::coded;
use crate::store::StoreError;
use crate::time::UnixMillis;

coded! {
    /// The subject of records.
    Topic {
        /// Conversion events and their rejections.
        Events = 1 "events",
        /// Ad reports and their rejections.
        AdReports = 2 "ad-reports",
        /// Hints to those who watch, in one partition and kept for a short time (see
        /// [`crate::update`]). Every watching process reads all of it, as a group of its own.
        Updates = 3 "updates",
        /// Events to be handed on to platforms, sealed. All of a dataset lies in one partition,
        /// so that whoever hands it on sees all of it.
        Deliveries = 4 "deliveries",
    }
}

impl Topic {
    /// The topics that are moved into the warehouse.
    pub const INPUTS: &[Topic] = &[Topic::Events, Topic::AdReports];
}

/// A partition of a topic, numbered from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PartitionId(pub u32);

/// The place of a record in its partition, numbered from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Offset(pub u64);

/// The place of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// The topic.
    pub topic: Topic,
    /// The partition.
    pub partition: PartitionId,
    /// The record.
    pub offset: Offset,
}

/// The largest record a log must take, in bytes. Kafka's default limit is 1 MiB with its framing.
pub const RECORD_BYTES_MAX: usize = 900 * 1024;

/// A record to be appended.
#[derive(Clone, Debug)]
pub struct NewRecord {
    /// Where to.
    pub topic: Topic,
    /// Where to.
    pub partition: PartitionId,
    /// At most [`RECORD_BYTES_MAX`].
    pub bytes: Bytes,
}

/// A record as read.
#[derive(Clone, Debug)]
pub struct LogRecord {
    /// Where it stands.
    pub position: Position,
    /// The bytes that were appended.
    pub bytes: Bytes,
}

/// The bounds of one read: most records and bytes, and the longest wait for the first record.
#[derive(Clone, Copy, Debug)]
pub struct ReadLimits {
    /// Stop after this many records.
    pub records_max: usize,
    /// Stop once this many bytes are gathered.
    pub bytes_max: usize,
    /// Return empty-handed after this long without a record.
    pub wait_max: Duration,
}

/// The answer to one read.
#[derive(Debug, Default)]
pub struct LogRead {
    /// The partitions that are this subscriber's from here on, when that changed. Records of a
    /// partition that left the set are void: they may be read by another now.
    pub assignment: Option<Vec<PartitionId>>,
    /// Records, in offset order within each partition.
    pub records: Vec<LogRecord>,
}

/// Tells a subscription where to begin. The warehouse's checkpoint answers, never the log's own.
#[async_trait]
pub trait Resume: Send + Sync {
    /// The offset of the first record to read of this partition.
    async fn resume_at(&self, topic: Topic, partition: PartitionId) -> Result<Offset, StoreError>;
}

/// A log of records.
#[async_trait]
pub trait EventLog: Send + Sync {
    /// The number of the topic's partitions. Fixed for the life of the log.
    fn partitions(&self, topic: Topic) -> u32;

    /// Appends the records in order and returns their positions, in the same order, once they
    /// survive a crash. On an error none, some or all may have been kept; records of one partition
    /// are kept as a prefix. A record over [`RECORD_BYTES_MAX`] or for an unknown partition is
    /// `Invalid` and nothing is kept. A log that cannot be reached answers `Unavailable` within a
    /// bounded time.
    async fn append(&self, records: Vec<NewRecord>) -> Result<Vec<Position>, StoreError>;

    /// Starts reading as a member of `group`. Every partition is read by one member of a group at a
    /// time; whenever a partition is assigned, `resume` is asked where to begin. An offset that
    /// retention has dropped resumes at the oldest record kept; one beyond the end is `Invalid` at the
    /// next read: the checkpoint was made from another log.
    async fn subscribe(
        &self,
        topic: Topic,
        group: &str,
        resume: Arc<dyn Resume>,
    ) -> Result<Box<dyn Subscription>, StoreError>;

    /// Reads records of one partition from `from` on, in offset order and none skipped, beside every
    /// group. Begins at the oldest record kept where retention has dropped `from`; waits for the first
    /// record for as long as the limits say, and answers nothing where none came. Never more than one
    /// record beyond the limits. An offset beyond the end, or an unknown partition, is `Invalid`.
    async fn read(
        &self,
        topic: Topic,
        partition: PartitionId,
        from: Offset,
        limits: ReadLimits,
    ) -> Result<Vec<LogRecord>, StoreError>;

    /// The offset of the first record kept that was appended at `instant` or later, by the clock of
    /// whoever appended it; the end where there is none.
    async fn offset_at(
        &self,
        topic: Topic,
        partition: PartitionId,
        instant: UnixMillis,
    ) -> Result<Offset, StoreError>;

    /// Gives up the records of the partition before `before`: nobody needs them any more. The log may
    /// keep the last of them until it has more to give up; none from `before` on goes. An offset
    /// beyond the end is `Invalid`, one that was given up before changes nothing.
    async fn release(
        &self,
        topic: Topic,
        partition: PartitionId,
        before: Offset,
    ) -> Result<(), StoreError>;

    /// The offset the next record of the partition will get.
    async fn end(&self, topic: Topic, partition: PartitionId) -> Result<Offset, StoreError>;

    /// Answers once the log is known to take appends; `Unavailable` says why it does not.
    async fn ready(&self) -> Result<(), StoreError> {
        self.end(Topic::Events, PartitionId(0)).await.map(drop)
    }
}

/// A running read of a topic. Dropping it leaves the group.
#[async_trait]
pub trait Subscription: Send {
    /// The next records. Never more than one record beyond the limits; every record once, in offset
    /// order a partition, none skipped. The first call tells the assignment. A read that is dropped
    /// before it ends loses nothing.
    async fn next(&mut self, limits: ReadLimits) -> Result<LogRead, StoreError>;

    /// Goes back so that `offset` is the next record read of this partition.
    async fn seek(&mut self, partition: PartitionId, offset: Offset) -> Result<(), StoreError>;
}

/// Which of `partitions` a key belongs to.
pub fn partition_of(key_hash: u64, partitions: u32) -> PartitionId {
    // Multiply-shift spreads the high bits without a division.
    PartitionId(((u128::from(key_hash) * u128::from(partitions)) >> 64) as u32)
}

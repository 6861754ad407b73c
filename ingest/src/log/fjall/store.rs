//! The layout on disk.
//!
//! | keyspace | key | value |
//! | --- | --- | --- |
//! | `events-0`, `events-1` … | offset, time of append in ms (8 bytes each) | the record |
//! | `segments` | topic (1), partition (4), first offset (8) | end, newest, bytes (8 each) |
//! | `meta` | `format`, `partitions/{topic}`, `start/{topic}/{partition}` | a number (8) |
//!
//! Numbers are big-endian. A partition has a keyspace of its own: its keys only grow, so its tables
//! never overlap, compaction merely moves them, and retention drops whole tables without rewriting
//! or marking anything. Records are packed already: nothing is compressed again.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use fjall::CompressionType;
use fjall::config::{CompressionPolicy, FilterPolicy, FilterPolicyEntry};
use fjall::{Database, Keyspace, KeyspaceCreateOptions, OwnedWriteBatch, PersistMode};
use parking_lot::Mutex;
use stratum_models::log::{PartitionId, Topic};
use stratum_models::store::{StoreError, StoreErrorKind};
use stratum_models::time::UnixMillis;

use super::config::FjallLogConfig;
use super::ledger::{Head, Ledger, Segment};
use crate::log::{STORE, invalid};

const FORMAT: u64 = 1;
/// Memtables of a partition that may wait to become tables; one commit fills one more at most, and at 4
/// the storage engine waits by itself.
const SEALED_MAX: usize = 2;
/// Runs of new tables of a partition; at 30 the storage engine waits by itself.
const RUNS_MAX: usize = 28;
const TABLES_POLL: Duration = Duration::from_millis(2);
/// Updates are small and few.
const UPDATES_MEMTABLE_BYTES: u64 = 2 * 1024 * 1024;

pub(super) struct Store {
    db: Database,
    meta: Keyspace,
    segments: Keyspace,
    partitions: BTreeMap<Topic, Vec<Partition>>,
}

/// The offset after the last record of each partition.
pub(super) type Ends = BTreeMap<(Topic, PartitionId), u64>;

pub(super) struct Partition {
    pub records: Keyspace,
    pub ledger: Mutex<Ledger>,
}

/// The error of the storage engine, in the terms of a store.
pub(super) fn failed(error: fjall::Error) -> StoreError {
    let (kind, text) = match &error {
        fjall::Error::Locked => (StoreErrorKind::Conflict, "another process has this log open"),
        fjall::Error::InvalidVersion(_) => {
            (StoreErrorKind::Invalid, "the folder holds another format")
        }
        fjall::Error::JournalRecovery(_) => {
            (StoreErrorKind::Invalid, "the journal is damaged before its end; restore the folder")
        }
        fjall::Error::Poisoned => (StoreErrorKind::Unavailable, "a write to disk failed"),
        _ => (StoreErrorKind::Unavailable, "the disk did not do as asked"),
    };
    StoreError::new(kind, STORE, text).caused_by(error)
}

pub(super) fn record_key(offset: u64, appended: UnixMillis) -> [u8; 16] {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&offset.to_be_bytes());
    key[8..].copy_from_slice(&appended.0.to_be_bytes());
    key
}

pub(super) fn read_record_key(key: &[u8]) -> Result<(u64, UnixMillis), StoreError> {
    let split = key.split_first_chunk::<8>();
    let offset = split.map(|(offset, _)| u64::from_be_bytes(*offset));
    let appended = split.and_then(|(_, rest)| rest.try_into().ok()).map(i64::from_be_bytes);
    offset.zip(appended.map(UnixMillis)).ok_or_else(|| invalid("a key is not one of this log's"))
}

fn segment_prefix(topic: Topic, partition: PartitionId) -> [u8; 5] {
    let mut key = [topic.code().unsigned_abs(); 5];
    key[1..].copy_from_slice(&partition.0.to_be_bytes());
    key
}

fn segment_key(topic: Topic, partition: PartitionId, first: u64) -> [u8; 13] {
    let mut key = [0; 13];
    key[..5].copy_from_slice(&segment_prefix(topic, partition));
    key[5..].copy_from_slice(&first.to_be_bytes());
    key
}

fn start_key(topic: Topic, partition: PartitionId) -> String {
    format!("start/{topic}/{}", partition.0)
}

/// Rows are few and small but for the records.
fn small_options() -> KeyspaceCreateOptions {
    KeyspaceCreateOptions::default().max_memtable_size(1024 * 1024)
}

fn record_options(memtable_bytes: u64) -> KeyspaceCreateOptions {
    KeyspaceCreateOptions::default()
        .max_memtable_size(memtable_bytes)
        .data_block_compression_policy(CompressionPolicy::all(CompressionType::None))
        // Records are found by range, never by key.
        .filter_policy(FilterPolicy::all(FilterPolicyEntry::None))
        .expect_point_read_hits(true)
}

impl Store {
    pub(super) fn open(folder: &Path, config: &FjallLogConfig) -> Result<Store, StoreError> {
        std::fs::create_dir_all(folder).map_err(|error| failed(error.into()))?;
        let db = Database::builder(folder)
            .journal_compression(CompressionType::None)
            .manual_journal_persist(true)
            .max_journaling_size(config.journal_bytes_max)
            .cache_size(config.cache_bytes)
            .worker_threads(2)
            .open()
            .map_err(failed)?;
        let meta = db.keyspace("meta", small_options).map_err(failed)?;
        let segments = db.keyspace("segments", small_options).map_err(failed)?;
        let mut store = Store { db, meta, segments, partitions: BTreeMap::new() };
        store.fix("format", FORMAT, "format")?;
        for topic in Topic::ALL {
            let count = config.partitions(*topic);
            let what = format!("number of partitions of {topic}");
            store.fix(&format!("partitions/{topic}"), u64::from(count), &what)?;
            let partitions =
                (0..count).map(|p| store.open_partition(*topic, PartitionId(p), config));
            let partitions = partitions.collect::<Result<_, _>>()?;
            store.partitions.insert(*topic, partitions);
        }
        store.db.persist(PersistMode::SyncAll).map_err(failed)?;
        Ok(store)
    }

    fn number(&self, key: &str) -> Result<Option<u64>, StoreError> {
        let found = self.meta.get(key).map_err(failed)?;
        Ok(found.and_then(|value| value.as_ref().try_into().ok()).map(u64::from_be_bytes))
    }

    /// Sets a number for the life of the log, or refuses another one.
    fn fix(&self, key: &str, wanted: u64, what: &str) -> Result<(), StoreError> {
        match self.number(key)? {
            None => self.meta.insert(key, wanted.to_be_bytes()).map_err(failed),
            Some(found) if found == wanted => Ok(()),
            Some(found) => Err(invalid(format!(
                "the {what} was fixed at {found} when this log was made, {wanted} is asked for"
            ))),
        }
    }

    fn open_partition(
        &self,
        topic: Topic,
        partition: PartitionId,
        config: &FjallLogConfig,
    ) -> Result<Partition, StoreError> {
        let name = format!("{topic}-{}", partition.0);
        let options = || match topic {
            Topic::Events | Topic::AdReports | Topic::Deliveries => {
                record_options(config.memtable_bytes)
            }
            Topic::Updates => record_options(config.memtable_bytes.min(UPDATES_MEMTABLE_BYTES)),
        };
        let records = self.db.keyspace(&name, options).map_err(failed)?;
        let ledger = Mutex::new(self.read_ledger(&records, topic, partition)?);
        Ok(Partition { records, ledger })
    }

    fn read_ledger(
        &self,
        records: &Keyspace,
        topic: Topic,
        partition: PartitionId,
    ) -> Result<Ledger, StoreError> {
        let start = self.number(&start_key(topic, partition))?.unwrap_or(0);
        let mut ledger = Ledger {
            start,
            closed: Default::default(),
            head: Head { open: Segment::begin(start) },
        };
        for row in self.segments.prefix(segment_prefix(topic, partition)) {
            let (key, value) = row.into_inner().map_err(failed)?;
            let first = key.get(5..).and_then(|first| first.try_into().ok());
            let segment = first.and_then(|f| Segment::decode(u64::from_be_bytes(f), &value));
            let segment = segment.ok_or_else(|| invalid("a segment is not readable"))?;
            ledger.head.open = Segment::begin(segment.end);
            ledger.closed.push_back(segment);
        }
        for row in records.range(record_key(ledger.end(), UnixMillis(0))..) {
            let (key, value) = row.into_inner().map_err(failed)?;
            let (offset, appended) = read_record_key(&key)?;
            if offset != ledger.end() {
                let end = ledger.end();
                return Err(invalid(format!("record {end} of {topic}-{} is missing", partition.0)));
            }
            ledger.head.open.add(appended, value.len() as u64);
        }
        Ok(ledger)
    }

    pub(super) fn partition(
        &self,
        topic: Topic,
        id: PartitionId,
    ) -> Result<&Partition, StoreError> {
        let found = self.partitions.get(&topic).and_then(|all| all.get(id.0 as usize));
        found.ok_or_else(|| invalid(format!("{topic} has no partition {}", id.0)))
    }

    /// Every partition with its name.
    pub(super) fn all(&self) -> impl Iterator<Item = (Topic, PartitionId, &Partition)> {
        self.partitions.iter().flat_map(|(topic, partitions)| {
            partitions.iter().zip(0..).map(|(found, id)| (*topic, PartitionId(id), found))
        })
    }

    /// Where every partition ends.
    pub(super) fn ends(&self) -> Ends {
        self.all().map(|(topic, id, found)| ((topic, id), found.ledger.lock().end())).collect()
    }

    /// Drops what stands beyond these ends, and answers how many records that was. `Invalid` when a
    /// partition ends before.
    pub(super) fn cut_to(&self, ends: &Ends) -> Result<u64, StoreError> {
        let mut batch = self.batch();
        let mut cut = Vec::new();
        for (topic, id, partition) in self.all() {
            let end = ends.get(&(topic, id)).copied().unwrap_or(0);
            let found = partition.ledger.lock().end();
            if found < end {
                let lost = format!("records {found} to {end} of {topic}-{} are lost", id.0);
                return Err(invalid(lost));
            }
            if found > end {
                self.cut_partition(&mut batch, (topic, id, partition), end)?;
                cut.push((topic, id, partition, found - end));
            }
        }
        batch.commit().map_err(failed)?;
        for (topic, id, partition, _) in &cut {
            *partition.ledger.lock() = self.read_ledger(&partition.records, *topic, *id)?;
        }
        Ok(cut.iter().map(|(_, _, _, records)| records).sum())
    }

    fn cut_partition(
        &self,
        batch: &mut OwnedWriteBatch,
        (topic, id, partition): (Topic, PartitionId, &Partition),
        end: u64,
    ) -> Result<(), StoreError> {
        for row in partition.records.range(record_key(end, UnixMillis(0))..) {
            batch.remove(&partition.records, row.key().map_err(failed)?);
        }
        for row in self.segments.prefix(segment_prefix(topic, id)) {
            let (key, value) = row.into_inner().map_err(failed)?;
            if Segment::decode(0, &value).is_none_or(|segment| segment.end > end) {
                batch.remove(&self.segments, key);
            }
        }
        Ok(())
    }

    /// Whether writes are taken; `Unavailable` once one has failed.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        self.db.persist(PersistMode::Buffer).map_err(failed)
    }

    /// Waits while the storage engine is behind with its tables. It would wait by itself, but without
    /// end when its threads have failed.
    pub(super) fn wait_for_tables(&self) -> Result<(), StoreError> {
        use fjall::AbstractTree as _;
        let is_behind = |partition: &Partition| {
            let tree = &partition.records.tree;
            tree.sealed_memtable_count() >= SEALED_MAX || tree.l0_run_count() >= RUNS_MAX
        };
        while self.all().any(|(_, _, partition)| is_behind(partition)) {
            self.check()?;
            std::thread::sleep(TABLES_POLL);
        }
        Ok(())
    }

    /// A batch that is on disk, whole or not at all, once it is committed.
    pub(super) fn batch(&self) -> OwnedWriteBatch {
        self.db.batch().durability(Some(PersistMode::SyncData))
    }

    pub(super) fn add_record(
        &self,
        batch: &mut OwnedWriteBatch,
        to: &Partition,
        (offset, appended): (u64, UnixMillis),
        bytes: &[u8],
    ) {
        // A copy: the bytes handed in may pin a larger buffer, and these stay in the memtable.
        batch.insert(&to.records, record_key(offset, appended), bytes);
    }

    pub(super) fn add_segment(
        &self,
        batch: &mut OwnedWriteBatch,
        (topic, partition): (Topic, PartitionId),
        segment: &Segment,
    ) {
        let key = segment_key(topic, partition, segment.first);
        batch.insert(&self.segments, key, segment.encode());
    }

    /// Gives an empty partition the start and the closed segments of another one, on disk; answers the
    /// start, where its records begin.
    pub(super) fn begin_partition(
        &self,
        topic: Topic,
        id: PartitionId,
        from: &Ledger,
    ) -> Result<u64, StoreError> {
        let mut batch = self.batch();
        batch.insert(&self.meta, start_key(topic, id), from.start.to_be_bytes());
        for segment in &from.closed {
            self.add_segment(&mut batch, (topic, id), segment);
        }
        batch.commit().map_err(failed)?;
        Ok(from.start)
    }

    /// Moves the start of a partition past this segment.
    pub(super) fn drop_segment(
        &self,
        batch: &mut OwnedWriteBatch,
        (topic, partition): (Topic, PartitionId),
        segment: &Segment,
    ) {
        batch.remove(&self.segments, segment_key(topic, partition, segment.first));
        batch.insert(&self.meta, start_key(topic, partition), segment.end.to_be_bytes());
    }

    /// Gives back the disk of records before `start`, in whole tables; the rest of a table that
    /// reaches further goes when the whole may.
    pub(super) fn free_before(&self, partition: &Partition, start: u64) -> Result<(), StoreError> {
        use fjall::AbstractTree as _;
        let end = record_key(start, UnixMillis(0));
        let freed = partition.records.tree.drop_range(..end);
        freed.map_err(|error| failed(error.into()))
    }

    /// Bytes of the records kept of these topics.
    pub(super) fn bytes(&self, is_of: impl Fn(Topic) -> bool) -> u64 {
        let all = self.all().filter(|(topic, _, _)| is_of(*topic));
        all.map(|(_, _, partition)| partition.ledger.lock().bytes()).sum()
    }
}

//! The warehouse's twin: batches in memory, answers computed plainly from them, faults on demand.
//!
//! A commit lands table by table, each table of a range once, and moves the checkpoints last; a fault may
//! stop it between two tables, as a crash does to the real one.

mod answer;
mod person;
mod questions;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{DataType, Field, Schema, TimestampMillisecondType, UInt32Type, UInt64Type};
use async_trait::async_trait;
use futures::StreamExt;
use parking_lot::Mutex;

use stratum_models::event::{column, timestamp_type};
use stratum_models::id::TenantId;
use stratum_models::log::{Offset, PartitionId, Topic};
use stratum_models::scope::TenantScope;
use stratum_models::store::{StoreError, StoreErrorKind};
use stratum_models::table::Table;
use stratum_models::time::UnixMillis;
use stratum_models::warehouse::{
    Claim, Commit, CommitOutcome, DataVersion, DataVersions, HeldPartition, LogRange, Progress,
    SeenKeys, WarehouseWriter,
};

pub use questions::{AnswerMode, Questions};

/// A call of the writing side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WriterCall {
    /// [`WarehouseWriter::progress`].
    Progress,
    /// [`WarehouseWriter::claim`].
    Claim,
    /// [`WarehouseWriter::commit`].
    Commit,
    /// [`WarehouseWriter::seen_keys`].
    SeenKeys,
}

/// The fault of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriterFault {
    /// It has no effect, the caller gets this kind of error.
    Refuse(StoreErrorKind),
    /// It has its effect, but the answer is lost: the caller gets `Unavailable`.
    LoseAnswer,
    /// A commit lands so many of its tables and stops; the caller gets `Unavailable`. Another call is
    /// refused.
    Tear(usize),
}

/// Decides what goes wrong with the next call.
type Faults = Box<dyn FnMut(WriterCall) -> Option<WriterFault> + Send>;

/// A warehouse in memory. Clones share it. Every call lets other tasks run before and after its effect,
/// so that a caller may be dropped on either side of it.
#[derive(Clone, Default)]
pub struct MemoryWarehouse {
    state: Arc<Mutex<State>>,
    faults: Arc<Mutex<Option<Faults>>>,
    questions: Arc<Questions>,
}

#[derive(Default)]
struct State {
    partitions: BTreeMap<(Topic, PartitionId), Place>,
    landed: Vec<LandedRows>,
    versions: BTreeMap<(TenantId, Topic, PartitionId), u64>,
    nonces: u64,
}

/// The progress of a partition, to where a range was begun, and who holds it.
#[derive(Clone, Copy, Default)]
struct Place {
    checkpoint: u64,
    begun: u64,
    claim: Option<Claim>,
    /// A commit under the claim broke off.
    is_spent: bool,
}

struct LandedRows {
    range: LogRange,
    table: Table,
    rows: RecordBatch,
}

fn error(kind: StoreErrorKind, text: impl Into<String>) -> StoreError {
    StoreError::new(kind, "warehouse", text)
}

impl MemoryWarehouse {
    /// An empty warehouse.
    pub fn new() -> MemoryWarehouse {
        MemoryWarehouse::default()
    }

    /// From here on, `faults` is asked at each call of the writing side what goes wrong with it.
    pub fn fail_with(
        &self,
        faults: impl FnMut(WriterCall) -> Option<WriterFault> + Send + 'static,
    ) {
        *self.faults.lock() = Some(Box::new(faults));
    }

    /// From here on, nothing goes wrong.
    pub fn heal(&self) {
        *self.faults.lock() = None;
    }

    /// The questions that the reading side is asked.
    pub fn questions(&self) -> &Questions {
        &self.questions
    }

    /// The batches of a table, in the order they landed.
    pub fn batches(&self, table: Table) -> Vec<RecordBatch> {
        self.state.lock().batches(table)
    }

    async fn call<T>(
        &self,
        call: WriterCall,
        effect: impl FnOnce(&mut State, usize) -> Result<T, StoreError> + Send,
    ) -> Result<T, StoreError> {
        tokio::task::yield_now().await;
        let fault = self.faults.lock().as_mut().and_then(|faults| faults(call));
        let outcome = match fault {
            None => effect(&mut self.state.lock(), usize::MAX),
            Some(WriterFault::Refuse(kind)) => Err(error(kind, "refused as asked")),
            Some(WriterFault::Tear(tables)) if call == WriterCall::Commit => {
                effect(&mut self.state.lock(), tables)
            }
            Some(WriterFault::Tear(_)) => Err(error(StoreErrorKind::Unavailable, "torn as asked")),
            Some(WriterFault::LoseAnswer) => {
                let outcome = effect(&mut self.state.lock(), usize::MAX);
                let lost = || error(StoreErrorKind::Unavailable, "answer lost as asked");
                outcome.and_then(|_| Err(lost()))
            }
        };
        tokio::task::yield_now().await;
        outcome
    }
}

impl State {
    fn batches(&self, table: Table) -> Vec<RecordBatch> {
        let of_table = self.landed.iter().filter(|landed| landed.table == table);
        of_table.map(|landed| landed.rows.clone()).collect()
    }

    fn place(&self, topic: Topic, partition: PartitionId) -> Place {
        self.partitions.get(&(topic, partition)).copied().unwrap_or_default()
    }

    fn progress(&self, topic: Topic, partition: PartitionId) -> Progress {
        let Place { checkpoint, begun, .. } = self.place(topic, partition);
        let (from, to) = (Offset(checkpoint), Offset(begun));
        let pending = (to > from).then_some(LogRange { topic, partition, from, to });
        Progress { checkpoint: from, pending }
    }

    fn claim(&mut self, topic: Topic, partitions: &[PartitionId]) -> Vec<HeldPartition> {
        self.nonces += 1;
        let nonce = self.nonces;
        let claim = |partition: &PartitionId| {
            let place = self.partitions.entry((topic, *partition)).or_default();
            let epoch = place.claim.map_or(0, |claim| claim.epoch) + 1;
            place.is_spent = false;
            let claim = *place.claim.insert(Claim { epoch, nonce });
            let progress = self.progress(topic, *partition);
            HeldPartition { partition: *partition, claim, progress }
        };
        partitions.iter().map(claim).collect()
    }

    /// Whether this range may be added; `Invalid` when it is not next.
    fn is_held(&self, Commit { claim, range, .. }: &Commit) -> Result<bool, StoreError> {
        let place = self.place(range.topic, range.partition);
        if place.claim != Some(*claim) || place.is_spent {
            return Ok(false);
        }
        let progress = self.progress(range.topic, range.partition);
        let is_next = progress.checkpoint == range.from && range.from < range.to;
        if !is_next || progress.pending.is_some_and(|pending| pending != *range) {
            return Err(error(StoreErrorKind::Invalid, "the range is not the one that comes next"));
        }
        Ok(true)
    }

    /// Lands so many tables of these ranges, or all and the checkpoints.
    fn commit(
        &mut self,
        commits: &[Commit],
        tables: usize,
    ) -> Result<Vec<CommitOutcome>, StoreError> {
        check(commits)?;
        let held = commits.iter().map(|commit| self.is_held(commit));
        let held = held.collect::<Result<Vec<bool>, StoreError>>()?;
        let of_held = || commits.iter().zip(&held).filter(|(_, held)| **held).map(|(all, _)| all);
        // First the one that tells that the ranges were begun.
        let others = of_held().flat_map(|commit| &commit.rows).map(|(table, _)| *table);
        let others: BTreeSet<Table> =
            others.filter(|table| *table != Table::IngestCounts).collect();
        for (at, table) in [Table::IngestCounts].into_iter().chain(others).enumerate() {
            if at == tables {
                return Err(self.break_off(of_held()));
            }
            for commit in of_held() {
                self.land(table, commit)?;
            }
        }
        if tables != usize::MAX {
            return Err(self.break_off(of_held()));
        }
        for commit in of_held() {
            let range = commit.range;
            for tenant in commit.tenants() {
                self.versions.insert((tenant, range.topic, range.partition), range.to.0);
            }
            self.partitions.entry((range.topic, range.partition)).or_default().checkpoint =
                range.to.0;
        }
        let outcome = |held: &bool| match held {
            true => CommitOutcome::Committed,
            false => CommitOutcome::Fenced,
        };
        Ok(held.iter().map(outcome).collect())
    }

    fn break_off<'c>(&mut self, commits: impl Iterator<Item = &'c Commit>) -> StoreError {
        for Commit { range, .. } in commits {
            self.partitions.entry((range.topic, range.partition)).or_default().is_spent = true;
        }
        error(StoreErrorKind::Unavailable, "torn as asked")
    }

    /// Adds what is missing of a range in one table.
    fn land(
        &mut self,
        table: Table,
        Commit { range, rows, .. }: &Commit,
    ) -> Result<(), StoreError> {
        let range = *range;
        if table == Table::IngestCounts && rows.iter().any(|(_, rows)| rows.num_rows() > 0) {
            self.partitions.entry((range.topic, range.partition)).or_default().begun = range.to.0;
        }
        let Some((_, rows)) = rows.iter().find(|(of, _)| *of == table) else { return Ok(()) };
        let has_place = rows.column_by_name("log_offset").is_some();
        let there = self.landed.iter().filter(|landed| {
            landed.table == table
                && landed.range.topic == range.topic
                && landed.range.partition == range.partition
        });
        let rows = match has_place {
            true => {
                let there: BTreeSet<_> = there.flat_map(|landed| places(&landed.rows)).collect();
                let missing = places(rows).map(|place| Some(!there.contains(&place)));
                filter_record_batch(rows, &missing.collect::<BooleanArray>()).map_err(|cause| {
                    error(StoreErrorKind::Invalid, "rows of a fact").caused_by(cause)
                })?
            }
            false if there.into_iter().any(|landed| landed.range == range) => return Ok(()),
            false => rows.clone(),
        };
        self.landed.push(LandedRows { range, table, rows });
        Ok(())
    }
}

/// Record and row of each of these facts.
fn places(rows: &RecordBatch) -> impl Iterator<Item = (u64, u32)> {
    let offsets = rows["log_offset"].as_primitive::<UInt64Type>().values();
    let numbers = rows["log_row"].as_primitive::<UInt32Type>().values();
    offsets.iter().copied().zip(numbers.iter().copied())
}

/// `Invalid` unless every table comes once in its own layout, and every partition once.
fn check(commits: &[Commit]) -> Result<(), StoreError> {
    let invalid = |text: String| Err(error(StoreErrorKind::Invalid, text));
    let mut partitions = BTreeSet::new();
    for Commit { range, rows, .. } in commits {
        if !partitions.insert(range.partition) {
            return invalid("two ranges of one partition".into());
        }
        for (at, (table, batch)) in rows.iter().enumerate() {
            if batch.schema_ref() != &table.schema() {
                return invalid(format!("the rows for {table} have another layout"));
            }
            if rows[..at].iter().any(|(earlier, _)| earlier == table) {
                return invalid(format!("{table} comes twice"));
            }
        }
    }
    Ok(())
}

#[async_trait]
impl WarehouseWriter for MemoryWarehouse {
    async fn progress(&self, topic: Topic, partition: PartitionId) -> Result<Progress, StoreError> {
        self.call(WriterCall::Progress, |state, _| Ok(state.progress(topic, partition))).await
    }

    async fn claim(
        &self,
        topic: Topic,
        partitions: &[PartitionId],
    ) -> Result<Vec<HeldPartition>, StoreError> {
        self.call(WriterCall::Claim, |state, _| Ok(state.claim(topic, partitions))).await
    }

    async fn commit(&self, commits: &[Commit]) -> Result<Vec<CommitOutcome>, StoreError> {
        self.call(WriterCall::Commit, |state, tables| state.commit(commits, tables)).await
    }

    async fn seen_keys(
        &self,
        partition: PartitionId,
        since: UnixMillis,
        before: Offset,
    ) -> Result<SeenKeys, StoreError> {
        let batches = self.call(WriterCall::SeenKeys, |state, _| Ok(state.batches(Table::Events)));
        let batches = batches.await?;
        let seen = batches.into_iter().map(move |rows| seen(&rows, partition, since, before));
        Ok(futures::stream::iter(seen.collect::<Vec<_>>()).boxed())
    }
}

#[async_trait]
impl DataVersions for MemoryWarehouse {
    async fn data_versions(&self, scopes: &[TenantScope]) -> Result<Vec<DataVersion>, StoreError> {
        self.questions.ask_versions();
        let state = self.state.lock();
        let version = |scope: &TenantScope| {
            let all = state.versions.iter();
            let lanes = all.filter(|((tenant, ..), _)| *tenant == scope.tenant_id());
            DataVersion(lanes.map(|(_, to)| to).sum())
        };
        Ok(scopes.iter().map(version).collect())
    }
}

/// Key and receipt of those rows that have a key and stand in this part of the log.
fn seen(
    rows: &RecordBatch,
    partition: PartitionId,
    since: UnixMillis,
    before: Offset,
) -> Result<RecordBatch, StoreError> {
    let keys = rows[column::DEDUP_KEY].as_fixed_size_binary();
    let received = rows[column::RECEIVED_AT].as_primitive::<TimestampMillisecondType>();
    let partitions = rows["log_partition"].as_primitive::<UInt32Type>();
    let offsets = rows["log_offset"].as_primitive::<UInt64Type>();
    let wanted = (0..rows.num_rows()).map(|row| {
        keys.is_valid(row)
            && received.value(row) >= since.0
            && partitions.value(row) == partition.0
            && offsets.value(row) < before.0
    });
    let layout = Schema::new(vec![
        Field::new(column::DEDUP_KEY, DataType::FixedSizeBinary(16), true),
        Field::new(column::RECEIVED_AT, timestamp_type(), false),
    ]);
    let columns: Vec<ArrayRef> =
        vec![rows[column::DEDUP_KEY].clone(), rows[column::RECEIVED_AT].clone()];
    RecordBatch::try_new(Arc::new(layout), columns)
        .and_then(|both| filter_record_batch(&both, &wanted.map(Some).collect::<BooleanArray>()))
        .map_err(|cause| error(StoreErrorKind::Invalid, "dedup keys").caused_by(cause))
}

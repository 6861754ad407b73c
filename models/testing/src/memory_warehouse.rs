//! The warehouse's twin: batches in memory, answers computed plainly from them, faults on demand.
//!
//! A commit lands table by table, each table of a range once, and moves the checkpoint last; a fault may
//! stop it between two tables, as a crash does to the real one.

mod answer;
mod person;
mod questions;

use std::collections::BTreeMap;
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
    Commit, CommitOutcome, DataVersion, DataVersions, LogRange, Progress, SeenKeys, WarehouseWriter,
};

pub use questions::{Answering, Questions};

/// A call of the writing side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WriterCall {
    /// [`WarehouseWriter::progress`].
    Progress,
    /// [`WarehouseWriter::plan`].
    Plan,
    /// [`WarehouseWriter::commit`].
    Commit,
    /// [`WarehouseWriter::seen_keys`].
    SeenKeys,
}

/// What goes wrong with a call.
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
    landed: Vec<Landed>,
    versions: BTreeMap<(TenantId, Topic, PartitionId), u64>,
}

/// How far a partition has come, and its newest plan.
#[derive(Clone, Copy, Default)]
struct Place {
    checkpoint: u64,
    plan: Option<LogRange>,
}

struct Landed {
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

    /// What the reading side is asked.
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
    /// What is certain of a range before anything is written; `None` when it is next.
    fn settled(&self, range: LogRange) -> Result<Option<CommitOutcome>, StoreError> {
        let Place { checkpoint, plan } = self.place(range.topic, range.partition);
        match plan {
            Some(plan) if plan.from == range.from && plan.to != range.to => {
                Ok(Some(CommitOutcome::Fenced))
            }
            _ if checkpoint >= range.to.0 => Ok(Some(CommitOutcome::AlreadyCommitted)),
            _ if checkpoint > range.from.0 => Ok(Some(CommitOutcome::Fenced)),
            Some(plan) if plan == range && checkpoint == range.from.0 => Ok(None),
            _ => Err(error(StoreErrorKind::Invalid, "the range was not planned")),
        }
    }

    fn batches(&self, table: Table) -> Vec<RecordBatch> {
        let of_table = self.landed.iter().filter(|landed| landed.table == table);
        of_table.map(|landed| landed.rows.clone()).collect()
    }

    fn place(&self, topic: Topic, partition: PartitionId) -> Place {
        self.partitions.get(&(topic, partition)).copied().unwrap_or_default()
    }

    fn plan(&mut self, range: LogRange) -> Result<LogRange, StoreError> {
        if range.to <= range.from {
            return Err(error(StoreErrorKind::Invalid, "a range without records"));
        }
        let place = self.partitions.entry((range.topic, range.partition)).or_default();
        if place.checkpoint != range.from.0 {
            let text = format!("the checkpoint is at {}", place.checkpoint);
            return Err(error(StoreErrorKind::Conflict, text));
        }
        match place.plan {
            Some(plan) if plan.from == range.from => Ok(plan),
            _ => Ok(*place.plan.insert(range)),
        }
    }

    fn commit(&mut self, commit: Commit, tables: usize) -> Result<CommitOutcome, StoreError> {
        let range = commit.range;
        for (at, (table, rows)) in commit.rows.iter().enumerate() {
            if rows.schema_ref() != &table.schema() {
                let text = format!("the rows for {table} have another layout");
                return Err(error(StoreErrorKind::Invalid, text));
            }
            if commit.rows[..at].iter().any(|(earlier, _)| earlier == table) {
                return Err(error(StoreErrorKind::Invalid, format!("{table} comes twice")));
            }
        }
        if let Some(outcome) = self.settled(range)? {
            return Ok(outcome);
        }
        let tenants = commit.tenants();
        for (at, (table, rows)) in commit.rows.into_iter().enumerate() {
            if at == tables {
                return Err(error(StoreErrorKind::Unavailable, "torn as asked"));
            }
            let here = |landed: &Landed| landed.range == range && landed.table == table;
            if !self.landed.iter().any(here) {
                self.landed.push(Landed { range, table, rows });
            }
        }
        if tables != usize::MAX {
            return Err(error(StoreErrorKind::Unavailable, "torn before the checkpoint as asked"));
        }
        for tenant in tenants {
            self.versions.insert((tenant, range.topic, range.partition), range.to.0);
        }
        self.partitions.entry((range.topic, range.partition)).or_default().checkpoint = range.to.0;
        Ok(CommitOutcome::Committed)
    }
}

#[async_trait]
impl WarehouseWriter for MemoryWarehouse {
    async fn progress(&self, topic: Topic, partition: PartitionId) -> Result<Progress, StoreError> {
        self.call(WriterCall::Progress, |state, _| {
            let Place { checkpoint, plan } = state.place(topic, partition);
            let pending = plan.filter(|plan| plan.from.0 == checkpoint);
            Ok(Progress { checkpoint: Offset(checkpoint), pending })
        })
        .await
    }

    async fn plan(&self, range: LogRange) -> Result<LogRange, StoreError> {
        self.call(WriterCall::Plan, |state, _| state.plan(range)).await
    }

    async fn commit(&self, commit: Commit) -> Result<CommitOutcome, StoreError> {
        self.call(WriterCall::Commit, |state, tables| state.commit(commit, tables)).await
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

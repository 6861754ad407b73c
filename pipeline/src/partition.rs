//! One partition between its batches: how far it has come, what it planned, what it has seen.

use std::collections::VecDeque;
use std::sync::Arc;

use futures::TryStreamExt;
use stratum_models::erasure::ErasureList;
use stratum_models::log::{EventLog, LogRecord, Offset, PartitionId, Topic};
use stratum_models::store::{StoreError, StoreErrorKind};
use stratum_models::time::{SharedClock, UnixMillis};
use stratum_models::warehouse::{Commit, CommitOutcome, LogRange, WarehouseWriter};
use tokio::runtime::{Handle, RuntimeFlavor};
use tracing::{debug, info, warn};

use crate::announce::{self, Announcer};
use crate::commit::{self, Plan};
use crate::config::PipelineConfig;
use crate::decode::{DecodedRecord, decode};
use crate::dedupe::{DedupWindow, remember};
use crate::error::PipelineError;
use crate::retry::retry;
use crate::telemetry;
use crate::transform::{RangeRecords, Statements, Transformed, transform};

/// What every batch of a run needs.
pub(crate) struct Stage {
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) warehouse: Arc<dyn WarehouseWriter>,
    pub(crate) erasures: Arc<dyn ErasureList>,
    pub(crate) clock: SharedClock,
    pub(crate) config: PipelineConfig,
    pub(crate) statements: Statements,
    pub(crate) announcer: Announcer,
}

/// What one attempt at a batch came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Advance {
    /// The partition is done up to here.
    To(Offset),
    /// Its plan reaches up to here; more records must be read first.
    Short(Offset),
    /// Reading must begin again here: somebody else has worked on the partition, or records between
    /// the checkpoint and the first one at hand were not read.
    ReadFrom(Offset),
}

/// A partition's state. Owned by one batch at a time; dropping it drops everything of the partition.
#[derive(Debug)]
pub(crate) struct Partition {
    topic: Topic,
    id: PartitionId,
    /// `None` until the warehouse was asked.
    checkpoint: Option<Offset>,
    /// A plan that must be done next.
    planned: Option<LogRange>,
    /// `None` until the first events come.
    window: Option<DedupWindow>,
    /// Where reading was asked to begin again because records were missing.
    asked_again: Option<Offset>,
}

impl Partition {
    pub(crate) fn new(topic: Topic, id: PartitionId) -> Partition {
        Partition { topic, id, checkpoint: None, planned: None, window: None, asked_again: None }
    }

    /// Makes one batch of the first of these records, commits it, and takes them off the queue.
    pub(crate) async fn advance(
        &mut self,
        stage: &Stage,
        records: &mut VecDeque<LogRecord>,
    ) -> Result<Advance, PipelineError> {
        let checkpoint = self.locate(stage).await?;
        while records.front().is_some_and(|record| record.position.offset < checkpoint) {
            records.pop_front();
        }
        let first = records.front().map(|record| record.position.offset);
        if first != Some(checkpoint) && self.asked_again != Some(checkpoint) {
            self.asked_again = Some(checkpoint);
            return Ok(Advance::ReadFrom(checkpoint));
        }
        let mut decoded = compute(|| self.decode(stage, records));
        let range = match self.plan(stage, checkpoint, &decoded).await? {
            Plan::Holds(range) => range,
            Plan::Fenced => return self.fenced(stage).await,
        };
        compute(|| fit(&mut decoded, records, range.to));
        let end = decoded.last().map_or(checkpoint, |last| Offset(last.offset.0 + 1));
        let read = records.get(decoded.len()).map_or(end, |next| next.position.offset);
        if read < range.to {
            return Ok(Advance::Short(range.to));
        }
        records.drain(..decoded.len());
        count_missing(&range, &decoded);
        self.land(stage, range, RangeRecords::of(decoded)).await
    }

    /// Asks the warehouse how far the partition has come, unless it is known.
    async fn locate(&mut self, stage: &Stage) -> Result<Offset, StoreError> {
        if let Some(checkpoint) = self.checkpoint {
            return Ok(checkpoint);
        }
        let (topic, id) = (self.topic, self.id);
        let progress = retry!(&stage.config.retry, stage.warehouse.progress(topic, id).await)?;
        if let Some(range) = progress.pending {
            info!(
                log.topic = %topic, log.partition = id.0, range.from = range.from.0, range.to = range.to.0,
                "range was planned and not finished, it is done again"
            );
        }
        self.planned = progress.pending;
        self.checkpoint = Some(progress.checkpoint);
        Ok(progress.checkpoint)
    }

    /// Decodes up to the end of the plan, or until the batch is full.
    fn decode(&self, stage: &Stage, records: &VecDeque<LogRecord>) -> Vec<DecodedRecord> {
        let (mut decoded, mut rows, mut bytes) = (Vec::new(), 0, 0);
        let bounds = &stage.config.batch;
        for record in records {
            let wanted = match self.planned {
                Some(range) => record.position.offset < range.to,
                None => rows < bounds.rows_max && bytes < bounds.bytes_max || decoded.is_empty(),
            };
            if !wanted {
                break;
            }
            let record_rows = decode(record);
            rows += record_rows.rows();
            bytes += record.bytes.len();
            decoded.push(record_rows);
        }
        decoded
    }

    /// The range that comes next: the one that is planned, or else what was decoded.
    async fn plan(
        &mut self,
        stage: &Stage,
        from: Offset,
        decoded: &[DecodedRecord],
    ) -> Result<Plan, StoreError> {
        if let Some(range) = self.planned {
            return Ok(Plan::Holds(range));
        }
        let to = decoded.last().map_or(from, |last| Offset(last.offset.0 + 1));
        let range = LogRange { topic: self.topic, partition: self.id, from, to };
        let plan = commit::plan(stage.warehouse.as_ref(), &stage.config.retry, range).await?;
        if let Plan::Holds(range) = plan {
            self.planned = Some(range);
        }
        Ok(plan)
    }

    /// Transforms and commits a planned range.
    async fn land(
        &mut self,
        stage: &Stage,
        range: LogRange,
        mut records: RangeRecords,
    ) -> Result<Advance, PipelineError> {
        let earliest = records.earliest_event()?;
        if let Some(earliest) = earliest {
            let erasures = retry!(&stage.config.retry, stage.erasures.erasures().await)?;
            compute(|| records.erase(&erasures))?;
            self.rebuild(stage, earliest, range.from).await?;
        }
        let empty = DedupWindow::new(0, 0);
        let window = self.window.as_ref().unwrap_or(&empty);
        let mut transformed =
            compute(|| transform(&stage.statements, window, range.partition, records))?;
        let commit = Commit { range, rows: std::mem::take(&mut transformed.rows) };
        let warehouse = stage.warehouse.as_ref();
        let outcome = commit::commit(warehouse, &stage.config.retry, &commit).await?;
        match outcome {
            CommitOutcome::Committed => commit::count(self.topic, &transformed, &stage.clock),
            CommitOutcome::AlreadyCommitted => debug!("range was committed already"),
            CommitOutcome::Fenced => return self.fenced(stage).await,
        }
        // Also when an earlier life committed it: that one may not have come to tell.
        compute(|| stage.announcer.tell(announce::updates(&commit.rows)));
        self.checkpoint = Some(range.to);
        self.planned = None;
        compute(|| self.absorb(&transformed, earliest));
        Ok(Advance::To(range.to))
    }

    /// Fills the window with what landed before the offset `before`, unless it is there.
    async fn rebuild(
        &mut self,
        stage: &Stage,
        earliest: UnixMillis,
        before: Offset,
    ) -> Result<(), PipelineError> {
        if self.window.is_some() {
            return Ok(());
        }
        let bounds = &stage.config.dedup;
        let since = DedupWindow::since(earliest, bounds.skew_ms_max);
        let partitions = stage.log.partitions(self.topic).max(1) as usize;
        let keys_max = bounds.keys_max / partitions;
        let (window, forgotten) =
            retry!(&stage.config.retry, self.load(stage, keys_max, since, before).await)?;
        info!(log.partition = self.id.0, dedup.keys = window.len(), "dedup window rebuilt");
        self.count_keys(&window, forgotten);
        self.window = Some(window);
        Ok(())
    }

    /// Reads a window from the warehouse; with it, how many keys it has no room for.
    async fn load(
        &self,
        stage: &Stage,
        keys_max: usize,
        since: UnixMillis,
        before: Offset,
    ) -> Result<(DedupWindow, usize), StoreError> {
        let mut window = DedupWindow::new(keys_max, stage.config.dedup.skew_ms_max);
        let mut forgotten = 0;
        let mut seen = stage.warehouse.seen_keys(self.id, since, before).await?;
        while let Some(rows) = seen.try_next().await? {
            let remembered = compute(|| remember(&mut window, &rows));
            forgotten += remembered.map_err(|error| {
                StoreError::new(
                    StoreErrorKind::Invalid,
                    "warehouse",
                    "dedup keys of another layout",
                )
                .caused_by(error)
            })?;
        }
        Ok((window, forgotten))
    }

    /// Takes what a committed batch saw into the window.
    fn absorb(&mut self, transformed: &Transformed, earliest: Option<UnixMillis>) {
        let (Some(window), Some(earliest)) = (self.window.as_mut(), earliest) else { return };
        let forgotten = window.absorb(&transformed.firsts, earliest);
        let Some(window) = self.window.as_ref() else { return };
        self.count_keys(window, forgotten);
    }

    fn count_keys(&self, window: &DedupWindow, forgotten: usize) {
        let partition = self.id.0.to_string();
        metrics::gauge!(telemetry::DEDUP_KEYS, "partition" => partition).set(window.len() as f64);
        if forgotten > 0 {
            metrics::counter!(telemetry::DEDUP_KEYS_FORGOTTEN_TOTAL).increment(forgotten as u64);
            warn!(
                log.partition = self.id.0,
                dedup.forgotten = forgotten,
                dedup.keys = window.len(),
                "dedup window is full: its oldest keys are forgotten early, late duplicates may land"
            );
        }
    }

    /// Somebody else has worked on the partition: nothing known of it holds any more.
    async fn fenced(&mut self, stage: &Stage) -> Result<Advance, PipelineError> {
        *self = Partition::new(self.topic, self.id);
        let checkpoint = self.locate(stage).await?;
        warn!(
            log.topic = %self.topic, log.partition = self.id.0, log.checkpoint = checkpoint.0,
            "partition was moved on by another worker"
        );
        Ok(Advance::ReadFrom(checkpoint))
    }
}

/// Makes `decoded` end at `to`: cuts what is beyond, decodes what is missing, as far as it was read.
fn fit(decoded: &mut Vec<DecodedRecord>, records: &VecDeque<LogRecord>, to: Offset) {
    decoded.retain(|record| record.offset < to);
    let missing = records.iter().skip(decoded.len());
    decoded.extend(missing.take_while(|record| record.position.offset < to).map(decode));
}

/// Says so when the log no longer had all records of a range.
fn count_missing(range: &LogRange, decoded: &[DecodedRecord]) {
    let missing = (range.to.0 - range.from.0).saturating_sub(decoded.len() as u64);
    if missing > 0 {
        let topic = range.topic.as_str();
        metrics::counter!(telemetry::RECORDS_MISSING_TOTAL, "topic" => topic).increment(missing);
        warn!(
            log.topic = topic,
            log.partition = range.partition.0,
            range.from = range.from.0,
            range.to = range.to.0,
            range.missing = missing,
            "log dropped records before they were processed"
        );
    }
}

/// Runs work that takes long without waiting for anything. A thread that serves others is told so.
fn compute<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}

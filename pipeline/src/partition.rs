//! One partition between its batches: what it is held with, how far it has come, what it has seen.

use std::collections::VecDeque;
use std::sync::Arc;

use futures::TryStreamExt;
use stratum_models::erasure::ErasureList;
use stratum_models::log::{EventLog, LogRecord, Offset, PartitionId, Topic};
use stratum_models::store::{StoreError, StoreErrorKind};
use stratum_models::time::{SharedClock, UnixMillis};
use stratum_models::warehouse::{
    Claim, Commit, HeldPartition, LogRange, Progress, WarehouseWriter,
};
use tokio::runtime::{Handle, RuntimeFlavor};
use tracing::{info, warn};

use crate::announce::{self, Announcer};
use crate::commit;
use crate::config::{BatchConfig, PipelineConfig};
use crate::decode::{DecodedRecord, decode};
use crate::dedupe::{DedupWindow, remember};
use crate::error::PipelineError;
use crate::retry::retry;
use crate::telemetry;
use crate::transform::{RangeRecords, RangeRows, Statements, transform};

/// The means that every batch of a run needs.
pub(crate) struct Stage {
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) warehouse: Arc<dyn WarehouseWriter>,
    pub(crate) erasures: Arc<dyn ErasureList>,
    pub(crate) clock: SharedClock,
    pub(crate) config: PipelineConfig,
    pub(crate) statements: Statements,
    pub(crate) announcer: Announcer,
}

/// The advance that one attempt at a batch was for a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Advance {
    /// The partition is done up to here.
    To(Offset),
    /// The partition's pending range reaches up to here; more records must be read first.
    Short(Offset),
    /// Reading must begin again here: records between the checkpoint and the first one at hand were not
    /// read.
    ReadFrom(Offset),
    /// Another worker holds it.
    Fenced,
}

/// The next range of a partition, or why there is none.
pub(crate) enum NextRange {
    Range(LogRange, RangeRecords),
    Stopped(Advance),
}

/// The result of a range, before it is committed.
pub(crate) struct RangeResult {
    pub(crate) transformed: RangeRows,
    earliest: Option<UnixMillis>,
}

/// The room that a batch has; its partitions share it.
pub(crate) struct Room {
    rows: usize,
    bytes: usize,
}

impl Room {
    pub(crate) fn of(bounds: &BatchConfig) -> Room {
        Room { rows: bounds.rows_max, bytes: bounds.bytes_max }
    }
}

/// A partition's state. Owned by one batch at a time; dropping it drops everything of the partition.
#[derive(Debug)]
pub(crate) struct Partition {
    topic: Topic,
    id: PartitionId,
    /// `None` until it was claimed.
    held: Option<(Claim, Progress)>,
    /// `None` until the first events come.
    window: Option<DedupWindow>,
    /// Where reading was asked to begin again because records were missing.
    asked_again: Option<Offset>,
}

impl Partition {
    pub(crate) fn new(topic: Topic, id: PartitionId) -> Partition {
        Partition { topic, id, held: None, window: None, asked_again: None }
    }

    pub(crate) fn is_held(&self) -> bool {
        self.held.is_some()
    }

    /// The claim that holds the partition.
    pub(crate) fn claim(&self) -> Result<Claim, PipelineError> {
        self.held.map(|(claim, _)| claim).ok_or_else(|| {
            let text = "a partition that is not held was advanced";
            StoreError::new(StoreErrorKind::Invalid, "warehouse", text).into()
        })
    }

    /// Takes in that it was claimed.
    pub(crate) fn hold(&mut self, holding: HeldPartition) {
        if let Some(range) = holding.progress.pending {
            info!(
                log.topic = %self.topic, log.partition = self.id.0, range.from = range.from.0, range.to = range.to.0,
                "range was begun and not finished, it is done again"
            );
        }
        self.held = Some((holding.claim, holding.progress));
    }

    /// Takes the first of these records off the queue, as far as there is room for them: at least one,
    /// and all of a pending range.
    pub(crate) fn begin(
        &mut self,
        records: &mut VecDeque<LogRecord>,
        room: &mut Room,
    ) -> NextRange {
        let Some((_, progress)) = self.held else {
            return NextRange::Stopped(Advance::Fenced);
        };
        let checkpoint = progress.checkpoint;
        while records.front().is_some_and(|record| record.position.offset < checkpoint) {
            records.pop_front();
        }
        let first = records.front().map(|record| record.position.offset);
        if first != Some(checkpoint) && self.asked_again != Some(checkpoint) {
            self.asked_again = Some(checkpoint);
            return NextRange::Stopped(Advance::ReadFrom(checkpoint));
        }
        let decoded = compute(|| decode_next(progress.pending, records, room));
        let end = decoded.last().map_or(checkpoint, |last| Offset(last.offset.0 + 1));
        let (topic, partition) = (self.topic, self.id);
        let next = LogRange { topic, partition, from: checkpoint, to: end };
        let range = progress.pending.unwrap_or(next);
        let read = records.get(decoded.len()).map_or(end, |next| next.position.offset);
        if read < range.to {
            return NextRange::Stopped(Advance::Short(range.to));
        }
        if range.to <= range.from {
            return NextRange::Stopped(Advance::To(checkpoint));
        }
        records.drain(..decoded.len());
        count_missing(&range, &decoded);
        NextRange::Range(range, RangeRecords::of(decoded))
    }

    /// The result of the range.
    pub(crate) async fn transform(
        &mut self,
        stage: &Stage,
        range: LogRange,
        mut records: RangeRecords,
    ) -> Result<RangeResult, PipelineError> {
        let earliest = records.earliest_event()?;
        if let Some(earliest) = earliest {
            let erasures = retry!(&stage.config.retry, stage.erasures.erasures().await)?;
            compute(|| records.erase(&erasures))?;
            self.rebuild(stage, earliest, range.from).await?;
        }
        let empty = DedupWindow::new(0, 0);
        let window = self.window.as_ref().unwrap_or(&empty);
        let transformed =
            compute(|| transform(&stage.statements, window, range.partition, records))?;
        Ok(RangeResult { transformed, earliest })
    }

    /// Takes in that a range is committed.
    pub(crate) fn landed(
        &mut self,
        stage: &Stage,
        claim: Claim,
        commit: &Commit,
        RangeResult { transformed, earliest }: &RangeResult,
    ) -> Advance {
        let to = commit.range.to;
        commit::count(self.topic, transformed, &stage.clock);
        // Also when an earlier life added it: that one may not have come to tell.
        compute(|| stage.announcer.tell(announce::updates(&commit.rows)));
        self.held = Some((claim, Progress { checkpoint: to, pending: None }));
        compute(|| self.absorb(transformed, *earliest));
        Advance::To(to)
    }

    /// Somebody else has claimed the partition: nothing known of it holds any more.
    pub(crate) fn fenced(&mut self) -> Advance {
        warn!(
            log.topic = %self.topic, log.partition = self.id.0,
            "partition was claimed by another worker"
        );
        *self = Partition::new(self.topic, self.id);
        Advance::Fenced
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
    fn absorb(&mut self, transformed: &RangeRows, earliest: Option<UnixMillis>) {
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
}

/// Decodes up to the end of the pending range, or until there is no room.
fn decode_next(
    pending: Option<LogRange>,
    records: &VecDeque<LogRecord>,
    room: &mut Room,
) -> Vec<DecodedRecord> {
    let mut decoded = Vec::new();
    for record in records {
        let wanted = match pending {
            Some(range) => record.position.offset < range.to,
            None => room.rows > 0 && room.bytes > 0 || decoded.is_empty(),
        };
        if !wanted {
            break;
        }
        let record_rows = decode(record);
        room.rows = room.rows.saturating_sub(record_rows.rows());
        room.bytes = room.bytes.saturating_sub(record.bytes.len());
        decoded.push(record_rows);
    }
    decoded
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

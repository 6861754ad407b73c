//! From the records of a range to the rows it commits. A pure function of the records and of the window:
//! done again, it gives the same rows.

use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{Int8Type, UInt64Type};
use arrow::error::ArrowError;
use datafusion::error::Result;
use stratum_models::erasure::Erasures;
use stratum_models::log::{Offset, PartitionId};
use stratum_models::record::RecordKind;
use stratum_models::rejection::RowKind;
use stratum_models::table::Table;
use stratum_models::time::UnixMillis;

use crate::decode::DecodedRecord;
use crate::dedupe::{DedupWindow, DedupeResult, Firsts, dedupe, earliest};
use crate::land::{RecordRows, land};
use crate::roll_up::RollUp;
use crate::score::Score;
use crate::statement::{Inputs, session};

/// The planned statements.
#[derive(Debug)]
pub(crate) struct Statements {
    score: Score,
    roll_up: RollUp,
}

impl Statements {
    /// Plans them all.
    pub(crate) async fn plan() -> Result<Statements> {
        let session = session()?;
        let score = Score::plan(&session).await?;
        Ok(Statements { score, roll_up: RollUp::plan(&session).await? })
    }
}

/// The records of a range, by what they hold.
#[derive(Debug, Default)]
pub(crate) struct RangeRecords {
    events: Vec<(Offset, RecordBatch)>,
    ad_reports: Vec<RecordRows>,
    splits: Vec<RecordRows>,
    rejections: Vec<RecordRows>,
}

impl RangeRecords {
    pub(crate) fn of(records: Vec<DecodedRecord>) -> RangeRecords {
        let mut range = RangeRecords::default();
        for DecodedRecord { offset, content } in records {
            match content {
                Some((RecordKind::Events, rows)) => range.events.push((offset, rows)),
                Some((RecordKind::AdReports, rows)) => {
                    range.ad_reports.push(RecordRows::all((offset, rows)));
                }
                Some((RecordKind::AdReportSplits, rows)) => {
                    range.splits.push(RecordRows::all((offset, rows)));
                }
                Some((RecordKind::Rejections, rows)) => {
                    range.rejections.push(RecordRows::all((offset, rows)));
                }
                // Hints are of no topic that is read here.
                Some((RecordKind::Updates, _)) | None => {}
            }
        }
        range
    }

    /// Takes away what tells of persons who were erased after their events were received.
    pub(crate) fn erase(&mut self, erasures: &Erasures) -> Result<(), ArrowError> {
        for (_, rows) in &mut self.events {
            *rows = erasures.apply(rows.clone())?;
        }
        Ok(())
    }

    /// When the earliest event was received; `None` without events.
    pub(crate) fn earliest_event(&self) -> Result<Option<UnixMillis>, ArrowError> {
        earliest(self.events.iter().map(|(_, rows)| rows))
    }
}

/// The number of rows of each fate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) landed: usize,
    pub(crate) duplicate: usize,
    pub(crate) rejected: usize,
}

impl Tally {
    pub(crate) fn rows(self) -> usize {
        self.landed + self.duplicate + self.rejected
    }
}

/// The rows that a range comes to.
#[derive(Debug, Default)]
pub(crate) struct RangeRows {
    /// The rows to commit.
    pub(crate) rows: Vec<(Table, RecordBatch)>,
    /// The firsts that the window learns once they are committed.
    pub(crate) firsts: Firsts,
    /// The tally that is counted once they are.
    pub(crate) tally: Tally,
    /// When the newest row was received.
    pub(crate) newest: Option<UnixMillis>,
}

/// The number of rows these rejections stand for; a field that was refused without its row stands for none.
fn rejected(rejections: &RecordBatch) -> usize {
    let column = |name: &str| rejections.column_by_name(name);
    let kinds = column("kind").and_then(|kinds| kinds.as_primitive_opt::<Int8Type>());
    let counts = column("row_count").and_then(|counts| counts.as_primitive_opt::<UInt64Type>());
    let Some((kinds, counts)) = kinds.zip(counts) else { return 0 };
    let of_rows = kinds.values().iter().zip(counts.values());
    let of_rows = of_rows.filter(|(kind, _)| **kind != RowKind::Field.code());
    of_rows.map(|(_, count)| usize::try_from(*count).unwrap_or(usize::MAX)).sum()
}

/// The rows of a range of `partition`. `window` is that of the records before it.
pub(crate) fn transform(
    statements: &Statements,
    window: &DedupWindow,
    partition: PartitionId,
    range: RangeRecords,
) -> Result<RangeRows> {
    let mut judge = window.judge(range.events.iter().map(|(_, rows)| rows.num_rows()).sum());
    let DedupeResult { landed, duplicates } = dedupe(&mut judge, range.events)?;
    let events = land(Table::Events, partition, &landed)?;
    let rejections = land(Table::RejectedRows, partition, &range.rejections)?;
    let ad_reports = land(Table::AdReports, partition, &range.ad_reports)?;
    let splits = land(Table::AdReportSplits, partition, &range.splits)?;
    let count = |rows: &Option<RecordBatch>| rows.as_ref().map_or(0, RecordBatch::num_rows);
    let tally = Tally {
        landed: count(&events) + count(&ad_reports) + count(&splits),
        duplicate: duplicates.iter().map(RecordBatch::num_rows).sum(),
        rejected: rejections.as_ref().map_or(0, rejected),
    };

    let mut inputs = Inputs::default().with_duplicates(&duplicates)?;
    if let Some(rows) = &events {
        inputs = inputs.with_landed(rows)?;
    }
    if let Some(rows) = &rejections {
        inputs = inputs.with_rejections(rows)?;
    }
    inputs = inputs.with_ad_reports([&ad_reports, &splits])?;
    let (newest, inputs) = (inputs.newest(), Arc::new(inputs));

    let facts = [
        (Table::Events, events),
        (Table::RejectedRows, rejections),
        (Table::AdReports, ad_reports),
        (Table::AdReportSplits, splits),
    ];
    let mut rows: Vec<_> =
        facts.into_iter().filter_map(|(table, rows)| Some((table, rows?))).collect();
    rows.extend(statements.score.score(&inputs)?);
    rows.extend(statements.roll_up.roll_up(&inputs)?);
    Ok(RangeRows { rows, firsts: judge.into_firsts(), tally, newest })
}

//! Rows as they land: every record's rows in one batch, each with its place in the log.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, RecordBatch, UInt32Array, UInt64Array};
use arrow::compute::concat_batches;
use arrow::error::ArrowError;
use stratum_models::log::{Offset, PartitionId};
use stratum_models::table::Table;

/// Rows of one record.
#[derive(Clone, Debug)]
pub(crate) struct RecordRows {
    /// The record.
    pub(crate) offset: Offset,
    /// The rows, without those that were dropped.
    pub(crate) rows: RecordBatch,
    /// Which rows of the record these are, when not all of them.
    pub(crate) kept: Option<BooleanArray>,
}

impl RecordRows {
    /// All rows of a record.
    pub(crate) fn all((offset, rows): (Offset, RecordBatch)) -> RecordRows {
        RecordRows { offset, rows, kept: None }
    }

    /// Where in their record the rows stand.
    fn numbers(&self) -> Vec<u32> {
        match &self.kept {
            Some(kept) => kept.values().set_indices_u32().collect(),
            None => (0..self.rows.num_rows() as u32).collect(),
        }
    }
}

/// The rows of `table`; `None` when there are none.
pub(crate) fn land(
    table: Table,
    partition: PartitionId,
    records: &[RecordRows],
) -> Result<Option<RecordBatch>, ArrowError> {
    let Some(first) = records.iter().find(|record| record.rows.num_rows() > 0) else {
        return Ok(None);
    };
    let rows = concat_batches(first.rows.schema_ref(), records.iter().map(|record| &record.rows))?;
    let offsets = records.iter().flat_map(|r| std::iter::repeat_n(r.offset.0, r.rows.num_rows()));
    let numbers: Vec<u32> = records.iter().flat_map(RecordRows::numbers).collect();
    let position: [ArrayRef; 3] = [
        Arc::new(UInt32Array::from_value(partition.0, rows.num_rows())),
        Arc::new(UInt64Array::from_iter_values(offsets)),
        Arc::new(UInt32Array::from(numbers)),
    ];
    let columns = rows.columns().iter().cloned().chain(position).collect();
    RecordBatch::try_new(table.schema(), columns).map(Some)
}

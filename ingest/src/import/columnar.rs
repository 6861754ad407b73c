//! Parquet files: every cell as the text it would be in a text file.

use std::panic::AssertUnwindSafe;

use arrow::array::RecordBatch;
use arrow::datatypes::DataType;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::Unreadable;

/// What such a file begins with.
pub(super) const MAGIC: &[u8] = b"PAR1";
/// Rows read together.
const BATCH_ROWS: usize = 1024;

/// A Parquet file.
#[derive(Debug)]
pub(super) struct ColumnarSheet {
    file: Bytes,
    pub(super) headers: Vec<String>,
}

fn damaged<E>(_: E) -> Unreadable {
    Unreadable::file("the Parquet file is damaged or of an unknown kind")
}

/// Damaged files may break what its reader takes for granted.
fn unharmed<T>(read: impl FnOnce() -> Result<T, Unreadable>) -> Result<T, Unreadable> {
    std::panic::catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|panic| Err(damaged(panic)))
}

impl ColumnarSheet {
    /// Reads the names of its columns; refuses one that claims to unpack to more than the bound.
    pub(super) fn open(
        file: Bytes,
        unpacked_bytes_max: usize,
    ) -> Result<ColumnarSheet, Unreadable> {
        unharmed(|| {
            let builder =
                ParquetRecordBatchReaderBuilder::try_new(file.clone()).map_err(damaged)?;
            let groups = builder.metadata().row_groups().iter();
            let unpacked: i64 =
                groups.map(|group| group.total_byte_size().max(0)).fold(0, i64::saturating_add);
            if usize::try_from(unpacked).is_ok_and(|unpacked| unpacked > unpacked_bytes_max) {
                return Err(Unreadable::file("the Parquet file unpacks to too much; split it"));
            }
            let headers =
                builder.schema().fields().iter().map(|field| field.name().clone()).collect();
            Ok(ColumnarSheet { file, headers })
        })
    }

    /// Calls `each` with the number, from 1, and the cells of every row, until it says no.
    pub(super) fn each(
        &self,
        each: &mut dyn FnMut(u64, &[&str]) -> bool,
    ) -> Result<(), Unreadable> {
        unharmed(|| {
            let builder =
                ParquetRecordBatchReaderBuilder::try_new(self.file.clone()).map_err(damaged)?;
            let batches = builder.with_batch_size(BATCH_ROWS).build().map_err(damaged)?;
            let mut number = 0;
            for batch in batches {
                if !rows(&batch.map_err(damaged)?, &mut number, each)? {
                    return Ok(());
                }
            }
            Ok(())
        })
    }
}

fn rows(
    batch: &RecordBatch,
    number: &mut u64,
    each: &mut dyn FnMut(u64, &[&str]) -> bool,
) -> Result<bool, Unreadable> {
    let options = FormatOptions::new().with_display_error(true).with_null(super::row::NULL);
    let formatters: Vec<_> = batch
        .columns()
        .iter()
        .map(|column| ArrayFormatter::try_new(column.as_ref(), &options))
        .collect::<Result<_, _>>()
        .map_err(damaged)?;
    for row in 0..batch.num_rows() {
        *number += 1;
        let texts: Vec<String> = formatters
            .iter()
            .zip(batch.columns())
            .map(|(formatter, column)| match column.data_type() {
                DataType::Binary
                | DataType::LargeBinary
                | DataType::List(_)
                | DataType::Struct(_) => String::new(),
                _ => formatter.value(row).to_string(),
            })
            .collect();
        let cells: Vec<&str> = texts.iter().map(String::as_str).collect();
        if !each(*number, &cells) {
            return Ok(false);
        }
    }
    Ok(true)
}

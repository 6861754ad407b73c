//! Parquet files: every cell as the text it would be in a text file. What a file claims of itself is looked
//! at before its reader makes room for it (`claims`), and how long its texts are before rows are made of
//! them: one text of a dictionary can stand for a million.

mod claims;
mod thrift;

use std::panic::AssertUnwindSafe;

use arrow::array::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{ConvertedType, LogicalType, Type};
use parquet::column::reader::ColumnReader;
use parquet::data_type::ByteArray;
use parquet::file::reader::FileReader;
use parquet::file::serialized_reader::SerializedFileReader;
use parquet::schema::types::ColumnDescriptor;

use super::Unreadable;

/// The bytes that such a file begins with.
pub(super) const MAGIC: &[u8] = b"PAR1";
/// Rows read together at most, and bytes of their cells.
const BATCH_ROWS_MAX: usize = 1024;
const BATCH_BYTES_MAX: usize = 8 << 20;
/// Bytes of a cell: the longest name that a report may have, and more.
const CELL_BYTES_MAX: usize = 4 << 10;
/// Bytes of a cell that is no text, as text.
const NUMBER_BYTES: usize = 64;
/// Bytes that dictionaries and pages of all columns take at once.
const HELD_BYTES_MAX: usize = 128 << 20;

/// A Parquet file whose claims were looked at.
#[derive(Debug)]
pub(super) struct ColumnarSheet {
    file: Bytes,
    pub(super) headers: Vec<String>,
    /// The columns of cells, as they are numbered among the headers; others hold lists or objects.
    flat: Vec<usize>,
    batch_rows: usize,
}

fn damaged<E>(_: E) -> Unreadable {
    Unreadable::file("the Parquet file is damaged or of an unknown kind")
}

/// Damaged files may break what its reader takes for granted.
fn unharmed<T>(read: impl FnOnce() -> Result<T, Unreadable>) -> Result<T, Unreadable> {
    std::panic::catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|panic| Err(damaged(panic)))
}

impl ColumnarSheet {
    /// Reads the names of its columns; refuses one that unpacks to more than the bound, or whose cells
    /// are longer than any that is meant.
    pub(super) fn open(
        file: Bytes,
        unpacked_bytes_max: usize,
    ) -> Result<ColumnarSheet, Unreadable> {
        unharmed(|| {
            claims::check_footer(&file)?;
            let reader = SerializedFileReader::new(file.clone()).map_err(damaged)?;
            let metadata = reader.metadata();
            let schema = metadata.file_metadata().schema_descr();
            let roots = schema.root_schema().get_fields();
            let headers = roots.iter().map(|root| root.name().to_owned()).collect();
            let leaves = 0..schema.num_columns();
            let leaves: Vec<usize> = leaves.filter(|leaf| is_flat(&schema.column(*leaf))).collect();
            let flat = leaves.iter().map(|leaf| schema.get_column_root_idx(*leaf)).collect();
            claims::check_pages(&file, metadata, &leaves, unpacked_bytes_max, HELD_BYTES_MAX)?;
            let mut row_bytes = 1;
            for leaf in leaves {
                row_bytes += largest_cell(&reader, leaf, &schema.column(leaf))?;
            }
            let batch_rows = (BATCH_BYTES_MAX / row_bytes).clamp(1, BATCH_ROWS_MAX);
            Ok(ColumnarSheet { file, headers, flat, batch_rows })
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
            let flat = ProjectionMask::roots(builder.parquet_schema(), self.flat.iter().copied());
            let builder = builder.with_projection(flat).with_batch_size(self.batch_rows);
            let mut number = 0;
            for batch in builder.build().map_err(damaged)? {
                if !self.rows(&batch.map_err(damaged)?, &mut number, each)? {
                    return Ok(());
                }
            }
            Ok(())
        })
    }

    fn rows(
        &self,
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
            let texts: Vec<String> =
                formatters.iter().map(|formatter| formatter.value(row).to_string()).collect();
            let mut cells = vec![""; self.headers.len()];
            for (text, at) in texts.iter().zip(&self.flat) {
                if let Some(cell) = cells.get_mut(*at) {
                    *cell = text;
                }
            }
            if !each(*number, &cells) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// True for a column of one cell a row that is a text or can be written as one.
fn is_flat(column: &ColumnDescriptor) -> bool {
    let is_text = column.converted_type() == ConvertedType::UTF8
        || matches!(column.logical_type_ref(), Some(LogicalType::String));
    column.path().parts().len() == 1
        && column.max_rep_level() == 0
        && match column.physical_type() {
            Type::BYTE_ARRAY => is_text,
            Type::FIXED_LEN_BYTE_ARRAY => {
                usize::try_from(column.type_length()).is_ok_and(|bytes| bytes <= NUMBER_BYTES)
            }
            _ => true,
        }
}

/// Bytes of the longest cell of a column. Texts are not copied to be looked at.
fn largest_cell(
    reader: &SerializedFileReader<Bytes>,
    leaf: usize,
    column: &ColumnDescriptor,
) -> Result<usize, Unreadable> {
    if column.physical_type() != Type::BYTE_ARRAY {
        return Ok(NUMBER_BYTES);
    }
    let mut largest = 0;
    for group in 0..reader.num_row_groups() {
        let group = reader.get_row_group(group).map_err(damaged)?;
        let ColumnReader::ByteArrayColumnReader(mut texts) =
            group.get_column_reader(leaf).map_err(damaged)?
        else {
            return Err(damaged(()));
        };
        let (mut levels, mut batch) = (Vec::new(), Vec::new());
        loop {
            levels.clear();
            batch.clear();
            let read = texts.read_records(BATCH_ROWS_MAX, Some(&mut levels), None, &mut batch);
            if read.map_err(damaged)?.0 == 0 {
                break;
            }
            largest = batch.iter().map(ByteArray::len).fold(largest, usize::max);
            if largest > CELL_BYTES_MAX {
                let message = format!(
                    "column `{}` has a text longer than {CELL_BYTES_MAX} bytes; leave it out",
                    column.name()
                );
                return Err(Unreadable::file(message));
            }
        }
    }
    Ok(largest)
}

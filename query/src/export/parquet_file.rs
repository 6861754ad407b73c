//! Parquet with zstd, amounts as `DECIMAL(18, 6)`, instants as `TIMESTAMP(ms, UTC)`.

use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, AsArray as _, Decimal128Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::schema::types::ColumnPath;
use stratum_models::export::{ColumnKind, ExportColumn};

use super::{EncodeError, failed};

/// Readers skip by row group; a writer holds one, encoded.
const GROUP_ROWS: usize = 131_072;
/// Amounts: every reader holds so many digits in 64 bits.
const DIGITS: u8 = 18;
const POINT: i8 = 6;
const DECIMAL_MAX: u64 = 999_999_999_999_999_999;

/// A file that grows at its end; what was written is taken away as it comes.
pub(super) struct ParquetFile {
    columns: Vec<&'static ExportColumn>,
    schema: SchemaRef,
    writer: ArrowWriter<Vec<u8>>,
}

impl ParquetFile {
    pub(super) fn new(columns: &[&'static ExportColumn]) -> Result<ParquetFile, EncodeError> {
        let fields = columns.iter().map(|column| field(column)).collect::<Vec<_>>();
        let schema = Arc::new(Schema::new(fields));
        // Without a schema of Arrow's own, readers take the types of Parquet: a name is a text to them.
        let options = ArrowWriterOptions::new()
            .with_properties(properties(columns))
            .with_skip_arrow_metadata(true);
        let writer = ArrowWriter::try_new_with_options(Vec::new(), schema.clone(), options);
        let writer = writer.map_err(refused)?;
        Ok(ParquetFile { columns: columns.to_vec(), schema, writer })
    }

    /// Adds a batch; the bytes that are finished by it, often none.
    pub(super) fn add(&mut self, batch: &RecordBatch) -> Result<Vec<u8>, EncodeError> {
        let columns =
            self.columns.iter().zip(batch.columns()).map(|(column, cells)| match column.kind {
                ColumnKind::Decimal => decimals(cells),
                _ => Ok(cells.clone()),
            });
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        let batch = RecordBatch::try_new(self.schema.clone(), columns);
        let batch = batch.map_err(|_| failed("a batch has another layout than its export"))?;
        self.writer.write(&batch).map_err(refused)?;
        Ok(std::mem::take(self.writer.inner_mut()))
    }

    /// The last rows and the file's own directory, without which no reader takes it for whole.
    pub(super) fn finish(self) -> Result<Vec<u8>, EncodeError> {
        self.writer.into_inner().map_err(refused)
    }
}

fn field(column: &ExportColumn) -> Field {
    match column.kind {
        ColumnKind::Decimal => {
            Field::new(column.name, DataType::Decimal128(DIGITS, POINT), column.optional)
        }
        _ => column.field(),
    }
}

fn properties(columns: &[&'static ExportColumn]) -> WriterProperties {
    let level = ZstdLevel::try_new(1).unwrap_or_default();
    let properties = WriterProperties::builder()
        .set_created_by(concat!("stratum ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(Compression::ZSTD(level))
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        // Of a row group; of each page they would cost more than readers gain.
        .set_statistics_enabled(EnabledStatistics::Chunk);
    columns.iter().fold(properties, without_dictionary).build()
}

/// Values that hardly repeat are not looked up one by one.
fn without_dictionary(
    properties: WriterPropertiesBuilder,
    column: &&'static ExportColumn,
) -> WriterPropertiesBuilder {
    let unique = ["id", "event_id", "order_id"].contains(&column.name)
        || column.name.ends_with("_sha256")
        || matches!(column.kind, ColumnKind::Count | ColumnKind::Decimal | ColumnKind::Instant);
    match unique {
        true => properties.set_column_dictionary_enabled(ColumnPath::from(column.name), false),
        false => properties,
    }
}

/// Millionths as the decimals they are.
fn decimals(cells: &ArrayRef) -> Result<ArrayRef, EncodeError> {
    let micros = cells.as_primitive_opt::<Int64Type>();
    let micros = micros.ok_or_else(|| failed("a batch has another layout than its export"))?;
    let too_large = micros
        .values()
        .iter()
        .fold(false, |found, value| found | (value.unsigned_abs() > DECIMAL_MAX));
    if too_large {
        return Err(failed("an amount has more than 18 digits"));
    }
    let values = micros.values().iter().map(|value| i128::from(*value)).collect::<Vec<_>>();
    let decimals = Decimal128Array::new(values.into(), micros.nulls().cloned());
    let decimals = decimals.with_precision_and_scale(DIGITS, POINT);
    Ok(Arc::new(decimals.map_err(|_| failed("an amount has more than 18 digits"))?))
}

/// The error where Parquet refused rows, without its own text, which may quote a value.
fn refused(_: ParquetError) -> EncodeError {
    failed("the rows could not be written as Parquet")
}

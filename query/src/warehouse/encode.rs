//! A batch on its way into a table: checked, marked where it is a roll-up, and laid out as the bytes
//! of an Arrow stream of one block.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray, BooleanArray, Date32Array, Int8Array, Int64Array, RecordBatch, StringArray,
    TimestampMillisecondArray, TimestampSecondArray, UInt32Array, UInt64Array,
};
use arrow::compute::{concat, concat_batches, filter_record_batch, max, min};
use arrow::datatypes::{
    DataType, Field, Schema, TimeUnit, TimestampMillisecondType, UInt32Type, UInt64Type,
};
use arrow::error::ArrowError;
use arrow::ipc::writer::StreamWriter;
use stratum_models::log::{PartitionId, Topic};
use stratum_models::store::StoreError;
use stratum_models::table::Table;
use stratum_models::warehouse::LogRange;

use super::error::invalid;

/// The guard that keeps a table from counting a range twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Guard {
    /// By the place of each row in the log.
    Position,
    /// By the rank of each row: what is there already replaces itself.
    Rank,
    /// By a row for each log partition, in the same part, that says how far it was applied.
    Mark,
}

impl Guard {
    pub(super) fn of(table: Table) -> Guard {
        match table {
            Table::Events | Table::RejectedRows => Guard::Position,
            Table::AdReports | Table::AdReportSplits => Guard::Rank,
            Table::MatchQuality
            | Table::InvalidIdentifiers
            | Table::EventMetrics
            | Table::IngestCounts => Guard::Mark,
        }
    }
}

/// The name a log partition has in roll-ups: the dataset of tenant 0, which no tenant has.
pub(super) fn lane(topic: Topic, partition: PartitionId) -> String {
    format!("{topic}/{}", partition.0)
}

/// `Invalid` unless the batch has the table's layout and its rows come from this range.
pub(super) fn check(range: LogRange, table: Table, batch: &RecordBatch) -> Result<(), StoreError> {
    if batch.schema_ref() != &table.schema() {
        return Err(invalid(format!("the rows for {table} have another layout")));
    }
    let only = match table {
        Table::Events => Some(Topic::Events),
        Table::AdReports | Table::AdReportSplits => Some(Topic::AdReports),
        _ => None,
    };
    if only.is_some_and(|topic| topic != range.topic) {
        return Err(invalid(format!("{table} takes no rows of topic {}", range.topic)));
    }
    if Guard::of(table) == Guard::Mark || batch.num_rows() == 0 {
        return Ok(());
    }
    let offsets = column::<UInt64Type>(batch, "log_offset");
    let partitions = column::<UInt32Type>(batch, "log_partition");
    let inside = min(offsets) >= Some(range.from.0)
        && max(offsets) < Some(range.to.0)
        && min(partitions) == Some(range.partition.0)
        && max(partitions) == Some(range.partition.0);
    if inside { Ok(()) } else { Err(invalid(format!("{table} holds rows of another range"))) }
}

fn column<'a, T: arrow::datatypes::ArrowPrimitiveType>(
    batch: &'a RecordBatch,
    name: &str,
) -> &'a arrow::array::PrimitiveArray<T> {
    batch[name].as_primitive::<T>()
}

/// First and last receipt of the facts of a commit, in milliseconds.
pub(super) fn receipt(rows: &[(Table, RecordBatch)]) -> (i64, i64) {
    let facts = rows.iter().filter(|(table, _)| Guard::of(*table) == Guard::Position);
    let received = facts.map(|(_, batch)| column::<TimestampMillisecondType>(batch, "received_at"));
    let (mut since, mut until) = (i64::MAX, i64::MIN);
    for times in received {
        since = since.min(min(times).unwrap_or(i64::MAX));
        until = until.max(max(times).unwrap_or(i64::MIN));
    }
    if since > until { (0, 0) } else { (since, until) }
}

/// These facts without those whose record and row are there.
pub(super) fn without(
    batch: &RecordBatch,
    there: &HashSet<(u64, u32)>,
) -> Result<RecordBatch, ArrowError> {
    let offsets = column::<UInt64Type>(batch, "log_offset").values();
    let rows = column::<UInt32Type>(batch, "log_row").values();
    let places = offsets.iter().zip(rows);
    let missing = places.map(|(offset, row)| Some(!there.contains(&(*offset, *row))));
    filter_record_batch(batch, &missing.collect::<BooleanArray>())
}

/// The bytes to insert: rows of several ranges, and for a roll-up the marks of these ranges.
pub(super) fn encode(
    table: Table,
    rows: &[&RecordBatch],
    marks: &[LogRange],
) -> Result<Vec<u8>, ArrowError> {
    let rows = concat_batches(&table.schema(), rows.iter().copied())?;
    match Guard::of(table) {
        Guard::Mark => stream(&marked(marks, &rows)?),
        Guard::Position | Guard::Rank => stream(&rows),
    }
}

/// The bytes that move versions of tenants and checkpoints, which are those of tenant 0.
pub(super) fn encode_versions(moved: &[(u64, String, u64)]) -> Result<Vec<u8>, ArrowError> {
    let numbers = |numbers: Vec<u64>| Arc::new(UInt64Array::from(numbers)) as ArrayRef;
    let lanes = moved.iter().map(|(_, lane, _)| lane.as_str());
    stream(&RecordBatch::try_from_iter([
        ("tenant_id", numbers(moved.iter().map(|(tenant, ..)| *tenant).collect())),
        ("lane", Arc::new(StringArray::from_iter_values(lanes))),
        ("applied_to", numbers(moved.iter().map(|(.., to)| *to).collect())),
    ])?)
}

fn stream(batch: &RecordBatch) -> Result<Vec<u8>, ArrowError> {
    let bytes = Vec::with_capacity(batch.get_array_memory_size() + 4096);
    let mut writer = StreamWriter::try_new(bytes, batch.schema_ref())?;
    writer.write(batch)?;
    writer.into_inner()
}

/// The rows, and one more for each range that says to which offset they bring the table.
fn marked(ranges: &[LogRange], batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let schema = batch.schema_ref();
    let applied = Field::new("applied_to", DataType::UInt64, false);
    let fields = schema.fields().iter().map(|field| field.as_ref().clone());
    let fields: Vec<Field> = fields.chain([applied]).collect();
    let mut columns = Vec::with_capacity(fields.len());
    for (field, rows) in fields.iter().zip(batch.columns()) {
        let marks = marks_of(ranges, field)?;
        columns.push(concat(&[rows.as_ref(), marks.as_ref()])?);
    }
    let mut applied_to = vec![0; batch.num_rows()];
    applied_to.extend(ranges.iter().map(|range| range.to.0));
    columns.push(Arc::new(UInt64Array::from(applied_to)));
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}

/// The values of the marking rows in this column: nothing, or the first member of a closed set.
fn marks_of(ranges: &[LogRange], field: &Field) -> Result<ArrayRef, ArrowError> {
    let count = ranges.len();
    Ok(match field.data_type() {
        DataType::Utf8 if field.name() == "dataset_id" => Arc::new(StringArray::from_iter_values(
            ranges.iter().map(|range| lane(range.topic, range.partition)),
        )),
        DataType::Utf8 => Arc::new(StringArray::from(vec![""; count])),
        DataType::Int8 => Arc::new(Int8Array::from(vec![1; count])),
        DataType::UInt32 => Arc::new(UInt32Array::from(vec![0; count])),
        DataType::UInt64 => Arc::new(UInt64Array::from(vec![0; count])),
        DataType::Int64 => Arc::new(Int64Array::from(vec![0; count])),
        DataType::Date32 => Arc::new(Date32Array::from(vec![0; count])),
        DataType::Timestamp(TimeUnit::Second, zone) => {
            let marks = TimestampSecondArray::from(vec![0; count]);
            Arc::new(marks.with_timezone_opt(zone.clone()))
        }
        DataType::Timestamp(TimeUnit::Millisecond, zone) => {
            let marks = TimestampMillisecondArray::from(vec![0; count]);
            Arc::new(marks.with_timezone_opt(zone.clone()))
        }
        other => return Err(ArrowError::NotYetImplemented(format!("a mark of type {other}"))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use stratum_models::log::Offset;

    const RANGE: LogRange = LogRange {
        topic: Topic::AdReports,
        partition: PartitionId(3),
        from: Offset(5),
        to: Offset(9),
    };

    #[test]
    fn every_roll_up_can_be_marked() {
        for table in Table::ALL.iter().filter(|table| Guard::of(**table) == Guard::Mark) {
            let earlier = LogRange { partition: PartitionId(0), to: Offset(7), ..RANGE };
            let rows = RecordBatch::new_empty(table.schema());
            let batch = marked(&[RANGE, earlier], &rows).unwrap();
            assert_eq!(batch.num_rows(), 2, "{table}");
            assert_eq!(column::<UInt64Type>(&batch, "tenant_id").value(0), 0);
            assert_eq!(batch["dataset_id"].as_string::<i32>().value(0), "ad-reports/3");
            assert_eq!(column::<UInt64Type>(&batch, "applied_to").values(), &[9, 7]);
        }
    }

    #[test]
    fn rows_of_another_layout_or_topic_are_refused() {
        let events = RecordBatch::new_empty(Table::Events.schema());
        assert!(check(RANGE, Table::Events, &events).is_err());
        assert!(check(RANGE, Table::RejectedRows, &events).is_err());
        let reports = RecordBatch::new_empty(Table::AdReports.schema());
        assert!(check(RANGE, Table::AdReports, &reports).is_ok());
    }
}

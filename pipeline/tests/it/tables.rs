//! Tables as sums: what must be the same whatever the batches were.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{
    DataType, Date32Type, Int8Type, Int64Type, TimeUnit, TimestampMillisecondType,
    TimestampSecondType, UInt32Type, UInt64Type,
};
use stratum_models::table::Table;
use stratum_testing::memory_warehouse::MemoryWarehouse;

/// A cell that can be compared; `None` is null.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cell {
    Null,
    Number(i128),
    Text(String),
}

/// For each key, the sums of the additive columns, and how many rows.
pub type Sums = BTreeMap<Vec<Cell>, Vec<i128>>;

pub fn number(value: impl Into<i128>) -> Cell {
    Cell::Number(value.into())
}

pub fn text(value: impl Into<String>) -> Cell {
    Cell::Text(value.into())
}

/// One cell of a batch.
pub fn cell(rows: &RecordBatch, column: &str, row: usize) -> Cell {
    let array = &rows[column];
    if array.is_null(row) {
        return Cell::Null;
    }
    match array.data_type() {
        DataType::Utf8 => text(array.as_string::<i32>().value(row)),
        DataType::Int8 => number(array.as_primitive::<Int8Type>().value(row)),
        DataType::Int64 => number(array.as_primitive::<Int64Type>().value(row)),
        DataType::UInt32 => number(array.as_primitive::<UInt32Type>().value(row)),
        DataType::UInt64 => number(array.as_primitive::<UInt64Type>().value(row)),
        DataType::Date32 => number(array.as_primitive::<Date32Type>().value(row)),
        DataType::Boolean => number(i8::from(array.as_boolean().value(row))),
        DataType::Timestamp(TimeUnit::Second, _) => {
            number(array.as_primitive::<TimestampSecondType>().value(row))
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            number(array.as_primitive::<TimestampMillisecondType>().value(row))
        }
        DataType::FixedSizeBinary(_) => text(hex(array.as_fixed_size_binary().value(row))),
        other => panic!("a column of type {other}"),
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

const POSITION: [&str; 3] = ["log_partition", "log_offset", "log_row"];

/// The columns that are summed.
pub fn additive(table: Table) -> &'static [&'static str] {
    match table {
        Table::Events | Table::RejectedRows | Table::AdReports | Table::AdReportSplits => &[],
        Table::MatchQuality | Table::InvalidIdentifiers => &["events"],
        Table::EventMetrics => &["events", "value_micros"],
        Table::IngestCounts => &["received", "landed", "duplicate", "rejected"],
    }
}

/// The columns whose greatest counts, kept apart.
const GREATEST: &str = "newest_received_at";

/// The table's sums by the columns `of` tells, in the table's order.
pub fn sums(warehouse: &MemoryWarehouse, table: Table, of: impl Fn(&str) -> bool) -> Sums {
    let layout = table.schema();
    let additive = additive(table);
    let is_key = |name: &str| {
        let kind = layout.field_with_name(name).unwrap().data_type();
        !additive.contains(&name) && name != GREATEST && !kind.is_nested() && of(name)
    };
    let keys: Vec<&str> =
        layout.fields().iter().map(|field| field.name().as_str()).filter(|n| is_key(n)).collect();
    let mut sums = Sums::new();
    for rows in warehouse.batches(table) {
        for row in 0..rows.num_rows() {
            let key = keys.iter().map(|name| cell(&rows, name, row)).collect();
            let entry = sums.entry(key).or_insert_with(|| vec![0; additive.len() + 1]);
            for (sum, name) in entry.iter_mut().zip(additive) {
                let Cell::Number(value) = cell(&rows, name, row) else { panic!("{name}") };
                *sum += value;
            }
            entry[additive.len()] += i128::from(additive.is_empty());
        }
    }
    sums
}

/// Where in the log the rows of a table of facts come from, with how often each is there.
pub fn positions(warehouse: &MemoryWarehouse, table: Table) -> Sums {
    sums(warehouse, table, |name| POSITION.contains(&name))
}

/// All tables, without the places in the log: the same for every way the log was cut into records.
pub fn all(warehouse: &MemoryWarehouse) -> BTreeMap<Table, Sums> {
    let of = |name: &str| !POSITION.contains(&name);
    Table::ALL.iter().map(|table| (*table, sums(warehouse, *table, of))).collect()
}

/// received = landed + duplicate + rejected, in every row and in the answer to the tenant.
pub fn assert_balanced(warehouse: &MemoryWarehouse) {
    for (key, fates) in sums(warehouse, Table::IngestCounts, |_| true) {
        assert_eq!(fates[0], fates[1] + fates[2] + fates[3], "{key:?}");
    }
}

//! What the tables must come to, computed from the log in the plainest way: row by row, all of it at
//! once, nothing forgotten.

use std::collections::{BTreeMap, HashMap};

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::UInt16Type;
use stratum_models::log::{LogRecord, Topic};
use stratum_models::record::{RecordKind, decode};
use stratum_models::rejection::RowKind;
use stratum_models::table::Table;
use stratum_testing::memory_log::MemoryLog;

use crate::tables::{Cell, Sums, cell, number, text};

/// The expected sums of each table.
#[derive(Default)]
pub struct Expected {
    pub tables: BTreeMap<Table, Sums>,
    /// Second of the first of each key.
    firsts: HashMap<Cell, i128>,
}

/// What the tables must come to for this log.
pub fn expected(log: &MemoryLog) -> BTreeMap<Table, Sums> {
    let mut expected = Expected::default();
    Table::ALL.iter().for_each(|table| drop(expected.tables.insert(*table, Sums::new())));
    for topic in Topic::INPUTS {
        for record in log.records(*topic) {
            expected.add(&record);
        }
    }
    expected.tables
}

fn integer(rows: &RecordBatch, name: &str, row: usize) -> i128 {
    match cell(rows, name, row) {
        Cell::Number(value) => value,
        Cell::Null => 0,
        Cell::Text(_) => panic!("{name} is a text"),
    }
}

impl Expected {
    fn add(&mut self, record: &LogRecord) {
        let Ok((kind, rows)) = decode(&record.bytes) else { return };
        for row in 0..rows.num_rows() {
            match kind {
                RecordKind::Events => self.event(record, &rows, row),
                RecordKind::AdReports => {
                    self.fact(Table::AdReports, record, row);
                    self.ingested(&rows, row, "account_id", number(2), [1, 0, 0]);
                }
                RecordKind::AdReportSplits => {
                    self.fact(Table::AdReportSplits, record, row);
                    self.ingested(&rows, row, "account_id", number(2), [1, 0, 0]);
                }
                RecordKind::Rejections => {
                    self.fact(Table::RejectedRows, record, row);
                    let kind = cell(&rows, "kind", row);
                    // A field that was refused without its event is no row of its own.
                    if kind != number(RowKind::Field.code().unsigned_abs()) {
                        let rejected = integer(&rows, "row_count", row);
                        self.ingested(&rows, row, "dataset_id", kind, [0, 0, rejected]);
                    }
                }
                RecordKind::Updates => {}
            }
        }
    }

    fn sum(&mut self, table: Table, key: Vec<Cell>, values: &[i128]) {
        let sums = self.tables.entry(table).or_default();
        let entry = sums.entry(key).or_insert_with(|| vec![0; values.len()]);
        entry.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
    }

    fn fact(&mut self, table: Table, record: &LogRecord, row: usize) {
        let position = record.position;
        let key = vec![
            number(position.partition.0),
            number(position.offset.0),
            number(u32::try_from(row).unwrap()),
        ];
        self.sum(table, key, &[1]);
    }

    fn ingested(&mut self, rows: &RecordBatch, row: usize, of: &str, kind: Cell, fates: [i128; 3]) {
        let hour = integer(rows, "received_at", row).div_euclid(3_600_000) * 3600;
        let key = vec![
            cell(rows, "tenant_id", row),
            cell(rows, "platform", row),
            cell(rows, of, row),
            kind,
            number(hour),
        ];
        self.sum(Table::IngestCounts, key, &[fates.iter().sum(), fates[0], fates[1], fates[2], 0]);
    }

    fn is_first(&mut self, rows: &RecordBatch, row: usize) -> bool {
        let key = cell(rows, "dedup_key", row);
        let second = integer(rows, "received_at", row).div_euclid(1000);
        if key == Cell::Null {
            return true;
        }
        let first = self.firsts.get(&key).is_none_or(|first| second - first > 48 * 3600);
        if first {
            self.firsts.insert(key, second);
        }
        first
    }

    fn event(&mut self, record: &LogRecord, rows: &RecordBatch, row: usize) {
        let first = self.is_first(rows, row);
        let fates = if first { [1, 0, 0] } else { [0, 1, 0] };
        self.ingested(rows, row, "dataset_id", number(1), fates);
        if !first {
            return;
        }
        self.fact(Table::Events, record, row);
        let of = |names: &[&str]| -> Vec<Cell> {
            names.iter().map(|name| cell(rows, name, row)).collect()
        };
        let hour = number(integer(rows, "event_time", row).div_euclid(3_600_000) * 3600);
        let base = ["tenant_id", "platform", "dataset_id", "event_name"];
        let mut masks = of(&base);
        masks.extend(of(&["action_source", "channel"]));
        masks.push(hour.clone());
        masks.extend(of(&["valid_mask", "invalid_mask", "config_version"]));
        masks.extend(of(&["derived_mask", "derivable_mask"]));
        self.sum(Table::MatchQuality, masks, &[1, 0]);
        let mut metrics = of(&["tenant_id", "platform", "dataset_id", "campaign_id", "event_name"]);
        metrics.push(cell(rows, "event_date", row));
        metrics.extend(["currency", "country"].map(|name| match cell(rows, name, row) {
            Cell::Null => text(""),
            known => known,
        }));
        metrics.push(cell(rows, "device", row));
        self.sum(Table::EventMetrics, metrics, &[1, integer(rows, "value_micros", row), 0]);
        let reasons = rows["invalid_reasons"].as_list::<i32>().value(row);
        for code in reasons.as_primitive::<UInt16Type>().values() {
            let mut invalid = of(&base);
            invalid.extend([hour.clone(), number(code >> 8), number(code & 0xff)]);
            self.sum(Table::InvalidIdentifiers, invalid, &[1, 0]);
        }
    }
}

//! Tables as text: a row a line, `column=value`, names for codes, nothing for null, empty and false.

use std::fmt::Write;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Int8Type};
use chrono::DateTime;
use stratum_models::ad_report::SplitBy;
use stratum_models::dialect::Dialect;
use stratum_models::identifier::{IdentifierKey, InvalidReason};
use stratum_models::platform::{ActionSource, Channel, Device, Platform};
use stratum_models::rejection::{RejectReason, RowKind};
use stratum_models::table::Table;
use stratum_models::time::Day;
use stratum_testing::memory_warehouse::MemoryWarehouse;

use crate::tables::{Cell, cell};

/// Every table, facts in log order, the others sorted.
pub fn tables(warehouse: &MemoryWarehouse) -> String {
    let mut text = String::new();
    for table in Table::ALL {
        writeln!(text, "# {table}").unwrap();
        let mut lines: Vec<String> = Vec::new();
        for rows in warehouse.batches(*table) {
            lines.extend((0..rows.num_rows()).map(|row| line(*table, &rows, row)));
        }
        lines.sort();
        lines.iter().for_each(|line| writeln!(text, "{line}").unwrap());
        text.push('\n');
    }
    text
}

fn line(table: Table, rows: &RecordBatch, row: usize) -> String {
    let layout = rows.schema();
    let names = layout.fields().iter().map(|field| field.name().as_str());
    // Facts begin with their place, so that they sort into log order.
    let place = |name: &&str| name.starts_with("log_");
    let (places, others): (Vec<_>, Vec<_>) = names.partition(place);
    let cells = places.iter().chain(&others).filter_map(|name| {
        let value = show(table, rows, name, row);
        (!value.is_empty()).then(|| format!("{}={value}", name.trim_start_matches("log_")))
    });
    cells.collect::<Vec<_>>().join(" ")
}

fn show(table: Table, rows: &RecordBatch, name: &str, row: usize) -> String {
    match rows[name].data_type() {
        DataType::List(_) => return list(rows, name, row),
        DataType::Boolean if cell(rows, name, row) == Cell::Number(0) => return String::new(),
        _ => {}
    }
    match cell(rows, name, row) {
        Cell::Null => String::new(),
        Cell::Text(text) if name == "dedup_key" => text[..8].to_owned(),
        Cell::Text(text) if text.contains(' ') => format!("{text:?}"),
        Cell::Text(text) => text,
        Cell::Number(value) => number(table, name, value),
    }
}

fn number(table: Table, name: &str, value: i128) -> String {
    let code = i8::try_from(value).unwrap_or(-1);
    let named = match name {
        "dialect" => {
            Dialect::from_optional_code(code).map(|one| one.map_or("unknown", Dialect::as_str))
        }
        "platform" => {
            Platform::from_optional_code(code).map(|one| one.map_or("unknown", Platform::as_str))
        }
        "action_source" => ActionSource::from_code(code).map(ActionSource::as_str),
        "channel" => Channel::from_code(code).map(Channel::as_str),
        "split" => SplitBy::from_code(code).map(SplitBy::as_str),
        "device" => Device::from_code(code).map(Device::as_str),
        "kind" => RowKind::from_code(code).map(RowKind::as_str),
        "identifier" => IdentifierKey::from_code(code).map(IdentifierKey::as_str),
        "reason" if table == Table::RejectedRows => {
            RejectReason::from_code(code).map(RejectReason::as_str)
        }
        "reason" => InvalidReason::from_code(code).map(InvalidReason::as_str),
        _ => return plain(name, value),
    };
    named.expect("a known code").to_owned()
}

fn plain(name: &str, value: i128) -> String {
    let small = i64::try_from(value).unwrap_or(i64::MAX);
    match name {
        "hour" => instant(small * 1000),
        "event_time" | "received_at" | "newest_received_at" => instant(small),
        "date" | "event_date" => Day::from_epoch_days(small as i32).unwrap().0.to_string(),
        "valid_mask" | "invalid_mask" | "derived_mask" | "derivable_mask" => mask(small),
        "test" | "opt_out" | "limited_data_use" => "yes".into(),
        _ => value.to_string(),
    }
}

fn instant(ms: i64) -> String {
    let instant = DateTime::from_timestamp_millis(ms).unwrap();
    instant.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
}

fn mask(bits: i64) -> String {
    let keys = IdentifierKey::ALL.iter().filter(|key| bits >> key.code() & 1 == 1);
    keys.map(|key| key.as_str()).collect::<Vec<_>>().join("+")
}

/// Identifiers by key, a seal each; the reasons stand in a table of their own.
fn list(rows: &RecordBatch, name: &str, row: usize) -> String {
    let list = rows[name].as_list::<i32>().value(row);
    let Some(pairs) = list.as_struct_opt() else { return String::new() };
    let keys = pairs.column(0).as_primitive::<Int8Type>();
    let keys = keys.values().iter().map(|code| IdentifierKey::from_code(*code).unwrap());
    let seals = pairs.column(1).len();
    assert_eq!(seals, pairs.len());
    keys.map(|key| key.as_str()).collect::<Vec<_>>().join("+")
}

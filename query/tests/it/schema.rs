//! The tables are those that `models` describes: names, order, types, and what each code means.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use arrow::datatypes::{DataType, Field, TimeUnit};
use stratum_models::ad_report::SplitBy;
use stratum_models::dialect::Dialect;
use stratum_models::identifier::{IdentifierKey, InvalidReason};
use stratum_models::log::Topic;
use stratum_models::platform::{ActionSource, Channel, Device, Platform};
use stratum_models::rejection::{RejectReason, RowKind};
use stratum_models::seal::SEAL_BYTES;
use stratum_models::table::Table;
use stratum_query::warehouse::migrate;

use crate::engine::{empty, fill, shared};

const READ_TABLES: &str = include_str!("../sql/read_tables.sql");
const COUNT_PARTS: &str = include_str!("../sql/count_parts.sql");
const INSERT_VERSION: &str = include_str!("../sql/insert_version.sql");
/// Merges of other tests' tables come first.
const MERGE_WAIT: Duration = Duration::from_secs(60);
const READ_COLUMNS: &str = include_str!("../sql/read_columns.sql");

/// The type of an `Enum8` with the members of a closed set.
macro_rules! enum8 {
    ($set:ty) => {
        enum8!(<$set>::ALL, all)
    };
    ($members:expr, all) => {{
        let members = $members.iter().map(|m| format!("'{}' = {}", m.as_str(), m.code()));
        format!("Enum8({})", members.collect::<Vec<_>>().join(", "))
    }};
}

fn or_unknown(members: &str) -> String {
    members.replace("Enum8(", "Enum8('unknown' = 0, ")
}

/// What a field of `models` is called in ClickHouse.
fn type_of(table: Table, field: &Field) -> String {
    let base = match (field.name().as_str(), field.data_type()) {
        ("dialect", _) if table == Table::RejectedRows => or_unknown(&enum8!(Dialect)),
        ("dialect", _) => enum8!(Dialect),
        // Reports name their platform.
        ("platform", _) if matches!(table, Table::AdReports | Table::AdReportSplits) => {
            enum8!(Platform)
        }
        ("platform", _) => or_unknown(&enum8!(Platform)),
        ("action_source", _) => enum8!(ActionSource),
        ("channel", _) => enum8!(Channel),
        ("split", _) => enum8!(SplitBy),
        ("device", DataType::Int8) => enum8!(Device),
        ("kind", _) => enum8!(RowKind),
        ("identifier", _) => enum8!(IdentifierKey),
        ("reason", _) if table == Table::RejectedRows => enum8!(RejectReason),
        ("reason", _) => enum8!(InvalidReason),
        ("sealed_identifiers", _) => {
            let members = IdentifierKey::ALL.iter().filter(|key| !key.is_countable());
            let members = members.map(|key| format!("'{key}' = {}", key.code()));
            let members = members.collect::<Vec<_>>().join(", ");
            format!("Array(Tuple(key Enum8({members}), seal FixedString({SEAL_BYTES})))")
        }
        ("invalid_reasons", _) => "Array(UInt16)".into(),
        (_, DataType::Utf8) => "String".into(),
        (_, DataType::Boolean) => "Bool".into(),
        (_, DataType::Date32) => "Date32".into(),
        (_, DataType::FixedSizeBinary(16)) => "FixedString(16)".into(),
        (_, DataType::Timestamp(TimeUnit::Second, _)) => "DateTime('UTC')".into(),
        (_, DataType::Timestamp(TimeUnit::Millisecond, _)) => "DateTime64(3, 'UTC')".into(),
        (_, DataType::Int64) if table == Table::EventMetrics => "Int128".into(),
        (_, number @ (DataType::UInt32 | DataType::UInt64 | DataType::Int64)) => number.to_string(),
        (name, other) => panic!("{table}.{name}: {other} has no type in ClickHouse"),
    };
    if field.is_nullable() { format!("Nullable({base})") } else { base }
}

/// A column's type without what only tells how it is stored or merged.
fn plain(stored: &str) -> String {
    let mut plain = stored.replace("\\'", "'");
    for wrapper in
        ["LowCardinality(", "SimpleAggregateFunction(sum, ", "SimpleAggregateFunction(max, "]
    {
        if let Some(inner) = plain.strip_prefix(wrapper).and_then(|rest| rest.strip_suffix(')')) {
            plain = inner.to_owned();
        }
    }
    // One line, as the test writes it.
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Columns of the warehouse's own, beyond those of a commit.
fn own(table: Table) -> &'static [&'static str] {
    match table {
        Table::Events => &[],
        Table::RejectedRows => &["log_topic"],
        Table::AdReports | Table::AdReportSplits => &["rank"],
        Table::MatchQuality | Table::InvalidIdentifiers | Table::EventMetrics => &["applied_to"],
        Table::IngestCounts => &["newest_landed_at", "applied_to"],
    }
}

#[tokio::test]
async fn every_column_is_the_one_of_models() {
    let config = empty();
    migrate(&config).await.unwrap();
    for table in Table::ALL {
        let words = [("$database", config.database.as_str()), ("$table", table.as_str())];
        let answer = shared().execute(&fill(READ_COLUMNS, &words));
        let columns: Vec<(&str, &str)> =
            answer.lines().map(|line| line.split_once('\t').unwrap()).collect();
        let schema = table.schema();
        let expected = schema.fields().len() + own(*table).len();
        assert_eq!(columns.len(), expected, "{table}: {columns:?}");
        for (field, (name, kind)) in schema.fields().iter().zip(&columns) {
            assert_eq!(field.name(), name, "{table}");
            let stored = plain(kind.split('\t').next().unwrap());
            assert_eq!(stored, type_of(*table, field), "{table}.{name}");
        }
        let rest: Vec<&str> =
            columns[schema.fields().len()..].iter().map(|(name, _)| *name).collect();
        assert_eq!(rest, own(*table), "{table}");
    }
}

/// A large part is written anew once for ten inserts, not for each of them.
#[tokio::test]
async fn small_parts_of_a_roll_up_are_merged_together() {
    let config = empty();
    migrate(&config).await.unwrap();
    let database = config.database.as_str();
    for (tenant, rows) in (1..=10).zip(["100000"].into_iter().chain(std::iter::repeat("1"))) {
        let tenant = tenant.to_string();
        let words = [("$database", database), ("$tenant", tenant.as_str()), ("$rows", rows)];
        shared().execute(&fill(INSERT_VERSION, &words));
    }
    let words = [("$database", database), ("$table", "data_versions")];
    let (until, mut parts) = (Instant::now() + MERGE_WAIT, String::new());
    while parts.trim() != "1" && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(50)).await;
        parts = shared().execute(&fill(COUNT_PARTS, &words));
    }
    assert_eq!(parts.trim(), "1", "parts are left over");
}

/// What a table must have so that a commit survives a crash and counts once.
#[tokio::test]
async fn every_table_is_synced_to_disk_and_knows_its_last_inserts() {
    let config = empty();
    migrate(&config).await.unwrap();
    let answer = shared().execute(&fill(READ_TABLES, &[("$database", &config.database)]));
    let tables: BTreeMap<&str, &str> =
        answer.lines().map(|line| line.split_once('\t').unwrap()).collect();
    let mut names: Vec<&str> = Table::ALL.iter().map(|table| table.as_str()).collect();
    names.extend(["schema_migrations", "claims", "data_versions"]);
    names.sort_unstable();
    assert_eq!(tables.keys().copied().collect::<Vec<_>>(), names);
    for (name, statement) in tables {
        for setting in [
            "fsync_after_insert = 1",
            "fsync_part_directory = 1",
            "min_rows_to_fsync_after_merge = 1",
            "non_replicated_deduplication_window = 10000",
        ] {
            assert!(statement.contains(setting), "{name} lacks {setting}: {statement}");
        }
    }
}

#[tokio::test]
async fn topics_have_the_codes_of_models() {
    let config = empty();
    migrate(&config).await.unwrap();
    for (table, column) in [("claims", "topic"), ("rejected_rows", "log_topic")] {
        let words = [("$database", config.database.as_str()), ("$table", table)];
        let answer = shared().execute(&fill(READ_COLUMNS, &words));
        let expected = format!("{column}\t{}\t", enum8!(Topic::INPUTS, all));
        assert!(answer.contains(&expected), "{table}: {answer}");
    }
}

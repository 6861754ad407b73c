//! What is exported opens with what data teams use, with the right types and totals.
//! `api/tests/clients/install` installs the readers; without it this test fails and does not skip.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use stratum_models::export::ExportType;

use super::{EMAIL_SHA256, Shop};
use crate::fixture::Stratum;

const FILES: &[(&str, &str)] = &[
    ("csv", "format=csv"),
    ("csv.gz", "format=csv&compression=gzip"),
    ("ndjson", "format=ndjson"),
    ("ndjson.zst", "format=ndjson&compression=zstd"),
    ("parquet", "format=parquet"),
];

fn python() -> PathBuf {
    let chosen = std::env::var_os("STRATUM_CLIENTS").map(PathBuf::from);
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let folder = chosen.or_else(|| home.map(|home| home.join(".cache/stratum/clients")));
    let readers = folder.expect("neither STRATUM_CLIENTS nor HOME is set").join("api-readers");
    assert!(readers.join(".pins").exists(), "{}: run api/tests/clients/install", readers.display());
    readers.join("bin/python")
}

#[tokio::test(flavor = "multi_thread")]
async fn pandas_polars_duckdb_and_clickhouse_open_what_is_exported() {
    let mut stratum = Stratum::start(&[]).await;
    let shop = Shop::open(&stratum, "Shop").await;
    shop.fill(30_000, 40).await;
    let question = "SELECT count(), sum(value_micros), \
        formatDateTime(min(event_time), '%Y-%m-%dT%H:%i:%S'), formatDateTime(max(event_time), '%Y-%m-%dT%H:%i:%S'), \
        toUnixTimestamp64Milli(min(event_time)) % 1000, toUnixTimestamp64Milli(max(event_time)) % 1000 FROM events FORMAT TSV";
    let wanted = stratum.ask_warehouse(question).await;
    let wanted: Vec<&str> = wanted.trim().split('\t').collect();
    let instant = |at: usize| format!("{}.{:0>3}+00:00", wanted[at], wanted[at + 2]);
    let micros: i64 = wanted[1].parse().unwrap();
    let value = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    let wanted = serde_json::json!([30_000, value, instant(2), instant(3)]);
    let folder = tempfile::tempdir().unwrap();
    let columns = ExportType::Events.columns().iter().map(|column| column.name);
    let columns = columns.collect::<Vec<_>>().join(",");
    for (name, query) in FILES {
        let today = crate::load::now().day_in(chrono_tz::UTC).0;
        let from = today - chrono::Days::new(90);
        let path = format!(
            "/api/v1/analytics/export/stream?type=events&date_from={from}&date_to={today}&columns={columns}&{query}"
        );
        let answer = shop.get(&path).await;
        assert_eq!(answer.status(), 200, "{name}");
        let bytes = answer.bytes().await.expect("a whole file");
        std::fs::write(folder.path().join(format!("events.{name}")), bytes).unwrap();
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/python/read_exports.py");
    let output = Command::new(python()).arg(script).arg(folder.path()).output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaint}");
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let found = found.as_object().unwrap();
    assert!(found.len() >= 11, "{found:?}");
    for (reader, totals) in found {
        assert_eq!(totals, &wanted, "{reader}");
    }
    clickhouse_reads_it_back(&stratum, folder.path(), micros).await;
    stratum.stop().await;
}

async fn clickhouse_reads_it_back(stratum: &Stratum, folder: &Path, micros: i64) {
    let home = stratum.data_folder().join("clickhouse");
    let read = |name| std::fs::read_to_string(home.join(name)).expect(name).trim().to_owned();
    let url = format!("http://127.0.0.1:{}/", read("port"));
    for (name, format) in
        [("csv", "CSVWithNames"), ("ndjson", "JSONEachRow"), ("parquet", "Parquet")]
    {
        let table = "CREATE TABLE back (event_time DateTime64(3, 'UTC'), value Decimal(18, 6), em_sha256 String) ENGINE = Memory";
        stratum.ask_warehouse(table).await;
        let insert = format!(
            "INSERT INTO back SETTINGS input_format_skip_unknown_fields = 1, date_time_input_format = 'best_effort' FORMAT {format}"
        );
        let words = [("database", "stratum"), ("query", insert.as_str())];
        let request = stratum.client().post(reqwest::Url::parse_with_params(&url, words).unwrap());
        let request = request
            .header("X-ClickHouse-User", "app")
            .header("X-ClickHouse-Key", read("app.password"));
        let bytes = std::fs::read(folder.join(format!("events.{name}"))).unwrap();
        let answer = request.body(bytes).send().await.unwrap();
        let status = answer.status();
        assert!(status.is_success(), "{name}: {}", answer.text().await.unwrap());
        let totals = "SELECT count(), toInt64(sum(value) * 1000000), uniqExact(em_sha256), max(em_sha256) FROM back FORMAT TSV";
        let totals = stratum.ask_warehouse(totals).await;
        assert_eq!(totals.trim(), format!("30000\t{micros}\t1\t{EMAIL_SHA256}"), "{name}");
        stratum.ask_warehouse("DROP TABLE back").await;
    }
}

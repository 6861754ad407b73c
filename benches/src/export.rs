//! Exports of one tenant over HTTP into nothing: rows a CPU second, memory, the time to the first byte,
//! with ClickHouse's own formats, Polars and DuckDB on the same rows beside; and the encoders alone.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use arrow::array::{ArrayRef, Date32Array, DictionaryArray, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::Int32Type;
use futures::StreamExt as _;
use stratum_models::export::{ExportQuery, ExportType, FileCompression, FileFormat};
use stratum_models::time::{Day, DayRange};
use stratum_query::export::Encoder;

use crate::engine_of::Direct;
use crate::rounds::Spread;
use crate::served::RunningProgram;
use crate::{cpu, identifiers};

const ROWS: u64 = 10_000_000;
/// Fewer, to try it.
const ROWS_SET: &str = "STRATUM_BENCH_EXPORT_ROWS";
const ROUNDS: usize = 3;
const ENCODED_ROWS: usize = 2_000_000;
const BATCH_ROWS: usize = 16_384;
const WATCH_EVERY: Duration = Duration::from_millis(20);
const PEERS: &str = "STRATUM_BENCH_PYTHON";
const FILL: &str = include_str!("../sql/fill_export_reports.sql");
const MERGE: &str = include_str!("../sql/merge_export_reports.sql");
const DAYS: &str = include_str!("../sql/export_days.sql");
const PEER: &str = include_str!("../sql/peer/export_reports.sql");
/// What is asked, and what of the engine's own stands beside it.
const FORMS: [(&str, &str, Option<&str>); 4] = [
    ("CSV", "format=csv", Some("CSVWithNames")),
    ("CSV gzip", "format=csv&compression=gzip", None),
    ("NDJSON", "format=ndjson", Some("JSONEachRow")),
    ("Parquet zstd", "format=parquet", Some("Parquet")),
];

pub fn run() -> Result<()> {
    encoders()?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(served())
}

fn rows() -> u64 {
    std::env::var(ROWS_SET).ok().and_then(|rows| rows.parse().ok()).unwrap_or(ROWS)
}

/// The encoders on batches that lie in memory.
fn encoders() -> Result<()> {
    let days = DayRange::new(day(20_000)?, day(20_999)?).context("days")?;
    let query = ExportQuery {
        of: ExportType::CampaignMetrics,
        days,
        zone: chrono_tz::UTC,
        platforms: Vec::new(),
        columns: ExportType::CampaignMetrics.columns().iter().collect(),
    };
    let rows = ENCODED_ROWS.min(usize::try_from(rows())?);
    let batches = (0..rows / BATCH_ROWS).map(|at| batch(&query, at * BATCH_ROWS));
    let batches = batches.collect::<Result<Vec<_>>>()?;
    println!("encoders alone, million rows a CPU second, median of {ROUNDS} rounds:");
    for (name, format, compression) in [
        ("CSV", FileFormat::Csv, FileCompression::None),
        ("CSV gzip", FileFormat::Csv, FileCompression::Gzip),
        ("CSV zstd", FileFormat::Csv, FileCompression::Zstd),
        ("NDJSON", FileFormat::Ndjson, FileCompression::None),
        ("Parquet zstd", FileFormat::Parquet, FileCompression::None),
    ] {
        let (mut rates, mut bytes) = (Vec::new(), 0);
        for _ in 0..ROUNDS {
            let before = cpu::own()?;
            bytes = encoded(&query, &batches, format, compression)?;
            let rows = (batches.len() * BATCH_ROWS) as f64;
            rates.push(rows / (cpu::own()? - before) / 1e6);
        }
        println!("  {name}: {}, {:.0} MB", Spread::of(rates), bytes as f64 / 1e6);
    }
    Ok(())
}

fn day(epoch: i32) -> Result<Day> {
    Day::from_epoch_days(epoch).context("a day")
}

fn encoded(
    query: &ExportQuery,
    batches: &[RecordBatch],
    format: FileFormat,
    compression: FileCompression,
) -> Result<usize> {
    let mut bytes = 0;
    let mut take = |chunk: bytes::Bytes| {
        bytes += chunk.len();
        true
    };
    let mut encoder = Encoder::new(query.columns.clone(), format, compression)?;
    for batch in batches {
        encoder.add(batch, &mut take)?;
    }
    encoder.finish(&mut take)?;
    Ok(bytes)
}

/// Rows like those of the warehouse: of ten thousand campaigns, day after day.
fn batch(query: &ExportQuery, from: usize) -> Result<RecordBatch> {
    let rows = from..from + BATCH_ROWS;
    let mix = |row: usize, salt: usize| {
        (row ^ salt.wrapping_mul(0x9e37_79b9)).wrapping_mul(0x2545_f491_4f6c_dd1d) >> 20
    };
    let numbers = |salt: usize, below: usize| -> ArrayRef {
        let numbers = rows.clone().map(|row| (mix(row, salt) % below) as i64);
        Arc::new(Int64Array::from_iter_values(numbers))
    };
    let names = |of: &dyn Fn(usize) -> String| -> ArrayRef {
        let names: Vec<String> = rows.clone().map(of).collect();
        Arc::new(
            names.iter().map(|name| Some(name.as_str())).collect::<DictionaryArray<Int32Type>>(),
        )
    };
    let texts = |of: &dyn Fn(usize) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(rows.clone().map(of)))
    };
    let days = rows.clone().map(|row| 20_000 + (row % 1_000) as i32);
    Ok(RecordBatch::try_new(
        query.schema(),
        vec![
            Arc::new(Date32Array::from_iter_values(days)),
            names(&|row| ["meta", "google", "tiktok"][row / 1_000 % 3].to_owned()),
            names(&|row| format!("act_{}", row / 1_000 % 40)),
            texts(&|row| (23_850_000_000_000 + row / 1_000).to_string()),
            texts(&|row| format!("Autumn sale {}", row / 1_000)),
            names(&|_| "EUR".to_owned()),
            numbers(1, 900_000_000),
            numbers(2, 200_000),
            numbers(3, 5_000),
            Arc::new(Int64Array::from_iter_values(
                rows.clone().map(|row| (mix(row, 4) % 90) as i64 * 1_000_000),
            )),
            numbers(5, 2_700_000_000),
            numbers(6, 90),
            numbers(7, 900_000_000),
        ],
    )?)
}

/// What one export took.
struct ExportRun {
    ours: f64,
    engine: f64,
    first: Duration,
    whole: Duration,
    bytes: u64,
    grown: u64,
}

async fn served() -> Result<()> {
    let rows = rows();
    let served = RunningProgram::start(&[]).await?;
    let token = served.sign_in().await?;
    let tenant = served.tenant(&token).await?.to_string();
    let fill = FILL.replace("$tenant", &tenant).replace("$rows", &rows.to_string());
    let direct = Direct::of(&served.data())?;
    direct.ask(&fill, &[]).await?;
    direct.ask(MERGE, &[]).await?;
    let engine = cpu::tree(served.pid()).into_iter().find(|pid| identifiers::is_engine(*pid));
    let engine = engine.context("no engine")?;
    let days = direct.ask(DAYS, &[]).await?;
    let days = String::from_utf8(days)?;
    let (from, to) = days.trim().split_once('\t').context("no days")?;
    println!("{rows} rows of campaign metrics over HTTP into nothing, million rows a CPU second:");
    for (name, form, peer) in FORMS {
        let path = format!(
            "/api/v1/analytics/export/stream?type=campaign_metrics&date_from={from}&date_to={to}&{form}"
        );
        let mut all = Vec::new();
        for _ in 0..ROUNDS {
            all.push(taken(&served, engine, &path, &token).await?);
        }
        print(name, rows, &all);
        if let Some(format) = peer {
            let statement = PEER.replace("$tenant", &tenant).replace("$format", format);
            clickhouse(&direct, engine, rows, format, &statement).await?;
        }
    }
    peers(&served, from, to, &token).await
}

fn print(name: &str, rows: u64, all: &[ExportRun]) {
    let spread = |of: &dyn Fn(&ExportRun) -> f64| Spread::of(all.iter().map(of).collect());
    let rate = |seconds: f64| rows as f64 / seconds / 1e6;
    println!("  {name}: our process {}", spread(&|one| rate(one.ours)));
    println!("    with the engine's part {}", spread(&|one| rate(one.ours + one.engine)));
    println!(
        "    first byte after {} ms, the whole after {} s, {:.0} MB; at most {} MB more in memory",
        spread(&|one| one.first.as_secs_f64() * 1e3),
        spread(&|one| one.whole.as_secs_f64()),
        all.first().map_or(0, |one| one.bytes) as f64 / 1e6,
        spread(&|one| one.grown as f64 / 1e6)
    );
}

async fn taken(served: &RunningProgram, engine: u32, path: &str, token: &str) -> Result<ExportRun> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let (ours, engines) = (cpu::of(served.pid())?, cpu::of(engine)?);
    let resting = served.resident()?;
    let mut peak = resting;
    let began = Instant::now();
    let url = format!("http://{}{path}", served.address);
    let answer = client.get(url).bearer_auth(token).send().await?.error_for_status()?;
    let mut chunks = answer.bytes_stream();
    let (mut bytes, mut first) = (0, None);
    let mut watch = tokio::time::interval(WATCH_EVERY);
    loop {
        tokio::select! {
            _ = watch.tick() => peak = peak.max(served.resident()?),
            chunk = chunks.next() => match chunk {
                Some(chunk) => bytes += chunk?.len() as u64,
                None => break,
            },
        }
        first.get_or_insert_with(|| began.elapsed());
    }
    Ok(ExportRun {
        ours: cpu::of(served.pid())? - ours,
        engine: cpu::of(engine)? - engines,
        first: first.context("no byte came")?,
        whole: began.elapsed(),
        bytes,
        grown: peak - resting,
    })
}

/// The engine alone, the same rows in one of its own formats.
async fn clickhouse(
    direct: &Direct,
    engine: u32,
    rows: u64,
    format: &str,
    statement: &str,
) -> Result<()> {
    let (mut rates, mut bytes) = (Vec::new(), 0);
    for _ in 0..ROUNDS {
        let before = cpu::of(engine)?;
        bytes = direct.drain(statement, &[]).await?;
        rates.push(rows as f64 / (cpu::of(engine)? - before) / 1e6);
    }
    ensure!(bytes > 0, "ClickHouse said nothing");
    println!("    ClickHouse {format}: {}, {:.0} MB", Spread::of(rates), bytes as f64 / 1e6);
    Ok(())
}

/// Polars and DuckDB, on the rows that were exported.
async fn peers(served: &RunningProgram, from: &str, to: &str, token: &str) -> Result<()> {
    let Ok(python) = std::env::var(PEERS) else {
        println!("peers: set {PEERS} to measure them in the same run");
        return Ok(());
    };
    let client = reqwest::Client::builder().no_proxy().build()?;
    let url = format!(
        "http://{}/api/v1/analytics/export/stream?type=campaign_metrics&format=parquet&date_from={from}&date_to={to}",
        served.address
    );
    let rows = client.get(url).bearer_auth(token).send().await?.error_for_status()?.bytes().await?;
    let file = tempfile::NamedTempFile::with_suffix(".parquet")?;
    std::fs::write(file.path(), rows)?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/export.py");
    let output = Command::new(python).arg(script).arg(file.path()).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    print!("{}", String::from_utf8_lossy(&output.stdout));
    Ok(())
}

//! JSON bodies into Arrow batches: ours (typed, validated, canonical, identifiers normalised and
//! hashed) and arrow-json's decoder, which only puts the same fields into columns.

use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use arrow::datatypes::{DataType, Field, Fields, Schema};
use arrow::json::ReaderBuilder;
use bumpalo::Bump;
use stratum_models::dialect::Dialect;
use stratum_models::event::EventBatchBuilder;
use stratum_wire::dialect::Canon;
use stratum_wire::dialect::meta::parse_events;
use stratum_wire::limits::RowLimits;
use stratum_wire::redact::Person;

use crate::rounds::alternate;
use crate::{cpu, event, world};

const EVENTS: usize = 200_000;
const PER_REQUEST: usize = 50;
/// What arrow-json makes where nothing is said.
const BATCH_ROWS: usize = 1_024;
const ROUNDS: usize = 5;

pub fn run() -> Result<()> {
    let now = world::clock().now();
    let events = event::events(EVENTS, 0, now.0 / 1000 - 60);
    compare("events as sent", &events)?;
    compare("events without user_data", &event::anonymous(&events))
}

fn compare(what: &str, events: &[String]) -> Result<()> {
    let bodies: Vec<Vec<u8>> = events.chunks(PER_REQUEST).map(event::body).collect();
    let ndjson = events.join("\n").into_bytes();
    let megabytes = ndjson.len() as f64 / 1e6;
    let rate = |work: &dyn Fn() -> Result<usize>| -> Result<f64> {
        let before = cpu::own()?;
        let rows = work()?;
        anyhow::ensure!(rows == EVENTS, "{rows} rows of {EVENTS}");
        Ok(megabytes / (cpu::own()? - before))
    };
    let (whole, peer) =
        alternate(ROUNDS, || rate(&|| ours(&bodies)), || rate(&|| arrow_json(&ndjson)))?;
    let (scan, _) = alternate(ROUNDS, || rate(&|| scan_only(&bodies)), || Ok(0.0))?;
    let bytes = ndjson.len() / EVENTS;
    println!("JSON → Arrow, MB/s a core, {EVENTS} {what}, {bytes} bytes each:");
    println!("  ours, all of it        {whole}");
    println!("  ours, parse alone      {scan}");
    println!("  arrow-json             {peer}");
    println!("  ratio                  {:.2}", whole.median / peer.median);
    Ok(())
}

fn ours(bodies: &[Vec<u8>]) -> Result<usize> {
    let (limits, config, now) = (RowLimits::default(), world::dataset(), world::clock().now());
    let keys = world::keys();
    let (mut arena, mut person, mut builder) =
        (Bump::new(), Person::new(), EventBatchBuilder::default());
    let mut rows = 0;
    for body in bodies {
        let request = parse_events(body, &arena, &limits).map_err(|r| anyhow!("{:?}", r.fault))?;
        let canon = Canon {
            dialect: Dialect::Meta,
            config: &config,
            others: &[],
            keys: &keys,
            now,
            limits: &limits,
            arena: &arena,
        };
        for event in canon.events(&request, &mut person) {
            builder.push(&event);
        }
        if builder.len() >= BATCH_ROWS {
            rows += builder.finish()?.num_rows();
        }
        drop(request);
        arena.reset();
    }
    Ok(rows + builder.finish()?.num_rows())
}

fn scan_only(bodies: &[Vec<u8>]) -> Result<usize> {
    let limits = RowLimits::default();
    let (mut arena, mut rows) = (Bump::new(), 0);
    for body in bodies {
        let request = parse_events(body, &arena, &limits).map_err(|r| anyhow!("{:?}", r.fault))?;
        rows += request.events.len();
        drop(request);
        arena.reset();
    }
    Ok(rows)
}

fn arrow_json(ndjson: &[u8]) -> Result<usize> {
    let reader = ReaderBuilder::new(Arc::new(peer_schema())).with_batch_size(BATCH_ROWS);
    let reader = reader.build(std::io::Cursor::new(ndjson)).context("arrow-json")?;
    let mut rows = 0;
    for batch in reader {
        rows += batch?.num_rows();
    }
    Ok(rows)
}

fn peer_schema() -> Schema {
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    let integer = |name: &str| Field::new(name, DataType::Int64, true);
    let texts = |name: &str| {
        Field::new(name, DataType::List(Arc::new(Field::new("item", DataType::Utf8, true))), true)
    };
    let object = |name: &str, fields: Vec<Field>| {
        Field::new(name, DataType::Struct(Fields::from(fields)), true)
    };
    let user_data =
        ["fn", "external_id", "client_ip_address", "client_user_agent", "fbp", "zp", "country"];
    let user_data = ["em", "ph"].map(texts).into_iter().chain(user_data.map(text)).collect();
    let custom_data = vec![
        Field::new("value", DataType::Float64, true),
        text("currency"),
        text("order_id"),
        integer("num_items"),
        texts("content_ids"),
    ];
    Schema::new(vec![
        text("event_name"),
        integer("event_time"),
        text("event_id"),
        text("action_source"),
        text("event_source_url"),
        text("referrer_url"),
        Field::new("opt_out", DataType::Boolean, true),
        texts("data_processing_options"),
        integer("data_processing_options_country"),
        integer("data_processing_options_state"),
        object("user_data", user_data),
        object("custom_data", custom_data),
    ])
}

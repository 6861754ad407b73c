//! From the log into the warehouse: our pipeline with its ClickHouse, and ClickHouse alone, which is
//! handed the same events as JSON and makes the same tables of them with materialized views.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use bumpalo::Bump;
use futures::StreamExt;
use stratum_ingest::append::{AppendConfig, Appender};
use stratum_ingest::log::fjall::{FjallLog, FjallLogConfig};
use stratum_models::dialect::Dialect;
use stratum_models::erasure::Erasures;
use stratum_models::log::{EventLog, PartitionId, Topic};
use stratum_models::warehouse::WarehouseWriter;
use stratum_pipeline::{Pipeline, PipelineConfig, PipelineError};
use stratum_query::warehouse::{ClickHouseConfig, ClickHouseWarehouse, migrate};
use stratum_testing::engines::TestClickHouse;
use stratum_wire::dialect::Canon;
use stratum_wire::dialect::meta::parse_events;
use stratum_wire::limits::RowLimits;
use stratum_wire::redact::Person;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::rounds::alternate;
use crate::{cpu, event, world};

const EVENTS: usize = 500_000;
const PER_REQUEST: usize = 500;
const ROUNDS: usize = 3;

pub fn run() -> Result<()> {
    let events = event::events(EVENTS, 0, world::clock().now().0 / 1000 - 60);
    let ndjson = events.join("\n");
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let engine = Engine::start()?;
    let (ours, peer) = alternate(
        ROUNDS,
        || runtime.block_on(ours(&engine, &events)),
        || runtime.block_on(peer(&engine, &ndjson)),
    )?;
    println!(
        "log → warehouse, thousand events a CPU second (ours plus ClickHouse's), {EVENTS} events:"
    );
    println!("  ours                   {ours}");
    println!("  ClickHouse alone       {peer}");
    println!("  ratio                  {:.2}", ours.median / peer.median);
    Ok(())
}

/// A ClickHouse and its process.
pub struct Engine {
    pub clickhouse: TestClickHouse,
    pid: u32,
}

impl Engine {
    pub fn start() -> Result<Engine> {
        let clickhouse = TestClickHouse::start("");
        let pid = clickhouse.pid();
        Ok(Engine { clickhouse, pid })
    }

    /// Ours in a database of its own, with its tables.
    pub async fn warehouse(&self) -> Result<ClickHouseWarehouse> {
        let config = ClickHouseConfig {
            url: self.clickhouse.url(),
            user: self.clickhouse.admin_user().into(),
            password: self.clickhouse.password().to_owned().into(),
            database: self.clickhouse.new_database(),
            ..ClickHouseConfig::default()
        };
        migrate(&config).await?;
        Ok(ClickHouseWarehouse::connect(config)?)
    }

    fn cpu(&self) -> Result<f64> {
        Ok(cpu::own()? + cpu::of(self.pid)?)
    }
}

async fn ours(engine: &Engine, events: &[String]) -> Result<f64> {
    let folder = tempfile::tempdir()?;
    let log = Arc::new(FjallLog::open(folder.path(), FjallLogConfig::default(), world::clock())?);
    fill(log.clone(), events).await?;
    let warehouse = Arc::new(engine.warehouse().await?);
    let stop = CancellationToken::new();
    let before = engine.cpu()?;
    let running = start_pipeline(log.clone(), warehouse.clone(), stop.clone());
    for partition in (0..log.partitions(Topic::Events)).map(PartitionId) {
        let end = log.end(Topic::Events, partition).await?;
        while warehouse.progress(Topic::Events, partition).await?.checkpoint < end {
            ensure!(!running.is_finished(), "the pipeline ended early");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    let spent = engine.cpu()? - before;
    stop.cancel();
    running.await??;
    let since = stratum_models::time::UnixMillis(0);
    let mut landed = 0;
    for partition in (0..log.partitions(Topic::Events)).map(PartitionId) {
        let end = log.end(Topic::Events, partition).await?;
        let mut keys = warehouse.seen_keys(partition, since, end).await?;
        while let Some(batch) = keys.next().await {
            landed += batch?.num_rows();
        }
    }
    ensure!(landed == EVENTS, "{landed} events landed of {EVENTS}");
    Ok(EVENTS as f64 / spent / 1e3)
}

/// The pipeline from this log into this warehouse, until `stop`.
pub fn start_pipeline(
    log: Arc<FjallLog>,
    warehouse: Arc<ClickHouseWarehouse>,
    stop: CancellationToken,
) -> JoinHandle<Result<(), PipelineError>> {
    let config = PipelineConfig::default();
    let group = "benchmark".into();
    let erasures = Arc::new(Arc::new(Erasures::default()));
    let clock = world::clock();
    let pipeline = Pipeline { log, warehouse, erasures, clock, config, group };
    tokio::spawn(stratum_pipeline::run(pipeline, stop))
}

/// Puts the events into the log as the front door would.
pub async fn fill(log: Arc<FjallLog>, events: &[String]) -> Result<()> {
    let appender = Appender::start(log, AppendConfig::default());
    let (limits, config, now) = (RowLimits::default(), world::dataset(), world::clock().now());
    let (mut person, keys) = (Person::new(), world::keys());
    for chunk in events.chunks(PER_REQUEST) {
        let body = event::body(chunk);
        let ticket = {
            let arena = Bump::new();
            let request = parse_events(&body, &arena, &limits)
                .map_err(|refusal| anyhow::anyhow!("{:?}", refusal.fault))?;
            let canon = Canon {
                dialect: Dialect::Meta,
                config: &config,
                others: &[],
                keys: &keys,
                now,
                limits: &limits,
                arena: &arena,
            };
            appender.enqueue_events(&canon.events(&request, &mut person))?
        };
        ticket.durable().await?;
    }
    appender.drain().await;
    Ok(())
}

/// ClickHouse on its own: JSON in, facts and roll-ups by materialized views, the same fsync.
async fn peer(engine: &Engine, ndjson: &str) -> Result<f64> {
    let database = engine.clickhouse.new_database();
    let named = |sql: &str| sql.replace("{database}", &database);
    for sql in [
        include_str!("../sql/peer/create_received.sql"),
        include_str!("../sql/peer/create_events.sql"),
        include_str!("../sql/peer/create_metrics.sql"),
        include_str!("../sql/peer/create_quality.sql"),
        include_str!("../sql/peer/view_events.sql"),
        include_str!("../sql/peer/view_metrics.sql"),
        include_str!("../sql/peer/view_quality.sql"),
    ] {
        engine.clickhouse.execute(&named(sql));
    }
    let client = reqwest::Client::new();
    let url = format!("{}/?async_insert=0", engine.clickhouse.url());
    let insert = named(include_str!("../sql/peer/insert_received.sql"));
    let before = engine.cpu()?;
    let mut sent = 0;
    // The batches our pipeline makes at its default settings.
    let lines: Vec<&str> = ndjson.lines().collect();
    for chunk in lines.chunks(100_000) {
        let answer = client
            .post(&url)
            .basic_auth(engine.clickhouse.admin_user(), Some(engine.clickhouse.password()))
            .body(format!("{insert}{}", chunk.join("\n")))
            .send()
            .await?;
        ensure!(answer.status().is_success(), "{}", answer.text().await?);
        sent += chunk.len();
    }
    let spent = engine.cpu()? - before;
    let counted = engine.clickhouse.execute(&named(include_str!("../sql/peer/count_events.sql")));
    ensure!(counted.trim() == sent.to_string(), "{counted} events landed of {sent}");
    Ok(EVENTS as f64 / spent / 1e3)
}

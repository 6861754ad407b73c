//! How long after its answer an event is in the KPIs, with traffic flowing beside.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use bumpalo::Bump;
use stratum_ingest::append::{AppendConfig, Appender};
use stratum_ingest::log::fjall::{FjallLog, FjallLogConfig};
use stratum_models::dialect::Dialect;
use stratum_models::id::TenantId;
use stratum_models::scope::TenantScope;
use stratum_models::time::UnixMillis;
use stratum_models::warehouse::{IngestCount, WarehouseReader};
use stratum_query::warehouse::ClickHouseWarehouse;
use stratum_wire::dialect::Canon;
use stratum_wire::dialect::meta::parse_events;
use stratum_wire::limits::RowLimits;
use stratum_wire::redact::Person;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::warehouse::{Engine, start_pipeline};
use crate::{event, world};

const SAMPLES: usize = 600;
const EVENTS_PER_SECOND: usize = 2_000;
const SENDS_PER_SECOND: usize = 20;

pub fn run() -> Result<()> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let mut waits = runtime.block_on(measure())?;
    waits.sort_unstable();
    let at = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!("answered → counted, ms, {SAMPLES} samples at {EVENTS_PER_SECOND} events/s:");
    println!("  p50 {:.0}  p90 {:.0}  p99 {:.0}  max {:.0}", at(0.5), at(0.9), at(0.99), at(1.0));
    Ok(())
}

async fn measure() -> Result<Vec<Duration>> {
    let (engine, folder) = (Engine::start()?, tempfile::tempdir()?);
    let warehouse = Arc::new(engine.warehouse().await?);
    let log = Arc::new(FjallLog::open(folder.path(), FjallLogConfig::default(), world::clock())?);
    let stop = CancellationToken::new();
    let pipeline = start_pipeline(log.clone(), warehouse.clone(), stop.clone());
    let appender = Appender::start(log, AppendConfig::default());
    let (answered, mut marks) = tokio::sync::mpsc::channel(SAMPLES);
    let sender = tokio::spawn(async move { traffic(&appender, answered).await });
    let mut waits = Vec::with_capacity(SAMPLES);
    while let Some((sent, at)) = marks.recv().await {
        while counted(&warehouse).await? < sent {
            ensure!(!pipeline.is_finished(), "the pipeline ended early");
            ensure!(at.elapsed() < Duration::from_secs(30), "not counted within 30 s");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        waits.push(at.elapsed());
    }
    sender.await??;
    stop.cancel();
    pipeline.await??;
    Ok(waits)
}

/// Sends at a fixed rate, whatever has been counted, and tells how many were answered by when.
async fn traffic(appender: &Appender, answered: mpsc::Sender<(u64, Instant)>) -> Result<()> {
    let mut tick = tokio::time::interval(Duration::from_secs(1) / SENDS_PER_SECOND as u32);
    let mut sent = 0;
    for _ in 0..SAMPLES {
        tick.tick().await;
        send(appender, &mut sent, EVENTS_PER_SECOND / SENDS_PER_SECOND).await?;
        answered.send((sent as u64, Instant::now())).await?;
    }
    Ok(())
}

async fn send(appender: &Appender, sent: &mut usize, count: usize) -> Result<()> {
    let now = world::clock().now();
    let body = event::body(&event::events(count, *sent as u64, now.0 / 1000));
    let ticket = {
        let (arena, limits, config) = (Bump::new(), RowLimits::default(), world::dataset());
        let keys = world::keys();
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
        appender.enqueue_events(&canon.events(&request, &mut Person::new()))?
    };
    ticket.durable().await?;
    *sent += count;
    Ok(())
}

async fn counted(warehouse: &ClickHouseWarehouse) -> Result<u64> {
    let scope = TenantScope::from_operator(TenantId(1));
    let until = UnixMillis(world::clock().now().0 + 3_600_000).hour();
    let counts = warehouse.ingest_counts(scope, UnixMillis(0), until).await?;
    Ok(counts.iter().map(|count: &IngestCount| count.landed).sum())
}

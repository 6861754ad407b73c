//! Work that runs beside the server until the process stops.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use stratum_ingest::append::Appender;
use stratum_ingest::connector::{CallConfig, Platforms, Surroundings};
use stratum_ingest::reference_rates::ReferenceRates;
use stratum_models::seal::IdentifierKeys;
use stratum_models::store::StoreError;
use stratum_models::time::{Clock as _, DAY_MS, UnixMillis};
use stratum_models::warehouse::WarehouseReader;
use stratum_pipeline::Pipeline;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::settings::Settings;
use super::stores::Stores;
use super::system::{SystemClock, SystemRest};
use crate::adopt::Adopter;
use crate::pull::Puller;
use crate::rates::RateKeeper;
use crate::state::PostgresState;
use crate::state::erasure::ErasureCopy;

const PIPELINE_GROUP: &str = "stratum-pipeline";
const RESTART_WAIT_MIN: Duration = Duration::from_millis(200);
const RESTART_WAIT_MAX: Duration = Duration::from_secs(30);
/// A run this long was a good one: the next failure waits little again.
const GOOD_RUN: Duration = Duration::from_secs(60);
const SWEEP_EVERY: Duration = Duration::from_secs(3600);
/// No younger row of the audit log is removed; the state store holds to it, too.
const AUDIT_DAYS_MIN: u32 = 30;

/// What the pipeline is made of.
pub fn pipeline_parts(settings: &Settings, stores: &Stores) -> Result<Pipeline> {
    let warehouse = stores.warehouse.clone().context("the pipeline has no warehouse")?;
    let state = stores.state.clone().context("the pipeline has no state store")?;
    Ok(Pipeline {
        log: stores.log.clone().context("the pipeline has no log")?,
        warehouse: Arc::new(warehouse),
        erasures: Arc::new(ErasureCopy::new(state)),
        clock: Arc::new(SystemClock),
        config: settings.pipeline.clone(),
        group: PIPELINE_GROUP.into(),
    })
}

/// Runs the pipeline until `stop`; one that ends with an error is begun anew.
pub async fn pipeline(parts: Pipeline, stop: CancellationToken) {
    let mut wait = RESTART_WAIT_MIN;
    while !stop.is_cancelled() {
        let began = Instant::now();
        match stratum_pipeline::run(parts.clone(), stop.clone()).await {
            Ok(()) => break,
            Err(error) => tracing::error!(error = %error, "pipeline ended and is begun anew"),
        }
        if began.elapsed() > GOOD_RUN {
            wait = RESTART_WAIT_MIN;
        }
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(wait) => wait = (wait * 2).min(RESTART_WAIT_MAX),
        }
    }
}

/// Forgets what sign-ins left behind, once an hour.
pub async fn jobs(state: PostgresState, keep_days: u64, stop: CancellationToken) {
    let mut sweep = tokio::time::interval(SWEEP_EVERY);
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            _ = sweep.tick() => {}
        }
        match sweep_sessions(&state, keep_days).await {
            Ok(0) => {}
            Ok(rows) => tracing::info!(rows, "ended sign-ins forgotten"),
            Err(error) => tracing::warn!(error = %error, "ended sign-ins not forgotten"),
        }
    }
}

async fn sweep_sessions(state: &PostgresState, keep_days: u64) -> Result<u64, StoreError> {
    let mut work = state.system().await?;
    let rows = work.sweep_sessions(keep_days).await?;
    work.commit().await?;
    Ok(rows)
}

/// Removes what the audit log has kept long enough, once an hour; with 0 days it keeps everything.
pub async fn retention(state: PostgresState, keep_days: u32, stop: CancellationToken) {
    let mut sweep = tokio::time::interval(SWEEP_EVERY);
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            _ = sweep.tick() => {}
        }
        if keep_days > 0
            && let Err(error) = retire_audit_rows(&state, keep_days).await
        {
            tracing::warn!(error = %error, "old rows of the audit log not removed");
        }
    }
}

async fn retire_audit_rows(state: &PostgresState, keep_days: u32) -> Result<(), StoreError> {
    let keep_days = i64::from(keep_days.max(AUDIT_DAYS_MIN));
    let before = UnixMillis(SystemClock.now().0 - keep_days * DAY_MS);
    for chain in state.system().await?.audit_chains().await? {
        loop {
            let mut work = state.system().await?;
            match work.retire_audit_rows(&chain, before).await? {
                Ok(0) => break,
                Ok(rows) => {
                    work.commit().await?;
                    tracing::info!(rows, tenant = %chain.tenant, "old rows of the audit log removed");
                }
                Err(fault) => {
                    tracing::error!(%fault, tenant = %chain.tenant, "the audit log was altered; its old rows stay");
                    break;
                }
            }
        }
    }
    Ok(())
}

/// What makes campaigns of those that ad reports name.
pub fn adopter(
    settings: &Settings,
    state: PostgresState,
    warehouse: Arc<dyn WarehouseReader>,
) -> Adopter {
    let config = settings.adopt.clone();
    Adopter { state, warehouse, clock: Arc::new(SystemClock), config }
}

/// Ad platforms at their addresses, asked within these bounds.
pub fn platforms(settings: &Settings, bounds: CallConfig) -> Result<Platforms> {
    let surroundings = Surroundings { clock: Arc::new(SystemClock), rest: Arc::new(SystemRest) };
    let platforms = Platforms::new(settings.pull.urls.clone(), bounds, surroundings);
    platforms.context("[pull.urls]")
}

/// What fetches exchange rates.
pub fn rate_keeper(settings: &Settings, state: PostgresState) -> Result<RateKeeper> {
    let config = settings.exchange_rates.clone();
    let bank = ReferenceRates::new(config.source.clone()).context("[exchange_rates.source]")?;
    Ok(RateKeeper { state, bank, clock: Arc::new(SystemClock), config })
}

/// What pulls from them.
pub fn puller(
    settings: &Settings,
    state: PostgresState,
    keys: Arc<IdentifierKeys>,
    appender: Appender,
) -> Result<Puller> {
    Ok(Puller {
        state,
        keys,
        platforms: platforms(settings, settings.pull.call.clone())?,
        appender,
        door: settings.door.clone(),
        clock: Arc::new(SystemClock),
        rest: Arc::new(SystemRest),
        config: settings.pull.clone(),
    })
}

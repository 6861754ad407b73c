//! Work that runs beside the server until the process stops.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use stratum_ingest::append::Appender;
use stratum_ingest::connector::{CallConfig, Platforms, Surroundings};
use stratum_models::store::StoreError;
use stratum_models::warehouse::WarehouseReader;
use stratum_pipeline::Pipeline;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::settings::Settings;
use super::system::{SystemClock, SystemRest};
use crate::adopt::Adopter;
use crate::heads::HeadWriter;
use crate::heads::files::HeadFiles;
use crate::pull::Puller;
use crate::state::PostgresState;

const RESTART_WAIT_MIN: Duration = Duration::from_millis(200);
const RESTART_WAIT_MAX: Duration = Duration::from_secs(30);
/// A run this long was a good one: the next failure waits little again.
const GOOD_RUN: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

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

/// Work that is done once an hour.
pub struct Hourly {
    state: PostgresState,
    keep_days: u64,
    heads: HeadWriter,
}

/// The work that forgets ended sign-ins and puts the heads of the audit log down among these data.
pub fn hourly(settings: &Settings, state: PostgresState, data: &Path) -> Hourly {
    let heads = HeadWriter::new(state.clone(), HeadFiles::new(data), Arc::new(SystemClock));
    Hourly { state, keep_days: settings.auth.session_keep_days, heads }
}

impl Hourly {
    /// Does it until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut hour = tokio::time::interval(HOUR);
        while stop.run_until_cancelled(hour.tick()).await.is_some() {
            match sweep_sessions(&self.state, self.keep_days).await {
                Ok(0) => {}
                Ok(rows) => tracing::info!(rows, "ended sign-ins forgotten"),
                Err(error) => tracing::warn!(error = %error, "ended sign-ins not forgotten"),
            }
            if let Err(error) = self.heads.put_down().await {
                tracing::warn!(error = %error, "heads of the audit log not put down");
            }
        }
    }
}

async fn sweep_sessions(state: &PostgresState, keep_days: u64) -> Result<u64, StoreError> {
    let mut work = state.system().await?;
    let rows = work.sweep_sessions(keep_days).await?;
    work.commit().await?;
    Ok(rows)
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

/// What pulls from them.
pub fn puller(settings: &Settings, state: PostgresState, appender: Appender) -> Result<Puller> {
    Ok(Puller {
        state,
        platforms: platforms(settings, settings.pull.call.clone())?,
        appender,
        door: settings.door.clone(),
        clock: Arc::new(SystemClock),
        rest: Arc::new(SystemRest),
        config: settings.pull.clone(),
    })
}

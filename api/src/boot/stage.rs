//! Work that runs beside the server until the process stops.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use stratum_deliver::http::Platforms as DeliveryPlatforms;
use stratum_deliver::relay::Relay;
use stratum_ingest::append::Appender;
use stratum_models::delivery::{DeliveryDirectory as _, KeyHour};
use stratum_models::id::TenantId;
use stratum_models::log::EventLog;
use stratum_models::seal::IdentifierKeys;
use stratum_models::store::StoreError;
use stratum_models::time::{Clock as _, DAY_MS, UnixMillis};
use stratum_models::warehouse::WarehouseReader;
use stratum_pipeline::Pipeline;
use stratum_query::warehouse::ClickHouseWarehouse;
use stratum_reports::connector::{CallConfig, ConnectorDeps, Platforms};
use stratum_reports::reference_rates::ReferenceRates;
use stratum_state::PostgresState;
use stratum_state::erasure::ErasureCopy;
use stratum_state::fx_copies::StateFxRates;
use tokio::sync::Mutex;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::settings::Settings;
use super::stores::Stores;
use super::system::{SystemClock, SystemEntropy, SystemRest};
use stratum_jobs::discovery::CampaignDiscovery;
use stratum_jobs::every;
use stratum_jobs::fixes::FixObserver;
use stratum_jobs::heads::HeadWriter;
use stratum_jobs::heads::files::HeadFiles;
use stratum_jobs::mail::MailQueue;
use stratum_jobs::pull::Puller;
use stratum_jobs::rates::RateKeeper;
use stratum_jobs::rules::RuleJob;

const PIPELINE_GROUP: &str = "stratum-pipeline";
const RELAY_GROUP: &str = "stratum-deliver";
const DELIVERY_KEYS_EVERY: Duration = Duration::from_secs(30);
const RESTART_WAIT_MIN: Duration = Duration::from_millis(200);
const RESTART_WAIT_MAX: Duration = Duration::from_secs(30);
/// A run this long was a good one: the next failure waits little again.
const GOOD_RUN: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
/// No younger row of the audit log is removed; the state store holds to it, too.
const AUDIT_DAYS_MIN: u32 = 30;

/// The parts of the pipeline.
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
    let run = || stratum_pipeline::run(parts.clone(), stop.clone());
    begun_anew("pipeline", &stop, run).await;
}

/// What the relay is made of.
pub fn relay_parts(settings: &Settings, stores: &Stores) -> Result<Relay> {
    let state = stores.state.clone().context("the relay has no state store")?;
    Ok(Relay {
        log: stores.log.clone().context("the relay has no log")?,
        ledger: Arc::new(state.clone()),
        directory: Arc::new(state.clone()),
        erasures: Arc::new(ErasureCopy::new(state)),
        keys: stores.identifier_keys(settings)?,
        platforms: delivery_platforms(settings)?,
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        config: settings.deliver.clone(),
        group: RELAY_GROUP.into(),
    })
}

/// Ad platforms at the addresses where they take events.
pub fn delivery_platforms(settings: &Settings) -> Result<DeliveryPlatforms> {
    let platforms = DeliveryPlatforms::new(settings.deliver.clone(), Arc::new(SystemClock));
    platforms.context("[deliver.urls]")
}

/// Runs the relay until `stop`; one that ends with an error is begun anew.
pub async fn relay(parts: Relay, stop: CancellationToken) {
    let run = || stratum_deliver::relay::run(parts.clone(), stop.clone());
    begun_anew("relay", &stop, run).await;
}

/// Runs a stage until `stop`; after an error it is begun anew, later each time.
async fn begun_anew<F, E>(name: &str, stop: &CancellationToken, run: impl Fn() -> F)
where
    F: Future<Output = Result<(), E>>,
    E: std::fmt::Display,
{
    let mut wait = RESTART_WAIT_MIN;
    while !stop.is_cancelled() {
        let began = Instant::now();
        match run().await {
            Ok(()) => break,
            Err(error) => tracing::error!(stage = name, error = %error, "ended and is begun anew"),
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

/// The work that makes each hour's keys of what is handed on.
pub async fn delivery_keys(state: PostgresState, stop: CancellationToken) {
    every(DELIVERY_KEYS_EVERY, &stop, || async {
        if let Err(error) = state.make_keys(KeyHour::of(SystemClock.now())).await {
            tracing::warn!(error = %error, "keys of deliveries not made");
        }
    })
    .await;
}

/// Work that is done once an hour.
pub struct Hourly {
    state: PostgresState,
    session_days: u64,
    audit_days: u32,
    heads: Mutex<HeadWriter>,
}

/// The work that forgets ended sign-ins, puts the heads of the audit log down among these data, and then
/// removes what the audit log has kept long enough.
pub fn hourly(settings: &Settings, state: PostgresState, data: &Path) -> Hourly {
    let heads = HeadWriter::new(state.clone(), HeadFiles::new(data), Arc::new(SystemClock));
    let (session_days, audit_days) =
        (settings.auth.session_keep_days, settings.state.audit_keep_days);
    Hourly { state, session_days, audit_days, heads: Mutex::new(heads) }
}

impl Hourly {
    /// Does it until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        every(HOUR, &stop, || self.work()).await;
    }

    async fn work(&self) {
        match sweep_sessions(&self.state, self.session_days).await {
            Ok(0) => {}
            Ok(rows) => tracing::info!(rows, "ended sign-ins forgotten"),
            Err(error) => tracing::warn!(error = %error, "ended sign-ins not forgotten"),
        }
        match self.heads.lock().await.put_down().await {
            Ok(whose) => {
                let retired = retire_audit_rows(&self.state, self.audit_days, &whose).await;
                if let Err(error) = retired {
                    tracing::warn!(error = %error, "old rows of the audit log not removed");
                }
            }
            Err(error) => tracing::warn!(error = %error, "heads of the audit log not put down"),
        }
    }
}

async fn sweep_sessions(state: &PostgresState, keep_days: u64) -> Result<u64, StoreError> {
    let mut work = state.system().await?;
    let rows = work.sweep_sessions(keep_days).await?;
    work.commit().await?;
    Ok(rows)
}

/// Removes what the audit log has kept long enough from the chains whose heads are put down; with 0 days it
/// keeps everything.
async fn retire_audit_rows(
    state: &PostgresState,
    keep_days: u32,
    whose: &BTreeSet<TenantId>,
) -> Result<(), StoreError> {
    if keep_days == 0 {
        return Ok(());
    }
    let keep_days = i64::from(keep_days.max(AUDIT_DAYS_MIN));
    let before = UnixMillis(SystemClock.now().0 - keep_days * DAY_MS);
    let mut chains = state.system().await?.audit_chains().await?;
    chains.retain(|chain| whose.contains(&chain.tenant));
    for chain in chains {
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

/// The discovery of campaigns that ad reports name.
pub fn discovery(
    settings: &Settings,
    state: PostgresState,
    warehouse: Arc<dyn WarehouseReader>,
) -> CampaignDiscovery {
    let (config, lease) = (settings.campaign_discovery.clone(), settings.jobs.lease());
    CampaignDiscovery { state, warehouse, clock: Arc::new(SystemClock), config, lease }
}

/// The job that looks at the campaigns of rules.
pub fn rules(
    settings: &Settings,
    state: PostgresState,
    warehouse: ClickHouseWarehouse,
    log: Arc<dyn EventLog>,
) -> RuleJob {
    let (config, lease) = (settings.rules.clone(), settings.jobs.lease());
    let warehouse = Arc::new(warehouse);
    RuleJob {
        warehouse: warehouse.clone(),
        versions: warehouse,
        rates: Arc::new(StateFxRates::new(state.clone(), &settings.state)),
        mail: MailQueue::new(state.clone(), &settings.mail, Arc::new(SystemClock)),
        public_url: settings.mail.public_url.clone(),
        state,
        log,
        clock: Arc::new(SystemClock),
        config,
        lease,
    }
}

/// Ad platforms at their addresses, asked within these bounds.
pub fn platforms(settings: &Settings, bounds: CallConfig) -> Result<Platforms> {
    let deps = ConnectorDeps { clock: Arc::new(SystemClock), rest: Arc::new(SystemRest) };
    let platforms = Platforms::new(settings.pull.urls.clone(), bounds, deps);
    platforms.context("[pull.urls]")
}

/// The job that watches one-click fixes.
pub fn fix_observer(
    settings: &Settings,
    state: PostgresState,
    warehouse: Arc<dyn WarehouseReader>,
    log: Arc<dyn EventLog>,
) -> FixObserver {
    FixObserver {
        state,
        warehouse,
        log,
        clock: Arc::new(SystemClock),
        config: settings.fixes.clone(),
    }
}

/// The job that fetches exchange rates.
pub fn rate_keeper(settings: &Settings, state: PostgresState) -> Result<RateKeeper> {
    let config = settings.exchange_rates.clone();
    let bank = ReferenceRates::new(config.source.clone()).context("[exchange_rates.source]")?;
    Ok(RateKeeper { state, bank, clock: Arc::new(SystemClock), config })
}

/// The job that pulls from them.
pub fn puller(
    settings: &Settings,
    state: PostgresState,
    keys: Arc<IdentifierKeys>,
    appender: Appender,
    log: Arc<dyn EventLog>,
) -> Result<Puller> {
    Ok(Puller {
        state,
        keys,
        log,
        platforms: platforms(settings, settings.pull.call.clone())?,
        appender,
        limits: settings.ingest.row_limits(),
        clock: Arc::new(SystemClock),
        rest: Arc::new(SystemRest),
        config: settings.pull.clone(),
    })
}

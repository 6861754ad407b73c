//! A running process: its stores, its roles, its server, and how it ends.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use axum::Router;
use metrics_exporter_prometheus::PrometheusHandle;
use stratum_account::config::DemoAccounts;
use stratum_http::auth::password::Passwords;
use stratum_http::edge::{ClientIp, Edge};
use stratum_ingest::append::Appender;
use stratum_ingest::receive::FrontDoor;
use stratum_ingest::router as door;
use stratum_models::entropy::{Entropy as _, Ids};
use stratum_models::secret::Secret;
use stratum_models::warehouse::WarehouseReader;
use stratum_server::Operation;
use stratum_server::prometheus::{Measurements, Readers};
use stratum_state::directory::StateDirectory;
use stratum_state::{PostgresState, StateConfig};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::backup::{self, BackupRoute};
use super::first_start::{FirstUser, first_user};
use super::listeners::{self, Listeners};
use super::roles::{Role, Roles};
use super::server::serve;
use super::settings::Settings;
use super::sign_in::{SignIn, SignInJobs};
use super::stores::Stores;
use super::system::{SystemClock, SystemEntropy};
use super::{kept, probes, stage};
use stratum_jobs::mail;
use stratum_jobs::predict::Forecasts;
use stratum_jobs::{WorkerMeans, every};

/// The facts that an operator is told once everything runs.
#[derive(Debug)]
pub struct Announcement {
    /// `http://host:port`.
    pub address: String,
    /// The data folder.
    pub data: PathBuf,
    /// The first credentials, where this start made them.
    pub first_user: Option<FirstUser>,
    /// The sign-ins that the page offers.
    pub demo: DemoAccounts,
}

/// A running process.
pub struct Process {
    pub(super) stores: Stores,
    pub(super) roles: Roles,
    pub(super) recorder: Option<PrometheusHandle>,
    appender: Option<Appender>,
    pub(super) demo: DemoAccounts,
    pub(super) workers: Option<WorkerMeans>,
    server: JoinSet<()>,
    pub(super) stages: JoinSet<()>,
    pub(super) stop_serving: CancellationToken,
    pub(super) stop_stages: CancellationToken,
    patience: Duration,
}

const UPKEEP_EVERY: Duration = Duration::from_secs(5);

impl Process {
    /// Opens the stores, starts the roles, and serves.
    pub async fn start(
        settings: &Settings,
        roles: Roles,
        measurements: Option<PrometheusHandle>,
    ) -> Result<(Process, Announcement)> {
        // Taken first: a port in use is told at once, not after the engines have started.
        let listeners = Listeners::bind(settings).await?;
        let address = format!("http://{}", listeners.public.local_addr()?);
        let stores = Stores::open(settings, roles.needs()).await?;
        let mut process = Process {
            stores,
            roles,
            recorder: measurements.clone(),
            appender: None,
            demo: DemoAccounts::default(),
            workers: None,
            server: JoinSet::new(),
            stages: JoinSet::new(),
            stop_serving: CancellationToken::new(),
            stop_stages: CancellationToken::new(),
            patience: Duration::from_millis(settings.server.shutdown_ms_max),
        };
        match process.launch(settings, roles, listeners, measurements).await {
            Ok(first_user) => {
                let data = process.stores.data.clone();
                let demo = process.demo.clone();
                Ok((process, Announcement { address, data, first_user, demo }))
            }
            Err(error) => {
                process.stop().await;
                Err(error)
            }
        }
    }

    async fn launch(
        &mut self,
        settings: &Settings,
        roles: Roles,
        listeners: Listeners,
        measurements: Option<PrometheusHandle>,
    ) -> Result<Option<FirstUser>> {
        if let Some(handle) = measurements.clone() {
            self.stages.spawn(keep_up(handle, self.stop_stages.clone()));
        }
        let passwords = Passwords::new(&settings.auth, Arc::new(SystemEntropy))?;
        let first_user = match (&self.stores.state, roles) {
            (Some(state), Roles::Every) => first_user(state, &passwords).await?,
            _ => None,
        };
        let ids = Ids::new(Arc::new(SystemClock), Arc::new(SystemEntropy));
        let clock = Arc::new(SystemClock) as _;
        let edge = Edge::new(&settings.http, settings.server.pace, &clock)?;
        let sign_in = match self.stores.state.clone().filter(|_| roles.has(Role::Api)) {
            Some(state) => Some(self.sign_in(settings, &state, &ids).await?),
            None => None,
        };
        let revocations = sign_in.as_ref().map(|sign_in| sign_in.revocations.clone());
        let operation = Operation {
            health: Arc::new(probes::health(&self.stores, revocations, settings)),
            measurements: measurements.map(Measurements::new),
            readers: Readers::Operator(self.operator_token(settings)?),
        };
        let mut parts = vec![stratum_server::operation(operation.clone())];
        parts.extend(self.backups(settings)?);
        if let Some(state) = self.stores.state.clone().filter(|_| roles.has_door()) {
            let directory = self.follow_directory(&state, &settings.state).await?;
            if roles.has(Role::Ingest) {
                parts.push(self.door(settings, directory.clone())?);
            }
            if let Some(sign_in) = sign_in {
                parts.push(self.api(settings, state, directory, passwords, sign_in, &edge)?);
            }
        }
        self.start_stages(settings, roles)?;
        let public = stratum_server::assemble(parts, ids.clone(), &edge);
        let operation =
            stratum_server::operation(Operation { readers: Readers::Everybody, ..operation });
        let operation = stratum_server::assemble([operation], ids, &edge);
        let servers = listeners.servers(public, operation, &edge, &settings.server);
        for (server, name) in servers {
            // For scripts, and for `stratum demo`, `tail` and `health` on this machine.
            if roles == Roles::Every {
                let address = format!("http://{}", server.listener.local_addr()?);
                kept::write(&self.stores.data.join(name), &address)?;
            }
            self.server.spawn(serve(server, self.stop_serving.clone()));
        }
        Ok(first_user)
    }

    async fn follow_directory(
        &mut self,
        state: &PostgresState,
        config: &StateConfig,
    ) -> Result<Arc<StateDirectory>> {
        let directory = StateDirectory::load(state, Arc::new(SystemClock)).await;
        let directory = Arc::new(directory.context("reading tenants and keys")?);
        let (followed, state, config) = (directory.clone(), state.clone(), config.clone());
        let stop = self.stop_stages.clone();
        self.stages.spawn(async move { followed.follow(&state, &config, stop).await });
        Ok(directory)
    }

    /// The appender of rows to the log, one for all roles of the process.
    pub(super) fn appender(&mut self, settings: &Settings) -> Result<Appender> {
        if let Some(appender) = &self.appender {
            return Ok(appender.clone());
        }
        let log = self.stores.log.clone().context("there is no log to append to")?;
        let appender = Appender::start(log, settings.append.clone());
        self.appender = Some(appender.clone());
        Ok(appender)
    }

    fn door(&mut self, settings: &Settings, directory: Arc<StateDirectory>) -> Result<Router> {
        let appender = self.appender(settings)?;
        let mut seed = [0; 8];
        SystemEntropy.fill(&mut seed);
        Ok(door(FrontDoor {
            directory,
            keys: self.stores.identifier_keys(settings)?,
            appender,
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            client: |of| of.get::<ClientIp>().map(|client| client.allowance_key()),
            config: settings.ingest.clone(),
            trace_seed: u64::from_be_bytes(seed),
        }))
    }

    /// The means of sign-in, with its jobs running.
    async fn sign_in(
        &mut self,
        settings: &Settings,
        state: &PostgresState,
        ids: &Ids,
    ) -> Result<SignIn> {
        let (data, shared) = (self.stores.data.clone(), self.stores.state_is_shared());
        let means = self.workers(settings, state);
        let (sign_in, jobs) = SignIn::open(settings, &means, ids, &data, shared).await?;
        let (state, stop) = (state.clone(), self.stop_stages.clone());
        let revocations = sign_in.revocations.clone();
        self.stages.spawn(async move { revocations.follow(&state, stop).await });
        let SignInJobs { resets, mail, transport } = jobs;
        self.work_at(resets, &means);
        self.work_at(mail, &means);
        self.stages.spawn(mail::sweep(transport, self.stop_stages.clone()));
        Ok(sign_in)
    }

    pub(super) fn forecasts(
        &self,
        settings: &Settings,
        warehouse: Arc<dyn WarehouseReader>,
    ) -> Result<Arc<Forecasts>> {
        let state = self.stores.state.clone().context("predictions have no state store")?;
        let config = settings.predictions.clone();
        Ok(Arc::new(Forecasts::new(state, warehouse, Arc::new(SystemClock), config)))
    }

    /// Only the embedded log needs the operator's route: Kafka is read directly.
    pub(super) fn operator_token(&self, settings: &Settings) -> Result<Option<Secret>> {
        let file = self.stores.data.join("secrets/operator_token");
        settings.kafka.brokers.is_empty().then(|| kept::secret(&file)).transpose()
    }

    /// The route of backups, where every store is embedded.
    fn backups(&self, settings: &Settings) -> Result<Option<Router>> {
        let sources = self.stores.backup_sources();
        let (Some(sources), Some(token)) = (sources, self.operator_token(settings)?) else {
            return Ok(None);
        };
        let (stop, turn) = (self.stop_serving.clone(), Arc::new(Semaphore::new(1)));
        Ok(Some(backup::router(BackupRoute { sources, token, stop, turn })))
    }

    fn start_stages(&mut self, settings: &Settings, roles: Roles) -> Result<()> {
        if roles.has(Role::Pipeline) {
            let parts = stage::pipeline_parts(settings, &self.stores)?;
            self.stages.spawn(stage::pipeline(parts, self.stop_stages.clone()));
        }
        if roles.has(Role::Jobs) {
            self.start_jobs(settings)?;
        }
        if roles.has(Role::Deliver) {
            let parts = stage::relay_parts(settings, &self.stores)?;
            self.stages.spawn(stage::relay(parts, self.stop_stages.clone()));
        }
        Ok(())
    }

    /// Returns when the server or a stage has ended by itself, which none should.
    pub async fn failed(&mut self) -> anyhow::Error {
        tokio::select! {
            Some(ended) = self.server.join_next() => match ended {
                Ok(()) => anyhow!("the server ended"),
                Err(error) => anyhow!(error).context("the server ended"),
            },
            Some(ended) = self.stages.join_next() => match ended {
                Ok(()) => anyhow!("a stage ended"),
                Err(error) => anyhow!(error).context("a stage ended"),
            },
            else => anyhow!("nothing runs"),
        }
    }

    /// Ends in order: no new requests, what was accepted appended, the pipeline's batches
    /// committed, the clients closed, the engines ended. Each step has its time.
    pub async fn stop(mut self) {
        tracing::info!("stopping");
        for name in listeners::ADDRESS_FILES {
            std::fs::remove_file(self.stores.data.join(name)).ok();
        }
        self.stop_serving.cancel();
        self.step("requests", async |this| while this.server.join_next().await.is_some() {}).await;
        self.server.shutdown().await;
        self.step("append", async |this| {
            if let Some(appender) = &this.appender {
                appender.drain().await;
            }
        })
        .await;
        self.stop_stages.cancel();
        self.step("stages", async |this| while this.stages.join_next().await.is_some() {}).await;
        self.stages.shutdown().await;
        drop(self.appender.take());
        self.stores.close().await;
        tracing::info!("stopped");
    }

    async fn step(&mut self, name: &str, act: impl AsyncFnOnce(&mut Process)) {
        let patience = self.patience;
        if tokio::time::timeout(patience, act(self)).await.is_err() {
            tracing::warn!(step = name, "did not end in time and is cut off");
        }
    }
}

/// Old samples of histograms are folded now and then.
async fn keep_up(handle: PrometheusHandle, stop: CancellationToken) {
    every(UPKEEP_EVERY, &stop, || async { handle.run_upkeep() }).await;
}

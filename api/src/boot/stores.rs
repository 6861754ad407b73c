//! The three stores: the embedded one, or the one a URL names.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow, bail};
use stratum_engines::{ClickHouseEngine, PostgresEngine, StateFolder};
use stratum_ingest::log::fjall::FjallLog;
use stratum_ingest::log::kafka::KafkaLog;
use stratum_models::log::EventLog;
use stratum_models::seal::IdentifierKeys;
use stratum_models::secret::Secret;
use stratum_query::warehouse::{ClickHouseWarehouse, migrate};
use stratum_state::seal::Seal;
use stratum_state::{PostgresState, StateConfig, schema};

use super::backup::BackupSources;
use super::kept;
use super::settings::{ClickHouseAccess, Settings};
use super::system::{SystemClock, SystemEntropy};
use crate::config::placeholder::is_placeholder;

/// The stores that a process needs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Needs {
    /// The log.
    pub log: bool,
    /// The warehouse.
    pub warehouse: bool,
    /// The state store.
    pub state: bool,
    /// Whether what is missing may be embedded: only where one process runs every role.
    pub embedded: bool,
}

/// The stores of a process, and the engines it runs for them.
pub struct Stores {
    /// The data folder.
    pub data: PathBuf,
    /// The log.
    pub log: Option<Arc<dyn EventLog>>,
    /// The warehouse.
    pub warehouse: Option<ClickHouseWarehouse>,
    /// The state store.
    pub state: Option<PostgresState>,
    /// The log, where it is in this process.
    embedded_log: Option<Arc<FjallLog>>,
    clickhouse: Option<ClickHouseEngine>,
    postgres: Option<PostgresEngine>,
    /// Held as long as the stores are open.
    _folder: Option<StateFolder>,
}

/// The data folder of these settings.
pub fn data_dir(settings: &Settings) -> Result<PathBuf> {
    crate::config::Surroundings::current()
        .data_dir(&settings.data_dir)
        .context("no place for data is known: set STRATUM_DATA or pass --data")
}

/// Where the URL of the embedded state store stands while it runs.
pub fn state_url_file(data: &Path) -> PathBuf {
    data.join("secrets/state.url")
}

/// Key of personal data: configured, or kept beside the embedded state store.
fn pii_key(settings: &Settings, data: &Path, shared: bool) -> Result<Secret> {
    let set = &settings.auth.pii_encryption_key;
    let file = data.join("secrets/pii_encryption_key");
    kept::configured(set, "PII_ENCRYPTION_KEY", &file, shared)
}

fn older_pii_keys(settings: &Settings) -> impl Iterator<Item = &[u8]> {
    settings.auth.pii_encryption_keys_older.iter().map(|key| key.expose().as_bytes())
}

/// Sealing key of the state store.
pub fn seal(settings: &Settings, data: &Path, shared: bool) -> Result<Seal> {
    let key = pii_key(settings, data, shared)?;
    Ok(Seal::new(key.expose().as_bytes())?.with_older(older_pii_keys(settings))?)
}

impl Stores {
    /// Opens what is needed and brings what this process owns up to its version.
    pub async fn open(settings: &Settings, needs: Needs) -> Result<Stores> {
        let data = data_dir(settings)?;
        refuse_half(settings, needs)?;
        refuse_placeholders(settings)?;
        let folder = match needs.embedded {
            true => Some(StateFolder::open(&data).await?),
            false => None,
        };
        let data = folder.as_ref().map_or(data, |folder| folder.path().to_owned());
        let mut stores = Stores {
            data,
            log: None,
            warehouse: None,
            state: None,
            embedded_log: None,
            clickhouse: None,
            postgres: None,
            _folder: folder.clone(),
        };
        // Whatever fails, engines that were started end in order.
        match stores.fill(settings, needs, folder.as_ref()).await {
            Ok(()) => Ok(stores),
            Err(error) => {
                stores.close().await;
                Err(error)
            }
        }
    }

    async fn fill(
        &mut self,
        settings: &Settings,
        needs: Needs,
        folder: Option<&StateFolder>,
    ) -> Result<()> {
        let (clickhouse, postgres) = tokio::join!(
            start_clickhouse(settings, needs, folder),
            start_postgres(settings, needs, folder)
        );
        (self.clickhouse, self.postgres) = (clickhouse?, postgres?);
        if needs.log {
            let embedded = embedded_log(settings, &self.data).await?;
            self.log = match &embedded {
                Some(log) => Some(log.clone()),
                None => Some(shared_log(settings).await?),
            };
            self.embedded_log = embedded;
        }
        if needs.warehouse {
            self.warehouse = Some(self.open_warehouse(settings, needs.embedded).await?);
        }
        if needs.state {
            self.state = Some(self.open_state(settings, needs.embedded).await?);
        }
        Ok(())
    }

    async fn open_warehouse(
        &self,
        settings: &Settings,
        migrates: bool,
    ) -> Result<ClickHouseWarehouse> {
        let access = match &self.clickhouse {
            Some(engine) => {
                let (user, password) = engine.app();
                ClickHouseAccess {
                    url: engine.url().to_owned(),
                    user: user.to_owned(),
                    password: Secret::new(password.to_owned()),
                    database: engine.database().to_owned(),
                }
            }
            None => settings.warehouse.access().ok_or_else(|| {
                anyhow!("CLICKHOUSE_URL must read http://user:password@host:8123/database")
            })?,
        };
        let config = settings.warehouse.to_clickhouse(&access);
        if migrates {
            migrate(&config).await.context("bringing the warehouse up to date")?;
        }
        Ok(ClickHouseWarehouse::connect(config)?)
    }

    async fn open_state(&self, settings: &Settings, migrates: bool) -> Result<PostgresState> {
        let shared = self.postgres.is_none();
        let config = match &self.postgres {
            Some(engine) => StateConfig {
                url: Secret::new(engine.url().to_owned()),
                migration_url: Secret::new(engine.migration_url().to_owned()),
                ..settings.state.clone()
            },
            None => settings.state.clone(),
        };
        let seal = seal(settings, &self.data, shared)?;
        let clock = Arc::new(SystemClock);
        let state = PostgresState::open(&config, clock, Arc::new(SystemEntropy), seal)?;
        if migrates {
            schema::migrate(&config).await.context("bringing the state store up to date")?;
        }
        state.check_login().await.context("signing in to the state store")?;
        if let Some(engine) = &self.postgres {
            kept::write(&state_url_file(&self.data), engine.url())?;
        }
        Ok(state)
    }

    /// The keys that identifiers of events are sealed with, the same as those of the state store.
    pub fn identifier_keys(&self, settings: &Settings) -> Result<Arc<IdentifierKeys>> {
        let key = pii_key(settings, &self.data, self.state_is_shared())?;
        let older = older_pii_keys(settings);
        Ok(Arc::new(IdentifierKeys::new(key.expose().as_bytes(), older)))
    }

    /// Whether the state store is one that other processes share.
    pub fn state_is_shared(&self) -> bool {
        self.postgres.is_none()
    }

    /// The sources of a backup; `None` where a store is not embedded.
    pub fn backup_sources(&self) -> Option<BackupSources> {
        Some(BackupSources {
            data: self.data.clone(),
            log: self.embedded_log.clone()?,
            warehouse: self.warehouse.clone()?,
            clickhouse: self.clickhouse.as_ref()?.files(),
            postgres: self.postgres.as_ref()?.backup(),
        })
    }

    /// Closes the clients and ends the engines, in that order.
    pub async fn close(self) {
        let Stores { data, log, warehouse, state, embedded_log, clickhouse, postgres, _folder } =
            self;
        drop(warehouse);
        if let Some(state) = state {
            state.close().await;
        }
        // Closing the embedded log joins its threads.
        tokio::task::spawn_blocking(move || drop((log, embedded_log))).await.ok();
        if postgres.is_some() {
            std::fs::remove_file(state_url_file(&data)).ok();
        }
        let postgres = async {
            if let Some(engine) = postgres {
                engine.stop().await;
            }
        };
        let clickhouse = async {
            if let Some(engine) = clickhouse {
                engine.stop().await;
            }
        };
        tokio::join!(postgres, clickhouse);
    }
}

/// A password that an example named opens a store to everybody who read it.
pub fn refuse_placeholders(settings: &Settings) -> Result<()> {
    for (url, name) in [
        (&settings.state.url, "DATABASE_URL"),
        (&settings.state.migration_url, "DATABASE_MIGRATION_URL"),
        (&settings.warehouse.url, "CLICKHOUSE_URL"),
    ] {
        let parsed = url.expose().parse::<reqwest::Url>().ok();
        if parsed.as_ref().and_then(|url| url.password()).is_some_and(is_placeholder) {
            bail!("the password of {name} is the placeholder of an example: set one of your own");
        }
    }
    Ok(())
}

/// A role alone shares its stores with other processes, so none of them can be inside this one. What
/// migrates a shared state store needs its owner's login beside the program's own.
fn refuse_half(settings: &Settings, needs: Needs) -> Result<()> {
    if needs.embedded {
        let names = ["DATABASE_URL", "DATABASE_MIGRATION_URL"];
        let (set, missing) =
            match (settings.state.url.is_empty(), settings.state.migration_url.is_empty()) {
                (false, true) => (names[0], names[1]),
                (true, false) => (names[1], names[0]),
                _ => return Ok(()),
            };
        bail!(
            "{set} is set and {missing} is not: DATABASE_URL names the program's own login, which owns \
             nothing, DATABASE_MIGRATION_URL the login that owns the tables and brings them up to date"
        );
    }
    let missing: Vec<&str> = [
        (needs.log && settings.kafka.brokers.is_empty(), "KAFKA_BROKERS"),
        (needs.warehouse && settings.warehouse.url.is_empty(), "CLICKHOUSE_URL"),
        (needs.state && settings.state.url.is_empty(), "DATABASE_URL"),
    ]
    .into_iter()
    .filter_map(|(missing, name)| missing.then_some(name))
    .collect();
    if !missing.is_empty() {
        let names = missing.join(" and ");
        bail!("a role alone needs shared stores: set {names}, or run every role with `stratum up`");
    }
    Ok(())
}

async fn start_clickhouse(
    settings: &Settings,
    needs: Needs,
    folder: Option<&StateFolder>,
) -> Result<Option<ClickHouseEngine>> {
    match folder.filter(|_| needs.warehouse && settings.warehouse.url.is_empty()) {
        Some(folder) => {
            let engine = ClickHouseEngine::start(folder, &settings.engines.to_engines()).await;
            engine.map(Some).context("starting the embedded ClickHouse")
        }
        None => Ok(None),
    }
}

async fn start_postgres(
    settings: &Settings,
    needs: Needs,
    folder: Option<&StateFolder>,
) -> Result<Option<PostgresEngine>> {
    match folder.filter(|_| needs.state && settings.state.url.is_empty()) {
        Some(folder) => {
            let engine = PostgresEngine::start(folder, &settings.engines.to_engines()).await;
            engine.map(Some).context("starting the embedded Postgres")
        }
        None => Ok(None),
    }
}

/// The log of the brokers that are named.
pub async fn shared_log(settings: &Settings) -> Result<Arc<dyn EventLog>> {
    let log = KafkaLog::connect(settings.kafka.clone()).await;
    Ok(Arc::new(log.context("reaching Kafka (KAFKA_BROKERS)")?))
}

/// The log in the data folder; `None` where brokers are named.
async fn embedded_log(settings: &Settings, data: &Path) -> Result<Option<Arc<FjallLog>>> {
    if !settings.kafka.brokers.is_empty() {
        return Ok(None);
    }
    let (folder, config) = (data.join("log"), settings.log.clone());
    kept::make_folder(&folder)?;
    let opened =
        tokio::task::spawn_blocking(move || FjallLog::open(&folder, config, Arc::new(SystemClock)));
    Ok(Some(Arc::new(opened.await?.context("opening the embedded log")?)))
}

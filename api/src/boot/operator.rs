//! The means of commands beside the running process.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use stratum_http::auth::password::Passwords;
use stratum_models::log::EventLog;
use stratum_models::secret::Secret;
use stratum_models::store::StoreErrorKind;
use stratum_query::warehouse::ClickHouseWarehouse;
use stratum_state::{PostgresState, StateConfig};

use super::kept;
use super::settings::Settings;
use super::stores::{self, Needs, Stores, data_dir, state_url_file};
use super::system::{SystemClock, SystemEntropy};
use stratum_jobs::predict::Forecasts;

/// An operator at the command line: the state store of a running process, or a shared one.
pub struct Operator {
    /// The state store.
    pub state: PostgresState,
    /// Hashes passwords.
    pub passwords: Passwords,
    /// The data folder.
    pub data: PathBuf,
}

impl Operator {
    /// Reaches the state store. An embedded one runs only while `stratum up` does.
    pub async fn open(settings: &Settings) -> Result<Operator> {
        let data = data_dir(settings)?;
        stores::refuse_placeholders(settings)?;
        let shared = !settings.state.url.is_empty();
        let url = match shared {
            true => settings.state.url.clone(),
            false => embedded_url(&data)?,
        };
        let seal = stores::seal(settings, &data, shared)?;
        let config = StateConfig { url, connections_max: 2, ..settings.state.clone() };
        let state =
            PostgresState::open(&config, Arc::new(SystemClock), Arc::new(SystemEntropy), seal)?;
        match state.check_login().await {
            Ok(()) => {}
            Err(error) if shared || error.kind == StoreErrorKind::Invalid => {
                return Err(error).context("reaching the state store (DATABASE_URL)");
            }
            Err(_) => bail!("no Stratum runs on {}: start it with `stratum up`", data.display()),
        }
        let passwords = Passwords::new(&settings.auth, Arc::new(SystemEntropy))?;
        Ok(Operator { state, passwords, data })
    }

    /// A password for somebody who was given none.
    pub fn new_password() -> Secret {
        super::first_start::password()
    }

    /// The address of the process that runs on the data folder of these settings.
    pub fn address(settings: &Settings) -> Result<String> {
        let data = data_dir(settings)?;
        let address = kept::read(&data.join("address"))?;
        address.with_context(|| {
            format!(
                "no Stratum runs on {}: pass --url, or start it with `stratum up`",
                data.display()
            )
        })
    }

    /// The address of that process for operators alone, where its measurements are.
    pub fn operation_address(settings: &Settings) -> Result<String> {
        let address = kept::read(&data_dir(settings)?.join("operation_address"))?;
        address.context("the process has no listener for operators")
    }

    /// The token that opens the operator's routes of that process.
    pub fn token(settings: &Settings) -> Result<Secret> {
        let data = data_dir(settings)?;
        let token = kept::read(&data.join("secrets/operator_token"))?;
        let token = token.with_context(|| format!("no Stratum runs on {}", data.display()))?;
        Ok(Secret::new(token))
    }
}

fn embedded_url(data: &std::path::Path) -> Result<Secret> {
    let url = kept::read(&state_url_file(data))?;
    let url = url.with_context(|| {
        let data = data.display();
        format!("no Stratum runs on {data}: start it with `stratum up`, or set DATABASE_URL")
    })?;
    Ok(Secret::new(url))
}

/// Opens the log outside a running process: Kafka only, the embedded log belongs to `stratum up`.
pub async fn open_log(settings: &Settings) -> Result<Option<Arc<dyn EventLog>>> {
    match settings.kafka.brokers.is_empty() {
        true => Ok(None),
        false => stores::shared_log(settings).await.map(Some),
    }
}

/// Training outside a running process: on shared stores only, the embedded warehouse belongs to
/// `stratum up`.
pub async fn open_forecasts(settings: &Settings) -> Result<Option<Forecasts>> {
    let Some(access) = settings.warehouse.access().filter(|_| !settings.warehouse.url.is_empty())
    else {
        return Ok(None);
    };
    let warehouse = ClickHouseWarehouse::connect(settings.warehouse.to_clickhouse(&access))?;
    let state = Operator::open(settings).await?.state;
    let (clock, config) = (Arc::new(SystemClock), settings.predictions.clone());
    Ok(Some(Forecasts::new(state, Arc::new(warehouse), clock, config)))
}

/// Brings the stores up to this program's version, starting embedded ones for the time of it.
pub async fn migrate(settings: &Settings) -> Result<()> {
    let needs = Needs { log: false, warehouse: true, state: true, embedded: true };
    Stores::open(settings, needs).await?.close().await;
    Ok(())
}

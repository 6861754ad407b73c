#![doc = include_str!("../README.md")]

pub mod seal;
pub mod work;
pub mod schema;
pub mod login;
pub mod inspect;
pub mod installation;
pub mod audit;
mod audit_action;
pub mod audit_page;
pub mod audit_chain;
pub mod audit_head;
pub mod audit_seal;
pub mod tenant;
pub mod limit;
pub mod page;
pub mod user;
pub mod user_change;
pub mod invitation;
pub mod reseal;
pub mod person;
pub mod erasure;
pub mod session;
pub mod sign_in;
pub mod factor_secret;
pub mod second_factor;
pub mod device;
pub mod registration;
pub mod letter;
pub mod reset;
pub mod dataset;
pub mod tracking;
pub mod fix_run;
pub mod note;
pub mod view;
pub mod dismissal;
pub mod campaign;
mod adoption;
pub mod asset;
pub mod fx_rate;
pub mod reference_rate;
pub mod fx_copies;
pub mod connector;
pub mod export_job;
pub mod export_link;
pub mod export_schedule;
pub mod pull_run;
pub mod pull_fault;
pub mod ad_account;
pub mod job;
pub mod job_lease;
pub mod bounds;
pub mod api_key;
pub mod model_artifact;
pub mod destination;
mod delivery_directory;
mod delivery_ledger;
pub mod plan;
pub mod rule;
pub mod rule_episode;
pub mod snapshot;
pub mod directory;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use stratum_models::entropy::{Ids, SharedEntropy};
use stratum_models::secret::Secret;
use stratum_models::store::{StoreError, StoreErrorKind};
use stratum_models::time::{SharedClock, UnixMillis};

use seal::{Place, Seal};

/// The address of Postgres, and the bounds on how long it may keep a caller waiting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StateConfig {
    /// `postgres://user:password@host/database` of the program's own login, which owns nothing; empty
    /// for the embedded one.
    pub url: Secret,
    /// The same of the login that owns the tables; needed to bring them up to date.
    pub migration_url: Secret,
    /// Connections kept at most.
    pub connections_max: u32,
    /// Longest wait for a free connection.
    pub acquire_ms_max: u64,
    /// Longest run of one statement.
    pub statement_ms_max: u64,
    /// The time between two comparisons of the copy of tenants, datasets and keys with the store, in milliseconds.
    pub directory_refresh_ms: u64,
    /// The time between two writes of "last used" of API keys, in milliseconds.
    pub key_use_flush_ms: u64,
    /// Days that rows of the audit log are kept, at least 30; 0 for ever.
    pub audit_keep_days: u32,
}

impl Default for StateConfig {
    fn default() -> Self {
        StateConfig {
            url: Secret::default(),
            migration_url: Secret::default(),
            connections_max: 16,
            acquire_ms_max: 3_000,
            statement_ms_max: 10_000,
            directory_refresh_ms: 500,
            key_use_flush_ms: 10_000,
            audit_keep_days: 730,
        }
    }
}

/// The state store on Postgres 15 or later.
#[derive(Clone)]
pub struct PostgresState {
    pool: PgPool,
    watch: PgPool,
    login: PgConnectOptions,
    tools: Tools,
}

/// The tools that units of work need beside their transaction.
#[derive(Clone)]
struct Tools {
    clock: SharedClock,
    entropy: SharedEntropy,
    ids: Ids,
    seal: Seal,
}

impl Tools {
    fn now(&self) -> chrono::DateTime<chrono::Utc> {
        self.clock.now().to_utc()
    }

    /// Personal data as it is kept.
    fn sealed(&self, place: Place, text: &str) -> Result<Vec<u8>, StoreError> {
        self.seal.seal(&*self.entropy, place, text).map_err(|error| invalid(error.to_string()))
    }

    /// The inverse of [`Tools::sealed`].
    fn opened(&self, place: Place, sealed: &[u8]) -> Result<String, StoreError> {
        self.seal.open(place, sealed).map_err(|error| invalid(error.to_string()))
    }
}

/// The role that connections begin with; it sees nothing until a tenant is named.
const APP_ROLE: &str = "stratum_app";

impl PostgresState {
    /// A state store that connects when it is first asked. `Invalid` when the URL cannot be read.
    pub fn open(
        config: &StateConfig,
        clock: SharedClock,
        entropy: SharedEntropy,
        seal: Seal,
    ) -> Result<PostgresState, StoreError> {
        let login = connect_options(config, &config.url, "DATABASE_URL")?;
        let pool = |connections_max| {
            PgPoolOptions::new()
                .max_connections(connections_max)
                .acquire_timeout(Duration::from_millis(config.acquire_ms_max))
                .connect_lazy_with(login.clone().options([("role", APP_ROLE)]))
        };
        let ids = Ids::new(clock.clone(), entropy.clone());
        let tools = Tools { clock, entropy, ids, seal };
        Ok(PostgresState {
            pool: pool(config.connections_max),
            // One for each that follows, one for signals, one for leases, and another where an answer never comes.
            watch: pool(5),
            login,
            tools,
        })
    }

    /// Answers when Postgres does.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query_file!("sql/select_one.sql").fetch_one(&self.pool).await.map_err(store_error)?;
        Ok(())
    }

    /// Closes the connections.
    pub async fn close(&self) {
        self.pool.close().await;
        self.watch.close().await;
    }
}

/// A connection as the login of a URL; `Invalid` when that cannot be read.
fn connect_options(
    config: &StateConfig,
    url: &Secret,
    name: &str,
) -> Result<PgConnectOptions, StoreError> {
    let options: PgConnectOptions = url.expose().parse().map_err(|_| {
        invalid(format!("{name} must read postgres://user:password@host:port/database"))
    })?;
    let timeout = config.statement_ms_max.to_string();
    Ok(options
        .application_name("stratum")
        .options([("statement_timeout", timeout.as_str()), ("timezone", "UTC")]))
}

const STORE: &str = "state";

fn millis(time: chrono::DateTime<chrono::Utc>) -> UnixMillis {
    UnixMillis(time.timestamp_millis())
}

fn tenant_key(tenant: stratum_models::id::TenantId) -> Result<i64, StoreError> {
    i64::try_from(tenant.0).map_err(|_| invalid("the tenant id is out of range"))
}

/// A text in lower case, letter by letter, to compare without letter case.
fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

fn invalid(text: impl Into<String>) -> StoreError {
    StoreError::new(StoreErrorKind::Invalid, STORE, text)
}

/// A row holds what no program of ours writes.
fn damaged(what: &'static str) -> StoreError {
    invalid(format!("a stored {what} cannot be read"))
}

/// The kind of a database error. Its text names the constraint, never the row.
fn store_error(error: sqlx::Error) -> StoreError {
    use sqlx::error::ErrorKind;
    let (kind, text) = match &error {
        sqlx::Error::Database(db) => {
            let kind = match db.kind() {
                ErrorKind::UniqueViolation => StoreErrorKind::Conflict,
                ErrorKind::ForeignKeyViolation
                | ErrorKind::NotNullViolation
                | ErrorKind::CheckViolation => StoreErrorKind::Invalid,
                _ => StoreErrorKind::Transient,
            };
            (kind, format!("refused ({})", db.constraint().or(db.code().as_deref()).unwrap_or("-")))
        }
        sqlx::Error::PoolTimedOut => {
            (StoreErrorKind::Unavailable, "no connection became free in time".into())
        }
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolClosed => {
            (StoreErrorKind::Unavailable, "cannot be reached".into())
        }
        _ => (StoreErrorKind::Transient, "failed".into()),
    };
    // A database error's own text may quote the row: its cause is left behind.
    match error {
        sqlx::Error::Database(_) => StoreError::new(kind, STORE, text),
        other => StoreError::new(kind, STORE, text).caused_by(other),
    }
}

//! Every setting of every stage and adapter, one section each.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use stratum_ingest::append::AppendConfig;
use stratum_ingest::config::DoorConfig;
use stratum_ingest::log::fjall::FjallLogConfig;
use stratum_ingest::log::kafka::KafkaLogConfig;
use stratum_pipeline::PipelineConfig;
use stratum_query::warehouse::ClickHouseConfig;

use super::engines::EngineSettings;
use crate::auth::AuthConfig;
use crate::config::Secret;
use crate::mail::MailConfig;
use crate::routes::ServerConfig;
use crate::state::StateConfig;

/// Every setting. `api/config/default.toml` explains each key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Where data, generated secrets and the embedded engines live; empty for the usual place.
    pub data_dir: String,
    /// HTTP.
    pub server: ServerConfig,
    /// Sign-in.
    pub auth: AuthConfig,
    /// Letters to users.
    pub mail: MailConfig,
    /// The state store.
    pub state: StateConfig,
    /// The front door.
    pub door: DoorConfig,
    /// How rows are gathered into log records.
    pub append: AppendConfig,
    /// The embedded log.
    pub log: FjallLogConfig,
    /// The log on Kafka.
    pub kafka: KafkaLogConfig,
    /// The pipeline.
    pub pipeline: PipelineConfig,
    /// The warehouse.
    pub warehouse: WarehouseSettings,
    /// The embedded engines.
    pub engines: EnginesConfig,
    /// What is logged.
    pub telemetry: TelemetryConfig,
    /// Generated traffic.
    pub demo: DemoConfig,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            data_dir: String::new(),
            server: ServerConfig::default(),
            auth: AuthConfig::default(),
            mail: MailConfig::default(),
            state: StateConfig::default(),
            door: DoorConfig::default(),
            append: AppendConfig::default(),
            log: FjallLogConfig::default(),
            // Without brokers the log is the embedded one.
            kafka: KafkaLogConfig { brokers: String::new(), ..KafkaLogConfig::default() },
            pipeline: PipelineConfig::default(),
            warehouse: WarehouseSettings::default(),
            engines: EnginesConfig::default(),
            telemetry: TelemetryConfig::default(),
            demo: DemoConfig::default(),
        }
    }
}

/// The warehouse: where it is, and the bounds of what is asked of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WarehouseSettings {
    /// `http://user:password@host:8123/database`; empty for the embedded one.
    pub url: Secret,
    /// The cluster's name where tables are replicated; empty for one node.
    pub cluster: String,
    /// LZ4 on the wire: worth it over a network.
    pub compress: bool,
    /// Longest wait for a connection.
    pub connect_timeout_ms: u64,
    /// Longest time one insert may take.
    pub insert_timeout_ms: u64,
    /// Longest time one question may run.
    pub query_timeout_ms: u64,
    /// Longest silence between two batches of a stream.
    pub stream_timeout_ms: u64,
    /// Questions answered at the same time; more wait.
    pub queries_concurrent_max: usize,
    /// Longest wait for a turn.
    pub queries_wait_ms_max: u64,
    /// Threads of one question.
    pub query_threads_max: u32,
    /// Memory of one question in the engine.
    pub query_memory_bytes_max: u64,
    /// Rows of one answer.
    pub query_rows_max: u64,
}

impl Default for WarehouseSettings {
    fn default() -> Self {
        let bounds = ClickHouseConfig::default();
        WarehouseSettings {
            url: Secret::default(),
            cluster: String::new(),
            compress: bounds.compress,
            connect_timeout_ms: bounds.connect_timeout_ms,
            insert_timeout_ms: bounds.insert_timeout_ms,
            query_timeout_ms: bounds.query_timeout_ms,
            stream_timeout_ms: bounds.stream_timeout_ms,
            queries_concurrent_max: bounds.queries_concurrent_max,
            queries_wait_ms_max: bounds.queries_wait_ms_max,
            query_threads_max: bounds.query_threads_max,
            query_memory_bytes_max: bounds.query_memory_bytes_max,
            query_rows_max: bounds.query_rows_max,
        }
    }
}

/// Where a ClickHouse is and who we are there.
#[derive(Debug)]
pub struct ClickHouseAccess {
    /// `http://host:port`.
    pub url: String,
    /// A user with all rights on the database.
    pub user: String,
    /// That user's password.
    pub password: Secret,
    /// The database.
    pub database: String,
}

impl WarehouseSettings {
    /// What `url` says; `None` when it is no such address.
    pub fn access(&self) -> Option<ClickHouseAccess> {
        let mut url: reqwest::Url = self.url.expose().parse().ok()?;
        let decode = |text: &str| {
            let pair = format!("v={text}").replace('+', "%2B");
            let base = reqwest::Url::parse(&format!("http://h/?{pair}")).ok()?;
            base.query_pairs().next().map(|(_, value)| value.into_owned())
        };
        let user = decode(url.username())?;
        let password = Secret::new(decode(url.password().unwrap_or_default())?);
        let database = url.path().trim_matches('/').to_owned();
        url.set_username("").and_then(|()| url.set_password(None)).ok()?;
        let port = url.port_or_known_default()?;
        Some(ClickHouseAccess {
            url: format!("{}://{}:{port}", url.scheme(), url.host_str()?),
            user: if user.is_empty() { "default".into() } else { user },
            password,
            database: if database.is_empty() { "stratum".into() } else { database },
        })
    }

    /// The adapter's own configuration for this place.
    pub fn to_clickhouse(&self, access: &ClickHouseAccess) -> ClickHouseConfig {
        ClickHouseConfig {
            url: access.url.clone(),
            user: access.user.clone(),
            password: access.password.expose().into(),
            database: access.database.clone(),
            cluster: Some(self.cluster.clone()).filter(|name| !name.is_empty()),
            compress: self.compress,
            connect_timeout_ms: self.connect_timeout_ms,
            insert_timeout_ms: self.insert_timeout_ms,
            query_timeout_ms: self.query_timeout_ms,
            stream_timeout_ms: self.stream_timeout_ms,
            queries_concurrent_max: self.queries_concurrent_max,
            queries_wait_ms_max: self.queries_wait_ms_max,
            query_threads_max: self.query_threads_max,
            query_memory_bytes_max: self.query_memory_bytes_max,
            query_rows_max: self.query_rows_max,
        }
    }
}

/// The embedded engines: where their programs are and what they may take.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EnginesConfig {
    /// The folder that `make engines` fills; empty for `STRATUM_ENGINES`, else `~/.cache/stratum/engines`.
    pub folder: String,
    /// The ClickHouse library; empty for the one in `folder`, else `clickhouse` on the PATH.
    pub clickhouse_library: String,
    /// The folder of Postgres' programs; empty to look for them.
    pub postgres_bin: String,
    /// What ClickHouse may allocate in all.
    pub clickhouse_memory_bytes_max: u64,
    /// What ClickHouse may keep of its tables' marks.
    pub clickhouse_mark_cache_bytes_max: u64,
    /// What Postgres keeps of its tables in shared memory.
    pub postgres_buffers_bytes: u64,
    /// How long an engine may take until it answers.
    pub ready_wait_ms_max: u64,
    /// How long an engine may take to end in order, before it is killed.
    pub stop_wait_ms_max: u64,
}

impl Default for EnginesConfig {
    fn default() -> Self {
        let engine = EngineSettings::default();
        let millis = |wait: Duration| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        EnginesConfig {
            folder: String::new(),
            clickhouse_library: String::new(),
            postgres_bin: String::new(),
            clickhouse_memory_bytes_max: engine.clickhouse_memory_bytes_max,
            clickhouse_mark_cache_bytes_max: engine.clickhouse_mark_cache_bytes_max,
            postgres_buffers_bytes: engine.postgres_buffers_bytes,
            ready_wait_ms_max: millis(engine.ready_wait_max),
            stop_wait_ms_max: millis(engine.stop_wait_max),
        }
    }
}

impl EnginesConfig {
    /// The supervisors' own settings.
    pub fn to_engines(&self) -> EngineSettings {
        let path = |text: &str| Some(PathBuf::from(text)).filter(|path| path != Path::new(""));
        EngineSettings {
            engines: path(&self.folder),
            clickhouse_library: path(&self.clickhouse_library),
            postgres_bin: path(&self.postgres_bin),
            clickhouse_memory_bytes_max: self.clickhouse_memory_bytes_max,
            clickhouse_mark_cache_bytes_max: self.clickhouse_mark_cache_bytes_max,
            postgres_buffers_bytes: self.postgres_buffers_bytes,
            ready_wait_max: Duration::from_millis(self.ready_wait_ms_max),
            stop_wait_max: Duration::from_millis(self.stop_wait_ms_max),
            ..EngineSettings::default()
        }
    }
}

/// What is logged, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TelemetryConfig {
    /// What is logged, in the form of `RUST_LOG`.
    pub log: String,
    /// One JSON object a line instead of text.
    pub log_json: bool,
}

impl Default for TelemetryConfig {
    fn default() -> Self {
        TelemetryConfig {
            log: "info,sqlx=warn,hyper=warn,fjall=warn,lsm_tree=warn".into(),
            log_json: false,
        }
    }
}

/// The traffic of `stratum demo` and `stratum up --demo`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DemoConfig {
    /// Events a second.
    pub rate: f64,
    /// The same seed gives the same tenants, campaigns and customers.
    pub seed: u64,
    /// Events of a request.
    pub events_per_request: usize,
    /// Requests under way at the same time.
    pub requests_max: usize,
    /// Days of ad reports sent at the start.
    pub report_days: u32,
}

impl Default for DemoConfig {
    fn default() -> Self {
        DemoConfig { rate: 20.0, seed: 1, events_per_request: 2, requests_max: 16, report_days: 30 }
    }
}

#[cfg(test)]
mod tests {
    use toml::{Table, Value};

    use super::*;
    use crate::config::load::MANUAL;

    #[test]
    fn the_manual_is_the_defaults() {
        let manual = MANUAL.parse::<Table>().unwrap();
        let Value::Table(defaults) = Value::try_from(Settings::default()).unwrap() else {
            panic!()
        };
        for (section, value) in &defaults {
            assert_eq!(manual.get(section), Some(value), "[{section}]");
        }
        assert_eq!(manual, defaults);
    }

    #[test]
    fn a_clickhouse_url_holds_user_password_and_database() {
        let access = |url: &str| {
            let url = Secret::new(url.into());
            WarehouseSettings { url, ..WarehouseSettings::default() }.access()
        };
        let full = access("https://ana:s%3Acret%20+@ch.example/ads").unwrap();
        assert_eq!((full.url.as_str(), full.user.as_str()), ("https://ch.example:443", "ana"));
        assert_eq!((full.password.expose(), full.database.as_str()), ("s:cret +", "ads"));
        let short = access("http://127.0.0.1:8123").unwrap();
        assert_eq!((short.url.as_str(), short.user.as_str()), ("http://127.0.0.1:8123", "default"));
        assert_eq!(short.database, "stratum");
        assert!(access("localhost").is_none());
    }
}

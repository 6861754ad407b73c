//! Every setting of every stage and adapter, one section each.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use stratum_deliver::config::DeliverConfig;
use stratum_engines::EngineSettings;
use stratum_http::auth::AuthConfig;
use stratum_http::edge::EdgeConfig;
use stratum_http::live::LiveConfig;
use stratum_ingest::append::AppendConfig;
use stratum_ingest::config::DoorConfig;
use stratum_ingest::log::fjall::FjallLogConfig;
use stratum_ingest::log::kafka::KafkaLogConfig;
use stratum_models::secret::Secret;
use stratum_pipeline::PipelineConfig;
use stratum_query::answers::AnswersConfig;
use stratum_query::warehouse::{ClickHouseBounds, ClickHouseConfig};
use stratum_reports::import::ImportConfig;
use stratum_server::ServerConfig;
use stratum_state::StateConfig;
use stratum_state::bounds::BoundsConfig;

use stratum_jobs::JobsConfig;
use stratum_jobs::discovery::AdoptConfig;
use stratum_jobs::export::ExportConfig;
use stratum_jobs::fixes::FixesConfig;
use stratum_jobs::mail::MailConfig;
use stratum_jobs::predict::PredictionsConfig;
use stratum_jobs::pull::PullConfig;
use stratum_jobs::rates::ExchangeRatesConfig;
use stratum_jobs::rules::RulesConfig;

/// Every setting. `api/config/default.toml` explains each key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Where data, generated secrets and the embedded engines live; empty for the usual place.
    pub data_dir: String,
    /// HTTP.
    pub server: ServerConfig,
    /// The live stream.
    pub live: LiveConfig,
    /// Sign-in.
    pub auth: AuthConfig,
    /// Limits and headers of requests to the API.
    pub http: EdgeConfig,
    /// E-mails to users.
    pub mail: MailConfig,
    /// Work that is done beside requests.
    pub jobs: JobsConfig,
    /// The state store.
    pub state: StateConfig,
    /// Limits on what a tenant may store.
    pub tenant_limits: BoundsConfig,
    /// The creation of campaigns that ad reports name.
    pub campaign_discovery: AdoptConfig,
    /// Rules over campaigns.
    pub rules: RulesConfig,
    /// Exports.
    pub export: ExportConfig,
    /// The pulls from ad platforms.
    pub pull: PullConfig,
    /// The delivery of events to ad platforms.
    pub deliver: DeliverConfig,
    /// The watching of one-click fixes.
    pub fixes: FixesConfig,
    /// The fetching of exchange rates.
    pub exchange_rates: ExchangeRatesConfig,
    /// The receipt of events and ad reports.
    pub ingest: DoorConfig,
    /// Files of ad reports.
    pub import: ImportConfig,
    /// The gathering of rows into log records.
    pub append: AppendConfig,
    /// The embedded log.
    pub log: FjallLogConfig,
    /// The log on Kafka.
    pub kafka: KafkaLogConfig,
    /// The pipeline.
    pub pipeline: PipelineConfig,
    /// The warehouse.
    pub warehouse: WarehouseSettings,
    /// The cache of the warehouse's answers.
    pub query_cache: AnswersConfig,
    /// Predictions.
    pub predictions: PredictionsConfig,
    /// The embedded engines.
    pub engines: EnginesConfig,
    /// The log lines of the program.
    pub telemetry: TelemetryConfig,
    /// Generated traffic.
    pub demo: DemoConfig,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            data_dir: String::new(),
            server: ServerConfig::default(),
            live: LiveConfig::default(),
            auth: AuthConfig::default(),
            http: EdgeConfig::default(),
            mail: MailConfig::default(),
            jobs: JobsConfig::default(),
            state: StateConfig::default(),
            tenant_limits: BoundsConfig::default(),
            campaign_discovery: AdoptConfig::default(),
            rules: RulesConfig::default(),
            export: ExportConfig::default(),
            pull: PullConfig::default(),
            deliver: DeliverConfig::default(),
            fixes: FixesConfig::default(),
            exchange_rates: ExchangeRatesConfig::default(),
            ingest: DoorConfig::default(),
            import: ImportConfig::default(),
            append: AppendConfig::default(),
            log: FjallLogConfig::default(),
            // Without brokers the log is the embedded one.
            kafka: KafkaLogConfig { brokers: String::new(), ..KafkaLogConfig::default() },
            pipeline: PipelineConfig::default(),
            warehouse: WarehouseSettings::default(),
            query_cache: AnswersConfig::default(),
            predictions: PredictionsConfig::default(),
            engines: EnginesConfig::default(),
            telemetry: TelemetryConfig::default(),
            demo: DemoConfig::default(),
        }
    }
}

/// The warehouse: where it is, and the bounds of what is asked of it. Unknown keys are refused by the
/// loader alone: a flattened part cannot.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WarehouseSettings {
    /// `http://user:password@host:8123/database`; empty for the embedded one.
    pub url: Secret,
    /// The cluster's name where tables are replicated; empty for one node.
    pub cluster: String,
    /// Bounds.
    #[serde(flatten)]
    pub bounds: ClickHouseBounds,
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
    /// The access that `url` gives; `None` when it is no such address.
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
            password: access.password.clone(),
            database: access.database.clone(),
            cluster: Some(self.cluster.clone()).filter(|name| !name.is_empty()),
            bounds: self.bounds.clone(),
        }
    }
}

/// The embedded engines: where their programs are and what they may take.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EnginesConfig {
    /// The folder that `make engines` fills; empty for `STRATUM_ENGINES`, else `~/.cache/stratum/engines`.
    pub folder: String,
    /// The ClickHouse library; empty for the one in `folder`.
    pub clickhouse_library: String,
    /// Whether ClickHouse may run where the kernel cannot keep it from the machine's files. Never as root.
    pub clickhouse_unfenced: bool,
    /// The folder of Postgres' programs; empty to look for them.
    pub postgres_bin: String,
    /// The most bytes that ClickHouse may allocate in all.
    pub clickhouse_memory_bytes_max: u64,
    /// The most bytes that ClickHouse may keep of its tables' marks.
    pub clickhouse_mark_cache_bytes_max: u64,
    /// The bytes of tables that Postgres keeps in shared memory.
    pub postgres_buffers_bytes: u64,
    /// The longest time until an engine answers.
    pub ready_wait_ms_max: u64,
    /// The longest time that an engine may take to end in order, before it is killed.
    pub stop_wait_ms_max: u64,
}

impl Default for EnginesConfig {
    fn default() -> Self {
        let engine = EngineSettings::default();
        let millis = |wait: Duration| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        EnginesConfig {
            folder: String::new(),
            clickhouse_library: String::new(),
            clickhouse_unfenced: engine.clickhouse_unfenced,
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
            clickhouse_unfenced: self.clickhouse_unfenced,
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

/// The log lines of the program, and their form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TelemetryConfig {
    /// The filter of log lines, in the form of `RUST_LOG`.
    pub log: String,
    /// One JSON object a line instead of text.
    pub log_json: bool,
    /// Where errors are sent; empty for nowhere.
    pub sentry_dsn: Secret,
}

impl Default for TelemetryConfig {
    fn default() -> Self {
        TelemetryConfig {
            log: "info,sqlx=warn,hyper=warn,fjall=warn,lsm_tree=warn".into(),
            log_json: false,
            sentry_dsn: Secret::default(),
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
    /// Days of the past that the first start sends: a year can be compared with the one before it from 395 on.
    pub history_days: u32,
}

impl Default for DemoConfig {
    fn default() -> Self {
        DemoConfig {
            rate: 20.0,
            seed: 1,
            events_per_request: 2,
            requests_max: 16,
            history_days: 396,
        }
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

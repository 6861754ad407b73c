//! `GET /health`, `/health/live`, `/health/ready`

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, NaiveDate, Utc};
use futures::future::{BoxFuture, join_all};
use serde::Serialize;
use stratum_http::answer::{Answer, RefusalBody};
use stratum_models::name_set;
use stratum_models::store::StoreError;
use stratum_state::PostgresState;
use tokio::sync::Mutex;
use tokio::time::Instant;
use utoipa::ToSchema;

use super::{Operation, ServerConfig};

/// 1 while a store answers, by store.
const STORE_UP: &str = "stratum_api_store_up";

name_set! {
    /// One of the three stores.
    StoreName {
        /// Events and reports as they came in.
        Log = "log",
        /// Events and reports as they are counted.
        Warehouse = "warehouse",
        /// Users, tenants and their settings.
        State = "state",
    }
}

/// Asks a store whether it answers.
pub type Check = Box<dyn Fn() -> BoxFuture<'static, Result<(), StoreError>> + Send + Sync>;

/// A store this process needs.
pub struct Probe {
    /// The store.
    pub store: StoreName,
    /// The way to ask it.
    pub check: Check,
}

/// The stores this process needs, and what they last said.
pub struct Health {
    probes: Vec<Probe>,
    patience: Duration,
    keep: Duration,
    rates: Option<PostgresState>,
    last: Mutex<Option<(Instant, HealthReport)>>,
}

impl Health {
    /// The health of these stores.
    pub fn new(probes: Vec<Probe>, rates: Option<PostgresState>, config: &ServerConfig) -> Health {
        let patience = Duration::from_millis(config.probe_ms_max);
        let keep = Duration::from_millis(config.probe_keep_ms);
        Health { probes, patience, keep, rates, last: Mutex::new(None) }
    }

    /// Which stores answer. Stores are asked at most once per `probe_keep_ms`, whoever asks.
    pub async fn report(&self) -> HealthReport {
        let mut last = self.last.lock().await;
        if let Some((asked, report)) = &*last
            && asked.elapsed() < self.keep
        {
            return report.clone();
        }
        let stores = join_all(self.probes.iter().map(|probe| self.ask(probe))).await;
        let up = stores.iter().all(|store| store.up);
        let status = if up { HealthStatus::Ok } else { HealthStatus::Degraded };
        let exchange_rates = self.rates().await;
        let version = env!("CARGO_PKG_VERSION");
        let report = HealthReport { version, status, stores, exchange_rates };
        *last = Some((Instant::now(), report.clone()));
        report
    }

    async fn rates(&self) -> Option<RatesHealth> {
        let state = self.rates.as_ref()?;
        let source = async { state.system().await?.rates_source().await };
        let source = tokio::time::timeout(self.patience, source).await.ok()?.ok()?;
        let (fetched_at, newest_day) = (source.fetched_at, source.newest_day);
        Some(RatesHealth { fetched_at, newest_day, error: source.error })
    }

    async fn ask(&self, probe: &Probe) -> StoreHealth {
        let answer = tokio::time::timeout(self.patience, (probe.check)()).await;
        let reason = match answer {
            Ok(Ok(())) => None,
            // The store's own text is for the log, not for whoever asks.
            Ok(Err(error)) => {
                tracing::warn!(error = %error, store = probe.store.as_str(), "store is down");
                Some(error.kind.to_string())
            }
            Err(_) => Some("does not answer in time".to_owned()),
        };
        let up = reason.is_none();
        metrics::gauge!(STORE_UP, "store" => probe.store.as_str()).set(f64::from(u8::from(up)));
        StoreHealth { store: probe.store, up, reason }
    }
}

name_set! {
    /// Whether a process can do all of its work.
    HealthStatus {
        /// Every store answers.
        Ok = "ok",
        /// A store does not answer.
        Degraded = "degraded",
    }
}

/// The process and its stores.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HealthReport {
    /// The program's version.
    pub version: &'static str,
    /// `degraded` while a store does not answer.
    pub status: HealthStatus,
    /// The stores this process needs.
    pub stores: Vec<StoreHealth>,
    /// The bank's exchange rates; null where none are fetched here, or the state store does not answer.
    pub exchange_rates: Option<RatesHealth>,
}

/// The exchange rates that are fetched. Without them amounts in several currencies are shown by a tenant's own
/// rates alone; the process serves all the same.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RatesHealth {
    /// When they were last fetched; null before the first time.
    pub fetched_at: Option<DateTime<Utc>>,
    /// The newest day there are rates of.
    pub newest_day: Option<NaiveDate>,
    /// The error of the last attempt; null if it succeeded.
    pub error: Option<String>,
}

/// One store.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StoreHealth {
    /// The store.
    pub store: StoreName,
    /// Whether it answers.
    pub up: bool,
    /// The reason why it does not answer.
    pub reason: Option<String>,
}

/// Reports the state of the process and its stores. The status is 200 while the process answers.
#[utoipa::path(
    get, path = "/health", tag = "operation",
    responses((status = 200, body = Answer<HealthReport>)),
)]
pub async fn health(State(operation): State<Operation>) -> Answer<HealthReport> {
    Answer::of(operation.health.report().await)
}

/// Answers 200 while the process runs; no store is asked.
#[utoipa::path(
    get, path = "/health/live", tag = "operation",
    responses((status = 200, body = Answer<Live>)),
)]
pub async fn live() -> Answer<Live> {
    Answer::of(Live { status: "ok" })
}

/// The process serves.
#[derive(Serialize, ToSchema)]
pub struct Live {
    /// Always `ok`.
    status: &'static str,
}

/// Answers 200 while every store that this process needs is available, else 503 with the same body.
#[utoipa::path(
    get, path = "/health/ready", tag = "operation",
    responses(
        (status = 200, body = Answer<HealthReport>),
        (status = 503, body = Answer<HealthReport>, description = "a store does not answer; `success` is false"),
        (status = 500, body = RefusalBody),
    ),
)]
pub async fn ready(State(operation): State<Operation>) -> Response {
    let report = operation.health.report().await;
    let up = report.stores.iter().all(|store| store.up);
    let status = if up { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let mut answer = Answer::with(status, report);
    answer.success = up;
    answer.into_response()
}

#![doc = include_str!("../README.md")]

mod told;
pub mod long_body;
pub mod range;
pub mod figures;
pub mod compare;
pub mod sign_in;
pub mod config;
pub mod users;
pub mod invitations;
pub mod tenant;
pub mod api_keys;
pub mod audit;
pub mod gdpr;
pub mod kpis;
pub mod platforms;
pub mod series;
pub mod breakdown;
pub mod campaigns;
pub mod campaign_metrics;
pub mod assets;
pub mod datasets;
pub mod tracking;
pub mod fx_rates;
pub mod notes;
pub mod views;
pub mod attention;
pub mod connectors;
pub mod imports;
pub mod exports;
pub mod ad_accounts;
pub mod emq_score;
pub mod emq_coverage;
pub mod emq_history;
pub mod emq_diagnostics;
pub mod arrivals;
pub mod ingest_counts;
pub mod events_stream;
pub mod doors;
pub mod health;
pub mod prometheus;
pub mod docs;
pub mod tail;
pub mod train;
pub mod predictions;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::any;
use serde::{Deserialize, Serialize};
use stratum_http::answer::{Refusal, no_such_method, no_such_route, render};
use stratum_http::auth::password::Passwords;
use stratum_http::auth::password_reset::PasswordResets;
use stratum_http::auth::refusals::Refusals;
use stratum_http::auth::revocation::Revocations;
use stratum_http::auth::sessions::Sessions;
use stratum_http::auth::token::Tokens;
use stratum_http::auth::{AuthConfig, AuthServices, Gate, authorize};
use stratum_http::edge::pace::PaceConfig;
use stratum_http::edge::{Edge, harden, note_client};
use stratum_http::live::Hub;
use stratum_ingest::append::Appender;
use stratum_models::entropy::{Ids, SharedEntropy};
use stratum_models::log::EventLog;
use stratum_models::person::PersonStore;
use stratum_models::seal::IdentifierKeys;
use stratum_models::secret::Secret;
use stratum_models::time::SharedClock;
use stratum_models::warehouse::WarehouseReader;
use stratum_reports::connector::Platforms;
use stratum_state::PostgresState;
use stratum_state::bounds::BoundsConfig;
use stratum_state::directory::StateDirectory;
use stratum_state::fx_copies::StateFxRates;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::told::tell_changes;
use stratum_jobs::export::Exports;
use stratum_jobs::mail::MailQueue;
use stratum_jobs::predict::Forecasts;
use stratum_jobs::pull::PullConfig;

/// Where to listen, and the bounds of requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerConfig {
    /// Address and port; port 0 takes a free one.
    pub listen: String,
    /// Address and port of health and measurements, for operators alone; empty for none.
    pub operation_listen: String,
    /// Open connections. Past them one without a request under way is closed.
    pub connections_max: usize,
    /// Open connections of one address (of IPv6: one network of 64 bits), trusted proxies aside.
    pub connections_per_address_max: usize,
    /// A connection on which nothing moves for this long is closed.
    pub idle_ms_max: u64,
    /// Longest time from the first byte of a request's head to its last.
    pub head_ms_max: u64,
    /// Largest head.
    pub head_bytes_max: usize,
    /// Largest body of a request to `/api/v1`, but for ad reports, which have their own bound.
    pub body_bytes_max: usize,
    /// Longest range of days of a question.
    pub range_days_max: u32,
    /// Longest wait for a store to answer a health check.
    pub probe_ms_max: u64,
    /// A health check's answer is used again for this long.
    pub probe_keep_ms: u64,
    /// Readers of `stratum tail` at the same time.
    pub tails_max: usize,
    /// Requests under way get this long to end at a shutdown; each later step gets as long again.
    pub shutdown_ms_max: u64,
    /// The least rate of bodies, of requests to `/api/v1` and of all answers.
    pub pace: PaceConfig,
}

impl Default for ServerConfig {
    fn default() -> Self {
        ServerConfig {
            listen: "127.0.0.1:8080".into(),
            operation_listen: "127.0.0.1:9464".into(),
            connections_max: 10_000,
            connections_per_address_max: 1_024,
            idle_ms_max: 75_000,
            head_ms_max: 10_000,
            head_bytes_max: 65_536,
            body_bytes_max: 65_536,
            range_days_max: 4_000,
            probe_ms_max: 1_500,
            probe_keep_ms: 500,
            tails_max: 4,
            shutdown_ms_max: 10_000,
            pace: PaceConfig::default(),
        }
    }
}

/// What the handlers work with.
pub struct Services {
    /// Users, tenants and keys.
    pub state: PostgresState,
    /// Zones of tenants, from memory.
    pub directory: Arc<StateDirectory>,
    /// Exchange rates of tenants.
    pub fx: StateFxRates,
    /// Answers.
    pub warehouse: Arc<dyn WarehouseReader>,
    /// What identifiers are sealed with.
    pub keys: Arc<IdentifierKeys>,
    /// Where letters lie that no mail server takes.
    pub letters: gdpr::LetterFolder,
    /// Data taken away in bulk.
    pub exports: Exports,
    /// Trained models.
    pub forecasts: Arc<Forecasts>,
    /// What the warehouse keeps about persons.
    pub persons: Arc<dyn PersonStore>,
    /// Reaches ad platforms for somebody who waits.
    pub trials: Platforms,
    /// The bounds of pulls.
    pub pull: PullConfig,
    /// Takes ad reports that users import.
    pub appender: Appender,
    /// Bounds of imported files.
    pub imports: imports::ImportDesk,
    /// Records for `stratum tail`; `None` where this process has no log.
    pub log: Option<Arc<dyn EventLog>>,
    /// Hands on what changed to those who watch.
    pub live: Arc<Hub>,
    /// What an operator's request must carry; `None` closes the operator's routes.
    pub operator_token: Option<Secret>,
    /// Signs and verifies tokens.
    pub tokens: Tokens,
    /// Sessions whose tokens count no more.
    pub revocations: Arc<Revocations>,
    /// Sessions whose tokens count.
    pub sessions: Sessions,
    /// Sign-ins of demo tenants that are offered now.
    pub demo: config::DemoAccounts,
    /// What was refused lately.
    pub refusals: Arc<Refusals>,
    /// Takes requests for new passwords.
    pub resets: PasswordResets,
    /// Queues messages.
    pub mail: MailQueue,
    /// Where users reach the page, for messages; empty where nobody said.
    pub public_url: String,
    /// Checks passwords.
    pub passwords: Passwords,
    /// Bounds of sign-in.
    pub auth: AuthConfig,
    /// Makes ids.
    pub ids: Ids,
    /// Makes what nobody can guess.
    pub entropy: SharedEntropy,
    /// The time.
    pub clock: SharedClock,
    /// Ends streams that have no end of their own.
    pub stop: CancellationToken,
    /// Turns for readers of the log.
    pub tails: Arc<Semaphore>,
    /// Bounds.
    pub config: ServerConfig,
    /// Bounds on what tenants store.
    pub bounds: BoundsConfig,
}

/// What every handler of the API is given.
pub type App = Arc<Services>;

impl AuthServices for Services {
    fn state(&self) -> &PostgresState {
        &self.state
    }

    fn directory(&self) -> &StateDirectory {
        &self.directory
    }

    fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    fn revocations(&self) -> &Revocations {
        &self.revocations
    }

    fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    fn refusals(&self) -> &Refusals {
        &self.refusals
    }

    fn clock(&self) -> &SharedClock {
        &self.clock
    }

    fn auth(&self) -> &AuthConfig {
        &self.auth
    }
}

/// What tells how the process is; every role serves it.
#[derive(Clone)]
pub struct Operation {
    /// Which stores answer.
    pub health: Arc<health::Health>,
    /// What `/metrics` shows; `None` where nothing is collected.
    pub measurements: Option<prometheus::Measurements>,
    /// Who may see that.
    pub readers: prometheus::Readers,
}

fn questions() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(kpis::kpis))
        .routes(routes!(platforms::platforms))
        .routes(routes!(series::series))
        .routes(routes!(breakdown::breakdown))
        .routes(routes!(ingest_counts::ingest_counts))
        .routes(routes!(campaign_metrics::campaign_metrics))
        .merge(exports::routes())
        .routes(routes!(emq_score::emq_score))
        .routes(routes!(emq_coverage::emq_coverage))
        .routes(routes!(emq_history::emq_history))
        .routes(routes!(emq_diagnostics::emq_diagnostics))
        .merge(arrivals::routes())
        .routes(routes!(events_stream::events_stream))
        .merge(predictions::routes())
}

fn resources() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(campaigns::routes())
        .merge(assets::routes())
        .merge(datasets::routes())
        .merge(tracking::routes())
        .merge(fx_rates::routes())
        .merge(notes::routes())
        .merge(views::routes())
        .merge(attention::routes())
        .merge(connectors::routes())
        .merge(imports::routes())
        .routes(routes!(ad_accounts::list_ad_accounts))
}

/// Every operation of the API.
fn documented() -> OpenApiRouter<App> {
    sign_in::routes().merge(tenancy()).merge(resources()).merge(questions())
}

fn tenancy() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(users::routes())
        .merge(invitations::routes())
        .merge(tenant::routes())
        .merge(api_keys::routes())
        .merge(audit::routes())
        .merge(gdpr::routes())
        .routes(routes!(config::config))
}

fn operation_routes() -> OpenApiRouter<Operation> {
    OpenApiRouter::new()
        .routes(routes!(health::health))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(prometheus::measurements))
}

/// The document of every route, those of the ingest door included.
pub fn document() -> utoipa::openapi::OpenApi {
    let (_, api) =
        OpenApiRouter::<App>::with_openapi(docs::preamble()).merge(documented()).split_for_parts();
    let (_, operation) = operation_routes().split_for_parts();
    docs::with_doors(api, operation)
}

/// Health and measurements.
pub fn operation(operation: Operation) -> Router {
    operation_routes().with_state(operation).split_for_parts().0
}

/// The API, its document, the page's own routes and the operator's.
pub fn api(app: App, edge: &Edge, page: Router<App>) -> Router {
    let (documented, _) = documented().split_for_parts();
    let gate = Gate { app: app.clone(), limits: edge.limits.clone() };
    let routes = documented
        .route_layer(from_fn_with_state(app.log.clone(), tell_changes))
        .route_layer(from_fn_with_state(gate, authorize))
        .merge(docs::router())
        .merge(page)
        .merge(tail::router())
        .merge(train::router())
        .layer(DefaultBodyLimit::max(app.config.body_bytes_max))
        .method_not_allowed_fallback(no_such_method)
        .with_state(app);
    edge.before(routes)
}

/// Everything that a process serves, with request ids, refusals and headers all alike.
pub fn assemble(routes: impl IntoIterator<Item = Router>, ids: Ids, edge: &Edge) -> Router {
    let routes = routes.into_iter().fold(Router::new(), Router::merge);
    routes
        // Without it `/api/v1/events` would be the events of dataset `v1` in some dialect.
        .route("/api/v1/{*rest}", any(no_such_route))
        .fallback(no_such_route)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(ids, render))
        .layer(from_fn_with_state(edge.headers.clone(), harden))
        .layer(from_fn_with_state(edge.proxies.clone(), note_client))
}

fn panicked(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    // The panic's own text may hold anything; the hook has logged where it happened.
    axum::response::IntoResponse::into_response(Refusal::internal())
}

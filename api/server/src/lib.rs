#![doc = include_str!("../README.md")]

mod told;
mod operator;
pub mod doors;
pub mod health;
pub mod prometheus;
pub mod docs;
pub mod tail;
pub mod train;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::any;
use serde::{Deserialize, Serialize};
use stratum_http::answer::{Refusal, no_such_method, no_such_route, render};
use stratum_http::auth::{AuthServices, Gate, authorize};
use stratum_http::edge::pace::PaceConfig;
use stratum_http::edge::{Edge, harden, note_client};
use stratum_models::entropy::Ids;
use stratum_models::log::EventLog;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use self::operator::OperatorServices;

use self::told::tell_changes;

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

/// The means of every route of the API.
pub struct Services {
    /// Knows callers.
    pub auth: Arc<AuthServices>,
    /// Those of accounts.
    pub account: stratum_account::App,
    /// Those of what a tenant plans and asks.
    pub routes: stratum_routes::App,
    /// Those of operators.
    pub operator: OperatorServices,
    /// Takes hints of what users change; `None` where this process has no log.
    pub log: Option<Arc<dyn EventLog>>,
}

/// The state of the process, for operators; every role serves it.
#[derive(Clone)]
pub struct Operation {
    /// Which stores answer.
    pub health: Arc<health::Health>,
    /// The measurements that `/metrics` shows; `None` where nothing is collected.
    pub measurements: Option<prometheus::Measurements>,
    /// Who may see that.
    pub readers: prometheus::Readers,
}

fn operation_routes() -> OpenApiRouter<Operation> {
    OpenApiRouter::new()
        .routes(routes!(health::health))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(prometheus::measurements))
}

/// The document of the API alone, as its handlers write it.
fn documented() -> utoipa::openapi::OpenApi {
    let mut document = docs::preamble();
    document.merge(stratum_account::routes().split_for_parts().1);
    document.merge(stratum_routes::routes().split_for_parts().1);
    document
}

/// The document of every route, those of the ingest door included.
pub fn document() -> utoipa::openapi::OpenApi {
    let (_, operation) = operation_routes().split_for_parts();
    docs::with_doors(documented(), operation)
}

/// Health and measurements.
pub fn operation(operation: Operation) -> Router {
    operation_routes().with_state(operation).split_for_parts().0
}

/// The API, its document, the page's own routes and the operator's.
pub fn api(services: Services, config: &ServerConfig, edge: &Edge, page: Router) -> Router {
    let gate = Gate { auth: services.auth, limits: edge.limits.clone() };
    let (account, _) = stratum_account::routes().with_state(services.account).split_for_parts();
    let (routes, _) = stratum_routes::routes().with_state(services.routes).split_for_parts();
    let routes = Router::new()
        .merge(account)
        .merge(routes)
        .route_layer(from_fn_with_state(services.log, tell_changes))
        .route_layer(from_fn_with_state(gate, authorize))
        .merge(docs::router())
        .merge(page)
        .merge(operator::router().with_state(Arc::new(services.operator)))
        .layer(DefaultBodyLimit::max(config.body_bytes_max))
        .method_not_allowed_fallback(no_such_method);
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

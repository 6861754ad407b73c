//! The edge, which stands before the routes: whose address it is, how often they may ask, how many are let
//! in at once, how long an answer may take, which pages may ask from a browser, and the headers of every
//! answer.

mod client;
mod limit;
mod admit;
mod cors;
mod headers;
mod time;
pub mod pace;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use stratum_models::time::SharedClock;
use tower_http::cors::CorsLayer;

pub use admit::SHED;
use admit::{Admission, admit};
pub use client::{ClientIp, Peer, Proxies, note_client};
pub use headers::{Headers, harden};
use limit::limit_clients;
pub use limit::{Limits, RATE_LIMITED};
use pace::{PaceConfig, pace_bodies};
use time::bound_time;

/// The configuration of the edge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EdgeConfig {
    /// Networks of proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Origins whose pages may call the API; `*` for every one. None: the page that is served here.
    pub cors_origins: Vec<String>,
    /// The seconds that browsers remember to come by HTTPS only; 0 does not say so. Set it behind TLS.
    pub hsts_s: u64,
    /// Longest time until an answer of `/api/v1` begins; a stream may then go on.
    pub answer_ms_max: u64,
    /// Requests of `/api/v1`, sign-in aside, worked on at the same time, until their answers begin.
    pub requests_max: usize,
    /// Requests that have come and are not yet worked on; more are refused at once.
    pub requests_waiting_max: usize,
    /// Longest wait until one is worked on.
    pub requests_wait_ms_max: u64,
    /// The limits of how often one may ask.
    pub limits: LimitsConfig,
}

/// The limits of how often one may ask. Each has a second's allowance of its own and a burst; no allowance means
/// no limit. They hold in each process for itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// Requests a second from one address.
    pub client_per_s: u32,
    /// At once.
    pub client_burst: u32,
    /// Requests a second of one user or API key.
    pub caller_per_s: u32,
    /// At once.
    pub caller_burst: u32,
    /// Requests a second of one tenant.
    pub tenant_per_s: u32,
    /// At once.
    pub tenant_burst: u32,
    /// Requests a minute to the routes of sign-in from one address.
    pub sign_in_per_min: u32,
    /// At once.
    pub sign_in_burst: u32,
    /// Addresses, callers and tenants remembered, each; more share one allowance.
    pub keys_max: usize,
}

impl Default for EdgeConfig {
    fn default() -> Self {
        EdgeConfig {
            trusted_proxies: Vec::new(),
            cors_origins: Vec::new(),
            hsts_s: 0,
            answer_ms_max: 30_000,
            requests_max: 512,
            requests_waiting_max: 128,
            requests_wait_ms_max: 1_000,
            limits: LimitsConfig::default(),
        }
    }
}

impl Default for LimitsConfig {
    fn default() -> Self {
        LimitsConfig {
            client_per_s: 300,
            client_burst: 1_500,
            caller_per_s: 100,
            caller_burst: 500,
            tenant_per_s: 200,
            tenant_burst: 1_000,
            sign_in_per_min: 120,
            sign_in_burst: 120,
            keys_max: 100_000,
        }
    }
}

/// A setting of the edge that cannot work.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum EdgeError {
    /// Browsers compare origins letter by letter.
    #[error("edge.cors_origins: {0:?} does not read like https://app.example")]
    NoOrigin(String),
}

/// The edge that every request of a process passes.
#[derive(Clone)]
pub struct Edge {
    /// Whose `X-Forwarded-For` is believed.
    pub proxies: Proxies,
    /// The limits of how often one may ask.
    pub limits: Arc<Limits>,
    /// Which pages may call; `None` for our own alone.
    pub cors: Option<CorsLayer>,
    /// Headers of every answer.
    pub headers: Headers,
    /// Longest time until an answer begins.
    pub answer_max: Duration,
    /// The number of requests that are let in.
    pub admission: Arc<Admission>,
    /// The least rate of the bodies of requests.
    pub pace: PaceConfig,
}

impl Edge {
    /// The edge of a process with these settings.
    pub fn new(
        config: &EdgeConfig,
        pace: PaceConfig,
        clock: &SharedClock,
    ) -> Result<Edge, EdgeError> {
        Ok(Edge {
            proxies: Proxies::new(&config.trusted_proxies),
            limits: Arc::new(Limits::new(&config.limits, clock)),
            cors: cors::cors(config)?,
            headers: Headers::new(config),
            answer_max: Duration::from_millis(config.answer_ms_max.max(1)),
            admission: Arc::new(Admission::new(config)),
            pace,
        })
    }

    /// Puts the edge of the API before its routes.
    pub fn before(&self, routes: Router) -> Router {
        let routes = routes
            .layer(from_fn_with_state(self.pace, pace_bodies))
            .layer(from_fn_with_state(self.answer_max, bound_time))
            .layer(from_fn_with_state(self.admission.clone(), admit))
            .layer(from_fn_with_state(self.limits.clone(), limit_clients));
        match &self.cors {
            Some(cors) => routes.layer(cors.clone()),
            None => routes,
        }
    }
}

//! Names of this crate's process measurements, and how they and the log lines are put out.

use std::io::IsTerminal as _;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::report::ErrorReports;

/// Answered requests by route pattern, method and status class.
pub const REQUESTS: &str = "stratum_api_requests_total";
/// Seconds from a request's head to its answer's head, by route pattern.
pub const REQUEST_SECONDS: &str = "stratum_api_request_seconds";
/// Sign-ins by outcome.
pub const SIGN_INS: &str = "stratum_api_sign_ins_total";
/// Seconds since ended sessions were last asked for.
pub const REVOCATION_AGE_SECONDS: &str = "stratum_api_revocation_age_seconds";
/// 1 while a store answers, by store.
pub const STORE_UP: &str = "stratum_api_store_up";
/// Live streams open now.
pub const LIVE_STREAMS: &str = "stratum_api_live_streams";
/// Watchers that fell behind and were told to look at everything again.
pub const LIVE_RESYNCS: &str = "stratum_api_live_resyncs_total";

/// Files of ad reports that are read now.
pub const IMPORTS_RUNNING: &str = "stratum_api_imports_running";
/// Files of ad reports that wait for their turn.
pub const IMPORTS_WAITING: &str = "stratum_api_imports_waiting";

/// Requests refused because they came too often, by whose limit it was.
pub const RATE_LIMITED: &str = "stratum_api_rate_limited_total";

/// Requests refused because more came than could be answered.
pub const SHED: &str = "stratum_api_shed_total";

/// Starts collecting; the handle renders what `/metrics` shows.
pub fn collect() -> anyhow::Result<PrometheusHandle> {
    let seconds = [
        0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
        30.0,
    ];
    let times = Matcher::Suffix("_seconds".to_owned());
    let builder = PrometheusBuilder::new().set_buckets_for_metric(times, &seconds)?;
    Ok(builder.install_recorder()?)
}

/// Log lines go to stderr, and with `reports` errors to [`crate::report`]. `filter` is in the form of `RUST_LOG`.
pub fn log(filter: &str, json: bool, reports: bool) -> anyhow::Result<()> {
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    let lines = if json { lines.json().boxed() } else { lines.boxed() };
    let subscriber = tracing_subscriber::registry().with(EnvFilter::try_new(filter)?).with(lines);
    let installed = subscriber.with(reports.then_some(ErrorReports)).try_init();
    installed.map_err(|error| anyhow::anyhow!("log lines cannot be put out: {error}"))
}

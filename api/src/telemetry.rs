//! Measurements of the process are collected here, and log lines put out.

use std::io::IsTerminal as _;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::report::ErrorReports;

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

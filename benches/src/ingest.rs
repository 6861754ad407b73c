//! The front door over HTTP, answering after the durable append, beside a bare axum that reads the
//! same bodies and answers at once: what any server on this stack must pay.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use stratum_ingest::append::{AppendConfig, Appender};
use stratum_ingest::config::DoorConfig;
use stratum_ingest::log::fjall::{FjallLog, FjallLogConfig};
use stratum_ingest::receive::FrontDoor;
use stratum_ingest::router;
use stratum_testing::entropy::CountingEntropy;
use stratum_testing::identifier_keys;

use crate::load::{self, LoadPlan};
use crate::rounds::{Spread, alternate};
use crate::{cpu, world};

const ROUNDS: usize = 5;
const CONNECTIONS: usize = 64;
const WARM_UP_SHARE: u64 = 10;

/// What the program does when it was started as a child of this benchmark.
pub fn child(name: &str) -> Option<fn() -> Result<()>> {
    match name {
        "child-door" => Some(|| serve(|| door(tempfile::tempdir()?.keep().as_path()))),
        "child-bare" => Some(|| serve(|| Ok(bare()))),
        _ => None,
    }
}

fn door(folder: &std::path::Path) -> Result<Router> {
    let log = FjallLog::open(folder, FjallLogConfig::default(), world::clock())?;
    Ok(router(FrontDoor {
        directory: Arc::new(world::directory()),
        keys: identifier_keys(),
        appender: Appender::start(Arc::new(log), AppendConfig::default()),
        clock: world::clock(),
        entropy: Arc::new(CountingEntropy::default()),
        client: |_| None,
        config: DoorConfig::default(),
        trace_seed: 1,
    }))
}

fn bare() -> Router {
    Router::new().route("/v24.0/{dataset}/events", post(async |body: Bytes| body.len().to_string()))
}

/// Serves on a port of the OS, tells it on the standard output, ends with the standard input.
fn serve(make: impl FnOnce() -> Result<Router>) -> Result<()> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        writeln!(std::io::stdout(), "{}", listener.local_addr()?)?;
        let router = make()?;
        let parent_gone = tokio::task::spawn_blocking(|| std::io::stdin().lines().count());
        tokio::select! {
            served = async { axum::serve(listener, router).await } => Ok(served?),
            _ = parent_gone => Ok(()),
        }
    })
}

struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(name: &str) -> Result<Server> {
        let mut command = Command::new(std::env::current_exe()?);
        let mut child = command.arg(name).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut address = String::new();
        BufReader::new(child.stdout.take().context("stdout")?).read_line(&mut address)?;
        Ok(Server { child, address: address.trim().to_owned() })
    }

    /// CPU microseconds the server spent on an event.
    fn micros_per_event(&self, plan: &LoadPlan) -> Result<f64> {
        let plan = LoadPlan { address: self.address.clone(), ..plan.clone() };
        let warm_up = LoadPlan { requests: plan.requests / WARM_UP_SHARE, ..plan.clone() };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(load::run(warm_up))?;
        let before = cpu::of(self.child.id())?;
        let report = runtime.block_on(load::run(plan.clone()))?;
        let events = report.requests * plan.events_per_request as u64;
        let micros = (cpu::of(self.child.id())? - before) * 1e6 / events as f64;
        println!(
            "    {} requests of {}: {:.0} events/s, p50 {:.1} ms, p99 {:.1} ms, {micros:.2} µs CPU an event",
            report.requests,
            plan.events_per_request,
            events as f64 / report.elapsed.as_secs_f64(),
            millis(report.percentile(0.5)),
            millis(report.percentile(0.99)),
        );
        Ok(micros)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Ends with its standard input; waiting keeps its CPU out of the next round.
        drop(self.child.stdin.take());
        if self.child.wait().is_err() {
            println!("    a server did not end");
        }
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

pub fn run() -> Result<()> {
    for (events_per_request, requests) in [(1, 60_000), (50, 6_000), (200, 1_500)] {
        let plan = LoadPlan {
            address: String::new(),
            path: format!("/v24.0/{}/events?access_token={}", world::DATASET, world::KEY),
            connections: CONNECTIONS,
            requests,
            events_per_request,
            event_time_s: world::clock().now().0 / 1000 - 60,
            first_id: 0,
        };
        let (ours, bare) = both(&plan)?;
        println!("  {events_per_request} events a request, µs of server CPU an event:");
        println!("    ours, durable          {ours}");
        println!("    bare axum, no parsing  {bare}");
    }
    Ok(())
}

fn both(plan: &LoadPlan) -> Result<(Spread, Spread)> {
    if plan.events_per_request == 0 {
        bail!("a request holds events");
    }
    alternate(
        ROUNDS,
        || Server::start("child-door")?.micros_per_event(plan),
        || Server::start("child-bare")?.micros_per_event(plan),
    )
}

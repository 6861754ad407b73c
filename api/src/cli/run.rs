//! `stratum up`, and each role alone.

use anyhow::Result;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::print;
use crate::boot::{Operator, Process, Roles, Settings};
use crate::demo::{DemoPlan, feed};
use crate::telemetry;

/// Runs until INT or TERM, then ends in order; a second signal ends at once.
pub async fn run(settings: Settings, roles: Roles, demo_rate: Option<f64>) -> Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let measurements = telemetry::collect()?;
    let start = Box::pin(Process::start(&settings, roles, Some(measurements)));
    let (mut process, told) = tokio::select! {
        started = start => started?,
        // The engines notice that their parent is gone.
        _ = interrupt.recv() => return Ok(()),
        _ = terminate.recv() => return Ok(()),
    };
    print::announcement(&told)?;
    let stop = CancellationToken::new();
    let demo = demo_rate.map(|rate| tokio::spawn(demo(settings, told.address, rate, stop.clone())));
    let outcome = tokio::select! {
        error = process.failed() => Err(error),
        _ = interrupt.recv() => Ok(()),
        _ = terminate.recv() => Ok(()),
    };
    stop.cancel();
    if let Some(demo) = demo {
        demo.await.ok();
    }
    tokio::select! {
        () = process.stop() => {}
        _ = interrupt.recv() => print::note("stratum: ended at once"),
        _ = terminate.recv() => print::note("stratum: ended at once"),
    }
    outcome
}

async fn demo(settings: Settings, url: String, rate: f64, stop: CancellationToken) {
    let fed = async {
        let operator = Operator::open(&settings).await?;
        let plan = DemoPlan { url, rate, seconds: None, config: settings.demo.clone() };
        let world = crate::demo::prepare(&operator, &plan).await?;
        print::demo_sign_ins(&operator.data, &world.sign_ins)?;
        feed(world, plan, stop, |_| {}).await
    };
    if let Err(error) = fed.await {
        tracing::error!(error = format!("{error:#}"), "demo traffic ended");
    }
}

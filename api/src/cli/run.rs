//! `stratum up`, and each role alone.

use anyhow::Result;
use stratum_account::config::DemoAccounts;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::print;
use crate::boot::{Operator, Process, Roles, Settings};
use crate::demo::{DemoPlan, event_age_days_max, feed};
use crate::telemetry;

/// Runs until INT or TERM, then ends in order; a second signal ends at once.
pub async fn run(mut settings: Settings, roles: Roles, demo_rate: Option<f64>) -> Result<()> {
    if demo_rate.is_some() {
        // The demo's past comes in by the front door, which elsewhere takes a week.
        let days = i64::from(settings.demo.history_days) + 2;
        let door = &mut settings.ingest;
        door.event_age_days_max = door.event_age_days_max.max(days);
        door.store_event_age_days_max = door.store_event_age_days_max.max(days);
    }
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
    let demo = demo_rate
        .map(|rate| tokio::spawn(demo(settings, told.address, told.demo, rate, stop.clone())));
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
        _ = interrupt.recv() => print::note("stratum: stopped without waiting"),
        _ = terminate.recv() => print::note("stratum: stopped without waiting"),
    }
    outcome
}

async fn demo(
    settings: Settings,
    url: String,
    offered: DemoAccounts,
    rate: f64,
    stop: CancellationToken,
) {
    let fed = async {
        let operator = Operator::open(&settings).await?;
        let event_age_days_max = event_age_days_max(&settings);
        let config = settings.demo.clone();
        let plan = DemoPlan { url, rate, seconds: None, event_age_days_max, config };
        let world = crate::demo::prepare(&operator, &plan).await?;
        print::demo_sign_ins(&operator.data, &world.sign_ins)?;
        // Whoever reaches the page may use them, so they are offered on this machine alone.
        if is_loopback(&plan.url) {
            offered.offer(world.accounts.clone());
        }
        feed(world, plan, stop, |_| {}).await
    };
    if let Err(error) = fed.await {
        tracing::error!(error = format!("{error:#}"), "demo traffic ended");
    }
    offered.offer(Vec::new());
}

/// True where only this machine reaches the address.
fn is_loopback(url: &str) -> bool {
    let address = url.strip_prefix("http://").unwrap_or(url).parse::<std::net::SocketAddr>();
    address.is_ok_and(|address| address.ip().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn only_an_address_of_this_machine_is_loopback() {
        assert!(is_loopback("http://127.0.0.1:8080") && is_loopback("http://[::1]:8080"));
        assert!(!is_loopback("http://0.0.0.0:8080") && !is_loopback("http://192.168.1.4:8080"));
        assert!(!is_loopback("http://stratum.example:8080"));
    }
}

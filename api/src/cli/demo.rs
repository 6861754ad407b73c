//! `stratum demo`

use anyhow::Result;
use clap::Args;
use tokio_util::sync::CancellationToken;

use super::print;
use crate::boot::{Operator, Settings};
use crate::demo::{DemoPlan, event_age_days_max, feed, prepare};

/// Where to, how much, for how long.
#[derive(Args)]
pub struct DemoArgs {
    /// The address of Stratum; the process that runs on the data folder if absent.
    #[arg(long)]
    url: Option<String>,
    /// Events per second.
    #[arg(long)]
    rate: Option<f64>,
    /// The same seed gives the same tenants, campaigns and customers.
    #[arg(long)]
    seed: Option<u64>,
    /// The seconds to send for; without end if absent.
    #[arg(long, value_name = "SECONDS")]
    duration: Option<f64>,
}

/// Makes the demo tenants where there are none and sends until the time is over or INT.
pub async fn demo(settings: Settings, args: DemoArgs) -> Result<()> {
    let url = args.url.map_or_else(|| Operator::address(&settings), Ok)?;
    let mut config = settings.demo.clone();
    config.seed = args.seed.unwrap_or(config.seed);
    let rate = args.rate.unwrap_or(config.rate);
    let event_age_days_max = event_age_days_max(&settings);
    let plan = DemoPlan { url, rate, seconds: args.duration, event_age_days_max, config };
    let operator = Operator::open(&settings).await?;
    let world = prepare(&operator, &plan).await?;
    print::demo_sign_ins(&operator.data, &world.sign_ins)?;
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    tokio::spawn(async move {
        tokio::signal::ctrl_c().await.ok();
        stopped.cancel();
    });
    feed(world, plan, stop, |progress| print::note(&progress.to_string())).await
}

//! `stratum health`

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Args;

use super::print;
use crate::boot::{Operator, Settings};

const PATIENCE: Duration = Duration::from_secs(5);

/// Whom to ask.
#[derive(Args)]
pub struct HealthArgs {
    /// The address of Stratum; the process that runs on the data folder if absent.
    #[arg(long)]
    url: Option<String>,
}

/// Prints the health; fails where a store does not answer.
pub async fn health(settings: &Settings, args: HealthArgs) -> Result<ExitCode> {
    let url = args.url.map_or_else(|| Operator::address(settings), Ok)?;
    let client = reqwest::Client::builder().timeout(PATIENCE).no_proxy().build()?;
    let answer = client.get(format!("{url}/health/ready")).send().await;
    let answer = answer.with_context(|| format!("{url} does not answer"))?;
    let ready = answer.status().is_success();
    print::line(&answer.text().await?)?;
    Ok(if ready { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

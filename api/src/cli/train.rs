//! `stratum train`

use anyhow::{Context as _, Result, bail};
use clap::Args;
use futures::StreamExt as _;

use super::print;
use crate::boot::{Operator, Settings, open_forecasts};
use stratum_jobs::predict::train_each;

/// Whose models to train.
#[derive(Args)]
pub struct TrainArgs {
    /// The tenant's short name; all tenants if absent.
    #[arg(long)]
    tenant: Option<String>,
}

/// Trains, and prints a line of JSON for every step.
pub async fn train(settings: Settings, args: TrainArgs) -> Result<()> {
    let Some(forecasts) = open_forecasts(&settings).await? else {
        return remote(&settings, &args).await;
    };
    let say = |line: String| print::text(&format!("{line}\n"));
    train_each(&forecasts, args.tenant.as_deref(), say).await.context("training")
}

/// An embedded warehouse is inside `stratum up`: that process is asked.
async fn remote(settings: &Settings, args: &TrainArgs) -> Result<()> {
    let (url, token) = (Operator::address(settings)?, Operator::token(settings)?);
    let mut route = reqwest::Url::parse(&format!("{url}/operator/train"))?;
    if let Some(tenant) = &args.tenant {
        route.query_pairs_mut().append_pair("tenant", tenant);
    }
    let client = reqwest::Client::builder().no_proxy().build()?;
    let answer = client.post(route).bearer_auth(token.expose()).send().await;
    let answer = answer.with_context(|| format!("{url} does not answer"))?;
    if !answer.status().is_success() {
        bail!("{url} refused the request: {}", answer.text().await?);
    }
    let mut chunks = answer.bytes_stream();
    let mut text = String::new();
    while let Some(chunk) = chunks.next().await {
        let chunk = String::from_utf8_lossy(&chunk?).into_owned();
        print::text(&chunk);
        text.push_str(&chunk);
    }
    let last: serde_json::Value =
        serde_json::from_str(text.lines().last().unwrap_or("null")).unwrap_or_default();
    match last.get("error").and_then(|error| error.as_str()) {
        Some(error) => bail!("training: {error}"),
        None => Ok(()),
    }
}

//! `stratum tail`

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum as _};
use futures::{StreamExt as _, TryStreamExt as _};
use stratum_models::entropy::Ids;
use stratum_models::log::Topic;
use stratum_server::tail::{Begin, lines};

use super::print;
use crate::boot::{Operator, Settings, SystemClock, SystemEntropy, open_log};

/// The records to print.
#[derive(Args)]
pub struct TailArgs {
    /// `events`, `ad-reports` or `updates`.
    #[arg(long, default_value = "events")]
    topic: Topic,
    /// Where to begin.
    #[arg(long, value_enum, default_value = "end")]
    from: Begin,
    /// Stop at the last row that exists at the start.
    #[arg(long)]
    no_follow: bool,
}

/// Prints rows as they come, until INT or until nobody reads.
pub async fn tail(settings: Settings, args: TailArgs) -> Result<()> {
    let Some(log) = open_log(&settings).await? else {
        return remote(&settings, &args).await;
    };
    let ids = Ids::new(std::sync::Arc::new(SystemClock), std::sync::Arc::new(SystemEntropy));
    let mut chunks =
        Box::pin(lines(log, args.topic, args.from, !args.no_follow, ids.next()).await?);
    while let Some(chunk) = chunks.try_next().await? {
        print_chunk(&chunk)?;
    }
    Ok(())
}

/// The embedded log is open in `stratum up`: that process is asked.
async fn remote(settings: &Settings, args: &TailArgs) -> Result<()> {
    let (url, token) = (Operator::address(settings)?, Operator::token(settings)?);
    let from = args.from.to_possible_value();
    let from = from.as_ref().map_or("end", |value| value.get_name());
    let topic = args.topic.as_str();
    let client = reqwest::Client::builder().no_proxy().build()?;
    let follow = !args.no_follow;
    let request =
        client.get(format!("{url}/operator/tail?topic={topic}&from={from}&follow={follow}"));
    let answer = request.bearer_auth(token.expose()).send().await;
    let answer = answer.with_context(|| format!("{url} does not answer"))?;
    if !answer.status().is_success() {
        bail!("{url} refused the request: {}", answer.text().await?);
    }
    let mut chunks = answer.bytes_stream();
    let mut rest = Vec::new();
    while let Some(chunk) = chunks.next().await {
        rest.extend_from_slice(&chunk?);
        let whole = rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let lines: Vec<u8> = rest.drain(..whole).collect();
        print_chunk(&String::from_utf8_lossy(&lines))?;
    }
    Ok(())
}

fn print_chunk(chunk: &str) -> Result<()> {
    chunk.lines().filter(|line| !line.is_empty()).try_for_each(print::line)
}

//! `stratum backup` and `stratum restore`

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use chrono::DateTime;
use clap::Args;
use futures::StreamExt as _;

use super::print;
use crate::boot::backup::{self, BackupOrder, Progress};
use crate::boot::{Operator, Settings};

/// The time between two lines that tell how far the work has come.
const TELL_EVERY: Duration = Duration::from_secs(2);

/// Where to.
#[derive(Args)]
pub struct BackupArgs {
    /// The folder to make; it must not be there yet, or be empty.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Leave the keys out (secrets/ of the data folder): keep them elsewhere, without them nobody can read
    /// the backup.
    #[arg(long)]
    without_keys: bool,
}

/// Where from.
#[derive(Args)]
pub struct RestoreArgs {
    /// The folder of the backup. What is restored goes to the data folder (--data), which must not be
    /// there yet, or be empty.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Has the running process make a backup, and tells how far it is.
pub async fn backup(settings: &Settings, args: BackupArgs) -> Result<()> {
    refuse_shared(settings)?;
    let (url, token) = (Operator::address(settings)?, Operator::token(settings)?);
    let folder = std::path::absolute(&args.folder)?;
    let order = BackupOrder { folder, without_keys: args.without_keys };
    let client = reqwest::Client::builder().no_proxy().build()?;
    let request = client.post(format!("{url}/operator/backup")).bearer_auth(token.expose());
    let answer = request.json(&order).send().await;
    let answer = answer.with_context(|| format!("{url} does not answer"))?;
    if !answer.status().is_success() {
        bail!("{url} refused the request: {}", answer.text().await?);
    }
    let mut chunks = answer.bytes_stream();
    let (mut rest, mut told) = (Vec::new(), (None, Instant::now()));
    while let Some(chunk) = chunks.next().await {
        rest.extend_from_slice(&chunk?);
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = rest.drain(..=end).collect();
            match serde_json::from_slice(&line)? {
                Progress::Copied { step, bytes } => {
                    if told.0 != Some(step) || told.1.elapsed() > TELL_EVERY {
                        print::note(&format!("{step:?}: {}", in_words(bytes)));
                        told = (Some(step), Instant::now());
                    }
                }
                Progress::Finished { folder, bytes, files } => {
                    print::line(&format!(
                        "{}: {} in {files} files",
                        folder.display(),
                        in_words(bytes)
                    ))?;
                    return Ok(());
                }
                Progress::Failed { reason } => bail!("no backup was made: {reason}"),
            }
        }
    }
    bail!("the process ended before the backup was whole; nothing was left at its place")
}

/// Makes a data folder of a backup.
pub async fn restore(settings: &Settings, args: RestoreArgs) -> Result<()> {
    let data = std::path::absolute(crate::boot::data_dir(settings)?)?;
    let restored = tokio::task::spawn_blocking(move || {
        let mut told = ("", Instant::now());
        backup::restore(&args.folder, &data, |done, bytes| {
            if told.0 != done || told.1.elapsed() > TELL_EVERY {
                print::note(&format!("{done} {}", in_words(bytes)));
                told = (done, Instant::now());
            }
        })
    });
    let restored = restored.await??;
    print::line(&format!(
        "{}: {} as of {}, made by version {}",
        restored.data.display(),
        in_words(restored.bytes),
        DateTime::from_timestamp_millis(restored.made_at.0).unwrap_or_default().to_rfc3339(),
        restored.version
    ))?;
    if !restored.has_keys {
        print::note(&format!(
            "The backup holds no keys: put your copy of secrets/ into {} before the start.",
            restored.data.display()
        ));
    }
    print::note(&format!(
        "Next: `stratum up --data {0}`, then `stratum doctor --data {0}`.",
        restored.data.display()
    ));
    Ok(())
}

/// A store elsewhere is backed up by its own means.
fn refuse_shared(settings: &Settings) -> Result<()> {
    let shared = [
        (!settings.kafka.brokers.is_empty(), "KAFKA_BROKERS"),
        (!settings.warehouse.url.is_empty(), "CLICKHOUSE_URL"),
        (!settings.state.url.is_empty(), "DATABASE_URL"),
    ];
    match shared.into_iter().find(|(is_shared, _)| *is_shared) {
        Some((_, name)) => bail!(
            "{name} names a store of your own: back it up by its own means, in the order that \
             docker/README.md gives"
        ),
        None => Ok(()),
    }
}

fn in_words(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let (mut left, mut units) = (bytes as f64, UNITS.into_iter());
    let mut unit = units.next().unwrap_or_default();
    while left >= 1024.0
        && let Some(larger) = units.next()
    {
        (left, unit) = (left / 1024.0, larger);
    }
    if bytes < 1024 { format!("{bytes} {unit}") } else { format!("{left:.1} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::in_words;

    #[test]
    fn bytes_are_told_in_a_unit_that_fits() {
        let told = [0, 1023, 1536, 5 << 20, 3 << 30, 7 << 40].map(in_words);
        assert_eq!(told, ["0 bytes", "1023 bytes", "1.5 KiB", "5.0 MiB", "3.0 GiB", "7.0 TiB"]);
    }
}

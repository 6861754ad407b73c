//! The rows of a file into the log.

use std::time::Duration;

use serde::Serialize;
use stratum_ingest::append::{Overloaded, Ticket};
use stratum_ingest::import::Import;
use stratum_models::ad_report::{AdReport, AdReportSplit};
use tokio::time::{Instant, sleep};
use utoipa::ToSchema;

use super::compare::{Change, Comparison};
use crate::answer::Refusal;
use crate::routes::App;

/// Rows of one append: few beside what may wait, so that senders are not held up.
const CHUNK_ROWS: usize = 5_000;
const PAUSE: Duration = Duration::from_millis(20);

/// What was taken in.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
pub struct Taken {
    /// Campaigns' days that are new or other than before.
    pub days: usize,
    /// Parts of days.
    pub parts: usize,
}

/// Takes what is new or other than before; returns once it survives a crash. A file that is taken in
/// part changes nothing when it comes again, but for what was missing.
pub async fn take(app: &App, import: Import, comparison: &Comparison) -> Result<Taken, Refusal> {
    let days = import.days.into_iter().zip(&comparison.changes);
    let days: Vec<AdReport> =
        days.filter(|(_, change)| **change != Change::Leave).map(|(day, _)| day).collect();
    let until = Instant::now() + Duration::from_millis(app.imports.config.append_wait_ms_max);
    for chunk in days.chunks(CHUNK_ROWS) {
        append(app, chunk, &[], until).await?;
    }
    for chunk in import.splits.chunks(CHUNK_ROWS) {
        append(app, &[], chunk, until).await?;
    }
    Ok(Taken { days: days.len(), parts: import.splits.len() })
}

async fn append(
    app: &App,
    days: &[AdReport],
    splits: &[AdReportSplit],
    until: Instant,
) -> Result<(), Refusal> {
    let ticket: Ticket = loop {
        match app.appender.enqueue_ad_reports(days, splits) {
            Ok(ticket) => break ticket,
            Err(Overloaded::RowBytes | Overloaded::Closed) => return Err(not_kept()),
            Err(_) if Instant::now() >= until => return Err(not_kept()),
            Err(_) => sleep(PAUSE).await,
        }
    };
    ticket.durable().await.map_err(|error| {
        tracing::warn!(%error, "rows of a file were not kept");
        not_kept()
    })
}

fn not_kept() -> Refusal {
    Refusal::unavailable(
        "the rows could not all be kept; send the file again: what was kept changes nothing",
    )
}

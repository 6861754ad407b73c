//! The rows of a file into the log.

use std::time::Duration;

use serde::Serialize;
use stratum_ingest::append::{Overloaded, Ticket};
use stratum_ingest::import::Import;
use stratum_models::ad_report::{AdReport, AdReportSplit};
use tokio::time::{Instant, sleep};
use utoipa::ToSchema;

use crate::answer::Refusal;
use crate::routes::App;

/// Rows of one append: few beside what may wait, so that senders are not held up.
const CHUNK_ROWS: usize = 5_000;
const PAUSE: Duration = Duration::from_millis(20);

/// What was taken in.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
pub struct Taken {
    /// Campaigns' days.
    pub days: usize,
    /// Parts of days.
    pub parts: usize,
}

/// Takes every row; returns once they survive a crash. Rows that are as they were are taken too: what is
/// read now may be older than what is in the log, and the last import counts whatever lies between.
pub async fn take(app: &App, import: Import) -> Result<Taken, Refusal> {
    let days = import.days;
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

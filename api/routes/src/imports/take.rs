//! The rows of a file into the log.

use std::time::Duration;

use serde::Serialize;
use stratum_http::answer::Refusal;
use stratum_reports::import::Import;
use tokio::time::Instant;
use utoipa::ToSchema;

use crate::App;

/// The rows that were taken in.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
pub struct ImportedRows {
    /// Campaigns' days.
    pub days: usize,
    /// Parts of days.
    pub parts: usize,
}

/// Takes every row; returns once they survive a crash. Rows that are as they were are taken too: what is
/// read now may be older than what is in the log, and the last import counts whatever lies between.
pub async fn take(app: &App, import: Import) -> Result<ImportedRows, Refusal> {
    let wait = Duration::from_millis(app.imports.config.append_wait_ms_max);
    let (days, splits) = (&import.days, &import.splits);
    let appended = app.appender.append_ad_reports(days, splits, Instant::now() + wait).await;
    appended.map_err(|error| {
        tracing::warn!(%error, "rows of a file were not kept");
        not_kept()
    })?;
    Ok(ImportedRows { days: days.len(), parts: splits.len() })
}

fn not_kept() -> Refusal {
    Refusal::unavailable(
        "the rows could not all be kept; send the file again: what was kept changes nothing",
    )
}

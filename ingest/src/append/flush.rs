//! The flusher: takes what has gathered, appends it, tells those who wait.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use metrics::{counter, gauge, histogram};
use stratum_models::id::TenantId;
use stratum_models::log::{EventLog, NewRecord, Topic};
use stratum_models::store::{StoreError, StoreErrorKind};
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use super::encode::Encoder;
use super::gather::{Lanes, PendingRows, Size, TakenRows};
use crate::telemetry;

/// More than this is encoded on a thread of its own, so that it does not hold up requests.
const INLINE_BYTES_MAX: usize = 64 << 10;

/// Owns the way into the log: one append at a time.
pub struct Flusher {
    shared: Arc<PendingRows>,
    log: Arc<dyn EventLog>,
    encoder: Arc<Encoder>,
}

/// Also when its task is dropped before it ran.
impl Drop for Flusher {
    fn drop(&mut self) {
        self.shared.end();
    }
}

/// Gives back the room of rows that no longer wait, also after a panic.
struct Room<'a> {
    shared: &'a PendingRows,
    sizes: HashMap<TenantId, Size>,
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        self.shared.release(&self.sizes);
        gauge!(telemetry::APPEND_PENDING_ROWS).set(self.shared.pending_rows() as f64);
    }
}

impl Flusher {
    pub fn new(shared: Arc<PendingRows>, log: Arc<dyn EventLog>) -> Flusher {
        let partitions = [Topic::Events, Topic::AdReports, Topic::Deliveries];
        let partitions = partitions.map(|topic| log.partitions(topic));
        let encoder = Encoder { record_rows_max: shared.config.record_rows_max, partitions };
        Flusher { shared, log, encoder: Arc::new(encoder) }
    }

    /// Runs until the appender is closed and nothing waits.
    pub async fn run(self) {
        let mut lanes = self.empty_lanes();
        while self.shared.has_rows().await {
            if self.shared.config.linger_ms > 0 {
                sleep(Duration::from_millis(self.shared.config.linger_ms)).await;
            }
            // A panic fails the rows it met and no others.
            let flushed = AssertUnwindSafe(self.flush(lanes)).catch_unwind().await;
            lanes = flushed.unwrap_or_else(|_| {
                tracing::error!("the flusher panicked; its rows were not acknowledged");
                counter!(telemetry::APPEND_FAILURES, "kind" => "panic").increment(1);
                self.empty_lanes()
            });
        }
    }

    fn empty_lanes(&self) -> Lanes {
        Lanes::new(self.encoder.partitions[0])
    }

    /// One append of all that has gathered. Returns the lanes, empty, for the next.
    async fn flush(&self, mut lanes: Lanes) -> Lanes {
        let begun = Instant::now();
        let TakenRows { sizes, outcome } = self.shared.take(&mut lanes);
        let rows: usize = sizes.values().map(|size| size.rows).sum();
        let bytes = sizes.values().map(|size| size.bytes).sum();
        let room = Room { shared: &self.shared, sizes };
        let (lanes, records) = self.encode(lanes, bytes).await;
        let appended = match records {
            Ok(records) => self.append(&records).await,
            Err(error) => Err(error),
        };
        histogram!(telemetry::APPEND_SECONDS).record(begun.elapsed());
        histogram!(telemetry::APPEND_ROWS).record(rows as f64);
        if let Err(error) = &appended {
            tracing::warn!(append.rows = rows, %error, "rows were not acknowledged");
            counter!(telemetry::APPEND_FAILURES, "kind" => kind_label(error.kind)).increment(1);
        }
        // Room first: whoever is told may come again at once.
        drop(room);
        outcome.send_replace(Some(appended.map_err(|error| (error.kind, error.text.into()))));
        lanes
    }

    async fn encode(
        &self,
        mut lanes: Lanes,
        bytes: usize,
    ) -> (Lanes, Result<Vec<NewRecord>, StoreError>) {
        let encoder = self.encoder.clone();
        let encode = move || {
            let records = encoder.records(&mut lanes);
            (lanes, records)
        };
        let (lanes, records) = if bytes <= INLINE_BYTES_MAX {
            encode()
        } else {
            match tokio::task::spawn_blocking(encode).await {
                Ok(encoded) => encoded,
                Err(error) => {
                    let text = "encoding did not end";
                    let error =
                        StoreError::new(StoreErrorKind::Unavailable, "log", text).caused_by(error);
                    return (self.empty_lanes(), Err(error));
                }
            }
        };
        match records {
            Ok(records) => (lanes, Ok(records)),
            Err(error) => {
                let text = "rows cannot be encoded";
                let error = StoreError::new(StoreErrorKind::Invalid, "log", text).caused_by(error);
                // A builder that failed may have kept half of its columns.
                (self.empty_lanes(), Err(error))
            }
        }
    }

    /// Appends, again and again while that may help and the time allows.
    async fn append(&self, records: &[NewRecord]) -> Result<(), StoreError> {
        let config = &self.shared.config;
        let deadline = Instant::now() + Duration::from_millis(config.wait_ms_max);
        let pause_max = Duration::from_millis(config.retry_ms_max.max(1));
        let mut pause = Duration::from_millis(config.retry_ms_min.max(1)).min(pause_max);
        loop {
            let error = match timeout_at(deadline, self.log.append(records.to_vec())).await {
                Ok(Ok(_)) => return Ok(()),
                Ok(Err(error)) => error,
                Err(_) => {
                    let text = "the log did not answer in time";
                    return Err(StoreError::new(StoreErrorKind::Unavailable, "log", text));
                }
            };
            let again = Instant::now() + pause;
            if !error.may_retry() || again >= deadline {
                return Err(error);
            }
            tracing::debug!(%error, "append failed, trying again");
            counter!(telemetry::APPEND_RETRIES).increment(1);
            sleep_until(again).await;
            pause = (pause * 2).min(pause_max);
        }
    }
}

fn kind_label(kind: StoreErrorKind) -> &'static str {
    match kind {
        StoreErrorKind::Transient => "transient",
        StoreErrorKind::Conflict => "conflict",
        StoreErrorKind::Invalid => "invalid",
        StoreErrorKind::TooLarge => "too_large",
        StoreErrorKind::Busy => "busy",
        StoreErrorKind::Unavailable => "unavailable",
    }
}

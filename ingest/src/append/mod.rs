//! Gathers rows into records and appends them: group commit.
//!
//! Rows go column by column into one builder a partition. A single flusher takes everything that has
//! gathered, appends it at once, and wakes everybody whose rows were in it; what comes meanwhile
//! gathers for the next append. So the slower the log, the larger the batches, without a wait when it
//! is fast.
//!
//! An append that fails after part of it was kept is done again whole: rows may then be in the log
//! twice, which deduplication takes out where the sender gave an event id.

mod config;
mod partition;
mod gather;
mod outbound;
mod encode;
mod flush;

use std::sync::Arc;

use stratum_models::ad_report::{AdReport, AdReportSplit};
use stratum_models::event::ConversionEvent;
use stratum_models::id::TenantId;
use stratum_models::log::{EventLog, Topic};
use stratum_models::rejection::Rejection;
use stratum_models::store::{StoreError, StoreErrorKind};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

pub use config::AppendConfig;
use flush::Flusher;
use gather::{Lanes, PendingRows, Size};
pub use outbound::OutboundBatch;

/// Nothing was taken, and why; the sender should come again later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Overloaded {
    /// As many rows as may wait are waiting, of all or of this tenant.
    #[error("too many rows are waiting for the log")]
    Rows,
    /// As many bytes as may wait are waiting, of all or of this tenant.
    #[error("too many bytes are waiting for the log")]
    Bytes,
    /// One row is too large for a record of the log. It will not fit later either.
    #[error("a row is too large for the log")]
    RowBytes,
    /// The process is stopping.
    #[error("no more rows are taken")]
    Closed,
}

/// Rows that are not known to be durable, and why.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Some were not taken.
    #[error(transparent)]
    Overloaded(#[from] Overloaded),
    /// The log failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Rows of ad reports that are appended together where many come at once: few beside what may wait, so that
/// senders are not held up.
const REPORT_ROWS: usize = 2_000;

/// The end of an append, for everybody whose rows were in it.
type Outcome = Result<(), (StoreErrorKind, Arc<str>)>;

/// Takes rows for the log. Clones share it; when the last one is gone what was taken is still
/// appended.
#[derive(Clone)]
pub struct Appender {
    gate: Arc<Gate>,
}

struct Gate {
    shared: Arc<PendingRows>,
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.shared.close();
    }
}

impl Appender {
    /// Starts the flusher on the current tokio runtime.
    pub fn start(log: Arc<dyn EventLog>, config: AppendConfig) -> Appender {
        let partitions = log.partitions(Topic::Events);
        let shared = Arc::new(PendingRows::new(partitions, config));
        tokio::spawn(Flusher::new(shared.clone(), log).run());
        Appender { gate: Arc::new(Gate { shared }) }
    }

    /// Takes all of these events of one tenant, or none.
    pub fn enqueue_events(&self, events: &[ConversionEvent<'_>]) -> Result<Ticket, Overloaded> {
        self.enqueue_events_and(events, &[], &[])
    }

    /// Takes all of these events, what stands for the fields they were taken without, and what of them is
    /// handed on, or none. They are appended together.
    pub fn enqueue_events_and(
        &self,
        events: &[ConversionEvent<'_>],
        fields: &[Rejection],
        outbound: &[OutboundBatch],
    ) -> Result<Ticket, Overloaded> {
        let tenant = events.first().map(|event| event.tenant_id);
        let tenant = tenant.or(fields.first().map(|field| field.tenant_id));
        let sizes = events.iter().map(gather::event_bytes);
        let sizes = sizes.chain(fields.iter().map(gather::rejection_bytes));
        let outbound_bytes = outbound.iter().map(|batch| batch.rows.byte_len()).sum();
        self.enqueue(tenant, sizes, outbound_bytes, |lanes| {
            lanes.add_events(events);
            lanes.add_rejections(Topic::Events, fields);
            outbound.iter().for_each(|batch| lanes.outbound.lock().add(batch));
        })
    }

    /// Takes all of these rejections or none.
    pub fn enqueue_rejections(
        &self,
        topic: Topic,
        rows: &[Rejection],
    ) -> Result<Ticket, Overloaded> {
        let sizes = rows.iter().map(gather::rejection_bytes);
        let tenant = rows.first().map(|row| row.tenant_id);
        self.enqueue(tenant, sizes, 0, |lanes| lanes.add_rejections(topic, rows))
    }

    /// Takes all of these ad reports and parts of them, or none.
    pub fn enqueue_ad_reports(
        &self,
        rows: &[AdReport],
        splits: &[AdReportSplit],
    ) -> Result<Ticket, Overloaded> {
        let sizes = rows.iter().map(gather::ad_report_bytes);
        let sizes = sizes.chain(splits.iter().map(gather::split_bytes));
        let tenant = rows.first().map(|row| row.tenant_id);
        let tenant = tenant.or(splits.first().map(|row| row.report.tenant_id));
        self.enqueue(tenant, sizes, 0, |lanes| lanes.add_ad_reports(rows, splits))
    }

    /// Takes rows as `enqueue` does, as soon as there is room for them. The last refusal where there is none
    /// by `until`; at once where no wait would help.
    pub async fn enqueue_when_free(
        &self,
        until: Instant,
        enqueue: impl Fn() -> Result<Ticket, Overloaded>,
    ) -> Result<Ticket, Overloaded> {
        loop {
            // Room that is given back after this line wakes the wait below.
            let free = self.gate.shared.free();
            match enqueue() {
                Err(full @ (Overloaded::Rows | Overloaded::Bytes)) => {
                    timeout_at(until, free).await.map_err(|_| full)?;
                }
                taken => return taken,
            }
        }
    }

    /// Appends ad reports and parts of them in order, waiting for room until then; returns once all are
    /// durable. On an error some may have been kept.
    pub async fn append_ad_reports(
        &self,
        rows: &[AdReport],
        splits: &[AdReportSplit],
        until: Instant,
    ) -> Result<(), AppendError> {
        let rows = rows.chunks(REPORT_ROWS).map(|some| (some, &[][..]));
        let splits = splits.chunks(REPORT_ROWS).map(|some| (&[][..], some));
        for (rows, splits) in rows.chain(splits) {
            let enqueue = || self.enqueue_ad_reports(rows, splits);
            self.enqueue_when_free(until, enqueue).await?.durable().await?;
        }
        Ok(())
    }

    /// Refuses new rows and returns once all that were taken are durable or have failed. That takes
    /// at most about twice `wait_ms_max`.
    pub async fn drain(&self) {
        self.gate.shared.close();
        self.gate.shared.ended().await;
    }

    /// Takes rows of these sizes, all of one tenant, and so many bytes beside them; `None` without rows.
    fn enqueue(
        &self,
        tenant: Option<TenantId>,
        sizes: impl Iterator<Item = usize>,
        bytes_beside: usize,
        add: impl FnOnce(&Lanes),
    ) -> Result<Ticket, Overloaded> {
        let Some(tenant) = tenant else {
            return Ok(Ticket { outcome: None });
        };
        let mut size = Size { rows: 0, bytes: bytes_beside };
        for row_bytes in sizes {
            if row_bytes > encode::ROW_BYTES_MAX {
                return Err(Overloaded::RowBytes);
            }
            size.rows += 1;
            size.bytes += row_bytes;
        }
        let outcome = self.gate.shared.enqueue(tenant, size, add)?;
        Ok(Ticket { outcome: Some(outcome) })
    }
}

/// A promise about rows that were taken.
#[must_use = "rows that were taken are not durable yet"]
pub struct Ticket {
    outcome: Option<watch::Receiver<Option<Outcome>>>,
}

impl Ticket {
    /// Returns once the rows survive a crash. On an error some or all of them may have been kept.
    pub async fn durable(self) -> Result<(), StoreError> {
        let Some(mut receiver) = self.outcome else {
            return Ok(());
        };
        let ended = || (StoreErrorKind::Unavailable, Arc::from("the append did not end"));
        let outcome = match receiver.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone().unwrap_or_else(|| Err(ended())),
            // The flusher is gone, or went down over these rows.
            Err(_) => Err(ended()),
        };
        outcome.map_err(|(kind, text)| StoreError::new(kind, "log", &*text))
    }
}

#[cfg(test)]
mod tests;

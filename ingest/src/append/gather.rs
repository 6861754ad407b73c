//! Rows that wait for the next append.

use std::mem;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::{Mutex, RwLock};
use stratum_models::ad_report::{AdReport, AdReportSplit};
use stratum_models::event::{ConversionEvent, EventBatchBuilder};
use stratum_models::log::Topic;
use stratum_models::rejection::Rejection;
use tokio::sync::futures::Notified;
use tokio::sync::{Notify, watch};

use super::{AppendConfig, Outcome, Overloaded, partition};

/// Arrow's text offsets end at 2 GiB, and no builder may come near.
const BYTES_PENDING_LIMIT: usize = 1 << 30;

/// Rows by where they go.
pub struct Lanes {
    /// One a partition of [`Topic::Events`].
    pub events: Vec<Mutex<EventLane>>,
    /// With the topic they belong to.
    pub rejections: Mutex<Vec<(Topic, Rejection)>>,
    pub ad_reports: Mutex<Vec<AdReport>>,
    pub splits: Mutex<Vec<AdReportSplit>>,
}

/// Events of one partition.
#[derive(Default)]
pub struct EventLane {
    pub rows: EventBatchBuilder,
    /// Their size as estimated.
    pub bytes: usize,
}

impl Lanes {
    pub fn new(partitions: u32) -> Lanes {
        Lanes {
            events: (0..partitions).map(|_| Mutex::default()).collect(),
            rejections: Mutex::default(),
            ad_reports: Mutex::default(),
            splits: Mutex::default(),
        }
    }

    pub fn add_events(&self, events: &[ConversionEvent<'_>]) {
        let partitions = self.events.len() as u32;
        for event in events {
            let partition = partition::of_event(event, partitions);
            if let Some(lane) = self.events.get(partition.0 as usize) {
                let mut lane = lane.lock();
                lane.rows.push(event);
                lane.bytes += event_bytes(event);
            }
        }
    }

    pub fn add_rejections(&self, topic: Topic, rows: &[Rejection]) {
        if !rows.is_empty() {
            self.rejections.lock().extend(rows.iter().map(|row| (topic, row.clone())));
        }
    }

    pub fn add_ad_reports(&self, rows: &[AdReport], splits: &[AdReportSplit]) {
        self.ad_reports.lock().extend_from_slice(rows);
        self.splits.lock().extend_from_slice(splits);
    }
}

/// What a row takes in a record, roughly and rather too much.
pub fn event_bytes(event: &ConversionEvent<'_>) -> usize {
    let optional = |text: Option<&str>| text.map_or(0, str::len);
    160 + event.dataset_id.len()
        + event.event_name.len()
        + event.campaign_id.len()
        + optional(event.event_id)
        + optional(event.order_id)
        + optional(event.source_host)
        + event.identifiers.len() * 33
        + event.invalid.len() * 2
}

/// See [`event_bytes`].
pub fn rejection_bytes(row: &Rejection) -> usize {
    64 + row.dataset_id.len() + row.event_name.len() + row.field.len()
}

/// See [`event_bytes`].
pub fn ad_report_bytes(row: &AdReport) -> usize {
    128 + row.account_id.len() + row.campaign_id.len() + row.campaign_name.len()
}

/// See [`event_bytes`].
pub fn split_bytes(row: &AdReportSplit) -> usize {
    let texts = row.split.key().into_iter().chain(row.split.names());
    64 + ad_report_bytes(&row.report) + texts.map(str::len).sum::<usize>()
}

/// What the appender and its flusher share.
pub struct Shared {
    pub config: AppendConfig,
    /// Held shared while rows are added, alone while they are taken: all rows of a request are
    /// taken together.
    gathering: RwLock<Gathering>,
    pending_rows: AtomicUsize,
    pending_bytes: AtomicUsize,
    work: Notify,
    /// Told of room that was given back.
    free: Notify,
    ended: watch::Sender<bool>,
}

struct Gathering {
    lanes: Lanes,
    rows: AtomicUsize,
    bytes: AtomicUsize,
    outcome: watch::Sender<Option<Outcome>>,
    closed: bool,
}

/// The account of rows that were taken from a [`Shared`]. Dropping `outcome` unsaid fails them.
pub struct Taken {
    pub rows: usize,
    pub bytes: usize,
    pub outcome: watch::Sender<Option<Outcome>>,
}

impl Shared {
    pub fn new(partitions: u32, config: AppendConfig) -> Shared {
        let gathering = Gathering {
            lanes: Lanes::new(partitions),
            rows: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            outcome: watch::Sender::new(None),
            closed: false,
        };
        Shared {
            config,
            gathering: RwLock::new(gathering),
            pending_rows: AtomicUsize::new(0),
            pending_bytes: AtomicUsize::new(0),
            work: Notify::new(),
            free: Notify::new(),
            ended: watch::Sender::new(false),
        }
    }

    pub fn enqueue(
        &self,
        rows: usize,
        bytes: usize,
        add: impl FnOnce(&Lanes),
    ) -> Result<watch::Receiver<Option<Outcome>>, Overloaded> {
        self.reserve(rows, bytes)?;
        let gathering = self.gathering.read();
        if gathering.closed {
            self.release(rows, bytes);
            return Err(Overloaded::Closed);
        }
        add(&gathering.lanes);
        gathering.rows.fetch_add(rows, Ordering::Relaxed);
        gathering.bytes.fetch_add(bytes, Ordering::Relaxed);
        let outcome = gathering.outcome.subscribe();
        drop(gathering);
        self.work.notify_one();
        Ok(outcome)
    }

    fn reserve(&self, rows: usize, bytes: usize) -> Result<(), Overloaded> {
        let bytes_max = self.config.bytes_pending_max.min(BYTES_PENDING_LIMIT);
        if !reserve(&self.pending_rows, rows, self.config.rows_pending_max) {
            return Err(Overloaded::Rows);
        }
        if !reserve(&self.pending_bytes, bytes, bytes_max) {
            self.pending_rows.fetch_sub(rows, Ordering::Relaxed);
            return Err(Overloaded::Bytes);
        }
        Ok(())
    }

    /// Gives back what was reserved for rows that no longer wait.
    pub fn release(&self, rows: usize, bytes: usize) {
        self.pending_rows.fetch_sub(rows, Ordering::Relaxed);
        self.pending_bytes.fetch_sub(bytes, Ordering::Relaxed);
        self.free.notify_waiters();
    }

    /// Waits for room that is given back after this call.
    pub fn free(&self) -> Notified<'_> {
        self.free.notified()
    }

    /// Rows that wait or are being appended.
    pub fn pending_rows(&self) -> usize {
        self.pending_rows.load(Ordering::Relaxed)
    }

    /// Waits for rows; `false` when there are none and will be none.
    pub async fn has_rows(&self) -> bool {
        loop {
            let notified = self.work.notified();
            {
                let gathering = self.gathering.read();
                if gathering.rows.load(Ordering::Relaxed) > 0 {
                    return true;
                }
                if gathering.closed {
                    return false;
                }
            }
            notified.await;
        }
    }

    /// Exchanges what has gathered for empty `lanes`.
    pub fn take(&self, lanes: &mut Lanes) -> Taken {
        let mut gathering = self.gathering.write();
        mem::swap(&mut gathering.lanes, lanes);
        Taken {
            rows: mem::take(gathering.rows.get_mut()),
            bytes: mem::take(gathering.bytes.get_mut()),
            outcome: mem::replace(&mut gathering.outcome, watch::Sender::new(None)),
        }
    }

    /// Refuses rows from now on.
    pub fn close(&self) {
        self.gathering.write().closed = true;
        self.work.notify_one();
        self.free.notify_waiters();
    }

    /// The flusher is gone, in good order or not: what has gathered fails.
    pub fn end(&self) {
        let mut gathering = self.gathering.write();
        gathering.closed = true;
        gathering.outcome = watch::Sender::new(None);
        self.ended.send_replace(true);
        self.free.notify_waiters();
    }

    /// Returns when the flusher is gone.
    pub async fn ended(&self) {
        // The sender lives as long as `self`, so the wait cannot fail.
        let _ = self.ended.subscribe().wait_for(|ended| *ended).await;
    }
}

/// Adds to a count unless it would pass its bound.
fn reserve(count: &AtomicUsize, more: usize, max: usize) -> bool {
    let add = |now: usize| now.checked_add(more).filter(|sum| *sum <= max);
    count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).is_ok()
}

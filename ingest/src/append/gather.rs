//! Rows that wait for the next append.

use std::collections::HashMap;
use std::mem;

use parking_lot::{Mutex, RwLock};
use stratum_models::ad_report::{AdReport, AdReportSplit};
use stratum_models::event::{ConversionEvent, EventBatchBuilder};
use stratum_models::id::TenantId;
use stratum_models::log::Topic;
use stratum_models::rejection::Rejection;
use tokio::sync::futures::Notified;
use tokio::sync::{Notify, watch};

use super::outbound::OutboundLanes;
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
    pub outbound: Mutex<OutboundLanes>,
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
            outbound: Mutex::default(),
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

/// The bytes that a row takes in a record, roughly and rather too many.
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

/// The rows that the appender and its flusher share.
pub struct PendingRows {
    pub config: AppendConfig,
    /// Held shared while rows are added, alone while they are taken: all rows of a request are
    /// taken together.
    gathering: RwLock<GatheringRows>,
    pending: Mutex<PendingSizes>,
    work: Notify,
    /// Told of room that was given back.
    free: Notify,
    ended: watch::Sender<bool>,
}

/// Rows and their bytes as estimated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    pub rows: usize,
    pub bytes: usize,
}

impl Size {
    fn add(&mut self, more: Size) {
        self.rows += more.rows;
        self.bytes += more.bytes;
    }

    fn subtract(&mut self, less: Size) {
        self.rows -= less.rows;
        self.bytes -= less.bytes;
    }

    /// The bound that these and `more` would pass.
    fn overload(self, more: Size, max: Size) -> Result<(), Overloaded> {
        let fits =
            |now: usize, more, max| now.checked_add(more).is_some_and(|sum: usize| sum <= max);
        match (fits(self.rows, more.rows, max.rows), fits(self.bytes, more.bytes, max.bytes)) {
            (false, _) => Err(Overloaded::Rows),
            (true, false) => Err(Overloaded::Bytes),
            (true, true) => Ok(()),
        }
    }
}

/// Rows that wait or are being appended.
#[derive(Default)]
struct PendingSizes {
    all: Size,
    /// Of each tenant that has any.
    tenants: HashMap<TenantId, Size>,
}

impl PendingSizes {
    fn reserve(
        &mut self,
        tenant: TenantId,
        more: Size,
        config: &AppendConfig,
    ) -> Result<(), Overloaded> {
        let bytes_max = config.bytes_pending_max.min(BYTES_PENDING_LIMIT);
        let all_max = Size { rows: config.rows_pending_max, bytes: bytes_max };
        let share_max = Size {
            rows: config.rows_pending_per_tenant_max,
            bytes: config.bytes_pending_per_tenant_max,
        };
        self.all.overload(more, all_max)?;
        let share = self.tenants.get(&tenant).copied().unwrap_or_default();
        share.overload(more, share_max)?;
        self.all.add(more);
        self.tenants.entry(tenant).or_default().add(more);
        Ok(())
    }

    fn release(&mut self, tenant: TenantId, less: Size) {
        self.all.subtract(less);
        if let Some(share) = self.tenants.get_mut(&tenant) {
            share.subtract(less);
            if share.rows == 0 {
                self.tenants.remove(&tenant);
            }
        }
    }
}

struct GatheringRows {
    lanes: Lanes,
    /// Of each tenant; empty where no row has gathered.
    sizes: Mutex<HashMap<TenantId, Size>>,
    outcome: watch::Sender<Option<Outcome>>,
    closed: bool,
}

/// The account of rows that were taken from a [`PendingRows`]. Dropping `outcome` unsaid fails them.
pub struct TakenRows {
    /// Of each tenant.
    pub sizes: HashMap<TenantId, Size>,
    pub outcome: watch::Sender<Option<Outcome>>,
}

impl PendingRows {
    pub fn new(partitions: u32, config: AppendConfig) -> PendingRows {
        let gathering = GatheringRows {
            lanes: Lanes::new(partitions),
            sizes: Mutex::default(),
            outcome: watch::Sender::new(None),
            closed: false,
        };
        PendingRows {
            config,
            gathering: RwLock::new(gathering),
            pending: Mutex::default(),
            work: Notify::new(),
            free: Notify::new(),
            ended: watch::Sender::new(false),
        }
    }

    pub fn enqueue(
        &self,
        tenant: TenantId,
        size: Size,
        add: impl FnOnce(&Lanes),
    ) -> Result<watch::Receiver<Option<Outcome>>, Overloaded> {
        self.pending.lock().reserve(tenant, size, &self.config)?;
        let gathering = self.gathering.read();
        if gathering.closed {
            self.pending.lock().release(tenant, size);
            return Err(Overloaded::Closed);
        }
        add(&gathering.lanes);
        gathering.sizes.lock().entry(tenant).or_default().add(size);
        let outcome = gathering.outcome.subscribe();
        drop(gathering);
        self.work.notify_one();
        Ok(outcome)
    }

    /// Gives back what was reserved for rows that no longer wait.
    pub fn release(&self, sizes: &HashMap<TenantId, Size>) {
        let mut pending = self.pending.lock();
        for (tenant, size) in sizes {
            pending.release(*tenant, *size);
        }
        drop(pending);
        self.free.notify_waiters();
    }

    /// Waits for room that is given back after this call.
    pub fn free(&self) -> Notified<'_> {
        self.free.notified()
    }

    /// Rows that wait or are being appended.
    pub fn pending_rows(&self) -> usize {
        self.pending.lock().all.rows
    }

    /// Waits for rows; `false` when there are none and will be none.
    pub async fn has_rows(&self) -> bool {
        loop {
            let notified = self.work.notified();
            {
                let gathering = self.gathering.read();
                if !gathering.sizes.lock().is_empty() {
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
    pub fn take(&self, lanes: &mut Lanes) -> TakenRows {
        let mut gathering = self.gathering.write();
        mem::swap(&mut gathering.lanes, lanes);
        TakenRows {
            sizes: mem::take(gathering.sizes.get_mut()),
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

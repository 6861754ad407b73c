//! Where updates of the log meet those who watch, in one process.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use stratum_models::id::TenantId;
use stratum_models::scope::TenantScope;
use stratum_models::update::{Update, UpdateKind};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};

use super::event::UpdateEvent;
use super::{LiveConfig, UpdateSeal};

/// Live streams open now.
pub const LIVE_STREAMS: &str = "stratum_api_live_streams";
/// Watchers that fell behind and were told to look at everything again.
const LIVE_RESYNCS: &str = "stratum_api_live_resyncs_total";

/// The place of an update in the log: its record, and the row in it. Sealed, it is the id of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UpdateId {
    /// The record.
    pub offset: u64,
    /// The row.
    pub row: u32,
}

/// An update as it is handed on.
#[derive(Debug, PartialEq, Eq)]
pub struct LiveUpdate {
    /// The place of the update.
    pub id: UpdateId,
    /// The subject of the update.
    pub kind: UpdateKind,
    /// The JSON of its [`UpdateEvent`].
    pub data: String,
    tenant_id: TenantId,
}

/// The signal that a watcher is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Something changed.
    Update(Arc<LiveUpdate>),
    /// Something may have been missed: everything is to be asked for again. With it the newest place.
    Resync(Option<UpdateId>),
}

/// From where on one watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// From now on.
    Now,
    /// After this update.
    After(UpdateId),
    /// After an update that is none of this log.
    Unknown,
}

/// There are as many streams as may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many live streams at once")]
pub struct TooManyStreams;

/// The newest updates, and the channel of each tenant that has watchers.
pub struct Hub {
    config: LiveConfig,
    seal: UpdateSeal,
    state: Mutex<State>,
    caught_up: watch::Sender<bool>,
}

#[derive(Default)]
struct State {
    history: VecDeque<Arc<LiveUpdate>>,
    /// The record from which on the history is whole.
    first: Option<u64>,
    /// The record that comes next.
    next: Option<u64>,
    channels: HashMap<TenantId, broadcast::Sender<Signal>>,
    streams: usize,
}

impl Hub {
    /// A hub that has read nothing yet.
    pub fn new(config: LiveConfig, seal: UpdateSeal) -> Hub {
        Hub { config, seal, state: Mutex::default(), caught_up: watch::Sender::new(false) }
    }

    /// Seals the ids of events.
    pub fn seal(&self) -> &UpdateSeal {
        &self.seal
    }

    /// The hub's bounds.
    pub fn config(&self) -> &LiveConfig {
        &self.config
    }

    /// The record that comes next; `None` before the first.
    pub fn next(&self) -> Option<u64> {
        self.state.lock().next
    }

    /// Hands on the updates of a record. One that was handed on already is passed over; where records
    /// are missing before it, every watcher is told to look again.
    pub fn publish(&self, offset: u64, updates: &[Update]) {
        let mut state = self.state.lock();
        match state.next {
            Some(next) if offset < next => return,
            Some(next) if offset == next => {}
            _ => state.restart(Some(offset)),
        }
        state.next = Some(offset + 1);
        for (update, row) in updates.iter().zip(0..) {
            let announced = Arc::new(LiveUpdate {
                id: UpdateId { offset, row },
                kind: update.kind,
                data: serde_json::to_string(&UpdateEvent::from(update)).unwrap_or_default(),
                tenant_id: update.tenant_id,
            });
            if let Some(channel) = state.channels.get(&update.tenant_id) {
                // Nobody listening any more is as good as told.
                channel.send(Signal::Update(announced.clone())).ok();
            }
            state.history.push_back(announced);
        }
        while state.history.len() > self.config.history_max {
            let oldest = state.history.pop_front();
            state.first = oldest.map(|oldest| oldest.id.offset + 1);
        }
    }

    /// Forgets everything: the log is another one, or cannot tell what came between.
    pub fn forget(&self) {
        let mut state = self.state.lock();
        state.restart(None);
        state.next = None;
    }

    /// Everything that was in the log at the start has been read.
    pub fn set_caught_up(&self) {
        self.caught_up.send_if_modified(|before| !std::mem::replace(before, true));
    }

    /// Waits until that is so, not for ever.
    pub async fn wait_until_caught_up(&self) {
        let wait = Duration::from_millis(self.config.history_wait_ms_max);
        let mut caught_up = self.caught_up.subscribe();
        tokio::time::timeout(wait, caught_up.wait_for(|is| *is)).await.ok();
    }

    /// Begins to watch a tenant's updates.
    pub fn watch(
        self: &Arc<Self>,
        scope: TenantScope,
        since: Since,
    ) -> Result<Watch, TooManyStreams> {
        let tenant_id = scope.tenant_id();
        let mut state = self.state.lock();
        let behind_max = self.config.behind_max.max(1);
        let own = state.channels.get(&tenant_id).map_or(0, broadcast::Sender::receiver_count);
        if state.streams >= self.config.streams_max || own >= self.config.streams_per_tenant_max {
            return Err(TooManyStreams);
        }
        state.streams += 1;
        metrics::gauge!(LIVE_STREAMS).set(state.streams as f64);
        let missed = state.missed(tenant_id, since);
        let newest = state.newest();
        let channel = state.channels.entry(tenant_id);
        let live = channel.or_insert_with(|| broadcast::Sender::new(behind_max)).subscribe();
        let hub = self.clone();
        Ok(Watch { hub, tenant_id, newest, missed: missed.into_iter(), live })
    }

    fn leave(&self, tenant_id: TenantId) {
        let mut state = self.state.lock();
        state.streams -= 1;
        metrics::gauge!(LIVE_STREAMS).set(state.streams as f64);
        // The one that leaves still counts.
        if state.channels.get(&tenant_id).is_some_and(|channel| channel.receiver_count() <= 1) {
            state.channels.remove(&tenant_id);
        }
    }
}

impl State {
    fn newest(&self) -> Option<UpdateId> {
        self.history.back().map(|newest| newest.id)
    }

    /// Begins the history anew at a record; whoever watches may have missed something.
    fn restart(&mut self, first: Option<u64>) {
        let is_first_ever = self.next.is_none() && self.history.is_empty();
        self.history.clear();
        self.first = first;
        if !is_first_ever {
            self.channels.values().for_each(|channel| drop(channel.send(Signal::Resync(None))));
        }
    }

    /// The signals that a tenant's watcher is given first.
    fn missed(&self, tenant_id: TenantId, since: Since) -> Vec<Signal> {
        let after = match since {
            Since::Now => return Vec::new(),
            Since::After(id) => Some(id),
            Since::Unknown => None,
        };
        let is_kept = |id: &UpdateId| {
            let begins = self.first.is_some_and(|first| id.offset >= first);
            begins && self.next.is_some_and(|next| id.offset < next)
        };
        let Some(after) = after.filter(is_kept) else {
            return vec![Signal::Resync(self.newest())];
        };
        let begin = self.history.partition_point(|update| update.id <= after);
        let own = self.history.range(begin..).filter(|update| update.tenant_id == tenant_id);
        own.cloned().map(Signal::Update).collect()
    }
}

/// One who watches. Dropping it ends it.
pub struct Watch {
    hub: Arc<Hub>,
    tenant_id: TenantId,
    newest: Option<UpdateId>,
    missed: std::vec::IntoIter<Signal>,
    live: broadcast::Receiver<Signal>,
}

impl Watch {
    /// An id as this watcher's client sees it.
    pub fn sealed(&self, id: UpdateId) -> String {
        self.hub.seal.seal(id, self.tenant_id)
    }

    /// The newest update, of whatever tenant, when the watch began.
    pub fn newest(&self) -> Option<UpdateId> {
        self.newest
    }

    /// Whether there is something to be told from before the watch began.
    pub fn has_missed(&self) -> bool {
        self.missed.len() > 0
    }

    /// The next signal. One that is dropped before it answers loses nothing.
    pub async fn next(&mut self) -> Signal {
        if let Some(missed) = self.missed.next() {
            return missed;
        }
        match self.live.recv().await {
            Ok(signal) => signal,
            Err(RecvError::Lagged(_)) => {
                metrics::counter!(LIVE_RESYNCS).increment(1);
                self.live = self.live.resubscribe();
                Signal::Resync(self.hub.state.lock().newest())
            }
            // The channel lives as long as somebody listens to it.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.hub.leave(self.tenant_id);
    }
}

#[cfg(test)]
mod tests;

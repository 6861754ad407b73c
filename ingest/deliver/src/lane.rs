//! One destination at work: its newest events first, then by turns what it left behind.

mod work;

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use stratum_models::delivery::{
    DataKey, DeliveryRange, Destination, KeyHour, LaneState, Ownership, RangeId, RangeKind,
    SettleError,
};
use stratum_models::log::{Offset, ReadLimits, Topic};
use stratum_models::store::StoreError;
use stratum_models::time::UnixMillis;
use stratum_wire::envelope::read_header;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::breaker::Breaker;
use super::http::HttpTransport;
use super::inbox::{Inbox, TailRecord};
use super::relay::RelayContext;
use super::tail::Tail;
use super::tally::Tally;
use super::telemetry;
use super::words::DestinationWords;

/// How often the place of a destination without events is put down.
const IDLE_SETTLE: Duration = Duration::from_secs(15);
/// Events that are gathered before they are worked on.
const EVENTS_AT_ONCE: u64 = 1_000;
/// What is read at once of a range that was left behind.
const READ_RECORDS_MAX: usize = 1_024;
const READ_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Why a destination is not worked on any more.
#[derive(Debug, thiserror::Error)]
pub enum LaneEnd {
    /// It is to stop.
    #[error("stopped")]
    Stopped,
    /// The ledger does not let it settle.
    #[error(transparent)]
    Settle(#[from] SettleError),
    /// The log failed.
    #[error(transparent)]
    Log(#[from] StoreError),
}

/// One destination at work.
pub struct Lane {
    pub(super) destination: Arc<Destination>,
    pub(super) owned: Ownership,
    pub(super) shared: Arc<RelayContext>,
    pub(super) transport: HttpTransport,
    pub(super) words: DestinationWords,
    pub(super) tail: Arc<Tail>,
    /// The place from which on the inbox has its records.
    pub(super) begin: Offset,
    pub(super) inbox: Arc<Inbox>,
    /// The ranges of the partition, as they were last looked at.
    pub(super) told_ranges: watch::Receiver<Arc<Vec<DeliveryRange>>>,
    pub(super) stop: CancellationToken,
}

/// What a destination remembers while it works.
struct State {
    live: Option<DeliveryRange>,
    /// Gaps and replays.
    behind: BTreeMap<RangeId, DeliveryRange>,
    newest: Option<RangeId>,
    keys: BTreeMap<KeyHour, Option<DataKey>>,
    breaker: Breaker,
    /// How it does, as it was last told.
    health: Option<LaneState>,
    tally: Tally,
}

impl Lane {
    /// Works until it is to stop, or the ledger or the log do not let it.
    pub async fn run(self) -> Result<(), LaneEnd> {
        let mut state = State {
            live: None,
            behind: BTreeMap::new(),
            newest: None,
            keys: BTreeMap::new(),
            breaker: Breaker::default(),
            health: None,
            tally: Tally::default(),
        };
        let ranges = self.shared.ledger.ranges(self.owned).await?;
        self.take_ranges(&mut state, &ranges);
        let ended = self.work(&mut state).await;
        match ended {
            Err(LaneEnd::Stopped) => Ok(()),
            ended => ended,
        }
    }

    async fn work(&self, state: &mut State) -> Result<(), LaneEnd> {
        self.leave_gap(state, self.begin).await?;
        let mut told_ranges = self.told_ranges.clone();
        let mut idle_since = Instant::now();
        loop {
            let is_busy = self.work_live(state).await? | self.work_behind(state).await?;
            if is_busy {
                idle_since = Instant::now();
                continue;
            }
            if idle_since.elapsed() >= IDLE_SETTLE {
                self.settle_idle(state).await?;
                idle_since = Instant::now();
            }
            let due = state.behind.values().map(|range| range.not_before).min();
            tokio::select! {
                () = self.stop.cancelled() => return Err(LaneEnd::Stopped),
                () = self.inbox.changed() => {}
                changed = told_ranges.changed() => {
                    if changed.is_err() {
                        return Err(LaneEnd::Stopped);
                    }
                    let ranges = told_ranges.borrow_and_update().clone();
                    self.take_new_ranges(state, &ranges);
                }
                () = self.until(due) => {}
                () = tokio::time::sleep(IDLE_SETTLE) => {}
            }
        }
    }

    async fn until(&self, due: Option<UnixMillis>) {
        match due {
            Some(due) => {
                let wait = due.0.saturating_sub(self.shared.clock.now().0).max(20);
                tokio::time::sleep(Duration::from_millis(wait.unsigned_abs())).await;
            }
            None => pending().await,
        }
    }

    fn take_ranges(&self, state: &mut State, all: &[DeliveryRange]) {
        let mine = all.iter().filter(|range| range.destination == self.destination.id);
        state.behind.clear();
        for range in mine {
            state.newest = state.newest.max(Some(range.id));
            if range.kind == RangeKind::Live {
                state.live = Some(range.clone());
            } else {
                state.behind.insert(range.id, range.clone());
            }
        }
    }

    /// Takes replays that somebody asked for. What is known already stands where this one left it.
    fn take_new_ranges(&self, state: &mut State, all: &[DeliveryRange]) {
        let mine = all.iter().filter(|range| range.destination == self.destination.id);
        for range in mine.filter(|range| Some(range.id) > state.newest) {
            state.behind.insert(range.id, range.clone());
        }
        state.newest = state.newest.max(state.behind.keys().last().copied());
    }

    /// Leaves what lies before `to` as a gap, and goes on there.
    async fn leave_gap(&self, state: &mut State, to: Offset) -> Result<(), LaneEnd> {
        let Some(live) = state.live.as_ref().filter(|live| live.next < to) else { return Ok(()) };
        self.shared.ledger.skip(self.owned, live.id, to).await?;
        let ranges = self.shared.ledger.ranges(self.owned).await?;
        self.take_ranges(state, &ranges);
        Ok(())
    }

    /// Puts down that nothing came for the destination.
    async fn settle_idle(&self, state: &mut State) -> Result<(), LaneEnd> {
        // Read first: what came before that place is in the inbox, or was taken out of it.
        let at = self.tail.at();
        if !self.inbox.is_idle() {
            return Ok(());
        }
        let Some(mut live) = state.live.take() else { return Ok(()) };
        if at > live.next || !state.tally.is_empty() {
            let next = at.max(live.next);
            self.settle(state, &mut live, next).await?;
        }
        state.live = Some(live);
        Ok(())
    }

    /// Works on the newest events, if there are any.
    async fn work_live(&self, state: &mut State) -> Result<bool, LaneEnd> {
        if let Some(to) = self.inbox.take_dropped() {
            self.leave_gap(state, to).await?;
            return Ok(true);
        }
        if self.inbox.waiting().0 == 0 {
            return Ok(false);
        }
        self.gather().await?;
        let records = self.inbox.take(EVENTS_AT_ONCE);
        let (Some(last), Some(mut live)) = (records.last(), state.live.take()) else {
            return Ok(false);
        };
        let next = Offset(last.offset.0 + 1);
        let worked = self.work_records(state, &mut live, records, next).await;
        state.live = Some(live);
        worked.map(|()| true)
    }

    /// Waits a moment for more events, so that a request holds many.
    async fn gather(&self) -> Result<(), LaneEnd> {
        let linger = tokio::time::sleep(Duration::from_millis(self.shared.config.linger_ms));
        tokio::pin!(linger);
        loop {
            let (events, has_room) = self.inbox.waiting();
            if events >= EVENTS_AT_ONCE || !has_room {
                return Ok(());
            }
            tokio::select! {
                () = self.stop.cancelled() => return Err(LaneEnd::Stopped),
                () = self.inbox.changed() => {}
                () = &mut linger => return Ok(()),
            }
        }
    }

    /// Works on a piece of what was left behind, if there is anything due.
    async fn work_behind(&self, state: &mut State) -> Result<bool, LaneEnd> {
        let now = self.shared.clock.now();
        let due = state.behind.values().find(|range| range.not_before <= now);
        let Some(mut range) = due.cloned() else { return Ok(false) };
        let (records, next) = self.read_behind(&range).await?;
        if next == range.next {
            return Ok(false);
        }
        self.work_records(state, &mut range, records, next).await?;
        let is_over = range.to.is_some_and(|to| range.next >= to);
        state.behind.remove(&range.id);
        if !is_over {
            state.behind.insert(range.id, range);
        }
        Ok(true)
    }

    /// The destination's records of the beginning of a range, and the place behind what was looked at.
    async fn read_behind(
        &self,
        range: &DeliveryRange,
    ) -> Result<(Vec<TailRecord>, Offset), LaneEnd> {
        let (log, partition) = (&self.shared.log, self.owned.partition);
        let limits = ReadLimits {
            records_max: READ_RECORDS_MAX,
            bytes_max: READ_BYTES_MAX,
            wait_max: Duration::from_secs(1),
        };
        let to = range.to.unwrap_or(Offset(u64::MAX));
        let read = log.read(Topic::Deliveries, partition, range.next, limits);
        let stopped = self.stop.run_until_cancelled(read).await;
        let read = stopped.ok_or(LaneEnd::Stopped)??;
        let first = match read.first() {
            Some(first) => first.position.offset,
            None => log.offset_at(Topic::Deliveries, partition, UnixMillis(0)).await?,
        };
        if first > range.next {
            let lost = first.0.min(to.0) - range.next.0;
            let platform = self.destination.platform.as_str();
            metrics::counter!(telemetry::RECORDS_LOST, "platform" => platform).increment(lost);
        }
        let mut next = range.next.max(first.min(to));
        let mut records = Vec::new();
        for record in read.into_iter().take_while(|record| record.position.offset < to) {
            next = Offset(record.position.offset.0 + 1);
            let header = read_header(&record.bytes).ok();
            if let Some(header) = header.filter(|header| header.is_of(&self.destination.dataset)) {
                let events = header.rows;
                let (offset, bytes) = (record.position.offset, record.bytes);
                records.push(TailRecord { offset, bytes, events });
            }
        }
        Ok((records, next))
    }
}

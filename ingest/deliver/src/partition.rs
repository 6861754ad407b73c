//! A partition that is this relay's: its destinations at work.

use std::collections::BTreeMap;
use std::sync::Arc;

use stratum_models::delivery::{DeliveryRange, Destination, Ownership, SettleError};
use stratum_models::id::DestinationId;
use stratum_models::log::{Offset, Topic};
use stratum_models::time::UnixMillis;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::http::Platforms;
use super::lane::{Lane, LaneEnd};
use super::relay::{RelayContext, RelayError};
use super::tail::Tail;

/// How much earlier than it was switched on a destination is looked for in the log: clocks of processes differ.
const CLOCK_MARGIN_MS: i64 = 60_000;

/// A destination at work.
struct LaneTask {
    destination: Arc<Destination>,
    stop: CancellationToken,
    task: JoinHandle<Result<(), LaneEnd>>,
}

/// A partition that is this relay's.
pub(super) struct Partition {
    owned: Ownership,
    pub(super) tail: Arc<Tail>,
    ranges: watch::Sender<Arc<Vec<DeliveryRange>>>,
    lanes: BTreeMap<DestinationId, LaneTask>,
    /// Destinations whose events are kept and not worked on.
    parked: BTreeMap<DestinationId, Arc<Destination>>,
}

impl Partition {
    /// A partition whose tail begins at `begin`, without destinations yet.
    pub(super) fn new(owned: Ownership, begin: Offset) -> Partition {
        Partition {
            owned,
            tail: Arc::new(Tail::new(begin)),
            ranges: watch::Sender::default(),
            lanes: BTreeMap::new(),
            parked: BTreeMap::new(),
        }
    }

    /// How many destinations are at work.
    pub(super) fn lanes(&self) -> usize {
        self.lanes.len()
    }

    /// Has exactly these destinations worked on.
    pub(super) async fn keep_up(
        &mut self,
        shared: &Arc<RelayContext>,
        platforms: &Platforms,
        destinations: &[Arc<Destination>],
    ) -> Result<(), RelayError> {
        let gone: Vec<_> = self
            .lanes
            .iter()
            .filter(|(_, lane)| {
                lane.task.is_finished() || !destinations.contains(&lane.destination)
            })
            .map(|(id, _)| *id)
            .collect();
        for id in gone {
            self.end_lane(id).await?;
        }
        self.parked.retain(|_, parked| destinations.contains(parked));
        for destination in destinations {
            let id = &destination.id;
            if !self.lanes.contains_key(id) && !self.parked.contains_key(id) {
                self.begin_lane(shared, platforms, destination).await?;
            }
        }
        if !self.lanes.is_empty() {
            let ranges = shared.ledger.ranges(self.owned).await?;
            self.ranges.send_if_modified(|known| {
                let is_new = **known != ranges;
                *known = Arc::new(ranges);
                is_new
            });
        }
        Ok(())
    }

    async fn begin_lane(
        &mut self,
        shared: &Arc<RelayContext>,
        platforms: &Platforms,
        destination: &Arc<Destination>,
    ) -> Result<(), RelayError> {
        let partition = self.owned.partition;
        let (id, dataset) = (destination.id, &destination.dataset);
        let from = UnixMillis(destination.since.0 - CLOCK_MARGIN_MS);
        let at = shared.log.offset_at(Topic::Deliveries, partition, from).await?;
        shared.ledger.start(dataset.tenant_id, id, partition, at).await?;
        if !destination.mode.works() {
            self.parked.insert(id, destination.clone());
            return Ok(());
        }
        let (transport, words) = match platforms.way(destination) {
            Ok(way) => way,
            Err(error) => {
                tracing::warn!(destination = %id, error = %error, "destination cannot be reached");
                self.parked.insert(id, destination.clone());
                return Ok(());
            }
        };
        let inbox = Arc::new(shared.inbox());
        let begin = self.tail.join(dataset, id, inbox.clone());
        let stop = CancellationToken::new();
        let lane = Lane {
            destination: destination.clone(),
            owned: self.owned,
            shared: shared.clone(),
            transport,
            words,
            tail: self.tail.clone(),
            begin,
            inbox,
            told_ranges: self.ranges.subscribe(),
            stop: stop.clone(),
        };
        let task = tokio::spawn(lane.run());
        self.lanes.insert(id, LaneTask { destination: destination.clone(), stop, task });
        Ok(())
    }

    async fn end_lane(&mut self, id: DestinationId) -> Result<(), RelayError> {
        let Some(lane) = self.lanes.remove(&id) else { return Ok(()) };
        lane.stop.cancel();
        self.tail.leave(&lane.destination.dataset, id);
        match lane.task.await {
            Ok(Err(LaneEnd::Settle(SettleError::Fenced))) => Err(SettleError::Fenced.into()),
            Ok(Err(error)) => {
                tracing::warn!(destination = %id, error = %error, "destination begins anew");
                Ok(())
            }
            Err(error) => {
                tracing::error!(destination = %id, error = %error, "destination begins anew");
                Ok(())
            }
            Ok(Ok(())) => Ok(()),
        }
    }

    /// Ends all work on it.
    pub(super) async fn end(self) {
        for lane in self.lanes.values() {
            lane.stop.cancel();
        }
        for (_, lane) in self.lanes {
            lane.task.await.ok();
        }
    }
}

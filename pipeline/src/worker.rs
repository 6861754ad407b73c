//! The loop of one topic: reads, hands the records of all partitions to a batch when one is due, and works
//! on a few batches, of different partitions, at the same time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use stratum_models::log::{LogRead, Offset, PartitionId, ReadLimits, Topic};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::batch::{self, Advances, Share};
use crate::error::PipelineError;
use crate::lane::Lane;
use crate::pace::Pace;
use crate::partition::{Advance, Stage};
use crate::read::{Read, Reader};
use crate::telemetry;

/// The longest sleep of the loop when no lane is due.
const IDLE_MAX: Duration = Duration::from_secs(3600);

/// Checkpoints of the partitions assigned here.
type Checkpoints = BTreeMap<PartitionId, Offset>;

struct Worker {
    stage: Arc<Stage>,
    topic: Topic,
    reader: Reader,
    lanes: BTreeMap<PartitionId, Lane>,
    lanes_ever: u64,
    running: JoinSet<BatchEnd>,
    pace: Pace,
    checkpoints: watch::Sender<Checkpoints>,
}

struct BatchEnd {
    begun: Instant,
    shares: Vec<Share>,
    outcome: Result<Advances, PipelineError>,
}

/// Works on a topic until told to stop.
pub(crate) async fn work(
    stage: Arc<Stage>,
    topic: Topic,
    group: &str,
    stop: CancellationToken,
) -> Result<(), PipelineError> {
    let limits = ReadLimits {
        records_max: stage.config.read_records_max,
        bytes_max: stage.config.batch.bytes_max,
        wait_max: Duration::from_millis(stage.config.read_wait_ms_max),
    };
    let retry = stage.config.retry.clone();
    let joined = Reader::subscribe(&stage.log, &stage.warehouse, (topic, group), limits, &retry);
    let reader = tokio::select! {
        reader = joined => reader?,
        () = stop.cancelled() => return Ok(()),
    };
    let checkpoints = watch::Sender::new(Checkpoints::new());
    let lag = measure_lag(stage.clone(), topic, checkpoints.subscribe());
    let (lanes, running) = (BTreeMap::new(), JoinSet::new());
    let pace = Pace::default();
    let worker = Worker { stage, topic, reader, lanes, lanes_ever: 0, running, pace, checkpoints };
    tokio::select! {
        outcome = worker.run(stop) => outcome,
        () = lag => Ok(()),
    }
}

impl Worker {
    async fn run(mut self, stop: CancellationToken) -> Result<(), PipelineError> {
        loop {
            self.start_due();
            let has_room = self.has_room();
            let next_due = self.next_due();
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(done) = self.running.join_next() => self.settle(done)?,
                read = self.reader.next(), if has_room => self.take(read?),
                () = tokio::time::sleep_until(next_due) => {}
            }
        }
        self.drain().await
    }

    /// Whether more may be read: the buffers have room, or a plan waits for records.
    fn has_room(&self) -> bool {
        let bytes: usize = self.lanes.values().map(Lane::bytes).sum();
        bytes < self.stage.config.buffered_bytes_max || self.lanes.values().any(Lane::is_short)
    }

    fn may_start(&self) -> bool {
        self.running.len() < self.stage.config.batches_max.max(1)
    }

    /// When a lane is due that could start; far away when none can.
    fn next_due(&self) -> Instant {
        let bounds = &self.stage.config.batch;
        let wait = self.pace.wait(bounds);
        let lanes = self.lanes.values().filter(|_| self.may_start());
        lanes
            .filter_map(|lane| lane.due_at(bounds.bytes_max, wait))
            .min()
            .unwrap_or_else(|| Instant::now() + IDLE_MAX)
    }

    /// Starts batches while a lane is due. Each takes in, the longest waiting first, all lanes that have
    /// records, until it is full: what a commit costs is shared.
    fn start_due(&mut self) {
        let now = Instant::now();
        while self.may_start() && self.next_due() <= now {
            let lanes = self.lanes.iter();
            let ready = lanes.filter_map(|(id, lane)| Some((lane.ready_at()?, *id, lane.bytes())));
            let mut ready: Vec<_> = ready.filter(|(at, ..)| *at <= now).collect();
            ready.sort_unstable();
            let (mut bytes, mut shares) = (0, Vec::new());
            for (_, id, more) in ready {
                if bytes < self.stage.config.batch.bytes_max || shares.is_empty() {
                    shares.extend(self.lanes.get_mut(&id).and_then(|lane| lane.start(id)));
                    bytes += more;
                }
            }
            if shares.is_empty() {
                return;
            }
            self.start(shares);
        }
    }

    fn start(&mut self, mut shares: Vec<Share>) {
        let (stage, topic, begun) = (self.stage.clone(), self.topic, Instant::now());
        self.running.spawn(async move {
            let outcome = batch::advance(&stage, topic, &mut shares).await;
            BatchEnd { begun, shares, outcome }
        });
    }

    /// Takes in what a batch came to.
    fn settle(&mut self, done: Result<BatchEnd, JoinError>) -> Result<(), PipelineError> {
        let BatchEnd { begun, shares, outcome } = done.map_err(PipelineError::Panicked)?;
        let (now, advances) = (Instant::now(), outcome?);
        if advances.rows > 0 {
            self.pace.observe(begun, advances.rows, now);
        }
        let rest = now + Duration::from_millis(self.stage.config.retry.wait_ms_max);
        for (share, advance) in shares.into_iter().zip(advances.each) {
            let id = share.id;
            // One that was lost meanwhile, or lost and assigned anew, knows nothing of this batch.
            let lane = self.lanes.get_mut(&id).filter(|lane| lane.number == share.lane);
            let Some(lane) = lane else { continue };
            if let Advance::To(offset) | Advance::ReadFrom(offset) = advance {
                self.checkpoints.send_modify(|all| {
                    all.insert(id, offset);
                });
            }
            if let Some(offset) = lane.settle(share, advance, rest) {
                self.reader.seek(id, offset);
            }
        }
        Ok(())
    }

    /// Takes in what a read brought.
    fn take(&mut self, read: Read) {
        let Read { seeks, log: LogRead { assignment, records } } = read;
        if let Some(assigned) = assignment {
            self.assign(&assigned);
        }
        for (id, offset) in seeks {
            if let Some(lane) = self.lanes.get_mut(&id) {
                lane.sought(offset);
            }
        }
        let now = Instant::now();
        for record in records {
            let id = record.position.partition;
            let Some(lane) = self.lanes.get_mut(&id) else { continue };
            if let Some(offset) = lane.take(record, now) {
                self.reader.seek(id, offset);
            }
        }
    }

    /// Drops everything of the partitions that are not ours any more, and begins the new ones.
    fn assign(&mut self, assigned: &[PartitionId]) {
        info!(log.topic = %self.topic, log.partitions = assigned.len(), "partitions assigned");
        let lost: Vec<_> = self.lanes.keys().filter(|id| !assigned.contains(id)).copied().collect();
        for id in lost {
            self.lanes.remove(&id);
            metrics::gauge!(telemetry::DEDUP_KEYS, "partition" => id.0.to_string()).set(0.0);
        }
        self.checkpoints.send_modify(|all| all.retain(|id, _| assigned.contains(id)));
        for id in assigned {
            self.lanes_ever += 1;
            let number = self.lanes_ever;
            self.lanes.entry(*id).or_insert_with(|| Lane::new(self.topic, *id, number));
        }
    }

    /// Lets the batches under way end, for a while.
    async fn drain(mut self) -> Result<(), PipelineError> {
        let until = Instant::now() + Duration::from_millis(self.stage.config.drain_ms_max);
        while let Ok(Some(done)) = tokio::time::timeout_at(until, self.running.join_next()).await {
            self.settle(done)?;
        }
        Ok(())
    }
}

/// Measures, again and again, how far the checkpoints are behind the log's end.
async fn measure_lag(stage: Arc<Stage>, topic: Topic, checkpoints: watch::Receiver<Checkpoints>) {
    let every = Duration::from_millis(stage.config.lag_every_ms.max(1));
    loop {
        tokio::time::sleep(every).await;
        let checkpoints = checkpoints.borrow().clone();
        let mut lag = 0;
        for (partition, checkpoint) in checkpoints {
            if let Ok(end) = stage.log.end(topic, partition).await {
                lag += end.0.saturating_sub(checkpoint.0);
            }
        }
        metrics::gauge!(telemetry::LAG_RECORDS, "topic" => topic.as_str()).set(lag as f64);
    }
}

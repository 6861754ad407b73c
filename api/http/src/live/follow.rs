//! The one reader of the log's updates in this process.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use stratum_models::log::{EventLog, LogRecord, Offset, PartitionId, ReadLimits, Resume, Topic};
use stratum_models::record::{self, RecordKind};
use stratum_models::store::{StoreError, StoreErrorKind};
use stratum_models::update::{Update, updates_of};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Hub;

const PARTITION: PartitionId = PartitionId(0);
const LIMITS: ReadLimits =
    ReadLimits { records_max: 256, bytes_max: 1024 * 1024, wait_max: Duration::from_secs(1) };
/// The time that a log that failed is left alone.
const RETRY_WAIT: Duration = Duration::from_secs(1);

/// Begins after what was read before; the first time so far back that the history may fill.
struct After {
    hub: Arc<Hub>,
    log: Arc<dyn EventLog>,
}

#[async_trait]
impl Resume for After {
    async fn resume_at(&self, topic: Topic, partition: PartitionId) -> Result<Offset, StoreError> {
        if let Some(next) = self.hub.next() {
            return Ok(Offset(next));
        }
        let Offset(end) = self.log.end(topic, partition).await?;
        Ok(Offset(end.saturating_sub(self.hub.config().history_max as u64)))
    }
}

/// Reads until `stop` and hands on. A log that is away is tried again; nothing is missed by that
/// unless retention was faster, and then the watchers are told.
pub async fn follow(hub: Arc<Hub>, log: Arc<dyn EventLog>, reader: Uuid, stop: CancellationToken) {
    // A group of its own: every process reads everything.
    let group = format!("stratum-live-{reader}");
    loop {
        let error = tokio::select! {
            () = stop.cancelled() => return,
            ended = read(&hub, &log, &group) => match ended {
                Ok(()) => return,
                Err(error) => error,
            },
        };
        tracing::warn!(error = %error, "live updates are not read and will be tried again");
        if error.kind == StoreErrorKind::Invalid {
            hub.forget();
        }
        if stop.run_until_cancelled(tokio::time::sleep(RETRY_WAIT)).await.is_none() {
            return;
        }
    }
}

async fn read(hub: &Arc<Hub>, log: &Arc<dyn EventLog>, group: &str) -> Result<(), StoreError> {
    let Offset(end) = log.end(Topic::Updates, PARTITION).await?;
    let resume = Arc::new(After { hub: hub.clone(), log: log.clone() });
    let mut subscription = log.subscribe(Topic::Updates, group, resume).await?;
    let mut is_assigned = false;
    loop {
        let read = subscription.next(LIMITS).await?;
        let is_news = read.assignment.is_some();
        is_assigned |= read.assignment.is_some_and(|partitions| !partitions.is_empty());
        for record in &read.records {
            hub.publish(record.position.offset.0, &updates(record));
        }
        // Retention may have taken what stood before the end.
        let is_idle = is_assigned && !is_news && read.records.is_empty();
        if is_idle || end == 0 || hub.next().is_some_and(|next| next >= end) {
            hub.set_caught_up();
        }
    }
}

fn updates(record: &LogRecord) -> Vec<Update> {
    let decoded = match record::decode(&record.bytes) {
        Ok((RecordKind::Updates, rows)) => updates_of(&rows).map_err(|error| error.to_string()),
        Ok((kind, _)) => Err(format!("{kind} do not belong to this topic")),
        Err(error) => Err(error.to_string()),
    };
    decoded.unwrap_or_else(|error| {
        let offset = record.position.offset.0;
        tracing::warn!(error, log.offset = offset, "record of updates cannot be read");
        Vec::new()
    })
}

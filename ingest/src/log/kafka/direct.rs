//! Reads of one partition beside every group, and what is given up of it.
//!
//! A consumer that is in no group is assigned the partition for one read and kept for the next: making
//! one costs connections and threads.

use std::sync::Arc;

use bytes::Bytes;
use metrics::counter;
use parking_lot::Mutex;
use rdkafka::TopicPartitionList;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::config::FromClientConfigAndContext as _;
use rdkafka::consumer::{Consumer as _, StreamConsumer};
use rdkafka::message::Message as _;
use stratum_models::log::{LogRecord, Offset, PartitionId, Position, ReadLimits, Topic};
use stratum_models::store::StoreError;
use stratum_models::time::UnixMillis;
use tokio::time::{Instant, timeout_at};

use super::client::{Quiet, failed};
use super::subscription::{GroupContext, at};
use super::{Cluster, watermarks};
use crate::log::{check_reached, invalid, unavailable};
use crate::telemetry;

/// The name of a group that a consumer needs, though it joins none.
const GROUP: &str = "direct";
/// Consumers kept for further reads.
const READERS_MAX: usize = 4;

type Consumer = StreamConsumer<GroupContext>;
type Place = (Topic, PartitionId);

/// Consumers that nobody reads with at the moment.
#[derive(Clone, Default)]
pub(super) struct Readers {
    idle: Arc<Mutex<Vec<Consumer>>>,
}

impl Readers {
    fn take(&self, cluster: &Cluster) -> Result<Reader, StoreError> {
        let idle = self.idle.lock().pop();
        let consumer = idle.map_or_else(
            || {
                let config = cluster.config.consumer(GROUP);
                Consumer::from_config_and_context(&config, GroupContext::default())
            },
            Ok,
        );
        let consumer = consumer.map_err(|error| failed("the consumer cannot be made", error))?;
        Ok(Reader { readers: self.clone(), consumer: Some(Arc::new(consumer)) })
    }

    /// The records from an offset on, within the limits.
    pub(super) async fn read(
        &self,
        cluster: &Cluster,
        (topic, partition): Place,
        Offset(from): Offset,
        limits: ReadLimits,
    ) -> Result<Vec<LogRecord>, StoreError> {
        let deadline = Instant::now() + limits.wait_max;
        let (oldest, end) = watermarks(cluster, topic, partition).await?;
        check_reached(topic, partition, from, end)?;
        let mut next = from.max(oldest);
        let reader = self.take(cluster)?;
        let consumer = reader.begin(cluster, (topic, partition), next)?;
        let (mut records, mut bytes) = (Vec::new(), 0);
        // What was there when the read began is waited for, and more is not once something came.
        while records.is_empty() || next < end {
            if records.len() >= limits.records_max.max(1) || bytes >= limits.bytes_max.max(1) {
                break;
            }
            let Ok(message) = timeout_at(deadline, consumer.recv()).await else { break };
            let message = match message {
                Ok(message) => message,
                // An error shows again at the next read, with no records that it could take along.
                Err(_) if !records.is_empty() => break,
                Err(error) => return Err(failed("the read failed", error)),
            };
            let offset = u64::try_from(message.offset()).unwrap_or(0);
            if offset < next {
                continue;
            }
            next = offset + 1;
            let payload = Bytes::copy_from_slice(message.payload().unwrap_or_default());
            bytes += payload.len();
            let position = Position { topic, partition, offset: Offset(offset) };
            records.push(LogRecord { position, bytes: payload });
        }
        let topic = topic.as_str();
        counter!(telemetry::LOG_READ_RECORDS, "topic" => topic).increment(records.len() as u64);
        counter!(telemetry::LOG_READ_BYTES, "topic" => topic).increment(bytes as u64);
        Ok(records)
    }

    /// The first record appended at an instant or later; the end if there is none.
    pub(super) async fn offset_at(
        &self,
        cluster: &Cluster,
        (topic, partition): Place,
        instant: UnixMillis,
    ) -> Result<Offset, StoreError> {
        let (oldest, end) = watermarks(cluster, topic, partition).await?;
        let instants = list(cluster, (topic, partition), u64::try_from(instant.0).unwrap_or(0))?;
        let reader = self.take(cluster)?;
        let consumer = reader.consumer()?.clone();
        let wait = cluster.request_wait();
        let asked = tokio::task::spawn_blocking(move || consumer.offsets_for_times(instants, wait));
        let asked = asked.await;
        let found = asked
            .map_err(|error| unavailable("a request ended early").caused_by(error))?
            .map_err(|error| failed("the place of an instant is not known", error))?;
        let found = found.elements().first().and_then(|place| match place.offset() {
            rdkafka::Offset::Offset(offset) => u64::try_from(offset).ok(),
            _ => None,
        });
        Ok(Offset(found.map_or(end, |offset| offset.max(oldest))))
    }
}

/// A consumer for one read.
struct Reader {
    readers: Readers,
    /// There until dropped.
    consumer: Option<Arc<Consumer>>,
}

impl Reader {
    fn consumer(&self) -> Result<&Arc<Consumer>, StoreError> {
        self.consumer.as_ref().ok_or_else(|| unavailable("the reader is closed"))
    }

    fn begin(&self, cluster: &Cluster, place: Place, from: u64) -> Result<&Consumer, StoreError> {
        let consumer = self.consumer()?;
        let assigned = consumer.assign(&list(cluster, place, from)?);
        assigned.map_err(|error| failed("the partition cannot be read", error))?;
        Ok(consumer)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // A request that was given up may hold it still.
        let Some(Ok(consumer)) = self.consumer.take().map(Arc::try_unwrap) else { return };
        let mut idle = self.readers.idle.lock();
        if consumer.unassign().is_ok() && idle.len() < READERS_MAX {
            idle.push(consumer);
        }
    }
}

fn list(
    cluster: &Cluster,
    (topic, partition): Place,
    offset: u64,
) -> Result<TopicPartitionList, StoreError> {
    let number = i32::try_from(partition.0).map_err(|_| invalid("no such partition"))?;
    let mut list = TopicPartitionList::new();
    let added = list.add_partition_offset(&cluster.config.topic_name(topic), number, at(offset));
    added.map_err(|error| failed("no such place", error))?;
    Ok(list)
}

/// Has the brokers delete the records of a partition before an offset.
pub(super) async fn release(
    cluster: &Cluster,
    (topic, partition): Place,
    Offset(before): Offset,
) -> Result<(), StoreError> {
    let (oldest, end) = watermarks(cluster, topic, partition).await?;
    check_reached(topic, partition, before, end)?;
    if before <= oldest {
        return Ok(());
    }
    let list = list(cluster, (topic, partition), before)?;
    let admin = AdminClient::from_config_and_context(&cluster.config.admin(), Quiet);
    let admin = admin.map_err(|error| failed("the client cannot be made", error))?;
    let wait = Some(cluster.request_wait());
    let options = AdminOptions::new().request_timeout(wait).operation_timeout(wait);
    let deleted = admin.delete_records(&list, &options).await;
    let deleted = deleted.map_err(|error| failed("records cannot be given up", error))?;
    for place in deleted.elements() {
        place.error().map_err(|error| failed("records cannot be given up", error))?;
    }
    Ok(())
}

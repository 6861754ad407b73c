//! The log on Apache Kafka: an idempotent producer that waits for all copies, consumers that keep no
//! offsets in Kafka. The topics are made when they are not there.

mod append;
mod client;
mod config;
mod direct;
mod subscription;
mod topics;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use metrics::{counter, histogram};
use parking_lot::RwLock;
use rdkafka::config::FromClientConfigAndContext as _;
use rdkafka::consumer::{Consumer as _, StreamConsumer};
use rdkafka::producer::{FutureProducer, Producer as _};
use stratum_models::log::{
    EventLog, LogRecord, NewRecord, Offset, PartitionId, Position, ReadLimits, Resume,
    Subscription, Topic,
};
use stratum_models::store::StoreError;
use stratum_models::time::UnixMillis;

use client::{Quiet, failed};
pub use config::{GroupProtocol, KafkaLogConfig, Property};
use subscription::{GroupContext, KafkaSubscription};

use super::{check, invalid, unavailable};
use crate::telemetry;

/// The time that the whole of an append may take beyond that of its records.
const APPEND_SLACK: Duration = Duration::from_secs(1);

/// The log on a Kafka cluster.
pub struct KafkaLog {
    cluster: Arc<Cluster>,
    readers: direct::Readers,
}

struct Cluster {
    config: KafkaLogConfig,
    producer: RwLock<FutureProducer<Quiet>>,
}

impl Cluster {
    fn request_wait(&self) -> Duration {
        Duration::from_millis(self.config.request_ms_max)
    }

    /// The producer; a new one when the last met an error that it cannot recover from.
    fn producer(&self) -> Result<FutureProducer<Quiet>, StoreError> {
        let producer = self.producer.read().clone();
        let Some((code, text)) = producer.client().fatal_error() else { return Ok(producer) };
        let mut current = self.producer.write();
        if current.client().fatal_error().is_some() {
            tracing::error!(kafka.error = %code, kafka.text = text, "the producer is made anew");
            *current = make_producer(&self.config)?;
        }
        Ok(current.clone())
    }
}

fn make_producer(config: &KafkaLogConfig) -> Result<FutureProducer<Quiet>, StoreError> {
    let made = FutureProducer::from_config_and_context(&config.producer(), Quiet);
    made.map_err(|error| failed("the producer cannot be made", error))
}

/// The offsets of the oldest record kept and of the next one.
async fn watermarks(
    cluster: &Cluster,
    topic: Topic,
    partition: PartitionId,
) -> Result<(u64, u64), StoreError> {
    let (producer, wait) = (cluster.producer()?, cluster.request_wait());
    let name = cluster.config.topic_name(topic);
    let number = i32::try_from(partition.0).map_err(|_| invalid("no such partition"))?;
    let fetch = move || producer.client().fetch_watermarks(&name, number, wait);
    let fetched = tokio::task::spawn_blocking(fetch).await;
    let (oldest, end) = fetched
        .map_err(|error| unavailable("a request ended early").caused_by(error))?
        .map_err(|error| failed("the ends of a partition are not known", error))?;
    Ok((oldest.max(0).unsigned_abs(), end.max(0).unsigned_abs()))
}

impl KafkaLog {
    /// Connects to the cluster and makes the topics that are not there. `Unavailable` when it does not
    /// answer in time, `Invalid` when a topic has another number of partitions.
    pub async fn connect(config: KafkaLogConfig) -> Result<KafkaLog, StoreError> {
        config.check()?;
        let producer = make_producer(&config)?;
        topics::prepare(&config, &producer).await?;
        let cluster = Arc::new(Cluster { config, producer: RwLock::new(producer) });
        Ok(KafkaLog { cluster, readers: direct::Readers::default() })
    }
}

impl KafkaLog {
    fn check_partition(&self, topic: Topic, partition: PartitionId) -> Result<(), StoreError> {
        if partition.0 >= self.partitions(topic) {
            return Err(invalid(format!("{topic} has no partition {}", partition.0)));
        }
        Ok(())
    }
}

fn count(records: &[NewRecord]) {
    let mut sums = BTreeMap::<Topic, (u64, u64)>::new();
    for record in records {
        let (count, bytes) = sums.entry(record.topic).or_default();
        *count += 1;
        *bytes += record.bytes.len() as u64;
    }
    for (topic, (count, bytes)) in sums {
        counter!(telemetry::LOG_APPENDED_RECORDS, "topic" => topic.as_str()).increment(count);
        counter!(telemetry::LOG_APPENDED_BYTES, "topic" => topic.as_str()).increment(bytes);
    }
}

#[async_trait]
impl EventLog for KafkaLog {
    fn partitions(&self, topic: Topic) -> u32 {
        self.cluster.config.partitions(topic)
    }

    async fn append(&self, records: Vec<NewRecord>) -> Result<Vec<Position>, StoreError> {
        check(self, &records)?;
        let (cluster, begun) = (&self.cluster, Instant::now());
        let producer = cluster.producer()?;
        let wait = Duration::from_millis(cluster.config.append_ms_max) + APPEND_SLACK;
        let answer = append::append(&cluster.config, &producer, &records);
        let answer = tokio::time::timeout(wait, answer).await;
        let answer = answer.unwrap_or_else(|_| Err(unavailable("no acknowledgement in time")));
        match &answer {
            Ok(_) => {
                histogram!(telemetry::LOG_COMMIT_SECONDS).record(begun.elapsed());
                count(&records);
            }
            Err(error) => {
                let kind = error.kind.to_string();
                counter!(telemetry::LOG_APPEND_FAILURES, "kind" => kind).increment(1);
            }
        }
        answer
    }

    async fn subscribe(
        &self,
        topic: Topic,
        group: &str,
        resume: Arc<dyn Resume>,
    ) -> Result<Box<dyn Subscription>, StoreError> {
        let config = &self.cluster.config;
        let name = config.topic_name(topic);
        let consumer = StreamConsumer::from_config_and_context(
            // Topics are read apart: members of one group all read the same one.
            &config.consumer(&format!("{group}.{topic}")),
            GroupContext::default(),
        );
        let consumer = consumer.map_err(|error| failed("the consumer cannot be made", error))?;
        let subscribed = consumer.subscribe(&[&name]);
        subscribed.map_err(|error| failed("the group cannot be joined", error))?;
        Ok(Box::new(KafkaSubscription {
            cluster: self.cluster.clone(),
            topic,
            name,
            resume,
            consumer: Some(Arc::new(consumer)),
            positions: BTreeMap::new(),
            told: None,
        }))
    }

    async fn read(
        &self,
        topic: Topic,
        partition: PartitionId,
        from: Offset,
        limits: ReadLimits,
    ) -> Result<Vec<LogRecord>, StoreError> {
        self.check_partition(topic, partition)?;
        self.readers.read(&self.cluster, (topic, partition), from, limits).await
    }

    async fn offset_at(
        &self,
        topic: Topic,
        partition: PartitionId,
        instant: UnixMillis,
    ) -> Result<Offset, StoreError> {
        self.check_partition(topic, partition)?;
        self.readers.offset_at(&self.cluster, (topic, partition), instant).await
    }

    async fn release(
        &self,
        topic: Topic,
        partition: PartitionId,
        before: Offset,
    ) -> Result<(), StoreError> {
        self.check_partition(topic, partition)?;
        direct::release(&self.cluster, (topic, partition), before).await
    }

    async fn end(&self, topic: Topic, partition: PartitionId) -> Result<Offset, StoreError> {
        self.check_partition(topic, partition)?;
        Ok(Offset(watermarks(&self.cluster, topic, partition).await?.1))
    }
}

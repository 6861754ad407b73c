//! Makes the topics that are not there, and refuses those that are not as they should be.

use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::producer::{FutureProducer, Producer as _};
use stratum_models::log::Topic;
use stratum_models::store::StoreError;
use tokio::time::Instant;

use super::client::{Quiet, failed};
use super::config::KafkaLogConfig;
use crate::log::{invalid, unavailable};

/// Between two looks at a topic that is being made.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Makes sure that every topic is there with its partitions, each led by a broker.
pub(super) async fn prepare(
    config: &KafkaLogConfig,
    producer: &FutureProducer<Quiet>,
) -> Result<(), StoreError> {
    let deadline = Instant::now() + Duration::from_millis(config.request_ms_max);
    for topic in Topic::ALL {
        let wanted = config.partitions(*topic);
        let mut made = false;
        loop {
            match led_partitions(config, producer, *topic).await? {
                LedPartitions::Partitions { led, all } if all == wanted && led == all => break,
                LedPartitions::Partitions { all, .. } if all != wanted && all > 0 => {
                    let name = config.topic_name(*topic);
                    return Err(invalid(format!(
                        "topic {name} has {all} partitions, {wanted} are asked for: they are fixed"
                    )));
                }
                LedPartitions::Nothing if !made => {
                    make(config, *topic).await?;
                    made = true;
                }
                _ => {}
            }
            if Instant::now() >= deadline {
                return Err(unavailable(format!("topic {topic} is not ready")));
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
    Ok(())
}

enum LedPartitions {
    Nothing,
    Partitions { led: u32, all: u32 },
}

async fn led_partitions(
    config: &KafkaLogConfig,
    producer: &FutureProducer<Quiet>,
    topic: Topic,
) -> Result<LedPartitions, StoreError> {
    let (name, producer) = (config.topic_name(topic), producer.clone());
    let wait = Duration::from_millis(config.request_ms_max);
    let fetch = move || producer.client().fetch_metadata(Some(&name), wait);
    let fetched = tokio::task::spawn_blocking(fetch).await;
    let metadata = fetched
        .map_err(|error| unavailable("a request ended early").caused_by(error))?
        .map_err(|error| failed("the cluster does not answer", error))?;
    let Some(topic) = metadata.topics().first() else { return Ok(LedPartitions::Nothing) };
    match topic.error().map(RDKafkaErrorCode::from) {
        None => {}
        Some(RDKafkaErrorCode::UnknownTopicOrPartition) => return Ok(LedPartitions::Nothing),
        Some(code) => {
            let error = rdkafka::error::KafkaError::MetadataFetch(code);
            return Err(failed("the topic cannot be looked at", error));
        }
    }
    let all = topic.partitions().len() as u32;
    let led = topic.partitions().iter().filter(|partition| partition.leader() >= 0).count() as u32;
    Ok(LedPartitions::Partitions { led, all })
}

/// Makes one topic; that somebody else made it meanwhile is as good.
async fn make(config: &KafkaLogConfig, topic: Topic) -> Result<(), StoreError> {
    let (name, wait) = (config.topic_name(topic), Duration::from_millis(config.request_ms_max));
    let admin: AdminClient<Quiet> =
        rdkafka::config::FromClientConfigAndContext::from_config_and_context(
            &config.admin(),
            Quiet,
        )
        .map_err(|error| failed("the client cannot be made", error))?;
    let copies = config.replication_factor.map_or(-1, i32::from);
    let partitions =
        i32::try_from(config.partitions(topic)).map_err(|_| invalid("too many partitions"))?;
    let retention_ms = config.retention_ms(topic).to_string();
    let mut new = NewTopic::new(&name, partitions, TopicReplication::Fixed(copies))
        .set("cleanup.policy", "delete")
        .set("retention.ms", &retention_ms);
    let retention_bytes = config.retention_bytes(topic).map(|bytes| bytes.to_string());
    if let Some(bytes) = &retention_bytes {
        new = new.set("retention.bytes", bytes);
    }
    if topic == Topic::Updates {
        // Whole segments are dropped, and the broker's own are of a week.
        new = new.set("segment.ms", &retention_ms);
    }
    let options = AdminOptions::new().request_timeout(Some(wait)).operation_timeout(Some(wait));
    let results = admin.create_topics([&new], &options).await;
    let results = results.map_err(|error| failed("the topic cannot be made", error))?;
    for result in results {
        match result {
            Ok(_) => tracing::info!(kafka.topic = name, "topic made"),
            Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((_, code)) => {
                let error = rdkafka::error::KafkaError::AdminOp(code);
                return Err(failed("the topic cannot be made", error));
            }
        }
    }
    Ok(())
}

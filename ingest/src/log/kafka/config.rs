//! Settings of the log on a Kafka cluster.

use std::collections::BTreeMap;
use std::fmt;

use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;
use serde::{Deserialize, Serialize};
use stratum_models::log::{RECORD_BYTES_MAX, Topic};
use stratum_models::store::StoreError;

use crate::log::invalid;

/// Which way groups share partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupProtocol {
    /// KIP-848, Apache Kafka 4: the broker assigns, and only what moves stands still.
    Consumer,
    /// The older protocol with cooperative-sticky assignment, for brokers without the other.
    Classic,
}

/// A client property beside those the log sets itself. Its value may be a secret and is never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Property(pub String);

impl fmt::Debug for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"…\"")
    }
}

/// The log on Apache Kafka.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KafkaLogConfig {
    /// Where to find the cluster: `host:port`, comma-separated.
    pub brokers: String,
    /// The prefix of the names of topics, and of the groups of their readers.
    pub topic_prefix: String,
    /// Partitions of the events, fixed when the topic is made. They bound how many workers share the
    /// load.
    pub events_partitions: u32,
    /// Partitions of the ad reports, fixed when the topic is made.
    pub ad_reports_partitions: u32,
    /// Partitions of what is handed on to platforms, fixed when the topic is made. All of a dataset
    /// lies in one of them.
    pub deliveries_partitions: u32,
    /// Copies of each record, when a topic is made; the cluster's own default when not set.
    pub replication_factor: Option<u16>,
    /// The hours that records are kept, when a topic is made.
    pub retention_hours: u32,
    /// The same for updates, hints that are of no use once they are old, in milliseconds.
    pub updates_retention_ms: u64,
    /// Bytes of deliveries kept, over all their partitions, when the topic is made; the oldest go first.
    pub deliveries_bytes: u64,
    /// The protocol by which groups share partitions.
    pub group_protocol: GroupProtocol,
    /// An append that the brokers have not acknowledged after this long fails as `Unavailable`, in
    /// milliseconds.
    pub append_ms_max: u64,
    /// Any other request, in milliseconds.
    pub request_ms_max: u64,
    /// A reader that does not ask for more for this long loses its partitions, in milliseconds.
    pub poll_ms_max: u64,
    /// Bytes of records that may wait to be sent; more are refused as `Unavailable`.
    pub queue_bytes_max: usize,
    /// Bytes a subscription may read ahead.
    pub fetch_bytes_max: usize,
    /// Further properties of the Kafka client, such as `security.protocol` and `sasl.password`. Those
    /// that the log's promises rest on cannot be set.
    pub properties: BTreeMap<String, Property>,
}

impl Default for KafkaLogConfig {
    fn default() -> Self {
        KafkaLogConfig {
            brokers: "127.0.0.1:9092".into(),
            topic_prefix: "stratum.".into(),
            events_partitions: 12,
            ad_reports_partitions: 4,
            deliveries_partitions: 12,
            replication_factor: None,
            retention_hours: 7 * 24,
            updates_retention_ms: 3_600_000,
            deliveries_bytes: 10 * 1024 * 1024 * 1024,
            group_protocol: GroupProtocol::Consumer,
            append_ms_max: 10_000,
            request_ms_max: 10_000,
            poll_ms_max: 300_000,
            queue_bytes_max: 64 * 1024 * 1024,
            fetch_bytes_max: 16 * 1024 * 1024,
            properties: BTreeMap::new(),
        }
    }
}

/// The settings that the promises of the log rest on.
const OURS: &[&str] = &[
    "acks",
    "allow.auto.create.topics",
    "auto.offset.reset",
    "bootstrap.servers",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.idempotence",
    "enable.partition.eof",
    "group.id",
    "group.protocol",
    "isolation.level",
    "message.timeout.ms",
    "delivery.timeout.ms",
    "partition.assignment.strategy",
    "request.required.acks",
];

impl KafkaLogConfig {
    /// Refuses what cannot work.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        if Topic::ALL.iter().any(|topic| self.partitions(*topic) == 0) {
            return Err(invalid("a topic has at least 1 partition"));
        }
        if self.queue_bytes_max < RECORD_BYTES_MAX || self.fetch_bytes_max < RECORD_BYTES_MAX {
            return Err(invalid("queue_bytes_max and fetch_bytes_max must hold a record"));
        }
        match self.properties.keys().find(|key| OURS.contains(&key.as_str())) {
            Some(key) => Err(invalid(format!("the property {key} cannot be set"))),
            None => Ok(()),
        }
    }

    /// The topic's name in the cluster.
    pub fn topic_name(&self, topic: Topic) -> String {
        format!("{}{topic}", self.topic_prefix)
    }

    pub(super) fn partitions(&self, topic: Topic) -> u32 {
        match topic {
            Topic::Events => self.events_partitions,
            Topic::AdReports => self.ad_reports_partitions,
            Topic::Updates => 1,
            Topic::Deliveries => self.deliveries_partitions,
        }
    }

    /// The time that records of a topic are kept, in milliseconds.
    pub(super) fn retention_ms(&self, topic: Topic) -> u64 {
        match topic {
            Topic::Events | Topic::AdReports | Topic::Deliveries => {
                u64::from(self.retention_hours) * 3_600_000
            }
            Topic::Updates => self.updates_retention_ms,
        }
    }

    /// The bytes that a partition of a topic keeps; `None` for as many as come in that time.
    pub(super) fn retention_bytes(&self, topic: Topic) -> Option<u64> {
        let partitions = u64::from(self.deliveries_partitions.max(1));
        (topic == Topic::Deliveries).then_some(self.deliveries_bytes / partitions)
    }

    fn client(&self) -> ClientConfig {
        let mut client = ClientConfig::new();
        client
            .set("bootstrap.servers", &self.brokers)
            .set("client.id", "stratum")
            .set("socket.timeout.ms", self.request_ms_max.max(1_000).to_string())
            .set("socket.keepalive.enable", "true")
            // A broker that was away is tried again within a second.
            .set("reconnect.backoff.max.ms", "1000")
            .set("allow.auto.create.topics", "false")
            .set("log.connection.close", "false");
        for (key, Property(value)) in &self.properties {
            client.set(key, value);
        }
        client.set_log_level(if self.properties.contains_key("debug") {
            RDKafkaLogLevel::Debug
        } else {
            RDKafkaLogLevel::Info
        });
        client
    }

    pub(super) fn admin(&self) -> ClientConfig {
        self.client()
    }

    pub(super) fn producer(&self) -> ClientConfig {
        let mut client = self.client();
        client
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("message.timeout.ms", self.append_ms_max.to_string())
            // Records are gathered for some milliseconds, and compressed, before they get here.
            .set("linger.ms", "0")
            .set("compression.type", "none")
            .set("queue.buffering.max.kbytes", (self.queue_bytes_max / 1024).to_string());
        client
    }

    pub(super) fn consumer(&self, group: &str) -> ClientConfig {
        let fetch_kbytes = (self.fetch_bytes_max / 1024).to_string();
        let mut client = self.client();
        client
            .set("group.id", format!("{}{group}", self.topic_prefix))
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            // Where the offset asked for was dropped meanwhile.
            .set("auto.offset.reset", "earliest")
            .set("max.poll.interval.ms", self.poll_ms_max.to_string())
            .set("fetch.wait.max.ms", "500")
            .set("queued.max.messages.kbytes", fetch_kbytes)
            .set("fetch.max.bytes", self.fetch_bytes_max.to_string())
            .set("max.partition.fetch.bytes", (1024 * 1024).to_string())
            .set("check.crcs", "true");
        match self.group_protocol {
            GroupProtocol::Consumer => client.set("group.protocol", "consumer"),
            GroupProtocol::Classic => client
                .set("group.protocol", "classic")
                .set("partition.assignment.strategy", "cooperative-sticky")
                .set("session.timeout.ms", self.poll_ms_max.min(10_000).to_string()),
        };
        client
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_promises_rest_on_cannot_be_set() {
        let with = |key: &str| KafkaLogConfig {
            properties: [(key.to_string(), Property("1".into()))].into(),
            ..KafkaLogConfig::default()
        };
        assert!(with("acks").check().unwrap_err().to_string().contains("acks"));
        assert!(with("enable.auto.commit").check().is_err());
        assert!(with("sasl.password").check().is_ok());
    }

    #[test]
    fn a_property_is_not_printed() {
        let text = r#"{"properties": {"sasl.password": "hunter2"}}"#;
        let config: KafkaLogConfig = serde_json::from_str(text).unwrap();
        assert_eq!(config.admin().get("sasl.password"), Some("hunter2"));
        let printed = format!("{config:?}");
        assert!(printed.contains("sasl.password") && !printed.contains("hunter2"), "{printed}");
    }

    #[test]
    fn unknown_keys_are_refused() {
        assert!(serde_json::from_str::<KafkaLogConfig>(r#"{"broker": "a:1"}"#).is_err());
    }
}

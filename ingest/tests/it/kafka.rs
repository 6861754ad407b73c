//! The log on a real Kafka broker: its contract, and what only a broker can do to us.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what helps the tests fails as they do"
)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::{ClientConfig, Offset as KafkaOffset, TopicPartitionList};
use stratum_ingest::log::kafka::{GroupProtocol, KafkaLog, KafkaLogConfig, Property};
use stratum_models::log::{
    EventLog, NewRecord, Offset, PartitionId, Position, ReadLimits, Resume, Topic,
};
use stratum_models::store::{StoreError, StoreErrorKind};
use stratum_models::time::UnixMillis;
use stratum_testing::kafka_broker::KafkaBroker;
use stratum_testing::log_contract::{self, AD_REPORTS_PARTITIONS, EVENTS_PARTITIONS, LogHarness};
use tokio::sync::Mutex;

fn config(broker: &KafkaBroker, name: &str) -> KafkaLogConfig {
    KafkaLogConfig {
        brokers: broker.brokers(),
        topic_prefix: format!("{name}."),
        events_partitions: EVENTS_PARTITIONS,
        ad_reports_partitions: AD_REPORTS_PARTITIONS,
        deliveries_partitions: 1,
        append_ms_max: 3_000,
        ..KafkaLogConfig::default()
    }
}

struct OnBroker {
    broker: Mutex<KafkaBroker>,
    protocol: GroupProtocol,
    old: Mutex<BTreeMap<String, Vec<u64>>>,
}

impl OnBroker {
    async fn config(&self, case: &str) -> KafkaLogConfig {
        let name = format!("{case}-{:?}", self.protocol);
        let config = config(&*self.broker.lock().await, &name);
        KafkaLogConfig { group_protocol: self.protocol, ..config }
    }

    async fn connect(&self, case: &str) -> Arc<dyn EventLog> {
        Arc::new(KafkaLog::connect(self.config(case).await).await.unwrap())
    }
}

#[async_trait]
impl LogHarness for OnBroker {
    fn name(&self) -> &str {
        match self.protocol {
            GroupProtocol::Consumer => "kafka (KIP-848)",
            GroupProtocol::Classic => "kafka (classic)",
        }
    }

    async fn create(&self, case: &str) -> Arc<dyn EventLog> {
        self.connect(case).await
    }

    async fn reopen(&self, case: &str, log: Arc<dyn EventLog>) -> Option<Arc<dyn EventLog>> {
        drop(log);
        Some(self.connect(case).await)
    }

    async fn later(&self, _: &str) -> UnixMillis {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let now = UnixMillis(chrono::Utc::now().timestamp_millis());
        tokio::time::sleep(Duration::from_millis(20)).await;
        now
    }

    async fn grow_old(&self, case: &str, log: &dyn EventLog) {
        let mut ends = Vec::new();
        for partition in 0..EVENTS_PARTITIONS {
            ends.push(log.end(Topic::Events, PartitionId(partition)).await.unwrap().0);
        }
        self.old.lock().await.insert(case.into(), ends);
    }

    async fn retain(&self, case: &str) {
        let config = self.config(case).await;
        let mut list = TopicPartitionList::new();
        for (partition, end) in (0..).zip(&self.old.lock().await[case]) {
            let (name, offset) =
                (config.topic_name(Topic::Events), KafkaOffset::Offset(*end as i64));
            list.add_partition_offset(&name, partition, offset).unwrap();
        }
        let admin: AdminClient<DefaultClientContext> =
            ClientConfig::new().set("bootstrap.servers", &config.brokers).create().unwrap();
        admin.delete_records(&list, &AdminOptions::new()).await.unwrap();
    }

    async fn set_away(&self, _: &str, away: bool) -> bool {
        let mut broker = self.broker.lock().await;
        match away {
            true => broker.kill(),
            false => tokio::task::block_in_place(|| broker.restart()),
        }
        true
    }
}

async fn keeps_the_contract(protocol: GroupProtocol) {
    let broker = tokio::task::spawn_blocking(KafkaBroker::start).await.unwrap();
    let harness = OnBroker { broker: Mutex::new(broker), protocol, old: Mutex::default() };
    let report = log_contract::run(&harness).await;
    assert!(report.not_applicable.is_empty(), "{:?}", report.not_applicable);
}

#[tokio::test(flavor = "multi_thread")]
async fn keeps_the_contract_of_a_log() {
    keeps_the_contract(GroupProtocol::Consumer).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keeps_the_contract_of_a_log_with_classic_groups() {
    keeps_the_contract(GroupProtocol::Classic).await;
}

struct FromStart;

#[async_trait]
impl Resume for FromStart {
    async fn resume_at(&self, _: Topic, _: PartitionId) -> Result<Offset, StoreError> {
        Ok(Offset(0))
    }
}

/// Everything in the events topic.
async fn read_all(log: &KafkaLog) -> BTreeMap<Position, Bytes> {
    let mut ends = 0;
    for partition in 0..EVENTS_PARTITIONS {
        ends += log.end(Topic::Events, PartitionId(partition)).await.unwrap().0;
    }
    let mut subscription =
        log.subscribe(Topic::Events, "reader", Arc::new(FromStart)).await.unwrap();
    let limits =
        ReadLimits { records_max: 1000, bytes_max: 8 << 20, wait_max: Duration::from_secs(1) };
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut records = BTreeMap::new();
    while (records.len() as u64) < ends {
        assert!(Instant::now() < deadline, "{} of {ends} records are read", records.len());
        let read = subscription.next(limits).await.unwrap();
        records.extend(read.records.into_iter().map(|record| (record.position, record.bytes)));
    }
    records
}

/// Appends numbered records to a partition until told to stop, each until it is acknowledged.
async fn append_numbers(
    log: Arc<KafkaLog>,
    partition: u32,
    stop: Arc<AtomicBool>,
) -> (Vec<Position>, u32) {
    let (mut acknowledged, mut failures) = (Vec::new(), 0);
    while !stop.load(Ordering::Relaxed) {
        let text = format!("{partition}/{}", acknowledged.len());
        let bytes = Bytes::from(text);
        let record = NewRecord { topic: Topic::Events, partition: PartitionId(partition), bytes };
        let begun = Instant::now();
        match log.append(vec![record]).await {
            Ok(positions) => acknowledged.extend(positions),
            Err(error) => {
                assert_eq!(error.kind, StoreErrorKind::Unavailable, "{error}");
                failures += 1;
            }
        }
        assert!(begun.elapsed() < Duration::from_secs(5), "answered in {:?}", begun.elapsed());
    }
    (acknowledged, failures)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_away_for_ten_seconds_loses_and_mixes_nothing() {
    let mut broker = tokio::task::spawn_blocking(KafkaBroker::start).await.unwrap();
    let log = Arc::new(KafkaLog::connect(config(&broker, "outage")).await.unwrap());
    let stop = Arc::new(AtomicBool::new(false));
    let appenders = (0..EVENTS_PARTITIONS)
        .map(|partition| tokio::spawn(append_numbers(log.clone(), partition, stop.clone())));
    let appenders: Vec<_> = appenders.collect();
    let moved_on = async |since: u64| {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let end = log.end(Topic::Events, PartitionId(0)).await.map_or(0, |end| end.0);
            if end > since + 50 {
                return end;
            }
            assert!(Instant::now() < deadline, "appends stand still at {end}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let end = moved_on(0).await;
    // Gone from one moment to the next, with requests on their way.
    broker.kill();
    tokio::time::sleep(Duration::from_secs(10)).await;
    tokio::task::block_in_place(|| broker.restart());
    let end = moved_on(end).await;
    // There, but silent.
    broker.pause();
    tokio::time::sleep(Duration::from_secs(6)).await;
    broker.resume();
    moved_on(end).await;
    stop.store(true, Ordering::Relaxed);

    let mut acknowledged = Vec::new();
    for appender in appenders {
        acknowledged.push(appender.await.unwrap());
    }
    let records = read_all(&log).await;
    for (partition, (positions, failures)) in (0u32..).zip(acknowledged) {
        assert!(failures > 0, "ten seconds are more than an append may wait");
        assert!(positions.is_sorted_by(|a, b| a.offset < b.offset), "appends were mixed");
        for (number, position) in positions.iter().enumerate() {
            let found = records.get(position).map(|bytes| String::from_utf8_lossy(bytes));
            assert_eq!(found.as_deref(), Some(format!("{partition}/{number}").as_str()));
        }
        println!("partition {partition}: {} acknowledged, {failures} failures", positions.len());
    }
}

async fn refusal(config: KafkaLogConfig) -> (StoreErrorKind, String) {
    let error = KafkaLog::connect(config).await.err().expect("it must not connect");
    (error.kind, error.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn topics_are_made_once_and_their_partitions_are_fixed() {
    let broker = tokio::task::spawn_blocking(KafkaBroker::start).await.unwrap();
    let config = config(&broker, "topics");
    let both = tokio::join!(KafkaLog::connect(config.clone()), KafkaLog::connect(config.clone()));
    both.0.unwrap();
    both.1.unwrap();
    for events_partitions in [EVENTS_PARTITIONS - 1, EVENTS_PARTITIONS + 1] {
        let other = KafkaLogConfig { events_partitions, ..config.clone() };
        let (kind, text) = refusal(other).await;
        assert_eq!(kind, StoreErrorKind::Invalid);
        assert!(text.contains("topics.events has 3 partitions"), "{text}");
    }
    let copies = KafkaLogConfig {
        topic_prefix: "copies.".into(),
        replication_factor: Some(3),
        ..config.clone()
    };
    let (kind, text) = refusal(copies).await;
    assert_eq!(kind, StoreErrorKind::Invalid, "one broker keeps no three copies: {text}");
    let unknown = [("no.such.property".to_string(), Property("1".into()))];
    let (kind, text) = refusal(KafkaLogConfig { properties: unknown.into(), ..config }).await;
    assert_eq!(kind, StoreErrorKind::Invalid);
    assert!(text.contains("no.such.property"), "{text}");
}

#[tokio::test]
async fn a_cluster_that_does_not_answer_is_unavailable_in_time() {
    let begun = Instant::now();
    // Nothing listens on the discard port.
    let config = KafkaLogConfig {
        brokers: "127.0.0.1:9".into(),
        request_ms_max: 1_000,
        ..KafkaLogConfig::default()
    };
    assert_eq!(refusal(config).await.0, StoreErrorKind::Unavailable);
    assert!(begun.elapsed() < Duration::from_secs(10), "answered in {:?}", begun.elapsed());
}

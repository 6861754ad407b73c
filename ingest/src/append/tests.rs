//! Promises to a sender: nothing is acknowledged before it is durable, all rows of an answered ticket are
//! in the log, and no sender waits for ever.

mod samples;
mod waiting;

use std::collections::BTreeMap;
use std::time::Duration;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Int64Type, UInt64Type};
use futures::FutureExt;
use proptest::prelude::*;
use stratum_models::log::{PartitionId, RECORD_BYTES_MAX};
use stratum_models::record::{RecordKind, decode};
use stratum_testing::memory_log::{AppendFault, MemoryLog};
use tokio::time::Instant;

use super::*;
use samples::{PanickingLog, ad_report, country, event, noise, rejection, with_events};

const PARTITIONS: u32 = 4;

fn config() -> AppendConfig {
    AppendConfig { wait_ms_max: 1_000, ..AppendConfig::default() }
}

fn enqueue(appender: &Appender, from: u64, to: u64) -> Result<Ticket, Overloaded> {
    with_events(from, to, |events| appender.enqueue_events(events))
}

/// Every batch of a kind in the log, with its partition.
fn batches(log: &MemoryLog, topic: Topic, kind: RecordKind) -> Vec<(PartitionId, RecordBatch)> {
    let decoded = log.records(topic).into_iter().map(|record| {
        assert!(record.bytes.len() <= RECORD_BYTES_MAX);
        (record.position.partition, decode(&record.bytes).unwrap())
    });
    decoded.filter(|(_, (is, _))| *is == kind).map(|(at, (_, batch))| (at, batch)).collect()
}

/// The numbers of the events in the log, ascending.
fn numbers(log: &MemoryLog) -> Vec<u64> {
    let batches = batches(log, Topic::Events, RecordKind::Events);
    let values = |batch: &RecordBatch| {
        let values = batch.column_by_name("value_micros").unwrap().as_primitive::<Int64Type>();
        values.values().iter().map(|value| *value as u64).collect::<Vec<_>>()
    };
    let mut numbers: Vec<_> = batches.iter().flat_map(|(_, batch)| values(batch)).collect();
    numbers.sort_unstable();
    numbers
}

fn start(log: &MemoryLog, config: AppendConfig) -> Appender {
    Appender::start(Arc::new(log.clone()), config)
}

#[tokio::test(start_paused = true)]
async fn a_ticket_is_not_answered_before_the_log_has_answered() {
    let log = MemoryLog::new(PARTITIONS, PARTITIONS);
    log.fail_append(AppendFault::Delay(Duration::from_millis(700)));
    let appender = start(&log, config());
    let begun = Instant::now();
    let first = enqueue(&appender, 0, 100).unwrap();
    first.durable().await.unwrap();
    assert_eq!(begun.elapsed(), Duration::from_millis(700));
    assert_eq!(numbers(&log), (0..100).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn what_comes_during_an_append_goes_into_the_next_one() {
    let log = MemoryLog::new(1, 1);
    log.fail_append(AppendFault::Delay(Duration::from_millis(100)));
    let appender = start(&log, config());
    let first = enqueue(&appender, 0, 1).unwrap();
    tokio::task::yield_now().await;
    let later: Vec<_> = (1..50).map(|n| enqueue(&appender, n, n + 1).unwrap()).collect();
    first.durable().await.unwrap();
    for ticket in later {
        ticket.durable().await.unwrap();
    }
    assert_eq!(numbers(&log), (0..50).collect::<Vec<_>>());
    assert_eq!(log.records(Topic::Events).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_log_that_comes_back_in_time_costs_only_time() {
    let log = MemoryLog::new(PARTITIONS, PARTITIONS);
    log.fail_append(AppendFault::Refuse(StoreErrorKind::Transient));
    log.fail_append(AppendFault::Refuse(StoreErrorKind::Unavailable));
    let appender = start(&log, config());
    enqueue(&appender, 0, 10).unwrap().durable().await.unwrap();
    assert_eq!(numbers(&log), (0..10).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_may_double_rows_but_loses_none() {
    let log = MemoryLog::new(PARTITIONS, PARTITIONS);
    log.fail_append(AppendFault::LoseAnswer);
    log.fail_append(AppendFault::KeepFirst(1));
    let appender = start(&log, config());
    enqueue(&appender, 0, 10).unwrap().durable().await.unwrap();
    let mut found = numbers(&log);
    assert!(found.len() > 20);
    found.dedup();
    assert_eq!(found, (0..10).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_log_that_stays_away_fails_the_ticket_in_time_and_gives_the_room_back() {
    let log = MemoryLog::new(PARTITIONS, PARTITIONS);
    log.set_away(true);
    let appender = start(&log, AppendConfig { rows_pending_max: 10, ..config() });
    let begun = Instant::now();
    let failed = enqueue(&appender, 0, 10).unwrap().durable().await.unwrap_err();
    assert_eq!(failed.kind, StoreErrorKind::Unavailable);
    assert!(begun.elapsed() <= Duration::from_millis(1_000));
    log.set_away(false);
    enqueue(&appender, 10, 20).unwrap().durable().await.unwrap();
    assert_eq!(numbers(&log), (10..20).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_log_that_never_answers_fails_the_ticket_in_time() {
    let log = MemoryLog::new(PARTITIONS, PARTITIONS);
    log.fail_append(AppendFault::Delay(Duration::from_secs(3_600)));
    let appender = start(&log, config());
    let begun = Instant::now();
    let failed = enqueue(&appender, 0, 1).unwrap().durable().await.unwrap_err();
    assert_eq!(failed.kind, StoreErrorKind::Unavailable);
    assert_eq!(begun.elapsed(), Duration::from_millis(1_000));
}

#[tokio::test(start_paused = true)]
async fn what_the_log_calls_invalid_is_not_tried_again() {
    let log = MemoryLog::new(PARTITIONS, PARTITIONS);
    log.fail_append(AppendFault::Refuse(StoreErrorKind::Invalid));
    let appender = start(&log, config());
    let begun = Instant::now();
    let failed = enqueue(&appender, 0, 1).unwrap().durable().await.unwrap_err();
    assert_eq!((failed.kind, begun.elapsed()), (StoreErrorKind::Invalid, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn over_the_bound_nothing_is_taken() {
    let log = MemoryLog::new(PARTITIONS, PARTITIONS);
    log.fail_append(AppendFault::Delay(Duration::from_millis(100)));
    let appender = start(&log, AppendConfig { rows_pending_max: 10, ..config() });
    let taken = enqueue(&appender, 0, 8).unwrap();
    assert_eq!(enqueue(&appender, 8, 11).err(), Some(Overloaded::Rows));
    let fits = enqueue(&appender, 11, 13).unwrap();
    taken.durable().await.unwrap();
    fits.durable().await.unwrap();
    let later = enqueue(&appender, 20, 30).unwrap();
    later.durable().await.unwrap();
    let expected: Vec<_> = (0..8).chain(11..13).chain(20..30).collect();
    assert_eq!(numbers(&log), expected);
}

#[tokio::test(start_paused = true)]
async fn a_tenant_at_its_share_keeps_nobody_else_out() {
    let log = MemoryLog::new(PARTITIONS, PARTITIONS);
    log.fail_append(AppendFault::Delay(Duration::from_millis(100)));
    let bounds = AppendConfig { rows_pending_per_tenant_max: 4, ..config() };
    let appender = start(&log, AppendConfig { rows_pending_max: 6, ..bounds });
    let taken = enqueue(&appender, 0, 4).unwrap();
    assert_eq!(enqueue(&appender, 4, 5).err(), Some(Overloaded::Rows));
    let mut other = event(5, None, None);
    other.tenant_id = TenantId(2);
    let others = appender.enqueue_events(&[other.clone()]).unwrap();
    // Refused rows have taken no room from the whole.
    let more = appender.enqueue_events(&[other]).unwrap();
    assert_eq!(enqueue(&appender, 6, 7).err(), Some(Overloaded::Rows));
    for ticket in [taken, others, more] {
        ticket.durable().await.unwrap();
    }
    enqueue(&appender, 7, 11).unwrap().durable().await.unwrap();
    assert_eq!(numbers(&log), [0, 1, 2, 3, 5, 5, 7, 8, 9, 10]);
}

#[tokio::test(start_paused = true)]
async fn bytes_of_a_tenant_have_a_share() {
    let log = MemoryLog::new(PARTITIONS, PARTITIONS);
    let appender = start(&log, AppendConfig { bytes_pending_per_tenant_max: 1_000, ..config() });
    let long = "x".repeat(2_000);
    let refused = appender.enqueue_events(&[event(0, None, Some(&long))]);
    assert_eq!(refused.err(), Some(Overloaded::Bytes));
    enqueue(&appender, 1, 3).unwrap().durable().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn bytes_are_bounded_too() {
    let log = MemoryLog::new(PARTITIONS, PARTITIONS);
    let appender = start(&log, AppendConfig { bytes_pending_max: 1_000, ..config() });
    let long = "x".repeat(2_000);
    let refused = appender.enqueue_events(&[event(0, None, Some(&long))]);
    assert_eq!(refused.err(), Some(Overloaded::Bytes));
    let huge = "x".repeat(RECORD_BYTES_MAX);
    let refused = appender.enqueue_events(&[event(0, None, Some(&huge))]);
    assert_eq!(refused.err(), Some(Overloaded::RowBytes));
    // What was refused holds no room.
    enqueue(&appender, 1, 3).unwrap().durable().await.unwrap();
    assert_eq!(numbers(&log), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn records_are_split_by_bytes_and_by_rows() {
    let log = MemoryLog::new(1, 1);
    let appender = start(&log, AppendConfig { record_rows_max: 30, ..config() });
    let texts: Vec<String> = (0..100).map(|seed| noise(seed, 100_000)).collect();
    let events: Vec<_> = (0..100)
        .zip(&texts)
        .map(|(number, text)| event(number, None, (number < 40).then_some(text)))
        .collect();
    appender.enqueue_events(&events).unwrap().durable().await.unwrap();
    assert_eq!(numbers(&log), (0..100).collect::<Vec<_>>());
    let batches = batches(&log, Topic::Events, RecordKind::Events);
    assert!(batches.iter().all(|(_, batch)| batch.num_rows() <= 30));
    let orders = batches.iter().flat_map(|(_, batch)| {
        let orders = batch.column_by_name("order_id").unwrap().as_string::<i32>().clone();
        (0..orders.len()).map(move |at| orders.is_valid(at).then(|| orders.value(at).to_owned()))
    });
    let expected = (0..100).zip(&texts).map(|(number, text)| (number < 40).then(|| text.clone()));
    assert!(orders.eq(expected), "rows changed or moved on the way");
}

#[tokio::test(start_paused = true)]
async fn a_dedup_key_has_one_partition_and_tenants_are_spread() {
    let log = MemoryLog::new(PARTITIONS, PARTITIONS);
    let appender = start(&log, config());
    for _ in 0..3 {
        enqueue(&appender, 0, 200).unwrap().durable().await.unwrap();
    }
    let mut homes: BTreeMap<i64, Vec<PartitionId>> = BTreeMap::new();
    let mut rows = BTreeMap::new();
    for (partition, batch) in batches(&log, Topic::Events, RecordKind::Events) {
        *rows.entry(partition).or_insert(0) += batch.num_rows();
        let values = batch.column_by_name("value_micros").unwrap().as_primitive::<Int64Type>();
        for value in values.values() {
            homes.entry(*value).or_default().push(partition);
        }
    }
    assert_eq!(homes.len(), 200);
    assert!(homes.values().all(|homes| homes.len() == 3 && homes.iter().all(|h| *h == homes[0])));
    assert_eq!(rows.len(), PARTITIONS as usize, "a partition without rows: {rows:?}");
}

#[tokio::test(start_paused = true)]
async fn rejections_and_ad_reports_go_to_their_topics() {
    let log = MemoryLog::new(PARTITIONS, PARTITIONS);
    let appender = start(&log, config());
    let rejected: Vec<_> = (0..20).map(rejection).collect();
    let reports: Vec<_> = (0..20).flat_map(|c| [ad_report(c, 1), ad_report(c, 2)]).collect();
    let splits: Vec<_> = reports.iter().cloned().map(country).collect();
    for ticket in [
        appender.enqueue_rejections(Topic::Events, &rejected),
        appender.enqueue_rejections(Topic::AdReports, &rejected[..5]),
        appender.enqueue_ad_reports(&reports, &splits),
    ] {
        ticket.unwrap().durable().await.unwrap();
    }
    let rows = |topic, kind| {
        batches(&log, topic, kind).iter().map(|(_, batch)| batch.num_rows()).sum::<usize>()
    };
    assert_eq!(rows(Topic::Events, RecordKind::Rejections), 20);
    assert_eq!(rows(Topic::AdReports, RecordKind::Rejections), 5);
    assert_eq!(rows(Topic::AdReports, RecordKind::AdReports), 40);
    assert_eq!(rows(Topic::AdReports, RecordKind::AdReportSplits), 40);
    let days = batches(&log, Topic::AdReports, RecordKind::AdReports);
    let parts = batches(&log, Topic::AdReports, RecordKind::AdReportSplits);
    let mut versions: BTreeMap<(String, PartitionId), Vec<u64>> = BTreeMap::new();
    for (partition, batch) in days.into_iter().chain(parts) {
        let campaigns = batch.column_by_name("campaign_id").unwrap().as_string::<i32>();
        let found = batch.column_by_name("version").unwrap().as_primitive::<UInt64Type>();
        for (campaign, version) in campaigns.iter().zip(found.values()) {
            let campaign = campaign.unwrap().to_owned();
            versions.entry((campaign, partition)).or_default().push(*version);
        }
    }
    assert_eq!(versions.len(), 20);
    // A day and its parts are in one partition.
    assert!(versions.values().all(|versions| *versions == [1, 2, 1, 2]));
}

#[tokio::test(start_paused = true)]
async fn nothing_to_append_is_durable_at_once() {
    let log = MemoryLog::new(1, 1);
    log.set_away(true);
    let appender = start(&log, config());
    let ticket = appender.enqueue_events(&[]).unwrap();
    assert!(ticket.durable().now_or_never().is_some_and(|result| result.is_ok()));
}

#[tokio::test(start_paused = true)]
async fn draining_appends_what_was_taken_and_refuses_the_rest() {
    let log = MemoryLog::new(PARTITIONS, PARTITIONS);
    log.fail_append(AppendFault::Delay(Duration::from_millis(300)));
    let appender = start(&log, config());
    let first = enqueue(&appender, 0, 5).unwrap();
    tokio::task::yield_now().await;
    let second = enqueue(&appender, 5, 9).unwrap();
    appender.drain().await;
    assert_eq!(numbers(&log), (0..9).collect::<Vec<_>>());
    assert_eq!(enqueue(&appender, 9, 10).err(), Some(Overloaded::Closed));
    first.durable().await.unwrap();
    second.durable().await.unwrap();
    appender.drain().await;
}

#[tokio::test(start_paused = true)]
async fn rows_of_a_dropped_appender_are_appended() {
    let log = MemoryLog::new(PARTITIONS, PARTITIONS);
    let appender = start(&log, config());
    let ticket = enqueue(&appender, 0, 5).unwrap();
    drop(appender);
    ticket.durable().await.unwrap();
    assert_eq!(numbers(&log), (0..5).collect::<Vec<_>>());
}

#[test]
fn a_ticket_does_not_outwait_its_runtime() {
    let log = MemoryLog::new(1, 1);
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let first = runtime();
    let appender = first.block_on(async { start(&log, config()) });
    let ticket = enqueue(&appender, 0, 5).unwrap();
    drop(first);
    let failed = runtime().block_on(ticket.durable()).unwrap_err();
    assert_eq!(failed.kind, StoreErrorKind::Unavailable);
    assert_eq!(enqueue(&appender, 5, 6).err(), Some(Overloaded::Closed));
}

#[tokio::test(start_paused = true)]
async fn a_panic_fails_its_rows_and_leaves_the_rest_alone() {
    let log = MemoryLog::new(PARTITIONS, PARTITIONS);
    let panicking = PanickingLog { log: log.clone(), panicked: false.into() };
    let bounded = AppendConfig { rows_pending_max: 10, ..config() };
    let appender = Appender::start(Arc::new(panicking), bounded);
    let failed = enqueue(&appender, 0, 10).unwrap().durable().await.unwrap_err();
    assert_eq!(failed.kind, StoreErrorKind::Unavailable);
    enqueue(&appender, 10, 20).unwrap().durable().await.unwrap();
    assert_eq!(numbers(&log), (10..20).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_senders_at_once_lose_and_double_nothing() {
    let log = MemoryLog::new(PARTITIONS, PARTITIONS);
    let appender = start(&log, AppendConfig { wait_ms_max: 60_000, ..config() });
    let senders = (0..8).map(|sender| {
        let (appender, log) = (appender.clone(), log.clone());
        tokio::spawn(async move {
            for request in 0..10 {
                let from = sender * 1_000 + request * 10;
                enqueue(&appender, from, from + 10).unwrap().durable().await.unwrap();
                let kept = numbers(&log);
                assert!((from..from + 10).all(|number| kept.binary_search(&number).is_ok()));
            }
        })
    });
    for sender in senders.collect::<Vec<_>>() {
        sender.await.unwrap();
    }
    let expected: Vec<_> =
        (0..8).flat_map(|sender| (0..100).map(move |n| sender * 1_000 + n)).collect();
    assert_eq!(numbers(&log), expected);
}

#[test]
fn unknown_keys_of_the_configuration_are_refused() {
    let parsed: AppendConfig = serde_json::from_str(r#"{"linger_ms": 2}"#).unwrap();
    assert_eq!(parsed, AppendConfig { linger_ms: 2, ..AppendConfig::default() });
    assert!(serde_json::from_str::<AppendConfig>(r#"{"linger": 2}"#).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn splitting_keeps_every_row_in_its_place(rows in 1u64..300, record_rows_max in 0usize..50) {
        let encoder = encode::Encoder { record_rows_max, partitions: [1, 1, 1] };
        let mut lanes = Lanes::new(1);
        with_events(0, rows, |events| lanes.add_events(events));
        let records = encoder.records(&mut lanes).unwrap();
        let mut whole = stratum_models::event::EventBatchBuilder::default();
        with_events(0, rows, |events| events.iter().for_each(|event| whole.push(event)));
        let parts: Vec<_> = records.iter().map(|record| decode(&record.bytes).unwrap().1).collect();
        let whole = whole.finish().unwrap();
        let mut start = 0;
        for part in parts {
            prop_assert_eq!(&part, &whole.slice(start, part.num_rows()));
            start += part.num_rows();
        }
        prop_assert_eq!(start as u64, rows);
        prop_assert!(encoder.records(&mut lanes).unwrap().is_empty());
    }
}

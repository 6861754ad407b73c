//! kill -9 at any moment: what was committed is there, and counted once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use stratum_models::ad_report::{AdDevice, AdReport, AdReportSplit, Split};
use stratum_models::log::{Offset, PartitionId, Topic};
use stratum_models::rejection::RejectReason;
use stratum_models::store::{StoreError, StoreErrorKind};
use stratum_models::time::DAY_MS;
use stratum_models::warehouse::{
    Commit, CommitOutcome, DataVersion, DataVersions, LogRange, Progress, WarehouseWriter,
};
use stratum_query::warehouse::{ClickHouseConfig, ClickHouseWarehouse, migrate};
use stratum_testing::engines::TestClickHouse;
use stratum_testing::warehouse_contract::rows::{
    self, Rows, TENANT, at, count, day, facts, ingest_counts, match_quality, metrics, purchase,
    quality, rejection, rejections, report, reports, splits,
};

use crate::engine::{config, empty, fill, own, shared};

const SUM_ROWS: &str = include_str!("../sql/sum_rows.sql");
const DELETE_ROWS: &str = include_str!("../sql/delete_rows.sql");
const SLOW_INSERTS: &str = include_str!("../sql/slow_inserts.sql");
const COUNT_PARTS: &str = include_str!("../sql/count_parts.sql");
const STOP_MERGES: &str = include_str!("../sql/stop_merges.sql");

/// Each record brings a landed event, in one of two days of receipt, and a refused one; or a report.
fn rows_of(range: LogRange) -> Rows {
    let n = range.to.0 - range.from.0;
    if range.topic == Topic::AdReports {
        let all: Vec<AdReport> = (range.from.0..range.to.0)
            .map(|record| AdReport { campaign_id: format!("c{record}"), ..report(day(0), 1, 1) })
            .collect();
        let parts: Vec<_> = all
            .iter()
            .map(|day| AdReportSplit { report: day.clone(), split: Split::Device(AdDevice::Other) })
            .collect();
        return vec![reports(range, &all), splits(range, &parts)];
    }
    let events: Vec<_> = (0..n)
        .map(|record| {
            let day = i64::from(record % 2 == 1) * DAY_MS;
            (Some(u128::from(range.partition.0) << 64 | u128::from(range.from.0 + record)), at(day))
        })
        .collect();
    let refused: Vec<_> =
        (0..n).map(|record| rejection(RejectReason::TooOld, "", at(record as i64))).collect();
    vec![
        facts(range, TENANT, &events),
        match_quality(&[quality(at(0), 1, n)]),
        metrics(&[rows::Metric { events: n, ..purchase(day(0)) }]),
        ingest_counts(&[count(at(0), [n, 0, n])]),
        rejections(range, &refused),
    ]
}

fn sums(engine: &TestClickHouse, database: &str) -> Vec<u64> {
    let answer = engine.execute(&fill(SUM_ROWS, &[("$database", database)]));
    answer.trim().split('\t').map(|number| number.parse().unwrap()).collect()
}

/// Goes through the records of partitions in ranges of changing length until `to`, as the pipeline does:
/// it commits all of them together, and after any error, and when one was taken over, it claims them again.
async fn work(settings: &ClickHouseConfig, topic: Topic, partitions: &[u32], to: u64) {
    let warehouse = ClickHouseWarehouse::connect(settings.clone()).unwrap();
    let partitions: Vec<_> = partitions.iter().copied().map(PartitionId).collect();
    for turn in 1.. {
        match step(&warehouse, topic, &partitions, to, 1 + turn % 7).await {
            Ok(true) => return,
            Ok(false) => {}
            Err(error) => assert_ne!(error.kind, StoreErrorKind::Invalid, "{error}"),
        }
        // Those it shares a partition with have a turn.
        tokio::time::sleep(Duration::from_millis(20 + 30 * partitions.len() as u64)).await;
    }
}

/// Commits until all has landed, which is true, or a partition is another's.
async fn step(
    warehouse: &ClickHouseWarehouse,
    topic: Topic,
    partitions: &[PartitionId],
    to: u64,
    length: u64,
) -> Result<bool, StoreError> {
    let mut held = warehouse.claim(topic, partitions).await?;
    loop {
        held.retain(|held| held.progress.checkpoint.0 < to);
        let commits = held.iter().map(|held| {
            let Progress { checkpoint: Offset(from), pending } = held.progress;
            let next = rows::range(topic, held.partition.0, from, to.min(from + length));
            let range = pending.unwrap_or(next);
            Commit { claim: held.claim, range, rows: rows_of(range) }
        });
        let commits: Vec<Commit> = commits.collect();
        if commits.is_empty() {
            return Ok(true);
        }
        if warehouse.commit(&commits).await?.contains(&CommitOutcome::Fenced) {
            return Ok(false);
        }
        for (held, commit) in held.iter_mut().zip(&commits) {
            held.progress = Progress { checkpoint: commit.range.to, pending: None };
        }
    }
}

/// Kills the engine again and again while three partitions are worked on, two of them together and one of
/// those by two workers, and compares every table with what the records hold.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_killed_again_and_again_counts_every_record_once() {
    const RECORDS: u64 = 60;
    let mut engine = own();
    let database = engine.database();
    let mut settings = config(&engine, database);
    settings.bounds.insert_timeout_ms = 10_000;
    migrate(&settings).await.unwrap();
    let warehouse = ClickHouseWarehouse::connect(settings.clone()).unwrap();
    let done = AtomicBool::new(false);
    let workers = async {
        let all: [(Topic, &[u32]); 3] =
            [(Topic::Events, &[0, 1]), (Topic::Events, &[0]), (Topic::AdReports, &[0])];
        let all = all.map(|(topic, partitions)| work(&settings, topic, partitions, RECORDS));
        futures::future::join_all(all).await;
        done.store(true, Ordering::Relaxed);
    };
    let killer = async {
        let mut kills = 0u64;
        while !done.load(Ordering::Relaxed) {
            // Uneven, so that every step of a commit is met, and growing, so that a slow machine gets
            // through.
            tokio::time::sleep(Duration::from_millis(30 + kills * 137 % (200 + 40 * kills))).await;
            tokio::task::block_in_place(|| {
                engine.kill();
                engine.restart();
            });
            kills += 1;
        }
        kills
    };
    let (_, kills) =
        tokio::time::timeout(Duration::from_secs(300), futures::future::join(workers, killer))
            .await
            .expect("the work ends in spite of the kills");
    // Two partitions of events, one of reports.
    let n = 2 * RECORDS;
    assert_eq!(sums(&engine, database), [n, n, n, n, n, RECORDS, RECORDS], "after {kills} kills");
    assert!(kills > 3, "{kills}");
    let versions = warehouse.data_versions(&[rows::scope(TENANT)]).await.unwrap();
    assert_eq!(versions, [DataVersion(3 * RECORDS)], "every lane has moved the tenant's version");
}

/// Whoever takes a partition over waits for what its last worker had under way; what that one sends later
/// adds nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_under_way_when_a_partition_is_taken_over_ends_first() {
    let settings = empty();
    migrate(&settings).await.unwrap();
    let words = [("$database", settings.database.as_str()), ("$table", "match_quality")];
    shared().execute(&fill(SLOW_INSERTS, &words));
    let earlier = ClickHouseWarehouse::connect(settings.clone()).unwrap();
    let later = ClickHouseWarehouse::connect(settings.clone()).unwrap();
    let partitions = [0, 1].map(PartitionId);
    let held = earlier.claim(Topic::Events, &partitions).await.unwrap();
    let commits: Vec<_> = (held.iter())
        .map(|held| {
            let range = rows::events(held.partition.0, 0, 4);
            Commit { claim: held.claim, range, rows: rows_of(range) }
        })
        .collect();
    let commit = tokio::spawn(async move { earlier.commit(&commits).await });
    let begun = || async {
        let progress = later.progress(Topic::Events, PartitionId(0)).await.unwrap();
        progress.pending.is_some()
    };
    while !begun().await {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let taken = later.claim(Topic::Events, &[PartitionId(0)]).await.unwrap()[0];
    // Of what was under way all is there, and nothing comes any more.
    let range = rows::events(0, 0, 4);
    assert_eq!(taken.progress.pending, Some(range));
    let outcomes = commit.await.unwrap().unwrap();
    assert_eq!(outcomes, [CommitOutcome::Fenced, CommitOutcome::Committed]);
    let commit = Commit { claim: taken.claim, range, rows: rows_of(range) };
    assert_eq!(later.commit(&[commit]).await.unwrap(), [CommitOutcome::Committed]);
    assert_eq!(sums(shared(), &settings.database), [8, 8, 8, 8, 8, 0, 0]);
}

/// The rows themselves tell that they are there.
#[tokio::test]
async fn a_range_without_its_checkpoint_is_not_added_again() {
    let settings = empty();
    migrate(&settings).await.unwrap();
    let warehouse = ClickHouseWarehouse::connect(settings.clone()).unwrap();
    let range = rows::events(0, 0, 4);
    rows::land(&warehouse, range, rows_of(range)).await;
    forget_checkpoints(&settings);
    assert_eq!(pending(&warehouse, 0).await, Some(range));
    rows::land(&warehouse, range, rows_of(range)).await;
    assert_eq!(sums(shared(), &settings.database), [4, 4, 4, 4, 4, 0, 0]);
}

/// As if the crash had come before the checkpoints.
fn forget_checkpoints(settings: &ClickHouseConfig) {
    let words = [("$database", settings.database.as_str()), ("$table", "data_versions")];
    shared().execute(&fill(DELETE_ROWS, &words));
}

async fn pending(warehouse: &ClickHouseWarehouse, partition: u32) -> Option<LogRange> {
    warehouse.progress(Topic::Events, PartitionId(partition)).await.unwrap().pending
}

/// The rows of a roll-up and the mark that they are there must be one part, however many they are.
#[tokio::test]
async fn a_large_batch_of_a_roll_up_is_one_part() {
    let warehouse_config = empty();
    migrate(&warehouse_config).await.unwrap();
    let words = [("$database", warehouse_config.database.as_str()), ("$table", "match_quality")];
    shared().execute(&fill(STOP_MERGES, &words));
    let warehouse = ClickHouseWarehouse::connect(warehouse_config.clone()).unwrap();
    let range = rows::events(0, 0, 1);
    let many: Vec<_> = (0..1_500_000).map(|mask| quality(at(0), mask, 1)).collect();
    rows::land(&warehouse, range, vec![match_quality(&many)]).await;
    let parts = shared().execute(&fill(COUNT_PARTS, &words));
    assert_eq!(parts.trim(), "1");
}

/// Killed between the inserts of a commit, the engine comes back with some of the tables, and of the
/// facts perhaps one day of two. The next worker adds what is missing and nothing else, also when the
/// partitions that were committed together have come to different workers.
#[tokio::test]
async fn what_landed_before_a_crash_is_completed_and_not_repeated() {
    let settings = empty();
    migrate(&settings).await.unwrap();
    let workers = [0, 1].map(|_| ClickHouseWarehouse::connect(settings.clone()).unwrap());
    let partitions = [2, 3];
    // Facts, match quality, metrics, counts, refused rows: counts come first, and then any others.
    for landed in [&[3][..], &[0, 3], &[1, 3], &[1, 3, 4]] {
        let held = workers[0].claim(Topic::Events, &partitions.map(PartitionId)).await.unwrap();
        let commits = held.iter().map(|held| {
            let range = rows::events(held.partition.0, 0, 4);
            let mut rows = rows_of(range);
            rows[0].1 = rows[0].1.slice(1, 1);
            let rows = landed.iter().map(|at| rows[*at].clone()).collect();
            Commit { claim: held.claim, range, rows }
        });
        let outcomes = workers[0].commit(&commits.collect::<Vec<_>>()).await.unwrap();
        assert_eq!(outcomes, [CommitOutcome::Committed; 2]);
        forget_checkpoints(&settings);
    }
    for (worker, partition) in workers.iter().zip(partitions) {
        let range = rows::events(partition, 0, 4);
        assert_eq!(pending(worker, partition).await, Some(range));
        rows::land(worker, range, rows_of(range)).await;
    }
    assert_eq!(sums(shared(), &settings.database), [8, 8, 8, 8, 8, 0, 0]);
    let versions = workers[0].data_versions(&[rows::scope(TENANT)]).await.unwrap();
    assert_eq!(versions, [DataVersion(8)]);
}

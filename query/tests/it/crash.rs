//! kill -9 at any moment: what was committed is there, and counted once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use stratum_models::ad_report::{AdDevice, AdReport, AdReportSplit, Split};
use stratum_models::log::{PartitionId, Topic};
use stratum_models::rejection::RejectReason;
use stratum_models::store::StoreErrorKind;
use stratum_models::table::Table;
use stratum_models::time::DAY_MS;
use stratum_models::warehouse::{
    Commit, CommitOutcome, DataVersion, DataVersions, LogRange, WarehouseWriter,
};
use stratum_query::warehouse::{ClickHouseWarehouse, migrate};
use stratum_testing::engines::TestClickHouse;
use stratum_testing::warehouse_contract::rows::{
    self, Rows, TENANT, at, count, day, facts, ingest_counts, match_quality, metrics, purchase,
    quality, rejection, rejections, report, reports, splits,
};

use crate::engine::{config, empty, fill, own, shared};

const SUM_ROWS: &str = include_str!("../sql/sum_rows.sql");
const BURN_TOKEN: &str = include_str!("../sql/burn_token.sql");
const DELETE_ROWS: &str = include_str!("../sql/delete_rows.sql");
const BURN_FACT_TOKEN: &str = include_str!("../sql/burn_fact_token.sql");
const FORGET_TOKENS: &str = include_str!("../sql/forget_tokens.sql");
const COUNT_ROWS: &str = include_str!("../sql/count_rows.sql");
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

/// Goes through a partition's records in ranges of changing length until `to`, as the pipeline does:
/// after any error it asks for the progress and goes on from there.
async fn work(warehouse: &ClickHouseWarehouse, topic: Topic, partition: u32, to: u64) {
    let mut turn = partition;
    loop {
        turn += 1;
        let length = 1 + u64::from(turn % 7);
        match step(warehouse, topic, partition, to, length).await {
            Ok(true) => return,
            Ok(false) => {}
            Err(error) => {
                assert_ne!(error.kind, StoreErrorKind::Invalid, "{error}");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
}

async fn step(
    warehouse: &ClickHouseWarehouse,
    topic: Topic,
    partition: u32,
    to: u64,
    length: u64,
) -> Result<bool, stratum_models::store::StoreError> {
    let progress = warehouse.progress(topic, PartitionId(partition)).await?;
    let from = progress.checkpoint.0;
    if from >= to {
        return Ok(true);
    }
    let wanted = rows::range(topic, partition, from, to.min(from + length));
    let range = warehouse.plan(progress.pending.unwrap_or(wanted)).await?;
    warehouse.commit(Commit { range, rows: rows_of(range) }).await?;
    Ok(false)
}

/// Kills the engine again and again while three partitions are worked on, one of them by two
/// workers, and compares every table with what the records hold.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_killed_again_and_again_counts_every_record_once() {
    const RECORDS: u64 = 60;
    let mut engine = own();
    let database = engine.database();
    let mut settings = config(&engine, database);
    settings.bounds.insert_timeout_ms = 10_000;
    migrate(&settings).await.unwrap();
    let warehouse = ClickHouseWarehouse::connect(settings).unwrap();
    let done = AtomicBool::new(false);
    let workers = async {
        let lanes =
            [(Topic::Events, 0), (Topic::Events, 0), (Topic::Events, 1), (Topic::AdReports, 0)];
        let all = lanes.map(|(topic, partition)| work(&warehouse, topic, partition, RECORDS));
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

/// ClickHouse notes a token before it keeps the part. Killed in between, the engine takes the same
/// insert for a duplicate ever after, though its rows are lost. The writer sees that they are missing.
#[tokio::test]
async fn an_insert_whose_token_was_burnt_by_a_crash_is_not_lost() {
    let settings = empty();
    migrate(&settings).await.unwrap();
    let warehouse = ClickHouseWarehouse::connect(settings.clone()).unwrap();
    let range = rows::events(0, 0, 4);
    burn(&settings.database, "commit_plans", "plan:events:0:0:0");
    warehouse.plan(range).await.unwrap();
    for table in ["match_quality", "event_metrics", "ingest_counts"] {
        burn(&settings.database, table, &format!("{table}:events:0:0-4:0"));
    }
    burn(&settings.database, "match_quality", "match_quality:events:0:0-4:1");
    for (table, received) in [("events", at(DAY_MS)), ("rejected_rows", at(0))] {
        let token = format!("{table}:events:0:0-4:0");
        let received = received.0.to_string();
        let words = [
            ("$database", settings.database.as_str()),
            ("$table", table),
            ("$token", &token),
            ("$received", &received),
        ];
        shared().execute(&fill(BURN_FACT_TOKEN, &words));
        shared().execute(&fill(DELETE_ROWS, &words));
    }
    let outcome = warehouse.commit(Commit { range, rows: rows_of(range) }).await.unwrap();
    assert_eq!(outcome, CommitOutcome::Committed);
    assert_eq!(sums(shared(), &settings.database), [4, 4, 4, 4, 4, 0, 0]);
}

/// Leaves the token noted and its rows gone.
fn burn(database: &str, table: &str, token: &str) {
    let column = if table == "commit_plans" { "partition" } else { "tenant_id" };
    let words =
        [("$database", database), ("$table", table), ("$token", token), ("$column", column)];
    shared().execute(&fill(BURN_TOKEN, &words));
    shared().execute(&fill(DELETE_ROWS, &words));
}

/// Not even for a moment are there two plans of one offset.
#[tokio::test]
async fn of_planners_at_once_one_writes() {
    let settings = empty();
    migrate(&settings).await.unwrap();
    let words = [("$database", settings.database.as_str()), ("$table", "commit_plans")];
    shared().execute(&fill(STOP_MERGES, &words));
    let warehouse = ClickHouseWarehouse::connect(settings.clone()).unwrap();
    for partition in 1..=5 {
        let plans = (1..=8).map(|to| warehouse.plan(rows::events(partition, 0, to)));
        for plan in futures::future::join_all(plans).await {
            plan.unwrap();
        }
        let written = shared().execute(&fill(COUNT_ROWS, &words));
        assert_eq!(written.trim(), partition.to_string());
    }
}

/// The engine forgets tokens: after ten thousand inserts, after an hour with replicas, after a power
/// cut. The rows themselves tell that they are there.
#[tokio::test]
async fn a_range_whose_tokens_are_forgotten_is_not_added_again() {
    let settings = empty();
    migrate(&settings).await.unwrap();
    let warehouse = ClickHouseWarehouse::connect(settings.clone()).unwrap();
    let range = rows::events(0, 0, 4);
    let rows = rows_of(range);
    rows::land(&warehouse, range, rows.clone()).await;
    for table in [
        Table::Events,
        Table::MatchQuality,
        Table::EventMetrics,
        Table::IngestCounts,
        Table::RejectedRows,
    ] {
        let words = [("$database", settings.database.as_str()), ("$table", table.as_str())];
        for statement in FORGET_TOKENS.split(';') {
            shared().execute(&fill(statement, &words));
        }
    }
    let words = [("$database", settings.database.as_str()), ("$table", "checkpoints")];
    shared().execute(&fill(DELETE_ROWS, &words));
    let again = warehouse.commit(Commit { range, rows }).await.unwrap();
    assert_eq!(again, CommitOutcome::Committed);
    assert_eq!(sums(shared(), &settings.database), [4, 4, 4, 4, 4, 0, 0]);
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
/// facts perhaps one day of two. The next worker adds what is missing and nothing else.
#[tokio::test]
async fn what_landed_before_a_crash_is_completed_and_not_repeated() {
    let settings = empty();
    migrate(&settings).await.unwrap();
    let warehouse = ClickHouseWarehouse::connect(settings.clone()).unwrap();
    let range = rows::events(2, 0, 4);
    warehouse.plan(range).await.unwrap();
    let whole = rows_of(range);
    let (table, all) = &whole[0];
    for landed in [
        vec![(*table, all.slice(1, 1))],
        vec![whole[1].clone(), whole[3].clone()],
        vec![whole[4].clone()],
    ] {
        let outcome = warehouse.commit(Commit { range, rows: landed }).await.unwrap();
        assert_eq!(outcome, CommitOutcome::Committed);
        // The crash came before the checkpoint.
        let words = [("$database", settings.database.as_str()), ("$table", "checkpoints")];
        shared().execute(&fill(DELETE_ROWS, &words));
    }
    assert_eq!(
        warehouse.progress(Topic::Events, PartitionId(2)).await.unwrap().pending,
        Some(range)
    );
    let outcome = warehouse.commit(Commit { range, rows: whole }).await.unwrap();
    assert_eq!(outcome, CommitOutcome::Committed);
    assert_eq!(sums(shared(), &settings.database), [4, 4, 4, 4, 4, 0, 0]);
}

//! What happens at the edges: no right, no engine, no time, no turn.

use std::time::{Duration, Instant};

use stratum_models::log::{PartitionId, Topic};
use stratum_models::metrics::{KpiGrouping, KpiQuery};
use stratum_models::store::StoreErrorKind;
use stratum_models::warehouse::{Commit, CommitOutcome, WarehouseReader, WarehouseWriter};
use stratum_query::warehouse::{ClickHouseConfig, ClickHouseWarehouse, migrate};
use stratum_testing::warehouse_contract::rows::{self, TENANT, day, days, scope};

use crate::engine::{config, empty, fill, fresh, own, shared};

const DROP_TABLE: &str = include_str!("../sql/drop_table.sql");
const MAKE_SLOW_VIEW: &str = include_str!("../sql/make_slow_view.sql");
const COUNT_RUNNING: &str = include_str!("../sql/count_running.sql");

fn totals() -> KpiQuery {
    KpiQuery::of(days(0, 1))
}

#[tokio::test]
async fn the_users_of_production_have_the_rights_they_need() {
    let engine = own();
    let config =
        ClickHouseConfig { user: engine.user().into(), ..config(&engine, engine.database()) };
    migrate(&config).await.unwrap();
    let warehouse = ClickHouseWarehouse::connect(config.clone()).unwrap();
    let range = rows::events(0, 0, 1);
    rows::land(&warehouse, range, vec![rows::metrics(&[rows::purchase(day(0))])]).await;
    let reading = ClickHouseConfig { user: engine.read_only_user().into(), ..config };
    let reader = ClickHouseWarehouse::connect(reading).unwrap();
    let groups = reader.kpi_groups(scope(TENANT), &totals(), KpiGrouping::Total).await.unwrap();
    assert_eq!(groups[0].sums.tracked_conversions, 1);
    let refused = reader.claim(Topic::Events, &[PartitionId(0)]).await.unwrap_err();
    assert_eq!(refused.kind, StoreErrorKind::Unavailable, "{refused}");
}

#[tokio::test]
async fn a_wrong_password_is_told_clearly() {
    let config = ClickHouseConfig { password: "guess".into(), ..empty() };
    for error in [
        migrate(&config).await.unwrap_err(),
        ClickHouseWarehouse::connect(config)
            .unwrap()
            .progress(Topic::Events, PartitionId(0))
            .await
            .unwrap_err(),
    ] {
        assert_eq!(error.kind, StoreErrorKind::Unavailable);
        assert!(error.text.contains("the user or the password is not accepted"), "{error}");
        assert!(!error.to_string().contains("guess"), "{error}");
    }
}

#[tokio::test]
async fn a_missing_database_and_missing_tables_are_told_clearly() {
    let config = ClickHouseConfig { database: "nowhere".into(), ..empty() };
    let error = migrate(&config).await.unwrap_err();
    assert!(error.text.contains("the database does not exist"), "{error}");
    let warehouse = ClickHouseWarehouse::connect(empty()).unwrap();
    let error = warehouse.freshness(scope(TENANT)).await.unwrap_err();
    assert!(error.text.contains("the migrations have not run"), "{error}");
}

#[tokio::test]
async fn no_engine_is_unavailable_at_once() {
    let config = ClickHouseConfig { url: "http://127.0.0.1:1".into(), ..empty() };
    let warehouse = ClickHouseWarehouse::connect(config).unwrap();
    let begun = Instant::now();
    let error = warehouse.claim(Topic::Events, &[PartitionId(0)]).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Unavailable, "{error}");
    assert!(error.may_retry() && begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn an_engine_that_hangs_is_left_in_time_and_work_goes_on_after() {
    let engine = own();
    let patient = config(&engine, engine.database());
    migrate(&patient).await.unwrap();
    let mut hasty = patient.clone();
    (hasty.bounds.insert_timeout_ms, hasty.bounds.query_timeout_ms) = (300, 300);
    let warehouse = ClickHouseWarehouse::connect(hasty).unwrap();
    let range = rows::events(0, 0, 1);
    let claim = rows::claim(&warehouse, Topic::Events, 0).await.claim;
    let commit = Commit { claim, range, rows: vec![rows::metrics(&[rows::purchase(day(0))])] };
    let patient = ClickHouseWarehouse::connect(patient).unwrap();
    engine.pause();
    let begun = Instant::now();
    let write = warehouse.commit(std::slice::from_ref(&commit)).await.unwrap_err();
    let read = warehouse.freshness(scope(TENANT)).await.unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    engine.resume();
    assert_eq!((write.kind, read.kind), (StoreErrorKind::Transient, StoreErrorKind::Transient));
    let claim = rows::claim(&patient, Topic::Events, 0).await.claim;
    let again = patient.commit(&[Commit { claim, ..commit }]).await.unwrap();
    assert_eq!(again, [CommitOutcome::Committed]);
    let groups = patient.kpi_groups(scope(TENANT), &totals(), KpiGrouping::Total).await.unwrap();
    assert_eq!(groups[0].sums.tracked_conversions, 1);
}

#[tokio::test]
async fn more_questions_than_turns_are_refused_in_time() {
    let engine = own();
    let mut config = config(&engine, engine.database());
    config.bounds.queries_concurrent_max = 1;
    config.bounds.queries_wait_ms_max = 100;
    config.bounds.query_timeout_ms = 2_000;
    migrate(&config).await.unwrap();
    let warehouse = ClickHouseWarehouse::connect(config).unwrap();
    engine.pause();
    let first = warehouse.freshness(scope(TENANT));
    let second = warehouse.freshness(scope(TENANT));
    let (first, second) = futures::future::join(first, second).await;
    engine.resume();
    assert_eq!(first.unwrap_err().kind, StoreErrorKind::Transient, "no answer in time");
    assert_eq!(second.unwrap_err().kind, StoreErrorKind::Unavailable, "no turn in time");
}

/// A question that takes a minute, asked by somebody who leaves.
#[tokio::test]
async fn a_question_nobody_waits_for_is_ended_in_the_engine() {
    let settings = empty();
    migrate(&settings).await.unwrap();
    let words = [("$database", settings.database.as_str()), ("$table", "ingest_counts")];
    for statement in [DROP_TABLE, MAKE_SLOW_VIEW] {
        shared().execute(&fill(statement, &words));
    }
    let running = |wanted: &'static str| async move {
        let until = Instant::now() + Duration::from_secs(20);
        while shared().execute(&fill(COUNT_RUNNING, &words)).trim() != wanted {
            assert!(Instant::now() < until, "never {wanted} running");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let warehouse = ClickHouseWarehouse::connect(settings.clone()).unwrap();
    let question = warehouse.ingest_counts(scope(TENANT), rows::at(0), rows::at(i64::MAX / 2));
    tokio::select! {
        answer = question => panic!("{answer:?}"),
        () = running("1") => {}
    }
    running("0").await;
}

#[tokio::test]
async fn an_answer_larger_than_the_bound_is_refused_not_cut() {
    let mut config = empty();
    migrate(&config).await.unwrap();
    config.bounds.query_rows_max = 2;
    let warehouse = ClickHouseWarehouse::connect(config).unwrap();
    let rows: Vec<_> = (0..3).map(|after| rows::purchase(day(after))).collect();
    rows::land(&warehouse, rows::events(0, 0, 1), vec![rows::metrics(&rows)]).await;
    let query = KpiQuery { days: days(0, 9), ..totals() };
    let error = warehouse.kpi_groups(scope(TENANT), &query, KpiGrouping::Day).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::TooLarge, "{error}");
    assert!(error.text.contains("query_rows_max"), "{error}");
}

#[tokio::test]
async fn rows_of_another_range_or_layout_are_refused_before_anything_is_written() {
    let warehouse = fresh().await;
    let range = rows::events(0, 0, 2);
    let elsewhere = rows::events(0, 2, 4);
    let strangers = rows::facts(elsewhere, TENANT, &[(Some(1), rows::at(0))]);
    let other_layout = (stratum_models::table::Table::Events, rows::metrics(&[]).1);
    for rows in [vec![strangers], vec![other_layout]] {
        let claim = rows::claim(&warehouse, Topic::Events, 0).await.claim;
        let error = warehouse.commit(&[Commit { claim, range, rows }]).await.unwrap_err();
        assert_eq!(error.kind, StoreErrorKind::Invalid, "{error}");
    }
    let progress = warehouse.progress(Topic::Events, PartitionId(0)).await.unwrap();
    assert_eq!((progress.checkpoint.0, progress.pending), (0, None));
}

#[tokio::test]
async fn compressed_on_the_wire_it_is_the_same() {
    let mut config = empty();
    config.bounds.compress = true;
    migrate(&config).await.unwrap();
    let warehouse = ClickHouseWarehouse::connect(config).unwrap();
    let range = rows::events(0, 0, 1);
    let facts = rows::facts(range, TENANT, &[(Some(1), rows::at(0))]);
    rows::land(&warehouse, range, vec![facts, rows::metrics(&[rows::purchase(day(0))])]).await;
    let groups = warehouse.kpi_groups(scope(TENANT), &totals(), KpiGrouping::Total).await.unwrap();
    assert_eq!(groups[0].sums.tracked_revenue_micros, 10_000_000);
    assert!(shared().url().starts_with("http://127.0.0.1"));
}

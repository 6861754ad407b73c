//! Kept answers: never staler than they may be, asked once, given up when nobody waits.

use std::time::Duration;

use futures::future::join_all;
use proptest::prelude::*;
use stratum_models::id::TenantId;
use stratum_models::log::Topic;
use stratum_models::metrics::{KpiGrouping, KpiQuery};
use stratum_models::store::StoreErrorKind;
use stratum_models::warehouse::{
    CampaignGroupQuery, DataVersion, DataVersions, MatchQualityQuery, WarehouseReader,
};
use stratum_query::answers::{AnswersConfig, CachedReader};
use stratum_query::warehouse::{ClickHouseWarehouse, migrate};
use stratum_testing::memory_warehouse::{AnswerMode, MemoryWarehouse};
use stratum_testing::warehouse_contract::rows::{
    self, Metric, TENANT, at, day, days, purchase, scope,
};

use crate::engine::{empty, fill, shared};

const DELETE_ROWS: &str = include_str!("../sql/delete_rows.sql");
const OTHER: TenantId = TenantId(8);
const AGE: Duration = Duration::from_millis(200);

fn cached(config: &AnswersConfig) -> (MemoryWarehouse, CachedReader<MemoryWarehouse>) {
    let warehouse = MemoryWarehouse::new();
    (warehouse.clone(), CachedReader::new(warehouse, config))
}

fn totals(from: i32) -> KpiQuery {
    KpiQuery::of(days(from, 9))
}

async fn purchases(reader: &impl WarehouseReader, tenant: TenantId) -> i128 {
    let groups = reader.kpi_groups(scope(tenant), &totals(0), KpiGrouping::Total).await.unwrap();
    groups.iter().map(|group| group.sums.tracked_conversions).sum()
}

async fn sell(warehouse: &MemoryWarehouse, record: u64, tenant: TenantId) {
    let metric = Metric { tenant, ..purchase(day(0)) };
    rows::land(warehouse, rows::events(0, record, record + 1), vec![rows::metrics(&[metric])])
        .await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_kept_until_something_lands_for_its_tenant() {
    let (warehouse, reader) = cached(&AnswersConfig::default());
    let questions = warehouse.questions();
    sell(&warehouse, 0, TENANT).await;
    assert_eq!((purchases(&reader, TENANT).await, purchases(&reader, OTHER).await), (1, 0));
    sell(&warehouse, 1, OTHER).await;
    tokio::time::sleep(AGE).await;
    assert_eq!(purchases(&reader, TENANT).await, 1);
    assert_eq!(questions.begun(), 2, "what lands for another tenant changes nothing");
    assert_eq!(purchases(&reader, OTHER).await, 1);
    assert_eq!(questions.begun(), 3);
    sell(&warehouse, 2, TENANT).await;
    tokio::time::sleep(AGE).await;
    assert_eq!(purchases(&reader, TENANT).await, 2);
    tokio::time::sleep(Duration::from_secs(599)).await;
    assert_eq!((purchases(&reader, TENANT).await, questions.begun()), (2, 4));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!((purchases(&reader, TENANT).await, questions.begun()), (2, 5), "its time is over");
}

#[tokio::test(start_paused = true)]
async fn versions_are_read_together_and_only_while_somebody_asks() {
    let (warehouse, reader) = cached(&AnswersConfig::default());
    let questions = warehouse.questions();
    let ask = |tenant| purchases(&reader, TenantId(tenant));
    join_all((1..=50).map(ask)).await;
    let first = questions.versions_read();
    for _ in 0..100 {
        join_all((1..=50).map(ask)).await;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let read = questions.versions_read() - first;
    assert!((5..=10).contains(&read), "{read} reads in a second of 5000 questions");
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert!(questions.versions_read() - first <= read + 1, "nobody asks");
    assert_eq!(questions.begun(), 50);
}

#[tokio::test]
async fn a_question_of_many_is_asked_once_and_given_up_when_all_have_left() {
    let (warehouse, reader) = cached(&AnswersConfig::default());
    let questions = warehouse.questions();
    questions.answer(AnswerMode::Held);
    let until = async |under_way| {
        while questions.under_way() != under_way {
            tokio::task::yield_now().await;
        }
    };
    let mut callers: Vec<_> = (0..10)
        .map(|_| {
            let reader = reader.clone();
            tokio::spawn(async move { purchases(&reader, TENANT).await })
        })
        .collect();
    until(1).await;
    for leaves in callers.drain(..5) {
        leaves.abort();
    }
    tokio::task::yield_now().await;
    assert_eq!((questions.under_way(), questions.begun()), (1, 1), "five still wait");
    for leaves in &callers {
        leaves.abort();
    }
    until(0).await;
    let waiting = [1, 2, 3].map(|_| {
        let reader = reader.clone();
        tokio::spawn(async move { purchases(&reader, TENANT).await })
    });
    until(1).await;
    waiting[0].abort();
    questions.answer(AnswerMode::AtOnce);
    let [_, second, third] = waiting;
    assert_eq!((second.await.unwrap(), third.await.unwrap()), (0, 0));
    assert_eq!(questions.begun(), 2);
}

#[tokio::test]
async fn an_error_is_told_to_all_and_not_kept() {
    let (warehouse, reader) = cached(&AnswersConfig::default());
    warehouse.questions().answer(AnswerMode::Refused);
    let all = join_all((0..5).map(|_| reader.freshness(scope(TENANT)))).await;
    for error in all {
        assert_eq!(error.unwrap_err().kind, StoreErrorKind::Unavailable);
    }
    warehouse.questions().answer(AnswerMode::AtOnce);
    assert!(reader.freshness(scope(TENANT)).await.unwrap().is_empty());
}

#[tokio::test]
async fn answers_take_no_more_memory_than_they_may() {
    let config = AnswersConfig { bytes_max: 20_000, ..AnswersConfig::default() };
    let (warehouse, reader) = cached(&config);
    for _ in 0..2 {
        for from in -500..0 {
            let query = totals(from);
            let asked = reader.kpi_groups(scope(TENANT), &query, KpiGrouping::Total);
            assert!(asked.await.unwrap().is_empty());
        }
    }
    let asked = warehouse.questions().begun();
    assert!(asked > 900, "{asked} of 1000 were asked again");
}

/// Something that happens.
#[derive(Clone, Debug)]
enum Step {
    Land { events: bool, partition: u32, tenant: u64 },
    Ask { tenant: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    let land = (any::<bool>(), 0..3u32, 7..9u64)
        .prop_map(|(events, partition, tenant)| Step::Land { events, partition, tenant });
    prop_oneof![land, (7..9u64).prop_map(|tenant| Step::Ask { tenant })]
}

/// Every question, asked of both; the answers as text.
async fn every(reader: &impl WarehouseReader, tenant: TenantId) -> Vec<String> {
    let scope = scope(tenant);
    let (from, until) = (at(0), at(3_600_000));
    let masks =
        MatchQualityQuery { from, until, platform: None, dataset_id: None, event_name: None };
    let campaigns = CampaignGroupQuery { days: days(0, 9), campaigns: Vec::new(), by_day: false };
    let mut all = vec![
        format!("{:?}", reader.campaign_groups(scope, &campaigns).await),
        format!("{:?}", reader.reported_campaigns(scope, at(i64::MIN / 4), None, 9).await),
        format!("{:?}", reader.mask_counts(scope, &masks).await),
        format!("{:?}", reader.invalid_counts(scope, &masks).await),
        format!("{:?}", reader.ingest_counts(scope, from, until).await),
        format!("{:?}", reader.rejection_counts(scope, from, until).await),
        format!("{:?}", reader.campaign_days(scope, days(0, 9)).await),
        format!("{:?}", reader.freshness(scope).await),
    ];
    for by in [KpiGrouping::Total, KpiGrouping::Platform, KpiGrouping::Day, KpiGrouping::Campaign] {
        all.push(format!("{:?}", reader.kpi_groups(scope, &totals(0), by).await));
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]

    #[test]
    fn kept_answers_are_those_of_the_warehouse(steps in prop::collection::vec(step(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let config = AnswersConfig { version_ms_max: 0, ..AnswersConfig::default() };
            let (warehouse, reader) = cached(&config);
            let mut next = std::collections::BTreeMap::<(Topic, u32), u64>::new();
            for step in steps {
                let (events, partition, tenant) = match step {
                    Step::Land { events, partition, tenant } => (events, partition, TenantId(tenant)),
                    Step::Ask { tenant } => {
                        let tenant = TenantId(tenant);
                        assert_eq!(every(&reader, tenant).await, every(&warehouse, tenant).await);
                        continue;
                    }
                };
                let topic = if events { Topic::Events } else { Topic::AdReports };
                let at = next.entry((topic, partition)).or_default();
                let range = rows::range(topic, partition, *at, *at + 2);
                *at += 2;
                let rows = match events {
                    true => vec![rows::metrics(&[Metric { tenant, ..purchase(day(1)) }])],
                    false => {
                        let report = rows::report(day(1), range.from.0, 5);
                        let report = stratum_models::ad_report::AdReport { tenant_id: tenant, ..report };
                        vec![rows::reports(range, &[report])]
                    }
                };
                rows::land(&warehouse, range, rows).await;
            }
        });
    }
}

/// The crash came between the rows and the version: the next worker moves it.
#[tokio::test]
async fn a_version_that_a_crash_left_behind_is_moved_by_the_next_worker() {
    let settings = empty();
    migrate(&settings).await.unwrap();
    let warehouse = ClickHouseWarehouse::connect(settings.clone()).unwrap();
    let range = rows::events(2, 0, 4);
    let rows = vec![rows::metrics(&[purchase(day(0))])];
    rows::land(&warehouse, range, rows.clone()).await;
    let words = [("$database", settings.database.as_str()), ("$table", "data_versions")];
    shared().execute(&fill(DELETE_ROWS, &words));
    rows::land(&warehouse, range, rows).await;
    let versions = warehouse.data_versions(&[scope(OTHER), scope(TENANT)]).await.unwrap();
    assert_eq!(versions, [DataVersion(0), DataVersion(4)]);
    let reader = CachedReader::new(warehouse, &AnswersConfig::default());
    assert_eq!(purchases(&reader, TENANT).await, 1);
}

/// What changes raw events alone, such as forgetting a person, changes no answer and needs to move no
/// version; and a question costs the same however many events there are.
#[test]
fn no_question_reads_raw_events() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("sql");
    // The pipeline's own, and those of erasing a person: one at a time, and answers hold nothing of them.
    let others = [
        "read_landed_rows",
        "read_seen_keys",
        "read_progress",
        "read_person_events",
        "read_linked_identifiers",
        "read_own_event_names",
        // What came in lately: kept nowhere, and of two days of receipt at most, which are partitions.
        "read_recent_rows",
        "read_arrival_counts",
    ];
    let mut questions = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if name.starts_with("read_") && !others.contains(&name.as_str()) {
            let statement = std::fs::read_to_string(&path).unwrap();
            let words: Vec<&str> = statement.split_whitespace().collect();
            let raw = words.windows(2).any(|pair| pair == ["FROM", "events"]);
            assert!(!raw, "{name} reads raw events");
            questions += 1;
        }
    }
    assert!(questions > 8, "{questions}");
}

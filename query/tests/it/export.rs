//! Exports read from a real engine: the right rows and texts, in order, in bounded memory.

use std::time::{Duration, Instant};

use futures::StreamExt as _;
use stratum_models::export::{
    ExportQuery, ExportReader as _, ExportType, FileCompression, FileFormat,
};
use stratum_models::log::Topic;
use stratum_models::platform::Platform;
use stratum_models::store::StoreErrorKind;
use stratum_query::export::encode;
use stratum_query::warehouse::{ClickHouseWarehouse, migrate};
use stratum_testing::warehouse_contract::rows::{self, TENANT, at, day, days, scope};

use crate::engine::{empty, fill, fresh, shared};

const FILL_EVENTS: &str = include_str!("../sql/fill_events.sql");
const FILL_REPORTS: &str = include_str!("../sql/fill_reports.sql");
const COUNT_RUNNING: &str = include_str!("../sql/count_running.sql");

fn query(of: ExportType, columns: &[&str]) -> ExportQuery {
    let columns = match columns {
        [] => of.columns().iter().collect(),
        names => names.iter().map(|name| of.column(name).unwrap()).collect(),
    };
    ExportQuery { of, days: days(-400, 3), zone: chrono_tz::UTC, platforms: Vec::new(), columns }
}

async fn csv(warehouse: &ClickHouseWarehouse, query: ExportQuery) -> Vec<String> {
    let columns = query.columns.clone();
    let export = warehouse.export(scope(TENANT), query).await.unwrap();
    let encoded = encode(export.batches, columns, FileFormat::Csv, FileCompression::None);
    let chunks: Vec<_> = encoded.bytes.map(|chunk| chunk.unwrap().to_vec()).collect().await;
    let text = String::from_utf8(chunks.concat()).unwrap();
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    assert_eq!(lines.len() as u64 - 1, encoded.rows.load(std::sync::atomic::Ordering::Relaxed));
    lines
}

#[tokio::test]
async fn reported_and_tracked_stand_side_by_side_and_nothing_is_counted_twice() {
    let warehouse = fresh().await;
    let reports = rows::range(Topic::AdReports, 0, 0, 1);
    let of = |account: &str, campaign: &str, spend| stratum_models::ad_report::AdReport {
        account_id: account.into(),
        campaign_id: campaign.into(),
        ..rows::report(day(0), 2, spend)
    };
    let restated = rows::report(day(0), 1, 99_000_000);
    // One campaign in two accounts, which no platform has: what is tracked is counted in one of them.
    let both = [of("a", "c", 10_500_000), of("b", "c", 20_000_000), of("b", "d", 1), restated];
    rows::land(&warehouse, reports, vec![rows::reports(reports, &both)]).await;
    let tracked = |campaign, days| rows::Metric { campaign, ..rows::purchase(day(days)) };
    let sums = [tracked("c", 0), tracked("c", 0), tracked("", 0), tracked("d", 1)];
    rows::land(&warehouse, rows::events(0, 0, 1), vec![rows::metrics(&sums)]).await;
    let lines = csv(&warehouse, query(ExportType::CampaignMetrics, &[])).await;
    let (today, next) = (day(0).0, day(1).0);
    let mut wanted = vec![
        "date,platform,account_id,campaign_id,campaign_name,currency,spend,impressions,clicks,conversions,revenue,tracked_conversions,tracked_revenue".to_owned(),
        format!("{today},meta,,,,EUR,0.00,0,0,0.00,0.00,1,10.00"),
        format!("{today},meta,a,c,v2,EUR,10.50,1000,10,1.50,31.50,2,20.00"),
        format!("{today},meta,b,c,v2,EUR,20.00,1000,10,1.50,60.00,0,0.00"),
        format!("{today},meta,b,d,v2,EUR,0.000001,1000,10,1.50,0.000003,0,0.00"),
        format!("{next},meta,b,d,,EUR,0.00,0,0,0.00,0.00,1,10.00"),
    ];
    // A month's end may lie between the two days; parts come in order.
    wanted.sort_by_key(|line| line.starts_with(&next.to_string()));
    assert_eq!(lines, wanted);
    let chosen = query(ExportType::CampaignMetrics, &["spend", "date"]);
    let chosen = ExportQuery { days: days(0, 0), ..chosen };
    let lines = csv(&warehouse, chosen.clone()).await;
    assert_eq!((lines[0].as_str(), lines.len()), ("spend,date", 5));
    let others = ExportQuery { platforms: vec![Platform::Tiktok], ..chosen };
    assert_eq!(csv(&warehouse, others).await, ["spend,date"]);
}

#[tokio::test]
async fn events_leave_with_their_identifiers_sealed() {
    let warehouse = fresh().await;
    let range = rows::events(0, 0, 2);
    let facts = rows::facts(range, TENANT, &[(Some(1), at(1)), (None, at(0))]);
    rows::land(&warehouse, range, vec![facts]).await;
    let lines = csv(&warehouse, query(ExportType::Events, &[])).await;
    let seal = "09".repeat(48);
    let row = |ms| {
        let (day, at) = (day(0).0, format!("{}T00:00:00.00{ms}Z", day(0).0));
        format!(
            "{day},meta,meta,123,Purchase,{at},{at},website,server,order-1,,12.50,EUR,,em,ph,{seal}{}false,false,true,de,mobile,,3",
            ",".repeat(10)
        )
    };
    assert_eq!(lines[1..], [row(0), row(1)]);
    let names: Vec<&str> = lines[0].split(',').collect();
    assert_eq!(names.len(), lines[1].split(',').count());
    assert_eq!(names.len(), ExportType::Events.columns().len());
}

#[tokio::test]
async fn match_quality_is_scored_by_the_formula_of_the_answers() {
    let warehouse = fresh().await;
    let range = rows::events(0, 0, 1);
    // A fifth of the events carries an e-mail address, the others nothing.
    let counts = [rows::quality(at(0), 1, 10), rows::quality(at(3_600_000), 0, 40)];
    rows::land(&warehouse, range, vec![rows::match_quality(&counts)]).await;
    let columns = ["date", "dataset_id", "channel", "events", "score", "band", "coverage_em"];
    let lines = csv(&warehouse, query(ExportType::Emq, &columns)).await;
    assert_eq!(lines[0], columns.join(","));
    assert_eq!(lines[1..], [format!("{},123,browser,50,1.2,poor,0.2", day(0).0)]);
}

/// Millions of rows, more than the engine may hold at once: they come all the same, in order.
#[tokio::test]
async fn an_export_larger_than_the_engines_memory_comes_whole() {
    const ROWS: u64 = 400_000;
    let mut config = empty();
    migrate(&config).await.unwrap();
    config.bounds.query_memory_bytes_max = 192 << 20;
    let rows = ROWS.to_string();
    let words = [("$database", config.database.as_str()), ("$rows", rows.as_str())];
    for statement in [FILL_EVENTS, FILL_REPORTS] {
        shared().execute(&fill(statement, &words));
    }
    let warehouse = ClickHouseWarehouse::connect(config).unwrap();
    for (of, order) in [
        (ExportType::Events, ["received_at", "dataset_id", "event_name", "event_time"].as_slice()),
        (ExportType::CampaignMetrics, &["date", "account_id", "campaign_id", "date"]),
    ] {
        let lines = csv(&warehouse, query(of, &[])).await;
        assert_eq!(lines.len() as u64, ROWS + 1, "{of}");
        let ordered = csv(&warehouse, query(of, order)).await;
        let key = |line: &String| {
            let (part, rest) = line.split_once(',').unwrap();
            // A day of receipt, or a month.
            let part = part.split_once('T').map_or(&part[..7], |(day, _)| day).to_owned();
            (part, rest.to_owned())
        };
        assert!(ordered[1..].is_sorted_by_key(key), "{of}");
    }
}

#[tokio::test]
async fn rows_that_nobody_reads_stay_in_the_engine_and_end_with_their_reader() {
    let config = empty();
    migrate(&config).await.unwrap();
    let words = [("$database", config.database.as_str()), ("$rows", "1000000")];
    shared().execute(&fill(FILL_EVENTS, &words));
    let warehouse = ClickHouseWarehouse::connect(config.clone()).unwrap();
    let query = query(ExportType::Events, &[]);
    let columns = query.columns.clone();
    let export = warehouse.export(scope(TENANT), query).await.unwrap();
    assert_eq!(export.rows_expected, 1_000_000);
    let mut encoded = encode(export.batches, columns, FileFormat::Csv, FileCompression::None);
    encoded.bytes.next().await.unwrap().unwrap();
    let until = Instant::now() + Duration::from_secs(20);
    let running = || shared().execute(&fill(COUNT_RUNNING, &words)).trim().to_owned();
    assert_eq!(running(), "1");
    // The first chunk, those in the queue, one batch in each hand and one in the queue between.
    assert!(encoded.rows.load(std::sync::atomic::Ordering::Relaxed) <= 4 * 16_384);
    drop(encoded);
    while running() != "0" {
        assert!(Instant::now() < until, "it goes on");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn campaigns_are_not_the_warehouses() {
    let error = fresh().await.export(scope(TENANT), query(ExportType::Campaigns, &[])).await;
    assert_eq!(error.err().unwrap().kind, StoreErrorKind::Invalid);
}

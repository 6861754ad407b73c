//! Everything that was sent is accounted for: generated traffic goes through the front door in
//! requests of several sizes, twice, and every figure then equals a plain reference of it.

use std::collections::BTreeMap;
use std::io::Write as _;

use serde_json::Value;
use stratum_models::demo::{
    Expect, Reference, TenantReference, Traffic, TrafficConfig, ad_reports,
};
use stratum_models::emq::EmqScore;
use stratum_models::metrics::MetricSums;
use stratum_models::platform::Platform;
use stratum_models::rejection::RejectReason;
use stratum_models::time::{DAY_MS, Day, UnixMillis};
use stratum_testing::kafka_broker::KafkaBroker;

use crate::fixture::Stratum;
use crate::load::{Days, Load, now};
use crate::same_answers;

/// Events of a request, and how many requests of that size.
const SIZES: &[(usize, usize)] = &[(1, 400), (50, 60), (1_000, 5)];
const REPORT_DAYS: u32 = 10;
/// The answer names no more groups of reason and field than this.
const REASONS_TOLD_MAX: usize = 100;
const SEED: u64 = 20_261_122;

#[tokio::test(flavor = "multi_thread")]
async fn every_figure_equals_the_reference_on_the_embedded_log() {
    let stratum = Stratum::start(&[]).await;
    reconcile(&stratum).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_figure_equals_the_reference_on_kafka() {
    let broker = KafkaBroker::start();
    let stratum = Stratum::start(&[("KAFKA_BROKERS", &broker.brokers())]).await;
    reconcile(&stratum).await;
}

async fn reconcile(stratum: &Stratum) {
    println!("seed {SEED}");
    let load = Load::create(stratum, SEED).await;
    let start = now();
    let reference = send_everything(&load, start).await;
    let today = start.day_in(chrono_tz::UTC);
    for tenant in 0..load.world.tenants.len() {
        let expected = reference.tenant(tenant);
        let received = expected.ingest.received;
        let what = format!("{received} events were received");
        load.settle(tenant, &what, |counts| counts["received"] >= received).await;
        settle_reports(&load, tenant, expected.report_rows).await;
        check_counts(&load, tenant, expected).await;
        check_days(&load, tenant, expected, today).await;
        check_campaigns(&load, tenant, expected).await;
        check_match_quality(&load, tenant, expected, start).await;
        same_answers::check(stratum, &load, tenant, &Days::around(start)).await;
    }
}

/// A few bytes that say ninety-nine thousand rows, sixteen times: what was refused is counted, in a few
/// rows, and what is beyond the plan is told to come again.
#[tokio::test(flavor = "multi_thread")]
async fn refused_rows_are_counted_in_few_rows() {
    const ROWS: u64 = 99_000;
    let stratum = Stratum::start(&[]).await;
    let load = Load::create(&stratum, SEED).await;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all("{}\n".repeat(ROWS as usize).as_bytes()).expect("packing");
    let body = packer.finish().expect("packing");
    let mut refused = 0;
    for _ in 0..16 {
        let request = stratum.client().post(format!("{}/api/v1/ad-reports", stratum.url()));
        let request = request.bearer_auth(&load.tenants[0].ingest_key).body(body.clone());
        match request.send().await.expect("an answer").status().as_u16() {
            422 => refused += 1,
            status => assert_eq!(status, 429),
        }
    }
    assert!((1..16).contains(&refused), "{refused} requests");
    let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
    let said = loop {
        let said = load.ask(0, "analytics/ingest", &[]).await;
        if said["ad_reports"]["received"] == refused * ROWS {
            break said;
        }
        assert!(std::time::Instant::now() < until, "{refused} requests, but {said}");
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    };
    assert_eq!(said["ad_reports"]["rejected"], refused * ROWS);
    let dataset = &said["datasets"][0];
    assert_eq!((&dataset["platform"], &dataset["dataset_id"]), (&Value::Null, &"".into()));
    let expected = serde_json::json!([{
        "dialect": null, "platform": null, "dataset_id": "", "reason": "too_many_rows", "field": "",
        "rows": refused * ROWS
    }]);
    assert_eq!(said["rejections"], expected);
    let rows = stratum.ask_warehouse("SELECT count() FROM rejected_rows").await;
    assert_eq!(rows.trim(), refused.to_string());
}

/// An event that is no purchase is taken without a value that has no currency, and this is shown.
#[tokio::test(flavor = "multi_thread")]
async fn fields_that_events_were_taken_without_are_shown() {
    let stratum = Stratum::start(&[]).await;
    let load = Load::create(&stratum, SEED).await;
    let dataset = &load.world.tenants[0].datasets[0];
    let event = |name: &str, currency: Option<&str>| {
        serde_json::json!({
            "event_name": name, "event_time": now().0 / 1000, "event_id": name,
            "action_source": "website", "user_data": {"em": "a@example.com"},
            "custom_data": {"value": 5, "currency": currency},
        })
    };
    let events = [event("Purchase", Some("EUR")), event("AddToCart", None), event("Lead", None)];
    let path = format!("{}/v24.0/{dataset}/events", stratum.url());
    let request = stratum.client().post(path).bearer_auth(&load.tenants[0].ingest_key);
    let answer =
        request.json(&serde_json::json!({"data": events})).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    load.settle(0, "three events", |counts| counts["landed"] >= 3).await;
    let said = load.ask(0, "analytics/ingest", &[]).await;
    let counts = serde_json::json!({"received": 3, "landed": 3, "duplicate": 0, "rejected": 0});
    assert_eq!((&said["events"], &said["rejections"]), (&counts, &serde_json::json!([])));
    let expected = serde_json::json!([{
        "dialect": "meta", "platform": "meta", "dataset_id": dataset,
        "reason": "missing_currency", "field": "custom_data.currency", "events": 2
    }]);
    assert_eq!(said["diagnostics"], expected);
}

/// Sends the traffic and the reports, then all of it again.
async fn send_everything(load: &Load, start: UnixMillis) -> Reference {
    let mut requests = Vec::new();
    for (seed, (events_per_request, count)) in SIZES.iter().enumerate() {
        let config = TrafficConfig {
            events_per_request: *events_per_request,
            refused_requests: 0.08,
            ..TrafficConfig::default()
        };
        let traffic = Traffic::new(load.world.clone(), config, seed as u64 + 1, start);
        requests.extend(traffic.take(*count));
    }
    let yesterday = UnixMillis(start.0 - DAY_MS).day_in(chrono_tz::UTC);
    let reports = ad_reports(&load.world, REPORT_DAYS, yesterday, SEED);
    let mut reference = Reference::new(load.world.clone());
    for _ in 0..2 {
        for request in &requests {
            let answer = load.send(request).await.expect("an answer");
            let said: Value = serde_json::from_str(&answer.body).expect("JSON, whatever happened");
            match request.expect {
                Expect::Accept => {
                    assert_eq!(answer.status, 200, "{}", answer.body);
                    assert_eq!(said["events_received"], request.events);
                }
                Expect::Refuse(reason) => {
                    assert_eq!(answer.status, 400, "{reason}: {}", answer.body);
                    assert!(said["error"]["message"].is_string(), "{reason}: {}", answer.body);
                }
            }
            reference.receive(request, now());
        }
        for request in &reports {
            let answer = load.send_reports(request).await.expect("an answer");
            assert!((200..300).contains(&answer.status), "{}", answer.body);
            reference.receive_reports(request);
        }
    }
    reference
}

async fn settle_reports(load: &Load, tenant: usize, rows: u64) {
    let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
    loop {
        let counts = load.ask(tenant, "analytics/ingest", &[]).await;
        if counts["ad_reports"]["received"] == rows {
            return;
        }
        assert!(std::time::Instant::now() < until, "{rows} reports, but {}", counts["ad_reports"]);
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
}

async fn check_counts(load: &Load, tenant: usize, expected: &TenantReference) {
    let said = load.ask(tenant, "analytics/ingest", &[]).await;
    let sums = &expected.ingest;
    let wanted = serde_json::json!({
        "received": sums.received,
        "landed": sums.landed,
        "duplicate": sums.duplicate,
        "rejected": sums.rejected,
    });
    assert_eq!(said["events"], wanted, "tenant {tenant}");
    assert_eq!(sums.received, sums.landed + sums.duplicate + sums.rejected);
    check_rejections(&said, expected);
    let mut by_dataset: BTreeMap<&str, u64> = BTreeMap::new();
    for ((dataset, _), sums) in &expected.ingest_by_hour {
        *by_dataset.entry(dataset).or_default() += sums.landed;
    }
    for one in
        said["datasets"].as_array().expect("datasets").iter().filter(|d| d["kind"] == "event")
    {
        let dataset = one["dataset_id"].as_str().expect("an id");
        assert_eq!(one["landed"].as_u64(), by_dataset.get(dataset).copied(), "dataset {dataset}");
    }
}

/// Refused rows by their reasons, as far as the answer tells them all.
fn check_rejections(said: &Value, expected: &TenantReference) {
    let rows = said["rejections"].as_array().expect("rejections");
    let mut shown: BTreeMap<&str, u64> = BTreeMap::new();
    for row in rows {
        let reason = row["reason"].as_str().expect("a reason");
        *shown.entry(reason).or_default() += row["rows"].as_u64().expect("a count");
    }
    let mut faulty = 0;
    for (reason, requests) in &expected.refused_requests {
        // All but these are the fault of one event; its neighbours are refused with it.
        let each = if *reason == RejectReason::TooManyRows { 1_001 } else { 1 };
        faulty += each * requests;
        if rows.len() < REASONS_TOLD_MAX {
            assert_eq!(shown.remove(reason.as_str()), Some(each * requests), "{reason}");
        }
    }
    if rows.len() < REASONS_TOLD_MAX {
        let neighbours = shown.remove(RejectReason::BatchRejected.as_str()).unwrap_or_default();
        assert_eq!(neighbours, expected.ingest.rejected - faulty);
        assert!(shown.is_empty(), "{shown:?}");
    }
}

/// Sums by currency.
type ByCurrency = BTreeMap<String, MetricSums>;

fn assert_figures(what: &str, said: &Value, expected: &ByCurrency) {
    let mut left = expected.clone();
    // Rows without an amount have no currency; they count in the total alone.
    left.remove("");
    for one in said["by_currency"].as_array().expect("a split by currency") {
        let currency = one["currency"].as_str().expect("a currency");
        let sums = left.remove(currency).unwrap_or_default();
        for (field, micros) in [
            ("total_spend", sums.spend_micros),
            ("total_revenue", sums.revenue_micros),
            ("total_conversions", sums.conversions_micros),
            ("tracked_revenue", sums.tracked_revenue_micros),
            ("total_impressions", sums.impressions * 1_000_000),
            ("total_clicks", sums.clicks * 1_000_000),
            ("tracked_conversions", sums.tracked_conversions * 1_000_000),
        ] {
            let shown = one[field].as_f64().unwrap_or(f64::NAN);
            let wanted = micros as f64 / 1e6;
            let close = (shown - wanted).abs() <= 1e-9 * wanted.abs();
            assert!(close, "{what}, {currency}: {field} is {shown}, expected {wanted}");
        }
    }
    left.retain(|_, sums| *sums != MetricSums::default());
    assert!(left.is_empty(), "{what}: nothing is shown of {left:?}");
}

async fn check_days(load: &Load, tenant: usize, expected: &TenantReference, today: Day) {
    let mut days: BTreeMap<Day, ByCurrency> = BTreeMap::new();
    let mut all = ByCurrency::new();
    for ((day, _, _, currency), sums) in expected.campaign_metrics() {
        *days.entry(day).or_default().entry(currency.clone()).or_default() += sums;
        *all.entry(currency).or_default() += sums;
    }
    assert!(days.len() >= REPORT_DAYS as usize);
    for (day, sums) in &days {
        let date = day.0.to_string();
        let range = [("date_from", date.as_str()), ("date_to", date.as_str())];
        let said = load.ask(tenant, "analytics/kpis", &range).await;
        assert_figures(&format!("tenant {tenant}, {date}"), &said, sums);
    }
    let (from, to) = (days.keys().next().expect("a day"), days.keys().last().expect("a day"));
    let (from, to) = (from.0.to_string(), to.max(&today).0.to_string());
    let range = [("date_from", from.as_str()), ("date_to", to.as_str())];
    let said = load.ask(tenant, "analytics/kpis", &range).await;
    assert_figures(&format!("tenant {tenant}, {from} to {to}"), &said, &all);
    let platforms = load.ask(tenant, "analytics/platforms", &range).await;
    let platforms = platforms["platforms"].as_array().or(platforms.as_array()).cloned();
    for platform in Platform::ALL {
        let mut sums = ByCurrency::new();
        for ((_, at, _, currency), one) in expected.campaign_metrics() {
            if at == *platform {
                *sums.entry(currency).or_default() += one;
            }
        }
        let said = platforms.iter().flatten().find(|one| one["platform"] == platform.as_str());
        if let Some(said) = said {
            assert_figures(&format!("tenant {tenant}, {platform}"), said, &sums);
        } else {
            assert!(sums.is_empty(), "tenant {tenant}: {platform} is not shown");
        }
    }
}

async fn check_campaigns(load: &Load, tenant: usize, expected: &TenantReference) {
    let mut campaigns: BTreeMap<(Platform, String), ByCurrency> = BTreeMap::new();
    for ((_, platform, campaign, currency), sums) in expected.campaign_metrics() {
        let one = campaigns.entry((platform, campaign)).or_default();
        *one.entry(currency).or_default() += sums;
    }
    for ((platform, campaign), sums) in campaigns.iter().filter(|((_, id), _)| !id.is_empty()) {
        let path = format!("campaigns/{campaign}/metrics");
        let said = load.ask(tenant, &path, &[("platform", platform.as_str())]).await;
        assert_figures(&format!("tenant {tenant}, campaign {campaign}"), &said["total"], sums);
    }
}

async fn check_match_quality(
    load: &Load,
    tenant: usize,
    expected: &TenantReference,
    start: UnixMillis,
) {
    let days = Days::around(start);
    let scores = load.ask(tenant, "emq/score", &days.hours()).await;
    let coverage = load.ask(tenant, "emq/coverage", &days.hours()).await;
    let mut groups: BTreeMap<(String, String), Vec<_>> = BTreeMap::new();
    for ((dataset, name, source, valid), events) in expected.mask_totals() {
        groups.entry((dataset, name)).or_default().push((source, valid, events));
    }
    let find = |answer: &Value, dataset: &str, name: &str| {
        let all = answer["events"].as_array().expect("events").clone();
        let mut all = all.into_iter();
        all.find(|one| one["dataset_id"] == dataset && one["event_name"] == name)
            .unwrap_or_else(|| panic!("tenant {tenant}: {name} of {dataset} is not shown"))
    };
    assert_eq!(scores["events"].as_array().map(Vec::len), Some(groups.len()));
    for ((dataset, name), masks) in &groups {
        let events: u64 = masks.iter().map(|(_, _, events)| events).sum();
        let wanted = EmqScore::of(Platform::Meta, masks.iter().copied()).expect("events");
        let shown = find(&scores, dataset, name);
        assert_eq!(shown["events"], events, "tenant {tenant}, {name}");
        assert_eq!(shown["score"], wanted.out_of_10(), "tenant {tenant}, {name}");
        let shown = find(&coverage, dataset, name);
        for key in stratum_models::identifier::IdentifierKey::ALL {
            let with = masks.iter().filter(|(_, valid, _)| valid.has(*key));
            let share = with.map(|(_, _, events)| events).sum::<u64>() as f64 / events as f64;
            let shown = shown["coverage"][key.as_str()].as_f64().unwrap_or(0.0);
            assert!((shown - share).abs() < 1e-9, "tenant {tenant}, {name}: {key} {shown} {share}");
        }
    }
}

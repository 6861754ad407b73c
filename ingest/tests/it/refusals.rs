//! What is refused is counted, in few rows and before it is answered, and pays like what is taken.

use std::sync::Arc;

use serde_json::{Value, json};
use stratum_ingest::append::AppendConfig;
use stratum_ingest::config::DoorConfig;
use stratum_models::id::TenantId;
use stratum_models::log::Topic;
use stratum_models::platform::Platform;
use stratum_models::record::RecordKind;
use stratum_models::rejection::RowKind;
use stratum_testing::memory_directory::MemoryDirectory;

use crate::desk::{DATASET, Desk, KEY, LogRow, altered, gzip, purchase, reason};

const REPORTS: &str = "/api/v1/ad-reports?access_token=TOK%2Ben%7C1";

/// The rejections of a topic: platform, reason, field and number of rows. Events name their dialect, reports
/// none.
fn kept(desk: &Desk, topic: Topic) -> Vec<(String, String, String, u64)> {
    let rows = desk.rows(topic, RecordKind::Rejections);
    let say = |row: &LogRow| {
        let platform = match row["platform"].parse::<i8>().unwrap() {
            0 => "unknown".to_owned(),
            code => Platform::from_code(code).unwrap().to_string(),
        };
        assert_eq!(row["dialect"], if topic == Topic::Events { "1" } else { "0" });
        let rows = row["row_count"].parse().unwrap();
        (platform, reason(row).to_string(), row["field"].clone(), rows)
    };
    rows.iter().map(say).collect()
}

fn owned(platform: &str, reason: &str, field: &str, rows: u64) -> (String, String, String, u64) {
    (platform.to_owned(), reason.to_owned(), field.to_owned(), rows)
}

/// A desk whose tenant may send so many rows a second. Its clock stands.
fn limited(rows_per_second: u32) -> Desk {
    let tenant = TenantId(7);
    let directory = MemoryDirectory::new()
        .with_tenant(tenant, chrono_tz::UTC)
        .with_dataset(tenant, Platform::Meta, DATASET)
        .with_key(KEY, tenant);
    directory.put_rows_per_second(tenant, rows_per_second);
    Desk::serving(Arc::new(directory), DoorConfig::default(), AppendConfig::default())
}

#[tokio::test]
async fn a_few_bytes_are_a_few_rows_and_count_against_the_plan() {
    let body = gzip("{}\n".repeat(99_000).as_bytes());
    assert!(body.len() < 10_000);
    let desk = limited(20_000);
    let mut refused = 0;
    for _ in 0..16 {
        let answer = desk.send(REPORTS, &[], body.clone()).await;
        match answer.status.as_u16() {
            422 => refused += 1,
            status => assert_eq!(status, 429, "{answer:?}"),
        }
    }
    // A burst of five seconds, and the request that took the last of it.
    assert_eq!(refused, 2);
    assert_eq!(
        kept(&desk, Topic::AdReports),
        vec![owned("unknown", "too_many_rows", "", 99_000); 2]
    );
}

#[tokio::test]
async fn rows_that_are_refused_alike_are_one_with_their_number() {
    let desk = Desk::new();
    let answer = desk.send(REPORTS, &[], "{}\n".repeat(10_000)).await;
    assert_eq!(answer.status, 422);
    assert_eq!(
        kept(&desk, Topic::AdReports),
        [owned("unknown", "missing_field", "platform", 10_000)]
    );

    let desk = Desk::new();
    let mut events: Vec<Value> = (0..900).map(|n| purchase(&n.to_string())).collect();
    events.extend((0..100).map(|_| altered("event_time", None)));
    assert_eq!(desk.post_events(&events).await.status, 400);
    let expected = [
        owned("meta", "batch_rejected", "", 900),
        owned("meta", "missing_field", "event_time", 100),
    ];
    assert_eq!(kept(&desk, Topic::Events), expected);

    let desk = Desk::new();
    let events: Vec<Value> = (0..5000).map(|n| purchase(&n.to_string())).collect();
    assert_eq!(desk.post_events(&events).await.status, 400);
    assert_eq!(kept(&desk, Topic::Events), [owned("meta", "too_many_rows", "data", 5000)]);
}

#[tokio::test]
async fn rows_of_many_accounts_are_few_rejections_that_add_up() {
    let desk = Desk::new();
    let rows: Vec<Value> =
        (0..10_000).map(|n| json!({"platform": "google", "account_id": n.to_string()})).collect();
    assert_eq!(desk.send(REPORTS, &[], json!(rows).to_string()).await.status, 422);
    let kept = kept(&desk, Topic::AdReports);
    assert!(kept.len() <= 102, "{}", kept.len());
    assert_eq!(kept.iter().map(|one| one.3).sum::<u64>(), 10_000);
}

#[tokio::test]
async fn a_platform_that_is_not_known_is_nobodys() {
    let desk = Desk::new();
    let row = |platform: Value| {
        json!({
            "platform": platform, "account_id": "1", "campaign_id": "c", "date": "2026-09-20",
            "currency": "EUR", "spend": 1, "impressions": 1, "clicks": 1
        })
    };
    let rows = json!([row(json!("google")), row(json!("myspace")), row(Value::Null)]).to_string();
    assert_eq!(desk.send(REPORTS, &[], rows).await.status, 422);
    let expected = [
        owned("google", "batch_rejected", "", 1),
        owned("unknown", "invalid_value", "platform", 1),
        owned("unknown", "missing_field", "platform", 1),
    ];
    assert_eq!(kept(&desk, Topic::AdReports), expected);
    for body in ["rubbish", "[]"] {
        let desk = Desk::new();
        desk.send(REPORTS, &[], body).await;
        assert_eq!(kept(&desk, Topic::AdReports)[0].0, "unknown", "{body}");
    }
}

#[tokio::test]
async fn what_cannot_be_counted_is_not_refused_but_told_to_come_again() {
    let append = AppendConfig { rows_pending_max: 0, ..AppendConfig::default() };
    let desk = Desk::with(DoorConfig::default(), append);
    for body in ["rubbish", "{\"data\":[{}]}"] {
        let answer = desk.post(body).await;
        assert_eq!((answer.code(), answer.retry_after.as_deref()), ((503, 4, 0), Some("1")));
    }
    for body in ["rubbish", "[{}]"] {
        let answer = desk.send(REPORTS, &[], body).await;
        assert_eq!((answer.status.as_u16(), answer.retry_after.as_deref()), (503, Some("1")));
    }
    assert!(kept(&desk, Topic::Events).is_empty() && kept(&desk, Topic::AdReports).is_empty());
}

#[tokio::test]
async fn refused_rows_use_up_the_plan_as_others_do() {
    let desk = limited(1);
    assert_eq!(desk.post_events(&vec![json!({}); 5]).await.status, 400);
    let answer = desk.post_events(&[purchase("a")]).await;
    assert_eq!((answer.code(), answer.retry_after.as_deref()), ((429, 4, 0), Some("1")));
    assert_eq!(desk.post_events(&[json!({})]).await.status, 429);
    assert_eq!((desk.events().len(), desk.rejections().len()), (0, 5));
}

/// An event of this name with this in `custom_data`.
fn event(name: &str, custom_data: Value) -> Value {
    let mut event = purchase(name);
    event["event_name"] = json!(name);
    event["custom_data"] = custom_data;
    event
}

#[tokio::test]
async fn a_value_without_currency_refuses_purchases_alone() {
    let desk = Desk::new();
    let events = [
        event("Purchase", json!({"value": 5, "currency": "EUR"})),
        event("AddToCart", json!({"value": 5})),
        event("Lead", json!({"value": 5, "currency": null})),
        event("Lead", json!({"value": 5, "currency": "XQZ"})),
        event("Our Own Name", json!({"value": 5, "currency": " "})),
        event("ViewContent", json!({"currency": "XQZ"})),
    ];
    let answer = desk.post_events(&events).await;
    assert_eq!((answer.status.as_u16(), &answer.body["events_received"]), (200, &json!(6)));
    let kept_events = desk.events();
    let values: Vec<_> = kept_events.iter().filter_map(|event| event.get("value_micros")).collect();
    assert_eq!(values, ["5000000"], "an amount without a currency says nothing");
    assert!(desk.rejections().is_empty(), "no event was refused");
    let fields = desk.rows(Topic::Events, RecordKind::Rejections);
    let field = RowKind::Field.code().to_string();
    assert!(fields.iter().all(|row| row["kind"] == field && row["dataset_id"] == DATASET));
    let mut kept = kept(&desk, Topic::Events);
    kept.sort();
    let of = |reason| owned("meta", reason, "custom_data.currency", 1);
    let missing = of("missing_currency");
    assert_eq!(kept, [of("invalid_currency"), missing.clone(), missing.clone(), missing]);

    let desk = Desk::new();
    let events = [event("Purchase", json!({"value": 5})), event("AddToCart", json!({"value": 5}))];
    assert_eq!(desk.post_events(&events).await.code(), (400, 100, 2_804_010));
    let mut refused = desk.rejections();
    refused.sort();
    let refused: Vec<&str> = refused.iter().map(|(reason, _)| reason.as_str()).collect();
    assert_eq!(refused, ["batch_rejected", "missing_currency"]);
}

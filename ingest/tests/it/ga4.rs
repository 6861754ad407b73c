//! The Measurement Protocol's door: it answers as Google's, and what is refused is counted all the same.

use std::sync::Arc;

use serde_json::{Value, json};
use stratum_ingest::append::AppendConfig;
use stratum_ingest::config::DoorConfig;
use stratum_models::id::TenantId;
use stratum_models::platform::Platform;
use stratum_testing::memory_directory::MemoryDirectory;

use crate::desk::{Answer, DATASET, Desk, KEY, NOW, gzip};

const COLLECT: &str = "/mp/collect?measurement_id=1234567890&api_secret=TOK%2Ben%7C1";
const DEBUG: &str = "/debug/mp/collect?measurement_id=1234567890&api_secret=TOK%2Ben%7C1";
const DAY_MS: i64 = 86_400_000;

fn purchase(transaction: &str) -> Value {
    json!({"name": "purchase", "params": {
        "transaction_id": transaction, "value": 10.5, "currency": "EUR", "session_id": 7,
        "page_location": "https://shop.example/thanks",
    }})
}

fn with(mut event: Value, path: &str, value: Value) -> Value {
    let (parent, leaf) = path.rsplit_once('/').unwrap();
    event.pointer_mut(parent).unwrap()[leaf] = value;
    event
}

fn request(events: &[Value]) -> Value {
    json!({"client_id": "123.456", "timestamp_micros": NOW.0 * 1000, "events": events})
}

async fn send(desk: &Desk, body: &Value) -> Answer {
    let answer = desk.send(COLLECT, &[], body.to_string()).await;
    assert_eq!((answer.status.as_u16(), &answer.body), (204, &Value::Null), "{answer:?}");
    answer
}

#[tokio::test]
async fn events_are_taken_with_what_stands_beside_them() {
    let desk = Desk::new();
    let mut body = request(&[
        purchase("a"),
        with(purchase("b"), "/timestamp_micros", json!((NOW.0 - DAY_MS) * 1000)),
        json!({"name": "view_item", "params": {"event_id": "c", "gclid": "click"}}),
        json!({"name": "my_own_event"}),
    ]);
    body["user_id"] = json!("customer-7");
    body["user_data"] = json!({"sha256_email_address": ["jane@example.com"]});
    body["consent"] = json!({"ad_user_data": "GRANTED", "ad_personalization": "DENIED"});
    send(&desk, &body).await;
    let rows = desk.events();
    let column = |name: &str| {
        let mut all: Vec<_> =
            rows.iter().map(|row| row.get(name).cloned().unwrap_or_default()).collect();
        all.sort();
        all
    };
    assert_eq!(column("event_name"), ["Purchase", "Purchase", "ViewContent", "my_own_event"]);
    // Of purchases the transaction is what they are known by.
    assert_eq!(column("event_id"), ["", "a", "b", "c"]);
    assert_eq!(column("order_id"), ["", "", "a", "b"]);
    assert!(column("limited_data_use").iter().all(|limited| limited == "true"));
    assert!(column("action_source").iter().all(|source| source == "1"));
    // em, external_id, browser_id; and the click of one.
    let all = 1 | 1 << 10 | 1 << 12;
    let mut masks = [all, all, all, all | 1 << 11].map(|mask: u32| mask.to_string());
    masks.sort();
    assert_eq!(column("valid_mask"), masks);

    let desk = Desk::new();
    let app = COLLECT.replace("measurement_id", "firebase_app_id");
    let body = json!({"app_instance_id": "i", "events": [purchase("a")]}).to_string();
    assert_eq!(desk.send(&app, &[], gzip(body.as_bytes())).await.status, 204);
    assert_eq!(desk.events()[0]["action_source"], "2");
}

/// Requests that break a rule: the reason and field that are counted, and how many rows.
fn faulty() -> Vec<(String, &'static str, &'static str, usize)> {
    let event = |path, value| request(&[with(purchase("x"), path, value)]).to_string();
    let beside = |field: &str, value: Value| {
        let mut body = request(&[purchase("x")]);
        body[field] = value;
        body.to_string()
    };
    let long = "a".repeat(41);
    vec![
        ("{".to_owned(), "malformed_body", "", 1),
        ("[]".to_owned(), "wrong_type", "", 1),
        ("{}".to_owned(), "missing_field", "events", 1),
        (request(&[]).to_string(), "empty_batch", "events", 1),
        (beside("client_id", Value::Null), "missing_field", "client_id", 1),
        (beside("user_id", json!({})), "wrong_type", "user_id", 1),
        (event("/name", Value::Null), "missing_field", "name", 1),
        (event("/name", json!("two words")), "invalid_value", "name", 1),
        (event("/name", json!("1st")), "invalid_value", "name", 1),
        (event("/name", json!("ga_own")), "invalid_value", "name", 1),
        (event("/name", json!(long)), "invalid_value", "name", 1),
        (event("/params/value", json!("much")), "invalid_value", "params.value", 1),
        (event("/timestamp_micros", json!("soon")), "invalid_value", "timestamp_micros", 1),
        (
            beside("timestamp_micros", json!((NOW.0 - 4 * DAY_MS) * 1000)),
            "too_old",
            "timestamp_micros",
            1,
        ),
        (
            beside("timestamp_micros", json!((NOW.0 + 700_000) * 1000)),
            "in_future",
            "timestamp_micros",
            1,
        ),
    ]
}

#[tokio::test]
async fn what_is_refused_is_counted_and_not_told() {
    for (body, reason, field, rows) in faulty() {
        let desk = Desk::new();
        let answer = desk.send(COLLECT, &[], body.clone()).await;
        assert_eq!((answer.status.as_u16(), &answer.body), (204, &Value::Null), "{body}");
        let wanted = vec![(reason.to_owned(), field.to_owned()); rows];
        assert_eq!((desk.rejections(), desk.events().len()), (wanted, 0), "{body}");
    }
    let desk = Desk::new();
    send(&desk, &request(&[purchase("a"), json!({"name": "1st"}), purchase("b")])).await;
    assert_eq!((desk.rejections().len(), desk.events().len()), (1, 2));
    let desk = Desk::new();
    let many: Vec<Value> = (0..50).map(|n| purchase(&n.to_string())).collect();
    send(&desk, &request(&many)).await;
    assert_eq!((desk.rejections().len(), desk.events().len()), (25, 25));
}

#[tokio::test]
async fn the_debug_route_tells_and_takes_nothing() {
    for (body, _, field, _) in faulty() {
        let desk = Desk::new();
        let answer = desk.send(DEBUG, &[], body.clone()).await;
        assert_eq!(answer.status, 200, "{body}");
        let message = &answer.body["validationMessages"][0];
        let path = message["fieldPath"].as_str().unwrap();
        assert!(path.ends_with(field), "{body}: {answer:?}");
        assert!(message["validationCode"].is_string() && message["description"].is_string());
        assert_eq!((desk.rejections().len(), desk.events().len()), (0, 0), "{body}");
    }
    let desk = Desk::new();
    let body = request(&[purchase("a"), with(purchase("b"), "/params/currency", Value::Null)]);
    let answer = desk.send(DEBUG, &[], body.to_string()).await;
    let told = json!({"validationMessages": [{
        "fieldPath": "events[1].params.currency", "validationCode": "VALUE_REQUIRED",
        "description": "events[1].params.currency is required beside a value.",
    }]});
    assert_eq!(answer.body, told);
    let answer = desk.send(DEBUG, &[], request(&[purchase("a")]).to_string()).await;
    assert_eq!(answer.body, json!({"validationMessages": []}));
}

#[tokio::test]
async fn who_is_not_let_in_hears_so() {
    let body = request(&[purchase("a")]).to_string();
    let told = |answer: &Answer| {
        assert_eq!(answer.body["error"]["code"], answer.status.as_u16(), "{answer:?}");
        answer.status.as_u16()
    };
    for (query, wanted) in [
        ("measurement_id=1234567890&api_secret=nobody", 401),
        ("measurement_id=1234567890&api_secret=", 401),
        ("measurement_id=1234567890", 401),
        ("measurement_id=1234567890&api_secret=revoked", 401),
        ("measurement_id=1234567890&api_secret=read-only", 401),
        ("measurement_id=G-OTHER&api_secret=TOK%2Ben%7C1", 401),
        ("api_secret=TOK%2Ben%7C1", 401),
    ] {
        let desk = Desk::new();
        let answer = desk.send(&format!("/mp/collect?{query}"), &[], body.clone()).await;
        assert_eq!(told(&answer), wanted, "{query}");
        assert_eq!((desk.rejections().len(), desk.events().len()), (0, 0));
    }
    assert_eq!(told(&Desk::new().ask("GET", COLLECT, &[], "").await), 405);

    let busy = DoorConfig { requests_in_flight_max: 0, ..DoorConfig::default() };
    let answer = Desk::with(busy, AppendConfig::default()).send(COLLECT, &[], body.clone()).await;
    assert_eq!((told(&answer), answer.retry_after.as_deref()), (503, Some("1")));
    let small = DoorConfig { body_bytes_max: 50, ..DoorConfig::default() };
    let answer = Desk::with(small, AppendConfig::default()).send(COLLECT, &[], body.clone()).await;
    assert_eq!(told(&answer), 413);

    let tenant = TenantId(7);
    let directory = MemoryDirectory::new()
        .with_tenant(tenant, chrono_tz::UTC)
        .with_dataset(tenant, Platform::Google, DATASET)
        .with_key(KEY, tenant);
    directory.put_rows_per_second(tenant, 0);
    let (door, append) = (DoorConfig::default(), AppendConfig::default());
    let answer = Desk::serving(Arc::new(directory), door, append).send(COLLECT, &[], body).await;
    assert_eq!((told(&answer), answer.retry_after.as_deref()), (429, Some("1")));
}

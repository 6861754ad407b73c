//! Segment's door: what it takes of whose clients, and every case of its answers.

use std::sync::Arc;

use serde_json::{Value, json};
use stratum_ingest::append::AppendConfig;
use stratum_ingest::config::DoorConfig;
use stratum_models::id::TenantId;
use stratum_models::identifier::{IdentifierKey as Key, IdentifierMask};
use stratum_models::platform::Platform;
use stratum_testing::memory_directory::{KeyGrant, MemoryDirectory};

use crate::desk::{Answer, DATASET, Desk, KEY, LogRow, NOW, gzip};

/// `Basic` of the fixtures' key.
const BASIC: &str = "Basic VE9LK2VufDE6";
const DAY_MS: i64 = 86_400_000;

fn at(ms: i64) -> String {
    stratum_models::time::UnixMillis(ms).to_utc().to_rfc3339()
}

fn track(id: &str) -> Value {
    json!({
        "type": "track", "event": "Order Completed", "messageId": id, "userId": "customer-7",
        "timestamp": at(NOW.0), "properties": {"revenue": "10.5", "currency": "EUR"},
    })
}

fn with(mut message: Value, path: &str, value: Value) -> Value {
    let (parent, leaf) = path.rsplit_once('/').unwrap();
    message.pointer_mut(parent).unwrap()[leaf] = value;
    message
}

async fn send(desk: &Desk, messages: &[Value]) -> Answer {
    let body = json!({"batch": messages, "sentAt": at(NOW.0)}).to_string();
    desk.send("/v1/batch", &[("authorization", BASIC)], body).await
}

/// The rows of messages that are all taken.
async fn rows(messages: &[Value]) -> Vec<LogRow> {
    let desk = Desk::new();
    let answer = send(&desk, messages).await;
    assert_eq!((answer.status.as_u16(), &answer.body), (200, &json!({"success": true})));
    assert_eq!(desk.rejections(), []);
    desk.events()
}

fn column(rows: &[LogRow], name: &str) -> Vec<String> {
    rows.iter().map(|row| row.get(name).cloned().unwrap_or_default()).collect()
}

#[tokio::test]
async fn every_kind_of_message_is_understood() {
    let context = json!({"traits": {"email": "jane@example.com"}, "ip": "0.0.0.0",
        "campaign": {"id": "77"}, "page": {"url": "https://shop.example/a"}});
    let rows = rows(&[
        track("a"),
        json!({"type": "page", "messageId": "b", "anonymousId": "x", "context": context}),
        json!({"type": "screen", "messageId": "c", "userId": 7, "timestamp": at(NOW.0)}),
        json!({"type": "identify", "messageId": "d", "userId": "7", "traits": {
            "email": "jane@example.com", "phone": "+16505551212", "firstName": "Jane", "lastName": "Doe",
            "birthday": "1990-01-31T00:00:00.000Z", "gender": "female", "age": 7,
            "address": {"city": "Berlin", "state": "BE", "postalCode": "10115", "country": "Germany"}}}),
        json!({"type": "group", "messageId": "e", "userId": "7", "groupId": "g"}),
        json!({"type": "alias", "messageId": "f", "userId": "7", "previousId": "6"}),
        json!({"type": "track", "event": "Order Placed", "messageId": "g", "userId": "7",
            "properties": {"total": 3, "revenue": 2, "value": 1, "currency": "EUR", "orderId": "o-9"}}),
        json!({"type": "track", "event": "Color Chosen", "messageId": "h", "userId": "7",
            "properties": {"value": "blue", "gclid": "click", "fbp": "fb.1.1.1"},
            "context": {"device": {"type": "ios", "advertisingId": "AEBE52E7-03EE-455A-B3C4-E57283966239"}}}),
    ])
    .await;
    let names = ["Purchase", "PageView", "PageView", "Identify", "PlaceAnOrder", "Color Chosen"];
    assert_eq!(column(&rows, "event_name"), names);
    assert_eq!(column(&rows, "event_id"), ["a", "b", "c", "d", "g", "h"]);
    let source = ["1", "1", "2", "1", "1", "2"];
    assert_eq!(column(&rows, "action_source"), source);
    assert_eq!(column(&rows, "value_micros"), ["10500000", "", "", "", "2000000", ""]);
    assert_eq!(column(&rows, "campaign_id"), ["", "77", "", "", "", ""]);
    assert_eq!(column(&rows, "order_id"), ["", "", "", "", "o-9", ""]);
    assert!(column(&rows, "platform").iter().all(|platform| platform == "0"));
    assert!(column(&rows, "dataset_id").iter().all(|dataset| dataset == DATASET));
    let person = [
        Key::Email,
        Key::Phone,
        Key::FirstName,
        Key::LastName,
        Key::BirthDate,
        Key::Gender,
        Key::City,
        Key::State,
        Key::Zip,
        Key::Country,
        Key::ExternalId,
    ];
    let mask = |keys: &[Key]| IdentifierMask::of(keys).0.to_string();
    let masks = column(&rows, "valid_mask");
    assert_eq!(masks[1], mask(&[Key::Email, Key::BrowserId]));
    assert_eq!(masks[3], mask(&person));
    assert_eq!(masks[5], mask(&[Key::ExternalId, Key::ClickId, Key::BrowserId, Key::MobileAdId]));
}

#[tokio::test]
async fn a_message_without_a_time_happened_now_and_clocks_that_are_off_are_set_right() {
    let time = async |body: Value| {
        let desk = Desk::new();
        let answer = desk.send("/v1/track", &[("x-write-key", KEY)], body.to_string()).await;
        assert_eq!(answer.status, 200);
        desk.events()[0]["event_time"].clone()
    };
    let row = |ms| stratum_models::time::UnixMillis(ms).to_utc();
    let shown = |ms| row(ms).to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true);
    let event = json!({"event": "Order Completed", "userId": "7"});
    let with_times = |made: i64, sent: i64| {
        let event = with(event.clone(), "/timestamp", json!(at(made)));
        with(event, "/sentAt", json!(at(sent)))
    };
    assert_eq!(time(event.clone()).await, shown(NOW.0));
    // Sent an hour ago by the sender's clock, and made 5 s before it was sent.
    let hour = NOW.0 - 3_600_000;
    assert_eq!(time(with_times(hour - 5000, hour)).await, shown(NOW.0 - 5000));
    assert_eq!(time(with_times(NOW.0 + DAY_MS, NOW.0 + DAY_MS)).await, shown(NOW.0));
    let close = NOW.0 - 59_000;
    assert_eq!(time(with_times(close, close)).await, shown(close));
}

#[tokio::test]
async fn what_cannot_be_an_event_is_counted_and_refuses_no_other() {
    for (bad, reason, field) in [
        (json!({"type": "track", "userId": "7"}), "missing_field", "event"),
        (json!({"type": "sing", "userId": "7"}), "invalid_value", "type"),
        (json!({"userId": "7"}), "invalid_value", "type"),
        (json!("track"), "malformed_body", ""),
        (json!(7), "wrong_type", ""),
        (with(track("x"), "/timestamp", json!("soon")), "invalid_value", "timestamp"),
        (with(track("x"), "/timestamp", json!(at(NOW.0 - 91 * DAY_MS))), "too_old", "timestamp"),
        (with(track("x"), "/timestamp", json!(at(NOW.0 + 700_000))), "in_future", "timestamp"),
        (with(track("x"), "/messageId", json!("i".repeat(600))), "too_long", "messageId"),
        (with(track("x"), "/event", json!({"a": 1})), "wrong_type", "event"),
    ] {
        let desk = Desk::new();
        let answer = send(&desk, &[track("a"), bad.clone(), track("b")]).await;
        assert_eq!((answer.status.as_u16(), &answer.body), (200, &json!({"success": true})));
        let wanted = [(reason.to_owned(), field.to_owned())];
        assert_eq!((desk.rejections().as_slice(), desk.events().len()), (&wanted[..], 2));
        let desk = Desk::new();
        assert_eq!(send(&desk, &[bad]).await.body, json!({"success": true}));
        assert_eq!((desk.rejections().as_slice(), desk.events().len()), (&wanted[..], 0));
    }
}

#[tokio::test]
async fn a_worth_that_cannot_be_kept_is_counted_and_the_event_is_taken() {
    let no_currency = json!({"revenue": 5});
    let unreadable = json!({"revenue": "much", "currency": "EUR"});
    let rows = rows(&[
        with(track("a"), "/properties", no_currency),
        with(track("b"), "/properties", unreadable),
        with(track("c"), "/properties", json!({"revenue": -5, "currency": "EUR"})),
    ])
    .await;
    assert_eq!(column(&rows, "value_micros"), ["", "", ""]);
}

#[tokio::test]
async fn its_other_clients_are_served() {
    let message = json!({"messageId": "m", "event": "Order Completed", "userId": "7"});
    let in_body = with(message.clone(), "/writeKey", json!(KEY));
    let java = json!({"writeKey": KEY, "context": {"ip": "93.184.216.34", "userAgent": "Mozilla/5.0"},
        "batch": [with(message.clone(), "/type", json!("track"))]});
    let posthog = json!({"api_key": KEY, "batch": [{"event": "$pageview", "distinct_id": "7",
        "uuid": "0199e0d8-0000-7000-8000-000000000000",
        "properties": {"$current_url": "https://shop.example/", "$ip": "93.184.216.34"}}]});
    let bearer = format!("Bearer {KEY}");
    for (path, headers, body, name) in [
        ("/v1/track/", vec![], &in_body, "Purchase"),
        ("/v1/t", vec![("content-type", "text/plain")], &in_body, "Purchase"),
        ("/v1/p", vec![], &in_body, "PageView"),
        ("/v1/import/", vec![], &java, "Purchase"),
        ("/v1/b", vec![("content-type", "text/plain")], &java, "Purchase"),
        ("/api/s/track", vec![("x-write-key", KEY)], &message, "Purchase"),
        ("/api/s/s2s/page", vec![("x-write-key", KEY)], &message, "PageView"),
        ("/batch/", vec![], &posthog, "PageView"),
        ("/v1/screen", vec![("authorization", &bearer)], &message, "PageView"),
    ] {
        for packed in [false, true] {
            let desk = Desk::new();
            let body = body.to_string().into_bytes();
            let body = if packed { gzip(&body) } else { body.into() };
            let answer = desk.send(path, &headers, body).await;
            assert_eq!(answer.body, json!({"success": true}), "{path}");
            assert_eq!(column(&desk.events(), "event_name"), [name], "{path}");
        }
    }
    let desk = Desk::new();
    desk.send("/v1/import/", &[], java.to_string()).await;
    let mask = IdentifierMask::of(&[Key::ExternalId, Key::ClientIp, Key::UserAgent]);
    assert_eq!(column(&desk.events(), "valid_mask"), [mask.0.to_string()]);
}

#[tokio::test]
async fn what_posthogs_client_sends_is_understood() {
    let desk = Desk::new();
    let sent = include_str!("../../wire/src/dialect/segment/fixtures/b1_posthog_python.json");
    let body = sent.replace(r#""api_key": "k""#, r#""api_key": "TOK+en|1""#);
    assert_eq!(desk.send("/batch/", &[], body).await.body, json!({"success": true}));
    let rows = desk.events();
    let mut names = column(&rows, "event_name");
    names.sort();
    assert_eq!(names, ["Identify", "Purchase"]);
    let mask = |keys: &[Key]| IdentifierMask::of(keys).0.to_string();
    let mut masks = column(&rows, "valid_mask");
    masks.sort();
    let mut wanted =
        [mask(&[Key::Email, Key::ExternalId]), mask(&[Key::ExternalId, Key::ClientIp])];
    wanted.sort();
    assert_eq!(masks, wanted);
}

#[tokio::test]
async fn browsers_are_told_from_servers() {
    let library = |name: &str| json!({"library": {"name": name}});
    let rows = rows(&[
        with(track("a"), "/context", library("analytics.js")),
        with(track("b"), "/context", library("analytics-python")),
        with(track("c"), "/channel", json!("web")),
    ])
    .await;
    assert_eq!(column(&rows, "channel"), ["2", "1", "2"]);
}

/// Status and message of a refusal.
fn told(answer: &Answer) -> (u16, &str) {
    assert_eq!(answer.body["success"], false, "{answer:?}");
    (answer.status.as_u16(), answer.body["message"].as_str().unwrap())
}

#[tokio::test]
async fn a_request_that_is_not_taken_hears_so() {
    let many: Vec<Value> = (0..2000).map(|n| track(&n.to_string())).collect();
    for (body, wanted, rows) in [
        ("{".to_owned(), "The request body cannot be read", 1),
        ("[]".to_owned(), "The request body must be a JSON object", 1),
        ("{}".to_owned(), "batch is required", 1),
        (json!({"batch": []}).to_string(), "batch holds no event", 1),
        (json!({"batch": many}).to_string(), "batch holds more events", 2000),
    ] {
        let desk = Desk::new();
        let answer = desk.send("/v1/batch", &[("authorization", BASIC)], body).await;
        let (status, message) = told(&answer);
        assert!(status == 400 && message.starts_with(wanted), "{message}, not {wanted}");
        assert_eq!((desk.rejections().len(), desk.events().len()), (rows, 0), "{message}");
    }
    let body = track("a").to_string();
    for (key, wanted) in [
        (KEY, 200),
        ("nobody", 401),
        ("revoked", 401),
        ("read-only", 401),
        // Its tenant has no dataset without a platform.
        ("other-tenant", 401),
    ] {
        let desk = Desk::new();
        let answer = desk.send("/v1/track", &[("x-write-key", key)], body.clone()).await;
        assert_eq!(answer.status, wanted, "{key}: {answer:?}");
    }
    let desk = Desk::new();
    assert_eq!(told(&desk.send("/v1/track", &[], body.clone()).await).0, 401);
    assert_eq!(told(&desk.send("/api/s/sing", &[("x-write-key", KEY)], body).await).0, 404);
    assert_eq!(told(&desk.ask("GET", "/v1/track", &[], "").await).0, 405);
}

#[tokio::test]
async fn what_may_come_again_says_so() {
    let body = track("a").to_string();
    let key = [("x-write-key", KEY)];
    let busy = DoorConfig { requests_in_flight_max: 0, ..DoorConfig::default() };
    let answer = Desk::with(busy, AppendConfig::default());
    let answer = answer.send("/v1/track", &key, body.clone()).await;
    assert_eq!((told(&answer).0, answer.retry_after.as_deref()), (503, Some("1")));
    let small = DoorConfig { body_bytes_max: 50, ..DoorConfig::default() };
    let desk = Desk::with(small, AppendConfig::default());
    assert_eq!(told(&desk.send("/v1/track", &key, body.clone()).await).0, 413);

    let tenant = TenantId(7);
    let directory = MemoryDirectory::new()
        .with_tenant(tenant, chrono_tz::UTC)
        .with_dataset(tenant, None, DATASET)
        .with_key(KEY, tenant);
    directory.put_rows_per_second(tenant, 0);
    let (door, append) = (DoorConfig::default(), AppendConfig::default());
    let desk = Desk::serving(Arc::new(directory), door, append);
    let answer = desk.send("/v1/track", &key, body).await;
    assert_eq!((told(&answer).0, answer.retry_after.as_deref()), (429, Some("1")));
}

#[tokio::test]
async fn a_key_that_leaves_a_choice_names_no_dataset() {
    let tenant = TenantId(7);
    let directory = MemoryDirectory::new()
        .with_tenant(tenant, chrono_tz::UTC)
        .with_dataset(tenant, None, "shop")
        .with_dataset(tenant, None, "app")
        .with_dataset(tenant, Platform::Meta, "1")
        .with_key("every", tenant);
    for (key, platform, dataset) in [("of app", None, "app"), ("meta", Some(Platform::Meta), "1")] {
        directory.put_key(key, KeyGrant::Dataset(tenant, platform, dataset.to_owned()));
    }
    let (door, append) = (DoorConfig::default(), AppendConfig::default());
    let desk = Desk::serving(Arc::new(directory), door, append);
    for (key, status) in [("every", 401), ("meta", 401), ("of app", 200)] {
        let answer = desk.send("/v1/track", &[("x-write-key", key)], track("a").to_string()).await;
        assert_eq!(answer.status, status, "{key}: {answer:?}");
    }
    assert_eq!(column(&desk.events(), "dataset_id"), ["app"]);
}

//! TikTok's door: what it takes, and every case of its answers.

use std::sync::Arc;

use serde_json::{Value, json};
use stratum_ingest::append::AppendConfig;
use stratum_ingest::config::DoorConfig;
use stratum_models::id::TenantId;
use stratum_models::platform::Platform;
use stratum_testing::memory_directory::MemoryDirectory;

use crate::desk::{Answer, DATASET, Desk, KEY, NOW, gzip};

const EVENTS: &str = "/open_api/v1.3/event/track/";
const PIXEL: &str = "/open_api/v1.3/pixel/track/";
const BATCH: &str = "/open_api/v1.3/pixel/batch/";
const NOW_S: i64 = NOW.0 / 1000;

fn event(id: &str) -> Value {
    json!({
        "event": "Purchase", "event_time": NOW_S, "event_id": id,
        "user": {"email": "jane@example.com", "ip": "203.0.113.45"},
        "properties": {"value": 10.5, "currency": "EUR"},
    })
}

fn events(events: &[Value]) -> Value {
    json!({"event_source": "web", "event_source_id": DATASET, "data": events})
}

fn pixel_event(id: &str) -> Value {
    json!({
        "event": "CompletePayment", "timestamp": "2026-09-21T14:14:00Z", "event_id": id,
        "context": {"user": {"email": "jane@example.com"}, "ip": "203.0.113.45"},
        "properties": {"value": 10.5, "currency": "EUR"},
    })
}

fn with(mut event: Value, path: &str, value: Value) -> Value {
    match event.pointer_mut(path) {
        Some(place) => *place = value,
        None => {
            let (parent, leaf) = path.rsplit_once('/').unwrap();
            event.pointer_mut(parent).unwrap()[leaf] = value;
        }
    }
    event
}

async fn post(desk: &Desk, path: &str, key: &str, body: impl Into<axum::body::Body>) -> Answer {
    desk.send(path, &[("access-token", key)], body).await
}

/// Status, code and message of the answer to this body.
async fn said(desk: &Desk, path: &str, key: &str, body: &Value) -> (u16, i64, String) {
    told(&post(desk, path, key, body.to_string()).await)
}

fn told(answer: &Answer) -> (u16, i64, String) {
    let body = &answer.body;
    assert!(body["request_id"].is_string() && body["data"] == json!({}), "{body}");
    let message = body["message"].as_str().unwrap().to_owned();
    (answer.status.as_u16(), body["code"].as_i64().unwrap(), message)
}

#[tokio::test]
async fn requests_of_every_shape_are_taken() {
    let desk = Desk::new();
    let batch = json!({"pixel_code": DATASET, "batch": [pixel_event("c"), pixel_event("d")]});
    let mut one = pixel_event("b");
    one["pixel_code"] = json!(DATASET);
    one["test_event_code"] = json!("T1");
    for (path, body) in [
        (EVENTS, events(&[event("a")])),
        ("/open_api/v1.2/event/track", events(&[event("a2")])),
        (PIXEL, one),
        (BATCH, batch),
    ] {
        assert_eq!(said(&desk, path, KEY, &body).await, (200, 0, "OK".to_owned()), "{path}");
    }
    let packed = gzip(events(&[event("e")]).to_string().as_bytes());
    assert_eq!(told(&post(&desk, EVENTS, KEY, packed).await).1, 0);
    let rows = desk.events();
    let ids: Vec<&str> = rows.iter().map(|row| row["event_id"].as_str()).collect();
    assert_eq!(ids, ["a", "a2", "b", "c", "d", "e"]);
    for row in &rows {
        assert_eq!(
            (row["event_name"].as_str(), row["value_micros"].as_str()),
            ("Purchase", "10500000")
        );
        assert_eq!((row["dialect"].as_str(), row["platform"].as_str()), ("2", "3"));
        assert_eq!(row["test"], if row["event_id"] == "b" { "true" } else { "false" });
    }
}

#[tokio::test]
async fn types_are_taken_as_senders_write_them() {
    let desk = Desk::new();
    let lists = json!({"email": ["", "62A14E44F765419D10FEA99367361A727C12365E2520F32218D505ED9AA0F62F"],
        "phone": [], "external_id": 77, "first_name": "محمد", "last_name": "Иванова", "city": "köln"});
    let all = [
        with(event("ms"), "/event_time", json!(NOW.0)),
        with(event("text"), "/event_time", json!(NOW_S.to_string())),
        with(
            with(event("value"), "/properties/value", json!("10.50")),
            "/properties/currency",
            json!("eur"),
        ),
        with(event("lists"), "/user", lists),
        with(
            event("nulls"),
            "/user",
            json!({"email": null, "ttclid": "E.C.P.x", "unknown": {"a": [1]}}),
        ),
        with(event("limited"), "/limited_data_use", json!(true)),
        with(
            event("unpaid"),
            "/properties",
            json!({"value": 3, "contents": [{"content_id": "1"}]}),
        ),
    ];
    assert_eq!(said(&desk, EVENTS, KEY, &events(&all)).await.1, 0);
    let rows = desk.events();
    let row = |id: &str| rows.iter().find(|row| row["event_id"] == id).unwrap();
    assert_eq!(row("ms")["event_time"], row("text")["event_time"]);
    assert_eq!(
        (row("value")["value_micros"].as_str(), row("value")["currency"].as_str()),
        ("10500000", "EUR")
    );
    // em, fn, ln, ct, external_id.
    assert_eq!(row("lists")["valid_mask"], (1 | 4 | 8 | 64 | 1024).to_string());
    assert_eq!(row("nulls")["valid_mask"], (1 << 11).to_string());
    assert_eq!(row("limited")["limited_data_use"], "true");
    assert!(!row("unpaid").contains_key("value_micros"), "an amount of no currency is none");
}

#[tokio::test]
async fn a_sale_in_a_shop_may_be_older() {
    const DAY_S: i64 = 86_400;
    let desk = Desk::new();
    for (source, days, code) in [
        ("web", 6, 0),
        ("web", 8, 40_002),
        ("offline", 27, 0),
        ("offline", 29, 40_002),
        ("crm", 6, 0),
    ] {
        let mut body = events(&[with(event(source), "/event_time", json!(NOW_S - days * DAY_S))]);
        body["event_source"] = json!(source);
        assert_eq!(said(&desk, EVENTS, KEY, &body).await.1, code, "{source} {days}");
    }
}

#[tokio::test]
async fn a_fault_is_named_by_its_path_and_refuses_all() {
    let good = event("good");
    for (bad, path, reason) in [
        (with(event("x"), "/event", json!(null)), "data.1.event: is required", "missing_field"),
        (with(event("x"), "/event", json!(7)), "data.1.event: must be a text", "wrong_type"),
        (
            with(event("x"), "/event", json!("n".repeat(600))),
            "data.1.event: is too long",
            "too_long",
        ),
        (
            with(event("x"), "/event_time", json!(null)),
            "data.1.event_time: is required",
            "missing_field",
        ),
        (
            with(event("x"), "/event_time", json!("soon")),
            "data.1.event_time: must be a Unix time",
            "invalid_value",
        ),
        (
            with(event("x"), "/event_time", json!(NOW_S - 8 * 86_400)),
            "data.1.event_time: lies too far",
            "too_old",
        ),
        (
            with(event("x"), "/event_time", json!(NOW_S + 700)),
            "data.1.event_time: lies in the future",
            "in_future",
        ),
        (
            with(event("x"), "/properties/value", json!("ten")),
            "data.1.properties.value: must be a decimal",
            "invalid_value",
        ),
        (
            with(event("x"), "/properties/value", json!({})),
            "data.1.properties.value: must be a text",
            "wrong_type",
        ),
        (with(event("x"), "/user", json!("jane")), "data.1.user: must be an object", "wrong_type"),
        (
            with(event("x"), "/user/email", json!({})),
            "data.1.user.email: must be a text or a list",
            "wrong_type",
        ),
        (json!(7), "data.1: must be an object", "wrong_type"),
    ] {
        let desk = Desk::new();
        let (status, code, message) = said(&desk, EVENTS, KEY, &events(&[good.clone(), bad])).await;
        assert_eq!((status, code), (200, 40_002), "{message}");
        assert!(message.starts_with(path), "{message}, not {path}");
        let mut reasons: Vec<String> = desk.rejections().into_iter().map(|one| one.0).collect();
        reasons.sort();
        let mut wanted = vec!["batch_rejected".to_owned(), reason.to_owned()];
        wanted.sort();
        assert_eq!((reasons, desk.events().len()), (wanted, 0), "{message}");
    }
}

#[tokio::test]
async fn a_fault_of_an_earlier_kind_of_event_has_its_own_path() {
    let desk = Desk::new();
    let bad = with(pixel_event("x"), "/context/user/email", json!({}));
    let body = json!({"pixel_code": DATASET, "batch": [pixel_event("a"), bad]});
    let (_, _, message) = said(&desk, BATCH, KEY, &body).await;
    assert!(message.starts_with("Batch.1.context.user.email: must be"), "{message}");
}

#[tokio::test]
async fn a_request_is_refused_as_a_whole_in_tiktoks_words() {
    let many: Vec<Value> = (0..2000).map(|n| event(&n.to_string())).collect();
    let some: Vec<Value> = (0..51).map(|n| pixel_event(&n.to_string())).collect();
    for (path, body, wanted, rows) in [
        (EVENTS, "{".to_owned(), "body: cannot be read", 1),
        (EVENTS, String::new(), "body: cannot be read", 1),
        (EVENTS, "[]".to_owned(), "body: must be a JSON object", 1),
        (EVENTS, json!({"data": [event("a")]}).to_string(), "event_source_id: is required", 1),
        (EVENTS, events(&[]).to_string(), "data: holds no event", 1),
        (EVENTS, json!({"event_source_id": DATASET}).to_string(), "data: is required", 1),
        (
            EVENTS,
            json!({"event_source_id": DATASET, "data": 7}).to_string(),
            "data: must be a list",
            1,
        ),
        (
            EVENTS,
            with(events(&[event("a")]), "/event_source", json!("tv")).to_string(),
            "event_source: must be one of",
            1,
        ),
        (EVENTS, events(&many).to_string(), "data: holds more events", 2000),
        (
            BATCH,
            json!({"pixel_code": DATASET, "batch": some}).to_string(),
            "batch: holds more events",
            51,
        ),
    ] {
        let desk = Desk::new();
        let answer = post(&desk, path, KEY, body).await;
        let (status, code, message) = told(&answer);
        assert_eq!((status, code), (200, 40_002), "{message}");
        assert!(message.starts_with(wanted), "{message}, not {wanted}");
        assert_eq!((desk.rejections().len(), desk.events().len()), (rows, 0), "{message}");
    }
}

#[tokio::test]
async fn who_may_not_send_hears_it_as_from_tiktok() {
    let desk = Desk::new();
    let (mine, theirs) =
        (events(&[event("a")]), with(events(&[event("a")]), "/event_source_id", json!("88")));
    for (key, body, code) in [
        ("nobody", &mine, 40_105),
        ("", &mine, 40_105),
        ("revoked", &mine, 40_105),
        ("read-only", &mine, 40_001),
        (KEY, &theirs, 40_001),
    ] {
        let (status, found, message) = said(&desk, EVENTS, key, body).await;
        assert_eq!((status, found), (200, code), "{key}: {message}");
    }
    assert_eq!((desk.rejections().len(), desk.events().len()), (0, 0));
    let answer = desk.ask("GET", EVENTS, &[], "").await;
    assert_eq!(told(&answer).0, 405);
    let answer = post(&desk, "/open_api/vx/event/track/", KEY, mine.to_string()).await;
    assert_eq!(told(&answer).0, 404);
}

#[tokio::test]
async fn what_may_come_again_says_so() {
    let body = events(&[event("a")]).to_string();
    let busy = DoorConfig { requests_in_flight_max: 0, ..DoorConfig::default() };
    let answer = post(&Desk::with(busy, AppendConfig::default()), EVENTS, KEY, body.clone()).await;
    assert_eq!((told(&answer).0, told(&answer).1), (503, 50_000));
    assert_eq!(answer.retry_after.as_deref(), Some("1"));

    let small = DoorConfig { body_bytes_max: 50, ..DoorConfig::default() };
    let desk = Desk::with(small, AppendConfig::default());
    let answer = post(&desk, EVENTS, KEY, body.clone()).await;
    assert_eq!((told(&answer).0, told(&answer).1), (413, 40_002));
    assert_eq!(desk.rejections(), rejected_whole("too_long"));

    let tenant = TenantId(7);
    let directory = MemoryDirectory::new()
        .with_tenant(tenant, chrono_tz::UTC)
        .with_dataset(tenant, Platform::Tiktok, DATASET)
        .with_key(KEY, tenant);
    directory.put_rows_per_second(tenant, 0);
    let (door, append) = (DoorConfig::default(), AppendConfig::default());
    let desk = Desk::serving(Arc::new(directory), door, append);
    let answer = post(&desk, EVENTS, KEY, body).await;
    assert_eq!((told(&answer).0, told(&answer).1), (429, 40_100));
    assert_eq!(answer.retry_after.as_deref(), Some("1"));
    assert!(desk.events().is_empty());
}

fn rejected_whole(reason: &str) -> Vec<(String, String)> {
    vec![(reason.to_owned(), String::new())]
}

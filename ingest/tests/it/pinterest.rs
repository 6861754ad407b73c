//! Pinterest's door: what it takes, and every case of its answers.

use std::sync::Arc;

use serde_json::{Value, json};
use stratum_ingest::append::AppendConfig;
use stratum_ingest::config::DoorConfig;
use stratum_models::id::TenantId;
use stratum_models::platform::Platform;
use stratum_testing::memory_directory::MemoryDirectory;

use crate::desk::{Answer, DATASET, Desk, KEY, NOW, gzip};

const EVENTS: &str = "/v5/ad_accounts/1234567890/events";
const NOW_S: i64 = NOW.0 / 1000;
const AGENT: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)";

fn event(id: &str) -> Value {
    json!({
        "event_name": "checkout", "action_source": "web", "event_time": NOW_S, "event_id": id,
        "user_data": {"em": ["62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"]},
        "custom_data": {"value": "10.5", "currency": "EUR"}, "app_id": null,
    })
}

fn with(mut event: Value, path: &str, value: Value) -> Value {
    let (parent, leaf) = path.rsplit_once('/').unwrap();
    event.pointer_mut(parent).unwrap()[leaf] = value;
    event
}

async fn post(desk: &Desk, uri: &str, key: &str, body: impl Into<axum::body::Body>) -> Answer {
    desk.send(uri, &[("authorization", &format!("Bearer {key}"))], body).await
}

async fn send(desk: &Desk, events: &[Value]) -> Answer {
    post(desk, EVENTS, KEY, json!({"data": events}).to_string()).await
}

/// Status and code of a refusal.
fn told(answer: &Answer) -> (u16, i64) {
    assert!(answer.body["message"].is_string(), "{answer:?}");
    (answer.status.as_u16(), answer.body["code"].as_i64().unwrap())
}

#[tokio::test]
async fn events_are_taken_and_told_one_by_one() {
    let desk = Desk::new();
    let shop =
        with(with(event("b"), "/action_source", json!("offline")), "/event_name", json!("custom"));
    let limited = with(event("c"), "/custom_data/opt_out_type", json!("LDP"));
    let answer = send(&desk, &[event("a"), shop, limited]).await;
    assert_eq!(answer.status, 200);
    let told = json!({"status": "processed", "error_message": "", "warning_message": ""});
    assert_eq!(
        answer.body,
        json!({"num_events_received": 3, "num_events_processed": 3, "events": [told, told, told]})
    );
    let packed = gzip(json!({"data": [event("d")]}).to_string().as_bytes());
    let uri = format!("{EVENTS}?test=True");
    assert_eq!(post(&desk, &uri, KEY, packed).await.status, 200);
    let rows = desk.events();
    let column = |name: &str| rows.iter().map(|row| row[name].clone()).collect::<Vec<_>>();
    assert_eq!(column("event_name"), ["Purchase", "custom", "Purchase", "Purchase"]);
    assert_eq!(column("test"), ["false", "false", "false", "true"]);
    assert_eq!(column("limited_data_use"), ["false", "false", "true", "false"]);
    assert_eq!(rows[0]["value_micros"], "10500000");
}

#[tokio::test]
async fn metas_api_of_this_version_is_still_metas() {
    let desk = Desk::new();
    let uri = format!("/v5/{DATASET}/events");
    let body = json!({"data": [crate::desk::purchase("a")]}).to_string();
    assert_eq!(post(&desk, &uri, KEY, body).await.body["events_received"], 1);
}

#[tokio::test]
async fn the_good_events_of_a_request_are_taken() {
    for (bad, message, reason) in [
        (with(event("x"), "/event_name", json!(null)), "event_name is required", "missing_field"),
        (with(event("x"), "/event_id", json!(null)), "event_id is required", "missing_field"),
        (
            with(event("x"), "/action_source", json!("tv")),
            "action_source must be one",
            "invalid_value",
        ),
        (
            with(event("x"), "/event_time", json!(NOW_S - 8 * 86_400)),
            "event_time lies too",
            "too_old",
        ),
        (with(event("x"), "/event_time", json!(NOW_S + 700)), "event_time lies in", "in_future"),
        (
            with(event("x"), "/custom_data/value", json!("ten")),
            "custom_data.value must",
            "invalid_value",
        ),
        (with(event("x"), "/user_data", json!(null)), "user_data is required", "missing_field"),
        (
            with(event("x"), "/user_data", json!({"client_user_agent": AGENT})),
            "user_data needs em",
            "insufficient_identifiers",
        ),
        (json!(7), "the event must be an object", "wrong_type"),
    ] {
        let desk = Desk::new();
        let answer = send(&desk, &[event("a"), bad.clone(), event("b")]).await;
        assert_eq!(told(&answer), (422, 1), "{message}");
        let report = &answer.body["details"];
        assert_eq!(
            (&report["num_events_received"], &report["num_events_processed"]),
            (&json!(3), &json!(2))
        );
        assert_eq!(
            (&report["events"][0]["status"], &report["events"][1]["status"]),
            (&json!("processed"), &json!("failed"))
        );
        let found = report["events"][1]["error_message"].as_str().unwrap();
        assert!(found.starts_with(message), "{found}, not {message}");
        let reasons: Vec<String> = desk.rejections().into_iter().map(|one| one.0).collect();
        assert_eq!((reasons, desk.events().len()), (vec![reason.to_owned()], 2), "{message}");

        let desk = Desk::new();
        assert_eq!(told(&send(&desk, &[bad]).await), (422, 1), "{message}");
        assert_eq!((desk.rejections().len(), desk.events().len()), (1, 0), "{message}");
    }
}

#[tokio::test]
async fn an_address_and_an_agent_are_enough() {
    let desk = Desk::new();
    let both = json!({"client_ip_address": "93.184.216.34", "client_user_agent": AGENT});
    let device = json!({"hashed_maids": ["62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"]});
    let all = [with(event("a"), "/user_data", both), with(event("b"), "/user_data", device)];
    assert_eq!(send(&desk, &all).await.status, 200);
    let rows = desk.events();
    assert_eq!(rows[0]["valid_mask"], (1 << 13 | 1 << 14).to_string());
    assert_eq!(rows[1]["valid_mask"], (1 << 15).to_string());
}

#[tokio::test]
async fn a_request_is_refused_as_a_whole_in_pinterests_words() {
    let many: Vec<Value> = (0..2000).map(|n| event(&n.to_string())).collect();
    for (body, wanted, rows) in [
        ("{".to_owned(), "The request body cannot be read", 1),
        ("[]".to_owned(), "The request body must be a JSON object", 1),
        ("{}".to_owned(), "data is required", 1),
        (json!({"data": []}).to_string(), "data holds no event", 1),
        (json!({"data": 7}).to_string(), "data must be a list", 1),
        (json!({"data": many}).to_string(), "data holds more events", 2000),
    ] {
        let desk = Desk::new();
        let answer = post(&desk, EVENTS, KEY, body).await;
        assert_eq!(told(&answer), (400, 1));
        let message = answer.body["message"].as_str().unwrap();
        assert!(message.starts_with(wanted), "{message}, not {wanted}");
        assert_eq!((desk.rejections().len(), desk.events().len()), (rows, 0), "{message}");
    }
}

#[tokio::test]
async fn who_may_not_send_hears_it_as_from_pinterest() {
    let desk = Desk::new();
    let body = json!({"data": [event("a")]}).to_string();
    for (uri, key, wanted) in [
        (EVENTS, "nobody", (401, 2)),
        (EVENTS, "", (401, 2)),
        (EVENTS, "revoked", (401, 2)),
        (EVENTS, "read-only", (403, 29)),
        ("/v5/ad_accounts/88/events", KEY, (403, 29)),
        ("/vx/ad_accounts/1234567890/events", KEY, (404, 1)),
    ] {
        assert_eq!(told(&post(&desk, uri, key, body.clone()).await), wanted, "{uri} {key}");
    }
    assert_eq!(told(&desk.ask("GET", EVENTS, &[], "").await).0, 405);
    assert_eq!((desk.rejections().len(), desk.events().len()), (0, 0));
}

#[tokio::test]
async fn what_may_come_again_says_so() {
    let body = json!({"data": [event("a")]}).to_string();
    let busy = DoorConfig { requests_in_flight_max: 0, ..DoorConfig::default() };
    let desk = Desk::with(busy, AppendConfig::default());
    let answer = post(&desk, EVENTS, KEY, body.clone()).await;
    assert_eq!((told(&answer).0, answer.retry_after.as_deref()), (503, Some("1")));
    let small = DoorConfig { body_bytes_max: 50, ..DoorConfig::default() };
    let desk = Desk::with(small, AppendConfig::default());
    assert_eq!(told(&post(&desk, EVENTS, KEY, body.clone()).await), (413, 1));

    let tenant = TenantId(7);
    let directory = MemoryDirectory::new()
        .with_tenant(tenant, chrono_tz::UTC)
        .with_dataset(tenant, Platform::Pinterest, DATASET)
        .with_key(KEY, tenant);
    directory.put_rows_per_second(tenant, 0);
    let (door, append) = (DoorConfig::default(), AppendConfig::default());
    let answer = post(&Desk::serving(Arc::new(directory), door, append), EVENTS, KEY, body).await;
    assert_eq!((told(&answer), answer.retry_after.as_deref()), ((429, 8), Some("1")));
}

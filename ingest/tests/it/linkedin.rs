//! LinkedIn's door: what it takes, and every case of its answers.

use std::sync::Arc;

use serde_json::{Value, json};
use stratum_ingest::append::AppendConfig;
use stratum_ingest::config::DoorConfig;
use stratum_models::id::TenantId;
use stratum_models::platform::Platform;
use stratum_testing::memory_directory::MemoryDirectory;

use crate::desk::{Answer, DATASET, Desk, KEY, NOW};

const PATH: &str = "/rest/conversionEvents";
const EMAIL: &str = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f";
const DAY_MS: i64 = 86_400_000;

fn event(id: &str, conversion: &str) -> Value {
    json!({
        "conversion": format!("urn:lla:llaPartnerConversion:{conversion}"), "eventId": id,
        "conversionHappenedAt": NOW.0, "conversionValue": {"currencyCode": "EUR", "amount": "10.5"},
        "user": {"userIds": [{"idValue": EMAIL, "idType": "SHA256_EMAIL"}]},
    })
}

fn with(mut event: Value, path: &str, value: Value) -> Value {
    let (parent, leaf) = path.rsplit_once('/').unwrap();
    event.pointer_mut(parent).unwrap()[leaf] = value;
    event
}

async fn post(desk: &Desk, method: &str, key: &str, body: &Value) -> Answer {
    let bearer = format!("Bearer {key}");
    let headers = [("authorization", bearer.as_str()), ("x-restli-method", method)];
    desk.send(PATH, &headers, body.to_string()).await
}

async fn batch(desk: &Desk, events: &[Value]) -> Answer {
    post(desk, "BATCH_CREATE", KEY, &json!({"elements": events})).await
}

fn statuses(answer: &Answer) -> Vec<i64> {
    let elements = answer.body["elements"].as_array().unwrap();
    elements.iter().map(|one| one["status"].as_i64().unwrap()).collect()
}

fn column(desk: &Desk, name: &str) -> Vec<String> {
    desk.events().iter().map(|row| row.get(name).cloned().unwrap_or_default()).collect()
}

#[tokio::test]
async fn events_of_several_conversions_are_taken_together() {
    let desk = Desk::new();
    let all = [event("a", DATASET), event("b", "77"), event("c", DATASET)];
    let answer = batch(&desk, &all).await;
    assert_eq!((answer.status.as_u16(), statuses(&answer)), (200, vec![201, 201, 201]));
    assert_eq!(column(&desk, "event_name"), ["Purchase", "conversion:77", "Purchase"]);
    assert_eq!(column(&desk, "dataset_id"), [DATASET, "77", DATASET]);
    assert_eq!(column(&desk, "value_micros"), ["10500000"; 3]);

    let desk = Desk::new();
    let answer = post(&desk, "CREATE", KEY, &event("a", DATASET)).await;
    assert_eq!((answer.status.as_u16(), &answer.body), (201, &Value::Null));
    assert_eq!(desk.events().len(), 1);
}

#[tokio::test]
async fn the_good_events_of_a_batch_are_taken() {
    for (path, value, status, reason) in [
        ("/conversion", json!(null), 422, "missing_field"),
        ("/conversion", json!("urn:li:other:x"), 400, "invalid_value"),
        ("/conversionHappenedAt", json!(null), 422, "missing_field"),
        ("/conversionHappenedAt", json!(NOW.0 - 91 * DAY_MS), 400, "too_old"),
        ("/conversionHappenedAt", json!(NOW.0 + 700_000), 400, "in_future"),
        ("/eventId", json!("i".repeat(65)), 400, "too_long"),
        ("/conversionValue/amount", json!("much"), 400, "invalid_value"),
        ("/user", json!(null), 422, "missing_field"),
        ("/user", json!({"userIds": 7}), 400, "wrong_type"),
        ("/user", json!({"userInfo": {"firstName": "Jane"}}), 422, "missing_field"),
        ("/user", json!({"userIds": []}), 400, "insufficient_identifiers"),
    ] {
        let desk = Desk::new();
        let bad = with(event("x", DATASET), path, value);
        let answer = batch(&desk, &[event("a", DATASET), bad.clone(), event("b", "77")]).await;
        assert_eq!((answer.status.as_u16(), statuses(&answer)), (200, vec![201, status, 201]));
        let error = &answer.body["elements"][1]["error"];
        assert!(error["message"].as_str().unwrap().starts_with("Index: 1, ERROR :: /"), "{error}");
        let reasons: Vec<String> = desk.rejections().into_iter().map(|one| one.0).collect();
        assert_eq!((reasons, desk.events().len()), (vec![reason.to_owned()], 2), "{path}");

        let desk = Desk::new();
        let answer = post(&desk, "CREATE", KEY, &bad).await;
        assert_eq!((i64::from(answer.status.as_u16()), desk.events().len()), (status, 0));
        assert_eq!(desk.rejections().len(), 1, "{path}");
    }
}

#[tokio::test]
async fn a_conversion_that_the_key_does_not_open_is_told_and_not_counted() {
    let desk = Desk::new();
    let answer = batch(&desk, &[event("a", DATASET), event("b", "404")]).await;
    assert_eq!(statuses(&answer), [201, 403]);
    assert_eq!((desk.rejections().len(), desk.events().len()), (0, 1));
    let answer = batch(&desk, &[event("b", "404")]).await;
    assert_eq!((answer.status.as_u16(), statuses(&answer)), (200, vec![403]));
    assert_eq!((desk.rejections().len(), desk.events().len()), (0, 1));
}

#[tokio::test]
async fn a_request_is_refused_as_a_whole() {
    let many: Vec<Value> = (0..5001).map(|n| event(&n.to_string(), DATASET)).collect();
    for (body, wanted, rows) in [
        (json!([]), "The request body must be a JSON object", 1),
        (json!({}), "elements is required", 1),
        (json!({"elements": []}), "elements holds no event", 1),
        (json!({"elements": many}), "elements holds more events", 5001),
    ] {
        let desk = Desk::new();
        let answer = post(&desk, "BATCH_CREATE", KEY, &body).await;
        let message = answer.body["message"].as_str().unwrap();
        assert!(answer.status == 400 && message.starts_with(wanted), "{message}, not {wanted}");
        assert_eq!((desk.rejections().len(), desk.events().len()), (rows, 0), "{message}");
    }
}

#[tokio::test]
async fn who_is_not_let_in_hears_so() {
    let body = json!({"elements": [event("a", DATASET)]});
    let told = |answer: &Answer| {
        assert_eq!(answer.body["status"], answer.status.as_u16(), "{answer:?}");
        (answer.status.as_u16(), answer.body["serviceErrorCode"].as_i64().unwrap())
    };
    for (key, wanted) in [
        ("", (401, 65_600)),
        ("nobody", (401, 65_600)),
        ("revoked", (401, 65_601)),
        ("read-only", (403, 100)),
    ] {
        let desk = Desk::new();
        assert_eq!(told(&post(&desk, "BATCH_CREATE", key, &body).await), wanted, "{key}");
        assert_eq!((desk.rejections().len(), desk.events().len()), (0, 0));
    }
    assert_eq!(told(&Desk::new().ask("GET", PATH, &[], "").await).0, 405);
    let busy = DoorConfig { requests_in_flight_max: 0, ..DoorConfig::default() };
    let desk = Desk::with(busy, AppendConfig::default());
    let answer = post(&desk, "BATCH_CREATE", KEY, &body).await;
    assert_eq!((told(&answer), answer.retry_after.as_deref()), ((503, 0), Some("1")));
    let small = DoorConfig { body_bytes_max: 50, ..DoorConfig::default() };
    let desk = Desk::with(small, AppendConfig::default());
    assert_eq!(told(&post(&desk, "BATCH_CREATE", KEY, &body).await), (413, 100));

    let tenant = TenantId(7);
    let directory = MemoryDirectory::new()
        .with_tenant(tenant, chrono_tz::UTC)
        .with_dataset(tenant, Platform::Linkedin, DATASET)
        .with_key(KEY, tenant);
    directory.put_rows_per_second(tenant, 0);
    let (door, append) = (DoorConfig::default(), AppendConfig::default());
    let desk = Desk::serving(Arc::new(directory), door, append);
    let answer = post(&desk, "BATCH_CREATE", KEY, &body).await;
    assert_eq!((told(&answer), answer.retry_after.as_deref()), ((429, 0), Some("1")));
}

//! Snapchat's doors, v3 and v2: what they take, and every case of their answers.

use std::sync::Arc;

use serde_json::{Value, json};
use stratum_ingest::append::AppendConfig;
use stratum_ingest::config::DoorConfig;
use stratum_models::id::TenantId;
use stratum_models::platform::Platform;
use stratum_testing::memory_directory::MemoryDirectory;

use crate::desk::{Answer, DATASET, Desk, KEY, NOW, purchase};

const V3: &str = "/v3/a-1/events";
const V2: &str = "/v2/conversion";
const EMAIL: &str = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f";
const DAY_MS: i64 = 86_400_000;

fn event(id: &str) -> Value {
    json!({
        "event_name": "PURCHASE", "action_source": "web", "event_time": NOW.0 / 1000, "event_id": id,
        "user_data": {"em": [EMAIL]}, "custom_data": {"value": "10.5", "currency": "EUR"},
    })
}

fn flat(id: &str, pixel: &str) -> Value {
    json!({
        "pixel_id": pixel, "event_type": "PURCHASE", "event_conversion_type": "WEB",
        "timestamp": NOW.0.to_string(), "client_dedup_id": id, "hashed_email": EMAIL,
        "price": "10.5", "currency": "EUR", "transaction_id": "o-1",
    })
}

fn with(mut event: Value, path: &str, value: Value) -> Value {
    let (parent, leaf) = path.rsplit_once('/').unwrap();
    event.pointer_mut(parent).unwrap()[leaf] = value;
    event
}

async fn post(desk: &Desk, uri: &str, key: &str, body: &Value) -> Answer {
    desk.send(uri, &[("authorization", &format!("Bearer {key}"))], body.to_string()).await
}

fn column(desk: &Desk, name: &str) -> Vec<String> {
    desk.events().iter().map(|row| row.get(name).cloned().unwrap_or_default()).collect()
}

#[tokio::test]
async fn events_of_both_versions_are_taken() {
    let desk = Desk::new();
    let app = with(event("b"), "/action_source", json!("MOBILE_APP"));
    let app = with(app, "/event_name", json!("ADD_CART"));
    let shop = with(event("c"), "/action_source", json!("offline"));
    let shop = with(shop, "/data_processing_options", json!("['LMU']"));
    let all = json!({"data": [event("a"), app, shop], "test_event_code": null});
    let answer = post(&desk, V3, KEY, &all).await;
    assert_eq!((answer.status.as_u16(), &answer.body["status"]), (200, &json!("VALID")));
    let flats = json!([flat("d", DATASET), flat("e", "a-1"), flat("f", DATASET)]);
    let answer = post(&desk, V2, KEY, &flats).await;
    assert_eq!((answer.status.as_u16(), &answer.body["status"]), (200, &json!("SUCCESS")));
    assert_eq!(column(&desk, "event_id"), ["a", "b", "c", "d", "e", "f"]);
    let names = ["Purchase", "AddToCart", "Purchase", "Purchase", "Purchase", "Purchase"];
    assert_eq!(column(&desk, "event_name"), names);
    assert_eq!(column(&desk, "dataset_id"), ["a-1", "a-1", "a-1", DATASET, "a-1", DATASET]);
    assert_eq!(column(&desk, "action_source"), ["1", "2", "6", "1", "1", "1"]);
    assert!(column(&desk, "value_micros").iter().all(|value| value == "10500000"));
    let limited = column(&desk, "limited_data_use");
    assert_eq!(limited.iter().filter(|limited| *limited == "true").count(), 1);
    // Equal ids of different datasets are different events.
    let mut keys = column(&desk, "dedup_key");
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 6);

    let desk = Desk::new();
    let order = with(flat("", DATASET), "/client_dedup_id", Value::Null);
    let address = with(order, "/hashed_ip_address", json!(EMAIL));
    assert_eq!(post(&desk, V2, KEY, &address).await.status, 200);
    assert_eq!(column(&desk, "event_id"), ["o-1"]);
    assert_ne!(column(&desk, "invalid_identifiers"), ["[]"], "an address that was hashed is told");
}

#[tokio::test]
async fn the_dataset_tells_whether_a_path_is_metas() {
    let meta = json!({"data": [purchase("a")]});
    let snap = json!({"data": [event("a")]});
    for (uri, body, platform) in [
        (V3, &snap, Platform::Snapchat),
        // Both have this one: it is Meta's.
        ("/v3/1234567890/events", &meta, Platform::Meta),
        ("/v3.0/1234567890/events", &meta, Platform::Meta),
        ("/v4/1234567890/events", &meta, Platform::Meta),
    ] {
        let desk = Desk::new();
        assert_eq!(post(&desk, uri, KEY, body).await.status, 200, "{uri}");
        assert_eq!(column(&desk, "platform"), [platform.code().to_string()], "{uri}");
    }
    // Where the key opens neither, the form of the id tells whose words the refusal is in.
    for (uri, is_metas) in [("/v3/999/events", true), ("/v3/b-2/events", false)] {
        let answer = post(&Desk::new(), uri, KEY, &snap).await;
        assert_eq!(answer.body["error"].is_object(), is_metas, "{answer:?}");
        assert_eq!(answer.body["status"] == "INVALID", !is_metas, "{answer:?}");
    }
    let tenant = TenantId(7);
    let directory = MemoryDirectory::new()
        .with_tenant(tenant, chrono_tz::UTC)
        .with_dataset(tenant, Platform::Snapchat, DATASET)
        .with_key(KEY, tenant);
    let (door, append) = (DoorConfig::default(), AppendConfig::default());
    let desk = Desk::serving(Arc::new(directory), door, append);
    let answer = post(&desk, "/v3/1234567890/events", KEY, &snap).await;
    assert_eq!(answer.body["status"], "VALID");
}

#[tokio::test]
async fn one_bad_event_refuses_the_request_in_the_words_of_its_version() {
    let old = NOW.0 - 38 * DAY_MS;
    for (path, flat_path, value, flat_value, reason) in [
        ("/event_name", "/event_type", json!(null), json!(null), "missing_field"),
        ("/action_source", "/event_conversion_type", json!("tv"), json!("tv"), "invalid_value"),
        ("/event_time", "/timestamp", json!(old / 1000), json!(old.to_string()), "too_old"),
        ("/event_time", "/timestamp", json!(NOW.0 + 700_000), json!(NOW.0 + 700_000), "in_future"),
        ("/custom_data/value", "/price", json!("ten"), json!("ten"), "invalid_value"),
        ("/custom_data/value", "/price", json!(null), json!(null), "missing_purchase_value"),
        ("/custom_data/currency", "/currency", json!(null), json!(null), "missing_currency"),
        ("/user_data/em", "/hashed_email", json!([]), json!(""), "insufficient_identifiers"),
    ] {
        let desk = Desk::new();
        let bad = json!({"data": [event("a"), with(event("x"), path, value)]});
        let answer = post(&desk, V3, KEY, &bad).await;
        assert_eq!((answer.status.as_u16(), &answer.body["status"]), (400, &json!("INVALID")));
        assert_eq!(answer.body["event"], 1, "{answer:?}");
        let errors = &answer.body["errors"];
        assert!(errors["codes"][0].is_string() && errors["error_msgs"][0].is_string());
        let reasons: Vec<String> = desk.rejections().into_iter().map(|one| one.0).collect();
        assert!(reasons.contains(&reason.to_owned()), "{reasons:?}");
        assert_eq!((reasons.len(), desk.events().len()), (2, 0));

        let desk = Desk::new();
        let bad = json!([flat("a", DATASET), with(flat("x", "a-1"), flat_path, flat_value)]);
        let answer = post(&desk, V2, KEY, &bad).await;
        assert_eq!((answer.status.as_u16(), &answer.body["status"]), (400, &json!("FAILED")));
        assert_eq!(answer.body["error_records"][0]["record_indexes"], json!([1]), "{answer:?}");
        assert_eq!((desk.rejections().len(), desk.events().len()), (2, 0));

        // Judged alone, it is told and not counted.
        for (uri, bad) in
            [("/v2/conversion/validate", bad), ("/v3/a-1/events/validate", json!({"data": [7]}))]
        {
            let desk = Desk::new();
            assert_eq!(post(&desk, uri, KEY, &bad).await.status, 400, "{uri}");
            assert_eq!((desk.rejections().len(), desk.events().len()), (0, 0));
        }
    }
    for (uri, good) in [
        ("/v3/a-1/events/validate", json!({"data": [event("a")]})),
        ("/v2/conversion/validate", json!([flat("a", "a-1")])),
    ] {
        let desk = Desk::new();
        assert_eq!(post(&desk, uri, KEY, &good).await.status, 200, "{uri}");
        assert_eq!((desk.rejections().len(), desk.events().len()), (0, 0));
    }
}

#[tokio::test]
async fn a_request_is_refused_as_a_whole() {
    let many: Vec<Value> = (0..2001).map(|n| event(&n.to_string())).collect();
    for (uri, body, wanted, rows) in [
        (V3, json!([]), "The request body must be a JSON object", 1),
        (V3, json!({}), "data is required", 1),
        (V3, json!({"data": []}), "data holds no event", 1),
        (V3, json!({"data": many}), "data holds more events", 2001),
        (V2, json!(7), "The request body must be a list of events", 1),
        (V2, json!([]), "The request body holds no event", 1),
        (V2, json!([with(flat("a", ""), "/pixel_id", json!(null))]), "pixel_id is required", 1),
    ] {
        let desk = Desk::new();
        let answer = post(&desk, uri, KEY, &body).await;
        let reason = answer.body["reason"].as_str().unwrap();
        assert!(answer.status == 400 && reason.starts_with(wanted), "{reason}, not {wanted}");
        assert_eq!((desk.rejections().len(), desk.events().len()), (rows, 0), "{reason}");
    }
    let desk = Desk::new();
    let most: Vec<Value> = (0..2000).map(|n| event(&n.to_string())).collect();
    assert_eq!(post(&desk, V3, KEY, &json!({"data": most})).await.status, 200);
}

#[tokio::test]
async fn who_may_not_send_hears_it_and_nothing_is_counted() {
    let (body, flats) = (json!({"data": [event("a")]}), json!([flat("a", DATASET)]));
    for (uri, body, key, wanted) in [
        (V3, &body, "nobody", 401),
        (V3, &body, "revoked", 401),
        (V3, &body, "read-only", 403),
        (V3, &body, "other-tenant", 403),
        ("/v3/a-1/events?access_token=TOK%2Ben%7C1", &body, "", 200),
        (V2, &flats, "nobody", 401),
        (V2, &flats, "revoked", 401),
        (V2, &flats, "read-only", 403),
        (V2, &flats, "other-tenant", 403),
        (V2, &json!([flat("a", DATASET), flat("b", "88")]), KEY, 403),
    ] {
        let desk = Desk::new();
        let answer = post(&desk, uri, key, body).await;
        assert_eq!(answer.status, wanted, "{uri} {key}: {answer:?}");
        let taken = usize::from(wanted == 200);
        assert_eq!((desk.rejections().len(), desk.events().len()), (0, taken), "{uri} {key}");
    }
    assert_eq!(Desk::new().ask("GET", V2, &[], "").await.status, 405);
}

#[tokio::test]
async fn what_may_come_again_says_so() {
    let (body, flats) = (json!({"data": [event("a")]}), json!([flat("a", DATASET)]));
    let tenant = TenantId(7);
    let directory = MemoryDirectory::new()
        .with_tenant(tenant, chrono_tz::UTC)
        .with_dataset(tenant, Platform::Snapchat, DATASET)
        .with_dataset(tenant, Platform::Snapchat, "a-1")
        .with_key(KEY, tenant);
    directory.put_rows_per_second(tenant, 0);
    for (uri, body) in [(V3, &body), (V2, &flats)] {
        let busy = DoorConfig { requests_in_flight_max: 0, ..DoorConfig::default() };
        let desk = Desk::with(busy, AppendConfig::default());
        let answer = post(&desk, uri, KEY, body).await;
        assert_eq!((answer.status.as_u16(), answer.retry_after.as_deref()), (503, Some("1")));
        let small = DoorConfig { body_bytes_max: 50, ..DoorConfig::default() };
        let desk = Desk::with(small, AppendConfig::default());
        assert_eq!(post(&desk, uri, KEY, body).await.status, 413);
        let (door, append) = (DoorConfig::default(), AppendConfig::default());
        let desk = Desk::serving(Arc::new(directory.clone()), door, append);
        let answer = post(&desk, uri, KEY, body).await;
        assert_eq!((answer.status.as_u16(), answer.retry_after.as_deref()), (429, Some("1")));
    }
}

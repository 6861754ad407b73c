//! Pinterest: it takes the events that it can, and tells of each.

use axum::http::{HeaderMap, Uri};
use serde_json::{Value, json};

use super::super::desk::{Asked, Manners};
use super::super::{ADDRESS, EMAIL};
use super::{Platform, bearer, events_of};
use crate::load::now;

pub fn platform() -> Platform {
    Platform {
        name: "pinterest",
        dataset: "549755885175",
        setting: "STRATUM__deliver__urls__pinterest",
        credential: "access_token",
        test_code: None,
        door: ("/v5/ad_accounts/549755885175/events", "x-api-key"),
        sent,
        is_whole,
        has_trials: true,
        codes: ("4180", "2"),
        manners: Manners {
            token: |headers: &HeaderMap, _: &Uri| bearer(headers),
            ids: |body| events_of(body, "data", "event_id"),
            taken: |count| (200, receipt(count, None)),
            refused: |at, count| {
                let message = "not all events were processed";
                let details = receipt(count, Some(at));
                (422, json!({"code": 4180, "message": message, "details": details}), true)
            },
            unknown_token: || (401, json!({"code": 2, "message": "Authentication failed."})),
            too_many: || (429, json!({"code": 8, "message": "Rate limit exceeded."})),
        },
    }
}

fn receipt(count: usize, failed: Option<usize>) -> Value {
    let events = (0..count).map(|at| match Some(at) == failed {
        true => json!({"status": "failed", "error_message": "event_time is too old"}),
        false => json!({"status": "processed", "error_message": null}),
    });
    json!({
        "num_events_received": count, "num_events_processed": count - usize::from(failed.is_some()),
        "events": events.collect::<Vec<_>>(),
    })
}

fn sent(id: &str) -> Value {
    json!({"data": [{
        "event_name": "checkout", "event_time": now().0 / 1000, "event_id": id, "action_source": "web",
        "user_data": {"em": [EMAIL], "client_ip_address": ADDRESS, "click_id": "PlantedClick"},
        "custom_data": {"value": "12.5", "currency": "EUR", "order_id": id, "num_items": 2},
    }]})
}

fn is_whole(asked: &Asked, id: &str) {
    assert_eq!(asked.uri.path(), "/ad_accounts/549755885175/events");
    assert_eq!(asked.uri.query(), None);
    let events = asked.body["data"].as_array().unwrap();
    let event = events.iter().find(|event| event["event_id"] == id).unwrap();
    assert_eq!(
        (&event["event_name"], &event["action_source"]),
        (&json!("checkout"), &json!("web"))
    );
    let person = &event["user_data"];
    assert_eq!(person["em"][0].as_str().map(str::len), Some(64));
    assert_eq!(
        (&person["client_ip_address"], &person["click_id"]),
        (&json!(ADDRESS), &json!("PlantedClick"))
    );
    let worth = json!({"value": "12.5", "currency": "EUR", "order_id": id, "num_items": 2});
    assert_eq!(event["custom_data"], worth);
}

//! Snapchat: it takes a request whole or not at all, and names the first event that is at fault.

use axum::http::{HeaderMap, Uri};
use serde_json::{Value, json};

use super::super::desk::{Asked, Manners};
use super::super::{ADDRESS, AGENT, EMAIL};
use super::{Platform, events_of, query};
use crate::load::now;

pub fn platform() -> Platform {
    Platform {
        name: "snapchat",
        dataset: "a1b2c3d4-snap",
        setting: "STRATUM__deliver__urls__snapchat",
        credential: "access_token",
        test_code: None,
        door: ("/v3/a1b2c3d4-snap/events", "x-api-key"),
        sent,
        is_whole,
        has_trials: true,
        codes: ("E1010", "401"),
        manners: Manners {
            token,
            ids: |body| events_of(body, "data", "event_id"),
            taken: |count| (200, json!({"status": "VALID", "event": count, "reason": "accepted"})),
            refused: |at, _| {
                let errors = json!({"codes": ["E1010"], "error_msgs": ["event time is too old"]});
                (400, json!({"status": "INVALID", "event": at, "errors": errors}), false)
            },
            unknown_token: || (401, json!({"status": "INVALID", "reason": "invalid token"})),
            too_many: || (429, Value::Null),
        },
    }
}

fn token(_: &HeaderMap, uri: &Uri) -> Option<String> {
    query(uri, "access_token")
}

fn sent(id: &str) -> Value {
    json!({"data": [{
        "event_name": "PURCHASE", "event_time": now().0 / 1000, "event_id": id, "action_source": "WEB",
        "user_data": {
            "em": [EMAIL], "client_ip_address": ADDRESS, "client_user_agent": AGENT,
            "sc_click_id": "PlantedClick",
        },
        "custom_data": {"value": 12.5, "currency": "EUR", "order_id": id, "num_items": 2},
    }]})
}

fn is_whole(asked: &Asked, id: &str) {
    assert_eq!(asked.uri.path(), "/a1b2c3d4-snap/events");
    let events = asked.body["data"].as_array().unwrap();
    let event = events.iter().find(|event| event["event_id"] == id).unwrap();
    assert_eq!(
        (&event["event_name"], &event["action_source"]),
        (&json!("PURCHASE"), &json!("WEB"))
    );
    let person = &event["user_data"];
    assert_eq!(person["em"][0].as_str().map(str::len), Some(64));
    assert_eq!(person["client_user_agent"], AGENT);
    assert_eq!(person["sc_click_id"], "PlantedClick");
    let worth = json!({"value": 12.5, "currency": "EUR", "order_id": id, "num_items": 2});
    assert_eq!(event["custom_data"], worth);
}

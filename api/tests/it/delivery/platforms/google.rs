//! Google Analytics: it answers nothing, and knows whose an event is by the client beside it.

use axum::http::{HeaderMap, Uri};
use serde_json::{Value, json};

use super::super::EMAIL;
use super::super::desk::{Asked, Manners};
use super::{Platform, query};
use crate::load::now;

pub fn platform() -> Platform {
    Platform {
        name: "google",
        dataset: "G-DELIVERY1",
        setting: "STRATUM__deliver__urls__ga4",
        credential: "api_secret",
        test_code: None,
        door: ("/mp/collect?measurement_id=G-DELIVERY1&api_secret=", ""),
        sent,
        is_whole,
        has_trials: true,
        codes: ("VALUE_INVALID", "401"),
        manners: Manners {
            token: |_: &HeaderMap, uri: &Uri| query(uri, "api_secret"),
            ids,
            taken: |_| (204, Value::Null),
            refused: |at, _| {
                let message = json!({
                    "fieldPath": format!("events[{at}].params"), "description": "Invalid.",
                    "validationCode": "VALUE_INVALID",
                });
                (200, json!({"validationMessages": [message]}), false)
            },
            unknown_token: || (401, Value::Null),
            too_many: || (429, Value::Null),
        },
    }
}

fn ids(body: &Value) -> Vec<String> {
    let events = body["events"].as_array().into_iter().flatten();
    let id = |event: &Value| event["params"]["transaction_id"].as_str().map(str::to_owned);
    events.map(|event| id(event).unwrap_or_default()).collect()
}

fn sent(id: &str) -> Value {
    json!({
        "client_id": format!("client.{id}"), "timestamp_micros": now().0 * 1000,
        "user_data": {"sha256_email_address": EMAIL},
        "events": [{"name": "purchase", "params": {
            "value": 12.5, "currency": "EUR", "transaction_id": id, "session_id": "17",
        }}],
    })
}

fn is_whole(asked: &Asked, id: &str) {
    assert_eq!(asked.uri.path(), "/mp/collect");
    assert_eq!(query(&asked.uri, "measurement_id").as_deref(), Some("G-DELIVERY1"));
    assert_eq!(asked.body["client_id"], format!("client.{id}"));
    let email = &asked.body["user_data"]["sha256_email_address"][0];
    assert_eq!(email.as_str().map(str::len), Some(64));
    let event = &asked.body["events"][0];
    assert_eq!(
        (&event["name"], asked.body["events"].as_array().unwrap().len()),
        (&json!("purchase"), 1)
    );
    let params =
        json!({"value": 12.5, "currency": "EUR", "transaction_id": id, "session_id": "17"});
    assert_eq!(event["params"], params);
}

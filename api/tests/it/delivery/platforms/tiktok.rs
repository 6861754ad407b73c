//! TikTok: it answers 200 to nearly all, and its codes tell.

use axum::http::{HeaderMap, Uri};
use serde_json::{Value, json};

use super::super::desk::{Asked, Manners};
use super::super::{ADDRESS, EMAIL};
use super::{Platform, events_of};
use crate::load::now;

pub fn platform() -> Platform {
    Platform {
        name: "tiktok",
        dataset: "C4DELIVERY",
        setting: "STRATUM__deliver__urls__tiktok",
        credential: "access_token",
        test_code: Some("TEST1"),
        door: ("/open_api/v1.3/event/track/", "access-token"),
        sent,
        is_whole,
        has_trials: true,
        codes: ("40002", "40105"),
        manners: Manners {
            token,
            ids: |body| events_of(body, "data", "event_id"),
            taken: |_| (200, said(0, "OK")),
            refused: |at, _| (200, said(40002, &format!("data.{at}.event_time: Too old")), false),
            unknown_token: || (200, said(40105, "Access token is incorrect or has been revoked.")),
            too_many: || (200, said(40100, "Too many requests.")),
        },
    }
}

fn said(code: u32, message: &str) -> Value {
    json!({"code": code, "message": message, "request_id": "2026-tiktok", "data": {}})
}

fn token(headers: &HeaderMap, _: &Uri) -> Option<String> {
    headers.get("access-token")?.to_str().ok().map(str::to_owned)
}

fn sent(id: &str) -> Value {
    json!({"event_source": "web", "event_source_id": "C4DELIVERY", "data": [{
        "event": "CompletePayment", "event_time": now().0 / 1000, "event_id": id,
        "user": {"email": EMAIL, "ip": ADDRESS, "ttclid": "E.C.P.Planted", "city": "Cairo"},
        "properties": {"value": 12.5, "currency": "EUR", "order_id": id},
        "page": {"url": "https://shop.example.com/thanks"},
    }]})
}

fn is_whole(asked: &Asked, id: &str) {
    assert_eq!(asked.uri.path(), "/event/track/");
    let body = &asked.body;
    assert_eq!(
        (&body["event_source"], &body["event_source_id"]),
        (&json!("web"), &json!("C4DELIVERY"))
    );
    assert_eq!(body["test_event_code"], Value::Null);
    let events = body["data"].as_array().unwrap();
    let event = events.iter().find(|event| event["event_id"] == id).unwrap();
    assert_eq!(event["event"], "Purchase");
    let person = &event["user"];
    assert_eq!(person["email"][0].as_str().map(str::len), Some(64));
    assert_eq!((&person["ip"], &person["ttclid"]), (&json!(ADDRESS), &json!("E.C.P.Planted")));
    assert_eq!(person["city"], "cairo");
    let worth = json!({"value": 12.5, "currency": "EUR", "order_id": id});
    assert_eq!(event["properties"], worth);
}

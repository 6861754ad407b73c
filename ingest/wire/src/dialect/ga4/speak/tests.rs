//! What is spoken is understood by our own door as the same event.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::{judge, parse_events};
use super::*;
use crate::dialect::round_trip::{Bits, Door, NOW};

const DOOR: Door = Door {
    dialect: Dialect::Ga4,
    dataset_id: "G-ABCDEF1234",
    read: |body, arena, limits| parse_events(body, arena, limits).unwrap(),
    judge: |event, number, limits| judge(event, number, NOW, limits),
    event_name: None,
};

/// An event with the fields whose bits are set.
fn event(bits: u64, number: usize, text: &str) -> Value {
    let mut bits = Bits(bits);
    let names = ["purchase", "page_view", "level_up", "generate_lead"];
    let name = names[usize::from(bits.is_set()) * 2 + usize::from(bits.is_set())];
    let mut event = json!({
        "name": name, "timestamp_micros": 1_790_000_000_123_000_i64,
        "params": {"value": 10.55, "currency": "EUR", "transaction_id": format!("o-{number}")},
    });
    let params = [
        ("items", json!([{"item_id": text, "quantity": 2}])),
        ("session_id", json!("1790000000")),
        ("engagement_time_msec", json!(100)),
        ("event_id", json!(format!("e-{number}"))),
        ("campaign_id", json!("238")),
        ("gclid", json!("Cj0KCQ-click")),
        ("page_location", json!("https://shop.example/a?gclid=AbC&m=jane.doe%40example.com")),
    ];
    bits.choose(&mut event["params"], &params);
    event
}

/// A request with the fields whose bits are set.
fn request(bits: u64, events: &[Value]) -> Value {
    let mut bits = Bits(bits);
    let mut request = json!({"client_id": "123.456", "events": events});
    let consents = [
        ("consent", json!({"ad_user_data": "DENIED", "ad_personalization": "GRANTED"})),
        ("user_id", json!("customer-7")),
        ("ip_override", json!("81.2.69.142")),
        ("user_agent", json!("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)")),
    ];
    bits.choose(&mut request, &consents);
    let hash = "6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec";
    request["user_data"] = json!({});
    let user = [
        ("sha256_email_address", json!(["jane.doe@gmail.com", hash])),
        ("sha256_phone_number", json!("+44 (0)20 7946 0018")),
    ];
    bits.choose(&mut request["user_data"], &user);
    let mut address = json!({});
    let parts = [
        ("sha256_first_name", json!("Élodie")),
        ("sha256_last_name", json!(hash)),
        ("city", json!("San Francisco")),
        ("region", json!("California")),
        ("postal_code", json!("94103")),
        ("country", json!("US")),
    ];
    bits.choose(&mut address, &parts);
    request["user_data"]["address"] = json!([address]);
    request
}

proptest! {
    #[test]
    fn what_we_speak_our_own_door_takes_for_the_same_event(
        bits: u64,
        all in prop::collection::vec((any::<u64>(), "\\PC{0,12}"), 1..6),
    ) {
        let events = all.iter().enumerate().map(|(at, (bits, text))| event(*bits, at, text));
        let events: Vec<_> = events.collect();
        let has_id = |event: &Value| {
            event["name"] == "purchase" || event["params"].get("event_id").is_some()
        };
        let wants_id = events.iter().all(has_id);
        DOOR.understands(request(bits, &events).to_string().as_bytes(), wants_id);
    }
}

#[test]
fn an_event_is_spoken_in_googles_words() {
    let request = json!({
        "client_id": "123.456", "user_id": "customer-7", "non_personalized_ads": true,
        "user_data": {
            "sha256_email_address": "john.smith+shop@gmail.com",
            "address": {"city": "New York", "region": "NY", "postal_code": "10001-2345", "country": "US"},
        },
        "events": [{"name": "purchase", "timestamp_micros": 1_790_000_000_123_000_i64, "params": {
            "value": "129.90", "currency": "usd", "transaction_id": "o-1", "session_id": "17",
            "items": [{"item_id": "1"}],
        }}],
    });
    let (_, rows) = DOOR.taken(request.to_string().as_bytes(), true);
    let body: Value = serde_json::from_slice(&DOOR.spoken(&rows, None)).unwrap();
    assert_eq!(body["user_data"]["sha256_email_address"].as_array().map(Vec::len), Some(2));
    assert_eq!(
        body,
        json!({
            "client_id": "123.456", "user_id": "customer-7",
            "consent": {"ad_user_data": "DENIED", "ad_personalization": "DENIED"},
            "timestamp_micros": 1_790_000_000_123_000_i64,
            "user_data": {
                "sha256_email_address": body["user_data"]["sha256_email_address"],
                "address": [{"city": "new york", "region": "ny", "postal_code": "10001-2345", "country": "US"}],
            },
            "events": [{"name": "purchase", "timestamp_micros": 1_790_000_000_123_000_i64, "params": {
                "value": 129.9, "currency": "USD", "transaction_id": "o-1", "session_id": "17",
                "items": [{"item_id": "1"}],
            }}],
        })
    );
    // An id that is an address tells of the person, and is not handed on in clear.
    let request = json!({
        "client_id": "1.2", "user_id": "jane.doe@example.com",
        "events": [{"name": "page_view", "params": {}}],
    });
    let (_, rows) = DOOR.taken(request.to_string().as_bytes(), true);
    assert!(!String::from_utf8(DOOR.spoken(&rows, None)).unwrap().contains("jane"));
}

#[test]
fn a_request_is_of_one_visitor() {
    let event = crate::dialect::round_trip::bare_event();
    let of = |client: &'static str| OutboundEvent {
        ids: vec![crate::envelope::ClearId { kind: ClearIdKind::BrowserId, value: client }],
        ..event.clone()
    };
    assert!(share_request(&of("1.1"), &of("1.1")));
    assert!(!share_request(&of("1.1"), &of("1.2")));
    let limited = OutboundEvent { limited_data_use: true, ..of("1.1") };
    assert!(!share_request(&of("1.1"), &limited));
    assert_eq!((name("PageView", true), name("PageView", false)), ("page_view", "screen_view"));
    assert_eq!((name("Lead", true), name("level_up", true)), ("generate_lead", "level_up"));
}

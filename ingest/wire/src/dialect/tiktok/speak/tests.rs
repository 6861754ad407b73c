//! What is spoken is understood by our own door as the same event.

use proptest::prelude::*;
use serde_json::{Value, json};
use stratum_models::dialect::Dialect;

use super::super::{Shape, judge, parse_events};
use crate::dialect::round_trip::{Bits, Door, NOW};

const DOOR: Door = Door {
    dialect: Dialect::Tiktok,
    dataset_id: "C4ABCDEF",
    read: |body, arena, limits| {
        let request = parse_events(body, Shape::Events, arena, limits);
        assert_eq!(request.dataset_id, Some("C4ABCDEF"));
        request.events.unwrap()
    },
    judge: |event, _, limits| judge(event, Shape::Events, NOW, limits),
    event_name: None,
};

/// Values of `user`.
fn user_fields() -> Vec<(&'static str, Value)> {
    let hash = "6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec";
    vec![
        ("email", json!(["jane.doe@example.com", hash])),
        ("phone", json!("+44 (0)20 7946 0018")),
        ("external_id", json!(["Customer 5", "6b7f0a91"])),
        ("first_name", json!("Élodie")),
        ("last_name", json!(hash)),
        ("city", json!("San Francisco")),
        ("state", json!("California")),
        ("country", json!("United States")),
        ("zip_code", json!("94103-1234")),
        ("ttclid", json!("E.C.P.AbC-dEf_1")),
        ("ttp", json!("2F7h37YkS1j57AYSKTI7IHhJPYH")),
        ("ip", json!("81.2.69.142")),
        ("user_agent", json!("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)")),
        ("idfa", json!("38400000-8CF0-11BD-B23E-10B96E40000D")),
        ("gaid", json!("48400000-8cf0-11bd-b23e-10b96e40000d")),
    ]
}

/// An event with the fields whose bits are set.
fn event(bits: u64, text: &str) -> Value {
    let mut bits = Bits(bits);
    let name = ["CompletePayment", "Pageview", "my \"own\" event", "ViewCategory"]
        [usize::from(bits.is_set()) * 2 + usize::from(bits.is_set())];
    let mut event = json!({
        "event": name, "event_time": 1_790_000_000, "user": {},
        "properties": {"value": 10.55, "currency": "eur"},
    });
    bits.choose(&mut event["user"], &user_fields());
    let properties = [
        ("order_id", json!("o-17")),
        ("query", json!(text)),
        ("contents", json!([{"content_id": text, "quantity": 2, "of": {"jane": null}}])),
        ("content_type", json!("product")),
    ];
    bits.choose(&mut event["properties"], &properties);
    let others = [
        ("event_id", json!("e-1")),
        ("page", json!({"url": "https://shop.example/a?ttclid=AbC&m=jane.doe%40example.com"})),
        ("lead", json!({"lead_id": "525645896321548"})),
        ("limited_data_use", json!(true)),
    ];
    bits.choose(&mut event, &others);
    event
}

proptest! {
    #[test]
    fn what_we_speak_our_own_door_takes_for_the_same_event(
        source in prop::sample::select(vec!["web", "app", "offline", "crm"]),
        all in prop::collection::vec((any::<u64>(), "\\PC{0,12}"), 1..6),
    ) {
        let events: Vec<_> = all.iter().map(|(bits, text)| event(*bits, text)).collect();
        let wants_id = events.iter().all(|event| event.get("event_id").is_some());
        let body = json!({
            "event_source": source, "event_source_id": "C4ABCDEF", "data": events,
        });
        DOOR.understands(body.to_string().as_bytes(), wants_id);
    }
}

#[test]
fn an_event_is_spoken_in_tiktoks_words() {
    let event = json!({
        "event": "CompletePayment", "event_time": 1_790_000_000, "event_id": "e-1",
        "user": {
            "email": "john_smith@gmail.com", "ip": "81.2.69.142", "first_name": "Zoë",
            "city": "New York", "state": "New York", "country": "us", "idfa": "38400000-8cf0-11bd-b23e-10b96e40000d",
        },
        "properties": {"value": "129.90", "currency": "usd", "content_type": "product"},
        "page": {"url": "https://shop.example/a", "referrer": "https://ads.example/"},
        "limited_data_use": true,
    });
    let body = json!({"event_source": "web", "event_source_id": "C4ABCDEF", "data": [event]});
    let (_, rows) = DOOR.taken(body.to_string().as_bytes(), true);
    let body: Value = serde_json::from_slice(&DOOR.spoken(&rows, Some("TEST1"))).unwrap();
    let email = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f";
    let zoe = "2752b88686847fa5c86f47b94ce652b7b3f22a91c37617d451a4db9afa431450";
    assert_eq!(
        body,
        json!({
            "event_source": "web", "event_source_id": "C4ABCDEF", "test_event_code": "TEST1",
            "data": [{
                "event": "Purchase", "event_time": 1_790_000_000, "event_id": "e-1",
                "user": {
                    "email": [email], "first_name": zoe,
                    "country": "us", "state": "ny", "city": "newyork", "ip": "81.2.69.142",
                    "idfa": "38400000-8cf0-11bd-b23e-10b96e40000d",
                },
                "properties": {"value": 129.9, "currency": "USD", "content_type": "product"},
                "page": {"url": "https://shop.example/a"},
                "limited_data_use": true,
            }],
        })
    );
}

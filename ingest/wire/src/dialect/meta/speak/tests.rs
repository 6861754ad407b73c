//! What is spoken is understood by our own door as the same event.

use proptest::prelude::*;
use serde_json::{Value, json};
use stratum_models::dialect::Dialect;

use super::super::{judge, parse_events};
use crate::dialect::round_trip::{Bits, Door, NOW};

const DOOR: Door = Door {
    dialect: Dialect::Meta,
    dataset_id: "1234567890",
    read: |body, arena, limits| parse_events(body, arena, limits).unwrap(),
    judge: |event, _, limits| judge(event, NOW, limits),
    event_name: None,
};

/// Values of `user_data`, beside an address.
fn user_fields() -> Vec<(&'static str, Value)> {
    vec![
        ("ph", json!("+44 (0)20 7946 0018")),
        ("fn", json!("Élodie")),
        ("ln", json!("6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec")),
        ("ge", json!("f")),
        ("db", json!("19970216")),
        ("ct", json!("San Francisco")),
        ("st", json!("CA")),
        ("zp", json!("94103")),
        ("country", json!("us")),
        ("external_id", json!(["Customer 5", "6b7f0a91"])),
        ("client_ip_address", json!("81.2.69.142")),
        ("client_user_agent", json!("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)")),
        ("fbc", json!("fb.1.1789999990000.AbC-dEf_1")),
        ("fbp", json!("fb.1.1789999990000.1234567890")),
        ("madid", json!("38400000-8cf0-11bd-b23e-10b96e40000d")),
        ("anon_id", json!("XZ-install-1")),
        ("fb_login_id", json!("10150000001")),
        ("lead_id", json!("525645896321548")),
        ("ctwa_clid", json!("ARAkLkA8rmlFeiCktEJQ")),
    ]
}

/// An event with the fields whose bits are set.
fn event(bits: u64, text: &str) -> Value {
    let mut bits = Bits(bits);
    let mut event = json!({
        "event_name": if bits.is_set() { "Purchase" } else { "my \"own\" event" },
        "event_time": 1_790_000_000, "action_source": if bits.is_set() { "website" } else { "chat" },
        "user_data": {"em": ["jane.doe@example.com"]},
    });
    bits.choose(&mut event["user_data"], &user_fields());
    event["custom_data"] = json!({"value": 10.55, "currency": "eur"});
    let custom = [
        ("order_id", json!("o-17")),
        ("campaign_id", json!("238")),
        ("content_name", json!(text)),
        ("contents", json!([{"id": text, "quantity": 2, "of": {"jane": null}}])),
        ("num_items", json!(3)),
    ];
    bits.choose(&mut event["custom_data"], &custom);
    let others = [
        ("event_id", json!("e-1")),
        (
            "event_source_url",
            json!("https://shop.example/a?fbclid=AbC&mail=jane.doe%40example.com"),
        ),
        ("opt_out", json!(true)),
        ("data_processing_options", json!(["LDU"])),
    ];
    bits.choose(&mut event, &others);
    event
}

proptest! {
    #[test]
    fn what_we_speak_our_own_door_takes_for_the_same_event(
        all in prop::collection::vec((any::<u64>(), "\\PC{0,12}"), 1..6),
    ) {
        let events: Vec<_> = all.iter().map(|(bits, text)| event(*bits, text)).collect();
        let wants_id = events.iter().all(|event| event.get("event_id").is_some());
        let body = json!({ "data": events }).to_string();
        DOOR.understands(body.as_bytes(), wants_id);
    }
}

#[test]
fn an_event_is_spoken_in_metas_words() {
    let event = json!({
        "event_name": "Purchase", "event_time": 1_790_000_000, "action_source": "website",
        "event_id": "e-1", "event_source_url": "https://shop.example/a",
        "user_data": {"em": "john_smith@gmail.com", "client_ip_address": "81.2.69.142"},
        "custom_data": {"value": 129.90, "currency": "usd", "num_items": 2, "order_id": "o-1"},
        "data_processing_options": ["LDU"],
        "data_processing_options_country": 1, "data_processing_options_state": 1000,
    });
    let (_, rows) = DOOR.taken(json!({ "data": [event] }).to_string().as_bytes(), true);
    let body: Value = serde_json::from_slice(&DOOR.spoken(&rows, Some("TEST\"1"))).unwrap();
    let hash = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f";
    assert_eq!(
        body,
        json!({
            "data": [{
                "event_name": "Purchase", "event_time": 1_790_000_000, "action_source": "website",
                "event_id": "e-1", "event_source_url": "https://shop.example/a",
                "user_data": {"em": [hash], "client_ip_address": "81.2.69.142"},
                "custom_data": {"value": 129.9, "currency": "USD", "num_items": 2, "order_id": "o-1"},
                "data_processing_options": ["LDU"],
                "data_processing_options_country": 1, "data_processing_options_state": 1000,
            }],
            "test_event_code": "TEST\"1",
        })
    );
}

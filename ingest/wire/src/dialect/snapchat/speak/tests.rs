//! What is spoken is understood by our own door as the same event.

use proptest::prelude::*;
use serde_json::{Value, json};
use stratum_models::money::Currency;

use super::super::{Shape, SnapchatFormat, judge, parse_events};
use super::*;
use crate::dialect::PlatformFormat as _;
use crate::dialect::round_trip::{Bits, Door, NOW, bare_event};
use crate::envelope::{ClearId, OutboundHash};

const DOOR: Door = Door {
    dialect: Dialect::Snapchat,
    dataset_id: "a1b2c3d4-0000-4000-8000-5e6f70819203",
    read: |body, arena, limits| parse_events(body, Shape::V3, arena, limits).unwrap(),
    judge: |event, _, limits| judge(event, Shape::V3, NOW, limits),
    event_name: None,
};

/// Values of `user_data`, beside an address.
fn user_fields() -> Vec<(&'static str, Value)> {
    vec![
        ("ph", json!(["+44 (0)20 7946 0018"])),
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
        ("sc_click_id", json!("6e9e2b5a-click")),
        ("sc_cookie1", json!("c7a1d2-cookie")),
        ("madid", json!("38400000-8cf0-11bd-b23e-10b96e40000d")),
    ]
}

/// An event with the fields whose bits are set.
fn event(bits: u64, text: &str) -> Value {
    let mut bits = Bits(bits);
    let names = ["PURCHASE", "PAGE_VIEW", "CUSTOM_EVENT_2", "ADD_CART"];
    let name = names[usize::from(bits.is_set()) * 2 + usize::from(bits.is_set())];
    let source = ["WEB", "MOBILE_APP", "OFFLINE", "website"];
    let source = source[usize::from(bits.is_set()) * 2 + usize::from(bits.is_set())];
    let mut event = json!({
        "event_name": name, "event_time": 1_790_000_000, "action_source": source,
        "user_data": {"em": ["jane.doe@example.com"]},
        "custom_data": {"value": "10.55", "currency": "eur"},
    });
    bits.choose(&mut event["user_data"], &user_fields());
    let custom = [
        ("order_id", json!("o-17")),
        ("search_string", json!(text)),
        ("contents", json!([{"id": text, "quantity": 2}])),
        ("num_items", json!(3)),
    ];
    bits.choose(&mut event["custom_data"], &custom);
    let others = [
        ("event_id", json!("e-1")),
        ("event_source_url", json!("https://shop.example/a?ScCid=AbC&m=jane.doe%40example.com")),
        ("opt_out", json!(true)),
        ("data_processing_options", json!("['LMU']")),
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
        DOOR.understands(json!({ "data": events }).to_string().as_bytes(), wants_id);
    }
}

#[test]
fn an_event_is_spoken_in_snapchats_words() {
    let event = json!({
        "event_name": "PURCHASE", "event_time": 1_790_000_000_123_i64, "action_source": "WEB",
        "event_id": "e-1", "event_source_url": "https://shop.example/a",
        "user_data": {"em": "john_smith@gmail.com", "sc_click_id": "click", "client_ip_address": "81.2.69.142"},
        "custom_data": {"value": "129.90", "currency": "usd", "order_id": "o-1", "num_items": 2},
        "data_processing_options": ["LMU"],
    });
    let (_, rows) = DOOR.taken(json!({ "data": [event] }).to_string().as_bytes(), true);
    let body: Value = serde_json::from_slice(&DOOR.spoken(&rows, Some("no code here"))).unwrap();
    let hash = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f";
    assert_eq!(
        body,
        json!({"data": [{
            "event_name": "PURCHASE", "event_time": 1_790_000_000, "action_source": "WEB",
            "event_id": "e-1", "event_source_url": "https://shop.example/a",
            "data_processing_options": ["LMU"],
            "user_data": {"em": [hash], "client_ip_address": "81.2.69.142", "sc_click_id": "click"},
            "custom_data": {"value": 129.9, "currency": "USD", "order_id": "o-1", "num_items": 2},
        }]})
    );
}

#[test]
fn what_snapchat_refuses_is_not_sent() {
    let em = || vec![OutboundHash { key: Key::Email, hash: [1; 32] }];
    let untaken = |event: &OutboundEvent<'_>| SnapchatFormat.untaken(event);
    let bought = OutboundEvent { hashes: em(), ..bare_event() };
    assert_eq!(untaken(&bought), Some("no_value"));
    let money = Some(Currency::EUR);
    let bought = OutboundEvent { value_micros: Some(1), currency: money, ..bought };
    assert_eq!(untaken(&bought), None);
    for (name, code) in
        [("Lead", Some("unknown_name")), ("CUSTOM_EVENT_5", None), ("mine", Some("unknown_name"))]
    {
        assert_eq!(untaken(&OutboundEvent { event_name: name, ..bought.clone() }), code, "{name}");
    }
    let id = |kind| ClearId { kind, value: "1" };
    let (ip, agent) = (id(ClearIdKind::ClientIp), id(ClearIdKind::UserAgent));
    for (ids, code) in [
        (vec![], Some("too_few_identifiers")),
        (vec![ip], Some("too_few_identifiers")),
        (vec![ip, agent], None),
        (vec![id(ClearIdKind::MobileAdId)], None),
    ] {
        let event = OutboundEvent { ids, hashes: vec![], ..bought.clone() };
        assert_eq!(untaken(&event), code);
    }
}

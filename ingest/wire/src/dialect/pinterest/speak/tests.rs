//! What is spoken is understood by our own door as the same event.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::{PinterestFormat, judge, parse_events};
use super::*;
use crate::dialect::PlatformFormat as _;
use crate::dialect::round_trip::{Bits, Door, NOW, bare_event};
use crate::envelope::{ClearId, OutboundHash};

const DOOR: Door = Door {
    dialect: Dialect::Pinterest,
    dataset_id: "549755885175",
    read: |body, arena, limits| parse_events(body, arena, limits).unwrap(),
    judge: |event, _, limits| judge(event, NOW, limits),
    event_name: None,
};

/// Values of `user_data`, beside an address.
fn user_fields() -> Vec<(&'static str, Value)> {
    vec![
        ("ph", json!(["+44 (0)20 7946 0018"])),
        ("fn", json!(["Élodie"])),
        ("ln", json!(["6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec"])),
        ("ge", json!(["f"])),
        ("db", json!(["19970216"])),
        ("ct", json!(["San Francisco"])),
        ("st", json!(["CA"])),
        ("zp", json!(["94103"])),
        ("country", json!(["us"])),
        ("external_id", json!(["Customer 5", "6b7f0a91"])),
        (
            "hashed_maids",
            json!(["0192853b8d6e0c8a4b1e3a2d5f60718293a4b5c6d7e8f9011223344556677889"]),
        ),
        ("client_ip_address", json!("81.2.69.142")),
        ("client_user_agent", json!("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)")),
        ("click_id", json!("dj0yJnU9epik")),
    ]
}

/// An event with the fields whose bits are set.
fn event(bits: u64, number: usize, text: &str) -> Value {
    let mut bits = Bits(bits);
    let names = ["checkout", "page_visit", "custom", "watch_video"];
    let name = names[usize::from(bits.is_set()) * 2 + usize::from(bits.is_set())];
    let sources = ["web", "app_ios", "app_android", "offline"];
    let source = sources[usize::from(bits.is_set()) * 2 + usize::from(bits.is_set())];
    let mut event = json!({
        "event_name": name, "event_time": 1_790_000_000, "action_source": source,
        "event_id": format!("e-{number}"), "user_data": {"em": ["jane.doe@example.com"]},
        "custom_data": {"value": "10.55", "currency": "EUR"},
    });
    bits.choose(&mut event["user_data"], &user_fields());
    let custom = [
        ("order_id", json!("o-17")),
        ("search_string", json!(text)),
        ("contents", json!([{"id": text, "item_price": "36", "quantity": 2}])),
        ("opt_out_type", json!("LDP")),
    ];
    bits.choose(&mut event["custom_data"], &custom);
    let others = [
        ("event_source_url", json!("https://shop.example/a?epik=AbC&m=jane.doe%40example.com")),
        ("opt_out", json!(true)),
    ];
    bits.choose(&mut event, &others);
    event
}

proptest! {
    #[test]
    fn what_we_speak_our_own_door_takes_for_the_same_event(
        all in prop::collection::vec((any::<u64>(), "\\PC{0,12}"), 1..6),
    ) {
        let events = all.iter().enumerate().map(|(at, (bits, text))| event(*bits, at, text));
        let body = json!({ "data": events.collect::<Vec<_>>() });
        DOOR.understands(body.to_string().as_bytes(), true);
    }
}

#[test]
fn an_event_is_spoken_in_pinterests_words() {
    let event = json!({
        "event_name": "checkout", "event_time": 1_790_000_000, "action_source": "app_ios",
        "event_id": "e-1",
        "user_data": {
            "em": ["john_smith@gmail.com"], "client_ip_address": "81.2.69.142",
            "client_user_agent": "Shop/7 CFNetwork/1490 Darwin/23", "click_id": "epik",
        },
        "custom_data": {"value": 129.90, "currency": "usd", "num_items": 2, "opt_out_type": "LDP"},
    });
    let (_, rows) = DOOR.taken(json!({ "data": [event] }).to_string().as_bytes(), true);
    let body: Value = serde_json::from_slice(&DOOR.spoken(&rows, None)).unwrap();
    let hash = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f";
    assert_eq!(
        body,
        json!({"data": [{
            "event_name": "checkout", "event_time": 1_790_000_000, "action_source": "app_ios",
            "event_id": "e-1",
            "user_data": {
                "em": [hash], "client_ip_address": "81.2.69.142",
                "client_user_agent": "Shop/7 CFNetwork/1490 Darwin/23", "click_id": "epik",
            },
            "custom_data": {"value": "129.9", "currency": "USD", "opt_out_type": "LDP", "num_items": 2},
        }]})
    );
}

#[test]
fn names_of_ones_own_are_custom_and_nobodys_events_are_not_sent() {
    for (ours, theirs) in [
        ("Purchase", "checkout"),
        ("Donate", "custom"),
        ("watch_video", "watch_video"),
        ("my own", "custom"),
    ] {
        assert_eq!(name(ours), theirs);
    }
    let id = |kind| ClearId { kind, value: "1" };
    let (ip, agent) = (id(ClearIdKind::ClientIp), id(ClearIdKind::UserAgent));
    let hash = |key| OutboundHash { key, hash: [1; 32] };
    for (ids, hashes, code) in [
        (vec![], vec![hash(Key::Phone)], Some("too_few_identifiers")),
        (vec![ip], vec![], Some("too_few_identifiers")),
        (vec![ip, agent], vec![], None),
        (vec![], vec![hash(Key::MobileAdId)], None),
        (vec![], vec![hash(Key::Email)], None),
    ] {
        assert_eq!(PinterestFormat.untaken(&OutboundEvent { ids, hashes, ..bare_event() }), code);
    }
}

//! What is spoken is understood by our own door as the same event.

use std::sync::Arc;

use bumpalo::Bump;
use proptest::prelude::*;
use serde_json::{Value, json};
use stratum_models::delivery::{DataKey, DatasetKey, DatasetSeal, EventFilter, KeyHour};
use stratum_models::dialect::Dialect;
use stratum_models::directory::DatasetConfig;
use stratum_models::event::ConversionEvent;
use stratum_models::id::TenantId;
use stratum_models::platform::Platform;
use stratum_models::time::UnixMillis;
use stratum_testing::entropy::CountingEntropy;

use super::super::{judge, parse_events};
use super::*;
use crate::dialect::Canon;
use crate::envelope::{OutboundRows, open, seal};
use crate::limits::RowLimits;
use crate::redact::Person;

const NOW: UnixMillis = UnixMillis(1_790_000_100_000);

fn dataset() -> DatasetConfig {
    DatasetConfig {
        tenant_id: TenantId(1),
        platform: Some(Platform::Meta),
        dataset_id: "1234567890".into(),
        time_zone: chrono_tz::UTC,
        version: 1,
        default_calling_code: Some(1),
        event_name: None,
        delivery: Some(Arc::new(sealing())),
    }
}

fn sealing() -> DatasetSeal {
    DatasetSeal {
        dataset: DatasetKey {
            tenant_id: TenantId(1),
            platform: Some(Platform::Meta),
            dataset_id: "1234567890".into(),
        },
        hour: KeyHour::of(NOW),
        key: DataKey::new([5; 32]),
        filters: vec![EventFilter { names: None, takes_tests: true }],
    }
}

/// What the door makes of a body: what it keeps of its events, and what it hands on.
fn taken(body: &[u8], wants_id: bool) -> (Vec<String>, OutboundRows) {
    let (arena, limits, config) = (Bump::new(), RowLimits::default(), dataset());
    let request = parse_events(body, &arena, &limits).unwrap();
    for event in &request.events {
        assert_eq!(judge(event, NOW, &limits), None, "{}", String::from_utf8_lossy(body));
    }
    let keys = &*stratum_testing::identifier_keys().of(TenantId(1));
    let (dialect, config, limits) = (Dialect::Meta, &config, &limits);
    let canon = Canon { dialect, config, others: &[], keys, now: NOW, limits, arena: &arena };
    let entropy = CountingEntropy::default();
    let (events, lots) = canon.events_and_outbound(&request, Some(&entropy), &mut Person::new());
    let rows = lots.into_iter().next().map(|(_, rows)| rows).unwrap_or_default();
    (events.iter().map(|event| shown(event, wants_id)).collect(), rows)
}

/// All that a sender has a say in.
fn shown(event: &ConversionEvent<'_>, wants_id: bool) -> String {
    let mut identifiers: Vec<_> =
        event.identifiers.iter().map(|one| format!("{:?}", (one.key, one.seal))).collect();
    identifiers.sort();
    let id = wants_id.then_some((event.event_id, event.dedup_key));
    let what = (event.event_name, event.event_time, event.action_source, id, event.order_id);
    let worth = (event.value_micros, event.currency, event.campaign_id, event.test);
    let consent = (event.opt_out, event.limited_data_use);
    let person = (event.valid, event.country, event.device, event.source_host);
    format!("{what:?} {worth:?} {consent:?} {person:?} {identifiers:?}")
}

fn spoken(rows: &OutboundRows, test_code: Option<&str>) -> Vec<u8> {
    let mut request = SpokenRequest::default();
    let mut buffer = Vec::new();
    for record in seal(&sealing(), rows, &CountingEntropy::default()).unwrap() {
        for row in open(&record, &sealing().key, &mut buffer).unwrap() {
            request.push(&row.unwrap());
        }
    }
    assert_eq!(request.events(), rows.len());
    request.finish(test_code)
}

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
        ("external_id", json!(["Customer 5", "6"])),
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
    let mut bits = bits;
    let mut is_set = || {
        bits = bits.rotate_right(1);
        bits & 1 == 1
    };
    let mut event = json!({
        "event_name": if is_set() { "Purchase" } else { "my \"own\" event" },
        "event_time": 1_790_000_000, "action_source": if is_set() { "website" } else { "chat" },
        "user_data": {"em": ["jane.doe@example.com"]},
    });
    for (key, value) in user_fields() {
        if is_set() {
            event["user_data"][key] = value;
        }
    }
    event["custom_data"] = json!({"value": 10.55, "currency": "eur"});
    let custom = [
        ("order_id", json!("o-17")),
        ("campaign_id", json!("238")),
        ("content_name", json!(text)),
        ("contents", json!([{"id": text, "quantity": 2, "of": {"jane": null}}])),
        ("num_items", json!(3)),
    ];
    for (key, value) in custom {
        if is_set() {
            event["custom_data"][key] = value;
        }
    }
    let others = [
        ("event_id", json!("e-1")),
        (
            "event_source_url",
            json!("https://shop.example/a?fbclid=AbC&mail=jane.doe%40example.com"),
        ),
        ("opt_out", json!(true)),
        ("data_processing_options", json!(["LDU"])),
    ];
    for (key, value) in others {
        if is_set() {
            event[key] = value;
        }
    }
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
        let (sent, rows) = taken(body.as_bytes(), wants_id);
        let body = spoken(&rows, None);
        let (heard, again) = taken(&body, wants_id);
        prop_assert_eq!(&heard, &sent, "{}", String::from_utf8_lossy(&body));
        // And once more it is the same to the byte: nothing is lost on the way.
        prop_assert_eq!(spoken(&again, None), body);
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
    let (_, rows) = taken(json!({ "data": [event] }).to_string().as_bytes(), true);
    let body: Value = serde_json::from_slice(&spoken(&rows, Some("TEST\"1"))).unwrap();
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

#[test]
fn amounts_are_written_exactly() {
    for (micros, text) in [
        (0, "0"),
        (1, "0.000001"),
        (129_900_000, "129.9"),
        (10_000_000, "10"),
        (i64::MAX, "9223372036854.775807"),
    ] {
        assert_eq!(decimal(micros), text);
    }
}

//! What is spoken is understood by our own door as the same event.

use proptest::prelude::*;
use serde_json::{Value, json};
use stratum_models::dialect::Dialect;

use super::super::{LinkedinFormat, Shape, judge, parse_events};
use super::*;
use crate::dialect::PlatformFormat as _;
use crate::dialect::round_trip::{Bits, Door, NOW, bare_event};
use crate::envelope::{ClearId, OutboundHash};

const DOOR: Door = Door {
    dialect: Dialect::Linkedin,
    dataset_id: "104012",
    read: |body, arena, limits| parse_events(body, Shape::Batch, arena, limits).unwrap(),
    judge: |event, _, limits| {
        assert_eq!(event.dataset_id, Some("104012"));
        judge(event, NOW, limits)
    },
    event_name: Some("Lead"),
};

/// An event with the fields whose bits are set.
fn event(bits: u64, number: usize) -> Value {
    let mut bits = Bits(bits);
    let ids = [
        json!({"idType": "LINKEDIN_FIRST_PARTY_ADS_TRACKING_UUID", "idValue": "df5gf5-gh6t7-ph4j7h"}),
        json!({"idType": "AXCIOM_ID", "idValue": "acxiom-1"}),
        json!({"idType": "ORACLE_MOAT_ID", "idValue": "moat-1"}),
        json!({"idType": "SHA256_EMAIL", "idValue": "6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec"}),
    ];
    let mut all = vec![json!({"idType": "SHA256_EMAIL", "idValue": "jane.doe@example.com"})];
    all.extend(ids.into_iter().filter(|_| bits.is_set()));
    let mut event = json!({
        "conversion": "urn:lla:llaPartnerConversion:104012",
        "conversionHappenedAt": 1_790_000_000_123_i64,
        "eventId": format!("e-{number}"), "user": {"userIds": all},
    });
    let user = [("externalIds", json!(["customer-5"])), ("lead", json!("urn:li:lead:1"))];
    bits.choose(&mut event["user"], &user);
    bits.choose(
        &mut event,
        &[("conversionValue", json!({"currencyCode": "EUR", "amount": "10.55"}))],
    );
    event
}

proptest! {
    #[test]
    fn what_we_speak_our_own_door_takes_for_the_same_event(
        all in prop::collection::vec(any::<u64>(), 1..6),
    ) {
        let events = all.iter().enumerate().map(|(at, bits)| event(*bits, at));
        let body = json!({ "elements": events.collect::<Vec<_>>() });
        DOOR.understands(body.to_string().as_bytes(), true);
    }
}

#[test]
fn an_event_is_spoken_in_linkedins_words() {
    let event = json!({
        "conversion": "urn:lla:llaPartnerConversion:104012",
        "conversionHappenedAt": 1_790_000_000_123_i64, "eventId": "e-1",
        "conversionValue": {"currencyCode": "usd", "amount": "129.90"},
        "user": {
            "userIds": [{"idType": "SHA256_EMAIL", "idValue": "john_smith@gmail.com"}],
            "userInfo": {"firstName": "John", "lastName": "Smith"},
        },
    });
    let (_, rows) = DOOR.taken(json!({ "elements": [event] }).to_string().as_bytes(), true);
    let body: Value = serde_json::from_slice(&DOOR.spoken(&rows, None)).unwrap();
    let hash = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f";
    assert_eq!(
        body,
        json!({"elements": [{
            "conversion": "urn:lla:llaPartnerConversion:104012",
            "conversionHappenedAt": 1_790_000_000_123_i64, "eventId": "e-1",
            "conversionValue": {"currencyCode": "USD", "amount": "129.9"},
            "user": {"userIds": [{"idType": "SHA256_EMAIL", "idValue": hash}]},
        }]})
    );
}

#[test]
fn events_of_nobody_are_not_sent() {
    let id = |kind| ClearId { kind, value: "1" };
    let hash = |key| OutboundHash { key, hash: [1; 32] };
    for (ids, hashes, code) in [
        (vec![], vec![hash(Key::FirstName), hash(Key::LastName)], Some("too_few_identifiers")),
        (vec![id(ClearIdKind::ClickId)], vec![], None),
        (vec![id(ClearIdKind::LeadId)], vec![], None),
        (vec![], vec![hash(Key::ExternalId)], None),
        (vec![], vec![hash(Key::Email)], None),
    ] {
        assert_eq!(LinkedinFormat.untaken(&OutboundEvent { ids, hashes, ..bare_event() }), code);
    }
}

//! Every encoding that real senders use, and what becomes of their events.

use axum::http::StatusCode;
use serde_json::json;

use crate::desk::{Desk, KEY, gzip, purchase};
use stratum_models::id::TenantId;
use stratum_models::identifier::{HashedIdentifier, IdentifierHash, IdentifierKey};
use stratum_testing::identifier_keys;
use stratum_wire::hash::from_hex;

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("../../wire/src/dialect/meta/fixtures/", $name)).as_slice()
    };
}

const IN_QUERY: &str = "/v26.0/1234567890/events?access_token=TOK%2Ben%7C1&appsecret_proof=ab";
const NOWHERE: &str = "/v24.0/1234567890/events";

/// Name, path, body, number of events, whether it is a test.
const FIXTURES: [(&str, &str, &[u8], usize, bool); 7] = [
    ("E1", IN_QUERY, fixture!("e1_python_sync.form"), 2, true),
    ("E2", NOWHERE, fixture!("e2_python_async.form"), 2, false),
    ("E3", IN_QUERY, fixture!("e3_node.json"), 2, false),
    ("E4", NOWHERE, fixture!("e4_curl.multipart"), 2, false),
    ("E5", IN_QUERY, fixture!("e5_segment.json"), 1, false),
    ("E6", IN_QUERY, fixture!("e6_rudder.form"), 2, false),
    ("gateway", "/capi/1234567890/events", fixture!("gateway.json"), 2, false),
];

#[tokio::test]
async fn every_encoding_gives_the_same_events() {
    let mut first = None;
    for (name, uri, body, count, test) in FIXTURES {
        for packed in [false, true] {
            let desk = Desk::new();
            let body = if packed { gzip(body) } else { body.into() };
            // The content type is never right, so it cannot have been looked at.
            let answer = desk.send(uri, &[("content-type", "image/png")], body).await;
            assert_eq!(answer.status, StatusCode::OK, "{name}: {:?}", answer.body);
            assert_eq!(answer.body["events_received"], count, "{name}");
            assert_eq!(answer.body["messages"], json!([]), "{name}");
            assert!(answer.body["fbtrace_id"].as_str().unwrap().starts_with('A'), "{name}");
            let mut events = desk.events();
            assert_eq!(events.len(), count, "{name}");
            assert_eq!(events[0].remove("test"), Some(test.to_string()), "{name}");
            // Segment has one value a key; all else must agree.
            let identifiers = events[0].remove("sealed_identifiers").unwrap();
            assert!(identifiers.contains(&sealed_email()), "{name}: {identifiers}");
            assert_eq!(*first.get_or_insert(events[0].clone()), events[0], "{name}");
        }
    }
}

/// What the e-mail address of the fixtures rests as.
fn sealed_email() -> String {
    let digits = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f";
    let hash = from_hex(digits.as_bytes()).map(IdentifierHash).unwrap();
    let one = HashedIdentifier { key: IdentifierKey::Email, hash };
    let seal = identifier_keys().of(TenantId(7)).seals(one)[0].seal;
    seal.0.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn an_event_arrives_as_it_was_meant() {
    let desk = Desk::new();
    assert_eq!(desk.send(NOWHERE, &[], fixture!("e2_python_async.form")).await.status, 200);
    let event = &desk.events()[0];
    for (column, value) in [
        ("tenant_id", "7"),
        ("dialect", "1"),
        ("platform", "1"),
        ("dataset_id", "1234567890"),
        ("event_name", "Purchase"),
        ("event_time", "2026-09-21T14:13:21Z"),
        ("received_at", "2026-09-21T14:15:00Z"),
        ("event_date", "2026-09-21"),
        ("action_source", "1"),
        ("channel", "1"),
        ("event_id", "order-1"),
        ("order_id", "o-1"),
        ("value_micros", "142520000"),
        ("currency", "USD"),
        ("opt_out", "false"),
        ("limited_data_use", "false"),
        ("device", "1"),
        ("source_host", "shop.example.com"),
        ("config_version", "1"),
    ] {
        assert_eq!(event.get(column).map(String::as_str), Some(value), "{column}");
    }
    // The dedup key follows from what was sent, so that a browser's copy meets it.
    let key = stratum_models::event::DedupKey::of(
        stratum_models::id::TenantId(7),
        Some(stratum_models::platform::Platform::Meta),
        "1234567890",
        "Purchase",
        "order-1",
    );
    assert_eq!(event["dedup_key"], format!("{:032x}", key.0));
}

#[tokio::test]
async fn a_day_is_the_tenants_day() {
    let desk = Desk::new();
    let mut late = purchase("late");
    // 06:30 UTC is 23:30 of the day before in Los Angeles.
    late["event_time"] = json!(1_789_972_200);
    assert_eq!(desk.post_events(&[late]).await.status, 200);
    assert_eq!(desk.events()[0]["event_date"], "2026-09-20");
}

#[tokio::test]
async fn a_key_is_taken_from_every_place() {
    let body = json!({ "data": [purchase("a")] });
    let mut with_token = body.clone();
    with_token["access_token"] = json!(KEY);
    let mut with_key = body.clone();
    with_key["accessKey"] = json!(KEY);
    let bearer = format!("Bearer {KEY}");
    type Headers<'a> = Vec<(&'a str, &'a str)>;
    let cases: [(&str, Headers<'_>, String); 6] = [
        (NOWHERE, vec![("authorization", &bearer)], body.to_string()),
        (NOWHERE, vec![("x-api-key", KEY)], body.to_string()),
        (IN_QUERY, vec![], body.to_string()),
        (NOWHERE, vec![], with_token.to_string()),
        ("/capi/1234567890/events", vec![], with_key.to_string()),
        // A key outside the body comes first.
        (IN_QUERY, vec![], json!({"data": [purchase("a")], "access_token": "wrong"}).to_string()),
    ];
    for (uri, headers, body) in cases {
        let answer = Desk::new().send(uri, &headers, body).await;
        assert_eq!(answer.status, 200, "{uri} {headers:?}: {:?}", answer.body);
    }
}

#[tokio::test]
async fn bodies_of_other_shapes_are_taken() {
    let event = purchase("a");
    let text = event.to_string();
    for (name, body) in [
        ("a bare list", json!([event]).to_string()),
        ("one object", json!({ "data": event }).to_string()),
        ("a list in a text", json!({ "data": format!("[{text}]") }).to_string()),
        ("texts in a list in a text", json!({ "data": json!([text]).to_string() }).to_string()),
        ("a byte order mark", format!("\u{feff} {}", json!({ "data": [event] }))),
        (
            "data last wins",
            json!({"data": [event]}).to_string().replacen("{", r#"{"data":[{}],"#, 1),
        ),
    ] {
        let desk = Desk::new();
        let answer = desk.post(body).await;
        assert_eq!(answer.body["events_received"], 1, "{name}: {:?}", answer.body);
        assert_eq!(desk.events().len(), 1, "{name}");
    }
}

#[tokio::test]
async fn types_that_senders_mix_up_are_taken() {
    let desk = Desk::new();
    let mut event = purchase("a");
    event["event_time"] = json!("1790000000");
    event["event_id"] = json!(77);
    event["opt_out"] = json!("true");
    event["data_processing_options"] = json!(["LDU"]);
    event["data_processing_options_country"] = json!("1");
    event["data_processing_options_state"] = json!(1000);
    event["referrer_url"] = json!(null);
    event["unknown"] = json!({"deep": [[1]]});
    event["user_data"] = json!({
        "em": ["J.Doe@Example.com ", null], "ph": 16_505_551_212_i64, "external_id": [1, "b"],
        "fb_login_id": 5, "lead_id": "9", "fn": null, "ln": "", "ct": []
    });
    event["custom_data"] = json!({"value": "12.345", "currency": "gbp", "order_id": 66,
        "campaign_id": 120_330_i64, "contents": [{"quantity": "2"}], "own": null});
    let mut plain = purchase("b");
    plain["event_time"] = json!(1_790_000_000_500_i64);
    plain["data_processing_options"] = json!([]);
    plain["opt_out"] = json!(false);
    let answer = desk.post_events(&[event, plain]).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    let events = desk.events();
    for (column, value) in [
        ("event_time", "2026-09-21T14:13:20Z"),
        ("event_id", "77"),
        ("opt_out", "true"),
        ("limited_data_use", "true"),
        ("value_micros", "12345000"),
        ("currency", "GBP"),
        ("order_id", "66"),
        ("campaign_id", "120330"),
    ] {
        assert_eq!(events[0][column], value, "{column}");
    }
    assert_eq!(events[1]["event_time"], "2026-09-21T14:13:20.500Z");
    assert_eq!(events[1]["limited_data_use"], "false");
    // em, ph, external_id, login id, lead id; what was empty is absent, not unusable.
    let mask = 1 << 0 | 1 << 1 | 1 << 10 | 1 << 16 | 1 << 17;
    assert_eq!(events[0]["valid_mask"], mask.to_string());
    assert_eq!(events[0]["invalid_mask"], "0");
}

#[tokio::test]
async fn a_text_counts_as_a_list_of_one() {
    let desk = Desk::new();
    let (mut one, mut list) = (purchase("a"), purchase("b"));
    one["user_data"] = json!({"em": "a@example.com", "fbp": "fb.1.1789999990000.123"});
    list["user_data"] = json!({"em": ["a@example.com"], "fbp": ["fb.1.1789999990000.123"]});
    assert_eq!(desk.post_events(&[one, list]).await.status, 200);
    let events = desk.events();
    assert_eq!(events[0]["sealed_identifiers"], events[1]["sealed_identifiers"]);
    assert_eq!(events[0]["valid_mask"], (1 | 1 << 12).to_string());
}

#[tokio::test]
async fn an_event_without_an_id_has_no_dedup_key() {
    let desk = Desk::new();
    for id in [json!(null), json!(""), json!("  ")] {
        let mut event = purchase("x");
        event["event_id"] = id;
        assert_eq!(desk.post_events(&[event]).await.status, 200);
    }
    let events = desk.events();
    assert_eq!(events.len(), 3);
    assert!(events.iter().all(|e| !e.contains_key("dedup_key") && !e.contains_key("event_id")));
}

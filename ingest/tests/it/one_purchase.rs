//! The same purchase through every dialect gives the same fact, but for the platform, and for what a format
//! cannot say. Whoever adds a dialect adds its purchase here.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use stratum_models::dialect::Dialect;
use stratum_models::identifier::{IdentifierKey as Key, IdentifierMask};

use crate::desk::{DATASET, Desk, KEY, LogRow, NOW};

const EMAIL: &str = "jane@example.com";
const PHONE: &str = "+16505551212";
const CUSTOMER: &str = "customer-7";
const IP: &str = "93.184.216.34";
const AGENT: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)";
const URL: &str = "https://shop.example/thanks?utm_id=77";
const TIME_S: i64 = NOW.0 / 1000;
/// Of the same purchase, these columns differ from dialect to dialect.
const ITS_OWN: &[&str] = &[
    "dialect",
    "platform",
    "dedup_key",
    "valid_mask",
    "sealed_identifiers",
    "dataset_id",
    "config_version",
];

/// The purchase as a dialect writes it.
struct Written {
    dialect: Dialect,
    path: String,
    headers: Vec<(&'static str, &'static str)>,
    body: Value,
    /// The identifiers that the format has no place for.
    lacks: IdentifierMask,
}

fn written() -> Vec<Written> {
    vec![
        Written {
            dialect: Dialect::Meta,
            path: format!("/v24.0/{DATASET}/events"),
            headers: vec![("x-api-key", KEY)],
            body: json!({"data": [{
                "event_name": "Purchase", "event_time": TIME_S, "event_id": "e-1",
                "action_source": "website", "event_source_url": URL,
                "user_data": {
                    "em": EMAIL, "ph": PHONE, "external_id": CUSTOMER, "fn": "Jane", "ln": "Doe",
                    "ct": "Berlin", "zp": "10115", "country": "de",
                    "client_ip_address": IP, "client_user_agent": AGENT,
                },
                "custom_data": {"value": 59.9, "currency": "EUR", "order_id": "o-1"},
            }]}),
            lacks: IdentifierMask::EMPTY,
        },
        Written {
            dialect: Dialect::Tiktok,
            path: "/open_api/v1.3/event/track/".to_owned(),
            headers: vec![("access-token", KEY)],
            body: json!({"event_source": "web", "event_source_id": DATASET, "data": [{
                "event": "CompletePayment", "event_time": TIME_S, "event_id": "e-1",
                "page": {"url": URL},
                "user": {
                    "email": EMAIL, "phone": PHONE, "external_id": CUSTOMER, "first_name": "Jane",
                    "last_name": "Doe", "city": "Berlin", "zip_code": "10115", "country": "de",
                    "ip": IP, "user_agent": AGENT,
                },
                "properties": {"value": 59.9, "currency": "EUR", "order_id": "o-1"},
            }]}),
            lacks: IdentifierMask::EMPTY,
        },
        Written {
            dialect: Dialect::Pinterest,
            path: format!("/v5/ad_accounts/{DATASET}/events"),
            headers: vec![("x-api-key", KEY)],
            body: json!({"data": [{
                "event_name": "checkout", "event_time": TIME_S, "event_id": "e-1",
                "action_source": "web", "event_source_url": URL,
                "user_data": {
                    "em": [EMAIL], "ph": [PHONE], "external_id": [CUSTOMER], "fn": ["Jane"],
                    "ln": ["Doe"], "ct": ["Berlin"], "zp": ["10115"], "country": ["de"],
                    "client_ip_address": IP, "client_user_agent": AGENT,
                },
                "custom_data": {"value": "59.9", "currency": "EUR", "order_id": "o-1"},
            }]}),
            lacks: IdentifierMask::EMPTY,
        },
    ]
}

async fn fact(written: &Written) -> LogRow {
    let desk = Desk::new();
    let answer = desk.send(&written.path, &written.headers, written.body.to_string()).await;
    assert!(answer.status.is_success(), "{}: {answer:?}", written.dialect);
    let mut rows = desk.events();
    assert_eq!(rows.len(), 1, "{}: {answer:?}", written.dialect);
    rows.remove(0)
}

#[tokio::test]
async fn the_same_purchase_is_the_same_fact_in_every_dialect() {
    let all = written();
    assert!(Dialect::ALL.iter().all(|one| all.iter().any(|written| written.dialect == *one)));
    let everybody = IdentifierMask::of(&[
        Key::Email,
        Key::Phone,
        Key::ExternalId,
        Key::FirstName,
        Key::LastName,
        Key::City,
        Key::Zip,
        Key::Country,
        Key::ClientIp,
        Key::UserAgent,
    ]);
    let mut first: Option<BTreeMap<String, String>> = None;
    for written in &all {
        let row = fact(written).await;
        let dialect = written.dialect;
        assert_eq!(row["dialect"], dialect.code().to_string());
        let wanted = everybody.without(written.lacks);
        assert_eq!(row["valid_mask"], wanted.0.to_string(), "{dialect}");
        let rest = row.into_iter().filter(|(column, _)| !ITS_OWN.contains(&column.as_str()));
        let rest: BTreeMap<_, _> = rest.collect();
        assert_eq!(*first.get_or_insert_with(|| rest.clone()), rest, "{dialect}");
    }
}

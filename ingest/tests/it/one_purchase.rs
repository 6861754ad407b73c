//! The same purchase through every dialect gives the same fact, but for the platform, and for what a format
//! cannot say; and of the person behind it nothing stands in the log. Whoever adds a dialect adds its purchase here.

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
/// A dataset that Snapchat alone has, at a path that is Meta's as well.
const SNAPCHAT: &str = "a-1";
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
#[derive(Clone)]
struct Written {
    dialect: Dialect,
    path: String,
    headers: Vec<(&'static str, &'static str)>,
    body: Value,
    /// The identifiers that the format has no place for.
    lacks: IdentifierMask,
    /// Columns that the format has no place for.
    lacks_columns: &'static [&'static str],
}

fn written() -> Vec<Written> {
    vec![meta(), tiktok(), pinterest(), snapchat(), linkedin(), segment(), ga4()]
}

fn meta() -> Written {
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
        lacks_columns: &[],
    }
}

fn tiktok() -> Written {
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
        lacks_columns: &[],
    }
}

fn pinterest() -> Written {
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
        lacks_columns: &[],
    }
}

fn snapchat() -> Written {
    Written {
        dialect: Dialect::Snapchat,
        path: format!("/v3/{SNAPCHAT}/events?access_token=TOK%2Ben%7C1"),
        headers: Vec::new(),
        body: json!({"data": [{
            "event_name": "PURCHASE", "event_time": NOW.0, "event_id": "e-1",
            "action_source": "WEB", "event_source_url": URL,
            "user_data": {
                "em": [EMAIL], "ph": [PHONE], "external_id": [CUSTOMER], "fn": ["Jane"],
                "ln": ["Doe"], "ct": ["Berlin"], "zp": ["10115"], "country": ["de"],
                "client_ip_address": IP, "client_user_agent": AGENT,
            },
            "custom_data": {"value": "59.9", "currency": "EUR", "order_id": "o-1"},
        }]}),
        lacks: IdentifierMask::EMPTY,
        lacks_columns: &[],
    }
}

fn linkedin() -> Written {
    Written {
        dialect: Dialect::Linkedin,
        path: "/rest/conversionEvents".to_owned(),
        headers: vec![("x-api-key", KEY), ("x-restli-method", "BATCH_CREATE")],
        body: json!({"elements": [{
            "conversion": format!("urn:lla:llaPartnerConversion:{DATASET}"),
            "conversionHappenedAt": NOW.0, "eventId": "e-1",
            "conversionValue": {"currencyCode": "EUR", "amount": "59.9"},
            "user": {
                "userIds": [{"idType": "SHA256_EMAIL", "idValue": EMAIL}],
                "userInfo": {"firstName": "Jane", "lastName": "Doe", "countryCode": "DE"},
                "externalIds": [CUSTOMER],
            },
        }]}),
        lacks: IdentifierMask::of(&[
            Key::Phone,
            Key::City,
            Key::Zip,
            Key::ClientIp,
            Key::UserAgent,
        ]),
        lacks_columns: &["order_id", "source_host", "campaign_id", "device"],
    }
}

fn segment() -> Written {
    let sent_at = NOW.to_utc().to_rfc3339();
    Written {
        dialect: Dialect::Segment,
        path: "/v1/track".to_owned(),
        headers: vec![("x-write-key", KEY)],
        body: json!({
            "type": "track", "event": "Order Completed", "messageId": "e-1",
            "timestamp": sent_at, "sentAt": sent_at, "userId": CUSTOMER,
            "context": {
                "ip": IP, "userAgent": AGENT, "page": {"url": URL},
                "traits": {
                    "email": EMAIL, "phone": PHONE, "firstName": "Jane", "lastName": "Doe",
                    "address": {"city": "Berlin", "postalCode": "10115", "country": "Germany"},
                },
            },
            "properties": {"revenue": 59.9, "currency": "EUR", "order_id": "o-1"},
        }),
        lacks: IdentifierMask::EMPTY,
        lacks_columns: &[],
    }
}

fn ga4() -> Written {
    Written {
        dialect: Dialect::Ga4,
        path: format!("/mp/collect?measurement_id={DATASET}&api_secret=TOK%2Ben%7C1"),
        headers: Vec::new(),
        body: json!({
            "app_instance_id": "123.456", "user_id": CUSTOMER,
            "timestamp_micros": NOW.0 * 1000, "ip_override": IP, "user_agent": AGENT,
            "user_data": {
                "sha256_email_address": EMAIL, "sha256_phone_number": PHONE,
                "address": [{
                    "sha256_first_name": "Jane", "sha256_last_name": "Doe", "city": "Berlin",
                    "postal_code": "10115", "country": "DE",
                }],
            },
            "events": [{"name": "purchase", "params": {
                "value": 59.9, "currency": "EUR", "transaction_id": "o-1", "page_location": URL,
            }}],
        }),
        lacks: IdentifierMask::EMPTY,
        // A purchase is known by its transaction.
        lacks_columns: &["event_id"],
    }
}

async fn fact(written: &Written) -> LogRow {
    let desk = Desk::new();
    let answer = desk.send(&written.path, &written.headers, written.body.to_string()).await;
    assert!(answer.status.is_success(), "{}: {answer:?}", written.dialect);
    let kept = desk.unpacked();
    for told in [EMAIL, PHONE, CUSTOMER, IP, AGENT, URL, "10115"] {
        let is_kept = kept.windows(told.len()).any(|part| part == told.as_bytes());
        assert!(!is_kept, "{}: {told} stands in the log", written.dialect);
    }
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
        // A cookie is more than the purchase has; without one there is no such request.
        let cookie = IdentifierMask::of(&[Key::BrowserId]);
        let valid = IdentifierMask(row["valid_mask"].parse().unwrap()).without(cookie);
        assert_eq!(valid, wanted, "{dialect}");
        let its_own = |column: &str| ITS_OWN.contains(&column);
        let rest = row.into_iter().filter(|(column, _)| !its_own(column));
        let rest: BTreeMap<_, _> = rest.collect();
        let mut wanted = first.get_or_insert_with(|| rest.clone()).clone();
        for column in written.lacks_columns {
            wanted.remove(*column);
            if let Some(own) = rest.get(*column) {
                wanted.insert((*column).to_owned(), own.clone());
            }
        }
        assert_eq!(wanted, rest, "{dialect}");
    }
}

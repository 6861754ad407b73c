//! LinkedIn: it takes the events that it can, and gives each a status.

use axum::http::{HeaderMap, Uri};
use serde_json::{Value, json};

use super::super::EMAIL;
use super::super::desk::{Asked, Manners};
use super::{Platform, bearer, events_of};
use crate::load::now;

const CONVERSION: &str = "urn:lla:llaPartnerConversion:104012";

pub fn platform() -> Platform {
    Platform {
        name: "linkedin",
        dataset: "104012",
        setting: "STRATUM__deliver__urls__linkedin",
        credential: "access_token",
        test_code: None,
        door: ("/rest/conversionEvents", "x-api-key"),
        sent,
        is_whole,
        has_trials: false,
        codes: ("400", "65601"),
        manners: Manners {
            token: |headers: &HeaderMap, _: &Uri| bearer(headers),
            ids: |body| events_of(body, "elements", "eventId"),
            taken: |count| (200, elements(count, None)),
            refused: |at, count| (200, elements(count, Some(at)), true),
            unknown_token: || {
                let message = "The token has been revoked";
                (401, json!({"status": 401, "serviceErrorCode": 65601, "message": message}))
            },
            too_many: || (429, json!({"status": 429, "message": "throttled"})),
        },
    }
}

fn elements(count: usize, failed: Option<usize>) -> Value {
    let elements = (0..count).map(|at| match Some(at) == failed {
        true => json!({"status": 400, "error": {"status": 400, "message": "too old"}}),
        false => json!({"status": 201}),
    });
    json!({"elements": elements.collect::<Vec<_>>()})
}

fn sent(id: &str) -> Value {
    json!({
        "conversion": CONVERSION, "conversionHappenedAt": now().0, "eventId": id,
        "conversionValue": {"currencyCode": "EUR", "amount": "12.5"},
        "user": {
            "userIds": [{"idType": "SHA256_EMAIL", "idValue": EMAIL}],
            "userInfo": {"firstName": "Planted", "lastName": "Person"},
        },
    })
}

fn is_whole(asked: &Asked, id: &str) {
    assert_eq!(asked.uri.path(), "/conversionEvents");
    assert_eq!(asked.headers["x-restli-method"], "BATCH_CREATE");
    assert_eq!(asked.headers["linkedin-version"], "202610");
    let events = asked.body["elements"].as_array().unwrap();
    let event = events.iter().find(|event| event["eventId"] == id).unwrap();
    assert_eq!(event["conversion"], CONVERSION);
    assert_eq!(event["conversionValue"], json!({"currencyCode": "EUR", "amount": "12.5"}));
    let email = &event["user"]["userIds"][0];
    assert_eq!(
        (&email["idType"], email["idValue"].as_str().map(str::len)),
        (&json!("SHA256_EMAIL"), Some(64))
    );
    assert!(!asked.body.to_string().contains("Planted"));
}

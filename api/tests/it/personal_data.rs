//! Personal data: keys that are rotated, and what a person may ask for.

use std::time::Duration;

use serde_json::{Value, json};

use crate::fixture::{PASSWORD, Stratum, eventually};
use crate::load::now;

/// Events are a second behind; a machine full of tests is slow.
const LANDED_WAIT: Duration = Duration::from_secs(30);
const OLD_KEY: &str = "the old key of personal data 32 characters";
const NEW_KEY: &str = "the new key of personal data 32 characters";
const KEY: &str = "PII_ENCRYPTION_KEY";
const OLDER: &str = "STRATUM__auth__pii_encryption_keys_older";

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_rotated_without_anybody_noticing() {
    let mut stratum = Stratum::start(&[(KEY, OLD_KEY)]).await;
    let (email, slug) = {
        let tenant = stratum.create_tenant("Nile Souq", "UTC", "EUR").await;
        (tenant.create_user("admin").await, tenant.slug.clone())
    };
    stratum.stop().await;
    stratum.set_env(KEY, NEW_KEY);
    stratum.set_env(OLDER, OLD_KEY);
    stratum.restart().await;
    assert_eq!(stratum.login(&email, PASSWORD).await.0, 200, "the old key opens");
    let create = ["admin", "user", "create", "--tenant", &slug, "--email", &email];
    let again = stratum.run(&create, PASSWORD).await;
    assert!(!again.status.success(), "an address of the old key is given twice");
    let told = stratum.admin(&["rotate-pii"], "").await;
    assert!(!told.starts_with("0 rows"), "{told}");
    assert_eq!(stratum.admin(&["rotate-pii"], "").await.trim(), "0 rows encrypted again");
    assert_eq!(stratum.login(&email, PASSWORD).await.0, 200);
    stratum.stop().await;
    stratum.set_env(OLDER, "");
    stratum.restart().await;
    assert_eq!(stratum.login(&email, PASSWORD).await.0, 200, "the new key alone opens");
    stratum.stop().await;
}

const EMAIL: &str = "ana.lee@example.com";
const DATASET: &str = "4711";

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_told_what_is_kept_and_is_forgotten_when_they_ask() {
    let stratum = Stratum::start(&[]).await;
    let (mut admins, mut keys) = (Vec::new(), Vec::new());
    for name in ["One", "Other"] {
        let tenant = stratum.create_tenant(name, "UTC", "USD").await;
        tenant.create_dataset("meta", DATASET).await;
        keys.push(tenant.create_ingest_key().await);
        admins.push(tenant.sign_in().await);
        if name == "One" {
            let user = ["--email", EMAIL, "--role", "viewer", "--name", "Ana Lee"];
            let create = ["user", "create", "--tenant", &tenant.slug];
            stratum.admin(&[&create[..], &user].concat(), PASSWORD).await;
        }
    }
    for key in &keys {
        send(&stratum, key).await;
    }
    let asked = json!({"identifier": EMAIL});
    for admin in &admins {
        let landed = async || (events(&stratum, admin, &asked).await == 2).then_some(());
        eventually("the events do not land", LANDED_WAIT, landed).await;
    }
    what_is_kept_is_told(&stratum, &admins[0]).await;
    the_person_is_forgotten(&stratum, &admins).await;
    for secret in [EMAIL, "Ana Lee", "1701234567"] {
        assert!(!stratum.output().contains(secret), "{secret} is logged");
    }
}

/// Two events of one person and one of another.
async fn send(stratum: &Stratum, key: &str) {
    let event = |id: &str, user: Value| {
        json!({"event_name": "Purchase", "event_time": now().0 / 1000, "event_id": id,
            "action_source": "website", "user_data": user,
            "custom_data": {"value": 10.0, "currency": "USD", "order_id": id}})
    };
    let body = json!({"data": [
        event("order-1", json!({"em": EMAIL, "ph": "+49 170 1234567"})),
        event("order-2", json!({"em": EMAIL, "external_id": "kunde-7"})),
        event("order-3", json!({"em": "bea@example.com"})),
    ]});
    let (status, answer) = stratum.post(&format!("/v24.0/{DATASET}/events"), key, &body).await;
    assert_eq!((status, &answer["events_received"]), (200, &json!(3)), "{answer}");
}

async fn export(stratum: &Stratum, admin: &str, asked: &Value) -> Value {
    let (status, answer) = stratum.post("/api/v1/gdpr/export?page_size=1", admin, asked).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

async fn events(stratum: &Stratum, admin: &str, asked: &Value) -> u64 {
    export(stratum, admin, asked).await["pagination"]["total"].as_u64().unwrap()
}

fn sha256(text: &str) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn what_is_kept_is_told(stratum: &Stratum, admin: &str) {
    for (asked, total) in [
        (json!({"identifier": " Ana.Lee@Example.com"}), 2),
        (json!({"identifier": sha256(EMAIL)}), 2),
        (json!({"identifier": sha256(EMAIL), "type": "phone"}), 0),
        // Each leads to the e-mail address beside it, and so to both events.
        (json!({"identifier": "+49 170 1234567"}), 2),
        (json!({"identifier": "kunde-7"}), 2),
        (json!({"identifier": "nobody@example.com"}), 0),
    ] {
        assert_eq!(events(stratum, admin, &asked).await, total, "{asked}");
    }
    let told = export(stratum, admin, &json!({"identifier": EMAIL})).await;
    let data = &told["data"];
    assert_eq!(
        (&data["users"][0]["email"], data["events"].as_array().unwrap().len()),
        (&json!(EMAIL), 1)
    );
    assert!(data["events"][0]["identifiers"].to_string().contains(&sha256(EMAIL)), "{data}");
    for wrong in [json!({"identifier": "01701234567"}), json!({"identifier": ""}), json!({})] {
        let (status, answer) = stratum.post("/api/v1/gdpr/export", admin, &wrong).await;
        assert_eq!(status, 422, "{answer}");
    }
}

async fn the_person_is_forgotten(stratum: &Stratum, admins: &[String]) {
    let asked = json!({"identifier": EMAIL});
    let forget = async || {
        let (status, answer) = stratum.post("/api/v1/gdpr/anonymize", &admins[0], &asked).await;
        assert_eq!(status, 200, "{answer}");
        answer["data"].clone()
    };
    assert_eq!(stratum.login(EMAIL, PASSWORD).await.0, 200);
    let counts = |done: &Value| {
        let count = |place: &str| {
            let places = done["places"].as_array().unwrap().iter();
            places.filter(|one| one["place"] == place).find_map(|one| one["count"].as_u64())
        };
        ["events", "users", "invitations"].map(|place| count(place).expect("a count"))
    };
    assert_eq!(counts(&forget().await), [2, 1, 0]);
    assert_eq!(counts(&forget().await), [0, 0, 0], "idempotent");
    for asked in
        [asked.clone(), json!({"identifier": "kunde-7"}), json!({"identifier": "+491701234567"})]
    {
        assert_eq!(events(stratum, &admins[0], &asked).await, 0, "{asked}");
    }
    assert_eq!(events(stratum, &admins[0], &json!({"identifier": "bea@example.com"})).await, 1);
    assert_eq!(events(stratum, &admins[1], &asked).await, 2, "the other tenant's stay");
    assert_eq!(stratum.login(EMAIL, PASSWORD).await.0, 401);
    let (_, kpis) = stratum.get("/api/v1/analytics/kpis", &admins[0]).await;
    assert_eq!(kpis["data"]["tracked_conversions"], 3, "figures stay: {kpis}");
    let (_, audit) = stratum.get("/api/v1/audit?action=person.anonymized", &admins[0]).await;
    assert_eq!(audit["pagination"]["total"], 2);
    let told = audit.to_string();
    assert!(!told.contains(EMAIL) && !told.contains(&sha256(EMAIL)), "{told}");
    let (_, me) = stratum.get("/api/v1/auth/me", &admins[0]).await;
    let last = json!({"identifier": me["data"]["email"]});
    let (status, answer) = stratum.post("/api/v1/gdpr/anonymize", &admins[0], &last).await;
    assert_eq!(status, 409, "the last admin stays: {answer}");
}

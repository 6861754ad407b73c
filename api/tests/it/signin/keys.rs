//! Rotating the keys that sign tokens, and signing with a key pair.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use jsonwebtoken::{Algorithm, decode_header};
use serde_json::{Value, json};
use sqlx::Connection as _;
use stratum_models::time::UnixMillis;

use crate::fixture::{Stratum, eventually};
use crate::load::now;
use crate::signin::{call, is_open, sign_in};

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_a_listed_key_count_until_it_is_dropped() {
    let mut stratum = Stratum::start(&[]).await;
    let email = stratum.create_tenant("Nile Souq", "UTC", "EGP").await.create_user("viewer").await;
    let old = sign_in(&stratum, &email).await;
    let secret = std::fs::read_to_string(stratum.data_folder().join("secrets/secret_key")).unwrap();
    stratum.set_env("STRATUM__auth__token_algorithm", "EdDSA");
    stratum.set_env("STRATUM__auth__previous_keys", secret.trim());
    stratum.stop().await;
    stratum.restart().await;
    let new = sign_in(&stratum, &email).await;
    let (before, after) =
        (decode_header(&old.access).unwrap(), decode_header(&new.access).unwrap());
    assert_eq!((before.alg, after.alg), (Algorithm::HS256, Algorithm::EdDSA));
    assert!(before.kid.is_some() && after.kid.is_some() && before.kid != after.kid);
    for tokens in [&old, &new] {
        assert!(is_open(&stratum, stratum.url(), &tokens.access).await);
    }
    let (status, renewed) = call(&stratum, "refresh", &json!({"refresh_token": old.refresh})).await;
    assert_eq!(status, 200, "{renewed}");
    let key = std::fs::metadata(stratum.data_folder().join("secrets/token_key.pem")).unwrap();
    assert_eq!(key.permissions().mode() & 0o777, 0o600);
    stratum.set_env("STRATUM__auth__previous_keys", "");
    stratum.stop().await;
    stratum.restart().await;
    assert!(!is_open(&stratum, stratum.url(), &old.access).await, "a dropped key opens still");
    assert!(is_open(&stratum, stratum.url(), &new.access).await, "a session outlives a restart");
    stratum.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_key_with_an_end_opens_nothing_after_it() {
    let stratum = Stratum::start(&[]).await;
    let tenant = stratum.create_tenant("Nile Souq", "UTC", "EGP").await;
    tenant.create_dataset("meta", "55").await;
    let admin = tenant.sign_in().await;
    let in_seconds = |seconds: i64| UnixMillis(now().0 + seconds * 1000).to_utc().to_rfc3339();
    let make = async |scope: &str, expires_at: Value| {
        let body = json!({"name": "a while", "scope": scope, "expires_at": expires_at});
        stratum.post("/api/v1/api-keys", &admin, &body).await
    };
    for wrong in [json!(in_seconds(-1)), json!(in_seconds(11 * 366 * 86_400))] {
        let (status, answer) = make("read", wrong).await;
        assert_eq!(
            (status, &answer["details"][0]["field"]),
            (422, &json!("expires_at")),
            "{answer}"
        );
    }
    let (status, answer) = make("read", json!("tomorrow")).await;
    assert_eq!(status, 422, "{answer}");
    // Long enough to be seen open on a busy machine.
    let end = in_seconds(20);
    let (_, reads) = make("read", json!(end)).await;
    let (_, sends) = make("ingest", json!(end)).await;
    let (_, lasts) = make("read", Value::Null).await;
    let key = |answer: &Value| answer["data"]["key"].as_str().expect("a key").to_owned();
    let (reads, sends, lasts) = (key(&reads), key(&sends), key(&lasts));
    let status = async |key: &str| stratum.get("/api/v1/analytics/kpis", key).await.0;
    let sending = async || {
        let (_, answer) = stratum.post("/v24.0/55/events", &sends, &json!({"data": []})).await;
        answer["error"]["code"] != 190
    };
    let open = async || (status(&reads).await == 200 && sending().await).then_some(());
    eventually("new keys are not open", Duration::from_secs(15), open).await;
    let (_, list) = stratum.get("/api/v1/api-keys", &admin).await;
    let ends: Vec<bool> =
        list["data"].as_array().unwrap().iter().map(|key| key["expires_at"].is_string()).collect();
    assert_eq!(ends, [true, true, false], "{list}");
    let over = async || (status(&reads).await == 401 && !sending().await).then_some(());
    eventually("keys outlive their end", Duration::from_secs(40), over).await;
    assert_eq!(status(&lasts).await, 200);
    let create = ["api-key", "create", "--tenant", &tenant.slug, "--expires-at"];
    let made = stratum.admin(&[&create[..], &["2100-01-01T00:00:00Z"]].concat(), "").await;
    assert!(made.starts_with("stk_"), "{made}");
    let shown = stratum.admin(&["api-key", "list", "--tenant", &tenant.slug], "").await;
    assert!(shown.contains("2100-01-01"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_state_store_is_away_keys_for_reading_follow_the_rule_of_tokens() {
    let stratum = Stratum::start(&[("STRATUM__auth__revocation_stale_ms_max", "1500")]).await;
    let tenant = stratum.create_tenant("Nile Souq", "UTC", "EGP").await;
    tenant.create_dataset("meta", "55").await;
    let sends = tenant.create_ingest_key().await;
    let token = tenant.sign_in().await;
    let create = ["api-key", "create", "--tenant", &tenant.slug, "--scope", "read"];
    let reads = stratum.admin(&create, "").await.trim().to_owned();
    let status = async |bearer: &str| stratum.get("/api/v1/analytics/platforms", bearer).await.0;
    let open = async || (status(&reads).await == 200).then_some(());
    eventually("a new key is not open", Duration::from_secs(15), open).await;
    // Neither what ended nor which keys there are can be read.
    let mut owner = stratum.state_connection().await;
    let mut hold = owner.begin().await.unwrap();
    let lock = "LOCK TABLE revoked_sessions, directory_revision IN ACCESS EXCLUSIVE MODE";
    sqlx::query(lock).execute(&mut *hold).await.unwrap();
    for bearer in [&reads, &token] {
        let refused = async || (status(bearer).await == 503).then_some(());
        eventually("it is let in blindly", Duration::from_secs(20), refused).await;
    }
    let event = json!({"data": [{"event_name": "Lead", "event_time": now().0 / 1000,
        "action_source": "email", "user_data": {"em": "ana@example.com"}}]});
    let (sent, answer) = stratum.post("/v24.0/55/events", &sends, &event).await;
    hold.rollback().await.unwrap();
    assert_eq!(sent, 200, "events go on being taken: {answer}");
    for bearer in [&reads, &token] {
        let again = async || (status(bearer).await == 200).then_some(());
        eventually("it stays shut out", Duration::from_secs(30), again).await;
    }
}

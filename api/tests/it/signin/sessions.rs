//! Sessions: renewed by refresh tokens, and over at once in every process.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _};

use crate::fixture::{Second, Stratum, TestTenant, eventually};
use crate::signin::{Tokens, audited, call, call_at, execute, is_open, sign_in};

/// What the contract promises.
const END_WAIT: Duration = Duration::from_secs(1);
const STALE: Duration = Duration::from_millis(2_000);

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_renewed_and_end_in_every_process() {
    let stratum = Stratum::start(&[("STRATUM__auth__revocation_stale_ms_max", "2000")]).await;
    let tenant = stratum.create_tenant("Nile Souq", "Africa/Cairo", "EGP").await;
    a_refresh_token_works_once(&stratum, &tenant).await;
    a_spent_token_is_answered_once_more(&stratum, &tenant).await;
    a_session_ends_for_good(&stratum, &tenant).await;
    neither_token_serves_as_the_other(&stratum, &tenant).await;
    let second = Second::start(&stratum).await;
    a_sign_out_counts_everywhere(&stratum, &second, &tenant).await;
    a_lock_counts_everywhere(&stratum, &second, &tenant).await;
    somebody_shut_out_is_out(&stratum, &second, &tenant).await;
    nobody_is_let_in_blindly(&stratum, &tenant).await;
    migrations_run_on_a_filled_store(&stratum).await;
}

async fn refresh(stratum: &Stratum, token: &str) -> (u16, Value) {
    call(stratum, "refresh", &json!({"refresh_token": token})).await
}

async fn a_refresh_token_works_once(stratum: &Stratum, tenant: &TestTenant<'_>) {
    let email = tenant.create_user("analyst").await;
    let (first, bystander) = (sign_in(stratum, &email).await, sign_in(stratum, &email).await);
    let (status, answer) = refresh(stratum, &first.refresh).await;
    assert_eq!((status, &answer["data"]["expires_in"]), (200, &json!(1800)), "{answer}");
    let second = Tokens::of(&answer);
    let third = Tokens::of(&refresh(stratum, &second.refresh).await.1);
    for tokens in [&first, &second, &third] {
        assert!(is_open(stratum, stratum.url(), &tokens.access).await, "renewing ends nothing");
    }
    // A spent one is in two hands: the whole family ends, and no other.
    let (status, reused) = refresh(stratum, &first.refresh).await;
    assert_eq!((status, &reused["error"]), (401, &json!("unauthorized")));
    for tokens in [&first, &second, &third] {
        assert!(!is_open(stratum, stratum.url(), &tokens.access).await, "the family lives on");
        assert_eq!(refresh(stratum, &tokens.refresh).await.0, 401);
    }
    assert!(is_open(stratum, stratum.url(), &bystander.access).await);
    assert_eq!(refresh(stratum, &bystander.refresh).await.0, 200);
    let done = audited(stratum, &tenant.slug).await;
    let reused = done.iter().filter(|row| *row == "session.refresh_reused refused");
    assert_eq!(reused.count(), 1, "{done:?}");
}

/// Two tabs, or an answer that was lost: the same client is told the same successor once more, and no third time.
async fn a_spent_token_is_answered_once_more(stratum: &Stratum, tenant: &TestTenant<'_>) {
    let email = tenant.create_user("viewer").await;
    let tokens = sign_in(stratum, &email).await;
    let both = tokio::join!(refresh(stratum, &tokens.refresh), refresh(stratum, &tokens.refresh));
    assert_eq!((both.0.0, both.1.0), (200, 200), "{both:?}");
    let (one, other) = (Tokens::of(&both.0.1), Tokens::of(&both.1.1));
    assert_eq!(one.refresh, other.refresh, "not the same successor");
    for tokens in [&tokens, &one, &other] {
        assert!(is_open(stratum, stratum.url(), &tokens.access).await, "somebody honest is out");
    }
    // The successor is renewed as any other, and once that is so its forerunner is too old.
    let next = Tokens::of(&refresh(stratum, &one.refresh).await.1);
    assert_eq!(refresh(stratum, &tokens.refresh).await.0, 401);
    assert!(!is_open(stratum, stratum.url(), &next.access).await, "the family lives on");
    for case in ["a third time", "late", "from elsewhere"] {
        let tokens = sign_in(stratum, &email).await;
        let next = Tokens::of(&refresh(stratum, &tokens.refresh).await.1);
        match case {
            "late" => {
                let late = "UPDATE sessions SET renewed_at = renewed_at - interval '11 seconds'";
                execute(stratum, late).await;
            }
            "from elsewhere" => {
                execute(stratum, "UPDATE sessions SET renewed_by = sha256('x')").await
            }
            _ => assert_eq!(refresh(stratum, &tokens.refresh).await.0, 200),
        }
        assert_eq!(refresh(stratum, &tokens.refresh).await.0, 401, "{case}");
        assert!(!is_open(stratum, stratum.url(), &next.access).await, "{case}");
    }
}

/// However often it is renewed, a session ends; and no token of it says that it lives longer.
async fn a_session_ends_for_good(stratum: &Stratum, tenant: &TestTenant<'_>) {
    let tokens = sign_in(stratum, &tenant.create_user("viewer").await).await;
    execute(stratum, "UPDATE sessions SET ends_at = now() + interval '1 hour'").await;
    let tokens = Tokens::of(&refresh(stratum, &tokens.refresh).await.1);
    let (_, list) = stratum.get("/api/v1/auth/sessions", &tokens.access).await;
    let session = &list["data"][0];
    assert_eq!(session["expires_at"], session["ends_at"], "{list}");
    let ends: chrono::DateTime<chrono::Utc> = session["ends_at"].as_str().unwrap().parse().unwrap();
    let secret = std::fs::read_to_string(stratum.data_folder().join("secrets/secret_key")).unwrap();
    let key = jsonwebtoken::DecodingKey::from_secret(secret.trim().as_bytes());
    let mut lenient = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::HS256);
    lenient.validate_aud = false;
    let claims = jsonwebtoken::decode::<Value>(&tokens.refresh, &key, &lenient).unwrap().claims;
    let exp = claims["exp"].as_i64();
    assert_eq!(exp, Some(ends.timestamp()));
    execute(stratum, "UPDATE sessions SET ends_at = now(), expires_at = now()").await;
    assert_eq!(refresh(stratum, &tokens.refresh).await.0, 401);
}

async fn neither_token_serves_as_the_other(stratum: &Stratum, tenant: &TestTenant<'_>) {
    let tokens = sign_in(stratum, &tenant.create_user("viewer").await).await;
    assert!(!is_open(stratum, stratum.url(), &tokens.refresh).await);
    for wrong in [tokens.access.as_str(), "", "nonsense", &tokens.refresh[1..]] {
        assert_eq!(refresh(stratum, wrong).await.0, 401);
    }
    let (status, answer) = call(stratum, "refresh", &json!({"refresh_token": 7})).await;
    assert_eq!(status, 422, "{answer}");
    assert_eq!(
        refresh(stratum, &tokens.refresh).await.0,
        200,
        "none of that has ended the session"
    );
}

/// Until a process has shut the token out.
async fn shut_out(stratum: &Stratum, url: &str, access: &str) {
    let shut = async || (!is_open(stratum, url, access).await).then_some(());
    eventually("an ended session is open", END_WAIT, shut).await;
}

async fn a_sign_out_counts_everywhere(stratum: &Stratum, second: &Second, tenant: &TestTenant<'_>) {
    let email = tenant.create_user("viewer").await;
    let (tokens, other) = (sign_in(stratum, &email).await, sign_in(stratum, &email).await);
    for url in [stratum.url(), second.url()] {
        assert!(is_open(stratum, url, &tokens.access).await, "signed in here is signed in there");
    }
    let (status, answer) = stratum.post("/api/v1/auth/logout", &tokens.access, &json!({})).await;
    assert_eq!(status, 200, "{answer}");
    assert!(!is_open(stratum, stratum.url(), &tokens.access).await, "not at once");
    shut_out(stratum, second.url(), &tokens.access).await;
    let again = json!({"refresh_token": tokens.refresh});
    for url in [stratum.url(), second.url()] {
        assert_eq!(call_at(stratum, url, "refresh", &again).await.0, 401);
        assert!(is_open(stratum, url, &other.access).await);
    }
    let (status, _) = stratum.post("/api/v1/auth/logout", &tokens.access, &json!({})).await;
    assert_eq!(status, 401);
    let done = audited(stratum, &tenant.slug).await;
    assert_eq!(done.last().unwrap(), "user.signed_out done");
    // A process that starts later knows it, too.
    let late = Second::start(stratum).await;
    assert!(!is_open(stratum, late.url(), &tokens.access).await);
    assert!(is_open(stratum, late.url(), &other.access).await);
}

async fn a_lock_counts_everywhere(stratum: &Stratum, second: &Second, tenant: &TestTenant<'_>) {
    let email = tenant.create_user("viewer").await;
    let wrong = json!({"email": email, "password": "Wrong-passw0rd"});
    for attempt in 0..5 {
        let url = [stratum.url(), second.url()][attempt % 2];
        assert_eq!(call_at(stratum, url, "login", &wrong).await.0, 401);
    }
    for url in [stratum.url(), second.url()] {
        assert_eq!(call_at(stratum, url, "login", &wrong).await.0, 429);
    }
}

/// As it is done to somebody who is deactivated: whatever ends sessions, every process follows.
async fn somebody_shut_out_is_out(stratum: &Stratum, second: &Second, tenant: &TestTenant<'_>) {
    let tokens = sign_in(stratum, &tenant.create_user("viewer").await).await;
    let kept = sign_in(stratum, &tenant.create_user("viewer").await).await;
    let claims = stratum.get("/api/v1/auth/me", &tokens.access).await.1;
    let user = claims["data"]["id"].as_str().unwrap();
    let mut owner = stratum.state_connection().await;
    let end = format!("UPDATE sessions SET revoked_at = now() WHERE user_id = '{user}'");
    let began = Instant::now();
    sqlx::query(AssertSqlSafe(end)).execute(&mut owner).await.unwrap();
    for url in [stratum.url(), second.url()] {
        shut_out(stratum, url, &tokens.access).await;
        assert!(is_open(stratum, url, &kept.access).await);
    }
    assert!(began.elapsed() < 2 * END_WAIT, "{:?}", began.elapsed());
}

/// The table of ended sessions cannot be read: nobody knows who is shut out.
async fn nobody_is_let_in_blindly(stratum: &Stratum, tenant: &TestTenant<'_>) {
    let tokens = sign_in(stratum, &tenant.create_user("viewer").await).await;
    let ask = async || stratum.get("/api/v1/analytics/kpis", &tokens.access).await;
    assert_eq!(ask().await.0, 200);
    let mut owner = stratum.state_connection().await;
    let mut hold = owner.begin().await.unwrap();
    let lock = "LOCK TABLE revoked_sessions IN ACCESS EXCLUSIVE MODE";
    sqlx::query(lock).execute(&mut *hold).await.unwrap();
    let refused = async || {
        let (status, answer) = ask().await;
        (status == 503).then_some(answer)
    };
    let answer = eventually("somebody is let in blindly", 5 * STALE, refused).await;
    assert_eq!(answer["error"], "unavailable");
    hold.rollback().await.unwrap();
    let served = async || (ask().await.0 == 200).then_some(());
    eventually("it does not recover", 10 * STALE, served).await;
}

/// Into a schema of their own, all of which is rolled back: the first seven, rows of that time, and
/// then the later ones.
async fn migrations_run_on_a_filled_store(stratum: &Stratum) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/state/migrations");
    let mut files = crate::fixture::names(std::path::Path::new(folder));
    files.sort();
    let mut owner = stratum.state_connection().await;
    let mut work = owner.begin().await.unwrap();
    let begin = "CREATE SCHEMA filled; SET LOCAL search_path = filled";
    sqlx::raw_sql(begin).execute(&mut *work).await.unwrap();
    for file in files {
        if file.starts_with("0010") {
            sqlx::raw_sql(ROWS).execute(&mut *work).await.unwrap();
        }
        let text = std::fs::read_to_string(format!("{folder}/{file}")).unwrap();
        let ran = sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut *work).await;
        assert!(ran.is_ok(), "{file}: {ran:?}");
    }
    let kept = "SELECT count(*) FROM sessions s JOIN users u ON u.id = s.user_id";
    let kept: i64 = sqlx::query_scalar(kept).fetch_one(&mut *work).await.unwrap();
    assert_eq!(kept, 1);
    work.rollback().await.unwrap();
}

const ROWS: &str = "
    INSERT INTO tenants (slug, name, time_zone, reporting_currency, created_at, updated_at)
    VALUES ('old', 'Old', 'UTC', 'EUR', now(), now());
    INSERT INTO users (id, tenant_id, email_lookup, email_sealed, full_name_sealed, password_hash, role,
        created_at, updated_at)
    VALUES ('00000000-0000-7000-8000-000000000001', 1, sha256('x'), '', '', 'x', 'admin', now(), now());
    INSERT INTO sessions (id, tenant_id, user_id, family, created_at, expires_at)
    VALUES ('00000000-0000-7000-8000-000000000002', 1, '00000000-0000-7000-8000-000000000001',
        '00000000-0000-7000-8000-000000000002', now(), now() + interval '30 minutes');
    INSERT INTO datasets (id, tenant_id, platform, external_id, name, created_at)
    VALUES ('00000000-0000-7000-8000-000000000003', 1, 'meta', '1', '', now());
    INSERT INTO tracking_configs (tenant_id, dataset_id, version, created_at)
    VALUES (1, '00000000-0000-7000-8000-000000000003', 1, now());
    INSERT INTO api_keys (id, tenant_id, name, sha256, hint, scope, created_at)
    VALUES ('00000000-0000-7000-8000-000000000004', 1, '', sha256('k'), 'abcd', 'ingest', now());
";

//! Signing in, and what happens to those who did not.

mod registration;
mod letters;
mod account;
mod password;
mod second_factor;
mod device;
mod browser;
mod sessions;
mod keys;
mod mail;
mod load;

use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::fixture::{PASSWORD, Stratum};

/// No answer that must not tell by its time what was found out comes sooner.
pub const ANSWER_MIN: Duration = Duration::from_millis(500);

/// The tokens of a sign-in.
#[derive(Clone, Debug)]
pub struct Tokens {
    pub access: String,
    pub refresh: String,
}

impl Tokens {
    /// Those of an answer.
    pub fn of(answer: &Value) -> Tokens {
        let text = |name: &str| answer["data"][name].as_str().expect(name).to_owned();
        Tokens { access: text("access_token"), refresh: text("refresh_token") }
    }
}

/// What a route of sign-in answers to a body.
pub async fn call(stratum: &Stratum, route: &str, body: &Value) -> (u16, Value) {
    call_at(stratum, stratum.url(), route, body).await
}

/// The same of another process.
pub async fn call_at(stratum: &Stratum, url: &str, route: &str, body: &Value) -> (u16, Value) {
    stratum.answer(stratum.client().post(format!("{url}/api/v1/auth/{route}")).json(body)).await
}

/// Signs in with the password of every user of a fixture.
pub async fn sign_in(stratum: &Stratum, email: &str) -> Tokens {
    let (status, answer) = stratum.login(email, PASSWORD).await;
    assert_eq!(status, 200, "{answer}");
    Tokens::of(&answer)
}

/// Whether an access token is open; anything but open or shut fails.
pub async fn is_open(stratum: &Stratum, url: &str, access: &str) -> bool {
    let request = stratum.client().get(format!("{url}/api/v1/auth/me")).bearer_auth(access);
    let (status, answer) = stratum.answer(request).await;
    assert!(status == 200 || status == 401, "{status} {answer}");
    status == 200
}

/// What was done and refused in a tenant's name, oldest first.
pub async fn audited(stratum: &Stratum, slug: &str) -> Vec<String> {
    let mut owner = stratum.state_connection().await;
    let rows = "SELECT a.action || ' ' || a.outcome FROM audit_log a \
        LEFT JOIN tenants t ON t.id = a.tenant_id WHERE coalesce(t.slug, '') = $1 ORDER BY a.seq";
    sqlx::query_scalar(rows).bind(slug).fetch_all(&mut owner).await.expect("the audit log")
}

/// A change behind the program's back.
pub async fn execute(stratum: &Stratum, statement: &'static str) {
    let mut owner = stratum.state_connection().await;
    sqlx::query(statement).execute(&mut owner).await.expect(statement);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_right_password_of_a_known_account_signs_in() {
    let stratum = Stratum::start_empty(&[]).await;
    first_credentials_work(&stratum).await;
    let tenant = stratum.create_tenant("Nile Souq", "Africa/Cairo", "EGP").await;
    let email = tenant.create_user("viewer").await;
    let (status, answer) = stratum.login(&email.to_uppercase(), PASSWORD).await;
    assert_eq!((status, &answer["data"]["token_type"]), (200, &json!("bearer")));
    assert_eq!(answer["data"]["expires_in"], 1800);
    let token = answer["data"]["access_token"].as_str().unwrap();
    me_is_who_signed_in(&stratum, token, &email, &tenant.slug).await;
    failures_look_alike(&stratum, &email).await;
    forms_are_taken_too(&stratum, &email).await;
    bodies_that_cannot_be_read_are_told(&stratum).await;
    tokens_that_open_nothing(&stratum, token).await;
    an_imported_hash_is_replaced(&stratum, tenant.number().await, &email).await;
    let done = audited(&stratum, &tenant.slug).await;
    for expected in ["user.signed_in done", "user.signed_in refused"] {
        assert!(done.iter().any(|row| row == expected), "no {expected} in {done:?}");
    }
}

/// Cost 4, so that the test need not wait; the hash is of the password of every user of a fixture.
async fn an_imported_hash_is_replaced(stratum: &Stratum, number: i64, email: &str) {
    let imported = bcrypt::hash_with_salt(PASSWORD, 4, *b"0123456789abcdef").unwrap().to_string();
    let mut owner = stratum.state_connection().await;
    let import = "UPDATE users SET password_hash = $1 WHERE tenant_id = $2";
    sqlx::query(import).bind(&imported).bind(number).execute(&mut owner).await.unwrap();
    let (status, _) = stratum.login(email, "Wrong-passw0rd").await;
    assert_eq!(status, 401);
    // Several at once: one of them replaces the hash under the others.
    let logins = futures::future::join_all((0..4).map(|_| stratum.login(email, PASSWORD))).await;
    assert!(logins.iter().all(|(status, _)| *status == 200), "{logins:?}");
    let stored = "SELECT password_hash FROM users WHERE tenant_id = $1";
    let stored: String =
        sqlx::query_scalar(stored).bind(number).fetch_one(&mut owner).await.unwrap();
    assert!(stored.starts_with("$argon2id$"), "{stored}");
    assert_eq!(stratum.login(email, PASSWORD).await.0, 200);
}

async fn first_credentials_work(stratum: &Stratum) {
    // Nobody sits at a terminal here: stdout may be a journal.
    let path = stratum.data_folder().join("secrets/first_sign_in");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let told = std::fs::read_to_string(&path).unwrap();
    let value = |name: &str| {
        let line = told.lines().find_map(|line| line.trim().strip_prefix(name));
        line.unwrap_or_else(|| panic!("no {name} in {told}")).trim().to_owned()
    };
    let (status, answer) = stratum.login(&value("e-mail"), &value("password")).await;
    assert_eq!(status, 200, "{answer}");
    assert!(value("ingest key").starts_with("stk_"));
    let output = stratum.output();
    assert!(output.contains(path.to_str().unwrap()), "{output}");
    for secret in ["password", "ingest key"].map(value) {
        assert!(!output.contains(&secret), "a secret is printed");
    }
}

async fn me_is_who_signed_in(stratum: &Stratum, token: &str, email: &str, slug: &str) {
    let (status, me) = stratum.get("/api/v1/auth/me", token).await;
    assert_eq!((status, &me["success"]), (200, &json!(true)));
    let me = &me["data"];
    assert_eq!((me["email"].as_str(), me["role"].as_str()), (Some(email), Some("viewer")));
    assert_eq!(me["tenant"]["slug"], slug);
    assert_eq!(me["tenant"]["time_zone"], "Africa/Cairo");
    assert!(me["last_login_at"].is_string(), "{me}");
    let payload = token.split('.').nth(1).unwrap();
    assert!(!payload.is_empty() && !token.contains(email), "no personal data in a token");
}

async fn failures_look_alike(stratum: &Stratum, email: &str) {
    let mut answers = Vec::new();
    for (email, password) in
        [(email, "Wrong-passw0rd"), ("nobody@example.com", PASSWORD), ("?", "?")]
    {
        let began = Instant::now();
        let (status, mut answer) = stratum.login(email, password).await;
        assert!(began.elapsed() >= ANSWER_MIN, "the time may tell what was found");
        assert_eq!((status, &answer["error"]), (401, &json!("unauthorized")));
        answer.as_object_mut().unwrap().remove("request_id").unwrap();
        answers.push(answer);
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
}

async fn forms_are_taken_too(stratum: &Stratum, email: &str) {
    let request = stratum.client().post(format!("{}/api/v1/auth/login", stratum.url()));
    let form = [("grant_type", "password"), ("username", email), ("password", PASSWORD)];
    let form = form.map(|(name, value)| format!("{name}={}", value.replace('@', "%40"))).join("&");
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
    let (status, answer) = stratum.answer(request).await;
    assert_eq!(status, 200, "{answer}");
}

async fn bodies_that_cannot_be_read_are_told(stratum: &Stratum) {
    let send = async |kind: &str, body: String| -> (u16, Value) {
        let request = stratum.client().post(format!("{}/api/v1/auth/login", stratum.url()));
        stratum.answer(request.header("content-type", kind).body(body)).await
    };
    let json_type = "application/json";
    for (kind, body, status, code) in [
        (json_type, "{".to_owned(), 400, "validation_error"),
        (json_type, r#"{"email":"a@b.de"}"#.to_owned(), 422, "unprocessable_entity"),
        (json_type, r#"{"email":"a@b.de","password":7}"#.to_owned(), 422, "unprocessable_entity"),
        ("text/plain", "hunter2".to_owned(), 415, "unsupported_media_type"),
        (json_type, "x".repeat(70_000), 413, "payload_too_large"),
    ] {
        let (said, answer) = send(kind, body).await;
        assert_eq!(
            (said, &answer["error"], &answer["success"]),
            (status, &json!(code), &json!(false))
        );
        assert!(answer["request_id"].is_string() && answer["details"].is_array(), "{answer}");
        assert!(!answer.to_string().contains("a@b.de"), "{answer}");
    }
}

async fn tokens_that_open_nothing(stratum: &Stratum, token: &str) {
    let (head, signature) = token.rsplit_once('.').unwrap();
    let tampered = format!("{head}.{}", signature.chars().rev().collect::<String>());
    for wrong in ["", "nonsense", tampered.as_str()] {
        for path in ["/api/v1/auth/me", "/api/v1/analytics/kpis", "/api/v1/emq/score"] {
            let (status, answer) = stratum.get(path, wrong).await;
            assert_eq!((status, &answer["error"]), (401, &json!("unauthorized")), "{path}");
        }
    }
    let bare = stratum.client().get(format!("{}/api/v1/auth/me", stratum.url()));
    let bare = bare.send().await.unwrap();
    assert_eq!(bare.status(), 401);
    assert_eq!(bare.headers()["www-authenticate"], "Bearer");
}

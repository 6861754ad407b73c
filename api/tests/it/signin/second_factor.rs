//! Codes of an app beside the password.

use reqwest::Method;
use serde_json::{Value, json};
use totp_rs::{Builder, Secret};

use super::letters::{LETTER_WAIT, letters};
use super::{Tokens, audited, call, execute, is_open, sign_in};
use crate::fixture::{PASSWORD, Stratum, TestTenant, eventually};

/// The code of a secret, so many steps of 30 s from now. The server takes one step before and after.
fn code(secret: &str, steps: i64) -> String {
    let secret = Secret::try_from_base32(secret).unwrap();
    let now = chrono::Utc::now().timestamp() + steps * 30;
    let totp = Builder::new().with_secret(secret).build().unwrap();
    totp.generate(u64::try_from(now).unwrap()).to_string()
}

/// As if no code had been taken yet: so nobody waits for the next.
async fn forget_steps(stratum: &Stratum) {
    execute(stratum, "UPDATE second_factors SET last_step = 0").await;
}

async fn ask(stratum: &Stratum, access: &str, what: &str, body: Value) -> (u16, Value) {
    stratum.post(&format!("/api/v1/auth/second-factor{what}"), access, &body).await
}

async fn login(stratum: &Stratum, email: &str, code: &str) -> (u16, Value) {
    call(stratum, "login", &json!({"email": email, "password": PASSWORD, "code": code})).await
}

/// Sets up a factor: its secret, its recovery codes and the code that confirmed it.
async fn set_up(stratum: &Stratum, access: &str) -> (String, Vec<String>, String) {
    let (status, begun) = ask(stratum, access, "", json!({"password": PASSWORD})).await;
    assert_eq!(status, 200, "{begun}");
    let secret = begun["data"]["secret"].as_str().unwrap().to_owned();
    let uri = begun["data"]["uri"].as_str().unwrap();
    assert!(uri.starts_with("otpauth://totp/") && uri.contains(&secret), "{uri}");
    let first = code(&secret, 0);
    let (status, done) = ask(stratum, access, "/confirm", json!({"code": first})).await;
    assert_eq!(status, 200, "{done}");
    let codes: Vec<String> =
        serde_json::from_value(done["data"]["recovery_codes"].clone()).unwrap();
    assert_eq!(codes.len(), 10);
    (secret, codes, first)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_asked_for_and_an_admin_can_require_it() {
    let stratum = Stratum::start(&[]).await;
    let tenant = stratum.create_tenant("Nile Souq", "Africa/Cairo", "EGP").await;
    a_code_is_needed_beside_the_password(&stratum, &tenant).await;
    guessing_codes_is_locked(&stratum, &tenant).await;
    a_tenant_requires_it(&stratum, &tenant).await;
}

async fn a_code_is_needed_beside_the_password(stratum: &Stratum, tenant: &TestTenant<'_>) {
    let email = tenant.create_user("manager").await;
    let access = sign_in(stratum, &email).await.access;
    assert_eq!(ask(stratum, &access, "", json!({"password": "Wrong-passw0rd"})).await.0, 422);
    assert_eq!(ask(stratum, &access, "/confirm", json!({"code": "123456"})).await.0, 409);
    let (status, begun) = ask(stratum, &access, "", json!({"password": PASSWORD})).await;
    assert_eq!(status, 200, "{begun}");
    assert_eq!(ask(stratum, &access, "/confirm", json!({"code": "12345"})).await.0, 422);
    // What is begun does not count yet.
    sign_in(stratum, &email).await;
    let (secret, codes, first) = set_up(stratum, &access).await;
    let next = code(&secret, 1);
    assert_eq!(ask(stratum, &access, "", json!({"password": PASSWORD})).await.0, 409);
    let (_, state) = stratum.get("/api/v1/auth/second-factor", &access).await;
    assert_eq!(
        state["data"],
        json!({"active": true, "required": false, "recovery_codes_left": 10})
    );
    let (status, answer) = stratum.login(&email, PASSWORD).await;
    assert_eq!((status, &answer["data"]), (200, &json!({"next": "second_factor"})), "{answer}");
    // A code works once, also the one that confirmed; a wrong password is told as ever.
    assert_eq!(login(stratum, &email, &first).await.0, 401);
    let wrong = json!({"email": email, "password": "Wrong-passw0rd", "code": next});
    assert_eq!(call(stratum, "login", &wrong).await.0, 401);
    let (status, answer) = login(stratum, &email, &next).await;
    assert_eq!((status, &answer["data"]["next"]), (200, &Value::Null), "{answer}");
    assert!(is_open(stratum, stratum.url(), &Tokens::of(&answer).access).await);
    assert_eq!(login(stratum, &email, &next).await.0, 401, "a code works twice");
    let typed = codes[3].to_uppercase();
    assert_eq!(login(stratum, &email, &codes[3].replace('-', " ")).await.0, 200);
    for spent in [&codes[3], &typed] {
        assert_eq!(login(stratum, &email, spent).await.0, 401, "a recovery code works twice");
    }
    nothing_of_it_is_kept_in_clear(stratum, &secret, &codes).await;
    it_is_taken_away(stratum, &email, &access, &secret, &codes).await;
    let done = audited(stratum, &tenant.slug).await;
    for expected in
        ["begun", "set", "removed"].map(|done| format!("user.second_factor_{done} done"))
    {
        assert!(done.contains(&expected), "no {expected} in {done:?}");
    }
}

async fn nothing_of_it_is_kept_in_clear(stratum: &Stratum, secret: &str, codes: &[String]) {
    let (rows, output) = (stratum.state_rows().await, stratum.output());
    for text in [secret, &codes[0], &codes[0].replace('-', "")] {
        assert!(rows.iter().all(|(_, rows)| !rows.contains(text)) && !output.contains(text));
    }
}

async fn it_is_taken_away(
    stratum: &Stratum,
    email: &str,
    access: &str,
    secret: &str,
    codes: &[String],
) {
    execute(stratum, "DELETE FROM sign_in_failures").await;
    forget_steps(stratum).await;
    let proof = |code: &str| json!({"password": PASSWORD, "code": code});
    for what in ["/remove", "/recovery-codes"] {
        assert_eq!(ask(stratum, access, what, proof("123456")).await.0, 422);
        let wrong = json!({"password": "Wrong-passw0rd", "code": codes[0]});
        assert_eq!(ask(stratum, access, what, wrong).await.0, 422);
    }
    execute(stratum, "DELETE FROM sign_in_failures").await;
    let (status, renewed) = ask(stratum, access, "/recovery-codes", proof(&code(secret, 0))).await;
    assert_eq!(status, 200, "{renewed}");
    assert_eq!(login(stratum, email, &codes[0]).await.0, 401, "an older code counts still");
    let fresh = renewed["data"]["recovery_codes"][0].as_str().unwrap();
    let (status, removed) = ask(stratum, access, "/remove", proof(fresh)).await;
    assert_eq!(status, 200, "{removed}");
    sign_in(stratum, email).await;
    let told = async || {
        letters(stratum, email).iter().any(|text| text.contains("taken away")).then_some(())
    };
    eventually("the owner is not told", LETTER_WAIT, told).await;
}

/// A right password between wrong codes forgets none of them.
async fn guessing_codes_is_locked(stratum: &Stratum, tenant: &TestTenant<'_>) {
    let email = tenant.create_user("viewer").await;
    let (secret, ..) = set_up(stratum, &sign_in(stratum, &email).await.access).await;
    for _ in 0..5 {
        assert_eq!(stratum.login(&email, PASSWORD).await.0, 200);
        assert_eq!(login(stratum, &email, "000000").await.0, 401);
    }
    forget_steps(stratum).await;
    assert_eq!(login(stratum, &email, &code(&secret, 0)).await.0, 429);
    execute(stratum, "DELETE FROM sign_in_failures").await;
    assert_eq!(login(stratum, &email, &code(&secret, 0)).await.0, 200);
}

async fn patch(stratum: &Stratum, path: &str, access: &str, body: Value) -> (u16, Value) {
    let url = format!("{}/api/v1{path}", stratum.url());
    let request = stratum.client().request(Method::PATCH, url).bearer_auth(access);
    stratum.answer(request.json(&body)).await
}

async fn a_tenant_requires_it(stratum: &Stratum, tenant: &TestTenant<'_>) {
    let (email, admin_email) =
        (tenant.create_user("viewer").await, tenant.create_user("admin").await);
    let viewer = sign_in(stratum, &email).await;
    let admin = sign_in(stratum, &admin_email).await.access;
    let require = json!({"second_factor_required": true});
    let (status, answer) = patch(stratum, "/tenant", &admin, require.clone()).await;
    assert_eq!((status, &answer["details"][0]["field"]), (422, &json!("second_factor_required")));
    let (secret, ..) = set_up(stratum, &admin).await;
    let (status, answer) = patch(stratum, "/tenant", &admin, require).await;
    assert_eq!(
        (status, &answer["data"]["second_factor_required"]),
        (200, &json!(true)),
        "{answer}"
    );
    assert!(is_open(stratum, stratum.url(), &admin).await);
    assert!(
        !is_open(stratum, stratum.url(), &viewer.access).await,
        "a session without one lives on"
    );
    let spent = json!({"refresh_token": viewer.refresh});
    assert_eq!(call(stratum, "refresh", &spent).await.0, 401);
    // It is set up at the next sign-in.
    let (status, answer) = stratum.login(&email, PASSWORD).await;
    assert_eq!(
        (status, &answer["data"]["next"]),
        (200, &json!("set_up_second_factor")),
        "{answer}"
    );
    assert!(answer["data"]["access_token"].is_null(), "{answer}");
    let theirs = answer["data"]["second_factor"]["secret"].as_str().unwrap();
    assert_eq!(login(stratum, &email, "000000").await.0, 401);
    let (status, answer) = login(stratum, &email, &code(theirs, 0)).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["data"]["recovery_codes"].as_array().unwrap().len(), 10);
    let viewer = Tokens::of(&answer).access;
    forget_steps(stratum).await;
    let proof = json!({"password": PASSWORD, "code": code(theirs, 0)});
    assert_eq!(ask(stratum, &viewer, "/remove", proof).await.0, 409, "it is required");
    // Somebody who has lost the device is helped by an admin, and sets up another one.
    let (_, me) = stratum.get("/api/v1/auth/me", &viewer).await;
    let path = format!("/users/{}", me["data"]["id"].as_str().unwrap());
    let lost = json!({"has_second_factor": false});
    let (status, answer) = patch(stratum, &path, &admin, lost).await;
    assert_eq!((status, &answer["data"]["has_second_factor"]), (200, &json!(false)), "{answer}");
    assert!(!is_open(stratum, stratum.url(), &viewer).await);
    let given = json!({"has_second_factor": true});
    assert_eq!(patch(stratum, &path, &admin, given).await.0, 422);
    let (_, answer) = stratum.login(&email, PASSWORD).await;
    assert_eq!(answer["data"]["next"], "set_up_second_factor", "{answer}");
    assert_ne!(answer["data"]["second_factor"]["secret"], json!(theirs));
    forget_steps(stratum).await;
    assert_eq!(login(stratum, &admin_email, &code(&secret, 0)).await.0, 200);
    // The admin has nobody to ask but the operator.
    stratum.admin(&["user", "remove-second-factor", "--email", &admin_email], "").await;
    let shut = async || (!is_open(stratum, stratum.url(), &admin).await).then_some(());
    eventually("a session outlived its factor", LETTER_WAIT, shut).await;
    let (_, answer) = stratum.login(&admin_email, PASSWORD).await;
    assert_eq!(answer["data"]["next"], "set_up_second_factor", "{answer}");
}

//! Changing the password, and the sessions that a user has.

use reqwest::Method;
use serde_json::{Value, json};

use super::letters::{LETTER_WAIT, letters};
use super::{Tokens, audited, call, is_open, sign_in};
use crate::fixture::{PASSWORD, Stratum, TestTenant, eventually};

/// Composed, and as another keyboard types it.
const NEW: &str = "An\u{f6}ther-h\u{f6}rse-battery";
const NEW_DECOMPOSED: &str = "Ano\u{308}ther-ho\u{308}rse-battery";

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_changed_by_its_owner_and_sessions_are_ended_one_by_one() {
    let stratum = Stratum::start(&[]).await;
    let tenant = stratum.create_tenant("Nile Souq", "Africa/Cairo", "EGP").await;
    the_old_password_is_asked_for(&stratum, &tenant).await;
    guessing_the_old_one_is_locked(&stratum, &tenant).await;
    sessions_are_listed_and_ended(&stratum, &tenant).await;
}

async fn change(stratum: &Stratum, access: &str, from: &str, to: &str) -> (u16, Value) {
    let body = json!({"current_password": from, "new_password": to});
    stratum.post("/api/v1/auth/change-password", access, &body).await
}

async fn the_old_password_is_asked_for(stratum: &Stratum, tenant: &TestTenant<'_>) {
    let email = tenant.create_user("viewer").await;
    let (here, there) = (sign_in(stratum, &email).await, sign_in(stratum, &email).await);
    for (from, to, field) in [
        ("Wrong-passw0rd", NEW, "current_password"),
        (PASSWORD, "short", "new_password"),
        (PASSWORD, "Password1", "new_password"),
        (PASSWORD, "Nile-Souq-1", "new_password"),
        (PASSWORD, &email, "new_password"),
    ] {
        let (status, answer) = change(stratum, &here.access, from, to).await;
        assert_eq!(
            (status, &answer["details"][0]["field"]),
            (422, &json!(field)),
            "{to}: {answer}"
        );
    }
    let (status, answer) = change(stratum, &here.access, PASSWORD, NEW).await;
    assert_eq!(status, 200, "{answer}");
    assert!(is_open(stratum, stratum.url(), &here.access).await, "who changed it is signed out");
    assert!(!is_open(stratum, stratum.url(), &there.access).await, "a session outlived it");
    assert_eq!(stratum.login(&email, PASSWORD).await.0, 401);
    for same in [NEW, NEW_DECOMPOSED] {
        assert_eq!(stratum.login(&email, same).await.0, 200, "{same:?}");
    }
    let told = async || {
        letters(stratum, &email).iter().any(|text| text.contains("was changed")).then_some(())
    };
    eventually("the owner is not told", LETTER_WAIT, told).await;
    let done = audited(stratum, &tenant.slug).await;
    for expected in ["user.password_changed done", "user.password_proved refused"] {
        assert!(done.iter().any(|row| row == expected), "no {expected} in {done:?}");
    }
}

async fn guessing_the_old_one_is_locked(stratum: &Stratum, tenant: &TestTenant<'_>) {
    let email = tenant.create_user("viewer").await;
    let tokens = sign_in(stratum, &email).await;
    for _ in 0..5 {
        assert_eq!(change(stratum, &tokens.access, "Wrong-passw0rd", NEW).await.0, 422);
    }
    assert_eq!(change(stratum, &tokens.access, PASSWORD, NEW).await.0, 429);
    // Who has stolen a token shuts out nobody by it.
    sign_in(stratum, &email).await;
}

async fn sessions_are_listed_and_ended(stratum: &Stratum, tenant: &TestTenant<'_>) {
    let (email, other) = (tenant.create_user("viewer").await, tenant.create_user("viewer").await);
    let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0";
    let login = stratum.client().post(format!("{}/api/v1/auth/login", stratum.url()));
    let login =
        login.header("user-agent", agent).json(&json!({"email": email, "password": PASSWORD}));
    let named = Tokens::of(&stratum.answer(login).await.1);
    let (second, third) = (sign_in(stratum, &email).await, sign_in(stratum, &email).await);
    let bystander = sign_in(stratum, &other).await;
    let (status, list) = stratum.get("/api/v1/auth/sessions", &third.access).await;
    let items = list["data"].as_array().unwrap();
    assert_eq!((status, items.len()), (200, 3), "{list}");
    let current: Vec<bool> = items.iter().map(|item| item["current"] == true).collect();
    assert_eq!(current, [true, false, false], "the newest is the caller's");
    assert_eq!(items[2]["device"], "Firefox on Linux");
    let rows = stratum.state_rows().await;
    assert!(rows.iter().all(|(_, text)| !text.contains("Gecko")), "a user agent is kept");
    let end = async |by: &Tokens, path: &str| {
        let url = format!("{}/api/v1/auth/sessions{path}", stratum.url());
        let request = stratum.client().request(Method::DELETE, url).bearer_auth(&by.access);
        request.send().await.unwrap().status().as_u16()
    };
    let path = format!("/{}", items[2]["id"].as_str().unwrap());
    assert_eq!(end(&bystander, &path).await, 404, "somebody else's session");
    assert!(is_open(stratum, stratum.url(), &named.access).await);
    assert_eq!((end(&third, &path).await, end(&third, &path).await), (204, 404));
    assert!(!is_open(stratum, stratum.url(), &named.access).await);
    assert_eq!(end(&third, "").await, 200);
    assert!(!is_open(stratum, stratum.url(), &second.access).await);
    for kept in [&third, &bystander] {
        assert!(is_open(stratum, stratum.url(), &kept.access).await);
    }
    let spent = json!({"refresh_token": second.refresh});
    assert_eq!(call(stratum, "refresh", &spent).await.0, 401);
}

//! Accounts of people who help themselves: locked out, the password forgotten.

use serde_json::json;

use super::letters::{LETTER_WAIT, assert_nowhere, letters, mailed_token};
use super::{audited, call, execute, is_open, sign_in};
use crate::fixture::{PASSWORD, Stratum, TestTenant, eventually};

const NEW_PASSWORD: &str = "An0ther-horse-battery";

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_locked_and_recovered() {
    let stratum = Stratum::start(&[]).await;
    let tenant = stratum.create_tenant("Nile Souq", "Africa/Cairo", "EGP").await;
    five_wrong_passwords_lock_any_account(&stratum, &tenant).await;
    old_failures_do_not_count(&stratum, &tenant).await;
    a_forgotten_password_is_replaced_once(&stratum, &tenant).await;
    nothing_personal_is_kept_in_clear(&stratum, &tenant).await;
}

/// Status and Retry-After of a sign-in.
async fn login(stratum: &Stratum, email: &str, password: &str) -> (u16, Option<u64>) {
    let request = stratum.client().post(format!("{}/api/v1/auth/login", stratum.url()));
    let body = json!({"email": email, "password": password});
    let answer = request.json(&body).send().await.unwrap();
    let wait =
        answer.headers().get("retry-after").map(|wait| wait.to_str().unwrap().parse().unwrap());
    (answer.status().as_u16(), wait)
}

async fn five_wrong_passwords_lock_any_account(stratum: &Stratum, tenant: &TestTenant<'_>) {
    let (known, other) = (tenant.create_user("viewer").await, tenant.create_user("viewer").await);
    let unknown = "nobody-at-all@example.com";
    for _ in 0..5 {
        let (known, unknown) = tokio::join!(
            login(stratum, &known, "Wrong-passw0rd"),
            login(stratum, unknown, "Wrong-passw0rd")
        );
        assert_eq!((known, unknown), ((401, None), (401, None)));
    }
    for email in [&known.to_uppercase(), unknown] {
        let (status, wait) = login(stratum, email, PASSWORD).await;
        let wait = wait.expect("when to come back");
        assert!(status == 429 && (800..=900).contains(&wait), "{email}: {status}, {wait} s");
    }
    sign_in(stratum, &other).await;
    let done = audited(stratum, &tenant.slug).await;
    assert_eq!(done.iter().filter(|row| *row == "user.signed_in refused").count(), 5, "{done:?}");
    assert!(done.contains(&"user.locked_out refused".to_owned()), "{done:?}");
    assert!(audited(stratum, "").await.contains(&"user.locked_out refused".to_owned()));
    execute(stratum, "UPDATE sign_in_failures SET locked_until = now() WHERE locked_until > now()")
        .await;
    sign_in(stratum, &known).await;
}

async fn old_failures_do_not_count(stratum: &Stratum, tenant: &TestTenant<'_>) {
    let email = tenant.create_user("viewer").await;
    for _ in 0..4 {
        assert_eq!(login(stratum, &email, "Wrong-passw0rd").await.0, 401);
    }
    execute(
        stratum,
        "UPDATE sign_in_failures SET failed_at = ARRAY(SELECT at - interval '301 seconds' FROM unnest(failed_at) AS at)",
    )
    .await;
    assert_eq!(login(stratum, &email, "Wrong-passw0rd").await.0, 401);
    sign_in(stratum, &email).await;
    // A sign-in forgets the failures before it.
    for _ in 0..4 {
        assert_eq!(login(stratum, &email, "Wrong-passw0rd").await.0, 401);
    }
    sign_in(stratum, &email).await;
}

async fn a_forgotten_password_is_replaced_once(stratum: &Stratum, tenant: &TestTenant<'_>) {
    let email = tenant.create_user("manager").await;
    let (first, second) = (sign_in(stratum, &email).await, sign_in(stratum, &email).await);
    let forgot = async |email: &str| {
        let (status, answer) = call(stratum, "forgot-password", &json!({"email": email})).await;
        assert_eq!(status, 200, "{answer}");
        answer
    };
    let known = forgot(&email).await;
    for unknown in ["never-seen@example.com", "no address"] {
        assert_eq!(forgot(unknown).await, known);
    }
    let token = mailed_token(stratum, &email, 1).await;
    // Asked again at once, no second letter is sent: the third one waits behind it in the queue.
    forgot(&email).await;
    let other = tenant.create_user("viewer").await;
    forgot(&other).await;
    mailed_token(stratum, &other, 1).await;
    assert_eq!(letters(stratum, &email).len(), 1);
    let reset = async |token: &str, new_password: &str| {
        let body = json!({"token": token, "new_password": new_password});
        call(stratum, "reset-password", &body).await.0
    };
    for weak in ["weak", "Password1", "Qwerty123", &email] {
        assert_eq!(reset(&token, weak).await, 422, "{weak}");
    }
    assert_eq!(reset(&token.to_lowercase(), NEW_PASSWORD).await, 422);
    // In two hands at once: it works once.
    let both = tokio::join!(reset(&token, NEW_PASSWORD), reset(&token, NEW_PASSWORD));
    assert!(both == (200, 422) || both == (422, 200), "{both:?}");
    for tokens in [&first, &second] {
        assert!(
            !is_open(stratum, stratum.url(), &tokens.access).await,
            "a session outlived a reset"
        );
        let (status, _) = call(stratum, "refresh", &json!({"refresh_token": tokens.refresh})).await;
        assert_eq!(status, 401);
    }
    assert_eq!(login(stratum, &email, PASSWORD).await.0, 401);
    assert_eq!(login(stratum, &email, NEW_PASSWORD).await.0, 200);
    assert_eq!(reset(&token, PASSWORD).await, 422, "a token works twice");
    let changed = async || {
        letters(stratum, &email).iter().any(|text| text.contains("was changed")).then_some(())
    };
    eventually("the owner is not told", LETTER_WAIT, changed).await;
    // One that is too old.
    forgot(&email).await;
    let late = mailed_token(stratum, &email, 2).await;
    execute(stratum, "UPDATE reset_tokens SET expires_at = now() WHERE spent_at IS NULL").await;
    assert_eq!(reset(&late, PASSWORD).await, 422);
    let done = audited(stratum, &tenant.slug).await;
    for expected in ["user.reset_asked done", "user.password_reset done"] {
        assert!(done.iter().any(|row| row == expected), "no {expected} in {done:?}");
    }
    assert_nowhere(stratum, &[&token, &late, &first.access, &first.refresh]).await;
}

async fn nothing_personal_is_kept_in_clear(stratum: &Stratum, tenant: &TestTenant<'_>) {
    assert_nowhere(stratum, &["never-seen@", "nobody-at-all@"]).await;
    assert_nowhere(stratum, &[PASSWORD, NEW_PASSWORD, "Wrong-passw0rd", "@example.com"]).await;
    // The search would have found it.
    let rows = stratum.state_rows().await;
    assert!(rows.iter().any(|(_, text)| text.contains(&tenant.slug)));
}

//! Registering: a request until the letter's link is opened, from which nobody but the mailbox learns anything.

use std::collections::BTreeSet;
use std::time::Instant;

use futures::future::join_all;
use serde_json::{Value, json};

use super::letters::{LETTER_WAIT, assert_nowhere, letters, mailed_token, mailed_tokens};
use super::{ANSWER_MIN, audited, call, execute, sign_in};
use crate::fixture::{PASSWORD, Stratum, TestTenant, eventually};

const EMAIL: &str = "zenobia@palmyra.example";
const CONFIRMED: (&str, &str) = ("STRATUM__auth__registration", "confirmed");

fn registration(email: &str, tenant: &str) -> Value {
    // What the program must not take from a body is sent all the same.
    json!({"email": email, "password": PASSWORD, "full_name": "Zenobia Septimia",
        "tenant_name": tenant, "role": "superadmin", "tenant_id": 1})
}

async fn register(stratum: &Stratum, email: &str, tenant: &str) -> (u16, Value) {
    let began = Instant::now();
    let (status, mut answer) = call(stratum, "register", &registration(email, tenant)).await;
    assert!(began.elapsed() >= ANSWER_MIN, "the time may tell what was found");
    assert_eq!(answer["data"]["email"].take(), email.to_lowercase(), "{answer}");
    (status, answer)
}

async fn confirm(stratum: &Stratum, token: &str, password: &str) -> (u16, Value) {
    call(stratum, "confirm", &json!({"token": token, "password": password})).await
}

/// How many tenants and users there are.
async fn accounts(stratum: &Stratum) -> (i64, i64) {
    let mut owner = stratum.state_connection().await;
    let count = "SELECT (SELECT count(*) FROM tenants), (SELECT count(*) FROM users)";
    sqlx::query_as(count).fetch_one(&mut owner).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_is_a_request_until_its_letter_is_opened() {
    let stratum = Stratum::start(&[CONFIRMED]).await;
    let tenant = stratum.create_tenant("Nile Souq", "UTC", "EUR").await;
    nothing_tells_whether_an_address_is_known(&stratum, &tenant).await;
    who_opens_the_letter_and_knows_the_password_is_admin(&stratum).await;
    requests_stand_in_nobodys_way(&stratum, &tenant).await;
    an_old_letter_opens_nothing(&stratum).await;
    rules_are_named(&stratum).await;
    assert_nowhere(&stratum, &[EMAIL, "Zenobia", "Septimia", PASSWORD, "@palmyra.example"]).await;
}

async fn nothing_tells_whether_an_address_is_known(stratum: &Stratum, tenant: &TestTenant<'_>) {
    let known = tenant.create_user("viewer").await;
    let before = accounts(stratum).await;
    let answers =
        [register(stratum, &known, "Rome").await, register(stratum, EMAIL, "Palmyra").await];
    assert_eq!(answers[0], answers[1]);
    assert_eq!((answers[0].0, &answers[0].1["data"]["confirm"]), (202, &json!(true)));
    assert_eq!(accounts(stratum).await, before, "something is there before it is confirmed");
    // The password of whoever asked opens neither; with that of the owner nothing has changed.
    assert_eq!(stratum.login(EMAIL, PASSWORD).await.0, 401);
    sign_in(stratum, &known).await;
    let told = async || letters(stratum, &known).pop();
    let told = eventually("the owner is not told", LETTER_WAIT, told).await;
    assert!(told.contains("has an account already"), "{told}");
    let done = audited(stratum, &tenant.slug).await;
    assert!(done.contains(&"tenant.registered refused".to_owned()), "{done:?}");
    assert!(audited(stratum, "").await.contains(&"registration.asked done".to_owned()));
}

async fn who_opens_the_letter_and_knows_the_password_is_admin(stratum: &Stratum) {
    let token = mailed_token(stratum, EMAIL, 1).await;
    let letter = letters(stratum, EMAIL).pop().unwrap();
    assert!(!letter.contains("http"), "{letter}");
    for (token, password) in [("nonsense", PASSWORD), (&*token, "An0ther-horse-battery")] {
        assert_eq!(confirm(stratum, token, password).await.0, 422);
    }
    let at_once = join_all((0..3).map(|_| confirm(stratum, &token, PASSWORD))).await;
    let made: Vec<&Value> =
        at_once.iter().filter(|(status, _)| *status == 201).map(|one| &one.1).collect();
    assert_eq!(made.len(), 1, "{at_once:?}");
    let made = &made[0]["data"];
    assert_eq!((&made["role"], &made["tenant"]), (&json!("admin"), &json!("palmyra")), "{made}");
    let tokens = sign_in(stratum, &EMAIL.to_uppercase()).await;
    let (_, tenant) = stratum.get("/api/v1/tenant", &tokens.access).await;
    assert_eq!(
        (&tenant["data"]["plan"], &tenant["data"]["name"]),
        (&json!("free"), &json!("Palmyra"))
    );
    assert_ne!(tenant["data"]["id"], 1);
    let done = audited(stratum, "palmyra").await;
    assert_eq!(done[..2], ["tenant.registered done", "user.created done"]);
    assert_eq!(confirm(stratum, &token, PASSWORD).await.0, 422, "a token works twice");
}

async fn requests_stand_in_nobodys_way(stratum: &Stratum, tenant: &TestTenant<'_>) {
    // Two ask with one address: each has a letter, and who confirms first has the account.
    let email = "odaenathus@palmyra.example";
    for _ in 0..2 {
        assert_eq!(register(stratum, email, "Palmyra").await.0, 202);
    }
    let tokens = mailed_tokens(stratum, email, 2).await;
    let (first, second) = (&tokens[0], &tokens[1]);
    let (status, made) = confirm(stratum, second, PASSWORD).await;
    assert_eq!(status, 201, "{made}");
    let slug = made["data"]["tenant"].as_str().unwrap();
    assert!(slug.starts_with("palmyra-"), "the short name was taken: {slug}");
    assert_eq!(confirm(stratum, first, PASSWORD).await.0, 409);
    // A stranger asked with the address of somebody whose employer invites them.
    let email = "cfo@palmyra.example";
    assert_eq!(register(stratum, email, "Squat").await.0, 202);
    let squat = mailed_token(stratum, email, 1).await;
    let admin = tenant.sign_in().await;
    let body = json!({"email": email, "role": "analyst"});
    let (status, invited) = stratum.post("/api/v1/users/invitations", &admin, &body).await;
    assert_eq!(status, 201, "{invited}");
    let accept =
        json!({"token": invited["data"]["token"], "full_name": "C F O", "password": PASSWORD});
    let (status, answer) = call(stratum, "accept-invitation", &accept).await;
    assert_eq!(status, 201, "{answer}");
    let before = accounts(stratum).await;
    assert_eq!(confirm(stratum, &squat, PASSWORD).await.0, 409);
    assert_eq!(accounts(stratum).await, before, "a tenant without a user is left");
}

async fn an_old_letter_opens_nothing(stratum: &Stratum) {
    let email = "late@palmyra.example";
    assert_eq!(register(stratum, email, "Late").await.0, 202);
    let token = mailed_token(stratum, email, 1).await;
    execute(stratum, "UPDATE pending_registrations SET expires_at = now()").await;
    assert_eq!(confirm(stratum, &token, PASSWORD).await.0, 422);
    assert_eq!(stratum.login(email, PASSWORD).await.0, 401);
}

async fn rules_are_named(stratum: &Stratum) {
    let body = json!({"email": "nobody", "password": "weak", "full_name": "", "tenant_name": " "});
    let (status, answer) = call(stratum, "register", &body).await;
    assert_eq!((status, &answer["error"]), (422, &json!("unprocessable_entity")));
    let details = answer["details"].as_array().unwrap().iter();
    let fields: BTreeSet<_> = details.filter_map(|detail| detail["field"].as_str()).collect();
    assert_eq!(fields, BTreeSet::from(["email", "password", "full_name", "tenant_name"]));
    for password in
        ["Password1", "Passw0rd", "Qwerty123", "Welcome1", "Summer2026", EMAIL, "Palmyra-1"]
    {
        let mut body = registration(EMAIL, "Palmyra");
        body["password"] = json!(password);
        let (status, answer) = call(stratum, "register", &body).await;
        assert_eq!(
            (status, &answer["details"][0]["field"]),
            (422, &json!("password")),
            "{password}"
        );
    }
    for route in ["register", "confirm"] {
        let (status, answer) = call(stratum, route, &json!({"email": "a@b.de"})).await;
        assert_eq!(status, 422, "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn registration_is_off_without_mail_and_open_for_trials() {
    let mut stratum = Stratum::start(&[]).await;
    let (status, answer) = call(&stratum, "register", &registration(EMAIL, "Palmyra")).await;
    assert_eq!((status, &answer["error"]), (403, &json!("forbidden")), "{answer}");
    let (_, config) = stratum.get("/api/v1/config", "").await;
    assert_eq!(
        (&config["data"]["registration"], &config["data"]["mail"]),
        (&json!("off"), &json!(false))
    );
    stratum.set_env("STRATUM__auth__registration", "open");
    stratum.stop().await;
    stratum.restart().await;
    let (status, answer) = register(&stratum, EMAIL, "Palmyra").await;
    assert_eq!((status, &answer["data"]["confirm"]), (202, &json!(false)), "{answer}");
    let tokens = sign_in(&stratum, EMAIL).await;
    let (_, tenant) = stratum.get("/api/v1/tenant", &tokens.access).await;
    assert_eq!(tenant["data"]["plan"], "free", "{tenant}");
    assert_eq!(register(&stratum, EMAIL, "Rome").await, (202, answer), "a known address shows");
    let (_, tenant) = stratum.get("/api/v1/tenant", &sign_in(&stratum, EMAIL).await.access).await;
    assert_eq!(tenant["data"]["name"], "Palmyra", "a stranger changed it");
}

/// Sixty letters to a stranger, and fifteen to one mailbox by tags: so it was.
#[tokio::test(flavor = "multi_thread")]
async fn letters_that_others_cause_are_few_and_hold_no_link_of_theirs() {
    let day = ("STRATUM__mail__limits__tenant_per_day", "7");
    let stratum = Stratum::start(&[CONFIRMED, day]).await;
    let tenant = stratum.create_tenant("Visit evil.example/x now", "UTC", "EUR").await;
    let admin = tenant.sign_in().await;
    let invite = async |email: &str| {
        let body = json!({"email": email, "role": "viewer"});
        stratum.post("/api/v1/users/invitations", &admin, &body).await
    };
    let at_once = join_all((0..12).map(|_| invite("victim@corp.example"))).await;
    assert_eq!(at_once.iter().filter(|(status, _)| *status == 201).count(), 5, "{at_once:?}");
    let (_, over) = at_once.iter().find(|(status, _)| *status != 201).unwrap();
    assert_eq!(over["error"], "rate_limited", "{over}");
    assert_eq!(invite("victim+tag@corp.example").await.0, 429, "a tag is another mailbox");
    let came = async || letters(&stratum, "victim@corp.example").pop();
    let letter = eventually("no letter", LETTER_WAIT, came).await;
    assert!(letter.contains("invited") && !letter.contains("evil"), "{letter}");
    // What is refused uses nothing of the tenant's day.
    for at in 0..2 {
        assert_eq!(invite(&format!("other-{at}@corp.example")).await.0, 201);
    }
    assert_eq!(invite("one-more@corp.example").await.0, 429, "a tenant's day has no end");
    // Strangers have allowances of their own, and are told nothing of them.
    for at in 0..7 {
        assert_eq!(register(&stratum, &format!("lone+{at}@corp.example"), "Lone").await.0, 202);
    }
    let pending = async || {
        let mut owner = stratum.state_connection().await;
        let count = "SELECT count(*) FROM pending_registrations";
        sqlx::query_scalar::<_, i64>(count).fetch_one(&mut owner).await.unwrap()
    };
    assert_eq!(pending().await, 5, "a request that nobody can confirm is kept");
    assert_nowhere(&stratum, &["victim@", "lone@", "corp.example"]).await;
}

//! Users, invitations, settings, keys and limits, as an admin of a tenant meets them.

use std::time::Duration;

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use stratum_models::time::UnixMillis;

use crate::fixture::{PASSWORD, Stratum, TestTenant, eventually};
use crate::load::now;

/// What is changed is known everywhere within two seconds; a machine full of tests is slow.
const KNOWN_WAIT: Duration = Duration::from_secs(5);
const LETTER_WAIT: Duration = Duration::from_secs(20);

/// What an operation of `/api/v1` answers; null where there is no body.
async fn call(
    stratum: &Stratum,
    method: Method,
    path: &str,
    token: &str,
    body: Value,
) -> (u16, Value) {
    let url = format!("{}/api/v1{path}", stratum.url());
    let request = stratum.client().request(method, url).bearer_auth(token);
    let request = if body.is_null() { request } else { request.json(&body) };
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    let text = answer.text().await.expect("a whole answer");
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

async fn sign_in(stratum: &Stratum, email: &str) -> String {
    let (status, answer) = stratum.login(email, PASSWORD).await;
    assert_eq!(status, 200, "{answer}");
    answer["data"]["access_token"].as_str().unwrap().to_owned()
}

/// The token in the newest letter to this address.
async fn mailed_token(stratum: &Stratum, email: &str) -> String {
    let to = format!("To: {email}");
    let look = async || {
        let mut letters: Vec<_> =
            std::fs::read_dir(stratum.data_folder().join("mail")).ok()?.flatten().collect();
        letters.sort_by_key(std::fs::DirEntry::file_name);
        let texts = letters.iter().rev().filter_map(|entry| {
            let is_letter = entry.path().extension().is_some_and(|end| end == "eml");
            is_letter.then(|| std::fs::read_to_string(entry.path()).ok())?
        });
        let mut to_them = texts.filter(|text| text.lines().any(|line| line.trim() == to));
        let text = to_them.find(|text| text.contains("invited"))?;
        let is_token =
            |line: &&str| line.len() == 43 && line.bytes().all(|byte| byte.is_ascii_alphanumeric());
        text.lines().map(str::trim).find(is_token).map(str::to_owned)
    };
    eventually("no letter came", LETTER_WAIT, look).await
}

async fn invite(stratum: &Stratum, admin: &str, email: &str, role: &str) -> (u16, Value) {
    let body = json!({"email": email, "role": role});
    call(stratum, Method::POST, "/users/invitations", admin, body).await
}

async fn accept(stratum: &Stratum, token: &str) -> (u16, Value) {
    let body = json!({"token": token, "full_name": "Bea Lee", "password": PASSWORD});
    call(stratum, Method::POST, "/auth/accept-invitation", "", body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_makes_a_user_once_and_tells_nothing_about_others() {
    let stratum = Stratum::start(&[]).await;
    let (one, other) = (
        stratum.create_tenant("Nile Souq", "UTC", "EUR").await,
        stratum.create_tenant("Rhein Markt", "UTC", "EUR").await,
    );
    let admin = one.sign_in().await;
    a_token_works_once(&stratum, &admin).await;
    a_known_address_is_not_told(&stratum, &admin, &other).await;
    what_is_withdrawn_opens_nothing(&stratum, &admin).await;
    for (body, status) in [
        (json!({"email": "nobody", "role": "viewer"}), 422),
        (json!({"email": "x@example.com", "role": "superadmin"}), 422),
        (json!({"email": "x@example.com", "role": "viewer", "tenant_id": 1}), 422),
        (json!({"email": "bea@example.com", "role": "viewer"}), 409),
    ] {
        let (said, answer) = call(&stratum, Method::POST, "/users", &admin, body).await;
        assert_eq!(said, status, "{answer}");
        assert!(!answer.to_string().contains("example.com"), "{answer}");
    }
    assert!(!stratum.output().contains("bea@example.com"));
}

async fn a_token_works_once(stratum: &Stratum, admin: &str) {
    let (status, made) = invite(stratum, admin, " Bea@Example.com ", "analyst").await;
    assert_eq!((status, &made["data"]["email"]), (201, &json!("bea@example.com")), "{made}");
    let first = mailed_token(stratum, "bea@example.com").await;
    // Without a mail server the letter reaches nobody: an admin hands the token on.
    assert_eq!(made["data"]["token"], json!(first), "{made}");
    // Asked again: the earlier letter opens nothing any more.
    assert_eq!(invite(stratum, admin, "bea@example.com", "manager").await.0, 201);
    let newer = async || {
        let token = mailed_token(stratum, "bea@example.com").await;
        (token != first).then_some(token)
    };
    let second = eventually("no second letter", LETTER_WAIT, newer).await;
    assert_eq!(accept(stratum, &first).await.0, 422);
    let (status, list) = call(stratum, Method::GET, "/users/invitations", admin, Value::Null).await;
    assert!(!list.to_string().contains(&second), "a token is shown again");
    assert_eq!((status, &list["pagination"]["total"]), (200, &json!(1)), "{list}");
    let rows = stratum.state_rows().await;
    assert!(rows.iter().all(|(_, text)| !text.contains(&second)), "a token is kept in clear");
    let preview = async |token: &str| {
        let body = json!({"token": token});
        call(stratum, Method::POST, "/auth/invitation", "", body).await
    };
    assert_eq!(preview(&first).await.0, 422);
    let (status, shown) = preview(&second).await;
    let shown = &shown["data"];
    assert_eq!((status, &shown["tenant_name"]), (200, &json!("Nile Souq")), "{shown}");
    assert_eq!((&shown["email"], &shown["role"]), (&json!("bea@example.com"), &json!("manager")));
    let accepted = join_all((0..4).map(|_| accept(stratum, &second))).await;
    let made = accepted.iter().filter(|(status, _)| *status == 201).count();
    assert_eq!(made, 1, "{accepted:?}");
    let (status, me) =
        stratum.get("/api/v1/auth/me", &sign_in(stratum, "bea@example.com").await).await;
    assert_eq!((status, &me["data"]["role"]), (200, &json!("manager")), "{me}");
    assert_eq!(
        (&me["data"]["full_name"], &me["data"]["tenant"]["name"]),
        (&json!("Bea Lee"), &json!("Nile Souq"))
    );
}

async fn a_known_address_is_not_told(stratum: &Stratum, admin: &str, other: &TestTenant<'_>) {
    let known = other.create_user("viewer").await;
    let (status, mut of_known) = invite(stratum, admin, &known, "viewer").await;
    let (as_status, mut of_unknown) = invite(stratum, admin, "unknown@example.com", "viewer").await;
    assert_eq!((status, as_status), (201, 201));
    for answer in [&mut of_known, &mut of_unknown] {
        for varies in ["id", "email", "created_at", "expires_at", "token"] {
            answer["data"].as_object_mut().unwrap().remove(varies).unwrap();
        }
    }
    assert_eq!(of_known, of_unknown);
    // Only who reads that mail learns it.
    let (status, answer) = accept(stratum, &mailed_token(stratum, &known).await).await;
    assert_eq!(status, 409, "{answer}");
    assert_eq!(stratum.login(&known, PASSWORD).await.0, 200);
}

async fn what_is_withdrawn_opens_nothing(stratum: &Stratum, admin: &str) {
    let (_, made) = invite(stratum, admin, "cid@example.com", "viewer").await;
    let path = format!("/users/invitations/{}", made["data"]["id"].as_str().unwrap());
    let token = mailed_token(stratum, "cid@example.com").await;
    let withdraw = async || call(stratum, Method::DELETE, &path, admin, Value::Null).await.0;
    assert_eq!((withdraw().await, withdraw().await), (204, 404));
    assert_eq!(accept(stratum, &token).await.0, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_user_is_signed_out_and_an_admin_stays() {
    let stratum = Stratum::start(&[]).await;
    let tenant = stratum.create_tenant("Nile Souq", "UTC", "EUR").await;
    let (email, admin_email) =
        (tenant.create_user("viewer").await, tenant.create_user("admin").await);
    let (viewer, admin) = (sign_in(&stratum, &email).await, sign_in(&stratum, &admin_email).await);
    let id = my_id(&stratum, &viewer).await;
    let path = format!("/users/{id}");
    let change = json!({"full_name": " Ana Lee ", "phone": "+49 170 1234567", "locale": "ar-EG",
        "time_zone": "Africa/Cairo"});
    let (status, changed) = call(&stratum, Method::PATCH, &path, &admin, change).await;
    assert_eq!((status, &changed["data"]["phone"]), (200, &json!("+491701234567")), "{changed}");
    assert_eq!(changed["data"]["full_name"], "Ana Lee");
    assert_eq!(stratum.get("/api/v1/auth/me", &viewer).await.0, 200, "still signed in");
    let rows = stratum.state_rows().await;
    for secret in ["Ana Lee", "491701234567", &email] {
        assert!(rows.iter().all(|(_, text)| !text.contains(secret)), "{secret} is kept in clear");
    }
    let role = json!({"role": "analyst", "phone": null});
    let (status, changed) = call(&stratum, Method::PATCH, &path, &admin, role).await;
    assert_eq!((status, &changed["data"]["phone"]), (200, &Value::Null), "{changed}");
    is_signed_out(&stratum, &viewer).await;
    let viewer = sign_in(&stratum, &email).await;
    assert_eq!(call(&stratum, Method::DELETE, &path, &admin, Value::Null).await.0, 204);
    is_signed_out(&stratum, &viewer).await;
    assert_eq!(stratum.login(&email, PASSWORD).await.0, 401);
    let (_, list) = call(&stratum, Method::GET, "/users?active=false", &admin, Value::Null).await;
    assert_eq!((&list["data"][0]["id"], &list["pagination"]["total"]), (&json!(id), &json!(1)));
    the_last_admin_stays(&stratum, &tenant, &admin).await;
}

async fn my_id(stratum: &Stratum, token: &str) -> String {
    let (_, me) = stratum.get("/api/v1/auth/me", token).await;
    me["data"]["id"].as_str().unwrap().to_owned()
}

async fn is_signed_out(stratum: &Stratum, token: &str) {
    let (status, answer) = stratum.get("/api/v1/auth/me", token).await;
    assert_eq!(status, 401, "{answer}");
}

/// Two admins demote each other at once: one of them stays.
async fn the_last_admin_stays(stratum: &Stratum, tenant: &TestTenant<'_>, admin: &str) {
    let second = sign_in(stratum, &tenant.create_user("admin").await).await;
    let (first_id, second_id) = (my_id(stratum, admin).await, my_id(stratum, &second).await);
    let demote = async |by: &str, whom: &str| {
        let path = format!("/users/{whom}");
        call(stratum, Method::PATCH, &path, by, json!({"role": "viewer"})).await.0
    };
    let (one, other) = tokio::join!(demote(admin, &second_id), demote(&second, &first_id));
    assert_eq!([one, other].iter().filter(|status| **status == 200).count(), 1, "{one} {other}");
    let (left, left_id) = if one == 200 { (admin, first_id) } else { (second.as_str(), second_id) };
    let path = format!("/users/{left_id}");
    for (method, body) in [
        (Method::PATCH, json!({"role": "manager"})),
        (Method::PATCH, json!({"active": false})),
        (Method::DELETE, Value::Null),
    ] {
        let (status, answer) = call(stratum, method, &path, left, body).await;
        assert_eq!((status, &answer["error"]), (409, &json!("conflict")), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_known_to_ingest_and_limits_hold_in_a_race() {
    let stratum = Stratum::start(&[]).await;
    let tenant = stratum.create_tenant("Nile Souq", "Pacific/Pago_Pago", "EUR").await;
    tenant.create_dataset("meta", "4711").await;
    let admin = tenant.sign_in().await;
    settings_reach_ingest(&stratum, &admin).await;
    keys_are_shown_once(&stratum, &admin).await;
    let plan = ["plan", "set", "--tenant", &tenant.slug, "--plan", "free"];
    let told = stratum.admin(&[&plan[..], &["--users", "2", "--api-keys", "4"]].concat(), "").await;
    assert!(told.contains("free"), "{told}");
    limits_hold(&stratum, &admin).await;
}

async fn settings_reach_ingest(stratum: &Stratum, admin: &str) {
    let change = json!({"time_zone": "Pacific/Kiritimati", "reporting_currency": "egp",
        "name": "Nile", "settings": {"theme": "dark"}});
    let (status, changed) = call(stratum, Method::PATCH, "/tenant", admin, change).await;
    assert_eq!(status, 200, "{changed}");
    let data = &changed["data"];
    assert_eq!(
        (&data["reporting_currency"], &data["settings"]),
        (&json!("EGP"), &json!({"theme": "dark"}))
    );
    assert_eq!((&data["plan"], &data["used"]["users"]), (&json!("standard"), &json!(1)));
    // The two zones never have the same date.
    let today = |zone: chrono_tz::Tz| UnixMillis(now().0).day_in(zone).0.to_string();
    let known = async || {
        let (_, counts) = stratum.get("/api/v1/analytics/ingest", admin).await;
        (counts["data"]["date_to"] == today(chrono_tz::Pacific::Kiritimati)).then_some(())
    };
    eventually("the new zone is not known", KNOWN_WAIT, known).await;
    for (body, field) in [
        (json!({"time_zone": "Nowhere/City"}), "time_zone"),
        (json!({"reporting_currency": "XQZ"}), "reporting_currency"),
        (json!({"name": " "}), "name"),
        (json!({"plan": "enterprise"}), "plan"),
        (json!({"limits": {"users": 9}}), "limits"),
    ] {
        let (status, answer) = call(stratum, Method::PATCH, "/tenant", admin, body).await;
        assert_eq!((status, &answer["details"][0]["field"]), (422, &json!(field)), "{answer}");
    }
}

async fn keys_are_shown_once(stratum: &Stratum, admin: &str) {
    let create = async |body: Value| call(stratum, Method::POST, "/api-keys", admin, body).await;
    let (status, made) = create(json!({"name": "to read", "scope": "read"})).await;
    assert_eq!(status, 201, "{made}");
    let key = made["data"]["key"].as_str().unwrap();
    let opens = async |wanted: u16| {
        let asked =
            async || (stratum.get("/api/v1/analytics/kpis", key).await.0 == wanted).then_some(());
        eventually("the key is not known", KNOWN_WAIT, asked).await;
    };
    opens(200).await;
    let (_, list) = call(stratum, Method::GET, "/api-keys", admin, Value::Null).await;
    assert!(!list.to_string().contains(key), "a key is shown again");
    assert_eq!(list["data"][0]["hint"].as_str(), key.get(key.len() - 4..));
    let dataset = json!({"name": "n", "scope": "ingest", "dataset_id": "4711"});
    let (status, answer) = create(dataset).await;
    assert_eq!((status, &answer["data"]["dataset_id"]), (201, &json!("4711")), "{answer}");
    for body in [
        json!({"name": "n", "scope": "read", "dataset_id": "4711"}),
        json!({"name": "n", "scope": "export", "dataset_id": "4711"}),
        json!({"name": "n", "scope": "ingest", "dataset_id": "nobody's"}),
        json!({"name": "", "scope": "read"}),
        json!({"name": "n", "scope": "everything"}),
    ] {
        let (status, answer) = create(body).await;
        assert_eq!(status, 422, "{answer}");
    }
    let path = format!("/api-keys/{}", made["data"]["id"].as_str().unwrap());
    for _ in 0..2 {
        assert_eq!(call(stratum, Method::DELETE, &path, admin, Value::Null).await.0, 204);
    }
    opens(401).await;
}

/// One key and one user are there; of many at once as many get in as there are places.
async fn limits_hold(stratum: &Stratum, admin: &str) {
    let keys = (0..8).map(|_| async {
        let body = json!({"name": "many", "scope": "ingest"});
        call(stratum, Method::POST, "/api-keys", admin, body).await
    });
    let keys = join_all(keys).await;
    assert_eq!(keys.iter().filter(|(status, _)| *status == 201).count(), 3, "{keys:?}");
    let (_, over) = keys.iter().find(|(status, _)| *status == 422).unwrap();
    assert!(over["message"].as_str().unwrap().contains("allows 4 API keys"), "{over}");
    let users = (0..4).map(|at| async move {
        invite(stratum, admin, &format!("many-{at}@example.com"), "viewer").await.0
    });
    let users = join_all(users).await;
    assert_eq!(users.iter().filter(|status| **status == 201).count(), 1, "{users:?}");
}

//! Accounts of people who help themselves: registering, locked out, the password forgotten.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::fixture::{PASSWORD, Stratum, TestTenant, eventually, names};
use crate::signin::{ANSWER_MIN, audited, call, execute, is_open, sign_in};

const LETTER_WAIT: Duration = Duration::from_secs(20);
const NEW_PASSWORD: &str = "An0ther-horse-battery";
const REGISTERED: &str = "zenobia@palmyra.example";

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_made_locked_and_recovered() {
    let stratum = Stratum::start(&[]).await;
    anybody_registers_as_admin_of_a_new_tenant(&stratum).await;
    a_known_address_is_answered_alike(&stratum).await;
    rules_of_registration_are_named(&stratum).await;
    let tenant = stratum.create_tenant("Nile Souq", "Africa/Cairo", "EGP").await;
    five_wrong_passwords_lock_any_account(&stratum, &tenant).await;
    old_failures_do_not_count(&stratum, &tenant).await;
    a_forgotten_password_is_replaced_once(&stratum, &tenant).await;
    nothing_personal_is_kept_in_clear(&stratum, &tenant).await;
}

fn registration(email: &str, tenant: &str) -> Value {
    // What the program must not take from a body is sent all the same.
    json!({"email": email, "password": PASSWORD, "full_name": "Zenobia Septimia",
        "tenant_name": tenant, "role": "superadmin", "tenant_id": 1})
}

async fn anybody_registers_as_admin_of_a_new_tenant(stratum: &Stratum) {
    let (status, answer) =
        call(stratum, "register", &registration(REGISTERED, "Palmyra GmbH")).await;
    assert_eq!((status, &answer["data"]["role"]), (201, &json!("admin")), "{answer}");
    let tokens = sign_in(stratum, &REGISTERED.to_uppercase()).await;
    let (_, me) = stratum.get("/api/v1/auth/me", &tokens.access).await;
    let (me, tenant) = (&me["data"], &me["data"]["tenant"]);
    assert_eq!((&me["role"], &tenant["slug"]), (&json!("admin"), &json!("palmyra-gmbh")), "{me}");
    assert_ne!(tenant["id"], 1);
    assert_eq!(
        audited(stratum, "palmyra-gmbh").await[..2],
        ["tenant.registered done".to_owned(), "user.created done".to_owned()]
    );
    // Another tenant of the same name gets another short name.
    let (status, _) =
        call(stratum, "register", &registration("b@palmyra.example", "Palmyra GmbH")).await;
    assert_eq!(status, 201);
    let other = sign_in(stratum, "b@palmyra.example").await;
    let (_, other) = stratum.get("/api/v1/auth/me", &other.access).await;
    let slug = other["data"]["tenant"]["slug"].as_str().unwrap();
    assert!(slug.starts_with("palmyra-gmbh-"), "{slug}");
    assert_ne!(other["data"]["tenant"]["id"], tenant["id"]);
}

async fn a_known_address_is_answered_alike(stratum: &Stratum) {
    let register = async |email: &str| {
        let began = Instant::now();
        let (status, mut answer) =
            call(stratum, "register", &registration(email, "Aurelian")).await;
        assert!(began.elapsed() >= ANSWER_MIN, "the time may tell what was found");
        assert_eq!(answer["data"]["email"], email);
        answer["data"]["email"].take();
        (status, answer)
    };
    let known = register(REGISTERED).await;
    register(REGISTERED).await;
    assert_eq!(known, register("aurelian@rome.example").await);
    let tokens = sign_in(stratum, REGISTERED).await;
    let (_, me) = stratum.get("/api/v1/auth/me", &tokens.access).await;
    assert_eq!(me["data"]["tenant"]["name"], "Palmyra GmbH", "a stranger changed it");
    // The letter to the stranger comes after those to the owner, who is told once for a while.
    let welcomed = async || letters(stratum, "aurelian@rome.example").pop();
    eventually("no welcome", LETTER_WAIT, welcomed).await;
    let told = letters(stratum, REGISTERED)
        .into_iter()
        .filter(|text| text.contains("has an account already"));
    assert_eq!(told.count(), 1);
}

async fn rules_of_registration_are_named(stratum: &Stratum) {
    let body = json!({"email": "nobody", "password": "weak", "full_name": "", "tenant_name": " "});
    let (status, answer) = call(stratum, "register", &body).await;
    assert_eq!((status, &answer["error"]), (422, &json!("unprocessable_entity")));
    let details = answer["details"].as_array().unwrap().iter();
    let fields: BTreeSet<_> = details.filter_map(|detail| detail["field"].as_str()).collect();
    assert_eq!(fields, BTreeSet::from(["email", "password", "full_name", "tenant_name"]));
    let (status, answer) = call(stratum, "register", &json!({"email": "a@b.de"})).await;
    assert_eq!(status, 422, "{answer}");
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

/// The texts of the letters to an address, oldest first.
fn letters(stratum: &Stratum, email: &str) -> Vec<String> {
    let folder = stratum.data_folder().join("mail");
    if !folder.exists() {
        return Vec::new();
    }
    let mut files: Vec<_> =
        names(&folder).into_iter().filter(|name| name.ends_with(".eml")).collect();
    files.sort();
    let read = |name: &String| {
        let path = folder.join(name);
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "others may read a letter");
        std::fs::read_to_string(path).unwrap()
    };
    let letters = files.iter().map(read);
    letters.filter(|text| text.contains(&format!("To: {email}\r\n"))).collect()
}

/// The token of the newest letter, once there are so many.
async fn mailed_token(stratum: &Stratum, email: &str, letters_min: usize) -> String {
    let found = async || {
        let letters = letters(stratum, email);
        let is_token =
            |line: &&str| line.len() == 43 && line.bytes().all(|b| b.is_ascii_alphanumeric());
        let tokens = letters.iter().filter_map(|text| text.lines().find(is_token));
        let tokens: Vec<_> = tokens.map(str::to_owned).collect();
        (tokens.len() >= letters_min).then(|| tokens.last().cloned()).flatten()
    };
    eventually("no letter with a token", LETTER_WAIT, found).await
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
    forgot(REGISTERED).await;
    mailed_token(stratum, REGISTERED, 1).await;
    assert_eq!(letters(stratum, &email).len(), 1);
    let reset = async |token: &str, new_password: &str| {
        let body = json!({"token": token, "new_password": new_password});
        call(stratum, "reset-password", &body).await.0
    };
    assert_eq!(reset(&token, "weak").await, 422);
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
    assert_nowhere(stratum, &[REGISTERED, "Zenobia", "aurelian@", "never-seen@", "nobody-at-all@"])
        .await;
    assert_nowhere(stratum, &[PASSWORD, NEW_PASSWORD, "Wrong-passw0rd", "@example.com"]).await;
    // The search would have found it.
    let rows = stratum.state_rows().await;
    assert!(rows.iter().any(|(_, text)| text.contains(&tenant.slug)));
}

/// Neither a table nor a log line holds any of these.
async fn assert_nowhere(stratum: &Stratum, texts: &[&str]) {
    let rows = stratum.state_rows().await;
    let output = stratum.output();
    for text in texts {
        for (table, rows) in &rows {
            assert!(!rows.contains(text), "{table} holds {text}");
        }
        assert!(!output.contains(text), "a log line holds {text}");
    }
}

//! The walk: every operation of the document asked by everybody. What must come is read off the table
//! of rights, so an operation that is added is walked from the day it is there.

use std::time::Duration;

use jsonwebtoken::{DecodingKey, EncodingKey, Header, Validation};
use reqwest::Method;
use serde_json::{Map, Value, json};
use sqlx::{AssertSqlSafe, Connection as _};
use stratum_http::rights::{Access, Permission, access, key_permissions, role_permissions};
use stratum_state::api_key::ApiKeyScope;
use stratum_state::user::Role;

use crate::fixture::{PASSWORD, Stratum, TestTenant, eventually};

/// Signs the tokens of this test, so that it can make ones that have expired.
const SECRET: &str = "the key of a test, at least 32 characters";
const KEY_WAIT: Duration = Duration::from_secs(10);
/// Nobody's object.
const NOWHERE: &str = "00000000-0000-7000-8000-000000000000";

struct Operation {
    method: Method,
    path: String,
    access: Access,
}

/// Who asks, and what they may do; `None` for somebody who is nobody.
struct Caller {
    name: String,
    token: Option<String>,
    may: Option<&'static [Permission]>,
    is_user: bool,
}

impl Caller {
    fn nobody(name: &str, token: Option<String>) -> Caller {
        Caller { name: name.to_owned(), token, may: None, is_user: false }
    }

    /// The status that refuses them; `None` where they are let in.
    fn refusal(&self, access: Access) -> Option<u16> {
        let allowed = match (access, self.may) {
            (Access::Open | Access::Door, _) => true,
            (Access::Operator, _) => return Some(401),
            (_, None) => return Some(401),
            (Access::User, Some(_)) => self.is_user,
            (Access::With(permission), Some(may)) => may.contains(&permission),
        };
        (!allowed).then_some(403)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_is_open_to_whom_the_table_says_and_to_nobody_else() {
    let stratum = Stratum::start(&[("SECRET_KEY", SECRET)]).await;
    let tenant = stratum.create_tenant("Nile Souq", "UTC", "EUR").await;
    let operations = operations(&stratum).await;
    assert!(operations.len() > 30, "{} operations", operations.len());
    for caller in callers(&stratum, &tenant).await {
        for operation in &operations {
            check(&stratum, operation, &caller).await;
        }
    }
    let other = stratum.create_tenant("Rhein Markt", "UTC", "EUR").await;
    foreign_objects_are_not_there(&stratum, &operations, &other, &tenant.sign_in().await).await;
}

/// Every operation of the document with its row; signing out comes last, for it ends the caller's sign-in.
async fn operations(stratum: &Stratum) -> Vec<Operation> {
    let (status, document) = stratum.get("/openapi.json", "").await;
    assert_eq!(status, 200);
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let access = access(&method, path);
            let access = access.unwrap_or_else(|| panic!("{method} {path} has no case"));
            operations.push(Operation { method, path: path.clone(), access });
        }
    }
    operations.sort_by_key(|operation| operation.path.ends_with("/logout"));
    operations
}

async fn callers(stratum: &Stratum, tenant: &TestTenant<'_>) -> Vec<Caller> {
    let mut callers = vec![
        Caller::nobody("nobody", None),
        Caller::nobody("nonsense", Some("nonsense".into())),
        Caller::nobody("an unknown key", Some(format!("stk_{}", "x".repeat(43)))),
    ];
    for role in Role::ALL.iter().copied() {
        let (access, refresh) = sign_in(stratum, tenant, role).await;
        if role == Role::Admin {
            callers.extend(forgeries(&access, refresh));
        }
        callers.push(Caller {
            name: role.as_str().into(),
            token: Some(access),
            may: Some(role_permissions(role)),
            is_user: true,
        });
    }
    for scope in ApiKeyScope::ALL.iter().copied() {
        let create = ["api-key", "create", "--tenant", &tenant.slug, "--scope", scope.as_str()];
        let key = stratum.admin(&create, "").await.trim().to_owned();
        let known = async || {
            let (status, _) = stratum.get("/api/v1/analytics/kpis", &key).await;
            (status != 401).then_some(())
        };
        eventually("a new key is not known", KEY_WAIT, known).await;
        let name = format!("a key to {}", scope.as_str());
        let may = Some(key_permissions(scope));
        callers.push(Caller { name, token: Some(key), may, is_user: false });
    }
    callers
}

async fn sign_in(stratum: &Stratum, tenant: &TestTenant<'_>, role: Role) -> (String, String) {
    let email = tenant.create_user(role.as_str()).await;
    let (status, answer) = stratum.login(&email, PASSWORD).await;
    assert_eq!(status, 200, "{answer}");
    let token = |name: &str| answer["data"][name].as_str().expect(name).to_owned();
    (token("access_token"), token("refresh_token"))
}

/// Tokens made of a genuine one that must open nothing.
fn forgeries(access: &str, refresh: String) -> Vec<Caller> {
    let header = jsonwebtoken::decode_header(access).unwrap();
    let mut lenient = Validation::new(header.alg);
    lenient.validate_exp = false;
    lenient.validate_aud = false;
    lenient.required_spec_claims.clear();
    let key = DecodingKey::from_secret(SECRET.as_bytes());
    let claims: Map<String, Value> = jsonwebtoken::decode(access, &key, &lenient).unwrap().claims;
    let sign = |header: &Header, change: (&str, Value), secret: &str| {
        let mut claims = claims.clone();
        claims.insert(change.0.to_owned(), change.1);
        let key = EncodingKey::from_secret(secret.as_bytes());
        Some(jsonwebtoken::encode(header, &claims, &key).unwrap())
    };
    let genuine = sign(&header, ("iat", claims["iat"].clone()), SECRET);
    assert!(genuine.is_some(), "a token that is signed like this one is genuine");
    let (head, signature) = access.rsplit_once('.').unwrap();
    let tampered = format!("{head}.{}", signature.chars().rev().collect::<String>());
    let other = "another key, as long as the first one is";
    vec![
        Caller::nobody("expired", sign(&header, ("exp", json!(1_700_000_000)), SECRET)),
        Caller::nobody("tampered", Some(tampered)),
        Caller::nobody("signed by another key", sign(&header, ("role", json!("admin")), other)),
        Caller::nobody("a refresh token", Some(refresh)),
        Caller::nobody("of an unknown role", sign(&header, ("role", json!("superadmin")), SECRET)),
        // Signed with the true key, and no session says the same.
        Caller::nobody("of another role", sign(&header, ("role", json!("viewer")), SECRET)),
        Caller::nobody("of another tenant", sign(&header, ("tenant_id", json!(1)), SECRET)),
        Caller::nobody("of another user", sign(&header, ("sub", json!(NOWHERE)), SECRET)),
        Caller::nobody("of no session", sign(&header, ("sid", json!(NOWHERE)), SECRET)),
        Caller::nobody(
            "of another installation",
            sign(&header, ("iss", json!(format!("urn:uuid:{NOWHERE}"))), SECRET),
        ),
        Caller::nobody("for somebody else", sign(&header, ("aud", json!("elsewhere")), SECRET)),
    ]
}

/// The path with something in the place of each parameter.
fn filled(path: &str, id: &str) -> String {
    let part = |part: &str| match part {
        "{version}" => "v24.0".to_owned(),
        part if part.starts_with('{') => id.to_owned(),
        part => part.to_owned(),
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// The status of an operation; the rest of the answer, which may never end, is left.
async fn status(stratum: &Stratum, operation: &Operation, id: &str, token: Option<&str>) -> u16 {
    let url = format!("{}{}", stratum.url(), filled(&operation.path, id));
    let ask = async || {
        let mut request = stratum.client().request(operation.method.clone(), &url);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if !matches!(operation.method, Method::GET | Method::DELETE) {
            request = request.json(&json!({}));
        }
        let status = request.send().await.expect("an answer").status().as_u16();
        // Whoever asks too much at once is told to wait.
        (status != 429).then_some(status)
    };
    eventually(&format!("{} {url} is not let through", operation.method), KEY_WAIT, ask).await
}

async fn check(stratum: &Stratum, operation: &Operation, caller: &Caller) {
    let status = status(stratum, operation, NOWHERE, caller.token.as_deref()).await;
    let Operation { method, path, access } = operation;
    let case = format!("{method} {path} by {}: {status}", caller.name);
    match (caller.refusal(*access), access) {
        (Some(wanted), _) => assert_eq!(status, wanted, "{case}"),
        // Doors let in keys for sending, each in its own words; nothing was sent.
        (None, Access::Door) if path.starts_with("/open_api/") => {
            // TikTok tells its errors with status 200.
            assert!(matches!(status, 200 | 400..500), "{case}");
        }
        (None, Access::Door) => assert!((400..500).contains(&status), "{case}"),
        (None, _) => {
            assert!(!matches!(status, 401 | 403 | 405) && status < 500, "{case}");
        }
    }
}

/// Whatever exists in one tenant is nowhere in another.
async fn foreign_objects_are_not_there(
    stratum: &Stratum,
    operations: &[Operation],
    other: &TestTenant<'_>,
    admin: &str,
) {
    other.create_dataset("meta", "4711").await;
    other.create_user("analyst").await;
    other.create_ingest_key().await;
    let theirs = other.sign_in().await;
    let body = json!({"email": "bea@example.com", "role": "viewer"});
    let (status_, answer) = stratum.post("/api/v1/users/invitations", &theirs, &body).await;
    assert_eq!(status_, 201, "{answer}");
    let ids = ids_of(stratum, &other.slug).await;
    assert!(ids.len() >= 5, "{ids:?}");
    let with_id = operations
        .iter()
        .filter(|one| one.path.contains('{') && !matches!(one.access, Access::Door | Access::Open));
    for operation in with_id {
        for (table, id) in &ids {
            let status = status(stratum, operation, id, Some(admin)).await;
            let Operation { method, path, .. } = operation;
            let case = format!("{method} {path} with an id of {table}: {status}");
            // A body without a field that is required is refused before the object is looked for.
            assert!(matches!(status, 404 | 422 | 400), "{case}");
        }
    }
    let (status, me) = stratum.get("/api/v1/tenant", &theirs).await;
    assert_eq!((status, me["data"]["name"].as_str()), (200, Some("Rhein Markt")), "untouched");
}

/// An id of each table that has some of the tenant.
async fn ids_of(stratum: &Stratum, slug: &str) -> Vec<(String, String)> {
    let mut owner = stratum.state_connection().await;
    let tables = "SELECT c.relname::text FROM pg_class c \
        JOIN pg_attribute t ON t.attrelid = c.oid AND t.attname = 'tenant_id' \
        JOIN pg_attribute i ON i.attrelid = c.oid AND i.attname = 'id' AND i.atttypid = 'uuid'::regtype \
        WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace";
    let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut owner).await.unwrap();
    let mut ids = Vec::new();
    for table in tables {
        let some = format!(
            "SELECT id::text FROM {table} WHERE tenant_id = (SELECT id FROM tenants WHERE slug = '{slug}') LIMIT 1"
        );
        let id: Option<String> =
            sqlx::query_scalar(AssertSqlSafe(some)).fetch_optional(&mut owner).await.unwrap();
        ids.extend(id.map(|id| (table, id)));
    }
    owner.close().await.unwrap();
    ids
}

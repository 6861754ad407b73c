//! The audit log: what it shows, and that nobody alters it unseen.

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::fixture::{Stratum, TestTenant};

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_log_is_listed_by_filters_and_tampering_is_found() {
    let stratum = Stratum::start(&[]).await;
    let tenant = stratum.create_tenant("Nile Souq", "UTC", "EUR").await;
    let admin = tenant.sign_in().await;
    let (status, key) =
        stratum.post("/api/v1/api-keys", &admin, &json!({"name": "one", "scope": "read"})).await;
    assert_eq!(status, 201, "{key}");
    filters_narrow_the_list(&stratum, &admin, key["data"]["id"].as_str().unwrap()).await;
    let told = verify(&stratum, &tenant, true).await;
    let head = told.split("head ").nth(1).unwrap().trim().to_owned();
    let list = rows(&stratum, &admin, "page_size=1").await;
    assert_eq!(list["data"][0]["hash"], json!(head), "the head is the newest row's");
    tampering_is_found(&stratum, &tenant).await;
}

async fn rows(stratum: &Stratum, admin: &str, query: &str) -> Value {
    let (status, list) = stratum.get(&format!("/api/v1/audit?{query}"), admin).await;
    assert_eq!(status, 200, "{query}: {list}");
    list
}

async fn filters_narrow_the_list(stratum: &Stratum, admin: &str, key: &str) {
    let (_, me) = stratum.get("/api/v1/auth/me", admin).await;
    let me = me["data"]["id"].as_str().unwrap();
    let total =
        async |query: &str| rows(stratum, admin, query).await["pagination"]["total"].clone();
    for (query, wanted) in [
        (format!("action=api_key.created&actor={me}"), 1),
        (format!("object=api_key:{key}&actor=user:{me}&outcome=done"), 1),
        ("object=api_key&outcome=refused".to_owned(), 0),
        ("action=user.created&actor=operator".to_owned(), 1),
        ("actor=nobody&action=api_key.created".to_owned(), 0),
        ("to=2020-01-01".to_owned(), 0),
        ("from=2100-01-01".to_owned(), 0),
        ("from=2020-01-01&action=tenant.created".to_owned(), 1),
    ] {
        assert_eq!(total(&query).await, json!(wanted), "{query}");
    }
    let list = rows(stratum, admin, "page_size=100").await;
    let list = list["data"].as_array().unwrap();
    let seqs: Vec<u64> = list.iter().map(|row| row["seq"].as_u64().unwrap()).collect();
    assert!(seqs.windows(2).all(|pair| pair[0] > pair[1]) && seqs.last() == Some(&1), "{seqs:?}");
    for wrong in ["outcome=perhaps", "from=yesterday", "page=0", "who=me"] {
        let (status, answer) = stratum.get(&format!("/api/v1/audit?{wrong}"), admin).await;
        assert_eq!(status, 400, "{wrong}: {answer}");
    }
}

/// What the command says; it must succeed, or must not.
async fn verify(stratum: &Stratum, tenant: &TestTenant<'_>, succeeds: bool) -> String {
    let output = stratum.run(&["admin", "audit", "verify", "--tenant", &tenant.slug], "").await;
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.success(), succeeds, "{told}");
    told
}

/// The owner of the tables can do anything; the hashes of the rows are made anew where one would.
async fn tampering_is_found(stratum: &Stratum, tenant: &TestTenant<'_>) {
    let mut owner = stratum.state_connection().await;
    let of = format!("tenant_id = (SELECT id FROM tenants WHERE slug = '{}')", tenant.slug);
    run(&mut owner, "CREATE TABLE kept AS SELECT * FROM audit_log").await;
    run(&mut owner, "CREATE TABLE kept_heads AS SELECT * FROM audit_heads").await;
    let last = format!("(SELECT max(seq) FROM kept WHERE {of})");
    for (tampering, found) in [
        (
            format!("UPDATE audit_log SET outcome = 'refused' WHERE {of} AND seq = 2"),
            "row 2 was altered",
        ),
        (
            format!("UPDATE audit_log SET changes = '{{\"a\": 1}}' WHERE {of} AND seq = 1"),
            "row 1 was altered",
        ),
        (
            format!(
                "UPDATE audit_log a SET actor_id = 'other', hash = audit_hash(ROW(a.tenant_id, a.seq, a.at, \
                 a.actor_kind, 'other', a.action, a.object_kind, a.object_id, a.outcome, a.changes, \
                 a.request_id, a.previous_hash, a.hash)::audit_log) WHERE {of} AND seq = 2"
            ),
            "row 3 was altered",
        ),
        (format!("DELETE FROM audit_log WHERE {of} AND seq = 2"), "row 2 was removed"),
        (format!("DELETE FROM audit_log WHERE {of} AND seq = {last}"), "were cut off"),
        (format!("UPDATE audit_heads SET hash = '' WHERE {of}"), "the head does not belong"),
        (format!("DELETE FROM audit_heads WHERE {of}"), "the head is gone"),
    ] {
        run(&mut owner, &tampering).await;
        let told = verify(stratum, tenant, false).await;
        assert!(told.contains(found), "{tampering}: {told}");
        for restore in [
            "DELETE FROM audit_log",
            "DELETE FROM audit_heads",
            "ALTER TABLE audit_log DISABLE TRIGGER chain_audit_row",
            "INSERT INTO audit_log SELECT * FROM kept",
            "INSERT INTO audit_heads SELECT * FROM kept_heads",
            "ALTER TABLE audit_log ENABLE TRIGGER chain_audit_row",
        ] {
            run(&mut owner, restore).await;
        }
        verify(stratum, tenant, true).await;
    }
    run(&mut owner, "DROP TABLE kept, kept_heads").await;
    owner.close().await.unwrap();
}

async fn run(owner: &mut PgConnection, statement: &str) {
    let ran = sqlx::query(AssertSqlSafe(statement.to_owned())).execute(owner).await;
    ran.unwrap_or_else(|error| panic!("{statement}: {error}"));
}

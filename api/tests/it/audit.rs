//! The audit log: what it shows, and that nobody alters it unseen.

use std::time::Duration;

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::fixture::{Stratum, TestTenant, eventually, names};

const HEADS_WAIT: Duration = Duration::from_secs(30);

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
    let list = rows(&stratum, &admin, "page_size=1").await;
    let hash = head(&told).split('/').nth(2).unwrap();
    assert_eq!(list["data"][0]["hash"], json!(hash), "the head is the newest row's");
    tampering_is_found(&stratum, &tenant).await;
}

/// The head that a verification tells.
fn head(told: &str) -> &str {
    told.split("head ").nth(1).unwrap().trim()
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
        (beyond(&of, "1"), "stands beyond the head"),
        (beyond(&of, "1000000"), "row 1000"),
    ] {
        run(&mut owner, UNCHAINED).await;
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

const UNCHAINED: &str = "ALTER TABLE audit_log DISABLE TRIGGER chain_audit_row";

/// A row so many numbers after the last one.
fn beyond(of: &str, by: &str) -> String {
    format!(
        "INSERT INTO audit_log SELECT tenant_id, seq + {by}, at, actor_kind, actor_id, action, object_kind, \
         object_id, outcome, changes, request_id, hash, sha256(hash) \
         FROM audit_log WHERE {of} ORDER BY seq DESC LIMIT 1"
    )
}

/// Every row of a tenant's chain and its head made anew, as whoever owns the tables can: another actor in
/// the second row, and each later hash follows.
const MADE_ANEW: &str = "DO $$ \
    DECLARE entry audit_log; before bytea := ''; \
    BEGIN \
        FOR entry IN SELECT * FROM audit_log WHERE tenant_id = 2 ORDER BY seq LOOP \
            IF entry.seq = 2 THEN entry.actor_id := 'another'; END IF; \
            entry.previous_hash := before; \
            entry.hash := audit_hash(entry); \
            before := entry.hash; \
            UPDATE audit_log SET actor_id = entry.actor_id, previous_hash = entry.previous_hash, \
                hash = entry.hash WHERE tenant_id = 2 AND seq = entry.seq; \
        END LOOP; \
        UPDATE audit_heads SET hash = before WHERE tenant_id = 2; \
    END $$";

/// The database alone cannot tell; heads that were put down outside it can.
#[tokio::test(flavor = "multi_thread")]
async fn a_chain_made_anew_is_found_by_the_heads_that_were_kept() {
    let mut stratum = Stratum::start(&[]).await;
    let slug = {
        let tenant = stratum.create_tenant("Nile Souq", "UTC", "EUR").await;
        tenant.create_user("viewer").await;
        tenant.slug.clone()
    };
    let told = verify_since(&stratum, &slug, &[], true).await;
    let noted = head(&told);
    assert!(noted.starts_with("2/2/"), "{told}");
    // Heads are put down at the start and once an hour.
    stratum.stop().await;
    stratum.restart().await;
    let folder = stratum.data_folder().join("audit");
    let kept = async || {
        let files = if folder.exists() { names(&folder) } else { Vec::new() };
        let read = |name| std::fs::read_to_string(folder.join(name)).unwrap();
        let text: String = files.iter().map(read).collect();
        text.contains(noted).then_some(files)
    };
    let files = eventually("no head is put down", HEADS_WAIT, kept).await;
    assert!(stratum.output().contains(noted), "no head in the log");
    let told = verify_since(&stratum, &slug, &[noted], true).await;
    assert!(told.contains("1 kept heads met"), "{told}");

    let mut owner = stratum.state_connection().await;
    run(&mut owner, "CREATE TABLE kept AS SELECT * FROM audit_log").await;
    run(&mut owner, MADE_ANEW).await;
    let anew = "row 2 is another one than when its head was kept: the chain was made anew";
    let told = verify_since(&stratum, &slug, &[], false).await;
    assert!(told.contains(anew), "the data folder tells: {told}");
    let elsewhere = stratum.data_folder().join("elsewhere");
    std::fs::rename(folder.join(&files[0]), &elsewhere).unwrap();
    let told = verify_since(&stratum, &slug, &[], true).await;
    assert_ne!(head(&told), noted, "the database alone cannot tell");
    for since in [noted, elsewhere.to_str().unwrap()] {
        let told = verify_since(&stratum, &slug, &[since], false).await;
        assert!(told.contains(anew), "{since}: {told}");
    }
    let forged = noted.replacen("2/2/", "2/1/", 1);
    for wrong in [&*forged, "2/2/nothing", "no/such/file"] {
        verify_since(&stratum, &slug, &[wrong], false).await;
    }
    for gone in
        ["DELETE FROM audit_log WHERE tenant_id = 2", "DELETE FROM audit_heads WHERE tenant_id = 2"]
    {
        run(&mut owner, gone).await;
    }
    let told = verify_since(&stratum, &slug, &[noted], false).await;
    assert!(told.contains("all of its rows are gone"), "{told}");
    the_program_puts_down_no_head_of_it(&mut stratum, &mut owner, &elsewhere).await;
}

/// A head of a chain that does not follow would hide what was done.
async fn the_program_puts_down_no_head_of_it(
    stratum: &mut Stratum,
    owner: &mut PgConnection,
    kept: &std::path::Path,
) {
    run(owner, UNCHAINED).await;
    run(owner, "INSERT INTO audit_log SELECT * FROM kept WHERE tenant_id = 2").await;
    run(owner, "INSERT INTO audit_heads SELECT 2, 2, ''::bytea").await;
    run(owner, MADE_ANEW).await;
    run(owner, "ALTER TABLE audit_log ENABLE TRIGGER chain_audit_row").await;
    let home = stratum.data_folder().join("audit");
    let kept_text = std::fs::read_to_string(kept).unwrap();
    for name in names(&home) {
        std::fs::remove_file(home.join(name)).unwrap();
    }
    std::fs::rename(kept, home.join("2026-01.heads")).unwrap();
    stratum.stop().await;
    stratum.restart().await;
    let told = async || stratum.output().contains("the audit log is broken").then_some(());
    eventually("nobody is told", HEADS_WAIT, told).await;
    for name in names(&home).iter().filter(|name| *name != "2026-01.heads") {
        let text = std::fs::read_to_string(home.join(name)).unwrap();
        assert!(!text.contains(" 2/"), "{text}");
    }
    assert_eq!(std::fs::read_to_string(home.join("2026-01.heads")).unwrap(), kept_text);
}

/// What a verification says that is given these heads; it must succeed, or must not.
async fn verify_since(stratum: &Stratum, slug: &str, since: &[&str], succeeds: bool) -> String {
    let mut arguments = vec!["admin", "audit", "verify", "--tenant", slug];
    arguments.extend(since.iter().flat_map(|head| ["--since", *head]));
    let output = stratum.run(&arguments, "").await;
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.success(), succeeds, "{since:?}: {told}{said}");
    told
}

async fn run(owner: &mut PgConnection, statement: &str) {
    let ran = sqlx::query(AssertSqlSafe(statement.to_owned())).execute(owner).await;
    ran.unwrap_or_else(|error| panic!("{statement}: {error}"));
}

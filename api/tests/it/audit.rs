//! The audit log: what it shows, and that nobody alters it unseen.

use std::time::Duration;

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::fixture::{PASSWORD, Stratum, TestTenant, eventually, names};

const HEADS_WAIT: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_log_is_listed_by_filters_and_tampering_is_found() {
    let limits = [
        ("STRATUM__http__limits__caller_per_s", "1"),
        ("STRATUM__http__limits__caller_burst", "40"),
    ];
    let stratum = Stratum::start(&limits).await;
    let tenant = stratum.create_tenant("Nile Souq", "UTC", "EUR").await;
    let admin = tenant.sign_in().await;
    let (status, key) =
        stratum.post("/api/v1/api-keys", &admin, &json!({"name": "one", "scope": "read"})).await;
    assert_eq!(status, 201, "{key}");
    refusals_are_counted(&stratum, &tenant, &admin).await;
    filters_narrow_the_list(&stratum, &admin, key["data"]["id"].as_str().unwrap()).await;
    forget_heads(&stratum);
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

/// Whoever is refused again and again is slowed down, and is two rows: one at once, and one with the count.
async fn refusals_are_counted(stratum: &Stratum, tenant: &TestTenant<'_>, admin: &str) {
    let email = tenant.create_user("viewer").await;
    let (_, answer) = stratum.login(&email, PASSWORD).await;
    let viewer = answer["data"]["access_token"].as_str().expect("a token").to_owned();
    let mut forbidden = 0;
    while stratum.get("/api/v1/audit", &viewer).await.0 == 403 {
        forbidden += 1;
        assert!(forbidden < 400, "refusals have no limit");
    }
    assert!(forbidden >= 40, "{forbidden}");
    let list = rows(stratum, admin, "outcome=refused&action=operation.refused").await;
    let told = &list["data"][0]["changes"];
    assert_eq!(list["pagination"]["total"], 1, "{list}");
    assert_eq!(told, &json!({"method": "GET", "route": "/api/v1/audit", "times": 1}));
}

/// What was refused again is written down when the process ends, at the latest.
#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_not_lost_at_a_stop_and_a_request_has_its_own_id() {
    let mut stratum = Stratum::start(&[]).await;
    let email = {
        let tenant = stratum.create_tenant("Nile Souq", "UTC", "EUR").await;
        tenant.create_user("viewer").await
    };
    let (_, answer) = stratum.login(&email, PASSWORD).await;
    let viewer = answer["data"]["access_token"].as_str().expect("a token").to_owned();
    let mut ids = Vec::new();
    for sent in ["mine-1", "mine-1", "mine 2", &"x".repeat(65)] {
        let request = stratum.client().get(format!("{}/api/v1/audit", stratum.url()));
        let answer =
            request.bearer_auth(&viewer).header("x-request-id", sent).send().await.unwrap();
        assert_eq!(answer.status(), 403);
        ids.push(answer.headers()["x-request-id"].to_str().unwrap().to_owned());
    }
    stratum.stop().await;
    stratum.restart().await;
    let mut owner = stratum.state_connection().await;
    let refused = "SELECT changes ->> 'times', request_id FROM audit_log WHERE action = 'operation.refused' ORDER BY seq";
    let refused: Vec<(String, String)> =
        sqlx::query_as(refused).fetch_all(&mut owner).await.unwrap();
    let wanted = [("1".to_owned(), format!("{} mine-1", ids[0])), ("3".to_owned(), ids[3].clone())];
    assert_eq!(refused, wanted, "the client's id stands beside ours, where it reads like one");
    assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), 4, "{ids:?}");
}

/// Old rows go, and what is left is verified from their seal on.
#[tokio::test(flavor = "multi_thread")]
async fn old_rows_are_sealed_and_removed_and_the_rest_can_be_verified() {
    let mut stratum = Stratum::start(&[("STRATUM__state__audit_keep_days", "100")]).await;
    let slug = {
        let tenant = stratum.create_tenant("Nile Souq", "UTC", "EUR").await;
        tenant.create_user("viewer").await;
        tenant.slug.clone()
    };
    let mut owner = stratum.state_connection().await;
    // Rows as of long ago, chained as the database does.
    let of = format!("(SELECT id FROM tenants WHERE slug = '{slug}')");
    for days in [400, 300, 200, 50] {
        let row = format!(
            "INSERT INTO audit_log (tenant_id, at, actor_kind, actor_id, action, object_kind, object_id, outcome, changes, request_id) \
             VALUES ({of}, now() - interval '{days} days', 'operator', '', 'old.row', 'old', '', 'done', '{{}}', '')"
        );
        run(&mut owner, &row).await;
    }
    owner.close().await.unwrap();
    stratum.stop().await;
    stratum.restart().await;
    let tenant = TestTenant::known(&stratum, &slug);
    let left = async |stratum: &Stratum| -> Vec<(i64, String)> {
        let mut owner = stratum.state_connection().await;
        let all = format!("SELECT seq, action FROM audit_log WHERE tenant_id = {of} ORDER BY seq");
        sqlx::query_as(AssertSqlSafe(all)).fetch_all(&mut owner).await.unwrap()
    };
    // The first rows are young: what is behind them is not removed before they are old.
    let before = left(&stratum).await;
    assert!(before.iter().all(|(_, action)| action != "audit.sealed"), "{before:?}");
    let newest = before.last().unwrap().0;
    head_put_down(&stratum, &format!(" {}/{newest}/", tenant.number().await)).await;
    // Rows are aged by making the chain anew, which the heads of the young ones would tell.
    forget_heads(&stratum);
    let mut owner = stratum.state_connection().await;
    age_all(&mut owner, &of).await;
    owner.close().await.unwrap();
    verify(&stratum, &tenant, true).await;
    stratum.stop().await;
    stratum.restart().await;
    let sealed = async || {
        let rows = left(&stratum).await;
        (rows.len() == 2).then_some(rows)
    };
    let rows = eventually("old rows stay", Duration::from_secs(60), sealed).await;
    assert_eq!(
        rows.iter().map(|(_, action)| action.as_str()).collect::<Vec<_>>(),
        ["old.row", "audit.sealed"]
    );
    assert!(rows[0].0 > 1, "{rows:?}");
    let tenant = TestTenant::known(&stratum, &slug);
    head_put_down(&stratum, &format!(" {}/", tenant.number().await)).await;
    let told = verify(&stratum, &tenant, true).await;
    assert!(told.contains("2 rows, 1 kept heads met, head"), "{told}");
    // What is not sealed is missed, and what is sealed is missed without its seal.
    let mut owner = stratum.state_connection().await;
    run(
        &mut owner,
        &format!("DELETE FROM audit_log WHERE tenant_id = {of} AND action = 'old.row'"),
    )
    .await;
    assert!(verify(&stratum, &tenant, false).await.contains("was removed"));
}

/// All rows but the youngest become 200 days old, and the chain is made anew.
async fn age_all(owner: &mut PgConnection, of: &str) {
    for statement in [
        "CREATE TABLE kept AS SELECT * FROM audit_log".to_owned(),
        "DELETE FROM audit_log".to_owned(),
        "DELETE FROM audit_heads".to_owned(),
        format!(
            "INSERT INTO audit_log SELECT tenant_id, 0, CASE WHEN tenant_id <> {of} OR seq = (SELECT max(seq) FROM kept WHERE tenant_id = {of}) \
             THEN now() - interval '50 days' ELSE now() - interval '200 days' END, actor_kind, actor_id, action, object_kind, object_id, \
             outcome, changes, request_id, '', '' FROM kept ORDER BY seq"
        ),
        "DROP TABLE kept".to_owned(),
    ] {
        run(owner, &statement).await;
    }
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
        // The admin, and the viewer who was refused.
        ("action=user.created&actor=operator".to_owned(), 2),
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

/// Every row of this tenant's chain and its head made anew, as whoever owns the tables can: another actor
/// in the second row, and each later hash follows.
fn made_anew(number: i64) -> String {
    let statement = "DO $$ \
        DECLARE entry audit_log; before bytea := ''; \
        BEGIN \
            FOR entry IN SELECT * FROM audit_log WHERE tenant_id = NUMBER ORDER BY seq LOOP \
                IF entry.seq = 2 THEN entry.actor_id := 'another'; END IF; \
                entry.previous_hash := before; \
                entry.hash := audit_hash(entry); \
                before := entry.hash; \
                UPDATE audit_log SET actor_id = entry.actor_id, previous_hash = entry.previous_hash, \
                    hash = entry.hash WHERE tenant_id = NUMBER AND seq = entry.seq; \
            END LOOP; \
            UPDATE audit_heads SET hash = before WHERE tenant_id = NUMBER; \
        END $$";
    statement.replace("NUMBER", &number.to_string())
}

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
    let number = TestTenant::known(&stratum, &slug).number().await;
    assert!(noted.starts_with(&format!("{number}/2/")), "{told}");
    // Heads are put down at the start and once an hour; a slow first start may have met the first row.
    stratum.stop().await;
    forget_heads(&stratum);
    stratum.restart().await;
    let folder = stratum.data_folder().join("audit");
    let files = head_put_down(&stratum, noted).await;
    assert!(stratum.output().contains(noted), "no head in the log");
    let told = verify_since(&stratum, &slug, &[noted], true).await;
    assert!(told.contains("1 kept heads met"), "{told}");

    let mut owner = stratum.state_connection().await;
    run(&mut owner, "CREATE TABLE kept AS SELECT * FROM audit_log").await;
    run(&mut owner, &made_anew(number)).await;
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
    let forged = noted.replacen("/2/", "/1/", 1);
    for wrong in [&*forged, "2/2/nothing", "no/such/file"] {
        verify_since(&stratum, &slug, &[wrong], false).await;
    }
    for table in ["audit_log", "audit_heads"] {
        run(&mut owner, &format!("DELETE FROM {table} WHERE tenant_id = {number}")).await;
    }
    let told = verify_since(&stratum, &slug, &[noted], false).await;
    assert!(told.contains("all of its rows are missing"), "{told}");
    the_program_puts_down_no_head_of_it(&mut stratum, number, &mut owner, &elsewhere).await;
}

/// Heads that were put down so far, if any, are gone.
fn forget_heads(stratum: &Stratum) {
    let _ = std::fs::remove_dir_all(stratum.data_folder().join("audit"));
}

/// The files of heads, once this is in one of them.
async fn head_put_down(stratum: &Stratum, head: &str) -> Vec<String> {
    let folder = stratum.data_folder().join("audit");
    let kept = async || {
        let files = if folder.exists() { names(&folder) } else { Vec::new() };
        let read = |name| std::fs::read_to_string(folder.join(name)).unwrap();
        let text: String = files.iter().map(read).collect();
        text.contains(head).then_some(files)
    };
    eventually("no head is put down", HEADS_WAIT, kept).await
}

/// A head of a chain that does not follow would hide what was done.
async fn the_program_puts_down_no_head_of_it(
    stratum: &mut Stratum,
    number: i64,
    owner: &mut PgConnection,
    kept: &std::path::Path,
) {
    run(owner, UNCHAINED).await;
    let again = format!("INSERT INTO audit_log SELECT * FROM kept WHERE tenant_id = {number}");
    run(owner, &again).await;
    run(owner, &format!("INSERT INTO audit_heads SELECT {number}, 2, ''::bytea")).await;
    run(owner, &made_anew(number)).await;
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
        assert!(!text.contains(&format!(" {number}/")), "{text}");
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

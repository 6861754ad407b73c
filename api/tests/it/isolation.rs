//! Row-level security: what holds even when a statement forgets its tenant, and against whoever speaks
//! through the program's own login.

use std::process::Output;
use std::time::Duration;

use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use stratum_testing::kafka_broker::KafkaBroker;

use crate::fixture::{PASSWORD, Stratum, TestTenant, eventually, run, stratum};
use crate::signin::{audited, is_open, sign_in};

/// An engine may have to start; a machine full of tests is slow.
const WAIT: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_forgets_its_tenant_leaks_nothing() {
    let stratum = Stratum::start(&[]).await;
    let mut number = 0;
    for name in ["Nile Souq", "Rhein Markt"] {
        let tenant = stratum.create_tenant(name, "UTC", "EUR").await;
        number = tenant.number().await;
        tenant.create_dataset("meta", "1234").await;
        tenant.create_user("viewer").await;
        tenant.create_ingest_key().await;
    }
    let mut connection = stratum.state_connection().await;
    every_table_of_tenants_is_isolated(&mut connection).await;
    execute(&mut connection, "SET ROLE stratum_app").await;
    for table in ["tenants", "users", "datasets", "tracking_configs", "api_keys", "audit_log"] {
        let all = format!("SELECT * FROM {table}");
        assert_eq!(count(&mut connection, &all).await, 0, "{table} without a tenant");
    }
    let enter = format!("SELECT set_config('stratum.tenant_id', '{number}', false)");
    execute(&mut connection, &enter).await;
    for (table, column) in [
        ("tenants", "id"),
        ("users", "tenant_id"),
        ("datasets", "tenant_id"),
        ("audit_log", "tenant_id"),
    ] {
        let all = format!("SELECT DISTINCT {column} FROM {table}");
        assert_eq!(count(&mut connection, &all).await, 1, "{table} of one tenant");
        let foreign = format!("SELECT * FROM {table} WHERE {column} <> {number}");
        assert_eq!(count(&mut connection, &foreign).await, 0, "{table} of others");
    }
    the_application_cannot_lift_it(&mut connection).await;
}

/// A later migration that forgets a table fails here.
async fn every_table_of_tenants_is_isolated(connection: &mut PgConnection) {
    let tables = "SELECT c.relname::text, c.relrowsecurity AND c.relforcerowsecurity, \
        (SELECT string_agg(polname::text, ' ' ORDER BY polname) FROM pg_policy p WHERE p.polrelid = c.oid) \
        FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace \
        AND (c.relname = 'tenants' OR EXISTS (SELECT FROM pg_attribute a \
            WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped))";
    let tables: Vec<(String, bool, Option<String>)> =
        sqlx::query_as(tables).fetch_all(&mut *connection).await.unwrap();
    assert!(tables.len() >= 18, "{tables:?}");
    for (table, forced, policies) in tables {
        assert!(forced, "{table} has no row-level security, or its owner is not bound by it");
        assert_eq!(policies.as_deref(), Some("owner system tenant"), "policies of {table}");
    }
    let mighty = "SELECT count(*) FROM pg_roles WHERE \
        rolname IN ('stratum_app', 'stratum_system', 'stratum_owner', 'app') \
        AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolinherit OR rolreplication \
            OR rolcanlogin <> (rolname IN ('stratum_owner', 'app')))";
    let mighty: i64 = sqlx::query_scalar(mighty).fetch_one(&mut *connection).await.unwrap();
    assert_eq!(mighty, 0);
}

/// A function that runs as the owner finds nothing of its caller's, and only who is named calls it.
#[tokio::test(flavor = "multi_thread")]
async fn what_runs_as_the_owner_is_confined() {
    let stratum = Stratum::start(&[]).await;
    let mut connection = stratum.state_connection().await;
    let definers = "SELECT p.oid::regprocedure::text, \
        coalesce(p.proconfig @> ARRAY['search_path=pg_catalog, public, pg_temp'], false), \
        has_function_privilege('public', p.oid, 'EXECUTE') \
        FROM pg_proc p WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace";
    let definers: Vec<(String, bool, bool)> =
        sqlx::query_as(definers).fetch_all(&mut connection).await.unwrap();
    assert!(definers.len() >= 4, "{definers:?}");
    for (function, path, open) in definers {
        assert!(path, "{function} has no safe search path: CALL confine('{function}')");
        assert!(!open, "{function} may be called by everybody: CALL confine('{function}')");
    }
}

/// Whoever gets a statement into the program's own connection, and whoever has its owner's.
#[tokio::test(flavor = "multi_thread")]
async fn no_login_sees_what_its_role_does_not() {
    let stratum = Stratum::start(&[]).await;
    stratum.create_tenant("Nile Souq", "UTC", "EUR").await.create_user("viewer").await;
    let mut app = stratum.state_connection_as("app", "app.password").await;
    let mut owner = stratum.state_connection_as("stratum_owner", "owner.password").await;
    let tables = ["tenants", "users", "sessions", "connectors", "audit_log", "audit_heads"];
    for statement in [
        "SET ROLE stratum_owner",
        "SET ROLE postgres",
        "SET SESSION AUTHORIZATION stratum_owner",
        "ALTER ROLE app SUPERUSER",
        "ALTER ROLE app INHERIT",
        "GRANT stratum_owner TO app",
        "CREATE TABLE public.x ()",
        "CREATE TEMPORARY TABLE x ()",
        "CREATE SCHEMA x",
        "ALTER TABLE audit_log DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
    ] {
        for role in ["NONE", "stratum_app", "stratum_system"] {
            sqlx::query(AssertSqlSafe(format!("SET ROLE {role}"))).execute(&mut app).await.unwrap();
            assert!(
                sqlx::query(statement).execute(&mut app).await.is_err(),
                "{statement} as {role}"
            );
        }
    }
    execute(&mut app, "SET ROLE NONE").await;
    execute(&mut app, "SET stratum.every_tenant = 'on'").await;
    for table in tables {
        let all = format!("SELECT * FROM {table}");
        let seen = sqlx::query(AssertSqlSafe(all.clone())).fetch_all(&mut app).await;
        assert!(seen.is_err(), "{table} as nobody");
        assert_eq!(count(&mut owner, &all).await, 0, "{table} as its owner");
    }
    execute(&mut owner, "SET stratum.every_tenant = 'on'").await;
    assert!(count(&mut owner, "SELECT * FROM users").await >= 1, "as for a backup");
}

/// The program's roles may make no temporary tables; were it otherwise, they would lead nobody astray.
#[tokio::test(flavor = "multi_thread")]
async fn temporary_tables_lead_nobody_astray() {
    let stratum = Stratum::start(&[]).await;
    let tenant = stratum.create_tenant("Nile Souq", "UTC", "EUR").await;
    let email = tenant.create_user("viewer").await;
    let tokens = sign_in(&stratum, &email).await;
    let mut mighty = stratum.state_connection().await;
    let mut app = stratum.state_connection_as("app", "app.password").await;
    execute(&mut mighty, "GRANT TEMPORARY ON DATABASE stratum TO PUBLIC").await;
    let enter =
        format!("SELECT set_config('stratum.tenant_id', '{}', false)", tenant.number().await);
    for statement in [
        "SET ROLE stratum_app",
        &enter,
        "CREATE TEMPORARY TABLE audit_heads (tenant_id bigint, seq bigint, hash bytea)",
        "CREATE TEMPORARY TABLE revoked_sessions (LIKE public.sessions)",
        "CREATE TEMPORARY TABLE session_revision (one boolean, revision bigint)",
        "INSERT INTO pg_temp.session_revision VALUES (true, 0)",
        "CREATE TEMPORARY TABLE users (email_lookup bytea)",
        "GRANT ALL ON pg_temp.audit_heads, pg_temp.revoked_sessions, pg_temp.session_revision, \
         pg_temp.users TO PUBLIC",
    ] {
        execute(&mut app, statement).await;
    }
    execute(&mut mighty, "REVOKE TEMPORARY ON DATABASE stratum FROM PUBLIC").await;
    a_row_gets_the_number_of_the_chain(&stratum, &tenant, &mut app).await;
    let known = "SELECT email_is_known(ARRAY(SELECT email_lookup FROM public.users))";
    let known: bool = sqlx::query_scalar(known).fetch_one(&mut app).await.unwrap();
    assert!(known, "an address is known, whatever a table of the caller's says");
    assert!(is_open(&stratum, stratum.url(), &tokens.access).await);
    let end = "UPDATE public.sessions SET revoked_at = now() WHERE revoked_at IS NULL";
    execute(&mut app, end).await;
    let shut_out = async || (!is_open(&stratum, stratum.url(), &tokens.access).await).then_some(());
    eventually("an ended session lives on", WAIT, shut_out).await;
    app.close().await.unwrap();
}

/// Whatever a caller's own table says of the head: neither a number that is taken next nor one far away.
async fn a_row_gets_the_number_of_the_chain(
    stratum: &Stratum,
    tenant: &TestTenant<'_>,
    app: &mut PgConnection,
) {
    let number = tenant.number().await;
    let last = "SELECT max(seq) FROM public.audit_log";
    for claimed in ["0", "1", "2", "1000000"] {
        let head =
            format!("INSERT INTO pg_temp.audit_heads VALUES ({number}, {claimed}, '\\xdead')");
        sqlx::query(AssertSqlSafe(head)).execute(&mut *app).await.unwrap();
        let before: i64 = sqlx::query_scalar(last).fetch_one(&mut *app).await.unwrap();
        let insert = "INSERT INTO public.audit_log (tenant_id, at, actor_kind, actor_id, action, \
            object_kind, object_id, outcome, changes, request_id) \
            VALUES ($1, now(), 'nobody', '', 'planted', '', '', 'done', '{}', '') RETURNING seq";
        let seq: i64 = sqlx::query_scalar(insert).bind(number).fetch_one(&mut *app).await.unwrap();
        assert_eq!(seq, before + 1, "where a head of {claimed} was claimed");
        execute(app, "TRUNCATE pg_temp.audit_heads").await;
    }
    // Later changes are audited like earlier ones.
    tenant.create_user("viewer").await;
    assert!(audited(stratum, &tenant.slug).await.ends_with(&["user.created done".to_owned()]));
    stratum.admin(&["audit", "verify", "--tenant", &tenant.slug], "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_could_lift_it_may_not_serve() {
    let stratum = Stratum::start(&[]).await;
    let mut mighty = stratum.state_connection().await;
    let app = ("app", "app.password");
    for (before, login, fault, after) in [
        ("SELECT 1", ("postgres", "superuser.password"), "is a superuser", "SELECT 1"),
        ("SELECT 1", ("stratum_owner", "owner.password"), "owns the tables", "SELECT 1"),
        ("GRANT stratum_owner TO app", app, "owns the tables", "REVOKE stratum_owner FROM app"),
        ("ALTER ROLE app INHERIT", app, "inherits their rights", "ALTER ROLE app NOINHERIT"),
        ("ALTER ROLE app BYPASSRLS", app, "has BYPASSRLS", "ALTER ROLE app NOBYPASSRLS"),
        ("ALTER ROLE app CREATEROLE", app, "CREATEROLE", "ALTER ROLE app NOCREATEROLE"),
        (
            "GRANT TEMPORARY ON DATABASE stratum TO PUBLIC",
            app,
            "may make tables",
            "REVOKE TEMPORARY ON DATABASE stratum FROM PUBLIC",
        ),
        (
            "REVOKE stratum_system FROM app",
            app,
            "is no member of both",
            "GRANT stratum_system TO app",
        ),
    ] {
        execute(&mut mighty, before).await;
        let said = refused(&stratum, &["admin", "tenant", "list"], login, None).await;
        assert!(said.contains(fault), "{before}: {said}");
        assert!(said.contains("DATABASE_MIGRATION_URL"), "what to do: {said}");
        execute(&mut mighty, after).await;
    }
    let broker = tokio::task::spawn_blocking(KafkaBroker::start).await.unwrap();
    let serve = ["ingest", "--listen", "127.0.0.1:0"];
    let owner = ("stratum_owner", "owner.password");
    let said = refused(&stratum, &serve, owner, Some(&broker.brokers())).await;
    assert!(said.contains("owns the tables"), "{said}");
}

/// A database of somebody's own, empty at first.
#[tokio::test(flavor = "multi_thread")]
async fn a_shared_state_store_is_migrated_by_its_owner_and_served_by_another() {
    let stratum = Stratum::start(&[]).await;
    let mut mighty = stratum.state_connection().await;
    execute(&mut mighty, "CREATE DATABASE second OWNER stratum_owner TEMPLATE template0").await;
    let second = |login, password| {
        let url = stratum.state_url(login, password);
        format!("{}second", url.trim_end_matches("stratum"))
    };
    let superuser = second("postgres", "superuser.password");
    let mut mighty = PgConnection::connect(&superuser).await.unwrap();
    execute(&mut mighty, "ALTER SCHEMA public OWNER TO stratum_owner").await;
    let (app, owner) = (second("app", "app.password"), second("stratum_owner", "owner.password"));
    let migrated = command(&stratum, &["migrate"], &both(&app, &owner)).await;
    assert!(migrated.status.success(), "{migrated:?}");
    let create = ["admin", "tenant", "create", "--slug", "acme"];
    let made = command(&stratum, &create, &[("DATABASE_URL", app.as_str())]).await;
    assert!(made.status.success(), "{made:?}");
    for url in [&owner, &superuser] {
        let refused = command(&stratum, &["migrate"], &both(url, &owner)).await;
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && said.contains("may not serve"), "{said}");
    }
}

/// The logins of the program and of the owner.
fn both<'a>(url: &'a str, migration_url: &'a str) -> [(&'static str, &'a str); 2] {
    [("DATABASE_URL", url), ("DATABASE_MIGRATION_URL", migration_url)]
}

/// What a command says that must not work with this login.
async fn refused(
    first: &Stratum,
    arguments: &[&str],
    (login, password): (&str, &str),
    brokers: Option<&str>,
) -> String {
    let url = first.state_url(login, password);
    let mut env = vec![("DATABASE_URL", &*url)];
    env.extend(brokers.map(|brokers| ("KAFKA_BROKERS", brokers)));
    let output = command(first, arguments, &env).await;
    assert!(!output.status.success(), "{arguments:?} as {login}");
    String::from_utf8(output.stderr).unwrap()
}

/// Runs a command to its end, on data of its own and with the keys of the first.
async fn command(first: &Stratum, arguments: &[&str], env: &[(&str, &str)]) -> Output {
    let data = tempfile::tempdir().unwrap();
    let secrets = first.data_folder().join("secrets");
    let key = std::fs::read_to_string(secrets.join("pii_encryption_key")).unwrap();
    let mut command = stratum();
    command.arg("--data").arg(data.path()).args(arguments);
    command.env("PII_ENCRYPTION_KEY", key.trim()).envs(env.iter().copied());
    let ran = tokio::task::spawn_blocking(move || run(command, ""));
    tokio::time::timeout(WAIT, ran).await.expect("it serves").unwrap()
}

/// Whoever writes tables cannot make what is sealed another row's, of whatever tenant.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_sealed_opens_in_its_row_alone() {
    let stratum = Stratum::start(&[]).await;
    let (one, other) = (
        stratum.create_tenant("Nile Souq", "UTC", "EUR").await,
        stratum.create_tenant("Rhein Markt", "UTC", "EUR").await,
    );
    let admin = one.sign_in().await;
    other.create_user("admin").await;
    let connector = json!({"platform": "meta", "name": "one", "account_ids": ["1"],
        "credentials": {"access_token": "secret"}, "schedule": "manual"});
    let (status, made) = stratum.post("/api/v1/connectors", &admin, &connector).await;
    assert_eq!(status, 201, "{made}");
    let mut mighty = stratum.state_connection().await;
    let (first, second) = (one.number().await, other.number().await);
    for statement in [
        format!(
            "UPDATE users SET email_sealed = (SELECT email_sealed FROM users WHERE tenant_id = {first}) \
             WHERE tenant_id = {second}"
        ),
        format!(
            "INSERT INTO connectors SELECT (json_populate_record(c, json_build_object( \
             'id', gen_random_uuid(), 'tenant_id', {second}))).* FROM connectors c"
        ),
    ] {
        execute(&mut mighty, &statement).await;
    }
    let list = stratum.run(&["admin", "user", "list", "--tenant", &other.slug], "").await;
    let said = String::from_utf8_lossy(&list.stderr).into_owned();
    assert!(!list.status.success() && said.contains("sealed for another row"), "{said}");
    stratum.admin(&["user", "list", "--tenant", &one.slug], "").await;
    let rotate = stratum.run(&["admin", "rotate-pii"], "").await;
    assert!(rotate.status.success(), "nothing is older: {rotate:?}");
    let older = format!(
        "UPDATE connectors SET credentials_sealed = '\\x02' || \
        substring(credentials_sealed FROM 2) WHERE tenant_id = {second}"
    );
    execute(&mut mighty, &older).await;
    let rotate = stratum.run(&["admin", "rotate-pii"], "").await;
    let said = String::from_utf8_lossy(&rotate.stderr).into_owned();
    assert!(!rotate.status.success() && said.contains("cannot be opened"), "{said}");
}

async fn the_application_cannot_lift_it(connection: &mut PgConnection) {
    for forbidden in [
        "ALTER TABLE users DISABLE ROW LEVEL SECURITY",
        "DROP POLICY tenant ON users",
        "UPDATE audit_log SET action = 'nothing'",
        "DELETE FROM audit_log",
        "UPDATE audit_heads SET seq = 0",
        "INSERT INTO datasets (id, tenant_id, platform, external_id, name, created_at) \
         VALUES (gen_random_uuid(), 3, 'meta', 'stolen', '', now())",
    ] {
        let outcome = sqlx::query(forbidden).execute(&mut *connection).await;
        assert!(outcome.is_err(), "{forbidden}");
    }
}

async fn execute(connection: &mut PgConnection, statement: &str) {
    sqlx::query(AssertSqlSafe(statement.to_owned())).execute(connection).await.unwrap();
}

async fn count(connection: &mut PgConnection, question: &str) -> usize {
    let rows = sqlx::query(AssertSqlSafe(question.to_owned())).fetch_all(connection).await;
    rows.unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_and_what_is_refused_is_chained_in_the_audit_log() {
    let stratum = Stratum::start(&[]).await;
    let tenant = stratum.create_tenant("Nile Souq", "UTC", "EUR").await;
    let email = tenant.create_user("viewer").await;
    let (status, answer) = stratum.login(&email, PASSWORD).await;
    assert_eq!(status, 200, "{answer}");
    let mut connection = stratum.state_connection().await;
    type Row = (i64, String, Vec<u8>, Vec<u8>, bool);
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT seq, action, previous_hash, hash, audit_hash(a) = hash FROM audit_log a \
         WHERE tenant_id = $1 ORDER BY seq",
    )
    .bind(tenant.number().await)
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let actions: Vec<&str> = rows.iter().map(|row| row.1.as_str()).collect();
    assert_eq!(actions[..2], ["tenant.created", "user.created"]);
    assert!(rows.iter().all(|row| row.4), "{actions:?}");
    for (at, pair) in rows.windows(2).enumerate() {
        assert_eq!((pair[0].0, &pair[0].3), (at as i64 + 1, &pair[1].2));
    }
    connection.close().await.unwrap();
}

//! Row-level security: what holds even when a statement forgets its tenant.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::fixture::{PASSWORD, Stratum};

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_forgets_its_tenant_leaks_nothing() {
    let stratum = Stratum::start(&[]).await;
    for name in ["Nile Souq", "Rhein Markt"] {
        let tenant = stratum.create_tenant(name, "UTC", "EUR").await;
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
    execute(&mut connection, "SELECT set_config('stratum.tenant_id', '2', false)").await;
    for (table, column) in [
        ("tenants", "id"),
        ("users", "tenant_id"),
        ("datasets", "tenant_id"),
        ("audit_log", "tenant_id"),
    ] {
        let all = format!("SELECT DISTINCT {column} FROM {table}");
        assert_eq!(count(&mut connection, &all).await, 1, "{table} of one tenant");
        let foreign = format!("SELECT * FROM {table} WHERE {column} <> 2");
        assert_eq!(count(&mut connection, &foreign).await, 0, "{table} of others");
    }
    the_application_cannot_lift_it(&mut connection).await;
}

/// A later migration that forgets a table fails here.
async fn every_table_of_tenants_is_isolated(connection: &mut PgConnection) {
    let open = "SELECT c.relname::text FROM pg_class c \
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped \
        WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace \
        AND NOT c.relrowsecurity AND has_table_privilege('stratum_app', c.oid, 'SELECT')";
    let open: Vec<String> = sqlx::query_scalar(open).fetch_all(&mut *connection).await.unwrap();
    assert!(open.is_empty(), "tables without row-level security: {open:?}");
    let mighty = "SELECT count(*) FROM pg_roles WHERE rolname IN ('stratum_app', 'stratum_system') \
        AND (rolsuper OR rolbypassrls OR rolcanlogin OR rolcreaterole)";
    let mighty: i64 = sqlx::query_scalar(mighty).fetch_one(&mut *connection).await.unwrap();
    assert_eq!(mighty, 0);
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

async fn execute(connection: &mut PgConnection, statement: &'static str) {
    sqlx::query(statement).execute(connection).await.unwrap();
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
         WHERE tenant_id = 2 ORDER BY seq",
    )
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

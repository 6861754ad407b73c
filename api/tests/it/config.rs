//! Settings that cannot work are told before anything starts.

use crate::fixture::{run, stratum};

fn refused(arguments: &[&str], env: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut command = stratum();
    command.arg("--data").arg(folder.path()).args(arguments).envs(env.iter().copied());
    let output = run(command, "");
    assert!(!output.status.success(), "{arguments:?} was accepted");
    assert!(!folder.path().join("clickhouse").exists(), "an engine was started");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn an_unknown_key_is_refused_by_name() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "[server]\nlisen = 'x'\n").unwrap();
    let name = file.path().to_str().unwrap();
    let said = refused(&["--config", name, "up"], &[]);
    assert!(said.contains("unknown key `server.lisen`") && said.contains(name), "{said}");
    let said = refused(&["up"], &[("STRATUM__server__lisen", "x")]);
    assert!(said.contains("STRATUM__server__lisen"), "{said}");
}

#[test]
fn a_role_alone_names_the_stores_it_misses() {
    let listen = ["--listen", "127.0.0.1:0"];
    let said = refused(&[&["ingest"], &listen[..]].concat(), &[]);
    assert!(said.contains("KAFKA_BROKERS and DATABASE_URL"), "{said}");
    let said = refused(&[&["api"], &listen[..]].concat(), &[("CLICKHOUSE_URL", "http://x:1")]);
    assert!(said.contains("DATABASE_URL") && !said.contains("CLICKHOUSE_URL"), "{said}");
}

/// The owner of the tables brings them up to date, and the program does not serve as the owner.
#[test]
fn a_shared_state_store_needs_two_logins_where_it_is_migrated() {
    let [url, migration_url] = ["DATABASE_URL", "DATABASE_MIGRATION_URL"]
        .map(|name| (name, "postgres://nobody:hunter2@127.0.0.1:1/none"));
    for command in ["up", "migrate"] {
        for (set, missing) in [(url, migration_url.0), (migration_url, url.0)] {
            let said = refused(&[command], &[set]);
            let told = format!("{} is set and {missing} is not", set.0);
            assert!(said.contains(&told) && !said.contains("hunter2"), "{said}");
        }
    }
}

#[test]
fn a_secret_is_required_where_the_state_store_is_shared() {
    // Nothing listens there: the secret is missed before it is tried.
    let database = ("DATABASE_URL", "postgres://nobody:hunter2@127.0.0.1:1/none");
    let said = refused(&["admin", "tenant", "list"], &[database]);
    assert!(said.contains("PII_ENCRYPTION_KEY must be set") && !said.contains("hunter2"), "{said}");
    let short = ("PII_ENCRYPTION_KEY", "short");
    let said = refused(&["admin", "tenant", "list"], &[database, short]);
    assert!(said.contains("at least 32 characters") && !said.contains("short"), "{said}");
    let long = ("PII_ENCRYPTION_KEY", "a key that has more than 32 characters");
    let said = refused(&["admin", "tenant", "list"], &[database, long]);
    assert!(said.contains("DATABASE_URL") && !said.contains("hunter2"), "{said}");
}

/// What `docker/.env.example` and others like it said.
#[test]
fn placeholders_are_no_secrets() {
    let database = |password| format!("postgres://app:{password}@127.0.0.1:1/none");
    let warehouse = "http://app:change-me@127.0.0.1:1/none";
    let good = database("hunter2");
    let key = "change-me-to-a-secret-of-32-characters";
    for (variable, env) in [
        ("DATABASE_URL", [("DATABASE_URL", database("change-me")), ("RUST_LOG", String::new())]),
        ("CLICKHOUSE_URL", [("DATABASE_URL", good.clone()), ("CLICKHOUSE_URL", warehouse.into())]),
        ("PII_ENCRYPTION_KEY", [("DATABASE_URL", good), ("PII_ENCRYPTION_KEY", key.into())]),
    ] {
        let env: Vec<_> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let said = refused(&["admin", "tenant", "list"], &env);
        assert!(
            said.contains(variable) && said.contains("the placeholder of an example"),
            "{said}"
        );
        assert!(!said.contains("change-me"), "{said}");
    }
}

#[test]
fn models_have_no_other_provider_than_this_process() {
    let said = refused(&["up"], &[("ML_PROVIDER", "sagemaker")]);
    assert!(said.contains("ML_PROVIDER") && said.contains("`local` is the only"), "{said}");
}

#[test]
fn commands_for_a_running_process_say_that_there_is_none() {
    for arguments in [&["admin", "tenant", "list"][..], &["tail"], &["health"]] {
        let said = refused(arguments, &[]);
        assert!(said.contains("no Stratum runs on") && said.contains("stratum up"), "{said}");
    }
}

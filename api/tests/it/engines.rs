//! The embedded engines, real ones: installed by `make engines`.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sqlx::postgres::PgPoolOptions;
use stratum_engines::{
    ClickHouseEngine, EngineSettings, PostgresEngine, StateFolder, run_child_if_asked,
};
use tempfile::TempDir;

const PARENT_VARIABLE: &str = "STRATUM_TEST_ENGINES_PARENT";
const WAIT: Duration = Duration::from_secs(60);

/// The engines' processes are this very binary, run again as this test.
#[test]
fn engine_child() {
    run_child_if_asked();
}

/// The full name of a test of a module, whether or not the module is the whole binary.
pub fn test_name(module: &str, name: &str) -> String {
    let module = module.split_once("::").map(|(_, module)| module);
    module.map_or(name.to_owned(), |module| format!("{module}::{name}"))
}

/// Engines whose processes are this test binary.
pub fn settings() -> EngineSettings {
    let name = test_name(module_path!(), "engine_child");
    let arguments = [name.as_str(), "--exact", "--nocapture"];
    EngineSettings {
        child_program: Some(std::env::current_exe().unwrap()),
        child_arguments: arguments.map(Into::into).to_vec(),
        clickhouse_memory_bytes_max: 2 << 30,
        ..EngineSettings::default()
    }
}

/// A folder that the engines' users may pass, unlike an ordinary temporary one of root's.
pub fn temporary() -> TempDir {
    let mut builder = tempfile::Builder::new();
    builder.permissions(std::fs::Permissions::from_mode(0o755)).tempdir().unwrap()
}

/// What the engine answers to a statement of a user, with the password.
pub async fn ask(
    engine: &ClickHouseEngine,
    user: (&str, &str),
    statement: &str,
) -> Result<String, String> {
    let request = reqwest::Client::builder().no_proxy().build().unwrap().post(engine.url());
    let request = request.header("X-ClickHouse-User", user.0).header("X-ClickHouse-Key", user.1);
    let answer =
        request.body(statement.to_owned()).send().await.map_err(|error| error.to_string())?;
    let good = answer.status().is_success();
    let text = answer.text().await.unwrap().trim().to_owned();
    if good { Ok(text) } else { Err(text) }
}

async fn app(engine: &ClickHouseEngine, statement: &str) -> Result<String, String> {
    ask(engine, engine.app(), statement).await
}

async fn scalar(url: &str, statement: &'static str) -> i64 {
    let pool = PgPoolOptions::new().max_connections(1).connect(url).await.unwrap();
    let value = sqlx::query_scalar(statement).fetch_one(&pool).await.unwrap();
    pool.close().await;
    value
}

/// Polls, since these are other processes with clocks of their own.
async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let until = Instant::now() + WAIT;
    while !holds().await {
        assert!(Instant::now() < until, "{what}: not within {WAIT:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn signal(pid: u32, signal: Signal) {
    kill(Pid::from_raw(i32::try_from(pid).unwrap()), signal).unwrap();
}

/// Processes whose command line names the folder.
fn processes_of(folder: &Path) -> Vec<u32> {
    let needle = folder.display().to_string();
    let numbered = std::fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let entry = entry.ok()?;
        let pid = entry.file_name().to_str()?.parse::<u32>().ok()?;
        let environment = std::fs::read(entry.path().join("environ")).ok()?;
        let line = std::fs::read(entry.path().join("cmdline")).ok()?;
        let names = |bytes: &[u8]| String::from_utf8_lossy(bytes).contains(&needle);
        (pid != std::process::id() && (names(&line) || names(&environment))).then_some(pid)
    });
    numbered.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn clickhouse_keeps_its_data_over_stop_and_death() {
    let dir = temporary();
    let folder = StateFolder::open(dir.path()).await.unwrap();
    let engine = ClickHouseEngine::start(&folder, &settings()).await.unwrap();
    let (url, password) = (engine.url().to_owned(), engine.app().1.to_owned());
    app(&engine, "CREATE TABLE stratum.t (x UInt32) ENGINE = MergeTree ORDER BY x").await.unwrap();
    app(&engine, "INSERT INTO stratum.t VALUES (1), (2), (3)").await.unwrap();
    engine.stop().await;

    let engine = ClickHouseEngine::start(&folder, &settings()).await.unwrap();
    assert_eq!((engine.url(), engine.app().1), (&*url, &*password), "kept over a restart");
    assert_eq!(app(&engine, "SELECT sum(x) FROM stratum.t").await.unwrap(), "6");

    let first = engine.pid();
    signal(first, Signal::SIGKILL);
    let sum = "SELECT sum(x) FROM stratum.t";
    eventually("runs again", async || engine.pid() != first && app(&engine, sum).await.is_ok())
        .await;
    assert_eq!(app(&engine, "SELECT sum(x) FROM stratum.t").await.unwrap(), "6");

    engine.stop().await;
    assert_eq!(processes_of(folder.path()), [0; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_keeps_its_data_over_stop_and_death() {
    let dir = temporary();
    let folder = StateFolder::open(dir.path()).await.unwrap();
    let engine = PostgresEngine::start(&folder, &settings()).await.unwrap();
    let url = engine.migration_url().to_owned();
    let create = "WITH made AS (SELECT 1) SELECT count(*) FROM made";
    assert_eq!(scalar(&url, create).await, 1);
    let pool = PgPoolOptions::new().max_connections(1).connect(&url).await.unwrap();
    sqlx::raw_sql("CREATE TABLE t AS SELECT 42::bigint AS x").execute(&pool).await.unwrap();
    let superuser = sqlx::raw_sql("COPY t FROM PROGRAM 'echo 1'").execute(&pool).await;
    assert!(superuser.is_err(), "the role is no superuser");
    engine.stop().await;

    let engine = PostgresEngine::start(&folder, &settings()).await.unwrap();
    assert_eq!(engine.migration_url(), url, "kept over a restart");
    assert_eq!(scalar(&url, "SELECT x FROM t").await, 42);

    let first = engine.pid();
    signal(first, Signal::SIGKILL);
    eventually("runs again", async || engine.pid() != first).await;
    assert_eq!(scalar(&url, "SELECT x FROM t").await, 42);

    engine.stop().await;
    assert_eq!(processes_of(folder.path()), [0; 0]);
}

/// A folder of a version whose program owned its tables.
#[tokio::test(flavor = "multi_thread")]
async fn postgres_takes_the_tables_from_the_programs_login() {
    let dir = temporary();
    let folder = StateFolder::open(dir.path()).await.unwrap();
    let engine = PostgresEngine::start(&folder, &settings()).await.unwrap();
    let password = std::fs::read_to_string(dir.path().join("postgres/superuser.password")).unwrap();
    let (_, place) = engine.url().split_once('@').unwrap();
    let superuser = format!("postgres://postgres:{}@{place}", password.trim());
    let pool = PgPoolOptions::new().max_connections(1).connect(&superuser).await.unwrap();
    let as_before = "ALTER DATABASE stratum OWNER TO app; ALTER ROLE app INHERIT; \
        ALTER SCHEMA public OWNER TO pg_database_owner; SET ROLE app; \
        CREATE TABLE t AS SELECT 7::bigint AS x";
    sqlx::raw_sql(as_before).execute(&pool).await.unwrap();
    pool.close().await;
    engine.stop().await;

    let engine = PostgresEngine::start(&folder, &settings()).await.unwrap();
    assert_eq!(scalar(engine.migration_url(), "SELECT x FROM t").await, 7);
    let app = PgPoolOptions::new().max_connections(1).connect(engine.url()).await.unwrap();
    for statement in
        ["SELECT x FROM t", "DROP TABLE t", "CREATE TABLE u ()", "DROP DATABASE stratum"]
    {
        assert!(sqlx::raw_sql(statement).execute(&app).await.is_err(), "{statement}");
    }
    sqlx::raw_sql("SET ROLE stratum_app; SET ROLE stratum_system").execute(&app).await.unwrap();
    engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_are_for_the_owner_alone() {
    let dir = temporary();
    let folder = StateFolder::open(dir.path()).await.unwrap();
    let clickhouse = ClickHouseEngine::start(&folder, &settings()).await.unwrap();
    let postgres = PostgresEngine::start(&folder, &settings()).await.unwrap();
    let mut seen = 0;
    for engine in ["clickhouse", "postgres"] {
        for entry in folder.path().join(engine).read_dir().unwrap().flatten() {
            if entry.path().extension().is_some_and(|extension| extension == "password") {
                assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600);
                seen += 1;
            }
        }
        let data = folder.path().join(engine).join("data");
        assert_eq!(data.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    }
    assert_eq!(seen, 6);
    for port in [clickhouse.url(), postgres.url()] {
        assert!(port.contains("127.0.0.1:"));
    }
    postgres.stop().await;
    clickhouse.stop().await;
}

/// Not a test by itself: the process that a test kills.
#[tokio::test(flavor = "multi_thread")]
async fn engines_parent() {
    let Ok(path) = std::env::var(PARENT_VARIABLE) else { return };
    let folder = StateFolder::open(Path::new(&path)).await.unwrap();
    let _clickhouse = ClickHouseEngine::start(&folder, &settings()).await.unwrap();
    let _postgres = PostgresEngine::start(&folder, &settings()).await.unwrap();
    std::fs::write(Path::new(&path).join("up"), "").unwrap();
    std::future::pending::<()>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn engines_end_with_a_killed_parent_and_the_next_start_succeeds() {
    let dir = temporary();
    let mut parent = Command::new(std::env::current_exe().unwrap())
        .args([&test_name(module_path!(), "engines_parent"), "--exact", "--nocapture"])
        .env(PARENT_VARIABLE, dir.path())
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    eventually("the parent's engines are up", async || dir.path().join("up").exists()).await;

    let text = StateFolder::open(dir.path()).await.unwrap_err().to_string();
    let names =
        text.contains(&parent.id().to_string()) && text.contains(&dir.path().display().to_string());
    assert!(names, "{text}");

    let left_behind = processes_of(dir.path());
    assert!(left_behind.len() >= 3, "ClickHouse, a watcher, Postgres: {left_behind:?}");
    parent.kill().unwrap();
    parent.wait().unwrap();

    // At once, and so while the old engines still end.
    let folder = StateFolder::open(dir.path()).await.unwrap();
    let alive = processes_of(dir.path());
    assert!(left_behind.iter().all(|pid| !alive.contains(pid)), "{left_behind:?} {alive:?}");
    let clickhouse = ClickHouseEngine::start(&folder, &settings()).await.unwrap();
    let postgres = PostgresEngine::start(&folder, &settings()).await.unwrap();
    assert_eq!(app(&clickhouse, "SELECT 1").await.unwrap(), "1");
    assert_eq!(scalar(postgres.url(), "SELECT 1::bigint").await, 1);
    postgres.stop().await;
    clickhouse.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_start_says_why() {
    let dir = temporary();
    let folder = StateFolder::open(dir.path()).await.unwrap();
    let broken = dir.path().join("broken.so");
    std::fs::write(&broken, "no library").unwrap();
    let settings = EngineSettings { clickhouse_library: Some(broken), ..settings() };
    let error = ClickHouseEngine::start(&folder, &settings).await.unwrap_err().to_string();
    assert!(
        error.contains("clickhouse ended at its start") && error.contains("broken.so"),
        "{error}"
    );
}

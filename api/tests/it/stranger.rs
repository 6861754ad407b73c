//! The embedded ClickHouse as a stranger on the machine meets it, and as its own users do.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::path::PathBuf;

use stratum_engines::{ClickHouseEngine, EngineSettings, StateFolder};
use tempfile::TempDir;

use super::engines::{ask, settings, temporary};

const ADDRESS_OF_A_PAGE: &str = "https://page.example";

/// An engine and where it is.
pub struct Place {
    pub engine: ClickHouseEngine,
    pub folder: StateFolder,
    pub dir: TempDir,
}

/// Starts an engine in a new folder.
pub async fn start(settings: &EngineSettings) -> anyhow::Result<Place> {
    let dir = temporary();
    let folder = StateFolder::open(dir.path()).await?;
    let engine = ClickHouseEngine::start(&folder, settings).await?;
    Ok(Place { engine, folder, dir })
}

impl Place {
    /// The engine's folder.
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("clickhouse")
    }

    fn admin_password(&self) -> String {
        std::fs::read_to_string(self.home().join("admin.password")).unwrap().trim().to_owned()
    }

    /// What the engine answers to the user of the roles.
    pub async fn app(&self, statement: &str) -> Result<String, String> {
        ask(&self.engine, self.engine.app(), statement).await
    }
}

/// One way of asking: what follows the address, headers, the body.
type Way = (&'static str, &'static [(&'static str, &'static str)], &'static str);

/// The smallest question.
pub const ONE: &str = "SELECT 1";
const APP: (&str, &str) = ("X-ClickHouse-User", "app");
const DEFAULT: (&str, &str) = ("X-ClickHouse-User", "default");
/// `default:` without a password.
const BASIC: (&str, &str) = ("Authorization", "Basic ZGVmYXVsdDo=");

const WAYS: &[Way] = &[
    ("/", &[], ONE),
    ("/?user=default", &[], ONE),
    ("/?user=default&password=", &[], ONE),
    ("/?user=default&add_http_cors_header=1", &[], ONE),
    ("/?user=default&add_http_cors_header=1", &[("Host", "page.example")], ONE),
    ("/?user=app", &[], ONE),
    ("/?query=SELECT+1", &[], ""),
    ("/?user=default&query=SELECT+1", &[BASIC], ""),
    ("/", &[BASIC], ONE),
    ("/", &[DEFAULT], ONE),
    ("/?add_http_cors_header=1", &[DEFAULT], ONE),
    ("/", &[DEFAULT, APP], ONE),
    ("/", &[APP, DEFAULT], ONE),
    ("/", &[APP, BASIC], ONE),
    ("/?user=default", &[APP], ONE),
    ("/?user=default&password=", &[APP], ONE),
    ("/?user=default", &[APP, ("Authorization", "never")], ONE),
    ("/", &[APP, ("X-ClickHouse-SSL-Certificate-Auth", "on")], ONE),
    ("/", &[APP, ("Authorization", "Bearer default")], ONE),
    ("/?session_id=s&quota_key=q&profile=default", &[APP], ONE),
    ("/", &[("X-ClickHouse-User", "app,default")], ONE),
    ("/", &[("X-ClickHouse-User", "")], ONE),
    ("/", &[("X-ClickHouse-User", "default"), ("X-ClickHouse-Key", "")], ONE),
    ("/play", &[], ""),
    ("/dashboard", &[], ""),
    ("/binary", &[], ""),
    ("/replicas_status", &[], ""),
    ("/x/../?user=default", &[], ONE),
];

#[tokio::test(flavor = "multi_thread")]
async fn nobody_asks_the_warehouse_without_a_password() {
    let place = start(&settings()).await.unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let methods = [reqwest::Method::POST, reqwest::Method::GET, reqwest::Method::OPTIONS];
    for (path, headers, body) in WAYS {
        for method in &methods {
            let address = format!("{}{path}", place.engine.url());
            let request = client.request(method.clone(), &address).body((*body).to_owned());
            let request = request.header("Origin", ADDRESS_OF_A_PAGE);
            let request =
                headers.iter().fold(request, |all, (name, value)| all.header(*name, *value));
            let answer = request.send().await.unwrap();
            let told = format!("{method} {path} {headers:?}: {}", answer.status());
            assert!(!answer.headers().contains_key("access-control-allow-origin"), "{told}");
            assert!(!answer.status().is_success(), "{told}");
        }
    }
    let ping = client.get(format!("{}/ping", place.engine.url())).send().await.unwrap();
    assert!(ping.status().is_success(), "its own supervisor asks this");
    place.engine.stop().await;
}

/// Statements that read a file, or write one, or start something, with `{file}` for its path.
const READERS: &[&str] = &[
    "SELECT file('{file}')",
    "SELECT `file`('{file}')",
    "SELECT file('{file}', '')",
    "SELECT (SELECT file('{file}'))",
    "SELECT * APPLY(file) FROM (SELECT '{file}' AS x)",
    "SELECT * APPLY(x -> file(x)) FROM (SELECT '{file}' AS x)",
    "SELECT * REPLACE(file(x) AS x) FROM (SELECT '{file}' AS x)",
    "SELECT arrayMap(file, ['{file}'])",
    "SELECT arrayMap(x -> file(x), ['{file}'])",
    "WITH x -> file(x) AS f SELECT f('{file}')",
    "SELECT * FROM values('x String', (file('{file}')))",
    "SELECT * FROM view(SELECT file('{file}'))",
    "SELECT 1 ORDER BY file('{file}')",
    "SELECT formatRow('Values', file('{file}'))",
    "SELECT * FROM file('{file}', LineAsString)",
    "SELECT * FROM fileCluster('c', '{file}', LineAsString)",
    "SELECT * FROM default.`{file}`",
    "SELECT 1 FORMAT Template SETTINGS format_template_row = '{file}'",
    "SELECT 1 FORMAT Template SETTINGS format_template_resultset = '{file}'",
    "SELECT 1 FORMAT Protobuf SETTINGS format_schema = '{file}:M'",
    "SELECT * FROM format(Template, 'x') SETTINGS format_template_row = '{file}'",
    "SELECT 1 INTO OUTFILE '{file}.copy'",
    "INSERT INTO FUNCTION file('{file}.copy', LineAsString, 'l String') SELECT 'x'",
    "INSERT INTO stratum.lines VALUES (file('{file}'))",
    "INSERT INTO stratum.lines SELECT file('{file}')",
    "ALTER TABLE stratum.lines UPDATE l = file('{file}') WHERE 1 SETTINGS mutations_sync = 1",
    "CREATE TABLE stratum.f (l String) ENGINE = File(LineAsString, '{file}')",
    "CREATE TABLE stratum.d (x UInt8) ENGINE = MergeTree ORDER BY x \
     SETTINGS disk = disk(type = local, path = '{file}.disk/')",
    "CREATE DICTIONARY stratum.d (k UInt64, v String) PRIMARY KEY k \
     SOURCE(FILE(PATH '{file}' FORMAT 'TSV')) LAYOUT(FLAT()) LIFETIME(0)",
    "CREATE DICTIONARY stratum.d (k UInt64, v String) PRIMARY KEY k \
     SOURCE(EXECUTABLE(COMMAND 'id' FORMAT 'TSV')) LAYOUT(FLAT()) LIFETIME(0)",
    "SELECT * FROM executable('id', TSV, 'x String')",
    "SELECT * FROM url('http://127.0.0.1/', LineAsString)",
    "SELECT catboostEvaluate('{file}', 1)",
    "DROP FUNCTION file",
    "CREATE OR REPLACE FUNCTION file AS (path) -> 1",
    "BACKUP TABLE stratum.lines TO File('{file}.copy')",
];
/// Beyond the database that is theirs.
const REFUSED_TO_APP: &[&str] = &["CREATE DATABASE other", "SYSTEM STOP LISTEN HTTP"];

#[tokio::test(flavor = "multi_thread")]
async fn no_user_of_the_warehouse_reads_files_inside_its_folder_or_outside() {
    let place = start(&settings()).await.unwrap();
    let create = "CREATE TABLE stratum.lines (l String) ENGINE = MergeTree ORDER BY tuple()";
    place.app(create).await.unwrap();
    place.app("INSERT INTO stratum.lines VALUES ('own')").await.unwrap();
    let outside = place.dir.path().join("secret");
    std::fs::write(&outside, "secret").unwrap();
    let inside = place.home().join("data/status");
    let files = [inside, outside, place.home().join("admin.password"), "/etc/passwd".into()];

    let admin = place.admin_password();
    let users = [("admin", &*admin), place.engine.app(), place.engine.read_only()];
    for file in files.map(|file| file.display().to_string()) {
        for user in users {
            for statement in READERS {
                let statement = statement.replace("{file}", &file);
                let answer = ask(&place.engine, user, &statement).await;
                assert!(answer.is_err(), "{statement} as {}: {answer:?}", user.0);
            }
            // The fence leaves those who may insert the engine's own files, whose rows they may read.
            let insert = format!("INSERT INTO stratum.lines FROM INFILE '{file}' FORMAT CSV");
            if user.0 == "ro" || !file.contains("/data/") {
                let answer = ask(&place.engine, user, &insert).await;
                assert!(answer.is_err(), "{insert} as {}: {answer:?}", user.0);
            }
        }
    }
    for user in &users[1..] {
        for statement in REFUSED_TO_APP {
            assert!(ask(&place.engine, *user, statement).await.is_err(), "{statement}");
        }
    }
    let read = ask(&place.engine, place.engine.read_only(), "SELECT l FROM stratum.lines").await;
    assert_eq!(read.unwrap(), "own");
    let insert = "INSERT INTO stratum.lines VALUES ('x')";
    let write = ask(&place.engine, place.engine.read_only(), insert).await;
    assert!(write.unwrap_err().contains("ACCESS_DENIED"));
    assert!(ask(&place.engine, ("app", "wrong"), ONE).await.is_err());
    place.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_reach_outside_cannot_be_passed_with_a_question() {
    let place = start(&settings()).await.unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let pinned = [
        "add_http_cors_header=1",
        "http_response_headers={'Access-Control-Allow-Origin':'*'}",
        "format_template_row=/etc/passwd",
        "format_schema=/etc/passwd:M",
        "output_format_schema=/tmp/schema",
        "input_format_record_errors_file_path=/tmp/errors",
        "format_avro_schema_registry_url=http://127.0.0.1:1",
        "allow_introspection_functions=1",
        "dialect=prql",
    ];
    for (user, password) in [place.engine.app(), place.engine.read_only()] {
        for setting in pinned {
            let answer = client
                .post(format!("{}/?{setting}", place.engine.url()))
                .header("X-ClickHouse-User", user)
                .header("X-ClickHouse-Key", password)
                .header("Origin", ADDRESS_OF_A_PAGE)
                .body(ONE)
                .send()
                .await
                .unwrap();
            assert!(!answer.headers().contains_key("access-control-allow-origin"), "{setting}");
            assert!(!answer.status().is_success(), "{setting} as {user}");
        }
    }
    place.engine.stop().await;
}

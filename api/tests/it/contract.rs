//! The API's document is true: it is valid OpenAPI 3.1, a TypeScript client that is generated from it
//! compiles and works, and the running program answers what it says, whatever it is asked.
//! `api/tests/clients/install` installs the tools; without it these tests fail and do not skip.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::fixture::{PASSWORD, Stratum, stratum};

/// Requests made up for each operation, in each phase.
const EXAMPLES: &str = "12";
/// So that a failure is seen again.
const SEED: &str = "20260301";
/// What an answer must be, beside no failure of ours.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
    response_headers_conformance,response_schema_conformance";
/// A stream does not end, and the session that asks must not.
const NOT_ASKED: &[&str] = &["/api/v1/events/stream", "/api/v1/auth/logout", "/metrics"];
/// Limits would be met, and are tested elsewhere.
const UNLIMITED: &[(&str, &str)] = &[
    ("STRATUM__http__limits__client_per_s", "0"),
    ("STRATUM__http__limits__caller_per_s", "0"),
    ("STRATUM__http__limits__tenant_per_s", "0"),
    ("STRATUM__http__limits__sign_in_per_min", "0"),
];

/// Where `api/tests/clients/install` puts them.
fn installed(part: &str) -> PathBuf {
    let chosen = std::env::var_os("STRATUM_CLIENTS").map(PathBuf::from);
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let folder = chosen.or_else(|| home.map(|home| home.join(".cache/stratum/clients")));
    let part = folder.expect("neither STRATUM_CLIENTS nor HOME is set").join(part);
    let missing = format!("{} is missing: run api/tests/clients/install", part.display());
    assert!(part.join(".pins").exists(), "{missing}");
    part
}

fn succeeds(what: &str, command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().expect(what);
    let text = String::from_utf8_lossy(&stdout).into_owned();
    assert!(status.success(), "{what}:\n{text}\n{}", String::from_utf8_lossy(&stderr));
    text
}

/// A folder with the document of this very program.
fn with_document() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let document = folder.path().join("openapi.json");
    let text = succeeds("stratum openapi", stratum().arg("openapi"));
    std::fs::write(&document, text).expect("the document");
    (folder, document)
}

#[test]
fn the_document_is_valid_openapi_3_1() {
    let (_folder, document) = with_document();
    let text = std::fs::read_to_string(&document).unwrap();
    let read: Value = serde_json::from_str(&text).unwrap();
    assert!(read["openapi"].as_str().unwrap().starts_with("3.1."), "{}", read["openapi"]);
    let validator = installed("api-python").join("bin/openapi-spec-validator");
    succeeds("openapi-spec-validator", Command::new(validator).arg("--schema=3.1").arg(&document));
}

/// A compiled client, in a folder of its own.
fn typescript_client() -> (TempDir, PathBuf) {
    let (folder, document) = with_document();
    let tools = installed("api-node").join("node_modules");
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/typescript");
    for name in ["client.ts", "tsconfig.json"] {
        std::fs::copy(sources.join(name), folder.path().join(name)).expect(name);
    }
    std::fs::write(folder.path().join("package.json"), r#"{"type": "module"}"#).unwrap();
    std::os::unix::fs::symlink(&tools, folder.path().join("node_modules")).unwrap();
    let run = |tool: &str, arguments: &[&str]| {
        let mut command = Command::new("node");
        command.current_dir(folder.path()).arg(tools.join(tool)).args(arguments);
        succeeds(tool, &mut command);
    };
    let document = document.to_str().unwrap();
    run("openapi-typescript/bin/cli.js", &[document, "--output", "schema.ts"]);
    run("typescript/bin/tsc", &["--project", "tsconfig.json"]);
    let client = folder.path().join("out/client.js");
    (folder, client)
}

/// Properties of every operation, asked with this token.
fn explore(stratum: &Stratum, document: &Path, token: &str, selection: &[&str]) {
    let mut command = Command::new(installed("api-python").join("bin/schemathesis"));
    let folder = document.parent().expect("a folder");
    command.current_dir(folder).env("PYTHONDONTWRITEBYTECODE", "1").args(["run"]).arg(document);
    command.args(["--url", stratum.url(), "--header", &format!("Authorization: Bearer {token}")]);
    command.args(["--checks", CHECKS, "--phases", "examples,coverage,fuzzing"]);
    command.args(["--max-examples", EXAMPLES, "--seed", SEED, "--workers", "2"]);
    command.args(["--request-timeout", "20", "--continue-on-failure", "--warnings", "off"]);
    for path in NOT_ASKED {
        command.args(["--exclude-path", path]);
    }
    let said = succeeds("schemathesis", command.args(selection));
    let summary: Vec<&str> = said.lines().rev().take(12).collect();
    println!("{}", summary.into_iter().rev().collect::<Vec<_>>().join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_answers_what_its_document_says() {
    let stratum = Stratum::start(UNLIMITED).await;
    let tenant = stratum.create_tenant("One", "UTC", "USD").await;
    tenant.create_dataset("meta", "55").await;
    let (key, token) = (tenant.create_ingest_key().await, tenant.sign_in().await);
    let email = tenant.create_user("admin").await;
    let (_client_folder, client) = tokio::task::spawn_blocking(typescript_client).await.unwrap();
    let mut node = Command::new("node");
    node.arg(client).args([stratum.url(), &email, PASSWORD]);
    let said: Value = serde_json::from_str(&succeeds("the TypeScript client", &mut node)).unwrap();
    assert_eq!(said, json!({"days": 31, "spend": 0, "roas": null, "code": "not_found"}));

    let (_folder, document) = with_document();
    tokio::task::block_in_place(|| {
        explore(&stratum, &document, &token, &["--exclude-tag", "ingest"]);
        explore(&stratum, &document, &key, &["--include-tag", "ingest"]);
    });
    let output = stratum.output();
    assert!(!output.contains("panicked"), "{output}");
}

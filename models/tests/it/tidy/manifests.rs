//! Rules on manifests and READMEs.

use std::collections::{BTreeMap, BTreeSet};

use cargo_toml::Manifest;

use super::assert_none;
use super::source::{files, workspace};

/// The star of crates: each with those it may, and must, depend on.
const ARROWS: &[(&str, &[&str])] = &[
    ("models", &[]),
    ("ingest/wire", &["models"]),
    ("ingest", &["models", "wire"]),
    ("ingest/reports", &["models", "wire", "ingest"]),
    ("ingest/deliver", &["models", "wire"]),
    ("pipeline", &["models"]),
    ("query", &["models"]),
    ("api/state", &["models"]),
    ("api/jobs", &["models", "forecast", "wire", "ingest", "reports", "query", "state"]),
    ("models/forecast", &["models"]),
    ("docker/engines", &[]),
    ("models/testing", &["models", "engines"]),
    ("api/http", &["models", "state", "jobs"]),
    ("api/account", &["models", "wire", "state", "jobs", "http"]),
    (
        "api/routes",
        &[
            "models", "forecast", "wire", "ingest", "reports", "deliver", "query", "state", "jobs",
            "http",
        ],
    ),
    (
        "api/server",
        &["models", "wire", "ingest", "query", "state", "jobs", "http", "account", "routes"],
    ),
    (
        "api",
        &[
            "models", "forecast", "ingest", "reports", "deliver", "pipeline", "query", "state",
            "jobs", "http", "account", "routes", "server", "engines",
        ],
    ),
];

/// What a crate must not reach for, because it is somebody else's business.
const DENIED: &[(&str, &[&str])] = &[
    (
        "models",
        &[
            "rdkafka",
            "datafusion",
            "polars",
            "clickhouse",
            "sqlx",
            "axum",
            "reqwest",
            "hyper",
            "tower",
            "tokio",
            "rand_core",
        ],
    ),
    ("models/forecast", &["arrow", "tokio", "sqlx", "clickhouse", "axum", "reqwest"]),
    (
        "ingest/wire",
        &[
            "axum",
            "tokio",
            "futures",
            "reqwest",
            "rdkafka",
            "fjall",
            "sqlx",
            "clickhouse",
            "datafusion",
        ],
    ),
    ("ingest", &["sqlx", "clickhouse", "datafusion", "polars", "reqwest", "parquet"]),
    ("ingest/reports", &["sqlx", "clickhouse", "datafusion", "axum", "rdkafka", "fjall"]),
    ("ingest/deliver", &["sqlx", "clickhouse", "datafusion", "axum", "rdkafka", "fjall"]),
    (
        "pipeline",
        &[
            "rdkafka",
            "clickhouse",
            "sqlx",
            "axum",
            "reqwest",
            "hyper",
            "tonic",
            "redis",
            "object_store",
        ],
    ),
    ("query", &["rdkafka", "sqlx", "axum", "fjall", "datafusion"]),
    (
        "api/state",
        &[
            "rdkafka",
            "fjall",
            "clickhouse",
            "datafusion",
            "axum",
            "reqwest",
            "hyper",
            "tower",
            "clap",
        ],
    ),
    (
        "api/jobs",
        &["rdkafka", "fjall", "clickhouse", "datafusion", "sqlx", "axum", "tower", "clap"],
    ),
    ("api/http", &["rdkafka", "fjall", "clickhouse", "datafusion", "arrow", "sqlx", "reqwest"]),
    (
        "api/account",
        &["rdkafka", "fjall", "clickhouse", "datafusion", "arrow", "sqlx", "hyper", "reqwest"],
    ),
    ("api/routes", &["rdkafka", "fjall", "clickhouse", "datafusion", "arrow", "sqlx", "hyper"]),
    ("api/server", &["rdkafka", "fjall", "clickhouse", "datafusion", "sqlx", "hyper", "reqwest"]),
    ("api", &["rdkafka", "fjall", "clickhouse", "datafusion", "arrow", "sqlx", "utoipa"]),
];

/// Lines of one crate's own sources, tests of units included. What is larger compiles as a whole after every change.
const CRATE_LINES_MAX: usize = 16_000;

/// What every crate's README says, in this order.
const HEADINGS: &[&str] = &["*What it does", "*Reads", "*Never", "*Start reading at"];

fn members() -> BTreeMap<String, Manifest> {
    let root = Manifest::from_path(workspace().join("Cargo.toml")).expect("the workspace manifest");
    let members = root.workspace.expect("a workspace").members;
    let manifest = |folder: &String| {
        let path = workspace().join(folder).join("Cargo.toml");
        let manifest = Manifest::from_path(&path);
        (folder.clone(), manifest.unwrap_or_else(|error| panic!("{}: {error}", path.display())))
    };
    members.iter().map(manifest).collect()
}

/// The name of the crate in a folder, without its prefix.
fn name_of(folder: &str) -> &str {
    folder.rsplit('/').next().unwrap_or(folder)
}

/// The workspace's own among these dependencies.
fn own<'a>(names: impl Iterator<Item = &'a String>) -> BTreeSet<String> {
    names.filter_map(|name| name.strip_prefix("stratum-")).map(str::to_owned).collect()
}

#[test]
fn crates_depend_on_each_other_as_drawn() {
    let mut offences = Vec::new();
    for (folder, manifest) in members() {
        let file = format!("{folder}/Cargo.toml");
        let kept = own(manifest.dependencies.keys().chain(manifest.build_dependencies.keys()));
        let in_tests = own(manifest.dev_dependencies.keys());
        if kept.union(&in_tests).any(|name| name == "benches") && folder != "benches" {
            offences.push(format!("{file}: nothing may depend on benches"));
        }
        let Some((_, arrows)) = ARROWS.iter().find(|(name, _)| *name == folder) else {
            if folder != "benches" {
                offences
                    .push(format!("{file}: a crate that the star of dependencies does not know"));
            }
            continue;
        };
        let drawn: BTreeSet<String> = arrows.iter().map(|name| (*name).to_owned()).collect();
        for name in kept.difference(&drawn) {
            offences.push(format!("{file}: must not depend on {name}"));
        }
        for name in drawn.difference(&kept) {
            offences.push(format!("{file}: must depend on {name}"));
        }
        // A crate may use itself with other features in its tests, and what is made for tests.
        let for_tests = [name_of(&folder), "testing"];
        for name in in_tests.difference(&drawn).filter(|name| !for_tests.contains(&name.as_str())) {
            offences.push(format!("{file}: must not depend on {name}, in tests either"));
        }
    }
    assert_none("dependencies between crates must be exactly the arrows of the design", offences);
}

#[test]
fn crates_keep_to_their_business() {
    let members = members();
    let mut offences = Vec::new();
    for (folder, denied) in DENIED {
        let Some(manifest) = members.get(*folder) else { continue };
        for name in denied.iter().filter(|name| manifest.dependencies.contains_key(**name)) {
            offences.push(format!("{folder}/Cargo.toml: must not depend on {name}"));
        }
    }
    assert_none("a crate must not reach for what is another's business", offences);
}

#[test]
fn no_crate_grows_into_a_well() {
    let lines_of = |file: &String| {
        let text = std::fs::read_to_string(workspace().join(file)).expect("a readable source");
        text.lines().count()
    };
    let mut offences = Vec::new();
    for folder in members().keys() {
        let sources = format!("{folder}/src/");
        let own = files().iter().filter(|file| file.starts_with(&sources) && file.ends_with(".rs"));
        let lines: usize = own.map(lines_of).sum();
        if lines == 0 || lines > CRATE_LINES_MAX {
            offences.push(format!("{folder}: {lines} lines, at most {CRATE_LINES_MAX}"));
        }
    }
    assert_none("a crate that grows larger wants to be cut in two", offences);
}

#[test]
fn every_crate_has_a_readme_that_is_its_doc() {
    let mut offences = Vec::new();
    for folder in members().keys() {
        let text = |file: &str| std::fs::read_to_string(workspace().join(folder).join(file));
        match text("README.md") {
            Err(_) => offences.push(format!("{folder}/README.md: is missing")),
            Ok(readme) => {
                let found = HEADINGS.iter().map(|heading| readme.find(heading));
                for (heading, found) in HEADINGS.iter().zip(found.clone()) {
                    if found.is_none() {
                        offences.push(format!("{folder}/README.md: lacks {heading}"));
                    }
                }
                if !found.flatten().is_sorted() {
                    offences.push(format!("{folder}/README.md: its four parts are out of order"));
                }
            }
        }
        let doc = "#![doc = include_str!(\"../README.md\")]";
        // A crate of benchmarks is a program alone.
        let root = text("src/lib.rs").or_else(|_| text("src/main.rs"));
        if !root.is_ok_and(|source| source.contains(doc)) {
            offences.push(format!("{folder}/src: its root must begin with {doc}"));
        }
    }
    assert_none("every crate's README is its documentation", offences);
}

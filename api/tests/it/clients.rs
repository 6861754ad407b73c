//! Meta's own SDKs, unmodified, against the running program: they hear of success, read every error
//! back as their own exception, and what they hashed arrives. `ingest/tests/clients/install`
//! installs them; without it these tests fail and do not skip.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::fixture::Stratum;
use crate::load::Load;

/// The documented check vectors, as both SDKs make them of the known person.
const KNOWN: &[(&str, &str)] = &[
    ("em", "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"),
    ("ph", "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"),
];
/// Of the person with several values.
const SEVERAL: &[(&str, &str)] = &[
    ("em", "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"),
    ("em", "542d240129883c019e106e3b1b2d3f3cb3537c43c425364de8e951d5a3083345"),
    ("ph", "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"),
    ("ph", "dc008fda46e2e64002cf2f82a4906236282d431c4f75e5b60bfe79fc48546383"),
];

#[derive(Clone, Copy, Debug)]
enum Sdk {
    Python,
    Node,
}

impl Sdk {
    fn name(self) -> &'static str {
        match self {
            Sdk::Python => "python",
            Sdk::Node => "node",
        }
    }

    fn command(self) -> Command {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ingest/tests/clients");
        let (program, script) = match self {
            Sdk::Python => (installed().join("python/bin/python"), scripts.join("python/send.py")),
            Sdk::Node => (PathBuf::from("node"), scripts.join("node/send.mjs")),
        };
        let mut command = Command::new(program);
        command.arg(script).env("STRATUM_CLIENTS", installed());
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }
}

/// Where `ingest/tests/clients/install` puts them.
pub fn installed() -> PathBuf {
    let chosen = std::env::var_os("STRATUM_CLIENTS").map(PathBuf::from);
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let folder = chosen.or_else(|| home.map(|home| home.join(".cache/stratum/clients")));
    let folder = folder.expect("neither STRATUM_CLIENTS nor HOME is set");
    for part in ["python/.pins", "node/.pins"] {
        let part = folder.join(part);
        assert!(part.exists(), "{} is missing: run ingest/tests/clients/install", part.display());
    }
    folder
}

/// A dataset of a running Stratum, for one SDK.
struct Target {
    url: String,
    dataset: String,
    key: String,
    sdk: Sdk,
}

impl Target {
    /// What the SDK made of a scenario.
    fn run(&self, scenario: &str, more: &[&str]) -> Value {
        let prefix = format!("{}-{scenario}", self.sdk.name());
        let mut command = self.sdk.command();
        command.args([&self.url, &self.dataset, &self.key, scenario]).args(["--prefix", &prefix]);
        let done = command.args(more).output().expect("the SDK's language on the PATH");
        let complaint = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{prefix}: {complaint}");
        serde_json::from_slice(&done.stdout)
            .unwrap_or_else(|e| panic!("{prefix}: {e}\n{complaint}"))
    }

    fn succeeds(&self, scenario: &str, events: u64, more: &[&str]) {
        let said = self.run(scenario, more);
        assert_eq!(said["events_received"], events, "{:?} {scenario}: {said}", self.sdk);
        assert_eq!(said["errors"], serde_json::json!([]), "{:?} {scenario}: {said}", self.sdk);
        for trace in said["traces"].as_array().expect("traces") {
            assert!(trace.as_str().is_some_and(|text| !text.is_empty()), "{said}");
        }
    }

    /// The one exception the SDK threw.
    fn fails(&self, scenario: &str) -> Value {
        let mut said = self.run(scenario, &[]);
        assert_eq!(said["events_received"], 0, "{:?} {scenario}: {said}", self.sdk);
        let error = said["errors"][0].take();
        assert_eq!(error["class"], "FacebookRequestError", "{:?} {scenario}: {error}", self.sdk);
        assert!(error["message"].is_string() && error["trace"].is_string(), "{scenario}: {error}");
        error
    }

    fn check_errors(&self) {
        let codes = |error: &Value| {
            let number = |field: &str| error[field].as_i64();
            (number("status"), number("code"), number("subcode"))
        };
        let stranger = Target { key: "stk_nobody".to_owned(), ..self.clone_of() };
        let error = stranger.fails("sync");
        assert_eq!((&error["status"], &error["code"]), (&400.into(), &190.into()), "{error}");
        assert_eq!(error["type"], "OAuthException");
        let elsewhere = Target { dataset: "999999999999".to_owned(), ..self.clone_of() };
        let error = elsewhere.fails("sync");
        assert_eq!(codes(&error), (Some(400), Some(100), Some(33)), "{error}");
        assert_eq!(error["type"], "GraphMethodException");
        let error = self.fails("too_old");
        assert_eq!(codes(&error), (Some(400), Some(100), Some(2_804_003)), "{error}");
        let error = self.fails("missing_value");
        assert_eq!(codes(&error), (Some(400), Some(100), Some(2_804_009)), "{error}");
        assert!(error.to_string().contains("data[2]"), "the event at fault is named: {error}");
        let error = self.fails("missing_currency");
        assert_eq!(codes(&error), (Some(400), Some(100), Some(2_804_010)), "{error}");
        assert_eq!(error["title"], "Missing Currency for Purchase Event", "{error}");
        let error = self.fails("too_many");
        assert_eq!((&error["status"], &error["code"]), (&400.into(), &100.into()), "{error}");
        for error in [&error, &self.fails("too_old")] {
            assert_ne!(error["is_transient"], true, "trying again would not help: {error}");
        }
    }

    fn clone_of(&self) -> Target {
        let Target { url, dataset, key, sdk } = self;
        Target { url: url.clone(), dataset: dataset.clone(), key: key.clone(), sdk: *sdk }
    }
}

async fn check(sdk: Sdk) {
    let stratum = Stratum::start(&[]).await;
    let load = Load::create(&stratum, 11).await;
    let target = Target {
        url: stratum.url().to_owned(),
        dataset: load.world.tenants[0].datasets[0].clone(),
        key: load.tenants[0].ingest_key.clone(),
        sdk,
    };
    target.succeeds("sync", 2, &[]);
    target.succeeds("batch", 120, &[]);
    target.succeeds("lists", 1, &[]);
    target.succeeds("test_code", 1, &[]);
    // Of these only the purchase needs a currency.
    target.succeeds("value_alone", 2, &[]);
    let mut landed = 126;
    if matches!(sdk, Sdk::Python) {
        target.succeeds("async", 3, &[]);
        landed += 3;
        for answer in target.run("not_json", &[])["answers"].as_array().expect("answers") {
            assert_eq!(answer["status"], 400, "{answer}");
            assert!(answer["body"]["error"]["code"].is_i64(), "{answer}");
        }
    }
    // The same events again, with a proof of the app's secret: accepted, and duplicates.
    target.succeeds("sync", 2, &["--app-secret", "a secret that is not ours to check"]);
    target.check_errors();
    let what = format!("{landed} events of {sdk:?} were answered with success");
    load.settle(0, &what, |counts| counts["landed"] >= landed).await;
    let counts = load.counts(0).await;
    assert_eq!((counts["landed"], counts["duplicate"]), (landed, 2), "{counts:?}");
    check_hashes(&stratum, &format!("{}-sync-0", sdk.name()), KNOWN).await;
    check_hashes(&stratum, &format!("{}-lists-0", sdk.name()), SEVERAL).await;
}

/// The identifiers of an event in the log: all with these hashes, sealed, and no others of their keys.
async fn check_hashes(stratum: &Stratum, event_id: &str, wanted: &[(&str, &str)]) {
    let lines = stratum.tail("events").await;
    let rows = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let row = rows.into_iter().find(|row| row["event_id"] == event_id);
    let row = row.unwrap_or_else(|| panic!("{event_id} is not in the log"));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let found: BTreeSet<(String, String)> = row["sealed_identifiers"]
        .as_array()
        .expect("identifiers")
        .iter()
        .map(|one| (text(&one["key"]), text(&one["seal"])))
        .collect();
    let tenant = row["tenant_id"].as_u64().expect("a tenant");
    let others = found.iter().filter(|(key, _)| wanted.iter().all(|(wanted, _)| wanted != key));
    // What can be counted is not among them.
    let countable = ["fn", "ln", "ge", "db", "ct", "st", "zp", "country"];
    assert!(others.clone().all(|(key, _)| !countable.contains(&key.as_str())), "{found:?}");
    let wanted = wanted.iter().map(|(key, hash)| ((*key).to_owned(), stratum.seal(tenant, hash)));
    let wanted: BTreeSet<_> = wanted.chain(others.cloned()).collect();
    assert_eq!(found, wanted, "{event_id}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_sdk_is_served() {
    check(Sdk::Python).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_node_sdk_is_served() {
    check(Sdk::Node).await;
}

/// More at once than the door is allowed to hold: what is not taken is told "later", as an exception
/// of the SDK's own that says it is transient, and what is taken is counted.
#[tokio::test(flavor = "multi_thread")]
async fn an_overloaded_door_says_later() {
    let stratum = Stratum::start(Stratum::TINY_DOOR).await;
    let load = Load::create(&stratum, 12).await;
    let mut received = 0;
    let mut refused = 0;
    for sdk in [Sdk::Python, Sdk::Node] {
        let target = Target {
            url: stratum.url().to_owned(),
            dataset: load.world.tenants[0].datasets[0].clone(),
            key: load.tenants[0].ingest_key.clone(),
            sdk,
        };
        let said = target.run("flood", &[]);
        received += said["events_received"].as_u64().expect("a number");
        for error in said["errors"].as_array().expect("errors") {
            assert_eq!(error["class"], "FacebookRequestError", "{error}");
            assert_eq!(error["is_transient"], true, "{error}");
            refused += 1;
        }
    }
    assert!(refused > 0, "nothing was refused: the door is not tiny");
    load.settle(0, &format!("{received} events were taken"), |counts| counts["landed"] >= received)
        .await;
    assert_eq!(load.counts(0).await["landed"], received);
}

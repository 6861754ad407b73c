//! Vendors' own SDKs, unmodified, against the running program: each hears of success, of a refusal, of the
//! plan's limit, of an overload and of a revoked key in its vendor's own words, and what it sent lands with the
//! right name, value and identifiers. `ingest/tests/clients/install` installs them; without it these tests fail
//! and do not skip. Meta's are driven by `clients`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::clients::installed;
use crate::fixture::{Stratum, eventually};

const DATASET: &str = "549755885175";
/// Bits of identifiers in a mask.
const EM: u32 = 1;
const PH: u32 = 1 << 1;
const FN: u32 = 1 << 2;
const LN: u32 = 1 << 3;
const COUNTRY: u32 = 1 << 9;
const EXTERNAL_ID: u32 = 1 << 10;
const CLICK_ID: u32 = 1 << 11;
const BROWSER_ID: u32 = 1 << 12;
const IP: u32 = 1 << 13;
const AGENT: u32 = 1 << 14;
const WAIT: Duration = Duration::from_secs(60);

/// An SDK, and what it makes of the answers.
struct Client {
    /// The vendor's folder of scripts and of what is installed.
    vendor: &'static str,
    /// `python` or `node`.
    language: &'static str,
    /// The dialect it speaks.
    dialect: &'static str,
    /// Scenarios that are taken, with the number of their events that are no duplicates of an earlier one's.
    taken: &'static [(&'static str, u64)],
    /// Events of the refused request that are taken all the same.
    taken_of_refused: u64,
    /// The identifiers of its purchase that are usable.
    identifiers: u32,
    /// Columns of its purchase that the format has no place for.
    lacks: &'static [&'static str],
    /// Texts of its errors: for a refused event, a revoked key, the plan's limit, an overload.
    errors: Errors,
}

struct Errors {
    /// `None` where the vendor's answer is success all the same.
    refused: Option<&'static str>,
    revoked: &'static str,
    limited: &'static str,
    busy: &'static str,
}

/// The identifiers of a purchase that Segment's clients and those like them send.
const OF_SEGMENT: u32 = EM | PH | EXTERNAL_ID | IP | AGENT;

const CLIENTS: &[Client] = &[
    Client {
        vendor: "tiktok",
        language: "python",
        dialect: "tiktok",
        taken: &[("purchase", 1), ("batch", 2)],
        taken_of_refused: 0,
        identifiers: EM | PH | EXTERNAL_ID | CLICK_ID | IP | AGENT,
        lacks: &[],
        errors: Errors { refused: Some("40002"), revoked: "40105", limited: "429", busy: "503" },
    },
    Client {
        vendor: "tiktok",
        language: "node",
        dialect: "tiktok",
        taken: &[("purchase", 1), ("batch", 2)],
        taken_of_refused: 0,
        identifiers: EM | PH | EXTERNAL_ID | CLICK_ID | IP | AGENT,
        lacks: &[],
        errors: Errors {
            refused: Some("40002"),
            revoked: "40105",
            limited: "40100",
            busy: "50000",
        },
    },
    Client {
        vendor: "pinterest",
        language: "python",
        dialect: "pinterest",
        taken: &[("purchase", 1), ("batch", 2)],
        taken_of_refused: 1,
        identifiers: EM | PH | EXTERNAL_ID | CLICK_ID | IP | AGENT,
        lacks: &[],
        errors: Errors {
            refused: Some("Not all events were processed"),
            revoked: "401",
            limited: "429",
            busy: "503",
        },
    },
    Client {
        vendor: "segment",
        language: "python",
        dialect: "segment",
        taken: &[("purchase", 1), ("batch", 2)],
        taken_of_refused: 1,
        identifiers: OF_SEGMENT,
        lacks: &[],
        errors: Errors { refused: None, revoked: "revoked", limited: "429", busy: "503" },
    },
    Client {
        vendor: "segment",
        language: "node",
        dialect: "segment",
        taken: &[("purchase", 1), ("batch", 2)],
        taken_of_refused: 1,
        identifiers: OF_SEGMENT,
        lacks: &[],
        errors: Errors { refused: None, revoked: "401", limited: "Rate limit", busy: "503" },
    },
    Client {
        vendor: "rudderstack",
        language: "python",
        dialect: "segment",
        taken: &[("purchase", 1), ("batch", 2)],
        taken_of_refused: 1,
        identifiers: OF_SEGMENT,
        lacks: &[],
        errors: Errors { refused: None, revoked: "revoked", limited: "429", busy: "503" },
    },
    Client {
        vendor: "ga4",
        language: "python",
        dialect: "ga4",
        taken: &[("purchase", 1), ("batch", 2)],
        taken_of_refused: 0,
        identifiers: EXTERNAL_ID | BROWSER_ID,
        lacks: &[],
        errors: Errors { refused: None, revoked: "401", limited: "429", busy: "503" },
    },
    Client {
        vendor: "snapchat",
        language: "python",
        dialect: "snapchat",
        taken: &[("purchase", 1), ("batch", 2)],
        taken_of_refused: 0,
        identifiers: EM | PH | CLICK_ID | AGENT,
        lacks: &[],
        errors: Errors { refused: Some("FAILED"), revoked: "401", limited: "429", busy: "503" },
    },
    Client {
        vendor: "linkedin",
        language: "python",
        dialect: "linkedin",
        taken: &[("purchase", 1), ("batch", 2)],
        taken_of_refused: 1,
        identifiers: EM | FN | LN | COUNTRY | EXTERNAL_ID | CLICK_ID,
        lacks: &["campaign_id", "source_host"],
        // Of what is no answer to a batch the client tells nothing but that.
        errors: Errors {
            refused: Some("conversionHappenedAt"),
            revoked: "ResponseFormattingError",
            limited: "ResponseFormattingError",
            busy: "ResponseFormattingError",
        },
    },
];

impl Client {
    fn prefix(&self) -> String {
        format!("{}-{}", self.vendor, self.language)
    }

    /// What the SDK made of a scenario: nothing, or an error as it told it.
    fn run(&self, url: &str, key: &str, scenario: &str) -> Option<String> {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ingest/tests/clients");
        let scripts = scripts.join(self.vendor);
        let own = installed().join(self.vendor).join(self.language);
        assert!(own.join(".pins").exists(), "run ingest/tests/clients/install");
        let (program, script) = match self.language {
            "python" => (own.join("bin/python"), scripts.join("send.py")),
            _ => (PathBuf::from("node"), scripts.join("send.mjs")),
        };
        let mut command = Command::new(program);
        command.arg(script).args([url, DATASET, key, scenario, &self.prefix()]);
        command.env("STRATUM_CLIENTS", installed()).env("PYTHONDONTWRITEBYTECODE", "1");
        let done = command.output().expect("the SDK's language on the PATH");
        let complaint = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{} {scenario}: {complaint}", self.prefix());
        let said: Value = serde_json::from_slice(&done.stdout)
            .unwrap_or_else(|e| panic!("{} {scenario}: {e}\n{complaint}", self.prefix()));
        (!said["error"].is_null()).then(|| said["error"].to_string())
    }

    fn fails(&self, url: &str, key: &str, scenario: &str, with: &str) {
        let error = self.run(url, key, scenario);
        let case = format!("{} {scenario}: {error:?}, not {with}", self.prefix());
        assert!(error.is_some_and(|error| error.contains(with)), "{case}");
    }
}

/// The row of an event in the log: our name for it, its worth, and the identifiers that are usable.
async fn check_row(stratum: &Stratum, client: &Client) {
    let event_id = format!("{}-0", client.prefix());
    let lines = stratum.tail("events").await;
    let mut rows = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let row = rows.find(|row| row["event_id"] == event_id.as_str());
    let row = row.unwrap_or_else(|| panic!("{event_id} is not in the log"));
    for (column, wanted) in [
        ("dialect", json!(client.dialect)),
        ("dataset_id", json!(DATASET)),
        ("event_name", json!("Purchase")),
        ("action_source", json!("website")),
        ("value_micros", json!(59_900_000)),
        ("currency", json!("EUR")),
        ("campaign_id", json!("77")),
        ("source_host", json!("shop.example")),
        ("device", json!(if client.identifiers & AGENT == 0 { "unknown" } else { "desktop" })),
        ("valid_mask", json!(client.identifiers)),
        ("invalid_mask", json!(0)),
    ] {
        let lacks = client.lacks.contains(&column);
        assert!(lacks || row[column] == wanted, "{event_id} {column}, not {wanted}: {row}");
    }
}

/// A key that was revoked, and that the door knows to be.
async fn revoked_key(stratum: &Stratum) -> String {
    let tenant = stratum.create_tenant("Gone", "UTC", "EUR").await;
    let key = tenant.create_ingest_key().await;
    let list = stratum.admin(&["api-key", "list", "--tenant", &tenant.slug], "").await;
    let id = list.split_whitespace().find(|word| word.parse::<uuid::Uuid>().is_ok());
    let id = id.expect("the id of a key");
    stratum.admin(&["api-key", "revoke", "--tenant", &tenant.slug, "--id", id], "").await;
    let nothing = json!({"data": []});
    let is_closed = async || {
        let (_, answer) = stratum.post("/v24.0/1/events", &key, &nothing).await;
        (answer["error"]["error_subcode"] == 460).then_some(())
    };
    eventually("the door takes a revoked key", WAIT, is_closed).await;
    key
}

#[tokio::test(flavor = "multi_thread")]
async fn vendors_sdks_are_served() {
    let mut stratum = Stratum::start(&[]).await;
    let (key, limited, revoked, token) = {
        let shop = stratum.create_tenant("Shop", "Europe/Berlin", "EUR").await;
        let small = stratum.create_tenant("Small", "Europe/Berlin", "EUR").await;
        for tenant in [&shop, &small] {
            tenant.create_dataset("tiktok", DATASET).await;
            tenant.create_dataset("pinterest", DATASET).await;
            tenant.create_dataset("google", DATASET).await;
            tenant.create_dataset("snapchat", DATASET).await;
            tenant.create_named_dataset("linkedin", DATASET, "Purchase").await;
            tenant.create_dataset("none", DATASET).await;
        }
        let plan = ["plan", "set", "--tenant", &small.slug, "--plan", "free"];
        stratum.admin(&[&plan[..], &["--events-per-second", "0"]].concat(), "").await;
        let keys = (shop.create_ingest_key().await, small.create_ingest_key().await);
        (keys.0, keys.1, revoked_key(&stratum).await, shop.sign_in().await)
    };
    let url = stratum.url().to_owned();
    let mut landed = 0;
    for client in CLIENTS {
        for (scenario, events) in client.taken {
            let error = client.run(&url, &key, scenario);
            assert_eq!(error, None, "{} {scenario}", client.prefix());
            landed += events;
        }
        match client.errors.refused {
            Some(error) => client.fails(&url, &key, "refused", error),
            None => assert_eq!(client.run(&url, &key, "refused"), None, "{}", client.prefix()),
        }
        landed += client.taken_of_refused;
        client.fails(&url, &revoked, "purchase", client.errors.revoked);
        client.fails(&url, &limited, "purchase", client.errors.limited);
        check_row(&stratum, client).await;
    }
    let all = async || {
        let (_, answer) = stratum.get("/api/v1/analytics/ingest", &token).await;
        (answer["data"]["events"]["landed"] == landed).then_some(())
    };
    eventually(&format!("{landed} events have not landed"), WAIT, all).await;
    stratum.stop().await;
    stratum.set_env("STRATUM__ingest__requests_in_flight_max", "0");
    stratum.restart().await;
    for client in CLIENTS {
        client.fails(&url, &key, "purchase", client.errors.busy);
    }
}

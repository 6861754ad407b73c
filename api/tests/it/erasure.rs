//! One person, planted everywhere, asks to be forgotten: afterwards they are nowhere, also when the log
//! is read once more.

use std::path::Path;
use std::time::Duration;

use aho_corasick::AhoCorasick;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::fixture::{PASSWORD, Stratum, eventually, names};
use crate::load::now;

/// Events are a second behind; a machine full of tests is slow.
const LANDED_WAIT: Duration = Duration::from_secs(60);
const DATASET: &str = "4711";
const EMAIL: &str = "ana.lovelace@example.com";
const PHONE: &str = "+49 170 7654321";
const PHONE_DIGITS: &str = "491707654321";
const ID: &str = "kunde-770077";
/// What her events are counted as: five, of which one has a name of its own.
const EVENTS: u64 = 5;
const OWN_NAME: &str = "VipVisitOfOne";
const SHARED_NAME: &str = "ShopVisit";

fn sha256(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Her in clear, and her hashes as bytes and as digits.
fn needles() -> Vec<Vec<u8>> {
    let clear = [EMAIL, PHONE, PHONE_DIGITS, ID, "Ana Lovelace", "Lovelace-special"];
    let hashes = [EMAIL, PHONE_DIGITS, ID, "lovelace"].map(sha256);
    let clear = clear.iter().map(|text| text.as_bytes().to_vec());
    let digits = hashes.iter().map(|hash| hex(hash).into_bytes());
    clear.chain(hashes.iter().map(|hash| hash.to_vec())).chain(digits).collect()
}

async fn send(stratum: &Stratum, key: &str) {
    let event = |name: &str, id: &str, user: Value| {
        json!({"event_name": name, "event_time": now().0 / 1000, "event_id": id,
            "action_source": "website", "user_data": user,
            "custom_data": {"value": 10.0, "currency": "USD", "order_id": id}})
    };
    let named = json!({"em": EMAIL, "fn": "Ana", "ln": "Lovelace", "db": "19900131"});
    let body = json!({"data": [
        event("Purchase", "order-1", json!({"em": EMAIL, "ph": PHONE, "external_id": ID})),
        event("Purchase", "order-2", json!({"ph": PHONE})),
        event(SHARED_NAME, "order-3", json!({"external_id": ID})),
        event("Lovelace-special", "lovelace-order-4", named),
        event(OWN_NAME, "order-5", json!({"em": hex(&sha256(EMAIL))})),
        event("Purchase", "order-6", json!({"em": "bea@example.com"})),
        event(SHARED_NAME, "order-7", json!({"em": "bea@example.com"})),
    ]});
    let (status, answer) = stratum.post(&format!("/v24.0/{DATASET}/events"), key, &body).await;
    assert_eq!((status, &answer["events_received"]), (200, &json!(7)), "{answer}");
}

async fn told(stratum: &Stratum, admin: &str, identifier: &str) -> Value {
    let asked = json!({"identifier": identifier});
    let (status, answer) = stratum.post("/api/v1/gdpr/export", admin, &asked).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

async fn wait_for_events(stratum: &Stratum, admin: &str, identifier: &str, events: u64) {
    let landed = async || {
        let answer = told(stratum, admin, identifier).await;
        (answer["pagination"]["total"] == events).then_some(())
    };
    eventually(&format!("{events} events do not land"), LANDED_WAIT, landed).await;
}

/// How many are at each place.
fn counts(data: &Value) -> Vec<(String, u64)> {
    let places = data["places"].as_array().expect("places").iter();
    let count = |place: &Value| {
        let name = place["place"].as_str().expect("a name").to_owned();
        (name, place["count"].as_u64().expect("a count"))
    };
    places.map(count).filter(|(name, _)| name != "log").collect()
}

fn of(places: [u64; 6]) -> Vec<(String, u64)> {
    let names = ["export_files", "event_names", "events", "letters", "users", "invitations"];
    names.iter().map(|name| (*name).to_owned()).zip(places).collect()
}

/// A file of events with her hashes, made for an admin.
async fn export(stratum: &Stratum, admin: &str) -> String {
    let body = json!({"type": "events", "format": "csv", "columns": ["event_id", "em_sha256", "ph_sha256"]});
    let (status, answer) = stratum.post("/api/v1/analytics/export", admin, &body).await;
    assert_eq!(status, 202, "{answer}");
    let id = answer["data"]["id"].as_str().expect("an id").to_owned();
    let path = format!("/api/v1/analytics/export/{id}");
    let done = async || {
        let (_, job) = stratum.get(&path, admin).await;
        (job["data"]["state"] == "done").then_some(())
    };
    eventually("the export is not done", LANDED_WAIT, done).await;
    id
}

/// How many events hold a seal of hers, an event id or an order id of hers.
async fn sealed_events(stratum: &Stratum, tenant: u64) -> u64 {
    let seals = [EMAIL, PHONE_DIGITS, ID].map(|text| stratum.seal(tenant, &hex(&sha256(text))));
    let list = seals.map(|seal| format!("'{}'", seal.to_uppercase())).join(", ");
    let question = format!(
        "SELECT count() FROM events WHERE arrayExists(one -> hex(one.seal) IN ({list}), sealed_identifiers) \
         OR event_id IN ('order-1', 'order-2', 'order-3', 'order-5') OR order_id IN ('order-1', 'order-2', 'order-3', 'order-5')"
    );
    stratum.ask_warehouse(&question).await.trim().parse().expect("a count")
}

async fn event_count(stratum: &Stratum) -> u64 {
    stratum.ask_warehouse("SELECT count() FROM events").await.trim().parse().expect("a count")
}

fn search(needles: &AhoCorasick, folder: &Path) -> usize {
    let mut files = 0;
    for entry in std::fs::read_dir(folder).expect("a readable folder").flatten() {
        let path = entry.path();
        // Engines remove files while they run.
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() {
            files += search(needles, &path);
        } else if kind.is_file()
            && let Ok(bytes) = std::fs::read(&path)
        {
            let found = needles.find(&bytes).map(|found| found.pattern().as_usize());
            assert!(found.is_none(), "{} holds needle {found:?}", path.display());
            files += 1;
        }
    }
    files
}

async fn assert_nowhere(stratum: &Stratum) {
    let needles = AhoCorasick::new(needles()).expect("a search");
    assert!(search(&needles, stratum.data_folder()) > 50, "no file was searched");
    for (table, rows) in stratum.warehouse_rows().await {
        assert!(!needles.is_match(rows.as_bytes()), "warehouse table {table}");
    }
    for (table, rows) in stratum.state_rows().await {
        assert!(!needles.is_match(rows.as_bytes()), "state table {table}");
    }
    assert!(!needles.is_match(stratum.tail("events").await.as_bytes()), "the log");
    assert!(!needles.is_match(stratum.output().as_bytes()), "what it printed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_person_is_nowhere_and_does_not_come_back() {
    let mut stratum = Stratum::start(&[]).await;
    let (admin, tenant) = {
        let tenant = stratum.create_tenant("One", "UTC", "USD").await;
        tenant.create_dataset("meta", DATASET).await;
        let key = tenant.create_ingest_key().await;
        let admin = tenant.sign_in().await;
        let user = ["--email", EMAIL, "--role", "viewer", "--name", "Ana Lovelace"];
        let create = ["user", "create", "--tenant", &tenant.slug];
        stratum.admin(&[&create[..], &user].concat(), PASSWORD).await;
        send(&stratum, &key).await;
        let (_, me) = stratum.get("/api/v1/auth/me", &admin).await;
        (admin, me["data"]["tenant"]["id"].as_u64().expect("an id"))
    };
    // One event names all three, so each leads to every event of hers.
    for asked in [EMAIL, PHONE, ID] {
        wait_for_events(&stratum, &admin, asked, EVENTS).await;
    }
    let forgot = json!({"email": EMAIL});
    let (status, _) = stratum.post("/api/v1/auth/forgot-password", "", &forgot).await;
    assert_eq!(status, 200);
    let mail = stratum.data_folder().join("mail");
    let written = async || (mail.exists() && !names(&mail).is_empty()).then_some(());
    eventually("no letter is written", LANDED_WAIT, written).await;
    let job = export(&stratum, &admin).await;
    let file = stratum.data_folder().join(format!("exports/{tenant}/{job}-1"));
    let text = std::fs::read_to_string(&file).expect("the file");
    assert!(text.contains(&hex(&sha256(EMAIL))), "an admin's file holds SHA-256");
    assert_eq!(sealed_events(&stratum, tenant).await, EVENTS);
    let found = told(&stratum, &admin, EMAIL).await;
    // The custom name that repeats hers was not kept from the start; what stands for it is hers alone.
    assert_eq!(counts(&found["data"]), of([1, 2, EVENTS, 1, 1, 0]), "{found}");

    let asked = json!({"identifier": EMAIL});
    let (status, answer) = stratum.post("/api/v1/gdpr/anonymize", &admin, &asked).await;
    assert_eq!(status, 200, "{answer}");
    // Events of a name of their own went with it.
    assert_eq!(counts(&answer["data"]), of([1, 2, EVENTS - 2, 1, 1, 0]), "{answer}");
    let (_, again) = stratum.post("/api/v1/gdpr/anonymize", &admin, &asked).await;
    assert_eq!(counts(&again["data"]), of([0; 6]), "idempotent");
    for asked in [EMAIL, PHONE, ID] {
        assert_eq!(told(&stratum, &admin, asked).await["pagination"]["total"], 0, "{asked}");
    }
    assert!(!file.exists() && names(&mail).is_empty(), "file and letter are gone");
    assert_eq!((sealed_events(&stratum, tenant).await, event_count(&stratum).await), (0, 5));
    let (status, _) =
        stratum.get(&format!("/api/v1/analytics/export/{job}/download"), &admin).await;
    assert_eq!(status, 404);
    assert_nowhere(&stratum).await;
    let bea = told(&stratum, &admin, "bea@example.com").await;
    assert_eq!(bea["pagination"]["total"], 2, "others stay");

    // A warehouse that begins anew reads all that the log still holds.
    stratum.stop().await;
    std::fs::remove_dir_all(stratum.data_folder().join("clickhouse")).expect("a warehouse");
    stratum.restart().await;
    let landed = async || (event_count(&stratum).await == 7).then_some(());
    eventually("the log is not read again", LANDED_WAIT, landed).await;
    assert_eq!(sealed_events(&stratum, tenant).await, 0, "the replay asks who was erased");
    assert_nowhere(&stratum).await;
    let bea = "SELECT count() FROM events WHERE event_id IN ('order-6', 'order-7')";
    assert_eq!(stratum.ask_warehouse(bea).await.trim(), "2");
    stratum.stop().await;
}

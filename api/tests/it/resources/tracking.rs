use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use stratum_models::identifier::{IdentifierKey, IdentifierMask};

use super::{Caller, each, fields};
use crate::fixture::{Stratum, eventually};
use crate::load::now;

/// What the contract allows from the answer to the first event that is treated anew.
const VISIBLE_WAIT: Duration = Duration::from_secs(2);
const LANDED_WAIT: Duration = Duration::from_secs(30);
const DATASET: &str = "5550001";

#[tokio::test(flavor = "multi_thread")]
async fn a_new_version_is_what_ingest_reads_within_two_seconds() {
    let stratum = Stratum::start(&[]).await;
    let tenant = stratum.create_tenant("One", "UTC", "EUR").await;
    let key = tenant.create_ingest_key().await;
    let admin = Caller::of(&stratum, &tenant, "admin").await;
    let foreign = stratum.create_tenant("Other", "UTC", "USD").await;
    let other = Caller::of(&stratum, &foreign, "admin").await;
    let dataset =
        admin.make("/datasets", &json!({"platform": "meta", "external_id": DATASET})).await;
    assert_eq!((&dataset["name"], &dataset["tracking_version"]), (&json!(DATASET), &json!(1)));
    let path = format!("/tracking/{}", dataset["id"].as_str().unwrap());
    let sender = Sender { stratum: &stratum, key };
    // The dataset itself is new to the door.
    let known = async || sender.try_send("before").await.then_some(());
    eventually("the door does not know a new dataset", LANDED_WAIT, known).await;
    let change = json!({"expected_version": 1, "default_calling_code": 49});
    let (status, answer) = admin.call(Method::PUT, &path, Some(&change)).await;
    assert_eq!((status, &answer["data"]["version"]), (200, &json!(2)), "{answer}");
    let late = sender.send_for(VISIBLE_WAIT * 2).await;
    every_late_event_carries_the_version(&stratum, &late).await;
    versions_are_kept(&admin, &other, &path).await;
    datasets_are_listed(&stratum, &admin, &other).await;
}

struct Sender<'a> {
    stratum: &'a Stratum,
    key: String,
}

impl Sender<'_> {
    /// Whether the door takes an event of a German number without its calling code.
    async fn try_send(&self, event_id: &str) -> bool {
        let event = json!({"data": [{
            "event_name": "Purchase", "event_time": now().0 / 1000, "event_id": event_id,
            "action_source": "website", "event_source_url": "https://shop.example/thanks",
            "user_data": {
                "em": "ana@example.com", "ph": "030 12345678",
                "client_user_agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0",
            },
            "custom_data": {"value": 1.0, "currency": "EUR"},
        }]});
        let path = format!("/v24.0/{DATASET}/events");
        self.stratum.post(&path, &self.key, &event).await.0 == 200
    }

    /// Sends event after event for so long; which of them were sent after the wait.
    async fn send_for(&self, time: Duration) -> Vec<String> {
        let began = Instant::now();
        let mut late = Vec::new();
        for number in 0.. {
            let (sent_at, id) = (began.elapsed(), format!("after-{number:05}"));
            assert!(self.try_send(&id).await, "{id}");
            if sent_at > VISIBLE_WAIT {
                late.push(id);
            }
            if sent_at > time {
                break;
            }
        }
        late
    }
}

/// Id, version and usable identifiers of every event that has landed.
async fn landed(stratum: &Stratum) -> Vec<(String, u64, u64)> {
    let rows = stratum.warehouse_rows().await;
    let events = &rows.iter().find(|(table, _)| table == "events").expect("events").1;
    let of = |line: &str| {
        let row: Value = serde_json::from_str(line).expect("a row");
        let id = row["event_id"].as_str().unwrap_or_default().to_owned();
        (id, row["config_version"].as_u64().unwrap(), row["valid_mask"].as_u64().unwrap())
    };
    let mut events: Vec<_> = events.lines().map(of).collect();
    events.sort();
    events
}

async fn every_late_event_carries_the_version(stratum: &Stratum, late: &[String]) {
    let last = late.last().expect("late events");
    let all = async || {
        let events = landed(stratum).await;
        events.iter().any(|(id, ..)| id == last).then_some(events)
    };
    let events = eventually("the events do not land", LANDED_WAIT, all).await;
    let phone = u64::from(IdentifierMask::of(&[IdentifierKey::Phone]).0);
    for (id, version, valid) in &events {
        assert_eq!(*version == 2, valid & phone != 0, "{id} is treated as its version says");
    }
    let version = |wanted: &str| events.iter().find(|(id, ..)| id == wanted).map(|event| event.1);
    assert_eq!(version("before"), Some(1));
    for id in late {
        assert!(version(id).is_none_or(|version| version == 2), "{id}");
    }
    let versions: Vec<u64> =
        events.iter().filter(|(id, ..)| id.starts_with("after")).map(|event| event.1).collect();
    assert!(versions.is_sorted(), "nothing is treated the old way again: {versions:?}");
}

async fn versions_are_kept(admin: &Caller<'_>, other: &Caller<'_>, path: &str) {
    let stale = json!({"expected_version": 1, "default_calling_code": 20});
    for method in [Method::PUT, Method::PATCH] {
        let (status, answer) = admin.call(method, path, Some(&stale)).await;
        assert_eq!((status, &answer["error"]), (409, &json!("conflict")), "{answer}");
    }
    let change = json!({"expected_version": 2, "default_calling_code": 20});
    let (one, two) = tokio::join!(admin.patch(path, &change), admin.patch(path, &change));
    let mut statuses = [one.0, two.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409], "{one:?} {two:?}");
    let unchanged = json!({"expected_version": 3});
    assert_eq!(admin.patch(path, &unchanged).await.1["data"]["default_calling_code"], 20);
    let (_, answer) = admin.call(Method::PUT, path, Some(&json!({"expected_version": 4}))).await;
    assert_eq!(answer["data"]["default_calling_code"], json!(null), "{answer}");
    for (body, field) in [
        (json!({"expected_version": 5, "default_calling_code": 1000}), "default_calling_code"),
        (json!({"default_calling_code": 49}), "expected_version"),
        (json!({"expected_version": -1}), "expected_version"),
        (json!({"expected_version": 5, "policy": {}}), "policy"),
    ] {
        let (status, answer) = admin.patch(path, &body).await;
        assert_eq!((status, fields(&answer)), (422, vec![field]), "{body}: {answer}");
    }
    let answer = admin.read(&format!("{path}/versions")).await;
    assert_eq!(each(&answer, "version"), [5, 4, 3, 2, 1]);
    let codes = each(&answer, "default_calling_code");
    assert_eq!(codes, [json!(null), json!(20), json!(20), json!(49), json!(null)]);
    let answer = admin.read(&format!("{path}/versions?page_size=2&page=9")).await;
    assert_eq!(answer["pagination"]["total"], 5);
    assert_eq!(admin.read(path).await["data"]["version"], 5);
    for path in [path.to_owned(), format!("{path}/versions")] {
        assert_eq!(other.get(&path).await.0, 404, "{path}");
    }
    assert_eq!(other.patch(path, &change).await.0, 404);
}

async fn datasets_are_listed(stratum: &Stratum, admin: &Caller<'_>, other: &Caller<'_>) {
    let body = json!({"platform": "meta", "external_id": DATASET});
    let (status, answer) = admin.post("/datasets", &body).await;
    assert_eq!((status, &answer["error"]), (409, &json!("conflict")), "{answer}");
    // Two tenants may send for the same one.
    other.make("/datasets", &body).await;
    let (status, answer) =
        admin.post("/datasets", &json!({"platform": "meta", "external_id": "a/b"})).await;
    assert_eq!((status, fields(&answer)), (422, vec!["external_id"]));
    for path in ["/datasets", "/tracking"] {
        let answer = admin.read(path).await;
        assert_eq!(each(&answer, "external_id"), [DATASET], "{path}");
        assert_eq!(answer["pagination"]["total"], 1);
    }
    let rows = stratum.state_rows().await;
    let audit = &rows.iter().find(|(table, _)| table == "audit_log").unwrap().1;
    assert_eq!(audit.matches("tracking.updated").count(), 4, "{audit}");
    datasets_of_no_platform_and_of_named_events(admin).await;
}

async fn datasets_of_no_platform_and_of_named_events(admin: &Caller<'_>) {
    let shop = admin.make("/datasets", &json!({"platform": null, "external_id": "shop"})).await;
    assert_eq!((&shop["platform"], &shop["event_name"]), (&json!(null), &json!(null)));
    let key = json!({"name": "shop", "scope": "ingest", "dataset_id": "shop"});
    let key = admin.make("/api-keys", &key).await;
    assert_eq!(key["dataset_id"], "shop");
    let lead = json!({"platform": "linkedin", "external_id": "104012", "event_name": " Lead "});
    assert_eq!(admin.make("/datasets", &lead).await["event_name"], "Lead");
    // Whose events name themselves, and whether there is a platform, is to be said.
    let named = json!({"platform": "meta", "external_id": "7", "event_name": "Lead"});
    let (status, answer) = admin.post("/datasets", &named).await;
    assert_eq!((status, fields(&answer)), (422, vec!["event_name"]));
    assert!(matches!(admin.post("/datasets", &json!({"external_id": "8"})).await.0, 400 | 422));
}

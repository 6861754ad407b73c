//! One-click fixes: a fix that is applied changes what ingest does, what it brings is what a recount of the raw events
//! finds, and taken back it takes back nothing else.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use stratum_models::identifier::{IdentifierKey, IdentifierMask};

use crate::fixture::{Stratum, eventually};
use crate::load::now;
use crate::resources::{Caller, each, fields};

const DATASET: &str = "5550002";
const WAIT: Duration = Duration::from_secs(30);
const CLICK: u64 = IdentifierMask::of(&[IdentifierKey::ClickId]).0 as u64;
const EMAIL: u64 = IdentifierMask::of(&[IdentifierKey::Email]).0 as u64;

/// Four of its events have a click id in the address of their page alone, and two have none.
const BEFORE: [&str; 6] = ["?fbclid=one", "?fbclid=two", "?fbclid=three", "?fbclid=four", "", ""];

#[tokio::test(flavor = "multi_thread")]
async fn a_fix_changes_what_ingest_does_and_is_measured_by_counting() {
    let stratum = Stratum::start(&[("STRATUM__fixes__look_ms", "300")]).await;
    let tenant = stratum.create_tenant("Shop", "UTC", "EUR").await;
    let foreign = stratum.create_tenant("Other", "UTC", "EUR").await;
    let shop = Shop {
        stratum: &stratum,
        key: tenant.create_ingest_key().await,
        admin: Caller::of(&stratum, &tenant, "manager").await,
    };
    let admin = Caller::of(&stratum, &tenant, "admin").await;
    let dataset =
        admin.make("/datasets", &json!({"platform": "meta", "external_id": DATASET})).await;
    let tracking = format!("/tracking/{}", dataset["id"].as_str().unwrap());
    let known = async || shop.try_send("first", "").await.then_some(());
    eventually("the door does not know the dataset", WAIT, known).await;
    for (number, query) in BEFORE.iter().enumerate() {
        assert!(shop.try_send(&format!("before-{number}"), query).await);
    }
    issues_are_suggested_with_a_counted_preview(&shop).await;
    a_dry_run_changes_nothing(&shop, &admin, &tracking).await;
    let run = the_fix_is_applied_once(&shop).await;
    events_are_treated_anew(&shop).await;
    the_effect_is_a_plain_recount(&shop, &run).await;
    let other = Caller::of(&stratum, &foreign, "admin").await;
    assert_eq!(other.get(&format!("/qa/fixes/run/{run}")).await.0, 404);
    only_what_the_run_changed_is_taken_back(&shop, &admin, &tracking, &run).await;
    a_guided_fix_is_watched_and_changes_nothing(&shop, &admin, &tracking).await;
    what_cannot_be_asked_is_refused(&shop, &admin).await;
}

struct Shop<'a> {
    stratum: &'a Stratum,
    key: String,
    admin: Caller<'a>,
}

/// A landed event.
struct EventRow {
    id: String,
    version: u64,
    valid: u64,
    derived: u64,
    derivable: u64,
}

impl Shop<'_> {
    /// Whether the door takes an event of a page with this query; its e-mail address needs repair.
    async fn try_send(&self, id: &str, query: &str) -> bool {
        let event = json!({"data": [{
            "event_name": "Purchase", "event_time": now().0 / 1000, "event_id": id,
            "action_source": "website", "event_source_url": format!("https://shop.example/thanks{query}"),
            "user_data": {
                "em": "Ana <ana@example.com>", "client_ip_address": "81.2.69.142",
                "client_user_agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0",
            },
            "custom_data": {"value": 1.0, "currency": "EUR"},
        }]});
        let path = format!("/v24.0/{DATASET}/events");
        self.stratum.post(&path, &self.key, &event).await.0 == 200
    }

    async fn landed(&self) -> Vec<EventRow> {
        let rows = self.stratum.warehouse_rows().await;
        let events = &rows.iter().find(|(table, _)| table == "events").expect("events").1;
        let of = |line: &str| {
            let row: Value = serde_json::from_str(line).expect("a row");
            let number = |name: &str| row[name].as_u64().expect("a number");
            EventRow {
                id: row["event_id"].as_str().unwrap_or_default().to_owned(),
                version: number("config_version"),
                valid: number("valid_mask"),
                derived: number("derived_mask"),
                derivable: number("derivable_mask"),
            }
        };
        events.lines().map(of).collect()
    }

    async fn suggestion(&self, issue: &str) -> Option<Value> {
        let answer = self.admin.read("/qa/fixes/suggestions?platform=meta").await;
        let items = answer["data"]["items"].as_array().expect("items").clone();
        items.into_iter().find(|item| item["issue_code"] == issue)
    }

    async fn apply(&self, body: Value) -> (u16, Value) {
        let (status, answer) = self.admin.post("/qa/fixes/apply", &body).await;
        (status, answer["data"].clone())
    }
}

async fn issues_are_suggested_with_a_counted_preview(shop: &Shop<'_>) {
    let all = async || {
        let found = shop.suggestion("MISSING_CLICK_ID").await;
        found.filter(|item| item["preview"]["events"] == 7)
    };
    let item = eventually("the events do not show", WAIT, all).await;
    assert_eq!(item["preview"]["before"], 0.0);
    assert!((item["preview"]["after"].as_f64().unwrap() - 4.0 / 7.0).abs() < 1e-9, "{item}");
    assert_eq!((&item["one_click"], &item["reason"]), (&json!(true), &json!(null)));
    assert_eq!((&item["roas_impact"]["avg_pct"], &item["run_id"]), (&json!(null), &json!(null)));
    assert!(item["roas_impact"]["reasoning"].as_str().unwrap().contains("destination"), "{item}");
    let score = shop.suggestion("LOW_MATCH_SCORE").await.expect("a low score");
    assert!(score["preview"]["after"].as_f64() > score["preview"]["before"].as_f64(), "{score}");
    let phone = shop.suggestion("LOW_PHONE_COVERAGE").await.expect("no numbers");
    assert_eq!((&phone["one_click"], &phone["can_be_applied"]), (&json!(false), &json!(true)));
    assert!(phone["reason"].is_string() && phone["guided_steps"][0].is_string(), "{phone}");
    for event in shop.landed().await {
        let number = event.id.strip_prefix("before-").and_then(|number| number.parse().ok());
        let has_click = number.is_some_and(|number: usize| !BEFORE[number].is_empty());
        assert_eq!((event.valid & CLICK, event.derived), (0, 0), "{}", event.id);
        assert_eq!(event.derivable & CLICK != 0, has_click, "{}", event.id);
    }
}

async fn a_dry_run_changes_nothing(shop: &Shop<'_>, admin: &Caller<'_>, tracking: &str) {
    let body = json!({"platform": "meta", "issue_code": "CONFIG_MISMATCH", "dry_run": true});
    let (status, data) = shop.apply(body).await;
    assert_eq!((status, &data["run"], &data["one_click"]), (200, &json!(null), &json!(true)));
    let changes = json!([
        {"name": "click_id", "from": "sent", "to": "from_url"},
        {"name": "normalization", "from": "v1", "to": "v2"},
    ]);
    assert_eq!(data["changes"], changes);
    assert_eq!(data["preview"]["events"], 7);
    assert_eq!(admin.read(tracking).await["data"]["version"], 1);
    assert_eq!(shop.admin.read("/qa/fixes/history").await["pagination"]["total"], 0);
}

async fn the_fix_is_applied_once(shop: &Shop<'_>) -> String {
    let body = json!({"platform": "meta", "dataset_id": DATASET, "issue_code": "MISSING_CLICK_ID",
        "dry_run": false, "idempotency_key": "press-1"});
    let (one, two) = tokio::join!(shop.apply(body.clone()), shop.apply(body));
    let mut statuses = [one.0, two.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 201], "{one:?} {two:?}");
    let run = &one.1["run"];
    assert_eq!((&run["id"], &run["version_applied"]), (&two.1["run"]["id"], &json!(2)));
    assert_eq!((&run["state"], &run["ended_for"]), (&json!("observing"), &json!(null)));
    // Without the key it is the open run of the issue.
    let again = json!({"platform": "meta", "issue_code": "MISSING_CLICK_ID", "dry_run": false});
    assert_eq!(shop.apply(again).await.1["run"]["id"], run["id"]);
    let other = json!({"platform": "meta", "issue_code": "LOW_MATCH_SCORE", "dry_run": false,
        "idempotency_key": "press-1"});
    assert_eq!(shop.apply(other).await.0, 409, "a key is for one fix");
    let item = shop.suggestion("MISSING_CLICK_ID").await.expect("as long as it is in the days");
    assert_eq!(item["run_id"], run["id"]);
    run["id"].as_str().expect("an id").to_owned()
}

/// The door reads the new version; from then on every event is repaired.
async fn events_are_treated_anew(shop: &Shop<'_>) {
    let mut sent = 0;
    let anew = async || {
        sent += 1;
        assert!(shop.try_send(&format!("after-{sent}"), "?fbclid=after").await);
        shop.landed().await.into_iter().find(|event| event.version == 2)
    };
    let event = eventually("the door does not read the new version", WAIT, anew).await;
    assert_eq!((event.valid & CLICK, event.derived & CLICK), (CLICK, CLICK));
    for number in 0..5 {
        assert!(shop.try_send(&format!("bare-{number}"), "").await);
    }
    let landed = async || {
        let bare = |event: &&EventRow| event.id.starts_with("bare-");
        (shop.landed().await.iter().filter(bare).count() == 5).then_some(())
    };
    eventually("the events do not land", WAIT, landed).await;
    for event in shop.landed().await {
        let is_repaired = event.version == 2 && event.id.starts_with("after-");
        assert_eq!(event.valid & CLICK != 0, is_repaired, "{}", event.id);
        assert_eq!((event.derived & EMAIL, event.derivable & EMAIL), (0, EMAIL), "{}", event.id);
    }
}

async fn the_effect_is_a_plain_recount(shop: &Shop<'_>, run: &str) {
    let under: Vec<_> =
        shop.landed().await.into_iter().filter(|event| event.version >= 2).collect();
    let marked = under.iter().filter(|event| event.derived & CLICK != 0).count();
    let (events, share) = (under.len(), marked as f64 / under.len() as f64);
    assert!(marked > 0 && events > marked, "{marked} of {events}");
    let measured = async || {
        let answer = shop.admin.read(&format!("/qa/fixes/run/{run}")).await;
        let effect = answer["data"]["measured"]["effect"].clone();
        (effect["events"] == json!(events)).then_some((answer, effect))
    };
    let (answer, effect) = eventually("the run is not looked at", WAIT, measured).await;
    assert!((effect["value"].as_f64().unwrap() - share).abs() < 1e-9, "{effect} {share}");
    assert!(effect["low"].as_f64() <= effect["value"].as_f64(), "{effect}");
    assert_eq!(answer["data"]["state"], "observing", "a day has not passed");
    assert_eq!(answer["data"]["measured"]["before"]["value"], 0.0);
}

async fn only_what_the_run_changed_is_taken_back(
    shop: &Shop<'_>,
    admin: &Caller<'_>,
    tracking: &str,
    run: &str,
) {
    let body = json!({"platform": "meta", "issue_code": "LOW_MATCH_SCORE", "dry_run": false});
    let (status, data) = shop.apply(body.clone()).await;
    assert_eq!((status, &data["run"]["version_applied"]), (201, &json!(3)));
    let second = data["run"]["id"].as_str().unwrap().to_owned();
    let by_hand = json!({"expected_version": 3, "default_calling_code": 49});
    assert_eq!(admin.patch(tracking, &by_hand).await.0, 200);
    let path = format!("/qa/fixes/run/{run}/rollback");
    let (status, answer) = shop.admin.post(&path, &json!({})).await;
    assert_eq!((status, &answer["data"]["state"]), (200, &json!("rolled_back")), "{answer}");
    assert_eq!(answer["data"]["ended_for"], "by_user");
    assert_eq!(shop.admin.post(&path, &json!({})).await.0, 409, "once");
    let now = admin.read(tracking).await["data"].clone();
    assert_eq!((&now["version"], &now["default_calling_code"]), (&json!(5), &json!(49)));
    assert_eq!((&now["click_id"], &now["normalization"]), (&json!("sent"), &json!("v2")));
    // Settings that were changed by hand since are left alone.
    let by_hand = json!({"expected_version": 5, "normalization": "v1"});
    assert_eq!(admin.patch(tracking, &by_hand).await.0, 200);
    let (status, answer) =
        shop.admin.post(&format!("/qa/fixes/run/{second}/rollback"), &json!({})).await;
    assert_eq!(status, 409);
    assert!(answer["message"].as_str().unwrap().contains("normalization"), "{answer}");
    assert_eq!(admin.read(tracking).await["data"]["version"], 6);
    let still = shop.admin.read(&format!("/qa/fixes/run/{second}")).await;
    assert_eq!(still["data"]["state"], "observing");
    let audit = shop.stratum.state_rows().await;
    let audit = &audit.iter().find(|(table, _)| table == "audit_log").unwrap().1;
    assert_eq!(audit.matches("fix.applied").count(), 2);
    assert_eq!(audit.matches("fix.rolled_back").count(), 1);
}

async fn a_guided_fix_is_watched_and_changes_nothing(
    shop: &Shop<'_>,
    admin: &Caller<'_>,
    tracking: &str,
) {
    let body = json!({"platform": "meta", "issue_code": "LOW_PHONE_COVERAGE", "dry_run": false});
    let (status, data) = shop.apply(body).await;
    assert_eq!((status, &data["run"]["version_applied"]), (201, &json!(null)));
    assert_eq!((&data["changes"], &data["preview"]), (&json!([]), &json!(null)));
    assert_eq!(admin.read(tracking).await["data"]["version"], 6);
    let run = data["run"]["id"].as_str().unwrap();
    let (status, _) = shop.admin.post(&format!("/qa/fixes/run/{run}/rollback"), &json!({})).await;
    assert_eq!(status, 409);
    let watched = async || {
        let answer = shop.admin.read(&format!("/qa/fixes/run/{run}")).await;
        answer["data"]["looked_at"].is_string().then_some(())
    };
    eventually("the run is not looked at", WAIT, watched).await;
    let history = shop.admin.read("/qa/fixes/history").await;
    let issues = ["LOW_PHONE_COVERAGE", "LOW_MATCH_SCORE", "MISSING_CLICK_ID"];
    assert_eq!(each(&history, "issue_code"), issues);
}

async fn what_cannot_be_asked_is_refused(shop: &Shop<'_>, admin: &Caller<'_>) {
    let of = |issue: &str| json!({"platform": "meta", "issue_code": issue, "dry_run": false});
    assert_eq!(shop.apply(of("LOW_SUCCESS_RATE")).await.0, 422, "nothing is watched of it");
    admin.make("/datasets", &json!({"platform": "meta", "external_id": "second"})).await;
    let (status, answer) = shop.admin.get("/qa/fixes/suggestions?platform=meta").await;
    assert_eq!((status, fields(&answer)), (422, vec!["dataset_id"]), "which of the two?");
    let (status, answer) = shop.admin.call(Method::GET, "/qa/fixes/suggestions", None).await;
    assert_eq!((status, fields(&answer)), (400, vec!["platform"]));
    let query = "/qa/fixes/suggestions?platform=meta&dataset_id=second";
    assert_eq!(shop.admin.read(query).await["data"]["metrics"]["avg_score"], json!(null));
}

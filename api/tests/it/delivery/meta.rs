//! A destination at Meta through all that happens to it, and where its events are while it does.

use std::path::{Path, PathBuf};
use std::time::Duration;

use aho_corasick::AhoCorasick;
use serde_json::{Value, json};

use super::vendor::{TOKEN, Trick, Vendor};
use super::{ADDRESS, AGENT, CLICK, EMAIL, PIXEL, Shop, WAIT, event};
use crate::fixture::{Stratum, eventually};
use crate::load::now;
use crate::resources::at;

fn outcome(report: &Value, outcome: &str, code: &str) -> u64 {
    let items = report["outcomes"].as_array().unwrap().iter();
    let alike = items.filter(|item| item["outcome"] == outcome && item["code"] == code);
    alike.map(|item| item["events"].as_u64().unwrap()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn events_reach_meta_whatever_it_answers_and_nothing_else_learns_of_them() {
    let vendor = Vendor::start().await;
    let stratum = Stratum::start(&vendor.env()).await;
    let shop = Shop::open(&stratum).await;
    what_is_wrong_is_refused(&shop).await;
    let made = shop.destination(&json!({})).await;
    assert_eq!((&made["mode"], &made["remote_id"]), (&json!("live"), &json!(PIXEL)));
    assert_eq!(made["credentials_set"], json!(["access_token"]));
    let path = at("/destinations", &made);
    a_trial_says_what_the_platform_says(&shop, &vendor, &path).await;
    shop.is_sealed(&vendor).await;
    an_event_has_all_that_meta_takes(&shop, &vendor).await;
    failures_that_pass_lose_nothing(&shop, &vendor, &path).await;
    one_bad_event_fails_alone(&shop, &vendor, &path).await;
    new_credentials_go_on(&shop, &vendor, &path).await;
    let paused = paused_events_wait_and_filtered_ones_do_not(&shop, &vendor, &path).await;
    a_stretch_is_sent_once_more(&shop, &vendor, &path, &paused).await;
    erased_persons_events_are_kept_back(&shop, &vendor, &path).await;
    nothing_tells_of_the_person(&shop, &path).await;
    deleted_keys_open_nothing(&shop, &vendor, &path).await;
    switched_off_it_keeps_nothing(&shop, &path).await;
}

async fn what_is_wrong_is_refused(shop: &Shop<'_>) {
    for (change, field) in [
        (json!({"credentials": {}}), "credentials"),
        (json!({"credentials": {"access_token": TOKEN, "url": "http://10.0.0.1"}}), "credentials"),
        (json!({"remote_id": "1/../me"}), "remote_id"),
        (json!({"mode": "test", "test_code": null}), "test_code"),
        (json!({"event_names": []}), "event_names"),
        (json!({"dataset_id": "019b0000-0000-7000-8000-000000000000"}), "dataset_id"),
    ] {
        let mut body = json!({
            "dataset_id": shop.dataset["id"], "credentials": {"access_token": TOKEN},
        });
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        let (status, answer) = shop.admin.post("/destinations", &body).await;
        assert_eq!(status, 422, "{answer}");
        assert_eq!(answer["details"][0]["field"], field, "{answer}");
        assert!(!answer.to_string().contains(TOKEN));
    }
}

async fn a_trial_says_what_the_platform_says(shop: &Shop<'_>, vendor: &Vendor, path: &str) {
    let trial = async || {
        let (status, answer) = shop.admin.post(&format!("{path}/test"), &json!({})).await;
        assert_eq!(status, 200, "{answer}");
        answer["data"].clone()
    };
    let works = trial().await;
    assert_eq!((&works["works"], &works["trace_id"]), (&json!(true), &json!("AbC-1")), "{works}");
    let (_, _, body) = vendor.last();
    assert_eq!(body["test_event_code"], "TEST123");
    assert_eq!(body["data"][0]["event_id"], works["event_id"]);
    vendor.accept("another");
    let refused = trial().await;
    assert_eq!((&refused["works"], &refused["code"]), (&json!(false), &json!("190")), "{refused}");
    assert!(!refused.to_string().contains(TOKEN), "{refused}");
    vendor.accept(TOKEN);
}

async fn an_event_has_all_that_meta_takes(shop: &Shop<'_>, vendor: &Vendor) {
    shop.send(&[event("whole")]).await;
    shop.came(vendor, &["whole"]).await;
    let (pixel, headers, body) = vendor.last();
    assert_eq!(pixel, PIXEL);
    assert_eq!(headers["authorization"], format!("Bearer {TOKEN}"));
    assert!(headers.contains_key("x-stratum-delivery"));
    let sent = body["data"].as_array().unwrap().iter().find(|one| one["event_id"] == "whole");
    let sent = sent.expect("the event");
    let person = &sent["user_data"];
    assert_eq!((&person["client_ip_address"], &person["fbc"]), (&json!(ADDRESS), &json!(CLICK)));
    assert_eq!(person["client_user_agent"], AGENT);
    let hash: String = sha256(EMAIL);
    assert_eq!(person["em"], json!([hash]));
    assert_eq!(sent["custom_data"], json!({"value": 12.5, "currency": "EUR", "order_id": "whole"}));
    assert!(!body.to_string().contains(EMAIL));
    // What is handed on goes no further where it comes back to a door.
    let request =
        shop.stratum.client().post(format!("{}/v24.0/{PIXEL}/events", shop.stratum.url()));
    let request = request.bearer_auth(&shop.key).header("x-stratum-delivery", "1");
    let (status, _) = shop.stratum.answer(request.json(&json!({"data": [event("round")]}))).await;
    assert_eq!(status, 200);
    shop.send(&[event("after")]).await;
    shop.came(vendor, &["after"]).await;
    assert!(!vendor.has("round"), "it goes round");
}

fn sha256(text: &str) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn failures_that_pass_lose_nothing(shop: &Shop<'_>, vendor: &Vendor, path: &str) {
    let tricks = [
        Trick::Throttle(Some(1)),
        Trick::Throttle(None),
        Trick::Busy,
        Trick::Fail,
        Trick::Html,
        Trick::Cut,
        Trick::Hang,
    ];
    for (number, trick) in tricks.iter().enumerate() {
        vendor.play(trick.clone());
        let ids = [format!("trick-{number}-a"), format!("trick-{number}-b")];
        shop.send(&[event(&ids[0]), event(&ids[1])]).await;
        shop.came(vendor, &[&ids[0], &ids[1]]).await;
        assert!(vendor.is_done(), "{trick:?} was not played");
    }
    let report = shop.report_is(path, "that it works again", |report| {
        report["health"]["state"] == "working" && report["waiting"]["events"] == 0
    });
    let report = report.await;
    assert_eq!(report["success_rate"], 1.0, "{report}");
    let hours = report["hours"].as_array().unwrap();
    assert_eq!(hours.len(), 25, "{report}");
    let delivered: u64 = hours.iter().map(|hour| hour["delivered"].as_u64().unwrap()).sum();
    assert_eq!(json!(delivered), report["delivered"], "{report}");
    let tries: u64 = report["outcomes"][0]["tries"].as_u64().unwrap();
    assert!(tries >= report["delivered"].as_u64().unwrap() + tricks.len() as u64, "{report}");
    assert!(report["latency"]["p50_ms"].as_f64().unwrap() > 0.0, "{report}");
    let requests = shop.admin.read(&format!("{path}/requests")).await;
    let outcomes = requests["data"].as_array().unwrap().iter().map(|one| &one["outcome"]);
    let outcomes: Vec<_> = outcomes.collect();
    for outcome in ["taken", "throttled", "unavailable"] {
        assert!(outcomes.contains(&&json!(outcome)), "{requests}");
    }
}

async fn one_bad_event_fails_alone(shop: &Shop<'_>, vendor: &Vendor, path: &str) {
    for (name, names_it) in [("named", true), ("found", false)] {
        let bad = format!("bad-{name}");
        vendor.refuse(&[&bad], names_it);
        let good: Vec<_> = (0..9).map(|number| format!("good-{name}-{number}")).collect();
        let mut events: Vec<_> = good.iter().map(|id| event(id)).collect();
        events.insert(4, event(&bad));
        shop.send(&events).await;
        shop.came(vendor, &good.iter().map(String::as_str).collect::<Vec<_>>()).await;
        assert!(!vendor.has(&bad));
    }
    vendor.refuse(&[], false);
    let code = "100/2804003";
    let report =
        shop.report_is(path, "what was refused", |report| outcome(report, "rejected", code) == 2);
    let report = report.await;
    assert!(report["success_rate"].as_f64().unwrap() < 1.0, "{report}");
    let letters = shop.admin.read(&format!("{path}/dead-letters")).await;
    let letters = letters["data"].as_array().unwrap();
    assert_eq!(letters.len(), 2, "{letters:?}");
    assert!(
        letters.iter().all(|one| one["code"] == code && one["rows"].as_array().unwrap().len() == 1)
    );
    assert_eq!(letters[1]["field"], "event_time", "the first was named");
    assert_eq!(letters[0]["trace_id"], "AbC-100");
}

async fn new_credentials_go_on(shop: &Shop<'_>, vendor: &Vendor, path: &str) {
    vendor.accept("EAAB-renewed");
    shop.send(&[event("waits-for-token")]).await;
    let report = shop.report_is(path, "that it needs credentials", |report| {
        report["health"]["state"] == "needs_credentials"
    });
    let report = report.await;
    assert_eq!(
        (&report["health"]["code"], &report["waiting"]["events"]),
        (&json!("190"), &json!(1))
    );
    assert!(!report.to_string().contains(TOKEN), "{report}");
    let concerns = async || {
        let attention = shop.admin.read("/attention").await["data"].clone();
        let all = attention.as_array().unwrap().iter();
        all.filter(|one| one["kind"] == "delivery").map(|one| one["values"].clone()).collect()
    };
    let found: Vec<Value> = concerns().await;
    assert_eq!((found.len(), &found[0]["state"]), (1, &json!("needs_credentials")), "{found:?}");
    shop.change(path, &json!({"credentials": {"access_token": "EAAB-renewed"}})).await;
    shop.came(vendor, &["waits-for-token"]).await;
    shop.report_is(path, "that it works", |report| report["health"]["state"] == "working").await;
    assert!(concerns().await.is_empty());
}

/// An event that waited while the destination was paused.
/// Pauses a destination, and waits until its events wait. Returns the id of one of them.
async fn pause(shop: &Shop<'_>, vendor: &Vendor, path: &str) -> String {
    shop.change(path, &json!({"mode": "paused"})).await;
    let waiting = async || shop.report(path).await["waiting"]["events"].as_u64().unwrap();
    // Whoever is at work stops once it is looked for again: three that wait in a row are no chance.
    let (mut id, mut in_row) = (String::new(), 0);
    let paused = async || {
        let before = waiting().await;
        id = format!("paused-{}", now().0);
        shop.send(&[event(&id)]).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        let has_grown = waiting().await == before + 1 && !vendor.has(&id);
        in_row = if has_grown { in_row + 1 } else { 0 };
        (in_row >= 3).then_some(())
    };
    eventually("paused events do not wait", WAIT, paused).await;
    id
}

async fn erased_persons_events_are_kept_back(shop: &Shop<'_>, vendor: &Vendor, path: &str) {
    const PERSON: &str = "leaving.person@example.com";
    let waiting = pause(shop, vendor, path).await;
    let mut theirs = event("erased");
    theirs["user_data"]["em"] = json!(PERSON);
    shop.send(&[theirs]).await;
    let (status, answer) = shop.admin.post("/gdpr/anonymize", &json!({"identifier": PERSON})).await;
    assert_eq!(status, 200, "{answer}");
    shop.change(path, &json!({"mode": "live"})).await;
    let left_out = |report: &Value| outcome(report, "suppressed", "erased") == 1;
    shop.report_is(path, "that an erased person's event was kept back", left_out).await;
    shop.came(vendor, &[&waiting]).await;
    assert!(!vendor.has("erased"));
}

async fn paused_events_wait_and_filtered_ones_do_not(
    shop: &Shop<'_>,
    vendor: &Vendor,
    path: &str,
) -> String {
    let id = pause(shop, vendor, path).await;
    let report = shop.report(path).await;
    assert!(report["waiting"]["oldest_received_at"].is_string(), "{report}");
    let count = report["waiting"]["events"].as_u64().unwrap();
    shop.change(path, &json!({"mode": "live", "event_names": ["Lead"]})).await;
    let filtered = |report: &Value| outcome(report, "filtered", "event_name") >= count;
    shop.report_is(path, "what its filter leaves out", filtered).await;
    shop.change(path, &json!({"event_names": null, "consent": "unrestricted_only"})).await;
    let mut limited = event("limited");
    limited["data_processing_options"] = json!(["LDU"]);
    let limited_is_kept = async || {
        shop.send(&[limited.clone(), event("open")]).await;
        let report = shop.report(path).await;
        (outcome(&report, "suppressed", "limited_data_use") > 0).then_some(())
    };
    eventually("restricted events are sent", WAIT, limited_is_kept).await;
    shop.came(vendor, &["open"]).await;
    assert!(!vendor.has("limited") && !vendor.has(&id));
    shop.change(path, &json!({"mode": "shadow", "consent": "as_sent"})).await;
    let shadows = async || outcome(&shop.report(path).await, "filtered", "shadow");
    let counted = async || {
        shop.send(&[event("shadow")]).await;
        (shadows().await > 0).then_some(())
    };
    eventually("nothing is counted in the shadow", WAIT, counted).await;
    let before = shadows().await;
    shop.send(&[event("in-the-shadow")]).await;
    let counted = async || (shadows().await > before).then_some(());
    eventually("an event is not counted in the shadow", WAIT, counted).await;
    assert!(!vendor.has("in-the-shadow"));
    shop.change(path, &json!({"mode": "live"})).await;
    id
}

async fn a_stretch_is_sent_once_more(shop: &Shop<'_>, vendor: &Vendor, path: &str, paused: &str) {
    let replay = format!("{path}/replay");
    let day_ago = chrono::Utc::now() - chrono::TimeDelta::hours(30);
    let (status, answer) = shop.admin.post(&replay, &json!({"from": day_ago})).await;
    assert_eq!((status, &answer["details"][0]["field"]), (422, &json!("from")), "{answer}");
    let made = shop.admin.read(path).await["data"].clone();
    let before = vendor.taken();
    let (status, answer) = shop.admin.post(&replay, &json!({"from": made["since"]})).await;
    assert_eq!(status, 202, "{answer}");
    let again = async || {
        let taken = vendor.taken();
        let again = |id: &str| taken.get(id) > before.get(id);
        (again("whole") && again(paused) && taken.contains_key("bad-named")).then_some(())
    };
    eventually("nothing is sent once more", WAIT, again).await;
    shop.report_is(path, "that nothing waits", |report| report["waiting"]["events"] == 0).await;
}

/// The files below a folder, but for those of running engines that come and go.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

async fn nothing_tells_of_the_person(shop: &Shop<'_>, path: &str) {
    let stratum = shop.stratum;
    let secrets = [AGENT, ADDRESS, CLICK, EMAIL, TOKEN, "EAAB-renewed"];
    let search = AhoCorasick::new(secrets).expect("a search");
    let absent = |place: &str, bytes: &[u8]| {
        let found = search.find(bytes).map(|found| secrets[found.pattern().as_usize()]);
        assert_eq!(found, None, "{place}");
    };
    for (table, rows) in stratum.state_rows().await {
        absent(&table, rows.as_bytes());
    }
    for (table, rows) in stratum.warehouse_rows().await {
        absent(&table, rows.as_bytes());
    }
    absent("the topic of events", stratum.tail("events").await.as_bytes());
    absent("the output", stratum.output().as_bytes());
    for answer in ["requests", "dead-letters", "delivery"] {
        let answer = shop.admin.read(&format!("{path}/{answer}")).await;
        absent("an answer", answer.to_string().as_bytes());
    }
    let mut all = Vec::new();
    files(stratum.data_folder(), &mut all);
    assert!(all.len() > 100, "only {} files", all.len());
    for file in all {
        // Engines remove files at any time.
        let Ok(bytes) = std::fs::read(&file) else { continue };
        absent(&file.display().to_string(), &bytes);
    }
}

async fn deleted_keys_open_nothing(shop: &Shop<'_>, vendor: &Vendor, path: &str) {
    let mut owner = shop.stratum.state_connection().await;
    let deleted = sqlx::query("DELETE FROM delivery_keys").execute(&mut owner).await.unwrap();
    assert!(deleted.rows_affected() > 0);
    // A changed destination begins anew, and has no key in memory.
    shop.change(path, &json!({"test_code": "TEST124"})).await;
    let made = shop.admin.read(path).await["data"].clone();
    let asked = json!({"from": made["since"]});
    // The jobs may have made another key of this hour meanwhile, which opens nothing either.
    let unopened = |report: &Value| {
        outcome(report, "expired", "key_deleted") + outcome(report, "expired", "unreadable")
    };
    let nothing_opens = async || {
        let before = vendor.taken();
        let (status, answer) = shop.admin.post(&format!("{path}/replay"), &asked).await;
        assert_eq!(status, 202, "{answer}");
        let idle = |report: &Value| report["waiting"]["events"] == 0;
        let report = shop.report_is(path, "that nothing waits", idle).await;
        (unopened(&report) > 0 && vendor.taken() == before).then_some(())
    };
    eventually("what was sealed with deleted keys is opened", WAIT, nothing_opens).await;
}

async fn switched_off_it_keeps_nothing(shop: &Shop<'_>, path: &str) {
    shop.change(path, &json!({"mode": "off"})).await;
    let report = shop.report(path).await;
    assert_eq!(report["waiting"]["events"], 0, "{report}");
    assert_eq!(shop.admin.delete(path).await, 204);
    assert_eq!(shop.admin.get(path).await.0, 404);
    assert_eq!(shop.admin.get(&format!("{path}/delivery")).await.0, 404);
}

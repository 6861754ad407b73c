//! Pulling, whole: a connector made over HTTP, a platform that answers, and the figures in the KPIs.

mod closed;
mod platform;

use std::time::Duration;

use chrono::{Days, NaiveDate, Utc};
use reqwest::Method;
use serde_json::{Value, json};

use self::platform::{Platform, TOKEN};
use crate::fixture::{Second, Stratum, eventually};
use crate::resources::{Caller, at, each, fields};

const WAIT: Duration = Duration::from_secs(60);

fn today() -> NaiveDate {
    // The account's today: Cairo is ahead of UTC.
    Utc::now().with_timezone(&chrono_tz::Africa::Cairo).date_naive()
}

fn connector(account: &str, schedule: &str) -> Value {
    json!({
        "platform": "meta", "name": account, "account_ids": [account], "schedule": schedule,
        "credentials": {"access_token": TOKEN}, "settings": {"levels": []},
    })
}

async fn run_is(admin: &Caller<'_>, path: &str, run: &Value, state: &str) -> Value {
    let found = async || {
        let runs = admin.read(&format!("{path}/runs")).await;
        let runs = runs["data"].as_array().unwrap().clone();
        let found = runs.into_iter().find(|one| one["id"] == run["id"])?;
        let failed = found["state"] == "failed" && state != "failed";
        assert!(!failed, "{found}");
        (found["state"] == state).then_some(found)
    };
    eventually(&format!("the run is not {state}"), WAIT, found).await
}

async fn spend_is(admin: &Caller<'_>, from: NaiveDate, to: NaiveDate, amount: f64) {
    let path = format!("/analytics/kpis?date_from={from}&date_to={to}");
    let shown = async || {
        let answer = admin.read(&path).await;
        (answer["data"]["total_spend"] == amount).then_some(())
    };
    eventually(&format!("{amount} was not spent from {from} to {to}"), WAIT, shown).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connector_pulls_by_itself_and_what_is_restated_replaces() {
    let platform = Platform::start().await;
    let stratum = Stratum::start(&platform.env()).await;
    let tenant = stratum.create_tenant("Nile Souq", "Africa/Cairo", "EUR").await;
    let admin = Caller::of(&stratum, &tenant, "admin").await;
    let made = admin.make("/connectors", &connector("1001", "daily")).await;
    let path = at("/connectors", &made);
    assert_eq!((&made["status"], &made["pulled_to"]), (&json!("unverified"), &Value::Null));
    let worked = async || {
        let connector = admin.read(&path).await["data"].clone();
        (connector["status"] == "working").then_some(connector)
    };
    let worked = eventually("it does not pull by itself", WAIT, worked).await;
    assert!(worked["last_success_at"].is_string() && worked["last_error"].is_null(), "{worked}");
    let (from, to) = (Utc::now().date_naive() - Days::new(27), today());
    let days = (to - from).num_days() + 1;
    spend_is(&admin, from, to, days as f64 * f64::from(Platform::USUAL)).await;
    let accounts = admin.read("/ad-accounts").await;
    assert_eq!(each(&accounts, "time_zone"), [json!("Africa/Cairo")]);
    assert_eq!(each(&accounts, "currency"), [json!("EUR")]);

    // A day of the last weeks was told wrong, and is told again.
    platform.spend(to - Days::new(9), 35);
    let (status, asked) = admin.post(&format!("{path}/pull"), &json!({})).await;
    assert_eq!((status, &asked["data"]["kind"]), (202, &json!("manual")), "{asked}");
    let run = run_is(&admin, &path, &asked["data"], "done").await;
    assert_eq!((run["days_done"].as_i64(), run["rows_taken"].as_i64()), (Some(days), Some(days)));
    assert_eq!(run["rows_rejected"], 0);
    spend_is(&admin, from, to, days as f64 * f64::from(Platform::USUAL) + 25.0).await;

    limits_are_waited_for(&platform, &admin, &path).await;
    what_a_person_must_do_is_said(&platform, &admin, &path).await;
    what_cannot_be_asked_is_refused(&admin, &path).await;
    let told = format!("{} {}", stratum.output(), admin.read(&path).await);
    assert!(!told.contains("hunter2"), "a credential is told");
    for (table, rows) in stratum.state_rows().await {
        assert!(!rows.contains("hunter2"), "a credential is in {table}");
    }
    assert_eq!(admin.delete(&path).await, 204);
    assert_eq!(admin.get(&format!("{path}/runs")).await.0, 404);
}

async fn limits_are_waited_for(platform: &Platform, admin: &Caller<'_>, path: &str) {
    platform.refuse(Some(json!({"code": 17, "message": "User request limit reached"})));
    let (_, asked) = admin.post(&format!("{path}/pull"), &json!({})).await;
    let run = run_is(admin, path, &asked["data"], "waiting").await;
    assert_eq!(run["error"], "throttled");
    assert!(run["not_before"].is_string(), "{run}");
    let connector = admin.read(path).await;
    assert_eq!(connector["data"]["status"], "throttled");
    // Somebody ends it meanwhile.
    let run_path = format!("{path}/runs/{}", run["id"].as_str().unwrap());
    assert_eq!(admin.delete(&run_path).await, 204);
    run_is(admin, path, &asked["data"], "cancelled").await;
    platform.refuse(None);
}

async fn what_a_person_must_do_is_said(platform: &Platform, admin: &Caller<'_>, path: &str) {
    let gone = json!({"code": 190, "message": format!("Session of {TOKEN} has expired")});
    platform.refuse(Some(gone));
    let (status, tried) = admin.post(&format!("{path}/test"), &json!({})).await;
    let data = &tried["data"];
    assert_eq!(
        (status, &data["works"], &data["error"]),
        (200, &json!(false), &json!("unauthorized"))
    );
    assert!(data["message"].as_str().unwrap().contains("give a new one"), "{tried}");
    let connector = admin.read(path).await;
    assert_eq!(connector["data"]["status"], "needs_credentials", "{connector}");
    assert!(!format!("{tried} {connector}").contains("hunter2"));
    platform.refuse(None);
    let (_, tried) = admin.post(&format!("{path}/test"), &json!({})).await;
    assert_eq!(tried["data"]["works"], true, "{tried}");
    assert_eq!(tried["data"]["accounts"][0]["name"], "Nile Souq");
    let (_, changed) = admin.patch(path, &json!({"enabled": false})).await;
    assert_eq!(changed["data"]["status"], "paused");
}

async fn what_cannot_be_asked_is_refused(admin: &Caller<'_>, path: &str) {
    let backfill = format!("{path}/backfill");
    for (from, to, field) in [
        ("2026-02-02", "2026-02-01", "date_to"),
        ("2020-01-01", "2026-02-01", "date_from"),
        ("1999-01-01", "1999-02-01", "date_from"),
        ("2026-02-02", "2999-02-01", "date_to"),
    ] {
        let (status, answer) =
            admin.post(&backfill, &json!({"date_from": from, "date_to": to})).await;
        assert_eq!((status, fields(&answer)[0]), (422, field), "{answer}");
    }
    let without = json!({"platform": "snapchat", "credentials": {"client_id": "1"}});
    let (status, answer) = admin.post("/connectors", &without).await;
    assert_eq!(status, 422);
    let said = answer["message"].as_str().unwrap();
    assert!(said.contains("client_secret, refresh_token"), "{answer}");
    let linkedin = admin.make("/connectors", &json!({"platform": "linkedin"})).await;
    let (status, _) =
        admin.post(&format!("{}/pull", at("/connectors", &linkedin)), &json!({})).await;
    assert_eq!(status, 422);
    let (status, _) = admin.call(Method::DELETE, &format!("{path}/runs/nobodys"), None).await;
    assert_eq!(status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backfill_goes_on_where_a_killed_process_left_it() {
    let platform = Platform::start().await;
    platform.close_after(4);
    let mut stratum = Stratum::start(&platform.env()).await;
    let slug;
    let (from, to) = (today() - Days::new(100), today() - Days::new(41));
    let (path, run, token) = {
        let tenant = stratum.create_tenant("Nile Souq", "UTC", "EUR").await;
        slug = tenant.slug.clone();
        let admin = Caller::of(&stratum, &tenant, "admin").await;
        let made = admin.make("/connectors", &connector("1001", "manual")).await;
        let path = at("/connectors", &made);
        let body = json!({"date_from": from, "date_to": to});
        let (status, asked) = admin.post(&format!("{path}/backfill"), &body).await;
        assert_eq!(status, 202, "{asked}");
        let begun = async || {
            let runs = admin.read(&format!("{path}/runs")).await;
            let run = runs["data"][0].clone();
            (run["days_done"].as_i64() >= Some(30)).then_some(run)
        };
        let run = eventually("no progress is told", WAIT, begun).await;
        assert_eq!((&run["days_asked"], &run["state"]), (&json!(60), &json!("running")));
        (path, run, admin.token)
    };
    stratum.kill().await;
    platform.open();
    stratum.restart().await;
    let admin = Caller { stratum: &stratum, token };
    let done = run_is(&admin, &path, &run, "done").await;
    assert_eq!((&done["days_done"], &done["error"]), (&json!(60), &Value::Null), "{done}");
    spend_is(&admin, from, to, 60.0 * f64::from(Platform::USUAL)).await;
    let answered = platform.answered();
    let first_window = answered.iter().filter(|(_, since, _)| *since == from.to_string());
    assert_eq!(
        first_window.count(),
        3,
        "{slug}: what was kept is not asked for again: {answered:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_pull_each_connector_once() {
    let platform = Platform::start().await;
    let stratum = Stratum::start(&platform.env()).await;
    let _second = Second::jobs(&stratum, &platform.env()).await;
    let tenant = stratum.create_tenant("Nile Souq", "UTC", "EUR").await;
    let admin = Caller::of(&stratum, &tenant, "admin").await;
    const CONNECTORS: usize = 8;
    for number in 0..CONNECTORS {
        admin.make("/connectors", &connector(&format!("{number}"), "hourly")).await;
    }
    let all = async || {
        let connectors = admin.read("/connectors").await;
        let working = each(&connectors, "status").iter().filter(|one| **one == "working").count();
        (working == CONNECTORS).then_some(())
    };
    eventually("not all connectors were pulled", WAIT, all).await;
    let mut answered = platform.answered();
    let questions = answered.len();
    answered.sort();
    answered.dedup();
    assert_eq!((answered.len(), questions), (CONNECTORS * 3, CONNECTORS * 3), "{answered:?}");
}

//! Accounts that a platform does not tell of, and rows that break a rule, beside those that are well.

use chrono::{Days, NaiveDate};
use serde_json::{Value, json};

use super::platform::{Platform, TOKEN};
use super::{run_is, spend_is, today};
use crate::fixture::Stratum;
use crate::resources::{Caller, at};

async fn backfill(admin: &Caller<'_>, path: &str, from: NaiveDate, to: NaiveDate) -> Value {
    let body = json!({"date_from": from, "date_to": to});
    let (status, asked) = admin.post(&format!("{path}/backfill"), &body).await;
    assert_eq!(status, 202, "{asked}");
    asked["data"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_account_never_stops_the_open_ones() {
    let platform = Platform::start().await;
    let stratum = Stratum::start(&platform.env()).await;
    let tenant = stratum.create_tenant("Nile Souq", "Africa/Cairo", "EUR").await;
    let admin = Caller::of(&stratum, &tenant, "admin").await;
    let made = admin
        .make(
            "/connectors",
            &json!({
                "platform": "meta", "account_ids": ["act_9", "2", "act_2"], "schedule": "manual",
                "credentials": {"access_token": TOKEN}, "settings": {"levels": []},
            }),
        )
        .await;
    assert_eq!(made["account_ids"], json!(["9", "2"]), "an account has one id");
    let path = at("/connectors", &made);
    let (from, to) = (today() - Days::new(60), today() - Days::new(41));
    let granted = json!({"code": 200, "message": "not granted"});
    let gone = json!({"code": 100, "error_subcode": 33, "message": "does not exist"});
    for (at, (account, figures, error, code)) in [
        ("9", false, &granted, "forbidden"),
        ("2", false, &gone, "refused"),
        ("9", true, &granted, "forbidden"),
        ("2", true, &gone, "refused"),
    ]
    .into_iter()
    .enumerate()
    {
        platform.close_account(account, figures, error.clone());
        let (from, to) = (from + Days::new(5 * at as u64), from + Days::new(5 * at as u64 + 4));
        let asked = backfill(&admin, &path, from, to).await;
        let run = run_is(&admin, &path, &asked, "done").await;
        assert_eq!(run["error"], "closed_accounts", "{run}");
        let closed = &run["closed_accounts"];
        assert_eq!(
            (&closed[0]["account_id"], &closed[0]["error"]),
            (&json!(account), &json!(code))
        );
        assert_eq!(run["rows_taken"], 5, "{run}");
        spend_is(&admin, from, to, 50.0).await;
        let connector = admin.read(&path).await["data"].clone();
        assert_eq!(connector["status"], "partial", "{connector}");
        assert_eq!(&connector["closed_accounts"], closed);
        assert!(connector["last_error"].as_str().unwrap().contains(account), "{connector}");
        // What it missed is asked for once it is open.
        assert_eq!(connector["pulled_to"], Value::Null, "{connector}");
        platform.open_account(account);
    }
    a_trial_names_them_too(&platform, &admin, &path).await;
    without_an_open_one_it_fails(&platform, &admin, &path, (from, to)).await;
    faulty_rows_are_shown(&platform, &admin, &path).await;
}

async fn a_trial_names_them_too(platform: &Platform, admin: &Caller<'_>, path: &str) {
    platform.close_account("9", false, json!({"code": 200, "message": "not granted"}));
    let (_, tried) = admin.post(&format!("{path}/test"), &json!({})).await;
    let data = &tried["data"];
    assert_eq!((&data["works"], &data["error"]), (&json!(false), &json!("forbidden")), "{tried}");
    assert_eq!(data["accounts"][0]["account_id"], "2", "{tried}");
    assert_eq!(data["closed_accounts"][0]["account_id"], "9", "{tried}");
    assert_eq!(admin.read(path).await["data"]["status"], "partial");
}

async fn without_an_open_one_it_fails(
    platform: &Platform,
    admin: &Caller<'_>,
    path: &str,
    (from, to): (NaiveDate, NaiveDate),
) {
    platform.close_account("2", true, json!({"code": 200, "message": "not granted"}));
    let asked = backfill(admin, path, from, to).await;
    let run = run_is(admin, path, &asked, "failed").await;
    assert_eq!(run["error"], "forbidden", "{run}");
    assert_eq!(admin.read(path).await["data"]["status"], "needs_credentials");
    platform.open_account("2");
    platform.open_account("9");
    let asked = backfill(admin, path, from, to).await;
    let run = run_is(admin, path, &asked, "done").await;
    assert_eq!((&run["closed_accounts"], &run["error"]), (&json!([]), &Value::Null), "{run}");
    let connector = admin.read(path).await["data"].clone();
    assert_eq!(
        (&connector["status"], &connector["closed_accounts"]),
        (&json!("working"), &json!([]))
    );
    assert_eq!(connector["pulled_to"], json!(to), "{connector}");
}

/// A credit is a day below zero; what is no number is left out, and shown.
async fn faulty_rows_are_shown(platform: &Platform, admin: &Caller<'_>, path: &str) {
    let (from, to) = (today() - Days::new(90), today() - Days::new(88));
    platform.tell(from, "-12.5");
    platform.tell(to, "12,5");
    let asked = backfill(admin, path, from, to).await;
    let run = run_is(admin, path, &asked, "done").await;
    assert_eq!((&run["rows_taken"], &run["rows_rejected"]), (&json!(4), &json!(2)), "{run}");
    let fault = &run["faults"][0];
    assert_eq!((&fault["field"], &fault["date"]), (&json!("spend"), &json!(to)), "{run}");
    assert!(fault["message"].as_str().unwrap().contains("decimal"), "{run}");
    let accounts: Vec<_> =
        run["faults"].as_array().unwrap().iter().map(|one| &one["account_id"]).collect();
    assert_eq!(accounts, ["9", "2"], "{run}");
    spend_is(admin, from, to, -5.0).await;
}

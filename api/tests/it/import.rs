//! Files of ad reports, from the upload to the figures.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use stratum_models::time::DAY_MS;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::fixture::{PASSWORD, Stratum, TestTenant, eventually};
use crate::load::now;

/// Figures are a second behind; a machine full of tests is slow.
const VISIBLE_WAIT: Duration = Duration::from_secs(30);
const FILE_BYTES_MAX: usize = 1 << 20;

/// So many days ago, as a file writes it.
fn day(ago: i64) -> String {
    let then = stratum_models::time::UnixMillis(now().0 - ago * DAY_MS);
    then.day_in(chrono_tz::UTC).0.to_string()
}

async fn send(stratum: &Stratum, token: &str, query: &str, file: Vec<u8>) -> (u16, Value) {
    let url = format!("{}/api/v1/imports/ad-reports?{query}", stratum.url());
    stratum.answer(stratum.client().post(url).bearer_auth(token).body(file)).await
}

/// What is told about a file that is read.
async fn told(stratum: &Stratum, token: &str, query: &str, file: &str) -> Value {
    let (status, answer) = send(stratum, token, query, file.into()).await;
    assert_eq!(status, 200, "{answer}");
    answer["data"].clone()
}

/// As Ads Manager writes two days of a campaign, with the sums of both before them.
fn metas(spend: &str) -> String {
    format!(
        "\"Campaign name\",\"Campaign ID\",\"Reporting starts\",\"Reporting ends\",\"Amount spent (EUR)\",Impressions,\"Clicks (all)\",Purchases,\"Purchases conversion value\"\n\
         ,,{0},{1},50,3000,30,3,90\n\
         Spring,1202000,{0},{0},20.00,1000,10,1,30\n\
         Spring,1202000,{1},{1},{spend},2000,20,2,60\n",
        day(3),
        day(2)
    )
}

async fn kpis(stratum: &Stratum, token: &str) -> Value {
    let path = format!("/api/v1/analytics/kpis?date_from={}&date_to={}", day(5), day(1));
    let (status, answer) = stratum.get(&path, token).await;
    assert_eq!(status, 200, "{answer}");
    answer["data"].clone()
}

async fn until_spent(stratum: &Stratum, token: &str, spend: f64) -> Value {
    let shown = async || {
        let data = kpis(stratum, token).await;
        (data["total_spend"] == spend).then_some(data)
    };
    eventually(&format!("{spend} is not shown"), VISIBLE_WAIT, shown).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_told_about_then_taken_then_restated() {
    let bound = FILE_BYTES_MAX.to_string();
    let settings = [
        ("STRATUM__import__file_bytes_max", &*bound),
        ("STRATUM__server__pace__behind_ms_max", "4000"),
    ];
    let stratum = Stratum::start(&settings).await;
    let tenant = stratum.create_tenant("Nile Souq", "UTC", "EUR").await;
    let token = tenant.sign_in().await;
    looked_at_changes_nothing(&stratum, &token).await;
    taken_it_counts_and_again_changes_nothing(&stratum, &token).await;
    restated_it_replaces(&stratum, &token).await;
    the_last_of_two_imports_counts(&stratum, &token).await;
    our_own_export_changes_nothing(&stratum, &tenant, &token).await;
    faulty_rows_are_named(&stratum, &token).await;
    ads_make_their_campaigns_days(&stratum, &token).await;
    wrong_requests_are_told(&stratum, &token).await;
    half_sent_files_hold_nobody_up(&stratum, &token).await;
    others_may_not(&stratum, &tenant).await;
}

/// As many files as may be read at once, of which a few bytes have come.
async fn half_sent_files_hold_nobody_up(stratum: &Stratum, token: &str) {
    let address = stratum.url().trim_start_matches("http://").to_owned();
    let mut held = Vec::new();
    for _ in 0..4 {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        let head = format!(
            "POST /api/v1/imports/ad-reports HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
             content-length: 1000000\r\n\r\nDay,Spend"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        held.push(stream);
    }
    let other = stratum.create_tenant("Rhein Markt", "UTC", "EUR").await.sign_in().await;
    for token in [token, &other] {
        told(stratum, token, "account_id=act_1", &metas("30.00")).await;
    }
    // They do not come at the least rate, and are told so.
    for mut stream in held {
        let mut answer = Vec::new();
        tokio::time::timeout(VISIBLE_WAIT, stream.read_to_end(&mut answer)).await.unwrap().ok();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("too slowly"), "{answer}");
    }
}

async fn looked_at_changes_nothing(stratum: &Stratum, token: &str) {
    let data = told(stratum, token, "account_id=act_1", &metas("30.00")).await;
    assert_eq!((&data["dry_run"], &data["taken"]), (&json!(true), &json!(null)));
    assert_eq!(data["platform"], "meta");
    assert_eq!(data["days"], json!({"add": 2, "change": 0, "leave": 0, "made_of_parts": 0}));
    assert_eq!(data["left_out"], json!([{"reason": "summary", "rows": 1, "places": [2]}]));
    let none =
        json!({"spend": 0.0, "impressions": 0, "clicks": 0, "conversions": 0.0, "revenue": 0.0});
    let sums = json!({"spend": 50.0, "impressions": 3000, "clicks": 30, "conversions": 3.0, "revenue": 90.0});
    assert_eq!(data["sums"], json!([{"currency": "EUR", "before": none, "after": sums}]));
    assert_eq!(data["date_from"], json!(day(3)));
    assert_eq!(kpis(stratum, token).await["total_spend"], 0.0);
    assert_eq!(stratum.tail("ad-reports").await, "", "nothing is in the log");
}

async fn taken_it_counts_and_again_changes_nothing(stratum: &Stratum, token: &str) {
    let query = "account_id=act_1&dry_run=false";
    let data = told(stratum, token, query, &metas("30.00")).await;
    assert_eq!(data["taken"], json!({"days": 2, "parts": 0}));
    let shown = until_spent(stratum, token, 50.0).await;
    assert_eq!((&shown["total_clicks"], &shown["total_revenue"]), (&json!(30), &json!(90.0)));
    let again = told(stratum, token, query, &metas("30.00")).await;
    assert_eq!(again["days"], json!({"add": 0, "change": 0, "leave": 2, "made_of_parts": 0}));
    assert_eq!(again["taken"], json!({"days": 2, "parts": 0}));
    assert_eq!(kpis(stratum, token).await["total_spend"], 50.0);
    let (_, audit) = stratum.get("/api/v1/audit?page_size=50", token).await;
    let imported = audit["data"].as_array().unwrap().iter();
    let imported = imported.filter(|row| row["action"] == "ad_reports.imported").count();
    assert_eq!(imported, 2, "{audit}");
    let (_, past) = stratum.get("/api/v1/imports/ad-reports", token).await;
    assert_eq!(
        (&past["pagination"]["total"], past["data"].as_array().unwrap().len()),
        (&json!(2), 2)
    );
    for item in past["data"].as_array().unwrap() {
        assert_eq!(
            (&item["rows"], &item["days"], &item["campaigns"]),
            (&json!(3), &json!(2), &json!(1)),
            "{past}"
        );
        assert_eq!(
            (&item["date_from"], &item["date_to"]),
            (&json!(day(3)), &json!(day(2))),
            "{past}"
        );
        assert!(item["actor_name"].is_string(), "{past}");
    }
}

async fn restated_it_replaces(stratum: &Stratum, token: &str) {
    let data = told(stratum, token, "account_id=act_1", &metas("31.50")).await;
    assert_eq!(data["days"], json!({"add": 0, "change": 1, "leave": 1, "made_of_parts": 0}));
    assert_eq!(data["sums"][0]["before"]["spend"], 50.0);
    assert_eq!(data["sums"][0]["after"]["spend"], 51.5);
    let changed = &data["changes"];
    assert_eq!(changed.as_array().map(Vec::len), Some(1), "{changed}");
    let spend = |when: &str| changed[0][when]["spend"].as_f64().unwrap();
    assert!((spend("after") - spend("before") - 1.5).abs() < 1e-9, "{changed}");
    told(stratum, token, "account_id=act_1&dry_run=false", &metas("31.50")).await;
    until_spent(stratum, token, 51.5).await;
}

/// Sent at once, before the pipeline has read what came before.
async fn the_last_of_two_imports_counts(stratum: &Stratum, token: &str) {
    let clicked = |file: String| file.replace("1000,10,1,30", "1000,11,1,30");
    for file in [metas("9999.00"), clicked(metas("31.50"))] {
        told(stratum, token, "account_id=act_1&dry_run=false", &file).await;
    }
    let landed =
        async || Some(kpis(stratum, token).await).filter(|data| data["total_clicks"] == 31);
    let data = eventually("the last file does not land", VISIBLE_WAIT, landed).await;
    assert_eq!(data["total_spend"], 51.5, "{data}");
    // The same account, as another screen of the platform writes it.
    told(stratum, token, "account_id=1&dry_run=false", &metas("31.50")).await;
    let landed =
        async || Some(kpis(stratum, token).await).filter(|data| data["total_clicks"] == 30);
    let data = eventually("the account is another one", VISIBLE_WAIT, landed).await;
    assert_eq!(data["total_spend"], 51.5, "{data}");
    let path =
        format!("/api/v1/analytics/kpis?date_from={}&date_to={}&account_id=", day(5), day(1));
    for account in ["act_1", "1", "1&platform=meta", "act_1&platform=meta"] {
        let (_, answer) = stratum.get(&format!("{path}{account}"), token).await;
        assert_eq!(answer["data"]["total_spend"], 51.5, "{account}: {answer}");
    }
}

/// Names that spreadsheets would take for formulas are written so that they are texts, and come back.
async fn our_own_export_changes_nothing(stratum: &Stratum, tenant: &TestTenant<'_>, token: &str) {
    let key = tenant.create_ingest_key().await;
    let row = |campaign: &str, name: &str| {
        json!({
            "platform": "tiktok", "account_id": "-55", "campaign_id": campaign, "campaign_name": name,
            "date": day(6), "currency": "EUR", "spend": 1.234, "impressions": 100, "clicks": 10,
        })
    };
    let rows = json!([row("77", "-20% Sale"), row("78", "'90s, \"new\""), row("79", "=1+1")]);
    let (status, answer) = stratum.post("/api/v1/ad-reports", &key, &rows).await;
    assert_eq!(status, 200, "{answer}");
    let asked = format!("/api/v1/analytics/kpis?date_from={0}&date_to={0}", day(6));
    let landed = async || {
        let (_, answer) = stratum.get(&asked, token).await;
        (answer["data"]["total_clicks"] == 30).then_some(())
    };
    eventually("the rows do not land", VISIBLE_WAIT, landed).await;
    let url = format!(
        "{}/api/v1/analytics/export/stream?type=campaign_metrics&format=csv&date_from={}&date_to={}",
        stratum.url(),
        day(6),
        day(2)
    );
    let answer = stratum.client().get(url).bearer_auth(token).send().await.unwrap();
    let file = answer.error_for_status().unwrap().text().await.unwrap();
    assert!(file.contains("'-20% Sale"), "{file}");
    let data = told(stratum, token, "", &file).await;
    assert_eq!(
        data["days"],
        json!({"add": 0, "change": 0, "leave": 5, "made_of_parts": 0}),
        "{file}"
    );
    assert_eq!(data["faulty_rows"], 0);
}

async fn faulty_rows_are_named(stratum: &Stratum, token: &str) {
    let file = metas("thirty").replace("20.00", "21.00");
    let query = "account_id=act_1&dry_run=false";
    let (status, answer) = send(stratum, token, query, file.clone().into()).await;
    assert_eq!(status, 422, "{answer}");
    assert_eq!(answer["details"][1]["field"], "[4].spend");
    assert!(!answer.to_string().contains("thirty"));
    let data = told(stratum, token, "account_id=act_1", &file).await;
    assert_eq!((&data["faulty_rows"], &data["faults"][0]["row"]), (&json!(1), &json!(4)));
    let data = told(stratum, token, &format!("{query}&skip_faulty=true"), &file).await;
    assert_eq!(data["taken"], json!({"days": 1, "parts": 0}));
    until_spent(stratum, token, 52.5).await;
}

/// Google's own export: UTF-16, tabs, titles before and totals behind.
async fn ads_make_their_campaigns_days(stratum: &Stratum, token: &str) {
    let text = format!(
        "Ad report\nAll time\nDay\tCampaign\tCampaign ID\tAd group ID\tAd ID\tCurrency code\tCost\tImpr.\tClicks\tCustomer ID\n\
         {0}\tBrand\t77\t7\t70\tEUR\t1,000.25\t1,000\t5\t123-456\n\
         {0}\tBrand\t77\t7\t71\tEUR\t0.25\t10\t1\t123-456\n\
         Total: Account\t --\t --\t --\t --\tEUR\t1,000.50\t1,010\t6\t --\n",
        day(4)
    );
    let marked = "\u{feff}".encode_utf16().chain(text.encode_utf16());
    let file: Vec<u8> = marked.flat_map(u16::to_le_bytes).collect();
    let (status, answer) = send(stratum, token, "dry_run=false", file).await;
    assert_eq!(status, 200, "{answer}");
    let data = &answer["data"];
    assert_eq!(data["file"]["encoding"], "UTF-16LE");
    assert_eq!(data["parts"], json!([{"by": "ad", "rows": 2}]));
    assert_eq!(data["days"], json!({"add": 1, "change": 0, "leave": 0, "made_of_parts": 1}));
    assert_eq!(data["taken"], json!({"days": 1, "parts": 2}));
    assert!(data["notes"][0].as_str().unwrap().contains("sums of their ads"), "{data}");
    until_spent(stratum, token, 1053.0).await;
    // They are written by an insert of their own.
    let written = async || {
        let rows = stratum.warehouse_rows().await;
        let splits = rows.iter().find(|(table, _)| table == "ad_report_splits");
        splits.is_some_and(|(_, rows)| rows.lines().count() == 2).then_some(())
    };
    eventually("the ads are not written", VISIBLE_WAIT, written).await;
}

async fn wrong_requests_are_told(stratum: &Stratum, token: &str) {
    let file = metas("30.00");
    for (query, field) in [
        ("platform=myspace", "platform"),
        ("date_format=month", "date_format"),
        ("decimal=dot", "decimal"),
        ("mapping=[]", "mapping"),
        ("dry_run=maybe", "dry_run"),
    ] {
        let (status, answer) = send(stratum, token, query, file.clone().into()).await;
        assert_eq!((status, &answer["details"][0]["field"]), (400, &json!(field)), "{answer}");
    }
    let (status, answer) = send(stratum, token, "", file.clone().into()).await;
    assert_eq!((status, &answer["details"][0]["field"]), (422, &json!("account_id")), "{answer}");
    for file in [Vec::new(), b"PK\x03\x04".to_vec(), b"PAR1PAR1".to_vec(), vec![0xff; 1000]] {
        let (status, answer) = send(stratum, token, "", file).await;
        assert_eq!(status, 422, "{answer}");
    }
    let (status, _) = send(stratum, token, "", vec![b'x'; FILE_BYTES_MAX + 1]).await;
    assert_eq!(status, 413);
}

/// A viewer only looks at figures; a manager brings them; a key sends to the front door.
async fn others_may_not(stratum: &Stratum, tenant: &TestTenant<'_>) {
    for (role, wanted) in [("viewer", StatusCode::FORBIDDEN), ("manager", StatusCode::OK)] {
        let email = tenant.create_user(role).await;
        let (_, answer) = stratum.login(&email, PASSWORD).await;
        let token = answer["data"]["access_token"].as_str().unwrap().to_owned();
        let (status, answer) = send(stratum, &token, "account_id=a", metas("1").into()).await;
        assert_eq!(status, wanted.as_u16(), "{role}: {answer}");
    }
}

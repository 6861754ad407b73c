//! Unusual days, through the front door.

use chrono::Days;
use serde_json::{Value, json};

use crate::fixture::{Stratum, TestTenant, eventually};
use crate::predictions::{LAND_WAIT, number, yesterday};

/// Days of reports, and how many days before the last one the unusual day lies.
const DAYS: u64 = 70;
const ODD: u64 = 4;

fn report(back: u64) -> Value {
    let wobble = (back * 37 % 11) as f64;
    let (spend, revenue) =
        (100.0 + wobble, if back == ODD { 3_000.0 } else { 400.0 + 9.0 * wobble });
    json!({
        "platform": "tiktok", "account_id": "act_9", "campaign_id": "odd", "campaign_name": "Odd",
        "date": yesterday().checked_sub_days(Days::new(back)).unwrap().to_string(), "currency": "GBP",
        "spend": format!("{spend:.2}"), "revenue": format!("{revenue:.2}"),
        "impressions": 9_000, "clicks": 90, "conversions": "4",
    })
}

/// Reports of this tenant with one unusual day: it is listed with its band, for this tenant alone.
pub async fn an_unusual_day_is_listed(
    stratum: &Stratum,
    tenant: &TestTenant<'_>,
    token: &str,
    other: &str,
) {
    let rows: Vec<Value> = (0..DAYS).map(report).collect();
    let key = tenant.create_ingest_key().await;
    let (status, answer) = stratum.post("/api/v1/ad-reports", &key, &json!(rows)).await;
    assert_eq!(status, 200, "{answer}");
    let path = "/api/v1/anomalies?platform=tiktok";
    let told = async || {
        let (status, answer) = stratum.get(path, token).await;
        assert_eq!(status, 200, "{answer}");
        (answer["data"]["judged"].as_u64() > Some(60)).then_some(answer)
    };
    let answer = eventually("no day is judged", LAND_WAIT, told).await;
    let days = answer["data"]["days"].as_array().unwrap();
    let date = yesterday().checked_sub_days(Days::new(ODD)).unwrap().to_string();
    let mut metrics: Vec<&str> = Vec::new();
    for day in days {
        assert_eq!((&day["date"], &day["side"]), (&json!(date), &json!("above")), "{answer}");
        assert!(number(&day["value"]) > number(&day["upper"]), "{day}");
        assert!(number(&day["lower"]) < number(&day["expected"]), "{day}");
        assert_eq!((&day["currency"], &day["may_still_move"]), (&json!("GBP"), &json!(true)));
        metrics.extend(day["metric"].as_str());
    }
    metrics.sort_unstable();
    assert_eq!(metrics, ["revenue", "roas"], "{answer}");
    let (_, all) = stratum.get(&format!("{path}&ordinary=true"), token).await;
    let (days, judged) = (&all["data"]["days"], all["data"]["judged"].as_u64());
    assert_eq!(days.as_array().map(|days| days.len() as u64), judged, "{all}");
    let (_, attention) = stratum.get("/api/v1/attention", token).await;
    let concerns = attention["data"].as_array().unwrap();
    let unusual: Vec<&Value> =
        concerns.iter().filter(|one| one["kind"] == json!("unusual")).collect();
    assert_eq!(unusual.len(), 1, "{attention}");
    assert_eq!(unusual[0]["concern"], json!("unusual:tiktok:GBP"));
    assert_eq!(unusual[0]["values"]["date"], json!(date), "{attention}");
    let (_, theirs) = stratum.get(path, other).await;
    assert_eq!(theirs["data"]["judged"], json!(0), "{theirs}");
    let (status, _) = stratum.get("/api/v1/anomalies?date_from=1970-01-02", token).await;
    assert_eq!(status, 422);
}

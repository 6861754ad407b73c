//! From an ad report and a purchase, sent as senders send them, to the figures a user sees.

use std::time::Duration;

use serde_json::{Value, json};

use crate::fixture::{Stratum, eventually};
use crate::load::now;

/// Figures are a second behind; a machine full of tests is slow.
const VISIBLE_WAIT: Duration = Duration::from_secs(30);
const DATASET: &str = "1234567890";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_is_what_is_shown_and_only_to_its_tenant() {
    let stratum = Stratum::start(&[]).await;
    let (mut tokens, mut keys) = (Vec::new(), Vec::new());
    for name in ["One", "Other"] {
        let tenant = stratum.create_tenant(name, "UTC", "USD").await;
        tenant.create_dataset("meta", DATASET).await;
        keys.push(tenant.create_ingest_key().await);
        tokens.push(tenant.sign_in().await);
    }
    send(&stratum, &keys[0]).await;
    let kpis = "/api/v1/analytics/kpis?compare_period=previous_period";
    let shown = async || {
        let (status, answer) = stratum.get(kpis, &tokens[0]).await;
        assert_eq!(status, 200, "{answer}");
        let data = answer["data"].clone();
        let complete = data["total_spend"] == 100.0 && data["tracked_conversions"] == 1;
        complete.then_some(data)
    };
    let data = eventually("the figures do not show", VISIBLE_WAIT, shown).await;
    check_kpis(&data);
    check_platforms(&stratum, &tokens[0], &data).await;
    check_campaign(&stratum, &tokens).await;
    check_match_quality(&stratum, &tokens[0]).await;
    check_ingest(&stratum, &tokens[0]).await;
    check_isolation(&stratum, &tokens[1]).await;
    check_wrong_questions(&stratum, &tokens[0]).await;
}

fn today() -> String {
    now().day_in(chrono_tz::UTC).0.to_string()
}

/// A report, its restatement, and a purchase sent twice.
async fn send(stratum: &Stratum, key: &str) {
    let report = |spend: f64, version: u64| {
        json!([{
            "platform": "meta", "account_id": "act_1", "campaign_id": "c-1", "campaign_name": "Sale",
            "date": today(), "currency": "USD", "spend": spend, "impressions": 10_000, "clicks": 200,
            "conversions": 4.5, "revenue": 250.0, "version": version,
        }])
    };
    for (spend, version) in [(90.0, 1), (100.0, 2)] {
        let (status, answer) =
            stratum.post("/api/v1/ad-reports", key, &report(spend, version)).await;
        assert!((200..300).contains(&status), "{status} {answer}");
    }
    let purchase = json!({"data": [{
        "event_name": "Purchase", "event_time": now().0 / 1000, "event_id": "order-1",
        "action_source": "website", "event_source_url": "https://shop.example/thanks",
        "user_data": {
            "em": "ana@example.com", "client_ip_address": "8.8.8.8",
            "client_user_agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0",
        },
        "custom_data": {"value": 59.9, "currency": "USD"},
    }]});
    for _ in 0..2 {
        let path = format!("/v24.0/{DATASET}/events");
        let (status, answer) = stratum.post(&path, key, &purchase).await;
        assert_eq!((status, &answer["events_received"]), (200, &json!(1)), "{answer}");
    }
}

fn check_kpis(data: &Value) {
    for (field, wanted) in [
        ("total_revenue", json!(250.0)),
        ("total_impressions", json!(10_000)),
        ("total_clicks", json!(200)),
        ("total_conversions", json!(4.5)),
        ("avg_roas", json!(2.5)),
        ("avg_ctr", json!(2.0)),
        ("avg_cpc", json!(0.5)),
        ("avg_cpm", json!(10.0)),
        ("avg_cvr", json!(2.25)),
        ("tracked_revenue", json!(59.9)),
        ("currency", json!("USD")),
        ("currency_reason", json!(null)),
        ("days", json!(30)),
        ("date_to", json!(today())),
    ] {
        assert_eq!(data[field], wanted, "{field}");
    }
    let cpa = data["avg_cpa"].as_f64().unwrap();
    assert!((cpa - 100.0 / 4.5).abs() < 1e-9, "{cpa}");
    let comparison = &data["comparison"];
    assert_eq!(comparison["previous"]["total_spend"], 0.0);
    assert_eq!(comparison["spend_change"], json!(null), "nothing to compare with");
    let fresh = &data["freshness"][0];
    assert_eq!((&fresh["platform"], &fresh["reports_until"]), (&json!("meta"), &json!(today())));
}

async fn check_platforms(stratum: &Stratum, token: &str, kpis: &Value) {
    let (status, answer) = stratum.get("/api/v1/analytics/platforms", token).await;
    let platforms = answer["data"]["platforms"].as_array().unwrap();
    assert_eq!((status, platforms.len()), (200, 1), "{answer}");
    assert_eq!(
        (&platforms[0]["platform"], &platforms[0]["campaigns"]),
        (&json!("meta"), &json!(1))
    );
    for field in ["total_spend", "total_revenue", "total_clicks", "tracked_conversions"] {
        assert_eq!(platforms[0][field], kpis[field], "{field}");
    }
}

async fn check_campaign(stratum: &Stratum, tokens: &[String]) {
    for granularity in ["daily", "weekly", "monthly"] {
        let path = format!("/api/v1/campaigns/c-1/metrics?granularity={granularity}");
        let (status, answer) = stratum.get(&path, &tokens[0]).await;
        let data = &answer["data"];
        assert_eq!((status, &data["campaign_name"]), (200, &json!("Sale")), "{answer}");
        assert_eq!(
            (&data["granularity"], &data["total"]["total_spend"]),
            (&json!(granularity), &json!(100.0))
        );
        let periods = data["metrics"].as_array().unwrap();
        assert_eq!(periods.last().unwrap()["total_spend"], 100.0, "today");
        assert!(periods[..periods.len() - 1].iter().all(|one| one["total_spend"] == 0.0));
        assert!((2..=30).contains(&periods.len()), "periods without data are there");
    }
    for (path, token) in [("c-1", &tokens[1]), ("c-2", &tokens[0])] {
        let (status, answer) =
            stratum.get(&format!("/api/v1/campaigns/{path}/metrics"), token).await;
        assert_eq!((status, &answer["error"]), (404, &json!("not_found")), "{answer}");
    }
}

async fn check_match_quality(stratum: &Stratum, token: &str) {
    let (_, answer) = stratum.get("/api/v1/emq/score?platform=meta", token).await;
    let event = &answer["data"]["events"][0];
    assert_eq!(
        (&event["event_name"], &event["events"]),
        (&json!("Purchase"), &json!(1)),
        "{answer}"
    );
    // E-mail, address and agent: the public anchor of the formula.
    assert_eq!((&event["score"], &event["band"]), (&json!(6.9), &json!("good")));
    let (_, answer) = stratum.get("/api/v1/emq/coverage", token).await;
    let identifiers = answer["data"]["platforms"][0]["identifiers"].as_array().unwrap().clone();
    let of =
        |key: &str| identifiers.iter().find(|one| one["key"] == key).unwrap()["coverage"].clone();
    assert_eq!((of("em"), of("ph")), (json!(1.0), json!(0.0)));
    assert!(!answer["data"]["platforms"][0]["uplift"].as_array().unwrap().is_empty(), "{answer}");
    let (_, answer) = stratum.get("/api/v1/emq/score?event_name=Lead", token).await;
    assert_eq!(answer["data"]["events"], json!([]));
}

async fn check_ingest(stratum: &Stratum, token: &str) {
    let (_, answer) = stratum.get("/api/v1/analytics/ingest", token).await;
    let events = json!({"received": 2, "landed": 1, "duplicate": 1, "rejected": 0});
    assert_eq!(answer["data"]["events"], events, "{answer}");
    assert_eq!(answer["data"]["ad_reports"]["received"], 2);
    assert_eq!(answer["data"]["rejections"], json!([]));
    assert_eq!(answer["data"]["diagnostics"], json!([]));
}

async fn check_isolation(stratum: &Stratum, token: &str) {
    let (_, answer) = stratum.get("/api/v1/analytics/kpis", token).await;
    let data = &answer["data"];
    assert_eq!((&data["total_spend"], &data["total_clicks"]), (&json!(0.0), &json!(0)), "{answer}");
    assert_eq!((&data["by_currency"], &data["freshness"]), (&json!([]), &json!([])));
    assert_eq!(data["avg_roas"], json!(null));
    let (_, answer) = stratum.get("/api/v1/analytics/ingest", token).await;
    assert_eq!(answer["data"]["datasets"], json!([]), "{answer}");
    let (_, answer) = stratum.get("/api/v1/emq/score", token).await;
    assert_eq!(answer["data"]["events"], json!([]), "{answer}");
}

async fn check_wrong_questions(stratum: &Stratum, token: &str) {
    for (path, status, field) in [
        ("/analytics/kpis?date_from=2026-02-30", 400, "date_from"),
        ("/analytics/kpis?platform=myspace", 400, "platform"),
        ("/analytics/kpis?currency=XXQ", 400, "currency"),
        ("/analytics/kpis?compare_period=yesterday", 400, "compare_period"),
        ("/analytics/kpis?date_form=2026-01-01", 400, ""),
        ("/analytics/kpis?date_from=2026-02-02&date_to=2026-02-01", 422, "date_to"),
        ("/analytics/kpis?date_from=1990-01-01&date_to=2026-02-01", 422, "date_to"),
        ("/campaigns/c-1/metrics?granularity=hourly", 400, "granularity"),
        ("/emq/score?to=2026-13-01", 400, "to"),
    ] {
        let (said, answer) = stratum.get(&format!("/api/v1{path}"), token).await;
        assert_eq!(
            (said, &answer["details"][0]["field"]),
            (status, &json!(field)),
            "{path}: {answer}"
        );
    }
    let rates = "/api/v1/analytics/kpis?currency=EUR";
    let (_, answer) = stratum.get(rates, token).await;
    let data = &answer["data"];
    assert_eq!((&data["total_spend"], &data["currency"]), (&json!(null), &json!(null)));
    assert!(data["currency_reason"].as_str().unwrap().contains("USD to EUR"), "{answer}");
}

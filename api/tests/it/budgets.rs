//! Budgets as they are shown: to the cent, and not for what has ended.

use chrono::Days;
use serde_json::{Value, json};

use crate::fixture::{Stratum, TestTenant, eventually};
use crate::predictions::{DAYS, LAND_WAIT, QUIET, deliver, number, post, report, train, yesterday};

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_adds_up_and_goes_to_what_runs() {
    let stratum = Stratum::start(QUIET).await;
    let tenant = stratum.create_tenant("One", "UTC", "EUR").await;
    let token = tenant.sign_in().await;
    deliver(&stratum, &tenant, &token).await;
    an_ended_campaign_gets_no_budget(&stratum, &tenant, &token).await;
    a_budget_adds_up_to_the_cent(&stratum, &token).await;
}

async fn a_budget_adds_up_to_the_cent(stratum: &Stratum, token: &str) {
    let cents = |value: &Value| (number(value) * 100.0).round() as i64;
    for goal in ["maximize_revenue", "maximize_conversions", "maximize_roas"] {
        for budget in [5_000.0, 20_000.0, 3_333.33, 1e6] {
            let body = json!({"total_budget": budget, "optimization_goal": goal});
            let (status, answer) =
                post(stratum, "/api/v1/predictions/budget-optimize", token, body).await;
            assert_eq!(status, 200, "{answer}");
            let data = &answer["data"];
            let all = data["recommendations"].as_array().unwrap().iter();
            let spent: i64 = all.map(|one| cents(&one["recommended_budget"])).sum();
            assert_eq!(spent + cents(&data["unspent"]), cents(&json!(budget)), "{goal}: {answer}");
        }
    }
}

/// It ended three weeks ago: its days are enough for a forecast, which still sees it in its last four weeks.
async fn an_ended_campaign_gets_no_budget(stratum: &Stratum, tenant: &TestTenant<'_>, token: &str) {
    let key = tenant.create_ingest_key().await;
    let rows: Vec<Value> = (20..DAYS).map(|back| report(5, back)).collect();
    let (status, answer) = stratum.post("/api/v1/ad-reports", &key, &json!(rows)).await;
    assert_eq!(status, 200, "{answer}");
    let path = format!(
        "/api/v1/analytics/kpis?campaign_id=c5&date_from={}",
        yesterday() - Days::new(DAYS)
    );
    let landed = async || {
        let (_, answer) = stratum.get(&path, token).await;
        answer["data"]["total_clicks"].as_u64().filter(|clicks| *clicks > 0)
    };
    eventually("the ended campaign does not land", LAND_WAIT, landed).await;
    train(stratum, &tenant.slug).await;
    let plan = async |extra: Value| {
        let mut body = json!({"total_budget": 20_000.0, "optimization_goal": "maximize_revenue"});
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let (status, answer) =
            post(stratum, "/api/v1/predictions/budget-optimize", token, body).await;
        assert_eq!(status, 200, "{answer}");
        let of = |list: &str| {
            let all = answer["data"][list].as_array().unwrap().iter();
            all.filter(|one| one["campaign_id"] == "c5").cloned().collect::<Vec<_>>()
        };
        (of("recommendations"), of("left_out"))
    };
    let (planned, left_out) = plan(json!({})).await;
    assert_eq!((planned.len(), left_out.len()), (0, 1), "{left_out:?}");
    let reason = left_out[0]["reason"].as_str().unwrap();
    assert!(reason.contains("last 14 days") && reason.contains("include_inactive"), "{reason}");
    for extra in [
        json!({"include_inactive": true}),
        json!({"constraints": {"per_campaign": {"c5": {"max": 500}}}}),
    ] {
        let (planned, left_out) = plan(extra).await;
        assert_eq!((planned.len(), left_out.len()), (1, 0));
    }
}

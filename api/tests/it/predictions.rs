//! Predictions through the front door: ad reports in, training, and three routes that agree.

use std::time::Duration;

use chrono::{Days, NaiveDate, Utc};
use serde_json::{Value, json};

use crate::anomalies::an_unusual_day_is_listed;
use crate::fixture::{PASSWORD, Stratum, TestTenant, eventually};
use crate::plans::plans_are_saved_and_compared;

pub const DAYS: u64 = 200;
pub const LAND_WAIT: Duration = Duration::from_secs(60);
/// The tests train themselves.
pub const QUIET: &[(&str, &str)] = &[("STRATUM__predictions__check_every_ms", "86400000")];

pub fn yesterday() -> NaiveDate {
    Utc::now().date_naive().checked_sub_days(Days::new(1)).unwrap()
}

/// A day of a campaign: spend moves in steps, revenue follows with diminishing returns and weekdays.
pub fn report(campaign: u64, back: u64) -> Value {
    let size = 100.0 * (1.0 + campaign as f64);
    let step = ((back / 11 + campaign) * 2_654_435_761 % 97) as f64 / 97.0;
    let wobble = ((back * 7 + campaign) * 40_503 % 89) as f64 / 89.0 - 0.5;
    let spend = size * (0.5 + step);
    let weekday = 1.0 + 0.2 * ((back % 7) as f64 - 3.0) / 3.0;
    let revenue = 9.0 * spend / (1.0 + spend / (1.5 * size)) * weekday * (1.0 + 0.2 * wobble);
    let date = yesterday().checked_sub_days(Days::new(back)).unwrap();
    json!({
        "platform": if campaign.is_multiple_of(2) { "meta" } else { "google" },
        "account_id": "act_1", "campaign_id": format!("c{campaign}"), "campaign_name": format!("Campaign {campaign}"),
        "date": date.to_string(), "currency": "EUR",
        "spend": format!("{spend:.2}"), "revenue": format!("{revenue:.2}"),
        "impressions": (spend * 100.0) as u64, "clicks": spend as u64,
        "conversions": format!("{:.2}", revenue / 40.0),
    })
}

/// Lands ad reports of four campaigns and of one with a single day.
pub async fn deliver(stratum: &Stratum, tenant: &TestTenant<'_>, token: &str) {
    let key = tenant.create_ingest_key().await;
    for campaign in 0..4 {
        let rows: Vec<Value> = (0..DAYS).map(|back| report(campaign, back)).collect();
        let (status, answer) = stratum.post("/api/v1/ad-reports", &key, &json!(rows)).await;
        assert_eq!(status, 200, "{answer}");
    }
    let lonely = json!([report(4, 0)]);
    let (status, answer) = stratum.post("/api/v1/ad-reports", &key, &lonely).await;
    assert_eq!(status, 200, "{answer}");
    let from = yesterday().checked_sub_days(Days::new(DAYS)).unwrap();
    let path = format!("/api/v1/analytics/platforms?date_from={from}");
    let landed = async || {
        let (_, answer) = stratum.get(&path, token).await;
        let campaigns = answer["data"]["platforms"].as_array()?.iter();
        let campaigns: u64 = campaigns.filter_map(|one| one["campaigns"].as_u64()).sum();
        (campaigns == 5).then_some(())
    };
    eventually("the reports do not land", LAND_WAIT, landed).await;
}

pub async fn train(stratum: &Stratum, slug: &str) -> Value {
    let output = stratum.run(&["train", "--tenant", slug], "").await;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text} {}", String::from_utf8_lossy(&output.stderr));
    let lines: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
    assert!(lines.len() > 3 && lines[0]["of"].is_u64(), "progress is told: {text}");
    lines.last().expect("a line").clone()
}

pub async fn post(stratum: &Stratum, path: &str, token: &str, body: Value) -> (u16, Value) {
    stratum.post(path, token, &body).await
}

pub fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

#[tokio::test(flavor = "multi_thread")]
async fn forecasts_budgets_and_what_ifs_agree() {
    let mut stratum = Stratum::start(QUIET).await;
    let (slug, token, viewer) = {
        let tenant = stratum.create_tenant("One", "UTC", "EUR").await;
        let token = tenant.sign_in().await;
        nothing_is_guessed_before_the_first_training(&stratum, &token).await;
        deliver(&stratum, &tenant, &token).await;
        let (_, answer) = stratum.login(&tenant.create_user("viewer").await, PASSWORD).await;
        let viewer = answer["data"]["access_token"].as_str().expect("a token").to_owned();
        (tenant.slug.clone(), token, viewer)
    };
    let trained = train(&stratum, &slug).await;
    assert_eq!((trained["campaigns"].as_u64(), trained["forecast"].as_u64()), (Some(5), Some(4)));
    the_three_routes_agree_to_the_cent(&stratum, &token).await;
    a_budget_keeps_its_constraints_and_names_clashes(&stratum, &token).await;
    what_is_wrong_is_told(&stratum, &token).await;
    roles_and_tenants_are_kept_apart(&stratum, &viewer).await;
    plans_are_saved_and_compared(&stratum, &token, &viewer).await;
    a_card_tells_what_the_model_is(&stratum, &slug).await;
    a_damaged_model_is_refused_and_the_older_one_serves(&mut stratum, &slug, &token).await;
    stratum.stop().await;
}

async fn nothing_is_guessed_before_the_first_training(stratum: &Stratum, token: &str) {
    let (status, answer) = stratum.get("/api/v1/predictions/roas", token).await;
    assert_eq!(status, 200, "{answer}");
    assert!(answer["data"]["insufficient_data"].as_str().unwrap().contains("no model"));
    let body = json!({"scenarios": [{"name": "same", "budget_change_percent": 0}]});
    let (status, answer) = post(stratum, "/api/v1/simulate", token, body).await;
    assert_eq!((status, &answer["error"]), (422, &json!("unprocessable_entity")), "{answer}");
}

async fn the_three_routes_agree_to_the_cent(stratum: &Stratum, token: &str) {
    for days in [1, 14, 90] {
        let path = format!("/api/v1/predictions/roas?days_ahead={days}");
        let (status, answer) = stratum.get(&path, token).await;
        assert_eq!(status, 200, "{answer}");
        let predictions = answer["data"]["predictions"].as_array().unwrap();
        assert_eq!(predictions.len(), 5);
        let mut total = 0.0;
        for one in predictions.iter().filter(|one| one["insufficient_data"].is_null()) {
            let roas = number(&one["predicted_roas"]);
            let (low, high) = (number(&one["confidence_lower"]), number(&one["confidence_upper"]));
            assert!(low <= roas && roas <= high && roas > 2.0 && roas < 9.0, "{one}");
            let drivers = one["drivers"].as_array().unwrap().iter();
            let sum: f64 = drivers.map(|driver| number(&driver["effect"])).sum();
            assert!((sum - roas).abs() < 1e-5, "{one}");
            assert!(number(&one["basis"]["backtest"]["wmape"]) < 0.3, "{one}");
            total += number(&one["predicted_revenue"]);
            a_simulation_begins_at_the_forecast(stratum, token, one, days).await;
        }
        let body = json!({"time_horizon_days": days, "scenarios": [{"name": "same", "budget_change_percent": 0}]});
        let (_, answer) = post(stratum, "/api/v1/simulate", token, body).await;
        assert!((number(&answer["data"]["baseline"]["revenue"]) - total).abs() < 0.005, "{answer}");
        assert_eq!(answer["data"]["left_out"].as_array().unwrap().len(), 1);
    }
    let (_, answer) = stratum.get("/api/v1/predictions/roas?campaign_id=c4", token).await;
    let lonely = &answer["data"]["predictions"][0];
    assert!(lonely["predicted_roas"].is_null() && lonely["recommendation"].is_null());
    assert!(
        lonely["insufficient_data"].as_str().unwrap().contains("1 days with spend"),
        "{lonely}"
    );
}

async fn a_simulation_begins_at_the_forecast(
    stratum: &Stratum,
    token: &str,
    forecast: &Value,
    days: u32,
) {
    let body = json!({
        "campaign_id": forecast["campaign_id"], "time_horizon_days": days,
        "scenarios": [
            {"name": "same", "budget_change_percent": 0}, {"name": "more", "budget_change_percent": 20},
        ],
    });
    let (status, answer) = post(stratum, "/api/v1/simulate", token, body).await;
    assert_eq!(status, 200, "{answer}");
    let data = &answer["data"];
    let [same, more] = [&data["scenarios"][0], &data["scenarios"][1]];
    for (theirs, ours) in [("spend", "planned_spend"), ("revenue", "predicted_revenue")] {
        assert_eq!(data["baseline"][theirs], forecast[ours], "{answer} {forecast}");
        assert_eq!(same[theirs], forecast[ours], "{answer} {forecast}");
    }
    assert!(number(&more["revenue"]) > number(&same["revenue"]), "{answer}");
    assert!(number(&more["marginal_roas"]) < number(&same["marginal_roas"]), "{answer}");
    let now = number(&forecast["planned_spend"]);
    let id = forecast["campaign_id"].as_str().unwrap();
    let body = json!({
        "total_budget": 1e9, "optimization_goal": "maximize_roas", "horizon_days": days,
        "constraints": {"per_campaign": {id: {"min": now, "max": now}}},
    });
    let (status, answer) = post(stratum, "/api/v1/predictions/budget-optimize", token, body).await;
    assert_eq!(status, 200, "{answer}");
    let all = answer["data"]["recommendations"].as_array().unwrap();
    let kept = all.iter().find(|one| one["campaign_id"] == id).unwrap();
    assert_eq!(kept["expected_revenue"], forecast["predicted_revenue"], "{kept}");
    assert_eq!(number(&kept["expected_revenue_increase"]), 0.0);
}

async fn a_budget_keeps_its_constraints_and_names_clashes(stratum: &Stratum, token: &str) {
    let path = "/api/v1/predictions/budget-optimize";
    let plan = async |extra: Value| {
        let mut body = json!({"total_budget": 20_000.0, "optimization_goal": "maximize_revenue"});
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        post(stratum, path, token, body).await
    };
    let (status, answer) = plan(json!({})).await;
    assert_eq!(status, 200, "{answer}");
    let data = &answer["data"];
    let all = data["recommendations"].as_array().unwrap();
    let spent: f64 = all.iter().map(|one| number(&one["recommended_budget"])).sum();
    assert!((spent + number(&data["unspent"]) - 20_000.0).abs() < 0.05, "{answer}");
    let free: Vec<f64> = all
        .iter()
        .filter(|one| one["binding"] == "none")
        .map(|one| number(&one["marginal_roas"]))
        .collect();
    assert!(
        free.len() > 1 && free.iter().all(|one| (one / free[0] - 1.0).abs() < 1e-3),
        "{answer}"
    );
    assert_eq!(number(&data["optimality_gap"]), 0.0);
    let (status, answer) = plan(json!({"constraints": {
        "min_spend_per_platform": {"google": 15_000}, "max_spend_per_campaign": 9_000,
    }}))
    .await;
    assert_eq!(status, 200, "{answer}");
    let all = answer["data"]["recommendations"].as_array().unwrap();
    let google = all.iter().filter(|one| one["platform"] == "google");
    let google: f64 = google.map(|one| number(&one["recommended_budget"])).sum();
    assert!(google >= 14_999.9, "{answer}");
    assert!(all.iter().all(|one| number(&one["recommended_budget"]) <= 9_000.01));
    for (clash, named) in [
        (json!({"constraints": {"min_spend_per_platform": 15_000}}), "min_spend_per_platform of"),
        (json!({"constraints": {"per_campaign": {"c1": {"min": 9, "max": 8}}}}), "campaign c1"),
        (json!({"constraints": {"per_campaign": {"nobody": {"min": 9}}}}), "nobody"),
        (json!({"optimization_goal": "target_roas", "target_roas": 900}), "target"),
        (json!({"total_budget": -1}), "total budget"),
        (json!({"horizon_days": 91}), "1 to 90"),
    ] {
        let (status, answer) = plan(clash).await;
        assert_eq!(status, 422, "{answer}");
        assert!(answer["message"].as_str().unwrap().contains(named), "{answer}");
    }
    let (status, answer) =
        plan(json!({"optimization_goal": "target_roas", "target_roas": 5.0, "total_budget": 1e8}))
            .await;
    assert_eq!(status, 200, "{answer}");
    assert!(
        number(&answer["data"]["total_expected_roas"]) >= 4.999
            && number(&answer["data"]["unspent"]) > 0.0
    );
}

async fn what_is_wrong_is_told(stratum: &Stratum, token: &str) {
    for (path, body, status) in [
        ("/api/v1/simulate", json!({"scenarios": []}), 422),
        (
            "/api/v1/simulate",
            json!({"scenarios": [{"name": "x", "budget_change_percent": -101}]}),
            422,
        ),
        (
            "/api/v1/simulate",
            json!({"campaign_id": "nobody", "scenarios": [{"name": "x", "budget_change_percent": 1}]}),
            404,
        ),
        ("/api/v1/simulate", json!({"scenarios": [], "surprise": 1}), 422),
    ] {
        let (found, answer) = post(stratum, path, token, body).await;
        assert_eq!(found, status, "{answer}");
    }
    for (query, status) in
        [("days_ahead=0", 422), ("days_ahead=x", 400), ("campaign_id=nobody", 404)]
    {
        let (found, answer) =
            stratum.get(&format!("/api/v1/predictions/roas?{query}"), token).await;
        assert_eq!(found, status, "{answer}");
    }
    let fix = json!({
        "scenarios": [{"name": "same", "budget_change_percent": 0}],
        "match_quality_fix": {"identifiers": ["em"], "share": 0.5},
    });
    let (status, answer) = post(stratum, "/api/v1/simulate", token, fix).await;
    assert_eq!(status, 200, "{answer}");
    let gain = &answer["data"]["match_quality"];
    assert!(gain["statement"].as_str().unwrap().contains("not sales"));
    assert!(gain["change_percent"].is_null(), "no events, no claim: {gain}");
}

async fn roles_and_tenants_are_kept_apart(stratum: &Stratum, viewer: &str) {
    let (status, answer) = stratum.get("/api/v1/predictions/roas", viewer).await;
    assert_eq!((status, answer["data"]["total"].as_u64()), (200, Some(5)));
    let body = json!({"scenarios": [{"name": "same", "budget_change_percent": 0}]});
    assert_eq!(post(stratum, "/api/v1/simulate", viewer, body).await.0, 403);
    let other = stratum.create_tenant("Two", "UTC", "EUR").await;
    let stranger = other.sign_in().await;
    let (_, answer) = stratum.get("/api/v1/predictions/roas", &stranger).await;
    assert_eq!(answer["data"]["total"].as_u64(), Some(0));
    an_unusual_day_is_listed(stratum, &other, &stranger, viewer).await;
}

async fn a_card_tells_what_the_model_is(stratum: &Stratum, slug: &str) {
    let arguments = ["model", "card", "--tenant", slug, "--campaign", "c1", "--days", "14"];
    let output = stratum.run(&arguments, "").await;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for part in ["Back-test", "seasonal_naive", "wMAPE", "monday", "ROAS (", "Campaign 1"] {
        assert!(text.contains(part), "{part} is missing: {text}");
    }
    assert!(!text.contains("Campaign 2"), "{text}");
}

async fn a_damaged_model_is_refused_and_the_older_one_serves(
    stratum: &mut Stratum,
    slug: &str,
    token: &str,
) {
    let version = async |stratum: &Stratum| {
        let (_, answer) = stratum.get("/api/v1/predictions/roas", token).await;
        answer["data"]["trained_at"].as_str().expect("a model").to_owned()
    };
    let first = version(stratum).await;
    train(stratum, slug).await;
    assert_ne!(version(stratum).await, first, "the newest model serves");
    let damage = "UPDATE model_artifacts SET content = set_byte(content, 400, (get_byte(content, 400) + 1) % 256) \
        WHERE created_at = (SELECT max(created_at) FROM model_artifacts)";
    let mut owner = stratum.state_connection().await;
    sqlx::query(damage).execute(&mut owner).await.expect("damage");
    drop(owner);
    stratum.kill().await;
    stratum.restart().await;
    assert_eq!(version(stratum).await, first, "the older model serves");
    assert!(stratum.output().contains("a stored model is refused"));
}

/// Two channels with diminishing returns, and a promotion that moves sales by itself.
#[tokio::test(flavor = "multi_thread")]
async fn curves_are_fitted_to_a_users_own_data() {
    let stratum = Stratum::start(QUIET).await;
    let token = stratum.create_tenant("One", "UTC", "EUR").await.sign_in().await;
    let noise = |week: u64, by: u64| (week * by * 2_654_435_761 % 1_009) as f64 / 1_009.0;
    let spend = |by: u64| (0..104).map(|week| 100.0 * noise(week, by)).collect::<Vec<f64>>();
    let (search, social) = (spend(7), spend(31));
    let promotion: Vec<f64> = (0..104).map(|week| f64::from(week % 13 == 0)).collect();
    let sales = |week: usize| {
        let bend = |spend: f64, half: f64| spend / (spend + half);
        500.0
            + 300.0 * bend(search[week], 40.0)
            + 50.0 * bend(social[week], 40.0)
            + 200.0 * promotion[week]
    };
    let target: Vec<f64> =
        (0..104).map(|week| sales(week) + 20.0 * noise(week as u64, 101)).collect();
    let body = json!({
        "step": "weekly", "target": target,
        "channels": [{"name": "search", "spend": search}, {"name": "tv", "spend": vec![10.0; 104]}, {"name": "social", "spend": social}],
        "controls": [{"name": "promotion", "values": promotion}],
    });
    let (status, answer) =
        post(&stratum, "/api/v1/predictions/response", &token, body.clone()).await;
    assert_eq!(status, 200, "{answer}");
    let [search, tv, social] = [0, 1, 2].map(|at| &answer["data"]["channels"][at]);
    let brought = |channel: &Value| number(&channel["contribution"]["value"]);
    assert!(brought(search) > 3.0 * brought(social), "{answer}");
    assert_eq!((&search["knowledge"], &tv["knowledge"]), (&json!("known"), &json!("never_varied")));
    let media = &answer["data"]["media"];
    let sum = brought(search) + brought(tv) + brought(social);
    assert!((sum / number(&media["value"]) - 1.0).abs() < 1e-9, "{answer}");
    assert!(number(&media["lower"]) < sum && sum < number(&media["upper"]), "{answer}");
    assert_eq!(search["working"]["curve"].as_array().map(Vec::len), Some(21));
    let mut belief = body.clone();
    belief["belief"] = json!({"mean": 0.2, "sd": 0.9});
    let (status, refused) = post(&stratum, "/api/v1/predictions/response", &token, belief).await;
    assert_eq!((status, refused.to_string().contains("believed")), (422, true), "{refused}");
    let mut short = body.clone();
    short["target"] = json!(target[..50]);
    let (status, answer) = post(&stratum, "/api/v1/predictions/response", &token, short).await;
    assert_eq!((status, &answer["error"]), (422, &json!("unprocessable_entity")), "{answer}");
}

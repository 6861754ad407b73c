//! What a marketer looks at every morning: the list of campaigns with both sources, compared, narrowed and added up,
//! changed many at a time; and the same figures in the analytics routes.

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::{Caller, at, daily, each, fields};
use crate::fixture::{Stratum, eventually};
use crate::kpis::{ago, near, send, sum};
use crate::load::now;

const WAIT: std::time::Duration = std::time::Duration::from_secs(30);
const ZONE: chrono_tz::Tz = chrono_tz::UTC;

#[tokio::test(flavor = "multi_thread")]
async fn campaigns_are_compared_narrowed_added_up_and_changed_together() {
    let stratum = Stratum::start(&[("STRATUM__adopt__every_ms", "200")]).await;
    let tenant = stratum.create_tenant("One", "UTC", "EUR").await;
    tenant.create_dataset("meta", "81").await;
    let key = tenant.create_ingest_key().await;
    let manager = Caller::of(&stratum, &tenant, "manager").await;
    let viewer = Caller::of(&stratum, &tenant, "viewer").await;
    deliver(&stratum, &key).await;
    let listed = async || {
        let answer = viewer.read(&format!("/campaigns?{}", week())).await;
        let items = answer["data"].as_array().unwrap();
        let shown = items.iter().any(|one| one["tracked_conversions"] == 2);
        (items.len() == 4 && shown && spend(items) == 465.0).then_some(())
    };
    eventually("the campaigns do not show", WAIT, listed).await;
    both_sources_stand_side_by_side(&viewer).await;
    the_list_is_narrowed_by_figures_and_added_up(&viewer).await;
    what_is_asked_wrongly_is_refused(&viewer).await;
    analytics_tell_the_same(&viewer).await;
    many_are_changed_at_once(&manager, &viewer).await;
    let admin = Caller::of(&stratum, &tenant, "admin").await;
    let foreign = stratum.create_tenant("Other", "UTC", "USD").await;
    let other = Caller::of(&stratum, &foreign, "admin").await;
    daily::notes_stand_beside_days(&manager, &viewer, &other).await;
    daily::views_are_ones_own_or_shared(&manager, &viewer, &admin).await;
    daily::what_needs_attention_is_told_and_put_aside(&manager, &viewer, &other).await;
    daily::what_comes_in_is_shown(&viewer, &other).await;
    daily::match_quality_is_told_by_day(&viewer).await;
    daily::names_change_and_datasets_are_archived(&admin, &other, &key).await;
}

/// The seven days up to yesterday.
fn week() -> String {
    format!("date_from={}&date_to={}", ago(7, ZONE), ago(1, ZONE))
}

fn spend(items: &[Value]) -> f64 {
    items.iter().filter_map(|one| one["total_spend"].as_f64()).sum()
}

async fn deliver(stratum: &Stratum, key: &str) {
    let report = |platform: &str, account: &str, campaign: &str, days: u64, spend: f64| {
        json!({
            "platform": platform, "account_id": account, "campaign_id": campaign,
            "campaign_name": campaign.to_uppercase(), "date": ago(days, ZONE), "currency": "EUR",
            "spend": spend, "impressions": 1_000, "clicks": 10, "conversions": 2,
            "revenue": 300.0,
        })
    };
    let reports = json!([
        report("meta", "a", "m1", 1, 100.0),
        report("meta", "a", "m1", 2, 50.0),
        report("meta", "a", "m1", 8, 120.0),
        report("meta", "b", "m2", 1, 300.0),
        report("google", "g", "g1", 3, 15.0),
        report("tiktok", "t", "t1", 20, 5.0),
    ]);
    send(stratum, key, &reports).await;
    let purchase = |id: &str, days: u64, campaign: &str, value: f64| {
        json!({
            "event_name": "Purchase", "event_time": now().0 / 1000 - 86_400 * days as i64,
            "event_id": id, "action_source": "website",
            "event_source_url": "https://shop.example/thanks",
            "user_data": {"em": "ana@example.com", "client_user_agent": "Mozilla/5.0 Firefox/130.0"},
            "custom_data": {"value": value, "currency": "EUR", "campaign_id": campaign},
        })
    };
    let events = json!({"data": [
        purchase("o-1", 1, "m1", 90.0), purchase("o-2", 2, "m1", 60.0),
        purchase("o-3", 1, "unknown", 7.0),
    ]});
    let (status, answer) = stratum.post("/v24.0/81/events", key, &events).await;
    assert_eq!(status, 200, "{answer}");
    // Refused: older than a week.
    let old = json!({"data": [purchase("o-4", 9, "m1", 1.0)]});
    let (status, answer) = stratum.post("/v24.0/81/events", key, &old).await;
    assert_eq!(status, 400, "{answer}");
}

async fn both_sources_stand_side_by_side(viewer: &Caller<'_>) {
    let question = format!(
        "/campaigns?{}&sort_by=tracked_roas&spark=tracked_revenue&compare_period=same_weekdays",
        week()
    );
    let answer = viewer.read(&question).await;
    let first = answer["data"][0].clone();
    for (field, wanted) in [
        ("name", json!("M1")),
        ("total_spend", json!(150.0)),
        ("tracked_conversions", json!(2)),
        ("tracked_revenue", json!(150.0)),
        ("tracked_roas", json!(1.0)),
        ("tracked_cpa", json!(75.0)),
        ("tracked_cvr", json!(10.0)),
        ("cvr", json!(20.0)),
        ("spark", json!([0.0, 0.0, 0.0, 0.0, 0.0, 60.0, 90.0])),
    ] {
        assert_eq!(first[field], wanted, "{field}: {first}");
    }
    let comparison = &first["comparison"];
    assert_eq!(comparison["date_to"], json!(ago(8, ZONE)), "{comparison}");
    assert_eq!(comparison["previous"]["total_spend"], json!(120.0));
    assert_eq!(
        (&comparison["spend_change"], &comparison["roas_change"]),
        (&json!(25.0), &json!(60.0))
    );
    // Nothing was reported of it before, and nothing is claimed.
    let other = answer["data"].as_array().unwrap().iter().find(|one| one["name"] == "G1").unwrap();
    assert_eq!(other["comparison"], json!(null), "{other}");
    let silent = answer["data"].as_array().unwrap().iter().find(|one| one["name"] == "T1").unwrap();
    assert_eq!(
        (&silent["total_spend"], &silent["spark"]),
        (&json!(null), &json!(null)),
        "{silent}"
    );
    assert_eq!(viewer.read(&at("/campaigns", &first)).await["data"]["tracked_conversions"], 2);
}

async fn the_list_is_narrowed_by_figures_and_added_up(viewer: &Caller<'_>) {
    for (having, names) in [
        ("", &["M2", "M1", "G1", "T1"][..]),
        ("having=spend%3E%3D100", &["M2", "M1"]),
        ("having=roas%3C2.5,spend%3E20", &["M2"]),
        ("having=tracked_revenue%3E0", &["M1"]),
        ("having=tracked_revenue%3D0&platform=meta,google", &["M2", "G1"]),
    ] {
        let question = format!("{}&{having}", week());
        let answer = viewer.read(&format!("/campaigns?{question}&sort_by=spend")).await;
        assert_eq!(each(&answer, "name"), names, "{having}");
        assert_eq!(answer["pagination"]["total"], json!(names.len()), "{having}");
        let totals = viewer.read(&format!("/campaigns/totals?{question}")).await["data"].clone();
        let items = answer["data"].as_array().unwrap();
        assert_eq!(totals["campaigns"], json!(names.len()), "{having}: {totals}");
        assert_eq!(totals["total_spend"], json!(spend(items)), "{having}: {totals}");
    }
    let compared = format!("/campaigns/totals?{}&compare_from={}", week(), ago(14, ZONE));
    let totals = viewer.read(&compared).await["data"].clone();
    assert_eq!((&totals["tracked_conversions"], &totals["currency"]), (&json!(2), &json!("EUR")));
    assert_eq!(totals["comparison"]["previous"]["total_spend"], json!(120.0), "{totals}");
    assert_eq!(totals["comparison"]["spend_change"], json!((465.0 - 120.0) / 120.0 * 100.0));
    let page = viewer.read("/campaigns?page_size=500").await;
    assert_eq!(page["pagination"]["page_size"], 500);
}

async fn what_is_asked_wrongly_is_refused(viewer: &Caller<'_>) {
    for (question, status, field) in [
        ("having=roas", 400, "having"),
        ("having=money%3C5", 400, "having"),
        ("sort_by=money", 400, "sort_by"),
        ("page_size=501", 400, "page_size"),
        ("compare_period=previous_period", 422, "compare_period"),
        ("spark=spend", 422, "spark"),
        ("spark=spend&date_from=2020-01-01&date_to=2026-01-01", 422, "spark"),
    ] {
        let (answered, answer) = viewer.get(&format!("/campaigns?{question}")).await;
        assert_eq!((answered, fields(&answer)), (status, vec![field]), "{question}: {answer}");
    }
    let both =
        format!("/analytics/kpis?compare_period=previous_year&compare_from={}", ago(9, ZONE));
    assert_eq!(viewer.get(&both).await.0, 400);
}

async fn analytics_tell_the_same(viewer: &Caller<'_>) {
    let question = format!("{}&platform=meta,google", week());
    let kpis =
        viewer.read(&format!("/analytics/kpis?{question}&compare_period=same_weekdays")).await;
    let kpis = &kpis["data"];
    assert_eq!((&kpis["total_spend"], &kpis["tracked_cpa"]), (&json!(465.0), &json!(155.0)));
    assert_eq!(kpis["comparison"]["tracked_roas_change"], json!(null), "{kpis}");
    assert_eq!(kpis["comparison"]["spend_change"], json!((465.0 - 120.0) / 120.0 * 100.0));
    let platform = |data: &Value, name: &str| {
        let all = data["platforms"].as_array().unwrap();
        all.iter().find(|one| one["platform"] == name).unwrap_or_else(|| panic!("{data}")).clone()
    };
    let missing = |from: u64, of: &str| {
        let (first, last) = (ago(from, ZONE), ago(1, ZONE));
        json!({"platform": of, "date_from": first, "date_to": last, "days": from})
    };
    let unreported = json!([missing(2, "google")]);
    let path = format!("/analytics/platforms?{question}&compare_period=same_weekdays");
    let platforms = viewer.read(&path).await["data"].clone();
    assert_eq!(platform(&platforms, "meta")["comparison"]["spend_change"], json!(275.0));
    assert_eq!(platform(&platforms, "google")["comparison"], json!(null), "{platforms}");
    assert_eq!(platforms["comparison"]["previous"]["total_spend"], json!(120.0));
    let path = format!("/analytics/series?{question}&by=platform&compare_period=same_weekdays");
    let series = viewer.read(&path).await["data"].clone();
    let parts =
        ["meta", "google"].map(|name| sum(&platform(&series, name)["series"], "total_spend"));
    assert!(near(parts.iter().sum(), sum(&series["series"], "total_spend")), "{parts:?}");
    let before: NaiveDate =
        series["comparison"]["series"][6]["date_from"].as_str().unwrap().parse().unwrap();
    assert_eq!(before, ago(8, ZONE), "as many days, each the same day of the week");
    assert!(near(sum(&series["comparison"]["series"], "total_spend"), 120.0));
    for answer in [kpis, &platforms, &series] {
        assert_eq!(answer["incomplete"], unreported, "{answer}");
    }
    let accounts = viewer.read(&format!("/analytics/kpis?{}&account_id=a,b", week())).await;
    assert_eq!(accounts["data"]["total_spend"], json!(450.0), "{accounts}");
    assert_eq!(
        viewer.read(&format!("/analytics/series?{}", week())).await["data"]["platforms"],
        json!(null)
    );
}

async fn many_are_changed_at_once(manager: &Caller<'_>, viewer: &Caller<'_>) {
    let listed = manager.read("/campaigns?sort_by=name&sort_order=asc").await;
    let ids = each(&listed, "id");
    let budget = json!({"daily_budget": 12.34});
    assert_eq!(manager.patch(&at("/campaigns", &listed["data"][1]), &budget).await.0, 200);
    assert_eq!(
        manager
            .patch(&at("/campaigns", &listed["data"][0]), &json!({"status": "archived"}))
            .await
            .0,
        200
    );
    let nowhere = "00000000-0000-7000-8000-000000000000";
    let named: Vec<Value> = ids.iter().cloned().chain([json!(nowhere)]).collect();
    let change = json!({"ids": named, "change": {"status": "paused", "add_labels": ["autumn"]}, "dry_run": true});
    let told = posted(manager, &change).await;
    let counts = |answer: &Value| ["changed", "unchanged", "refused"].map(|of| answer[of].clone());
    assert_eq!(counts(&told), [json!(3), json!(0), json!(1)], "{told}");
    assert_eq!(told["not_found"], json!([nowhere]));
    assert_eq!(told["outcomes"][0]["refusals"][0]["field"], "status", "{told}");
    assert_eq!(told["outcomes"][1]["before"]["labels"], json!([]));
    assert_eq!(told["outcomes"][1]["after"]["labels"], json!(["autumn"]));
    assert_eq!(viewer.read("/campaigns/labels").await["data"], json!([]), "nothing was changed");
    let mut done = change.clone();
    done["dry_run"] = json!(false);
    assert_eq!(counts(&posted(manager, &done).await), [json!(3), json!(0), json!(1)]);
    assert_eq!(
        counts(&posted(manager, &done).await),
        [json!(0), json!(3), json!(1)],
        "it is so already"
    );
    let labels = viewer.read("/campaigns/labels").await["data"].clone();
    assert_eq!(labels, json!([{"label": "autumn", "campaigns": 3}]));
    let grow = json!({
        "filter": {"labels": "autumn", "having": "spend>=100"},
        "change": {"daily_budget_percent": 10.0, "remove_labels": ["autumn"]},
    });
    let grown = posted(manager, &grow).await;
    assert_eq!(counts(&grown), [json!(1), json!(0), json!(1)], "one has no budget: {grown}");
    let one = manager.read(&at("/campaigns", &listed["data"][1])).await["data"].clone();
    assert_eq!((&one["daily_budget"], &one["labels"]), (&json!(13.57), &json!([])));
    for (body, field) in [
        (json!({"ids": [], "change": {}}), "change"),
        (json!({"change": {"status": "paused"}}), "ids"),
        (json!({"ids": ids, "filter": {}, "change": {"status": "paused"}}), "ids"),
        (
            json!({"ids": ids, "change": {"daily_budget_percent": -101.0}}),
            "change.daily_budget_percent",
        ),
        (json!({"ids": ids, "change": {"name": "x"}}), "change.name"),
    ] {
        let (status, answer) = manager.post("/campaigns/bulk", &body).await;
        assert_eq!((status, fields(&answer)), (422, vec![field]), "{body}: {answer}");
    }
    assert_eq!(viewer.post("/campaigns/bulk", &change).await.0, 403);
    changes_are_there_for_readers(viewer, &one).await;
}

async fn posted(caller: &Caller<'_>, body: &Value) -> Value {
    let (status, answer) = caller.post("/campaigns/bulk", body).await;
    assert_eq!(status, 200, "{body}: {answer}");
    answer["data"].clone()
}

async fn changes_are_there_for_readers(viewer: &Caller<'_>, campaign: &Value) {
    let path = format!("{}/changes", at("/campaigns", campaign));
    let answer = viewer.read(&path).await;
    let changes = each(&answer, "changes");
    assert_eq!(changes[0], json!({"daily_budget_micros": 13_570_000, "labels": []}), "{answer}");
    assert_eq!(changes[1], json!({"status": "paused", "labels": ["autumn"]}));
    assert!(answer["data"][0]["actor_name"].is_string(), "{answer}");
    assert_eq!(viewer.get("/audit").await.0, 403);
    assert_eq!(viewer.get("/campaigns/00000000-0000-7000-8000-000000000000/changes").await.0, 404);
}

use reqwest::Method;
use serde_json::json;

use super::{Caller, at, each, fields, is_nobody_elses};
use crate::fixture::Stratum;

#[tokio::test(flavor = "multi_thread")]
async fn campaigns_are_made_found_changed_and_deleted() {
    let stratum = Stratum::start(&[]).await;
    let tenant = stratum.create_tenant("One", "UTC", "EUR").await;
    let admin = Caller::of(&stratum, &tenant, "admin").await;
    let foreign = stratum.create_tenant("Other", "UTC", "USD").await;
    let other = Caller::of(&stratum, &foreign, "admin").await;
    a_campaign_is_what_was_written(&admin, &other).await;
    rules_are_held(&admin).await;
    of_two_at_once_one_is_made(&admin).await;
    deleted_is_gone_and_may_be_made_anew(&admin).await;
    lists_are_filtered_sorted_and_paged(&other).await;
    let manager = Caller::of(&stratum, &tenant, "manager").await;
    let viewer = Caller::of(&stratum, &tenant, "viewer").await;
    roles_are_held(&admin, &manager, &viewer).await;
    changes_are_written_down(&stratum).await;
}

async fn a_campaign_is_what_was_written(admin: &Caller<'_>, other: &Caller<'_>) {
    let body = json!({
        "platform": "meta", "name": "  Sale  ", "objective": "OUTCOME_SALES", "external_id": "c-0",
        "account_id": "act_1", "daily_budget": 12.34, "lifetime_budget": 500, "currency": "usd",
        "start_date": "2026-02-01", "end_date": "2026-03-01", "labels": ["spring", "spring", "eu"],
        "targeting": {"geo": ["de"]},
    });
    let made = admin.make("/campaigns", &body).await;
    let path = at("/campaigns", &made);
    for (field, wanted) in [
        ("name", json!("Sale")),
        ("status", json!("draft")),
        ("platform", json!("meta")),
        ("account_id", json!("1")),
        ("daily_budget", json!(12.34)),
        ("lifetime_budget", json!(500.0)),
        ("currency", json!("USD")),
        ("end_date", json!("2026-03-01")),
        ("labels", json!(["spring", "eu"])),
        ("targeting", json!({"geo": ["de"]})),
        ("total_spend", json!(null)),
        ("impressions", json!(null)),
        ("last_synced_at", json!(null)),
    ] {
        assert_eq!(made[field], wanted, "{field}: {made}");
    }
    assert!(made["figures_reason"].as_str().unwrap().contains("no ad report"), "{made}");
    assert_eq!(admin.read(&path).await["data"], made);
    is_nobody_elses(&path, other).await;
    for (method, change) in [
        (Method::PATCH, json!({"daily_budget": null, "status": "active"})),
        (Method::PUT, json!({"name": "Summer", "labels": []})),
    ] {
        let (status, answer) = admin.call(method, &path, Some(&change)).await;
        assert_eq!(status, 200, "{answer}");
    }
    let changed = admin.read(&path).await["data"].clone();
    assert_eq!((&changed["name"], &changed["status"]), (&json!("Summer"), &json!("active")));
    assert_eq!((&changed["daily_budget"], &changed["labels"]), (&json!(null), &json!([])));
    assert_eq!((&changed["lifetime_budget"], &changed["currency"]), (&json!(500.0), &json!("USD")));
    assert_eq!(admin.patch(&path, &json!({"status": "archived"})).await.0, 200);
    let (status, answer) = admin.patch(&path, &json!({"status": "active"})).await;
    assert_eq!((status, fields(&answer)), (422, vec!["status"]), "archived is final: {answer}");
    let (_, answer) =
        admin.get(&format!("{path}/metrics?date_from=2026-02-01&date_to=2026-02-03")).await;
    let data = &answer["data"];
    assert_eq!((&data["campaign_id"], &data["id"]), (&json!("c-0"), &made["id"]), "{answer}");
    assert_eq!(data["metrics"].as_array().unwrap().len(), 3, "empty days are there");
    assert_eq!(data["metrics"][2]["total_spend"], 0.0);
    assert_eq!(data["metrics"][2]["avg_roas"], json!(null));
    assert_eq!(other.get(&format!("{path}/metrics")).await.0, 404);
}

async fn rules_are_held(admin: &Caller<'_>) {
    let long = "x".repeat(501);
    for (change, field) in [
        (json!({"name": ""}), "name"),
        (json!({"name": long}), "name"),
        (json!({"name": null}), "name"),
        (json!({"platform": "myspace"}), "platform"),
        (json!({"status": "gone"}), "status"),
        (json!({"currency": "EURO"}), "currency"),
        (json!({"daily_budget": -0.01}), "daily_budget"),
        (json!({"daily_budget": "5"}), "daily_budget"),
        (json!({"lifetime_budget": 1e300}), "lifetime_budget"),
        (json!({"start_date": "2026-03-02", "end_date": "2026-03-01"}), "end_date"),
        (json!({"start_date": "2026-02-30"}), "start_date"),
        (json!({"labels": ["a\u{0}b"]}), "labels"),
        (json!({"targeting": []}), "targeting"),
        (json!({"total_spend": 5}), "total_spend"),
    ] {
        let mut body = json!({"platform": "meta", "name": "Rules"});
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let (status, answer) = admin.post("/campaigns", &body).await;
        assert_eq!((status, fields(&answer)), (422, vec![field]), "{change}: {answer}");
    }
    let url = format!("{}/api/v1/campaigns", admin.stratum.url());
    let request = |body: &'static str, kind: &str| {
        let request = admin.stratum.client().post(&url).bearer_auth(&admin.token);
        admin.stratum.answer(request.header("content-type", kind).body(body))
    };
    assert_eq!(request("{\"platform\":", "application/json").await.0, 400);
    assert_eq!(request("{}", "text/plain").await.0, 415);
    for path in ["/campaigns/00000000-0000-0000-0000-000000000000", "/campaigns/nonsense"] {
        assert_eq!(admin.get(path).await.0, 404, "{path}");
    }
    for question in [
        "sort_by=age",
        "sort_order=up",
        "platform=myspace",
        "status=x",
        "page=0",
        "page_size=501",
        "date_from=x",
        "colour=red",
    ] {
        assert_eq!(admin.get(&format!("/campaigns?{question}")).await.0, 400, "{question}");
    }
    let (status, _) = admin.get("/campaigns?date_from=2026-02-02&date_to=2026-02-01").await;
    assert_eq!(status, 422);
}

async fn of_two_at_once_one_is_made(admin: &Caller<'_>) {
    let body = json!({"platform": "tiktok", "name": "Twin", "external_id": "twin"});
    for round in 0..5 {
        let mut body = body.clone();
        body["external_id"] = json!(format!("twin-{round}"));
        let (one, two) =
            tokio::join!(admin.post("/campaigns", &body), admin.post("/campaigns", &body));
        let mut statuses = [one.0, two.0];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409], "{one:?} {two:?}");
        let refused = if one.0 == 409 { one.1 } else { two.1 };
        assert_eq!(refused["error"], "conflict");
    }
    let mut elsewhere = body;
    elsewhere["platform"] = json!("snapchat");
    admin.make("/campaigns", &elsewhere).await;
    let renamed = admin.make("/campaigns", &json!({"platform": "tiktok", "name": "No id"})).await;
    let change = json!({"external_id": "twin-0"});
    let (status, answer) = admin.patch(&at("/campaigns", &renamed), &change).await;
    assert_eq!((status, &answer["error"]), (409, &json!("conflict")), "{answer}");
}

async fn deleted_is_gone_and_may_be_made_anew(admin: &Caller<'_>) {
    let body = json!({"platform": "google", "name": "Short", "external_id": "short"});
    let first = admin.make("/campaigns", &body).await;
    let path = at("/campaigns", &first);
    assert_eq!(admin.delete(&path).await, 204);
    assert_eq!(admin.delete(&path).await, 404);
    assert_eq!(admin.get(&path).await.0, 404);
    assert_eq!(admin.patch(&path, &json!({"name": "Back"})).await.0, 404);
    let again = admin.make("/campaigns", &body).await;
    assert_ne!(first["id"], again["id"]);
}

async fn lists_are_filtered_sorted_and_paged(caller: &Caller<'_>) {
    let campaign = |name: &str, platform: &str, status: &str, labels: &[&str]| {
        json!({
            "name": name, "platform": platform, "status": status, "labels": labels,
            "account_id": format!("act_{platform}"), "external_id": format!("X-{name}"),
        })
    };
    for (name, platform, status, labels) in [
        ("Ärmel 100% off", "meta", "active", &["sale", "eu"][..]),
        ("armel 1000 off", "google", "paused", &["sale"]),
        ("Zebra", "meta", "active", &[]),
        ("alpha_beta", "tiktok", "draft", &["eu"]),
        ("alphaXbeta", "tiktok", "draft", &["eu"]),
    ] {
        caller.make("/campaigns", &campaign(name, platform, status, labels)).await;
    }
    for (question, names) in [
        (
            "sort_by=name&sort_order=asc",
            &["alpha_beta", "alphaXbeta", "armel 1000 off", "Zebra", "Ärmel 100% off"][..],
        ),
        (
            "sort_by=name",
            &["Ärmel 100% off", "Zebra", "armel 1000 off", "alphaXbeta", "alpha_beta"],
        ),
        ("sort_order=asc&page_size=2&page=2", &["Zebra", "alpha_beta"]),
        ("page_size=2", &["alphaXbeta", "alpha_beta"]),
        ("page_size=2&page=4", &[]),
        ("search=%C3%84RMEL", &["Ärmel 100% off"]),
        ("search=100%25", &["Ärmel 100% off"]),
        ("search=A_B", &["alpha_beta"]),
        ("search=x-zeb", &["Zebra"]),
        ("platform=meta&sort_order=asc", &["Ärmel 100% off", "Zebra"]),
        ("platform=meta,google&status=paused,draft", &["armel 1000 off"]),
        ("labels=sale&sort_order=asc", &["Ärmel 100% off", "armel 1000 off"]),
        ("labels=eu,sale", &["Ärmel 100% off"]),
        ("account_id=act_google", &["armel 1000 off"]),
        ("account_id=act_goog", &[]),
        (
            "sort_by=spend&page_size=3&sort_order=asc",
            &["Ärmel 100% off", "armel 1000 off", "Zebra"],
        ),
    ] {
        let answer = caller.read(&format!("/campaigns?{question}")).await;
        assert_eq!(each(&answer, "name"), names, "{question}");
    }
    let answer = caller.read("/campaigns?page_size=2&page=4").await;
    let pagination = json!({"page": 4, "page_size": 2, "total": 5, "total_pages": 3});
    assert_eq!(answer["pagination"], pagination);
    days_leave_out_what_does_not_run(caller).await;
}

async fn days_leave_out_what_does_not_run(caller: &Caller<'_>) {
    let body = json!({
        "name": "March", "platform": "pinterest", "start_date": "2026-03-01", "end_date": "2026-03-31",
    });
    caller.make("/campaigns", &body).await;
    for (question, found) in [
        ("date_from=2026-03-31", 1),
        ("date_from=2026-04-01", 0),
        ("date_to=2026-03-01", 1),
        ("date_to=2026-02-28", 0),
        ("date_from=2026-01-01&date_to=2026-12-31", 1),
    ] {
        let answer = caller.read(&format!("/campaigns?platform=pinterest&{question}")).await;
        assert_eq!(answer["pagination"]["total"], found, "{question}");
    }
}

async fn roles_are_held(admin: &Caller<'_>, manager: &Caller<'_>, viewer: &Caller<'_>) {
    let body = json!({"platform": "meta", "name": "By a manager"});
    let made = manager.make("/campaigns", &body).await;
    let path = at("/campaigns", &made);
    assert_eq!(manager.delete(&path).await, 403);
    assert_eq!(viewer.get(&path).await.0, 200);
    assert_eq!(viewer.patch(&path, &json!({"name": "x"})).await.0, 403);
    let (status, answer) = viewer.post("/campaigns", &body).await;
    assert_eq!((status, &answer["error"]), (403, &json!("forbidden")));
    assert_eq!(admin.delete(&path).await, 204);
}

async fn changes_are_written_down(stratum: &Stratum) {
    let rows = stratum.state_rows().await;
    let audit = &rows.iter().find(|(table, _)| table == "audit_log").unwrap().1;
    for action in ["campaign.created", "campaign.updated", "campaign.deleted"] {
        assert!(audit.contains(action), "{action}");
    }
    let told: Vec<&str> = audit.lines().filter(|line| line.contains("campaign.updated")).collect();
    assert!(told.iter().any(|line| line.contains("Summer")), "{told:?}");
}

use reqwest::Method;
use serde_json::json;

use super::assets::assets_belong_to_campaigns;
use super::{Caller, at, each, fields, is_nobody_elses};
use crate::fixture::Stratum;

#[tokio::test(flavor = "multi_thread")]
async fn assets_rates_and_connectors_are_kept() {
    let stratum = Stratum::start(&[("STRATUM__tenant_limits__fx_rates_max", "3")]).await;
    let tenant = stratum.create_tenant("One", "UTC", "EUR").await;
    let admin = Caller::of(&stratum, &tenant, "admin").await;
    let foreign = stratum.create_tenant("Other", "UTC", "USD").await;
    let other = Caller::of(&stratum, &foreign, "admin").await;
    assets_belong_to_campaigns(&stratum, &admin, &other).await;
    let viewer = Caller::of(&stratum, &tenant, "viewer").await;
    rates_are_written_over(&admin, &other, &viewer).await;
    credentials_are_never_shown(&stratum, &admin, &other).await;
    let manager = Caller::of(&stratum, &tenant, "manager").await;
    for path in ["/connectors", "/datasets", "/tracking"] {
        assert_eq!((manager.get(path).await.0, viewer.get(path).await.0), (200, 403), "{path}");
    }
    let body = json!({"platform": "meta", "name": "mine"});
    assert_eq!(manager.post("/connectors", &body).await.0, 403);
    assert_eq!(viewer.post("/assets", &json!({"name": "a", "type": "image"})).await.0, 403);
}

async fn rates_are_written_over(admin: &Caller<'_>, other: &Caller<'_>, viewer: &Caller<'_>) {
    let rate = |date: &str, currency: &str, per_usd: f64| json!({"date": date, "currency": currency, "per_usd": per_usd});
    let put = async |rates: serde_json::Value| {
        admin.call(Method::PUT, "/fx-rates", Some(&json!({"rates": rates}))).await
    };
    let rates = [
        rate("2026-01-30", "EUR", 0.92),
        rate("2026-01-31", "EUR", 0.93),
        rate("2026-01-31", "egp", 47.123456789),
    ];
    let (status, answer) = put(json!(rates)).await;
    assert_eq!((status, &answer["data"]["written"]), (200, &json!(3)), "{answer}");
    assert_eq!(put(json!([rate("2026-01-31", "EUR", 0.95)])).await.0, 200);
    let answer = viewer.read("/fx-rates").await;
    assert_eq!(each(&answer, "currency"), ["EGP", "EUR", "EUR"]);
    assert_eq!(each(&answer, "per_usd"), [47.123456789, 0.95, 0.92]);
    for (question, found) in [
        ("currency=eur", 2),
        ("date_from=2026-01-31", 2),
        ("date_to=2026-01-30", 1),
        ("date_from=2026-02-01", 0),
    ] {
        let answer = admin.read(&format!("/fx-rates?{question}")).await;
        assert_eq!(answer["pagination"]["total"], found, "{question}");
    }
    let (status, answer) =
        put(json!([rate("2026-01-31", "EUR", 1.0), rate("2026-01-31", "eur", 2.0)])).await;
    assert_eq!((status, fields(&answer)), (422, vec!["rates[1].date"]), "{answer}");
    assert_eq!(put(json!([rate("2026-01-31", "EUR", -1.0)])).await.0, 422);
    assert_eq!(put(json!(vec![rate("2026-01-31", "EUR", 1.0); 4])).await.0, 422, "too many");
    let stays = admin.read("/fx-rates?currency=EUR&date_from=2026-01-31").await;
    assert_eq!(each(&stays, "per_usd"), [0.95], "all or none");
    assert_eq!(other.read("/fx-rates").await["pagination"]["total"], 0);
    let body = json!({"rates": [rate("2026-01-31", "EUR", 1.0)]});
    assert_eq!(viewer.call(Method::PUT, "/fx-rates", Some(&body)).await.0, 403);
}

async fn credentials_are_never_shown(stratum: &Stratum, admin: &Caller<'_>, other: &Caller<'_>) {
    const SECRETS: [&str; 3] = ["EAAB-hunter2-token", "app-secret-hunter3", "EAAB-hunter4-token"];
    let body = json!({
        "platform": "meta", "name": "Main", "account_ids": ["act_1"], "schedule": "every_6_hours",
        "credentials": {"access_token": SECRETS[0], "app_secret": SECRETS[1]},
    });
    let made = admin.make("/connectors", &body).await;
    assert_eq!(made["credentials_set"], json!(["access_token", "app_secret"]));
    assert_eq!(
        (&made["status"], &made["schedule"]),
        (&json!("unverified"), &json!("every_6_hours"))
    );
    let path = at("/connectors", &made);
    is_nobody_elses(&path, other).await;
    let (status, answer) = admin.post("/connectors", &body).await;
    assert_eq!((status, &answer["error"]), (409, &json!("conflict")), "{answer}");
    let change = json!({
        "credentials": {"app_secret": null, "access_token": SECRETS[2], "refresh_token": "x"},
        "enabled": false,
    });
    let (status, changed) = admin.patch(&path, &change).await;
    assert_eq!(status, 200, "{changed}");
    assert_eq!(changed["data"]["credentials_set"], json!(["access_token", "refresh_token"]));
    assert_eq!(
        (&changed["data"]["enabled"], &changed["data"]["name"]),
        (&json!(false), &json!("Main"))
    );
    let wrong = json!({"credentials": {SECRETS[0]: "x"}});
    let (status, refused) = admin.patch(&path, &wrong).await;
    assert_eq!((status, fields(&refused)), (422, vec!["credentials"]), "{refused}");
    let all = admin.read("/connectors").await;
    assert_eq!(all["pagination"]["total"], 1);
    let told = format!("{made} {changed} {refused} {all} {}", stratum.output());
    let stored = stratum.state_rows().await;
    for secret in SECRETS {
        assert!(!told.contains(secret), "{secret} is told");
        let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
        for (table, rows) in &stored {
            assert!(!rows.contains(secret) && !rows.contains(&hex), "{secret} is in {table}");
        }
    }
    assert_eq!(admin.delete(&path).await, 204);
    assert_eq!(admin.get(&path).await.0, 404);
}

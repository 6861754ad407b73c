use std::time::Duration;

use serde_json::{Value, json};

use super::{Caller, at, each};
use crate::fixture::{Stratum, eventually};
use crate::load::now;

/// Reports land a second later and are looked at often; a machine full of tests is slow.
const WAIT: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn campaigns_that_reports_name_show_up_and_stay_as_users_wrote_them() {
    let stratum = Stratum::start(&[("STRATUM__campaign_discovery__every_ms", "200")]).await;
    let tenant = stratum.create_tenant("One", "UTC", "EUR").await;
    let key = tenant.create_ingest_key().await;
    let admin = Caller::of(&stratum, &tenant, "admin").await;
    let foreign = stratum.create_tenant("Other", "UTC", "USD").await;
    let other = Caller::of(&stratum, &foreign, "admin").await;
    let sent = Sent { stratum: &stratum, key };
    sent.reports(&[("a", "Sale", "USD", 100.0, 1), ("b", "", "EUR", 10.0, 1)]).await;
    let sale = adopted(&admin, "a").await;
    check_adopted(&admin, &sale).await;
    users_words_stay(&admin, &sent, &sale).await;
    figures_sort_the_list(&admin, &sent).await;
    deleted_stays_deleted(&admin, &sent, &sale).await;
    assert_eq!(other.read("/campaigns").await["pagination"]["total"], 0);
}

struct Sent<'a> {
    stratum: &'a Stratum,
    key: String,
}

impl Sent<'_> {
    /// Campaign, name, currency, spend, version; all of today.
    async fn reports(&self, rows: &[(&str, &str, &str, f64, u64)]) {
        let today = now().day_in(chrono_tz::UTC).0.to_string();
        let rows = rows.iter().map(|(campaign, name, currency, spend, version)| {
            json!({
                "platform": "meta", "account_id": "act_1", "campaign_id": campaign,
                "campaign_name": name, "date": today, "currency": currency, "spend": spend,
                "impressions": 10_000, "clicks": 200, "conversions": 4.5, "revenue": 250.0,
                "version": version,
            })
        });
        let rows: Vec<Value> = rows.collect();
        let (status, answer) =
            self.stratum.post("/api/v1/ad-reports", &self.key, &json!(rows)).await;
        assert!((200..300).contains(&status), "{status} {answer}");
    }
}

/// The campaign of this platform's id, once it is there.
async fn adopted(caller: &Caller<'_>, external_id: &str) -> Value {
    let there = async || {
        let answer = caller.read("/campaigns?page_size=100").await;
        let items = answer["data"].as_array().expect("a list").clone();
        items.into_iter().find(|item| item["external_id"] == external_id)
    };
    eventually("the campaign does not show up", WAIT, there).await
}

async fn check_adopted(admin: &Caller<'_>, sale: &Value) {
    for (field, wanted) in [
        ("name", json!("Sale")),
        ("status", json!("active")),
        ("account_id", json!("1")),
        ("currency", json!("USD")),
        ("total_spend", json!(100.0)),
        ("revenue", json!(250.0)),
        ("impressions", json!(10_000)),
        ("clicks", json!(200)),
        ("conversions", json!(4.5)),
        ("roas", json!(2.5)),
        ("ctr", json!(2.0)),
        ("cpc", json!(0.5)),
        ("cpm", json!(10.0)),
        ("figures_reason", json!(null)),
    ] {
        assert_eq!(sale[field], wanted, "{field}: {sale}");
    }
    assert!(sale["last_synced_at"].is_string());
    let nameless = adopted(admin, "b").await;
    assert_eq!((&nameless["name"], &nameless["currency"]), (&json!("b"), &json!("EUR")));
    let path = at("/campaigns", sale);
    let one = admin.read(&path).await["data"].clone();
    assert_eq!((&one["cpa"], &one["total_spend"]), (&sale["cpa"], &json!(100.0)));
    for metrics in [format!("{path}/metrics"), "/campaigns/a/metrics".to_owned()] {
        let answer = admin.read(&metrics).await;
        let data = &answer["data"];
        assert_eq!(data["total"]["total_spend"], 100.0, "{metrics}");
        let days = data["metrics"].as_array().unwrap();
        assert_eq!((days.len(), &days[29]["total_spend"]), (30, &json!(100.0)));
        assert_eq!((&days[0]["total_spend"], &days[0]["currency"]), (&json!(0.0), &json!("USD")));
    }
}

async fn users_words_stay(admin: &Caller<'_>, sent: &Sent<'_>, sale: &Value) {
    let path = at("/campaigns", sale);
    let change = json!({"name": "My sale", "status": "paused", "account_id": "mine"});
    assert_eq!(admin.patch(&path, &change).await.0, 200);
    sent.reports(&[("a", "Renamed", "USD", 120.0, 2)]).await;
    let synced = async || {
        let data = admin.read(&path).await["data"].clone();
        // Kept figures may be as much older as a version is believed.
        let restated = data["total_spend"] == 120.0;
        (restated && data["last_synced_at"] != sale["last_synced_at"]).then_some(data)
    };
    let data = eventually("a new report does not show", WAIT, synced).await;
    for (field, wanted) in
        [("name", "My sale"), ("status", "paused"), ("account_id", "mine"), ("currency", "USD")]
    {
        assert_eq!(data[field], wanted, "{field}");
    }
    assert_eq!(admin.patch(&path, &json!({"currency": "EUR"})).await.0, 200);
    let data = admin.read(&path).await["data"].clone();
    assert_eq!((&data["total_spend"], &data["impressions"]), (&json!(null), &json!(10_000)));
    assert!(data["figures_reason"].as_str().unwrap().contains("USD to EUR"), "{data}");
    let today = now().day_in(chrono_tz::UTC).0;
    let rates = json!({"rates": [{"date": today, "currency": "EUR", "per_usd": 0.5}]});
    let put = sent.stratum.client().put(format!("{}/api/v1/fx-rates", sent.stratum.url()));
    let (status, answer) = sent.stratum.answer(put.bearer_auth(&admin.token).json(&rates)).await;
    assert_eq!(status, 200, "{answer}");
    let data = admin.read(&path).await["data"].clone();
    assert_eq!((&data["total_spend"], &data["revenue"]), (&json!(60.0), &json!(125.0)), "{data}");
    assert_eq!((&data["figures_currency"], &data["figures_reason"]), (&json!("EUR"), &json!(null)));
    assert_eq!(admin.patch(&path, &json!({"currency": "USD"})).await.0, 200);
}

async fn figures_sort_the_list(admin: &Caller<'_>, sent: &Sent<'_>) {
    let draft = json!({"platform": "meta", "name": "Draft", "external_id": "unreported"});
    admin.make("/campaigns", &draft).await;
    sent.reports(&[("c", "Middle", "EUR", 50.0, 1)]).await;
    adopted(admin, "c").await;
    for (question, names) in [
        ("sort_by=spend", ["My sale", "Middle", "b", "Draft"]),
        ("sort_by=spend&sort_order=asc", ["b", "Middle", "My sale", "Draft"]),
        ("sort_by=roas", ["b", "Middle", "My sale", "Draft"]),
        ("sort_by=roas&sort_order=asc", ["My sale", "Middle", "b", "Draft"]),
    ] {
        let answer = admin.read(&format!("/campaigns?{question}")).await;
        assert_eq!(each(&answer, "name"), names, "{question}");
        let mut paged = Vec::new();
        for page in 1..=2 {
            let path = format!("/campaigns?{question}&page_size=3&page={page}");
            let answer = admin.read(&path).await;
            assert_eq!(answer["pagination"]["total"], 4);
            paged.extend(each(&answer, "name"));
        }
        assert_eq!(paged, names, "{question} by pages");
    }
    // A hundred dollars' worth of euros is as much as the fifty euros are.
    for (currency, spends) in
        [("USD", [120.0, 100.0, 20.0]), ("EUR", [60.0, 50.0, 10.0]), ("GBP", [0.0; 3])]
    {
        let answer = admin.read(&format!("/campaigns?sort_by=spend&currency={currency}")).await;
        let known = |spend: f64| json!((currency != "GBP").then_some(spend));
        let shown = each(&answer, "total_spend");
        assert_eq!(shown[..3], spends.map(known), "{currency}: {answer}");
        assert_eq!(each(&answer, "figures_currency")[0], json!(currency));
        let newest = admin.read(&format!("/campaigns?currency={currency}")).await;
        assert!(each(&newest, "total_spend").contains(&known(spends[1])), "{newest}");
    }
    let answer = admin.read("/campaigns?date_to=2020-01-01&sort_by=name&sort_order=asc").await;
    assert_eq!(each(&answer, "total_spend"), [json!(null), json!(null), json!(null), json!(null)]);
}

async fn deleted_stays_deleted(admin: &Caller<'_>, sent: &Sent<'_>, sale: &Value) {
    assert_eq!(admin.delete(&at("/campaigns", sale)).await, 204);
    // Both come with one request; where the new one shows up, the deleted one was looked at too.
    sent.reports(&[("a", "Back", "USD", 130.0, 3), ("d", "New", "USD", 1.0, 1)]).await;
    adopted(admin, "d").await;
    let answer = admin.read("/campaigns?sort_order=asc").await;
    let ids = each(&answer, "external_id");
    assert!(!ids.contains(&json!("a")), "{ids:?}");
    let anew = json!({"platform": "meta", "name": "Anew", "external_id": "a", "currency": "USD"});
    let path = at("/campaigns", &admin.make("/campaigns", &anew).await);
    let newest = async || (admin.read(&path).await["data"]["total_spend"] == 130.0).then_some(());
    eventually("what is reported does not show", WAIT, newest).await;
}

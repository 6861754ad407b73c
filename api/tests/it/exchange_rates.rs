//! Exchange rates by themselves: a bank on this machine is asked, and what it says is what amounts are converted by.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use chrono::NaiveDate;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::fixture::{Stratum, eventually};
use crate::kpis::{Asked, ago, put_rates, send};

const WAIT: Duration = Duration::from_secs(30);
const ZONE: chrono_tz::Tz = chrono_tz::UTC;

/// A small central bank: what a euro was worth on days, in dollars and pounds, and how often each file was asked for.
#[derive(Default)]
struct Till {
    days: Vec<(NaiveDate, &'static str, &'static str)>,
    is_away: bool,
    asked: Vec<String>,
}

struct Bank {
    till: Arc<Mutex<Till>>,
    url: String,
    serving: JoinHandle<()>,
}

impl Drop for Bank {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Bank {
    async fn start() -> Bank {
        let till = Arc::<Mutex<Till>>::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router =
            axum::Router::new().route("/{file}", axum::routing::get(file)).with_state(till.clone());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Bank { till, url, serving }
    }
}

async fn file(
    State(till): State<Arc<Mutex<Till>>>,
    Path(file): Path<String>,
) -> (StatusCode, String) {
    let mut till = till.lock();
    till.asked.push(file.clone());
    if till.is_away {
        return (StatusCode::SERVICE_UNAVAILABLE, String::new());
    }
    let newest = till.days.iter().map(|(day, ..)| *day).max();
    let told = till.days.iter().filter(|(day, ..)| file != "daily.xml" || Some(*day) == newest);
    let days: String = told
        .map(|(day, dollars, pounds)| {
            format!(
                "<Cube time='{day}'><Cube currency='USD' rate='{dollars}'/><Cube currency='GBP' rate='{pounds}'/></Cube>"
            )
        })
        .collect();
    let xml = format!(
        "<?xml version='1.0' encoding='UTF-8'?><gesmes:Envelope xmlns:gesmes='http://www.gesmes.org/xml/2002-08-01' \
         xmlns='http://www.ecb.int/vocabulary/2002-08-01/eurofxref'><Cube>{days}</Cube></gesmes:Envelope>"
    );
    (StatusCode::OK, xml)
}

#[tokio::test(flavor = "multi_thread")]
async fn rates_come_by_themselves_and_a_tenants_own_go_before_them() {
    let bank = Bank::start().await;
    bank.till.lock().days =
        [12, 11, 10].map(|days| (ago(days, ZONE), "2.0000", "0.5")).into_iter().collect();
    let [daily, recent, history] =
        ["daily.xml", "recent.xml", "history.xml"].map(|file| format!("{}/{file}", bank.url));
    let stratum = Stratum::start(&[
        ("STRATUM__exchange_rates__enabled", "true"),
        ("STRATUM__exchange_rates__every_ms", "300"),
        ("STRATUM__exchange_rates__look_ms", "100"),
        ("STRATUM__exchange_rates__retry_ms_min", "100"),
        ("STRATUM__exchange_rates__source__daily_url", &daily),
        ("STRATUM__exchange_rates__source__recent_url", &recent),
        ("STRATUM__exchange_rates__source__history_url", &history),
    ])
    .await;
    let tenant = stratum.create_tenant("Berlin", ZONE.name(), "EUR").await;
    let key = tenant.create_ingest_key().await;
    let asked = Asked { stratum: &stratum, token: tenant.sign_in().await };
    let report = |days: u64, currency: &str, spend: f64| {
        json!({
            "platform": "meta", "account_id": "1", "campaign_id": currency, "date": ago(days, ZONE),
            "currency": currency, "spend": spend, "impressions": 100, "clicks": 1,
        })
    };
    let reports = json!([
        report(11, "USD", 100.0),
        report(5, "USD", 100.0),
        report(5, "GBP", 10.0),
        report(2, "USD", 100.0),
    ]);
    send(&stratum, &key, &reports).await;
    health_is(&stratum, |rates| rates["newest_day"] == json!(ago(10, ZONE))).await;
    assert_eq!(bank.till.lock().asked[0], "history.xml", "everything, at the first time");
    let on = |days: u64| format!("kpis?currency=EUR&date_from={0}&date_to={0}", ago(days, ZONE));
    let told = asked.eventually(&on(11), |data| data["total_spend"] == 50.0).await;
    assert_eq!((&told["rates_carried"], &told["missing_rates"]), (&json!([]), &json!([])));
    days_without_a_rate(&asked, &on).await;
    own_rates_go_first(&asked, &on).await;
    // A later day comes with the next file, which is a smaller one.
    bank.till.lock().days.push((ago(3, ZONE), "4", "0.5"));
    asked.eventually(&on(2), |data| data["total_spend"] == 25.0).await;
    assert!(bank.till.lock().asked.iter().any(|file| file == "recent.xml"));
    bank.till.lock().is_away = true;
    health_is(&stratum, |rates| rates["error"].as_str().is_some_and(|error| error.contains("503")))
        .await;
    let (status, _) = stratum.get("/health/ready", &asked.token).await;
    assert_eq!(status, 200, "a bank that is away degrades nothing");
    bank.till.lock().is_away = false;
    health_is(&stratum, |rates| rates["error"].is_null()).await;
}

async fn health_is(stratum: &Stratum, holds: impl Fn(&Value) -> bool) {
    let holds = &holds;
    let told = async || {
        let (_, health) = stratum.get("/health", "").await;
        Some(health["data"]["exchange_rates"].clone()).filter(holds)
    };
    eventually("the health of exchange rates is another one", WAIT, told).await;
}

/// The last rate published, of a week before at most, and named.
async fn days_without_a_rate(asked: &Asked<'_>, on: &impl Fn(u64) -> String) {
    let carried = asked.eventually(&on(5), |data| data["total_clicks"] == 2).await;
    // 100 dollars at 2, and 10 pounds at half a pound.
    assert_eq!(carried["total_spend"], 70.0, "{carried}");
    let of = |currency: &str| {
        json!({
            "currency": currency, "rate_date": ago(10, ZONE), "date_from": ago(5, ZONE),
            "date_to": ago(5, ZONE), "days": 1,
        })
    };
    assert_eq!(carried["rates_carried"], json!([of("EUR"), of("GBP")]), "{carried}");
    let series = asked.get(&on(5).replace("kpis", "series")).await;
    assert_eq!(series["total"]["rates_carried"], carried["rates_carried"], "{series}");
    let parts = asked.get(&on(5).replace("kpis", "breakdown")).await;
    assert_eq!(parts["total"]["rates_carried"], carried["rates_carried"], "{parts}");
    assert_eq!(parts["not_broken_down"]["total_spend"], 0.0, "{parts}");
    let older = asked.eventually(&on(2), |data| data["total_clicks"] == 1).await;
    assert_eq!((&older["total_spend"], &older["rates_carried"]), (&Value::Null, &json!([])));
    assert_eq!(older["missing_rates"][0]["currency"], "EUR", "{older}");
}

async fn own_rates_go_first(asked: &Asked<'_>, on: &impl Fn(u64) -> String) {
    put_rates(asked, json!([{"date": ago(11, ZONE), "currency": "EUR", "per_usd": 0.9}])).await;
    asked.eventually(&on(11), |data| data["total_spend"] == 90.0).await;
    let path = format!("/api/v1/fx-rates?date_from={}&page_size=100", ago(12, ZONE));
    let (status, answer) = asked.stratum.get(&path, &asked.token).await;
    assert_eq!((status, &answer["pagination"]["total"]), (200, &json!(6)), "{answer}");
    let rates = answer["data"].as_array().unwrap().iter();
    let own: Vec<_> = rates.filter(|rate| rate["source"] == "own").collect();
    let expected = json!({
        "date": ago(11, ZONE), "currency": "EUR", "per_usd": 0.9, "source": "own",
    });
    assert_eq!(own, [&expected]);
    let pound = &answer["data"][1];
    assert_eq!((&pound["per_usd"], &pound["source"]), (&json!(0.25), &json!("ecb")), "{answer}");
    // Another tenant has its own rates, and the bank's where it has none.
    let other = asked.stratum.create_tenant("Other", "UTC", "EUR").await;
    let (_, answer) = asked.stratum.get(&path, &other.sign_in().await).await;
    let sources = answer["data"].as_array().unwrap().iter().map(|rate| &rate["source"]);
    assert!(sources.clone().count() == 6 && sources.clone().all(|source| source == "ecb"));
}

//! Figures in several currencies, over time, compared, and that they add up whichever way they are asked.

use std::time::Duration;

use chrono::{Days, NaiveDate};
use serde_json::{Value, json};

use crate::fixture::{Stratum, eventually};
use crate::load::now;

const VISIBLE_WAIT: Duration = Duration::from_secs(30);
const LONGEST_PERIOD: u64 = 60;

/// So many days before today in this zone.
pub fn ago(days: u64, zone: chrono_tz::Tz) -> NaiveDate {
    now().day_in(zone).0.checked_sub_days(Days::new(days)).unwrap()
}

pub struct Asked<'a> {
    pub stratum: &'a Stratum,
    pub token: String,
}

impl Asked<'_> {
    pub async fn get(&self, path: &str) -> Value {
        let (status, answer) =
            self.stratum.get(&format!("/api/v1/analytics/{path}"), &self.token).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer["data"].clone()
    }

    pub async fn eventually(&self, path: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let holds = &holds;
        let shown = async || Some(self.get(path).await).filter(holds);
        eventually("the figures do not show", VISIBLE_WAIT, shown).await
    }
}

pub async fn send(stratum: &Stratum, key: &str, reports: &Value) {
    let (status, answer) = stratum.post("/api/v1/ad-reports", key, reports).await;
    assert!((200..300).contains(&status), "{status} {answer}");
}

pub async fn put_rates(asked: &Asked<'_>, rates: Value) {
    let request = asked.stratum.client().put(format!("{}/api/v1/fx-rates", asked.stratum.url()));
    let request = request.bearer_auth(&asked.token).json(&json!({ "rates": rates }));
    let (status, answer) = asked.stratum.answer(request).await;
    assert_eq!(status, 200, "{answer}");
}

/// The sum of a figure over the parts of an answer.
pub fn sum(parts: &Value, figure: &str) -> f64 {
    let parts = parts.as_array().unwrap().iter();
    parts.map(|part| part[figure].as_f64().unwrap_or_else(|| panic!("{figure}: {part}"))).sum()
}

pub fn near(one: f64, other: f64) -> bool {
    (one - other).abs() < 0.005
}

#[tokio::test(flavor = "multi_thread")]
async fn several_currencies_become_one_and_add_up() {
    let stratum = Stratum::start(&[]).await;
    let zone = chrono_tz::Europe::Berlin;
    let tenant = stratum.create_tenant("Berlin", zone.name(), "EUR").await;
    tenant.create_dataset("meta", "77").await;
    let key = tenant.create_ingest_key().await;
    let asked = Asked { stratum: &stratum, token: tenant.sign_in().await };
    let report = |platform: &str, account: &str, days: u64, currency: &str, spend: f64| {
        json!({
            "platform": platform, "account_id": account, "campaign_id": format!("c-{account}"),
            "campaign_name": "Sale", "date": ago(days, zone), "currency": currency, "spend": spend,
            "impressions": 1_000, "clicks": 10, "conversions": 2, "revenue": 3.0 * spend,
        })
    };
    let reports = json!([
        report("meta", "a", 1, "USD", 100.0),
        report("meta", "a", 2, "USD", 50.0),
        report("google", "b", 1, "EUR", 40.0),
        report("tiktok", "d", 31, "GBP", 10.0),
    ]);
    send(&stratum, &key, &reports).await;
    let data = asked.eventually("kpis", |data| data["total_clicks"] == 30).await;
    assert_eq!((&data["currency"], &data["total_spend"]), (&json!(null), &json!(null)), "{data}");
    let missing = json!([{
        "currency": "EUR", "date_from": ago(2, zone), "date_to": ago(1, zone), "days": 2,
    }]);
    assert_eq!(data["missing_rates"], missing);
    assert!(data["currency_reason"].as_str().unwrap().contains("USD to EUR"), "{data}");
    assert_eq!(data["by_currency"].as_array().unwrap().len(), 2, "{data}");
    let rate = |days: u64, currency: &str, per_usd: f64| json!({"date": ago(days, zone), "currency": currency, "per_usd": per_usd});
    put_rates(&asked, json!([rate(1, "EUR", 0.5), rate(2, "EUR", 0.8)])).await;
    check_one_currency(&asked, zone).await;
    check_the_compared(&asked, rate(31, "EUR", 0.9), rate(31, "GBP", 0.75)).await;
    check_filters(&asked, zone).await;
}

async fn check_one_currency(asked: &Asked<'_>, zone: chrono_tz::Tz) {
    for (currency, spend) in [("", 130.0), ("&currency=EUR", 130.0), ("&currency=USD", 230.0)] {
        let kpis = asked.get(&format!("kpis?platform={currency}")).await;
        assert_eq!(kpis["total_spend"], json!(spend), "{kpis}");
        assert_eq!((&kpis["missing_rates"], &kpis["avg_roas"]), (&json!([]), &json!(3.0)));
        let platforms = asked.get(&format!("platforms?platform={currency}")).await;
        let series = asked.get(&format!("series?metric=spend{currency}")).await;
        let weeks = asked.get(&format!("series?granularity=weekly{currency}")).await;
        for figure in ["total_spend", "total_revenue", "total_clicks", "total_conversions"] {
            let whole = kpis[figure].as_f64().unwrap();
            for parts in [&platforms["platforms"], &series["series"], &weeks["series"]] {
                assert!(near(sum(parts, figure), whole), "{figure}: {whole} {parts}");
            }
            assert_eq!(platforms["total"][figure], kpis[figure]);
            assert_eq!(series["total"][figure], kpis[figure]);
        }
        assert_eq!(series["series"].as_array().unwrap().len(), 30);
        assert!(near(sum(&series["series"], "value"), spend));
    }
    let euros = asked.get("platforms").await;
    let spends: Vec<_> = euros["platforms"].as_array().unwrap().iter().collect();
    let short = |at: usize| (&spends[at]["platform"], &spends[at]["total_spend"]);
    assert_eq!(short(0), (&json!("google"), &json!(40.0)));
    assert_eq!(short(1), (&json!("meta"), &json!(90.0)));
    let open = ago(28, zone);
    assert_eq!(euros["freshness"][0]["open_from"], json!(open), "{}", euros["freshness"]);
    // Pounds have no rate, and there are none in these days.
    let pounds = asked.get("kpis?currency=GBP").await;
    assert_eq!(pounds["total_spend"], json!(null));
    let named = pounds["missing_rates"].as_array().unwrap().iter().map(|one| &one["currency"]);
    assert_eq!(named.collect::<Vec<_>>(), ["GBP"], "{pounds}");
}

/// The earlier period is converted by the rates of its own days.
async fn check_the_compared(asked: &Asked<'_>, euro: Value, pound: Value) {
    let compared = "kpis?compare_period=previous_period";
    let without = asked.get(compared).await;
    let previous = &without["comparison"]["previous"];
    assert_eq!((&previous["total_spend"], &previous["total_clicks"]), (&json!(null), &json!(10)));
    assert_eq!(without["comparison"]["spend_change"], json!(null), "{without}");
    assert_eq!(without["comparison"]["clicks_change"], json!(200.0));
    put_rates(asked, json!([euro, pound])).await;
    let comparison = asked.get(compared).await["comparison"].clone();
    assert_eq!(comparison["previous"]["currency"], "EUR", "{comparison}");
    assert!(near(comparison["previous"]["total_spend"].as_f64().unwrap(), 12.0), "{comparison}");
    let change = comparison["spend_change"].as_f64().unwrap();
    assert!(near(change, (130.0 - 12.0) / 12.0 * 100.0), "{change}");
    let year = asked.get("kpis?compare_period=previous_year").await["comparison"].clone();
    assert_eq!(year["spend_change"], json!(null));
    assert_eq!(year["previous"]["total_spend"], json!(0.0));
}

async fn check_filters(asked: &Asked<'_>, zone: chrono_tz::Tz) {
    let day = ago(1, zone);
    for (filter, spend, currency) in [
        ("account_id=b".to_owned(), 40.0, "EUR"),
        // All there is of it is in dollars, so it stays in dollars.
        ("account_id=a".to_owned(), 150.0, "USD"),
        ("platform=meta&currency=EUR".to_owned(), 90.0, "EUR"),
        ("campaign_id=c-a&currency=EUR".to_owned(), 90.0, "EUR"),
        (format!("date_from={day}&date_to={day}"), 90.0, "EUR"),
        ("platform=pinterest".to_owned(), 0.0, "EUR"),
    ] {
        let kpis = asked.get(&format!("kpis?{filter}")).await;
        assert_eq!((&kpis["total_spend"], &kpis["currency"]), (&json!(spend), &json!(currency)));
        let platforms = asked.get(&format!("platforms?{filter}")).await;
        assert!(near(sum(&platforms["platforms"], "total_spend"), spend), "{filter}: {platforms}");
        let series = asked.get(&format!("series?{filter}")).await;
        assert!(near(sum(&series["series"], "total_spend"), spend), "{filter}: {series}");
        assert_eq!(series["total"]["total_spend"], json!(spend), "{filter}");
        // Of an account, events can tell nothing: that is not zero.
        let untracked = filter.starts_with("account_id");
        for (answer, figures) in [
            (&kpis, &kpis),
            (&platforms, &platforms["total"]),
            (&series, &series["total"]),
            (&series, &series["series"][0]),
        ] {
            assert_eq!(answer["tracked_reason"].is_null(), !untracked, "{filter}: {answer}");
            let known = json!((!untracked).then_some(0));
            assert_eq!(figures["tracked_conversions"], known, "{filter}: {answer}");
        }
    }
    let sold = "account_id=b&compare_period=previous_period";
    let kpis = asked.get(&format!("kpis?{sold}")).await;
    let previous = &kpis["comparison"]["previous"];
    assert_eq!(previous["tracked_conversions"], json!(null), "{kpis}");
    assert_eq!(kpis["by_currency"][0]["tracked_revenue"], json!(null), "{kpis}");
    let series = asked.get("series?account_id=b&metric=tracked_revenue").await;
    assert_eq!(series["series"][0]["value"], json!(null), "{series}");
    let platforms = asked.get("platforms?account_id=b").await;
    assert_eq!(platforms["platforms"][0]["tracked_roas"], json!(null), "{platforms}");
}

#[tokio::test(flavor = "multi_thread")]
async fn flat_traffic_does_not_change_and_ranges_add_up() {
    let stratum = Stratum::start(&[]).await;
    let zone = chrono_tz::America::New_York;
    let tenant = stratum.create_tenant("Flat", zone.name(), "USD").await;
    tenant.create_dataset("meta", "78").await;
    let key = tenant.create_ingest_key().await;
    let asked = Asked { stratum: &stratum, token: tenant.sign_in().await };
    // Yesterday and all the days that any of the periods, and what it is compared with, can hold.
    let every_day = 1..=2 * LONGEST_PERIOD;
    let reports = every_day.clone().flat_map(|days| {
        ["USD", "EUR"].map(|currency| {
            json!({
                "platform": "meta", "account_id": "a", "campaign_id": currency,
                "campaign_name": "Flat", "date": ago(days, zone), "currency": currency,
                "spend": 10.1, "impressions": 900, "clicks": 7, "conversions": 1.5,
                "revenue": 33.33,
            })
        })
    });
    send(&stratum, &key, &Value::Array(reports.collect())).await;
    let rates =
        every_day.map(|days| json!({"date": ago(days, zone), "currency": "EUR", "per_usd": 0.875}));
    put_rates(&asked, Value::Array(rates.collect())).await;
    let from = ago(2 * LONGEST_PERIOD, zone);
    let clicks = 28 * LONGEST_PERIOD;
    let holds = |data: &Value| data["total_clicks"] == clicks;
    let whole = asked.eventually(&format!("kpis?date_from={from}"), holds).await;
    let yesterday = ago(1, zone);
    for days in 1..=LONGEST_PERIOD {
        let first = ago(days, zone);
        let range = format!("date_from={first}&date_to={yesterday}");
        let kpis = asked.get(&format!("kpis?{range}&compare_period=previous_period")).await;
        let comparison = &kpis["comparison"];
        assert_eq!(kpis["days"], json!(days));
        for figure in ["spend", "revenue", "impressions", "clicks", "conversions", "roas", "cpa"] {
            let change = comparison[format!("{figure}_change")].as_f64();
            assert!(change.is_some_and(|change| change.abs() < 1e-9), "{days} {figure}: {kpis}");
        }
        // What came before and what is left are the whole.
        let earlier = format!("kpis?date_from={from}&date_to={}", ago(days + 1, zone));
        let before = asked.get(&earlier).await;
        for figure in ["total_spend", "total_revenue", "total_clicks", "total_conversions"] {
            let parts = [&kpis, &before].map(|part| part[figure].as_f64().unwrap());
            let sum: f64 = parts.into_iter().sum();
            assert!(near(sum, whole[figure].as_f64().unwrap()), "{days} {figure}: {sum}");
        }
    }
    check_long_ranges(&asked).await;
}

/// Ten years answer; more than the bound are refused in words.
async fn check_long_ranges(asked: &Asked<'_>) {
    let today = now().day_in(chrono_tz::America::New_York).0;
    let ten_years = today.checked_sub_days(Days::new(3_652)).unwrap();
    let months = asked.get(&format!("series?date_from={ten_years}&granularity=monthly")).await;
    let months = months["series"].as_array().unwrap().len();
    assert!((120..=122).contains(&months), "{months}");
    let days = asked.get(&format!("series?date_from={ten_years}")).await;
    assert_eq!(days["series"].as_array().unwrap().len(), 3_653);
    let path = "/api/v1/analytics/series?date_from=2000-01-01&date_to=2026-01-01";
    let (status, answer) = asked.stratum.get(path, &asked.token).await;
    assert_eq!((status, &answer["details"][0]["field"]), (422, &json!("date_to")), "{answer}");
}

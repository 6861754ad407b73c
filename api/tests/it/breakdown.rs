//! What figures are made of: parts and remainder are the whole.

use serde_json::{Value, json};

use crate::fixture::Stratum;
use crate::kpis::{Asked, ago, near, put_rates, send, sum};
use crate::load::now;

const ZONE: chrono_tz::Tz = chrono_tz::UTC;
const FIGURES: [&str; 4] = ["total_spend", "total_revenue", "total_clicks", "tracked_conversions"];
const CAMPAIGNS: usize = 10_000;
const DAYS: u64 = 40;

/// A day of campaign `c`, or the part of it that `part` names.
fn report(campaign: &str, currency: &str, spend: f64, part: &Value) -> Value {
    let mut row = json!({
        "platform": "meta", "account_id": "a", "campaign_id": campaign, "campaign_name": "Sale",
        "date": ago(1, ZONE), "currency": currency, "spend": spend, "impressions": 1_000,
        "clicks": 10, "conversions": 2, "revenue": 3.0 * spend,
    });
    let part = part.as_object().unwrap().clone();
    row.as_object_mut().unwrap().extend(part);
    row
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_and_the_remainder_are_the_whole() {
    let stratum = Stratum::start(&[]).await;
    let tenant = stratum.create_tenant("Parts", ZONE.name(), "USD").await;
    tenant.create_dataset("meta", "79").await;
    let key = tenant.create_ingest_key().await;
    let asked = Asked { stratum: &stratum, token: tenant.sign_in().await };
    let of_c = |spend, part: Value| report("c", "USD", spend, &part);
    let ad =
        |id: &str, set: &str| json!({"ad_id": id, "ad_name": format!("ad {id}"), "ad_set_id": set});
    let reports = json!([
        of_c(100.0, json!({})),
        report("e", "EUR", 40.0, &json!({"account_id": "b", "platform": "google"})),
        of_c(60.0, json!({"country": "DE"})),
        of_c(30.0, json!({"country": "FR"})),
        report(
            "e",
            "EUR",
            20.0,
            &json!({"account_id": "b", "platform": "google", "country": "DE"})
        ),
        of_c(90.0, json!({"device": "mobile"})),
        of_c(55.0, json!({"ad_set_id": "s", "ad_set_name": "Set"})),
        of_c(25.0, ad("1", "s")),
        of_c(20.0, ad("2", "s")),
        report(
            "e",
            "EUR",
            15.0,
            &json!({"account_id": "b", "platform": "google", "ad_id": "9", "ad_set_id": "t"})
        ),
    ]);
    send(&stratum, &key, &reports).await;
    put_rates(&asked, json!([{"date": ago(1, ZONE), "currency": "EUR", "per_usd": 0.5}])).await;
    buy(&stratum, &key).await;
    put_rates(&asked, json!([{"date": ago(0, ZONE), "currency": "EUR", "per_usd": 0.5}])).await;
    let complete = |data: &Value| data["total_clicks"] == 20 && data["tracked_conversions"] == 1;
    let kpis = asked.eventually("kpis", complete).await;
    assert_eq!((&kpis["total_spend"], &kpis["tracked_revenue"]), (&json!(180.0), &json!(119.8)));
    let landed = |data: &Value| data["rows"].as_array().unwrap().len() == 3;
    asked.eventually("breakdown?by=ad", landed).await;
    for (by, spends) in [
        ("campaign", json!([100.0, 80.0])),
        ("account", json!([100.0, 80.0])),
        ("ad_set", json!([55.0, 30.0])),
        ("ad", json!([30.0, 25.0, 20.0])),
        ("country", json!([100.0, 30.0])),
        ("device", json!([90.0, 0.0])),
    ] {
        let data = asked.get(&format!("breakdown?by={by}")).await;
        let rows = data["rows"].as_array().unwrap();
        let shown: Vec<_> = rows.iter().map(|row| row["total_spend"].clone()).collect();
        assert_eq!((json!(shown), &data["total"]["currency"]), (spends, &json!("USD")), "{data}");
        check_sums(&data, &kpis, by);
    }
    check_names_and_pages(&asked).await;
    check_without_a_rate(&asked).await;
}

/// A purchase of today that names no campaign.
async fn buy(stratum: &Stratum, key: &str) {
    let purchase = json!({"data": [{
        "event_name": "Purchase", "event_time": now().0 / 1000, "event_id": "order-1",
        "action_source": "website", "event_source_url": "https://shop.example/thanks",
        "user_data": {"em": "ana@example.com", "client_user_agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0"},
        "custom_data": {"value": 59.9, "currency": "EUR"},
    }]});
    let (status, answer) = stratum.post("/v24.0/79/events", key, &purchase).await;
    assert_eq!(status, 200, "{answer}");
}

fn check_sums(data: &Value, kpis: &Value, by: &str) {
    let tracked = ["campaign", "country", "device"].contains(&by);
    assert_eq!(data["tracked_reason"].is_null(), tracked, "{by}");
    for figure in FIGURES {
        let rows = match (tracked, figure) {
            (false, "tracked_conversions") => {
                assert!(data["rows"][0][figure].is_null(), "{by}: {data}");
                0.0
            }
            _ => sum(&data["rows"], figure),
        };
        let rest = data["not_broken_down"][figure].as_f64().unwrap();
        let whole = kpis[figure].as_f64().unwrap();
        assert!(near(rows + rest, whole), "{by} {figure}: {rows} + {rest} = {whole}");
        assert_eq!(data["total"][figure], kpis[figure], "{by} {figure}");
    }
}

async fn check_names_and_pages(asked: &Asked<'_>) {
    let ads = asked.get("breakdown?by=ad&sort_by=spend&sort_order=asc&page=2&page_size=1").await;
    let row = &ads["rows"][0];
    assert_eq!((&row["ad_id"], &row["ad_name"]), (&json!("1"), &json!("ad 1")), "{ads}");
    assert_eq!((&row["ad_set_id"], &row["campaign_name"]), (&json!("s"), &json!("Sale")));
    let pages = json!({"page": 2, "page_size": 1, "total": 3, "total_pages": 3});
    assert_eq!(ads["pagination"], pages);
    let sets = asked.get("breakdown?by=ad_set&platform=meta").await;
    assert_eq!(sets["rows"][0]["ad_set_name"], json!("Set"), "{sets}");
    assert_eq!(sets["not_broken_down"]["total_spend"], json!(45.0));
    let country = asked.get("breakdown?by=country&account_id=b").await;
    let shown = (&country["rows"][0]["country"], &country["rows"][0]["total_spend"]);
    assert_eq!(shown, (&json!("DE"), &json!(20.0)), "all in euros: {country}");
    assert!(country["tracked_reason"].as_str().unwrap().contains("account_id"), "{country}");
    for part in [&country["rows"][0], &country["total"], &country["not_broken_down"]] {
        assert_eq!(part["tracked_conversions"], json!(null), "{country}");
    }
    for wrong in ["by=weather", "sort_by=name", "page=0"] {
        let path = format!("/api/v1/analytics/breakdown?{wrong}");
        let (status, answer) = asked.stratum.get(&path, &asked.token).await;
        assert_eq!(status, 400, "{wrong}: {answer}");
    }
}

async fn check_without_a_rate(asked: &Asked<'_>) {
    let data = asked.get("breakdown?currency=GBP").await;
    let row = &data["rows"][0];
    assert_eq!((&row["total_spend"], &row["total_clicks"]), (&json!(null), &json!(10)), "{data}");
    assert!(row["currency_reason"].is_string() && row["by_currency"].is_array(), "{row}");
    assert_eq!(data["total"]["missing_rates"][0]["currency"], json!("GBP"));
    assert_eq!(data["not_broken_down"]["total_spend"], json!(null));
}

/// 400,000 reported days.
#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_campaigns_in_two_currencies_answer() {
    let stratum = Stratum::start(&[]).await;
    let tenant = stratum.create_tenant("Many", ZONE.name(), "USD").await;
    let asked = Asked { stratum: &stratum, token: tenant.sign_in().await };
    let (_, answer) = stratum.get("/api/v1/tenant", &asked.token).await;
    let (id, until) = (answer["data"]["id"].to_string(), ago(1, ZONE).to_string());
    let (campaigns, days) = (CAMPAIGNS.to_string(), DAYS.to_string());
    let words =
        [("tenant", id), ("until", until.clone()), ("campaigns", campaigns), ("days", days)];
    let statement = include_str!("../sql/fill_campaigns.sql").to_owned();
    let fill = |statement: String, (word, with): &(&str, String)| {
        statement.replace(&format!("{{{word}}}"), with)
    };
    stratum.ask_warehouse(&words.iter().fold(statement, fill)).await;
    // A euro is worth two dollars, but every third day one and a quarter.
    let per_usd = |days: u64| if days.is_multiple_of(3) { 0.8 } else { 0.5 };
    let rate = |days| json!({"date": ago(days, ZONE), "currency": "EUR", "per_usd": per_usd(days)});
    put_rates(&asked, (1..=DAYS).map(rate).collect()).await;
    let euro: f64 = (1..=DAYS).map(|days| 1.0 / per_usd(days)).sum();
    let spend = |at: usize| {
        let worth = if at.is_multiple_of(2) { DAYS as f64 } else { euro };
        worth * (1.0 + at as f64 / 100.0)
    };
    let range = format!("date_from={}&date_to={until}", ago(DAYS, ZONE));
    let kpis = asked.get(&format!("kpis?{range}")).await;
    let whole: f64 = (0..CAMPAIGNS).map(spend).sum();
    assert_eq!(kpis["total_clicks"], json!(10 * CAMPAIGNS as u64 * DAYS));
    assert!(near(kpis["total_spend"].as_f64().unwrap(), whole), "{whole}: {kpis}");
    let first = asked.get(&format!("breakdown?{range}&page_size=100")).await;
    assert_eq!(first["pagination"]["total"], json!(CAMPAIGNS));
    assert_eq!(first["total"]["total_spend"], kpis["total_spend"]);
    assert_eq!(first["not_broken_down"]["total_spend"], json!(0.0));
    let mut best: Vec<(f64, String)> =
        (0..CAMPAIGNS).map(|at| (spend(at), format!("c{at:05}"))).collect();
    best.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    for (row, (spend, id)) in first["rows"].as_array().unwrap().iter().zip(&best) {
        assert_eq!(row["campaign_id"], json!(id));
        assert!(near(row["total_spend"].as_f64().unwrap(), *spend), "{spend}: {row}");
    }
    let last = asked.get(&format!("breakdown?{range}&page_size=100&page=100&currency=EUR")).await;
    assert_eq!(last["rows"].as_array().unwrap().len(), 100);
    assert_eq!(last["total"]["currency"], "EUR");
    // In euros the campaign of one dollar a day is worth least, in dollars as well.
    assert_eq!(last["rows"][99]["campaign_id"], json!("c00000"));
    assert!(last["rows"][99]["total_spend"].is_number(), "{}", last["rows"][99]);
}

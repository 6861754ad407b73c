//! Breakdowns of ranges of days.

use stratum_models::ad_report::{AdDevice, AdReport, AdReportSplit, CountryCode, Split};
use stratum_models::breakdown::{BreakdownBy, BreakdownQuery, Part};
use stratum_models::fx::{Conversion, FxRate};
use stratum_models::id::TenantId;
use stratum_models::log::Topic;
use stratum_models::metrics::KpiQuery;
use stratum_models::money::Currency;
use stratum_models::platform::{Device, Platform};
use stratum_models::time::Day;

use super::Warehouse;
use super::rows::{
    Metric, TENANT, at, day, days, events, land, metrics, purchase, range, report, reports, scope,
    splits,
};

fn asked(by: BreakdownBy, from: i32, to: i32) -> BreakdownQuery {
    let of = KpiQuery::of(days(from, to));
    BreakdownQuery { of, by, into: Conversion::new(Currency::EUR, []) }
}

async fn ask(warehouse: &dyn Warehouse, query: &BreakdownQuery) -> Vec<Part> {
    warehouse.breakdown(scope(TENANT), query).await.expect("an answer")
}

/// The name, spend and tracked purchases of each part.
async fn short(warehouse: &dyn Warehouse, query: &BreakdownQuery) -> Vec<(String, i128, i128)> {
    let parts = ask(warehouse, query).await.into_iter();
    let short = |part: Part| {
        let key = part.key;
        let platform = key.platform.map_or("", Platform::as_str);
        let texts = [key.account_id, key.campaign_id, key.ad_set_id, key.ad_id];
        let texts = texts.join("/");
        let name = format!("{platform} {texts} {}{}", key.country, key.device);
        (name.trim().to_owned(), part.sums.spend_micros, part.sums.tracked_conversions)
    };
    parts.map(short).collect()
}

async fn deliver(warehouse: &dyn Warehouse, record: u64, all: &[AdReport], of: &[AdReportSplit]) {
    let place = range(Topic::AdReports, 0, record, record + 1);
    land(warehouse, place, vec![reports(place, all), splits(place, of)]).await;
}

fn part(date: Day, version: u64, spend: i64, split: Split) -> AdReportSplit {
    AdReportSplit { report: report(date, version, spend), split }
}

fn ad_set(id: &str) -> Split {
    Split::AdSet { id: id.into(), name: format!("set {id}") }
}

fn ad(ad_set_id: &str, id: &str) -> Split {
    let (ad_set_id, ad_set_name) = (ad_set_id.into(), String::new());
    Split::Ad { ad_set_id, ad_set_name, id: id.into(), name: format!("ad {id}") }
}

fn country(code: &str) -> Split {
    Split::Country(CountryCode::parse(code).expect("two letters"))
}

fn rows(expected: &[(&str, i128, i128)]) -> Vec<(String, i128, i128)> {
    expected.iter().map(|(name, spend, sales)| ((*name).to_owned(), *spend, *sales)).collect()
}

pub async fn campaigns_and_accounts_are_summed_from_reports(warehouse: &dyn Warehouse) {
    let all = [
        report(day(0), 1, 1),
        report(day(1), 1, 2),
        AdReport { account_id: "b".into(), ..report(day(1), 1, 4) },
        AdReport { platform: Platform::Tiktok, ..report(day(1), 1, 8) },
        AdReport { campaign_id: "x".into(), ..report(day(2), 1, 16) },
    ];
    deliver(warehouse, 0, &all, &[part(day(0), 9, 1000, country("DE"))]).await;
    let tracked = [Metric { campaign: "c", ..purchase(day(0)) }, purchase(day(0))];
    land(warehouse, events(0, 0, 1), vec![metrics(&tracked)]).await;
    let campaigns = short(warehouse, &asked(BreakdownBy::Campaign, 0, 1)).await;
    assert_eq!(campaigns, rows(&[("meta /c//", 7, 1), ("tiktok /c//", 8, 0)]));
    let accounts = short(warehouse, &asked(BreakdownBy::Account, 0, 2)).await;
    assert_eq!(accounts, rows(&[("meta a///", 19, 0), ("meta b///", 4, 0), ("tiktok a///", 8, 0)]));
    let named = ask(warehouse, &asked(BreakdownBy::Campaign, 0, 2)).await;
    assert_eq!(named[0].names.campaign, "v1");
    let mut filtered = asked(BreakdownBy::Campaign, 0, 2);
    filtered.of.account_ids = vec!["b".into()];
    assert_eq!(short(warehouse, &filtered).await, rows(&[("meta /c//", 4, 0)]));
    let mut filtered = asked(BreakdownBy::Account, 0, 2);
    filtered.of.campaign_id = Some("x".into());
    assert_eq!(short(warehouse, &filtered).await, rows(&[("meta a///", 16, 0)]));
}

pub async fn an_ad_set_is_the_sum_of_its_ads_where_only_they_are_reported(
    warehouse: &dyn Warehouse,
) {
    let all = [
        part(day(0), 1, 10, ad_set("s")),
        part(day(0), 1, 3, ad("s", "1")),
        part(day(0), 1, 4, ad("s", "2")),
        part(day(1), 1, 5, ad("s", "1")),
        part(day(1), 1, 6, ad("t", "3")),
        part(day(1), 1, 7, ad("", "4")),
    ];
    deliver(warehouse, 0, &[report(day(0), 1, 50)], &all).await;
    let sets = short(warehouse, &asked(BreakdownBy::AdSet, 0, 1)).await;
    assert_eq!(sets, rows(&[("meta a/c/s/", 15, 0), ("meta a/c/t/", 6, 0)]));
    let ads = short(warehouse, &asked(BreakdownBy::Ad, 0, 1)).await;
    let expected = [
        ("meta a/c//4", 7, 0),
        ("meta a/c/s/1", 8, 0),
        ("meta a/c/s/2", 4, 0),
        ("meta a/c/t/3", 6, 0),
    ];
    assert_eq!(ads, rows(&expected));
    let named = ask(warehouse, &asked(BreakdownBy::AdSet, 0, 0)).await;
    assert_eq!((named[0].names.ad_set.as_str(), named[0].names.ad.as_str()), ("set s", ""));
    let named = ask(warehouse, &asked(BreakdownBy::Ad, 0, 0)).await;
    assert_eq!((named[0].names.campaign.as_str(), named[0].names.ad.as_str()), ("v1", "ad 1"));
}

pub async fn countries_and_devices_stand_beside_what_events_show(warehouse: &dyn Warehouse) {
    let all = [
        part(day(0), 1, 10, country("DE")),
        part(day(0), 2, 9, country("DE")),
        part(day(0), 1, 3, country("FR")),
        part(day(0), 1, 4, Split::Device(AdDevice::Mobile)),
        part(day(0), 1, 2, Split::Device(AdDevice::Other)),
    ];
    deliver(warehouse, 0, &[report(day(0), 1, 50)], &all).await;
    let tracked = [
        Metric { country: "de", device: Device::Mobile, ..purchase(day(0)) },
        Metric { country: "at", device: Device::Bot, events: 2, ..purchase(day(0)) },
        purchase(day(0)),
    ];
    land(warehouse, events(0, 0, 1), vec![metrics(&tracked)]).await;
    let countries = short(warehouse, &asked(BreakdownBy::Country, 0, 0)).await;
    let expected = [("/// AT", 0, 2), ("/// DE", 9, 1), ("/// FR", 3, 0)];
    assert_eq!(countries, rows(&expected));
    let devices = short(warehouse, &asked(BreakdownBy::Device, 0, 0)).await;
    assert_eq!(devices, rows(&[("/// mobile", 4, 1), ("/// other", 2, 2)]));
}

pub async fn amounts_of_parts_are_converted_by_the_rates_of_their_days(warehouse: &dyn Warehouse) {
    let dollars = |date, spend| AdReport {
        currency: Currency::USD,
        campaign_id: "d".into(),
        received_at: at(5),
        ..report(date, 1, spend)
    };
    let all =
        [report(day(0), 1, 7), dollars(day(0), 100), dollars(day(1), 100), dollars(day(2), 1)];
    deliver(warehouse, 0, &all, &[]).await;
    let tracked = Metric { campaign: "d", currency: "USD", value_micros: 10, ..purchase(day(1)) };
    land(warehouse, events(0, 0, 1), vec![metrics(&[tracked])]).await;
    let rate =
        |after, per_usd_nanos| FxRate { day: day(after), currency: Currency::EUR, per_usd_nanos };
    let rates = [rate(0, 500_000_000), rate(1, 2_000_000_001)];
    let query = |to| BreakdownQuery {
        into: Conversion::new(Currency::EUR, rates),
        ..asked(BreakdownBy::Campaign, 0, to)
    };
    let seen = ask(warehouse, &query(1)).await;
    let amounts = |at: usize| {
        let part = &seen[at].converted;
        (part.amounts.spend.micros(), part.amounts.tracked_revenue.micros(), part.lacks_reported)
    };
    assert_eq!((seen.len(), amounts(0), amounts(1)), (2, (7, 0, false), (250, 20, false)));
    // To the last place: 100 × 0.5 and 100 × 2.000000001.
    let exact = 100 * (stratum_models::fx::FACTOR_ONE / 2) + 100 * 2_000_000_001_000_000_000;
    assert_eq!(seen[1].converted.amounts.spend, stratum_models::fx::ConvertedAmount::of(1, exact));
    let seen = ask(warehouse, &query(2)).await;
    assert_eq!(seen[1].sums.spend_micros, 201, "its own currency has it all");
    let part = &seen[1].converted;
    assert_eq!((part.lacks_reported, part.lacks_tracked), (true, false));
    assert_eq!(part.amounts.spend, stratum_models::fx::ConvertedAmount::of(1, exact));
}

pub async fn parts_of_tenants_never_mix(warehouse: &dyn Warehouse) {
    let mut foreign = part(day(0), 1, 70, country("DE"));
    foreign.report.tenant_id = TenantId(8);
    deliver(warehouse, 0, &[report(day(0), 1, 1)], &[foreign, part(day(0), 1, 2, country("DE"))])
        .await;
    let countries = short(warehouse, &asked(BreakdownBy::Country, 0, 0)).await;
    assert_eq!(countries, rows(&[("/// DE", 2, 0)]));
    for by in BreakdownBy::ALL {
        let theirs = warehouse.breakdown(scope(TenantId(9)), &asked(*by, 0, 0)).await;
        assert!(theirs.expect("an answer").is_empty(), "{by}");
    }
}

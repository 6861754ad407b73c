//! Sums of the daily campaign metrics.

use stratum_models::ad_report::{AdDevice, AdReport, AdReportSplit, CountryCode, Split};
use stratum_models::id::TenantId;
use stratum_models::log::Topic;
use stratum_models::metrics::{KpiGroup, KpiGrouping, KpiQuery, MetricSums};
use stratum_models::money::Currency;
use stratum_models::platform::{Device, Platform};
use stratum_models::time::DayRange;

use super::Warehouse;
use super::rows::{
    Metric, Rows, TENANT, at, day, days, events, land, metrics, purchase, range, report, reports,
    scope, splits,
};

fn all(days: DayRange) -> KpiQuery {
    KpiQuery::of(days)
}

async fn ask(warehouse: &dyn Warehouse, query: &KpiQuery, by: KpiGrouping) -> Vec<KpiGroup> {
    warehouse.kpi_groups(scope(TENANT), query, by).await.expect("an answer")
}

/// The only group of a total.
async fn total(warehouse: &dyn Warehouse, query: &KpiQuery) -> MetricSums {
    let groups = ask(warehouse, query, KpiGrouping::Total).await;
    assert!(groups.len() <= 1, "{groups:?}");
    groups.first().map_or_else(MetricSums::default, |group| group.sums)
}

/// Lands these reports as the next record of the partition.
async fn deliver(warehouse: &dyn Warehouse, record: u64, all: &[AdReport]) {
    let place = range(Topic::AdReports, 0, record, record + 1);
    land(warehouse, place, vec![reports(place, all)]).await;
}

async fn track(warehouse: &dyn Warehouse, record: u64, all: &[Metric]) {
    let rows: Rows = vec![metrics(all)];
    land(warehouse, events(0, record, record + 1), rows).await;
}

pub async fn both_ends_of_a_range_of_days_count(warehouse: &dyn Warehouse) {
    let each: Vec<AdReport> = (0..5).map(|after| report(day(after), 1, 1 << after)).collect();
    deliver(warehouse, 0, &each).await;
    let tracked: Vec<Metric> =
        (0..5).map(|after| Metric { events: 1 << after, ..purchase(day(after)) }).collect();
    track(warehouse, 0, &tracked).await;
    for (from, to) in [(1, 3), (0, 4), (2, 2), (4, 9), (-5, 0)] {
        let sums = total(warehouse, &all(days(from, to))).await;
        let expected: i128 =
            (0..5).filter(|day| (from..=to).contains(day)).map(|day| 1 << day).sum();
        assert_eq!(
            (sums.spend_micros, sums.tracked_conversions),
            (expected, expected),
            "{from}..{to}"
        );
    }
    assert!(ask(warehouse, &all(days(6, 9)), KpiGrouping::Total).await.is_empty());
}

pub async fn a_restated_report_replaces_the_earlier_one(warehouse: &dyn Warehouse) {
    deliver(warehouse, 0, &[report(day(0), 1, 100), report(day(1), 1, 7)]).await;
    deliver(warehouse, 1, &[report(day(0), 2, 130)]).await;
    deliver(warehouse, 2, &[report(day(0), 5, 90)]).await;
    let sums = total(warehouse, &all(days(0, 1))).await;
    assert_eq!((sums.spend_micros, sums.revenue_micros), (97, 291));
    assert_eq!((sums.impressions, sums.clicks, sums.conversions_micros), (2000, 20, 3_000_000));
}

pub async fn an_older_version_that_comes_late_does_not_win(warehouse: &dyn Warehouse) {
    deliver(warehouse, 0, &[report(day(0), 9, 100)]).await;
    deliver(warehouse, 1, &[report(day(0), 8, 55)]).await;
    assert_eq!(total(warehouse, &all(days(0, 0))).await.spend_micros, 100);
    deliver(warehouse, 2, &[report(day(0), 10, 1), report(day(0), 7, 2)]).await;
    assert_eq!(total(warehouse, &all(days(0, 0))).await.spend_micros, 1);
}

pub async fn of_equal_versions_the_later_in_the_log_wins(warehouse: &dyn Warehouse) {
    deliver(warehouse, 0, &[report(day(0), 3, 1), report(day(0), 3, 2)]).await;
    assert_eq!(total(warehouse, &all(days(0, 0))).await.spend_micros, 2);
    deliver(warehouse, 1, &[report(day(0), 3, 5)]).await;
    assert_eq!(total(warehouse, &all(days(0, 0))).await.spend_micros, 5);
}

pub async fn currencies_stand_apart(warehouse: &dyn Warehouse) {
    let dollars =
        AdReport { currency: Currency::USD, campaign_id: "d".into(), ..report(day(0), 1, 40) };
    deliver(warehouse, 0, &[report(day(0), 1, 2), dollars]).await;
    let dollars = Metric { currency: "USD", ..purchase(day(0)) };
    let worthless = Metric { currency: "", events: 6, value_micros: 0, ..purchase(day(0)) };
    track(warehouse, 0, &[dollars, worthless]).await;
    let groups = ask(warehouse, &all(days(0, 0)), KpiGrouping::Total).await;
    let seen: Vec<_> = groups
        .iter()
        .map(|group| (group.currency, group.sums.spend_micros, group.sums.tracked_conversions))
        .collect();
    let expected = [(None, 0, 6), (Some(Currency::EUR), 2, 0), (Some(Currency::USD), 40, 1)];
    assert_eq!(seen, expected);
}

pub async fn reported_and_tracked_stand_side_by_side(warehouse: &dyn Warehouse) {
    deliver(warehouse, 0, &[report(day(0), 1, 1000)]).await;
    let lead = Metric { event_name: "Lead", events: 50, ..purchase(day(0)) };
    track(warehouse, 0, &[Metric { events: 3, ..purchase(day(0)) }, lead]).await;
    let expected = MetricSums {
        spend_micros: 1000,
        impressions: 1000,
        clicks: 10,
        conversions_micros: 1_500_000,
        revenue_micros: 3000,
        tracked_conversions: 3,
        tracked_revenue_micros: 10_000_000,
    };
    assert_eq!(total(warehouse, &all(days(0, 0))).await, expected);
}

pub async fn an_account_leaves_tracked_events_out(warehouse: &dyn Warehouse) {
    let other = AdReport { account_id: "b".into(), ..report(day(0), 1, 5) };
    deliver(warehouse, 0, &[report(day(0), 1, 2), other]).await;
    track(warehouse, 0, &[purchase(day(0))]).await;
    let query = KpiQuery { account_ids: vec!["b".into()], ..all(days(0, 0)) };
    let sums = total(warehouse, &query).await;
    assert_eq!((sums.spend_micros, sums.tracked_conversions), (5, 0));
    let query = KpiQuery { account_ids: vec!["nobody".into()], ..all(days(0, 0)) };
    assert!(ask(warehouse, &query, KpiGrouping::Total).await.is_empty());
}

/// Two platforms, two campaigns, two days, two currencies, and a purchase of no campaign.
async fn mixed(warehouse: &dyn Warehouse) {
    let dollars = |platform, campaign: &str, date, spend| AdReport {
        platform,
        campaign_id: campaign.into(),
        currency: Currency::USD,
        ..report(date, 1, spend)
    };
    deliver(
        warehouse,
        0,
        &[
            dollars(Platform::Tiktok, "c", day(1), 1),
            dollars(Platform::Meta, "x", day(0), 2),
            dollars(Platform::Meta, "c", day(1), 4),
            dollars(Platform::Meta, "c", day(0), 8),
            AdReport { account_id: "b".into(), ..report(day(1), 1, 16) },
        ],
    )
    .await;
    let tracked = Metric { campaign: "x", currency: "USD", ..purchase(day(0)) };
    track(warehouse, 0, &[tracked, Metric { currency: "USD", ..purchase(day(1)) }]).await;
}

pub async fn groups_come_by_currency_and_then_by_what_was_asked(warehouse: &dyn Warehouse) {
    mixed(warehouse).await;
    let (eur, usd) = (Currency::EUR, Currency::USD);
    let short = |groups: Vec<KpiGroup>| -> Vec<_> {
        groups
            .into_iter()
            .map(|g| (g.currency, g.platform, g.day, g.campaign_id, g.sums.spend_micros))
            .collect()
    };
    let query = all(days(0, 1));
    let groups = short(ask(warehouse, &query, KpiGrouping::Total).await);
    assert_eq!(groups, [(Some(eur), None, None, None, 16), (Some(usd), None, None, None, 15)]);
    let (meta, tiktok) = (Some(Platform::Meta), Some(Platform::Tiktok));
    let groups = short(ask(warehouse, &query, KpiGrouping::Platform).await);
    let expected = [
        (Some(eur), meta, None, None, 16),
        (Some(usd), meta, None, None, 14),
        (Some(usd), tiktok, None, None, 1),
    ];
    assert_eq!(groups, expected);
    let groups = short(ask(warehouse, &query, KpiGrouping::Day).await);
    let expected = [
        (Some(eur), None, Some(day(1)), None, 16),
        (Some(usd), None, Some(day(0)), None, 10),
        (Some(usd), None, Some(day(1)), None, 5),
    ];
    assert_eq!(groups, expected);
    let groups = short(ask(warehouse, &query, KpiGrouping::PlatformDay).await);
    let expected = [
        (Some(eur), meta, Some(day(1)), None, 16),
        (Some(usd), meta, Some(day(0)), None, 10),
        (Some(usd), meta, Some(day(1)), None, 4),
        (Some(usd), tiktok, Some(day(1)), None, 1),
    ];
    assert_eq!(groups, expected);
    let groups = short(ask(warehouse, &query, KpiGrouping::Campaign).await);
    let campaign = |id: &str| Some(id.to_owned());
    let expected = [
        (Some(eur), meta, None, campaign("c"), 16),
        (Some(usd), meta, None, campaign(""), 0),
        (Some(usd), meta, None, campaign("c"), 12),
        (Some(usd), meta, None, campaign("x"), 2),
        (Some(usd), tiktok, None, campaign("c"), 1),
    ];
    assert_eq!(groups, expected);
}

pub async fn a_campaign_has_the_name_of_its_newest_day(warehouse: &dyn Warehouse) {
    let named = |name: &str, date, received| AdReport {
        campaign_name: name.into(),
        received_at: at(received),
        ..report(date, 1, 1)
    };
    deliver(warehouse, 0, &[named("Summer", day(0), 0), named("Spring", day(1), -5)]).await;
    track(warehouse, 0, &[purchase(day(0))]).await;
    let names = |groups: Vec<KpiGroup>| -> Vec<_> {
        groups.into_iter().map(|group| (group.campaign_id, group.campaign_name)).collect()
    };
    let query = all(days(0, 1));
    let seen = names(ask(warehouse, &query, KpiGrouping::Campaign).await);
    let spring = Some("Spring".to_owned());
    assert_eq!(seen, [(Some(String::new()), None), (Some("c".to_owned()), spring)]);
    let again = |name: &str, date| AdReport { version: 2, ..named(name, date, 9) };
    deliver(warehouse, 1, &[again("Summer again", day(0))]).await;
    let seen = names(ask(warehouse, &query, KpiGrouping::Campaign).await);
    assert_eq!(seen[1].1.as_deref(), Some("Spring"), "an old day brings no old name back");
    deliver(warehouse, 2, &[again("Autumn", day(1))]).await;
    let seen = names(ask(warehouse, &query, KpiGrouping::Campaign).await);
    assert_eq!(seen[1].1.as_deref(), Some("Autumn"));
}

/// Records of before ids were brought into one form are in the log still, and may be read again.
pub async fn an_account_that_is_written_in_two_ways_is_one(warehouse: &dyn Warehouse) {
    let of = |platform, account: &str, version, spend| AdReport {
        platform,
        account_id: account.into(),
        ..report(day(0), version, spend)
    };
    let (meta, google, linkedin) = (Platform::Meta, Platform::Google, Platform::Linkedin);
    let rows = [
        of(meta, "act_4411", 1, 10),
        of(meta, "4411", 2, 11),
        of(google, "123-456-7890", 2, 200),
        of(google, "1234567890", 1, 201),
        of(linkedin, "urn:li:sponsoredAccount:51", 1, 3_000),
        of(linkedin, "51", 2, 3_001),
        of(meta, "12-3", 1, 40_000),
        of(Platform::Tiktok, "act_4411", 1, 500_000),
    ];
    deliver(warehouse, 0, &rows[..4]).await;
    deliver(warehouse, 1, &rows[4..]).await;
    let spend = async |account: Option<&str>| -> i128 {
        let account_ids = account.map(str::to_owned).into_iter().collect();
        let query = KpiQuery { account_ids, ..all(days(0, 0)) };
        let groups = ask(warehouse, &query, KpiGrouping::Total).await;
        groups.into_iter().map(|group| group.sums.spend_micros).sum()
    };
    assert_eq!(spend(None).await, 543_212);
    assert_eq!(spend(Some("4411")).await, 11);
    assert_eq!(spend(Some("1234567890")).await, 200);
    assert_eq!(spend(Some("51")).await, 3_001);
    assert_eq!(spend(Some("12-3")).await, 40_000);
}

pub async fn filters_narrow_the_sums(warehouse: &dyn Warehouse) {
    mixed(warehouse).await;
    let spend = async |query: KpiQuery| -> (i128, i128) {
        let groups = ask(warehouse, &query, KpiGrouping::Total).await;
        let sums: MetricSums = groups.into_iter().map(|group| group.sums).sum();
        (sums.spend_micros, sums.tracked_conversions)
    };
    let query = all(days(0, 1));
    assert_eq!(
        spend(KpiQuery { platforms: vec![Platform::Tiktok], ..query.clone() }).await,
        (1, 0)
    );
    assert_eq!(spend(KpiQuery { platforms: vec![Platform::Meta], ..query.clone() }).await, (30, 2));
    assert_eq!(spend(KpiQuery { campaign_id: Some("x".into()), ..query.clone() }).await, (2, 1));
    assert_eq!(spend(KpiQuery { campaign_id: Some(String::new()), ..query.clone() }).await, (0, 1));
    assert_eq!(spend(KpiQuery { account_ids: vec!["a".into()], ..query.clone() }).await, (15, 0));
    let platforms = vec![Platform::Tiktok, Platform::Meta];
    assert_eq!(spend(KpiQuery { platforms, ..query.clone() }).await, (31, 2));
    let account_ids = vec!["a".into(), "b".into()];
    let (reported, tracked) = spend(KpiQuery { account_ids, ..query }).await;
    assert!(reported > 15 && tracked == 0, "{reported} {tracked}");
}

pub async fn partial_rows_add_up(warehouse: &dyn Warehouse) {
    for record in 0..5 {
        track(warehouse, record, &[purchase(day(0)), purchase(day(0))]).await;
    }
    let refund = Metric { events: 1, value_micros: -1, ..purchase(day(0)) };
    track(warehouse, 5, &[refund]).await;
    let sums = total(warehouse, &all(days(0, 0))).await;
    assert_eq!((sums.tracked_conversions, sums.tracked_revenue_micros), (11, 99_999_999));
}

pub async fn parts_of_a_day_count_only_by_the_day_itself(warehouse: &dyn Warehouse) {
    let part = |split| AdReportSplit { report: report(day(0), 1, 60), split };
    let country = CountryCode::parse("de").expect("a country");
    let parts = [
        part(Split::Country(country)),
        part(Split::Device(AdDevice::Tablet)),
        part(Split::AdSet { id: "s".into(), name: "Set".into() }),
    ];
    let place = range(Topic::AdReports, 0, 0, 1);
    let rows = vec![reports(place, &[report(day(0), 1, 100)]), splits(place, &parts)];
    land(warehouse, place, rows).await;
    let place = range(Topic::AdReports, 1, 0, 1);
    land(warehouse, place, vec![splits(place, &parts)]).await;
    assert_eq!(total(warehouse, &all(days(0, 0))).await.spend_micros, 100);
    let known = Metric { country: "DE", device: Device::Mobile, ..purchase(day(0)) };
    track(warehouse, 0, &[known.clone(), Metric { country: "FR", ..known }, purchase(day(0))])
        .await;
    let sums = total(warehouse, &all(days(0, 0))).await;
    assert_eq!((sums.tracked_conversions, sums.tracked_revenue_micros), (3, 30_000_000));
}

pub async fn sums_are_wider_than_their_parts(warehouse: &dyn Warehouse) {
    let huge: Vec<AdReport> = ["c", "d", "e"]
        .map(|campaign| AdReport {
            campaign_id: campaign.into(),
            impressions: i64::MAX,
            revenue_micros: i64::MAX,
            spend_micros: i64::MAX,
            ..report(day(0), 1, 0)
        })
        .to_vec();
    deliver(warehouse, 0, &huge).await;
    for record in 0..3 {
        track(warehouse, record, &[Metric { value_micros: i64::MAX, ..purchase(day(0)) }]).await;
    }
    let sums = total(warehouse, &all(days(0, 0))).await;
    let expected = 3 * i128::from(i64::MAX);
    assert_eq!(
        (sums.spend_micros, sums.impressions, sums.revenue_micros),
        (expected, expected, expected)
    );
    assert_eq!(sums.tracked_revenue_micros, expected);
}

pub async fn tenants_with_the_same_ids_never_mix(warehouse: &dyn Warehouse) {
    let other = TenantId(8);
    let foreign = AdReport { tenant_id: other, ..report(day(0), 99, 5000) };
    deliver(warehouse, 0, &[report(day(0), 1, 2), foreign]).await;
    let foreign = Metric { tenant: other, events: 70, ..purchase(day(0)) };
    track(warehouse, 0, &[purchase(day(0)), foreign]).await;
    let sums = total(warehouse, &all(days(0, 0))).await;
    assert_eq!((sums.spend_micros, sums.tracked_conversions), (2, 1));
    let query = all(days(-9, 9));
    let theirs = warehouse.kpi_groups(scope(other), &query, KpiGrouping::Total).await;
    let theirs = theirs.expect("an answer");
    assert_eq!((theirs[0].sums.spend_micros, theirs[0].sums.tracked_conversions), (5000, 70));
    for stranger in [TenantId(9), TenantId(0)] {
        let nothing = warehouse.kpi_groups(scope(stranger), &query, KpiGrouping::Total).await;
        assert!(nothing.expect("an answer").is_empty(), "tenant {stranger}");
    }
}

pub async fn campaign_days_are_the_newest_versions_in_order(warehouse: &dyn Warehouse) {
    mixed(warehouse).await;
    let restated = AdReport { campaign_name: "Later".into(), ..report(day(1), 2, 900) };
    deliver(warehouse, 1, &[AdReport { account_id: "b".into(), ..restated }]).await;
    deliver(
        warehouse,
        2,
        &[AdReport { tenant_id: TenantId(TENANT.0 + 1), ..report(day(0), 1, 3) }],
    )
    .await;
    let ask = async |days| warehouse.campaign_days(scope(TENANT), days).await.expect("an answer");
    let (meta, tiktok) = (Platform::Meta, Platform::Tiktok);
    let seen: Vec<_> = ask(days(0, 1)).await;
    let short: Vec<_> = seen
        .iter()
        .map(|one| {
            (
                one.key.platform,
                one.key.account_id.as_str(),
                one.key.campaign_id.as_str(),
                one.day,
                one.spend_micros,
            )
        })
        .collect();
    let expected = [
        (meta, "a", "c", day(0), 8),
        (meta, "a", "c", day(1), 4),
        (meta, "a", "x", day(0), 2),
        (meta, "b", "c", day(1), 900),
        (tiktok, "a", "c", day(1), 1),
    ];
    assert_eq!(short, expected);
    assert_eq!((seen[3].campaign_name.as_str(), seen[3].currency), ("Later", Currency::EUR));
    assert_eq!((seen[3].revenue_micros, seen[3].conversions_micros), (2_700, 1_500_000));
    assert_eq!((seen[3].impressions, seen[3].clicks), (1_000, 10));
    assert_eq!(ask(days(1, 1)).await.len(), 3);
    assert!(ask(days(2, 9)).await.is_empty());
}

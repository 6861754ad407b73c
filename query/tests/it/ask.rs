//! Figures asked of the twin: what is converted, compared, broken down and left over.

use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;
use stratum_models::ad_report::{AdReport, AdReportSplit, CountryCode, Split};
use stratum_models::breakdown::BreakdownBy;
use stratum_models::fx::{FxRate, FxRates};
use stratum_models::id::TenantId;
use stratum_models::identifier::{IdentifierKey, IdentifierMask, InvalidReason};
use stratum_models::metrics::{KpiQuery, MetricSums};
use stratum_models::money::Currency;
use stratum_models::platform::Platform;
use stratum_models::scope::TenantScope;
use stratum_models::store::StoreError;
use stratum_models::time::DayRange;
use stratum_models::warehouse::{CampaignKey, MatchQualityQuery};
use stratum_query::ask::TenantFigures;
use stratum_query::ask::campaigns::{CampaignReports, platforms_of};
use stratum_query::ask::figures::Kpi;
use stratum_query::ask::match_quality;
use stratum_query::ask::report_changes::{DayChange, ReportChanges};
use stratum_query::ask::series::Granularity;
use stratum_query::ask::sums::ConvertedFigures;
use stratum_testing::memory_warehouse::MemoryWarehouse;
use stratum_testing::warehouse_contract::rows::{
    self, Metric, Quality, TENANT, at, day, days, purchase, scope,
};

const EUR: Currency = Currency::EUR;
const USD: Currency = Currency::USD;

/// Rates in memory, and the questions they were asked.
#[derive(Default)]
struct MemoryRates {
    rates: Vec<FxRate>,
    asked: Mutex<Vec<(DayRange, Vec<Currency>)>>,
}

#[async_trait]
impl FxRates for MemoryRates {
    async fn fx_rates(
        &self,
        scope: TenantScope,
        days: DayRange,
        currencies: &[Currency],
    ) -> Result<Arc<[FxRate]>, StoreError> {
        assert_eq!(scope.tenant_id(), TENANT);
        self.asked.lock().push((days, currencies.to_vec()));
        let wanted = |rate: &&FxRate| {
            days.from <= rate.day && rate.day <= days.to && currencies.contains(&rate.currency)
        };
        Ok(self.rates.iter().filter(wanted).copied().collect())
    }
}

/// One euro is two dollars on day -1 and one dollar on day 0.
fn euro_rates() -> MemoryRates {
    let rate = |after, per_usd_nanos| FxRate { day: day(after), currency: EUR, per_usd_nanos };
    let rates = vec![rate(-1, 500_000_000), rate(0, 1_000_000_000)];
    MemoryRates { rates, asked: Mutex::default() }
}

fn report(campaign: &str, after: i32, currency: Currency, spend: i64) -> AdReport {
    let campaign_id = campaign.to_owned();
    AdReport { campaign_id, currency, ..rows::report(day(after), 1, spend * 1_000_000) }
}

async fn land(warehouse: &MemoryWarehouse, reports: &[AdReport], splits: &[AdReportSplit]) {
    let range = rows::range(stratum_models::log::Topic::AdReports, 0, 0, 1);
    let rows = vec![rows::reports(range, reports), rows::splits(range, splits)];
    rows::land(warehouse, range, rows).await;
}

fn figures<'a>(warehouse: &'a MemoryWarehouse, rates: &'a MemoryRates) -> TenantFigures<'a> {
    TenantFigures { warehouse, rates, scope: scope(TENANT), reporting_currency: USD }
}

fn range(from: i32, to: i32) -> KpiQuery {
    KpiQuery::of(days(from, to))
}

fn spend(figures: &ConvertedFigures) -> Option<f64> {
    figures.figures.spend
}

/// Two campaigns of Meta in euros and dollars, one of Google in euros.
async fn two_currencies() -> MemoryWarehouse {
    let warehouse = MemoryWarehouse::new();
    let google = AdReport { platform: Platform::Google, ..report("g", 0, EUR, 7) };
    let reports =
        [report("a", -1, EUR, 10), report("a", 0, EUR, 20), report("b", -1, USD, 5), google];
    land(&warehouse, &reports, &[]).await;
    warehouse
}

#[tokio::test]
async fn kpis_are_the_sum_of_platforms_and_of_periods_and_of_parts_and_the_remainder() {
    let (warehouse, rates) = (two_currencies().await, euro_rates());
    let (source, query) = (figures(&warehouse, &rates), range(-3, 2));
    let kpis = source.kpis(&query, None, None).await.unwrap();
    // 10 € at 2 $, 20 € and 7 € at 1 $, and 5 $.
    assert_eq!((kpis.now.currency, spend(&kpis.now)), (Some(USD), Some(52.0)));
    assert_eq!(kpis.now.by_currency.len(), 2);
    let platforms = source.platforms(&query, None).await.unwrap();
    assert_eq!(platforms.total, kpis.now);
    let each = platforms.platforms.iter();
    let each: Vec<_> = each.map(|one| (one.platform, one.campaigns, spend(&one.figures))).collect();
    let (google, meta) = (Some(Platform::Google), Some(Platform::Meta));
    assert_eq!(each, [(google, 1, Some(7.0)), (meta, 2, Some(45.0))], "by name");
    let series = source.series(&query, Granularity::Daily, None).await.unwrap();
    assert_eq!(series.total, kpis.now);
    let each: Vec<_> = series.periods.iter().map(|one| spend(&one.figures).unwrap()).collect();
    assert_eq!(each, [0.0, 0.0, 25.0, 27.0, 0.0, 0.0]);
    for by in [BreakdownBy::Campaign, BreakdownBy::Account, BreakdownBy::Country] {
        let broken = source.breakdown(query.clone(), by, None).await.unwrap();
        let parts: f64 = broken.parts.iter().map(|part| spend(&part.figures()).unwrap()).sum();
        assert_eq!(broken.total, kpis.now, "{by:?}");
        assert_eq!(parts + spend(&broken.remainder).unwrap(), 52.0, "{by:?}");
    }
}

#[tokio::test]
async fn rates_are_asked_for_only_where_amounts_are_in_another_currency() {
    let (warehouse, rates) = (two_currencies().await, euro_rates());
    let source = figures(&warehouse, &rates);
    let euros = KpiQuery { platforms: vec![Platform::Google], ..range(-3, 2) };
    let kpis = source.kpis(&euros, None, None).await.unwrap();
    assert_eq!((kpis.now.currency, spend(&kpis.now)), (Some(EUR), Some(7.0)), "the only one");
    assert_eq!(*rates.asked.lock(), []);
    let kpis = source.kpis(&euros, None, Some(USD)).await.unwrap();
    assert_eq!((kpis.now.currency, spend(&kpis.now)), (Some(USD), Some(7.0)));
    // From a week before, for days without a rate.
    assert_eq!(*rates.asked.lock(), [(days(-10, 2), vec![EUR])]);
}

#[tokio::test]
async fn amounts_without_a_rate_are_unknown_and_stand_by_currency() {
    let (warehouse, rates) = (two_currencies().await, MemoryRates::default());
    let source = figures(&warehouse, &rates);
    let kpis = source.kpis(&range(-3, 2), None, None).await.unwrap();
    assert_eq!((kpis.now.currency, spend(&kpis.now)), (None, None));
    assert_eq!(kpis.now.unknown.as_ref().unwrap().without_rate, [EUR]);
    let missing: Vec<_> = kpis.now.missing_rates.iter().map(|one| one.days).collect();
    assert_eq!(missing, [Some(days(-1, 0))]);
    let each: Vec<_> = kpis.now.by_currency.iter().map(|(of, one)| (*of, one.spend)).collect();
    assert_eq!(each, [(EUR, Some(37.0)), (USD, Some(5.0))]);
}

#[tokio::test]
async fn two_ranges_are_compared_in_one_currency() {
    let (warehouse, rates) = (two_currencies().await, euro_rates());
    let source = figures(&warehouse, &rates);
    let kpis = source.kpis(&range(0, 0), Some(days(-1, -1)), None).await.unwrap();
    let before = kpis.before.unwrap();
    // Today's are euros alone, so the day before is in euros as well: 10 € and 5 $ at 0.5 €.
    assert_eq!((kpis.now.currency, spend(&kpis.now)), (Some(EUR), Some(27.0)));
    assert_eq!((before.currency, spend(&before)), (Some(EUR), Some(12.5)));
    let change = kpis.now.change_since(&before, Kpi::Spend).unwrap();
    assert!((change - 116.0).abs() < 1e-9, "{change}");
    // Nothing now: what is compared with decides.
    let google = KpiQuery { platforms: vec![Platform::Google], ..range(1, 1) };
    let kpis = source.kpis(&google, Some(days(0, 0)), None).await.unwrap();
    assert_eq!((kpis.now.currency, spend(&kpis.now)), (Some(EUR), Some(0.0)));
    assert_eq!(kpis.now.change_since(&kpis.before.unwrap(), Kpi::Spend), Some(-100.0));
}

fn split(report: &AdReport, spend: i64, split: Split) -> AdReportSplit {
    let spend_micros = spend * 1_000_000;
    AdReportSplit { report: AdReport { spend_micros, ..report.clone() }, split }
}

#[tokio::test]
async fn parts_that_report_more_than_their_whole_leave_less_than_nothing() {
    let (warehouse, rates) = (MemoryWarehouse::new(), MemoryRates::default());
    let whole = report("a", 0, USD, 10);
    let set = |id: &str| Split::AdSet { id: id.into(), name: format!("set {id}") };
    let country = |code| Split::Country(CountryCode::parse(code).unwrap());
    let parts = [
        split(&whole, 8, set("1")),
        split(&whole, 5, set("2")),
        split(&whole, 6, country("DE")),
        split(&whole, 1, country("AT")),
    ];
    land(&warehouse, std::slice::from_ref(&whole), &parts).await;
    let sale = Metric { currency: "USD", campaign: "a", country: "de", ..purchase(day(0)) };
    let sales = vec![rows::metrics(&[sale])];
    rows::land(&warehouse, rows::events(0, 0, 1), sales).await;
    let source = figures(&warehouse, &rates);
    let ask = async |by| source.breakdown(range(0, 0), by, None).await.unwrap();
    let mut sets = ask(BreakdownBy::AdSet).await;
    assert_eq!((spend(&sets.total), spend(&sets.remainder)), (Some(10.0), Some(-3.0)));
    // Events do not know ad sets: their sale stands in the remainder.
    assert_eq!(sets.remainder.figures.tracked_revenue, Some(10.0));
    assert_eq!(sets.parts[0].figures().figures.tracked_conversions, None);
    let ids = |parts: &[_]| -> Vec<String> {
        parts
            .iter()
            .map(|part: &stratum_query::ask::breakdown::PartFigures| part.key.ad_set_id.clone())
            .collect()
    };
    sets.sort_by(Kpi::Spend, false);
    assert_eq!(ids(&sets.parts), ["2", "1"]);
    sets.sort_by(Kpi::Spend, true);
    assert_eq!(ids(&sets.parts), ["1", "2"]);
    assert_eq!(sets.parts[0].names.ad_set, "set 1");
    let countries = ask(BreakdownBy::Country).await;
    assert_eq!(spend(&countries.remainder), Some(3.0));
    assert_eq!(countries.remainder.figures.tracked_conversions, Some(0));
    // An account's events are not known, of its parts or as a whole.
    let of_account = KpiQuery { account_ids: vec!["a".into()], ..range(0, 0) };
    let broken = source.breakdown(of_account, BreakdownBy::Country, None).await.unwrap();
    let all = [&broken.total, &broken.remainder, &broken.parts[0].figures()];
    assert_eq!(all.map(|one| one.figures.tracked_conversions), [None; 3]);
}

#[tokio::test]
async fn a_campaign_is_shown_in_its_own_currency_whatever_it_reported_in() {
    let (warehouse, rates) = (MemoryWarehouse::new(), euro_rates());
    let reports = [
        report("a", -1, EUR, 10),
        report("a", 0, USD, 20),
        report("b", 0, EUR, 5),
        AdReport { platform: Platform::Google, ..report("a", 0, EUR, 100) },
    ];
    land(&warehouse, &reports, &[]).await;
    let source = figures(&warehouse, &rates);
    let key = |platform, id: &str| CampaignKey { platform, campaign_id: id.into() };
    let (a, b) = (key(Platform::Meta, "a"), key(Platform::Meta, "b"));
    let (always, named) = (days(-5, 5), [a.clone(), b.clone(), key(Platform::Meta, "x")]);
    let reports = CampaignReports::of(&warehouse, scope(TENANT), always, &named).await;
    let mut reports = reports.unwrap();
    assert_eq!(spend(&reports.figures(&a, USD).unwrap()), None, "not converted yet");
    let wanted = || named.iter().map(|key| (key.clone(), USD));
    // Whoever narrows a list converts it, and whoever adds it up converts it again.
    for _ in 0..2 {
        reports.convert(&source, always, wanted()).await.unwrap();
    }
    let shown = |key| reports.figures(key, USD).map(|one| spend(&one));
    // 10 € at 2 $ and 20 $; 5 € at 1 $. The other platform's campaign of the same id counts for itself.
    assert_eq!((shown(&a), shown(&b), shown(&named[2])), (Some(Some(40.0)), Some(Some(5.0)), None));
    assert_eq!(reports.figures(&key(Platform::Google, "a"), USD), None, "not among the named");
    assert_eq!(reports.sums(&a).unwrap().spend_micros, 30_000_000);
    assert_eq!((reports.sums_in(&a, EUR), reports.sums_in(&b, USD)), (None, None));
    let all = CampaignReports::of_all(&warehouse, scope(TENANT), always).await.unwrap();
    let google = all.figures(&key(Platform::Google, "a"), EUR).unwrap();
    assert_eq!(spend(&google), Some(100.0));
    let begun = warehouse.questions().begun();
    let none = CampaignReports::of(&warehouse, scope(TENANT), always, &[]).await.unwrap();
    assert_eq!((none.sums(&a), warehouse.questions().begun()), (None, begun), "no question");
    let query = KpiQuery { campaign_id: Some("a".into()), ..range(-5, 5) };
    let platforms = platforms_of(&warehouse, scope(TENANT), &query).await.unwrap();
    let name = Some("v1".to_owned());
    let expected = [(Platform::Meta, name.clone()), (Platform::Google, name)];
    assert_eq!(platforms, expected.into());
}

#[tokio::test]
async fn new_reports_add_replace_or_leave_days() {
    let warehouse = MemoryWarehouse::new();
    let (old, other) = (report("a", -60, EUR, 10), report("a", 0, USD, 20));
    land(&warehouse, &[old.clone(), other.clone()], &[]).await;
    let nameless = AdReport { campaign_name: String::new(), ..old.clone() };
    let mut new = [nameless, AdReport { currency: EUR, ..other.clone() }, report("b", 0, EUR, 1)];
    let country =
        |report: &AdReport| split(report, 1, Split::Country(CountryCode::parse("DE").unwrap()));
    let parts = [country(&old), country(&new[2]), country(&report("b", 1, EUR, 1))];
    let begun = warehouse.questions().begun();
    let changes = ReportChanges::of(&warehouse, scope(TENANT), &mut new, &parts).await.unwrap();
    assert_eq!(changes.days, [DayChange::Leave, DayChange::Replace, DayChange::Add]);
    assert_eq!(changes.count(DayChange::Add), 1);
    assert_eq!(new[0].campaign_name, "v1", "the name that is there");
    assert_eq!(changes.parts_without_day, 1);
    assert_eq!(warehouse.questions().begun() - begun, 2, "two months apart, and nothing between");
    let spends = |sums: &MetricSums| sums.spend_micros / 1_000_000;
    let sums = changes.sums.iter().map(|(of, (was, is))| (*of, spends(was), spends(is)));
    let sums: Vec<_> = sums.collect();
    assert_eq!(sums, [(EUR, 10, 31), (USD, 20, 0)], "the day of 20 $ becomes one of 20 €");
    let nobody = scope(TenantId(8));
    let changes = ReportChanges::of(&warehouse, nobody, &mut new, &[]).await.unwrap();
    assert_eq!(changes.count(DayChange::Add), 3);
}

#[tokio::test]
async fn match_quality_is_by_platform_and_by_dataset_event() {
    let warehouse = MemoryWarehouse::new();
    let mask = IdentifierMask::of(&[IdentifierKey::Email]).0;
    let few = rows::quality(at(0), mask, 2);
    let many = Quality { event_name: "Lead", ..rows::quality(at(0), 0, 6) };
    let google = Quality { platform: Some(Platform::Google), ..rows::quality(at(0), mask, 1) };
    let unusable = Quality { mask: IdentifierKey::Email.code() as u32, ..few.clone() };
    let rows = vec![
        rows::match_quality(&[few, many, google]),
        rows::invalid_identifiers(&[(unusable, InvalidReason::JunkHash)]),
    ];
    rows::land(&warehouse, rows::events(0, 0, 1), rows).await;
    let query = MatchQualityQuery {
        from: at(0),
        until: at(1),
        platform: None,
        dataset_id: None,
        event_name: None,
    };
    let scores = match_quality::scores(&warehouse, scope(TENANT), &query).await.unwrap();
    let events = |all: &[(Option<Platform>, match_quality::MatchScore)]| -> Vec<_> {
        all.iter().map(|(platform, score)| (*platform, score.events)).collect()
    };
    let (meta, google) = (Some(Platform::Meta), Some(Platform::Google));
    assert_eq!(events(&scores.platforms), [(meta, 8), (google, 1)]);
    let names = scores.events.iter().map(|(event, score)| (&*event.event_name, score.events));
    let names: Vec<_> = names.collect();
    assert_eq!(names, [("Lead", 6), ("Purchase", 2), ("Purchase", 1)], "most events first");
    let coverage = match_quality::coverage(&warehouse, scope(TENANT), &query).await.unwrap();
    let meta = &coverage.platforms[0];
    let email = meta.identifiers.iter().find(|one| one.key == IdentifierKey::Email).unwrap();
    assert_eq!((meta.events, email.valid, email.share), (8, 2, Some(0.25)));
    assert_eq!(email.reasons, [(InvalidReason::JunkHash, 2)]);
    let other = coverage.platforms[1].identifiers.iter().all(|one| one.reasons.is_empty());
    assert!(other, "reasons are those of the platform");
}

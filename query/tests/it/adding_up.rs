//! Figures add up whichever way they are asked, and ClickHouse answers as its twin does: over generated
//! facts, restated, in several currencies, with rates that are missing on some days.

use std::cell::RefCell;
use std::collections::BTreeMap;

use proptest::prelude::*;
use stratum_models::ad_report::{AdDevice, AdReport, AdReportSplit, CountryCode, Split};
use stratum_models::breakdown::{BreakdownBy, BreakdownQuery, Part};
use stratum_models::fx::{Conversion, FxRate, Tally};
use stratum_models::id::TenantId;
use stratum_models::log::Topic;
use stratum_models::metrics::{KpiGroup, KpiGrouping, KpiQuery, MetricSums};
use stratum_models::money::Currency;
use stratum_models::platform::{Device, Platform};
use stratum_models::scope::TenantScope;
use stratum_models::time::DayRange;
use stratum_models::warehouse::WarehouseReader;
use stratum_query::warehouse::ClickHouseWarehouse;
use stratum_testing::memory_warehouse::MemoryWarehouse;
use stratum_testing::warehouse_contract::rows::{self, Metric, day, days, purchase, range, scope};

use crate::engine::fresh;

const FIRST_DAY: i32 = -11;
const PLATFORMS: [Platform; 2] = [Platform::Meta, Platform::Google];
const GROUPINGS: [KpiGrouping; 5] = [
    KpiGrouping::Total,
    KpiGrouping::Platform,
    KpiGrouping::Day,
    KpiGrouping::PlatformDay,
    KpiGrouping::Campaign,
];
const PARTS: [BreakdownBy; 6] = [
    BreakdownBy::Campaign,
    BreakdownBy::Account,
    BreakdownBy::AdSet,
    BreakdownBy::Ad,
    BreakdownBy::Country,
    BreakdownBy::Device,
];

fn currencies() -> [Currency; 3] {
    ["EUR", "USD", "GBP"].map(|code| Currency::parse(code).unwrap())
}

/// What is known of a tenant.
#[derive(Clone, Debug)]
struct Facts {
    reports: Vec<(AdReport, Vec<Split>)>,
    purchases: Vec<Metric>,
    rates: Vec<FxRate>,
    to: usize,
    /// The last day of the first of two parts of the range.
    cut: i32,
}

/// Few keys, so that most of them are reported again, later or with a lower version.
fn report() -> impl Strategy<Value = (AdReport, Vec<Split>)> {
    let key = (0..2usize, prop::bool::ANY, prop::bool::ANY, FIRST_DAY..=0);
    let figures = (0..3usize, 0..90_000_000i64, 1..4u64);
    let splits = prop::collection::vec(split(), 0..4);
    (key, figures, splits).prop_map(|(key, (currency, spend, version), splits)| {
        let (platform, account, campaign, date) = key;
        let report = AdReport {
            platform: PLATFORMS[platform],
            account_id: if account { "a" } else { "b" }.into(),
            campaign_id: if campaign { "c" } else { "d" }.into(),
            currency: currencies()[currency],
            clicks: spend % 97,
            ..rows::report(day(date), version, spend)
        };
        (report, splits)
    })
}

fn split() -> impl Strategy<Value = Split> {
    (0..4u8, 0..2u8).prop_map(|(by, which)| {
        let name = |what: &str| format!("{what} {which}");
        match by {
            0 => Split::AdSet { id: format!("s{which}"), name: name("set") },
            1 => Split::Ad {
                ad_set_id: "s0".into(),
                ad_set_name: String::new(),
                id: format!("{which}"),
                name: name("ad"),
            },
            2 => Split::Country(CountryCode::parse(["DE", "AT"][usize::from(which)]).unwrap()),
            _ => Split::Device([AdDevice::Mobile, AdDevice::Other][usize::from(which)]),
        }
    })
}

fn sale() -> impl Strategy<Value = Metric> {
    let key = (0..2usize, 0..3usize, FIRST_DAY..=0, 0..4usize);
    let part = (0..3usize, 0..3usize);
    (key, part, 1..5u64, 0..90_000_000i64).prop_map(|(key, (country, device), events, value)| {
        let (platform, campaign, date, currency) = key;
        Metric {
            platform: Some(PLATFORMS[platform]),
            campaign: ["", "c", "x"][campaign],
            currency: ["", "EUR", "USD", "GBP"][currency],
            country: ["", "de", "FR"][country],
            device: [Device::Unknown, Device::Mobile, Device::Bot][device],
            events,
            value_micros: if currency == 0 { 0 } else { value },
            ..purchase(day(date))
        }
    })
}

fn rates() -> impl Strategy<Value = Vec<FxRate>> {
    let all = (FIRST_DAY..=0).flat_map(|at| [(at, 0), (at, 2)]).map(|(at, currency)| {
        let (day, currency) = (day(at), currencies()[currency]);
        let rate = move |per_usd_nanos| FxRate { day, currency, per_usd_nanos };
        prop::option::weighted(0.8, 300_000_000..3_000_000_000i64)
            .prop_map(move |nanos| nanos.map(rate))
    });
    let all: Vec<_> = all.collect();
    all.prop_map(|rates| rates.into_iter().flatten().collect())
}

fn facts() -> impl Strategy<Value = Facts> {
    let reports = prop::collection::vec(report(), 1..120);
    let purchases = prop::collection::vec(sale(), 1..60);
    (reports, purchases, rates(), 0..3usize, FIRST_DAY..0).prop_map(
        |(reports, purchases, rates, to, cut)| Facts { reports, purchases, rates, to, cut },
    )
}

/// The same facts in both warehouses.
struct Both {
    real: ClickHouseWarehouse,
    twin: MemoryWarehouse,
    landed: u64,
}

impl Both {
    /// For a new tenant; reports come in several deliveries, so that restated ones lie apart.
    async fn land(&mut self, facts: &Facts) -> TenantScope {
        let tenant_id = TenantId(100 + self.landed);
        for delivery in facts.reports.chunks(30) {
            let of = |report: &AdReport| AdReport { tenant_id, ..report.clone() };
            let reports: Vec<_> = delivery.iter().map(|(report, _)| of(report)).collect();
            let parts = delivery.iter().flat_map(|(report, splits)| {
                let part = |split: &Split| AdReportSplit {
                    report: AdReport { spend_micros: report.spend_micros / 3, ..of(report) },
                    split: split.clone(),
                };
                splits.iter().map(part).collect::<Vec<_>>()
            });
            let parts: Vec<_> = parts.collect();
            let at = range(Topic::AdReports, 0, self.landed, self.landed + 1);
            let rows = vec![rows::reports(at, &reports), rows::splits(at, &parts)];
            rows::land(&self.twin, at, rows.clone()).await;
            rows::land(&self.real, at, rows).await;
            self.landed += 1;
        }
        let sales = facts.purchases.iter().map(|sale| Metric { tenant: tenant_id, ..sale.clone() });
        let rows = vec![rows::metrics(&sales.collect::<Vec<_>>())];
        let at = range(Topic::Events, u32::try_from(self.landed).unwrap(), 0, 1);
        rows::land(&self.twin, at, rows.clone()).await;
        rows::land(&self.real, at, rows).await;
        scope(tenant_id)
    }
}

async fn groups(
    of: &impl WarehouseReader,
    scope: TenantScope,
    query: &KpiQuery,
    by: KpiGrouping,
) -> Vec<KpiGroup> {
    of.kpi_groups(scope, query, by).await.unwrap()
}

async fn parts(of: &impl WarehouseReader, scope: TenantScope, query: &BreakdownQuery) -> Vec<Part> {
    of.breakdown(scope, query).await.unwrap()
}

fn by_currency(groups: &[KpiGroup]) -> BTreeMap<Currency, MetricSums> {
    MetricSums::by_currency(groups)
}

/// One question about one tenant, for the twin.
struct Question<'a> {
    twin: &'a MemoryWarehouse,
    scope: TenantScope,
    query: KpiQuery,
    into: &'a Conversion,
    facts: &'a Facts,
}

impl Question<'_> {
    async fn groups(&self, days: DayRange, by: KpiGrouping) -> Vec<KpiGroup> {
        groups(self.twin, self.scope, &KpiQuery { days, ..self.query.clone() }, by).await
    }

    async fn parts(&self, days: DayRange, by: BreakdownBy) -> Vec<Part> {
        let of = KpiQuery { days, ..self.query.clone() };
        parts(self.twin, self.scope, &BreakdownQuery { of, by, into: self.into.clone() }).await
    }

    /// However they are grouped, the whole is the same, before and after it is converted.
    async fn check_groupings(&self) -> Tally {
        let days = self.groups(self.query.days, KpiGrouping::Day).await;
        let whole = Tally::of(&days, self.into);
        for by in GROUPINGS {
            let groups = self.groups(self.query.days, by).await;
            assert_eq!(by_currency(&groups), by_currency(&days), "{by:?} {:?}", self.query);
            if by.by_day() {
                let mut sum = Tally::default();
                groups.iter().for_each(|one| sum += &Tally::of([one], self.into));
                assert_eq!(sum, whole, "{by:?} {:?}", self.query);
            }
        }
        whole
    }

    /// Parts and what is in none of them are the whole.
    async fn check_parts(&self, whole: &Tally) {
        for by in PARTS {
            let mut rest = whole.clone();
            for part in self.parts(self.query.days, by).await {
                let mut one = Tally::default();
                one.add_part(part.currency, part.sums, part.converted);
                rest -= &one;
            }
            let rest = rest.sums();
            if matches!(by, BreakdownBy::Campaign | BreakdownBy::Account) {
                let reported = (rest.spend_micros, rest.revenue_micros, rest.clicks);
                assert_eq!(reported, (0, 0, 0), "{by:?} {:?}", self.query);
            }
            let unknown = self.sales_of_no(by);
            assert_eq!(rest.tracked_conversions, unknown, "{by:?} {:?}", self.query);
        }
    }

    fn sales_of_no(&self, by: BreakdownBy) -> i128 {
        let of = |sale: &&Metric| {
            let (platforms, campaign) = (&self.query.platforms, self.query.campaign_id.as_deref());
            self.query.is_tracked()
                && (platforms.is_empty() || sale.platform.is_some_and(|of| platforms.contains(&of)))
                && campaign.is_none_or(|wanted| sale.campaign == wanted)
                && match by {
                    BreakdownBy::Campaign => sale.campaign.is_empty(),
                    BreakdownBy::Country => sale.country.is_empty(),
                    BreakdownBy::Device => sale.device == Device::Unknown,
                    BreakdownBy::Account | BreakdownBy::AdSet | BreakdownBy::Ad => true,
                }
        };
        self.facts.purchases.iter().filter(of).map(|sale| i128::from(sale.events)).sum()
    }

    /// Two ranges that follow each other are the range from the first day to the last.
    async fn check_cut(&self, whole: &Tally) {
        let (first, second) = (days(FIRST_DAY, self.facts.cut), days(self.facts.cut + 1, 0));
        let mut sum = Tally::of(&self.groups(first, KpiGrouping::Day).await, self.into);
        sum += &Tally::of(&self.groups(second, KpiGrouping::Day).await, self.into);
        assert_eq!(&sum, whole, "cut after {}", self.facts.cut);
        // An ad set may be known by its ads in one part and by itself in the other: days decide.
        for by in PARTS {
            let mut sums = BTreeMap::new();
            for range in [first, second] {
                for part in self.parts(range, by).await {
                    let sum =
                        sums.entry((part.currency, part.key)).or_insert_with(Default::default);
                    let (counts, amounts): &mut (MetricSums, stratum_models::fx::PartAmounts) = sum;
                    *counts += part.sums;
                    *amounts += part.converted;
                }
            }
            let whole = self.parts(self.query.days, by).await.into_iter();
            let whole = whole.map(|part| ((part.currency, part.key), (part.sums, part.converted)));
            assert_eq!(sums, whole.collect(), "{by:?} cut after {}", self.facts.cut);
        }
    }
}

async fn assert_same(both: &Both, scope: TenantScope, query: &KpiQuery, into: &Conversion) {
    for by in GROUPINGS {
        let real = groups(&both.real, scope, query, by).await;
        assert_eq!(real, groups(&both.twin, scope, query, by).await, "{by:?} {query:?}");
    }
    for by in PARTS {
        let query = BreakdownQuery { of: query.clone(), by, into: into.clone() };
        let real = parts(&both.real, scope, &query).await;
        assert_eq!(real, parts(&both.twin, scope, &query).await, "{by:?} {query:?}");
    }
}

async fn check(both: &mut Both, facts: &Facts) {
    let scope = both.land(facts).await;
    let into = Conversion::new(currencies()[facts.to], facts.rates.iter().copied());
    let all = KpiQuery::of(days(FIRST_DAY, 0));
    let filtered = [
        all.clone(),
        KpiQuery { platforms: vec![Platform::Google], ..all.clone() },
        KpiQuery { account_ids: vec!["a".into()], ..all.clone() },
        KpiQuery { campaign_id: Some("c".into()), ..all.clone() },
    ];
    // The engine takes its time: the whole, and one of the others by turns.
    let turn = 1 + facts.reports.len() % 3;
    assert_same(both, scope, &all, &into).await;
    assert_same(both, scope, &filtered[turn], &into).await;
    for query in filtered {
        let asked = Question { twin: &both.twin, scope, query, into: &into, facts };
        let whole = asked.check_groupings().await;
        asked.check_parts(&whole).await;
        asked.check_cut(&whole).await;
    }
}

#[test]
fn figures_add_up_and_are_those_of_the_twin() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let real = runtime.block_on(fresh());
    let both = RefCell::new(Both { real, twin: MemoryWarehouse::new(), landed: 0 });
    let config = ProptestConfig { cases: 16, max_shrink_iters: 100, ..ProptestConfig::default() };
    proptest!(config, |(facts in facts())| {
        runtime.block_on(check(&mut both.borrow_mut(), &facts));
    });
}

//! Figures over time: days, weeks or months of a range.

use std::collections::BTreeMap;

use chrono::{Datelike as _, Days, NaiveDate};
use stratum_models::fx::Conversion;
use stratum_models::metrics::{KpiGroup, KpiGrouping, KpiQuery};
use stratum_models::money::Currency;
use stratum_models::name_set;
use stratum_models::platform::Platform;
use stratum_models::store::StoreError;
use stratum_models::time::{Day, DayRange};

use super::TenantFigures;
use super::exchange::Exchange;
use super::sums::ConvertedFigures;

name_set! {
    /// The length of a period.
    #[derive(Default)]
    Granularity {
        /// A day.
        #[default]
        Daily = "daily",
        /// A week from Monday to Sunday.
        Weekly = "weekly",
        /// A month of the calendar.
        Monthly = "monthly",
    }
}

impl Granularity {
    /// The first and last day of the period that `day` lies in, cut to the range.
    fn period(self, day: NaiveDate, range: DayRange) -> (NaiveDate, NaiveDate) {
        let (first, last) = match self {
            Granularity::Daily => (Some(day), Some(day)),
            Granularity::Weekly => {
                let week = day.week(chrono::Weekday::Mon);
                (week.checked_first_day(), week.checked_last_day())
            }
            Granularity::Monthly => {
                let first = day.with_day(1);
                let next = first.and_then(|first| first.checked_add_months(chrono::Months::new(1)));
                (first, next.and_then(|next| next.checked_sub_days(Days::new(1))))
            }
        };
        let first = first.unwrap_or(day).max(range.from.0);
        (first, last.unwrap_or(day).min(range.to.0))
    }
}

/// The figures of one day, week or month.
#[derive(Clone, Debug, PartialEq)]
pub struct Period {
    /// The days, cut to the range.
    pub days: DayRange,
    /// The figures.
    pub figures: ConvertedFigures,
}

/// The figures of a range and of its periods; their sum is the total.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// The figures of the whole range.
    pub total: ConvertedFigures,
    /// Every period of the range, oldest first, those without data as well.
    pub periods: Vec<Period>,
}

impl TenantFigures<'_> {
    /// The KPIs of each period of a range, in the currency of [`TenantFigures::kpis`].
    pub async fn series(
        &self,
        query: &KpiQuery,
        granularity: Granularity,
        wanted: Option<Currency>,
    ) -> Result<Series, StoreError> {
        let groups = self.warehouse.kpi_groups(self.scope, query, KpiGrouping::Day).await?;
        let exchange = Exchange::of(self, wanted, &groups);
        let into = exchange.conversion(query.days, &groups).await?;
        Ok(Series::of(&groups, query, granularity, &into))
    }

    /// The same, and that of each platform with data in the range, by name, where platforms are to stand apart. Events
    /// that are for no platform come first.
    pub async fn series_by(
        &self,
        query: &KpiQuery,
        granularity: Granularity,
        wanted: Option<Currency>,
        by_platform: bool,
    ) -> Result<(Series, Vec<(Option<Platform>, Series)>), StoreError> {
        if !by_platform {
            return Ok((self.series(query, granularity, wanted).await?, Vec::new()));
        }
        let groups = self.warehouse.kpi_groups(self.scope, query, KpiGrouping::PlatformDay).await?;
        let exchange = Exchange::of(self, wanted, &groups);
        let into = exchange.conversion(query.days, &groups).await?;
        let whole = Series::of(&groups, query, granularity, &into);
        let mut platforms =
            BTreeMap::<Option<&'static str>, (Option<Platform>, Vec<KpiGroup>)>::new();
        for group in groups {
            let named = platforms.entry(group.platform.map(Platform::as_str));
            named.or_insert((group.platform, Vec::new())).1.push(group);
        }
        let series = |groups: Vec<KpiGroup>| Series::of(&groups, query, granularity, &into);
        let platforms = platforms.into_values();
        let platforms = platforms.map(|(platform, groups)| (platform, series(groups))).collect();
        Ok((whole, platforms))
    }

    /// The series of a range without any data.
    pub fn empty_series(
        &self,
        query: &KpiQuery,
        granularity: Granularity,
        wanted: Option<Currency>,
    ) -> Series {
        let to = wanted.unwrap_or(self.reporting_currency);
        Series::of(&[], query, granularity, &Conversion::new(to, []))
    }
}

impl Series {
    /// The series of these groups by day.
    fn of(
        groups: &[KpiGroup],
        query: &KpiQuery,
        granularity: Granularity,
        into: &Conversion,
    ) -> Series {
        let tracked = query.is_tracked();
        let total = ConvertedFigures::of(groups, into).tracked_if(tracked);
        let mut periods = periods(groups, granularity, query.days, into);
        if !tracked {
            for period in &mut periods {
                period.figures = period.figures.clone().tracked_if(false);
            }
        }
        Series { total, periods }
    }
}

/// Every period of the range, oldest first, those without data as well. The groups are by day.
fn periods(
    groups: &[KpiGroup],
    granularity: Granularity,
    range: DayRange,
    into: &Conversion,
) -> Vec<Period> {
    let mut periods = BTreeMap::<(NaiveDate, NaiveDate), Vec<&KpiGroup>>::new();
    let mut next = Some(range.from.0);
    while let Some(day) = next.filter(|day| *day <= range.to.0) {
        let period = granularity.period(day, range);
        periods.insert(period, Vec::new());
        next = period.1.succ_opt();
    }
    for group in groups {
        if let Some(day) = group.day {
            periods.entry(granularity.period(day.0, range)).or_default().push(group);
        }
    }
    let periods = periods.into_iter().map(|((from, to), groups)| Period {
        days: DayRange { from: Day(from), to: Day(to) },
        figures: ConvertedFigures::of(groups.iter().copied(), into),
    });
    periods.collect()
}

#[cfg(test)]
mod tests {
    use stratum_models::fx::FxRate;
    use stratum_models::metrics::MetricSums;

    use super::*;

    #[test]
    fn periods_are_cut_to_the_range() {
        let date = |text: &str| text.parse::<NaiveDate>().unwrap();
        let range = DayRange::new(Day(date("2026-03-04")), Day(date("2026-04-02"))).unwrap();
        let of = |granularity: Granularity, day| {
            let (from, to) = granularity.period(date(day), range);
            format!("{from} {to}")
        };
        assert_eq!(of(Granularity::Daily, "2026-03-10"), "2026-03-10 2026-03-10");
        assert_eq!(of(Granularity::Weekly, "2026-03-05"), "2026-03-04 2026-03-08");
        assert_eq!(of(Granularity::Weekly, "2026-03-09"), "2026-03-09 2026-03-15");
        assert_eq!(of(Granularity::Monthly, "2026-03-31"), "2026-03-04 2026-03-31");
        assert_eq!(of(Granularity::Monthly, "2026-04-01"), "2026-04-01 2026-04-02");
    }

    proptest::proptest! {
        #[test]
        fn periods_are_the_range_without_gaps_and_add_up(
            first in 19_000..21_000i32,
            spends in proptest::collection::vec(0..90_000_000i128, 1..150),
        ) {
            let at = |after: usize| Day::from_epoch_days(first + after as i32).unwrap();
            let group = |(after, spend_micros)| {
                let sums = MetricSums { spend_micros, clicks: 1, ..MetricSums::default() };
                let (platform, campaign_id, campaign_name) = (None, None, None);
                let (currency, day) = (Some(Currency::USD), Some(at(after)));
                KpiGroup { currency, platform, day, campaign_id, campaign_name, sums }
            };
            let groups: Vec<_> = spends.iter().copied().enumerate().map(group).collect();
            let range = DayRange::new(at(0), at(spends.len() - 1)).unwrap();
            let rate = |at| FxRate { day: at, currency: Currency::EUR, per_usd_nanos: 912_345_678 };
            let into = Conversion::new(Currency::EUR, (0..spends.len()).map(at).map(rate));
            let whole = ConvertedFigures::of(&groups, &into).figures;
            for granularity in [Granularity::Daily, Granularity::Weekly, Granularity::Monthly] {
                let periods = periods(&groups, granularity, range, &into);
                let mut next = range.from.0;
                for period in &periods {
                    assert_eq!(period.days.from.0, next);
                    next = period.days.to.0.succ_opt().unwrap();
                }
                assert_eq!(next, range.to.0.succ_opt().unwrap());
                let clicks: i64 = periods.iter().map(|one| one.figures.figures.clicks).sum();
                assert_eq!(whole.clicks, clicks);
                let spend: Option<f64> = periods.iter().map(|one| one.figures.figures.spend).sum();
                // Each is rounded to a millionth when it is shown.
                let off = (spend.unwrap() - whole.spend.unwrap()).abs();
                assert!(off <= 1e-6 * periods.len() as f64, "{off}");
            }
        }
    }

    #[test]
    fn periods_without_data_are_there() {
        let date = |text: &str| text.parse::<NaiveDate>().unwrap();
        let range = DayRange::new(Day(date("2026-02-27")), Day(date("2026-03-02"))).unwrap();
        let euros = Conversion::new(Currency::EUR, []);
        let of = |granularity| periods(&[], granularity, range, &euros);
        let daily = of(Granularity::Daily);
        assert_eq!((daily.len(), of(Granularity::Weekly).len()), (4, 2));
        assert_eq!(of(Granularity::Monthly)[1].days.from.0, date("2026-03-01"));
        assert_eq!(
            (daily[3].days.from.0, daily[3].days.to.0),
            (date("2026-03-02"), date("2026-03-02"))
        );
        let (all, figures) = (&daily[0].figures, &daily[0].figures.figures);
        assert_eq!((all.currency, figures.spend), (Some(Currency::EUR), Some(0.0)));
        assert_eq!((figures.roas, figures.ctr), (None, None));
    }
}

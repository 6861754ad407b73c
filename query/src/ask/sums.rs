//! Sums in one currency and by currency, and the figures made of them.

use std::collections::BTreeMap;

use stratum_models::breakdown::Part;
use stratum_models::fx::{CarriedRates, Conversion, MissingRates, Tally};
use stratum_models::metrics::{KpiGroup, MetricSums, change_percent};
use stratum_models::money::Currency;

use super::figures::{Figures, Kpi};

/// Sums in one currency and, unconverted, by currency. Additive like the sums they are made of.
#[derive(Clone, Debug, PartialEq)]
pub struct CurrencySums {
    to: Currency,
    tally: Tally,
    by_currency: BTreeMap<Currency, MetricSums>,
}

impl CurrencySums {
    /// No sums yet, in this currency.
    pub fn new(to: Currency) -> CurrencySums {
        CurrencySums { to, tally: Tally::default(), by_currency: BTreeMap::new() }
    }

    /// The sums of these groups.
    pub fn of<'a, G>(groups: G, into: &Conversion) -> CurrencySums
    where
        G: IntoIterator<Item = &'a KpiGroup> + Clone,
    {
        let tally = Tally::of(groups.clone(), into);
        CurrencySums { to: into.to, tally, by_currency: MetricSums::by_currency(groups) }
    }

    /// Adds a part that the warehouse converted into the same currency.
    pub fn add(&mut self, part: &Part) {
        self.tally.add_part(part.currency, part.sums, part.converted);
        if let Some(currency) = part.currency {
            *self.by_currency.entry(currency).or_default() += part.sums;
        }
    }

    /// The remainder of this whole without these parts of it. A currency that is used up is left out.
    #[must_use]
    pub fn without<'a>(&self, parts: impl IntoIterator<Item = &'a CurrencySums>) -> CurrencySums {
        let mut rest = self.clone();
        for part in parts {
            rest.tally -= &part.tally;
            for (currency, sums) in &part.by_currency {
                *rest.by_currency.entry(*currency).or_default() -= *sums;
            }
        }
        rest.by_currency.retain(|_, sums| *sums != MetricSums::default());
        rest
    }

    /// The figures in the one currency alone.
    pub fn figures(&self) -> Figures {
        Figures::of_tally(&self.tally)
    }

    /// The figures with the reason where some are not known, and by currency.
    pub fn converted(&self) -> ConvertedFigures {
        let reported = self.tally.knows_reported();
        let tracked = reported && self.tally.knows_tracked();
        let holds = self.by_currency.values().any(MetricSums::has_reported_amounts);
        let missing_rates = self.tally.missing();
        let unknown = match (reported, tracked) {
            (true, true) => None,
            (false, _) => Some(Amounts::Reported),
            (true, false) => Some(Amounts::Tracked),
        };
        let each =
            |(currency, sums): (&Currency, &MetricSums)| (*currency, Figures::of(sums, true, true));
        ConvertedFigures {
            // A currency that cannot be given is not claimed.
            currency: Some(self.to).filter(|_| reported && (tracked || holds)),
            unknown: unknown.map(|amounts| self.unknown(amounts, &missing_rates)),
            missing_rates,
            carried_rates: self.tally.carried(),
            figures: self.figures(),
            by_currency: self.by_currency.iter().map(each).collect(),
        }
    }

    fn unknown(&self, amounts: Amounts, missing: &[MissingRates]) -> UnknownAmounts {
        let held = self.by_currency.iter().filter(|(_, sums)| amounts.are_in(sums));
        let held: Vec<Currency> = held.map(|(currency, _)| *currency).collect();
        let is_missing = |currency| missing.iter().any(|one| one.currency == currency);
        let lacks =
            |one: &&Currency| **one != self.to && (is_missing(**one) || is_missing(self.to));
        let without_rate = held.iter().filter(lacks).copied().collect();
        UnknownAmounts { amounts, held, without_rate, to: self.to }
    }
}

impl std::ops::AddAssign<&CurrencySums> for CurrencySums {
    fn add_assign(&mut self, other: &CurrencySums) {
        self.tally += &other.tally;
        for (currency, sums) in &other.by_currency {
            *self.by_currency.entry(*currency).or_default() += *sums;
        }
    }
}

/// The amounts of one origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amounts {
    /// The amounts that platforms report.
    Reported,
    /// The amounts that events show.
    Tracked,
}

impl Amounts {
    fn are_in(self, sums: &MetricSums) -> bool {
        match self {
            Amounts::Reported => sums.has_reported_amounts(),
            Amounts::Tracked => sums.has_tracked_amounts(),
        }
    }
}

/// Amounts that are not known in the currency of the answer, because exchange rates are missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownAmounts {
    /// The amounts; where reported ones are not known, tracked ones are not shown either.
    pub amounts: Amounts,
    /// The currencies they are in.
    pub held: Vec<Currency>,
    /// Those of them that cannot be converted.
    pub without_rate: Vec<Currency>,
    /// The currency of the answer.
    pub to: Currency,
}

/// Figures in one currency, and the same by currency.
#[derive(Clone, Debug, PartialEq)]
pub struct ConvertedFigures {
    /// The currency of the amounts; `None` where they cannot be given in one.
    pub currency: Option<Currency>,
    /// The amounts that are not known, where some are not.
    pub unknown: Option<UnknownAmounts>,
    /// The exchange rates that are missing for them.
    pub missing_rates: Vec<MissingRates>,
    /// The exchange rates of earlier days that amounts were converted by.
    pub carried_rates: Vec<CarriedRates>,
    /// The figures.
    pub figures: Figures,
    /// The same in each currency that is there.
    pub by_currency: Vec<(Currency, Figures)>,
}

impl ConvertedFigures {
    /// The figures of these groups together in one currency.
    pub fn of<'a, G>(groups: G, into: &Conversion) -> ConvertedFigures
    where
        G: IntoIterator<Item = &'a KpiGroup> + Clone,
    {
        CurrencySums::of(groups, into).converted()
    }

    /// Without the figures of events, unless events can tell.
    #[must_use]
    pub fn tracked_if(mut self, events_tell: bool) -> ConvertedFigures {
        if events_tell {
            return self;
        }
        self.figures = self.figures.untracked();
        for (_, figures) in &mut self.by_currency {
            *figures = figures.clone().untracked();
        }
        self
    }

    /// The change of a KPI since `previous`, in percent; `None` from zero, where either is not known, and
    /// between amounts of two currencies.
    pub fn change_since(&self, previous: &ConvertedFigures, kpi: Kpi) -> Option<f64> {
        let comparable = !kpi.is_amount() || self.currency == previous.currency;
        change_percent(self.figures.value(kpi), previous.figures.value(kpi)).filter(|_| comparable)
    }
}

#[cfg(test)]
mod tests {
    use stratum_models::fx::FxRate;
    use stratum_models::time::{Day, DayRange};

    use super::*;

    fn group(currency: Option<Currency>, spend: i128, tracked: i128) -> KpiGroup {
        let sums = MetricSums {
            spend_micros: spend * 1_000_000,
            impressions: 1_000,
            clicks: 10,
            tracked_conversions: 1,
            tracked_revenue_micros: tracked * 1_000_000,
            ..MetricSums::default()
        };
        let (platform, day, campaign_id, campaign_name) = (None, None, None, None);
        KpiGroup { currency, platform, day, campaign_id, campaign_name, sums }
    }

    fn within(to: Currency) -> Conversion {
        Conversion::new(to, [])
    }

    #[test]
    fn one_currency_gives_amounts() {
        let groups = [group(Some(Currency::USD), 5, 10), group(None, 0, 0)];
        let all = ConvertedFigures::of(&groups, &within(Currency::USD));
        assert_eq!((all.currency, all.unknown), (Some(Currency::USD), None));
        assert_eq!(all.figures.spend, Some(5.0));
        assert_eq!((all.figures.clicks, all.figures.cpc), (20, Some(0.25)));
        assert_eq!(all.figures.cpa, None);
        assert_eq!(all.by_currency.len(), 1);
    }

    #[test]
    fn amounts_without_a_rate_are_not_added() {
        let groups = [group(Some(Currency::USD), 5, 0), group(Some(Currency::EUR), 7, 0)];
        let all = ConvertedFigures::of(&groups, &within(Currency::EUR));
        assert_eq!((all.currency, all.figures.spend), (None, None));
        assert_eq!((all.figures.cpc, all.figures.roas), (None, None));
        assert_eq!((all.figures.clicks, all.figures.ctr), (20, Some(1.0)));
        let unknown = UnknownAmounts {
            amounts: Amounts::Reported,
            held: vec![Currency::EUR, Currency::USD],
            without_rate: vec![Currency::USD],
            to: Currency::EUR,
        };
        assert_eq!(all.unknown, Some(unknown));
        let spends = all.by_currency.iter().map(|(currency, one)| (*currency, one.spend));
        let spends: Vec<_> = spends.collect();
        assert_eq!(spends, [(Currency::EUR, Some(7.0)), (Currency::USD, Some(5.0))]);
    }

    #[test]
    fn amounts_of_two_currencies_are_added_by_the_rates_of_their_days() {
        let day = |text: &str| Some(Day(text.parse().unwrap()));
        let on = |day, group: KpiGroup| KpiGroup { day, ..group };
        let (one, other) = (day("2026-03-01"), day("2026-03-02"));
        let groups = [
            on(one, group(Some(Currency::USD), 5, 0)),
            on(other, group(Some(Currency::USD), 5, 0)),
            on(one, group(Some(Currency::EUR), 8, 0)),
        ];
        let rate = |day: Option<Day>, per_usd_nanos| FxRate {
            day: day.unwrap(),
            currency: Currency::EUR,
            per_usd_nanos,
        };
        let (half, all) = (rate(one, 500_000_000), rate(other, 1_000_000_000));
        let known = ConvertedFigures::of(&groups, &Conversion::new(Currency::EUR, [half, all]));
        assert_eq!((known.currency, known.figures.spend), (Some(Currency::EUR), Some(15.5)));
        assert_eq!((known.missing_rates.len(), known.by_currency.len()), (0, 2));
        let lacking = ConvertedFigures::of(&groups, &Conversion::new(Currency::EUR, [half]));
        assert_eq!((lacking.figures.spend, lacking.figures.clicks), (None, 30));
        let days = other.and_then(|day| DayRange::new(day, day));
        let missing = MissingRates { currency: Currency::EUR, days, count: 1 };
        assert_eq!(lacking.missing_rates, [missing]);
    }

    #[test]
    fn tracked_sales_in_another_currency_do_not_hide_what_is_reported() {
        let groups = [group(Some(Currency::EUR), 5, 10), group(Some(Currency::USD), 0, 3)];
        let all = ConvertedFigures::of(&groups, &within(Currency::EUR));
        assert_eq!((all.currency, all.figures.spend), (Some(Currency::EUR), Some(5.0)));
        assert_eq!((all.figures.tracked_revenue, all.figures.tracked_roas), (None, None));
        assert_eq!(all.figures.tracked_conversions, Some(2));
        let unknown = all.unknown.unwrap();
        assert_eq!(unknown.amounts, Amounts::Tracked);
        assert_eq!(unknown.held, [Currency::EUR, Currency::USD]);
    }

    #[test]
    fn a_currency_without_any_amount_is_in_nobodys_way() {
        let groups = [group(Some(Currency::USD), 5, 0), group(Some(Currency::EUR), 0, 0)];
        let of = |groups: &[KpiGroup]| ConvertedFigures::of(groups, &within(Currency::USD));
        assert_eq!(of(&groups).currency, Some(Currency::USD));
        assert_eq!(of(&groups[1..]).currency, Some(Currency::USD));
        assert_eq!(of(&[]).figures.spend, Some(0.0));
    }

    #[test]
    fn a_remainder_is_the_whole_without_its_parts() {
        let into = within(Currency::USD);
        let (usd, eur) = (Some(Currency::USD), Some(Currency::EUR));
        let whole = CurrencySums::of(&[group(usd, 9, 4), group(eur, 0, 0)], &into);
        let of = |spend, tracked| CurrencySums::of(&[group(usd, spend, tracked)], &into);
        let rest = whole.without([&of(5, 4), &CurrencySums::of(&[group(eur, 0, 0)], &into)]);
        assert_eq!(rest.figures().spend, Some(4.0));
        assert_eq!(rest.figures().tracked_revenue, Some(0.0));
        let currencies: Vec<_> = rest.converted().by_currency.into_iter().map(|(c, _)| c).collect();
        assert_eq!(currencies, [Currency::USD], "nothing is left of the other one");
        // Parts may report more than their whole.
        assert_eq!(whole.without([&of(12, 0)]).figures().spend, Some(-3.0));
        assert_eq!(whole.without([]), whole);
    }

    #[test]
    fn amounts_compare_within_one_currency_only() {
        let of = |currency, spend| {
            ConvertedFigures::of(&[group(Some(currency), spend, 0)], &within(currency))
        };
        let (now, before) = (of(Currency::USD, 6), of(Currency::USD, 4));
        assert_eq!(now.change_since(&before, Kpi::Spend), Some(50.0));
        let euros = of(Currency::EUR, 4);
        assert_eq!(now.change_since(&euros, Kpi::Spend), None);
        assert_eq!(now.change_since(&euros, Kpi::Clicks), Some(0.0));
        assert_eq!(now.change_since(&of(Currency::USD, 0), Kpi::Spend), None, "from nothing");
        let untold = now.clone().tracked_if(false);
        assert_eq!(untold.change_since(&before, Kpi::TrackedConversions), None);
        assert_eq!(untold.by_currency[0].1.tracked_conversions, None);
    }
}

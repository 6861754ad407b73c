//! Rates, and the factors they make.

use std::collections::{BTreeMap, BTreeSet};

use super::FACTOR_ONE;
use crate::money::Currency;
use crate::time::{Day, DayRange};

/// The worth of one US dollar in itself, in billionths.
const USD_NANOS: i64 = 1_000_000_000;
/// Days without a rate have one that is no older than this. Banks publish none on weekends and holidays.
pub const CARRIED_DAYS_MAX: i64 = 7;

/// The worth of one US dollar on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FxRate {
    /// The day.
    pub day: Day,
    /// The currency; never US dollars, which are worth themselves.
    pub currency: Currency,
    /// Billionths of a unit of the currency for one US dollar; above 0.
    pub per_usd_nanos: i64,
}

/// The factor that converts amounts of a currency and a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Factor {
    /// The currency of the amount.
    pub from: Currency,
    /// The day of the amounts.
    pub day: Day,
    /// In units of which [`FACTOR_ONE`] is 1.
    pub factor: i128,
}

/// Into which currency amounts go, and by which rates.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Conversion {
    /// The currency of what comes out.
    pub to: Currency,
    per_usd: BTreeMap<(Day, Currency), i64>,
    /// Of which earlier day a rate is, where it is of one.
    carried: BTreeMap<(Day, Currency), Day>,
}

impl Conversion {
    /// By these rates.
    pub fn new(to: Currency, rates: impl IntoIterator<Item = FxRate>) -> Conversion {
        let rates = rates.into_iter().map(|rate| ((rate.day, rate.currency), rate.per_usd_nanos));
        Conversion { to, per_usd: rates.collect(), carried: BTreeMap::new() }
    }

    /// By these rates on these days: a day without one has the last one published, unless that is more than
    /// [`CARRIED_DAYS_MAX`] days older.
    pub fn carrying(
        to: Currency,
        rates: impl IntoIterator<Item = FxRate>,
        days: DayRange,
    ) -> Conversion {
        let mut published: BTreeMap<Currency, BTreeMap<Day, i64>> = BTreeMap::new();
        for rate in rates {
            published.entry(rate.currency).or_default().insert(rate.day, rate.per_usd_nanos);
        }
        let mut conversion = Conversion::new(to, []);
        for (currency, rates) in published {
            for day in days.from.0.iter_days().take_while(|day| *day <= days.to.0).map(Day) {
                let Some((of, nanos)) = rates.range(..=day).next_back() else { continue };
                if (day.0 - of.0).num_days() > CARRIED_DAYS_MAX {
                    continue;
                }
                conversion.per_usd.insert((day, currency), *nanos);
                if *of != day {
                    conversion.carried.insert((day, currency), *of);
                }
            }
        }
        conversion
    }

    /// The rates of earlier days by which an amount of this currency and day is converted: whose they are,
    /// and of which day.
    pub(super) fn carried(
        &self,
        from: Currency,
        day: Day,
    ) -> impl Iterator<Item = (Currency, Day)> {
        let needed = [from, self.to].into_iter().filter(move |_| from != self.to);
        needed.filter_map(move |one| self.carried.get(&(day, one)).map(|of| (one, *of)))
    }

    /// The number of rates it has.
    pub fn rates(&self) -> usize {
        self.per_usd.len()
    }

    fn per_usd(&self, currency: Currency, day: Day) -> Option<i128> {
        if currency == Currency::USD {
            return Some(USD_NANOS.into());
        }
        let nanos = self.per_usd.get(&(day, currency)).filter(|nanos| **nanos > 0);
        nanos.map(|nanos| (*nanos).into())
    }

    /// The factor of an amount of that day, [`FACTOR_ONE`] standing for 1; `None` where a
    /// rate is missing.
    pub fn factor(&self, from: Currency, day: Day) -> Option<i128> {
        if from == self.to {
            return Some(FACTOR_ONE);
        }
        let (from, to) = (self.per_usd(from, day)?, self.per_usd(self.to, day)?);
        // Both are below 2⁶³, so the product is far below 2¹²⁷.
        Some((to * FACTOR_ONE + from / 2) / from)
    }

    /// Every factor there is on these days, by day, but those of the currency converted to.
    pub fn factors(&self, days: DayRange) -> Vec<Factor> {
        let rates = self.per_usd.keys().filter(|(day, _)| days.from <= *day && *day <= days.to);
        let each = rates.flat_map(|(day, currency)| [(*day, *currency), (*day, Currency::USD)]);
        let each: BTreeSet<(Day, Currency)> = each.filter(|(_, from)| *from != self.to).collect();
        let factor =
            |(day, from)| self.factor(from, day).map(|factor| Factor { from, day, factor });
        each.into_iter().filter_map(factor).collect()
    }

    /// The currencies whose rate of that day is missing to convert from this one.
    pub fn missing(&self, from: Currency, day: Day) -> impl Iterator<Item = Currency> {
        let needed = [from, self.to].into_iter().filter(move |_| from != self.to);
        needed.filter(move |currency| self.per_usd(*currency, day).is_none())
    }
}

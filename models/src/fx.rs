//! Amounts of several currencies in one, each day's by the rates of that day.
//!
//! A factor is an integer and what is converted is a whole number of 10⁻¹⁸ micros, so converting is
//! linear: however amounts are grouped, what their sum converts to is the sum of what they convert
//! to. It is rounded only when it is shown.

mod conversion;
mod rates;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{AddAssign, SubAssign};

use arrow::datatypes::i256;

use crate::metrics::{KpiGroup, MetricSums};
use crate::money::Currency;
use crate::time::{Day, DayRange};

pub use conversion::{CARRIED_DAYS_MAX, Conversion, Factor, FxRate};
pub use rates::FxRates;

/// The factor of a currency into itself.
pub const FACTOR_ONE: i128 = 1_000_000_000_000_000_000;
/// Ranges of days without a rate that are told of one currency; the last one takes in the rest.
const MISSING_RANGES_MAX: usize = 10;

/// An amount in the currency converted to, in 10⁻¹⁸ micros.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConvertedAmount(i256);

impl ConvertedAmount {
    /// An amount by a factor. 256 bits hold any product of two of 128.
    pub fn of(micros: i128, factor: i128) -> ConvertedAmount {
        ConvertedAmount(i256::from_i128(micros).wrapping_mul(i256::from_i128(factor)))
    }

    /// From its little-endian bytes.
    pub const fn from_le_bytes(bytes: [u8; 32]) -> ConvertedAmount {
        ConvertedAmount(i256::from_le_bytes(bytes))
    }

    /// Rounded to micros, half away from zero; the nearest there is beyond 128 bits.
    pub fn micros(self) -> i128 {
        let half = i256::from_i128(if self.0.is_negative() { -FACTOR_ONE } else { FACTOR_ONE } / 2);
        let rounded = self.0.wrapping_add(half).wrapping_div(i256::from_i128(FACTOR_ONE));
        let nearest = if rounded.is_negative() { i128::MIN } else { i128::MAX };
        rounded.to_i128().unwrap_or(nearest)
    }
}

impl AddAssign for ConvertedAmount {
    fn add_assign(&mut self, other: ConvertedAmount) {
        self.0 = self.0.wrapping_add(other.0);
    }
}

impl SubAssign for ConvertedAmount {
    fn sub_assign(&mut self, other: ConvertedAmount) {
        self.0 = self.0.wrapping_sub(other.0);
    }
}

/// The amounts of [`MetricSums`] in one currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConvertedAmounts {
    /// Amount spent.
    pub spend: ConvertedAmount,
    /// Value of the reported conversions.
    pub revenue: ConvertedAmount,
    /// Value of the tracked ones.
    pub tracked_revenue: ConvertedAmount,
}

impl ConvertedAmounts {
    /// The amounts of these sums by a factor.
    pub fn of(sums: &MetricSums, factor: i128) -> ConvertedAmounts {
        ConvertedAmounts {
            spend: ConvertedAmount::of(sums.spend_micros, factor),
            revenue: ConvertedAmount::of(sums.revenue_micros, factor),
            tracked_revenue: ConvertedAmount::of(sums.tracked_revenue_micros, factor),
        }
    }
}

impl AddAssign for ConvertedAmounts {
    fn add_assign(&mut self, other: ConvertedAmounts) {
        self.spend += other.spend;
        self.revenue += other.revenue;
        self.tracked_revenue += other.tracked_revenue;
    }
}

impl SubAssign for ConvertedAmounts {
    fn sub_assign(&mut self, other: ConvertedAmounts) {
        self.spend -= other.spend;
        self.revenue -= other.revenue;
        self.tracked_revenue -= other.tracked_revenue;
    }
}

/// Amounts that were converted where they lay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PartAmounts {
    /// Those that have a rate.
    pub amounts: ConvertedAmounts,
    /// Whether a reported amount has none.
    pub lacks_reported: bool,
    /// Whether a tracked one has none.
    pub lacks_tracked: bool,
}

impl AddAssign for PartAmounts {
    fn add_assign(&mut self, other: PartAmounts) {
        self.amounts += other.amounts;
        self.lacks_reported |= other.lacks_reported;
        self.lacks_tracked |= other.lacks_tracked;
    }
}

/// Days without a rate, by currency. A currency without days is missing on days that are not known.
type MissingDays = BTreeMap<Currency, BTreeSet<Day>>;

/// The sum of groups in one currency. Additive like the sums it is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    counts: MetricSums,
    amounts: ConvertedAmounts,
    missing_reported: MissingDays,
    missing_tracked: MissingDays,
    carried: BTreeMap<Currency, BTreeMap<Day, Day>>,
}

/// Days whose amounts were converted by a rate of an earlier day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CarriedRates {
    /// The currency whose rate it is.
    pub currency: Currency,
    /// The day of the rate, that of the last of several.
    pub of: Day,
    /// From the first to the last of the days it was taken for.
    pub days: DayRange,
    /// The number of days in between that it was taken for.
    pub count: usize,
}

/// Days of a currency that have no rate and need one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissingRates {
    /// The currency.
    pub currency: Currency,
    /// From the first to the last of them; `None` where the days are not known.
    pub days: Option<DayRange>,
    /// The number of days in between that need a rate and have none.
    pub count: usize,
}

impl Tally {
    /// The tally of these groups, converted.
    pub fn of<'a>(groups: impl IntoIterator<Item = &'a KpiGroup>, by: &Conversion) -> Tally {
        let mut tally = Tally::default();
        groups.into_iter().for_each(|group| tally.add(group, by));
        tally
    }

    /// Adds a group. Its amounts are left out, and missing, where it has no factor.
    pub fn add(&mut self, group: &KpiGroup, by: &Conversion) {
        self.counts += group.sums.without_amounts();
        let Some(from) = group.currency else { return };
        let factor = match group.day {
            Some(day) => by.factor(from, day),
            None => Some(FACTOR_ONE).filter(|_| from == by.to),
        };
        if let Some(factor) = factor {
            self.amounts += ConvertedAmounts::of(&group.sums, factor);
            let holds = group.sums.has_reported_amounts() || group.sums.has_tracked_amounts();
            if let Some(day) = group.day.filter(|_| holds) {
                for (currency, of) in by.carried(from, day) {
                    self.carried.entry(currency).or_default().insert(day, of);
                }
            }
            return;
        }
        let missing: Vec<(Currency, Option<Day>)> = match group.day {
            Some(day) => by.missing(from, day).map(|currency| (currency, Some(day))).collect(),
            None => vec![(from, None)],
        };
        for (currency, day) in missing {
            if group.sums.has_reported_amounts() {
                self.missing_reported.entry(currency).or_default().extend(day);
            }
            if group.sums.has_tracked_amounts() {
                self.missing_tracked.entry(currency).or_default().extend(day);
            }
        }
    }

    /// Adds sums of a currency that were converted where they lay, whose days are not known.
    pub fn add_part(&mut self, currency: Option<Currency>, sums: MetricSums, part: PartAmounts) {
        self.counts += sums.without_amounts();
        self.amounts += part.amounts;
        let Some(currency) = currency else { return };
        if part.lacks_reported {
            self.missing_reported.entry(currency).or_default();
        }
        if part.lacks_tracked {
            self.missing_tracked.entry(currency).or_default();
        }
    }

    fn lack(&mut self, other: &Tally) {
        for (currency, days) in &other.carried {
            self.carried.entry(*currency).or_default().extend(days);
        }
        let sides = [
            (&mut self.missing_reported, &other.missing_reported),
            (&mut self.missing_tracked, &other.missing_tracked),
        ];
        for (mine, theirs) in sides {
            for (currency, days) in theirs {
                mine.entry(*currency).or_default().extend(days);
            }
        }
    }

    /// The sums, their amounts rounded to micros of the currency converted to.
    pub fn sums(&self) -> MetricSums {
        MetricSums {
            spend_micros: self.amounts.spend.micros(),
            revenue_micros: self.amounts.revenue.micros(),
            tracked_revenue_micros: self.amounts.tracked_revenue.micros(),
            ..self.counts
        }
    }

    /// Whether no reported amount is left out.
    pub fn knows_reported(&self) -> bool {
        self.missing_reported.is_empty()
    }

    /// Whether no tracked amount is left out.
    pub fn knows_tracked(&self) -> bool {
        self.missing_tracked.is_empty()
    }

    /// The rates that are missing, by currency and day, days next to each other gathered.
    pub fn missing(&self) -> Vec<MissingRates> {
        let mut all = self.missing_reported.clone();
        for (currency, days) in &self.missing_tracked {
            all.entry(*currency).or_default().extend(days);
        }
        all.into_iter().flat_map(|(currency, days)| gathered(currency, &days)).collect()
    }
}

impl Tally {
    /// The rates of earlier days that amounts were converted by, by currency and day, days next to each other
    /// gathered.
    pub fn carried(&self) -> Vec<CarriedRates> {
        let mut all = Vec::new();
        for (currency, days) in &self.carried {
            let mut gathered: Vec<CarriedRates> = Vec::new();
            for (day, of) in days {
                let full = gathered.len() == MISSING_RANGES_MAX;
                match gathered.last_mut() {
                    Some(last)
                        if full || (last.of == *of && last.days.to.0.succ_opt() == Some(day.0)) =>
                    {
                        last.of = *of;
                        last.days.to = *day;
                        last.count += 1;
                    }
                    _ => gathered.push(CarriedRates {
                        currency: *currency,
                        of: *of,
                        days: DayRange { from: *day, to: *day },
                        count: 1,
                    }),
                }
            }
            all.append(&mut gathered);
        }
        all
    }
}

impl AddAssign<&Tally> for Tally {
    fn add_assign(&mut self, other: &Tally) {
        self.counts += other.counts;
        self.amounts += other.amounts;
        self.lack(other);
    }
}

/// Takes a part away from a whole; a figure that the part does not know, the rest does not know either.
impl SubAssign<&Tally> for Tally {
    fn sub_assign(&mut self, other: &Tally) {
        self.counts -= other.counts;
        self.amounts -= other.amounts;
        self.lack(other);
    }
}

fn gathered(currency: Currency, days: &BTreeSet<Day>) -> Vec<MissingRates> {
    let mut gathered: Vec<(DayRange, usize)> = Vec::new();
    for day in days {
        let full = gathered.len() == MISSING_RANGES_MAX;
        match gathered.last_mut() {
            Some((range, count)) if full || range.to.0.succ_opt() == Some(day.0) => {
                range.to = *day;
                *count += 1;
            }
            _ => gathered.push((DayRange { from: *day, to: *day }, 1)),
        }
    }
    if gathered.is_empty() {
        return vec![MissingRates { currency, days: None, count: 0 }];
    }
    let missing = |(days, count)| MissingRates { currency, days: Some(days), count };
    gathered.into_iter().map(missing).collect()
}

/// The currencies that hold amounts, and all there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Currencies {
    reported: BTreeSet<Currency>,
    tracked: BTreeSet<Currency>,
    all: BTreeSet<Currency>,
}

impl Currencies {
    /// Those of these groups taken together.
    pub fn of<'a>(groups: impl IntoIterator<Item = &'a KpiGroup>) -> Currencies {
        let sums = MetricSums::by_currency(groups);
        let held = |has: fn(&MetricSums) -> bool| {
            sums.iter().filter(|(_, sums)| has(sums)).map(|(currency, _)| *currency).collect()
        };
        Currencies {
            reported: held(MetricSums::has_reported_amounts),
            tracked: held(MetricSums::has_tracked_amounts),
            all: held(|_| true),
        }
    }

    /// The currency to show amounts in where none is asked for: the only one there is, else the
    /// tenant's own. What platforms report comes first: a few tracked sales in another currency do
    /// not change the currency of what was spent. `None` where there is nothing at all.
    pub fn target(&self, reporting: Currency) -> Option<Currency> {
        let held = [&self.reported, &self.tracked, &self.all];
        let held = held.into_iter().find(|held| !held.is_empty())?;
        Some(held.first().copied().filter(|_| held.len() == 1).unwrap_or(reporting))
    }

    /// Whether any of them is another one.
    pub fn needs_rates(&self, to: Currency) -> bool {
        self.all.iter().any(|currency| *currency != to)
    }

    /// Those whose rates are needed.
    pub fn to_convert(&self, to: Currency) -> Vec<Currency> {
        let mut needed = self.all.clone();
        needed.insert(to);
        needed.remove(&Currency::USD);
        needed.into_iter().collect()
    }
}

#[cfg(test)]
mod tests;

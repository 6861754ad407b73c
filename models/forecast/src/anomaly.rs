//! Unusual days: what a daily series was expected to be, from earlier days
//! alone, and the band in which a day like them lies.
//!
//! A day is expected to be the level of the last two weeks moved by what its weekday usually is above or
//! below; the band is as wide as such expectations were wrong in the last eight weeks. All of these are
//! medians, so that one strange day does not make the next ones look ordinary.

use stratum_models::time::Day;

/// Days before a day that its level is taken from.
const LEVEL_DAYS: usize = 14;
/// Days before a day that weekdays and errors are taken from.
const MEMORY_DAYS: usize = 56;
/// Known days among these without which nothing is expected.
const KNOWN_MIN: usize = 28;
/// Known values without which there is no median of a level, of a weekday, of errors.
const LEVEL_MIN: usize = 7;
const WEEKDAY_MIN: usize = 3;
const ERRORS_MIN: usize = 14;
/// Half the band in robust standard deviations.
const REACH: f64 = 4.0;
/// Standard deviation of a normal variable over the median of its distances from the middle.
const DEVIATION: f64 = 1.4826;
/// Less than this share of the level counts as this share: 0 has no logarithm.
const NEXT_TO_NOTHING: f64 = 0.01;

/// How the days of a series differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// By factors: amounts and ratios of them, never negative.
    Factor,
    /// By what is added: scores.
    Score,
}

impl Measure {
    /// How far a value is from a level; `None` from a level of nothing.
    fn off(self, value: f64, level: f64) -> Option<f64> {
        match self {
            Measure::Factor if level > 0.0 => Some((value / level).max(NEXT_TO_NOTHING).ln()),
            Measure::Factor => None,
            Measure::Score => Some(value - level),
        }
    }

    /// The level moved so far.
    fn moved(self, level: f64, by: f64) -> f64 {
        match self {
            Measure::Factor => level * by.exp(),
            Measure::Score => level + by,
        }
    }

    /// The lower end of a band: what counts as next to nothing reaches down to nothing.
    fn lower(self, level: f64, by: f64) -> f64 {
        match self {
            Measure::Factor if by <= NEXT_TO_NOTHING.ln() => 0.0,
            _ => self.moved(level, by),
        }
    }

    /// The smallest standard deviation of errors: no series is steadier.
    fn deviation_min(self) -> f64 {
        match self {
            Measure::Factor => 0.03,
            Measure::Score => 0.05,
        }
    }
}

/// A day beside what was expected of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DayBand {
    /// The day.
    pub day: Day,
    /// Its value.
    pub value: f64,
    /// What was expected.
    pub expected: f64,
    /// The band's lower end.
    pub lower: f64,
    /// The band's upper end.
    pub upper: f64,
    /// How far the value lies above what was expected, in robust standard deviations of earlier errors;
    /// outside of the band beyond 4, below it under -4.
    pub deviations: f64,
}

impl DayBand {
    /// Whether the day lies outside of the band.
    pub fn is_anomaly(&self) -> bool {
        self.deviations.abs() > REACH
    }
}

/// The days of a series with their bands. The series has no gaps and begins on `first`; `None` is a day
/// without a value. A day without enough history before it, or without a value, has no band.
pub fn day_bands(first: Day, values: &[Option<f64>], measure: Measure) -> Vec<DayBand> {
    let week = |at: usize| {
        let known = values[at.saturating_sub(6)..=at].iter().flatten().copied().collect();
        values[at].and_then(|value| measure.off(value, median(known, 4)?))
    };
    let weekly: Vec<Option<f64>> = (0..values.len()).map(week).collect();
    let series = Series { values, weekly: &weekly, measure };
    let mut errors: Vec<Option<f64>> = Vec::with_capacity(values.len());
    let mut bands = Vec::new();
    for at in 0..values.len() {
        let found = series.expected(at).zip(values[at]).and_then(|((level, weekday), value)| {
            let error = measure.off(value, level)? - weekday;
            Some((level, weekday, value, error))
        });
        errors.push(found.map(|(.., error)| error));
        let Some((level, weekday, value, error)) = found else { continue };
        let past = errors[at.saturating_sub(MEMORY_DAYS)..at].iter().flatten();
        let Some(middle) = median(past.map(|error| error.abs()).collect(), ERRORS_MIN) else {
            continue;
        };
        let deviation = (DEVIATION * middle).max(measure.deviation_min());
        let ahead = i32::try_from(at).unwrap_or(i32::MAX);
        let Some(day) = Day::from_epoch_days(first.to_epoch_days().saturating_add(ahead)) else {
            break;
        };
        bands.push(DayBand {
            day,
            value,
            expected: measure.moved(level, weekday),
            lower: measure.lower(level, weekday - REACH * deviation),
            upper: measure.moved(level, weekday + REACH * deviation),
            deviations: error / deviation,
        });
    }
    bands
}

struct Series<'a> {
    values: &'a [Option<f64>],
    /// How far each day is from the median of the week that it ends.
    weekly: &'a [Option<f64>],
    measure: Measure,
}

impl Series<'_> {
    /// The level before a day, and how far its weekday usually is from it.
    fn expected(&self, at: usize) -> Option<(f64, f64)> {
        let from = at.saturating_sub(MEMORY_DAYS);
        if self.values[from..at].iter().flatten().count() < KNOWN_MIN {
            return None;
        }
        let weekday = |of: usize| {
            let days = (from..at).filter(|day| day % 7 == of % 7);
            median(days.filter_map(|day| self.weekly[day]).collect(), WEEKDAY_MIN).unwrap_or(0.0)
        };
        let weekdays: [f64; 7] = std::array::from_fn(weekday);
        let days = at.saturating_sub(LEVEL_DAYS)..at;
        let levels =
            days.filter_map(|day| Some(self.measure.moved(self.values[day]?, -weekdays[day % 7])));
        Some((median(levels.collect(), LEVEL_MIN)?, weekdays[at % 7]))
    }
}

/// The middle of at least so many values.
fn median(mut values: Vec<f64>, least: usize) -> Option<f64> {
    if values.len() < least.max(1) {
        return None;
    }
    values.sort_by(f64::total_cmp);
    let upper = values[values.len() / 2];
    let lower = values[(values.len() - 1) / 2];
    Some((lower + upper) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use stratum_models::chance::Chance;
    use stratum_testing::campaigns::{last, normal};

    const DAYS: usize = 200;

    /// A shop's days: weekdays, slow growth, errors with a heavy tail.
    fn ordinary(seed: u64, noise: f64) -> Vec<Option<f64>> {
        let mut chance = Chance::new(seed);
        let mut drift = 0.0;
        let day = |at: usize| {
            drift += 0.01 * normal(&mut chance);
            let weekday = 0.25 * ((at % 7) as f64 - 3.0) / 3.0;
            let tail = if chance.below(10) == 0 { 2.0 } else { 1.0 };
            Some(900.0 * (weekday + drift + noise * tail * normal(&mut chance)).exp())
        };
        (0..DAYS).map(day).collect()
    }

    fn bands(values: &[Option<f64>]) -> Vec<DayBand> {
        day_bands(last(), values, Measure::Factor)
    }

    /// The band of the day at this place.
    fn at(values: &[Option<f64>], place: usize) -> DayBand {
        let day = last().to_epoch_days() + place as i32;
        let found = bands(values).into_iter().find(|band| band.day.to_epoch_days() == day);
        found.expect("a band")
    }

    #[test]
    fn few_ordinary_days_are_called_strange() {
        let (mut strange, mut all) = (0, 0);
        for seed in 0..60 {
            let bands = bands(&ordinary(seed, 0.05 + 0.005 * seed as f64));
            all += bands.len();
            strange += bands.iter().filter(|band| band.is_anomaly()).count();
            for band in bands {
                assert!(band.lower <= band.expected && band.expected <= band.upper, "{band:?}");
                let inside = band.lower <= band.value && band.value <= band.upper;
                assert_eq!(inside, !band.is_anomaly(), "{band:?}");
            }
        }
        println!("{strange} of {all}");
        assert!(all > 60 * 150 && strange * 100 < all, "{strange} of {all}");
    }

    #[test]
    fn a_day_without_sales_and_a_day_of_many_are_found() {
        for seed in 0..10 {
            for (factor, above) in [(0.0, false), (0.2, false), (5.0, true)] {
                let mut values = ordinary(seed, 0.1);
                values[150] = values[150].map(|value| factor * value);
                let band = at(&values, 150);
                assert!(band.is_anomaly() && (band.deviations > 0.0) == above, "{band:?}");
            }
        }
    }

    #[test]
    fn a_new_level_is_told_at_first_and_then_ordinary() {
        let mut values = ordinary(3, 0.08);
        values[120..].iter_mut().for_each(|value| *value = value.map(|value| 0.3 * value));
        assert!((120..124).all(|place| at(&values, place).is_anomaly()));
        assert!((140..200).all(|place| !at(&values, place).is_anomaly()));
    }

    #[test]
    fn a_weekday_on_which_nothing_is_sold_is_as_expected() {
        let mut values = ordinary(4, 0.1);
        values.iter_mut().step_by(7).for_each(|value| *value = Some(0.0));
        assert!(!at(&values, 140).is_anomaly() && at(&values, 140).lower == 0.0);
        values[141] = Some(0.0);
        assert!(at(&values, 141).is_anomaly());
    }

    #[test]
    fn later_days_change_nothing_and_too_little_is_not_judged() {
        let values = ordinary(5, 0.2);
        let known = bands(&values[..150]);
        assert_eq!(bands(&values)[..known.len()], known);
        assert!(bands(&values[..40]).is_empty());
        assert!(bands(&[None; 100]).is_empty() && bands(&[Some(0.0); 100]).is_empty());
        let steady = [Some(7.0); 100];
        assert!(day_bands(last(), &steady, Measure::Score).iter().all(|band| !band.is_anomaly()));
    }
}

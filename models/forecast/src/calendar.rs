//! Features of a day by the calendar alone.

use std::f64::consts::TAU;

use chrono::{Datelike as _, NaiveDate, Weekday};

use stratum_models::time::Day;

/// The number of calendar features.
pub(super) const WIDTH: usize = 12;

/// Their names.
pub(super) const NAMES: [&str; WIDTH] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "year_sin",
    "year_cos",
    "half_year_sin",
    "half_year_cos",
    "shopping_peak",
    "holiday_lull",
];

/// The days of a range, worked out once.
#[derive(Clone, Debug)]
pub(super) struct Calendar {
    first: i32,
    days: Vec<[f64; WIDTH]>,
}

impl Calendar {
    /// The days from `first` to `last`, as days since 1970.
    pub fn of(first: i32, last: i32) -> Calendar {
        Calendar { first, days: (first..=last).map(features).collect() }
    }

    /// The features of a day; all 0 outside the range. Without `yearly` the yearly waves are 0.
    pub fn day(&self, day: i32, yearly: bool) -> [f64; WIDTH] {
        let at = usize::try_from(day - self.first).ok();
        let mut found = at.and_then(|at| self.days.get(at)).copied().unwrap_or([0.0; WIDTH]);
        if !yearly {
            found[6..10].fill(0.0);
        }
        found
    }
}

fn features(day: i32) -> [f64; WIDTH] {
    let mut features = [0.0; WIDTH];
    let Some(Day(date)) = Day::from_epoch_days(day) else { return features };
    if date.weekday() != Weekday::Sun {
        features[date.weekday().num_days_from_monday() as usize] = 1.0;
    }
    let angle = TAU * f64::from(date.ordinal()) / 365.25;
    features[6..10].copy_from_slice(&[
        angle.sin(),
        angle.cos(),
        (2.0 * angle).sin(),
        (2.0 * angle).cos(),
    ]);
    features[10] = f64::from(u8::from(is_peak(date)));
    features[11] = f64::from(u8::from(is_lull(date)));
    features
}

/// From Black Friday to Cyber Monday, and Singles' Day.
fn is_peak(date: NaiveDate) -> bool {
    let thanksgiving = NaiveDate::from_weekday_of_month_opt(date.year(), 11, Weekday::Thu, 4);
    let after = thanksgiving.map_or(0, |day| (date - day).num_days());
    (1..=4).contains(&after) || (date.month(), date.day()) == (11, 11)
}

/// Christmas and the turn of the year.
fn is_lull(date: NaiveDate) -> bool {
    matches!((date.month(), date.day()), (12, 24..=26 | 31) | (1, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> [f64; WIDTH] {
        let day = Day(text.parse().unwrap()).to_epoch_days();
        Calendar::of(day - 3, day + 3).day(day, true)
    }

    #[test]
    fn days_are_told_apart() {
        // 2025-11-28 was Black Friday, 2025-11-30 the Sunday after.
        assert_eq!((of("2025-11-28")[4], of("2025-11-28")[10]), (1.0, 1.0));
        assert_eq!(of("2025-11-30")[..6], [0.0; 6]);
        assert_eq!((of("2025-12-01")[10], of("2025-12-02")[10]), (1.0, 0.0));
        assert_eq!((of("2025-12-25")[11], of("2026-01-02")[11]), (1.0, 0.0));
        assert_eq!(Calendar::of(0, 1).day(1, false)[6..10], [0.0; 4]);
        assert_eq!(Calendar::of(0, 1).day(9, true), [0.0; WIDTH]);
    }
}

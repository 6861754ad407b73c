//! Errors of past forecasts, and the intervals that follow: split-conformal, on errors in units of what
//! chance alone would make.

use serde::{Deserialize, Serialize};

/// Windows that errors are measured on, in days.
pub(super) const WINDOWS: [usize; 7] = [1, 3, 7, 14, 28, 60, 90];
/// Beside noise, an error of this size relative to the forecast is always possible.
const DRIFT: f64 = 0.05;
/// Fewer errors than these say nothing of a window.
const ERRORS_MIN: usize = 12;

/// An error on a window that a forecast had not seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Miss {
    pub origin: usize,
    pub days: usize,
    /// Actual less forecast, in standard deviations.
    pub score: f64,
}

/// The errors between which the wanted share lies, for one window.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Band {
    /// Days in the window.
    pub days: usize,
    /// The lower end, in standard deviations, at most 0.
    pub low: f64,
    /// The upper end, at least 0.
    pub high: f64,
    /// From so many errors.
    pub errors: usize,
}

/// Bands by window.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// The share of cases in which an interval is meant to hold.
    pub level: f64,
    /// Windows in rising order.
    pub bands: Vec<Band>,
    /// The share of cases in which intervals made without an origin's own errors held for it.
    pub coverage: Option<f64>,
}

/// The standard deviation of a window's revenue about its forecast. The dispersion, variance over
/// mean, is about what one sale brings: where hardly anything or nothing is expected, one sale more or
/// less is still possible, so that no interval collapses.
pub(super) fn deviation(dispersion: f64, revenue: f64) -> f64 {
    let sale = dispersion.max(0.0);
    (sale * (revenue + sale)).sqrt().hypot(DRIFT * revenue)
}

impl Calibration {
    /// From these errors.
    pub(super) fn of(misses: &[Miss], level: f64) -> Calibration {
        let bands = bands(misses, level, None);
        Calibration { level, bands, coverage: coverage(misses, level) }
    }

    /// The interval of a window's revenue that is expected to lie between `least` and `most`; `None`
    /// where nothing was checked.
    pub(super) fn interval(
        &self,
        days: usize,
        (least, most): (f64, f64),
        dispersion: f64,
    ) -> Option<(f64, f64)> {
        let (low, high) = at(&self.bands, days)?;
        let low = least + low * deviation(dispersion, least);
        Some((low.max(0.0), most + high * deviation(dispersion, most)))
    }
}

fn bands(misses: &[Miss], level: f64, without: Option<usize>) -> Vec<Band> {
    let band = |days: usize| {
        let chosen = misses.iter().filter(|miss| miss.days == days && Some(miss.origin) != without);
        let mut scores: Vec<f64> = chosen.map(|miss| miss.score).collect();
        scores.sort_by(f64::total_cmp);
        let count = scores.len();
        let tail = (1.0 - level) / 2.0 * (count + 1) as f64;
        // The rule of split-conformal intervals; the outermost error where there are too few.
        let low = (tail.floor() as usize).max(1) - 1;
        let high = ((count + 1) as f64 - tail).ceil() as usize;
        let outer = |at: usize| scores.get(at.min(count - 1)).copied().unwrap_or(0.0);
        (count >= ERRORS_MIN).then(|| Band {
            days,
            low: outer(low).min(0.0),
            high: outer(high.saturating_sub(1)).max(0.0),
            errors: count,
        })
    };
    WINDOWS.into_iter().filter_map(band).collect()
}

/// The band of a window of any length, between its neighbours.
fn at(bands: &[Band], days: usize) -> Option<(f64, f64)> {
    let after = bands.iter().find(|band| band.days >= days);
    let before = bands.iter().rfind(|band| band.days <= days);
    match (before.or(after)?, after.or(before)?) {
        (before, after) if before.days == after.days => Some((before.low, before.high)),
        (before, after) => {
            let place = |of: usize| (of as f64).ln();
            let share =
                (place(days) - place(before.days)) / (place(after.days) - place(before.days));
            let between = |low: f64, high: f64| low + share * (high - low);
            Some((between(before.low, after.low), between(before.high, after.high)))
        }
    }
}

fn coverage(misses: &[Miss], level: f64) -> Option<f64> {
    let origins: std::collections::BTreeSet<usize> = misses.iter().map(|m| m.origin).collect();
    let (mut held, mut all) = (0usize, 0usize);
    for origin in origins {
        let bands = bands(misses, level, Some(origin));
        for miss in misses.iter().filter(|miss| miss.origin == origin) {
            if let Some((low, high)) = at(&bands, miss.days) {
                held += usize::from(low <= miss.score && miss.score <= high);
                all += 1;
            }
        }
    }
    (all > 0).then(|| held as f64 / all as f64)
}

//! Forecasts made again from earlier days, compared with what came.

use serde::{Deserialize, Serialize};

use super::ForecastConfig;
use super::calibration::{Miss, WINDOWS, deviation};
use super::frame::Surroundings;
use super::history::History;
use super::model::{Model, Path, PlatformFit};

/// Days between the days of one fit from which forecasts are made.
const STEP_DAYS: i32 = 7;
/// Days of a forecast that candidates are compared on.
const SCORED_DAYS: usize = 28;

/// The error of a model's forecasts: that of a day's revenue under the spend that
/// was made, so that days count by their size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Sum of absolute errors over sum of revenue.
    pub wmape: f64,
    /// Root of the mean squared error over mean revenue.
    pub nrmse: f64,
    /// Mean absolute error over that of repeating the week before, in the past.
    pub mase: f64,
    /// Sum of errors (forecast less actual) over sum of revenue.
    pub bias: f64,
    /// Days compared.
    pub days: usize,
}

/// Sums of errors.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Errors {
    absolute: f64,
    squared: f64,
    signed: f64,
    revenue: f64,
    naive: f64,
    days: usize,
}

impl Errors {
    pub fn add(&mut self, other: Errors) {
        self.absolute += other.absolute;
        self.squared += other.squared;
        self.signed += other.signed;
        self.revenue += other.revenue;
        self.naive += other.naive;
        self.days += other.days;
    }

    pub fn score(&self) -> Option<Score> {
        let count = self.days as f64;
        (self.days > 0 && self.revenue > 0.0).then(|| Score {
            wmape: self.absolute / self.revenue,
            nrmse: (self.squared / count).sqrt() / (self.revenue / count),
            mase: if self.naive > 0.0 { self.absolute / self.naive } else { 0.0 },
            bias: self.signed / self.revenue,
            days: self.days,
        })
    }
}

/// A candidate's errors.
#[derive(Clone, Debug, Default)]
pub(super) struct CandidateErrors {
    pub errors: Errors,
    pub misses: Vec<Miss>,
}

/// Compares every candidate's forecasts from `end` and the weeks after with what came by `last`.
pub(super) fn compare(
    histories: &[&History],
    origin: usize,
    end: i32,
    around: &Surroundings,
    config: &ForecastConfig,
    tried: &mut [(Model, CandidateErrors)],
) {
    let known: Vec<&History> =
        histories.iter().copied().filter(|h| h.length_until(end) > 0).collect();
    if known.is_empty() {
        return;
    }
    let fit = PlatformFit::of(&known, end, around, config);
    let weeks = i32::try_from(config.origin_days).unwrap_or(28) / STEP_DAYS;
    for week in 0..weeks.max(1) {
        let from = end + week * STEP_DAYS;
        for (at, history) in known.iter().enumerate() {
            if history.suffices(from, config).is_err() {
                continue;
            }
            for (model, tried) in tried.iter_mut() {
                let path = fit.path(*model, (at, history), from, around, config);
                let origin = (origin, fit.campaigns[at].dispersion);
                tried.add(history, &path, from, origin);
            }
        }
    }
}

impl CandidateErrors {
    fn add(&mut self, history: &History, path: &Path, from: i32, origin: (usize, f64)) {
        let start = history.length_until(from);
        let ahead = (history.spend.len() - start).min(path.revenue.len());
        for day in 0..ahead.min(SCORED_DAYS).min(STEP_DAYS.unsigned_abs() as usize * 4) {
            self.errors.add(error(history, start + day, path.revenue[day] / path.spend, start));
        }
        for days in WINDOWS.into_iter().filter(|days| *days <= ahead) {
            let spend: f64 = history.spend[start..start + days].iter().sum();
            let revenue: f64 = history.revenue[start..start + days].iter().sum();
            let expected: f64 = path.revenue[..days].iter().sum();
            if spend > 0.0 {
                // What the forecast says of the spend that was made.
                let told = expected / (path.spend * days as f64) * spend;
                let score = (revenue - told) / deviation(origin.1, told);
                self.misses.push(Miss { origin: origin.0, days, score });
            }
        }
    }
}

fn error(history: &History, at: usize, roas: f64, start: usize) -> Errors {
    if !history.observed[at] {
        return Errors::default();
    }
    let error = roas * history.spend[at] - history.revenue[at];
    // What repeating the week before would have missed in the four weeks before the forecast.
    let past = (start.saturating_sub(28).max(7)..start)
        .map(|day| (history.revenue[day] - history.revenue[day - 7]).abs());
    let count = past.len().max(1) as f64;
    Errors {
        absolute: error.abs(),
        squared: error * error,
        signed: error,
        revenue: history.revenue[at],
        naive: past.sum::<f64>() / count,
        days: 1,
    }
}

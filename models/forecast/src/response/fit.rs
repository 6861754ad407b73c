//! The fit: shapes, slopes, penalty, controls.

use serde::{Deserialize, Serialize};

use super::design::{Basis, Columns, controls, dot, masked, scale};
use super::hill::adstock;
use super::search::{Evidence, Problem, Shape, Solution};
use super::series::{LiftTest, ResponseError, Series};
use super::solve::solve_spd;
use super::validate::Blocks;

/// How a response is fitted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ResponseConfig {
    /// Steps in a year: 365.25 for days, 52.18 for weeks.
    pub year_steps: f64,
    /// Pairs of yearly waves.
    pub seasons: usize,
    /// Penalties to choose from, a share of the number of steps.
    pub ridges: Vec<f64>,
    /// Blocks of neighbouring steps that are left out in turn to choose the penalty and to measure
    /// the error on steps that were not seen.
    pub blocks: usize,
    /// Refits on resampled errors, for the uncertainty of effects.
    pub draws: usize,
    /// Steps in a resampled block of errors.
    pub draw_steps: usize,
    /// How often an interval is meant to hold.
    pub level: f64,
    /// Of the resampling.
    pub seed: u64,
}

impl Default for ResponseConfig {
    fn default() -> Self {
        ResponseConfig {
            year_steps: 52.18,
            seasons: 3,
            ridges: vec![0.001, 0.01, 0.05, 0.15, 0.5],
            blocks: 6,
            draws: 50,
            draw_steps: 8,
            level: 0.9,
            seed: 1,
        }
    }
}

/// A fitted response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// The channels, in the order of the series.
    pub channels: Vec<String>,
    /// Their shapes.
    pub shapes: Vec<Shape>,
    /// The most that each can bring a step, never negative.
    pub tops: Vec<f64>,
    /// The chosen penalty, a share of the number of steps.
    pub ridge: f64,
    /// Half the width of an interval: errors on steps that were left out stay within it as often as
    /// the level says.
    pub margin: f64,
    pub(super) coefficients: Vec<f64>,
    pub(super) carried: Vec<f64>,
    pub(super) draws: Vec<Draw>,
    pub(super) spreads: Vec<Spread>,
    pub(super) steps: usize,
    pub(super) config: ResponseConfig,
}

/// The channels under one resampling of the errors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Draw {
    pub shapes: Vec<Shape>,
    pub tops: Vec<f64>,
}

/// How much a channel's spend moved by itself.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Spread {
    /// Standard deviation over mean of the spend.
    pub variation: f64,
    /// Share of its variance that controls and other channels do not explain.
    pub own: f64,
    /// Whether a lift test speaks of it.
    pub tested: bool,
}

/// A series taken apart for solving.
pub(super) struct Prepared {
    pub columns: Columns,
    pub spends: Vec<Vec<f64>>,
    pub target: Vec<f64>,
    pub evidence: Vec<Evidence>,
}

impl Response {
    /// Fits the response of `series` and what the lift tests add.
    ///
    /// # Errors
    /// When columns are of different length, hold what is no number, or are too short.
    pub fn fit(
        series: &Series,
        tests: &[LiftTest],
        config: &ResponseConfig,
    ) -> Result<Response, ResponseError> {
        let steps = series.target.len();
        series.check(steps)?;
        series.check_tests(tests)?;
        let columns = controls(series, steps, config.year_steps, config.seasons, steps as f64);
        let needed = columns.len() + 3 * series.channels.len() + 12;
        if steps < needed {
            return Err(ResponseError::TooShort { found: steps, needed });
        }
        let mut prepared = Prepared {
            columns,
            spends: series.channels.iter().map(|channel| channel.amounts.clone()).collect(),
            target: series.target.clone(),
            evidence: Vec::new(),
        };
        let (first, free) = prepared.choose_slopes(config);
        prepared.weigh(series, tests, first.squares / steps as f64);
        Ok(prepared.finish(series, first, free, config))
    }
}

impl Prepared {
    /// The problem on all rows.
    fn with_problem<T>(&self, ridge: f64, free: bool, work: impl FnOnce(&Problem) -> T) -> T {
        let rows = vec![true; self.target.len()];
        let basis = Basis::of(&self.columns, &rows);
        work(&self.problem(&rows, &basis, &self.target, ridge, free))
    }

    /// The problem of explaining `target` on these rows.
    pub(super) fn problem<'a>(
        &'a self,
        rows: &'a [bool],
        basis: &'a Basis,
        target: &[f64],
        ridge: f64,
        free_slope: bool,
    ) -> Problem<'a> {
        let mut left = masked(target, rows);
        basis.remove_from(&mut left);
        let ridge = ridge * rows.iter().filter(|on| **on).count() as f64;
        let (spends, evidence) = (&self.spends, &self.evidence);
        Problem { spends, rows, basis, target: left, ridge, evidence, free_slope }
    }

    /// Concave curves, or curves whose slopes are free where these explain enough more (by the
    /// corrected Akaike criterion).
    fn choose_slopes(&self, config: &ResponseConfig) -> (Solution, bool) {
        let ridge = config.ridges.first().copied().unwrap_or(0.001);
        let concave = self.with_problem(ridge, false, |problem| problem.search());
        let free = self.with_problem(ridge, true, |problem| problem.search());
        let steps = self.target.len() as f64;
        let criterion = |solution: &Solution, a_channel: f64| {
            let count = self.columns.len() as f64 + a_channel * self.spends.len() as f64 + 1.0;
            let small = 2.0 * count * (count + 1.0) / (steps - count - 1.0).max(1.0);
            steps * (solution.squares / steps).max(f64::MIN_POSITIVE).ln() + 2.0 * count + small
        };
        match criterion(&free, 4.0) < criterion(&concave, 3.0) {
            true => (free, true),
            false => (concave, false),
        }
    }

    /// Lift tests as equations, each worth as many steps as its precision says.
    fn weigh(&mut self, series: &Series, tests: &[LiftTest], variance: f64) {
        let found = tests.iter().filter_map(|test| {
            let channel = series.channels.iter().position(|one| one.name == test.channel)?;
            Some(Evidence {
                channel,
                spend_control: test.spend_control,
                spend_treated: test.spend_treated,
                lift: test.lift,
                weight: variance / (test.standard_error * test.standard_error),
            })
        });
        self.evidence = found.collect();
    }

    fn finish(
        &self,
        series: &Series,
        first: Solution,
        free: bool,
        config: &ResponseConfig,
    ) -> Response {
        let blocks = Blocks::of(self, config.blocks);
        let tried = config.ridges.iter().map(|ridge| {
            let solution = self.with_problem(*ridge, free, |p| p.refine(&first.shapes, 5));
            let errors = blocks.errors(self, &solution.shapes, *ridge);
            (*ridge, solution, errors)
        });
        let least = tried.min_by(|l, r| dot(&l.2, &l.2).total_cmp(&dot(&r.2, &r.2)));
        let (ridge, solution, errors) = least.unwrap_or_else(|| {
            let errors = blocks.errors(self, &first.shapes, 0.001);
            (0.001, first, errors)
        });
        let coefficients = self.control_coefficients(&solution, &vec![true; self.target.len()]);
        let spreads = self.spreads();
        let carried = solution.shapes.iter().zip(&self.spends);
        let mut response = Response {
            channels: series.channels.iter().map(|channel| channel.name.clone()).collect(),
            carried: carried
                .map(|(shape, spend)| adstock(spend, shape.decay).last().copied().unwrap_or(0.0))
                .collect(),
            shapes: solution.shapes,
            tops: solution.tops,
            ridge,
            margin: super::validate::quantile(&errors, config.level),
            coefficients,
            draws: Vec::new(),
            spreads,
            steps: self.target.len(),
            config: config.clone(),
        };
        response.draws = self.resample(&response, free);
        response
    }

    /// Coefficients of level, trend, seasons and controls beside these effects.
    pub(super) fn control_coefficients(&self, solution: &Solution, rows: &[bool]) -> Vec<f64> {
        let media = media(&self.spends, &solution.shapes, &solution.tops);
        let left: Vec<f64> = self.target.iter().zip(&media).map(|(y, m)| y - m).collect();
        let left = masked(&left, rows);
        let scales: Vec<f64> = self.columns.iter().map(|column| scale(column)).collect();
        let scaled: Columns = self
            .columns
            .iter()
            .zip(&scales)
            .map(|(column, by)| masked(column, rows).iter().map(|value| value / by).collect())
            .collect();
        let gram: Vec<Vec<f64>> =
            scaled.iter().map(|l| scaled.iter().map(|r| dot(l, r)).collect()).collect();
        let right: Vec<f64> = scaled.iter().map(|column| dot(column, &left)).collect();
        solve_spd(&gram, &right).iter().zip(&scales).map(|(one, by)| one / by).collect()
    }

    fn spreads(&self) -> Vec<Spread> {
        let rows = vec![true; self.target.len()];
        let columns = &self.spends;
        let spread = |(at, spend): (usize, &Vec<f64>)| {
            let mut others = self.columns.clone();
            others.extend(
                columns.iter().enumerate().filter(|(o, _)| *o != at).map(|(_, c)| c.clone()),
            );
            let mut rest = columns[at].clone();
            Basis::of(&others, &rows).remove_from(&mut rest);
            let mean = columns[at].iter().sum::<f64>() / rows.len() as f64;
            let all: f64 = columns[at].iter().map(|value| (value - mean).powi(2)).sum();
            let tested = self.evidence.iter().any(|test| test.channel == at);
            let own = if all > 0.0 { dot(&rest, &rest) / all } else { 0.0 };
            Spread { variation: variation(spend), own, tested }
        };
        self.spends.iter().enumerate().map(spread).collect()
    }
}

/// What the channels bring a step.
pub(super) fn media(spends: &[Vec<f64>], shapes: &[Shape], tops: &[f64]) -> Vec<f64> {
    let mut total = vec![0.0; spends.first().map_or(0, Vec::len)];
    for ((spend, shape), top) in spends.iter().zip(shapes).zip(tops) {
        total.iter_mut().zip(shape.column(spend)).for_each(|(sum, value)| *sum += top * value);
    }
    total
}

fn variation(spend: &[f64]) -> f64 {
    let count = spend.len().max(1) as f64;
    let mean = spend.iter().sum::<f64>() / count;
    let squares: f64 = spend.iter().map(|amount| (amount - mean).powi(2)).sum();
    if mean > 0.0 { (squares / count).sqrt() / mean } else { 0.0 }
}

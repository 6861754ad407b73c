//! The fit: scaled evidence, draws from the posterior, what is kept of them.

use nuts_rs::rand::SeedableRng as _;
use nuts_rs::rand::rngs::ChaCha8Rng;
use rand_distr::{Beta, Distribution as _};
use serde::{Deserialize, Serialize};

use super::density::Density;
use super::design::{Basis, Columns, controls, dot, unexplained};
use super::diagnostics::Diagnostics;
use super::hill::{Hill, adstock};
use super::point::{Evidence, Lift, Point};
use super::prior::{Belief, Prior};
use super::sampler::{Plan, Sample, Watch, sample};
use super::series::{LiftTest, ResponseError, Series, Step};

/// A lift is never taken for more exact than this share of it.
const LIFT_ERROR_MIN: f64 = 0.02;
/// Draws that curves and predictions are made of; shares are taken of all.
const KEPT: usize = 200;
/// Draws of the prior alone.
const PRIOR_DRAWS: usize = 4_000;
/// Channel steps that the gradients of a chain may go through.
const WORK_MAX: usize = 1_000_000_000;

/// The configuration of a fit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ResponseConfig {
    /// The length of a step. Days have weekdays, and carry over more from one to the next.
    pub step: Step,
    /// Pairs of yearly waves.
    pub seasons: usize,
    /// The belief about the contribution of all channels together; `None` for 2 to 64 % of sales, 29 % in
    /// the mean.
    pub belief: Option<Belief>,
    /// The share of cases in which an interval is meant to hold.
    pub level: f64,
    /// Share of sales below which an effect is as good as none.
    pub trivial_share: f64,
    /// Draws of each of the four chains that find the posterior's form; not kept.
    pub tune: usize,
    /// Draws of each chain that are kept.
    pub draws: usize,
    /// Threads that chains are spread over; the answer does not depend on it.
    pub threads: usize,
}

impl Default for ResponseConfig {
    fn default() -> Self {
        ResponseConfig {
            step: Step::Weekly,
            seasons: 2,
            belief: None,
            level: 0.9,
            trivial_share: 0.01,
            tune: 300,
            draws: 400,
            threads: 1,
        }
    }
}

/// A fitted response: draws from its posterior.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// The channels, in the order of the series.
    pub channels: Vec<String>,
    /// Measures of how far the sampling can be trusted.
    pub diagnostics: Diagnostics,
    pub(super) config: ResponseConfig,
    pub(super) seed: u64,
    pub(super) steps: usize,
    /// The mean of the target.
    pub(super) unit: f64,
    pub(super) spends: Vec<SpendSums>,
    pub(super) basis: Basis,
    pub(super) totals: Vec<f64>,
    pub(super) total_before: Vec<f64>,
    pub(super) draws: Vec<Draw>,
}

/// The spend on a channel, and what is known of its share of sales.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SpendSums {
    /// The channel's place among those that were spent on.
    pub place: Option<usize>,
    pub sum: f64,
    pub largest: f64,
    /// Standard deviation over mean of the spend.
    pub variation: f64,
    /// Share of its variance that controls and other channels do not explain.
    pub own: f64,
    /// Whether a lift test speaks of it.
    pub tested: bool,
    /// Draws of its share of sales.
    pub shares: Vec<f64>,
    /// The same by the prior alone.
    pub shares_before: Vec<f64>,
}

/// A draw in the user's units.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Draw {
    /// Those of the channels that were spent on.
    pub decays: Vec<f64>,
    pub hills: Vec<Hill>,
    /// Adstock after the last step.
    pub carried: Vec<f64>,
    /// Of the basis.
    pub coefficients: Vec<f64>,
    /// The shares' sum: what the columns stand for is taken without it.
    pub total: f64,
    /// The part of an error that stays for the next.
    pub memory: f64,
    /// The error of each step.
    pub errors: Vec<f64>,
}

impl Response {
    /// Fits the response of `series` and what the lift tests add. `watch` is told how far it is
    /// and may stop it.
    ///
    /// # Errors
    /// When columns are of different length, hold what is no number, are too short, or when the
    /// sampler's chains do not agree.
    pub fn fit(
        series: &Series,
        tests: &[LiftTest],
        config: &ResponseConfig,
        watch: Watch,
    ) -> Result<Response, ResponseError> {
        let steps = series.target.len();
        series.check(steps)?;
        series.check_tests(tests)?;
        let spent = series.spent();
        if spent.is_empty() {
            return Err(ResponseError::NoSpend);
        }
        let columns = controls(series, steps, steps, config);
        let needed = columns.len() + 3 * spent.len() + 12;
        if steps < needed {
            return Err(ResponseError::TooShort { found: steps, needed });
        }
        let unit = series.target.iter().sum::<f64>() / steps as f64;
        if unit <= 0.0 {
            return Err(ResponseError::NoSales);
        }
        let prior = Prior::of(series, &spent, config.step, config.belief)?;
        let (basis, made) = Basis::of(&columns);
        let evidence = scale(series, tests, &spent, unit, made);
        let density = Density::new(&evidence, prior.clone());
        let plan = Plan {
            tune: config.tune,
            draws: config.draws,
            seed: series.seed(tests, config.belief),
            threads: config.threads,
            gradients_max: WORK_MAX / (steps * spent.len()),
        };
        let found = sample(&density, &start(&evidence), &plan, watch)?;
        let mut response = Response {
            channels: series.channels.iter().map(|channel| channel.name.clone()).collect(),
            diagnostics: found.diagnostics,
            config: config.clone(),
            seed: plan.seed,
            steps,
            unit,
            spends: spendings(series, tests, &columns),
            basis,
            totals: found.points.iter().map(|point| point.total).collect(),
            total_before: Vec::new(),
            draws: kept(&evidence, &found, unit, &means(series, &spent)),
        };
        response.share_out(&found, &prior, &spent)?;
        Ok(response)
    }

    /// The channels' shares by the posterior and by the prior alone.
    fn share_out(
        &mut self,
        found: &Sample,
        prior: &Prior,
        spent: &[usize],
    ) -> Result<(), ResponseError> {
        let mut chance = ChaCha8Rng::seed_from_u64(self.seed);
        let all: f64 = prior.split.iter().sum();
        let beta = |left, right| Beta::new(left, right).map_err(|_| ResponseError::Belief);
        let total = beta(prior.total.0, prior.total.1)?;
        self.total_before = (0..PRIOR_DRAWS).map(|_| total.sample(&mut chance)).collect();
        for (place, at) in spent.iter().enumerate() {
            let own = prior.split[place];
            let part = if all > own { Some(beta(own, all - own)?) } else { None };
            let share = |total: &f64| total * part.map_or(1.0, |part| part.sample(&mut chance));
            let spend = &mut self.spends[*at];
            spend.place = Some(place);
            spend.shares_before = self.total_before.iter().map(share).collect();
            spend.shares = found.points.iter().map(|point| point.shares[place]).collect();
        }
        Ok(())
    }
}

fn means(series: &Series, spent: &[usize]) -> Vec<f64> {
    let steps = series.target.len() as f64;
    spent.iter().map(|at| series.channels[*at].amounts.iter().sum::<f64>() / steps).collect()
}

/// The evidence in scaled units.
fn scale(
    series: &Series,
    tests: &[LiftTest],
    spent: &[usize],
    unit: f64,
    columns: Columns,
) -> Evidence {
    let means = means(series, spent);
    let scaled = |values: &[f64], by: f64| values.iter().map(|value| value / by).collect();
    let lift = |test: &LiftTest| {
        let named = |at: &usize| series.channels[*at].name == test.channel;
        let channel = spent.iter().position(named)?;
        let lift = test.lift / unit;
        Some(Lift {
            channel,
            control: test.spend_control / means[channel],
            treated: test.spend_treated / means[channel],
            lift,
            error: (test.standard_error / unit).hypot(LIFT_ERROR_MIN * lift),
        })
    };
    Evidence {
        target: scaled(&series.target, unit),
        spends: (spent.iter().zip(&means))
            .map(|(at, mean)| scaled(&series.channels[*at].amounts, *mean))
            .collect(),
        columns,
        lifts: tests.iter().filter_map(lift).collect(),
    }
}

/// The columns' part of the target, and the logarithm of the error that they leave.
pub(super) fn start(evidence: &Evidence) -> Vec<f64> {
    let steps = evidence.target.len().max(1) as f64;
    let mut rest = evidence.target.clone();
    let mut start = Vec::with_capacity(evidence.columns.len() + 1);
    for column in &evidence.columns {
        let share = dot(column, &rest) / steps;
        rest.iter_mut().zip(column).for_each(|(value, one)| *value -= share * one);
        start.push(share);
    }
    start.push((dot(&rest, &rest) / steps).sqrt().clamp(0.01, 1.0).ln());
    start
}

fn spendings(series: &Series, tests: &[LiftTest], columns: &Columns) -> Vec<SpendSums> {
    let spending = |(at, channel): (usize, &super::Spend)| {
        let others = series.channels.iter().enumerate().filter(|(other, _)| *other != at);
        let mut all = columns.clone();
        all.extend(others.map(|(_, other)| other.amounts.clone()));
        SpendSums {
            place: None,
            sum: channel.amounts.iter().sum(),
            largest: channel.amounts.iter().copied().fold(0.0, f64::max),
            variation: variation(&channel.amounts),
            own: unexplained(&channel.amounts, &all),
            tested: tests.iter().any(|test| test.channel == channel.name),
            shares: Vec::new(),
            shares_before: Vec::new(),
        }
    };
    series.channels.iter().enumerate().map(spending).collect()
}

/// Draws in the user's units, evenly spread over all.
fn kept(evidence: &Evidence, found: &Sample, unit: f64, means: &[f64]) -> Vec<Draw> {
    let every = (found.points.len() / KEPT).max(1);
    found.points.iter().step_by(every).map(|point| draw(evidence, point, unit, means)).collect()
}

fn draw(evidence: &Evidence, point: &Point, unit: f64, means: &[f64]) -> Draw {
    let mut errors: Vec<f64> = evidence.target.iter().map(|one| one + point.total).collect();
    for (column, by) in evidence.columns.iter().zip(&point.coefficients) {
        errors.iter_mut().zip(column).for_each(|(error, one)| *error -= by * one);
    }
    let (mut hills, mut carried) = (Vec::new(), Vec::new());
    for (channel, (spend, mean)) in evidence.spends.iter().zip(means).enumerate() {
        let shape = Hill { top: 1.0, half: point.halves[channel], slope: point.slopes[channel] };
        let stock = adstock(spend, point.decays[channel]);
        let curve: Vec<f64> = stock.iter().map(|amount| shape.value(*amount)).collect();
        let sum: f64 = curve.iter().sum();
        let top = if sum > 0.0 { point.shares[channel] * curve.len() as f64 / sum } else { 0.0 };
        errors.iter_mut().zip(&curve).for_each(|(error, one)| *error -= top * one);
        carried.push(stock.last().copied().unwrap_or(0.0) * mean);
        hills.push(Hill { top: top * unit, half: shape.half * mean, slope: shape.slope });
    }
    Draw {
        decays: point.decays.clone(),
        hills,
        carried,
        coefficients: point.coefficients.iter().map(|one| one * unit).collect(),
        total: point.total * unit,
        memory: point.memory,
        errors: errors.iter().map(|error| error * unit).collect(),
    }
}

fn variation(spend: &[f64]) -> f64 {
    let count = spend.len().max(1) as f64;
    let mean = spend.iter().sum::<f64>() / count;
    let squares: f64 = spend.iter().map(|amount| (amount - mean).powi(2)).sum();
    if mean > 0.0 { (squares / count).sqrt() / mean } else { 0.0 }
}

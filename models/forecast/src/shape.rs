//! The saturation of a platform's campaigns, from how revenue moved with spend within the same weeks.

use super::frame::Saturation;
use super::history::History;
use crate::response::adstock;

/// Carry-over from a day to the next.
pub(super) const DECAYS: [f64; 3] = [0.0, 0.3, 0.6];
/// The adstocked spend at which a unit brings half of the first, in typical days' spends. The last
/// is no saturation at all.
pub(super) const HALVES: [f64; 6] = [0.5, 1.0, 2.0, 4.0, 12.0, f64::INFINITY];
/// Days over which a campaign's own level may be another.
const SEGMENT_DAYS: usize = 56;
/// Twice the log-likelihood between best and worst curve from which data count as telling.
const TELLING: f64 = 2.7;

/// The evidence that the data give of a campaign's curves: a deviance for each decay and half.
pub(super) struct Evidence {
    /// Twice the negative log-likelihood, up to a constant, in units of the dispersion.
    pub deviance: [[f64; HALVES.len()]; DECAYS.len()],
}

/// A platform's curve.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PlatformShape {
    pub decay: f64,
    /// The frequency of each half among the campaigns.
    pub weights: Vec<f64>,
    /// Whether spend varied enough in any of them to tell halves apart.
    pub told: bool,
}

/// A typical day's spend.
pub(super) fn typical_spend(history: &History, length: usize) -> f64 {
    let running = history.spend[..length].iter().filter(|spend| **spend > 0.0);
    let (count, sum) = running.fold((0.0, 0.0), |(count, sum), spend| (count + 1.0, sum + spend));
    if count > 0.0 { sum / count } else { 1.0 }
}

/// The bend of this half for a campaign.
pub(super) fn bend(half: f64, typical: f64) -> f64 {
    if half.is_finite() { 1.0 / (half * typical) } else { 0.0 }
}

impl Evidence {
    /// Of the days before `length`. `dispersion` is the variance of revenue over its mean.
    pub fn of(history: &History, length: usize, season: &[f64], dispersion: f64) -> Evidence {
        let typical = typical_spend(history, length);
        let mut deviance = [[0.0; HALVES.len()]; DECAYS.len()];
        for (at, decay) in DECAYS.into_iter().enumerate() {
            let carried = adstock(&history.spend[..length], decay);
            for (half_at, half) in HALVES.into_iter().enumerate() {
                let saturation = Saturation { decay, bend: bend(half, typical) };
                let fit = log_likelihood(history, &carried, saturation, season);
                deviance[at][half_at] = -2.0 * fit / dispersion.max(1e-9);
            }
        }
        Evidence { deviance }
    }

    /// The distance between the halves at this decay, as a range of deviances.
    pub fn range(&self, decay_at: usize) -> f64 {
        let row = &self.deviance[decay_at];
        row.iter().copied().fold(f64::MIN, f64::max) - row.iter().copied().fold(f64::MAX, f64::min)
    }

    /// Whether the campaign's own data tell its curve.
    pub fn is_telling(&self, decay_at: usize) -> bool {
        self.range(decay_at) > TELLING
    }

    /// The probability of each half, given its frequency.
    pub fn posterior(&self, decay_at: usize, prior: &[f64]) -> Vec<f64> {
        let row = &self.deviance[decay_at];
        let least = row.iter().copied().fold(f64::INFINITY, f64::min);
        let joint: Vec<f64> =
            row.iter().zip(prior).map(|(one, p)| p * (-(one - least) / 2.0).exp()).collect();
        let sum: f64 = joint.iter().sum();
        if sum > 0.0 { joint.iter().map(|one| one / sum).collect() } else { prior.to_vec() }
    }
}

/// Of revenue as a quasi-Poisson variable whose level is free in each segment, so that only the
/// movement within segments speaks.
fn log_likelihood(history: &History, carried: &[f64], curve: Saturation, season: &[f64]) -> f64 {
    let mut total = 0.0;
    for start in (0..carried.len()).step_by(SEGMENT_DAYS) {
        let (mut revenue, mut expected) = (0.0, 0.0);
        for at in start..(start + SEGMENT_DAYS).min(carried.len()) {
            let unit = curve.exposure(carried[at]) * season[at];
            if history.observed[at] && unit > 0.0 {
                revenue += history.revenue[at];
                expected += unit;
                total += history.revenue[at] * unit.ln();
            }
        }
        if revenue > 0.0 && expected > 0.0 {
            total += revenue * (revenue / expected).ln();
        }
    }
    total
}

impl PlatformShape {
    /// The shape that most of these campaigns agree on.
    pub fn of(evidence: &[Evidence]) -> PlatformShape {
        let even = vec![1.0 / HALVES.len() as f64; HALVES.len()];
        let mut best: Option<(f64, usize, Vec<f64>)> = None;
        for decay_at in 0..DECAYS.len() {
            let weights = commonness(evidence, decay_at, &even);
            let fit: f64 = evidence.iter().map(|one| marginal(one, decay_at, &weights)).sum();
            if best.as_ref().is_none_or(|(least, ..)| fit < *least - 1e-9) {
                best = Some((fit, decay_at, weights));
            }
        }
        let (_, decay_at, weights) = best.unwrap_or((0.0, 0, even));
        let sums: Vec<f64> = (0..HALVES.len())
            .map(|half| evidence.iter().map(|one| one.deviance[decay_at][half]).sum())
            .collect();
        let worst = sums.iter().copied().fold(f64::MIN, f64::max);
        let told = worst - sums.iter().copied().fold(f64::MAX, f64::min) > TELLING;
        PlatformShape { decay: DECAYS[decay_at], weights, told }
    }

    /// The index of its decay.
    pub fn decay_at(&self) -> usize {
        DECAYS.iter().position(|decay| decay.total_cmp(&self.decay).is_eq()).unwrap_or(0)
    }
}

/// The frequency of each half, by a few rounds of expectation and maximisation, never quite 0.
fn commonness(evidence: &[Evidence], decay_at: usize, even: &[f64]) -> Vec<f64> {
    let mut weights = even.to_vec();
    for _ in 0..20 {
        let mut sums = even.to_vec();
        for one in evidence {
            let posterior = one.posterior(decay_at, &weights);
            sums.iter_mut().zip(posterior).for_each(|(sum, p)| *sum += p);
        }
        let all: f64 = sums.iter().sum();
        weights = sums.iter().map(|sum| sum / all).collect();
    }
    weights
}

fn marginal(evidence: &Evidence, decay_at: usize, weights: &[f64]) -> f64 {
    let row = &evidence.deviance[decay_at];
    let least = row.iter().copied().fold(f64::INFINITY, f64::min);
    let sum: f64 = row.iter().zip(weights).map(|(one, w)| w * (-(one - least) / 2.0).exp()).sum();
    least - 2.0 * sum.max(f64::MIN_POSITIVE).ln()
}

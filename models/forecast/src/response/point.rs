//! The parameters: as the model speaks of them, and as the unconstrained vector that is sampled.

use super::prior::{Common, Prior};

/// The evidence that parameters are to explain, in scaled units.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Evidence {
    /// Sales a step over their mean.
    pub target: Vec<f64>,
    /// Spend over its mean, a channel each.
    pub spends: Vec<Vec<f64>>,
    /// Orthogonal columns of root mean square 1, the level first.
    pub columns: Vec<Vec<f64>>,
    /// The results of experiments.
    pub lifts: Vec<Lift>,
}

/// A lift test in scaled units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Lift {
    pub channel: usize,
    pub control: f64,
    pub treated: f64,
    pub lift: f64,
    pub error: f64,
}

/// The parameters as the model speaks of them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Point {
    /// Share of sales that all channels bring.
    pub total: f64,
    /// That of each channel.
    pub shares: Vec<f64>,
    pub decays: Vec<f64>,
    /// Half-saturation in units of the mean spend.
    pub halves: Vec<f64>,
    pub slopes: Vec<f64>,
    pub coefficients: Vec<f64>,
    pub error: f64,
    pub memory: f64,
}

/// Where the parts of the unconstrained vector begin, for `k` channels and `p` columns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub channels: usize,
    pub columns: usize,
}

impl Layout {
    pub fn total(self) -> usize {
        self.channels
    }
    pub fn decay(self) -> usize {
        self.channels + 1
    }
    pub fn half(self) -> usize {
        2 * self.channels + 1
    }
    pub fn slope(self) -> usize {
        3 * self.channels + 2
    }
    pub fn column(self) -> usize {
        4 * self.channels + 3
    }
    pub fn error(self) -> usize {
        self.column() + self.columns
    }
    pub fn memory(self) -> usize {
        self.error() + 1
    }
    pub fn len(self) -> usize {
        self.memory() + 1
    }

    /// The point that an unconstrained vector means under this prior.
    pub fn point(self, at: &[f64], prior: &Prior) -> Point {
        let k = self.channels;
        let total = logistic(at[self.total()]);
        let largest = at[..k].iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let parts: Vec<f64> = at[..k].iter().map(|one| (one - largest).exp()).collect();
        let sum: f64 = parts.iter().sum();
        let common = |start: usize, of: Common| -> Vec<f64> {
            let shared = of.mean + of.shared * at[start + k];
            at[start..start + k].iter().map(|one| (shared + of.own * one).exp()).collect()
        };
        Point {
            total,
            shares: parts.iter().map(|part| total * part / sum).collect(),
            decays: at[self.decay()..self.half()].iter().map(|one| logistic(*one)).collect(),
            halves: common(self.half(), prior.half),
            slopes: common(self.slope(), prior.slope),
            coefficients: at[self.column()..self.error()].to_vec(),
            error: prior.error_min + at[self.error()].exp(),
            memory: at[self.memory()].tanh(),
        }
    }
}

/// The inverse of the logit.
pub(super) fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// `ln(1 + e^x)`.
pub(super) fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

//! The logarithm of the posterior density and its exact gradient.
//!
//! `y_t = Σ_j γ_j Q_tj + Σ_i m_i (f_i,t − 1) + e_t`, with `f` a channel's saturated, adstocked spend over
//! its mean, `m` its share of sales, and `e` an error of which each step keeps `ρ` of the last.

use std::array::from_fn;

use pulp::{Arch, Simd, WithSimd};

use super::curve::{ChannelCurve, Curve, Parts, Shape, add, dot};
use super::elementary::TINY;
use super::point::{Evidence, Layout, Point, logistic, softplus};
use super::prior::{Normal, Prior};

/// Channels whose carry-over is followed side by side: each step waits for the one before.
const ABREAST: usize = 4;

/// The density over the unconstrained vector, with room for its work.
#[derive(Clone, Debug)]
pub(super) struct Density {
    pub layout: Layout,
    pub prior: Prior,
    evidence: Evidence,
    arch: Arch,
    ones: Vec<f64>,
    /// A channel each, filled up to a multiple of [`ABREAST`].
    spends: Vec<Vec<f64>>,
    curves: Vec<Curve>,
    errors: Vec<f64>,
    pull: Vec<f64>,
}

/// The likelihood in the widest vector instructions that there are.
struct Likelihood<'a> {
    density: &'a mut Density,
    point: &'a Point,
    at: &'a [f64],
    gradient: &'a mut [f64],
    by: &'a mut [Parts],
}

impl WithSimd for Likelihood<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let Likelihood { density, point, at, gradient, by } = self;
        // What has four lanes or more has fused instructions, too.
        match size_of::<S::f64s>() >= 4 * size_of::<f64>() {
            true => density.likelihood::<S, true>(simd, point, at, gradient, by),
            false => density.likelihood::<S, false>(simd, point, at, gradient, by),
        }
    }
}

impl Density {
    /// The density given this evidence.
    pub fn new(evidence: &Evidence, prior: Prior) -> Density {
        let steps = evidence.target.len();
        let (channels, columns) = (evidence.spends.len(), evidence.columns.len());
        let mut spends = evidence.spends.clone();
        spends.resize(channels.next_multiple_of(ABREAST), vec![0.0; steps]);
        Density {
            layout: Layout { channels, columns },
            prior,
            evidence: evidence.clone(),
            arch: Arch::new(),
            ones: vec![1.0; steps],
            curves: vec![Curve::of(steps); spends.len()],
            spends,
            errors: vec![0.0; steps],
            pull: vec![0.0; steps],
        }
    }

    /// The logarithm of the density at a vector, but for a constant; fills its gradient.
    pub fn evaluate(&mut self, at: &[f64], gradient: &mut [f64]) -> f64 {
        gradient.fill(0.0);
        let (layout, k) = (self.layout, self.layout.channels);
        let point = layout.point(at, &self.prior);
        let mut by = vec![Parts::default(); k];
        let mut density = 0.0;
        if !self.evidence.target.is_empty() {
            let (arch, point) = (self.arch, &point);
            let (gradient, by) = (&mut *gradient, &mut by[..]);
            density += arch.dispatch(Likelihood { density: self, point, at, gradient, by });
        }
        let share: f64 = by.iter().zip(&point.shares).map(|(by, share)| by.value * share).sum();
        let (half, slope) = (self.prior.half, self.prior.slope);
        for (channel, by) in by.iter().enumerate() {
            let (m, d) = (point.shares[channel], point.decays[channel]);
            gradient[channel] += by.value * m - share * m / point.total;
            gradient[layout.decay() + channel] += by.by_decay * d * (1.0 - d);
            gradient[layout.half() + channel] += half.own * by.by_half;
            gradient[layout.half() + k] += half.shared * by.by_half;
            gradient[layout.slope() + channel] += slope.own * by.by_slope;
            gradient[layout.slope() + k] += slope.shared * by.by_slope;
        }
        gradient[layout.total()] += (1.0 - point.total) * share;
        density + self.believe(&point, at, gradient)
    }

    /// The log-likelihood of the steps and the lift tests; fills the derivatives of each channel by its share,
    /// carry-over and the logarithms of its half-saturation and slope.
    #[inline(always)]
    fn likelihood<S: Simd, const FUSED: bool>(
        &mut self,
        simd: S,
        point: &Point,
        at: &[f64],
        gradient: &mut [f64],
        by: &mut [Parts],
    ) -> f64 {
        self.carry(point);
        let per_step = 1.0 / self.ones.len() as f64;
        let mut found = Vec::with_capacity(by.len());
        self.errors.copy_from_slice(&self.evidence.target);
        add(&mut self.errors, &self.ones, point.total);
        for (channel, share) in point.shares.iter().enumerate() {
            let (shape, curve) = (Shape::of(point, channel), &mut self.curves[channel]);
            curve.saturate::<FUSED>(&shape);
            let mean = curve.weighed(simd, &shape, &self.ones).times(per_step);
            let scale = if mean.value > TINY { share / mean.value } else { 0.0 };
            add(&mut self.errors, &curve.value, -scale);
            found.push(ChannelCurve { mean, scale });
        }
        for (column, by) in self.evidence.columns.iter().zip(&point.coefficients) {
            add(&mut self.errors, column, -by);
        }
        let mut density = self.pull(point, at, gradient);
        let all = dot(&self.pull, &self.ones);
        for (channel, found) in found.iter().enumerate() {
            let (mean, scale) = (&found.mean, found.scale);
            let shape = Shape::of(point, channel);
            let pulled = self.curves[channel].weighed(simd, &shape, &self.pull);
            let level = if scale > 0.0 { pulled.value / mean.value } else { 0.0 };
            by[channel] = Parts {
                value: level - all,
                by_decay: scale * (pulled.by_decay - level * mean.by_decay),
                by_half: scale * (pulled.by_half - level * mean.by_half),
                by_slope: scale * (pulled.by_slope - level * mean.by_slope),
            };
        }
        let places = &mut gradient[self.layout.column()..self.layout.error()];
        for (place, column) in places.iter_mut().zip(&self.evidence.columns) {
            *place += dot(column, &self.pull);
        }
        for lift in &self.evidence.lifts {
            density += lift.judge(point, &found[lift.channel], &mut by[lift.channel]);
        }
        density
    }

    /// The adstocks, and their derivatives by the carry-over.
    #[inline(always)]
    fn carry(&mut self, point: &Point) {
        let steps = self.ones.len();
        let decays = point.decays.chunks(ABREAST);
        let room = self.curves.chunks_exact_mut(ABREAST);
        for ((spends, some), curves) in self.spends.chunks_exact(ABREAST).zip(decays).zip(room) {
            let decay: [f64; ABREAST] = from_fn(|at| some.get(at).copied().unwrap_or(0.0));
            let spends: [&[f64]; ABREAST] = from_fn(|at| &spends[at][..steps]);
            let mut curves = curves.iter_mut();
            let room: [(&mut [f64], &mut [f64]); ABREAST] = from_fn(|_| {
                let curve =
                    curves.next().map(|one| (&mut one.stock[..steps], &mut one.slide[..steps]));
                curve.unwrap_or_default()
            });
            let (mut stock, mut slide) = ([0.0; ABREAST], [0.0; ABREAST]);
            #[expect(
                clippy::needless_range_loop,
                reason = "channels go side by side, step by step"
            )]
            for step in 0..steps {
                for at in 0..ABREAST {
                    let spend = spends[at][step];
                    slide[at] = stock[at] - spend + decay[at] * slide[at];
                    stock[at] = (1.0 - decay[at]) * spend + decay[at] * stock[at];
                    room[at].0[step] = stock[at];
                    room[at].1[step] = slide[at];
                }
            }
        }
    }

    /// The density of the errors, its derivatives by what is expected of each step (kept), by the
    /// errors' deviation and by their memory.
    #[inline(always)]
    fn pull(&mut self, point: &Point, at: &[f64], gradient: &mut [f64]) -> f64 {
        let (memory, deviation) = (point.memory, point.error);
        let (variance, kept) = (deviation * deviation, 1.0 - memory * memory);
        let errors = &self.errors;
        let new = |step: usize| errors[step] - memory * errors[step - 1];
        let steps = errors.len();
        let (mut squares, mut cross) =
            (kept * errors[0] * errors[0], memory * errors[0] * errors[0]);
        for step in 1..steps {
            squares += new(step) * new(step);
            cross += new(step) * errors[step - 1];
        }
        for step in 0..steps {
            let own = if step == 0 { kept * errors[0] } else { new(step) };
            let next = if step + 1 < steps { new(step + 1) } else { 0.0 };
            self.pull[step] = (own - memory * next) / variance;
        }
        let count = steps as f64;
        gradient[self.layout.error()] +=
            (squares / variance - count) / deviation * at[self.layout.error()].exp();
        gradient[self.layout.memory()] += kept * cross / variance - memory;
        -count * deviation.ln() - at[self.layout.memory()].cosh().ln() - squares / (2.0 * variance)
    }

    /// The prior, as a log-density of the unconstrained vector.
    fn believe(&self, point: &Point, at: &[f64], gradient: &mut [f64]) -> f64 {
        let (layout, prior) = (self.layout, &self.prior);
        let k = layout.channels;
        let mut density = 0.0;
        for channel in 0..k {
            let part = at[channel].exp();
            density += prior.split[channel] * at[channel] - part;
            gradient[channel] += prior.split[channel] - part;
        }
        let mut share = |place: usize, (left, right): (f64, f64)| {
            let value = logistic(at[place]);
            density -= left * softplus(-at[place]) + right * softplus(at[place]);
            gradient[place] += left - (left + right) * value;
        };
        share(layout.total(), prior.total);
        (layout.decay()..layout.half()).for_each(|place| share(place, prior.decay));
        let mut normal = |place: usize, of: Normal| {
            let off = (at[place] - of.mean) / of.sd;
            density -= off * off / 2.0;
            gradient[place] -= off / of.sd;
        };
        let standard = Normal { mean: 0.0, sd: 1.0 };
        (layout.half()..layout.column()).for_each(|place| normal(place, standard));
        for place in layout.column()..layout.error() {
            let level = place == layout.column();
            normal(place, if level { prior.level } else { prior.coefficient });
        }
        normal(layout.memory(), prior.memory);
        let off = (point.error - prior.error_min) / prior.error;
        density += at[layout.error()] - off * off / 2.0;
        gradient[layout.error()] += 1.0 - off * off;
        density
    }
}

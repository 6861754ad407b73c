//! Saturation of a channel's steps, with its derivatives. Loops run over steps, so that they become
//! vector instructions.

use pulp::Simd;

use super::elementary::{TINY, exp, ln};
use super::point::{Lift, Point};

/// Steps that a sum goes over side by side.
const LANES: usize = 4;

/// A figure of a channel's saturation, and its derivatives by carry-over, by the logarithm of the
/// half-saturation and by that of the slope.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Parts {
    pub value: f64,
    pub by_decay: f64,
    pub by_half: f64,
    pub by_slope: f64,
}

/// A channel's steps.
#[derive(Clone, Debug, Default)]
pub(super) struct Curve {
    /// Adstock; once it is saturated, its logarithm over the half-saturation.
    pub stock: Vec<f64>,
    /// The derivative of the adstock by the carry-over; once it is saturated, over the adstock.
    pub slide: Vec<f64>,
    /// Saturation, 0 to 1.
    pub value: Vec<f64>,
}

/// The shape by which a channel's adstock is saturated.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub half_ln: f64,
    pub slope: f64,
}

impl Shape {
    /// That of a channel.
    pub fn of(point: &Point, channel: usize) -> Shape {
        Shape { half_ln: point.halves[channel].ln(), slope: point.slopes[channel] }
    }

    /// Saturation of a steady spend.
    pub fn steady(&self, spend: f64) -> Parts {
        let over = ln::<false>(spend.max(TINY)) - self.half_ln;
        let value = 1.0 / (1.0 + exp::<false>(-self.slope * over));
        let bend = self.slope * value * (1.0 - value);
        Parts { value, by_decay: 0.0, by_half: -bend, by_slope: bend * over }
    }
}

impl Curve {
    /// Room for this many steps.
    pub fn of(steps: usize) -> Curve {
        let room = || vec![0.0; steps];
        Curve { stock: room(), slide: room(), value: room() }
    }

    /// Saturates the adstocks. In two loops: the processor has more steps of a shorter one under
    /// way.
    #[inline(always)]
    pub fn saturate<const FUSED: bool>(&mut self, shape: &Shape) {
        let steps = self.value.len();
        let (stock, slide) = (&mut self.stock[..steps], &mut self.slide[..steps]);
        for step in 0..steps {
            let safe = if stock[step] > TINY { stock[step] } else { TINY };
            stock[step] = ln::<FUSED>(safe) - shape.half_ln;
            slide[step] /= safe;
        }
        for (value, over) in self.value.iter_mut().zip(stock) {
            *value = 1.0 / (1.0 + exp::<FUSED>(-shape.slope * *over));
        }
    }

    /// The sum over the steps, weighed. Written in vector instructions, as compilers do not find four
    /// sums at once.
    #[inline(always)]
    pub fn weighed<S: Simd>(&self, simd: S, shape: &Shape, weights: &[f64]) -> Parts {
        let (weights, rest) = S::as_simd_f64s(weights);
        let (values, value) = S::as_simd_f64s(&self.value);
        let (slides, slide) = S::as_simd_f64s(&self.slide);
        let (overs, over) = S::as_simd_f64s(&self.stock);
        let (none, one) = (simd.splat_f64s(0.0), simd.splat_f64s(1.0));
        let mut sums = [none; 4];
        let mut take = |weight, value, slide, over| {
            let weighed = simd.mul_f64s(weight, value);
            let bend = simd.mul_f64s(weighed, simd.sub_f64s(one, value));
            sums[0] = simd.add_f64s(sums[0], weighed);
            sums[1] = simd.mul_add_e_f64s(bend, slide, sums[1]);
            sums[2] = simd.add_f64s(sums[2], bend);
            sums[3] = simd.mul_add_e_f64s(bend, over, sums[3]);
        };
        for (((weight, value), slide), over) in weights.iter().zip(values).zip(slides).zip(overs) {
            take(*weight, *value, *slide, *over);
        }
        let few = |few| simd.partial_load_f64s(few);
        take(few(rest), few(value), few(slide), few(over));
        Parts {
            value: simd.reduce_sum_f64s(sums[0]),
            by_decay: shape.slope * simd.reduce_sum_f64s(sums[1]),
            by_half: -shape.slope * simd.reduce_sum_f64s(sums[2]),
            by_slope: shape.slope * simd.reduce_sum_f64s(sums[3]),
        }
    }
}

impl Parts {
    /// Each part times a number.
    pub fn times(self, by: f64) -> Parts {
        Parts {
            value: self.value * by,
            by_decay: self.by_decay * by,
            by_half: self.by_half * by,
            by_slope: self.by_slope * by,
        }
    }
}

/// A channel's curve over the steps.
pub(super) struct ChannelCurve {
    /// The means over the steps.
    pub mean: Parts,
    /// Share of sales over the mean of the curve.
    pub scale: f64,
}

impl Lift {
    /// The log-likelihood of the test under the curve; adds the derivatives by share, carry-over and the
    /// logarithms of half-saturation and slope. A steady spend is its own adstock.
    pub fn judge(&self, point: &Point, found: &ChannelCurve, by: &mut Parts) -> f64 {
        let shape = Shape::of(point, self.channel);
        let (treated, control) = (shape.steady(self.treated), shape.steady(self.control));
        let rise = treated.value - control.value;
        let off = (self.lift - found.scale * rise) / self.error;
        let (pull, mean) = (off / self.error, &found.mean);
        let level = if found.scale > 0.0 { rise / mean.value } else { 0.0 };
        let scaled = pull * found.scale;
        by.value += pull * level;
        by.by_decay -= scaled * level * mean.by_decay;
        by.by_half += scaled * (treated.by_half - control.by_half - level * mean.by_half);
        by.by_slope += scaled * (treated.by_slope - control.by_slope - level * mean.by_slope);
        -off * off / 2.0
    }
}

/// The sum of products; of lengths that differ, the shorter.
#[inline(always)]
pub(super) fn dot(left: &[f64], right: &[f64]) -> f64 {
    let mut sums = [0.0; LANES];
    let (lefts, rights) = (left.chunks_exact(LANES), right.chunks_exact(LANES));
    let rest = lefts.remainder().iter().zip(rights.remainder()).map(|(l, r)| l * r).sum::<f64>();
    for (l, r) in lefts.zip(rights) {
        for lane in 0..LANES {
            sums[lane] += l[lane] * r[lane];
        }
    }
    sums.iter().sum::<f64>() + rest
}

/// Adds a multiple.
#[inline(always)]
pub(super) fn add(to: &mut [f64], values: &[f64], by: f64) {
    to.iter_mut().zip(values).for_each(|(sum, value)| *sum += by * value);
}

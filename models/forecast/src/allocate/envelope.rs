//! The smallest concave function above a curve on a range.

use super::Curve;

/// A curve between two bounds, with its convex part bridged by a straight line.
#[derive(Clone, Copy)]
pub(super) struct Envelope<'a> {
    pub curve: &'a dyn Curve,
    pub low: f64,
    pub high: f64,
    /// Where the line ends and the curve goes on; `low` where there is no line.
    knee: f64,
    /// The line's slope.
    rise: f64,
}

const PRICE_MAX: f64 = 1e15;

impl<'a> Envelope<'a> {
    pub fn of(curve: &'a dyn Curve, low: f64, high: f64) -> Envelope<'a> {
        let mut envelope = Envelope { curve, low, high, knee: low, rise: 0.0 };
        if !curve.is_concave() && high > low {
            envelope.knee = envelope.find_knee();
            let run = envelope.knee - low;
            if run > 0.0 {
                envelope.rise = (curve.value(envelope.knee) - curve.value(low)) / run;
            }
        }
        envelope
    }

    /// The point whose tangent passes through the curve's point at `low`; `low` where the curve is
    /// concave from there, `high` where it is convex up to there.
    fn find_knee(&self) -> f64 {
        let base = self.curve.value(self.low);
        let above =
            |at: f64| self.curve.value(at) - base >= self.curve.marginal(at) * (at - self.low);
        let (mut low, mut high) = (self.low + (self.high - self.low) * 1e-7, self.high);
        if above(low) {
            return self.low;
        }
        if !above(high) {
            return self.high;
        }
        for _ in 0..200 {
            let middle = f64::midpoint(low, high);
            if above(middle) {
                high = middle;
            } else {
                low = middle;
            }
            if high - low <= 1e-13 * high {
                break;
            }
        }
        high
    }

    pub fn value(&self, spend: f64) -> f64 {
        if spend < self.knee {
            return self.curve.value(self.low) + self.rise * (spend - self.low);
        }
        self.curve.value(spend)
    }

    pub fn marginal(&self, spend: f64) -> f64 {
        if spend < self.knee { self.rise } else { self.curve.marginal(spend).min(PRICE_MAX) }
    }

    /// The spend whose next unit brings less than `price` while the one before did not; it lies
    /// within `bracket`.
    pub fn spend_at(&self, price: f64, bracket: (f64, f64)) -> f64 {
        if self.knee > self.low && price >= self.rise {
            return self.low;
        }
        let (mut low, mut high) = (bracket.0.max(self.knee), bracket.1.max(self.knee));
        let (mut over, mut under) = (self.marginal(low) - price, self.marginal(high) - price);
        if over <= 0.0 {
            return low;
        }
        if under >= 0.0 {
            return high;
        }
        // False position, with the end that stays put halved, and a bisection now and then.
        let mut side = 0i8;
        for round in 0..200 {
            if high - low <= 1e-12 * high {
                break;
            }
            let cut = match round % 4 {
                3 => f64::midpoint(low, high),
                _ => low + (high - low) * over / (over - under),
            };
            let at = if cut > low && cut < high { cut } else { f64::midpoint(low, high) };
            let rest = self.marginal(at) - price;
            if rest > 0.0 {
                (low, over) = (at, rest);
                under = if side == 1 { under / 2.0 } else { under };
                side = 1;
            } else {
                (high, under) = (at, rest);
                over = if side == -1 { over / 2.0 } else { over };
                side = -1;
            }
        }
        f64::midpoint(low, high)
    }
}

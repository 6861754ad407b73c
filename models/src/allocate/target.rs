//! The wanted ratio of response to spend.

use super::price::{Market, Point};

impl Market<'_> {
    /// The largest spend of at most `budget` along the optimum whose bound is at least `ratio`
    /// times it; the best ratio met, where there is none.
    pub fn spend_for_ratio(&self, budget: f64, ratio: f64) -> Result<Point, f64> {
        let surplus = |point: &Point| self.bound(&point.spends) - ratio * point.total();
        let all = self.spend(budget, 0.0);
        let slack = 1e-9 * (1.0 + self.bound(&all.spends));
        if surplus(&all) >= -slack {
            return Ok(all);
        }
        // The surplus is largest where a further unit brings just the ratio.
        let best = self.spend(budget, ratio);
        if surplus(&best) < -slack {
            let total = best.total();
            return Err(if total > 0.0 { self.bound(&best.spends) / total } else { 0.0 });
        }
        Ok(self.bisect(best, all, |point| surplus(point) >= 0.0, surplus))
    }
}

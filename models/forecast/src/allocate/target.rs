//! The wanted ratio of response to spend.

use super::price::{Market, Point};

impl Market<'_> {
    /// The largest spend of at most `budget` along the optimum that brings, beyond what comes without
    /// any, at least `ratio` times itself; the best ratio met, where there is none.
    pub fn spend_for_ratio(&self, budget: f64, ratio: f64) -> Result<Point, f64> {
        let origin = self.origin();
        let brought = |point: &Point| self.bound(&point.spends) - origin;
        let surplus = |point: &Point| brought(point) - ratio * point.total();
        let all = self.spend(budget, 0.0);
        let slack = 1e-9 * (1.0 + self.bound(&all.spends));
        if surplus(&all) >= -slack {
            return Ok(all);
        }
        // The surplus is largest where a further unit brings just the ratio.
        let best = self.spend(budget, ratio);
        if surplus(&best) < -slack {
            return Err(brought(&best) / best.total());
        }
        if best.total() <= 1e-12 * budget {
            return Err(self.dearest());
        }
        Ok(self.bisect(best, all, |point| surplus(point) >= 0.0, surplus))
    }
}

//! Errors on steps that were left out, and refits on resampled errors.

use stratum_models::chance::Chance;

use super::design::{Basis, dot};
use super::fit::{Draw, Prepared, Response, media};
use super::search::Shape;

/// Neighbouring steps that are left out in turn.
pub(super) struct Blocks {
    rows: Vec<Vec<bool>>,
    bases: Vec<Basis>,
}

impl Blocks {
    pub fn of(prepared: &Prepared, blocks: usize) -> Blocks {
        let steps = prepared.target.len();
        let blocks = blocks.clamp(2, steps.max(2));
        let kept = |block: usize| (0..steps).map(|step| step * blocks / steps != block).collect();
        let rows: Vec<Vec<bool>> = (0..blocks).map(kept).collect();
        let bases = rows.iter().map(|rows| Basis::of(&prepared.columns, rows)).collect();
        Blocks { rows, bases }
    }

    /// The error on each step, by a fit that has not seen its block.
    pub fn errors(&self, prepared: &Prepared, shapes: &[Shape], ridge: f64) -> Vec<f64> {
        let mut errors = vec![0.0; prepared.target.len()];
        for (rows, basis) in self.rows.iter().zip(&self.bases) {
            let problem = prepared.problem(rows, basis, &prepared.target, ridge, true);
            let solution = problem.solve(shapes);
            let coefficients = prepared.control_coefficients(&solution, rows);
            let media = media(&prepared.spends, &solution.shapes, &solution.tops);
            for step in (0..errors.len()).filter(|step| !rows[*step]) {
                let columns = prepared.columns.iter().zip(&coefficients);
                let rest: f64 = columns.map(|(column, by)| column[step] * by).sum();
                let brought = media.get(step).copied().unwrap_or(0.0);
                errors[step] = prepared.target[step] - rest - brought;
            }
        }
        errors
    }
}

/// The distance within which this share of errors lies, by the rule of split-conformal intervals:
/// the `ceil((n + 1) * level)`-th smallest. The largest where there are too few.
pub(super) fn quantile(errors: &[f64], level: f64) -> f64 {
    let mut sizes: Vec<f64> = errors.iter().map(|error| error.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let rank = ((sizes.len() + 1) as f64 * level).ceil() as usize;
    sizes.get(rank.saturating_sub(1)).or(sizes.last()).copied().unwrap_or(0.0)
}

impl Prepared {
    /// Refits on the fitted values with blocks of errors thrown on them anew.
    pub(super) fn resample(&self, response: &Response, free: bool) -> Vec<Draw> {
        let config = &response.config;
        let rows = vec![true; self.target.len()];
        let basis = Basis::of(&self.columns, &rows);
        let media = media(&self.spends, &response.shapes, &response.tops);
        let fitted: Vec<f64> = (0..self.target.len())
            .map(|step| {
                let columns = self.columns.iter().zip(&response.coefficients);
                columns.map(|(column, by)| column[step] * by).sum::<f64>()
                    + media.get(step).copied().unwrap_or(0.0)
            })
            .collect();
        let errors = self.inflated_errors(&fitted, basis.len());
        let mut chance = Chance::new(config.seed);
        let draw = |_| {
            let thrown = throw(&errors, config.draw_steps, &mut chance);
            let target: Vec<f64> = fitted.iter().zip(&thrown).map(|(f, e)| f + e).collect();
            let problem = self.problem(&rows, &basis, &target, response.ridge, free);
            let solution = problem.refine(&response.shapes, 2);
            Draw { shapes: solution.shapes, tops: solution.tops }
        };
        (0..config.draws).map(draw).collect()
    }

    /// Errors of the fit, larger by what the parameters took away.
    fn inflated_errors(&self, fitted: &[f64], directions: usize) -> Vec<f64> {
        let steps = self.target.len() as f64;
        let count = (directions + 3 * self.spends.len()) as f64;
        let by = (steps / (steps - count).max(1.0)).sqrt();
        let errors: Vec<f64> = self.target.iter().zip(fitted).map(|(y, f)| y - f).collect();
        let mean = dot(&errors, &vec![1.0; errors.len()]) / steps;
        errors.iter().map(|error| (error - mean) * by).collect()
    }
}

/// Blocks of neighbouring errors, drawn until all steps have one.
fn throw(errors: &[f64], block: usize, chance: &mut Chance) -> Vec<f64> {
    let block = block.clamp(1, errors.len().max(1));
    let mut thrown = Vec::with_capacity(errors.len() + block);
    while thrown.len() < errors.len() {
        let start = chance.below(errors.len() - block + 1);
        thrown.extend_from_slice(&errors[start..start + block]);
    }
    thrown.truncate(errors.len());
    thrown
}

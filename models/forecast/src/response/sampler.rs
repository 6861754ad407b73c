//! Draws from the posterior: four chains of the no-U-turn sampler.

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use nuts_rs::rand::rngs::ChaCha8Rng;
use nuts_rs::rand::{Rng, RngExt as _, SeedableRng as _};
use nuts_rs::{
    Chain as _, CpuLogpFunc, CpuMath, CpuMathError, DiagNutsSettings, HasDims, LogpError,
    Settings as _,
};

use super::density::Density;
use super::diagnostics::{Diagnostics, agreement};
use super::point::{Layout, Point};
use super::series::ResponseError;

/// Chains that must agree.
pub(super) const CHAINS: usize = 4;
const DEPTH_MAX: u64 = 9;

/// The plan of chains: their lengths, and where they begin.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub tune: usize,
    pub draws: usize,
    pub seed: u64,
    pub threads: usize,
    /// Gradients that a chain may take; a density that asks for more has no shape to be sampled.
    pub gradients_max: usize,
}

/// Draws, and how good they are.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    /// Of all chains, one after the other.
    pub points: Vec<Point>,
    pub diagnostics: Diagnostics,
}

/// Told the share that is done; answers whether to go on.
pub type Watch<'a> = &'a (dyn Fn(f64) -> bool + Sync);

/// A density that is no number at a point; the sampler steps back from there.
#[derive(Debug, thiserror::Error)]
#[error("the density is no number here")]
pub(super) struct NoDensity;

impl LogpError for NoDensity {
    fn is_recoverable(&self) -> bool {
        true
    }
}

impl HasDims for Density {
    fn dim_sizes(&self) -> std::collections::HashMap<String, u64> {
        [("unconstrained_parameter".to_owned(), self.layout.len() as u64)].into()
    }
}

impl CpuLogpFunc for Density {
    type LogpError = NoDensity;
    type FlowParameters = Infallible;
    type ExpandedVector = Vec<f64>;

    fn dim(&self) -> usize {
        self.layout.len()
    }

    fn logp(&mut self, position: &[f64], gradient: &mut [f64]) -> Result<f64, NoDensity> {
        let density = self.evaluate(position, gradient);
        let fine = density.is_finite() && gradient.iter().all(|one| one.is_finite());
        if fine { Ok(density) } else { Err(NoDensity) }
    }

    fn expand_vector<R: Rng + ?Sized>(
        &mut self,
        _chance: &mut R,
        position: &[f64],
    ) -> Result<Vec<f64>, CpuMathError> {
        Ok(position.to_vec())
    }
}

/// The result of a chain.
struct Run {
    positions: Vec<Box<[f64]>>,
    divergences: usize,
    gradients: usize,
}

/// Samples; once more and more carefully where the first draws are not good. `start` is the part
/// of a chain's first position that is known: level and columns, and the error's logarithm.
pub(super) fn sample(
    density: &Density,
    start: &[f64],
    plan: &Plan,
    watch: Watch,
) -> Result<Sample, ResponseError> {
    let first = attempt(density, start, plan, 0.8, watch)?;
    if first.diagnostics.good() {
        return Ok(first);
    }
    let longer = Plan { tune: 2 * plan.tune, seed: plan.seed ^ 1, ..plan.clone() };
    let again = attempt(density, start, &longer, 0.95, watch)?;
    if again.diagnostics.usable() { Ok(again) } else { Err(ResponseError::Disagreement) }
}

fn attempt(
    density: &Density,
    start: &[f64],
    plan: &Plan,
    target_accept: f64,
    watch: Watch,
) -> Result<Sample, ResponseError> {
    let (done, stopped) = (AtomicUsize::new(0), AtomicBool::new(false));
    let all = CHAINS * (plan.tune + plan.draws);
    let go_on = || {
        let share = done.fetch_add(1, Ordering::Relaxed) as f64 / all as f64;
        if !watch(share) {
            stopped.store(true, Ordering::Relaxed);
        }
        !stopped.load(Ordering::Relaxed)
    };
    let work = |chain: usize| chain_of(density, start, plan, target_accept, chain, &go_on);
    let threads = plan.threads.clamp(1, CHAINS);
    let runs: Vec<Result<Run, ResponseError>> = std::thread::scope(|scope| {
        let share = |thread: usize| {
            scope
                .spawn(move || (thread..CHAINS).step_by(threads).map(|at| (at, work(at))).collect())
        };
        let spawned: Vec<_> = (0..threads).map(share).collect();
        let joined = spawned.into_iter().map(|one| one.join());
        let mut runs: Vec<(usize, Result<Run, ResponseError>)> =
            joined.flat_map(|one: Result<Vec<_>, _>| one.unwrap_or_default()).collect();
        runs.sort_by_key(|(chain, _)| *chain);
        runs.into_iter().map(|(_, run)| run).collect()
    });
    if stopped.load(Ordering::Relaxed) {
        return Err(ResponseError::Stopped);
    }
    let runs = runs.into_iter().collect::<Result<Vec<Run>, _>>()?;
    if runs.len() < CHAINS {
        return Err(ResponseError::Disagreement);
    }
    Ok(judge(density, &runs))
}

fn chain_of(
    density: &Density,
    start: &[f64],
    plan: &Plan,
    target_accept: f64,
    chain: usize,
    go_on: &dyn Fn() -> bool,
) -> Result<Run, ResponseError> {
    let mut settings = DiagNutsSettings {
        num_tune: plan.tune as u64,
        num_draws: plan.draws as u64,
        maxdepth: DEPTH_MAX,
        ..DiagNutsSettings::default()
    };
    settings.adapt_options.step_size_settings.target_accept = target_accept;
    let mut chance = ChaCha8Rng::seed_from_u64(plan.seed);
    chance.set_stream(chain as u64);
    let position = first(density.layout, start, &mut chance);
    let failed = |_| ResponseError::Disagreement;
    let math = CpuMath::new(density.clone());
    let mut sampler = settings.new_chain(chain as u64, math, &mut chance).map_err(failed)?;
    sampler.set_position(&position).map_err(failed)?;
    let mut run = Run { positions: Vec::with_capacity(plan.draws), divergences: 0, gradients: 0 };
    for draw in 0..plan.tune + plan.draws {
        if !go_on() {
            return Err(ResponseError::Stopped);
        }
        let (position, progress) = sampler.draw().map_err(failed)?;
        run.gradients += progress.num_gradients as usize;
        if run.gradients > plan.gradients_max {
            return Err(ResponseError::Disagreement);
        }
        if draw >= plan.tune {
            run.divergences += usize::from(progress.diverging);
            run.positions.push(position);
        }
    }
    Ok(run)
}

/// Where a chain begins. What is not known is moved by chance, so that no chain begins where
/// another does, nor where a derivative is exactly 0, which the sampler refuses.
fn first(layout: Layout, start: &[f64], chance: &mut ChaCha8Rng) -> Vec<f64> {
    let mut position: Vec<f64> =
        (0..layout.column()).map(|_| chance.random_range(-0.5..0.5)).collect();
    position[layout.total()] -= 1.2;
    position[layout.decay()..layout.half()].iter_mut().for_each(|decay| *decay -= 0.8);
    position.extend_from_slice(start);
    position.push(0.0);
    position
}

fn judge(density: &Density, runs: &[Run]) -> Sample {
    let point = |position: &[f64]| density.layout.point(position, &density.prior);
    let points = |run: &Run| run.positions.iter().map(|position| point(position)).collect();
    let chains: Vec<Vec<Point>> = runs.iter().map(points).collect();
    let of = |figure: &dyn Fn(&Point) -> f64| {
        let figures: Vec<Vec<f64>> =
            chains.iter().map(|chain| chain.iter().map(figure).collect()).collect();
        agreement(&figures)
    };
    let mut worst = of(&|point| point.total);
    for channel in 0..density.layout.channels {
        let (r_hat, draws) = of(&|point| point.shares[channel]);
        worst = (worst.0.max(r_hat), worst.1.min(draws));
    }
    let draws: usize = runs.iter().map(|run| run.positions.len()).sum();
    let diverged: usize = runs.iter().map(|run| run.divergences).sum();
    Sample {
        points: chains.into_iter().flatten().collect(),
        diagnostics: Diagnostics {
            r_hat: worst.0,
            effective_draws: worst.1,
            divergences: diverged as f64 / draws.max(1) as f64,
            gradients: runs.iter().map(|run| run.gradients).sum(),
        },
    }
}

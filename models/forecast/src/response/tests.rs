//! The density, its gradient and the sampler against what must hold of them.

use nuts_rs::rand::SeedableRng as _;
use nuts_rs::rand::rngs::ChaCha8Rng;
use rand_distr::{Beta, Distribution as _, Gamma, StandardNormal};

use super::density::Density;
use super::design::Basis;
use super::diagnostics::quantile;
use super::fit::start;
use super::hill::{Hill, adstock};
use super::point::{Evidence, Layout, Lift, Point};
use super::prior::{Common, Prior};
use super::sampler::{Plan, sample};
use super::series::{Series, Spend, Step};

fn normal(chance: &mut ChaCha8Rng) -> f64 {
    StandardNormal.sample(chance)
}

/// Spends with steps of nothing among them, columns, and a target of noise.
fn evidence(steps: usize, channels: usize, chance: &mut ChaCha8Rng) -> Evidence {
    let mut spend = |channel: usize| -> Vec<f64> {
        let amounts = (0..steps).map(|step| match (step + channel) % 5 {
            0 if channel.is_multiple_of(2) => 0.0,
            _ => (0.5 * normal(chance)).exp(),
        });
        let amounts: Vec<f64> = amounts.collect();
        let mean = amounts.iter().sum::<f64>() / steps.max(1) as f64;
        amounts.iter().map(|amount| amount / mean).collect()
    };
    let spends = (0..channels).map(&mut spend).collect();
    let at = |step: usize| step as f64 / steps as f64;
    let columns = vec![
        vec![1.0; steps],
        (0..steps).map(at).collect(),
        (0..steps).map(|step| (20.0 * at(step)).sin()).collect(),
    ];
    Evidence {
        target: (0..steps).map(|_| 1.0 + 0.1 * normal(chance)).collect(),
        spends,
        columns: Basis::of(&columns).1,
        lifts: Vec::new(),
    }
}

fn prior(channels: usize) -> Prior {
    let channel = |_| Spend { amounts: vec![1.0], ..Spend::default() };
    let series = Series { channels: (0..channels).map(channel).collect(), ..Series::default() };
    let spent: Vec<usize> = (0..channels).collect();
    Prior::of(&series, &spent, Step::Weekly, None).unwrap()
}

#[test]
fn the_gradient_is_that_of_the_density() {
    let mut chance = ChaCha8Rng::seed_from_u64(3);
    for (channels, steps, lifts) in [(1, 30, 0), (5, 60, 0), (5, 60, 3), (2, 0, 0)] {
        let mut evidence = evidence(steps, channels, &mut chance);
        evidence.lifts = (0..lifts)
            .map(|at| Lift {
                channel: at,
                control: at as f64,
                treated: 1.5,
                lift: 0.02,
                error: 0.01,
            })
            .collect();
        let mut density = Density::new(&evidence, prior(channels));
        let size = density.layout.len();
        let at: Vec<f64> = (0..size).map(|_| 0.4 * normal(&mut chance)).collect();
        let (mut gradient, mut unused) = (vec![0.0; size], vec![0.0; size]);
        density.evaluate(&at, &mut gradient);
        for (place, gradient) in gradient.iter().enumerate() {
            let mut beside = |by: f64| {
                let mut moved = at.clone();
                moved[place] += by;
                density.evaluate(&moved, &mut unused)
            };
            let slope = (beside(1e-5) - beside(-1e-5)) / 2e-5;
            let off = (slope - gradient).abs() / slope.abs().max(1.0);
            assert!(off < 1e-5, "{channels} {steps} {lifts} {place}: {slope} {gradient}");
        }
    }
}

fn plan(draws: usize, seed: u64) -> Plan {
    Plan { tune: draws, draws, seed, threads: 1, gradients_max: 200_000 }
}

#[test]
fn without_steps_the_prior_is_drawn() {
    let nothing =
        Evidence { target: vec![], spends: vec![vec![]; 3], columns: vec![vec![]], lifts: vec![] };
    let density = Density::new(&nothing, prior(3));
    let found = sample(&density, &[1.3, -1.0], &plan(1_000, 4), &|_| true).unwrap();
    let sorted = |figure: &dyn Fn(&Point) -> f64| {
        let mut values: Vec<f64> = found.points.iter().map(figure).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let total = sorted(&|point| point.total);
    // Quantiles of Beta(2, 5).
    for (share, expected) in [(0.05, 0.0628), (0.5, 0.2644), (0.95, 0.5818)] {
        assert!((quantile(&total, share) - expected).abs() < 0.02, "{share}");
    }
    let decay = sorted(&|point| point.decays[1]);
    assert!((quantile(&decay, 0.5) - 0.3131).abs() < 0.03, "{}", quantile(&decay, 0.5));
}

/// Parameters by the prior.
fn believed(prior: &Prior, layout: Layout, chance: &mut ChaCha8Rng) -> Point {
    let beta = |(left, right)| Beta::new(left, right).unwrap();
    let total = beta(prior.total).sample(chance);
    let parts: Vec<f64> =
        prior.split.iter().map(|count| Gamma::new(*count, 1.0).unwrap().sample(chance)).collect();
    let sum: f64 = parts.iter().sum();
    let mut common = |of: Common| -> Vec<f64> {
        let shared = of.mean + of.shared * normal(chance);
        (0..layout.channels).map(|_| (shared + of.own * normal(chance)).exp()).collect()
    };
    let (halves, slopes) = (common(prior.half), common(prior.slope));
    let coefficient = |at: usize| {
        let of = if at == 0 { prior.level } else { prior.coefficient };
        of.mean + of.sd * normal(chance)
    };
    let coefficients = (0..layout.columns).map(coefficient).collect();
    Point {
        total,
        shares: parts.iter().map(|part| total * part / sum).collect(),
        decays: parts.iter().map(|_| beta(prior.decay).sample(chance)).collect(),
        halves,
        slopes,
        coefficients,
        error: prior.error_min + prior.error * normal(chance).abs(),
        memory: (prior.memory.mean + prior.memory.sd * normal(chance)).tanh(),
    }
}

/// A target that these parameters bring.
fn brought(point: &Point, evidence: &Evidence, chance: &mut ChaCha8Rng) -> Vec<f64> {
    let mut target = vec![-point.total; evidence.target.len()];
    for (column, by) in evidence.columns.iter().zip(&point.coefficients) {
        target.iter_mut().zip(column).for_each(|(sum, one)| *sum += by * one);
    }
    for (channel, spend) in evidence.spends.iter().enumerate() {
        let hill = Hill { top: 1.0, half: point.halves[channel], slope: point.slopes[channel] };
        let curve: Vec<f64> =
            adstock(spend, point.decays[channel]).iter().map(|one| hill.value(*one)).collect();
        let mean = curve.iter().sum::<f64>() / curve.len() as f64;
        let share = point.shares[channel];
        target.iter_mut().zip(&curve).for_each(|(sum, one)| *sum += share * one / mean);
    }
    let mut error = point.error / (1.0 - point.memory.powi(2)).sqrt() * normal(chance);
    for value in &mut target {
        *value += error;
        error = point.memory * error + point.error * normal(chance);
    }
    target
}

/// Simulation-based calibration: where parameters come from the prior, the rank of the truth among
/// the draws is any rank as often as another.
#[test]
fn truths_of_the_prior_are_found_at_every_rank() {
    let long = std::env::var_os("STRATUM_SOAK").is_some();
    let (sets, channels, steps) = if long { (150, 6, 104) } else { (12, 3, 60) };
    let (prior, mut bins, mut held, mut all) = (prior(channels), [0.0; 10], 0.0, 0.0);
    for set in 0..sets {
        let mut chance = ChaCha8Rng::seed_from_u64(1_000 + set);
        let mut evidence = evidence(steps, channels, &mut chance);
        let layout = Layout { channels, columns: evidence.columns.len() };
        let truth = believed(&prior, layout, &mut chance);
        evidence.target = brought(&truth, &evidence, &mut chance);
        let density = Density::new(&evidence, prior.clone());
        let found = sample(&density, &start(&evidence), &plan(300, set), &|_| true).unwrap();
        let mut rank = |figure: &dyn Fn(&Point) -> f64| {
            let below = found.points.iter().filter(|point| figure(point) < figure(&truth)).count();
            let share = below as f64 / found.points.len() as f64;
            bins[((share * 10.0) as usize).min(9)] += 1.0;
            held += f64::from(u8::from((0.05..=0.95).contains(&share)));
            all += 1.0;
        };
        (0..channels).for_each(|channel| rank(&|point| point.shares[channel]));
        rank(&|point| point.total);
    }
    let expected = all / 10.0;
    let unevenness: f64 = bins.iter().map(|bin: &f64| (bin - expected).powi(2) / expected).sum();
    println!("ranks {bins:?}, chi-squared {unevenness:.1}, coverage {:.3}", held / all);
    // One in a thousand exceeds 27.9 with nine degrees of freedom.
    assert!(unevenness < 27.9, "{bins:?}");
    let range = if long { 0.87..=0.93 } else { 0.75..=1.0 };
    assert!(range.contains(&(held / all)), "{}", held / all);
}

//! The effects that a platform's campaigns share: weekdays, seasons, holidays, youth, match
//! quality. A penalised quasi-Poisson regression with a logarithmic link in which every campaign
//! keeps a level of its own.

use super::frame::{Frame, WIDTH};
use super::history::History;
use crate::response::solve_spd;

const ROUNDS: usize = 6;
/// The size that effects are expected to have, as a standard deviation of the logarithm.
const EFFECT: f64 = 0.3;
/// No single step of an effect is larger.
const STEP_MAX: f64 = 1.0;
/// Days over which a campaign's level may be another, where the year is not told apart.
const SEGMENT_DAYS: usize = 84;

/// Shared effects with the noise about them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Season {
    pub effects: [f64; WIDTH],
    /// Variance of a day's revenue over its mean.
    pub dispersion: f64,
}

impl Season {
    /// The factor of a day with these features, 1 on average days.
    pub fn factor(&self, features: &[f64; WIDTH]) -> f64 {
        let sum: f64 = self.effects.iter().zip(features).map(|(effect, one)| effect * one).sum();
        sum.clamp(-3.0, 3.0).exp()
    }
}

/// Sums of one round.
struct Round {
    gradient: [f64; WIDTH],
    curvature: Vec<Vec<f64>>,
    /// Squared errors over means, and how many.
    noise: (f64, f64),
}

/// Fits the effects that these campaigns share.
pub(super) fn fit(campaigns: &[(&History, Frame)], yearly: bool) -> Season {
    let mut season = Season { effects: [0.0; WIDTH], dispersion: 1.0 };
    for _ in 0..ROUNDS {
        let mut round = Round {
            gradient: [0.0; WIDTH],
            curvature: vec![vec![0.0; WIDTH]; WIDTH],
            noise: (0.0, 0.0),
        };
        for (history, frame) in campaigns {
            let segment = if yearly { frame.exposure.len().max(1) } else { SEGMENT_DAYS };
            for start in (0..frame.exposure.len()).step_by(segment) {
                let end = (start + segment).min(frame.exposure.len());
                round.add(history, frame, start..end, &season);
            }
        }
        season.dispersion = match round.noise {
            (squares, count) if count > 0.0 && squares > 0.0 => squares / count,
            _ => season.dispersion,
        };
        season.step(round);
    }
    season
}

impl Season {
    fn step(&mut self, mut round: Round) {
        let penalty = self.dispersion / (EFFECT * EFFECT);
        for at in 0..WIDTH {
            round.curvature[at][at] += penalty;
            round.gradient[at] -= penalty * self.effects[at];
        }
        let step = solve_spd(&round.curvature, &round.gradient);
        for (effect, by) in self.effects.iter_mut().zip(step) {
            *effect += by.clamp(-STEP_MAX, STEP_MAX);
        }
    }
}

impl Round {
    fn add(
        &mut self,
        history: &History,
        frame: &Frame,
        days: std::ops::Range<usize>,
        season: &Season,
    ) {
        let speaks = |at: &usize| history.observed[*at] && frame.exposure[*at] > 0.0;
        let days: Vec<(usize, f64)> = days
            .filter(speaks)
            .map(|at| (at, frame.exposure[at] * season.factor(&frame.features[at])))
            .collect();
        let expected: f64 = days.iter().map(|(_, unit)| unit).sum();
        let revenue: f64 = days.iter().map(|(at, _)| history.revenue[*at]).sum();
        if revenue <= 0.0 || expected <= 0.0 {
            return;
        }
        let level = revenue / expected;
        // Features about their mean, as the level goes with them.
        let mut mean = [0.0; WIDTH];
        for (at, unit) in &days {
            let features = &frame.features[*at];
            mean.iter_mut().zip(features).for_each(|(m, one)| *m += one * unit / expected);
        }
        for (at, unit) in days {
            let (mu, error) = (level * unit, history.revenue[at] - level * unit);
            self.noise.0 += error * error / mu;
            self.noise.1 += 1.0;
            self.add_day(&frame.features[at], &mean, mu, error);
        }
    }

    fn add_day(&mut self, features: &[f64; WIDTH], mean: &[f64; WIDTH], mu: f64, error: f64) {
        let mut centred = *features;
        centred.iter_mut().zip(mean).for_each(|(one, m)| *one -= m);
        for row in 0..WIDTH {
            self.gradient[row] += centred[row] * error;
            for column in 0..=row {
                let product = mu * centred[row] * centred[column];
                self.curvature[row][column] += product;
                if column < row {
                    self.curvature[column][row] += product;
                }
            }
        }
    }
}

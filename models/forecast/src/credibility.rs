//! Levels of campaigns, small ones shrunk to their platform: the credibility of a level is what its
//! own noise leaves of how much levels differ.

use super::frame::Frame;
use super::history::History;
use super::season::Season;

/// A campaign's own level with the noise in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct OwnLevel {
    /// Revenue for each unit of exposure on an average day.
    pub value: f64,
    /// The uncertainty of that, relative to a dispersion of 1 and a level of 1.
    pub noise: f64,
}

/// The spread of levels on a platform.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Levels {
    /// Their middle, weighed by exposure.
    pub mean: f64,
    /// Their variance beyond noise.
    pub variance: f64,
    /// Variance of revenue over its mean.
    pub dispersion: f64,
}

/// The level of the frame's first `length` days, a day counting half after each half-life; `None`
/// without any exposure.
pub(super) fn own_level(
    history: &History,
    frame: &Frame,
    season: &Season,
    length: usize,
    half_life: f64,
) -> Option<OwnLevel> {
    let (mut revenue, mut expected, mut squares) = (0.0, 0.0, 0.0);
    let fade = 0.5f64.powf(1.0 / half_life);
    let mut weight = 1.0;
    for at in (0..length).rev() {
        if history.observed[at] {
            let unit = frame.exposure[at] * season.factor(&frame.features[at]);
            revenue += weight * history.revenue[at];
            expected += weight * unit;
            squares += weight * weight * unit;
        }
        weight *= fade;
        if weight < 1e-9 {
            break;
        }
    }
    (expected > 0.0)
        .then(|| OwnLevel { value: revenue / expected, noise: squares / (expected * expected) })
}

impl Levels {
    /// Of these levels, by the method of moments.
    pub fn of(levels: &[OwnLevel], dispersion: f64) -> Levels {
        let weights: f64 = levels.iter().map(|level| 1.0 / level.noise.max(1e-300)).sum();
        let weighed = levels.iter().map(|level| level.value / level.noise.max(1e-300));
        let mean = if weights > 0.0 { weighed.sum::<f64>() / weights } else { 0.0 };
        let count = levels.len().max(1) as f64;
        let spread: f64 = levels.iter().map(|level| (level.value - mean).powi(2)).sum();
        let noise: f64 = levels.iter().map(|level| dispersion * mean * level.noise).sum();
        // With few campaigns the spread itself is uncertain: it is never taken for less than a
        // tenth of the mean.
        let variance = ((spread - noise) / count).max((0.1 * mean).powi(2));
        Levels { mean, variance, dispersion }
    }

    /// The share of a level that is its own, 0 to 1.
    pub fn credibility(&self, level: OwnLevel) -> f64 {
        let noise = self.dispersion * self.mean.max(level.value) * level.noise;
        if self.variance + noise > 0.0 { self.variance / (self.variance + noise) } else { 0.0 }
    }

    /// The level after shrinkage.
    pub fn shrunk(&self, level: OwnLevel) -> f64 {
        let own = self.credibility(level);
        own * level.value + (1.0 - own) * self.mean
    }
}

//! Sales of a shop with a known truth, from a seed, for the tests and benchmarks of response curves.

use std::f64::consts::TAU;

use stratum_models::chance::Chance;

use crate::campaigns::normal;

/// Sales without media.
const BASE: f64 = 1e6;

/// The law by which a shop's sales come about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MediaMix {
    /// Steps of the series.
    pub steps: usize,
    /// Channels.
    pub channels: usize,
    /// Steps are days, with weekdays and a longer carry-over; else weeks.
    pub daily: bool,
    /// The contribution of all channels, as a share of the sales without them.
    pub media: f64,
    /// Standard deviation of a step's error, as a share of the sales without media.
    pub noise: f64,
    /// The part of an error that stays in that of the next step, 0 to below 1.
    pub memory: f64,
    /// Steepness of the saturation.
    pub slope: f64,
    /// The strength with which spend follows the season, 0 to 1.
    pub seasonal: f64,
    /// Standard deviation of the logarithm of a step's spend, but for the season.
    pub spread: f64,
    /// Standard deviation of the change of the sales without media from one step to the next, as a
    /// share of them.
    pub drift: f64,
}

impl Default for MediaMix {
    fn default() -> Self {
        MediaMix {
            steps: 156,
            channels: 8,
            daily: false,
            media: 0.35,
            noise: 0.06,
            memory: 0.0,
            slope: 1.0,
            seasonal: 0.3,
            spread: 0.7,
            drift: 0.0,
        }
    }
}

/// A shop's series and its truth.
#[derive(Clone, Debug, PartialEq)]
pub struct Shop {
    /// Sales a step.
    pub sales: Vec<f64>,
    /// The channels.
    pub channels: Vec<Channel>,
}

/// A channel's spend and truth.
#[derive(Clone, Debug, PartialEq)]
pub struct Channel {
    /// Spend a step.
    pub spend: Vec<f64>,
    /// The channel's contribution over all steps.
    pub contribution: f64,
    /// The most that it can bring a step.
    pub most: f64,
    /// Spend a step at which half of that is reached.
    pub half: f64,
    /// Steepness of the saturation.
    pub slope: f64,
}

impl Channel {
    /// The response to a steady spend, a step.
    pub fn response(&self, spend: f64) -> f64 {
        self.most * saturation(spend, self.half, self.slope)
    }
}

impl MediaMix {
    /// The shop of this seed.
    pub fn shop(&self, seed: u64) -> Shop {
        let mut chance = Chance::new(seed.wrapping_mul(1_000_003).wrapping_add(17));
        let year = if self.daily { 365.25 } else { 52.18 };
        let season: Vec<f64> =
            (0..self.steps).map(|step| (TAU * step as f64 / year).sin()).collect();
        let mut sales = self.base(&season, &mut chance);
        let base: f64 = sales.iter().sum();
        let parts: Vec<f64> = (0..self.channels).map(|_| -uniform(&mut chance).ln()).collect();
        let all: f64 = parts.iter().sum();
        let mut channels = Vec::with_capacity(self.channels);
        for part in parts {
            let contribution = self.media * base * part / all;
            let (channel, brought) = self.channel(contribution, &season, &mut chance);
            sales.iter_mut().zip(brought).for_each(|(sum, one)| *sum += one);
            channels.push(channel);
        }
        Shop { sales, channels }
    }

    /// Sales without media, errors included in none of the contributions.
    fn base(&self, season: &[f64], chance: &mut Chance) -> Vec<f64> {
        let (mut error, mut drift) = (normal(chance), 0.0);
        let kept = (1.0 - self.memory * self.memory).sqrt();
        let step = |(step, season): (usize, &f64)| {
            error = if step == 0 { error } else { self.memory * error + kept * normal(chance) };
            drift += self.drift * normal(chance);
            let years = step as f64 / if self.daily { 7.0 } else { 1.0 };
            let weekday = if self.daily { 0.1 * (TAU * step as f64 / 7.0).cos() } else { 0.0 };
            BASE * (1.0 + 0.1 * season + 0.001 * years + weekday + drift + self.noise * error)
        };
        season.iter().enumerate().map(step).collect()
    }

    /// A channel that brings this much, and what it brings each step.
    fn channel(
        &self,
        contribution: f64,
        season: &[f64],
        chance: &mut Chance,
    ) -> (Channel, Vec<f64>) {
        let level = 2e4 * (0.5 * normal(chance)).exp();
        let mut mood = normal(chance);
        let mut next = |season: &f64| {
            mood = 0.5 * mood + 0.75f64.sqrt() * normal(chance);
            level * (1.0 + self.seasonal * season) * (self.spread * mood).exp()
        };
        let spend: Vec<f64> = season.iter().map(&mut next).collect();
        let decays = if self.daily { [0.5, 0.7, 0.8, 0.9] } else { [0.0, 0.2, 0.4, 0.6] };
        let decay = decays[chance.below(decays.len())];
        let mut carried = 0.0;
        let stock = spend.iter().map(|amount| {
            carried = (1.0 - decay) * amount + decay * carried;
            carried
        });
        let stock: Vec<f64> = stock.collect();
        let half = (0.5 + 2.0 * uniform(chance)) * stock.iter().sum::<f64>() / stock.len() as f64;
        let shares: Vec<f64> =
            stock.iter().map(|amount| saturation(*amount, half, self.slope)).collect();
        let most = contribution / shares.iter().sum::<f64>();
        let brought = shares.iter().map(|share| most * share).collect();
        (Channel { spend, contribution, most, half, slope: self.slope }, brought)
    }
}

fn saturation(spend: f64, half: f64, slope: f64) -> f64 {
    if spend > 0.0 { 1.0 / (1.0 + (half / spend).powf(slope)) } else { 0.0 }
}

/// Above 0, at most 1.
fn uniform(chance: &mut Chance) -> f64 {
    ((chance.bits() >> 11) + 1) as f64 / (1u64 << 53) as f64
}

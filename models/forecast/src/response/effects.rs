//! What each channel brought, what its next unit would bring, and what of that is known.

use serde::{Deserialize, Serialize};

use super::fit::{Response, Spread};
use super::predict::Estimate;
use super::search::Shape;
use super::series::Series;

/// Below this the spend was as good as constant.
const VARIATION_MIN: f64 = 0.05;
/// Below this a channel moved only together with others.
const OWN_MIN: f64 = 0.05;

/// Whether the data can tell what a channel brings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Knowledge {
    /// The data tell the effect apart from nothing.
    Known,
    /// The effect may as well be nothing.
    Weak,
    /// Spend never varied enough to know.
    NeverVaried,
    /// Spend moved only together with other channels, the season or a control.
    MovedWithOthers,
}

impl Knowledge {
    /// The statement in plain words.
    pub fn statement(&self) -> &'static str {
        match self {
            Knowledge::Known => "the data tell this effect apart from nothing",
            Knowledge::Weak => "the effect may as well be nothing: its interval reaches zero",
            Knowledge::NeverVaried => {
                "spend never varied enough to know what it brings: vary it, or run a lift test"
            }
            Knowledge::MovedWithOthers => {
                "spend moved only together with other drivers: their effects cannot be told apart"
            }
        }
    }
}

/// A channel's part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChannelEffect {
    /// The channel.
    pub channel: String,
    /// Amount spent over the series.
    pub spend: f64,
    /// What it brought over the series.
    pub contribution: Estimate,
    /// Its contribution per unit spent; `None` where nothing was spent.
    pub roas: Option<Estimate>,
    /// What the next steady unit a step would bring, at the mean spend.
    pub marginal: Estimate,
    /// What the data can tell.
    pub knowledge: Knowledge,
}

impl Response {
    /// The effects over a series, as a rule the one that was fitted.
    pub fn effects(&self, series: &Series) -> Vec<ChannelEffect> {
        let effect = |(at, channel): (usize, &super::Spend)| {
            let amounts = &channel.amounts;
            let spend: f64 = amounts.iter().sum();
            let mean = spend / amounts.len().max(1) as f64;
            let brought = |shape: &Shape, top: f64| top * shape.column(amounts).iter().sum::<f64>();
            let next = |shape: &Shape, top: f64| finite(shape.hill(top).marginal(mean));
            let contribution = self.estimate(at, brought);
            let roas = (spend > 0.0).then(|| Estimate {
                value: contribution.value / spend,
                low: contribution.low / spend,
                high: contribution.high / spend,
            });
            let knowledge = knowledge(self.spreads[at], contribution);
            let marginal = self.estimate(at, next);
            ChannelEffect {
                channel: channel.name.clone(),
                spend,
                contribution,
                roas,
                marginal,
                knowledge,
            }
        };
        series.channels.iter().enumerate().take(self.channels.len()).map(effect).collect()
    }

    /// A figure of a channel with the spread of its draws.
    fn estimate(&self, channel: usize, figure: impl Fn(&Shape, f64) -> f64) -> Estimate {
        let value = figure(&self.shapes[channel], self.tops[channel]);
        let mut drawn: Vec<f64> = self
            .draws
            .iter()
            .map(|draw| figure(&draw.shapes[channel], draw.tops[channel]))
            .collect();
        drawn.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let rank = share * (drawn.len().max(1) - 1) as f64;
            drawn.get(rank.round() as usize).copied().unwrap_or(value)
        };
        let tail = (1.0 - self.config.level) / 2.0;
        Estimate { value, low: at(tail).min(value), high: at(1.0 - tail).max(value) }
    }
}

fn knowledge(spread: Spread, contribution: Estimate) -> Knowledge {
    match spread {
        Spread { tested: false, variation, .. } if variation < VARIATION_MIN => {
            Knowledge::NeverVaried
        }
        Spread { tested: false, own, .. } if own < OWN_MIN => Knowledge::MovedWithOthers,
        _ if contribution.low <= 0.02 * contribution.value => Knowledge::Weak,
        _ => Knowledge::Known,
    }
}

fn finite(value: f64) -> f64 {
    if value.is_finite() { value } else { f64::MAX }
}

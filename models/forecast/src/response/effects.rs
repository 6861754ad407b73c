//! Effects of channels: their contributions, the return of the next unit, and what of that is known.

use serde::{Deserialize, Serialize};

use super::fit::{Draw, Response, ResponseConfig, SpendSums};
use super::hill::Hill;
use super::predict::Estimate;

/// Below this the spend was as good as constant.
const VARIATION_MIN: f64 = 0.05;
/// Below this a channel moved only together with others.
const OWN_MIN: f64 = 0.05;
/// Upper over lower end of the interval of an effect that is known.
const RATIO_MAX: f64 = 8.0;
/// Points of a curve, from no spend to beyond the largest.
const CURVE_POINTS: usize = 21;
/// The last of them, as a multiple of the largest spend.
const CURVE_REACH: f64 = 1.5;

/// Whether the data can tell what a channel brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Knowledge {
    /// The effect is not trivial, and its interval is within a factor of eight.
    Known,
    /// The effect may be trivial, or its size is hardly known.
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
            Knowledge::Known => "the data tell how much this brings, within the interval",
            Knowledge::Weak => {
                "the data tell little: the effect may be next to nothing, or many times that; \
                 vary the spend more, or run a lift test"
            }
            Knowledge::NeverVaried => {
                "spend never varied enough to know what it brings: vary it, or run a lift test"
            }
            Knowledge::MovedWithOthers => {
                "spend moved only together with other drivers: their effects cannot be told apart"
            }
        }
    }
}

/// The contribution of all channels, and the rest that would have come without them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Overall {
    /// The contribution of all channels over the series.
    pub media: Estimate,
    /// Their share of the target.
    pub share: Estimate,
    /// The same share by what was believed before the data.
    pub share_before: Estimate,
    /// The rest of the target.
    pub baseline: Estimate,
}

/// A channel's part.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelEffect {
    /// The channel.
    pub channel: String,
    /// Amount spent over the series.
    pub spend: f64,
    /// The channel's contribution over the series.
    pub contribution: Estimate,
    /// The same as a share of the target.
    pub share: Estimate,
    /// The same share by what was believed before the data.
    pub share_before: Estimate,
    /// The contribution per unit spent; `None` where nothing was spent.
    pub roas: Option<Estimate>,
    /// The kind of knowledge that the data give.
    pub knowledge: Knowledge,
    /// The shape of the channel's effect; `None` where nothing was spent.
    pub working: Option<ChannelShape>,
}

/// The shape of a channel's effect over time and spend.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelShape {
    /// Share of a step's effect that goes on into the next.
    pub carry_over: Estimate,
    /// Steady spend a step at which half of the most is reached.
    pub half: Estimate,
    /// Steepness of the saturation.
    pub slope: Estimate,
    /// The return of the next steady unit a step, at the mean spend.
    pub marginal: Estimate,
    /// The return of steady spends a step.
    pub curve: Vec<CurvePoint>,
}

/// A point of a curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CurvePoint {
    /// Steady spend a step.
    pub spend: f64,
    /// The return a step.
    pub response: Estimate,
}

impl Response {
    /// The contribution of all channels together over the fitted series.
    pub fn overall(&self) -> Overall {
        let (level, sales) = (self.config.level, self.unit * self.steps as f64);
        let share = Estimate::of(self.totals.clone(), level);
        let rest = self.totals.iter().map(|total| 1.0 - total).collect();
        Overall {
            media: share.times(sales),
            share,
            share_before: Estimate::of(self.total_before.clone(), level),
            baseline: Estimate::of(rest, level).times(sales),
        }
    }

    /// The contribution of each channel over the fitted series.
    pub fn effects(&self) -> Vec<ChannelEffect> {
        let effect = |(channel, spend): (&String, &SpendSums)| {
            let (level, sales) = (self.config.level, self.unit * self.steps as f64);
            let share = Estimate::of(spend.shares.clone(), level);
            let contribution = share.times(sales);
            ChannelEffect {
                channel: channel.clone(),
                spend: spend.sum,
                contribution,
                share,
                share_before: Estimate::of(spend.shares_before.clone(), level),
                roas: spend.place.map(|_| contribution.times(1.0 / spend.sum)),
                knowledge: knowledge(spend, share, &self.config),
                working: spend.place.map(|place| self.working(place, spend)),
            }
        };
        self.channels.iter().zip(&self.spends).map(effect).collect()
    }

    fn working(&self, place: usize, spend: &SpendSums) -> ChannelShape {
        let of = |figure: &dyn Fn(&Draw) -> f64| {
            Estimate::of(self.draws.iter().map(figure).collect(), self.config.level)
        };
        let hill = |figure: &dyn Fn(&Hill) -> f64| of(&|draw| figure(&draw.hills[place]));
        let mean = spend.sum / self.steps as f64;
        let point = |at: usize| {
            let reach = CURVE_REACH * spend.largest;
            let spend = reach * at as f64 / (CURVE_POINTS - 1) as f64;
            CurvePoint { spend, response: hill(&|hill| hill.value(spend)) }
        };
        ChannelShape {
            carry_over: of(&|draw| draw.decays[place]),
            half: hill(&|hill| hill.half),
            slope: hill(&|hill| hill.slope),
            marginal: hill(&|hill| hill.marginal(mean)),
            curve: (0..CURVE_POINTS).map(point).collect(),
        }
    }
}

fn knowledge(spend: &SpendSums, share: Estimate, config: &ResponseConfig) -> Knowledge {
    match spend {
        SpendSums { place: None, .. } => Knowledge::NeverVaried,
        SpendSums { tested: false, variation, .. } if *variation < VARIATION_MIN => {
            Knowledge::NeverVaried
        }
        SpendSums { tested: false, own, .. } if *own < OWN_MIN => Knowledge::MovedWithOthers,
        _ if share.low >= config.trivial_share && share.high <= RATIO_MAX * share.low => {
            Knowledge::Known
        }
        _ => Knowledge::Weak,
    }
}

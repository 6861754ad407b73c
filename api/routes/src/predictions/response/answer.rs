//! The answer to a fit of response curves.

use serde::Serialize;
use stratum_forecast::response::{ChannelEffect, CurvePoint, Estimate, Knowledge, Response};
use utoipa::ToSchema;

/// The effect of each channel's spend.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResponseAnswer {
    /// Steps that were fitted.
    steps: usize,
    /// The share of cases in which an interval is meant to hold.
    level: f64,
    /// Half the width of the interval of a step's sales, were all else known.
    step_margin: f64,
    /// Sales that all channels brought over all steps. Its bounds are not the sums of theirs: that
    /// one brought more than thought means that another brought less.
    media: IntervalEstimate,
    /// The same as a share of sales.
    media_share: IntervalEstimate,
    /// That share as it was believed before the data.
    media_share_before: IntervalEstimate,
    /// The sales that would have come without them.
    baseline: IntervalEstimate,
    /// The quality of the sampling.
    sampling: SamplingQuality,
    /// The caution to bear in mind; null where the sampling is good.
    warning: Option<&'static str>,
    /// The channels, in the order asked for.
    channels: Vec<ChannelAnswer>,
}

/// The quality of the sampling.
#[derive(Debug, Serialize, ToSchema)]
struct SamplingQuality {
    /// The largest potential scale reduction of the shares: 1 where the four chains agree.
    r_hat: f64,
    /// The smallest effective number of draws of these.
    effective_draws: f64,
    /// Share of draws whose path diverged.
    divergences: f64,
}

/// The degree to which data show the effect of a channel.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum EffectKnowledge {
    /// More than 1 % of sales, within a factor of eight.
    Known,
    /// It may be less, or is known less closely.
    Weak,
    /// Spend never varied enough.
    NeverVaried,
    /// Spend changed only together with other channels, the season or a control.
    MovedWithOthers,
}

impl From<Knowledge> for EffectKnowledge {
    fn from(knowledge: Knowledge) -> EffectKnowledge {
        match knowledge {
            Knowledge::Known => EffectKnowledge::Known,
            Knowledge::Weak => EffectKnowledge::Weak,
            Knowledge::NeverVaried => EffectKnowledge::NeverVaried,
            Knowledge::MovedWithOthers => EffectKnowledge::MovedWithOthers,
        }
    }
}

/// A channel's part.
#[derive(Debug, Serialize, ToSchema)]
struct ChannelAnswer {
    /// The channel.
    name: String,
    /// Amount spent over all steps.
    spend: f64,
    /// Sales it brought over all steps.
    contribution: IntervalEstimate,
    /// The same as a share of sales.
    share: IntervalEstimate,
    /// That share as it was believed before the data: what the data added is the difference.
    share_before: IntervalEstimate,
    /// Contribution / spend; null without spend.
    roas: Option<IntervalEstimate>,
    /// The degree to which the data show the effect.
    knowledge: EffectKnowledge,
    /// The same in words.
    statement: &'static str,
    /// The shape of the effect of its spend; null without spend.
    working: Option<WorkingAnswer>,
}

/// The shape of the effect of a channel's spend.
#[derive(Debug, Serialize, ToSchema)]
struct WorkingAnswer {
    /// Sales that the next steady unit a step brings, at the mean spend.
    marginal_roas: IntervalEstimate,
    /// Share of a step's effect that goes on into the next, 0 to below 1.
    carry_over: IntervalEstimate,
    /// Steady spend a step at which half of the most is reached.
    half_saturation: IntervalEstimate,
    /// Steepness of the saturation: up to 1 the curve is concave, above it S-shaped.
    slope: IntervalEstimate,
    /// The return of steady spends a step, from none to half more than the largest. What lies beyond
    /// the spends that there were is told by the curve's form alone.
    curve: Vec<CurveAnswer>,
}

/// A point of a curve.
#[derive(Debug, Serialize, ToSchema)]
struct CurveAnswer {
    /// Steady spend a step.
    spend: f64,
    /// Sales it brings a step.
    response: IntervalEstimate,
}

/// A figure and how sure it is.
#[derive(Debug, Serialize, ToSchema)]
struct IntervalEstimate {
    value: f64,
    lower: f64,
    upper: f64,
}

impl From<Estimate> for IntervalEstimate {
    fn from(estimate: Estimate) -> IntervalEstimate {
        IntervalEstimate { value: estimate.value, lower: estimate.low, upper: estimate.high }
    }
}

impl ResponseAnswer {
    /// The answer that a fit gives.
    pub fn of(response: &Response, steps: usize, level: f64) -> ResponseAnswer {
        let (overall, diagnostics) = (response.overall(), response.diagnostics);
        let warning = "the chains of the sampler agree only roughly: take intervals as too narrow";
        ResponseAnswer {
            steps,
            level,
            step_margin: response.margin(),
            media: overall.media.into(),
            media_share: overall.share.into(),
            media_share_before: overall.share_before.into(),
            baseline: overall.baseline.into(),
            sampling: SamplingQuality {
                r_hat: diagnostics.r_hat,
                effective_draws: diagnostics.effective_draws,
                divergences: diagnostics.divergences,
            },
            warning: (!diagnostics.good()).then_some(warning),
            channels: response.effects().into_iter().map(ChannelAnswer::from).collect(),
        }
    }
}

impl From<ChannelEffect> for ChannelAnswer {
    fn from(effect: ChannelEffect) -> ChannelAnswer {
        let point =
            |point: CurvePoint| CurveAnswer { spend: point.spend, response: point.response.into() };
        let working = effect.working.map(|working| WorkingAnswer {
            marginal_roas: working.marginal.into(),
            carry_over: working.carry_over.into(),
            half_saturation: working.half.into(),
            slope: working.slope.into(),
            curve: working.curve.into_iter().map(point).collect(),
        });
        ChannelAnswer {
            name: effect.channel,
            spend: effect.spend,
            contribution: effect.contribution.into(),
            share: effect.share.into(),
            share_before: effect.share_before.into(),
            roas: effect.roas.map(IntervalEstimate::from),
            statement: effect.knowledge.statement(),
            knowledge: effect.knowledge.into(),
            working,
        }
    }
}

//! The gain of a fix in what platforms report.

use serde::Serialize;
use stratum_models::name_set;
use stratum_models::tracking::TrackingPolicy;
use stratum_models::warehouse::MarkCount;
use stratum_query::ask::fixes::{DatasetFigures, ReportedGain, reported_gain};
use utoipa::ToSchema;

/// Purchases of so many days tell what a fix would bring.
pub const PURCHASE_DAYS: i64 = 28;
/// Fewer purchases tell little.
const PURCHASES_MIN: u64 = 1_000;

name_set! {
    /// The trust that an estimate deserves.
    Confidence {
        /// Little: it is of few purchases.
        Low = "low",
        /// Some: the formula is an estimate of ours.
        Medium = "medium",
    }
}

/// More reported conversions, in percent. Not more sales: the platform sees more of those there are.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct RoasImpact {
    /// With match powers 30 % lower or higher, whichever gives less; null where it is not known.
    min_pct: Option<f64>,
    /// With match powers 30 % lower or higher, whichever gives more.
    max_pct: Option<f64>,
    /// With the formula's match powers.
    avg_pct: Option<f64>,
    /// The trust that it deserves.
    confidence: Option<Confidence>,
    /// The events it is made of, or why there is none.
    reasoning: String,
}

impl RoasImpact {
    /// No figures, and why.
    pub fn none(reasoning: &str) -> RoasImpact {
        RoasImpact { reasoning: reasoning.to_owned(), ..RoasImpact::default() }
    }

    fn of(gain: &ReportedGain) -> RoasImpact {
        let low = gain.purchases < PURCHASES_MIN;
        RoasImpact {
            min_pct: Some(gain.low_percent),
            max_pct: Some(gain.high_percent),
            avg_pct: Some(gain.percent),
            confidence: Some(if low { Confidence::Low } else { Confidence::Medium }),
            reasoning: format!(
                "Of {} purchases in {PURCHASE_DAYS} days the platform would match so many more with people, by our \
                 estimate of its matching. It means more reported conversions, not more sales.",
                gain.purchases
            ),
        }
    }
}

/// The gain by a change of the policy; purchases are `None` where the platform sees none of these events.
pub fn impact(
    figures: &DatasetFigures,
    to: TrackingPolicy,
    purchases: Option<&[MarkCount]>,
) -> RoasImpact {
    let Some(purchases) = purchases else {
        return RoasImpact::none(
            "No live destination gets these events, so the platform would see nothing of it.",
        );
    };
    match reported_gain(figures.platform, (figures.policy, to), purchases) {
        Some(gain) => RoasImpact::of(&gain),
        None => RoasImpact::none("There are no purchases to count it of."),
    }
}

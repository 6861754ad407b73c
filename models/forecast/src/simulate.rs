//! Scenarios: the same outlooks under other budgets.

use super::artifact::Known;
use super::outlook::Outlook;
use crate::response::Estimate;

/// All budgets changed by the same share.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// The change in percent, at least -100.
    pub budget_change_percent: f64,
}

/// The outcome of a scenario over the window.
#[derive(Clone, Debug, PartialEq)]
pub struct ScenarioOutcome {
    /// Amount spent.
    pub spend: f64,
    /// Expected revenue. The interval of several campaigns takes their errors as one: it is wide on
    /// purpose.
    pub revenue: Estimate,
    /// Expected reported conversions.
    pub conversions: f64,
    /// Revenue of the next unit, shared out as budgets are.
    pub marginal: f64,
    /// Campaigns of which nothing tells how they respond to another spend.
    pub unknown: usize,
}

/// The outcome for these campaigns, all of one currency and one window.
pub fn simulate(outlooks: &[Outlook], scenario: &Scenario) -> ScenarioOutcome {
    let factor = (1.0 + scenario.budget_change_percent / 100.0).max(0.0);
    let mut outcome = ScenarioOutcome {
        spend: 0.0,
        revenue: Estimate { value: 0.0, low: 0.0, high: 0.0 },
        conversions: 0.0,
        marginal: 0.0,
        unknown: 0,
    };
    let mut planned = 0.0;
    for outlook in outlooks {
        let spend = outlook.planned_spend() * factor;
        let revenue = outlook.estimate(spend);
        outcome.spend += spend;
        outcome.revenue.value += revenue.value;
        outcome.revenue.low += revenue.low;
        outcome.revenue.high += revenue.high;
        outcome.conversions += outlook.conversions(revenue.value);
        outcome.marginal += outlook.planned_spend() * outlook.marginal(spend);
        outcome.unknown += usize::from(outlook.insight.curve.known == Known::Unknown);
        planned += outlook.planned_spend();
    }
    outcome.marginal = if planned > 0.0 { outcome.marginal / planned } else { 0.0 };
    outcome
}

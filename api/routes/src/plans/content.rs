//! What is saved of a plan, and what it says of other spends.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use stratum_forecast::response::Estimate;
use stratum_forecast::{BudgetPlan, Outlook, cents};
use stratum_models::platform::Platform;
use utoipa::ToSchema;

/// Points of a saved curve at even distances, from no spend to its reach.
const CURVE_POINTS: usize = 13;
/// The last of them, as a multiple of the larger of the budget and what was spent before.
const CURVE_REACH: f64 = 2.0;

/// What is saved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanContent {
    /// What is left of the budget.
    pub unspent: f64,
    /// The campaigns that took part.
    pub campaigns: Vec<PlanCampaign>,
}

/// What is saved of a campaign.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanCampaign {
    /// Its platform.
    pub platform: Platform,
    /// The platform's id of the campaign.
    pub campaign_id: String,
    /// Its name when the plan was saved.
    pub campaign_name: String,
    /// What it would have spent without the plan.
    pub current: f64,
    /// What it was to spend.
    pub budget: f64,
    /// Spends over the window, rising from 0, with the revenue expected of each.
    pub curve: Vec<(f64, Estimate)>,
}

/// Revenue and how sure it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct ExpectedRevenue {
    /// The best single answer.
    pub value: f64,
    /// The interval's lower end.
    pub lower: f64,
    /// The interval's upper end.
    pub upper: f64,
}

impl ExpectedRevenue {
    /// Of several, with their errors taken as one: wide on purpose.
    pub fn sum(all: impl Iterator<Item = ExpectedRevenue>) -> ExpectedRevenue {
        let sum = all.fold(ExpectedRevenue::default(), |sum, one| ExpectedRevenue {
            value: sum.value + one.value,
            lower: sum.lower + one.lower,
            upper: sum.upper + one.upper,
        });
        sum.in_cents()
    }

    fn in_cents(self) -> ExpectedRevenue {
        let ExpectedRevenue { value, lower, upper } = self;
        ExpectedRevenue { value: cents(value), lower: cents(lower), upper: cents(upper) }
    }

    /// Whether what came lies within.
    pub fn holds(&self, revenue: f64) -> bool {
        self.lower <= revenue && revenue <= self.upper
    }
}

impl PlanContent {
    /// Of a plan for these campaigns.
    pub fn of(outlooks: &[Outlook], plan: &BudgetPlan) -> PlanContent {
        let campaigns = outlooks.iter().zip(&plan.campaigns);
        let campaigns = campaigns.map(|(outlook, part)| {
            let (current, budget) = (cents(part.current), cents(part.budget));
            PlanCampaign {
                platform: outlook.campaign.key.platform,
                campaign_id: outlook.campaign.key.campaign_id.clone(),
                campaign_name: outlook.campaign.name.clone(),
                current,
                budget,
                curve: curve(outlook, [current, budget]),
            }
        });
        PlanContent { unspent: cents(plan.unspent), campaigns: campaigns.collect() }
    }
}

/// Points at even distances, and at the spends that are asked for most.
fn curve(outlook: &Outlook, spends: [f64; 2]) -> Vec<(f64, Estimate)> {
    let reach = CURVE_REACH * spends.into_iter().fold(1.0, f64::max);
    let even = (0..CURVE_POINTS).map(|at| reach * at as f64 / (CURVE_POINTS - 1) as f64);
    let mut spends: Vec<f64> = even.chain(spends).collect();
    spends.sort_by(f64::total_cmp);
    spends.dedup();
    spends.into_iter().map(|spend| (spend, outlook.estimate(spend))).collect()
}

impl PlanCampaign {
    /// Revenue expected of a spend over the window, on a straight line between two points of the saved
    /// curve; beyond its reach `None`, as nothing was claimed there.
    pub fn expected(&self, spend: f64) -> Option<ExpectedRevenue> {
        let after = self.curve.iter().position(|(at, _)| *at >= spend)?;
        let (right, high) = self.curve.get(after)?;
        let (left, low) = self.curve.get(after.saturating_sub(1))?;
        let share = if right > left { (spend - left) / (right - left) } else { 0.0 };
        let between = |low: f64, high: f64| low + share * (high - low);
        let expected = ExpectedRevenue {
            value: between(low.value, high.value),
            lower: between(low.low, high.low),
            upper: between(low.high, high.high),
        };
        Some(expected.in_cents())
    }
}

/// Days of the window, both ends included.
pub fn days_between(from: NaiveDate, to: NaiveDate) -> i64 {
    (to - from).num_days() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_two_points_a_curve_is_straight_and_beyond_its_reach_it_is_silent() {
        let point = |spend: f64, value: f64| {
            (spend, Estimate { value, low: 0.5 * value, high: 2.0 * value })
        };
        let campaign = PlanCampaign {
            platform: Platform::Meta,
            campaign_id: "1".into(),
            campaign_name: "One".into(),
            current: 50.0,
            budget: 100.0,
            curve: vec![point(0.0, 0.0), point(100.0, 300.0), point(200.0, 400.0)],
        };
        let expected =
            |spend| campaign.expected(spend).map(|one| (one.lower, one.value, one.upper));
        assert_eq!(expected(0.0), Some((0.0, 0.0, 0.0)));
        assert_eq!(expected(50.0), Some((75.0, 150.0, 300.0)));
        assert_eq!(expected(100.0), Some((150.0, 300.0, 600.0)));
        assert_eq!(expected(150.0), Some((175.0, 350.0, 700.0)));
        assert_eq!(expected(200.01), None);
    }
}

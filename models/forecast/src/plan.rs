//! Budgets: the allocator asked with the outlooks of campaigns.

use std::collections::BTreeMap;

use stratum_models::platform::Platform;

use super::artifact::Known;
use super::outlook::Outlook;
use crate::allocate::{self, Binding, Channel, Clash, Curve, Goal, Group, Question, allocate};
use crate::response::Estimate;

/// Beyond this multiple of spend that was seen, a curve is a guess.
const BEYOND_SEEN: f64 = 1.5;
/// At least this multiple of the planned spend may be tried.
const BEYOND_PLAN: f64 = 2.0;

/// The aim of a budget and the bounds it must keep to. Amounts are for the whole window.
#[derive(Clone, Debug, PartialEq)]
pub struct BudgetQuestion {
    /// At most this much in all.
    pub total: f64,
    /// The aim.
    pub goal: Goal,
    /// Conversions instead of revenue.
    pub of_conversions: bool,
    /// A platform's campaigns together get at least so much.
    pub platform_minima: BTreeMap<Platform, f64>,
    /// No campaign gets more than this.
    pub campaign_max: Option<f64>,
    /// Bounds of single campaigns, by their place among the outlooks.
    pub bounds: BTreeMap<usize, (Option<f64>, Option<f64>)>,
}

/// The reason that holds a campaign's budget where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// A bound of the question, or none.
    Bound(Binding),
    /// The spend up to which its curve can be trusted.
    Evidence,
    /// Nothing is known of how it responds, so it keeps its budget.
    UnknownResponse,
}

/// A campaign's part of the plan.
#[derive(Clone, Debug, PartialEq)]
pub struct RecommendedBudget {
    /// The spend that the plan up to now would make.
    pub current: f64,
    /// The recommended budget.
    pub budget: f64,
    /// Revenue that is expected of it.
    pub revenue: Estimate,
    /// Revenue that is expected of the current budget.
    pub revenue_now: f64,
    /// Expected conversions.
    pub conversions: f64,
    /// Revenue of the next unit.
    pub marginal: f64,
    /// The reason that holds it there.
    pub hold: Hold,
}

/// A plan over all campaigns.
#[derive(Clone, Debug, PartialEq)]
pub struct BudgetPlan {
    /// In the order of the outlooks.
    pub campaigns: Vec<RecommendedBudget>,
    /// The part of the budget that is not spent.
    pub unspent: f64,
    /// No plan reaches more than `1 + gap` times what this one does.
    pub gap: f64,
}

/// Conversions in place of revenue.
struct Conversions<'a>(&'a Outlook<'a>);

impl Curve for Conversions<'_> {
    fn value(&self, spend: f64) -> f64 {
        self.0.conversions(self.0.revenue(spend))
    }
    fn marginal(&self, spend: f64) -> f64 {
        self.0.conversions(self.0.marginal(spend))
    }
    fn is_concave(&self) -> bool {
        true
    }
}

/// The best plan for these campaigns, all of one currency and one window.
///
/// # Errors
/// When constraints clash.
pub fn plan(outlooks: &[Outlook], question: &BudgetQuestion) -> Result<BudgetPlan, Clash> {
    let counted: Vec<Conversions> = outlooks.iter().map(Conversions).collect();
    let bounds: Vec<Bounds> =
        outlooks.iter().enumerate().map(|(at, outlook)| question.bounds_of(at, outlook)).collect();
    let minima: Vec<(Platform, f64)> =
        question.platform_minima.iter().map(|(platform, min)| (*platform, *min)).collect();
    let group_of = |platform: Platform| minima.iter().position(|(one, _)| *one == platform);
    let channels =
        outlooks.iter().zip(&counted).zip(&bounds).map(|((outlook, counted), bounds)| {
            let curve: &dyn allocate::Curve =
                if question.of_conversions { counted } else { outlook };
            let key = &outlook.campaign.key;
            let (min, max) = (bounds.min, bounds.max);
            let name = format!("campaign {}", key.campaign_id);
            Channel { name, curve, min, max, group: group_of(key.platform) }
        });
    let groups = minima.iter().map(|(platform, min)| Group {
        name: format!("min_spend_per_platform of {}", platform),
        min: *min,
    });
    let asked = Question {
        budget: question.total,
        goal: question.goal,
        channels: channels.collect(),
        groups: groups.collect(),
        splits_max: 0,
    };
    let found = allocate(&asked)?;
    let campaigns = outlooks.iter().zip(&bounds).zip(found.spends.iter().zip(&found.bindings));
    let campaigns = campaigns.map(|((outlook, bounds), (budget, binding))| {
        recommended(outlook, bounds, *budget, *binding)
    });
    Ok(BudgetPlan { campaigns: campaigns.collect(), unspent: found.unspent, gap: found.gap })
}

/// The range of a campaign's budget.
struct Bounds {
    min: f64,
    max: f64,
    /// Whether `max` is how far the curve can be trusted.
    by_evidence: bool,
    held: bool,
}

impl BudgetQuestion {
    fn bounds_of(&self, at: usize, outlook: &Outlook) -> Bounds {
        let planned = outlook.planned_spend();
        let (min, max) = self.bounds.get(&at).copied().unwrap_or_default();
        if outlook.insight.curve.known == Known::Unknown && min.is_none() && max.is_none() {
            // Its budget may still be cut where a bound of all campaigns says so.
            let kept = self.campaign_max.map_or(planned, |most| planned.min(most));
            return Bounds { min: kept, max: kept, by_evidence: false, held: true };
        }
        let seen = outlook.insight.spend_seen * outlook.days as f64;
        let trusted = (BEYOND_SEEN * seen).max(BEYOND_PLAN * planned);
        let asked = [max, self.campaign_max].into_iter().flatten().fold(f64::INFINITY, f64::min);
        let min = min.unwrap_or(0.0);
        // Who asks for a campaign's maximum by name answers for it.
        let by_evidence = max.is_none() && trusted < asked && trusted >= min;
        Bounds { min, max: if by_evidence { trusted } else { asked }, by_evidence, held: false }
    }
}

fn recommended(
    outlook: &Outlook,
    bounds: &Bounds,
    budget: f64,
    binding: Binding,
) -> RecommendedBudget {
    let revenue = outlook.estimate(budget);
    let hold = match binding {
        _ if bounds.held => Hold::UnknownResponse,
        Binding::Max if bounds.by_evidence => Hold::Evidence,
        binding => Hold::Bound(binding),
    };
    RecommendedBudget {
        current: outlook.planned_spend(),
        budget,
        revenue,
        revenue_now: outlook.baseline(),
        conversions: outlook.conversions(revenue.value),
        marginal: outlook.marginal(budget),
        hold,
    }
}

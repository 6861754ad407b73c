//! `POST /predictions/budget-optimize`

use std::collections::BTreeMap;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use stratum_forecast::allocate::{Binding, Clash, Goal, in_cents};
use stratum_forecast::{
    BudgetPlan, BudgetQuestion, CampaignModel, Hold, Outlook, ReasonCode, RecommendedBudget, cents,
    plan,
};
use stratum_http::answer::{Answer, Answered, Fault, FaultCode, Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::body::Body;
use stratum_models::money::Currency;
use stratum_models::name_set;
use stratum_models::platform::Platform;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::App;
use super::{Basis, CampaignChoice, LeftOut, Reason, model_of, shown, window};

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(budget_optimize))
}

/// The goal of the budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OptimizationGoal {
    /// Spend only what returns at least what it costs; the rest is left unspent.
    MaximizeRoas,
    /// The most revenue.
    MaximizeRevenue,
    /// The most conversions.
    MaximizeConversions,
    /// The most revenue at a ROAS of at least `target_roas`, counting only what the window's own spend
    /// brings; the rest is left unspent.
    TargetRoas,
}

/// A budget and what it must keep to. All amounts are for the whole window.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BudgetRequest {
    /// At most this much in all.
    total_budget: f64,
    /// The goal of the budget.
    optimization_goal: OptimizationGoal,
    /// The ROAS to keep, with the goal `target_roas`.
    target_roas: Option<f64>,
    /// Days of the window, 1 to 90; 30 where absent.
    horizon_days: Option<u32>,
    /// The currency, where campaigns are in several.
    currency: Option<Currency>,
    /// The constraints that it must keep to.
    constraints: Option<Constraints>,
    /// Whether campaigns that spent nothing in the last 14 days take part; without it only those that
    /// `per_campaign` names do.
    include_inactive: Option<bool>,
}

/// A campaign without spend for so many complete days is over, or paused.
const INACTIVE_DAYS: usize = 14;

/// Constraints.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Constraints {
    /// At least this much for the campaigns of each platform together: one amount for every platform
    /// that has campaigns, or amounts by platform.
    #[schema(value_type = Option<Object>)]
    min_spend_per_platform: Option<PlatformMinimum>,
    /// At most this much for each campaign.
    max_spend_per_campaign: Option<f64>,
    /// Bounds of single campaigns by the platform's campaign id.
    per_campaign: Option<BTreeMap<String, CampaignBounds>>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum PlatformMinimum {
    Each(f64),
    Named(BTreeMap<Platform, f64>),
}

/// Bounds of a campaign's spend.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CampaignBounds {
    /// At least this much; 0 where absent.
    min: Option<f64>,
    /// At most this much. Who sets it may go beyond what was ever spent.
    max: Option<f64>,
}

/// A plan.
#[derive(Debug, Serialize, ToSchema)]
pub struct BudgetAnswer {
    /// One a campaign with a forecast, the largest recommended budget first.
    recommendations: Vec<Recommendation>,
    /// Campaigns that take no part, with the reason.
    left_out: Vec<LeftOut>,
    /// The currency of every amount.
    currency: Currency,
    /// Days of the window.
    horizon_days: usize,
    /// Expected revenue / recommended spend; null where nothing is spent.
    total_expected_roas: Option<f64>,
    /// Expected revenue.
    total_expected_revenue: f64,
    /// Expected reported conversions.
    total_expected_conversions: f64,
    /// The part of the budget that is not spent.
    unspent: f64,
    /// No plan reaches more than `1 + optimality_gap` times what this one does.
    optimality_gap: f64,
    /// Which model answers.
    #[serde(flatten)]
    basis: Basis,
}

/// A campaign's part of the plan.
#[derive(Debug, Serialize, ToSchema)]
pub struct Recommendation {
    /// The platform's id of the campaign.
    campaign_id: String,
    /// The campaign's name.
    campaign_name: String,
    /// The campaign's platform.
    platform: Platform,
    /// The spend over the window if the campaign goes on as in the last weeks.
    current_budget: f64,
    /// The recommended budget.
    recommended_budget: f64,
    /// Expected revenue / recommended budget; null at a budget of 0.
    expected_roas: Option<f64>,
    /// Revenue expected of the recommended budget; what earlier spend still brings is in it.
    expected_revenue: f64,
    /// The interval's lower end.
    revenue_lower: f64,
    /// The interval's upper end.
    revenue_upper: f64,
    /// The revenue expected beyond that of the current budget.
    expected_revenue_increase: f64,
    /// Expected reported conversions.
    expected_conversions: f64,
    /// Revenue of the next unit spent.
    marginal_roas: f64,
    /// The limit that holds the budget where it is. `evidence`: the campaign was never seen to spend more.
    /// `unknown_response`: its spend never varied enough to know what another budget would bring, so it is kept.
    binding: BudgetLimit,
}

name_set! {
    /// The limit that holds a recommended budget where it is.
    BudgetLimit {
        /// Nothing: its marginal ROAS is that of the others.
        None = "none",
        /// The campaign's own minimum.
        Min = "min",
        /// The campaign's own maximum.
        Max = "max",
        /// The minimum of its platform.
        MinSpendPerPlatform = "min_spend_per_platform",
        /// More spend was never seen.
        Evidence = "evidence",
        /// The campaign's response to spend is not known.
        UnknownResponse = "unknown_response",
    }
}

/// Optimises the distribution of a budget.
///
/// The optimum is exact: all campaigns without a binding constraint have the same marginal ROAS. A campaign gets at
/// most one and a half times its highest spend so far, or twice its current budget, unless a maximum is given for
/// it. A campaign that spent nothing in the last 14 days gets no budget unless it is named in the request.
/// Recommended budgets and the unspent rest add up to the budget, to the cent. 422 names the constraints that
/// contradict each other.
#[utoipa::path(
    post, path = "/api/v1/predictions/budget-optimize", tag = "predictions", request_body = BudgetRequest,
    security(("bearer" = [])),
    responses(
        (status = 200, body = Answer<BudgetAnswer>),
        (status = 422, body = RefusalBody, description = "constraints contradict each other, a field breaks a rule, or no campaign can be forecast"),
    ),
)]
pub async fn budget_optimize(
    State(app): State<App>,
    caller: Authenticated,
    Body(request): Body<BudgetRequest>,
) -> Answered<BudgetAnswer> {
    let days = window(&app, "horizon_days", request.horizon_days, 30)?;
    let total = request.total_budget;
    let made = optimum(&app, &caller, request, move |chosen, plan, basis| {
        answer(chosen, plan, total, days, basis)
    });
    made.await.map(Answer::of)
}

/// What `made` makes of the best plan for a request.
pub async fn optimum<T: Send + 'static>(
    app: &App,
    caller: &Authenticated,
    request: BudgetRequest,
    made: impl FnOnce(CampaignChoice, &BudgetPlan, Basis) -> T + Send + 'static,
) -> Result<T, Refusal> {
    let days = window(app, "horizon_days", request.horizon_days, 30)?;
    let goal = request.goal()?;
    let loaded = model_of(app, caller).await?;
    let basis = Basis::of(app, Some(&loaded), days);
    let work = move || {
        let (artifact, currency) = (&loaded.artifact, request.currency);
        let chosen = CampaignChoice::but(
            artifact,
            days,
            currency,
            |_| true,
            |one| request.inactivity_of(one),
        )?;
        let question = request.question(goal, &chosen.outlooks)?;
        let found = plan(&chosen.outlooks, &question).map_err(clash)?;
        Ok(made(chosen, &found, basis))
    };
    // Many campaigns take a core for a while.
    let worked = tokio::task::spawn_blocking(work).await;
    worked.map_err(|_| Refusal::internal())?
}

fn clash(clash: Clash) -> Refusal {
    let field = match &clash {
        Clash::Number { .. } | Clash::Budget { .. } => "total_budget",
        Clash::Bounds { .. } => "constraints.per_campaign",
        Clash::Group { .. } => "constraints.min_spend_per_platform",
        Clash::Ratio { .. } => "target_roas",
    };
    Refusal::unprocessable(
        field,
        Fault::new(
            FaultCode::ConstraintsClash,
            format!("these constraints contradict each other: {clash}"),
        ),
    )
}

impl BudgetRequest {
    fn goal(&self) -> Result<Goal, Refusal> {
        match (self.optimization_goal, self.target_roas) {
            (OptimizationGoal::TargetRoas, Some(target)) if target.is_finite() && target > 0.0 => {
                Ok(Goal::Ratio(target))
            }
            (OptimizationGoal::TargetRoas, _) => Err(Refusal::unprocessable(
                "target_roas",
                Fault::new(FaultCode::NoTarget, "this goal needs a target above 0"),
            )),
            (_, Some(_)) => {
                Err(Refusal::unprocessable("target_roas", "belongs to the goal target_roas"))
            }
            (OptimizationGoal::MaximizeRoas, None) => Ok(Goal::Marginal(1.0)),
            _ => Ok(Goal::Response),
        }
    }

    /// Why a campaign gets no budget though it could be forecast; `None` where it takes part.
    fn inactivity_of(&self, campaign: &CampaignModel) -> Option<Reason> {
        let named = self.constraints.as_ref().and_then(|all| all.per_campaign.as_ref());
        let named = named.is_some_and(|named| named.contains_key(&campaign.key.campaign_id));
        let takes_part = named || self.include_inactive == Some(true);
        (campaign.idle_days >= INACTIVE_DAYS && !takes_part).then(|| {
            let statement = format!(
                "nothing was spent in the last {INACTIVE_DAYS} days; name it in per_campaign or set \
                 include_inactive to plan for it"
            );
            let parameters = BTreeMap::from([("days", INACTIVE_DAYS as f64)]);
            Reason { code: ReasonCode::Inactive, parameters, statement }
        })
    }

    fn question(&self, goal: Goal, outlooks: &[Outlook]) -> Result<BudgetQuestion, Refusal> {
        let none = Constraints::default();
        let constraints = self.constraints.as_ref().unwrap_or(&none);
        let mut bounds = BTreeMap::new();
        for (id, bound) in constraints.per_campaign.iter().flatten() {
            let of_id = |outlook: &&Outlook| outlook.campaign.key.campaign_id == *id;
            if !outlooks.iter().any(|outlook| of_id(&outlook)) {
                let message = format!("no campaign {id:?} can be forecast");
                return Err(Refusal::unprocessable("constraints.per_campaign", message));
            }
            let places = outlooks.iter().enumerate().filter(|(_, outlook)| of_id(outlook));
            bounds.extend(places.map(|(at, _)| (at, (bound.min, bound.max))));
        }
        let platform_minima = match &constraints.min_spend_per_platform {
            None => BTreeMap::new(),
            Some(PlatformMinimum::Named(named)) => named.clone(),
            Some(PlatformMinimum::Each(min)) => {
                outlooks.iter().map(|outlook| (outlook.campaign.key.platform, *min)).collect()
            }
        };
        Ok(BudgetQuestion {
            total: self.total_budget,
            goal,
            of_conversions: self.optimization_goal == OptimizationGoal::MaximizeConversions,
            platform_minima,
            campaign_max: constraints.max_spend_per_campaign,
            bounds,
        })
    }
}

fn answer(
    chosen: CampaignChoice,
    plan: &BudgetPlan,
    total: f64,
    days: usize,
    basis: Basis,
) -> BudgetAnswer {
    let sum = |of: fn(&RecommendedBudget) -> f64| plan.campaigns.iter().map(of).sum::<f64>();
    let (spend, revenue) = (sum(|one| one.budget), sum(|one| one.revenue.value));
    // What is shown adds up to the budget, to the cent.
    let budgets = plan.campaigns.iter().map(|one| one.budget).chain([plan.unspent]);
    let mut shown_budgets = in_cents(&budgets.collect::<Vec<f64>>(), total);
    let unspent = shown_budgets.pop().unwrap_or_default();
    let parts = chosen.outlooks.iter().zip(&plan.campaigns).zip(shown_budgets);
    let mut recommendations: Vec<Recommendation> =
        parts.map(|((outlook, part), budget)| Recommendation::of(outlook, part, budget)).collect();
    recommendations.sort_by(|l, r| r.recommended_budget.total_cmp(&l.recommended_budget));
    BudgetAnswer {
        recommendations,
        left_out: chosen.left_out,
        currency: chosen.currency,
        horizon_days: days,
        total_expected_roas: (spend > 0.0).then(|| shown(revenue / spend)),
        total_expected_revenue: cents(revenue),
        total_expected_conversions: shown(sum(|one| one.conversions)),
        unspent: units(unspent),
        optimality_gap: plan.gap,
        basis,
    }
}

fn units(cents: i64) -> f64 {
    cents as f64 / 100.0
}

impl Recommendation {
    fn of(outlook: &Outlook, part: &RecommendedBudget, budget_cents: i64) -> Recommendation {
        let key = &outlook.campaign.key;
        Recommendation {
            campaign_id: key.campaign_id.clone(),
            campaign_name: outlook.campaign.name.clone(),
            platform: key.platform,
            current_budget: cents(part.current),
            recommended_budget: units(budget_cents),
            expected_roas: (part.budget > 0.0).then(|| shown(part.revenue.value / part.budget)),
            expected_revenue: part.revenue.value,
            revenue_lower: cents(part.revenue.low),
            revenue_upper: cents(part.revenue.high),
            expected_revenue_increase: cents(part.revenue.value - part.revenue_now),
            expected_conversions: shown(part.conversions),
            marginal_roas: shown(part.marginal),
            binding: match part.hold {
                Hold::Bound(Binding::Free) => BudgetLimit::None,
                Hold::Bound(Binding::Min) => BudgetLimit::Min,
                Hold::Bound(Binding::Max) => BudgetLimit::Max,
                Hold::Bound(Binding::GroupMin) => BudgetLimit::MinSpendPerPlatform,
                Hold::Evidence => BudgetLimit::Evidence,
                Hold::UnknownResponse => BudgetLimit::UnknownResponse,
            },
        }
    }
}

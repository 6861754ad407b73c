//! `POST /simulate`

use axum::extract::State;
use serde::{Deserialize, Serialize};
use stratum_forecast::{MatchGain, Scenario, ScenarioOutcome, cents, match_gain, simulate};
use stratum_http::answer::{Answer, Answered, Fault, Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::body::Body;
use stratum_models::identifier::IdentifierKey;
use stratum_models::money::Currency;
use stratum_models::platform::Platform;
use stratum_models::time::{DAY_MS, UnixMillis};
use stratum_models::warehouse::MatchQualityQuery;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::App;
use super::{Basis, CampaignChoice, LeftOut, model_of, shown, window};

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(simulate_budgets))
}

/// Days of events that a fix of match quality is measured on.
const MATCH_DAYS: i64 = 28;
const CHANGE_PERCENT_MAX: f64 = 1_000.0;
const NAME_CHARS_MAX: usize = 200;

/// The budgets and fixes to try.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SimulateRequest {
    /// The platform's campaign id; all campaigns if absent.
    campaign_id: Option<String>,
    /// The currency, where campaigns are in several.
    currency: Option<Currency>,
    /// The scenarios, 1 to 20.
    scenarios: Vec<ScenarioRequest>,
    /// Days of the window, 1 to 90; 30 where absent.
    time_horizon_days: Option<u32>,
    /// The fix by which events would carry more identifiers.
    match_quality_fix: Option<FixRequest>,
}

/// A change of budgets.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScenarioRequest {
    /// The name of the scenario.
    name: String,
    /// The change in percent, -100 to 1000.
    budget_change_percent: f64,
}

/// A fix of match quality.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FixRequest {
    /// Identifiers that events would carry, such as `em`.
    identifiers: Vec<IdentifierKey>,
    /// Of the events that lack them, the share that would carry them, 0 to 1; all where absent.
    share: Option<f64>,
}

/// The outcome of the simulation.
#[derive(Debug, Serialize, ToSchema)]
pub struct Simulation {
    /// With the budgets as they are.
    baseline: Figures,
    /// With each scenario's budgets, in the order asked for.
    scenarios: Vec<ScenarioAnswer>,
    /// The effect of the fix of match quality; null where none was asked for.
    match_quality: Option<MatchQualityAnswer>,
    /// Campaigns that take no part, with the reason.
    left_out: Vec<LeftOut>,
    /// The currency of every amount.
    currency: Currency,
    /// Days of the window.
    time_horizon_days: usize,
    /// Which model answers.
    #[serde(flatten)]
    basis: Basis,
}

/// Sums over the window.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = SimulatedFigures)]
pub struct Figures {
    /// Amount spent.
    spend: f64,
    /// Expected revenue.
    revenue: f64,
    /// Revenue / spend; null without spend.
    roas: Option<f64>,
    /// Expected reported conversions.
    conversions: f64,
}

/// A scenario's outcome.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScenarioAnswer {
    /// The scenario's name.
    name: String,
    /// The change in percent.
    budget_change_percent: f64,
    /// Sums over the window.
    #[serde(flatten)]
    figures: Figures,
    /// Revenue of the next unit, spread as the budgets are.
    marginal_roas: f64,
    /// Where revenue and ROAS lie as often as `level` says. Over several campaigns their errors are
    /// taken as one: it is wide on purpose.
    confidence_interval: Interval,
    /// Campaigns whose spend never varied enough to know what another budget brings: their interval
    /// reaches from hardly any response to a straight line.
    unknown_responses: usize,
}

/// An interval.
#[derive(Debug, Serialize, ToSchema)]
pub struct Interval {
    /// The share of cases in which it is meant to hold.
    level: f64,
    revenue_lower: f64,
    revenue_upper: f64,
    roas_lower: Option<f64>,
    roas_upper: Option<f64>,
}

/// The effect of a fix of match quality.
#[derive(Debug, Serialize, ToSchema)]
pub struct MatchQualityAnswer {
    /// Events of the last 28 days of the data.
    events: u64,
    /// Of these, expected to be matched to a person as they are.
    matched_before: f64,
    /// With the identifiers added.
    matched_after: f64,
    /// More matched events, in percent of those now; null where none is.
    change_percent: Option<f64>,
    /// Reported conversions of the baseline; null where none is matched now.
    reported_conversions_before: Option<f64>,
    /// Reported conversions if they grow as matched events do.
    reported_conversions_after: Option<f64>,
    /// The statement of what this is and is not.
    statement: &'static str,
}

const STATEMENT: &str = "These are reported conversions, not sales: better matching lets the platform \
    credit and learn from more of the sales that happen anyway. Revenue and ROAS above do not change.";

/// Simulates changed budgets or a better match quality.
///
/// All budgets change by the same share from the first day of the window on; carry-over of earlier spend is
/// included. A change of 0 % is the baseline, which is the forecast of `/predictions/roas`.
#[utoipa::path(
    post, path = "/api/v1/simulate", tag = "predictions", request_body = SimulateRequest,
    security(("bearer" = [])),
    responses(
        (status = 200, body = Answer<Simulation>),
        (status = 422, body = RefusalBody, description = "a field breaks a rule, or no campaign can be forecast"),
    ),
)]
pub async fn simulate_budgets(
    State(app): State<App>,
    caller: Authenticated,
    Body(request): Body<SimulateRequest>,
) -> Answered<Simulation> {
    let days = window(&app, "time_horizon_days", request.time_horizon_days, 30)?;
    request.check(app.forecasts.config.scenarios_max)?;
    let loaded = model_of(&app, &caller).await?;
    let artifact = loaded.artifact.clone();
    let wanted = |id: &str| request.campaign_id.as_deref().is_none_or(|wanted| wanted == id);
    if !artifact.campaigns.iter().any(|one| wanted(&one.key.campaign_id)) {
        return Err(Refusal::not_found("campaign"));
    }
    let chosen =
        CampaignChoice::of(&artifact, days, request.currency, |one| wanted(&one.key.campaign_id))?;
    let run =
        |budget_change_percent| simulate(&chosen.outlooks, &Scenario { budget_change_percent });
    let baseline = Figures::of(&run(0.0));
    let level = artifact.calibration.level;
    let scenarios = request
        .scenarios
        .iter()
        .map(|scenario| ScenarioAnswer::of(scenario, &run(scenario.budget_change_percent), level));
    let scenarios = scenarios.collect();
    let match_quality = match &request.match_quality_fix {
        Some(fix) => Some(fixed(&app, &caller, fix, &chosen, baseline.conversions).await?),
        None => None,
    };
    Ok(Answer::of(Simulation {
        baseline,
        scenarios,
        match_quality,
        left_out: chosen.left_out,
        currency: chosen.currency,
        time_horizon_days: days,
        basis: Basis::of(&app, Some(&loaded), days),
    }))
}

impl SimulateRequest {
    fn check(&self, scenarios_max: usize) -> Result<(), Refusal> {
        if self.scenarios.is_empty() || self.scenarios.len() > scenarios_max {
            let message = format!("1 to {scenarios_max} scenarios");
            return Err(Refusal::unprocessable("scenarios", message));
        }
        for scenario in &self.scenarios {
            if scenario.name.chars().count() > NAME_CHARS_MAX {
                let message = format!("is a text of at most {NAME_CHARS_MAX} characters");
                return Err(Refusal::unprocessable("scenarios.name", message));
            }
            if !(-100.0..=CHANGE_PERCENT_MAX).contains(&scenario.budget_change_percent) {
                let message = format!("is from -100 to {CHANGE_PERCENT_MAX} percent");
                return Err(Refusal::unprocessable(
                    "scenarios.budget_change_percent",
                    Fault::range(-100, CHANGE_PERCENT_MAX, message),
                ));
            }
        }
        let share = self.match_quality_fix.as_ref().and_then(|fix| fix.share).unwrap_or(1.0);
        if !(0.0..=1.0).contains(&share) {
            return Err(Refusal::unprocessable(
                "match_quality_fix.share",
                Fault::range(0, 1, "must be from 0 to 1"),
            ));
        }
        Ok(())
    }
}

/// The gain of a fix on the events of the campaigns' platforms.
async fn fixed(
    app: &App,
    caller: &Authenticated,
    fix: &FixRequest,
    chosen: &CampaignChoice<'_>,
    conversions: f64,
) -> Result<MatchQualityAnswer, Refusal> {
    let platforms: Vec<Platform> =
        chosen.outlooks.iter().map(|outlook| outlook.campaign.key.platform).collect();
    let until = app.clock.now().hour().0;
    let query = MatchQualityQuery {
        from: UnixMillis(until - MATCH_DAYS * DAY_MS),
        until: UnixMillis(until),
        platform: None,
        dataset_id: None,
        event_name: None,
    };
    let mut counts = app.warehouse.mask_counts(caller.scope, &query).await?;
    counts.retain(|count| count.platform.is_some_and(|one| platforms.contains(&one)));
    let gain: MatchGain = match_gain(&counts, &fix.identifiers, fix.share.unwrap_or(1.0));
    Ok(MatchQualityAnswer {
        events: gain.events,
        matched_before: shown(gain.matched_before),
        matched_after: shown(gain.matched_after),
        change_percent: gain.share().map(|share| shown(100.0 * share)),
        reported_conversions_before: gain.share().map(|_| conversions),
        reported_conversions_after: gain.share().map(|share| shown(conversions * (1.0 + share))),
        statement: STATEMENT,
    })
}

impl Figures {
    fn of(outcome: &ScenarioOutcome) -> Figures {
        let (spend, revenue) = (outcome.spend, outcome.revenue.value);
        Figures {
            spend: cents(spend),
            revenue: cents(revenue),
            roas: (spend > 0.0).then(|| shown(revenue / spend)),
            conversions: shown(outcome.conversions),
        }
    }
}

impl ScenarioAnswer {
    fn of(scenario: &ScenarioRequest, outcome: &ScenarioOutcome, level: f64) -> ScenarioAnswer {
        let roas = |revenue: f64| (outcome.spend > 0.0).then(|| shown(revenue / outcome.spend));
        ScenarioAnswer {
            name: scenario.name.clone(),
            budget_change_percent: scenario.budget_change_percent,
            figures: Figures::of(outcome),
            marginal_roas: shown(outcome.marginal),
            confidence_interval: Interval {
                level,
                revenue_lower: cents(outcome.revenue.low),
                revenue_upper: cents(outcome.revenue.high),
                roas_lower: roas(outcome.revenue.low),
                roas_upper: roas(outcome.revenue.high),
            },
            unknown_responses: outcome.unknown,
        }
    }
}

//! `GET /predictions/roas`

use std::collections::BTreeMap;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use stratum_forecast::{
    Advice, Artifact, CampaignModel, Insufficient, Outlook, ReasonCode, cents, recommendation,
};
use stratum_http::answer::{Answer, Answered, Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::fields::{Fields, Params};
use stratum_models::money::Currency;
use stratum_models::platform::Platform;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::App;
use super::explanation::{DriverItem, ResponseSource, TrendItem};
use super::{Basis, NO_MODEL, shown, window};

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(roas))
}

/// Which campaigns, how far.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RoasParams {
    /// The platform's campaign id; all campaigns if absent.
    campaign_id: Option<String>,
    /// The platform; all platforms if absent.
    #[param(value_type = Option<Platform>)]
    platform: Option<String>,
    /// Days ahead, 1 to 90; 7 where absent.
    #[param(value_type = Option<u32>)]
    days_ahead: Option<String>,
}

/// Forecasts of campaigns, those with the largest planned spend first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Predictions {
    /// One a campaign.
    predictions: Vec<Prediction>,
    /// Campaigns there are; `predictions` holds at most as many as the installation allows.
    total: usize,
    /// Which model answers.
    #[serde(flatten)]
    basis: Basis,
    /// Why there is no prediction at all; null where there is one.
    insufficient_data: Option<String>,
}

/// The forecast of a campaign.
#[derive(Debug, Serialize, ToSchema)]
pub struct Prediction {
    /// The platform's id of the campaign.
    campaign_id: String,
    /// The campaign's name.
    campaign_name: String,
    /// The campaign's platform.
    platform: Platform,
    /// The campaign's ad account.
    account_id: String,
    /// The currency of its amounts.
    currency: Currency,
    /// Revenue / spend of the days whose mean is the planned spend; null without spend.
    current_roas: Option<f64>,
    /// Revenue / spend over the window under the planned spend; null with `insufficient_data`.
    predicted_roas: Option<f64>,
    /// The interval's lower end.
    confidence_lower: Option<f64>,
    /// The interval's upper end.
    confidence_upper: Option<f64>,
    /// The share of cases in which the interval is meant to hold.
    level: f64,
    /// Spend over the window if it goes on as in the last weeks.
    planned_spend: Option<f64>,
    /// Revenue expected of it.
    predicted_revenue: Option<f64>,
    /// Revenue of the next unit spent.
    marginal_roas: Option<f64>,
    /// The trend of its ROAS over the last weeks.
    trend: TrendItem,
    /// The recommendation, in words.
    recommendation: Option<String>,
    /// The same in a word.
    advice: Option<Advice>,
    /// The reason why there is no forecast; null if there is one.
    insufficient_data: Option<String>,
    /// The reason's code; null where there is a forecast.
    reason_code: Option<ReasonCode>,
    /// The numbers that the reason names, such as `days` and `needed`.
    reason_parameters: BTreeMap<&'static str, f64>,
    /// The drivers that add up to `predicted_roas`.
    drivers: Vec<DriverItem>,
    /// The basis of the forecast.
    basis: Evidence,
}

/// The evidence that a forecast rests on.
#[derive(Debug, Serialize, ToSchema)]
pub struct Evidence {
    /// Days with spend.
    days: usize,
    /// Reported days left out because their figures cannot be.
    excluded_days: usize,
    /// Days in an earlier currency, left out.
    foreign_currency_days: usize,
    /// The model that is served: the one whose forecasts of the past were closest.
    model: String,
    /// Where the response to other budgets comes from: `own` days, the `platform`'s other campaigns,
    /// or `unknown` where spend never varied enough to know.
    response: Option<ResponseSource>,
    /// The errors of its forecasts of the past; null where none could be checked.
    backtest: Option<Backtest>,
}

/// The errors of forecasts of the past, over all campaigns of the tenant.
#[derive(Debug, Serialize, ToSchema)]
pub struct Backtest {
    /// Sum of absolute errors over sum of revenue.
    wmape: f64,
    /// Root of the mean squared error over mean revenue.
    nrmse: f64,
    /// Mean absolute error over that of repeating the week before.
    mase: f64,
    /// Sum of errors over sum of revenue.
    bias: f64,
    /// The share of cases in which intervals held.
    coverage: Option<f64>,
    /// The closest baseline.
    baseline: Option<Baseline>,
}

/// The baseline that was closest.
#[derive(Debug, Serialize, ToSchema)]
pub struct Baseline {
    /// The name of the simple model, such as `ewma`.
    model: String,
    /// Sum of absolute errors over sum of revenue.
    wmape: f64,
    /// Root of the mean squared error over mean revenue.
    nrmse: f64,
}

/// Forecasts ROAS.
///
/// The window begins on the day after the last day of the model's data. The planned spend is the mean of the last
/// four weeks. For a campaign with too little data or without recent spend, the answer gives the reason instead of
/// a forecast. The same window and spend give the same figures here, in `/predictions/budget-optimize` and in
/// `/simulate`.
#[utoipa::path(
    get, path = "/api/v1/predictions/roas", tag = "predictions", params(RoasParams), security(("bearer" = [])),
    responses(
        (status = 200, body = Answer<Predictions>),
        (status = 422, body = RefusalBody, description = "the window is too long"),
    ),
)]
pub async fn roas(
    State(app): State<App>,
    caller: Authenticated,
    Params(params): Params<RoasParams>,
) -> Answered<Predictions> {
    let mut fields = Fields::default();
    let campaign_id = fields.text("campaign_id", params.campaign_id, 128);
    let platform: Option<Platform> = fields.optional("platform", params.platform.as_deref());
    let days: Option<u32> = fields.optional("days_ahead", params.days_ahead.as_deref());
    fields.finish()?;
    let days = window(&app, "days_ahead", days, 7)?;
    let Some(loaded) = app.forecasts.newest(&mut caller.work(&app).await?).await? else {
        let basis = Basis::of(&app, None, days);
        let insufficient_data = Some(NO_MODEL.to_owned());
        return Ok(Answer::of(Predictions {
            predictions: Vec::new(),
            total: 0,
            basis,
            insufficient_data,
        }));
    };
    let wanted = |one: &&CampaignModel| {
        campaign_id.as_ref().is_none_or(|id| one.key.campaign_id == *id)
            && platform.is_none_or(|platform| one.key.platform == platform)
    };
    let artifact = loaded.artifact.clone();
    let mut campaigns: Vec<&CampaignModel> = artifact.campaigns.iter().filter(wanted).collect();
    if campaigns.is_empty() && campaign_id.is_some() {
        return Err(Refusal::not_found("campaign"));
    }
    let planned = |one: &CampaignModel| one.insight.as_ref().map_or(0.0, |insight| insight.spend);
    campaigns.sort_by(|l, r| planned(r).total_cmp(&planned(l)).then_with(|| l.key.cmp(&r.key)));
    let total = campaigns.len();
    campaigns.truncate(app.forecasts.config.campaigns_max);
    let predictions = campaigns.into_iter().map(|one| Prediction::of(&artifact, one, days));
    Ok(Answer::of(Predictions {
        predictions: predictions.collect(),
        total,
        basis: Basis::of(&app, Some(&loaded), days),
        insufficient_data: None,
    }))
}

impl Prediction {
    fn of(artifact: &Artifact, campaign: &CampaignModel, days: usize) -> Prediction {
        let outlook = artifact.outlook(campaign, days);
        let (known, reason) = (outlook.as_ref().ok(), outlook.as_ref().err());
        let roas = known.map(Outlook::roas);
        let planned = known.map(Outlook::planned_spend);
        Prediction {
            campaign_id: campaign.key.campaign_id.clone(),
            campaign_name: campaign.name.clone(),
            platform: campaign.key.platform,
            account_id: campaign.key.account_id.clone(),
            currency: campaign.currency,
            current_roas: campaign.current_roas.map(shown),
            predicted_roas: roas.map(|one| shown(one.value)),
            confidence_lower: roas.map(|one| shown(one.low)),
            confidence_upper: roas.map(|one| shown(one.high)),
            level: artifact.calibration.level,
            planned_spend: planned.map(cents),
            predicted_revenue: known.map(Outlook::baseline),
            marginal_roas: known.zip(planned).map(|(one, spend)| shown(one.marginal(spend))),
            trend: campaign.trend.into(),
            recommendation: known.map(recommendation),
            advice: known.map(Advice::of),
            insufficient_data: reason.map(Insufficient::statement),
            reason_code: reason.map(Insufficient::code),
            reason_parameters: reason
                .map(Insufficient::parameters)
                .unwrap_or_default()
                .into_iter()
                .collect(),
            drivers: known.map(DriverItem::of).unwrap_or_default(),
            basis: Evidence::of(artifact, campaign),
        }
    }
}

impl Evidence {
    fn of(artifact: &Artifact, campaign: &CampaignModel) -> Evidence {
        Evidence {
            days: campaign.days,
            excluded_days: campaign.excluded_days,
            foreign_currency_days: campaign.foreign_days,
            model: artifact.model.name(),
            response: campaign.insight.as_ref().ok().map(|insight| insight.curve.known.into()),
            backtest: artifact.score().map(|score| Backtest {
                wmape: shown(score.wmape),
                nrmse: shown(score.nrmse),
                mase: shown(score.mase),
                bias: shown(score.bias),
                coverage: artifact.calibration.coverage.map(shown),
                baseline: artifact.baseline().map(|(model, score)| Baseline {
                    model: model.name(),
                    wmape: shown(score.wmape),
                    nrmse: shown(score.nrmse),
                }),
            }),
        }
    }
}

//! Predictions: forecasts of ROAS, plans for budgets, what-ifs. These three ask the same model for the
//! same window, which begins on the day after its data. Beside them, curves fitted to a user's own data.

mod explanation;
pub mod roas;
pub mod budget_optimize;
pub mod simulate;
pub mod response;

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, Utc};
use serde::Serialize;
use stratum_forecast::{Artifact, CampaignModel, Insufficient, Outlook, ReasonCode};
use stratum_http::answer::{Fault, FaultCode, Refusal};
use stratum_http::auth::Authenticated;
use stratum_models::money::Currency;
use stratum_models::platform::Platform;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::App;
use stratum_jobs::predict::ServedModel;

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(roas::routes())
        .merge(budget_optimize::routes())
        .merge(simulate::routes())
        .merge(response::routes())
}

/// Which model answers, and for which days.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Basis {
    /// The version of the model: the beginning of its hash; null before the first training.
    pub model_version: Option<String>,
    /// When it was trained.
    pub trained_at: Option<DateTime<Utc>>,
    /// The first day of the window: the day after the model's data.
    pub date_from: Option<NaiveDate>,
    /// The last day of the window, included.
    pub date_to: Option<NaiveDate>,
    /// When this answer was made.
    pub generated_at: DateTime<Utc>,
}

impl Basis {
    fn of(app: &App, loaded: Option<&ServedModel>, days: usize) -> Basis {
        let eve = loaded.map(|loaded| loaded.artifact.data_to.0);
        let after = |days: usize| eve?.checked_add_days(Days::new(days as u64));
        Basis {
            model_version: loaded.map(|loaded| loaded.version.clone()),
            trained_at: loaded.map(|loaded| loaded.trained_at.to_utc()),
            date_from: after(1),
            date_to: after(days),
            generated_at: app.clock.now().to_utc(),
        }
    }
}

/// A campaign that takes no part, and why.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LeftOut {
    /// The platform's id of the campaign.
    pub campaign_id: String,
    /// The campaign's name.
    pub campaign_name: String,
    /// The campaign's platform.
    pub platform: Platform,
    /// The reason why the campaign is left out, in words.
    pub reason: String,
    /// The reason's code.
    pub reason_code: ReasonCode,
    /// The numbers that the reason names, such as `days` and `needed`.
    pub reason_parameters: BTreeMap<&'static str, f64>,
}

/// The tenant's model; 422 before the first training.
async fn model_of(app: &App, caller: &Authenticated) -> Result<ServedModel, Refusal> {
    let newest = app.forecasts.newest(&mut caller.work(app).await?).await?;
    newest.ok_or_else(|| {
        Refusal::unprocessable("", Fault::new(FaultCode::InsufficientData, NO_MODEL))
    })
}

const NO_MODEL: &str = "insufficient_data: no model is trained yet; it is trained within minutes of \
    the first ad reports, and every day";

/// The days of a window.
fn window(app: &App, field: &str, days: Option<u32>, default: u32) -> Result<usize, Refusal> {
    let most = app.forecasts.config.training.days_ahead_max;
    let days = days.unwrap_or(default) as usize;
    match (1..=most).contains(&days) {
        true => Ok(days),
        false => Err(Refusal::unprocessable(
            field,
            Fault::range(1, most, format!("must be from 1 to {most} days")),
        )),
    }
}

/// The campaigns that an answer is about, in one currency, with those that can take no part.
pub struct CampaignChoice<'a> {
    /// Those with a forecast.
    pub outlooks: Vec<Outlook<'a>>,
    /// Those that take no part.
    pub left_out: Vec<LeftOut>,
    /// The currency of all amounts.
    pub currency: Currency,
}

impl<'a> CampaignChoice<'a> {
    /// Of these campaigns, those with a forecast; 422 where they are of several currencies, or none.
    fn of(
        artifact: &'a Artifact,
        days: usize,
        wanted: Option<Currency>,
        asked: impl Fn(&CampaignModel) -> bool,
    ) -> Result<CampaignChoice<'a>, Refusal> {
        CampaignChoice::but(artifact, days, wanted, asked, |_| None)
    }

    /// The same without those that there is a reason to leave out.
    fn but(
        artifact: &'a Artifact,
        days: usize,
        wanted: Option<Currency>,
        asked: impl Fn(&CampaignModel) -> bool,
        reason: impl Fn(&CampaignModel) -> Option<Reason>,
    ) -> Result<CampaignChoice<'a>, Refusal> {
        let (mut outlooks, mut left_out) = (Vec::new(), Vec::new());
        let campaigns = artifact.campaigns.iter().filter(|one| asked(one));
        for campaign in campaigns.filter(|one| wanted.is_none_or(|wanted| one.currency == wanted)) {
            if let Some(reason) = reason(campaign) {
                left_out.push(LeftOut::of(campaign, reason));
                continue;
            }
            match artifact.outlook(campaign, days) {
                Ok(outlook) => outlooks.push(outlook),
                Err(reason) => left_out.push(LeftOut::of(campaign, Reason::from(&reason))),
            }
        }
        let mut currencies: Vec<Currency> =
            outlooks.iter().map(|outlook| outlook.campaign.currency).collect();
        currencies.sort();
        currencies.dedup();
        match currencies.as_slice() {
            [currency] => Ok(CampaignChoice { outlooks, left_out, currency: *currency }),
            [] => Err(nothing_known(&left_out)),
            several => {
                let names: Vec<&str> = several.iter().map(Currency::as_str).collect();
                let message =
                    format!("budgets are in {}: ask for one currency", names.join(" and "));
                Err(Refusal::unprocessable("currency", message))
            }
        }
    }
}

fn nothing_known(left_out: &[LeftOut]) -> Refusal {
    let reason = match left_out {
        [] => "no campaign has ad reports".to_owned(),
        [only] => only.reason.clone(),
        [first, rest @ ..] => {
            format!(
                "{} of {}, and alike of {} others",
                first.reason,
                first.campaign_name,
                rest.len()
            )
        }
    };
    let message = format!("insufficient_data: {reason}");
    Refusal::unprocessable("", Fault::new(FaultCode::InsufficientData, message))
}

/// The reason for which a campaign takes no part, for programs and in plain words.
struct Reason {
    code: ReasonCode,
    parameters: BTreeMap<&'static str, f64>,
    statement: String,
}

impl From<&Insufficient> for Reason {
    fn from(reason: &Insufficient) -> Reason {
        let parameters = reason.parameters().into_iter().collect();
        Reason { code: reason.code(), parameters, statement: reason.statement() }
    }
}

impl LeftOut {
    fn of(campaign: &CampaignModel, reason: Reason) -> LeftOut {
        LeftOut {
            campaign_id: campaign.key.campaign_id.clone(),
            campaign_name: campaign.name.clone(),
            platform: campaign.key.platform,
            reason: reason.statement,
            reason_code: reason.code,
            reason_parameters: reason.parameters,
        }
    }
}

/// Ratios are shown with six digits after the point.
pub(super) fn shown(ratio: f64) -> f64 {
    (ratio * 1e6).round() / 1e6
}

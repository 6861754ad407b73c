//! `GET /campaigns/{id}`

use axum::extract::State;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use serde_json::Value;
use stratum_http::answer::{Answer, Answered, Refusal};
use stratum_http::auth::Authenticated;
use stratum_http::id::{Id, Resource};
use stratum_models::money::{Currency, micros_to_units};
use stratum_models::platform::Platform;
use stratum_models::time::DayRange;
use stratum_models::warehouse::CampaignKey;
use stratum_query::ask::campaigns::{CampaignReports, open_days};
use stratum_query::ask::figures::{Figures, Kpi};
use stratum_state::campaign::{Campaign, CampaignStatus};
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::App;
use super::super::figures::tenant_figures;
use super::figures::{CampaignComparison, CampaignFigures};

/// A campaign, and what is reported of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignItem {
    /// The campaign's id.
    id: Uuid,
    /// Name to show.
    name: String,
    /// The platform.
    platform: Platform,
    /// Where it is in its life.
    status: CampaignStatus,
    /// The objective, in the platform's words.
    objective: Option<String>,
    /// The platform's id, once it has one.
    external_id: Option<String>,
    /// The platform's ad account.
    account_id: Option<String>,
    /// The most that it may spend a day, in currency units.
    daily_budget: Option<f64>,
    /// The most that it may spend in all, in currency units.
    lifetime_budget: Option<f64>,
    /// The currency of its budgets.
    currency: Currency,
    /// The currency of what is reported: the campaign's own unless another one was asked for.
    figures_currency: Currency,
    /// The reported figures.
    #[serde(flatten)]
    figures: CampaignFigures,
    /// The days it is compared with; null where none are asked for or either time tells nothing of it.
    comparison: Option<CampaignComparison>,
    /// The figure that `spark` names on each day of the range, oldest first; null where it is not asked for. A
    /// figure of a day is null where it is not known.
    spark: Option<Vec<Option<f64>>>,
    /// First day.
    start_date: Option<NaiveDate>,
    /// Last day.
    end_date: Option<NaiveDate>,
    /// Whom it is shown to, in the platform's form.
    #[schema(value_type = Object)]
    targeting: Value,
    /// Words to find it by.
    labels: Vec<String>,
    /// When the newest ad report that names it was received; null until one does.
    last_synced_at: Option<DateTime<Utc>>,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When users last changed it.
    updated_at: DateTime<Utc>,
}

impl CampaignItem {
    /// A campaign with its figures among those reported, in this currency or in its own.
    pub fn of(
        campaign: Campaign,
        reports: &CampaignReports,
        currency: Option<Currency>,
    ) -> CampaignItem {
        let figures_currency = currency.unwrap_or(campaign.plan.currency);
        let figures = CampaignFigures::of(reports, campaign.key().as_ref(), figures_currency);
        let plan = campaign.plan;
        CampaignItem {
            id: campaign.id,
            name: plan.name,
            platform: campaign.platform,
            status: plan.status,
            objective: plan.objective,
            external_id: plan.external_id,
            account_id: plan.account_id,
            daily_budget: plan.daily_budget_micros.map(micros_to_units),
            lifetime_budget: plan.lifetime_budget_micros.map(micros_to_units),
            currency: plan.currency,
            figures_currency,
            figures,
            comparison: None,
            spark: None,
            start_date: plan.start_date,
            end_date: plan.end_date,
            targeting: plan.targeting,
            labels: plan.labels,
            last_synced_at: campaign.last_synced_at,
            created_at: campaign.created_at,
            updated_at: campaign.updated_at,
        }
    }

    /// The same with what it is compared with and the figure of each day, where they are asked for.
    #[must_use]
    pub fn beside(
        self,
        key: Option<CampaignKey>,
        now: &CampaignReports,
        before: Option<&(DayRange, CampaignReports)>,
        spark: Option<(Kpi, Option<&Vec<Figures>>)>,
    ) -> CampaignItem {
        let compared = key.as_ref().zip(before).and_then(|(key, before)| {
            CampaignComparison::of(now, before, key, self.figures_currency)
        });
        let each = |(kpi, days): (Kpi, Option<&Vec<Figures>>)| {
            days.map(|days| days.iter().map(|day| day.value(kpi)).collect())
        };
        CampaignItem { comparison: compared, spark: spark.and_then(each), ..self }
    }

    /// The same with what is reported over all of its days.
    pub async fn of_all_days(
        app: &App,
        caller: &Authenticated,
        campaign: Campaign,
    ) -> Result<CampaignItem, Refusal> {
        let mut reports = CampaignReports::default();
        if let (Some(key), Some(always)) = (campaign.key(), open_days(None, None)) {
            let figures = tenant_figures(app, caller.scope);
            let only = std::slice::from_ref(&key);
            reports = CampaignReports::of(figures.warehouse, caller.scope, always, only).await?;
            reports.convert(&figures, always, [(key, campaign.plan.currency)]).await?;
        }
        Ok(CampaignItem::of(campaign, &reports, None))
    }
}

/// Returns a campaign with its figures.
///
/// Figures are sums of what the platform reports, over all days; amounts in other currencies than the campaign's
/// are converted with the rates of their days.
#[utoipa::path(
    get, path = "/api/v1/campaigns/{id}", tag = "campaigns", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "the campaign's id")),
    responses((status = 200, body = Answer<CampaignItem>)),
)]
pub async fn campaign(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<Campaign>,
) -> Answered<CampaignItem> {
    let campaign = caller.work(&app).await?.campaign(id).await?;
    let campaign = campaign.ok_or_else(Campaign::not_found)?;
    Ok(Answer::of(CampaignItem::of_all_days(&app, &caller, campaign).await?))
}

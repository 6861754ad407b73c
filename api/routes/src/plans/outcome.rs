//! How a plan turned out.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::Serialize;
use stratum_forecast::cents;
use stratum_http::answer::Refusal;
use stratum_http::auth::Authenticated;
use stratum_models::metrics::KpiGroup;
use stratum_models::money::{Currency, MICROS};
use stratum_models::platform::Platform;
use stratum_models::time::{Day, DayRange};
use stratum_models::warehouse::{CampaignGroupQuery, CampaignKey, Freshness};
use stratum_state::plan::Plan;
use utoipa::ToSchema;

use super::super::App;
use super::content::{ExpectedRevenue, PlanCampaign, PlanContent, days_between};

/// How a plan turned out, by the platforms' reports.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanOutcome {
    /// Days of the window.
    days: i64,
    /// Days of it that every platform of the plan has reported.
    days_reported: i64,
    /// Spend on these days.
    spend: f64,
    /// Reported revenue of these days.
    revenue: f64,
    /// The revenue that the plan expected of the actual spend; null until the whole window is reported, and
    /// where a campaign spent more than the saved curve covers.
    expected: Option<ExpectedRevenue>,
    /// Whether the revenue lies within that interval; null where `expected` is.
    held: Option<bool>,
    /// The campaigns, the largest budget first.
    campaigns: Vec<PlanCampaignOutcome>,
}

/// How a campaign of a plan turned out.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanCampaignOutcome {
    /// Its platform.
    platform: Platform,
    /// The platform's id of the campaign.
    campaign_id: String,
    /// Its name when the plan was saved.
    campaign_name: String,
    /// Its spend over a window of this length before the plan.
    current_budget: f64,
    /// Its planned spend.
    budget: f64,
    /// The revenue expected of the planned spend.
    planned: Option<ExpectedRevenue>,
    /// Its actual spend.
    spend: f64,
    /// Its reported revenue.
    revenue: f64,
    /// The revenue that the plan expected of the actual spend, as for the whole.
    expected: Option<ExpectedRevenue>,
    /// Whether the revenue lies within that interval; null where `expected` is.
    held: Option<bool>,
}

/// How a plan has turned out so far.
pub(super) async fn outcome(
    app: &App,
    caller: &Authenticated,
    plan: &Plan,
    content: &PlanContent,
) -> Result<PlanOutcome, Refusal> {
    let zone = app.auth.directory.time_zone(caller.scope.tenant_id()).unwrap_or(Tz::UTC);
    let yesterday = app.clock.now().day_in(zone).0.pred_opt();
    let freshness = app.warehouse.freshness(caller.scope).await?;
    let until = reported_until(&freshness, content).into_iter().chain(yesterday).min();
    let until = until.map(|until| until.min(plan.date_to));
    let days = until.and_then(|until| DayRange::new(Day(plan.date_from), Day(until)));
    let groups = match days {
        Some(days) => {
            let key = |one: &PlanCampaign| CampaignKey {
                platform: one.platform,
                campaign_id: one.campaign_id.clone(),
            };
            let campaigns = content.campaigns.iter().map(key).collect();
            let query = CampaignGroupQuery { days, campaigns, by_day: false };
            app.warehouse.campaign_groups(caller.scope, &query).await?
        }
        None => Vec::new(),
    };
    let window = days_between(plan.date_from, plan.date_to);
    let reported = days.map_or(0, |days| days.days());
    Ok(PlanOutcome::of(content, &groups, plan.currency, (window, reported)))
}

/// The last day that every platform of the plan has reported; `None` where one has reported nothing.
fn reported_until(freshness: &[Freshness], content: &PlanContent) -> Option<NaiveDate> {
    let until = |platform: Platform| {
        let own = freshness.iter().find(|one| one.platform == Some(platform));
        own.and_then(|one| one.reports_until).map_or(NaiveDate::MIN, |day| day.0)
    };
    content.campaigns.iter().map(|one| until(one.platform)).min()
}

impl PlanOutcome {
    fn of(
        content: &PlanContent,
        groups: &[KpiGroup],
        currency: Currency,
        (days, days_reported): (i64, i64),
    ) -> PlanOutcome {
        let mut came = BTreeMap::<(Platform, &str), (f64, f64)>::new();
        for group in groups.iter().filter(|group| group.currency == Some(currency)) {
            let key = group.platform.zip(group.campaign_id.as_deref());
            let Some(key) = key else { continue };
            let units = |micros: i128| micros as f64 / MICROS as f64;
            let sums = came.entry(key).or_default();
            sums.0 += units(group.sums.spend_micros);
            sums.1 += units(group.sums.revenue_micros);
        }
        let whole = days_reported >= days;
        let campaign = |one: &PlanCampaign| {
            let key = (one.platform, one.campaign_id.as_str());
            PlanCampaignOutcome::of(one, came.get(&key).copied().unwrap_or_default(), whole)
        };
        let mut campaigns: Vec<PlanCampaignOutcome> =
            content.campaigns.iter().map(campaign).collect();
        campaigns.sort_by(|l, r| r.budget.total_cmp(&l.budget));
        let sum = |of: fn(&PlanCampaignOutcome) -> f64| cents(campaigns.iter().map(of).sum());
        let (spend, revenue) = (sum(|one| one.spend), sum(|one| one.revenue));
        let each: Option<Vec<ExpectedRevenue>> = campaigns.iter().map(|one| one.expected).collect();
        let expected = each.map(|each| ExpectedRevenue::sum(each.into_iter()));
        let held = expected.map(|expected| expected.holds(revenue));
        PlanOutcome { days, days_reported, spend, revenue, expected, held, campaigns }
    }
}

impl PlanCampaignOutcome {
    fn of(one: &PlanCampaign, (spend, revenue): (f64, f64), whole: bool) -> PlanCampaignOutcome {
        let expected = whole.then(|| one.expected(spend)).flatten();
        PlanCampaignOutcome {
            platform: one.platform,
            campaign_id: one.campaign_id.clone(),
            campaign_name: one.campaign_name.clone(),
            current_budget: one.current,
            budget: one.budget,
            planned: one.expected(one.budget),
            spend: cents(spend),
            revenue: cents(revenue),
            expected,
            held: expected.map(|expected| expected.holds(revenue)),
        }
    }
}

//! `POST /campaigns/bulk`

use axum::extract::State;
use serde::{Deserialize, Serialize};
use stratum_http::answer::{Answer, Answered, Detail, Fault, FaultCode, Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::body::Body;
use stratum_http::fields::Fields;
use stratum_http::id::Resource as _;
use stratum_http::rules::{Rules, distinct};
use stratum_models::money::{Currency, micros_to_units};
use stratum_models::store::StoreErrorKind;
use stratum_state::audit::{AuditAction, AuditEntry};
use stratum_state::campaign::{Campaign, CampaignPlan, CampaignStatus};
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::App;
use super::filter::CampaignFilterParams;
use super::plan::{check, difference, status_change};

/// Campaigns that are changed at once.
const CAMPAIGNS_MAX: usize = 1_000;
/// Micros of a hundredth of a currency.
const HUNDREDTH_MICROS: f64 = 10_000.0;
/// The most a budget may grow, in percent.
const GROWTH_PERCENT_MAX: f64 = 1_000.0;

/// The change of many campaigns.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkChange {
    /// The campaigns, 1,000 at most; either these or a filter.
    ids: Option<Vec<Uuid>>,
    /// The campaigns that `/campaigns` lists for the same parameters, 1,000 at most.
    filter: Option<CampaignFilterParams>,
    /// The change of each.
    change: EachChange,
    /// Tells what would be and changes nothing.
    #[serde(default)]
    dry_run: bool,
}

/// The change of each campaign. A field that is not sent stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EachChange {
    /// Archived is final, and nothing becomes a draft again.
    status: Option<CampaignStatus>,
    /// Labels to add to those that are there.
    #[serde(default)]
    add_labels: Vec<String>,
    /// Labels to take away.
    #[serde(default)]
    remove_labels: Vec<String>,
    /// By how many percent the daily budget changes, from -100 to 1,000; a campaign without one is refused.
    daily_budget_percent: Option<f64>,
    /// By how many percent the budget of its whole life changes.
    lifetime_budget_percent: Option<f64>,
}

/// The outcome of the change of many campaigns.
#[derive(Debug, Serialize, ToSchema)]
pub struct BulkOutcome {
    /// Whether nothing was changed but told.
    dry_run: bool,
    /// Campaigns that are, or would be, changed.
    changed: usize,
    /// Campaigns that are so already.
    unchanged: usize,
    /// Campaigns that a rule keeps from it; they stay as they are.
    refused: usize,
    /// Ids that no campaign has.
    not_found: Vec<Uuid>,
    /// Every campaign, as the list was ordered.
    outcomes: Vec<CampaignOutcome>,
}

/// The outcome of the change of a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It is, or would be, changed.
    Changed,
    /// It is so already.
    Unchanged,
    /// A rule keeps it from this.
    Refused,
}

/// A campaign before and after.
#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignOutcome {
    /// The campaign.
    id: Uuid,
    /// The campaign's name.
    name: String,
    /// The outcome.
    outcome: Outcome,
    /// As it was.
    before: Changeable,
    /// As it is, or would be; null where it is refused.
    after: Option<Changeable>,
    /// The rules that keep it from this.
    refusals: Vec<Detail>,
}

/// The fields that can be changed of many campaigns.
#[derive(Debug, Serialize, ToSchema)]
pub struct Changeable {
    status: CampaignStatus,
    labels: Vec<String>,
    daily_budget: Option<f64>,
    lifetime_budget: Option<f64>,
    /// The currency of both.
    currency: Currency,
}

impl From<&CampaignPlan> for Changeable {
    fn from(plan: &CampaignPlan) -> Changeable {
        Changeable {
            status: plan.status,
            labels: plan.labels.clone(),
            daily_budget: plan.daily_budget_micros.map(micros_to_units),
            lifetime_budget: plan.lifetime_budget_micros.map(micros_to_units),
            currency: plan.currency,
        }
    }
}

/// Changes many campaigns.
///
/// All at once: those that a rule keeps from it are told and stay, the others are changed together. The platforms are not
/// told. Each change is in the audit log by itself.
#[utoipa::path(
    post, path = "/api/v1/campaigns/bulk", tag = "campaigns", security(("bearer" = [])),
    request_body = BulkChange,
    responses(
        (status = 200, body = Answer<BulkOutcome>),
        (status = 422, body = RefusalBody, description = "no change or no campaigns are named, or too many"),
    ),
)]
pub async fn change_campaigns(
    State(app): State<App>,
    caller: Authenticated,
    Body(BulkChange { ids, filter, change, dry_run }): Body<BulkChange>,
) -> Answered<BulkOutcome> {
    change.check()?;
    let ids = match (ids, filter) {
        (Some(ids), None) => ids,
        (None, Some(filter)) => {
            let filter = filter.read(Fields::default())?;
            let listed = filter.campaigns(&app, &caller, "filter").await?;
            listed.into_iter().map(|one| one.id).collect()
        }
        _ => return Err(Refusal::unprocessable("ids", "send either ids or a filter")),
    };
    if ids.len() > CAMPAIGNS_MAX {
        let message = format!("{} campaigns are more than {CAMPAIGNS_MAX} at once", ids.len());
        return Err(Refusal::unprocessable(
            "ids",
            Fault::above(FaultCode::TooMany, CAMPAIGNS_MAX, message),
        ));
    }
    let mut work = caller.work(&app).await?;
    if !dry_run {
        work.lock_campaigns(&ids).await?;
    }
    let campaigns = work.campaigns(&ids).await?;
    let found: std::collections::HashSet<Uuid> = campaigns.iter().map(|one| one.id).collect();
    let not_found = ids.into_iter().filter(|id| !found.contains(id)).collect();
    let mut outcomes = Vec::with_capacity(campaigns.len());
    for campaign in campaigns {
        let applied = change.apply(&campaign);
        if let (Ok(plan), false) = (&applied, dry_run)
            && *plan != campaign.plan
        {
            work.update_campaign(campaign.id, plan).await.map_err(|error| match error.kind {
                StoreErrorKind::Conflict => Refusal::conflict(Fault::new(
                    FaultCode::ChangedMeanwhile,
                    "a campaign was changed meanwhile",
                )),
                _ => error.into(),
            })?;
            let changes = difference(Some(&campaign.plan), plan);
            let (action, id) = (AuditAction::CampaignUpdated, campaign.id);
            work.audit(&AuditEntry::done(action, Campaign::KIND, id, changes)).await?;
        }
        outcomes.push(CampaignOutcome::of(campaign, applied));
    }
    work.commit().await?;
    let count = |of| outcomes.iter().filter(|one| one.outcome == of).count();
    Ok(Answer::of(BulkOutcome {
        dry_run,
        changed: count(Outcome::Changed),
        unchanged: count(Outcome::Unchanged),
        refused: count(Outcome::Refused),
        not_found,
        outcomes,
    }))
}

impl CampaignOutcome {
    fn of(campaign: Campaign, applied: Result<CampaignPlan, Vec<Detail>>) -> CampaignOutcome {
        let before = Changeable::from(&campaign.plan);
        let (outcome, after, refusals) = match applied {
            Ok(plan) if plan == campaign.plan => {
                (Outcome::Unchanged, Some(Changeable::from(&plan)), Vec::new())
            }
            Ok(plan) => (Outcome::Changed, Some(Changeable::from(&plan)), Vec::new()),
            Err(refusals) => (Outcome::Refused, None, refusals),
        };
        let (id, name) = (campaign.id, campaign.plan.name);
        CampaignOutcome { id, name, outcome, before, after, refusals }
    }
}

impl EachChange {
    /// 422 where it says nothing, or what holds for no campaign.
    fn check(&self) -> Result<(), Refusal> {
        let mut rules = Rules::default();
        let EachChange { status, add_labels, remove_labels, .. } = self;
        let percents = [
            ("change.daily_budget_percent", self.daily_budget_percent),
            ("change.lifetime_budget_percent", self.lifetime_budget_percent),
        ];
        let says = status.is_some()
            || !add_labels.is_empty()
            || !remove_labels.is_empty()
            || percents.iter().any(|(_, percent)| percent.is_some());
        rules.hold("change", says, Fault::new(FaultCode::NoChange, "must say what is to change"));
        rules.texts("change.add_labels", add_labels);
        rules.texts("change.remove_labels", remove_labels);
        for (field, percent) in percents {
            let holds = percent.is_none_or(|by| (-100.0..=GROWTH_PERCENT_MAX).contains(&by));
            rules.hold(
                field,
                holds,
                Fault::range(
                    -100,
                    GROWTH_PERCENT_MAX,
                    format!("must be from -100 to {GROWTH_PERCENT_MAX}"),
                ),
            );
        }
        rules.finish()
    }

    /// The plan of a campaign once this is done; the broken rules where it cannot be.
    fn apply(&self, campaign: &Campaign) -> Result<CampaignPlan, Vec<Detail>> {
        let was = &campaign.plan;
        let mut rules = Rules::default();
        let mut plan = was.clone();
        plan.status = self.status.unwrap_or(was.status);
        plan.labels.retain(|label| !self.remove_labels.contains(label));
        plan.labels.extend(self.add_labels.iter().cloned());
        plan.labels = distinct(plan.labels);
        for (field, percent, budget) in [
            ("daily_budget", self.daily_budget_percent, &mut plan.daily_budget_micros),
            ("lifetime_budget", self.lifetime_budget_percent, &mut plan.lifetime_budget_micros),
        ] {
            if let Some(percent) = percent {
                rules.hold(
                    field,
                    budget.is_some(),
                    Fault::new(FaultCode::NoBudget, "there is none to change"),
                );
                *budget = budget.map(|micros| grown(micros, percent));
            }
        }
        let allowed = was.status.may_become(plan.status);
        rules.hold("status", allowed, status_change(was.status, plan.status));
        check(&plan, &mut rules);
        rules.finish().map_err(|refusal| refusal.details().to_vec()).map(|()| plan)
    }
}

/// A budget changed by so many percent, in whole hundredths of its currency.
fn grown(micros: i64, percent: f64) -> i64 {
    let hundredths = micros as f64 * (1.0 + percent / 100.0) / HUNDREDTH_MICROS;
    // What lies beyond the range is beyond the bound on budgets as well.
    (hundredths.round() * HUNDREDTH_MICROS) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_grows_in_whole_hundredths() {
        assert_eq!(grown(12_340_000, 10.0), 13_570_000);
        assert_eq!(grown(12_345_000, 10.0), 13_580_000);
        assert_eq!(grown(5_000_000, -100.0), 0);
        assert_eq!(grown(0, 50.0), 0);
    }
}

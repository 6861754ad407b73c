//! Acts of a rule, in the transaction that decides them.

use std::collections::HashMap;

use chrono::TimeDelta;
use serde_json::json;
use stratum_models::rule::Observation;
use stratum_models::store::StoreError;
use stratum_state::audit::{AuditAction, AuditEntry};
use stratum_state::campaign::{Campaign, CampaignPlan};
use stratum_state::rule::{Rule, RuleAction};
use stratum_state::rule_episode::{ExecutionOutcome, NewExecution};
use stratum_state::work::TenantWork;
use uuid::Uuid;

use super::RulesConfig;
use super::letter::{AlertCampaign, alert};
use crate::mail::MailQueue;

/// The time that bounds on acts are for.
const DAY: TimeDelta = TimeDelta::days(1);
/// Labels of a campaign.
const LABELS_MAX: usize = 50;
/// Campaigns of one row of the audit log.
const CAMPAIGNS_TOLD_MAX: usize = 100;

/// A campaign of which a rule begins to fire.
pub(super) struct FiringCampaign {
    /// The campaign.
    pub(super) id: Uuid,
    /// The number of the episode.
    pub(super) episode: u32,
    /// The values that were seen, one a comparison.
    pub(super) observed: Vec<Option<Observation>>,
}

/// Acts of 24 hours, which have bounds.
struct ActRoom {
    rule: u64,
    tenant: u64,
    by_campaign: HashMap<Uuid, u64>,
}

impl ActRoom {
    async fn of(
        work: &mut TenantWork,
        rule: &Rule,
        config: &RulesConfig,
    ) -> Result<ActRoom, StoreError> {
        let mut used = ActRoom { rule: 0, tenant: 0, by_campaign: HashMap::new() };
        for one in work.rule_acts(DAY).await? {
            used.tenant += one.acts;
            used.rule += if one.rule == rule.id { one.acts } else { 0 };
            *used.by_campaign.entry(one.campaign).or_default() += one.acts;
        }
        let left = |most: u32, used: u64| u64::from(most).saturating_sub(used);
        Ok(ActRoom {
            rule: left(rule.content.acts_per_day_max, used.rule),
            tenant: left(config.acts_per_tenant_max, used.tenant),
            by_campaign: used.by_campaign,
        })
    }

    /// Whether a bound keeps back an act on this campaign; counts the act where none does.
    fn keeps_back(&mut self, campaign: Uuid, config: &RulesConfig) -> bool {
        let used = self.by_campaign.entry(campaign).or_default();
        let is_full =
            self.rule == 0 || self.tenant == 0 || *used >= u64::from(config.acts_per_campaign_max);
        if !is_full {
            self.rule -= 1;
            self.tenant -= 1;
            *used += 1;
        }
        is_full
    }
}

/// Who writes letters, and where they point to.
pub(super) struct Letters<'a> {
    pub(super) mail: &'a MailQueue,
    pub(super) public_url: &'a str,
}

/// Acts on these campaigns: each action of each episode once, with what was seen.
pub(super) async fn act(
    work: &mut TenantWork,
    rule: &Rule,
    firing: &[FiringCampaign],
    config: &RulesConfig,
    letters: Letters<'_>,
) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = firing.iter().map(|one| one.id).collect();
    work.lock_campaigns(&ids).await?;
    // As they are now that nobody else changes them.
    let campaigns = work.campaigns(&ids).await?.into_iter();
    let mut campaigns: HashMap<Uuid, Campaign> = campaigns.map(|one| (one.id, one)).collect();
    let mut room = ActRoom::of(work, rule, config).await?;
    let mut outcomes = HashMap::<&'static str, u32>::new();
    let mut told = Vec::new();
    for one in firing {
        let Some(campaign) = campaigns.get_mut(&one.id) else { continue };
        let is_capped = room.keeps_back(one.id, config);
        for (action, outcome) in act_on(work, rule, one, campaign, is_capped).await? {
            *outcomes.entry(outcome.as_str()).or_default() += 1;
            let is_alert = matches!(action, RuleAction::SendAlert { .. });
            if is_alert && outcome == ExecutionOutcome::Done {
                told.push(one);
            }
        }
    }
    if outcomes.is_empty() {
        return Ok(());
    }
    let changes = json!({
        "name": rule.name, "version": rule.version, "outcomes": outcomes,
        "campaigns": ids.iter().take(CAMPAIGNS_TOLD_MAX).collect::<Vec<_>>(),
    });
    work.audit(&AuditEntry::done(AuditAction::RuleActed, "rule", rule.id, changes)).await?;
    let told = told.iter().filter_map(|one| {
        let name = &campaigns.get(&one.id)?.plan.name;
        Some(AlertCampaign { name, observed: &one.observed })
    });
    write_letters(work, rule, &told.collect::<Vec<_>>(), letters).await
}

/// Does the actions on one campaign that this episode has not done yet; each with its outcome.
async fn act_on<'a>(
    work: &mut TenantWork,
    rule: &'a Rule,
    firing: &FiringCampaign,
    campaign: &mut Campaign,
    is_capped: bool,
) -> Result<Vec<(&'a RuleAction, ExecutionOutcome)>, StoreError> {
    let mut done = Vec::new();
    for (place, action) in (0_i16..).zip(&rule.content.actions) {
        let (outcome, plan) = match is_capped {
            true => (ExecutionOutcome::Capped, None),
            false => outcome(action, &campaign.plan),
        };
        let new = NewExecution {
            rule: rule.id,
            version: rule.version,
            campaign: firing.id,
            episode: firing.episode,
            place,
            action,
            outcome,
            observed: &firing.observed,
        };
        if !work.write_rule_execution(&new).await? {
            continue;
        }
        done.push((action, outcome));
        if let Some(plan) = plan {
            work.update_campaign(firing.id, &plan).await?;
            let changes = json!({"labels": plan.labels, "rule": rule.name});
            let changed = AuditAction::CampaignUpdated;
            work.audit(&AuditEntry::done(changed, "campaign", firing.id, changes)).await?;
            campaign.plan = plan;
        }
    }
    Ok(done)
}

/// The outcome of an action on a campaign, and the campaign as it is then where that is another.
fn outcome(action: &RuleAction, was: &CampaignPlan) -> (ExecutionOutcome, Option<CampaignPlan>) {
    match action {
        RuleAction::ApplyLabel { label } if was.labels.contains(label) => {
            (ExecutionOutcome::Unchanged, None)
        }
        RuleAction::ApplyLabel { .. } if was.labels.len() >= LABELS_MAX => {
            (ExecutionOutcome::Refused, None)
        }
        RuleAction::ApplyLabel { label } => {
            let mut plan = was.clone();
            plan.labels.push(label.clone());
            (ExecutionOutcome::Done, Some(plan))
        }
        RuleAction::SendAlert { .. } => (ExecutionOutcome::Done, None),
        // No connector has the right to change campaigns on their platform.
        RuleAction::PauseCampaign | RuleAction::AdjustBudget { .. } => {
            (ExecutionOutcome::NeedsConnector, None)
        }
    }
}

/// One letter a user, of all campaigns; to those alone who may still sign in.
async fn write_letters(
    work: &mut TenantWork,
    rule: &Rule,
    campaigns: &[AlertCampaign<'_>],
    letters: Letters<'_>,
) -> Result<(), StoreError> {
    if campaigns.is_empty() {
        return Ok(());
    }
    let comparisons = rule.content.condition.comparisons();
    let each = rule.content.actions.iter().filter_map(|action| match action {
        RuleAction::SendAlert { user_ids } => Some(user_ids),
        _ => None,
    });
    let mut user_ids: Vec<_> = each.flatten().copied().collect();
    user_ids.sort_by_key(|id| id.0);
    user_ids.dedup();
    for id in user_ids {
        if let Some(user) = work.user(id).await?.filter(|user| user.active) {
            let letter = alert(&rule.name, &comparisons, campaigns, letters.public_url);
            letters.mail.notify(work, user.email, letter).await?;
        }
    }
    Ok(())
}

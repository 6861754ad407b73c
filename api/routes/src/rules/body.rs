//! Rules in bodies, and what they must keep to.

use serde::{Deserialize, Serialize};
use stratum_http::answer::{Fault, FaultCode, Refusal};
use stratum_http::auth::Authenticated;
use stratum_http::rules::{Rules, distinct};
use stratum_models::id::UserId;
use stratum_models::money::Currency;
use stratum_models::platform::Platform;
use stratum_state::campaign::CampaignStatus;
use stratum_state::rule::{RuleAction, RuleContent, RuleScope};
use stratum_state::work::TenantWork;
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::Services;
use super::condition::ConditionNode;

/// Characters of a name.
const NAME_CHARS_MAX: usize = 100;
/// Characters of a label.
const LABEL_CHARS_MAX: usize = 100;
/// Actions of a rule.
const ACTIONS_MAX: usize = 5;
/// Campaigns that a scope names.
const CAMPAIGNS_MAX: usize = 200;
/// Users that one alert is sent to.
const USERS_MAX: usize = 20;
/// Minutes of 30 days.
const MINUTES_MAX: u32 = 43_200;
/// Minutes of a day, the pause where nothing is said.
const COOL_DOWN_MINUTES: u32 = 1_440;
/// The shortest pause of a rule that repeats.
const REPEAT_MINUTES_MIN: u32 = 60;
/// Acts of 24 hours, at most and where nothing is said.
const ACTS_MAX: u32 = 1_000;
const ACTS: u32 = 50;
/// The percents that a budget may change by.
const PERCENT_MIN: f64 = -90.0;
const PERCENT_MAX: f64 = 100.0;
/// The largest budget.
const BUDGET_MAX: f64 = 1e10;

/// The campaigns that a rule looks at: those of which every part holds.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RuleScopeBody {
    /// Of one of these platforms; of any where empty.
    platforms: Vec<Platform>,
    /// In one of these states; in any where empty.
    statuses: Vec<CampaignStatus>,
    /// With every one of these labels.
    labels: Vec<String>,
    /// One of these campaigns, 200 at most; any where empty.
    campaign_ids: Vec<Uuid>,
}

/// An act on a campaign. `pause_campaign` and `adjust_budget` change it on its platform: no connector may do so yet, so
/// they are written down as `needs_connector` and not done.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum RuleActionBody {
    /// Adds a label to the campaign.
    ApplyLabel {
        /// The label.
        label: String,
    },
    /// Shows the campaign among what needs attention, and writes an e-mail to users.
    SendAlert {
        /// The users, 20 at most; nobody is written to where empty.
        #[serde(default)]
        user_ids: Vec<Uuid>,
    },
    /// Pauses the campaign on its platform.
    PauseCampaign {},
    /// Changes the campaign's daily budget on its platform.
    AdjustBudget {
        /// By how many percent, -90 to 100.
        percent: f64,
        /// The budget is not made smaller than this.
        floor: Option<f64>,
        /// The budget is not made larger than this.
        ceiling: Option<f64>,
    },
}

/// A rule.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleBody {
    /// The rule's name, unique in the tenant.
    #[schema(min_length = 1, max_length = 100)]
    pub(super) name: String,
    /// False lets it rest; true where absent.
    pub(super) enabled: Option<bool>,
    /// The campaigns it looks at, 2,000 at most; all where absent.
    #[serde(default)]
    scope: RuleScopeBody,
    /// The condition that must hold of a campaign: `and`, `or` and `not` over comparisons.
    condition: ConditionNode,
    /// The currency of amounts in the condition; the tenant's own where absent.
    currency: Option<String>,
    /// The acts, 1 to 5, in their order.
    actions: Vec<RuleActionBody>,
    /// Minutes that the condition must hold before it acts, 0 to 43,200; 0 where absent.
    for_minutes: Option<u32>,
    /// Minutes after an act in which it does not act on the same campaign again, 0 to 43,200; a day where absent.
    cool_down_minutes: Option<u32>,
    /// Acts again after each such pause while the condition goes on to hold; the pause is then an hour at least.
    #[serde(default)]
    repeats: bool,
    /// Acts of 24 hours, 1 to 1,000; 50 where absent.
    acts_per_day_max: Option<u32>,
}

impl From<&RuleScope> for RuleScopeBody {
    fn from(scope: &RuleScope) -> RuleScopeBody {
        let RuleScope { platforms, statuses, labels, campaign_ids } = scope.clone();
        RuleScopeBody { platforms, statuses, labels, campaign_ids }
    }
}

impl From<&RuleAction> for RuleActionBody {
    fn from(action: &RuleAction) -> RuleActionBody {
        match action {
            RuleAction::ApplyLabel { label } => RuleActionBody::ApplyLabel { label: label.clone() },
            RuleAction::SendAlert { user_ids } => {
                RuleActionBody::SendAlert { user_ids: user_ids.iter().map(|id| id.0).collect() }
            }
            RuleAction::PauseCampaign => RuleActionBody::PauseCampaign {},
            RuleAction::AdjustBudget { percent, floor, ceiling } => {
                RuleActionBody::AdjustBudget { percent: *percent, floor: *floor, ceiling: *ceiling }
            }
        }
    }
}

impl RuleActionBody {
    fn read(self, path: &str, rules: &mut Rules) -> RuleAction {
        match self {
            RuleActionBody::ApplyLabel { label } => {
                let label = rules.name(&format!("{path}.label"), &label, LABEL_CHARS_MAX);
                RuleAction::ApplyLabel { label }
            }
            RuleActionBody::SendAlert { user_ids } => {
                let message = format!("must have at most {USERS_MAX} entries");
                let fault = Fault::above(FaultCode::TooMany, USERS_MAX, message);
                rules.hold(&format!("{path}.user_ids"), user_ids.len() <= USERS_MAX, fault);
                RuleAction::SendAlert { user_ids: user_ids.into_iter().map(UserId).collect() }
            }
            RuleActionBody::PauseCampaign {} => RuleAction::PauseCampaign,
            RuleActionBody::AdjustBudget { percent, floor, ceiling } => {
                let holds = (PERCENT_MIN..=PERCENT_MAX).contains(&percent) && percent != 0.0;
                let message = format!("must be from {PERCENT_MIN} to {PERCENT_MAX}, and not 0");
                let fault = Fault::range(PERCENT_MIN, PERCENT_MAX, message);
                rules.hold(&format!("{path}.percent"), holds, fault);
                for (name, bound) in [("floor", floor), ("ceiling", ceiling)] {
                    let holds = bound.is_none_or(|bound| (0.0..=BUDGET_MAX).contains(&bound));
                    let message = format!("must be from 0 to {BUDGET_MAX}");
                    let fault = Fault::range(0, BUDGET_MAX, message);
                    rules.hold(&format!("{path}.{name}"), holds, fault);
                }
                let in_order = floor.zip(ceiling).is_none_or(|(floor, ceiling)| floor <= ceiling);
                rules.hold(&format!("{path}.ceiling"), in_order, "must not lie below the floor");
                RuleAction::AdjustBudget { percent, floor, ceiling }
            }
        }
    }
}

impl RuleBody {
    /// The name and content of the rule; 422 with every mistake. Campaigns and users that it names are not looked up.
    pub fn read(
        self,
        app: &Services,
        caller: &Authenticated,
    ) -> Result<(String, RuleContent), Refusal> {
        let own = app.auth.directory.reporting_currency(caller.scope.tenant_id());
        self.content(own.unwrap_or(Currency::USD))
    }

    fn content(self, own: Currency) -> Result<(String, RuleContent), Refusal> {
        let mut rules = Rules::default();
        let name = rules.name("name", &self.name, NAME_CHARS_MAX);
        rules.texts("scope.labels", &self.scope.labels);
        let message = format!("must have at most {CAMPAIGNS_MAX} entries");
        let fault = Fault::above(FaultCode::TooMany, CAMPAIGNS_MAX, message);
        let few = self.scope.campaign_ids.len() <= CAMPAIGNS_MAX;
        rules.hold("scope.campaign_ids", few, fault);
        let condition = self.condition.read(&mut rules);
        let currency = self.currency.map_or(own, |code| rules.currency("currency", &code, own));
        let message = format!("must have 1 to {ACTIONS_MAX} entries");
        let holds = (1..=ACTIONS_MAX).contains(&self.actions.len());
        rules.hold("actions", holds, Fault::above(FaultCode::TooMany, ACTIONS_MAX, message));
        let actions = self.actions.into_iter().take(ACTIONS_MAX).enumerate();
        let actions: Vec<RuleAction> =
            actions.map(|(at, one)| one.read(&format!("actions[{at}]"), &mut rules)).collect();
        let for_minutes = self.for_minutes.unwrap_or(0);
        let cool_down_minutes = self.cool_down_minutes.unwrap_or(COOL_DOWN_MINUTES);
        let acts_per_day_max = self.acts_per_day_max.unwrap_or(ACTS);
        let cool_down_min = if self.repeats { REPEAT_MINUTES_MIN } else { 0 };
        for (field, number, least, most) in [
            ("for_minutes", for_minutes, 0, MINUTES_MAX),
            ("cool_down_minutes", cool_down_minutes, cool_down_min, MINUTES_MAX),
            ("acts_per_day_max", acts_per_day_max, 1, ACTS_MAX),
        ] {
            let message = format!("must be from {least} to {most}");
            let fault = Fault::range(least, most, message);
            rules.hold(field, (least..=most).contains(&number), fault);
        }
        rules.finish()?;
        let RuleScopeBody { platforms, statuses, labels, campaign_ids } = self.scope;
        let scope = RuleScope { platforms, statuses, labels: distinct(labels), campaign_ids };
        let content = RuleContent {
            scope,
            condition: condition.ok_or_else(Refusal::internal)?,
            currency,
            actions,
            for_minutes,
            cool_down_minutes,
            repeats: self.repeats,
            acts_per_day_max,
        };
        Ok((name, content))
    }
}

/// 422 where a campaign or a user that a rule names is none of the tenant's.
pub async fn check_names(work: &mut TenantWork, content: &RuleContent) -> Result<(), Refusal> {
    let ids = &content.scope.campaign_ids;
    let found = if ids.is_empty() { Vec::new() } else { work.campaigns(ids).await? };
    let is_known = |id: &Uuid| found.iter().any(|one| one.id == *id);
    let mut rules = Rules::default();
    let fault = Fault::new(FaultCode::NoCampaign, "there is no such campaign");
    rules.hold("scope.campaign_ids", ids.iter().all(is_known), fault);
    for (at, action) in content.actions.iter().enumerate() {
        let RuleAction::SendAlert { user_ids } = action else { continue };
        for id in user_ids {
            let is_known = work.user(*id).await?.is_some_and(|user| user.active);
            rules.hold(&format!("actions[{at}].user_ids"), is_known, "there is no such user");
        }
    }
    rules.finish()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(body: Value) -> Result<(String, RuleContent), Refusal> {
        serde_json::from_value::<RuleBody>(body).unwrap().content(Currency::EUR)
    }

    fn body() -> Value {
        json!({
            "name": " Low ROAS ",
            "condition": {"field": "roas", "operator": "less_than", "value": 1},
            "actions": [{"type": "apply_label", "label": "low"}],
        })
    }

    fn with(changes: Value) -> Value {
        let mut body = body();
        for (field, value) in changes.as_object().unwrap() {
            body[field] = value.clone();
        }
        body
    }

    #[test]
    fn what_is_not_said_has_a_careful_default() {
        let (name, content) = read(body()).unwrap();
        assert_eq!((name.as_str(), content.currency), ("Low ROAS", Currency::EUR));
        assert_eq!((content.for_minutes, content.cool_down_minutes), (0, COOL_DOWN_MINUTES));
        assert_eq!((content.repeats, content.acts_per_day_max), (false, ACTS));
        assert_eq!(content.scope, RuleScope::default());
    }

    #[test]
    fn every_mistake_is_named_at_once() {
        let wrong = with(json!({
            "name": "", "currency": "XQZ", "repeats": true, "cool_down_minutes": 59,
            "for_minutes": 43_201, "acts_per_day_max": 0,
            "actions": [
                {"type": "apply_label", "label": ""},
                {"type": "adjust_budget", "percent": 0, "floor": 9, "ceiling": 8},
            ],
        }));
        let refused = read(wrong).unwrap_err();
        let fields: Vec<&str> = refused.details().iter().map(|one| one.field.as_str()).collect();
        let expected = [
            "name",
            "currency",
            "actions[0].label",
            "actions[1].percent",
            "actions[1].ceiling",
            "for_minutes",
            "cool_down_minutes",
            "acts_per_day_max",
        ];
        assert_eq!(fields, expected);
        assert!(read(with(json!({"actions": []}))).is_err());
    }
}

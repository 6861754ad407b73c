//! Campaigns in bodies, and the rules on them.

use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use stratum_http::answer::{Fault, FaultCode, Refusal};
use stratum_http::rules::{Amount, Rules, distinct, sent, set};
use stratum_models::money::Currency;
use stratum_models::platform::Platform;
use stratum_state::campaign::{Campaign, CampaignPlan, CampaignStatus};
use utoipa::ToSchema;

/// Characters of a name.
const NAME_CHARS_MAX: usize = 500;
/// Characters of an id of the platform's.
const ID_CHARS_MAX: usize = 512;
/// Characters of an objective.
const OBJECTIVE_CHARS_MAX: usize = 200;
/// Bytes of the targeting as JSON.
const TARGETING_BYTES_MAX: usize = 8_192;

/// A campaign to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCampaign {
    /// Where it runs.
    pub platform: Platform,
    /// Name to show, of 1 to 500 characters.
    #[schema(min_length = 1, max_length = 500)]
    name: String,
    /// Where it is in its life; `draft` where absent.
    status: Option<CampaignStatus>,
    /// The objective, in the platform's words.
    objective: Option<String>,
    /// The platform's id: unique among the tenant's campaigns of the platform that are not deleted.
    external_id: Option<String>,
    /// The platform's ad account.
    account_id: Option<String>,
    /// The most that it may spend a day, in currency units.
    #[schema(value_type = Option<f64>, minimum = 0)]
    daily_budget: Option<Amount>,
    /// The most that it may spend in all, in currency units.
    #[schema(value_type = Option<f64>, minimum = 0)]
    lifetime_budget: Option<Amount>,
    /// The currency of every amount, ISO 4217; the tenant's reporting currency where absent.
    #[schema(value_type = Option<Currency>)]
    currency: Option<String>,
    /// First day.
    start_date: Option<NaiveDate>,
    /// Last day, not before the first.
    end_date: Option<NaiveDate>,
    /// Whom it is shown to, in the platform's form.
    #[schema(value_type = Option<Object>)]
    targeting: Option<Map<String, Value>>,
    /// Words to find it by.
    labels: Option<Vec<String>>,
}

/// The changes to a campaign. A field that is not sent stays; null clears what may be absent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CampaignChange {
    /// Where it runs: may be sent, and cannot change.
    platform: Option<Platform>,
    /// Name to show, of 1 to 500 characters.
    name: Option<String>,
    /// Archived is final, and nothing becomes a draft again.
    status: Option<CampaignStatus>,
    /// The objective, in the platform's words.
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<String>)]
    objective: Option<Option<String>>,
    /// The platform's id.
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<String>)]
    external_id: Option<Option<String>>,
    /// The platform's ad account.
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<String>)]
    account_id: Option<Option<String>>,
    /// The most that it may spend a day, in currency units.
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<f64>)]
    daily_budget: Option<Option<Amount>>,
    /// The most that it may spend in all, in currency units.
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<f64>)]
    lifetime_budget: Option<Option<Amount>>,
    /// The currency of every amount, ISO 4217.
    #[schema(value_type = Option<Currency>)]
    currency: Option<String>,
    /// First day.
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<NaiveDate>)]
    start_date: Option<Option<NaiveDate>>,
    /// Last day, not before the first.
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<NaiveDate>)]
    end_date: Option<Option<NaiveDate>>,
    /// Whom it is shown to, in the platform's form.
    #[schema(value_type = Option<Object>)]
    targeting: Option<Map<String, Value>>,
    /// Words to find it by, in place of those that are there.
    labels: Option<Vec<String>>,
}

fn micros(amount: Option<Amount>) -> Option<i64> {
    amount.map(|amount| amount.micros)
}

impl NewCampaign {
    /// The plan this says; 422 where it breaks a rule.
    pub fn plan(self, reporting: Currency) -> Result<CampaignPlan, Refusal> {
        let mut rules = Rules::default();
        let currency = self.currency.as_deref();
        let plan = CampaignPlan {
            external_id: self.external_id,
            account_id: self.account_id.map(|id| self.platform.account_id(&id).into_owned()),
            name: self.name.trim().to_owned(),
            status: self.status.unwrap_or(CampaignStatus::Draft),
            objective: self.objective,
            daily_budget_micros: micros(self.daily_budget),
            lifetime_budget_micros: micros(self.lifetime_budget),
            currency: currency
                .map_or(reporting, |code| rules.currency("currency", code, reporting)),
            start_date: self.start_date,
            end_date: self.end_date,
            targeting: Value::Object(self.targeting.unwrap_or_default()),
            labels: distinct(self.labels.unwrap_or_default()),
        };
        check(&plan, &mut rules);
        rules.finish().map(|()| plan)
    }
}

impl CampaignChange {
    /// The plan once this is done; 422 where it breaks a rule.
    pub fn apply(self, campaign: &Campaign) -> Result<CampaignPlan, Refusal> {
        let mut rules = Rules::default();
        let was = &campaign.plan;
        let mut plan = was.clone();
        set(&mut plan.name, self.name.map(|name| name.trim().to_owned()));
        set(&mut plan.status, self.status);
        set(&mut plan.objective, self.objective);
        set(&mut plan.external_id, self.external_id);
        let one_id = |id: String| campaign.platform.account_id(&id).into_owned();
        set(&mut plan.account_id, self.account_id.map(|id| id.map(one_id)));
        set(&mut plan.daily_budget_micros, self.daily_budget.map(micros));
        set(&mut plan.lifetime_budget_micros, self.lifetime_budget.map(micros));
        set(&mut plan.start_date, self.start_date);
        set(&mut plan.end_date, self.end_date);
        set(&mut plan.targeting, self.targeting.map(Value::Object));
        set(&mut plan.labels, self.labels.map(distinct));
        let currency = self.currency.map(|code| rules.currency("currency", &code, was.currency));
        set(&mut plan.currency, currency);
        let same = self.platform.is_none_or(|platform| platform == campaign.platform);
        rules.hold("platform", same, Fault::new(FaultCode::Fixed, "cannot change"));
        let allowed = was.status.may_become(plan.status);
        rules.hold("status", allowed, status_change(was.status, plan.status));
        check(&plan, &mut rules);
        rules.finish().map(|()| plan)
    }
}

/// A status that a campaign cannot get from the one it has.
pub(super) fn status_change(from: CampaignStatus, to: CampaignStatus) -> Fault {
    let (from, to) = (from.as_str(), to.as_str());
    let message = format!("cannot go from {from} to {to}");
    Fault::new(FaultCode::StatusChange, message).with("from", from).with("to", to)
}

/// Holds a plan to its rules.
pub fn check(plan: &CampaignPlan, rules: &mut Rules) {
    rules.text("name", &plan.name, NAME_CHARS_MAX);
    rules.maybe_text("objective", plan.objective.as_deref(), OBJECTIVE_CHARS_MAX);
    rules.maybe_text("external_id", plan.external_id.as_deref(), ID_CHARS_MAX);
    rules.maybe_text("account_id", plan.account_id.as_deref(), ID_CHARS_MAX);
    rules.budget("daily_budget", plan.daily_budget_micros);
    rules.budget("lifetime_budget", plan.lifetime_budget_micros);
    rules.day("start_date", plan.start_date);
    rules.day("end_date", plan.end_date);
    let in_order = plan.start_date.zip(plan.end_date).is_none_or(|(start, end)| start <= end);
    rules.hold(
        "end_date",
        in_order,
        Fault::new(FaultCode::BeforeOther, "must not lie before start_date")
            .with("other", "start_date"),
    );
    rules.texts("labels", &plan.labels);
    let targeting = plan.targeting.to_string();
    let small = targeting.len() <= TARGETING_BYTES_MAX && !targeting.contains("\\u0000");
    let message = format!("must be at most {TARGETING_BYTES_MAX} bytes of JSON without NUL");
    rules.hold("targeting", small, message);
}

/// The differences, for the audit log. Of the targeting only that it differs: it may name anybody.
pub fn difference(was: Option<&CampaignPlan>, plan: &CampaignPlan) -> Value {
    let fields = |plan: &CampaignPlan| {
        json!({
            "name": plan.name, "status": plan.status, "objective": plan.objective,
            "external_id": plan.external_id, "account_id": plan.account_id,
            "daily_budget_micros": plan.daily_budget_micros,
            "lifetime_budget_micros": plan.lifetime_budget_micros,
            "currency": plan.currency, "start_date": plan.start_date, "end_date": plan.end_date,
            "labels": plan.labels,
        })
    };
    let mut new = fields(plan);
    let old = was.map_or(Value::Null, fields);
    if let Value::Object(new) = &mut new {
        new.retain(|field, value| old.get(field).unwrap_or(&Value::Null) != value);
        if was.is_some_and(|was| was.targeting != plan.targeting) {
            new.insert("targeting".into(), json!("changed"));
        }
    }
    new
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(body: Value) -> Result<CampaignPlan, Refusal> {
        serde_json::from_value::<NewCampaign>(body).unwrap().plan(Currency::EUR)
    }

    fn campaign(body: Value) -> Campaign {
        let (id, at) = (uuid::Uuid::nil(), chrono::DateTime::default());
        let (platform, plan) = (Platform::Meta, made(body).unwrap());
        Campaign { id, platform, plan, last_synced_at: None, created_at: at, updated_at: at }
    }

    fn changed(campaign: &Campaign, body: Value) -> Result<CampaignPlan, Refusal> {
        serde_json::from_value::<CampaignChange>(body).unwrap().apply(campaign)
    }

    fn broken(refused: Result<CampaignPlan, Refusal>) -> Vec<String> {
        refused.unwrap_err().details().iter().map(|one| one.field.clone()).collect()
    }

    #[test]
    fn every_rule_on_a_new_campaign_is_named() {
        let plan = made(json!({"platform": "meta", "name": " Sale "})).unwrap();
        assert_eq!((plan.name.as_str(), plan.currency), ("Sale", Currency::EUR));
        assert_eq!((plan.status, plan.targeting), (CampaignStatus::Draft, json!({})));
        let wrong = json!({
            "platform": "meta", "name": "", "currency": "XQZ", "daily_budget": -1,
            "lifetime_budget": 1e11, "start_date": "2026-02-02", "end_date": "2026-02-01",
            "labels": ["x".repeat(101)], "external_id": "", "targeting": {"a": "\0"},
        });
        let fields = [
            "currency",
            "name",
            "external_id",
            "daily_budget",
            "lifetime_budget",
            "end_date",
            "labels",
            "targeting",
        ];
        assert_eq!(broken(made(wrong)), fields);
        assert_eq!(broken(made(json!({"platform": "meta", "name": "x".repeat(501)}))), ["name"]);
    }

    #[test]
    fn a_change_leaves_what_is_not_sent() {
        let sale = campaign(json!({
            "platform": "meta", "name": "Sale", "daily_budget": 5, "labels": ["a"], "status": "active",
        }));
        let plan = changed(&sale, json!({"daily_budget": null, "labels": ["b", "b"]})).unwrap();
        assert_eq!((plan.name.as_str(), plan.daily_budget_micros), ("Sale", None));
        assert_eq!(plan.labels, ["b"]);
        let told = difference(Some(&sale.plan), &plan);
        assert_eq!(told, json!({"daily_budget_micros": null, "labels": ["b"]}));
        let plan = changed(&sale, json!({"targeting": {"who": "me"}})).unwrap();
        assert_eq!(difference(Some(&sale.plan), &plan), json!({"targeting": "changed"}));
        assert_eq!(broken(changed(&sale, json!({"platform": "tiktok"}))), ["platform"]);
        assert_eq!(broken(changed(&sale, json!({"status": "draft"}))), ["status"]);
    }
}

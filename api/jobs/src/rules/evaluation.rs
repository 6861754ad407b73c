//! The campaigns of a rule, and the values that it sees of them.

use chrono_tz::Tz;
use stratum_models::money::{Currency, micros_to_units};
use stratum_models::rule::{Comparison, Condition, Observation, RuleField, RuleValue, Truth};
use stratum_models::store::StoreError;
use stratum_models::time::{Day, DayRange, UnixMillis};
use stratum_models::warehouse::CampaignKey;
use stratum_query::ask::TenantFigures;
use stratum_query::ask::rule::{RuleFigures, RuleQuestion};
use stratum_state::campaign::{Campaign, CampaignQuery};
use stratum_state::rule::{RuleContent, RuleScope};
use stratum_state::work::TenantWork;

/// Campaigns that one rule looks at, at most.
pub const CAMPAIGNS_MAX: usize = 2_000;

/// The campaigns of a rule.
pub enum RuleCampaigns {
    /// Every one that the platform has given an id.
    All(Vec<Campaign>),
    /// There are more than a rule may look at.
    TooMany,
}

/// The campaigns that a rule looks at now.
pub async fn rule_campaigns(
    work: &mut TenantWork,
    scope: &RuleScope,
) -> Result<RuleCampaigns, StoreError> {
    let ids = match scope.campaign_ids.as_slice() {
        [] => {
            let query = CampaignQuery {
                platforms: scope.platforms.clone(),
                statuses: scope.statuses.clone(),
                labels: scope.labels.clone(),
                ..CampaignQuery::default()
            };
            let most = i64::try_from(CAMPAIGNS_MAX).unwrap_or(i64::MAX);
            let (listed, total) = work.list_campaigns(&query, most, 0).await?;
            if usize::try_from(total).unwrap_or(usize::MAX) > CAMPAIGNS_MAX {
                return Ok(RuleCampaigns::TooMany);
            }
            listed.into_iter().map(|one| one.id).collect()
        }
        ids => ids.to_vec(),
    };
    let campaigns = work.campaigns(&ids).await?.into_iter();
    let in_scope = campaigns.filter(|one| scope.has(one) && one.key().is_some());
    Ok(RuleCampaigns::All(in_scope.collect()))
}

/// A rule with its campaigns and their figures, ready to be looked at on any of its days.
pub struct Evaluation {
    condition: Condition,
    currency: Currency,
    comparisons: Vec<Comparison>,
    figures: RuleFigures,
}

impl Evaluation {
    /// Asks for the figures of these campaigns in the windows that end with each of these days.
    pub async fn of(
        figures: &TenantFigures<'_>,
        content: &RuleContent,
        campaigns: &[Campaign],
        ends: DayRange,
        zone: Tz,
    ) -> Result<Evaluation, StoreError> {
        // Of a campaign that was never reported nothing is known, not even that it spent nothing.
        let reported = campaigns.iter().filter(|one| one.last_synced_at.is_some());
        let keys: Vec<CampaignKey> = reported.filter_map(Campaign::key).collect();
        let asked = RuleQuestion {
            condition: &content.condition,
            campaigns: &keys,
            ends,
            zone,
            currency: content.currency,
        };
        let figures = figures.rule_figures(asked).await?;
        let comparisons = content.condition.comparisons().into_iter().cloned().collect();
        let (condition, currency) = (content.condition.clone(), content.currency);
        Ok(Evaluation { condition, currency, comparisons, figures })
    }

    /// The values that are seen of a campaign in windows that end with this day, one a comparison. `now` is `None` on a past
    /// day, of which nobody knows what had arrived.
    pub fn observe(
        &self,
        campaign: &Campaign,
        end: Day,
        now: Option<UnixMillis>,
    ) -> Vec<Option<Observation>> {
        let Some(key) = campaign.key() else { return vec![None; self.comparisons.len()] };
        let plan = &campaign.plan;
        let number = |number: Option<f64>| number.map(Observation::Number);
        let text = |text: &str| Some(Observation::Text(text.to_owned()));
        let each = self.comparisons.iter().map(|of| match of.field {
            RuleField::Status => text(plan.status.as_str()),
            RuleField::Platform => text(campaign.platform.as_str()),
            RuleField::Name => text(&plan.name),
            RuleField::Label => Some(Observation::Texts(plan.labels.clone())),
            RuleField::DailyBudget => {
                let budget = plan.daily_budget_micros.filter(|_| self.is_in(plan.currency));
                number(budget.map(micros_to_units))
            }
            RuleField::DataAgeHours => {
                number(now.and_then(|now| self.figures.data_age_hours(campaign.platform, now)))
            }
            _ => number(self.figures.number(of, &key, end)),
        });
        each.collect()
    }

    /// Whether the rule holds of a campaign, by what was seen of it.
    pub fn truth(&self, observed: &[Option<Observation>]) -> Truth {
        self.condition.truth(observed)
    }

    fn is_in(&self, currency: Currency) -> bool {
        self.currency == currency
    }
}

/// A comparison in words, with the value that was seen: `roas of 7 days: 1.2 (less_than 1.5)`.
pub(super) fn sentence(of: &Comparison, seen: Option<&Observation>) -> String {
    let window = match of.window_days {
        0 => String::new(),
        1 => " of 1 day".to_owned(),
        days => format!(" of {days} days"),
    };
    let value = match &of.value {
        RuleValue::Number(number) => rounded(*number),
        RuleValue::Text(text) => text.clone(),
        RuleValue::Texts(texts) => texts.join(", "),
    };
    let seen = match seen {
        Some(Observation::Number(number)) => rounded(*number),
        Some(Observation::Text(text)) => text.clone(),
        Some(Observation::Texts(texts)) => texts.join(", "),
        None => "unknown".to_owned(),
    };
    let words = |name: &str| name.replace('_', " ");
    let operator = match of.operator.as_str() {
        "gte" => "at least".to_owned(),
        "lte" => "at most".to_owned(),
        other => words(other),
    };
    format!("{}{window}: {seen} ({operator} {value})", words(of.field.as_str()))
}

/// A number in at most four decimals.
fn rounded(number: f64) -> String {
    let text = format!("{number:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use stratum_models::rule::{Aggregate, Operator};

    use super::*;

    #[test]
    fn a_comparison_is_told_with_what_was_seen() {
        let roas = Comparison {
            field: RuleField::Roas,
            operator: Operator::LessThan,
            value: RuleValue::Number(1.5),
            window_days: 7,
            aggregate: Aggregate::Total,
        };
        let seen = Observation::Number(1.250_04);
        assert_eq!(sentence(&roas, Some(&seen)), "roas of 7 days: 1.25 (less than 1.5)");
        assert_eq!(sentence(&roas, None), "roas of 7 days: unknown (less than 1.5)");
    }
}

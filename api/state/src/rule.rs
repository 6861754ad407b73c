//! Rules over campaigns, with every content that they have had.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use stratum_models::id::{TenantId, UserId};
use stratum_models::money::Currency;
use stratum_models::platform::Platform;
use stratum_models::rule::{Condition, RuleTimes, Truth};
use stratum_models::store::{StoreError, StoreErrorKind};
use stratum_models::warehouse::DataVersion;
use uuid::Uuid;

use super::campaign::{Campaign, CampaignStatus};
use super::page::Page;
use super::work::{SystemWork, TenantWork};
use super::{STORE, damaged, store_error};

/// Milliseconds in a minute.
const MINUTE_MS: i64 = 60_000;

/// The campaigns that a rule looks at: those of which every part holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RuleScope {
    /// Of one of these platforms; of any where empty.
    pub platforms: Vec<Platform>,
    /// In one of these states; in any where empty.
    pub statuses: Vec<CampaignStatus>,
    /// With every one of these labels.
    pub labels: Vec<String>,
    /// One of these campaigns; any where empty.
    pub campaign_ids: Vec<Uuid>,
}

impl RuleScope {
    /// Whether a campaign is in it.
    pub fn has(&self, campaign: &Campaign) -> bool {
        let plan = &campaign.plan;
        (self.platforms.is_empty() || self.platforms.contains(&campaign.platform))
            && (self.statuses.is_empty() || self.statuses.contains(&plan.status))
            && (self.campaign_ids.is_empty() || self.campaign_ids.contains(&campaign.id))
            && self.labels.iter().all(|label| plan.labels.contains(label))
    }
}

/// The act of a rule on a campaign.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum RuleAction {
    /// Adds a label to the campaign.
    ApplyLabel {
        /// The label.
        label: String,
    },
    /// Shows the campaign among what needs attention, and writes to users.
    SendAlert {
        /// The users who are written to.
        user_ids: Vec<UserId>,
    },
    /// Pauses the campaign on its platform.
    PauseCampaign,
    /// Changes the campaign's daily budget on its platform.
    AdjustBudget {
        /// By how many percent.
        percent: f64,
        /// The budget is not made smaller than this.
        floor: Option<f64>,
        /// The budget is not made larger than this.
        ceiling: Option<f64>,
    },
}

/// All that decides what a rule does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RuleContent {
    /// The campaigns it looks at.
    pub scope: RuleScope,
    /// The condition that must hold of one.
    pub condition: Condition,
    /// The currency of amounts in the condition.
    pub currency: Currency,
    /// The acts, in their order.
    pub actions: Vec<RuleAction>,
    /// Minutes that the condition must hold before it acts.
    pub for_minutes: u32,
    /// Minutes after an act in which it does not act on the same campaign again.
    pub cool_down_minutes: u32,
    /// Whether it acts again after each such pause while the condition goes on to hold.
    pub repeats: bool,
    /// Acts of 24 hours, at most.
    pub acts_per_day_max: u32,
}

impl RuleContent {
    /// The times that the rule takes.
    pub fn timing(&self) -> RuleTimes {
        RuleTimes {
            for_ms: i64::from(self.for_minutes) * MINUTE_MS,
            cool_down_ms: i64::from(self.cool_down_minutes) * MINUTE_MS,
            repeats: self.repeats,
        }
    }

    fn json(&self) -> Result<Value, StoreError> {
        let text = "a rule that JSON cannot say";
        let invalid = |_| StoreError::new(StoreErrorKind::Invalid, STORE, text);
        serde_json::to_value(self).map_err(invalid)
    }

    pub(super) fn read(json: Value) -> Result<RuleContent, StoreError> {
        serde_json::from_value(json).map_err(|_| damaged("rule"))
    }
}

/// The numbers of campaigns at a look, by what it found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TruthCounts {
    /// Those of which the condition is true.
    pub true_of: u32,
    /// Those of which it is false.
    pub false_of: u32,
    /// Those of which it is unknown.
    pub unknown_of: u32,
}

impl TruthCounts {
    /// Counts one more campaign, of which this was found.
    pub fn add(&mut self, truth: Truth) {
        let count = match truth {
            Truth::True => &mut self.true_of,
            Truth::False => &mut self.false_of,
            Truth::Unknown => &mut self.unknown_of,
        };
        *count = count.saturating_add(1);
    }
}

/// A stored rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// The rule's id.
    pub id: Uuid,
    /// The rule's name, unique in the tenant.
    pub name: String,
    /// False while it rests.
    pub enabled: bool,
    /// The number of contents so far.
    pub version: u32,
    /// The newest content.
    pub content: RuleContent,
    /// The time of the last look.
    pub evaluated_at: Option<DateTime<Utc>>,
    /// The findings of the last look.
    pub counts: TruthCounts,
    /// Why the last look failed.
    pub error: Option<String>,
    /// The number of campaigns of which it fires now.
    pub firing: u64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When users last changed it.
    pub updated_at: DateTime<Utc>,
}

/// A look at the campaigns of a rule.
#[derive(Clone, Debug)]
pub struct RuleLook {
    /// The version of the tenant's data before the look.
    pub data_version: DataVersion,
    /// The findings.
    pub counts: TruthCounts,
    /// Why it failed.
    pub error: Option<String>,
}

/// A rule that may be looked at.
#[derive(Clone, Copy, Debug)]
pub struct DueRule {
    /// The rule.
    pub id: Uuid,
    /// The rule's tenant.
    pub tenant: TenantId,
    /// The version of the tenant's data before the last look; `None` before the first.
    pub data_version: Option<DataVersion>,
    /// The time of the last look.
    pub evaluated_at: Option<DateTime<Utc>>,
}

/// A rule that tells people of campaigns, and fires of some.
#[derive(Clone, Debug)]
pub struct FiringRule {
    /// The rule.
    pub id: Uuid,
    /// The rule's name.
    pub name: String,
    /// The number of campaigns.
    pub campaigns: u64,
    /// When the last of them began.
    pub since: Option<DateTime<Utc>>,
}

fn number(stored: i32) -> u32 {
    stored.unsigned_abs()
}

fn stored(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

impl TenantWork {
    /// Stores a rule, which is due at once. `Conflict` when there is one of this name.
    pub async fn create_rule(
        &mut self,
        name: &str,
        enabled: bool,
        content: &RuleContent,
    ) -> Result<Uuid, StoreError> {
        let (id, json, now) = (self.tools.ids.next(), content.json()?, self.now());
        let statement =
            sqlx::query_file!("sql/insert_rule.sql", id, self.key, name, enabled, json, now);
        statement.execute(self.connection()).await.map_err(store_error)?;
        self.write_rule_version(id, 1, &json).await?;
        Ok(id)
    }

    async fn write_rule_version(
        &mut self,
        id: Uuid,
        version: u32,
        content: &Value,
    ) -> Result<(), StoreError> {
        let (key, version, now) = (self.key, stored(version), self.now());
        let statement =
            sqlx::query_file!("sql/insert_rule_version.sql", key, id, version, content, now);
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(())
    }

    /// A page of the rules, by name, with the number of all.
    pub async fn rules(&mut self, page: Page) -> Result<(Vec<Rule>, u64), StoreError> {
        let rules = self.select_rules(None, page.limit(), page.offset()).await?;
        Ok((rules, self.rule_count().await?))
    }

    /// The number of rules.
    pub async fn rule_count(&mut self) -> Result<u64, StoreError> {
        let row = sqlx::query_file!("sql/count_rules.sql", self.key);
        let row = row.fetch_one(self.connection()).await.map_err(store_error)?;
        Ok(row.rules.unsigned_abs())
    }

    /// The rule of this id.
    pub async fn rule(&mut self, id: Uuid) -> Result<Option<Rule>, StoreError> {
        Ok(self.select_rules(Some(id), 1, 0).await?.pop())
    }

    /// The rule of this id, which nobody else changes or acts by until this work ends.
    pub async fn lock_rule(&mut self, id: Uuid) -> Result<Option<Rule>, StoreError> {
        let row = sqlx::query_file!("sql/lock_rule.sql", self.key, id);
        match row.fetch_optional(self.connection()).await.map_err(store_error)? {
            Some(_) => self.rule(id).await,
            None => Ok(None),
        }
    }

    /// Writes a locked rule anew; it is due at once. Another content is a new version. `Conflict` as at its making.
    pub async fn update_rule(&mut self, was: &Rule, rule: &Rule) -> Result<(), StoreError> {
        let (key, json, now) = (self.key, rule.content.json()?, self.now());
        let is_new = was.content != rule.content;
        let version = was.version.saturating_add(u32::from(is_new));
        let statement = sqlx::query_file!(
            "sql/update_rule.sql",
            key,
            rule.id,
            rule.name,
            rule.enabled,
            stored(version),
            json,
            now
        );
        statement.execute(self.connection()).await.map_err(store_error)?;
        if is_new {
            self.write_rule_version(rule.id, version, &json).await?;
            self.begin_episodes_anew(rule.id).await?;
        }
        Ok(())
    }

    /// Deletes a rule with its episodes and executions; `false` when there is none of this id.
    pub async fn delete_rule(&mut self, id: Uuid) -> Result<bool, StoreError> {
        let statement = sqlx::query_file!("sql/delete_rule.sql", self.key, id);
        Ok(statement.execute(self.connection()).await.map_err(store_error)?.rows_affected() > 0)
    }

    /// Writes down a look at the rule's campaigns.
    pub async fn write_rule_look(&mut self, id: Uuid, look: &RuleLook) -> Result<(), StoreError> {
        let counts = look.counts;
        let statement = sqlx::query_file!(
            "sql/update_rule_look.sql",
            self.key,
            id,
            self.now(),
            look.data_version.0.cast_signed(),
            stored(counts.true_of),
            stored(counts.false_of),
            stored(counts.unknown_of),
            look.error
        );
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(())
    }

    /// Rules that tell people of campaigns, with those of which they fire now, by name.
    pub async fn firing_rules(&mut self) -> Result<Vec<FiringRule>, StoreError> {
        let rows = sqlx::query_file!("sql/select_firing_rules.sql", self.key);
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        let each = rows.into_iter().map(|row| FiringRule {
            id: row.id,
            name: row.name,
            campaigns: row.campaigns.unsigned_abs(),
            since: row.since,
        });
        Ok(each.collect())
    }

    async fn select_rules(
        &mut self,
        id: Option<Uuid>,
        limit: i64,
        offset: i64,
    ) -> Result<Vec<Rule>, StoreError> {
        let rows = sqlx::query_file!("sql/select_rules.sql", self.key, id, limit, offset);
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        let rules = rows.into_iter().map(|row| {
            Ok(Rule {
                id: row.id,
                name: row.name,
                enabled: row.enabled,
                version: number(row.version),
                content: RuleContent::read(row.content)?,
                evaluated_at: row.evaluated_at,
                counts: TruthCounts {
                    true_of: number(row.campaigns_true),
                    false_of: number(row.campaigns_false),
                    unknown_of: number(row.campaigns_unknown),
                },
                error: row.error,
                firing: row.firing.unsigned_abs(),
                created_at: row.created_at,
                updated_at: row.updated_at,
            })
        });
        rules.collect()
    }
}

impl SystemWork {
    /// Rules that may be looked at, of every tenant, those that have waited longest first.
    pub async fn due_rules(&mut self, limit: i64) -> Result<Vec<DueRule>, StoreError> {
        let rows = sqlx::query_file!("sql/select_due_rules.sql", self.now(), limit);
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        let each = rows.into_iter().map(|row| DueRule {
            id: row.id,
            tenant: TenantId(row.tenant_id.unsigned_abs()),
            data_version: row.data_version.map(|version| DataVersion(version.cast_unsigned())),
            evaluated_at: row.evaluated_at,
        });
        Ok(each.collect())
    }

    /// These rules, found due at `found_at`, may be looked at from `due_at` on.
    pub async fn postpone_rules(
        &mut self,
        ids: &[Uuid],
        due_at: DateTime<Utc>,
        found_at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let statement = sqlx::query_file!("sql/update_rules_due.sql", ids, due_at, found_at);
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(())
    }
}

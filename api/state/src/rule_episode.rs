//! Episodes of rules, and what rules did.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use stratum_models::name_set;
use stratum_models::rule::{Episode, EpisodeState, Observation};
use stratum_models::store::StoreError;
use stratum_models::time::UnixMillis;
use uuid::Uuid;

use super::page::Page;
use super::rule::{RuleAction, RuleContent};
use super::work::{SystemWork, TenantWork};
use super::{damaged, invalid, millis, store_error};

name_set! {
    /// The outcome of an action of a rule.
    ExecutionOutcome {
        /// It is done.
        Done = "done",
        /// The campaign was so already.
        Unchanged = "unchanged",
        /// A bound on campaigns keeps it from this.
        Refused = "refused",
        /// A bound on acts kept it back: it is not done later.
        Capped = "capped",
        /// It is not done: no connector that may change campaigns on this platform is set up.
        NeedsConnector = "needs_connector",
    }
}

/// An action of a rule on a campaign, to be written down.
#[derive(Clone, Debug)]
pub struct NewExecution<'a> {
    /// The rule.
    pub rule: Uuid,
    /// The version of its content.
    pub version: u32,
    /// The campaign.
    pub campaign: Uuid,
    /// The number of the episode.
    pub episode: u32,
    /// The place of the action among those of the rule.
    pub place: i16,
    /// The action.
    pub action: &'a RuleAction,
    /// The outcome.
    pub outcome: ExecutionOutcome,
    /// The values that were seen, one a comparison.
    pub observed: &'a [Option<Observation>],
}

/// An action of a rule on a campaign.
#[derive(Clone, Debug)]
pub struct RuleExecution {
    /// The execution's id.
    pub id: Uuid,
    /// The rule.
    pub rule: Uuid,
    /// The rule's name.
    pub rule_name: String,
    /// The version of its content.
    pub version: u32,
    /// The content of that version.
    pub content: RuleContent,
    /// The campaign.
    pub campaign: Uuid,
    /// The campaign's name; `None` where it is not known any more.
    pub campaign_name: Option<String>,
    /// The number of the episode.
    pub episode: u32,
    /// The action.
    pub action: RuleAction,
    /// The outcome.
    pub outcome: ExecutionOutcome,
    /// The values that were seen, one a comparison.
    pub observed: Vec<Option<Observation>>,
    /// When.
    pub executed_at: DateTime<Utc>,
}

/// Acts of a rule on a campaign within a time.
#[derive(Clone, Copy, Debug)]
pub struct ActCount {
    /// The rule.
    pub rule: Uuid,
    /// The campaign.
    pub campaign: Uuid,
    /// The number of acts.
    pub acts: u64,
}

fn stored(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

impl TenantWork {
    /// The rule's place with each campaign of which it was ever true.
    pub async fn rule_episodes(
        &mut self,
        rule: Uuid,
    ) -> Result<HashMap<Uuid, Episode>, StoreError> {
        let rows = sqlx::query_file!("sql/select_rule_episodes.sql", self.key, rule);
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        let each = rows.into_iter().map(|row| {
            let state = EpisodeState::parse(&row.state).ok_or_else(|| damaged("episode"))?;
            let episode = Episode {
                number: row.number.unsigned_abs(),
                state,
                since: row.since.map(millis),
                acted_at: row.acted_at.map(millis),
            };
            Ok((row.campaign_id, episode))
        });
        each.collect()
    }

    /// Writes the rule's place with these campaigns anew.
    pub async fn write_rule_episodes(
        &mut self,
        rule: Uuid,
        episodes: &[(Uuid, Episode)],
    ) -> Result<(), StoreError> {
        if episodes.is_empty() {
            return Ok(());
        }
        let campaigns: Vec<Uuid> = episodes.iter().map(|(campaign, _)| *campaign).collect();
        let numbers: Vec<i32> = episodes.iter().map(|(_, one)| stored(one.number)).collect();
        let states: Vec<String> =
            episodes.iter().map(|(_, one)| one.state.as_str().to_owned()).collect();
        let times = |of: fn(&Episode) -> Option<UnixMillis>| -> Vec<Option<DateTime<Utc>>> {
            episodes.iter().map(|(_, one)| of(one).map(UnixMillis::to_utc)).collect()
        };
        let statement = sqlx::query_file!(
            "sql/upsert_rule_episodes.sql",
            self.key,
            rule,
            &campaigns,
            &numbers,
            &states,
            &times(|one| one.since) as &[Option<DateTime<Utc>>],
            &times(|one| one.acted_at) as &[Option<DateTime<Utc>>]
        );
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(())
    }

    /// Every episode of a rule under its new version.
    pub(super) async fn begin_episodes_anew(&mut self, rule: Uuid) -> Result<(), StoreError> {
        let now = millis(self.now());
        let episodes = self.rule_episodes(rule).await?.into_iter();
        let anew = episodes.map(|(campaign, one)| (campaign, one.under_new_version(now)));
        let anew: Vec<(Uuid, Episode)> = anew.collect();
        self.write_rule_episodes(rule, &anew).await
    }

    /// Writes down what a rule does; `false` where this episode has done it before, which it must not do again.
    pub async fn write_rule_execution(
        &mut self,
        new: &NewExecution<'_>,
    ) -> Result<bool, StoreError> {
        let json = |value| serde_json::to_value(value).map_err(|_| invalid("an action"));
        let observed = serde_json::to_value(new.observed).map_err(|_| invalid("a value"))?;
        let statement = sqlx::query_file!(
            "sql/insert_rule_execution.sql",
            self.tools.ids.next(),
            self.key,
            new.rule,
            stored(new.version),
            new.campaign,
            stored(new.episode),
            new.place,
            json(new.action)?,
            new.outcome.as_str(),
            observed,
            self.now()
        );
        Ok(statement.execute(self.connection()).await.map_err(store_error)?.rows_affected() > 0)
    }

    /// A page of what rules did, or one rule, newest first, with the number of all.
    pub async fn rule_executions(
        &mut self,
        rule: Option<Uuid>,
        page: Page,
    ) -> Result<(Vec<RuleExecution>, u64), StoreError> {
        let (executions, total) = self.select_executions(rule, page.limit(), page.offset()).await?;
        // The total comes with the rows: behind the end there are none.
        match executions.is_empty() && page.offset() > 0 {
            true => Ok((executions, self.select_executions(rule, 1, 0).await?.1)),
            false => Ok((executions, total)),
        }
    }

    async fn select_executions(
        &mut self,
        rule: Option<Uuid>,
        limit: i64,
        offset: i64,
    ) -> Result<(Vec<RuleExecution>, u64), StoreError> {
        let rows =
            sqlx::query_file!("sql/select_rule_executions.sql", self.key, rule, limit, offset);
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        let total = rows.first().map_or(0, |row| row.total.unsigned_abs());
        let observed = |json: Value| serde_json::from_value(json).map_err(|_| damaged("values"));
        let each = rows.into_iter().map(|row| {
            let outcome =
                ExecutionOutcome::parse(&row.outcome).ok_or_else(|| damaged("outcome"))?;
            Ok(RuleExecution {
                id: row.id,
                rule: row.rule_id,
                rule_name: row.rule_name,
                version: row.rule_version.unsigned_abs(),
                content: RuleContent::read(row.content)?,
                campaign: row.campaign_id,
                campaign_name: row.campaign_name,
                episode: row.episode.unsigned_abs(),
                action: serde_json::from_value(row.action).map_err(|_| damaged("action"))?,
                outcome,
                observed: observed(row.observed)?,
                executed_at: row.executed_at,
            })
        });
        Ok((each.collect::<Result<_, StoreError>>()?, total))
    }

    /// Acts of the tenant's rules within the time before now, but for those that a bound kept back.
    pub async fn rule_acts(&mut self, within: TimeDelta) -> Result<Vec<ActCount>, StoreError> {
        let since = self.now() - within;
        let rows = sqlx::query_file!("sql/count_rule_acts.sql", self.key, since);
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        let each = rows.into_iter().map(|row| ActCount {
            rule: row.rule_id,
            campaign: row.campaign_id,
            acts: row.acts.unsigned_abs(),
        });
        Ok(each.collect())
    }
}

impl SystemWork {
    /// Removes what rules did longer ago than this.
    pub async fn forget_rule_executions(&mut self, age: TimeDelta) -> Result<(), StoreError> {
        let before = self.now() - age;
        let statement = sqlx::query_file!("sql/delete_old_rule_executions.sql", before);
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(())
    }
}

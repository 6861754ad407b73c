//! A look of a rule at its campaigns, as a job.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use stratum_models::announce::announce;
use stratum_models::id::TenantId;
use stratum_models::log::EventLog;
use stratum_models::rule::{Episode, Observation, Truth};
use stratum_models::store::{StoreError, StoreErrorKind};
use stratum_models::time::{Day, DayRange, SharedClock, UnixMillis};
use stratum_models::update::{Update, UpdateKind};
use stratum_models::warehouse::{DataVersion, DataVersions, WarehouseReader};
use stratum_query::ask::TenantFigures;
use stratum_state::PostgresState;
use stratum_state::campaign::Campaign;
use stratum_state::fx_copies::StateFxRates;
use stratum_state::job::{JobKind, NewJob};
use stratum_state::rule::{Rule, RuleLook, TruthCounts};
use stratum_state::work::operator_scope;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::RulesConfig;
use super::act::{FiringCampaign, Letters, act};
use super::evaluation::{CAMPAIGNS_MAX, Evaluation, RuleCampaigns, rule_campaigns};
use crate::mail::MailQueue;
use crate::{Job, JobError, JobLimits, LeasedJob, Pause, Step, every, new_job};

/// Rules of one search; the next one takes the others.
const DUE_MAX: i64 = 1_000;
const FAILURES_MAX: u32 = 4;
const PAUSE: Pause = Pause { min: Duration::from_secs(5), max: Duration::from_secs(300) };

/// Looks at the campaigns of rules, and acts.
#[derive(Clone)]
pub struct RuleJob {
    /// The store of rules and campaigns.
    pub state: PostgresState,
    /// The store of figures.
    pub warehouse: Arc<dyn WarehouseReader>,
    /// Tells whether a tenant's data moved.
    pub versions: Arc<dyn DataVersions>,
    /// Exchange rates.
    pub rates: Arc<StateFxRates>,
    /// Queues letters.
    pub mail: MailQueue,
    /// Where users reach the page; empty for letters without a link.
    pub public_url: String,
    /// The log, for hints to watchers.
    pub log: Arc<dyn EventLog>,
    /// The time.
    pub clock: SharedClock,
    /// The bounds.
    pub config: RulesConfig,
    /// The time that a lease holds.
    pub lease: Duration,
}

/// A rule to be looked at.
#[derive(Debug, Serialize, Deserialize)]
pub struct RuleTurn {
    rule: Uuid,
    /// The version of the tenant's data when the look was asked for.
    data_version: u64,
}

/// A campaign, what was seen of it, and what that means.
type LookedAt = (Campaign, Vec<Option<Observation>>, Truth);

impl RuleJob {
    /// Queues looks of rules whose data moved, now and then, until `stop`.
    pub async fn schedule(self, stop: CancellationToken) {
        every(Duration::from_millis(self.config.check_ms), &stop, || async {
            if let Err(error) = self.queue_due().await {
                tracing::warn!(error = %error, "rules that are due were not looked at");
            }
        })
        .await;
    }

    async fn queue_due(&self) -> Result<(), StoreError> {
        let found_at = self.clock.now().to_utc();
        let mut work = self.state.system().await?;
        let age = TimeDelta::days(i64::from(self.config.keep_days));
        work.forget_rule_executions(age).await?;
        let due = work.due_rules(DUE_MAX).await?;
        work.commit().await?;
        if due.is_empty() {
            return Ok(());
        }
        let tenants: BTreeSet<TenantId> = due.iter().map(|one| one.tenant).collect();
        let scopes: Vec<_> = tenants.iter().map(|tenant| operator_scope(*tenant)).collect();
        let versions = self.versions.data_versions(&scopes).await?;
        let versions: HashMap<TenantId, DataVersion> = tenants.into_iter().zip(versions).collect();
        let idle = milliseconds(self.config.idle_ms);
        let (mut looked_at, mut others) = (Vec::new(), Vec::new());
        let mut work = self.state.system().await?;
        for one in due {
            let version = versions.get(&one.tenant).copied().unwrap_or_default();
            let has_moved = one.data_version != Some(version);
            if has_moved || one.evaluated_at.is_none_or(|at| found_at - at >= idle) {
                let turn = RuleTurn { rule: one.id, data_version: version.0 };
                let job = new_job::<RuleJob>(&turn, u64::MAX)?;
                let job = NewJob { once: true, key: Some(one.id.to_string()), ..job };
                work.enqueue_job(one.tenant, &job).await?;
                looked_at.push(one.id);
            } else {
                others.push(one.id);
            }
        }
        let next_look = found_at + milliseconds(self.config.look_ms);
        work.postpone_rules(&looked_at, next_look, found_at).await?;
        // Of many rules at rest each costs a row now and then, not at every search.
        let rest_ms = self.config.check_ms.max(self.config.look_ms / 10);
        work.postpone_rules(&others, found_at + milliseconds(rest_ms), found_at).await?;
        work.commit().await
    }

    async fn look(&self, job: &LeasedJob<RuleTurn>) -> Result<(), JobError> {
        let mut work = job.work().await?;
        let (tenant, rule) = (work.tenant().await?, work.rule(job.input.rule).await?);
        let (Some(tenant), Some(rule)) = (tenant, rule.filter(|rule| rule.enabled)) else {
            return Ok(());
        };
        let RuleCampaigns::All(campaigns) = rule_campaigns(&mut work, &rule.content.scope).await?
        else {
            let why = format!("it covers more than {CAMPAIGNS_MAX} campaigns");
            return self.fail(job, rule.id, why).await;
        };
        drop(work);
        let figures = TenantFigures {
            warehouse: &*self.warehouse,
            rates: &*self.rates,
            scope: operator_scope(tenant.id),
            reporting_currency: tenant.reporting_currency,
        };
        let (now, zone) = (self.clock.now(), tenant.time_zone);
        let end = now.day_in(zone).0.pred_opt().map(Day);
        let ends = end.and_then(|end| DayRange::new(end, end)).ok_or(JobError::Lost)?;
        let evaluation = Evaluation::of(&figures, &rule.content, &campaigns, ends, zone).await;
        let evaluation = match evaluation {
            Err(error) if error.kind == StoreErrorKind::TooLarge => {
                let why = "its campaigns have too many days of figures".to_owned();
                return self.fail(job, rule.id, why).await;
            }
            other => other?,
        };
        let looked_at = campaigns.into_iter().map(|campaign| {
            let observed = evaluation.observe(&campaign, ends.to, Some(now));
            let truth = evaluation.truth(&observed);
            (campaign, observed, truth)
        });
        self.decide(job, &rule, looked_at.collect(), now).await
    }

    /// Moves every episode on and acts, in one transaction: what is decided is done.
    async fn decide(
        &self,
        job: &LeasedJob<RuleTurn>,
        rule: &Rule,
        looked_at: Vec<LookedAt>,
        now: UnixMillis,
    ) -> Result<(), JobError> {
        let mut work = job.work().await?;
        let locked = work.lock_rule(rule.id).await?;
        // A rule that was changed meanwhile is due again.
        let is_same = |locked: &Rule| locked.enabled && locked.version == rule.version;
        if !locked.is_some_and(|locked| is_same(&locked)) {
            return Ok(());
        }
        let timing = rule.content.timing();
        let mut episodes = work.rule_episodes(rule.id).await?;
        let (mut changed, mut firing) = (Vec::new(), Vec::new());
        let mut counts = TruthCounts::default();
        for (campaign, observed, truth) in looked_at {
            counts.add(truth);
            let before = episodes.remove(&campaign.id).unwrap_or_default();
            let (after, acts) = before.after(truth, now, timing);
            if after != before {
                changed.push((campaign.id, after));
            }
            if acts {
                let (id, episode) = (campaign.id, after.number);
                firing.push(FiringCampaign { id, episode, observed });
            }
        }
        // A campaign that is not among them any more is one of which the rule does not hold.
        let gone = episodes.into_iter().filter_map(|(id, before): (Uuid, Episode)| {
            let (after, _) = before.after(Truth::False, now, timing);
            (after != before).then_some((id, after))
        });
        changed.extend(gone);
        work.write_rule_episodes(rule.id, &changed).await?;
        let letters = Letters { mail: &self.mail, public_url: &self.public_url };
        if !firing.is_empty() {
            act(&mut work, rule, &firing, &self.config, letters).await?;
        }
        let data_version = DataVersion(job.input.data_version);
        let look = RuleLook { data_version, counts, error: None };
        work.write_rule_look(rule.id, &look).await?;
        job.commit(work).await?;
        self.tell(job.lease.tenant, rule.id, !changed.is_empty(), !firing.is_empty()).await;
        Ok(())
    }

    /// Writes down why a rule cannot be looked at, until its next turn.
    async fn fail(
        &self,
        job: &LeasedJob<RuleTurn>,
        rule: Uuid,
        why: String,
    ) -> Result<(), JobError> {
        let data_version = DataVersion(job.input.data_version);
        let look = RuleLook { data_version, counts: TruthCounts::default(), error: Some(why) };
        let mut work = job.work().await?;
        work.write_rule_look(rule, &look).await?;
        job.commit(work).await?;
        self.tell(job.lease.tenant, rule, true, false).await;
        Ok(())
    }

    /// Tells watchers. A hint that is lost delays a watcher until it asks by itself.
    async fn tell(&self, tenant: TenantId, rule: Uuid, changed: bool, acted: bool) {
        let mut updates = Vec::new();
        if changed {
            updates.push(Update::resource(tenant, "rules"));
        }
        if acted {
            let kind = UpdateKind::RuleTriggered;
            updates.push(Update::of_subject(tenant, kind, rule.to_string(), "firing"));
            updates.push(Update::resource(tenant, "campaigns"));
        }
        if let Err(error) = announce(&*self.log, &updates).await {
            tracing::warn!(error = %error, "the acts of a rule were not told");
        }
    }
}

fn milliseconds(count: u64) -> TimeDelta {
    TimeDelta::milliseconds(i64::try_from(count).unwrap_or(i64::MAX / 1_000_000))
}

impl Job for RuleJob {
    const KIND: JobKind = JobKind::Rule;
    type Input = RuleTurn;
    type Progress = ();

    /// Of a tenant one rule acts at a time, so that two count the acts of a day one after the other.
    fn limits(&self) -> JobLimits {
        JobLimits {
            running_max: self.config.running_max,
            running_per_tenant_max: 1,
            lease: self.lease,
            failures_max: FAILURES_MAX,
            pause: PAUSE,
            stop_wait: Duration::ZERO,
        }
    }

    async fn step(
        &self,
        job: &LeasedJob<RuleTurn>,
        _last: Option<()>,
    ) -> Result<Step<()>, JobError> {
        self.look(job).await?;
        Ok(Step::done())
    }
}

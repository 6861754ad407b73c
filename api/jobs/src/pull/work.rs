//! One run, from its claim to its end.

use std::time::Duration;

use parking_lot::Mutex;
use serde_json::{Value, json};
use stratum_models::connector::PullErrorCode;
use stratum_models::store::StoreError;
use stratum_models::time::{Day, DayRange};
use stratum_reports::connector::{
    Account, ConversionChoice, Credentials, Level, PullError, PullPlan, ReportingApi,
};
use stratum_state::audit::{AuditAction, AuditEntry};
use stratum_state::connector::{Connector, ConnectorStatus};
use stratum_state::job::JobKind;
use stratum_state::pull_fault::{ClosedAccount, Outcome};
use stratum_state::pull_run::{PullKind, PullRun, PullState};
use stratum_state::work::TenantWork;

use super::Puller;
use crate::tell::Hints;
use crate::{Job, JobError, JobFault, JobLimits, LeasedJob, Pause, RunEnd, Step};

/// The time that the question under way may take yet when the process stops, so that a refresh token that the
/// platform renewed is kept.
const STOP_WAIT: Duration = Duration::from_secs(2);

/// A run with all it needs.
pub(super) struct Task<'a> {
    pub(super) job: &'a LeasedJob<()>,
    pub(super) run: PullRun,
    pub(super) connector: Connector,
    pub(super) hints: Hints,
    credentials: Credentials,
    closed: Mutex<Vec<ClosedAccount>>,
}

impl Task<'_> {
    /// Accounts that could not be read so far.
    pub(super) fn closed(&self) -> Vec<ClosedAccount> {
        self.closed.lock().clone()
    }

    /// Writes down that an account cannot be read.
    pub(super) fn close(&self, account_id: &str, error: &PullError) {
        self.open(account_id);
        self.closed.lock().push(ClosedAccount::of(account_id, error.code(), error));
    }

    /// Writes down that it can.
    pub(super) fn open(&self, account_id: &str) {
        self.closed.lock().retain(|one| one.account_id != account_id);
    }

    /// True where no account can be read.
    pub(super) fn all_closed(&self) -> bool {
        let closed = self.closed.lock();
        let is_closed = |id: &String| closed.iter().any(|one| one.account_id == *id);
        self.connector.content.account_ids.iter().all(is_closed)
    }

    /// The accounts that could not be read, in words; `None` where all could.
    fn missing_accounts(&self) -> Option<String> {
        let closed = self.closed.lock();
        let each = closed.iter().map(|one| format!("{}: {}", one.account_id, one.message));
        let each: Vec<String> = each.collect();
        let (count, all) = (each.len(), self.connector.content.account_ids.len());
        let each = each.join("; ");
        (count > 0).then(|| format!("{count} of {all} accounts could not be read: {each}"))
    }
}

/// Why a run is not worked at any further.
pub(super) enum Stop {
    /// The platform.
    Platform(PullError),
    /// A store of ours, or the lease.
    Job(JobError),
}

impl From<PullError> for Stop {
    fn from(error: PullError) -> Stop {
        Stop::Platform(error)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Stop {
        Stop::Job(error.into())
    }
}

impl From<JobError> for Stop {
    fn from(error: JobError) -> Stop {
        Stop::Job(error)
    }
}

impl From<Stop> for JobError {
    fn from(stop: Stop) -> JobError {
        match stop {
            Stop::Job(error) => error,
            Stop::Platform(error) => {
                let fault = JobFault::new(error.code(), error.to_string());
                match error {
                    PullError::Throttled { retry_after } => {
                        JobError::Retry { after: Some(retry_after), fault }
                    }
                    PullError::Transient { .. } | PullError::Stale => {
                        JobError::Retry { after: None, fault }
                    }
                    _ => JobError::Failed(fault),
                }
            }
        }
    }
}

/// The state that a connector is in after the platform did not answer.
fn status_after(error: &PullError) -> ConnectorStatus {
    match error {
        PullError::Throttled { .. } => ConnectorStatus::Throttled,
        PullError::Unauthorized { .. } | PullError::Forbidden { .. } => {
            ConnectorStatus::NeedsCredentials
        }
        _ => ConnectorStatus::Failing,
    }
}

impl Job for Puller {
    const KIND: JobKind = JobKind::Pull;
    type Input = ();
    /// The cursor of the next question; null at the end.
    type Progress = Value;

    fn limits(&self) -> JobLimits {
        JobLimits {
            running_max: self.config.runs_max,
            running_per_tenant_max: self.config.runs_per_tenant_max,
            lease: Duration::from_millis(self.config.lease_ms.max(100)),
            failures_max: self.config.failures_max,
            pause: Pause {
                min: Duration::from_millis(self.config.retry_ms_min),
                max: Duration::from_millis(self.config.retry_ms_max),
            },
            stop_wait: STOP_WAIT,
        }
    }

    /// Goes through the plan from the last cursor on. It is one step of the job because it takes one connection, but
    /// each part of it counts as soon as it is read.
    async fn step(
        &self,
        job: &LeasedJob<()>,
        last: Option<Value>,
    ) -> Result<Step<Value>, JobError> {
        let Some(task) = self.open(job).await? else { return Ok(Step::done()) };
        // It was paused after its time had come.
        if task.run.kind == PullKind::Scheduled && !task.connector.content.enabled {
            let mut work = job.work().await?;
            work.finish_pull_run(job.lease.job, PullState::Cancelled, None).await?;
            return Ok(Step::done().with(work));
        }
        match self.pull(&task, last.as_ref()).await {
            Ok(()) => {
                let missing = task.missing_accounts();
                let status = match &missing {
                    Some(_) => ConnectorStatus::Partial,
                    None => ConnectorStatus::Working,
                };
                let error = missing
                    .as_deref()
                    .map(|missing| (PullErrorCode::ClosedAccounts.as_str(), missing));
                let mut work = job.work().await?;
                work.finish_pull_run(job.lease.job, PullState::Done, error).await?;
                self.note(&task, &mut work, status, missing.clone(), true).await?;
                Ok(Step::done().with(work))
            }
            Err(stop) => {
                if let Stop::Platform(error) = &stop {
                    let mut work = job.work().await?;
                    let (status, message) = (status_after(error), error.to_string());
                    self.note(&task, &mut work, status, Some(message), false).await?;
                    job.commit(work).await?;
                }
                Err(stop.into())
            }
        }
    }

    async fn on_end(
        &self,
        job: &LeasedJob<()>,
        end: &RunEnd,
        work: &mut TenantWork,
    ) -> Result<(), StoreError> {
        let run = job.lease.job;
        match end {
            RunEnd::Done => Ok(()),
            RunEnd::Stopped => work.requeue_pull_run(run, None).await,
            RunEnd::Waiting { fault, wait } => {
                let error = (fault.code, fault.message.as_str());
                work.requeue_pull_run(run, Some((*wait, error))).await
            }
            RunEnd::Failed(fault) => {
                let error = (fault.code, fault.message.as_str());
                work.finish_pull_run(run, PullState::Failed, Some(error)).await
            }
        }
    }

    async fn after_end(&self, job: &LeasedJob<()>, _end: &RunEnd) {
        self.hints(job.lease.tenant).end().await;
    }
}

impl Puller {
    /// The run with what it needs; `None` where somebody ended it, or its connector is gone.
    async fn open<'a>(&self, job: &'a LeasedJob<()>) -> Result<Option<Task<'a>>, JobError> {
        let mut work = job.work().await?;
        let Some(run) = work.begin_pull_run(job.lease.job).await? else { return Ok(None) };
        let Some(connector) = work.connector(run.connector_id).await? else { return Ok(None) };
        let credentials = work.lock_credentials(connector.id).await?.unwrap_or_default();
        job.commit(work).await?;
        let closed = Mutex::new(run.closed_accounts.clone());
        let hints = self.hints(job.lease.tenant);
        hints.progress().await;
        Ok(Some(Task { job, run, connector, hints, credentials, closed }))
    }

    async fn pull(&self, task: &Task<'_>, last: Option<&Value>) -> Result<(), Stop> {
        let content = &task.connector.content;
        let counting = ConversionChoice { conversion: content.settings.conversion.clone() };
        let credentials = task.credentials.clone();
        let api = self.platforms.connect(task.connector.platform, credentials, counting)?;
        let pulled = self.pull_with(task, &*api, last).await;
        // Whatever happened: a new refresh token is worth more than the old one.
        self.keep_renewed(task, &*api).await?;
        pulled
    }

    async fn pull_with(
        &self,
        task: &Task<'_>,
        api: &dyn ReportingApi,
        last: Option<&Value>,
    ) -> Result<(), Stop> {
        let accounts = self.accounts(task, api).await?;
        let wanted = task.connector.content.settings.levels.as_deref().unwrap_or(Level::ALL);
        let told = api.levels().iter().copied();
        let levels = told.filter(|level| *level == Level::Campaign || wanted.contains(level));
        let window_days = self.config.window_days_max.min(api.window_days_max());
        let plan = PullPlan::new(accounts, levels.collect(), window_days);
        let mut cursor = plan.resume(last);
        while let Some(here) = cursor {
            if task.job.is_stopped() {
                return Err(JobError::Stopped.into());
            }
            cursor = self.read(task, api, &plan, here).await?;
        }
        Ok(())
    }

    /// The accounts as the platform describes them, each with its days: none after its today.
    async fn accounts(
        &self,
        task: &Task<'_>,
        api: &dyn ReportingApi,
    ) -> Result<Vec<(Account, DayRange)>, Stop> {
        let (mut accounts, mut first) = (Vec::new(), None);
        for id in &task.connector.content.account_ids {
            let account = match api.account(id).await {
                Ok(account) => account,
                // A closed account is no reason not to read the open ones.
                Err(error) if error.is_of_account() => {
                    task.close(id, &error);
                    first.get_or_insert(error);
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let mut work = task.job.work().await?;
            work.keep_ad_account(task.connector.platform, &account).await?;
            task.job.commit(work).await?;
            let today = self.clock.now().day_in(account.zone);
            let to = Day(task.run.days.to.0.min(today.0));
            accounts.extend(DayRange::new(task.run.days.from, to).map(|days| (account, days)));
        }
        if task.connector.content.account_ids.is_empty() {
            let message = "the connector names no ad account".to_owned();
            return Err(PullError::Refused { message }.into());
        }
        match first {
            Some(error) if task.all_closed() => Err(error.into()),
            _ => Ok(accounts),
        }
    }

    /// Seals new credentials in the place of those the run began with, unless somebody changed them.
    async fn keep_renewed(&self, task: &Task<'_>, api: &dyn ReportingApi) -> Result<(), Stop> {
        let Some(renewed) = api.renewed() else { return Ok(()) };
        let mut work = task.job.work().await?;
        let id = task.connector.id;
        let now = work.lock_credentials(id).await?.unwrap_or_default();
        if now.get("refresh_token") == task.credentials.get("refresh_token") {
            work.renew_credentials(id, &renewed).await?;
            let told = json!({"credentials": ["refresh_token"]});
            work.audit(&AuditEntry::done(AuditAction::ConnectorRenewed, "connector", id, told))
                .await?;
            // Whoever works at the run: what was renewed here counts.
            work.commit().await?;
        }
        Ok(())
    }

    /// Writes down what the end of a run tells of its connector.
    async fn note(
        &self,
        task: &Task<'_>,
        work: &mut TenantWork,
        status: ConnectorStatus,
        error: Option<String>,
        is_pulled: bool,
    ) -> Result<(), StoreError> {
        let id = task.connector.id;
        let to = Day(task.run.days.to.0.min(self.clock.now().to_utc().date_naive()));
        let closed_accounts = task.closed();
        // Days of a closed account are missed, and asked for once it is open again.
        let pulled_to = Some(to).filter(|_| is_pulled && closed_accounts.is_empty());
        let outcome = Outcome { status, error, closed_accounts, is_pulled, pulled_to };
        work.note_outcome(id, &outcome).await?;
        if task.connector.known != status {
            let told = json!({"status": status});
            work.audit(&AuditEntry::done(AuditAction::ConnectorStatus, "connector", id, told))
                .await?;
        }
        Ok(())
    }
}

//! One run, from its lease to its end.

use std::time::Duration;

use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use serde_json::json;
use stratum_models::platform::Platform;
use stratum_models::store::StoreError;
use stratum_models::time::{Day, DayRange};
use stratum_reports::connector::{
    Account, Counting, Credentials, Level, PullError, PullPlan, ReportingApi,
};
use stratum_state::audit::{AuditAction, AuditEntry};
use stratum_state::connector::{Connector, ConnectorStatus};
use stratum_state::pull_fault::{ClosedAccount, Outcome};
use stratum_state::pull_run::{Lease, Leaving, PullKind, PullRun, PullState};
use tokio_util::sync::CancellationToken;

use super::Puller;

/// A platform is left alone for a day at most, whatever it says.
const WAIT_MAX: Duration = Duration::from_secs(86_400);

/// A run with all it needs.
pub(super) struct Task {
    pub(super) lease: Lease,
    pub(super) run: PullRun,
    pub(super) connector: Connector,
    credentials: Credentials,
    closed: Mutex<Vec<ClosedAccount>>,
}

impl Task {
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

    /// Whether there is no account that can be read.
    pub(super) fn all_closed(&self) -> bool {
        let closed = self.closed.lock();
        let is_closed = |id: &String| closed.iter().any(|one| one.account_id == *id);
        self.connector.content.account_ids.iter().all(is_closed)
    }

    /// Which accounts could not be read, in words; `None` where all could.
    fn lack(&self) -> Option<String> {
        let closed = self.closed.lock();
        let each = closed.iter().map(|one| format!("{}: {}", one.account_id, one.message));
        let each: Vec<String> = each.collect();
        let (count, all) = (each.len(), self.connector.content.account_ids.len());
        let told = each.join("; ");
        (count > 0).then(|| format!("{count} of {all} accounts could not be read: {told}"))
    }
}

/// Why a run is not worked at any further.
pub(super) enum Stop {
    /// Somebody else works at it, or somebody ended it.
    Lost,
    /// The platform.
    Platform(PullError),
    /// A store of ours.
    Store(StoreError),
}

impl From<PullError> for Stop {
    fn from(error: PullError) -> Stop {
        Stop::Platform(error)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Stop {
        Stop::Store(error)
    }
}

impl Puller {
    /// Works at a run until it is over, has to wait, is lost, or the process stops.
    pub(super) async fn work_at(&self, lease: Lease, stop: &CancellationToken) {
        let left = tokio::select! {
            left = Box::pin(self.work(lease)) => left,
            () = self.hold(&lease) => return,
            () = stop.cancelled() => self.hand_over(&lease).await,
        };
        if let Err(error) = left {
            // The lease ends by itself, and the run is taken up again.
            tracing::warn!(error = %error, pull.run = %lease.run, "a pull was dropped");
        }
    }

    /// Renews the lease again and again; returns once it is lost.
    async fn hold(&self, lease: &Lease) {
        loop {
            tokio::time::sleep(lease.life / 3).await;
            let kept = async {
                let mut work = self.enter(lease.tenant).await?;
                let kept = work.keep_pull_run(lease).await?;
                work.commit().await?;
                Ok::<_, StoreError>(kept)
            };
            // A store that is away for a moment takes no lease.
            if matches!(kept.await, Ok(false)) {
                return;
            }
        }
    }

    /// Leaves a run as it is for another process.
    async fn hand_over(&self, lease: &Lease) -> Result<(), StoreError> {
        let mut work = self.enter(lease.tenant).await?;
        let leaving = Leaving { state: PullState::Queued, error: None, not_before: None };
        work.leave_pull_run(lease, &leaving).await?;
        work.commit().await
    }

    async fn work(&self, lease: Lease) -> Result<(), StoreError> {
        let Some(task) = self.open(lease).await? else { return Ok(()) };
        // It was paused after its time had come.
        if task.run.kind == PullKind::Scheduled && !task.connector.content.enabled {
            let leaving = Leaving { state: PullState::Cancelled, error: None, not_before: None };
            let error = task.connector.last_error.clone();
            *task.closed.lock() = task.connector.closed_accounts.clone();
            return self.leave(&task, &leaving, task.connector.known, error).await;
        }
        let ended = self.pull(&task).await;
        let (leaving, status, message) = match ended {
            Ok(()) => {
                let lack = task.lack();
                let error = lack.clone().map(|lack| ("closed_accounts".to_owned(), lack));
                let leaving = Leaving { state: PullState::Done, error, not_before: None };
                let status = match &lack {
                    Some(_) => ConnectorStatus::Partial,
                    None => ConnectorStatus::Working,
                };
                (leaving, status, lack)
            }
            Err(Stop::Lost) => return Ok(()),
            Err(Stop::Store(error)) => return Err(error),
            Err(Stop::Platform(error)) => {
                let (leaving, status) = self.after_failure(&task.run, &error);
                (leaving, status, Some(error.to_string()))
            }
        };
        self.leave(&task, &leaving, status, message).await
    }

    async fn open(&self, lease: Lease) -> Result<Option<Task>, StoreError> {
        let mut work = self.enter(lease.tenant).await?;
        let Some(run) = work.pull_run(lease.run).await? else { return Ok(None) };
        let Some(connector) = work.connector(run.connector_id).await? else { return Ok(None) };
        let credentials = work.lock_credentials(connector.id).await?.unwrap_or_default();
        let closed = Mutex::new(run.closed_accounts.clone());
        Ok(Some(Task { lease, run, connector, credentials, closed }))
    }

    async fn pull(&self, task: &Task) -> Result<(), Stop> {
        let content = &task.connector.content;
        let counting = Counting { conversion: content.settings.conversion.clone() };
        let credentials = task.credentials.clone();
        let api = self.platforms.connect(task.connector.platform, credentials, counting)?;
        let pulled = self.pull_with(task, &*api).await;
        // Whatever happened: a new refresh token is worth more than the old one.
        self.keep_renewed(task, &*api).await?;
        pulled
    }

    async fn pull_with(&self, task: &Task, api: &dyn ReportingApi) -> Result<(), Stop> {
        let accounts = self.accounts(task, api).await?;
        let wanted = task.connector.content.settings.levels.as_deref().unwrap_or(&Level::ALL);
        let told = api.levels().iter().copied();
        let levels = told.filter(|level| *level == Level::Campaign || wanted.contains(level));
        let window_days = self.config.window_days_max.min(api.window_days_max());
        let plan = PullPlan::new(accounts, levels.collect(), window_days);
        let mut place = plan.resume(task.run.place.as_ref());
        while let Some(here) = place {
            place = self.step(task, api, &plan, here).await?;
        }
        Ok(())
    }

    /// The accounts as the platform describes them, each with its days: none after its today.
    async fn accounts(
        &self,
        task: &Task,
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
            let mut work = self.enter(task.lease.tenant).await?;
            work.keep_ad_account(task.connector.platform, &account).await?;
            work.commit().await?;
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
    async fn keep_renewed(&self, task: &Task, api: &dyn ReportingApi) -> Result<(), Stop> {
        let Some(renewed) = api.renewed() else { return Ok(()) };
        let mut work = self.enter(task.lease.tenant).await?;
        let id = task.connector.id;
        let now = work.lock_credentials(id).await?.unwrap_or_default();
        if now.get("refresh_token") == task.credentials.get("refresh_token") {
            work.renew_credentials(id, &renewed).await?;
            let told = json!({"credentials": ["refresh_token"]});
            work.audit(&AuditEntry::done(AuditAction::ConnectorRenewed, "connector", id, told))
                .await?;
            work.commit().await?;
        }
        Ok(())
    }

    /// How a run and its connector stand after the platform did not answer.
    fn after_failure(&self, run: &PullRun, error: &PullError) -> (Leaving, ConnectorStatus) {
        let now = self.clock.now().to_utc();
        let failures = u32::try_from(run.failures).unwrap_or(u32::MAX);
        let (wait, status) = match error {
            PullError::Throttled { retry_after } => {
                (Some(*retry_after), ConnectorStatus::Throttled)
            }
            PullError::Transient { .. } | PullError::Stale
                if failures.saturating_add(1) < self.config.failures_max =>
            {
                (Some(self.pause(failures)), ConnectorStatus::Failing)
            }
            PullError::Unauthorized { .. } | PullError::Forbidden { .. } => {
                (None, ConnectorStatus::NeedsCredentials)
            }
            _ => (None, ConnectorStatus::Failing),
        };
        let not_before: Option<DateTime<Utc>> =
            wait.map(|wait| now + wait.clamp(Duration::from_secs(1), WAIT_MAX));
        let state = if wait.is_some() { PullState::Waiting } else { PullState::Failed };
        let error = Some((error.code().to_owned(), error.to_string()));
        (Leaving { state, error, not_before }, status)
    }

    fn pause(&self, failures: u32) -> Duration {
        let doubled = 1u64.checked_shl(failures).unwrap_or(u64::MAX);
        let pause = self.config.retry_ms_min.saturating_mul(doubled);
        Duration::from_millis(pause.min(self.config.retry_ms_max))
    }

    /// Writes down how the run ended, and what that tells of the connector.
    async fn leave(
        &self,
        task: &Task,
        leaving: &Leaving,
        status: ConnectorStatus,
        message: Option<String>,
    ) -> Result<(), StoreError> {
        let mut work = self.enter(task.lease.tenant).await?;
        if !work.leave_pull_run(&task.lease, leaving).await? {
            return Ok(());
        }
        let id = task.connector.id;
        let to = Day(task.run.days.to.0.min(self.clock.now().to_utc().date_naive()));
        let (closed_accounts, is_pulled) = (task.closed(), leaving.state == PullState::Done);
        // Days of a closed account are missed, and asked for once it is open again.
        let pulled_to = Some(to).filter(|_| is_pulled && closed_accounts.is_empty());
        let outcome = Outcome { status, error: message, closed_accounts, is_pulled, pulled_to };
        work.note_outcome(id, &outcome).await?;
        if task.connector.known != status {
            let told = json!({"status": status});
            work.audit(&AuditEntry::done(AuditAction::ConnectorStatus, "connector", id, told))
                .await?;
        }
        work.commit().await?;
        let (platform, state): (Platform, _) = (task.connector.platform, leaving.state.as_str());
        tracing::info!(pull.run = %task.lease.run, %platform, state, "a pull was left");
        Ok(())
    }
}

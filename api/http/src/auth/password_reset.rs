//! ResetRequest passwords. A request is queued and answered, whoever it is for; only then is the account looked up. So
//! the answer cannot tell whether there is one, nor how long it took.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::json;
use stratum_models::store::StoreError;
use stratum_models::time::{SharedClock, UnixMillis};
use stratum_state::PostgresState;
use stratum_state::audit::{Actor, AuditAction, AuditEntry, Author};
use stratum_state::job::{EnqueueOutcome, JobKind, NO_TENANT};
use stratum_state::user::canonical_email;

use super::{AuthConfig, messages};
use stratum_jobs::mail::{Cause, MailError, MailQueue};
use stratum_jobs::{Job, JobError, JobLimits, LeasedJob, Pause, Step, WorkerMeans, new_job};

/// Requests that one process works at.
const RUNNING_MAX: usize = 2;
const FAILURES_MAX: u32 = 8;
const PAUSE: Pause = Pause { min: Duration::from_secs(1), max: Duration::from_secs(60) };

/// Somebody forgot the password. Holds an address: never printed, hence no `Debug`.
#[derive(Serialize, Deserialize)]
pub struct ResetRequest {
    email: String,
    request_id: Arc<str>,
}

/// Takes requests, as many as may wait.
#[derive(Clone)]
pub struct PasswordResets {
    state: PostgresState,
    queue_max: u64,
}

impl PasswordResets {
    /// Takes requests within the bounds of `config`.
    pub fn new(state: PostgresState, config: &AuthConfig) -> PasswordResets {
        PasswordResets { state, queue_max: config.reset_queue_max.max(1) as u64 }
    }

    /// Takes a request; false when too many wait.
    pub async fn ask(&self, email: String, request_id: Arc<str>) -> Result<bool, StoreError> {
        let request =
            new_job::<PasswordReset>(&ResetRequest { email, request_id }, self.queue_max)?;
        let mut work = self.state.system().await?;
        let queued = work.enqueue_job(NO_TENANT, &request).await?;
        work.commit().await?;
        Ok(queued != EnqueueOutcome::Full)
    }
}

/// Looks up who forgot the password, and writes to them.
pub struct PasswordReset {
    state: PostgresState,
    mail: MailQueue,
    config: AuthConfig,
    public_url: String,
    lease: Duration,
    clock: SharedClock,
}

impl PasswordReset {
    /// The job, which writes by this queue.
    pub fn new(
        mail: MailQueue,
        config: AuthConfig,
        public_url: String,
        means: &WorkerMeans,
    ) -> PasswordReset {
        let (state, clock) = (means.state.clone(), means.clock.clone());
        PasswordReset { state, mail, config, public_url, lease: means.config.lease(), clock }
    }
}

impl Job for PasswordReset {
    const KIND: JobKind = JobKind::PasswordReset;
    const IS_SECRET: bool = true;
    type Input = ResetRequest;
    type Progress = ();

    fn limits(&self) -> JobLimits {
        JobLimits {
            running_max: RUNNING_MAX,
            running_per_tenant_max: RUNNING_MAX,
            lease: self.lease,
            failures_max: FAILURES_MAX,
            pause: PAUSE,
            stop_wait: Duration::ZERO,
        }
    }

    /// A token and its message, in one commit with the job's end; nothing for addresses without an active account,
    /// and for those that were written to a moment ago.
    async fn step(
        &self,
        job: &LeasedJob<ResetRequest>,
        _last: Option<()>,
    ) -> Result<Step<()>, JobError> {
        // No user has a text that is no address.
        let Some(email) = canonical_email(&job.input.email) else { return Ok(Step::done()) };
        let mut work = self.state.system().await?;
        // Before it is known whether there is such an account: what is left of an allowance tells nothing.
        let permit = match self.mail.admit(&mut work, &email, Cause::Stranger).await {
            Ok(permit) => permit,
            Err(MailError::Over) => return Ok(Step::done()),
            Err(error) => return Err(error.into()),
        };
        let author = Author { actor: Actor::Nobody, request_id: job.input.request_id.clone() };
        let user = work.user_by_email(&email).await?;
        let Some(user) = user.filter(|user| user.active) else {
            return Ok(Step::done().with(work.enter(NO_TENANT, author).await?));
        };
        let mut work = work.enter(user.tenant_id, author).await?;
        let minutes = self.config.reset_token_minutes;
        let ends = UnixMillis(self.clock.now().0 + i64::from(minutes) * 60_000);
        let every = TimeDelta::seconds(self.config.reset_every_s.into());
        if let Some(token) = work.create_reset_token(user.id, ends, every).await? {
            let message = messages::reset(&token, minutes, &self.public_url);
            self.mail.send(&mut work, permit, message).await?;
            work.audit(&AuditEntry::done(AuditAction::UserResetAsked, "user", user.id, json!({})))
                .await?;
        }
        Ok(Step::done().with(work))
    }
}

//! Messages on their way: queued in the transaction of what causes them, sent beside the requests.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use stratum_models::store::StoreError;
use stratum_models::time::SharedClock;
use stratum_state::PostgresState;
use stratum_state::job::{EnqueueOutcome, JobKind, NO_TENANT};
use stratum_state::work::{SystemWork, TenantWork};

use super::message::Sender;
use super::{Cause, DeliveryError, LetterLimits, MailConfig, MailMessage, MailTransport};
use crate::{
    Job, JobError, JobFault, JobLimits, LeasedJob, Pause, RunEnd, Step, WorkerMeans, new_job,
};

/// Messages by what became of them.
pub const MAIL_MESSAGES: &str = "stratum_api_letters_total";

/// A message that is being sent when the process stops may take this long yet: it would be sent twice.
const STOP_WAIT: Duration = Duration::from_secs(5);

/// Queues messages, as many as may wait and as many as one may cause.
#[derive(Clone)]
pub struct MailQueue {
    state: PostgresState,
    limits: LetterLimits,
    queue_max: u64,
    has_server: bool,
    clock: SharedClock,
}

/// The permission to write one message to an address; counted, whether or not it is used.
pub struct MailPermit {
    to: String,
}

/// The reason why no message can be sent.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// Too many wait to be sent.
    #[error("too many messages wait to be sent")]
    Full,
    /// Too many were caused.
    #[error("too many messages were sent")]
    Over,
    /// The number that were caused is not known.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<MailError> for JobError {
    fn from(error: MailError) -> JobError {
        match error {
            MailError::Store(error) => error.into(),
            other => JobError::retry("full", other.to_string()),
        }
    }
}

/// A message with its address, as it waits. Holds personal data and secrets: never printed, hence no `Debug`.
#[derive(Serialize, Deserialize)]
pub struct OutgoingMail {
    /// An e-mail address.
    pub to: String,
    /// The message itself.
    pub message: MailMessage,
}

impl MailQueue {
    /// A queue within the bounds of `config`.
    pub fn new(state: PostgresState, config: &MailConfig, clock: SharedClock) -> MailQueue {
        MailQueue {
            state,
            limits: config.limits,
            queue_max: config.queue_max.max(1) as u64,
            has_server: config.has_server(),
            clock,
        }
    }

    /// True where messages go out by a mail server, and not into a folder.
    pub fn has_server(&self) -> bool {
        self.has_server
    }

    /// The permission for a message that `cause` wants to be sent to an address.
    pub async fn reserve(&self, to: &str, cause: Cause) -> Result<MailPermit, MailError> {
        let mut work = self.state.system().await?;
        let permit = self.admit(&mut work, to, cause).await?;
        work.commit().await?;
        Ok(permit)
    }

    /// The same within a transaction; after a refusal it is to be left without committing.
    pub async fn admit(
        &self,
        work: &mut SystemWork,
        to: &str,
        cause: Cause,
    ) -> Result<MailPermit, MailError> {
        let tenant = match cause {
            Cause::Stranger => NO_TENANT,
            Cause::Tenant(tenant) => tenant,
        };
        if work.open_jobs(tenant, JobKind::Mail).await? >= self.queue_max {
            return Err(MailError::Full);
        }
        let allowances = self.limits.allowances(to, cause, self.clock.now());
        if !work.use_allowances(&allowances).await? {
            metrics::counter!(MAIL_MESSAGES, "outcome" => "over").increment(1);
            return Err(MailError::Over);
        }
        Ok(MailPermit { to: to.to_owned() })
    }

    /// Queues a permitted message as one of the work's tenant: it is sent once the work is committed.
    pub async fn send(
        &self,
        work: &mut TenantWork,
        permit: MailPermit,
        message: MailMessage,
    ) -> Result<(), MailError> {
        let mail = OutgoingMail { to: permit.to, message };
        queued(work.enqueue_job(&new_job::<SendMail>(&mail, self.room())?).await?)
    }

    /// The same as one of no tenant.
    pub async fn send_to_stranger(
        &self,
        work: &mut SystemWork,
        permit: MailPermit,
        message: MailMessage,
    ) -> Result<(), MailError> {
        let mail = OutgoingMail { to: permit.to, message };
        let job = new_job::<SendMail>(&mail, self.room())?;
        queued(work.enqueue_job(NO_TENANT, &job).await?)
    }

    /// Queues a notice that tells an owner what was done with the account, by who could do it: it has no limit but
    /// the queue's, beyond which it is left out.
    pub async fn notify(
        &self,
        work: &mut TenantWork,
        to: String,
        message: MailMessage,
    ) -> Result<(), StoreError> {
        let mail = OutgoingMail { to, message };
        let queued = work.enqueue_job(&new_job::<SendMail>(&mail, self.room())?).await?;
        if queued == EnqueueOutcome::Full {
            metrics::counter!(MAIL_MESSAGES, "outcome" => "over").increment(1);
            tracing::warn!("too many messages wait: a notice is left out");
        }
        Ok(())
    }

    /// The room of the queue. Permitted letters, and notices, find room where permits are refused already.
    fn room(&self) -> u64 {
        self.queue_max.saturating_mul(2)
    }
}

fn queued(outcome: EnqueueOutcome) -> Result<(), MailError> {
    match outcome {
        EnqueueOutcome::Full => Err(MailError::Full),
        EnqueueOutcome::Queued(_) | EnqueueOutcome::Present => Ok(()),
    }
}

/// Sends messages. Each is sent at least once; one that is sent twice has the same `Message-ID`.
pub struct SendMail {
    transport: Arc<dyn MailTransport>,
    sender: Sender,
    config: MailConfig,
    lease: Duration,
    clock: SharedClock,
}

impl SendMail {
    /// The job of sending by this transport, as this sender.
    pub fn new(
        transport: Arc<dyn MailTransport>,
        sender: Sender,
        config: MailConfig,
        means: &WorkerMeans,
    ) -> SendMail {
        let lease = means.config.lease();
        SendMail { transport, sender, config, lease, clock: means.clock.clone() }
    }
}

impl Job for SendMail {
    const KIND: JobKind = JobKind::Mail;
    const IS_SECRET: bool = true;
    type Input = OutgoingMail;
    type Progress = ();

    fn limits(&self) -> JobLimits {
        let senders = self.config.senders_max.max(1);
        JobLimits {
            running_max: senders,
            running_per_tenant_max: senders,
            lease: self.lease,
            failures_max: self.config.attempts_max,
            pause: Pause {
                min: Duration::from_millis(self.config.retry_ms_min),
                max: Duration::from_millis(self.config.retry_ms_max),
            },
            stop_wait: STOP_WAIT,
        }
    }

    async fn step(
        &self,
        job: &LeasedJob<OutgoingMail>,
        _last: Option<()>,
    ) -> Result<Step<()>, JobError> {
        let id = job.lease.job;
        let sent = match self.sender.message(&job.input, id, self.clock.now()) {
            Ok(message) => self.transport.send(id, &message).await,
            Err(error) => Err(error),
        };
        match sent {
            Ok(()) => Ok(Step::done()),
            Err(error @ DeliveryError::Later(_)) => {
                Err(JobError::retry("later", error.to_string()))
            }
            Err(error @ DeliveryError::Refused(_)) => {
                Err(JobFault::new("refused", error.to_string()).into())
            }
        }
    }

    async fn after_end(&self, _job: &LeasedJob<OutgoingMail>, end: &RunEnd) {
        let outcome = match end {
            RunEnd::Done => "sent",
            RunEnd::Failed(_) => "lost",
            RunEnd::Waiting { .. } | RunEnd::Stopped => return,
        };
        metrics::counter!(MAIL_MESSAGES, "outcome" => outcome).increment(1);
    }
}

//! Kinds of jobs: their bounds, steps and ends.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use stratum_models::store::{StoreError, StoreErrorKind};
use stratum_state::PostgresState;
use stratum_state::audit::Author;
use stratum_state::job::{JobKind, NewJob};
use stratum_state::job_lease::JobLease;
use stratum_state::work::TenantWork;
use tokio_util::sync::CancellationToken;

use super::Pause;

/// A kind of job.
///
/// A job is worked at step by step. What a step writes and its progress are one commit, which only counts while the
/// lease holds: after a crash the job goes on from the last step that counted, in whichever process.
pub trait Job: Send + Sync + 'static {
    /// The kind.
    const KIND: JobKind;
    /// True where inputs hold an address or a token, and may not rest in clear.
    const IS_SECRET: bool = false;
    /// The input, as it was queued.
    type Input: Serialize + DeserializeOwned + Send + Sync;
    /// The place where the next step goes on.
    type Progress: Serialize + DeserializeOwned + Send + Sync;

    /// The bounds of working at this kind.
    fn limits(&self) -> JobLimits;

    /// Does one step after `last`, the progress of the one before; `None` in the first.
    fn step(
        &self,
        job: &LeasedJob<Self::Input>,
        last: Option<Self::Progress>,
    ) -> impl Future<Output = Result<Step<Self::Progress>, JobError>> + Send;

    /// Writes what the end of a run means for the kind's own rows, in the commit of that end.
    fn on_end(
        &self,
        _job: &LeasedJob<Self::Input>,
        _end: &RunEnd,
        _work: &mut TenantWork,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        std::future::ready(Ok(()))
    }

    /// Tells others of the end, once it is committed.
    fn after_end(
        &self,
        _job: &LeasedJob<Self::Input>,
        _end: &RunEnd,
    ) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }
}

/// The bounds of working at a kind of job.
#[derive(Clone, Copy, Debug)]
pub struct JobLimits {
    /// Jobs that one process works at.
    pub running_max: usize,
    /// Jobs of one tenant that all processes together work at.
    pub running_per_tenant_max: usize,
    /// A job whose process says nothing for this long is taken over by another one.
    pub lease: Duration,
    /// Failures without progress before a job is given up.
    pub failures_max: u32,
    /// The pause between two tries.
    pub pause: Pause,
    /// The time that the step under way may take yet when the process stops.
    pub stop_wait: Duration,
}

/// The outcome of a step.
pub struct Step<P> {
    pub(super) next: Option<P>,
    pub(super) work: Option<TenantWork>,
}

impl<P> Step<P> {
    /// The job goes on from here.
    pub fn next(progress: P) -> Step<P> {
        Step { next: Some(progress), work: None }
    }

    /// The job is done.
    pub fn done() -> Step<P> {
        Step { next: None, work: None }
    }

    /// The same step, with the work that it wrote, to be committed with its progress.
    pub fn with(self, work: TenantWork) -> Step<P> {
        Step { work: Some(work), ..self }
    }
}

/// A failure in words that may be shown and logged: nothing personal is in them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct JobFault {
    /// A word for programs.
    pub code: &'static str,
    /// The same for people.
    pub message: String,
}

impl JobFault {
    /// A failure.
    pub fn new(code: &'static str, message: impl Into<String>) -> JobFault {
        JobFault { code, message: message.into() }
    }
}

/// Why a job is not worked at any further, at least now.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// Another process works at it, or somebody ended it.
    #[error("the lease is lost")]
    Lost,
    /// This process stops.
    #[error("the process stops")]
    Stopped,
    /// It may work later.
    #[error("{fault}")]
    Retry {
        /// When the other side said to come again; such a wait is no failure of the job.
        after: Option<Duration>,
        /// The fault.
        fault: JobFault,
    },
    /// It never will.
    #[error(transparent)]
    Failed(#[from] JobFault),
}

impl JobError {
    /// It may work later, after the usual pause.
    pub fn retry(code: &'static str, message: impl Into<String>) -> JobError {
        JobError::Retry { after: None, fault: JobFault::new(code, message) }
    }
}

impl From<StoreError> for JobError {
    fn from(error: StoreError) -> JobError {
        match error.kind {
            StoreErrorKind::Invalid => JobError::Failed(JobFault::new("refused", error.text)),
            _ => {
                JobError::retry("unavailable", format!("the {} store did not answer", error.store))
            }
        }
    }
}

/// The end of a run of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunEnd {
    /// The job is done.
    Done,
    /// The job is given up.
    Failed(JobFault),
    /// The job goes on by itself after a while.
    Waiting {
        /// The fault.
        fault: JobFault,
        /// The time that it waits.
        wait: Duration,
    },
    /// The job goes on in another process, or in this one's next life.
    Stopped,
}

impl RunEnd {
    /// The word for it in telemetry.
    pub const fn as_str(&self) -> &'static str {
        match self {
            RunEnd::Done => "done",
            RunEnd::Failed(_) => "failed",
            RunEnd::Waiting { .. } => "waiting",
            RunEnd::Stopped => "stopped",
        }
    }
}

/// A job under its lease.
pub struct LeasedJob<I> {
    /// The right to work at it.
    pub lease: JobLease,
    /// The job's input.
    pub input: I,
    pub(super) state: PostgresState,
    pub(super) stop: CancellationToken,
}

impl<I> LeasedJob<I> {
    /// A transaction of the job's tenant; what it changes is written down as the program's own doing.
    pub async fn work(&self) -> Result<TenantWork, StoreError> {
        self.state.system().await?.enter(self.lease.tenant, Author::system()).await
    }

    /// Commits what was written on the way in a step, if the lease holds.
    pub async fn commit(&self, work: TenantWork) -> Result<(), JobError> {
        let mut work = work.into_system().await?;
        if !work.renew_job(&self.lease).await? {
            return Err(JobError::Lost);
        }
        Ok(work.commit().await?)
    }

    /// Commits what a part of a step wrote with the job's progress: it goes on from there, and its failures count from
    /// there. For steps that are many parts in one, such as those that share a connection.
    pub async fn advance(
        &self,
        work: TenantWork,
        progress: &impl Serialize,
    ) -> Result<(), JobError> {
        self.save(Some(work), progress, true).await
    }

    /// Shows how far a step has come. The job does not go on from there, nor do its failures count from there.
    pub async fn show(&self, progress: &impl Serialize) -> Result<(), JobError> {
        self.save(None, progress, false).await
    }

    /// True once the process stops.
    pub fn is_stopped(&self) -> bool {
        self.stop.is_cancelled()
    }

    pub(super) async fn save(
        &self,
        work: Option<TenantWork>,
        progress: &impl Serialize,
        is_further: bool,
    ) -> Result<(), JobError> {
        let progress = value(progress)?;
        let mut work = match work {
            Some(work) => work.into_system().await?,
            None => self.state.system().await?,
        };
        if !work.save_job_progress(&self.lease, &progress, is_further).await? {
            return Err(JobError::Lost);
        }
        Ok(work.commit().await?)
    }
}

fn value(written: &impl Serialize) -> Result<Value, JobFault> {
    serde_json::to_value(written)
        .map_err(|_| JobFault::new("refused", "it cannot be written as JSON"))
}

/// A job of a kind with this input, of which a tenant may have `open_max` open.
pub fn new_job<J: Job>(input: &J::Input, open_max: u64) -> Result<NewJob, StoreError> {
    let input = value(input)
        .map_err(|fault| StoreError::new(StoreErrorKind::Invalid, "state", fault.message))?;
    Ok(NewJob { is_secret: J::IS_SECRET, open_max, ..NewJob::of(J::KIND, input) })
}

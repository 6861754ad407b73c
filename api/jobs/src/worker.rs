//! Works at the jobs of one kind.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use stratum_models::entropy::SharedEntropy;
use stratum_models::store::StoreError;
use stratum_models::time::SharedClock;
use stratum_state::PostgresState;
use stratum_state::audit::Author;
use stratum_state::job_lease::{ClaimedJob, JobLease};
use stratum_state::work::TenantWork;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::CancellationToken;

use super::queue::{Job, JobError, JobFault, LeasedJob, RunEnd};
use super::{JobSignals, Pause, every};

/// Runs of jobs, by kind and by how they ended.
pub const JOB_RUNS: &str = "stratum_api_job_runs_total";
/// Seconds of a run, by kind.
pub const JOB_RUN_SECONDS: &str = "stratum_api_job_run_seconds";

/// A job that has made no progress for so long is given up, whatever it waits for.
const STILL_MAX: TimeDelta = TimeDelta::days(7);
/// An end that cannot be written is tried so often within a lease.
const END_TRIES: u32 = 10;
const SWEEP_EVERY: Duration = Duration::from_secs(600);

/// Bounds of all kinds of jobs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JobsConfig {
    /// A job whose process says nothing for this long is taken over by another one.
    pub lease_ms: u64,
    /// The time between two looks for jobs while the state store signals none, in milliseconds.
    pub poll_ms: u64,
    /// Hours that ended jobs are remembered.
    pub keep_hours: u32,
}

impl JobsConfig {
    /// The time that a lease holds unless it is renewed, at least 100 ms.
    pub fn lease(&self) -> Duration {
        Duration::from_millis(self.lease_ms.max(100))
    }
}

impl Default for JobsConfig {
    fn default() -> Self {
        JobsConfig { lease_ms: 30_000, poll_ms: 5_000, keep_hours: 24 }
    }
}

/// The means that every worker of a process shares.
#[derive(Clone)]
pub struct WorkerMeans {
    /// The store of jobs.
    pub state: PostgresState,
    /// Wakes workers.
    pub signals: JobSignals,
    /// The time.
    pub clock: SharedClock,
    /// Makes pauses differ.
    pub entropy: SharedEntropy,
    /// The bounds of all kinds.
    pub config: JobsConfig,
}

/// Works at the jobs of one kind.
pub struct Worker<J> {
    job: Arc<J>,
    means: WorkerMeans,
}

impl<J> Clone for Worker<J> {
    fn clone(&self) -> Self {
        Worker { job: self.job.clone(), means: self.means.clone() }
    }
}

impl<J: Job> Worker<J> {
    /// A worker for this kind.
    pub fn new(job: J, means: WorkerMeans) -> Worker<J> {
        Worker { job: Arc::new(job), means }
    }

    /// Works until `stop`; runs under way then are put back into the queue.
    pub async fn run(self, stop: CancellationToken) {
        let mut runs = JoinSet::new();
        loop {
            let wait = match self.fill(&mut runs, &stop).await {
                Ok(wait) => wait,
                Err(error) => {
                    tracing::warn!(error = %error, job.kind = J::KIND.as_str(), "no job was claimed");
                    Some(self.poll())
                }
            };
            tokio::select! {
                () = stop.cancelled() => break,
                Some(_) = runs.join_next() => {}
                () = self.means.signals.of(J::KIND), if wait.is_some() => {}
                () = sleep(wait.unwrap_or_default()), if wait.is_some() => {}
            }
        }
        while runs.join_next().await.is_some() {}
    }

    fn poll(&self) -> Duration {
        Duration::from_millis(self.means.config.poll_ms.max(10))
    }

    /// Claims until there is nothing to claim: how long to wait then. `None` where as many runs are under way as
    /// may be.
    async fn fill(
        &self,
        runs: &mut JoinSet<()>,
        stop: &CancellationToken,
    ) -> Result<Option<Duration>, StoreError> {
        let limits = self.job.limits();
        while runs.try_join_next().is_some() {}
        while runs.len() < limits.running_max.max(1) {
            let mut work = self.means.state.system().await?;
            let most = i64::try_from(limits.running_per_tenant_max.max(1)).unwrap_or(i64::MAX);
            let Some(claimed) = work.claim_job(J::KIND, limits.lease, most).await? else {
                let next = work.next_job_at(J::KIND).await?;
                let now = self.means.clock.now().to_utc();
                let wait = next.and_then(|next| (next - now).to_std().ok());
                return Ok(Some(wait.unwrap_or(Duration::MAX).min(self.poll())));
            };
            work.commit().await?;
            let (worker, stop) = (self.clone(), stop.clone());
            runs.spawn(async move { worker.work(claimed, stop).await });
        }
        Ok(None)
    }

    /// Works at one job until it is over, has to wait, is lost, or the process stops.
    pub(super) async fn work(&self, claimed: ClaimedJob, stop: CancellationToken) {
        let (lease, begun, kind) = (claimed.lease, Instant::now(), J::KIND.as_str());
        let end = self.run_one(claimed, stop).await;
        let label = end.as_ref().map_or("lost", RunEnd::as_str);
        metrics::counter!(JOB_RUNS, "kind" => kind, "outcome" => label).increment(1);
        metrics::histogram!(JOB_RUN_SECONDS, "kind" => kind).record(begun.elapsed().as_secs_f64());
        let (job, attempt) = (lease.job, lease.attempt);
        match end {
            Some(RunEnd::Failed(error)) => {
                tracing::warn!(job.kind = kind, job.id = %job, attempt, error = %error, "a job is given up");
            }
            Some(RunEnd::Waiting { fault, wait }) => {
                tracing::info!(job.kind = kind, job.id = %job, attempt, error = %fault, ?wait, "a job waits");
            }
            Some(_) => {}
            None => tracing::info!(job.kind = kind, job.id = %job, attempt, "a job was lost"),
        }
    }

    /// `None` where the job is somebody else's now, or nobody's any more.
    async fn run_one(&self, claimed: ClaimedJob, stop: CancellationToken) -> Option<RunEnd> {
        let ClaimedJob { lease, input, progress, failures, progressed_at } = claimed;
        let input = input.and_then(|input| serde_json::from_value(input).ok());
        let Some(input) = input else {
            return self.end_unread(&lease).await;
        };
        let job = LeasedJob { lease, input, state: self.means.state.clone(), stop: stop.clone() };
        let limits = self.job.limits();
        let is_still = self.means.clock.now().to_utc() - progressed_at > STILL_MAX;
        let (ended, work) = if failures >= limits.failures_max.max(1) {
            let died = "the process that worked at it ended each time";
            (Err(JobError::Failed(JobFault::new("crashed", died))), None)
        } else {
            let last = progress.and_then(|progress| serde_json::from_value(progress).ok());
            let stopped = async {
                stop.cancelled().await;
                sleep(limits.stop_wait).await;
            };
            tokio::select! {
                done = Box::pin(self.steps(&job, last)) => match done {
                    Ok(work) => (Ok(()), work),
                    Err(error) => (Err(error), None),
                },
                () = self.hold(&lease) => (Err(JobError::Lost), None),
                () = stopped => (Err(JobError::Stopped), None),
            }
        };
        let (end, failed) = self.judge(ended, failures, is_still)?;
        self.end(&job, &end, failed, work).await.then_some(end)
    }

    /// Step after step; what the last one wrote.
    async fn steps(
        &self,
        job: &LeasedJob<J::Input>,
        mut last: Option<J::Progress>,
    ) -> Result<Option<TenantWork>, JobError> {
        loop {
            let step = self.job.step(job, last).await?;
            let Some(progress) = step.next else { return Ok(step.work) };
            job.save(step.work, &progress, true).await?;
            last = Some(progress);
            if job.is_stopped() {
                return Err(JobError::Stopped);
            }
        }
    }

    /// Renews the lease again and again; returns once it is lost, or could not be renewed for as long as it holds.
    async fn hold(&self, lease: &JobLease) {
        let mut until = Instant::now() + lease.life;
        loop {
            sleep(lease.life / 3).await;
            let begun = Instant::now();
            match timeout_at(until, self.renew(lease)).await {
                Ok(Ok(true)) => until = begun + lease.life,
                Ok(Ok(false)) => return,
                // A store that is away for a moment takes no lease.
                Ok(Err(_)) | Err(_) if Instant::now() < until => {}
                Ok(Err(_)) | Err(_) => return,
            }
        }
    }

    async fn renew(&self, lease: &JobLease) -> Result<bool, StoreError> {
        let mut work = self.means.state.watch().await?;
        let held = work.renew_job(lease).await?;
        work.commit().await?;
        Ok(held)
    }

    /// The end that an outcome means for the job, and whether it failed once more.
    fn judge(
        &self,
        ended: Result<(), JobError>,
        failures: u32,
        is_still: bool,
    ) -> Option<(RunEnd, bool)> {
        let limits = self.job.limits();
        let end = match ended {
            Ok(()) => RunEnd::Done,
            Err(JobError::Lost) => return None,
            Err(JobError::Stopped) => RunEnd::Stopped,
            Err(JobError::Failed(fault)) => RunEnd::Failed(fault),
            Err(JobError::Retry { fault, .. }) if is_still => RunEnd::Failed(fault),
            Err(JobError::Retry { after: Some(wait), fault }) => {
                RunEnd::Waiting { fault, wait: Pause::said(wait) }
            }
            Err(JobError::Retry { after: None, fault }) => {
                let failures = failures.saturating_add(1);
                if failures >= limits.failures_max {
                    return Some((RunEnd::Failed(fault), true));
                }
                let wait = limits.pause.after(failures, self.chance());
                return Some((RunEnd::Waiting { fault, wait }, true));
            }
        };
        Some((end, false))
    }

    fn chance(&self) -> f64 {
        let mut random = [0; 4];
        self.means.entropy.fill(&mut random);
        f64::from(u32::from_be_bytes(random)) / f64::from(u32::MAX)
    }

    /// Writes down how a run ended; false where the lease is lost.
    async fn end(
        &self,
        job: &LeasedJob<J::Input>,
        end: &RunEnd,
        failed: bool,
        mut work: Option<TenantWork>,
    ) -> bool {
        for _ in 0..END_TRIES {
            let had_work = work.is_some();
            match self.write_end(job, end, failed, work.take()).await {
                Ok(true) => {
                    self.job.after_end(job, end).await;
                    return true;
                }
                Ok(false) => return false,
                Err(error) => {
                    tracing::warn!(error = %error, job.kind = J::KIND.as_str(), job.id = %job.lease.job, "the end of a job was not written");
                }
            }
            // The last step's rows are gone: it is done again once the lease is over.
            if had_work {
                return false;
            }
            sleep(job.lease.life / END_TRIES).await;
        }
        false
    }

    async fn write_end(
        &self,
        job: &LeasedJob<J::Input>,
        end: &RunEnd,
        failed: bool,
        work: Option<TenantWork>,
    ) -> Result<bool, StoreError> {
        let mut work = match work {
            Some(work) => work,
            None => job.work().await?,
        };
        self.job.on_end(job, end, &mut work).await?;
        let (mut work, lease, failed) = (work.into_system().await?, &job.lease, u32::from(failed));
        let held = match end {
            RunEnd::Done => work.finish_job(lease, None).await?,
            RunEnd::Failed(fault) => work.finish_job(lease, Some(&fault.message)).await?,
            RunEnd::Waiting { fault, wait } => {
                work.requeue_job(lease, *wait, Some(&fault.message), failed).await?
            }
            RunEnd::Stopped => work.requeue_job(lease, Duration::ZERO, None, 0).await?,
        };
        if held {
            work.commit().await?;
        }
        Ok(held)
    }

    /// Gives up a job whose input this program cannot read.
    async fn end_unread(&self, lease: &JobLease) -> Option<RunEnd> {
        let fault = JobFault::new("unreadable", "its input cannot be read");
        let ended = async {
            let system = self.means.state.system().await?;
            let mut work =
                system.enter(lease.tenant, Author::system()).await?.into_system().await?;
            let held = work.finish_job(lease, Some(&fault.message)).await?;
            work.commit().await?;
            Ok::<_, StoreError>(held)
        };
        matches!(ended.await, Ok(true)).then_some(RunEnd::Failed(fault))
    }
}

async fn sweep_once(state: &PostgresState, before: DateTime<Utc>) -> Result<(), StoreError> {
    let mut work = state.system().await?;
    work.sweep_jobs(before).await?;
    work.commit().await
}

/// Forgets jobs that ended long ago, now and then, until `stop`.
pub async fn sweep(means: WorkerMeans, stop: CancellationToken) {
    let keep = TimeDelta::hours(i64::from(means.config.keep_hours));
    every(SWEEP_EVERY, &stop, || async {
        if let Err(error) = sweep_once(&means.state, means.clock.now().to_utc() - keep).await {
            tracing::warn!(error = %error, "ended jobs were not forgotten");
        }
    })
    .await;
}

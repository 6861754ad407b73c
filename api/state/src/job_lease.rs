//! Working at jobs. Whoever claims one holds a [`JobLease`] and renews it; what is written of the job is written only
//! while the lease holds, so that of two processes one counts.
//!
//! A tenant's turn comes by a number that each claim moves on (`job_turns`): of tenants with work to do the one whose
//! last claim lies longest back is next, and none runs more than its share.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::postgres::PgListener;
use stratum_models::id::TenantId;
use stratum_models::store::StoreError;
use uuid::Uuid;

use super::job::{JobKind, JobState, opened};
use super::work::SystemWork;
use super::{PostgresState, store_error};

/// Claims that are tried at once; a job that is just being cancelled or claimed by another is passed over.
const CLAIMS_MAX: u32 = 4;

/// The right to work at a job, until it ends unless it is renewed.
#[derive(Clone, Copy, Debug)]
pub struct JobLease {
    /// The job.
    pub job: Uuid,
    /// The job's tenant; [`super::job::NO_TENANT`] where it has none.
    pub tenant: TenantId,
    /// A number that no other lease has.
    token: Uuid,
    /// Counts the job's leases: files and requests of different attempts are told apart by it.
    pub attempt: i32,
    /// The time that the lease holds from each renewal on.
    pub life: Duration,
}

/// A job that was claimed. May hold personal data: never printed, hence no `Debug`.
pub struct ClaimedJob {
    /// The right to work at it.
    pub lease: JobLease,
    /// The job's input; `None` where it cannot be opened: the key that sealed it is dropped.
    pub input: Option<Value>,
    /// The job's last progress; `None` before the first.
    pub progress: Option<Value>,
    /// Failures, and ends of its process, since it made progress last.
    pub failures: u32,
    /// When it made progress last; when it was queued before the first.
    pub progressed_at: DateTime<Utc>,
}

impl SystemWork {
    /// Takes the next job of a kind; `None` where there is none to be worked at, or each tenant that has one runs
    /// `running_max` already. The claim counts once this work is committed.
    pub async fn claim_job(
        &mut self,
        kind: JobKind,
        life: Duration,
        running_max: i64,
    ) -> Result<Option<ClaimedJob>, StoreError> {
        let (now, name) = (self.now(), kind.as_str());
        for _ in 0..CLAIMS_MAX {
            let turn = sqlx::query_file!("sql/advance_job_turn.sql", name, now, running_max);
            let turn = turn.fetch_optional(self.connection()).await.map_err(store_error)?;
            let Some(turn) = turn else { break };
            let (key, token, until) = (turn.tenant_id, self.tools.ids.next(), now + life);
            let row =
                sqlx::query_file!("sql/claim_job.sql", name, key, token, now, until, running_max);
            let row = row.fetch_optional(self.connection()).await.map_err(store_error)?;
            let Some(row) = row else { continue };
            let tenant = TenantId(key.unsigned_abs());
            let input = match &row.input_sealed {
                Some(sealed) => opened(&self.tools, key, row.id, sealed),
                None => Some(row.input),
            };
            let lease = JobLease { job: row.id, tenant, token, attempt: row.attempt, life };
            return Ok(Some(ClaimedJob {
                lease,
                input,
                progress: row.progress,
                failures: row.failures.unsigned_abs(),
                progressed_at: row.progressed_at,
            }));
        }
        Ok(None)
    }

    /// When the next job of a kind may be worked at that may not be yet; `None` where there is none.
    pub async fn next_job_at(
        &mut self,
        kind: JobKind,
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        let row = sqlx::query_file!("sql/select_next_job_time.sql", kind.as_str(), self.now());
        Ok(row.fetch_one(self.connection()).await.map_err(store_error)?.next_at)
    }

    /// Holds a lease for longer, and until the end of this transaction; `false` when it is lost.
    pub async fn renew_job(&mut self, lease: &JobLease) -> Result<bool, StoreError> {
        let until = self.now() + lease.life;
        let done = sqlx::query_file!("sql/renew_job.sql", lease.job, lease.token, until);
        Ok(done.execute(self.connection()).await.map_err(store_error)?.rows_affected() > 0)
    }

    /// Writes a job's progress; with `is_further` its failures count from here. `false` when the lease is lost.
    pub async fn save_job_progress(
        &mut self,
        lease: &JobLease,
        progress: &Value,
        is_further: bool,
    ) -> Result<bool, StoreError> {
        let now = self.now();
        let done = sqlx::query_file!(
            "sql/update_job_progress.sql",
            lease.job,
            lease.token,
            progress,
            now + lease.life,
            is_further,
            now
        );
        Ok(done.execute(self.connection()).await.map_err(store_error)?.rows_affected() > 0)
    }

    /// Ends a job: done, or failed with an error. `false` when the lease is lost.
    pub async fn finish_job(
        &mut self,
        lease: &JobLease,
        error: Option<&str>,
    ) -> Result<bool, StoreError> {
        let state = if error.is_some() { JobState::Failed } else { JobState::Done };
        let (now, state) = (self.now(), state.as_str());
        let row =
            sqlx::query_file!("sql/finish_job.sql", lease.job, lease.token, state, error, now);
        Ok(row.fetch_optional(self.connection()).await.map_err(store_error)?.is_some())
    }

    /// Puts a job back into the queue, not to be worked at for so long. With an error it has failed once more.
    /// `false` when the lease is lost.
    pub async fn requeue_job(
        &mut self,
        lease: &JobLease,
        wait: Duration,
        error: Option<&str>,
        failures: u32,
    ) -> Result<bool, StoreError> {
        let not_before = self.now() + wait;
        let failures = i32::try_from(failures).unwrap_or(i32::MAX);
        let row = sqlx::query_file!(
            "sql/requeue_job.sql",
            lease.job,
            lease.token,
            not_before,
            error,
            failures
        );
        Ok(row.fetch_optional(self.connection()).await.map_err(store_error)?.is_some())
    }

    /// Forgets jobs that ended before then; returns how many.
    pub async fn sweep_jobs(&mut self, before: DateTime<Utc>) -> Result<u64, StoreError> {
        let done = sqlx::query_file!("sql/delete_ended_jobs.sql", before);
        Ok(done.execute(self.connection()).await.map_err(store_error)?.rows_affected())
    }
}

/// Signals of the state store: of which kind a job was queued, put back or ended.
pub struct StoreSignals(PgListener);

impl StoreSignals {
    /// The kind of the next one, once there is one; `None` of a kind that this program does not know.
    pub async fn next(&mut self) -> Result<Option<JobKind>, StoreError> {
        let signal = self.0.try_recv().await.map_err(store_error)?;
        let signal = signal.ok_or_else(|| store_error(sqlx::Error::PoolClosed))?;
        Ok(JobKind::parse(signal.payload()))
    }
}

impl PostgresState {
    /// Begins to listen to signals, on a connection of their own.
    pub async fn job_signals(&self) -> Result<StoreSignals, StoreError> {
        let mut listener = PgListener::connect_with(&self.watch).await.map_err(store_error)?;
        listener.listen("stratum_jobs").await.map_err(store_error)?;
        Ok(StoreSignals(listener))
    }
}

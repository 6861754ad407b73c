//! Exports made into files. Their rows tell which file counts; the bytes lie in a folder.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::Serialize;
use stratum_models::export::{
    ExportQuery, ExportRequest, ExportType, FileCompression, FileFormat, columns_of,
};
use stratum_models::id::TenantId;
use stratum_models::platform::Platform;
use stratum_models::store::StoreError;
use stratum_models::time::{Day, DayRange};
use utoipa::ToSchema;
use uuid::Uuid;

use super::work::{SystemWork, TenantWork};
use super::{damaged, store_error};

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    /// It waits for its turn.
    Queued,
    /// Its file is being written.
    Running,
    /// Its file can be fetched.
    Done,
    /// It could not be made.
    Failed,
    /// Somebody did not want it any more.
    Cancelled,
    /// Its file is deleted.
    Expired,
}

impl JobState {
    const ALL: [JobState; 6] = [
        JobState::Queued,
        JobState::Running,
        JobState::Done,
        JobState::Failed,
        JobState::Cancelled,
        JobState::Expired,
    ];

    /// The name in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            JobState::Queued => "queued",
            JobState::Running => "running",
            JobState::Done => "done",
            JobState::Failed => "failed",
            JobState::Cancelled => "cancelled",
            JobState::Expired => "expired",
        }
    }

    fn parse(text: &str) -> Option<JobState> {
        JobState::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// Which file: a job has one an attempt, and that of the last attempt counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FileKey {
    /// Whose it is.
    pub tenant: TenantId,
    /// Its job.
    pub job: Uuid,
    /// Which attempt.
    pub attempt: i32,
}

/// How much of a file there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// Rows there will be, about.
    pub rows_expected: u64,
    /// Rows so far.
    pub rows: u64,
    /// Bytes so far.
    pub bytes: u64,
}

/// What became of a job.
#[derive(Clone, Copy, Debug)]
pub enum Ending<'a> {
    /// A file.
    Done {
        /// Its digest.
        sha256: &'a [u8; 32],
        /// How long it is kept.
        keep: TimeDelta,
    },
    /// No file, and why.
    Failed(&'a str),
}

/// A job.
#[derive(Clone, Debug)]
pub struct ExportJob {
    /// Which file is its.
    pub file: FileKey,
    /// What it makes.
    pub request: ExportRequest,
    /// How far it is.
    pub state: JobState,
    /// How much of it there is.
    pub amount: Amount,
    /// The digest of the whole file.
    pub sha256: Option<Vec<u8>>,
    /// Why it failed.
    pub error: Option<String>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When its last attempt began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// When its file is deleted.
    pub expires_at: Option<DateTime<Utc>>,
}

struct ExportJobRow {
    id: Uuid,
    tenant_id: i64,
    of: String,
    format: String,
    compression: String,
    date_from: NaiveDate,
    date_to: NaiveDate,
    time_zone: String,
    platforms: Vec<String>,
    columns: Vec<String>,
    state: String,
    attempt: i32,
    rows_expected: i64,
    rows: i64,
    bytes: i64,
    sha256: Option<Vec<u8>>,
    error: Option<String>,
    created_at: DateTime<Utc>,
    started_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
    expires_at: Option<DateTime<Utc>>,
}

impl ExportJobRow {
    fn request(&self) -> Option<ExportRequest> {
        let of: ExportType = self.of.parse().ok()?;
        let platforms = self.platforms.iter().map(|name| Platform::parse(name));
        // A column that there was once is there no more: of it the file would be empty.
        let known = self.columns.iter().filter(|name| of.column(name).is_some());
        let known: Vec<String> = known.cloned().collect();
        let query = ExportQuery {
            of,
            days: DayRange::new(Day(self.date_from), Day(self.date_to))?,
            zone: self.time_zone.parse().ok()?,
            platforms: platforms.collect::<Option<_>>()?,
            columns: columns_of(of, &known).ok()?,
        };
        let format = FileFormat::parse(&self.format)?;
        let compression = FileCompression::parse(&self.compression)?;
        Some(ExportRequest { query, format, compression })
    }
}

impl TryFrom<ExportJobRow> for ExportJob {
    type Error = StoreError;

    fn try_from(row: ExportJobRow) -> Result<ExportJob, StoreError> {
        let request = row.request().ok_or_else(|| damaged("export"))?;
        let tenant = TenantId(row.tenant_id.unsigned_abs());
        Ok(ExportJob {
            file: FileKey { tenant, job: row.id, attempt: row.attempt },
            request,
            state: JobState::parse(&row.state).ok_or_else(|| damaged("state"))?,
            amount: Amount {
                rows_expected: row.rows_expected.unsigned_abs(),
                rows: row.rows.unsigned_abs(),
                bytes: row.bytes.unsigned_abs(),
            },
            sha256: row.sha256,
            error: row.error,
            created_at: row.created_at,
            started_at: row.started_at,
            ended_at: row.ended_at,
            expires_at: row.expires_at,
        })
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl TenantWork {
    /// Puts a job into the queue.
    pub async fn create_export_job(&mut self, request: &ExportRequest) -> Result<Uuid, StoreError> {
        let (id, query) = (self.tools.ids.next(), &request.query);
        let platforms: Vec<String> =
            query.platforms.iter().map(|platform| platform.as_str().to_owned()).collect();
        let (asked_by_kind, asked_by_id) = (self.author.actor.kind(), self.author.actor.id());
        let statement = sqlx::query_file!(
            "sql/insert_export_job.sql",
            id,
            self.key,
            query.of.as_str(),
            request.format.as_str(),
            request.compression.as_str(),
            query.days.from.0,
            query.days.to.0,
            query.zone.name(),
            &platforms,
            &request.column_names(),
            asked_by_kind,
            asked_by_id,
            self.now()
        );
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(id)
    }

    /// How many jobs wait or run, and how many run.
    pub async fn open_export_jobs(&mut self) -> Result<(u64, u64), StoreError> {
        let row = sqlx::query_file!("sql/count_open_export_jobs.sql", self.key, self.now());
        let row = row.fetch_one(self.connection()).await.map_err(store_error)?;
        Ok((row.open.unsigned_abs(), row.running.unsigned_abs()))
    }

    /// How many jobs there are.
    pub async fn export_job_count(&mut self) -> Result<u64, StoreError> {
        let row = sqlx::query_file!("sql/count_export_jobs.sql", self.key);
        let row = row.fetch_one(self.connection()).await.map_err(store_error)?;
        Ok(row.jobs.unsigned_abs())
    }

    /// The job of this id.
    pub async fn export_job(&mut self, id: Uuid) -> Result<Option<ExportJob>, StoreError> {
        let row = sqlx::query_file_as!(ExportJobRow, "sql/select_export_job.sql", self.key, id);
        let row = row.fetch_optional(self.connection()).await.map_err(store_error)?;
        row.map(ExportJob::try_from).transpose()
    }

    /// A part of the jobs, newest first.
    pub async fn export_jobs(
        &mut self,
        limit: i64,
        offset: i64,
    ) -> Result<Vec<ExportJob>, StoreError> {
        let rows = sqlx::query_file_as!(
            ExportJobRow,
            "sql/select_export_jobs.sql",
            self.key,
            limit,
            offset
        );
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        rows.into_iter().map(ExportJob::try_from).collect()
    }

    /// Cancels a job, or lets its file go; `false` where it has ended without one already.
    pub async fn end_export_job(&mut self, id: Uuid) -> Result<bool, StoreError> {
        let statement = sqlx::query_file!("sql/end_export_job.sql", self.key, id, self.now());
        Ok(statement.execute(self.connection()).await.map_err(store_error)?.rows_affected() > 0)
    }
}

impl SystemWork {
    /// Takes the next job, whosever, and holds it so long.
    pub async fn claim_export_job(
        &mut self,
        hold: TimeDelta,
        per_tenant_max: usize,
    ) -> Result<Option<ExportJob>, StoreError> {
        let (now, most) = (self.now(), i64::try_from(per_tenant_max).unwrap_or(i64::MAX));
        let row =
            sqlx::query_file_as!(ExportJobRow, "sql/claim_export_job.sql", now, now + hold, most);
        let row = row.fetch_optional(self.connection()).await.map_err(store_error)?;
        row.map(ExportJob::try_from).transpose()
    }

    /// Holds a running job longer; `false` where it is another's now, or nobody wants it.
    pub async fn hold_export_job(
        &mut self,
        file: FileKey,
        hold: TimeDelta,
        amount: Amount,
    ) -> Result<bool, StoreError> {
        let until = self.now() + hold;
        let statement = sqlx::query_file!(
            "sql/hold_export_job.sql",
            file.job,
            file.attempt,
            until,
            signed(amount.rows_expected),
            signed(amount.rows),
            signed(amount.bytes)
        );
        Ok(statement.execute(self.connection()).await.map_err(store_error)?.rows_affected() > 0)
    }

    /// Ends a running job; `false` as above.
    pub async fn finish_export_job(
        &mut self,
        file: FileKey,
        amount: Amount,
        ending: Ending<'_>,
    ) -> Result<bool, StoreError> {
        let now = self.now();
        let (state, error, sha256, expires_at) = match ending {
            Ending::Done { sha256, keep } => {
                (JobState::Done, None, Some(&sha256[..]), Some(now + keep))
            }
            Ending::Failed(error) => (JobState::Failed, Some(error), None, None),
        };
        let statement = sqlx::query_file!(
            "sql/finish_export_job.sql",
            file.job,
            file.attempt,
            state.as_str(),
            error,
            signed(amount.rows),
            signed(amount.bytes),
            sha256,
            now,
            expires_at
        );
        Ok(statement.execute(self.connection()).await.map_err(store_error)?.rows_affected() > 0)
    }

    /// Puts a running job back into the queue, to be begun anew after a while.
    pub async fn release_export_job(
        &mut self,
        file: FileKey,
        wait: TimeDelta,
    ) -> Result<(), StoreError> {
        let after = self.now() + wait;
        let statement =
            sqlx::query_file!("sql/release_export_job.sql", file.job, file.attempt, after);
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(())
    }

    /// Fails the jobs that were begun so often and ended with their process each time.
    pub async fn give_up_export_jobs(
        &mut self,
        attempts_max: i32,
        error: &str,
    ) -> Result<Vec<(TenantId, Uuid)>, StoreError> {
        let now = self.now();
        let rows = sqlx::query_file!("sql/give_up_export_jobs.sql", now, attempts_max, error);
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        Ok(rows.into_iter().map(|row| (TenantId(row.tenant_id.unsigned_abs()), row.id)).collect())
    }

    /// Lets the files go whose time is over, and forgets jobs that ended without one so long ago.
    pub async fn expire_export_jobs(&mut self, forget: TimeDelta) -> Result<(), StoreError> {
        let now = self.now();
        let expire = sqlx::query_file!("sql/expire_export_jobs.sql", now);
        expire.execute(self.connection()).await.map_err(store_error)?;
        let delete = sqlx::query_file!("sql/delete_old_export_jobs.sql", now - forget);
        delete.execute(self.connection()).await.map_err(store_error)?;
        Ok(())
    }

    /// The files that count or are being written.
    pub async fn export_files(&mut self) -> Result<Vec<FileKey>, StoreError> {
        let rows = sqlx::query_file!("sql/select_export_files.sql");
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        let file = |tenant: i64, job, attempt| FileKey {
            tenant: TenantId(tenant.unsigned_abs()),
            job,
            attempt,
        };
        Ok(rows.into_iter().map(|row| file(row.tenant_id, row.id, row.attempt)).collect())
    }

    /// The bytes of all those files.
    pub async fn export_bytes(&mut self) -> Result<u64, StoreError> {
        let row = sqlx::query_file!("sql/sum_export_bytes.sql");
        Ok(row.fetch_one(self.connection()).await.map_err(store_error)?.bytes.unsigned_abs())
    }
}

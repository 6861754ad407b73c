//! Exports made into files. Their rows tell which file counts; the bytes lie in a folder.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde_json::Value;
use stratum_models::export::{
    ExportQuery, ExportRequest, ExportType, FileCompression, FileFormat, columns_of,
};
use stratum_models::id::TenantId;
use stratum_models::name_set;
use stratum_models::platform::Platform;
use stratum_models::store::StoreError;
use stratum_models::time::{Day, DayRange};
use uuid::Uuid;

use super::job::{EnqueueOutcome, JobKind, NewJob};
use super::work::{SystemWork, TenantWork};
use super::{damaged, store_error};

name_set! {
    /// The state of a job.
    JobState {
        /// It waits for its turn.
        Queued = "queued",
        /// The job's file is being written.
        Running = "running",
        /// The job's file can be fetched.
        Done = "done",
        /// It could not be made.
        Failed = "failed",
        /// Somebody did not want it any more.
        Cancelled = "cancelled",
        /// The job's file is deleted.
        Expired = "expired",
    }
}

/// Which file: a job has one an attempt, and that of the last attempt counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FileKey {
    /// Whose it is.
    pub tenant: TenantId,
    /// The file's job.
    pub job: Uuid,
    /// Which attempt.
    pub attempt: i32,
}

/// The rows and bytes of a file so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// Rows there will be, about.
    pub rows_expected: u64,
    /// Rows so far.
    pub rows: u64,
    /// Bytes so far.
    pub bytes: u64,
}

/// A job.
#[derive(Clone, Debug)]
pub struct ExportJob {
    /// Which file is its.
    pub file: FileKey,
    /// The request of the file.
    pub request: ExportRequest,
    /// The state of the job.
    pub state: JobState,
    /// The rows and bytes so far.
    pub amount: Amount,
    /// The digest of the whole file.
    pub sha256: Option<Vec<u8>>,
    /// The reason why it failed.
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
    /// Queues a job; `None` where the tenant has `open_max` open ones.
    pub async fn create_export_job(
        &mut self,
        request: &ExportRequest,
        open_max: u64,
    ) -> Result<Option<Uuid>, StoreError> {
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
        let job = NewJob { id: Some(id), open_max, ..NewJob::of(JobKind::Export, Value::Null) };
        Ok((self.enqueue_job(&job).await? != EnqueueOutcome::Full).then_some(id))
    }

    /// The number of jobs that run.
    pub async fn running_export_jobs(&mut self) -> Result<u64, StoreError> {
        let row = sqlx::query_file!("sql/count_running_export_jobs.sql", self.key);
        let row = row.fetch_one(self.connection()).await.map_err(store_error)?;
        Ok(row.jobs.unsigned_abs())
    }

    /// The number of jobs.
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
        let ended = statement.execute(self.connection()).await.map_err(store_error)?;
        self.cancel_job(id).await?;
        Ok(ended.rows_affected() > 0)
    }
}

impl TenantWork {
    /// Begins an attempt at a job, under this attempt's file; `None` where nobody wants it any more.
    pub async fn begin_export_job(
        &mut self,
        file: FileKey,
    ) -> Result<Option<ExportJob>, StoreError> {
        let (key, now) = (self.key, self.now());
        let row = sqlx::query_file_as!(
            ExportJobRow,
            "sql/begin_export_job.sql",
            key,
            file.job,
            file.attempt,
            now
        );
        let row = row.fetch_optional(self.connection()).await.map_err(store_error)?;
        row.map(ExportJob::try_from).transpose()
    }

    /// Shows how much of a running job's file there is.
    pub async fn update_export_amount(
        &mut self,
        id: Uuid,
        amount: Amount,
    ) -> Result<(), StoreError> {
        let statement = sqlx::query_file!(
            "sql/update_export_amount.sql",
            self.key,
            id,
            signed(amount.rows_expected),
            signed(amount.rows),
            signed(amount.bytes)
        );
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(())
    }

    /// Ends a running job with its file, which is kept for so long; `false` where nobody wants it any more.
    pub async fn finish_export_job(
        &mut self,
        id: Uuid,
        amount: Amount,
        sha256: &[u8; 32],
        keep: TimeDelta,
    ) -> Result<bool, StoreError> {
        let now = self.now();
        let statement = sqlx::query_file!(
            "sql/finish_export_job.sql",
            self.key,
            id,
            signed(amount.rows),
            signed(amount.bytes),
            &sha256[..],
            now,
            now + keep
        );
        Ok(statement.execute(self.connection()).await.map_err(store_error)?.rows_affected() > 0)
    }

    /// Ends an open job without a file; how much of one there was. `None` where it is over already.
    pub async fn fail_export_job(
        &mut self,
        id: Uuid,
        error: &str,
    ) -> Result<Option<Amount>, StoreError> {
        let row = sqlx::query_file!("sql/fail_export_job.sql", self.key, id, error, self.now());
        let row = row.fetch_optional(self.connection()).await.map_err(store_error)?;
        Ok(row.map(|row| Amount {
            rows_expected: 0,
            rows: row.rows.unsigned_abs(),
            bytes: row.bytes.unsigned_abs(),
        }))
    }

    /// Shows a running job as one that waits to be begun again.
    pub async fn requeue_export_job(&mut self, id: Uuid) -> Result<(), StoreError> {
        let statement = sqlx::query_file!("sql/requeue_export_job.sql", self.key, id);
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(())
    }
}

impl SystemWork {
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

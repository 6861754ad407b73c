//! Jobs: work that is done beside requests, one table for every kind.
//!
//! A job is queued in the transaction of what causes it, and shown or cancelled as its tenant's. Who works at it is in
//! [`super::job_lease`].

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use stratum_models::id::TenantId;
use stratum_models::name_set;
use stratum_models::store::StoreError;
use uuid::Uuid;

use super::seal::Place;
use super::work::{SystemWork, TenantWork};
use super::{Tools, damaged, store_error, tenant_key};

/// The column that inputs are sealed for.
pub(super) const INPUT: &str = "jobs.input";
/// Jobs that belong to no tenant, such as a message to somebody who has no account.
pub const NO_TENANT: TenantId = TenantId(0);

name_set! {
    /// A kind of work.
    JobKind {
        /// Sends a message to a user.
        Mail = "mail",
        /// Looks up who forgot the password, and writes to them.
        PasswordReset = "password_reset",
        /// Makes the file of an export.
        Export = "export",
        /// Asks an ad platform for days of its figures.
        Pull = "pull",
        /// Trains a tenant's model.
        Training = "training",
        /// Creates the campaigns that ad reports name.
        CampaignDiscovery = "campaign_discovery",
        /// Looks at the campaigns of a rule, and acts.
        Rule = "rule",
    }
}

name_set! {
    /// The state of a job.
    JobState {
        /// It waits for a worker, or for its time.
        Queued = "queued",
        /// A worker holds its lease.
        Running = "running",
        /// The work is done.
        Done = "done",
        /// It was given up.
        Failed = "failed",
        /// Somebody ended it.
        Cancelled = "cancelled",
    }
}

/// A job to be queued. May hold personal data: never printed, hence no `Debug`.
pub struct NewJob {
    /// The job's id; a new one where absent.
    pub id: Option<Uuid>,
    /// The job's kind.
    pub kind: JobKind,
    /// The object it is about: of a tenant, kind and key one job runs at a time. Its own id where absent.
    pub key: Option<String>,
    /// True where none is queued while one of its key is open.
    pub once: bool,
    /// Of a tenant's jobs of a kind the smaller goes first.
    pub priority: i16,
    /// The job's input.
    pub input: Value,
    /// True where the input may not rest in clear: it is sealed for its row, and removed when the job ends.
    pub is_secret: bool,
    /// Open jobs of the tenant and kind from which on none is queued.
    pub open_max: u64,
}

impl NewJob {
    /// A job of a kind with this input, in clear and without a bound.
    pub fn of(kind: JobKind, input: Value) -> NewJob {
        NewJob {
            id: None,
            kind,
            key: None,
            once: false,
            priority: 0,
            input,
            is_secret: false,
            open_max: u64::MAX,
        }
    }
}

/// The outcome of queueing a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnqueueOutcome {
    /// It is queued under this id.
    Queued(Uuid),
    /// One of its key is open already.
    Present,
    /// The tenant has as many open jobs of the kind as it may.
    Full,
}

/// A job as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct JobView {
    /// The job's state.
    pub state: JobState,
    /// The number of times it was claimed.
    pub attempt: i32,
    /// Failures since it made progress last.
    pub failures: i32,
    /// When it is worked at next, where it waits.
    pub not_before: DateTime<Utc>,
    /// The job's last progress; `None` before the first.
    pub progress: Option<Value>,
    /// The job's last error.
    pub error: Option<String>,
    /// When it was queued.
    pub created_at: DateTime<Utc>,
    /// When it ended; `None` while it is open.
    pub ended_at: Option<DateTime<Utc>>,
}

const fn place(tenant: i64, row: Uuid) -> Place {
    Place { column: INPUT, tenant, row }
}

pub(super) fn opened(tools: &Tools, tenant: i64, row: Uuid, sealed: &[u8]) -> Option<Value> {
    let text = tools.opened(place(tenant, row), sealed).ok()?;
    serde_json::from_str(&text).ok()
}

async fn open_jobs(
    connection: &mut PgConnection,
    tenant: i64,
    kind: JobKind,
) -> Result<u64, StoreError> {
    let row = sqlx::query_file!("sql/count_open_jobs.sql", tenant, kind.as_str());
    Ok(row.fetch_one(connection).await.map_err(store_error)?.jobs.unsigned_abs())
}

async fn enqueue(
    connection: &mut PgConnection,
    tools: &Tools,
    tenant: i64,
    new: &NewJob,
) -> Result<EnqueueOutcome, StoreError> {
    if open_jobs(connection, tenant, new.kind).await? >= new.open_max {
        return Ok(EnqueueOutcome::Full);
    }
    let id = new.id.unwrap_or_else(|| tools.ids.next());
    let key = new.key.clone().unwrap_or_else(|| id.to_string());
    let sealed = new.is_secret.then(|| tools.sealed(place(tenant, id), &new.input.to_string()));
    let statement = sqlx::query_file!(
        "sql/insert_job.sql",
        id,
        tenant,
        new.kind.as_str(),
        key,
        new.once,
        new.priority,
        if new.is_secret { &Value::Null } else { &new.input },
        sealed.transpose()?,
        tools.now()
    );
    let added = statement.fetch_optional(connection).await.map_err(store_error)?;
    Ok(added.map_or(EnqueueOutcome::Present, |_| EnqueueOutcome::Queued(id)))
}

impl TenantWork {
    /// Queues a job of the tenant; it is there once this work is committed. The bound may be passed by as many as
    /// are queued at the same moment.
    pub async fn enqueue_job(&mut self, new: &NewJob) -> Result<EnqueueOutcome, StoreError> {
        let (key, tools) = (self.key, self.tools.clone());
        enqueue(self.connection(), &tools, key, new).await
    }

    /// Ends an open job, whoever works at it; `false` where it is over already, or nowhere.
    pub async fn cancel_job(&mut self, id: Uuid) -> Result<bool, StoreError> {
        let now = self.now();
        let row = sqlx::query_file!("sql/cancel_job.sql", self.key, id, now);
        Ok(row.fetch_optional(self.connection()).await.map_err(store_error)?.is_some())
    }

    /// The job of this id; `None` where the tenant has none, or it ended too long ago.
    pub async fn job(&mut self, id: Uuid) -> Result<Option<JobView>, StoreError> {
        let row = sqlx::query_file!("sql/select_job.sql", self.key, id);
        let row = row.fetch_optional(self.connection()).await.map_err(store_error)?;
        let view = row.map(|row| {
            Ok(JobView {
                state: JobState::parse(&row.state).ok_or_else(|| damaged("state of a job"))?,
                attempt: row.attempt,
                failures: row.failures,
                not_before: row.not_before,
                progress: row.progress,
                error: row.error,
                created_at: row.created_at,
                ended_at: row.ended_at,
            })
        });
        view.transpose()
    }

    /// Ids and inputs of the tenant's open jobs of a kind, oldest first; those that cannot be opened are left out.
    pub async fn open_job_inputs(
        &mut self,
        kind: JobKind,
        limit: i64,
    ) -> Result<Vec<(Uuid, Value)>, StoreError> {
        let rows = sqlx::query_file!("sql/select_open_jobs.sql", self.key, kind.as_str(), limit);
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        let input = |id, input, sealed: Option<Vec<u8>>| match sealed {
            Some(sealed) => opened(&self.tools, self.key, id, &sealed),
            None => Some(input),
        };
        let each = rows.into_iter().map(|row| (row.id, input(row.id, row.input, row.input_sealed)));
        Ok(each.filter_map(|(id, input)| Some((id, input?))).collect())
    }
}

impl SystemWork {
    /// Queues a job of a tenant, or of none; as [`TenantWork::enqueue_job`].
    pub async fn enqueue_job(
        &mut self,
        tenant: TenantId,
        new: &NewJob,
    ) -> Result<EnqueueOutcome, StoreError> {
        let (key, tools) = (tenant_key(tenant)?, self.tools.clone());
        enqueue(self.connection(), &tools, key, new).await
    }

    /// The number of open jobs of a tenant and kind.
    pub async fn open_jobs(&mut self, tenant: TenantId, kind: JobKind) -> Result<u64, StoreError> {
        open_jobs(self.connection(), tenant_key(tenant)?, kind).await
    }
}

//! Runs of one-click fixes.

use chrono::{DateTime, Utc};
use serde_json::Value;
use stratum_models::fix::{FixEnd, FixState, IssueCode};
use stratum_models::id::TenantId;
use stratum_models::platform::Platform;
use stratum_models::store::StoreError;
use stratum_models::tracking::TrackingPolicy;
use uuid::Uuid;

use super::audit::Actor;
use super::page::Page;
use super::work::{SystemWork, TenantWork};
use super::{damaged, store_error};

/// A run to be stored.
#[derive(Clone, Debug, PartialEq)]
pub struct NewFixRun {
    /// The dataset.
    pub dataset_id: Uuid,
    /// The issue it is to mend.
    pub issue: IssueCode,
    /// The caller's key: a second run with it is the first one.
    pub idempotency_key: Option<String>,
    /// The version of the tracking configuration that was in force.
    pub version_before: u32,
    /// The version it wrote; `None` where the fix is somebody's work.
    pub version_applied: Option<u32>,
    /// The repairs that were in force.
    pub before: TrackingPolicy,
    /// Those of the version it wrote; the same as before where it wrote none.
    pub applied: TrackingPolicy,
    /// The figures that were expected of it.
    pub preview: Value,
}

/// A stored run.
#[derive(Clone, Debug, PartialEq)]
pub struct FixRun {
    /// The run's id.
    pub id: Uuid,
    /// The change.
    pub content: NewFixRun,
    /// The dataset's id at its platform.
    pub external_id: String,
    /// The dataset's platform.
    pub platform: Option<Platform>,
    /// The dataset's name.
    pub dataset_name: String,
    /// The state.
    pub state: FixState,
    /// Why it ended so; `None` while it goes on.
    pub ended_for: Option<FixEnd>,
    /// The figures that the last look found; `None` before the first.
    pub measured: Option<Value>,
    /// Who asked for it; `None` where it was the command line or the program.
    pub created_by: Option<Uuid>,
    /// When it was asked for and applied.
    pub created_at: DateTime<Utc>,
    /// When it was last looked at.
    pub looked_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
}

struct FixRunRow {
    id: Uuid,
    dataset_id: Uuid,
    external_id: String,
    platform: String,
    dataset_name: String,
    issue: String,
    state: String,
    ended_for: Option<String>,
    idempotency_key: Option<String>,
    version_before: i32,
    version_applied: Option<i32>,
    policy_before: Value,
    policy_applied: Value,
    preview: Value,
    measured: Option<Value>,
    created_by: Option<Uuid>,
    created_at: DateTime<Utc>,
    looked_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
}

impl TryFrom<FixRunRow> for FixRun {
    type Error = StoreError;

    fn try_from(row: FixRunRow) -> Result<FixRun, StoreError> {
        let policy = |stored| serde_json::from_value(stored).map_err(|_| damaged("policy"));
        let ended_for = row.ended_for.as_deref();
        Ok(FixRun {
            id: row.id,
            content: NewFixRun {
                dataset_id: row.dataset_id,
                issue: IssueCode::parse(&row.issue).ok_or_else(|| damaged("issue"))?,
                idempotency_key: row.idempotency_key,
                version_before: row.version_before.unsigned_abs(),
                version_applied: row.version_applied.map(i32::unsigned_abs),
                before: policy(row.policy_before)?,
                applied: policy(row.policy_applied)?,
                preview: row.preview,
            },
            external_id: row.external_id,
            platform: Platform::parse_optional(&row.platform).ok_or_else(|| damaged("platform"))?,
            dataset_name: row.dataset_name,
            state: FixState::parse(&row.state).ok_or_else(|| damaged("state"))?,
            ended_for: ended_for
                .map(|name| FixEnd::parse(name).ok_or_else(|| damaged("end")))
                .transpose()?,
            measured: row.measured,
            created_by: row.created_by,
            created_at: row.created_at,
            looked_at: row.looked_at,
            ended_at: row.ended_at,
        })
    }
}

impl TenantWork {
    /// Keeps others from changing how a dataset's events are treated until this work ends; `false` when there is no
    /// such dataset.
    pub async fn lock_dataset(&mut self, id: Uuid) -> Result<bool, StoreError> {
        let row = sqlx::query_file!("sql/lock_dataset.sql", self.key, id);
        Ok(row.fetch_optional(self.connection()).await.map_err(store_error)?.is_some())
    }

    /// Stores a run that is observed from now on. `Conflict` when its issue has an open one, or its key was used.
    pub async fn create_fix_run(&mut self, new: &NewFixRun) -> Result<Uuid, StoreError> {
        let id = self.tools.ids.next();
        let user = match self.author.actor {
            Actor::User(id) => Some(id.0),
            _ => None,
        };
        let stored = |policy| serde_json::to_value(policy).unwrap_or_default();
        let statement = sqlx::query_file!(
            "sql/insert_fix_run.sql",
            id,
            self.key,
            new.dataset_id,
            new.issue.as_str(),
            new.idempotency_key,
            new.version_before.cast_signed(),
            new.version_applied.map(u32::cast_signed),
            stored(new.before),
            stored(new.applied),
            new.preview,
            user,
            self.now()
        );
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(id)
    }

    /// The run of this id.
    pub async fn fix_run(&mut self, id: Uuid) -> Result<Option<FixRun>, StoreError> {
        Ok(self.select_fix_runs(Some(id), 1, 0).await?.pop())
    }

    /// A page of the runs, newest first.
    pub async fn fix_runs(&mut self, page: Page) -> Result<Vec<FixRun>, StoreError> {
        self.select_fix_runs(None, page.limit(), page.offset()).await
    }

    /// The number of runs.
    pub async fn fix_run_count(&mut self) -> Result<u64, StoreError> {
        let row = sqlx::query_file!("sql/count_fix_runs.sql", self.key);
        let row = row.fetch_one(self.connection()).await.map_err(store_error)?;
        Ok(row.runs.unsigned_abs())
    }

    /// The run that this key asked for, else the open one of the issue.
    pub async fn find_fix_run(
        &mut self,
        dataset: Uuid,
        issue: IssueCode,
        key: Option<&str>,
    ) -> Result<Option<FixRun>, StoreError> {
        let issue = issue.as_str();
        let row = sqlx::query_file!("sql/find_fix_run.sql", self.key, dataset, issue, key);
        match row.fetch_optional(self.connection()).await.map_err(store_error)? {
            Some(row) => self.fix_run(row.id).await,
            None => Ok(None),
        }
    }

    async fn select_fix_runs(
        &mut self,
        id: Option<Uuid>,
        limit: i64,
        offset: i64,
    ) -> Result<Vec<FixRun>, StoreError> {
        let key = self.key;
        let rows =
            sqlx::query_file_as!(FixRunRow, "sql/select_fix_runs.sql", key, id, limit, offset);
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        rows.into_iter().map(FixRun::try_from).collect()
    }

    /// Writes down what a look at an open run has found, and its end where it came to one; `false` where it is not
    /// open any more.
    pub async fn write_fix_look(
        &mut self,
        id: Uuid,
        measured: &Value,
        end: Option<(FixState, FixEnd)>,
    ) -> Result<bool, StoreError> {
        let state = end.map_or(FixState::Observing, |(state, _)| state);
        let statement = sqlx::query_file!(
            "sql/update_fix_run.sql",
            self.key,
            id,
            state.as_str(),
            end.map(|(_, reason)| reason.as_str()),
            measured,
            self.now()
        );
        Ok(statement.execute(self.connection()).await.map_err(store_error)?.rows_affected() > 0)
    }

    /// Ends a run whose change was taken back; `false` where it was already.
    pub async fn roll_back_fix_run(
        &mut self,
        id: Uuid,
        reason: FixEnd,
    ) -> Result<bool, StoreError> {
        let (key, now) = (self.key, self.now());
        let reason = reason.as_str();
        let statement = sqlx::query_file!("sql/roll_back_fix_run.sql", key, id, reason, now);
        Ok(statement.execute(self.connection()).await.map_err(store_error)?.rows_affected() > 0)
    }
}

impl SystemWork {
    /// Open runs with their tenants, those first that were not looked at for longest.
    pub async fn open_fix_runs(&mut self, limit: i64) -> Result<Vec<(TenantId, Uuid)>, StoreError> {
        let rows = sqlx::query_file!("sql/select_open_fix_runs.sql", limit);
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        Ok(rows.iter().map(|row| (TenantId(row.tenant_id.unsigned_abs()), row.id)).collect())
    }
}

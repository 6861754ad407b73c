//! Pulls: who asked for which days, how far it came, and what became of it. The job of the same id tells who works at
//! it and where it goes on.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;
use stratum_models::id::TenantId;
use stratum_models::name_set;
use stratum_models::store::StoreError;
use stratum_models::time::{Day, DayRange};
use uuid::Uuid;

use super::job::{JobKind, NewJob};
use super::pull_fault::{ClosedAccount, PullFault};
use super::work::{SystemWork, TenantWork};
use super::{damaged, invalid, store_error};

name_set! {
    /// Why it is asked.
    PullKind {
        /// The connector's time had come.
        Scheduled = "scheduled",
        /// Somebody said so.
        Manual = "manual",
        /// Somebody wants earlier days.
        Backfill = "backfill",
    }
}

name_set! {
    /// The state of a run.
    PullState {
        /// Nobody works at it yet.
        Queued = "queued",
        /// Somebody does.
        Running = "running",
        /// The platform wants to be left alone, or is away; it goes on by itself.
        Waiting = "waiting",
        /// All days are read.
        Done = "done",
        /// It was given up.
        Failed = "failed",
        /// Somebody ended it.
        Cancelled = "cancelled",
    }
}

/// A run.
#[derive(Clone, Debug)]
pub struct PullRun {
    /// The run's id; later ones are greater.
    pub id: Uuid,
    /// Whose.
    pub connector_id: Uuid,
    /// Why.
    pub kind: PullKind,
    /// The state of the run.
    pub state: PullState,
    /// The days, of each account's zone.
    pub days: DayRange,
    /// Days of all accounts together.
    pub days_asked: i32,
    /// Those of them that are read.
    pub days_done: i32,
    /// Rows that were taken.
    pub rows_taken: i64,
    /// Rows that broke a rule.
    pub rows_rejected: i64,
    /// The code of the last error.
    pub error_code: Option<String>,
    /// The same in words.
    pub error_message: Option<String>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When it was begun.
    pub started_at: Option<DateTime<Utc>>,
    /// When it was over.
    pub ended_at: Option<DateTime<Utc>>,
    /// When it goes on, where it waits.
    pub not_before: Option<DateTime<Utc>>,
    /// Accounts that it could not read.
    pub closed_accounts: Vec<ClosedAccount>,
    /// The first rows that broke a rule.
    pub faults: Vec<PullFault>,
}

struct PullRunRow {
    id: Uuid,
    connector_id: Uuid,
    kind: String,
    state: String,
    date_from: NaiveDate,
    date_to: NaiveDate,
    days_asked: i32,
    days_done: i32,
    rows_taken: i64,
    rows_rejected: i64,
    error_code: Option<String>,
    error_message: Option<String>,
    created_at: DateTime<Utc>,
    started_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
    not_before: Option<DateTime<Utc>>,
    closed_accounts: Value,
    faults: Value,
}

impl TryFrom<PullRunRow> for PullRun {
    type Error = StoreError;
    fn try_from(row: PullRunRow) -> Result<PullRun, StoreError> {
        let kind = PullKind::parse(&row.kind);
        let state = PullState::parse(&row.state);
        let days = DayRange::new(Day(row.date_from), Day(row.date_to));
        Ok(PullRun {
            id: row.id,
            connector_id: row.connector_id,
            kind: kind.ok_or_else(|| damaged("kind of a run"))?,
            state: state.ok_or_else(|| damaged("state of a run"))?,
            days: days.ok_or_else(|| damaged("range of a run"))?,
            days_asked: row.days_asked,
            days_done: row.days_done,
            rows_taken: row.rows_taken,
            rows_rejected: row.rows_rejected,
            error_code: row.error_code,
            error_message: row.error_message,
            created_at: row.created_at,
            started_at: row.started_at,
            ended_at: row.ended_at,
            not_before: row.not_before,
            closed_accounts: serde_json::from_value(row.closed_accounts)
                .map_err(|_| damaged("closed accounts of a run"))?,
            faults: serde_json::from_value(row.faults).map_err(|_| damaged("faults of a run"))?,
        })
    }
}

/// The progress of a run by one step.
#[derive(Clone, Debug)]
pub struct Progress {
    /// Days of all accounts together.
    pub days_asked: i32,
    /// Those of them that are read.
    pub days_done: i32,
    /// Rows this step took.
    pub rows_taken: i64,
    /// Rows of it that broke a rule.
    pub rows_rejected: i64,
    /// The code and words of what the platform would not tell, though the rest went well.
    pub missing_breakdown: Option<(String, String)>,
    /// All accounts that could not be read so far.
    pub closed_accounts: Vec<ClosedAccount>,
    /// The faults of the first of the rows that broke a rule.
    pub faults: Vec<PullFault>,
}

impl SystemWork {
    /// Connectors whose time has come, the longest due first.
    pub async fn due_connectors(
        &mut self,
        limit: i64,
    ) -> Result<Vec<(TenantId, Uuid)>, StoreError> {
        let rows = sqlx::query_file!("sql/select_due_connectors.sql", self.now(), limit);
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        let due = rows.into_iter().map(|row| (TenantId(row.tenant_id.unsigned_abs()), row.id));
        Ok(due.collect())
    }
}

impl TenantWork {
    /// Asks for days of a connector's accounts; the newest `kept` runs are remembered.
    pub async fn ask_pull(
        &mut self,
        connector: Uuid,
        kind: PullKind,
        days: DayRange,
        kept: i64,
    ) -> Result<Uuid, StoreError> {
        let id = self.tools.ids.next();
        let (key, now) = (self.key, self.now());
        let insert = sqlx::query_file!(
            "sql/insert_pull_run.sql",
            id,
            key,
            connector,
            kind.as_str(),
            days.from.0,
            days.to.0,
            now
        );
        insert.execute(self.connection()).await.map_err(store_error)?;
        let job = NewJob {
            id: Some(id),
            key: Some(connector.to_string()),
            // A back-fill lets others pass.
            priority: i16::from(kind == PullKind::Backfill),
            ..NewJob::of(JobKind::Pull, Value::Null)
        };
        self.enqueue_job(&job).await?;
        let old = sqlx::query_file!("sql/delete_old_pull_runs.sql", key, connector, kept);
        old.execute(self.connection()).await.map_err(store_error)?;
        Ok(id)
    }

    /// Runs of a connector that are not over, of one kind or of all.
    pub async fn open_pull_runs(
        &mut self,
        connector: Uuid,
        kind: Option<PullKind>,
    ) -> Result<u64, StoreError> {
        let kind = kind.map(PullKind::as_str);
        let row = sqlx::query_file!("sql/count_open_pull_runs.sql", self.key, connector, kind);
        let row = row.fetch_one(self.connection()).await.map_err(store_error)?;
        Ok(row.runs.unsigned_abs())
    }

    /// The run of this id.
    pub async fn pull_run(&mut self, id: Uuid) -> Result<Option<PullRun>, StoreError> {
        let row = sqlx::query_file_as!(PullRunRow, "sql/select_pull_run.sql", self.key, id);
        let row = row.fetch_optional(self.connection()).await.map_err(store_error)?;
        row.map(PullRun::try_from).transpose()
    }

    /// A part of a connector's runs, newest first.
    pub async fn pull_runs(
        &mut self,
        connector: Uuid,
        limit: i64,
        offset: i64,
    ) -> Result<Vec<PullRun>, StoreError> {
        let rows = sqlx::query_file_as!(
            PullRunRow,
            "sql/select_pull_runs.sql",
            self.key,
            connector,
            limit,
            offset
        );
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        rows.into_iter().map(PullRun::try_from).collect()
    }

    /// The number of runs of a connector that are remembered.
    pub async fn pull_run_count(&mut self, connector: Uuid) -> Result<u64, StoreError> {
        let row = sqlx::query_file!("sql/count_pull_runs.sql", self.key, connector);
        let row = row.fetch_one(self.connection()).await.map_err(store_error)?;
        Ok(row.runs.unsigned_abs())
    }

    /// Ends a run; `false` when it is over already, or nowhere.
    pub async fn cancel_pull_run(&mut self, connector: Uuid, id: Uuid) -> Result<bool, StoreError> {
        let now = self.now();
        let statement = sqlx::query_file!("sql/cancel_pull_run.sql", self.key, connector, id, now);
        let ended = statement.execute(self.connection()).await.map_err(store_error)?;
        self.cancel_job(id).await?;
        Ok(ended.rows_affected() > 0)
    }

    /// Begins to work at a run, or goes on; `None` where it is over, or its connector is gone.
    pub async fn begin_pull_run(&mut self, id: Uuid) -> Result<Option<PullRun>, StoreError> {
        let now = self.now();
        let row = sqlx::query_file_as!(PullRunRow, "sql/begin_pull_run.sql", self.key, id, now);
        let row = row.fetch_optional(self.connection()).await.map_err(store_error)?;
        row.map(PullRun::try_from).transpose()
    }

    /// Writes down how far a run came; false where it is over, or its connector is gone.
    pub async fn progress_pull_run(
        &mut self,
        id: Uuid,
        progress: &Progress,
    ) -> Result<bool, StoreError> {
        let faults = serde_json::to_value(&progress.faults);
        let faults = faults.map_err(|_| invalid("faults of a run"))?;
        let closed = serde_json::to_value(&progress.closed_accounts);
        let closed = closed.map_err(|_| invalid("closed accounts of a run"))?;
        let missing = progress.missing_breakdown.as_ref();
        let statement = sqlx::query_file!(
            "sql/update_pull_progress.sql",
            self.key,
            id,
            progress.days_asked,
            progress.days_done,
            progress.rows_taken,
            progress.rows_rejected,
            missing.map(|(code, _)| code.as_str()),
            missing.map(|(_, message)| message.as_str()),
            closed,
            faults
        );
        Ok(statement.execute(self.connection()).await.map_err(store_error)?.rows_affected() > 0)
    }

    /// Ends a run in this state, with the code and words of what went wrong.
    pub async fn finish_pull_run(
        &mut self,
        id: Uuid,
        state: PullState,
        error: Option<(&str, &str)>,
    ) -> Result<(), StoreError> {
        let statement = sqlx::query_file!(
            "sql/finish_pull_run.sql",
            self.key,
            id,
            state.as_str(),
            self.now(),
            error.map(|(code, _)| code),
            error.map(|(_, message)| message)
        );
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(())
    }

    /// Puts a run back: queued, or waiting for so long after what went wrong.
    pub async fn requeue_pull_run(
        &mut self,
        id: Uuid,
        wait: Option<(Duration, (&str, &str))>,
    ) -> Result<(), StoreError> {
        let not_before = wait.map(|(wait, _)| self.now() + wait);
        let statement = sqlx::query_file!(
            "sql/requeue_pull_run.sql",
            self.key,
            id,
            not_before,
            wait.map(|(_, (code, _))| code),
            wait.map(|(_, (_, message))| message)
        );
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(())
    }
}

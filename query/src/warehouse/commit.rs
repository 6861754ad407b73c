//! One range into its tables, once. README.md, "Exactly once", says why it goes like this.

use clickhouse::insert_formatted::InsertFormatted;
use futures::future::try_join_all;
use metrics::counter;
use serde::Deserialize;
use stratum_models::store::StoreError;
use stratum_models::table::Table;
use stratum_models::time::DAY_MS;
use stratum_models::warehouse::{Commit, CommitOutcome, LogRange};

use super::client::{ClickHouseWarehouse, Target};
use super::encode::{Guard, check, encode, lane, receipt, received_after};
use super::error::{invalid, transient};
use super::write::{GENERATIONS_MAX, ProgressRow, range_params};
use crate::telemetry;

const READ_APPLIED: &str = include_str!("../../sql/read_applied.sql");
const INSERT_CHECKPOINT: &str = include_str!("../../sql/insert_checkpoint.sql");
const INSERT_DATA_VERSIONS: &str = include_str!("../../sql/insert_data_versions.sql");

/// Tenants named in one statement: they stand in its address, which ends at a megabyte.
const TENANTS_MAX: usize = 10_000;

/// Facts older than this are not looked for after their insert: retention may have taken them. No
/// retention is shorter.
const LOOKED_FOR_MS: i64 = 7 * DAY_MS;

/// The statement that adds rows to a table, and its name.
fn insert_of(table: Table) -> (&'static str, &'static str) {
    macro_rules! file {
        ($name:literal) => {
            ($name, include_str!(concat!("../../sql/", $name, ".sql")))
        };
    }
    match table {
        Table::Events => file!("insert_events"),
        Table::RejectedRows => file!("insert_rejected_rows"),
        Table::AdReports => file!("insert_ad_reports"),
        Table::AdReportSplits => file!("insert_ad_report_splits"),
        Table::MatchQuality => file!("insert_match_quality"),
        Table::InvalidIdentifiers => file!("insert_invalid_identifiers"),
        Table::EventMetrics => file!("insert_event_metrics"),
        Table::IngestCounts => file!("insert_ingest_counts"),
    }
}

/// What a table holds of a range; table 0 tells the time.
#[derive(Clone, Copy, Debug, clickhouse::Row, Deserialize)]
struct AppliedRow {
    table_code: i8,
    applied: u64,
}

/// The outcome that is certain before anything is written; `None` when the range is next.
fn settled(range: LogRange, row: ProgressRow) -> Result<Option<CommitOutcome>, StoreError> {
    let (from, to) = (range.from.0, range.to.0);
    match row.plan() {
        Some((begin, end)) if begin == from && end != to => Ok(Some(CommitOutcome::Fenced)),
        _ if row.checkpoint >= to => Ok(Some(CommitOutcome::AlreadyCommitted)),
        _ if row.checkpoint > from => Ok(Some(CommitOutcome::Fenced)),
        Some((begin, _)) if begin > from => Ok(Some(CommitOutcome::Fenced)),
        Some((begin, _)) if begin == from && row.checkpoint == from => Ok(None),
        _ => Err(invalid("the range was not planned")),
    }
}

impl ClickHouseWarehouse {
    pub(super) async fn commit_range(&self, commit: &Commit) -> Result<CommitOutcome, StoreError> {
        let range = commit.range;
        for (table, batch) in &commit.rows {
            check(range, *table, batch)?;
        }
        let progress = self.read_progress(range.topic, range.partition).await?;
        if let Some(outcome) = settled(range, progress)? {
            return Ok(outcome);
        }
        let mut missing: Vec<usize> =
            (0..commit.rows.len()).filter(|at| commit.rows[*at].1.num_rows() > 0).collect();
        for generation in 0..GENERATIONS_MAX {
            let inserts = missing.iter().map(|at| self.insert(commit, *at, generation));
            try_join_all(inserts).await?;
            missing = self.missing(commit, &missing).await?;
            if missing.is_empty() {
                self.move_versions(commit).await?;
                self.move_checkpoint(range).await?;
                count_rows(commit);
                return Ok(CommitOutcome::Committed);
            }
            for at in &missing {
                let table = commit.rows[*at].0;
                tracing::warn!(%table, generation, "an insert's token was burnt, using the next");
                counter!(telemetry::BURNT_TOKENS_TOTAL, telemetry::TABLE => table.as_str())
                    .increment(1);
            }
        }
        Err(transient("rows that were inserted are not there"))
    }

    /// Adds the rows of one table that are not there. When it returns they are on disk, or their
    /// token is burnt.
    async fn insert(&self, commit: &Commit, at: usize, generation: u32) -> Result<(), StoreError> {
        let (table, batch) = &commit.rows[at];
        let range = commit.range;
        let bytes = encode(range, *table, batch)
            .map_err(|error| invalid(format!("{table} cannot be encoded: {error}")))?;
        let (name, sql) = insert_of(*table);
        let (since, until) = receipt(&commit.rows);
        let mut insert = self
            .writer
            // What follows the name of the format would be read as data.
            .insert_formatted_with(sql.trim_end())
            .with_setting("param_topic", range.topic.code().to_string())
            .with_setting("param_partition", range.partition.0.to_string())
            .with_setting("param_from", range.from.0.to_string())
            .with_setting("param_to", range.to.0.to_string())
            .with_setting("param_lane", lane(range))
            .with_setting("param_received_since", since.to_string())
            .with_setting("param_received_until", until.to_string());
        if Guard::of(*table) != Guard::Rank {
            insert =
                insert.with_setting("insert_deduplication_token", token(*table, range, generation));
        }
        let _alone = self.alone(Target::Table(*table)).await;
        self.within(name, send(insert, bytes)).await
    }

    /// Those of the tables that do not hold the range.
    async fn missing(&self, commit: &Commit, tables: &[usize]) -> Result<Vec<usize>, StoreError> {
        let range = commit.range;
        let (since, until) = receipt(&commit.rows);
        let query = range_params(self.writer.query_raw(READ_APPLIED), range)
            .param("lane", lane(range))
            .param("received_since", since)
            .param("received_until", until);
        let rows = self.within("read_applied", query.fetch_all::<AppliedRow>()).await?;
        let applied =
            |code| rows.iter().find(|row| row.table_code == code).map_or(0, |row| row.applied);
        let looked_for = applied(0).cast_signed() - LOOKED_FOR_MS;
        let holds = |at: usize| {
            let (table, batch) = &commit.rows[at];
            match Guard::of(*table) {
                Guard::Rank => true,
                Guard::Mark => applied(table.code()) >= range.to.0,
                Guard::Position => applied(table.code()) >= received_after(batch, looked_for),
            }
        };
        Ok(tables.iter().copied().filter(|at| !holds(*at)).collect())
    }

    /// Tells that what is answered to these tenants has changed. After the rows, so that an answer
    /// begun under the new version holds them; before the checkpoint, so that a range that is not
    /// told is done again.
    async fn move_versions(&self, commit: &Commit) -> Result<(), StoreError> {
        let tenants: Vec<u64> = commit.tenants().into_iter().map(|tenant| tenant.0).collect();
        for tenants in tenants.chunks(TENANTS_MAX) {
            let query = self
                .writer
                .query_raw(INSERT_DATA_VERSIONS)
                .param("tenants", tenants)
                .param("lane", lane(commit.range))
                .param("to", commit.range.to.0)
                // It may come again, and must not be taken for a copy of one that was lost.
                .with_setting("insert_deduplicate", "0");
            let _alone = self.alone(Target::Versions).await;
            self.within("insert_data_versions", query.execute()).await?;
        }
        Ok(())
    }

    async fn move_checkpoint(&self, range: LogRange) -> Result<(), StoreError> {
        let query = range_params(self.writer.query_raw(INSERT_CHECKPOINT), range);
        let _alone = self.alone(Target::Checkpoints).await;
        self.within("insert_checkpoint", query.execute()).await
    }
}

async fn send(mut insert: InsertFormatted, bytes: Vec<u8>) -> clickhouse::error::Result<()> {
    insert.send(bytes.into()).await?;
    insert.end().await
}

fn token(table: Table, range: LogRange, generation: u32) -> String {
    let LogRange { topic, partition, from, to } = range;
    format!("{table}:{topic}:{}:{}-{}:{generation}", partition.0, from.0, to.0)
}

fn count_rows(commit: &Commit) {
    for (table, batch) in &commit.rows {
        counter!(telemetry::ROWS_TOTAL, telemetry::TABLE => table.as_str())
            .increment(batch.num_rows() as u64);
    }
}

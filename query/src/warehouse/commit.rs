//! Ranges into their tables, each once. README.md, "Exactly once", says why it goes like this.

use std::collections::{BTreeSet, HashSet};

use arrow::array::RecordBatch;
use clickhouse::insert_formatted::InsertFormatted;
use futures::future::try_join_all;
use metrics::counter;
use serde::Deserialize;
use stratum_models::store::StoreError;
use stratum_models::table::Table;
use stratum_models::warehouse::{Commit, CommitOutcome, HeldPartition, LogRange, Progress};

use super::client::{ClickHouseWarehouse, Target};
use super::encode::{Guard, check, encode, encode_versions, lane, receipt, without};
use super::error::{invalid, transient};
use crate::telemetry;

const READ_APPLIED: &str = include_str!("../../sql/read_applied.sql");
const READ_LANDED_ROWS: &str = include_str!("../../sql/read_landed_rows.sql");

/// A statement that adds rows while the partitions they come from are held.
macro_rules! while_held {
    ($name:literal) => {
        (
            $name,
            concat!(
                include_str!(concat!("../../sql/", $name, ".sql")),
                include_str!("../../sql/while_held.sql")
            ),
        )
    };
}

const INSERT_DATA_VERSIONS: (&str, &str) = while_held!("insert_data_versions");

/// The statement that adds rows to a table, and its name.
fn insert_of(table: Table) -> (&'static str, &'static str) {
    match table {
        Table::Events => while_held!("insert_events"),
        Table::RejectedRows => while_held!("insert_rejected_rows"),
        Table::AdReports => while_held!("insert_ad_reports"),
        Table::AdReportSplits => while_held!("insert_ad_report_splits"),
        Table::MatchQuality => while_held!("insert_match_quality"),
        Table::InvalidIdentifiers => while_held!("insert_invalid_identifiers"),
        Table::EventMetrics => while_held!("insert_event_metrics"),
        Table::IngestCounts => while_held!("insert_ingest_counts"),
    }
}

/// To which offset a roll-up holds a log partition.
#[derive(Clone, Copy, Debug, clickhouse::Row, Deserialize)]
struct AppliedRow {
    table_code: i8,
    applied: u64,
}

/// A fact of a range that is there.
#[derive(Clone, Copy, Debug, clickhouse::Row, Deserialize)]
struct LandedRow {
    table_code: i8,
    log_offset: u64,
    log_row: u32,
}

/// One range on its way: its commit, and those of its rows that are not known to be there.
#[derive(Clone)]
struct Part<'c> {
    /// Where its commit stands among all.
    at: usize,
    commit: &'c Commit,
    missing: Vec<(Table, RecordBatch)>,
    /// Roll-ups that hold the range.
    applied: Vec<Table>,
}

impl Part<'_> {
    /// Whether this roll-up is marked with the range. The first table is, with whatever rows the range
    /// has, because its mark says that the range was begun.
    fn marks(&self, table: Table) -> bool {
        let has_rows = match table {
            Table::IngestCounts => self.commit.rows.iter().any(|(_, rows)| rows.num_rows() > 0),
            _ => self.missing.iter().any(|(of, rows)| *of == table && rows.num_rows() > 0),
        };
        has_rows && Guard::of(table) == Guard::Mark && !self.applied.contains(&table)
    }
}

impl ClickHouseWarehouse {
    pub(super) async fn commit_ranges(
        &self,
        commits: &[Commit],
    ) -> Result<Vec<CommitOutcome>, StoreError> {
        check_together(commits)?;
        let _no_freeze = self.commits.read().await;
        let mut outcomes = vec![CommitOutcome::Fenced; commits.len()];
        let mut parts = Vec::with_capacity(commits.len());
        for (at, commit) in commits.iter().enumerate() {
            let Some(progress) = self.holdings.take(commit)? else { continue };
            let part = Part { at, commit, missing: commit.rows.clone(), applied: Vec::new() };
            parts.push(if progress.pending.is_some() { self.look(part).await? } else { part });
        }
        // Each round that does not end it takes at least one partition out.
        while !parts.is_empty() {
            self.add(&parts).await?;
            let standing = self.standing(&parts).await?;
            let all = standing.len() == parts.len();
            parts.retain(|part| standing.contains(&part.at));
            if all {
                for part in parts.drain(..) {
                    outcomes[part.at] = CommitOutcome::Committed;
                    let LogRange { topic, partition, to, .. } = part.commit.range;
                    let progress = Progress { checkpoint: to, pending: None };
                    let claim = part.commit.claim;
                    self.holdings.put(topic, HeldPartition { partition, claim, progress });
                    count_rows(part.commit);
                }
            }
            for part in &mut parts {
                *part = self.look(part.clone()).await?;
            }
        }
        Ok(outcomes)
    }

    /// Adds what is missing of these ranges and moves their checkpoints, or does nothing from the
    /// moment on when one of the partitions is another's.
    async fn add(&self, parts: &[Part<'_>]) -> Result<(), StoreError> {
        let tables: BTreeSet<Table> =
            parts.iter().flat_map(|part| &part.missing).map(|(table, _)| *table).collect();
        // First the one whose marks tell that the ranges were begun.
        self.insert(parts, Table::IngestCounts).await?;
        let others = tables.into_iter().filter(|table| *table != Table::IngestCounts);
        try_join_all(others.map(|table| self.insert(parts, table))).await?;
        self.move_versions(parts).await
    }

    /// Adds the rows of one table. When it returns they are on disk, or a partition is another's.
    async fn insert(&self, parts: &[Part<'_>], table: Table) -> Result<(), StoreError> {
        let marked = parts.iter().filter(|part| part.marks(table));
        let marks: Vec<LogRange> = marked.map(|part| part.commit.range).collect();
        let missing = parts.iter().flat_map(|part| &part.missing);
        let rows = missing.filter(|(of, rows)| *of == table && rows.num_rows() > 0);
        let rows: Vec<_> = rows.map(|(_, rows)| rows).collect();
        if rows.is_empty() && marks.is_empty() {
            return Ok(());
        }
        let bytes = encode(table, &rows, &marks)
            .map_err(|error| invalid(format!("{table} cannot be encoded: {error}")))?;
        self.insert_while_held(parts, insert_of(table), Target::Table(table), bytes).await
    }

    async fn insert_while_held(
        &self,
        parts: &[Part<'_>],
        (name, sql): (&str, &str),
        target: Target,
        bytes: Vec<u8>,
    ) -> Result<(), StoreError> {
        let Some(first) = parts.first() else { return Ok(()) };
        let claims = parts.iter().map(|part| part.commit.claim);
        let insert = self
            .writer
            // What follows the name of the format would be read as data.
            .insert_formatted_with(sql.trim_end())
            .with_setting("param_topic", first.commit.range.topic.code().to_string())
            .with_setting(
                "param_partitions",
                list(parts.iter().map(|p| p.commit.range.partition.0)),
            )
            .with_setting("param_epochs", list(claims.clone().map(|claim| claim.epoch)))
            .with_setting("param_nonces", list(claims.map(|claim| claim.nonce)));
        let _alone = self.alone(target).await;
        self.within(name, send(insert, bytes)).await
    }

    /// Takes away what is there of a range.
    async fn look<'c>(&self, mut part: Part<'c>) -> Result<Part<'c>, StoreError> {
        let range = part.commit.range;
        let query =
            self.writer.query_raw(READ_APPLIED).param("lane", lane(range.topic, range.partition));
        let applied = self.within("read_applied", query.fetch_all::<AppliedRow>()).await?;
        let (since, until) = receipt(&part.commit.rows);
        let query = self
            .writer
            .query_raw(READ_LANDED_ROWS)
            .param("topic", range.topic.code())
            .param("partition", range.partition.0)
            .param("from", range.from.0)
            .param("to", range.to.0)
            .param("received_since", since)
            .param("received_until", until);
        let landed = self.within("read_landed_rows", query.fetch_all::<LandedRow>()).await?;
        let holds = |table: Table| {
            applied.iter().any(|row| row.table_code == table.code() && row.applied >= range.to.0)
        };
        part.applied = Table::ALL.iter().copied().filter(|table| holds(*table)).collect();
        part.missing.clear();
        for (table, rows) in &part.commit.rows {
            let there = landed.iter().filter(|row| row.table_code == table.code());
            let there: HashSet<_> = there.map(|row| (row.log_offset, row.log_row)).collect();
            let missing = match Guard::of(*table) {
                Guard::Rank => rows.clone(),
                Guard::Mark if part.applied.contains(table) => continue,
                Guard::Mark => rows.clone(),
                Guard::Position => {
                    without(rows, &there).map_err(|error| invalid(format!("{table}: {error}")))?
                }
            };
            part.missing.push((*table, missing));
        }
        Ok(part)
    }

    /// Tells that what is answered to these tenants has changed, and how far the partitions have
    /// come, in one part. After the rows, so that an answer begun under the new version holds them.
    async fn move_versions(&self, parts: &[Part<'_>]) -> Result<(), StoreError> {
        let mut moved = Vec::new();
        for Part { commit, .. } in parts {
            let LogRange { topic, partition, to, .. } = commit.range;
            let (name, to) = (lane(topic, partition), to.0);
            let tenants = commit.tenants();
            moved.extend(tenants.iter().map(|tenant| (tenant.0, name.clone(), to)));
            moved.push((0, name, to));
        }
        let bytes = encode_versions(&moved)
            .map_err(|error| invalid(format!("versions cannot be encoded: {error}")))?;
        self.insert_while_held(parts, INSERT_DATA_VERSIONS, Target::Versions, bytes).await
    }

    /// Those of the ranges whose partitions are still held. When all are, all has landed: each
    /// statement looked for itself before it added anything, and claims only grow.
    async fn standing(&self, parts: &[Part<'_>]) -> Result<Vec<usize>, StoreError> {
        let Some(first) = parts.first() else { return Ok(Vec::new()) };
        let partitions: Vec<_> = parts.iter().map(|part| part.commit.range.partition).collect();
        let rows = self.read_progress(first.commit.range.topic, &partitions).await?;
        let held = parts.iter().zip(&rows).filter(|(part, row)| row.claim() == part.commit.claim);
        let standing: Vec<usize> = held.clone().map(|(part, _)| part.at).collect();
        let moved = held.filter(|(part, row)| row.checkpoint() >= part.commit.range.to).count();
        if standing.len() == parts.len() && moved != standing.len() {
            return Err(transient("a checkpoint that was moved is not there"));
        }
        Ok(standing)
    }
}

/// `Invalid` unless the rows have the layouts of their tables and come from their ranges, which are of
/// different partitions of one topic.
fn check_together(commits: &[Commit]) -> Result<(), StoreError> {
    let mut partitions = BTreeSet::new();
    for Commit { range, rows, .. } in commits {
        if commits.iter().any(|other| other.range.topic != range.topic) {
            return Err(invalid("ranges of several topics"));
        }
        if !partitions.insert(range.partition) {
            return Err(invalid("two ranges of one partition"));
        }
        for (table, batch) in rows {
            check(*range, *table, batch)?;
        }
    }
    Ok(())
}

/// Numbers as the value of a statement's parameter.
fn list<T: ToString>(numbers: impl Iterator<Item = T>) -> String {
    let numbers: Vec<String> = numbers.map(|number| number.to_string()).collect();
    format!("[{}]", numbers.join(","))
}

async fn send(mut insert: InsertFormatted, bytes: Vec<u8>) -> clickhouse::error::Result<()> {
    insert.send(bytes.into()).await?;
    insert.end().await
}

fn count_rows(commit: &Commit) {
    for (table, batch) in &commit.rows {
        counter!(telemetry::ROWS_TOTAL, telemetry::TABLE => table.as_str())
            .increment(batch.num_rows() as u64);
    }
}

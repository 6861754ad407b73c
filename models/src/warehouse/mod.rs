//! The warehouse: where facts and metrics land, and who may ask for them.

mod arrival;
mod campaign;
mod quality;
mod question;

use std::collections::BTreeSet;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::UInt64Type;
use async_trait::async_trait;
use chrono_tz::Tz;
use futures::stream::BoxStream;

use crate::ad_report::CampaignDay;
use crate::breakdown::{BreakdownQuery, Part};
use crate::id::TenantId;
use crate::log::{Offset, PartitionId, Topic};
use crate::metrics::{KpiGroup, KpiGrouping, KpiQuery};
use crate::scope::TenantScope;
use crate::store::StoreError;
use crate::table::Table;
use crate::time::{DayRange, UnixMillis};

pub use arrival::{
    ArrivalCount, ArrivalStep, Freshness, IngestCount, RecentFate, RecentQuery, RecentRow,
    RejectionCount,
};
pub use campaign::{CampaignGroupQuery, CampaignKey, ReportedCampaign};
pub use quality::{InvalidCount, MarkCount, MaskCount, MaskDay, MatchQualityQuery};
pub use question::{Question, Rows};

/// The records `[from, to)` of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LogRange {
    /// The topic.
    pub topic: Topic,
    /// The partition.
    pub partition: PartitionId,
    /// The first record.
    pub from: Offset,
    /// The record after the last.
    pub to: Offset,
}

/// The progress of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Every record before this offset has landed.
    pub checkpoint: Offset,
    /// A range that was begun and not finished: it must be done again, exactly, before anything else
    /// of the partition.
    pub pending: Option<LogRange>,
}

/// A worker's claim of a partition. Of the claims of a partition the greatest holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Claim {
    /// The number of claims of the partition so far, this one included.
    pub epoch: u64,
    /// Tells claims apart that were made at the same time.
    pub nonce: u64,
}

impl Claim {
    /// Whether nobody held the partition between `earlier` and this.
    pub fn follows(self, earlier: Claim) -> bool {
        self.epoch == earlier.epoch + 1
    }
}

/// A partition in the hands of the worker that claimed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldPartition {
    /// The partition.
    pub partition: PartitionId,
    /// The claim that holds it.
    pub claim: Claim,
    /// The partition's progress.
    pub progress: Progress,
}

/// The rows of one range, table by table; at most one batch a table, empty ones left out.
#[derive(Clone, Debug)]
pub struct Commit {
    /// The claim that holds the partition.
    pub claim: Claim,
    /// The range the rows come from. It begins at the checkpoint.
    pub range: LogRange,
    /// The rows.
    pub rows: Vec<(Table, RecordBatch)>,
}

impl Commit {
    /// Whose rows these are.
    pub fn tenants(&self) -> BTreeSet<TenantId> {
        let mut tenants = BTreeSet::new();
        let mut last = None;
        for (_, rows) in &self.rows {
            // Every layout starts with it.
            for tenant in rows.column(0).as_primitive::<UInt64Type>().values() {
                // Rows of one tenant often stand together.
                if last.replace(*tenant) != Some(*tenant) {
                    tenants.insert(TenantId(*tenant));
                }
            }
        }
        tenants
    }
}

/// The outcome of the commit of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitOutcome {
    /// The rows are in, the checkpoint has moved.
    Committed,
    /// Another worker has claimed the partition. What was added of the range is pending for it.
    Fenced,
}

/// Keys of the first events of a dedup window: columns `dedup_key` (16 bytes) and `received_at`.
pub type SeenKeys = BoxStream<'static, Result<RecordBatch, StoreError>>;

/// The writing side.
#[async_trait]
pub trait WarehouseWriter: Send + Sync {
    /// The partition's progress; offset 0 when it never began.
    async fn progress(&self, topic: Topic, partition: PartitionId) -> Result<Progress, StoreError>;

    /// Takes partitions over and answers how far they have come, in the order asked. Once it has
    /// answered, whoever held one before adds nothing to it any more, also of what was under way.
    async fn claim(
        &self,
        topic: Topic,
        partitions: &[PartitionId],
    ) -> Result<Vec<HeldPartition>, StoreError>;

    /// Adds the rows of one range each of several held partitions of a topic and then moves their
    /// checkpoints; answers what became of each, in order. Of a pending range it adds what is
    /// missing. Rows are on disk before the checkpoint is. A table's rows become visible at once;
    /// answers that must be complete use the checkpoint's freshness. After an error nothing is known:
    /// the partitions must be claimed again. `Invalid` for a range that is not next.
    async fn commit(&self, commits: &[Commit]) -> Result<Vec<CommitOutcome>, StoreError>;

    /// The dedup keys of this partition of [`Topic::Events`] landed at or after `since` by receipt,
    /// from records before the offset `before`, for rebuilding a window. Rows of a range that was
    /// begun and not checkpointed stand at or after `before`: a replay must not meet its own rows.
    async fn seen_keys(
        &self,
        partition: PartitionId,
        since: UnixMillis,
        before: Offset,
    ) -> Result<SeenKeys, StoreError>;
}

/// The version of the data that answers to a tenant are made of: it moves with everything that lands for
/// it, and never back. An answer that was begun under a version holds all that had landed by then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DataVersion(pub u64);

/// Which version a tenant's answers are of.
#[async_trait]
pub trait DataVersions: Send + Sync {
    /// The versions of these tenants, in their order; 0 where nothing ever landed. A commit that was
    /// answered has moved the version of each tenant it holds rows of.
    async fn data_versions(&self, scopes: &[TenantScope]) -> Result<Vec<DataVersion>, StoreError>;
}

/// The reading side. Every answer comes from roll-ups. Adapters give `ask` alone; the other methods
/// ask one question each.
#[async_trait]
pub trait WarehouseReader: Send + Sync {
    /// The rows that answer a question.
    async fn ask(&self, scope: TenantScope, question: Question) -> Result<Rows, StoreError>;

    /// Sums of the daily campaign metrics: one group per currency and the asked-for grouping, in
    /// that order. Days without data are absent.
    async fn kpi_groups(
        &self,
        scope: TenantScope,
        query: &KpiQuery,
        by: KpiGrouping,
    ) -> Result<Vec<KpiGroup>, StoreError> {
        self.ask(scope, Question::KpiGroups(query.clone(), by)).await?.try_into()
    }

    /// The parts of a range of days: one group per currency and part, in that order, with its amounts
    /// converted as well. A part of which nothing is known is left out. A range that holds more parts than
    /// the adapter's bound of an answer is refused: ask for less.
    async fn breakdown(
        &self,
        scope: TenantScope,
        query: &BreakdownQuery,
    ) -> Result<Vec<Part>, StoreError> {
        self.ask(scope, Question::Breakdown(query.clone())).await?.try_into()
    }

    /// The reports of these campaigns over these days and what events show of them, of every campaign where
    /// none is named: one group per currency, platform, day (where days are asked for) and campaign, in
    /// that order. A group that only events are of has no name.
    async fn campaign_groups(
        &self,
        scope: TenantScope,
        query: &CampaignGroupQuery,
    ) -> Result<Vec<KpiGroup>, StoreError> {
        self.ask(scope, Question::CampaignGroups(query.clone())).await?.try_into()
    }

    /// The campaigns named by reports received at or after `since`, by platform and id, those behind
    /// `after` only, at most `limit`.
    async fn reported_campaigns(
        &self,
        scope: TenantScope,
        since: UnixMillis,
        after: Option<&CampaignKey>,
        limit: u32,
    ) -> Result<Vec<ReportedCampaign>, StoreError> {
        let after = after.cloned();
        self.ask(scope, Question::ReportedCampaigns { since, after, limit }).await?.try_into()
    }

    /// Events by identifier mask.
    async fn mask_counts(
        &self,
        scope: TenantScope,
        query: &MatchQualityQuery,
    ) -> Result<Vec<MaskCount>, StoreError> {
        self.ask(scope, Question::MaskCounts(query.clone())).await?.try_into()
    }

    /// Unusable identifiers by platform, key and reason.
    async fn invalid_counts(
        &self,
        scope: TenantScope,
        query: &MatchQualityQuery,
    ) -> Result<Vec<InvalidCount>, StoreError> {
        self.ask(scope, Question::InvalidCounts(query.clone())).await?.try_into()
    }

    /// Events of each day of this zone by the mask of their usable identifiers, by day.
    async fn mask_days(
        &self,
        scope: TenantScope,
        query: &MatchQualityQuery,
        zone: Tz,
    ) -> Result<Vec<MaskDay>, StoreError> {
        self.ask(scope, Question::MaskDays(query.clone(), zone)).await?.try_into()
    }

    /// Events by what repairs brought them, or would bring; by hour as well where that is asked for.
    async fn mark_counts(
        &self,
        scope: TenantScope,
        query: &MatchQualityQuery,
        by_hour: bool,
    ) -> Result<Vec<MarkCount>, StoreError> {
        self.ask(scope, Question::MarkCounts(query.clone(), by_hour)).await?.try_into()
    }

    /// Events that were received between two instants, in each minute or hour that has any, by time.
    async fn arrival_counts(
        &self,
        scope: TenantScope,
        from: UnixMillis,
        until: UnixMillis,
        step: ArrivalStep,
    ) -> Result<Vec<ArrivalCount>, StoreError> {
        self.ask(scope, Question::ArrivalCounts { from, until, step }).await?.try_into()
    }

    /// The newest events that landed or were refused, newest first.
    async fn recent_rows(
        &self,
        scope: TenantScope,
        query: &RecentQuery,
    ) -> Result<Vec<RecentRow>, StoreError> {
        self.ask(scope, Question::RecentRows(query.clone())).await?.try_into()
    }

    /// Counts of arrivals between two instants of receipt (whole hours), by dataset.
    async fn ingest_counts(
        &self,
        scope: TenantScope,
        from: UnixMillis,
        until: UnixMillis,
    ) -> Result<Vec<IngestCount>, StoreError> {
        self.ask(scope, Question::IngestCounts { from, until }).await?.try_into()
    }

    /// Refused rows and fields received between two instants, by kind and reason, most first, at most 100
    /// groups of rows and 100 of fields.
    async fn rejection_counts(
        &self,
        scope: TenantScope,
        from: UnixMillis,
        until: UnixMillis,
    ) -> Result<Vec<RejectionCount>, StoreError> {
        self.ask(scope, Question::RejectionCounts { from, until }).await?.try_into()
    }

    /// The days of every campaign as its platform reports them, the newest version of each, by
    /// platform, account, campaign and day. Days without a report are absent. A range that holds
    /// more rows than the adapter's bound of an answer is refused: ask for a shorter one.
    async fn campaign_days(
        &self,
        scope: TenantScope,
        days: DayRange,
    ) -> Result<Vec<CampaignDay>, StoreError> {
        self.ask(scope, Question::CampaignDays(days)).await?.try_into()
    }

    /// The newest data per platform.
    async fn freshness(&self, scope: TenantScope) -> Result<Vec<Freshness>, StoreError> {
        self.ask(scope, Question::Freshness).await?.try_into()
    }
}

//! Answers that are kept: a question asked again is answered from memory as long as nothing new has
//! landed for its tenant.
//!
//! A tenant's version is known first, then the question is asked and its answer kept under that
//! version. So a kept answer holds all that had landed when its version was read, and the version in
//! turn is at most `version_ms_max` old. README.md, "Kept answers", says why that is enough.

mod config;
mod versions;
mod question;
mod weigh;
mod flight;

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::FutureExt;
use metrics::counter;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use stratum_models::ad_report::CampaignDay;
use stratum_models::breakdown::{BreakdownQuery, Part};
use stratum_models::metrics::{KpiGroup, KpiGrouping, KpiQuery};
use stratum_models::scope::TenantScope;
use stratum_models::store::{StoreError, StoreErrorKind};
use stratum_models::time::{DayRange, UnixMillis};
use stratum_models::warehouse::{
    CampaignKey, DataVersion, DataVersions, Freshness, IngestCount, InvalidCount, MaskCount,
    MatchQualityQuery, RejectionCount, ReportedCampaign, WarehouseReader,
};
use tokio::time::Instant;

pub use config::AnswersConfig;
use flight::Flights;
use question::{Key, Question};
use versions::Versions;
use weigh::Rows;

use crate::telemetry;

/// About so many answers fit; only a first guess of the cache's own tables.
const ANSWER_BYTES: u64 = 4096;

/// A reader that keeps answers. Questions asked by several at once are asked once; one that nobody
/// waits for any more is given up. Cheap to clone.
pub struct CachedReader<R> {
    inner: Arc<Inner<R>>,
}

struct Inner<R> {
    reader: Arc<R>,
    versions: Arc<Versions<R>>,
    answers: Cache<Key, Kept, Bytes>,
    flights: Flights,
    keep_max: Duration,
}

/// An answer and the version it was begun under.
#[derive(Clone)]
struct Kept {
    rows: Rows,
    version: DataVersion,
    kept_at: Instant,
}

#[derive(Clone)]
struct Bytes;

impl Weighter<Key, Kept> for Bytes {
    fn weight(&self, key: &Key, kept: &Kept) -> u64 {
        (key.bytes() + kept.rows.bytes + size_of::<(Key, Kept)>()) as u64
    }
}

impl<R> Clone for CachedReader<R> {
    fn clone(&self) -> Self {
        CachedReader { inner: self.inner.clone() }
    }
}

impl<R: WarehouseReader + DataVersions + 'static> CachedReader<R> {
    /// Keeps the answers of `reader`.
    pub fn new(reader: R, config: &AnswersConfig) -> CachedReader<R> {
        let reader = Arc::new(reader);
        let age_max = Duration::from_millis(config.version_ms_max);
        let fit = usize::try_from(config.bytes_max / ANSWER_BYTES).unwrap_or(usize::MAX);
        let inner = Inner {
            versions: Arc::new(Versions::new(reader.clone(), age_max)),
            reader,
            answers: Cache::with_weighter(fit.max(1), config.bytes_max, Bytes),
            flights: Flights::default(),
            keep_max: Duration::from_millis(config.keep_ms_max),
        };
        CachedReader { inner: Arc::new(inner) }
    }

    async fn answer<T>(&self, scope: TenantScope, question: Question) -> Result<Vec<T>, StoreError>
    where
        T: Any + Clone + Send + Sync,
    {
        let version = self.inner.versions.of(scope).await?;
        let key = Key { tenant: scope.tenant_id(), question };
        if let Some(rows) = self.inner.kept(&key, version) {
            count("kept");
            return copy(&rows);
        }
        let fly = |landing| {
            let (inner, key) = (self.inner.clone(), key.clone());
            async move {
                let _landing = landing;
                inner.ask(scope, key, version).await.map_err(Arc::new)
            }
            .boxed()
        };
        let rows = self.inner.flights.join((key.clone(), version), fly).await;
        rows.map_err(|error| again(&error)).and_then(|rows| copy(&rows))
    }
}

impl<R: WarehouseReader> Inner<R> {
    fn kept(&self, key: &Key, version: DataVersion) -> Option<Rows> {
        let kept = self.answers.get(key)?;
        let counts = kept.version == version && kept.kept_at.elapsed() < self.keep_max;
        counts.then_some(kept.rows)
    }

    async fn ask(
        &self,
        scope: TenantScope,
        key: Key,
        version: DataVersion,
    ) -> Result<Rows, StoreError> {
        let kept_at = Instant::now();
        count("asked");
        let rows = key.question.ask(&*self.reader, scope).await?;
        self.answers.insert(key, Kept { rows: rows.clone(), version, kept_at });
        Ok(rows)
    }
}

/// The rows of an answer, for one caller.
fn copy<T: Any + Clone>(rows: &Rows) -> Result<Vec<T>, StoreError> {
    let other =
        || StoreError::new(StoreErrorKind::Invalid, "warehouse", "an answer of another kind");
    rows.all.downcast_ref::<Vec<T>>().cloned().ok_or_else(other)
}

/// The error once more, for the next caller.
fn again(error: &StoreError) -> StoreError {
    StoreError::new(error.kind, error.store, error.text.clone())
}

fn count(from: &'static str) {
    counter!(telemetry::ANSWERS_TOTAL, telemetry::FROM => from).increment(1);
}

#[async_trait]
impl<R: WarehouseReader + DataVersions + 'static> WarehouseReader for CachedReader<R> {
    async fn kpi_groups(
        &self,
        scope: TenantScope,
        query: &KpiQuery,
        by: KpiGrouping,
    ) -> Result<Vec<KpiGroup>, StoreError> {
        self.answer(scope, Question::KpiGroups(query.clone(), by)).await
    }

    async fn breakdown(
        &self,
        scope: TenantScope,
        query: &BreakdownQuery,
    ) -> Result<Vec<Part>, StoreError> {
        self.answer(scope, Question::Breakdown(query.clone())).await
    }

    async fn campaign_groups(
        &self,
        scope: TenantScope,
        days: DayRange,
        campaigns: &[CampaignKey],
    ) -> Result<Vec<KpiGroup>, StoreError> {
        self.answer(scope, Question::CampaignGroups(days, campaigns.to_vec())).await
    }

    async fn reported_campaigns(
        &self,
        scope: TenantScope,
        since: UnixMillis,
        after: Option<&CampaignKey>,
        limit: u32,
    ) -> Result<Vec<ReportedCampaign>, StoreError> {
        self.answer(scope, Question::ReportedCampaigns(since, after.cloned(), limit)).await
    }

    async fn mask_counts(
        &self,
        scope: TenantScope,
        query: &MatchQualityQuery,
    ) -> Result<Vec<MaskCount>, StoreError> {
        self.answer(scope, Question::MaskCounts(query.clone())).await
    }

    async fn invalid_counts(
        &self,
        scope: TenantScope,
        query: &MatchQualityQuery,
    ) -> Result<Vec<InvalidCount>, StoreError> {
        self.answer(scope, Question::InvalidCounts(query.clone())).await
    }

    async fn ingest_counts(
        &self,
        scope: TenantScope,
        from: UnixMillis,
        until: UnixMillis,
    ) -> Result<Vec<IngestCount>, StoreError> {
        self.answer(scope, Question::IngestCounts(from, until)).await
    }

    async fn rejection_counts(
        &self,
        scope: TenantScope,
        from: UnixMillis,
        until: UnixMillis,
    ) -> Result<Vec<RejectionCount>, StoreError> {
        self.answer(scope, Question::RejectionCounts(from, until)).await
    }

    async fn campaign_days(
        &self,
        scope: TenantScope,
        days: DayRange,
    ) -> Result<Vec<CampaignDay>, StoreError> {
        self.answer(scope, Question::CampaignDays(days)).await
    }

    async fn freshness(&self, scope: TenantScope) -> Result<Vec<Freshness>, StoreError> {
        self.answer(scope, Question::Freshness).await
    }
}

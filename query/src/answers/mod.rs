//! Answers that are kept: a question asked again is answered from memory as long as nothing new has
//! landed for its tenant.
//!
//! A tenant's version is known first, then the question is asked and its answer kept under that
//! version. So a kept answer holds all that had landed when its version was read, and the version in
//! turn is at most `version_ms_max` old. README.md, "Kept answers", says why that is enough.

mod config;
mod versions;
mod single_flight;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::FutureExt;
use metrics::counter;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use stratum_models::id::TenantId;
use stratum_models::scope::TenantScope;
use stratum_models::store::StoreError;
use stratum_models::warehouse::{DataVersion, DataVersions, Question, Rows, WarehouseReader};
use tokio::time::Instant;

pub use config::AnswersConfig;
use single_flight::{InFlightGuard, SingleFlight};
use versions::Versions;

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
    answers: Cache<TenantQuestion, CachedAnswer, Bytes>,
    under_way: SingleFlight,
    keep_max: Duration,
}

/// A tenant's question.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct TenantQuestion {
    tenant: TenantId,
    question: Question,
}

/// The rows of an answer, shared by all who asked.
#[derive(Clone)]
struct SharedRows {
    rows: Arc<Rows>,
    /// Their memory.
    bytes: usize,
}

/// An answer and the version it was begun under.
#[derive(Clone)]
struct CachedAnswer {
    rows: SharedRows,
    version: DataVersion,
    kept_at: Instant,
}

#[derive(Clone)]
struct Bytes;

impl Weighter<TenantQuestion, CachedAnswer> for Bytes {
    fn weight(&self, key: &TenantQuestion, answer: &CachedAnswer) -> u64 {
        let fixed = size_of::<(TenantQuestion, CachedAnswer)>();
        (fixed + key.question.bytes() + answer.rows.bytes) as u64
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
            under_way: SingleFlight::default(),
            keep_max: Duration::from_millis(config.keep_ms_max),
        };
        CachedReader { inner: Arc::new(inner) }
    }
}

impl<R: WarehouseReader> Inner<R> {
    fn cached(&self, key: &TenantQuestion, version: DataVersion) -> Option<SharedRows> {
        let answer = self.answers.get(key)?;
        let counts = answer.version == version && answer.kept_at.elapsed() < self.keep_max;
        counts.then_some(answer.rows)
    }

    async fn read(
        &self,
        scope: TenantScope,
        key: TenantQuestion,
        version: DataVersion,
    ) -> Result<SharedRows, StoreError> {
        let kept_at = Instant::now();
        count("asked");
        let rows = self.reader.ask(scope, key.question.clone()).await?;
        let rows = SharedRows { bytes: rows.bytes(), rows: Arc::new(rows) };
        self.answers.insert(key, CachedAnswer { rows: rows.clone(), version, kept_at });
        Ok(rows)
    }
}

#[async_trait]
impl<R: WarehouseReader + DataVersions + 'static> WarehouseReader for CachedReader<R> {
    async fn ask(&self, scope: TenantScope, question: Question) -> Result<Rows, StoreError> {
        let version = self.inner.versions.of(scope).await?;
        let key = TenantQuestion { tenant: scope.tenant_id(), question };
        if let Some(answer) = self.inner.cached(&key, version) {
            count("kept");
            return Ok(Rows::clone(&answer.rows));
        }
        let ask = |guard: InFlightGuard| {
            let (inner, key) = (self.inner.clone(), key.clone());
            async move {
                let _guard = guard;
                inner.read(scope, key, version).await.map_err(Arc::new)
            }
            .boxed()
        };
        match self.inner.under_way.join((key.clone(), version), ask).await {
            Ok(answer) => Ok(Rows::clone(&answer.rows)),
            Err(error) => Err(again(&error)),
        }
    }
}

/// The error once more, for the next caller.
fn again(error: &StoreError) -> StoreError {
    StoreError::new(error.kind, error.store, error.text.clone())
}

fn count(from: &'static str) {
    counter!(telemetry::ANSWERS_TOTAL, telemetry::FROM => from).increment(1);
}

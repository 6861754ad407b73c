//! Erased persons: what they were known by, for the pipeline and for doing it once more.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use stratum_models::erasure::{ErasureList, Erasures};
use stratum_models::id::TenantId;
use stratum_models::identifier::IdentifierKey;
use stratum_models::seal::{IdentifierSeal, SEAL_BYTES, SealedIdentifier};
use stratum_models::store::StoreError;
use stratum_models::time::UnixMillis;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::work::{SystemWork, TenantWork};
use super::{PostgresState, damaged, store_error};

/// The time for which the list is believed.
const BELIEVED_FOR: Duration = Duration::from_millis(500);
/// A transaction that began so long ago may still add what is older than what was read.
const OVERLAP: TimeDelta = TimeDelta::seconds(60);
/// Identifiers settled in one step.
const SETTLED_MAX: i64 = 500;

fn seal_of(bytes: &[u8]) -> Result<IdentifierSeal, StoreError> {
    <[u8; SEAL_BYTES]>::try_from(bytes).map(IdentifierSeal).map_err(|_| damaged("seal"))
}

/// Keys and seals, as arrays of a statement.
fn columns(person: &[SealedIdentifier]) -> (Vec<i16>, Vec<Vec<u8>>) {
    person.iter().map(|one| (i16::from(one.key.code()), one.seal.0.to_vec())).unzip()
}

impl TenantWork {
    /// Puts what a person is known by on the list.
    pub async fn note_erasure(&mut self, person: &[SealedIdentifier]) -> Result<(), StoreError> {
        let (keys, seals) = columns(person);
        let statement =
            sqlx::query_file!("sql/insert_erasures.sql", self.key, &keys, &seals, self.now());
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(())
    }

    /// Notes that it was done once more.
    pub async fn settle_erasures(&mut self, person: &[SealedIdentifier]) -> Result<(), StoreError> {
        let (keys, seals) = columns(person);
        let statement =
            sqlx::query_file!("sql/settle_erasures.sql", self.key, &keys, &seals, self.now());
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(())
    }
}

impl SystemWork {
    /// The keys of one tenant's erased persons, asked for more than `age` ago and not done once more since;
    /// `None` where nothing is left.
    pub async fn unsettled_erasures(
        &mut self,
        age: TimeDelta,
    ) -> Result<Option<(TenantId, Vec<SealedIdentifier>)>, StoreError> {
        let before = self.now() - age;
        let rows = sqlx::query_file!("sql/select_unsettled_erasures.sql", before, SETTLED_MAX);
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        let Some(tenant) = rows.first().map(|row| TenantId(row.tenant_id.unsigned_abs())) else {
            return Ok(None);
        };
        let person = rows.iter().map(|row| {
            let key = i8::try_from(row.key).ok().and_then(IdentifierKey::from_code);
            let key = key.ok_or_else(|| damaged("key"))?;
            Ok(SealedIdentifier { key, seal: seal_of(&row.seal)? })
        });
        Ok(Some((tenant, person.collect::<Result<_, StoreError>>()?)))
    }

    /// Forgets erasures of longer ago: nothing is kept so long.
    pub async fn sweep_erasures(&mut self, keep_days: u32) -> Result<u64, StoreError> {
        let before = self.now() - TimeDelta::days(keep_days.into());
        let statement = sqlx::query_file!("sql/delete_old_erasures.sql", before);
        let done = statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(done.rows_affected())
    }

    async fn erasures_since(
        &mut self,
        since: DateTime<Utc>,
    ) -> Result<Vec<(TenantId, IdentifierSeal, DateTime<Utc>)>, StoreError> {
        let rows = sqlx::query_file!("sql/select_erasures_since.sql", since);
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        let read = rows.into_iter().map(|row| {
            Ok((TenantId(row.tenant_id.unsigned_abs()), seal_of(&row.seal)?, row.erased_at))
        });
        read.collect()
    }
}

/// The list as the pipeline asks for it: a copy, of which only what is new is read.
pub struct ErasureCopy {
    state: PostgresState,
    known: Mutex<ErasureCache>,
}

#[derive(Default)]
struct ErasureCache {
    erasures: Arc<Erasures>,
    newest: DateTime<Utc>,
    read_at: Option<Instant>,
}

impl ErasureCopy {
    /// Nothing is read yet.
    pub fn new(state: PostgresState) -> ErasureCopy {
        ErasureCopy { state, known: Mutex::default() }
    }

    async fn read(&self, known: &mut ErasureCache) -> Result<(), StoreError> {
        let since = known.newest.checked_sub_signed(OVERLAP).unwrap_or_default();
        let mut work = self.state.system().await?;
        let rows = work.erasures_since(since).await?;
        work.commit().await?;
        for (tenant, seal, erased_at) in rows {
            known.newest = known.newest.max(erased_at);
            let erased_at = UnixMillis(erased_at.timestamp_millis());
            Arc::make_mut(&mut known.erasures).insert(tenant, seal, erased_at);
        }
        known.read_at = Some(Instant::now());
        Ok(())
    }
}

#[async_trait]
impl ErasureList for ErasureCopy {
    async fn erasures(&self) -> Result<Arc<Erasures>, StoreError> {
        let mut known = self.known.lock().await;
        if known.read_at.is_none_or(|read_at| read_at.elapsed() > BELIEVED_FOR)
            && let Err(error) = self.read(&mut known).await
        {
            // Nobody can be put on a list that cannot be reached: what was read holds on.
            if known.read_at.is_none() {
                return Err(error);
            }
            tracing::warn!(%error, "the list of erased persons was not read anew");
        }
        Ok(known.erasures.clone())
    }
}

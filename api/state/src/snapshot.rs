//! The part of the state store that ingest needs, as one immutable value in memory.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono_tz::Tz;
use stratum_models::delivery::DatasetKey;
use stratum_models::directory::{AccessRefusal, ApiKeyHash, DatasetConfig, TenantAccess};
use stratum_models::id::{ApiKeyId, TenantId};
use stratum_models::money::Currency;
use stratum_models::platform::Platform;
use stratum_models::store::StoreError;
use stratum_models::time::UnixMillis;
use uuid::Uuid;

use super::api_key::ApiKeyScope;
use super::limit::Limits;
use super::tracking::TrackingSettings;
use super::work::SystemWork;
use super::{damaged, millis, store_error};

/// A key as the door knows it.
pub(super) struct Key {
    id: Uuid,
    tenant: TenantId,
    dataset: Option<Uuid>,
    scope: ApiKeyScope,
    revoked: bool,
    /// From when on it opens nothing; `None` for never.
    expires_at: Option<UnixMillis>,
    /// Set by the door, taken by the flush of "last used".
    used: AtomicBool,
}

impl Key {
    /// Open to senders where `sends`, else to readers.
    fn open(&self, sends: bool, now: UnixMillis) -> Result<&Key, AccessRefusal> {
        if self.revoked || self.expires_at.is_some_and(|end| end <= now) {
            return Err(AccessRefusal::RevokedKey);
        }
        if (self.scope == ApiKeyScope::Ingest) != sends {
            return Err(AccessRefusal::WrongScope);
        }
        // Reading first keeps the cache line shared between the cores of a busy key.
        if !self.used.load(Ordering::Relaxed) {
            self.used.store(true, Ordering::Relaxed);
        }
        Ok(self)
    }
}

/// A tenant's datasets by platform and the platform's id.
type Datasets = HashMap<(Option<Platform>, String), (Uuid, Arc<DatasetConfig>)>;

/// Tenants, datasets and keys at one revision of the store.
#[derive(Default)]
pub struct Snapshot {
    pub(super) revision: i64,
    tenants: HashMap<TenantId, Arc<TenantAccess>>,
    events_per_second: HashMap<TenantId, u32>,
    reporting_currencies: HashMap<TenantId, Currency>,
    keys: HashMap<[u8; 32], Key>,
    datasets: HashMap<TenantId, Datasets>,
}

impl Snapshot {
    /// The dataset that an ingest key opens.
    pub fn dataset(
        &self,
        key: &ApiKeyHash,
        platform: Option<Platform>,
        dataset_id: &str,
        now: UnixMillis,
    ) -> Result<Arc<DatasetConfig>, AccessRefusal> {
        let key = self.keys.get(&key.0).ok_or(AccessRefusal::UnknownKey)?.open(true, now)?;
        let datasets = self.datasets.get(&key.tenant).ok_or(AccessRefusal::UnknownDataset)?;
        let (id, config) = datasets
            .get(&(platform, dataset_id.to_owned()))
            .ok_or(AccessRefusal::UnknownDataset)?;
        match key.dataset {
            Some(only) if only != *id => Err(AccessRefusal::WrongScope),
            _ => Ok(config.clone()),
        }
    }

    /// The dataset of no ad platform that an ingest key alone names.
    pub fn own_dataset(
        &self,
        key: &ApiKeyHash,
        now: UnixMillis,
    ) -> Result<Arc<DatasetConfig>, AccessRefusal> {
        let key = self.keys.get(&key.0).ok_or(AccessRefusal::UnknownKey)?.open(true, now)?;
        let datasets = self.datasets.get(&key.tenant).ok_or(AccessRefusal::UnknownDataset)?;
        let mut own = datasets.values().filter(|(id, config)| {
            key.dataset.map_or(config.platform.is_none(), |only| only == *id)
        });
        match (own.next(), own.next()) {
            (Some((_, only)), None) if only.platform.is_some() => Err(AccessRefusal::WrongScope),
            (Some((_, only)), None) => Ok(only.clone()),
            _ => Err(AccessRefusal::UnknownDataset),
        }
    }

    /// The tenant that an ingest key sends for.
    pub fn sender(&self, key: &ApiKeyHash, now: UnixMillis) -> Result<TenantId, AccessRefusal> {
        let key = self.keys.get(&key.0).ok_or(AccessRefusal::UnknownKey)?;
        Ok(key.open(true, now)?.tenant)
    }

    /// The tenant that an ingest key opens. A key for one dataset opens no whole tenant.
    pub fn tenant(
        &self,
        key: &ApiKeyHash,
        now: UnixMillis,
    ) -> Result<Arc<TenantAccess>, AccessRefusal> {
        let key = self.keys.get(&key.0).ok_or(AccessRefusal::UnknownKey)?.open(true, now)?;
        if key.dataset.is_some() {
            return Err(AccessRefusal::WrongScope);
        }
        self.tenants.get(&key.tenant).cloned().ok_or(AccessRefusal::UnknownKey)
    }

    /// Key and tenant that a key for reading or exporting opens.
    pub fn reader(
        &self,
        key: &ApiKeyHash,
        now: UnixMillis,
    ) -> Result<(ApiKeyId, TenantId, ApiKeyScope), AccessRefusal> {
        let key = self.keys.get(&key.0).ok_or(AccessRefusal::UnknownKey)?.open(false, now)?;
        Ok((ApiKeyId(key.id), key.tenant, key.scope))
    }

    /// The zone of a tenant.
    pub fn time_zone(&self, tenant: TenantId) -> Option<Tz> {
        self.tenants.get(&tenant).map(|access| access.time_zone)
    }

    /// The currency a tenant's totals are shown in.
    pub fn reporting_currency(&self, tenant: TenantId) -> Option<Currency> {
        self.reporting_currencies.get(&tenant).copied()
    }

    /// The number of events and ad reports a second that are taken from a tenant; `None` for as many as come.
    pub fn events_per_second(&self, tenant: TenantId) -> Option<u32> {
        self.events_per_second.get(&tenant).copied()
    }

    /// The keys used since this was last asked.
    pub(super) fn take_used(&self) -> Vec<Uuid> {
        let used = self.keys.values().filter(|key| key.used.swap(false, Ordering::Relaxed));
        used.map(|key| key.id).collect()
    }

    /// Keeps the marks of keys used under `older` and not written down yet.
    pub(super) fn inherit_used(&self, older: &Snapshot) {
        for (hash, key) in &older.keys {
            if key.used.load(Ordering::Relaxed)
                && let Some(kept) = self.keys.get(hash)
            {
                kept.used.store(true, Ordering::Relaxed);
            }
        }
    }

    /// Adds a tenant.
    pub fn insert_tenant(&mut self, tenant: TenantId, time_zone: Tz) {
        self.tenants.insert(tenant, Arc::new(TenantAccess { tenant_id: tenant, time_zone }));
    }

    /// Adds a dataset of a tenant.
    pub fn insert_dataset(&mut self, id: Uuid, config: DatasetConfig) {
        let place = (config.platform, config.dataset_id.clone());
        let of_tenant = self.datasets.entry(config.tenant_id).or_default();
        of_tenant.insert(place, (id, Arc::new(config)));
    }

    fn insert_key(&mut self, hash: [u8; 32], key: Key) {
        self.keys.insert(hash, key);
    }
}

impl SystemWork {
    /// The revision that a snapshot taken now would have.
    pub(super) async fn directory_revision(&mut self) -> Result<i64, StoreError> {
        let row = sqlx::query_file!("sql/select_directory_revision.sql");
        Ok(row.fetch_one(self.connection()).await.map_err(store_error)?.revision)
    }

    /// Everything at one revision. The revision is read first: a change in between only makes the
    /// snapshot look older than it is, and it is taken again.
    pub(super) async fn snapshot(&mut self) -> Result<Snapshot, StoreError> {
        let mut snapshot =
            Snapshot { revision: self.directory_revision().await?, ..Snapshot::default() };
        let tenants = sqlx::query_file!("sql/select_directory_tenants.sql");
        for row in tenants.fetch_all(self.connection()).await.map_err(store_error)? {
            let zone = row.time_zone.parse().map_err(|_| damaged("time zone"))?;
            let tenant = TenantId(row.id.unsigned_abs());
            let limits = Limits::stored(&row.plan, row.limits)?;
            snapshot.insert_tenant(tenant, zone);
            snapshot.events_per_second.insert(tenant, limits.events_per_second);
            let currency = row.reporting_currency.parse().map_err(|_| damaged("currency"))?;
            snapshot.reporting_currencies.insert(tenant, currency);
        }
        let sealings = self.sealings().await?;
        let datasets = sqlx::query_file!("sql/select_directory_datasets.sql");
        for row in datasets.fetch_all(self.connection()).await.map_err(store_error)? {
            let tenant_id = TenantId(row.tenant_id.unsigned_abs());
            // A tenant added since the tenants were read comes with the next snapshot.
            let Some(time_zone) = snapshot.time_zone(tenant_id) else { continue };
            let platform = Platform::parse_optional(&row.platform);
            let dataset = DatasetKey {
                tenant_id,
                platform: platform.ok_or_else(|| damaged("platform"))?,
                dataset_id: row.external_id,
            };
            let settings = TrackingSettings::stored(row.default_calling_code, row.policy)?;
            let config = DatasetConfig {
                tenant_id,
                platform: dataset.platform,
                dataset_id: dataset.dataset_id.clone(),
                time_zone,
                version: row.version.unsigned_abs(),
                default_calling_code: settings.default_calling_code,
                policy: settings.policy,
                event_name: row.event_name,
                delivery: sealings.of(row.id, dataset),
            };
            snapshot.insert_dataset(row.id, config);
        }
        let keys = sqlx::query_file!("sql/select_directory_keys.sql");
        for row in keys.fetch_all(self.connection()).await.map_err(store_error)? {
            let hash = row.sha256.try_into().map_err(|_| damaged("key hash"))?;
            let key = Key {
                id: row.id,
                tenant: TenantId(row.tenant_id.unsigned_abs()),
                dataset: row.dataset_id,
                scope: ApiKeyScope::parse(&row.scope).ok_or_else(|| damaged("scope"))?,
                revoked: row.revoked,
                expires_at: row.expires_at.map(millis),
                used: AtomicBool::new(false),
            };
            snapshot.insert_key(hash, key);
        }
        Ok(snapshot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_700_000_000_000);

    fn config(tenant: u64, dataset: &str) -> DatasetConfig {
        DatasetConfig {
            tenant_id: TenantId(tenant),
            platform: Some(Platform::Meta),
            dataset_id: dataset.to_owned(),
            time_zone: Tz::UTC,
            version: 1,
            default_calling_code: None,
            policy: Default::default(),
            event_name: None,
            delivery: None,
        }
    }

    fn key(tenant: u64, dataset: Option<u128>, scope: ApiKeyScope, revoked: bool) -> Key {
        let dataset = dataset.map(Uuid::from_u128);
        let (id, tenant) = (Uuid::from_u128(9), TenantId(tenant));
        let used = AtomicBool::new(false);
        Key { id, tenant, dataset, scope, revoked, expires_at: None, used }
    }

    /// Two tenants with one dataset name in common; the first has two datasets.
    fn snapshot() -> Snapshot {
        let mut snapshot = Snapshot::default();
        for tenant in [1, 2] {
            snapshot.insert_tenant(TenantId(tenant), Tz::UTC);
        }
        snapshot.insert_dataset(Uuid::from_u128(1), config(1, "shared"));
        snapshot.insert_dataset(Uuid::from_u128(2), config(1, "own"));
        snapshot.insert_dataset(Uuid::from_u128(3), config(2, "shared"));
        let mut add = |text: &str, key| snapshot.insert_key(ApiKeyHash::of(text).0, key);
        add("one", key(1, None, ApiKeyScope::Ingest, false));
        add("two", key(2, None, ApiKeyScope::Ingest, false));
        add("only-own", key(1, Some(2), ApiKeyScope::Ingest, false));
        add("read", key(1, None, ApiKeyScope::Read, false));
        add("revoked", key(1, None, ApiKeyScope::Ingest, true));
        for (name, scope) in
            [("sends a while", ApiKeyScope::Ingest), ("reads a while", ApiKeyScope::Read)]
        {
            add(name, Key { expires_at: Some(NOW), ..key(1, None, scope, false) });
        }
        snapshot
    }

    fn open(snapshot: &Snapshot, key: &str, dataset: &str) -> Result<u64, AccessRefusal> {
        let config = snapshot.dataset(&ApiKeyHash::of(key), Some(Platform::Meta), dataset, NOW)?;
        Ok(config.tenant_id.0)
    }

    #[test]
    fn a_key_opens_nothing_once_its_time_is_over() {
        let (snapshot, before) = (snapshot(), UnixMillis(NOW.0 - 1));
        let (sends, reads) = (ApiKeyHash::of("sends a while"), ApiKeyHash::of("reads a while"));
        assert!(snapshot.dataset(&sends, Some(Platform::Meta), "own", before).is_ok());
        assert!(snapshot.tenant(&sends, before).is_ok() && snapshot.reader(&reads, before).is_ok());
        let over = Some(AccessRefusal::RevokedKey);
        assert_eq!(snapshot.dataset(&sends, Some(Platform::Meta), "own", NOW).err(), over);
        assert_eq!(snapshot.tenant(&sends, NOW).err(), over);
        assert_eq!(snapshot.reader(&reads, NOW).err(), over);
    }

    #[test]
    fn a_key_opens_the_datasets_of_its_tenant_and_no_other() {
        let snapshot = snapshot();
        assert_eq!(open(&snapshot, "one", "shared"), Ok(1));
        assert_eq!(open(&snapshot, "two", "shared"), Ok(2));
        assert_eq!(open(&snapshot, "two", "own"), Err(AccessRefusal::UnknownDataset));
        assert_eq!(open(&snapshot, "nobody", "own"), Err(AccessRefusal::UnknownKey));
        assert_eq!(open(&snapshot, "revoked", "own"), Err(AccessRefusal::RevokedKey));
        assert_eq!(open(&snapshot, "read", "own"), Err(AccessRefusal::WrongScope));
    }

    #[test]
    fn a_key_for_one_dataset_opens_nothing_else() {
        let snapshot = snapshot();
        assert_eq!(open(&snapshot, "only-own", "own"), Ok(1));
        assert_eq!(open(&snapshot, "only-own", "shared"), Err(AccessRefusal::WrongScope));
        let whole = snapshot.tenant(&ApiKeyHash::of("only-own"), NOW);
        assert_eq!(whole, Err(AccessRefusal::WrongScope));
        assert_eq!(snapshot.sender(&ApiKeyHash::of("only-own"), NOW), Ok(TenantId(1)));
        assert_eq!(snapshot.tenant(&ApiKeyHash::of("two"), NOW).unwrap().tenant_id, TenantId(2));
    }

    #[test]
    fn a_key_names_the_dataset_of_no_platform_where_it_leaves_no_choice() {
        let mut snapshot = snapshot();
        let own = |snapshot: &Snapshot, key: &str| {
            let dataset = snapshot.own_dataset(&ApiKeyHash::of(key), NOW);
            dataset.map(|dataset| dataset.dataset_id.clone())
        };
        let of_none = |dataset| DatasetConfig { platform: None, ..config(1, dataset) };
        assert_eq!(own(&snapshot, "one"), Err(AccessRefusal::UnknownDataset));
        assert_eq!(own(&snapshot, "only-own"), Err(AccessRefusal::WrongScope));
        assert_eq!(own(&snapshot, "revoked"), Err(AccessRefusal::RevokedKey));
        snapshot.insert_dataset(Uuid::from_u128(4), of_none("shop"));
        assert_eq!(own(&snapshot, "one"), Ok("shop".to_owned()));
        snapshot.insert_dataset(Uuid::from_u128(5), of_none("app"));
        assert_eq!(own(&snapshot, "one"), Err(AccessRefusal::UnknownDataset));
        let only_app = key(1, Some(5), ApiKeyScope::Ingest, false);
        snapshot.insert_key(ApiKeyHash::of("only-app").0, only_app);
        assert_eq!(own(&snapshot, "only-app"), Ok("app".to_owned()));
    }

    #[test]
    fn used_keys_are_told_once_and_survive_a_new_snapshot() {
        let (old, new) = (snapshot(), snapshot());
        open(&old, "one", "own").unwrap();
        new.inherit_used(&old);
        assert_eq!(new.take_used(), [Uuid::from_u128(9)]);
        assert!(new.take_used().is_empty());
    }
}

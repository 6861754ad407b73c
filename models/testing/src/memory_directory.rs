//! The directory's twin: tenants, datasets and keys in memory. Changes show at once.

use std::collections::HashMap;
use std::sync::Arc;

use chrono_tz::Tz;
use parking_lot::RwLock;

use stratum_models::directory::{
    AccessRefusal, ApiKeyHash, DatasetConfig, TenantAccess, TenantDirectory,
};
use stratum_models::id::TenantId;
use stratum_models::platform::Platform;

/// The use that a key is granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyGrant {
    /// Ingest into every dataset of the tenant.
    Tenant(TenantId),
    /// Ingest into one dataset of the tenant.
    Dataset(TenantId, Option<Platform>, String),
    /// Something else than ingest.
    OtherScope(TenantId),
    /// Nothing any more.
    Revoked,
}

/// A directory in memory. Clones share it.
#[derive(Clone, Default)]
pub struct MemoryDirectory {
    entries: Arc<RwLock<Entries>>,
}

#[derive(Default)]
struct Entries {
    tenants: HashMap<TenantId, Arc<TenantAccess>>,
    datasets: HashMap<(TenantId, Option<Platform>, String), Arc<DatasetConfig>>,
    keys: HashMap<ApiKeyHash, KeyGrant>,
    rows_per_second: HashMap<TenantId, u32>,
}

impl MemoryDirectory {
    /// An empty directory.
    pub fn new() -> MemoryDirectory {
        MemoryDirectory::default()
    }

    /// Adds a tenant, or changes its zone.
    #[must_use]
    pub fn with_tenant(self, tenant_id: TenantId, time_zone: Tz) -> Self {
        self.put_tenant(tenant_id, time_zone);
        self
    }

    /// Adds a dataset in version 1, treated by the defaults, in its tenant's zone (UTC when the tenant
    /// is not there yet).
    #[must_use]
    pub fn with_dataset(
        self,
        tenant_id: TenantId,
        platform: impl Into<Option<Platform>>,
        dataset_id: &str,
    ) -> Self {
        let platform = platform.into();
        let time_zone = self.entries.read().tenants.get(&tenant_id).map(|t| t.time_zone);
        self.put_dataset(DatasetConfig {
            tenant_id,
            platform,
            dataset_id: dataset_id.into(),
            time_zone: time_zone.unwrap_or(Tz::UTC),
            version: 1,
            default_calling_code: None,
            policy: Default::default(),
            event_name: None,
            delivery: None,
        });
        self
    }

    /// Adds a dataset of a platform whose format has no names of events, which are called so.
    #[must_use]
    pub fn with_named_dataset(
        self,
        tenant_id: TenantId,
        platform: Platform,
        dataset_id: &str,
        event_name: &str,
    ) -> Self {
        let directory = self.with_dataset(tenant_id, platform, dataset_id);
        let place = (tenant_id, Some(platform), dataset_id.to_owned());
        let made = directory.entries.read().datasets.get(&place).cloned();
        if let Some(made) = made {
            let event_name = Some(event_name.to_owned());
            directory.put_dataset(DatasetConfig { event_name, ..(*made).clone() });
        }
        directory
    }

    /// Adds a key for all datasets of a tenant.
    #[must_use]
    pub fn with_key(self, key: &str, tenant_id: TenantId) -> Self {
        self.put_key(key, KeyGrant::Tenant(tenant_id));
        self
    }

    /// Adds a tenant, or changes its zone.
    pub fn put_tenant(&self, tenant_id: TenantId, time_zone: Tz) {
        let access = Arc::new(TenantAccess { tenant_id, time_zone });
        self.entries.write().tenants.insert(tenant_id, access);
    }

    /// Takes so many rows a second of a tenant.
    pub fn put_rows_per_second(&self, tenant_id: TenantId, rows: u32) {
        self.entries.write().rows_per_second.insert(tenant_id, rows);
    }

    /// Adds a dataset, or puts a new version in force.
    pub fn put_dataset(&self, dataset: DatasetConfig) {
        let key = (dataset.tenant_id, dataset.platform, dataset.dataset_id.clone());
        self.entries.write().datasets.insert(key, Arc::new(dataset));
    }

    /// Adds a key, or changes what it opens.
    pub fn put_key(&self, key: &str, grant: KeyGrant) {
        self.entries.write().keys.insert(ApiKeyHash::of(key), grant);
    }

    /// Revokes a key.
    pub fn revoke_key(&self, key: &str) {
        self.put_key(key, KeyGrant::Revoked);
    }
}

impl TenantDirectory for MemoryDirectory {
    fn dataset(
        &self,
        key: &ApiKeyHash,
        platform: Option<Platform>,
        dataset_id: &str,
    ) -> Result<Arc<DatasetConfig>, AccessRefusal> {
        let entries = self.entries.read();
        let tenant_id = match entries.keys.get(key).ok_or(AccessRefusal::UnknownKey)? {
            KeyGrant::Tenant(tenant_id) => *tenant_id,
            KeyGrant::Revoked => return Err(AccessRefusal::RevokedKey),
            KeyGrant::OtherScope(_) => return Err(AccessRefusal::WrongScope),
            KeyGrant::Dataset(tenant_id, granted, id) => {
                if (*granted, id.as_str()) != (platform, dataset_id) {
                    return Err(AccessRefusal::WrongScope);
                }
                *tenant_id
            }
        };
        let dataset = entries.datasets.get(&(tenant_id, platform, dataset_id.into()));
        dataset.cloned().ok_or(AccessRefusal::UnknownDataset)
    }

    fn own_dataset(&self, key: &ApiKeyHash) -> Result<Arc<DatasetConfig>, AccessRefusal> {
        let tenant_id = self.sender(key)?;
        let entries = self.entries.read();
        if let Some(KeyGrant::Dataset(_, platform, id)) = entries.keys.get(key) {
            if platform.is_some() {
                return Err(AccessRefusal::WrongScope);
            }
            let dataset = entries.datasets.get(&(tenant_id, None, id.clone()));
            return dataset.cloned().ok_or(AccessRefusal::UnknownDataset);
        }
        let of_none =
            |one: &&Arc<DatasetConfig>| one.tenant_id == tenant_id && one.platform.is_none();
        let mut own = entries.datasets.values().filter(of_none);
        match (own.next(), own.next()) {
            (Some(only), None) => Ok(only.clone()),
            _ => Err(AccessRefusal::UnknownDataset),
        }
    }

    fn sender(&self, key: &ApiKeyHash) -> Result<TenantId, AccessRefusal> {
        match self.entries.read().keys.get(key).ok_or(AccessRefusal::UnknownKey)? {
            KeyGrant::Tenant(tenant_id) | KeyGrant::Dataset(tenant_id, ..) => Ok(*tenant_id),
            KeyGrant::Revoked => Err(AccessRefusal::RevokedKey),
            KeyGrant::OtherScope(_) => Err(AccessRefusal::WrongScope),
        }
    }

    fn rows_per_second(&self, tenant: TenantId) -> Option<u32> {
        self.entries.read().rows_per_second.get(&tenant).copied()
    }

    fn tenant(&self, key: &ApiKeyHash) -> Result<Arc<TenantAccess>, AccessRefusal> {
        let entries = self.entries.read();
        let tenant_id = match entries.keys.get(key).ok_or(AccessRefusal::UnknownKey)? {
            KeyGrant::Tenant(tenant_id) => tenant_id,
            KeyGrant::Revoked => return Err(AccessRefusal::RevokedKey),
            KeyGrant::Dataset(..) | KeyGrant::OtherScope(_) => {
                return Err(AccessRefusal::WrongScope);
            }
        };
        // A key without its tenant opens nothing.
        entries.tenants.get(tenant_id).cloned().ok_or(AccessRefusal::UnknownKey)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_opens_its_own_tenants_datasets_only() {
        let (mine, theirs) = (TenantId(1), TenantId(2));
        let directory = MemoryDirectory::new()
            .with_tenant(mine, Tz::Europe__Berlin)
            .with_tenant(theirs, Tz::UTC)
            .with_dataset(mine, Platform::Meta, "1")
            .with_dataset(theirs, Platform::Meta, "2")
            .with_key("stk_mine", mine);
        let key = ApiKeyHash::of("stk_mine");
        let dataset = directory.dataset(&key, Some(Platform::Meta), "1").unwrap();
        assert_eq!((dataset.tenant_id, dataset.time_zone), (mine, Tz::Europe__Berlin));
        assert_eq!(directory.tenant(&key).unwrap().tenant_id, mine);
        let refusal = |id| directory.dataset(&key, Some(Platform::Meta), id).unwrap_err();
        assert_eq!(refusal("2"), AccessRefusal::UnknownDataset);
        let unknown = directory.tenant(&ApiKeyHash::of("stk_none")).unwrap_err();
        assert_eq!(unknown, AccessRefusal::UnknownKey);

        let one = KeyGrant::Dataset(mine, Some(Platform::Meta), "1".into());
        directory.put_key("stk_mine", one);
        assert!(directory.dataset(&key, Some(Platform::Meta), "1").is_ok());
        assert_eq!(directory.tenant(&key).unwrap_err(), AccessRefusal::WrongScope);
        assert_eq!(directory.sender(&key), Ok(mine));
        directory.revoke_key("stk_mine");
        assert_eq!(refusal("1"), AccessRefusal::RevokedKey);
    }
}

//! Who an API key belongs to and how its datasets are treated: all that ingest and the pipeline see
//! of the state store. Answers come from memory; a change in the state store shows within 2 s.

use std::sync::Arc;

use chrono_tz::Tz;
use sha2::{Digest, Sha256};

use crate::delivery::DatasetSeal;
use crate::id::TenantId;
use crate::platform::Platform;
use crate::tracking::TrackingPolicy;

/// The SHA-256 of an API key; keys are never kept in clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ApiKeyHash(pub [u8; 32]);

impl ApiKeyHash {
    /// The hash of a key as it was presented.
    pub fn of(key: &str) -> ApiKeyHash {
        ApiKeyHash(Sha256::digest(key.as_bytes()).into())
    }
}

/// Treatment of one dataset's events. Every event carries the version it was treated with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatasetConfig {
    /// Whose it is.
    pub tenant_id: TenantId,
    /// The ad platform it is of; `None` where its events are for none.
    pub platform: Option<Platform>,
    /// The platform's pixel or dataset id, or the tenant's own name for it.
    pub dataset_id: String,
    /// The time zone of its days.
    pub time_zone: Tz,
    /// The version of the tracking configuration.
    pub version: u32,
    /// The calling code put before phone numbers that have none, without `+`.
    pub default_calling_code: Option<u16>,
    /// The repairs in force.
    pub policy: TrackingPolicy,
    /// The name of its events, where the platform's format has none.
    pub event_name: Option<String>,
    /// How its events are sealed for the platforms they are handed on to; `None` where no destination
    /// wants any.
    pub delivery: Option<Arc<DatasetSeal>>,
}

/// The tenant behind an API key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantAccess {
    /// Who.
    pub tenant_id: TenantId,
    /// The zone its days belong to.
    pub time_zone: Tz,
}

/// Why a key does not open what it was presented for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccessRefusal {
    /// No such key.
    #[error("the API key is not known")]
    UnknownKey,
    /// The key was revoked.
    #[error("the API key was revoked")]
    RevokedKey,
    /// The key is for something else (reading, or another dataset).
    #[error("the API key may not be used for this")]
    WrongScope,
    /// The tenant has no such dataset.
    #[error("the dataset is not known")]
    UnknownDataset,
}

/// The directory of tenants, keys and datasets.
pub trait TenantDirectory: Send + Sync {
    /// The dataset an ingest key opens. A dataset of another tenant is `UnknownDataset`.
    fn dataset(
        &self,
        key: &ApiKeyHash,
        platform: Option<Platform>,
        dataset_id: &str,
    ) -> Result<Arc<DatasetConfig>, AccessRefusal>;

    /// The dataset of no ad platform that an ingest key alone names: the one it is for, or the only one of its
    /// tenant. `WrongScope` where it is for another, `UnknownDataset` where there is none or a choice.
    fn own_dataset(&self, key: &ApiKeyHash) -> Result<Arc<DatasetConfig>, AccessRefusal>;

    /// The tenant that an ingest key sends for, whatever of it the key opens: who pays for a request that
    /// names its dataset in its body.
    fn sender(&self, key: &ApiKeyHash) -> Result<TenantId, AccessRefusal>;

    /// Most rows a second taken from a tenant; `None` for as many as come.
    fn rows_per_second(&self, tenant: TenantId) -> Option<u32>;

    /// The tenant an ingest key opens, for rows that belong to no dataset.
    fn tenant(&self, key: &ApiKeyHash) -> Result<Arc<TenantAccess>, AccessRefusal>;
}

//! One tenant with one dataset, on the real clock.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use chrono_tz::Tz;
use stratum_models::directory::DatasetConfig;
use stratum_models::id::TenantId;
use stratum_models::platform::Platform;
use stratum_models::seal::TenantKeys;
use stratum_models::time::{Clock, SharedClock, UnixMillis};
use stratum_testing::identifier_keys;
use stratum_testing::memory_directory::MemoryDirectory;

/// The API key of the benchmark's tenant.
pub const KEY: &str = "stk_benchmark";
/// Its dataset.
pub const DATASET: &str = "1234567890";

struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> UnixMillis {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        UnixMillis(since.as_millis() as i64)
    }
}

/// The real clock.
pub fn clock() -> SharedClock {
    Arc::new(WallClock)
}

/// How the dataset is treated.
pub fn dataset() -> DatasetConfig {
    DatasetConfig {
        tenant_id: TenantId(1),
        platform: Some(Platform::Meta),
        dataset_id: DATASET.into(),
        time_zone: Tz::UTC,
        version: 1,
        default_calling_code: None,
        policy: Default::default(),
        event_name: None,
        delivery: None,
    }
}

/// What its identifiers are sealed with.
pub fn keys() -> Arc<TenantKeys> {
    identifier_keys().of(TenantId(1))
}

/// A directory that knows the tenant.
pub fn directory() -> MemoryDirectory {
    let directory =
        MemoryDirectory::new().with_tenant(TenantId(1), Tz::UTC).with_key(KEY, TenantId(1));
    directory.put_dataset(dataset());
    directory
}

//! Events on their way to platforms: which of a dataset's are wanted, and the key they are sealed with.

mod destination;
mod latency;
mod ledger;

use std::collections::BTreeSet;
use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::log::{PartitionId, partition_of};
use crate::time::{HOUR_MS, UnixMillis};

pub use destination::{ConsentPolicy, DatasetKey, DeliveryDirectory, DeliveryMode, Destination};
pub use latency::LatencyHistogram;
pub use ledger::{
    DeadLetter, DeliveryHealth, DeliveryLedger, DeliveryOutcome, DeliveryRange, DeliveryRequest,
    LaneState, OutcomeCount, Ownership, RANGES_MAX, REQUESTS_KEPT, RangeId, RangeKind,
    RequestOutcome, SettleError, Settlement,
};

impl DatasetKey {
    /// The partition of deliveries that all of the dataset lies in, in the order it was taken in. It must never
    /// change for a log that holds records.
    pub fn partition(&self, partitions: u32) -> PartitionId {
        let platform = self.platform.map_or(0, |platform| platform.code().unsigned_abs());
        let parts: [&[u8]; 3] =
            [&self.tenant_id.0.to_be_bytes(), &[platform], self.dataset_id.as_bytes()];
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let digest: [u8; 32] = hash.finalize().into();
        let first = digest.first_chunk::<8>().map_or(0, |first| u64::from_be_bytes(*first));
        partition_of(first, partitions)
    }
}

/// The hour that a data key was made for, in hours since 1970. A dataset has one key an hour, so the hour
/// names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyHour(pub u32);

impl KeyHour {
    /// The hour of an instant.
    pub fn of(instant: UnixMillis) -> KeyHour {
        KeyHour(u32::try_from(instant.0.div_euclid(HOUR_MS)).unwrap_or(0))
    }

    /// The instant it begins.
    pub fn begin(self) -> UnixMillis {
        UnixMillis(i64::from(self.0) * HOUR_MS)
    }
}

/// An AES-256 key. It cannot be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct DataKey([u8; 32]);

impl DataKey {
    /// Wraps a key.
    pub fn new(key: [u8; 32]) -> DataKey {
        DataKey(key)
    }

    /// The key itself, for the one who seals or opens with it.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(…)")
    }
}

/// The events that one destination takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventFilter {
    /// The names it takes; `None` for all.
    pub names: Option<BTreeSet<String>>,
    /// Whether it takes what senders mark as a test.
    pub takes_tests: bool,
}

impl EventFilter {
    /// Whether it takes an event of this name.
    pub fn takes(&self, name: &str, is_test: bool) -> bool {
        (self.takes_tests || !is_test)
            && self.names.as_ref().is_none_or(|names| names.contains(name))
    }
}

/// How the events of one dataset are sealed for its destinations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatasetSeal {
    /// The dataset.
    pub dataset: DatasetKey,
    /// The hour that `key` was made for.
    pub hour: KeyHour,
    /// What records are sealed with.
    pub key: DataKey,
    /// One a destination.
    pub filters: Vec<EventFilter>,
}

impl DatasetSeal {
    /// How long a key may be used after its hour: for so long a door may do without a newer one. Keys are
    /// deleted only after it.
    pub const GRACE_MS: i64 = 12 * HOUR_MS;

    /// Whether any destination takes an event of this name.
    pub fn wants(&self, name: &str, is_test: bool) -> bool {
        self.filters.iter().any(|filter| filter.takes(name, is_test))
    }

    /// Whether the key may still be used: afterwards nothing may be taken in for the dataset, for it
    /// could not be handed on.
    pub fn is_usable_at(&self, now: UnixMillis) -> bool {
        now.0 < self.hour.begin().0 + HOUR_MS + DatasetSeal::GRACE_MS
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::TenantId;
    use crate::platform::Platform;

    fn sealing(filters: Vec<EventFilter>) -> DatasetSeal {
        DatasetSeal {
            dataset: DatasetKey {
                tenant_id: TenantId(1),
                platform: Some(Platform::Meta),
                dataset_id: "1".into(),
            },
            hour: KeyHour(500_000),
            key: DataKey::new([7; 32]),
            filters,
        }
    }

    #[test]
    fn an_event_is_wanted_where_one_destination_takes_it() {
        let all = EventFilter { names: None, takes_tests: false };
        let names = Some(["Purchase".to_owned()].into());
        let purchases = EventFilter { names, takes_tests: true };
        assert!(!sealing(vec![]).wants("Purchase", false));
        assert!(sealing(vec![all.clone()]).wants("Lead", false));
        assert!(!sealing(vec![all.clone()]).wants("Lead", true));
        let both = sealing(vec![all, purchases]);
        assert!(both.wants("Purchase", true) && both.wants("Lead", false));
        assert!(!both.wants("Lead", true));
    }

    #[test]
    fn a_key_is_used_for_its_hour_and_twelve_more() {
        let one = sealing(vec![]);
        let begin = KeyHour(500_000).begin();
        assert_eq!(KeyHour::of(begin), one.hour);
        assert_eq!(KeyHour::of(UnixMillis(begin.0 - 1)), KeyHour(499_999));
        assert!(one.is_usable_at(UnixMillis(begin.0 + 13 * HOUR_MS - 1)));
        assert!(!one.is_usable_at(UnixMillis(begin.0 + 13 * HOUR_MS)));
    }

    #[test]
    fn a_key_is_not_printed() {
        let printed = format!("{:?}", sealing(vec![]));
        assert!(printed.contains("DataKey(…)") && !printed.contains('7'), "{printed}");
    }
}

//! The key that events are deduplicated by.

use sha2::{Digest, Sha256};

use crate::id::TenantId;
use crate::platform::Platform;

/// The mark of one conversion, equal in two events of it: the first 128 bits of the SHA-256 of tenant,
/// platform, dataset, event name and the sender's event id. The dialect is none of it: what a page and a
/// server send of one purchase may come in two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DedupKey(pub u128);

impl DedupKey {
    /// The key of the event a sender called `event_id`.
    pub fn of(
        tenant: TenantId,
        platform: Option<Platform>,
        dataset_id: &str,
        event_name: &str,
        event_id: &str,
    ) -> DedupKey {
        let mut hash = Sha256::new();
        hash.update(tenant.0.to_be_bytes());
        hash.update([Platform::optional_code(platform).unsigned_abs()]);
        for part in [dataset_id, event_name] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.update(event_id);
        let digest: [u8; 32] = hash.finalize().into();
        DedupKey::from_bytes(digest.first_chunk::<16>().copied().unwrap_or_default())
    }

    /// The key as it is kept in a batch.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// The inverse of [`DedupKey::to_bytes`].
    pub const fn from_bytes(bytes: [u8; 16]) -> DedupKey {
        DedupKey(u128::from_be_bytes(bytes))
    }
}

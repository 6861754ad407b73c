//! Persons who were erased while their events waited.

use std::sync::Arc;

use stratum_models::erasure::Erasures;
use stratum_models::identifier::{HashedIdentifier, IdentifierHash};
use stratum_models::seal::TenantKeys;
use stratum_models::time::UnixMillis;
use stratum_wire::envelope::OutboundEvent;

/// The erased persons of a destination's tenant.
pub struct ErasedPersons {
    erasures: Arc<Erasures>,
    keys: Arc<TenantKeys>,
}

impl ErasedPersons {
    /// Those of the list whose identifiers these keys sealed.
    pub fn new(erasures: Arc<Erasures>, keys: Arc<TenantKeys>) -> ErasedPersons {
        ErasedPersons { erasures, keys }
    }

    /// Whether the event is about one of them, and was received before the erasure.
    pub fn hold(&self, event: &OutboundEvent<'_>) -> bool {
        let received = UnixMillis(event.received_at_ms);
        // Nearly all events came after every erasure.
        if self.erasures.newest() < Some(received) {
            return false;
        }
        let seals = event.hashes.iter().flat_map(|one| {
            let hash = IdentifierHash(one.hash);
            self.keys.seals(HashedIdentifier { key: one.key, hash })
        });
        self.erasures.hold(self.keys.tenant(), seals.map(|sealed| sealed.seal), received)
    }
}

#[cfg(test)]
mod tests {
    use stratum_models::id::TenantId;
    use stratum_models::identifier::IdentifierKey;
    use stratum_models::seal::IdentifierKeys;
    use stratum_wire::envelope::OutboundHash;

    use super::super::samples::{NOW, event};
    use super::*;

    #[test]
    fn an_event_of_an_erased_person_is_known_by_any_identifier_and_key() {
        let (root, older) = ([7; 32], [8; 32]);
        let keys = IdentifierKeys::new(&root, [&older[..]]).of(TenantId(1));
        let of =
            |byte| HashedIdentifier { key: IdentifierKey::Email, hash: IdentifierHash([byte; 32]) };
        let before = IdentifierKeys::new(&older, []).of(TenantId(1)).seals(of(1));
        let mut erasures = Erasures::default();
        erasures.insert(TenantId(1), before[0].seal, NOW);
        let persons = ErasedPersons::new(Arc::new(erasures), keys);
        let with = |bytes: &[u8], received: i64| {
            let hashes =
                bytes.iter().map(|byte| OutboundHash { key: of(*byte).key, hash: [*byte; 32] });
            OutboundEvent { hashes: hashes.collect(), received_at_ms: received, ..event() }
        };
        assert!(persons.hold(&with(&[2, 1], NOW.0)));
        assert!(!persons.hold(&with(&[2], NOW.0)), "another person");
        assert!(!persons.hold(&with(&[1], NOW.0 + 1)), "an event that came after the erasure");
        assert!(!persons.hold(&event()), "nobody");
    }
}

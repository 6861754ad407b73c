//! The form that a person's identifier was kept in, for finding it again.

use std::collections::BTreeSet;

use stratum_models::identifier::{IdentifierHash, IdentifierKey, InvalidReason};
use stratum_models::platform::Platform;
use stratum_models::time::UnixMillis;

use crate::hash::{from_hex, sha256};
use crate::normalize::{Forms, Outcome, Rules, identifier};

/// Every hash that a clear identifier may have been kept under: in the forms of every platform and,
/// of a phone number, with each of these calling codes. A SHA-256 in hexadecimal is itself.
pub fn kept_hashes(
    key: IdentifierKey,
    value: &str,
    calling_codes: &[u16],
) -> Result<Vec<IdentifierHash>, InvalidReason> {
    if let Some(hash) = from_hex(value.trim().as_bytes()) {
        return Ok(vec![IdentifierHash(hash)]);
    }
    let codes = calling_codes.iter().map(|code| Some(*code)).chain([None]);
    let (mut hashes, mut refused) = (BTreeSet::new(), InvalidReason::Malformed);
    for calling_code in codes {
        for platform in Platform::ALL.iter().copied().map(Some).chain([None]) {
            // No identifier that is looked for depends on a time.
            let (now, event_time) = (UnixMillis(0), UnixMillis(0));
            let rules = Rules { platform, calling_code, now, event_time };
            let mut forms = Forms::default();
            match identifier(key, value, &rules, &mut forms) {
                Ok(Outcome::Hash(hash)) => drop(hashes.insert(IdentifierHash(hash))),
                Ok(_) => hashes.extend(forms.iter().map(|form| IdentifierHash(sha256(form)))),
                Err(reason) => refused = reason,
            }
        }
    }
    if hashes.is_empty() { Err(refused) } else { Ok(hashes.into_iter().collect()) }
}

#[cfg(test)]
mod tests {
    use stratum_models::directory::DatasetConfig;
    use stratum_models::id::TenantId;

    use super::*;
    use crate::redact::{Person, RedactRules};

    fn kept_by_ingest(
        platform: Option<Platform>,
        calling_code: Option<u16>,
        key: IdentifierKey,
        value: &str,
    ) -> Vec<IdentifierHash> {
        let config = DatasetConfig {
            tenant_id: TenantId(1),
            platform,
            dataset_id: "1".into(),
            time_zone: chrono_tz::UTC,
            version: 1,
            default_calling_code: calling_code,
            policy: Default::default(),
            event_name: None,
            delivery: None,
        };
        let now = UnixMillis(1_700_000_000_000);
        let mut person = Person::new();
        person.add(key, value, &RedactRules { config: &config, now, event_time: now });
        person.hash();
        person.identifiers().iter().map(|one| one.hash).collect()
    }

    #[test]
    fn whatever_ingest_keeps_is_found() {
        for (key, sent, asked) in [
            (IdentifierKey::Email, " Ana.Lee+shop@Gmail.com ", "ana.lee+shop@gmail.com"),
            (IdentifierKey::Phone, "0170 1234567", "+49 170 1234567"),
            (IdentifierKey::Phone, "+49 (0)170 1234567", "+491701234567"),
            (IdentifierKey::ExternalId, "Kunde 77", "Kunde 77"),
        ] {
            let found = kept_hashes(key, asked, &[49]).unwrap();
            for platform in Platform::ALL.iter().copied().map(Some).chain([None]) {
                let kept = kept_by_ingest(platform, Some(49), key, sent);
                assert!(!kept.is_empty() && found.contains(&kept[0]), "{platform:?} {sent}");
            }
        }
    }

    #[test]
    fn a_hash_is_itself_and_nonsense_is_refused() {
        let digits = "AB".repeat(32);
        let found = kept_hashes(IdentifierKey::Email, &digits, &[]).unwrap();
        assert_eq!(found, [IdentifierHash([0xab; 32])]);
        assert_eq!(kept_hashes(IdentifierKey::Email, "nobody", &[]), Err(InvalidReason::Malformed));
        assert!(kept_hashes(IdentifierKey::Phone, "0170 1234567", &[]).is_err());
        assert!(kept_hashes(IdentifierKey::ExternalId, " ", &[]).is_err());
    }
}

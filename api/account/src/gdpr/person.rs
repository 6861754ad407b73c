//! Whom a request is about.

use std::collections::BTreeSet;

use serde::Deserialize;
use stratum_http::answer::Refusal;
use stratum_models::identifier::{HashedIdentifier, IdentifierKey, InvalidReason};
use stratum_models::person::{PERSON_IDENTIFIERS_MAX, PersonStore};
use stratum_models::scope::TenantScope;
use stratum_models::seal::{SealedIdentifier, TenantKeys};
use stratum_models::store::StoreError;
use stratum_state::invitation::Invitation;
use stratum_state::user::User;
use stratum_state::work::TenantWork;
use stratum_wire::redact::kept_hashes;
use utoipa::ToSchema;
use uuid::Uuid;

/// Longest identifier, in bytes.
const IDENTIFIER_BYTES_MAX: usize = 512;
/// Invitations looked at in one step.
const INVITATIONS_MAX: i64 = 500;

/// Whom it is about. Holds personal data in clear: never printed, hence no `Debug`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonRequest {
    /// E-mail address, phone number with its country code, or the advertiser's own id; or the SHA-256
    /// of its normalised form, in hexadecimal.
    #[schema(min_length = 1, max_length = 512)]
    identifier: String,
    /// The kind of identifier. Where absent: with an `@` an e-mail address, with a `+` before it a phone
    /// number, 64 hexadecimal digits the hash of either or of an id, other texts an id. Digits alone could be a
    /// phone number or an id, so of them it must be told.
    #[serde(rename = "type")]
    kind: Option<Kind>,
}

/// The kind of an identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An e-mail address.
    Email,
    /// A phone number.
    Phone,
    /// The advertiser's own id.
    ExternalId,
}

impl Kind {
    const ALL: [Kind; 3] = [Kind::Email, Kind::Phone, Kind::ExternalId];

    const fn key(self) -> IdentifierKey {
        match self {
            Kind::Email => IdentifierKey::Email,
            Kind::Phone => IdentifierKey::Phone,
            Kind::ExternalId => IdentifierKey::ExternalId,
        }
    }
}

/// A person by everything they may be kept under.
#[derive(Clone)]
pub struct Person {
    identifiers: Vec<HashedIdentifier>,
    calling_codes: Vec<u16>,
    /// The identifiers that their events name them by besides.
    linked: Vec<HashedIdentifier>,
}

/// Steps in which identifiers lead to further ones.
const STEPS_MAX: usize = 8;

/// Where a person is in the state store.
pub struct PersonRecords {
    /// Users they are.
    pub users: Vec<User>,
    /// Invitations that were sent to them.
    pub invitations: Vec<Invitation>,
}

impl Person {
    /// The person of a request; 422 where the identifier is none.
    pub fn of(request: &PersonRequest, calling_codes: &[u16]) -> Result<Person, Refusal> {
        let text = request.identifier.trim();
        if text.is_empty() || text.len() > IDENTIFIER_BYTES_MAX {
            let message = format!("is a text of 1 to {IDENTIFIER_BYTES_MAX} bytes");
            return Err(Refusal::unprocessable("identifier", message));
        }
        let kinds = match request.kind {
            Some(kind) => vec![kind],
            None => guess(text)?,
        };
        let mut identifiers = BTreeSet::new();
        for kind in kinds {
            let hashes = kept_hashes(kind.key(), text, calling_codes);
            for hash in hashes.map_err(|reason| unusable(kind, reason))? {
                identifiers.insert((kind.key().code(), hash));
                // Some advertisers take an address or a number for their own id.
                identifiers.insert((IdentifierKey::ExternalId.code(), hash));
            }
        }
        for hash in kept_hashes(IdentifierKey::ExternalId, text, &[]).unwrap_or_default() {
            identifiers.insert((IdentifierKey::ExternalId.code(), hash));
        }
        let identifiers = identifiers.into_iter().filter_map(|(code, hash)| {
            IdentifierKey::from_code(code).map(|key| HashedIdentifier { key, hash })
        });
        let identifiers = identifiers.collect();
        let calling_codes = calling_codes.to_vec();
        Ok(Person { identifiers, calling_codes, linked: Vec::new() })
    }

    /// The identifiers that the warehouse may keep them under: each asked for under each key of the tenant, and
    /// the strong ones that events with one of these name beside, until no new one is found.
    pub async fn follow(
        &mut self,
        store: &dyn PersonStore,
        scope: TenantScope,
        keys: &TenantKeys,
    ) -> Result<Vec<SealedIdentifier>, StoreError> {
        let asked = self.identifiers.iter().flat_map(|one| keys.seals(*one));
        let mut seals: Vec<SealedIdentifier> = asked.collect();
        let mut fresh = seals.clone();
        for _ in 0..STEPS_MAX {
            let linked = store.linked_identifiers(scope, &fresh).await?;
            fresh = linked.into_iter().filter(|one| !seals.contains(one)).collect();
            fresh.truncate(PERSON_IDENTIFIERS_MAX.saturating_sub(seals.len()));
            if fresh.is_empty() {
                break;
            }
            seals.extend_from_slice(&fresh);
            let opened = fresh.iter().filter_map(|one| {
                keys.open(&one.seal).map(|hash| HashedIdentifier { key: one.key, hash })
            });
            self.linked.extend(opened);
        }
        Ok(seals)
    }

    /// The same for each way in which the person may have been named: material for a pseudonym.
    pub fn name(&self) -> &[u8] {
        self.identifiers.first().map_or(&[], |one| &one.hash.0)
    }

    fn is(&self, key: IdentifierKey, value: &str) -> bool {
        let hashes = kept_hashes(key, value, &self.calling_codes).unwrap_or_default();
        hashes.iter().any(|hash| self.identifiers.contains(&HashedIdentifier { key, hash: *hash }))
    }

    /// Whether a letter to this address is theirs, also by what their events told of them.
    pub fn has_address(&self, address: &str) -> bool {
        let key = IdentifierKey::Email;
        let hashes = kept_hashes(key, address, &self.calling_codes).unwrap_or_default();
        let linked = |hash| self.linked.contains(&HashedIdentifier { key, hash });
        self.is(key, address) || hashes.into_iter().any(linked)
    }

    /// Where the person is in the state store. What is kept there is sealed, so each row is opened
    /// and compared; a tenant's plan bounds how many there are.
    pub async fn find(&self, work: &mut TenantWork) -> Result<PersonRecords, StoreError> {
        let is_they = |user: &User| {
            let phone = user.phone.as_deref();
            self.is(IdentifierKey::Email, &user.email)
                || phone.is_some_and(|phone| self.is(IdentifierKey::Phone, phone))
        };
        let users = work.users().await?.into_iter().filter(is_they).collect();
        let (mut invitations, mut after) = (Vec::new(), Uuid::nil());
        loop {
            let some = work.invitations_after(after, INVITATIONS_MAX).await?;
            let Some(last) = some.last() else { break };
            after = last.id;
            let theirs = some.into_iter().filter(|one| self.is(IdentifierKey::Email, &one.email));
            invitations.extend(theirs);
        }
        Ok(PersonRecords { users, invitations })
    }
}

/// The kinds that a text may be of which nobody said more.
fn guess(text: &str) -> Result<Vec<Kind>, Refusal> {
    let is_hash = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_number = text.chars().all(|c| c.is_ascii_digit() || " -.()/".contains(c));
    match text {
        _ if is_hash => Ok(Kind::ALL.to_vec()),
        _ if text.contains('@') => Ok(vec![Kind::Email]),
        _ if text.starts_with('+') => Ok(vec![Kind::Phone]),
        _ if is_number => {
            let message = "a number may be a phone number or an id: say phone or external_id";
            Err(Refusal::unprocessable("type", message))
        }
        _ => Ok(vec![Kind::ExternalId]),
    }
}

fn unusable(kind: Kind, reason: InvalidReason) -> Refusal {
    let what = match kind {
        Kind::Email => "is no e-mail address",
        Kind::Phone if reason == InvalidReason::NoCountryCode => "lacks its country code",
        Kind::Phone => "is no phone number",
        Kind::ExternalId => "is no id",
    };
    Refusal::unprocessable("identifier", what)
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};
    use stratum_models::identifier::IdentifierHash;

    use super::*;

    fn person(identifier: &str, kind: Option<Kind>) -> Result<Person, Refusal> {
        Person::of(&PersonRequest { identifier: identifier.into(), kind }, &[49])
    }

    fn hashed(key: IdentifierKey, text: &str) -> HashedIdentifier {
        HashedIdentifier { key, hash: IdentifierHash(Sha256::digest(text).into()) }
    }

    #[test]
    fn a_person_is_the_same_in_clear_and_hashed() {
        let clear = person(" Ana@Example.com ", None).unwrap();
        let em = hashed(IdentifierKey::Email, "ana@example.com");
        assert!(clear.identifiers.contains(&em));
        let digits: String = em.hash.0.iter().map(|byte| format!("{byte:02X}")).collect();
        let by_hash = person(&digits, None).unwrap();
        assert!(by_hash.identifiers.contains(&em));
        assert_eq!(by_hash.name(), clear.name());
        assert!(clear.is(IdentifierKey::Email, "ana@example.com"));
        assert!(!clear.is(IdentifierKey::Email, "bea@example.com"));
    }

    #[test]
    fn a_number_is_what_it_is_said_to_be() {
        assert_eq!(person("0170 1234567", None).err().unwrap().status(), 422);
        let phone = person("0170 1234567", Some(Kind::Phone)).unwrap();
        let ph = hashed(IdentifierKey::Phone, "491701234567");
        assert!(phone.identifiers.contains(&ph));
        let id = person("0170", Some(Kind::ExternalId)).unwrap();
        assert_eq!(id.identifiers[..], [hashed(IdentifierKey::ExternalId, "0170")]);
        for (text, kind) in [("", None), ("ana@", None), ("+12", None), ("x", Some(Kind::Phone))] {
            let refusal = person(text, kind).err().unwrap();
            assert_eq!(refusal.status(), 422, "{text}");
            assert!(text.is_empty() || !format!("{refusal:?}").contains(text), "{refusal:?}");
        }
    }
}

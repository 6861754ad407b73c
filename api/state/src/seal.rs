//! Personal data at rest: sealed with AES-256-GCM, found again by a keyed hash.
//!
//! What is sealed opens in its column of its row alone, so that nobody who can write a table makes it
//! another tenant's. What earlier versions sealed is bound to its column only; it is read, and sealed
//! anew with the row by the next rotation.
//!
//! Keys are rotated in three steps: the new key becomes the one that seals and the one before is kept
//! among the older ones; `stratum admin rotate-pii` seals everything anew; the older one is dropped.
//! Until then both open, and what is looked for is looked for by the hashes of both.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::hmac;
use std::sync::Arc;
use uuid::Uuid;

use stratum_models::entropy::Entropy;

const NONCE_LEN: usize = 12;
const KEY_ID_LEN: usize = 4;
/// Sealed before keys had ids: any key may be the one.
const WITHOUT_KEY_ID: u8 = 1;
/// Version, id of the key, nonce, body; bound to the column.
const WITH_KEY_ID: u8 = 2;
/// The same, bound to the row as well.
const WITH_ROW: u8 = 3;

/// Sealed data that cannot be opened: another key, another row, or damaged.
#[derive(Debug, thiserror::Error)]
#[error(
    "sealed data cannot be opened: the key (PII_ENCRYPTION_KEY) is another one, or the data was \
     sealed for another row"
)]
pub struct SealError;

/// The one field that sealed data belongs to.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Table and column, such as `users.email`.
    pub column: &'static str,
    /// The tenant of the row; 0 where it has none.
    pub tenant: i64,
    /// The id of the row.
    pub row: Uuid,
}

impl Place {
    /// The bytes that a seal of this version authenticates beside its text. A column holds no NUL.
    fn bound(&self, version: u8) -> Vec<u8> {
        let column = self.column.as_bytes();
        if version < WITH_ROW {
            return column.to_vec();
        }
        [column, &[0], &self.tenant.to_be_bytes(), self.row.as_bytes()].concat()
    }
}

/// The key that seals, and the older ones that still open.
#[derive(Clone)]
pub struct Seal {
    current: Arc<Keys>,
    older: Vec<Arc<Keys>>,
}

/// Keys derived once from one that the operator sets.
struct Keys {
    id: [u8; KEY_ID_LEN],
    sealing: LessSafeKey,
    lookup: hmac::Key,
}

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

impl Keys {
    fn derive(secret: &[u8]) -> Result<Keys, SealError> {
        let derive = |purpose: &'static [u8]| -> Result<[u8; 32], SealError> {
            let mut key = [0; 32];
            Salt::new(HKDF_SHA256, b"stratum")
                .extract(secret)
                .expand(&[purpose], Length(key.len()))
                .and_then(|okm| okm.fill(&mut key))
                .map_err(|_| SealError)?;
            Ok(key)
        };
        let sealing = UnboundKey::new(&AES_256_GCM, &derive(b"seal")?).map_err(|_| SealError)?;
        let lookup = hmac::Key::new(hmac::HMAC_SHA256, &derive(b"lookup")?);
        let id = derive(b"id")?.first_chunk().copied().unwrap_or_default();
        Ok(Keys { id, sealing: LessSafeKey::new(sealing), lookup })
    }

    fn open(&self, bound: &[u8], nonce: [u8; NONCE_LEN], body: &[u8]) -> Result<String, SealError> {
        let mut body = body.to_vec();
        let nonce = Nonce::assume_unique_for_key(nonce);
        let text = self.sealing.open_in_place(nonce, Aad::from(bound), &mut body);
        String::from_utf8(text.map_err(|_| SealError)?.to_vec()).map_err(|_| SealError)
    }

    fn lookup(&self, purpose: &str, text: &str) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.lookup);
        context.update(purpose.as_bytes());
        context.update(&[0]);
        context.update(text.as_bytes());
        let mut hash = [0; 32];
        hash.copy_from_slice(context.sign().as_ref());
        hash
    }
}

impl Seal {
    /// The seal of a secret of any length.
    pub fn new(secret: &[u8]) -> Result<Seal, SealError> {
        Ok(Seal { current: Arc::new(Keys::derive(secret)?), older: Vec::new() })
    }

    /// Opens what was sealed with these secrets as well.
    pub fn with_older<'a>(
        mut self,
        secrets: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Seal, SealError> {
        for secret in secrets {
            self.older.push(Arc::new(Keys::derive(secret)?));
        }
        Ok(self)
    }

    fn keys(&self) -> impl Iterator<Item = &Keys> {
        std::iter::once(&self.current).chain(&self.older).map(AsRef::as_ref)
    }

    /// `text` sealed for one place: it opens nowhere else.
    pub fn seal(
        &self,
        entropy: &dyn Entropy,
        place: Place,
        text: &str,
    ) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0; NONCE_LEN];
        entropy.fill(&mut nonce);
        let mut body = text.as_bytes().to_vec();
        let unique = Nonce::assume_unique_for_key(nonce);
        self.current
            .sealing
            .seal_in_place_append_tag(unique, Aad::from(place.bound(WITH_ROW)), &mut body)
            .map_err(|_| SealError)?;
        Ok([&self.prefix()[..], &nonce, &body].concat())
    }

    /// The inverse of [`Seal::seal`], also of older keys and versions.
    pub fn open(&self, place: Place, sealed: &[u8]) -> Result<String, SealError> {
        let (version, rest) = sealed.split_first().ok_or(SealError)?;
        let (id, rest) = match *version {
            WITHOUT_KEY_ID => (None, rest),
            WITH_KEY_ID | WITH_ROW => {
                let (id, rest) = rest.split_first_chunk::<KEY_ID_LEN>().ok_or(SealError)?;
                (Some(*id), rest)
            }
            _ => return Err(SealError),
        };
        let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>().ok_or(SealError)?;
        let bound = place.bound(*version);
        let mut keys = self.keys().filter(|keys| id.is_none_or(|id| keys.id == id));
        keys.find_map(|keys| keys.open(&bound, *nonce, body).ok()).ok_or(SealError)
    }

    /// The first bytes of everything that the current key sealed for its row.
    pub fn prefix(&self) -> [u8; 1 + KEY_ID_LEN] {
        let mut prefix = [WITH_ROW; 1 + KEY_ID_LEN];
        prefix[1..].copy_from_slice(&self.current.id);
        prefix
    }

    /// The keyed hash `text` is kept under for a purpose, such as `users.email`.
    pub fn lookup(&self, purpose: &str, text: &str) -> [u8; 32] {
        self.current.lookup(purpose, text)
    }

    /// The keyed hashes `text` may have been kept under, that of the current key first.
    pub fn lookups(&self, purpose: &str, text: &str) -> Vec<Vec<u8>> {
        self.keys().map(|keys| keys.lookup(purpose, text).to_vec()).collect()
    }
}

#[cfg(test)]
mod tests {
    use stratum_testing::entropy::CountingEntropy;

    use super::*;

    const PLACE: Place = Place { column: "users.email", tenant: 2, row: Uuid::from_u128(7) };

    /// As earlier versions sealed, which knew a column alone.
    fn sealed_for_the_column(seal: &Seal, version: u8, text: &str) -> Vec<u8> {
        let mut body = text.as_bytes().to_vec();
        let nonce = [9; NONCE_LEN];
        let keys = &seal.current;
        let unique = Nonce::assume_unique_for_key(nonce);
        keys.sealing.seal_in_place_append_tag(unique, Aad::from(PLACE.column), &mut body).unwrap();
        let id = if version == WITH_KEY_ID { &keys.id[..] } else { &[] };
        [&[version][..], id, &nonce, &body].concat()
    }

    #[test]
    fn what_is_sealed_opens_in_its_place_only() {
        let seal = Seal::new(b"a secret").unwrap();
        let sealed = seal.seal(&CountingEntropy::default(), PLACE, "ana@example.com").unwrap();
        assert!(!sealed.windows(3).any(|bytes| bytes == b"ana"));
        assert_eq!(seal.open(PLACE, &sealed).unwrap(), "ana@example.com");
        for elsewhere in [
            Place { column: "users.full_name", ..PLACE },
            Place { tenant: 3, ..PLACE },
            Place { row: Uuid::from_u128(8), ..PLACE },
        ] {
            assert!(seal.open(elsewhere, &sealed).is_err(), "{elsewhere:?}");
        }
        assert!(Seal::new(b"another").unwrap().open(PLACE, &sealed).is_err());
        // Called an older version, it is not freed from its row.
        for version in [WITHOUT_KEY_ID, WITH_KEY_ID, 0, 4] {
            let called = [&[version][..], &sealed[1..]].concat();
            assert!(seal.open(PLACE, &called).is_err(), "version {version}");
        }
        for at in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[at] ^= 1;
            assert!(seal.open(PLACE, &damaged).is_err(), "byte {at}");
            assert!(seal.open(PLACE, &sealed[..at]).is_err(), "{at} bytes");
        }
    }

    #[test]
    fn a_lookup_depends_on_key_purpose_and_text() {
        let seal = Seal::new(b"a secret").unwrap();
        let hash = seal.lookup("users.email", "a");
        assert_eq!(hash, seal.lookup("users.email", "a"));
        assert_ne!(hash, seal.lookup("users.phone", "a"));
        assert_ne!(hash, seal.lookup("users.email", "b"));
        assert_ne!(hash, Seal::new(b"another").unwrap().lookup("users.email", "a"));
    }

    #[test]
    fn an_older_key_opens_until_it_is_dropped_and_seals_nothing() {
        let (entropy, purpose) = (CountingEntropy::default(), "users.email");
        let old = Seal::new(b"the old secret").unwrap();
        let sealed = old.seal(&entropy, PLACE, "ana@example.com").unwrap();
        let new = Seal::new(b"the new secret").unwrap();
        assert!(new.open(PLACE, &sealed).is_err());
        let both = new.clone().with_older([&b"the old secret"[..]]).unwrap();
        assert_eq!(both.open(PLACE, &sealed).unwrap(), "ana@example.com");
        assert!(both.lookups(purpose, "a").contains(&old.lookup(purpose, "a").to_vec()));
        assert_eq!(both.lookups(purpose, "a")[0], new.lookup(purpose, "a"));
        let anew = both.seal(&entropy, PLACE, "ana@example.com").unwrap();
        assert!(anew.starts_with(&both.prefix()) && !sealed.starts_with(&both.prefix()));
        assert_eq!(new.open(PLACE, &anew).unwrap(), "ana@example.com");
    }

    #[test]
    fn what_earlier_versions_sealed_still_opens_and_is_to_be_sealed_anew() {
        let old = Seal::new(b"the old secret").unwrap();
        let new = Seal::new(b"new").unwrap().with_older([&b"the old secret"[..]]).unwrap();
        for version in [WITHOUT_KEY_ID, WITH_KEY_ID] {
            let sealed = sealed_for_the_column(&old, version, "ana@example.com");
            for seal in [&old, &new] {
                assert_eq!(seal.open(PLACE, &sealed).unwrap(), "ana@example.com");
                assert!(!sealed.starts_with(&seal.prefix()));
            }
            let elsewhere = Place { column: "users.full_name", ..PLACE };
            assert!(old.open(elsewhere, &sealed).is_err());
        }
    }
}

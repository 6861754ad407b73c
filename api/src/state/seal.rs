//! Personal data of users at rest: sealed with AES-256-GCM, found again by a keyed hash.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::hmac;
use std::sync::Arc;

use crate::entropy::Entropy;

const NONCE_LEN: usize = 12;
/// The format of what is sealed; a rotated key gets the next one.
const VERSION: u8 = 1;

/// What was sealed cannot be opened: another key, or damaged.
#[derive(Debug, thiserror::Error)]
#[error("sealed data cannot be opened: the key (PII_ENCRYPTION_KEY) is another one")]
pub struct SealError;

/// The two keys, derived once from the one that the operator sets.
#[derive(Clone)]
pub struct Seal(Arc<Keys>);

struct Keys {
    sealing: LessSafeKey,
    lookup: hmac::Key,
}

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

impl Seal {
    /// The seal of a secret of any length.
    pub fn new(secret: &[u8]) -> Result<Seal, SealError> {
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
        Ok(Seal(Arc::new(Keys { sealing: LessSafeKey::new(sealing), lookup })))
    }

    /// `text` sealed for one place (`users.email`): it opens nowhere else.
    pub fn seal(
        &self,
        entropy: &dyn Entropy,
        place: &str,
        text: &str,
    ) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0; NONCE_LEN];
        entropy.fill(&mut nonce);
        let mut body = text.as_bytes().to_vec();
        self.0
            .sealing
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(place),
                &mut body,
            )
            .map_err(|_| SealError)?;
        Ok([&[VERSION][..], &nonce, &body].concat())
    }

    /// The inverse of [`Seal::seal`].
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<String, SealError> {
        let (version, rest) = sealed.split_first().ok_or(SealError)?;
        let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>().ok_or(SealError)?;
        if *version != VERSION {
            return Err(SealError);
        }
        let mut body = body.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let text = self.0.sealing.open_in_place(nonce, Aad::from(place), &mut body);
        String::from_utf8(text.map_err(|_| SealError)?.to_vec()).map_err(|_| SealError)
    }

    /// The keyed hash `text` is found by.
    pub fn lookup(&self, place: &str, text: &str) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0.lookup);
        context.update(place.as_bytes());
        context.update(&[0]);
        context.update(text.as_bytes());
        let mut hash = [0; 32];
        hash.copy_from_slice(context.sign().as_ref());
        hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::fixed::Counting;

    #[test]
    fn what_is_sealed_opens_in_its_place_only() {
        let seal = Seal::new(b"a secret").unwrap();
        let sealed = seal.seal(&Counting::default(), "users.email", "ana@example.com").unwrap();
        assert!(!sealed.windows(3).any(|bytes| bytes == b"ana"));
        assert_eq!(seal.open("users.email", &sealed).unwrap(), "ana@example.com");
        assert!(seal.open("users.full_name", &sealed).is_err());
        assert!(Seal::new(b"another").unwrap().open("users.email", &sealed).is_err());
        let mut damaged = sealed;
        damaged[20] ^= 1;
        assert!(seal.open("users.email", &damaged).is_err());
        assert!(seal.open("users.email", b"").is_err());
    }

    #[test]
    fn a_lookup_depends_on_key_place_and_text() {
        let seal = Seal::new(b"a secret").unwrap();
        let hash = seal.lookup("users.email", "a");
        assert_eq!(hash, seal.lookup("users.email", "a"));
        assert_ne!(hash, seal.lookup("users.phone", "a"));
        assert_ne!(hash, seal.lookup("users.email", "b"));
        assert_ne!(hash, Seal::new(b"another").unwrap().lookup("users.email", "a"));
    }
}

//! Identifiers at rest: the SHA-256 of an identifier, encrypted under a key of its tenant.
//!
//! A SHA-256 of something that can be counted, such as a phone number, hides nothing from whoever has a
//! second to spare. At rest stands AES-256-SIV of it (RFC 5297, no associated data): equal identifiers of
//! a tenant are equal there too, and who has the key can have the SHA-256 back. The keys of tenants
//! come by HKDF from a root of the installation. A root is replaced by adding a new one before it: what
//! was sealed before is still opened, and looked for under each.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use aes::cipher::{BlockCipherEncrypt, KeyInit};
use aes::{Aes256, Block};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::id::TenantId;
use crate::identifier::{HashedIdentifier, IdentifierHash, IdentifierKey};

/// The bytes of a seal: a synthetic initial value and the encrypted hash.
pub const SEAL_BYTES: usize = 48;

const BLOCK_BYTES: usize = 16;
/// Identifiers encrypted side by side: one alone waits for the latency of each round.
const LANES: usize = 16;
/// Tenants whose keys are remembered; beyond it all are derived anew.
const TENANTS_MAX: usize = 100_000;
/// Hexadecimal digits of a pseudonym: 128 bits.
const PSEUDONYM_BYTES: usize = 16;

/// The SHA-256 of an identifier as it rests in the log, the warehouse and files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IdentifierSeal(pub [u8; SEAL_BYTES]);

/// A usable identifier of an event, at rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SealedIdentifier {
    /// The kind of identifier.
    pub key: IdentifierKey,
    /// The identifier's hash, sealed under the tenant's key.
    pub seal: IdentifierSeal,
}

/// The roots of an installation, and the keys of the tenants met so far. It cannot be printed.
pub struct IdentifierKeys {
    roots: Vec<Hkdf<Sha256>>,
    tenants: RwLock<HashMap<TenantId, Arc<TenantKeys>>>,
}

impl IdentifierKeys {
    /// Keys from the root in force and the ones before it. Roots are secrets of at least 32 bytes.
    pub fn new<'a>(root: &'a [u8], older: impl IntoIterator<Item = &'a [u8]>) -> IdentifierKeys {
        let extract = |root: &[u8]| Hkdf::<Sha256>::new(Some(b"stratum identifiers"), root);
        let roots = std::iter::once(root).chain(older).map(extract).collect();
        IdentifierKeys { roots, tenants: RwLock::default() }
    }

    /// The keys of a tenant, derived when first asked for.
    pub fn of(&self, tenant: TenantId) -> Arc<TenantKeys> {
        let known = self.tenants.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(keys) = known.get(&tenant) {
            return keys.clone();
        }
        drop(known);
        let keys = Arc::new(TenantKeys::derive(&self.roots, tenant));
        let mut known = self.tenants.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= TENANTS_MAX {
            known.clear();
        }
        known.insert(tenant, keys.clone());
        keys
    }
}

impl fmt::Debug for IdentifierKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdentifierKeys").finish_non_exhaustive()
    }
}

/// The keys of one tenant, the one in force first. They cannot be printed.
pub struct TenantKeys {
    tenant: TenantId,
    keys: Vec<SealKey>,
    pseudonyms: Hmac<Sha256>,
}

impl TenantKeys {
    fn derive(roots: &[Hkdf<Sha256>], tenant: TenantId) -> TenantKeys {
        let mut pseudonyms = [0; 64];
        if let Some(root) = roots.first() {
            expand(root, b"pseudonyms", tenant, &mut pseudonyms);
        }
        let keys = roots.iter().map(|root| {
            let mut key = [0; 64];
            expand(root, b"identifiers", tenant, &mut key);
            SealKey::new(&key)
        });
        TenantKeys {
            tenant,
            keys: keys.collect(),
            pseudonyms: <Hmac<Sha256> as KeyInit>::new(&pseudonyms.into()),
        }
    }

    /// Whose keys they are.
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Adds the seals of `identifiers`, in their order, to `sealed`.
    pub fn seal(&self, identifiers: &[HashedIdentifier], sealed: &mut Vec<SealedIdentifier>) {
        if let Some(key) = self.keys.first() {
            key.seal(identifiers, sealed);
        }
    }

    /// Everything an identifier may rest as: under the key in force and each one before it.
    pub fn seals(&self, identifier: HashedIdentifier) -> Vec<SealedIdentifier> {
        let mut seals = Vec::with_capacity(self.keys.len());
        self.keys.iter().for_each(|key| key.seal(&[identifier], &mut seals));
        seals
    }

    /// The hash behind a seal; `None` when none of the keys made it.
    pub fn open(&self, seal: &IdentifierSeal) -> Option<IdentifierHash> {
        self.keys.iter().find_map(|key| key.open(seal))
    }

    /// A stand-in for a text that must not be kept: the same for the same text of this tenant, and
    /// without the key in force a number like any other.
    pub fn pseudonym(&self, text: &str) -> String {
        let digest = self.pseudonyms.clone().chain_update(text).finalize().into_bytes();
        let digits = digest.iter().take(PSEUDONYM_BYTES).map(|byte| format!("{byte:02x}"));
        std::iter::once("redacted:".to_owned()).chain(digits).collect()
    }
}

impl fmt::Debug for TenantKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantKeys").field("tenant", &self.tenant).finish_non_exhaustive()
    }
}

fn expand(root: &Hkdf<Sha256>, purpose: &[u8], tenant: TenantId, key: &mut [u8]) {
    let tenant = tenant.0.to_be_bytes();
    // HKDF refuses only more than 8,160 bytes.
    root.expand_multi_info(&[purpose, b" of tenant ", &tenant], key).ok();
}

/// One key. AES-SIV is done here for messages of 32 bytes alone, several at once, which costs a tenth
/// of what it costs one by one in the crate of that name; a test holds the two equal.
struct SealKey {
    mac: Aes256,
    stream: Aes256,
    /// The mask joined to the last block before the code is made: of S2V and of CMAC, for whole blocks.
    last: u128,
}

impl SealKey {
    fn new(key: &[u8; 64]) -> SealKey {
        let half = |at: usize| {
            let mut half = [0; 32];
            half.copy_from_slice(&key[at..at + 32]);
            half
        };
        let mac = Aes256::new(&half(0).into());
        let encrypt = |value: u128| {
            let mut block = Block::from(value.to_be_bytes());
            mac.encrypt_block(&mut block);
            u128::from_be_bytes(block.into())
        };
        let subkey = double(encrypt(0));
        // CMAC of a block of zeros.
        let zero = encrypt(subkey);
        SealKey { last: subkey ^ zero, stream: Aes256::new(&half(32).into()), mac }
    }

    fn seal(&self, identifiers: &[HashedIdentifier], sealed: &mut Vec<SealedIdentifier>) {
        for some in identifiers.chunks(LANES) {
            let mut codes = [Block::default(); LANES];
            let codes = &mut codes[..some.len()];
            for (code, one) in codes.iter_mut().zip(some) {
                code.copy_from_slice(&one.hash.0[..BLOCK_BYTES]);
            }
            self.mac.encrypt_blocks(codes);
            for (code, one) in codes.iter_mut().zip(some) {
                let second = half(&one.hash.0, 1);
                let mixed = u128::from_be_bytes((*code).into()) ^ second ^ self.last;
                *code = mixed.to_be_bytes().into();
            }
            self.mac.encrypt_blocks(codes);
            let mut stream = [Block::default(); 2 * LANES];
            let stream = &mut stream[..2 * some.len()];
            for (pair, code) in stream.chunks_exact_mut(2).zip(&*codes) {
                let counter = u128::from_be_bytes((*code).into()) & COUNTER_MASK;
                pair[0] = counter.to_be_bytes().into();
                pair[1] = counter.wrapping_add(1).to_be_bytes().into();
            }
            self.stream.encrypt_blocks(stream);
            for ((one, code), pair) in some.iter().zip(&*codes).zip(stream.chunks_exact(2)) {
                let mut seal = [0; SEAL_BYTES];
                seal[..BLOCK_BYTES].copy_from_slice(code);
                for (at, stream) in pair.iter().enumerate() {
                    let body = u128::from_be_bytes((*stream).into()) ^ half(&one.hash.0, at);
                    let start = (1 + at) * BLOCK_BYTES;
                    seal[start..start + BLOCK_BYTES].copy_from_slice(&body.to_be_bytes());
                }
                sealed.push(SealedIdentifier { key: one.key, seal: IdentifierSeal(seal) });
            }
        }
    }

    fn open(&self, seal: &IdentifierSeal) -> Option<IdentifierHash> {
        let (code, body) = seal.0.split_first_chunk::<BLOCK_BYTES>()?;
        let mut hash = [0; 32];
        let counter = u128::from_be_bytes(*code) & COUNTER_MASK;
        for (at, (clear, body)) in
            hash.chunks_exact_mut(BLOCK_BYTES).zip(body.chunks_exact(BLOCK_BYTES)).enumerate()
        {
            let mut stream = Block::from(counter.wrapping_add(at as u128).to_be_bytes());
            self.stream.encrypt_block(&mut stream);
            for ((clear, body), stream) in clear.iter_mut().zip(body).zip(stream) {
                *clear = body ^ stream;
            }
        }
        let hash = IdentifierHash(hash);
        let mut again = Vec::with_capacity(1);
        // The kind is not part of a seal.
        self.seal(&[HashedIdentifier { key: IdentifierKey::Email, hash }], &mut again);
        again.first().is_some_and(|again| again.seal == *seal).then_some(hash)
    }
}

/// The bits of a code that a counter begins with: all but two.
const COUNTER_MASK: u128 = !(1 << 63 | 1 << 31);

/// Twice a value in the field of CMAC.
const fn double(value: u128) -> u128 {
    value << 1 ^ if value >> 127 == 1 { 0x87 } else { 0 }
}

fn half(hash: &[u8; 32], number: usize) -> u128 {
    let start = number * BLOCK_BYTES;
    let bytes = hash.get(start..).and_then(<[u8]>::first_chunk::<BLOCK_BYTES>);
    bytes.map_or(0, |bytes| u128::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use aes_siv::siv::Aes256Siv;
    use proptest::prelude::*;

    use super::*;

    const ROOT: &[u8] = b"a root of thirty-two bytes or more";
    const OLDER: &[u8] = b"the root that was in force before it";

    fn email(hash: [u8; 32]) -> HashedIdentifier {
        HashedIdentifier { key: IdentifierKey::Email, hash: IdentifierHash(hash) }
    }

    fn seal(keys: &TenantKeys, hash: [u8; 32]) -> IdentifierSeal {
        let mut sealed = Vec::new();
        keys.seal(&[email(hash)], &mut sealed);
        sealed[0].seal
    }

    proptest! {
        #[test]
        fn a_seal_is_what_the_standard_says(
            key in prop::collection::vec(any::<u8>(), 64),
            hashes in prop::collection::vec(prop::array::uniform32(any::<u8>()), 1..20),
        ) {
            let key: [u8; 64] = key.try_into().unwrap();
            let identifiers: Vec<_> = hashes.iter().map(|hash| email(*hash)).collect();
            let mut sealed = Vec::new();
            SealKey::new(&key).seal(&identifiers, &mut sealed);
            prop_assert_eq!(sealed.len(), hashes.len());
            for (one, hash) in sealed.iter().zip(&hashes) {
                let (none, mut body): ([&[u8]; 0], _) = ([], *hash);
                let code = Aes256Siv::new(&key.into())
                    .encrypt_inout_detached(none, body.as_mut_slice().into())
                    .unwrap();
                prop_assert_eq!(&one.seal.0[..], &[&code[..], &body].concat());
            }
        }
    }

    #[test]
    fn equal_identifiers_are_equal_within_a_tenant_alone() {
        let keys = IdentifierKeys::new(ROOT, []);
        let (one, other) = (keys.of(TenantId(1)), keys.of(TenantId(2)));
        assert_eq!(seal(&one, [7; 32]), seal(&keys.of(TenantId(1)), [7; 32]));
        assert_ne!(seal(&one, [7; 32]), seal(&one, [8; 32]));
        assert_ne!(seal(&one, [7; 32]), seal(&other, [7; 32]));
        assert_eq!(one.open(&seal(&one, [7; 32])), Some(IdentifierHash([7; 32])));
        assert_eq!(one.open(&seal(&other, [7; 32])), None);
        assert_ne!(one.pseudonym("0170 1234567"), other.pseudonym("0170 1234567"));
    }

    #[test]
    fn what_an_older_root_sealed_is_opened_and_looked_for() {
        let before = seal(&IdentifierKeys::new(OLDER, []).of(TenantId(1)), [7; 32]);
        let after = IdentifierKeys::new(ROOT, [OLDER]).of(TenantId(1));
        assert_ne!(seal(&after, [7; 32]), before);
        assert_eq!(after.open(&before), Some(IdentifierHash([7; 32])));
        let looked_for: Vec<_> = after.seals(email([7; 32])).iter().map(|one| one.seal).collect();
        assert_eq!(looked_for, [seal(&after, [7; 32]), before]);
        assert_eq!(IdentifierKeys::new(ROOT, []).of(TenantId(1)).open(&before), None);
    }

    #[test]
    fn nothing_of_a_key_or_a_text_is_shown() {
        let keys = IdentifierKeys::new(ROOT, []);
        assert_eq!(format!("{keys:?}"), "IdentifierKeys { .. }");
        let of = keys.of(TenantId(3));
        assert_eq!(format!("{of:?}"), "TenantKeys { tenant: TenantId(3), .. }");
        let pseudonym = of.pseudonym("ana@example.com");
        assert_eq!((pseudonym.len(), &pseudonym[..9]), (41, "redacted:"));
    }
}

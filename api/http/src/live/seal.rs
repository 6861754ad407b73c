//! The ids of the live stream, sealed: places of the log count the updates of all tenants, and would tell
//! each how much the others do.

use std::fmt::Write as _;

use aws_lc_rs::cipher::{
    AES_128, DecryptingKey, DecryptionContext, EncryptingKey, UnboundCipherKey,
};
use sha2::{Digest as _, Sha256};
use stratum_models::id::TenantId;

use super::UpdateId;

const BLOCK_BYTES: usize = 16;

/// A key that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("ids of the live stream cannot be sealed")]
pub struct UpdateSealError;

/// Seals ids, each for its tenant: one block of a cipher that holds place and tenant. Processes with one
/// secret open each other's.
pub struct UpdateSeal {
    sealing: EncryptingKey,
    opening: DecryptingKey,
}

impl UpdateSeal {
    /// The seal of a secret of any length.
    pub fn new(secret: &[u8]) -> Result<UpdateSeal, UpdateSealError> {
        let hash =
            Sha256::new().chain_update(b"stratum live ids\0").chain_update(secret).finalize();
        let key = || UnboundCipherKey::new(&AES_128, &hash[..BLOCK_BYTES]);
        let sealing = key().and_then(EncryptingKey::ecb).map_err(|_| UpdateSealError)?;
        let opening = key().and_then(DecryptingKey::ecb).map_err(|_| UpdateSealError)?;
        Ok(UpdateSeal { sealing, opening })
    }

    /// The id as the tenant's clients see it.
    pub fn seal(&self, id: UpdateId, tenant: TenantId) -> String {
        let mut block = [0; BLOCK_BYTES];
        block[..8].copy_from_slice(&id.offset.to_be_bytes());
        block[8..12].copy_from_slice(&id.row.to_be_bytes());
        block[12..].copy_from_slice(&mark(tenant));
        // A whole block always fits; where it did not, the id would be one that nobody can come back to.
        if self.sealing.encrypt(&mut block).is_err() {
            return String::new();
        }
        block.iter().fold(String::with_capacity(2 * BLOCK_BYTES), |mut text, byte| {
            // Writing into a text cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// The id that was sealed for this tenant; `None` for any other text.
    pub fn open(&self, text: &str, tenant: TenantId) -> Option<UpdateId> {
        let mut block = u128::from_str_radix(text, 16).ok()?.to_be_bytes();
        if text.len() != 2 * BLOCK_BYTES {
            return None;
        }
        self.opening.decrypt(&mut block, DecryptionContext::None).ok()?;
        let (offset, rest) = block.split_first_chunk()?;
        let (row, rest) = rest.split_first_chunk()?;
        let id = UpdateId { offset: u64::from_be_bytes(*offset), row: u32::from_be_bytes(*row) };
        (rest == mark(tenant)).then_some(id)
    }
}

/// The mark that tells tenants apart in a block.
fn mark(tenant: TenantId) -> [u8; 4] {
    let hash = Sha256::digest(tenant.0.to_be_bytes());
    [hash[0], hash[1], hash[2], hash[3]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_opens_for_its_tenant_and_tells_nothing() {
        let seal = UpdateSeal::new(b"a secret").unwrap();
        let (one, other) = (TenantId(1), TenantId(2));
        let id = |offset| UpdateId { offset, row: 6 };
        let sealed = seal.seal(id(1757), one);
        assert_eq!(UpdateSeal::new(b"a secret").unwrap().open(&sealed, one), Some(id(1757)));
        assert_eq!(seal.open(&sealed, other), None);
        assert_eq!(UpdateSeal::new(b"another").unwrap().open(&sealed, one), None);
        let alike = |a: &str, b: &str| a.bytes().zip(b.bytes()).filter(|(a, b)| a == b).count();
        let next = seal.seal(id(1758), one);
        assert!(alike(&sealed, &next) < 12, "{sealed} {next}");
        for text in ["", "1757-6", "nonsense", "+0000000000000000000000000000001", &sealed[1..]] {
            assert_eq!(seal.open(text, one), None, "{text}");
        }
    }
}

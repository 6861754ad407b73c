//! The head of an audit chain as it is kept outside the database: under a key that the database does
//! not know, so that whoever owns the tables may make a chain anew, but not the heads it had before. What
//! a seal says of the rows that it covers ([`super::audit_seal`]) is under the same key, for another purpose.

use stratum_models::id::TenantId;

use super::PostgresState;
use super::seal::Seal;
use super::work::SystemWork;

const PURPOSE: &str = "audit.head";
const SEAL_PURPOSE: &str = "audit.seal";

/// Number and hash of a row of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditHead {
    /// Whose chain it is; 0 for the installation's.
    pub tenant: TenantId,
    /// The row's number.
    pub seq: i64,
    /// The row's hash.
    pub hash: Vec<u8>,
}

impl AuditHead {
    fn text(&self) -> String {
        format!("{}/{}/{}", self.tenant, self.seq, hex(&self.hash))
    }

    fn parse(text: &str) -> Option<AuditHead> {
        let mut parts = text.split('/');
        let tenant = TenantId(parts.next()?.parse().ok()?);
        let seq = parts.next()?.parse().ok()?;
        let hash = bytes(parts.next()?)?;
        parts.next().is_none().then_some(AuditHead { tenant, seq, hash })
    }
}

/// A text that is not the head of a chain of this installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// It is none.
    #[error("a head reads TENANT/ROW/HASH/KEYED-HASH")]
    Unreadable,
    /// It was made up, or its key is no longer among those of this installation.
    #[error("the head was not written with a key of this installation (PII_ENCRYPTION_KEY)")]
    Foreign,
}

/// Writes and reads heads.
#[derive(Clone)]
pub struct HeadKey(Seal);

impl PostgresState {
    /// The key of this installation's heads.
    pub fn head_key(&self) -> HeadKey {
        HeadKey::new(self.tools.seal.clone())
    }
}

impl SystemWork {
    /// The same.
    pub(super) fn head_key(&self) -> HeadKey {
        HeadKey::new(self.tools.seal.clone())
    }
}

impl HeadKey {
    /// One that is derived from the key that seals personal data.
    pub fn new(seal: Seal) -> HeadKey {
        HeadKey(seal)
    }

    /// A head as one word.
    pub fn write(&self, head: &AuditHead) -> String {
        let text = head.text();
        let keyed = hex(&self.0.lookup(PURPOSE, &text));
        format!("{text}/{keyed}")
    }

    /// The inverse of [`HeadKey::write`], also of older keys.
    pub fn read(&self, word: &str) -> Result<AuditHead, HeadError> {
        let (text, keyed) = word.rsplit_once('/').ok_or(HeadError::Unreadable)?;
        let head = AuditHead::parse(text).ok_or(HeadError::Unreadable)?;
        let keyed = bytes(keyed).ok_or(HeadError::Unreadable)?;
        // As it is written, however it was read.
        let known = self.0.lookups(PURPOSE, &head.text()).contains(&keyed);
        known.then_some(head).ok_or(HeadError::Foreign)
    }

    /// The keyed hash that seals a chain's rows up to this one.
    pub(super) fn seal(&self, last: &AuditHead) -> String {
        hex(&self.0.lookup(SEAL_PURPOSE, &last.text()))
    }

    /// True where [`HeadKey::seal`] made it of this row, also with an older key.
    pub(super) fn has_sealed(&self, last: &AuditHead, keyed: &str) -> bool {
        let keys = self.0.lookups(SEAL_PURPOSE, &last.text());
        bytes(keyed).is_some_and(|keyed| keys.contains(&keyed))
    }
}

/// Bytes in hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = hex
        .chars()
        .map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(
        digits
            .chunks_exact(2)
            .map(|pair| pair.iter().fold(0, |byte, digit| (byte << 4) | digit))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(secret: &str) -> HeadKey {
        HeadKey::new(Seal::new(secret.as_bytes()).unwrap())
    }

    #[test]
    fn a_head_is_read_with_its_key_and_as_it_was_written() {
        let head = AuditHead { tenant: TenantId(2), seq: 123, hash: (0..32).collect() };
        let word = key("a secret").write(&head);
        assert!(word.starts_with("2/123/0001") && !word.contains(' '), "{word}");
        assert_eq!(key("a secret").read(&word), Ok(head.clone()));
        let rotated = Seal::new(b"another").unwrap().with_older([&b"a secret"[..]]).unwrap();
        assert_eq!(HeadKey(rotated).read(&word), Ok(head));
        assert_eq!(key("another").read(&word), Err(HeadError::Foreign));
        for forged in [
            word.replacen("2/", "3/", 1),
            word.replacen("/123/", "/122/", 1),
            word.replacen("/00", "/01", 1),
        ] {
            assert_eq!(key("a secret").read(&forged), Err(HeadError::Foreign), "{forged}");
        }
        for wrong in ["", "2", "2/123", "2/123/xy/00", "2/123/000/00", "a/1/00/00", "2/1/00/00/00"]
        {
            assert_eq!(key("a secret").read(wrong), Err(HeadError::Unreadable), "{wrong}");
        }
    }
}

//! Values that were hashed by the sender, and values that stand for none.

use stratum_models::identifier::InvalidReason;

use super::Hashing;
use crate::hash::from_hex;

/// Texts that senders' languages print where there is no value.
const JUNK: [&str; 8] =
    ["null", "undefined", "none", "nan", "(null)", "nil", "n/a", "[object object]"];

/// The SHA-256 of nothing, null, undefined, none and nan.
static JUNK_HASHES: [[u8; 32]; 5] = [
    hex(b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    hex(b"74234e98afe7498fb5daf1f36ac2d78acc339464f950703b8c019892f982b90b"),
    hex(b"eb045d78d273107348b0300c01d29b7552d622abbc6faf81b3ec55359aa9950c"),
    hex(b"140bedbf9c3f6d56a9846d2ba7088798683f4da0c248231336e6a05679e4fdfe"),
    hex(b"9b2d5b4678781e53038e91ea5324530a03f27dc1d0e5f6c9bc9d493a23be9de0"),
];
const JUNK_MD5: &str = "d41d8cd98f00b204e9800998ecf8427e";

/// The form in which a value was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueForm {
    /// An empty text.
    Nothing,
    /// A SHA-256.
    Hash([u8; 32]),
    /// Clear text.
    Clear,
}

/// Looks at a trimmed value before any rule of its own identifier does.
pub fn given(value: &str, hashing: Hashing) -> Result<ValueForm, InvalidReason> {
    if value.is_empty() {
        return Ok(ValueForm::Nothing);
    }
    if is_junk(value) {
        return Err(InvalidReason::JunkHash);
    }
    if value.len() < 32 || hashing == Hashing::Unknown {
        return Ok(ValueForm::Clear);
    }
    let digest = without_appendix(value);
    match (from_hex(digest.as_bytes()), hashing) {
        (Some(_), Hashing::Useless) => Err(InvalidReason::WrongHash),
        (Some(hash), _) if is_junk_hash(&hash) => Err(InvalidReason::JunkHash),
        (Some(hash), _) => Ok(ValueForm::Hash(hash)),
        (None, Hashing::Allowed) => Ok(ValueForm::Clear),
        (None, _) if digest.eq_ignore_ascii_case(JUNK_MD5) => Err(InvalidReason::JunkHash),
        (None, _) if is_other_digest(digest) => Err(InvalidReason::WrongHash),
        (None, _) => Ok(ValueForm::Clear),
    }
}

/// Whether a SHA-256 is that of a text that stands for no value.
pub fn is_junk_hash(hash: &[u8; 32]) -> bool {
    JUNK_HASHES.iter().any(|junk| junk[0] == hash[0] && junk == hash)
}

/// The bytes of lower-case digits, while compiling.
const fn hex(digits: &[u8; 64]) -> [u8; 32] {
    const fn value(digit: u8) -> u8 {
        if digit < b'a' { digit - b'0' } else { digit - b'a' + 10 }
    }
    let mut bytes = [0; 32];
    let mut at = 0;
    while at < 32 {
        bytes[at] = value(digits[2 * at]) << 4 | value(digits[2 * at + 1]);
        at += 1;
    }
    bytes
}

fn is_junk(value: &str) -> bool {
    value.len() <= 15 && JUNK.iter().any(|junk| value.eq_ignore_ascii_case(junk))
}

/// Meta's parameter builders add a dot and 2 or 8 characters about themselves to what they hash.
pub(super) fn without_appendix(value: &str) -> &str {
    match value.rsplit_once('.') {
        Some((rest, appendix)) if is_appendix(appendix) => rest,
        _ => value,
    }
}

pub(super) fn is_appendix(text: &str) -> bool {
    matches!(text.len(), 2 | 8)
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// MD5, SHA-1, SHA-224, SHA-384 and SHA-512 in hexadecimal digits.
fn is_other_digest(value: &str) -> bool {
    matches!(value.len(), 32 | 40 | 56 | 96 | 128)
        && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}

//! Values that the documented rules refuse, read as their senders meant them. Only what can mean nothing else
//! is repaired; whether the outcome is usable the rules decide again.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use stratum_models::identifier::IdentifierKey;

use super::VALUE_BYTES_MAX;
use crate::hash::from_hex;

/// Base64 of 32 bytes, with and without its padding.
const BASE64_LENGTHS: [usize; 2] = [43, 44];
/// Digits of a SHA-256 in pairs with a sign between them.
const SPACED_BYTES_MAX: usize = 64 + 63;
/// Schemes that name a phone number. The rules know `tel:` themselves.
const PHONE_SCHEMES: [&str; 5] = ["whatsapp:", "callto:", "phone:", "sms:", "tel:"];
/// Signs that stand around a value and are no part of it.
const AROUND: &[char] = &['"', '\'', '`', '“', '”', '<', '>', ',', ';', ' ', '\t', '\r', '\n'];

/// A refused value as it was meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MeantValue<'a> {
    /// A clear text, for the rules to judge. Borrowed where nothing was found to repair.
    Text(Cow<'a, str>),
    /// A SHA-256 that was written unusually.
    Hash([u8; 32]),
}

/// A refused value of an identifier that may be hashed, as it was meant.
pub fn meaning(key: IdentifierKey, value: &str) -> MeantValue<'_> {
    let value = value.trim();
    if value.len() > VALUE_BYTES_MAX {
        return MeantValue::Text(Cow::Borrowed(value));
    }
    if let Some(hash) = digest(value) {
        return MeantValue::Hash(hash);
    }
    let decoded = percent_decoded(value);
    let meant = match key {
        IdentifierKey::Email => address(&decoded),
        IdentifierKey::Phone => number(&decoded),
        _ => decoded.trim_matches(AROUND),
    };
    if meant == value {
        return MeantValue::Text(Cow::Borrowed(value));
    }
    MeantValue::Text(Cow::Owned(meant.to_owned()))
}

/// A SHA-256 in base64, in digits that are set apart, or behind the name of the algorithm.
fn digest(value: &str) -> Option<[u8; 32]> {
    let bare = ["sha256:", "sha256-", "SHA256:", "0x"].iter().find_map(|p| value.strip_prefix(p));
    let bare = bare.unwrap_or(value);
    if (64..=SPACED_BYTES_MAX).contains(&bare.len()) {
        let apart = |letter: &char| !matches!(letter, ' ' | ':' | '-' | '\t' | '\n' | '\r');
        let digits: String = bare.chars().filter(apart).collect();
        return if digits.len() == 64 { from_hex(digits.as_bytes()) } else { None };
    }
    if !BASE64_LENGTHS.contains(&bare.len()) {
        return None;
    }
    let engines = [STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD];
    engines.iter().find_map(|engine| engine.decode(bare).ok()?.try_into().ok())
}

/// The address in `Name <a@b.c>`, behind `mailto:`, or between quotes; without a full stop behind it.
fn address(text: &str) -> &str {
    let text = text.trim_matches(|letter: char| letter.is_whitespace());
    let inside = text.strip_suffix('>').and_then(|rest| rest.rsplit_once('<'));
    let text = inside.map_or(text, |(_, inside)| inside).trim_matches(AROUND);
    let text = match text.get(..7) {
        Some(scheme) if scheme.eq_ignore_ascii_case("mailto:") => {
            text[7..].split('?').next().unwrap_or_default()
        }
        _ => text,
    };
    text.trim_end_matches('.').trim_matches(AROUND)
}

/// The number behind a scheme or between quotes.
fn number(text: &str) -> &str {
    let text = text.trim_matches(AROUND);
    let scheme = PHONE_SCHEMES.iter().find(|scheme| {
        text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    });
    scheme.map_or(text, |scheme| text[scheme.len()..].trim_matches(AROUND))
}

/// The text with its percent-encoded bytes; itself where there are none or they are no UTF-8.
fn percent_decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let pair = tail.first_chunk::<2>().filter(|_| *first == b'%');
        let digit = |digit: u8| char::from(digit).to_digit(16);
        let byte = pair.and_then(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?));
        let byte = byte.and_then(|byte| u8::try_from(byte).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(text), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::{sha256, to_hex};
    use IdentifierKey::{City, Email, Phone};

    #[test]
    fn what_was_meant_is_found() {
        for (key, value, meant) in [
            (Email, "Ana Silva <Ana@Example.com>", "Ana@Example.com"),
            (Email, "\"Silva, Ana\" <ana@example.com>", "ana@example.com"),
            (Email, "<ana@example.com>", "ana@example.com"),
            (Email, "mailto:ana@example.com?subject=hello", "ana@example.com"),
            (Email, "MAILTO:ana@example.com", "ana@example.com"),
            (Email, "ana%40example.com", "ana@example.com"),
            (Email, "'ana@example.com'", "ana@example.com"),
            (Email, "ana@example.com.", "ana@example.com"),
            (Email, "ana@example.com;", "ana@example.com"),
            (Phone, "%2B49%2030%20123456", "+49 30 123456"),
            (Phone, "whatsapp:+4930123456", "+4930123456"),
            (Phone, "\"+49 30 123456\"", "+49 30 123456"),
            (City, "S%C3%A3o Paulo", "São Paulo"),
        ] {
            assert_eq!(meaning(key, value), MeantValue::Text(meant.into()), "{value}");
        }
    }

    #[test]
    fn what_may_mean_anything_stays_as_it_is() {
        for (key, value) in [
            (Email, "ana at example.com"),
            (Email, "ana@example.com, bob@example.com"),
            (Email, "100%"),
            (Email, "%ff%fe"),
            (Phone, "call me"),
            (Phone, "030 123456"),
        ] {
            let meant = meaning(key, value);
            assert!(
                matches!(meant, MeantValue::Text(Cow::Borrowed(text)) if text == value),
                "{value}"
            );
        }
    }

    #[test]
    fn digests_are_read_however_they_are_written() {
        let hash = sha256(b"ana@example.com");
        let digits = String::from_utf8(to_hex(&hash).to_vec()).unwrap();
        let pairs: Vec<_> =
            digits.as_bytes().chunks(2).map(|pair| str::from_utf8(pair).unwrap()).collect();
        for value in [
            STANDARD.encode(hash),
            STANDARD_NO_PAD.encode(hash),
            URL_SAFE_NO_PAD.encode(hash),
            pairs.join(" "),
            pairs.join(":").to_uppercase(),
            format!("sha256:{digits}"),
            format!("0x{digits}"),
        ] {
            assert_eq!(meaning(Email, &value), MeantValue::Hash(hash), "{value}");
        }
        let short = &STANDARD.encode(hash)[..40];
        assert!(matches!(meaning(Email, short), MeantValue::Text(_)));
    }
}

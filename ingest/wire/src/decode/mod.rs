//! Bodies as bytes, whatever their encoding. What a body is, is told from its first bytes: senders'
//! content types are wrong too often to be looked at.

pub mod gzip;
pub mod json;
pub mod form;
pub mod multipart;

use std::fmt;

/// A body that cannot be read, and where. Holds nothing of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The fault: `expected a value`.
    pub what: &'static str,
    /// The byte at which reading stopped, counted in the text that was being read.
    pub at: usize,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.what, self.at)
    }
}

/// The encoding of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// A JSON object, list or text.
    Json,
    /// `multipart/form-data`.
    Multipart,
    /// `application/x-www-form-urlencoded`; also what nothing else fits.
    Form,
}

/// The encoding of this body.
pub fn sniff(body: &str) -> Encoding {
    match body.trim_ascii_start().as_bytes() {
        [b'{' | b'[' | b'"', ..] => Encoding::Json,
        [b'-', b'-', ..] => Encoding::Multipart,
        _ => Encoding::Form,
    }
}

/// The body as text, without a byte order mark.
pub fn text(body: &[u8]) -> Result<&str, Malformed> {
    match std::str::from_utf8(body) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(error) => Err(Malformed { what: "no valid UTF-8", at: error.valid_up_to() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_known_by_its_first_bytes() {
        for (body, encoding) in [
            (" \n{\"data\":[]}", Encoding::Json),
            ("[]", Encoding::Json),
            ("--abc\r\n", Encoding::Multipart),
            ("data=%5B%5D", Encoding::Form),
            ("", Encoding::Form),
        ] {
            assert_eq!(sniff(body), encoding, "{body}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_not_part_of_the_text() {
        assert_eq!(text(b"\xef\xbb\xbf{}"), Ok("{}"));
        assert_eq!(text(b"ab\xff").unwrap_err().to_string(), "no valid UTF-8 at byte 2");
    }
}

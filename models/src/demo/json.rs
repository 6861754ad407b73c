//! Writes JSON text straight into a request's body.

use std::io::Write as _;

/// A JSON text being written. Commas are placed by [`Json::key`] and [`Json::element`].
#[derive(Debug, Default)]
pub(super) struct Json {
    out: Vec<u8>,
    /// Write characters beyond ASCII as `\u` escapes, as some SDKs do.
    pub(super) escaped: bool,
}

impl Json {
    pub(super) fn with_capacity(bytes: usize, escaped: bool) -> Json {
        Json { out: Vec::with_capacity(bytes), escaped }
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.out
    }

    pub(super) fn raw(&mut self, text: &str) -> &mut Self {
        self.out.extend_from_slice(text.as_bytes());
        self
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.out.extend_from_slice(bytes);
        self
    }

    /// Begins the next element of a list.
    pub(super) fn element(&mut self) -> &mut Self {
        if !matches!(self.out.last(), Some(b'[' | b'{') | None) {
            self.out.push(b',');
        }
        self
    }

    /// Begins the next field of an object. Keys are ours and need no escapes.
    pub(super) fn key(&mut self, key: &str) -> &mut Self {
        self.element();
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
        self
    }

    pub(super) fn number(&mut self, number: i64) -> &mut Self {
        // Writing to a vector cannot fail.
        let _ = write!(self.out, "{number}");
        self
    }

    /// An amount of micros as a decimal with up to six digits after the point.
    pub(super) fn decimal(&mut self, micros: i64) -> &mut Self {
        let (sign, size) = (if micros < 0 { "-" } else { "" }, micros.unsigned_abs());
        let (whole, mut rest, mut width) = (size / 1_000_000, size % 1_000_000, 6);
        let _ = write!(self.out, "{sign}{whole}");
        if rest > 0 {
            while rest.is_multiple_of(10) {
                (rest, width) = (rest / 10, width - 1);
            }
            let _ = write!(self.out, ".{rest:0width$}");
        }
        self
    }

    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.out.push(b'"');
        if text.bytes().all(|b| matches!(b, b' '..=b'~') && b != b'"' && b != b'\\') {
            self.out.extend_from_slice(text.as_bytes());
        } else {
            text.chars().for_each(|char| self.char(char));
        }
        self.out.push(b'"');
        self
    }

    fn char(&mut self, char: char) {
        match char {
            '"' | '\\' => self.out.extend_from_slice(&[b'\\', char as u8]),
            ' '..='~' => self.out.push(char as u8),
            _ if self.escaped || char < ' ' => {
                for unit in char.encode_utf16(&mut [0; 2]) {
                    let _ = write!(self.out, "\\u{unit:04x}");
                }
            }
            _ => self.out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.out.len()
    }

    /// The bytes written from `start` on.
    pub(super) fn since(&self, start: usize) -> &[u8] {
        &self.out[start..]
    }
}

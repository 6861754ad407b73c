//! JSON that is spoken to platforms, written straight from the rows into the body.

use stratum_models::identifier::IdentifierKey;
use stratum_models::money::MICROS;

use crate::decode::json::{Reader, Token};
use crate::envelope::{ClearIdKind, OutboundEvent};
use crate::hash::to_hex;

/// A JSON object that is being written.
pub(super) struct Object<'b> {
    body: &'b mut Vec<u8>,
    is_empty: bool,
}

impl<'b> Object<'b> {
    /// Writes an object that `fill` gives its members.
    pub(super) fn write(body: &'b mut Vec<u8>, fill: impl FnOnce(&mut Object<'_>)) {
        body.push(b'{');
        fill(&mut Object { body, is_empty: true });
        body.push(b'}');
    }

    fn key(&mut self, key: &str) {
        if !self.is_empty {
            self.body.push(b',');
        }
        self.is_empty = false;
        write_text(self.body, key);
        self.body.push(b':');
    }

    pub(super) fn text(&mut self, key: &str, text: &str) {
        self.key(key);
        write_text(self.body, text);
    }

    /// A value that is JSON already.
    pub(super) fn raw(&mut self, key: &str, value: &str) {
        self.key(key);
        self.body.extend_from_slice(value.as_bytes());
    }

    pub(super) fn object(&mut self, key: &str, fill: impl FnOnce(&mut Object<'_>)) {
        self.key(key);
        Object::write(self.body, fill);
    }

    /// A list of an object for each of the values.
    pub(super) fn objects<T>(
        &mut self,
        key: &str,
        values: impl IntoIterator<Item = T>,
        fill: impl Fn(&mut Object<'_>, T),
    ) {
        self.key(key);
        self.body.push(b'[');
        for (number, value) in values.into_iter().enumerate() {
            if number > 0 {
                self.body.push(b',');
            }
            Object::write(self.body, |object| fill(object, value));
        }
        self.body.push(b']');
    }

    /// The event's hashes of an identifier as a list; nothing where it has none.
    pub(super) fn hashes(&mut self, key: &str, event: &OutboundEvent<'_>, of: IdentifierKey) {
        let mut hashes = hashes_of(event, of).peekable();
        if hashes.peek().is_none() {
            return;
        }
        self.key(key);
        self.body.push(b'[');
        for (number, hash) in hashes.enumerate() {
            self.body.extend_from_slice(if number > 0 { b",\"" } else { b"\"" });
            self.body.extend_from_slice(&to_hex(hash));
            self.body.push(b'"');
        }
        self.body.push(b']');
    }

    /// The event's hashes of a person by the keys that several platforms share.
    pub(super) fn person_hashes(&mut self, event: &OutboundEvent<'_>) {
        for (key, of) in [
            ("em", IdentifierKey::Email),
            ("ph", IdentifierKey::Phone),
            ("fn", IdentifierKey::FirstName),
            ("ln", IdentifierKey::LastName),
            ("ge", IdentifierKey::Gender),
            ("db", IdentifierKey::BirthDate),
            ("ct", IdentifierKey::City),
            ("st", IdentifierKey::State),
            ("zp", IdentifierKey::Zip),
            ("country", IdentifierKey::Country),
            ("external_id", IdentifierKey::ExternalId),
        ] {
            self.hashes(key, event, of);
        }
    }

    /// The event's first hash of an identifier, which is that of the documented form; nothing where it has none.
    pub(super) fn hash(&mut self, key: &str, event: &OutboundEvent<'_>, of: IdentifierKey) {
        if let Some(hash) = hashes_of(event, of).next() {
            self.key(key);
            self.body.push(b'"');
            self.body.extend_from_slice(&to_hex(hash));
            self.body.push(b'"');
        }
    }

    /// The same as a list of one.
    pub(super) fn first_hash_list(
        &mut self,
        key: &str,
        event: &OutboundEvent<'_>,
        of: IdentifierKey,
    ) {
        if let Some(hash) = hashes_of(event, of).next() {
            self.key(key);
            self.body.extend_from_slice(b"[\"");
            self.body.extend_from_slice(&to_hex(hash));
            self.body.extend_from_slice(b"\"]");
        }
    }

    /// The event's id of a kind; nothing where it has none.
    pub(super) fn id(&mut self, key: &str, event: &OutboundEvent<'_>, kind: ClearIdKind) {
        if let Some(id) = event.id(kind) {
            self.text(key, id);
        }
    }

    /// The worth as it is known here, and its currency; nothing where it is not known.
    pub(super) fn worth(&mut self, event: &OutboundEvent<'_>) {
        if let (Some(micros), Some(currency)) = (event.value_micros, event.currency) {
            self.raw("value", &decimal(micros));
            self.text("currency", currency.as_str());
        }
    }

    /// The members of the object of data on products and the like that was sent, but for those that are known
    /// better. What is no object was none when it was sealed, and is left out.
    pub(super) fn custom_data(&mut self, event: &OutboundEvent<'_>, known: &[&str]) {
        let Some(sent) = event.custom_data else { return };
        let arena = bumpalo::Bump::new();
        let mut reader = Reader::new(sent, &arena);
        if reader.token() != Ok(Token::Object) {
            return;
        }
        let mut first = true;
        while let Ok(Some(key)) = reader.key(&mut first) {
            let start = reader.position();
            if reader.skip().is_err() {
                return;
            }
            if !known.contains(&key) {
                self.raw(key, reader.since(start));
            }
        }
    }
}

fn hashes_of<'e>(
    event: &'e OutboundEvent<'_>,
    of: IdentifierKey,
) -> impl Iterator<Item = &'e [u8; 32]> {
    event.hashes.iter().filter(move |one| one.key == of).map(|one| &one.hash)
}

/// Writes a text in quotes.
fn write_text(body: &mut Vec<u8>, text: &str) {
    body.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => body.extend_from_slice(&[b'\\', byte]),
            0..0x20 => {
                let digits = b"0123456789abcdef";
                body.extend_from_slice(b"\\u00");
                body.push(digits[usize::from(byte >> 4)]);
                body.push(digits[usize::from(byte & 15)]);
            }
            _ => body.push(byte),
        }
    }
    body.push(b'"');
}

/// Millionths as a decimal number, exactly.
pub(super) fn decimal(micros: i64) -> String {
    let (whole, part) = (micros / MICROS, (micros % MICROS).abs());
    let text = format!("{whole}.{part:06}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_exactly() {
        for (micros, text) in [
            (0, "0"),
            (1, "0.000001"),
            (129_900_000, "129.9"),
            (10_000_000, "10"),
            (i64::MAX, "9223372036854.775807"),
        ] {
            assert_eq!(decimal(micros), text);
        }
    }

    #[test]
    fn texts_are_written_so_that_they_read_the_same() {
        for text in ["", "a \"b\" \\ c", "line\nand\ttab \u{1}", "é 日本 \u{7f}"] {
            let mut body = Vec::new();
            Object::write(&mut body, |object| object.text(text, text));
            let read: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(read[text], text);
        }
    }
}

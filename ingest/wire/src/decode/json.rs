//! A JSON reader that is pulled: the caller asks for the next token and says what to skip. Texts
//! are borrowed from the body unless an escape forces a copy into the request's arena; numbers stay
//! as they are written, so that no amount goes through a float. Nothing recurses: depth is bounded
//! and counted.

use bumpalo::Bump;

use super::Malformed;
use super::form::hex_digit;

/// Objects and lists within one another. Deeper documents are refused.
pub const DEPTH_MAX: u32 = 64;

/// The token that stands next in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number as it is written.
    Number(&'a str),
    /// A text, unescaped.
    Text(&'a str),
    /// A list was opened: read it with [`Reader::element`] or [`Reader::leave`].
    List,
    /// An object was opened: read it with [`Reader::key`] or [`Reader::leave`].
    Object,
}

/// Reads one document, or several one after the other.
#[derive(Debug)]
pub struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: u32,
    arena: &'a Bump,
}

impl<'a> Reader<'a> {
    /// A reader at the start of `text`.
    pub fn new(text: &'a str, arena: &'a Bump) -> Reader<'a> {
        Reader { text, at: 0, depth: 0, arena }
    }

    /// The next value: a scalar whole, or the opening of a list or object.
    pub fn token(&mut self) -> Result<Token<'a>, Malformed> {
        match self.peek() {
            Some(b'"') => self.string().map(Token::Text),
            Some(b'-' | b'0'..=b'9') => self.number().map(Token::Number),
            Some(b'{') => self.open().map(|()| Token::Object),
            Some(b'[') => self.open().map(|()| Token::List),
            Some(b'n') => self.literal("null", Token::Null),
            Some(b't') => self.literal("true", Token::Bool(true)),
            Some(b'f') => self.literal("false", Token::Bool(false)),
            _ => self.fail("expected a JSON value"),
        }
    }

    /// The next key of the object that was opened, or `None` once it is closed. `first` starts true.
    pub fn key(&mut self, first: &mut bool) -> Result<Option<&'a str>, Malformed> {
        if !self.more(b'}', first)? {
            return Ok(None);
        }
        if self.peek() != Some(b'"') {
            return self.fail("expected a key");
        }
        let key = self.string()?;
        self.colon()?;
        Ok(Some(key))
    }

    /// Whether the list that was opened has a next element; `false` once it is closed. `first`
    /// starts true.
    pub fn element(&mut self, first: &mut bool) -> Result<bool, Malformed> {
        self.more(b']', first)
    }

    /// Skips the next value.
    pub fn skip(&mut self) -> Result<(), Malformed> {
        match self.peek() {
            Some(b'"') => self.string_end().map(|_| ()),
            Some(b'{') => self.open().and_then(|()| self.leave(Token::Object)),
            Some(b'[') => self.open().and_then(|()| self.leave(Token::List)),
            _ => self.token().map(|_| ()),
        }
    }

    /// Skips the rest of a list or object whose opening was `token` and of which nothing was read
    /// yet. A scalar has no rest.
    pub fn leave(&mut self, token: Token<'a>) -> Result<(), Malformed> {
        // One bit a level, the innermost lowest; the depth bound keeps it within 64.
        let mut objects = match token {
            Token::Object => 1_u64,
            Token::List => 0,
            _ => return Ok(()),
        };
        let mut levels = 1;
        let mut first = true;
        while levels > 0 {
            let object = objects & 1 == 1;
            if !self.more(if object { b'}' } else { b']' }, &mut first)? {
                objects >>= 1;
                levels -= 1;
                continue;
            }
            if object {
                self.skip_key()?;
            }
            match self.peek() {
                Some(open @ (b'{' | b'[')) => {
                    self.open()?;
                    objects = objects << 1 | u64::from(open == b'{');
                    levels += 1;
                    first = true;
                }
                _ => self.skip()?,
            }
        }
        Ok(())
    }

    /// Where in the text the next token is looked for.
    pub fn position(&self) -> usize {
        self.at
    }

    /// The text from a position on up to here, without the blanks around it.
    pub fn since(&self, position: usize) -> &'a str {
        self.text.get(position..self.at).unwrap_or_default().trim_ascii()
    }

    /// Whether nothing but blanks is left.
    pub fn at_end(&mut self) -> bool {
        self.peek().is_none()
    }

    /// Refuses anything but blanks after a document.
    pub fn finish(&mut self) -> Result<(), Malformed> {
        if self.at_end() { Ok(()) } else { self.fail("expected the end of the JSON document") }
    }

    #[cold]
    fn fail<T>(&self, what: &'static str) -> Result<T, Malformed> {
        Err(Malformed { what, at: self.at })
    }

    #[inline]
    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    /// The next byte that is no blank; the reader stands on it.
    #[inline]
    fn peek(&mut self) -> Option<u8> {
        loop {
            match self.byte(self.at) {
                Some(byte) if byte > b' ' => return Some(byte),
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                byte => return byte,
            }
        }
    }

    fn open(&mut self) -> Result<(), Malformed> {
        if self.depth == DEPTH_MAX {
            return self.fail("nested too deeply");
        }
        self.depth += 1;
        self.at += 1;
        Ok(())
    }

    /// Steps over a comma, or over the closing bracket: whether another member follows. After the
    /// bracket `first` is false, which is what holds for the container around.
    #[inline]
    fn more(&mut self, close: u8, first: &mut bool) -> Result<bool, Malformed> {
        match self.peek() {
            Some(byte) if byte == close => {
                self.at += 1;
                self.depth -= 1;
                *first = false;
                Ok(false)
            }
            Some(b',') if !*first => {
                self.at += 1;
                if self.peek() == Some(close) {
                    return self.fail("expected a member after the comma");
                }
                Ok(true)
            }
            Some(_) if *first => {
                *first = false;
                Ok(true)
            }
            Some(_) => self.fail("expected a comma or a closing bracket"),
            None => self.fail("unexpected end of the JSON document"),
        }
    }

    fn colon(&mut self) -> Result<(), Malformed> {
        if self.peek() != Some(b':') {
            return self.fail("expected a colon");
        }
        self.at += 1;
        Ok(())
    }

    fn skip_key(&mut self) -> Result<(), Malformed> {
        if self.peek() != Some(b'"') {
            return self.fail("expected a key");
        }
        self.string_end()?;
        self.colon()
    }

    fn literal(&mut self, word: &str, token: Token<'a>) -> Result<Token<'a>, Malformed> {
        if !self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            return self.fail("expected a JSON value");
        }
        self.at += word.len();
        Ok(token)
    }

    fn number(&mut self) -> Result<&'a str, Malformed> {
        let start = self.at;
        if self.byte(self.at) == Some(b'-') {
            self.at += 1;
        }
        match self.byte(self.at) {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits()?,
            _ => return self.fail("expected a digit"),
        }
        if self.byte(self.at) == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.byte(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.byte(self.at), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(&self.text[start..self.at])
    }

    fn digits(&mut self) -> Result<(), Malformed> {
        let start = self.at;
        while matches!(self.byte(self.at), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start { self.fail("expected a digit") } else { Ok(()) }
    }

    #[inline]
    fn string(&mut self) -> Result<&'a str, Malformed> {
        let start = self.at + 1;
        let escaped = self.string_end()?;
        let raw = &self.text[start..self.at - 1];
        Ok(if escaped { unescape(raw, self.arena) } else { raw })
    }

    #[inline]
    /// Steps behind the string that starts here, having checked it: whether it has escapes.
    fn string_end(&mut self) -> Result<bool, Malformed> {
        self.at += 1;
        let mut escaped = false;
        loop {
            self.at = next_special(self.text.as_bytes(), self.at);
            match self.byte(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(escaped);
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                Some(_) => return self.fail("a control character in a text"),
                None => return self.fail("unexpected end of a text"),
            }
        }
    }

    #[cold]
    fn escape(&mut self) -> Result<(), Malformed> {
        let digits = match self.byte(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 0,
            Some(b'u') => 4,
            _ => return self.fail("an unknown escape"),
        };
        let from = self.at + 2;
        if !(from..from + digits).all(|at| self.byte(at).and_then(hex_digit).is_some()) {
            return self.fail("an escape without four hexadecimal digits");
        }
        self.at = from + digits;
        Ok(())
    }
}

/// Where the next quote, backslash or control character stands, or the end.
#[inline]
fn next_special(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(block) = bytes.get(at..).and_then(|rest| rest.first_chunk::<16>()) {
        // SAFETY: SSE2 is part of every x86-64; elsewhere the function needs nothing.
        #[cfg_attr(not(target_arch = "x86_64"), expect(unused_unsafe, reason = "portable there"))]
        match unsafe { first_special(block) } {
            Some(offset) => return at + offset,
            None => at += 16,
        }
    }
    while let Some(byte) = bytes.get(at) {
        if matches!(byte, b'"' | b'\\' | 0..0x20) {
            return at;
        }
        at += 1;
    }
    bytes.len()
}

/// The first special byte of a block.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "sse2")]
#[inline]
fn first_special(block: &[u8; 16]) -> Option<usize> {
    use std::arch::x86_64::{
        _mm_cmpeq_epi8, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set_epi64x,
        _mm_set1_epi8,
    };
    let word = u128::from_le_bytes(*block);
    let block = _mm_set_epi64x((word >> 64) as i64, word as i64);
    let quotes = _mm_cmpeq_epi8(block, _mm_set1_epi8(0x22));
    let slashes = _mm_cmpeq_epi8(block, _mm_set1_epi8(0x5c));
    let controls = _mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(0x1f)), block);
    let marks = _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quotes, slashes), controls));
    (marks != 0).then(|| marks.trailing_zeros() as usize)
}

/// The first special byte of a block.
#[cfg(not(target_arch = "x86_64"))]
#[inline]
fn first_special(block: &[u8; 16]) -> Option<usize> {
    block.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))
}

/// The text that `raw`, whose escapes were checked, stands for. Half a surrogate pair becomes
/// U+FFFD.
fn unescape<'a>(raw: &str, arena: &'a Bump) -> &'a str {
    // An escape is never shorter than what it stands for.
    let mut text = bumpalo::collections::String::with_capacity_in(raw.len(), arena);
    let mut rest = raw;
    while let Some((plain, escape)) = rest.split_once('\\') {
        text.push_str(plain);
        let (character, length) = escaped(escape.as_bytes());
        text.push(character);
        rest = &escape[length..];
    }
    text.push_str(rest);
    text.into_bump_str()
}

/// The character of an escape, given from behind its backslash, and its length.
fn escaped(escape: &[u8]) -> (char, usize) {
    match escape.first() {
        Some(b'b') => ('\u{8}', 1),
        Some(b'f') => ('\u{c}', 1),
        Some(b'n') => ('\n', 1),
        Some(b'r') => ('\r', 1),
        Some(b't') => ('\t', 1),
        Some(b'u') => unicode(&escape[1..]),
        Some(byte) => (char::from(*byte), 1),
        None => (char::REPLACEMENT_CHARACTER, 0),
    }
}

fn unicode(digits: &[u8]) -> (char, usize) {
    let high = code_unit(digits);
    if (0xd800..0xdc00).contains(&high) && digits.get(4..6) == Some(b"\\u") {
        let low = code_unit(&digits[6..]);
        if (0xdc00..0xe000).contains(&low) {
            let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
            return (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 11);
        }
    }
    (char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER), 5)
}

fn code_unit(digits: &[u8]) -> u32 {
    digits
        .iter()
        .take(4)
        .fold(0, |unit, digit| unit << 4 | u32::from(hex_digit(*digit).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    /// The document as serde_json would hold it, read through the pull interface.
    fn value(reader: &mut Reader<'_>) -> Result<Value, Malformed> {
        let mut first = true;
        Ok(match reader.token()? {
            Token::Null => Value::Null,
            Token::Bool(flag) => Value::Bool(flag),
            Token::Number(text) => serde_json::from_str(text).unwrap_or(Value::Null),
            Token::Text(text) => Value::String(text.to_owned()),
            Token::List => {
                let mut list = Vec::new();
                while reader.element(&mut first)? {
                    list.push(value(reader)?);
                }
                Value::Array(list)
            }
            Token::Object => {
                let mut object = serde_json::Map::new();
                while let Some(key) = reader.key(&mut first)? {
                    object.insert(key.to_owned(), value(reader)?);
                }
                Value::Object(object)
            }
        })
    }

    fn read(text: &str) -> Result<Value, Malformed> {
        let arena = Bump::new();
        let mut reader = Reader::new(text, &arena);
        let value = value(&mut reader)?;
        reader.finish().map(|()| value)
    }

    fn skipped(text: &str) -> Result<(), Malformed> {
        let arena = Bump::new();
        let mut reader = Reader::new(text, &arena);
        reader.skip()?;
        reader.finish()
    }

    #[test]
    fn documents_read_as_another_reader_reads_them() {
        for text in [
            r#" { "a" : [ 1 , -2.5e+3 , true , false , null , "x" ] , "b" : { } , "c":[] } "#,
            r#""\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00 \u0041""#,
            r#"{"kérész":"정 ☃ 0123456789 0123456789"}"#,
            "0",
            "[[[]],[{}],{\"a\":{\"b\":[0]}}]",
        ] {
            assert_eq!(read(text), Ok(serde_json::from_str(text).unwrap()), "{text}");
            assert_eq!(skipped(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_is_no_json_is_refused_read_or_skipped() {
        for text in [
            "",
            " ",
            "{",
            "[",
            "]",
            "}",
            "[1,]",
            "{\"a\":1,}",
            "[,1]",
            "{,}",
            "{\"a\"}",
            "{\"a\" 1}",
            "{a:1}",
            "[1 2]",
            "[1}",
            "{\"a\":1]",
            "nul",
            "truex",
            "NaN",
            "[NaN]",
            "Infinity",
            "-",
            "01",
            "1.",
            ".5",
            "1e",
            "+1",
            "\"a",
            "\"\\x\"",
            "\"\\u12g4\"",
            "\"\\u12\"",
            "\"\\",
            "\"\n\"",
            "\"\u{1}0123456789\"",
            "{} {}",
            "'a'",
            "[\"a\":1]",
        ] {
            assert!(read(text).is_err(), "{text}");
            assert!(skipped(text).is_err(), "{text}");
        }
    }

    #[test]
    fn half_a_pair_is_replaced() {
        assert_eq!(read(r#""a\ud83dz""#), Ok(Value::from("a\u{fffd}z")));
        assert_eq!(read(r#""\ude00\ud83d\ud83d\ude00""#), Ok(Value::from("\u{fffd}\u{fffd}😀")));
    }

    #[test]
    fn depth_is_bounded_exactly() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(skipped(&nested(64)).is_ok() && read(&nested(64)).is_ok());
        for text in [nested(65), nested(1_000_000), "{\"a\":".repeat(10_000)] {
            assert_eq!(skipped(&text).unwrap_err().what, "nested too deeply");
        }
    }

    fn json() -> impl Strategy<Value = Value> {
        let scalar = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "\\PC{0,30}".prop_map(Value::from),
            "[\\x00-\\x7f]{0,20}".prop_map(Value::from),
        ];
        scalar.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::hash_map("\\PC{0,12}", inner, 0..6)
                    .prop_map(|object| Value::Object(object.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_document_reads_as_another_reader_reads_it(document in json(), pretty: bool) {
            let text = if pretty { serde_json::to_string_pretty(&document).unwrap() } else { document.to_string() };
            prop_assert_eq!(read(&text), Ok(serde_json::from_str(&text).unwrap()));
            prop_assert_eq!(skipped(&text), Ok(()));
        }

        #[test]
        fn a_damaged_document_is_taken_or_refused_as_another_reader_would(
            document in json(), at: prop::sample::Index, with in "[\\[\\]{},:\"\\\\0-9eE.+\\-a-z ]",
        ) {
            let mut text = document.to_string();
            let at = (0..=at.index(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap();
            let end = text[at..].chars().next().map_or(at, |c| at + c.len_utf8());
            text.replace_range(at..end, &with);
            // Numbers beyond a float and half pairs are read differently on purpose.
            match serde_json::from_str::<Value>(&text) {
                Ok(value) => prop_assert_eq!(read(&text), Ok(value)),
                Err(error) if error.to_string().contains("out of range") => {}
                Err(_) if text.contains("\\u") => {}
                Err(_) => prop_assert!(read(&text).is_err() && skipped(&text).is_err()),
            }
        }

        #[test]
        fn every_special_byte_is_found(bytes in prop::collection::vec(any::<u8>(), 0..80), from in 0usize..80) {
            let found = bytes.iter().enumerate().skip(from).find(|(_, b)| matches!(b, b'"' | b'\\' | 0..0x20));
            let expected = found.map_or(bytes.len(), |(at, _)| at);
            prop_assert_eq!(next_special(&bytes, from.min(bytes.len())), expected);
        }
    }
}

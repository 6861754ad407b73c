//! Where the forms of values are collected: one text, so that nothing is allocated per value.

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Forms of values, one after the other in one text. What was pushed since the last
/// [`Forms::close`] is the open form.
#[derive(Default)]
pub struct Forms {
    text: Vec<u8>,
    ends: Vec<usize>,
    folded: String,
}

impl Forms {
    /// Drops all forms and keeps the memory.
    pub fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    /// The number of forms that were closed.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether no form was closed.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The closed forms as `(start, end)` in [`Forms::text`].
    pub fn pieces(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(self.ends.iter().copied())
    }

    fn form(&self, number: usize) -> &[u8] {
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..self.ends[number]]
    }

    /// The closed forms, UTF-8 each.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.pieces().map(|(start, end)| &self.text[start..end])
    }

    /// The form that was closed last; empty when none was.
    pub fn last(&self) -> &[u8] {
        self.ends.len().checked_sub(1).map_or(&[], |last| self.form(last))
    }

    /// The text all forms lie in. It goes on behind the last form after [`Forms::pad`].
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Puts `bytes` zeros behind the last form, for readers that read in blocks. Only
    /// [`Forms::clear`] may follow.
    pub fn pad(&mut self, bytes: usize) {
        self.text.resize(self.open_at() + bytes, 0);
    }

    /// Adds a character to the open form.
    pub fn push(&mut self, letter: char) {
        if letter.is_ascii() {
            self.text.push(letter as u8);
        } else {
            self.text.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }

    /// Adds to the open form.
    pub fn push_str(&mut self, text: &str) {
        self.text.extend_from_slice(text.as_bytes());
    }

    /// Adds ASCII characters to the open form.
    pub fn push_ascii(&mut self, text: &[u8]) {
        debug_assert!(text.is_ascii());
        self.text.extend_from_slice(text);
    }

    /// Adds the characters of `text` that `keep` allows to the open form.
    pub fn push_kept(&mut self, text: &str, keep: impl Fn(char) -> bool) {
        if !text.is_ascii() {
            text.chars().filter(|letter| keep(*letter)).for_each(|letter| self.push(letter));
            return;
        }
        // All at once, then what is kept moves up: no branch and no check of room a character.
        let start = self.text.len();
        self.text.extend_from_slice(text.as_bytes());
        let fresh = &mut self.text[start..];
        let mut kept = 0;
        for at in 0..fresh.len() {
            let byte = fresh[at];
            fresh[kept] = byte;
            kept += usize::from(keep(char::from(byte)));
        }
        self.text.truncate(start + kept);
    }

    /// The open form.
    pub fn open(&self) -> &[u8] {
        &self.text[self.open_at()..]
    }

    /// Ends the open form; an empty one, or one equal to a form numbered `first` or later, is dropped.
    pub fn close(&mut self, first: usize) {
        let start = self.open_at();
        let open = &self.text[start..];
        let known = (first..self.ends.len()).any(|number| self.form(number) == open);
        if open.is_empty() || known {
            self.text.truncate(start);
        } else {
            self.ends.push(self.text.len());
        }
    }

    /// Drops the open form.
    pub fn drop_open(&mut self) {
        self.text.truncate(self.open_at());
    }

    /// Drops the open form, and the closed ones beyond the first `len`.
    pub fn settle(&mut self, len: usize) {
        self.ends.truncate(len);
        self.drop_open();
    }

    /// The folded text of `value` in a buffer to be returned by [`Forms::give_back`].
    pub fn fold(&mut self, value: &str) -> String {
        let mut folded = std::mem::take(&mut self.folded);
        fold(value, &mut folded);
        folded
    }

    /// Takes the buffer of [`Forms::fold`] back.
    pub fn give_back(&mut self, folded: String) {
        self.folded = folded;
    }

    fn open_at(&self) -> usize {
        self.ends.last().copied().unwrap_or(0)
    }
}

/// Puts `value` into `folded` trimmed, composed (NFC) and in lower case.
pub fn fold(value: &str, folded: &mut String) {
    let value = value.trim_matches(|letter: char| {
        letter.is_whitespace() || matches!(letter, '\u{feff}' | '\u{200b}')
    });
    folded.clear();
    if value.is_ascii() {
        folded.push_str(value);
        folded.make_ascii_lowercase();
    } else if is_nfc_quick(value.chars()) == IsNormalized::Yes {
        folded.push_str(&value.to_lowercase());
    } else {
        let composed: String = value.nfc().collect();
        // Lower-casing may bring decomposed letters back.
        folded.extend(composed.to_lowercase().nfc());
    }
}

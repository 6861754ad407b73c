//! A person's own clear values, by which free texts that repeat them are recognised.

use stratum_models::identifier::IdentifierKey;

use super::signs::Signs;

/// Shorter names are in too many texts by accident; they count as words of their own.
const NAME_BYTES_MIN: usize = 4;
/// Shorter ids, and shorter mail names (`info`, `order`), likewise.
const ID_BYTES_MIN: usize = 6;
/// Shorter words tell nothing; a whole text may be as short as it is.
const WORD_BYTES_MIN: usize = 3;
/// So many last digits tell a phone number, whatever stands before them.
const PHONE_DIGITS: usize = 8;
/// So much of a user agent tells it.
const AGENT_BYTES_MIN: usize = 16;

/// Longer texts are folded on the heap.
const SHORT_TEXT: usize = 64;

/// Clear values, whose letters and digits are searched for in texts without regard to case and
/// punctuation. They are kept as sent: few texts have the letters of one, so few are ever folded.
#[derive(Default)]
pub(super) struct Traces {
    text: String,
    traces: Vec<Trace>,
}

struct Trace {
    start: usize,
    end: usize,
    found: MatchRule,
    /// The number of its digits when it has no letters, else 0.
    digits: usize,
    /// Whether it tells how the person is reached, called or found by.
    is_contact: bool,
}

/// The rule by which a value is found in a text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum MatchRule {
    /// Anywhere when it has so many letters and digits, else as a word.
    Within(usize),
    /// As a word, or as the whole text.
    Word,
    /// Whole, or a long part of it.
    Agent,
}

impl Traces {
    /// Drops all and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.traces.clear();
    }

    /// Remembers what of a value would be personal in a text. Countries, states and genders are a few
    /// letters that tell nobody.
    pub(super) fn add(&mut self, key: IdentifierKey, value: &str) {
        use IdentifierKey as Key;
        let before = self.traces.len();
        match key {
            Key::Email => {
                let at = value.bytes().rposition(|byte| byte == b'@');
                let name = &value[..at.unwrap_or(value.len())];
                // What follows a plus is the person's own tag.
                let name = name.split_once('+').map_or(name, |(name, _)| name);
                self.push(name, MatchRule::Within(ID_BYTES_MIN));
            }
            Key::Phone => self.push(last_digits(value), MatchRule::Within(PHONE_DIGITS - 1)),
            Key::ClientIp => self.push(value, MatchRule::Within(PHONE_DIGITS - 1)),
            Key::FirstName | Key::LastName => self.name(value),
            Key::City | Key::Zip => self.push(value, MatchRule::Word),
            Key::BirthDate => self.birth_date(value),
            Key::UserAgent => self.push(value, MatchRule::Agent),
            Key::ExternalId
            | Key::ClickId
            | Key::BrowserId
            | Key::MobileAdId
            | Key::LoginId
            | Key::LeadId
            | Key::SubscriptionId
            | Key::MessagingId => {
                self.push(value, MatchRule::Within(ID_BYTES_MIN));
            }
            Key::Gender | Key::State | Key::Country => {}
        }
        let is_contact = matches!(
            key,
            Key::Email
                | Key::Phone
                | Key::FirstName
                | Key::LastName
                | Key::BirthDate
                | Key::City
                | Key::Zip
        );
        self.traces[before..].iter_mut().for_each(|trace| trace.is_contact = is_contact);
    }

    fn push(&mut self, value: &str, found: MatchRule) {
        let start = self.text.len();
        self.text.push_str(value);
        let digits = digits_of(value);
        self.traces.push(Trace { start, end: self.text.len(), found, digits, is_contact: false });
    }

    /// A name, and each of its parts: texts may have one of two given names.
    fn name(&mut self, value: &str) {
        self.push(value, MatchRule::Within(NAME_BYTES_MIN));
        if value.bytes().any(|byte| matches!(byte, b' ' | b'-')) {
            let parts = value.split([' ', '-']).filter(|part| part.len() >= NAME_BYTES_MIN);
            parts.for_each(|part| self.push(part, MatchRule::Word));
        }
    }

    /// A day in the orders it is written in.
    fn birth_date(&mut self, value: &str) {
        self.push(value, MatchRule::Within(ID_BYTES_MIN));
        let digits: Vec<u8> = value.bytes().filter(u8::is_ascii_digit).collect();
        let Ok(digits) = <[u8; 8]>::try_from(digits) else { return };
        let start = self.text.len();
        let [a, b, c, d, e, f, g, h] = digits.map(char::from);
        // Of one with the year first, and of one with the year last.
        for order in [[g, h, e, f, a, b, c, d], [e, f, g, h, a, b, c, d], [e, f, g, h, c, d, a, b]]
        {
            self.text.extend(order);
        }
        for at in (start..self.text.len()).step_by(digits.len()) {
            let end = at + digits.len();
            let found = MatchRule::Within(ID_BYTES_MIN);
            let digits = digits.len();
            self.traces.push(Trace { start: at, end, found, digits, is_contact: false });
        }
    }

    /// Whether a text with these signs holds any of them.
    pub(super) fn are_in(&self, text: &str, signs: Signs) -> bool {
        self.some_are_in(text, signs, |_| true)
    }

    /// Whether a text with these signs holds one by which the person is reached, called or found.
    pub(super) fn contacts_are_in(&self, text: &str, signs: Signs) -> bool {
        self.some_are_in(text, signs, |trace| trace.is_contact)
    }

    fn some_are_in(&self, text: &str, signs: Signs, is_meant: impl Fn(&Trace) -> bool) -> bool {
        // Most texts lack a letter of each trace: that is found without folding or searching.
        let may = self.traces.iter().filter(|trace| self.may_be_in(trace, text, signs));
        let mut may = may.filter(|trace| is_meant(trace));
        let Some(first) = may.next() else { return false };
        let (mut text_buffer, mut trace_buffer) = (FoldedText::default(), FoldedText::default());
        let folded = text_buffer.fold(text);
        let digits = longest_digits(folded);
        std::iter::once(first).chain(may).filter(|trace| trace.digits <= digits).any(|trace| {
            let part = trace_buffer.fold(&self.text[trace.start..trace.end]);
            is_in(part, trace.found, folded, text)
        })
    }

    fn may_be_in(&self, trace: &Trace, text: &str, signs: Signs) -> bool {
        let value = &self.text.as_bytes()[trace.start..trace.end];
        match trace.found {
            // A part of an agent has a blank or a slash, which few ids have.
            MatchRule::Agent => {
                text.len() >= AGENT_BYTES_MIN && signs.has(Signs::SLASH | Signs::BLANK)
            }
            _ => signs.may_hold(value),
        }
    }
}

fn is_in(part: &[u8], found: MatchRule, folded: &[u8], text: &str) -> bool {
    if part.is_empty() || folded.is_empty() {
        return false;
    }
    match found {
        MatchRule::Agent => {
            let (short, long) =
                if part.len() < folded.len() { (part, folded) } else { (folded, part) };
            short.len() >= AGENT_BYTES_MIN && holds(long, short)
        }
        MatchRule::Within(enough) if part.len() >= enough => holds(folded, part),
        _ if !holds(folded, part) => false,
        _ => part == folded || part.len() >= WORD_BYTES_MIN && words_hold(text, part),
    }
}

/// Whether neighbouring words of a text come to `part`: an id or a name may have marks within.
fn words_hold(text: &str, part: &[u8]) -> bool {
    let mut word = Vec::new();
    let starts = text.char_indices().filter(|(at, letter)| {
        let before = text[..*at].chars().next_back();
        letter.is_alphanumeric() && before.is_none_or(|before| !before.is_alphanumeric())
    });
    starts.into_iter().any(|(start, _)| {
        word.clear();
        let mut rest = text[start..].split(|letter: char| !letter.is_alphanumeric());
        while word.len() < part.len() {
            let Some(next) = rest.next() else { break };
            fold(next, &mut word);
        }
        word == part
    })
}

/// The digits of a value without letters; 0 of one with any.
fn digits_of(value: &str) -> usize {
    let mut digits = 0;
    for byte in value.bytes() {
        match byte {
            b'0'..=b'9' => digits += 1,
            b'a'..=b'z' | b'A'..=b'Z' | 0x80.. => return 0,
            _ => {}
        }
    }
    digits
}

/// The most digits in a row.
fn longest_digits(folded: &[u8]) -> usize {
    let (mut longest, mut row) = (0, 0);
    for byte in folded {
        row = if byte.is_ascii_digit() { row + 1 } else { 0 };
        longest = longest.max(row);
    }
    longest
}

/// The end of a phone number that holds its last digits.
fn last_digits(value: &str) -> &str {
    let digits = value.bytes().enumerate().rev().filter(|(_, byte)| byte.is_ascii_digit());
    let first = digits.take(PHONE_DIGITS).last();
    first.map_or("", |(at, _)| &value[at..])
}

/// Where the letters and digits of a text are put: few are long.
struct FoldedText {
    short: [u8; SHORT_TEXT],
    long: Vec<u8>,
}

impl Default for FoldedText {
    fn default() -> FoldedText {
        FoldedText { short: [0; SHORT_TEXT], long: Vec::new() }
    }
}

impl FoldedText {
    /// The letters and digits of `text` in lower case.
    fn fold(&mut self, text: &str) -> &[u8] {
        match self.short.get_mut(..text.len()) {
            Some(folded) if text.is_ascii() => {
                folded.copy_from_slice(text.as_bytes());
                let kept = fold_ascii(folded);
                &folded[..kept]
            }
            _ => {
                self.long.clear();
                fold(text, &mut self.long);
                &self.long
            }
        }
    }
}

/// Adds the letters and digits of `text` in lower case.
fn fold(text: &str, folded: &mut Vec<u8>) {
    let start = folded.len();
    if !text.is_ascii() {
        let letters = text.chars().filter(|letter| letter.is_alphanumeric());
        for letter in letters.flat_map(char::to_lowercase) {
            folded.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
        }
        return;
    }
    folded.extend_from_slice(text.as_bytes());
    let kept = fold_ascii(&mut folded[start..]);
    folded.truncate(start + kept);
}

/// Moves the letters and digits of `text` to its beginning, in lower case; returns how many they are.
fn fold_ascii(text: &mut [u8]) -> usize {
    let mut kept = 0;
    for at in 0..text.len() {
        let byte = text[at];
        text[kept] = byte.to_ascii_lowercase();
        kept += usize::from(byte.is_ascii_alphanumeric());
    }
    kept
}

fn holds(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window.first() == part.first() && window == part)
}

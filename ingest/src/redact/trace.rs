//! A person's own clear values, by which free texts that repeat them are recognised.

use stratum_models::identifier::IdentifierKey;

/// Shorter values are in too many texts by accident.
const TRACE_BYTES_MIN: usize = 4;
/// Shorter mail names are words (`info`, `order`) rather than names.
const MAIL_NAME_BYTES_MIN: usize = 6;
/// So many last digits tell a phone number, whatever stands before them.
const PHONE_DIGITS: usize = 8;

/// Longer texts are folded on the heap.
const SHORT_TEXT: usize = 64;

/// Letters and digits of clear values in lower case: texts are searched without regard to case and
/// punctuation.
#[derive(Default)]
pub struct Traces {
    text: Vec<u8>,
    traces: Vec<Trace>,
}

struct Trace {
    start: usize,
    end: usize,
    signs: Signs,
}

impl Traces {
    /// Drops all and keeps the memory.
    pub fn clear(&mut self) {
        self.text.clear();
        self.traces.clear();
    }

    /// Remembers what of a value would be personal in a text.
    pub fn add(&mut self, key: IdentifierKey, value: &str) {
        use IdentifierKey as Key;
        let start = self.text.len();
        let enough = match key {
            Key::Email => {
                let name = value.rsplit_once('@').map_or(value, |(name, _)| name);
                fold(name, &mut self.text);
                MAIL_NAME_BYTES_MIN
            }
            Key::Phone => {
                self.add_digits(value);
                PHONE_DIGITS - 1
            }
            Key::ClientIp => {
                fold(value, &mut self.text);
                PHONE_DIGITS - 1
            }
            Key::FirstName | Key::LastName | Key::MobileAdId => {
                fold(value, &mut self.text);
                TRACE_BYTES_MIN
            }
            _ => return,
        };
        if self.text.len() - start < enough {
            self.text.truncate(start);
            return;
        }
        let signs = Signs::of(&self.text[start..]);
        self.traces.push(Trace { start, end: self.text.len(), signs });
    }

    /// The last digits of a phone number.
    fn add_digits(&mut self, value: &str) {
        let start = self.text.len();
        let digits = value.bytes().rev().filter(u8::is_ascii_digit);
        self.text.extend(digits.take(PHONE_DIGITS));
        self.text[start..].reverse();
    }

    /// Whether `value` holds any of them, or an e-mail address.
    pub fn are_in(&self, value: &str) -> bool {
        // Most texts lack a letter of each trace: that is found without folding or searching.
        let signs = Signs::of(value.as_bytes());
        if signs.0 & Signs::ADDRESS != 0 && holds_email(value.as_bytes()) {
            return true;
        }
        if !self.traces.iter().any(|trace| signs.hold(trace.signs)) {
            return false;
        }
        let mut buffer = [0; SHORT_TEXT];
        let mut longer = Vec::new();
        let folded = match buffer.get_mut(..value.len()) {
            Some(folded) if value.is_ascii() => {
                folded.copy_from_slice(value.as_bytes());
                let kept = fold_ascii(folded);
                &folded[..kept]
            }
            _ => {
                fold(value, &mut longer);
                &longer
            }
        };
        self.traces.iter().any(|trace| holds(folded, &self.text[trace.start..trace.end]))
    }
}

/// Which letters and digits a text has: a bit each, one for the signs of an address, and one for all
/// beyond ASCII.
#[derive(Clone, Copy)]
struct Signs(u64);

impl Signs {
    const ADDRESS: u64 = 1 << 62;
    const BEYOND_ASCII: u64 = 1 << 63;
    const OF_BYTE: [u64; 256] = {
        let mut signs = [0; 256];
        let mut byte = 0;
        while byte < 256 {
            signs[byte] = match byte as u8 {
                digit @ b'0'..=b'9' => 1 << (digit - b'0'),
                letter @ (b'a'..=b'z' | b'A'..=b'Z') => 1 << ((letter | 0x20) - b'a' + 10),
                b'@' | b'%' => Signs::ADDRESS,
                0x80.. => Signs::BEYOND_ASCII,
                _ => 0,
            };
            byte += 1;
        }
        signs
    };

    fn of(text: &[u8]) -> Signs {
        static OF_BYTE: [u64; 256] = Signs::OF_BYTE;
        Signs(text.iter().fold(0, |signs, byte| signs | OF_BYTE[usize::from(*byte)]))
    }

    /// Whether a text with these signs may hold one with the others. Letters beyond ASCII may have
    /// ASCII ones as their lower case.
    fn hold(self, other: Signs) -> bool {
        self.0 & Signs::BEYOND_ASCII != 0 || other.0 & !self.0 == 0
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

/// Whether a text holds something like an e-mail address, percent-encoded ones included.
fn holds_email(text: &[u8]) -> bool {
    let word = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || *b >= 0x80);
    let between = |at: usize, length: usize| {
        let before = at.checked_sub(1).and_then(|before| text.get(before));
        let before = word(before) || before.is_some_and(|b| matches!(b, b'.' | b'_' | b'-' | b'+'));
        before && word(text.get(at + length))
    };
    text.iter().enumerate().any(|(at, byte)| match byte {
        b'@' => between(at, 1),
        b'%' => text[at..].starts_with(b"%40") && between(at, 3),
        _ => false,
    })
}

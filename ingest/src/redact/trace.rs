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

/// Clear values, whose letters and digits are searched for in texts without regard to case and
/// punctuation. They are kept as sent: few texts have the signs of a trace, so few are ever folded.
#[derive(Default)]
pub struct Traces {
    text: String,
    traces: Vec<Trace>,
}

struct Trace {
    start: usize,
    end: usize,
    signs: Signs,
    /// With fewer letters and digits it tells nothing.
    enough: usize,
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
                let at = value.bytes().rposition(|byte| byte == b'@');
                self.text.push_str(&value[..at.unwrap_or(value.len())]);
                MAIL_NAME_BYTES_MIN
            }
            Key::Phone => {
                let digits = last_digits(value).chars().filter(char::is_ascii_digit);
                self.text.extend(digits);
                PHONE_DIGITS - 1
            }
            Key::ClientIp => {
                self.text.push_str(value);
                PHONE_DIGITS - 1
            }
            Key::FirstName | Key::LastName | Key::MobileAdId => {
                self.text.push_str(value);
                TRACE_BYTES_MIN
            }
            _ => return,
        };
        let signs = Signs::of(&self.text.as_bytes()[start..]).of_letters();
        self.traces.push(Trace { start, end: self.text.len(), signs, enough });
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
        let mut part = Vec::new();
        self.traces.iter().filter(|trace| signs.hold(trace.signs)).any(|trace| {
            part.clear();
            fold(&self.text[trace.start..trace.end], &mut part);
            part.len() >= trace.enough && holds(folded, &part)
        })
    }
}

/// The end of a phone number that holds its last digits.
fn last_digits(value: &str) -> &str {
    let digits = value.bytes().enumerate().rev().filter(|(_, byte)| byte.is_ascii_digit());
    let first = digits.take(PHONE_DIGITS).last();
    first.map_or("", |(at, _)| &value[at..])
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

    /// Those of letters and digits alone: what a folded text has.
    fn of_letters(self) -> Signs {
        match self.0 & Signs::BEYOND_ASCII {
            0 => Signs(self.0 & !Signs::ADDRESS),
            // What their lower case is made of is not known here.
            _ => Signs(0),
        }
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

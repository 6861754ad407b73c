//! A person's identifiers that came hashed: texts that repeat one are recognised by hashing what in
//! them may be one.

use std::cell::RefCell;

use stratum_models::directory::DatasetConfig;
use stratum_models::identifier::{HashedIdentifier, IdentifierHash, IdentifierKey, IdentifierMask};
use stratum_models::platform::Platform;

use super::signs::Signs;
use crate::hash::{from_hex, sha256, sha256_all};

/// Words of a text that are looked at.
const WORDS_MAX: usize = 12;
/// Neighbouring words that are taken together: given names, postal codes of two parts, days of three.
const JOINED_MAX: usize = 3;
/// The longest such word.
const JOINED_BYTES_MAX: usize = 64;
/// Shorter words are in too many texts by accident.
const WORD_BYTES_MIN: usize = 3;
/// The longest postal code.
const ZIP_BYTES_MAX: usize = 10;
/// The number of digits of a phone number behind its zeros; longer ones are ids of campaigns rather than anybody's.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 7..=13;

const NAMES: IdentifierMask =
    IdentifierMask::of(&[IdentifierKey::FirstName, IdentifierKey::LastName, IdentifierKey::City]);
const IDS: IdentifierMask =
    IdentifierMask::of(&[IdentifierKey::ExternalId, IdentifierKey::MobileAdId]);

/// The identifiers that came hashed.
#[derive(Default)]
pub(super) struct Hashes {
    identifiers: Vec<HashedIdentifier>,
    keys: IdentifierMask,
    /// The calling code of numbers that have none.
    calling_code: Option<u16>,
    /// Whether the platform wants numbers hashed with a `+` before them.
    plus: bool,
    room: RefCell<Box<Room>>,
}

impl Hashes {
    /// Drops all and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.identifiers.clear();
        self.keys = IdentifierMask::EMPTY;
    }

    /// Remembers one. Countries, states and genders are a few letters that tell nobody.
    pub(super) fn add(&mut self, key: IdentifierKey, hash: [u8; 32]) {
        use IdentifierKey::{Country, Gender, State};
        if !matches!(key, Gender | State | Country) {
            self.identifiers.push(HashedIdentifier { key, hash: IdentifierHash(hash) });
            self.keys.insert(key);
        }
    }

    /// Sets the way that numbers of the dataset are hashed.
    pub(super) fn set_dataset(&mut self, config: &DatasetConfig) {
        self.calling_code = config.default_calling_code;
        self.plus = matches!(config.platform, Some(Platform::Tiktok | Platform::Google));
    }

    /// Whether this is one of them.
    pub(super) fn has_hash(&self, digest: &[u8; 32]) -> bool {
        self.identifiers.iter().any(|one| one.hash.0 == *digest)
    }

    /// Whether a text with these signs repeats one of them.
    pub(super) fn are_in(&self, text: &str, signs: Signs) -> bool {
        self.some_are_in(text, signs, true)
    }

    /// Whether a text with these signs repeats one that is no id.
    pub(super) fn contacts_are_in(&self, text: &str, signs: Signs) -> bool {
        self.some_are_in(text, signs, false)
    }

    fn some_are_in(&self, text: &str, signs: Signs, with_ids: bool) -> bool {
        if self.identifiers.is_empty() || text.is_empty() {
            return false;
        }
        let mut room = self.room.borrow_mut();
        let mut guesses = Guesses { hashes: self, room: &mut room, found: false };
        if with_ids && self.has(IDS) {
            guesses.push_both(text);
            // Dashes and dots belong to ids; of what is set apart otherwise each part may be one.
            if signs.has(Signs::AROUND_ID) {
                let parts =
                    text.split([' ', ':', '|', '/', ',', ';', '=', '&', '?', '#', '(', ')']);
                parts.filter(|part| !part.is_empty()).take(WORDS_MAX).for_each(|part| {
                    guesses.push_both(part);
                });
            }
        }
        // Of the commonest event id no word is anybody's.
        if !is_uuid(text.as_bytes()) {
            if signs.has_digits() && self.keys.has(IdentifierKey::Phone) {
                if text.bytes().all(|byte| byte.is_ascii_digit()) {
                    guesses.push_number(text.as_bytes())
                } else {
                    guesses.push_numbers(text)
                }
            }
            self.guess_words(text, signs, &mut guesses);
        }
        guesses.flush();
        guesses.found
    }

    fn has(&self, keys: IdentifierMask) -> bool {
        self.keys.intersection(keys) != IdentifierMask::EMPTY
    }

    fn guess_words(&self, text: &str, signs: Signs, guesses: &mut Guesses<'_, '_>) {
        let counted = self.keys.has(IdentifierKey::Zip) || self.keys.has(IdentifierKey::BirthDate);
        // A word of one letter again and again is no name.
        let names = signs.letters() > 1 && self.has(NAMES);
        if !(names || counted && signs.has_digits()) {
            return;
        }
        let mut buffer = [Word::default(); WORDS_MAX];
        let words = words(text, &mut buffer);
        for at in 0..words.len() {
            self.guess_joined(text, &words[at..], counted, guesses);
        }
    }

    /// Guesses at the first of these words beside an id, alone and with the next ones.
    fn guess_joined(
        &self,
        text: &str,
        words: &[Word],
        counted: bool,
        guesses: &mut Guesses<'_, '_>,
    ) {
        let mut buffer = [0; JOINED_BYTES_MAX];
        let (mut length, mut digits) = (0, 0);
        for (number, word) in words.iter().take(JOINED_MAX).enumerate() {
            digits += word.digits;
            // No name has a digit, and nothing that is counted lacks one.
            if digits > 0 && !counted {
                break;
            }
            let lowered = lower(&text[word.start..word.end], &mut buffer[length..]);
            let Some(added) = lowered else { break };
            length += added;
            let joined = &buffer[..length];
            if length < WORD_BYTES_MIN {
                continue;
            }
            if digits == 0 && self.has(NAMES) {
                guesses.push_word(joined);
                if number > 0 {
                    // Names are also hashed with the marks they have.
                    guesses.push_lower(&text[words[0].start..word.end]);
                }
            }
            if digits > 0 && length <= ZIP_BYTES_MAX && self.keys.has(IdentifierKey::Zip) {
                guesses.push(joined);
            }
            if let ([a, b, c, d, e, f, g, h], 8, true) =
                (joined, digits, self.keys.has(IdentifierKey::BirthDate))
            {
                guesses.push(joined);
                // The year last, behind the day and the month or the month and the day.
                guesses.push(&[*e, *f, *g, *h, *c, *d, *a, *b]);
                guesses.push(&[*e, *f, *g, *h, *a, *b, *c, *d]);
            }
        }
    }
}

/// The digests that a text or words of it are, in hexadecimal digits.
pub(super) fn digests(text: &str) -> impl Iterator<Item = [u8; 32]> + '_ {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    words.filter(|word| word.len() == 64).filter_map(|word| from_hex(word.as_bytes()))
}

/// Bytes of guesses that are hashed together, and what is to follow the last for the sake of speed.
const GUESSED_BYTES: usize = 512;
const SLACK: usize = 64;
const GUESSES: usize = 16;

/// Room for what is hashed next, used again from text to text.
struct Room {
    text: [u8; GUESSED_BYTES + SLACK],
    end: usize,
    pieces: [(usize, usize); GUESSES],
    count: usize,
    met: RecentWords,
}

impl Default for Room {
    fn default() -> Room {
        let (text, pieces) = ([0; GUESSED_BYTES + SLACK], [(0, 0); GUESSES]);
        Room { text, end: 0, pieces, count: 0, met: RecentWords::default() }
    }
}

/// Texts to be hashed, a few at once.
struct Guesses<'h, 'r> {
    hashes: &'h Hashes,
    room: &'r mut Room,
    found: bool,
}

impl Guesses<'_, '_> {
    fn push(&mut self, guess: &[u8]) {
        let room = &*self.room;
        let known = |(start, end): &(usize, usize)| {
            end - start == guess.len() && room.text[*start..*end] == *guess
        };
        if self.found || room.pieces[..room.count].iter().any(known) {
            return;
        }
        if guess.len() > GUESSED_BYTES {
            self.found |= self.hashes.has_hash(&sha256(guess));
            return;
        }
        if room.count == GUESSES || room.end + guess.len() > GUESSED_BYTES {
            self.flush();
        }
        let room = &mut *self.room;
        let end = room.end + guess.len();
        room.text[room.end..end].copy_from_slice(guess);
        room.pieces[room.count] = (room.end, end);
        (room.count, room.end) = (room.count + 1, end);
    }

    /// A word without digits: few are met, and those again and again.
    fn push_word(&mut self, word: &[u8]) {
        match self.room.met.digest(word) {
            Some(digest) => self.found |= self.hashes.has_hash(&digest),
            None => self.push(word),
        }
    }

    /// In lower case.
    fn push_lower(&mut self, guess: &str) {
        let mut buffer = [0; JOINED_BYTES_MAX];
        match lower(guess, &mut buffer) {
            Some(length) => self.push(&buffer[..length]),
            None => self.push(guess.to_lowercase().as_bytes()),
        }
    }

    /// As it is, and in lower case.
    fn push_both(&mut self, guess: &str) {
        self.push(guess.as_bytes());
        if guess.bytes().any(|byte| byte.is_ascii_uppercase() || byte >= 0x80) {
            self.push_lower(guess);
        }
    }

    /// Adds what may be phone numbers: digits with no more than two marks of one between any.
    fn push_numbers(&mut self, text: &str) {
        let (mut digits, mut count, mut marks) = ([0; 16], 0, 0);
        for byte in text.bytes().chain([b'\n']) {
            match byte {
                b'0'..=b'9' => {
                    if let Some(digit) = digits.get_mut(count) {
                        *digit = byte;
                    }
                    (count, marks) = (count + 1, 0);
                }
                b' ' | b'-' | b'.' | b'(' | b')' | b'/' | b'+' if marks < 2 => marks += 1,
                _ => {
                    if let Some(digits) = digits.get(..count) {
                        self.push_number(digits);
                    }
                    (count, marks) = (0, 0);
                }
            }
        }
    }

    /// A number as it is, without zeros before it, and with the calling code.
    fn push_number(&mut self, digits: &[u8]) {
        let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
        let bare = &digits[zeros..];
        if !PHONE_DIGITS.contains(&bare.len()) {
            return;
        }
        self.push(digits);
        self.push(bare);
        if self.hashes.plus {
            self.push(&[b"+", bare].concat());
        }
        if let Some(code) = self.hashes.calling_code {
            let code = code.to_string();
            let international = [b"+", code.as_bytes(), bare].concat();
            self.push(if self.hashes.plus { &international } else { &international[1..] });
        }
    }

    fn flush(&mut self) {
        let room = &mut *self.room;
        if room.count > 0 && !self.found {
            let (hashes, mut found) = (self.hashes, false);
            let pieces = room.pieces[..room.count].iter().copied();
            sha256_all(&room.text[..room.end + SLACK], pieces, |_, digest| {
                found |= hashes.has_hash(&digest);
            });
            self.found = found;
        }
        (room.count, room.end) = (0, 0);
    }
}

/// Words that were met lately, with their digests.
#[derive(Default)]
struct RecentWords([Option<([u8; MET_BYTES_MAX], [u8; 32])>; MET]);

const MET: usize = 16;
const MET_BYTES_MAX: usize = 16;

impl RecentWords {
    /// The digest of a word; `None` of one that is too long to be remembered.
    fn digest(&mut self, word: &[u8]) -> Option<[u8; 32]> {
        let mut padded = [0; MET_BYTES_MAX];
        padded.get_mut(..word.len())?.copy_from_slice(word);
        let place = word.iter().fold(word.len(), |sum, byte| sum + usize::from(*byte)) % MET;
        match &mut self.0[place] {
            Some((known, digest)) if *known == padded => Some(*digest),
            place => {
                let digest = sha256(word);
                *place = Some((padded, digest));
                Some(digest)
            }
        }
    }
}

/// Puts the lower case of `text` at the beginning of `into`; how long it is, `None` where it does not fit.
fn lower(text: &str, into: &mut [u8]) -> Option<usize> {
    if text.is_ascii() {
        let into = into.get_mut(..text.len())?;
        into.copy_from_slice(text.as_bytes());
        into.make_ascii_lowercase();
        return Some(text.len());
    }
    let lower = text.to_lowercase();
    into.get_mut(..lower.len())?.copy_from_slice(lower.as_bytes());
    Some(lower.len())
}

/// A run of letters and digits of any script.
#[derive(Clone, Copy, Default)]
struct Word {
    start: usize,
    end: usize,
    digits: usize,
}

/// The words of a text, as many as there is room for.
fn words<'b>(text: &str, into: &'b mut [Word; WORDS_MAX]) -> &'b [Word] {
    let (mut count, mut word) = (0, None);
    let mut take = |at: usize, length: usize, is_word: bool, is_digit: bool| {
        match (&mut word, is_word) {
            (None, true) => word = Some(Word { start: at, end: at + length, digits: 0 }),
            (Some(word), true) => word.end = at + length,
            (Some(ended), false) => {
                if let Some(place) = into.get_mut(count) {
                    *place = *ended;
                    count += 1;
                }
                word = None;
            }
            (None, false) => {}
        }
        if let Some(word) = &mut word {
            word.digits += usize::from(is_digit);
        }
    };
    if text.is_ascii() {
        for (at, byte) in text.bytes().enumerate() {
            take(at, 1, byte.is_ascii_alphanumeric(), byte.is_ascii_digit());
        }
    } else {
        for (at, letter) in text.char_indices() {
            take(at, letter.len_utf8(), letter.is_alphanumeric(), letter.is_ascii_digit());
        }
    }
    take(text.len(), 0, false, false);
    &into[..count]
}

/// Whether a text is a UUID.
pub(super) fn is_uuid(text: &[u8]) -> bool {
    let Ok(text) = <&[u8; 36]>::try_from(text) else { return false };
    let dashes = text[8] == b'-' && text[13] == b'-' && text[18] == b'-' && text[23] == b'-';
    // Without a branch, so that the compiler makes vector code of it.
    let others = text.iter().fold(0, |others, byte| others + u8::from(!byte.is_ascii_hexdigit()));
    dashes && others == 4
}

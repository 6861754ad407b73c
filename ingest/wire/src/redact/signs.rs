//! Which letters, digits and marks a text has: what it lacks, it need not be searched for.

/// A bit for each letter and digit, without regard to case, for each mark that something is known by, and
/// for all beyond ASCII.
#[derive(Clone, Copy)]
pub(super) struct Signs(u64);

impl Signs {
    const DIGITS: u64 = (1 << 10) - 1;
    /// `@` and `%`, its way into a URL.
    pub(super) const ADDRESS: u64 = 1 << 36;
    /// A dot.
    pub(super) const DOT: u64 = 1 << 37;
    /// A colon.
    pub(super) const COLON: u64 = 1 << 38;
    /// Characters of phone numbers and of few ids: blank, plus, dot, slash, brackets, `%`.
    pub(super) const PHONE: u64 = 1 << 39;
    /// A dash, which stands in phone numbers and in most ids.
    pub(super) const DASH: u64 = 1 << 43;
    /// A slash.
    pub(super) const SLASH: u64 = 1 << 40;
    /// A blank.
    pub(super) const BLANK: u64 = 1 << 41;
    /// Characters around an id in a text, and not in it.
    pub(super) const AROUND_ID: u64 = 1 << 42;
    /// Anything that is not ASCII.
    pub(super) const BEYOND_ASCII: u64 = 1 << 63;

    const OF_BYTE: [u64; 256] = {
        let mut signs = [0; 256];
        let mut byte = 0;
        while byte < 256 {
            signs[byte] = match byte as u8 {
                digit @ b'0'..=b'9' => 1 << (digit - b'0'),
                letter @ (b'a'..=b'z' | b'A'..=b'Z') => 1 << ((letter | 0x20) - b'a' + 10),
                b'@' => Signs::ADDRESS,
                b'%' => Signs::ADDRESS | Signs::PHONE,
                b'.' => Signs::DOT | Signs::PHONE,
                b':' => Signs::COLON | Signs::AROUND_ID,
                b'/' => Signs::SLASH | Signs::PHONE | Signs::AROUND_ID,
                b'|' | b',' | b';' | b'=' | b'&' | b'?' | b'#' => Signs::AROUND_ID,
                b' ' => Signs::BLANK | Signs::PHONE | Signs::AROUND_ID,
                b'(' | b')' => Signs::PHONE | Signs::AROUND_ID,
                b'+' => Signs::PHONE,
                b'-' => Signs::DASH,
                0x80.. => Signs::BEYOND_ASCII,
                _ => 0,
            };
            byte += 1;
        }
        signs
    };

    /// The signs of a text.
    pub(super) fn of(text: &[u8]) -> Signs {
        Signs(text.iter().fold(0, |signs, byte| signs | Signs::of_byte(*byte)))
    }

    fn of_byte(byte: u8) -> u64 {
        static OF_BYTE: [u64; 256] = Signs::OF_BYTE;
        OF_BYTE[usize::from(byte)]
    }

    /// Whether the text has one of these.
    pub(super) const fn has(self, sign: u64) -> bool {
        self.0 & sign != 0
    }

    /// The least number of different letters in the text: all beyond ASCII count as two.
    pub(super) const fn letters(self) -> u32 {
        const LETTERS: u64 = (1 << 36) - 1 - Signs::DIGITS;
        (self.0 & LETTERS).count_ones() + if self.has(Signs::BEYOND_ASCII) { 2 } else { 0 }
    }

    /// Whether the text has a digit.
    pub(super) const fn has_digits(self) -> bool {
        self.has(Signs::DIGITS)
    }

    /// Whether a text with these signs may hold the letters and digits of `value`. Letters beyond ASCII
    /// may have ASCII ones as their lower case.
    pub(super) fn may_hold(self, value: &[u8]) -> bool {
        const LETTERS_AND_DIGITS: u64 = (1 << 36) - 1;
        let lacks = |byte: &u8| Signs::of_byte(*byte) & LETTERS_AND_DIGITS & !self.0 != 0;
        self.has(Signs::BEYOND_ASCII) || !value.iter().any(lacks)
    }
}

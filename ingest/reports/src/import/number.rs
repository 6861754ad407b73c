//! Numbers as export screens write them: `1,234.50`, `1.234,50`, `€ 1 234,50`, `--`.
//!
//! A mark groups digits or begins the fraction. Groups can be groups only where the first has one to three
//! digits and no leading zero, and each other exactly three. What most numbers leave open the whole file
//! tells, and where it does not either, the user is asked: `1.000` may be a thousand or one.

use stratum_models::money::Currency;

/// The marks of fractions that the numbers of a file leave possible.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Decimals {
    /// A number that can be read with a point alone.
    point: bool,
    /// A number that can be read with a comma alone.
    comma: bool,
    /// A number that is another one with either.
    open: bool,
}

impl Decimals {
    /// Learns from one number of the file. A `whole` one has no fraction, so that three digits behind its
    /// only mark may be a group.
    pub(super) fn learn(&mut self, text: &str, whole: bool) {
        let Some(number) = without_currency(text.trim()) else { return };
        if !number.contains(['.', ',']) || is_scientific(number) {
            return;
        }
        let read = |mark| Parts::of(number, mark).filter(|parts| !whole || parts.is_whole());
        match (read('.'), read(',')) {
            (Some(_), None) => self.point = true,
            (None, Some(_)) => self.comma = true,
            (Some(point), Some(comma)) => self.open |= point != comma,
            (None, None) => {}
        }
    }

    /// The mark, `Ok(None)` where no number has one; an error where the file does not tell.
    pub(super) fn mark(self) -> Result<Option<char>, UndecidedMark> {
        match (self.point, self.comma) {
            (true, false) => Ok(Some('.')),
            (false, true) => Ok(Some(',')),
            (true, true) => Err(UndecidedMark),
            (false, false) if self.open => Err(UndecidedMark),
            (false, false) => Ok(None),
        }
    }
}

/// The numbers of a file do not tell the mark of their fractions, or contradict each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UndecidedMark;

/// Whether a cell says that there is nothing.
pub(super) fn is_none(text: &str) -> bool {
    const WORDS: [&str; 7] = ["n/a", "na", "null", "none", "nan", "not available", "(none)"];
    is_zero(text) || WORDS.iter().any(|word| text.trim().eq_ignore_ascii_case(word))
}

/// Whether a figure is one that export screens write where nothing happened: empty, or dashes. A word is
/// none: what is not known is not zero.
pub(super) fn is_zero(text: &str) -> bool {
    text.trim().chars().all(|letter| matches!(letter, '-' | '–' | '—' | '−'))
}

/// Whether a cell holds what a spreadsheet writes where it could not calculate: `#N/A`, `#DIV/0!`, `#WERT!`.
pub(super) fn is_error(text: &str) -> bool {
    let word = text.trim().strip_prefix('#').unwrap_or_default();
    let letter = |byte: u8| byte.is_ascii_uppercase() || matches!(byte, b'0' | b'/' | b'!' | b'?');
    !word.is_empty() && word.bytes().all(letter)
}

/// A number taken apart at its marks.
#[derive(Debug, PartialEq, Eq)]
struct Parts {
    negative: bool,
    whole: String,
    fraction: String,
}

impl Parts {
    /// The number whose fraction begins at `mark`; `None` where its groups cannot be groups.
    fn of(number: &str, mark: char) -> Option<Parts> {
        let (negative, digits) = match number.chars().next()? {
            '-' | '−' => (true, number.trim_start_matches(['-', '−'])),
            '+' => (false, number.trim_start_matches('+')),
            _ => (false, number),
        };
        // The sign of a currency may stand between: `-$ 5`.
        let digits =
            digits.trim_start_matches(|letter: char| letter.is_whitespace() || is_sign(letter));
        let (whole, fraction) = digits.split_once(mark).unwrap_or((digits, ""));
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
            return None;
        }
        Some(Parts { negative, whole: ungrouped(whole)?, fraction: fraction.to_owned() })
    }

    /// A fraction of zeros that may be a group is told by the other numbers of the file.
    fn is_whole(&self) -> bool {
        self.fraction.bytes().all(|byte| byte == b'0')
    }

    fn plain(&self) -> String {
        let sign = if self.negative { "-" } else { "" };
        if self.fraction.is_empty() {
            format!("{sign}{}", self.whole)
        } else {
            format!("{sign}{}.{}", self.whole, self.fraction)
        }
    }
}

/// Digits without the marks of their groups.
fn ungrouped(text: &str) -> Option<String> {
    let Some(mark) = text.chars().find(|letter| !letter.is_ascii_digit()) else {
        return Some(text.to_owned());
    };
    if !(matches!(mark, '.' | ',' | '\'' | '’') || mark.is_whitespace()) {
        return None;
    }
    let digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    let mut groups = text.split(mark);
    let first = groups.next()?;
    let begins = (1..=3).contains(&first.len()) && digits(first) && !first.starts_with('0');
    let goes_on = groups.all(|group| group.len() == 3 && digits(group));
    (begins && goes_on).then(|| text.split(mark).collect())
}

/// The number in plain digits with a point, `None` when it is none. `mark` is the file's mark of fractions;
/// where no number of the file has one, it does not matter.
pub(super) fn plain(text: &str, mark: Option<char>) -> Option<String> {
    const DIGITS_MAX: usize = 63;
    let number = without_currency(text.trim())?;
    if is_scientific(number) {
        return scientific(number);
    }
    let plain = Parts::of(number, mark.unwrap_or('.'))?.plain();
    (plain.len() <= DIGITS_MAX).then_some(plain)
}

/// From the first to the last digit, with what belongs to the number; `None` when what stands around
/// it is no currency: `1.5M` is not one and a half.
fn without_currency(text: &str) -> Option<&str> {
    let belongs =
        |letter: char| letter.is_ascii_digit() || matches!(letter, '+' | '-' | '−' | '.' | ',');
    let start = text.find(belongs)?;
    let end = text.rfind(|letter: char| letter.is_ascii_digit())? + 1;
    let number = text.get(start..end)?;
    (is_currency(&text[..start]) && is_currency(&text[end..])).then_some(number)
}

fn is_currency(around: &str) -> bool {
    const WORDS: [&str; 14] =
        ["US", "R", "A", "C", "CA", "AU", "NZ", "HK", "S", "MX", "zł", "kr", "Kč", "Ft"];
    let plain = |letter: char| !letter.is_whitespace() && !is_sign(letter);
    let word: String =
        around.trim_end_matches('.').chars().filter(|letter| plain(*letter)).collect();
    word.is_empty() || WORDS.contains(&word.as_str()) || Currency::parse(&word).is_some()
}

/// Signs of currencies, and marks of direction around them.
fn is_sign(letter: char) -> bool {
    const SIGNS: &str = "$¢£¥€₹₺₽₩₪₫₴₱฿\u{200e}\u{200f}";
    SIGNS.contains(letter)
}

/// `1.5E+3`, as columnar files and spreadsheets write large and small numbers.
fn is_scientific(text: &str) -> bool {
    let written = |byte: u8| byte.is_ascii_digit() || b"+-.eE".contains(&byte);
    text.contains(['e', 'E']) && text.bytes().all(written)
}

fn scientific(text: &str) -> Option<String> {
    text.parse::<f64>().is_ok_and(f64::is_finite).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(amounts: &[&str], whole: &[&str]) -> Result<Option<char>, UndecidedMark> {
        let mut decimals = Decimals::default();
        amounts.iter().for_each(|text| decimals.learn(text, false));
        whole.iter().for_each(|text| decimals.learn(text, true));
        decimals.mark()
    }

    #[test]
    fn numbers_are_read_by_the_mark_of_their_fraction() {
        for (text, mark, expected) in [
            ("1234", '.', "1234"),
            ("1234.5", '.', "1234.5"),
            ("1,234.50", '.', "1234.50"),
            ("1.234,50", ',', "1234.50"),
            ("1.234.567", ',', "1234567"),
            ("1,234,567.8", '.', "1234567.8"),
            ("€ 1\u{a0}234,50", ',', "1234.50"),
            ("1\u{202f}234,5 €", ',', "1234.5"),
            ("US$12.30", '.', "12.30"),
            ("-$ 12.30", '.', "-12.30"),
            ("CHF 1'234.50", '.', "1234.50"),
            ("12,5 zł", ',', "12.5"),
            ("-3,50", ',', "-3.50"),
            ("−3,50", ',', "-3.50"),
            ("0,00", ',', "0.00"),
            (".5", '.', ".5"),
            ("1.5E+3", '.', "1.5E+3"),
            ("0.500", '.', "0.500"),
            ("1,234", ',', "1.234"),
            ("1,234", '.', "1234"),
            ("1.234", ',', "1234"),
        ] {
            assert_eq!(plain(text, Some(mark)).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn groups_that_cannot_be_groups_are_no_number() {
        for text in ["", "abc", "12%", "1.2.3,4,5", "1,2x", "--", "€", "1.5M", "12k", ".", "#N/A"]
        {
            assert_eq!(plain(text, Some('.')), None, "{text}");
        }
        for (text, mark) in [
            ("20.11.2026", '.'),
            ("20.11.2026", ','),
            ("1,23", '.'),
            ("0,500", '.'),
            ("1234,567", '.'),
            ("1,2345", '.'),
            ("12,34,567", '.'),
            ("1,234.567.890", '.'),
            ("1 23,4", ','),
            ("1.234 567", ','),
            ("1.5", ','),
            ("1..000", ','),
        ] {
            assert_eq!(plain(text, Some(mark)), None, "{text} {mark}");
        }
    }

    #[test]
    fn the_whole_file_tells_the_mark() {
        assert_eq!(mark(&["75.000", "1.250.000"], &["12.345", "98.000"]), Ok(Some(',')));
        assert_eq!(mark(&["1.000", "2.500"], &["12.345"]), Ok(Some(',')));
        assert_eq!(mark(&["236,48", "1.488,69", "1.000"], &[]), Ok(Some(',')));
        assert_eq!(mark(&["0,500"], &["1000"]), Ok(Some(',')));
        assert_eq!(mark(&["0.500", "1.250", "1234.567"], &[]), Ok(Some('.')));
        assert_eq!(mark(&["1,234", "12", "7.234", "3,50", "9,1"], &[]), Ok(Some(',')));
        assert_eq!(mark(&["$ 1,000.00", "12"], &[]), Ok(Some('.')));
        assert_eq!(mark(&["12", "--", "1'234", "", "20.11.2026", "1.5E+3"], &["7"]), Ok(None));
    }

    #[test]
    fn what_no_number_tells_is_asked_for() {
        assert_eq!(mark(&["1.000", "2.500"], &["100"]), Err(UndecidedMark));
        assert_eq!(mark(&["1,000"], &["12,000"]), Err(UndecidedMark), "twelve or twelve thousand");
        assert_eq!(mark(&["1,5", "1.5"], &[]), Err(UndecidedMark), "one of them is wrong");
    }

    #[test]
    fn nothing_is_told_in_many_ways_and_nothing_spent_in_few() {
        for text in ["", " ", "-", "--", " — ", "–"] {
            assert!(is_none(text) && is_zero(text), "{text:?}");
        }
        for text in ["N/A", "null", "NaN"] {
            assert!(is_none(text) && !is_zero(text), "{text:?}");
        }
        for text in ["#N/A", "#DIV/0!", "#WERT!", "#REF!", "#NAME?"] {
            assert!(is_error(text) && !is_none(text) && !is_zero(text), "{text:?}");
        }
        assert!(!is_none("0") && !is_zero("-1") && !is_error("#1 Sale") && !is_error("#"));
    }
}

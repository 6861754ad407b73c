//! Numbers as export screens write them: `1,234.50`, `1.234,50`, `€ 1 234,50`, `--`.

use stratum_models::money::Currency;

/// Which of the two marks of a number is that of its fraction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decimals {
    /// Numbers whose fraction can only begin at a point.
    points: u32,
    /// Numbers whose fraction can only begin at a comma.
    commas: u32,
}

impl Decimals {
    /// What the user said.
    pub(super) fn told(comma: bool) -> Decimals {
        if comma {
            Decimals { points: 0, commas: u32::MAX }
        } else {
            Decimals { points: u32::MAX, commas: 0 }
        }
    }

    /// Learns from one number of the file.
    pub(super) fn learn(&mut self, text: &str) {
        match fraction_mark(text) {
            Some('.') => self.points = self.points.saturating_add(1),
            Some(',') => self.commas = self.commas.saturating_add(1),
            _ => {}
        }
    }

    /// The mark most numbers use, `None` where no number tells.
    pub(super) fn mark(self) -> Option<char> {
        match self.points.cmp(&self.commas) {
            std::cmp::Ordering::Greater => Some('.'),
            std::cmp::Ordering::Less => Some(','),
            std::cmp::Ordering::Equal => None,
        }
    }
}

/// Whether a cell says that there is nothing.
pub(super) fn is_none(text: &str) -> bool {
    let text = text.trim();
    let dashes = text.chars().all(|letter| matches!(letter, '-' | '–' | '—' | '−'));
    dashes
        || ["n/a", "na", "null", "none", "nan", "not available", "(none)", "#n/a"]
            .iter()
            .any(|word| text.eq_ignore_ascii_case(word))
}

/// The mark before the fraction where only one reading is possible: of two kinds of marks the last;
/// of one kind one that stands once and not before exactly three digits.
fn fraction_mark(text: &str) -> Option<char> {
    let marks: Vec<(usize, char)> =
        text.char_indices().filter(|(_, letter)| matches!(letter, '.' | ',')).collect();
    let (at, last) = *marks.last()?;
    let other = if last == '.' { ',' } else { '.' };
    if marks.iter().any(|(_, mark)| *mark == other) {
        let once = marks.iter().filter(|(_, mark)| *mark == last).count() == 1;
        // 1,234,567.00 and never 1.234.567,8.9
        return Some(if once { last } else { other });
    }
    let digits = text[at + 1..].chars().take_while(char::is_ascii_digit).count();
    (marks.len() == 1 && digits != 3).then_some(last)
}

/// The number in plain digits with a point, `None` when it is none. `mark` is the file's mark of
/// fractions; where no number of the file tells it, three digits behind a mark are thousands in a
/// `whole` number, and in an amount when the mark is a comma.
pub(super) fn plain(text: &str, mark: Option<char>, whole: bool) -> Option<String> {
    let number = without_currency(text.trim())?;
    if is_scientific(number) {
        return scientific(number);
    }
    let own = fraction_mark(number);
    let mark = match (own, mark) {
        (Some(own), Some(mark)) if own != mark && has_both_marks(number) => return None,
        (Some(own), _) => Some(own),
        (None, _) if is_grouped(number) => None,
        (None, Some(mark)) => Some(mark),
        (None, None) if whole => None,
        (None, None) => Some('.'),
    };
    let mut digits = String::with_capacity(number.len());
    for letter in number.chars() {
        match letter {
            '0'..='9' => digits.push(letter),
            '-' | '−' if digits.is_empty() => digits.push('-'),
            '+' if digits.is_empty() => {}
            '.' | ',' if Some(letter) == mark => digits.push('.'),
            '.' | ',' | '\'' | '’' => {}
            letter if letter.is_whitespace() || is_sign(letter) => {}
            _ => return None,
        }
    }
    let one_point = digits.bytes().filter(|byte| *byte == b'.').count() <= 1;
    (one_point && digits.len() < 64).then_some(digits)
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

/// Of one kind, and more than one: only thousands are marked.
fn is_grouped(text: &str) -> bool {
    text.chars().filter(|letter| matches!(letter, '.' | ',')).count() > 1
}

fn has_both_marks(text: &str) -> bool {
    text.contains('.') && text.contains(',')
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

    #[test]
    fn marks_are_read_where_only_one_reading_is_possible() {
        for (text, expected) in [
            ("1234", "1234"),
            ("1234.5", "1234.5"),
            ("1,234.50", "1234.50"),
            ("1.234,50", "1234.50"),
            ("1.234.567", "1234567"),
            ("1,234,567.8", "1234567.8"),
            ("€ 1\u{a0}234,50", "1234.50"),
            ("1\u{202f}234,5 €", "1234.5"),
            ("US$12.30", "12.30"),
            ("CHF 1'234.50", "1234.50"),
            ("12,5 zł", "12.5"),
            ("-3,50", "-3.50"),
            ("0,00", "0.00"),
            ("1.5E+3", "1.5E+3"),
        ] {
            assert_eq!(plain(text, None, false).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "abc", "12%", "1.2.3,4,5", "1,2x", "--", "€", "1.5M", "12k", "."] {
            assert_eq!(plain(text, None, false), None, "{text}");
        }
    }

    #[test]
    fn three_digits_behind_a_mark_are_read_as_the_rest_of_the_file_is() {
        assert_eq!(plain("1,234", Some(','), false).as_deref(), Some("1.234"));
        assert_eq!(plain("1,234", Some('.'), false).as_deref(), Some("1234"));
        assert_eq!(plain("1.234", Some(','), true).as_deref(), Some("1234"));
        assert_eq!(plain("1.234", None, true).as_deref(), Some("1234"));
        assert_eq!(plain("1,234", None, true).as_deref(), Some("1234"));
        assert_eq!(plain("1,234", None, false).as_deref(), Some("1234"));
        let mut decimals = Decimals::default();
        ["1,234", "12", "7.234", "3,50", "9,1"].iter().for_each(|text| decimals.learn(text));
        assert_eq!(decimals.mark(), Some(','));
    }

    #[test]
    fn nothing_is_told_in_many_ways() {
        for text in ["", " ", "-", "--", " — ", "N/A", "null", "–"] {
            assert!(is_none(text), "{text:?}");
        }
        assert!(!is_none("0") && !is_none("-1"));
    }
}

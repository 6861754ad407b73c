//! Phone numbers.
//!
//! A number is international when it begins with `+`, `00` or, in North America, `011`. Others get
//! the dataset's calling code, or are taken as they are when they are long enough to hold one.
//! A trunk zero behind the calling code, as in `+44 (0)20 …`, is repaired: the number without it is
//! the first form, the number as sent the last.

use stratum_models::identifier::InvalidReason;
use stratum_models::platform::Platform;

use super::calling_code;
use super::{FORMS_MAX, Forms, Rules};

/// E.164 allows 15 digits; room for an exit code and trunk zeros.
const DIGITS_MAX: usize = 22;
/// The fewest digits that can hold a calling code where no prefix tells that there is one.
const BARE_INTERNATIONAL_MIN: usize = 11;

/// A number as sent: its digits, and what the other characters say.
#[derive(Default)]
struct DialledNumber {
    digits: [u8; DIGITS_MAX],
    length: usize,
    plus: bool,
}

impl DialledNumber {
    fn push(&mut self, digit: u8) -> Result<(), InvalidReason> {
        *self.digits.get_mut(self.length).ok_or(InvalidReason::Malformed)? = digit;
        self.length += 1;
        Ok(())
    }

    fn with_code(code: u16, national: &[u8]) -> Result<DialledNumber, InvalidReason> {
        let mut number = DialledNumber::default();
        let hundreds = [code / 1000 % 10, code / 100 % 10, code / 10 % 10, code % 10];
        let code = hundreds.into_iter().skip_while(|digit| *digit == 0);
        code.map(|digit| b'0' + digit as u8).try_for_each(|digit| number.push(digit))?;
        national.iter().try_for_each(|digit| number.push(*digit))?;
        Ok(number)
    }

    fn digits(&self) -> &[u8] {
        &self.digits[..self.length]
    }
}

/// The forms of a folded number: its digits with the calling code; for TikTok and Google, with `+` first.
pub fn phone(text: &str, rules: &Rules, out: &mut Forms) -> Result<(), InvalidReason> {
    let dialled = scan(text)?;
    let digits = dialled.digits();
    if digits.iter().all(|digit| *digit == b'0') {
        return Err(InvalidReason::Malformed);
    }
    match (international(&dialled, rules), rules.calling_code) {
        (Some(number), _) => settle(number, InvalidReason::Malformed, rules, out),
        (None, Some(code)) => {
            let number = national(digits, code)?;
            settle(number.digits(), InvalidReason::Malformed, rules, out)
        }
        (None, None) if digits[0] != b'0' && digits.len() >= BARE_INTERNATIONAL_MIN => {
            settle(digits, InvalidReason::NoCountryCode, rules, out)
        }
        (None, None) => Err(InvalidReason::NoCountryCode),
    }
}

/// The digits of a number, without an extension.
fn scan(text: &str) -> Result<DialledNumber, InvalidReason> {
    let text = text.strip_prefix("tel:").or_else(|| text.strip_prefix("p:")).unwrap_or(text);
    let mut number = DialledNumber::default();
    for letter in text.chars() {
        match letter {
            '0'..='9' => number.push(letter as u8)?,
            '+' | '＋' if number.length == 0 && !number.plus => number.plus = true,
            'x' | 'e' | '#' | ';' | ',' if number.length >= 7 => break,
            ' ' | '-' | '.' | '(' | ')' | '/' | '\u{a0}' => {}
            // Blanks, dashes and marks of direction.
            '\u{2000}'..='\u{2015}' | '\u{202a}'..='\u{202f}' | '\u{2060}'..='\u{2069}' => {}
            _ => number.push(b'0' + digit(letter).ok_or(InvalidReason::Malformed)?)?,
        }
    }
    if number.length == 0 { Err(InvalidReason::Malformed) } else { Ok(number) }
}

/// The value of a digit: Arabic, Persian, Devanagari or full width.
fn digit(letter: char) -> Option<u8> {
    let zero = match letter {
        '٠'..='٩' => '٠',
        '۰'..='۹' => '۰',
        '०'..='९' => '०',
        '０'..='９' => '０',
        _ => return None,
    };
    u8::try_from(letter as u32 - zero as u32).ok()
}

/// The digits behind the international prefix, when there is one.
fn international<'a>(dialled: &'a DialledNumber, rules: &Rules) -> Option<&'a [u8]> {
    let digits = dialled.digits();
    if dialled.plus || digits.starts_with(b"00") {
        let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
        return Some(&digits[zeros..]);
    }
    let north_american = rules.calling_code == Some(1) && digits.len() > 11;
    digits.strip_prefix(b"011").filter(|_| north_american)
}

/// A number without an international prefix, under the dataset's calling code.
fn national(digits: &[u8], code: u16) -> Result<DialledNumber, InvalidReason> {
    let with_code = DialledNumber::with_code(code, b"")?;
    let trunk = calling_code::trunk_prefix(code).as_bytes();
    if code == 1 || digits[0] != b'0' {
        // Eleven digits are a North American number with its 1; elsewhere a number that begins with
        // the code, or is too long to be national, is complete.
        let begins = digits.starts_with(with_code.digits());
        if digits.len() >= BARE_INTERNATIONAL_MIN && (begins || digits.len() > 11) {
            return DialledNumber::with_code(0, digits);
        }
    }
    let bare = match digits.strip_prefix(trunk) {
        // Russia's 8 and North America's 1 may also begin the number itself.
        Some(rest) if trunk.starts_with(b"0") || digits.len() == 11 => rest,
        _ => digits,
    };
    DialledNumber::with_code(code, bare)
}

/// Adds the forms of a number that begins with its calling code.
fn settle(
    digits: &[u8],
    unknown: InvalidReason,
    rules: &Rules,
    out: &mut Forms,
) -> Result<(), InvalidReason> {
    let (code, rest) = digits.split_at(calling_code::length(digits).ok_or(unknown)?);
    let first = out.len();
    let trunk_zero = rest.first() == Some(&b'0') && !calling_code::keeps_zero(code);
    let national = if trunk_zero { &rest[1..] } else { rest };
    if !is_plausible(code, national) {
        return Err(if trunk_zero { InvalidReason::TrunkZero } else { InvalidReason::Malformed });
    }
    let prefixes: &[&str] = match rules.platform {
        Some(Platform::Tiktok | Platform::Google) => &["+", ""],
        _ => &[""],
    };
    for national in [national, rest].iter().take(1 + usize::from(trunk_zero)) {
        for prefix in prefixes {
            out.push_str(prefix);
            out.push_ascii(code);
            out.push_ascii(national);
            out.close(first);
        }
    }
    out.settle(first + FORMS_MAX);
    Ok(())
}

fn is_plausible(code: &[u8], national: &[u8]) -> bool {
    match (code, national) {
        (b"1", [area, _, _, exchange, ..]) => {
            national.len() == 10 && *area >= b'2' && *exchange >= b'2'
        }
        (b"1", _) => false,
        _ => national.len() >= 4 && (7..=15).contains(&(code.len() + national.len())),
    }
}

//! Texts that are somebody's whoever they are of: e-mail addresses, IP addresses, phone numbers and user
//! agents, known by their form alone.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::signs::Signs;

/// The number of digits of a phone number, after a `+`.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 8..=15;
/// Endings of files, which no domain has.
pub(super) const FILES: [&[u8]; 8] =
    [b"png", b"jpg", b"jpeg", b"gif", b"webp", b"svg", b"mp4", b"pdf"];

/// Whether a text with these signs holds something of the kind. Most lack a sign of each.
pub(super) fn is_somebodys(text: &str, signs: Signs) -> bool {
    let bytes = text.as_bytes();
    holds_address(text, signs)
        || signs.has(Signs::DOT) && signs.has_digits() && holds_ipv4(text)
        || signs.has(Signs::COLON) && holds_ipv6(text)
        || signs.has_digits()
            && (signs.has(Signs::PHONE) || signs.has(Signs::DASH) && has_dash_after_digit(bytes))
            && holds_phone(bytes)
        || signs.has(Signs::SLASH) && holds_agent(bytes)
}

/// Whether a text with these signs holds an e-mail address.
pub(super) fn holds_address(text: &str, signs: Signs) -> bool {
    signs.has(Signs::ADDRESS) && holds_email(text.as_bytes())
        || signs.has(Signs::BEYOND_ASCII) && holds_wide_email(text)
}

/// An address, percent-encoded ones included; its domain has a dot, so that `banner@2x` is none.
fn holds_email(text: &[u8]) -> bool {
    text.iter().enumerate().any(|(at, byte)| match byte {
        b'@' => is_email_around(text, at, at + 1),
        b'%' => text[at..].starts_with(b"%40") && is_email_around(text, at, at + 3),
        _ => false,
    })
}

/// The same with an at sign of full width or small form.
fn holds_wide_email(text: &str) -> bool {
    let signs = text.char_indices().filter(|(_, letter)| matches!(letter, '＠' | '﹫'));
    signs
        .into_iter()
        .any(|(at, letter)| is_email_around(text.as_bytes(), at, at + letter.len_utf8()))
}

fn is_email_around(text: &[u8], before: usize, after: usize) -> bool {
    let name = before.checked_sub(1).and_then(|last| text.get(last));
    let named = name.is_some_and(|byte| is_word(*byte) || b"._-+\"'".contains(byte));
    named && is_domain(&text[after..])
}

/// Whether a text begins with a name that has a dot within.
fn is_domain(text: &[u8]) -> bool {
    let mut labels = 0;
    let mut rest = text;
    loop {
        let length =
            rest.iter().take_while(|byte| is_word(**byte) || matches!(byte, b'-' | b'_')).count();
        let (label, after) = rest.split_at(length);
        if label.is_empty() {
            return labels > 1;
        }
        labels += 1;
        let dot = match after {
            [b'.', ..] => 1,
            [b'%', b'2', b'e' | b'E', ..] => 3,
            _ => return labels > 1 && !FILES.iter().any(|file| label.eq_ignore_ascii_case(file)),
        };
        rest = &after[dot..];
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

/// Four numbers up to 255 between dots, and no number more.
fn holds_ipv4(text: &str) -> bool {
    text.split(|letter: char| !letter.is_ascii_digit() && letter != '.')
        .map(|run| run.trim_matches('.'))
        .any(|run| (7..=15).contains(&run.len()) && run.parse::<Ipv4Addr>().is_ok())
}

/// An address with colons, in brackets or not. Times of the day and `A::B` are none.
fn holds_ipv6(text: &str) -> bool {
    const DIGITS_MIN: usize = 5;
    text.split(|letter: char| !letter.is_alphanumeric() && !matches!(letter, ':' | '.')).any(
        |run| {
            let run = run.trim_end_matches(['.', ':']);
            let digits = run.bytes().filter(u8::is_ascii_hexdigit).count();
            digits >= DIGITS_MIN && run.contains(':') && run.parse::<Ipv6Addr>().is_ok()
        },
    )
}

/// Whether a dash stands within a number: those of most ids stand behind a word.
fn has_dash_after_digit(text: &[u8]) -> bool {
    text.windows(2).any(|pair| pair[1] == b'-' && pair[0].is_ascii_digit())
}

/// A number that is written as phone numbers are.
fn holds_phone(text: &[u8]) -> bool {
    let mut before = b' ';
    for (at, byte) in text.iter().enumerate() {
        let rest = &text[at..];
        let begins = !before.is_ascii_alphanumeric();
        let found = match byte {
            b'+' => PHONE_DIGITS.contains(&digits_of(&rest[1..])),
            b'%' => rest.starts_with(b"%2B") && PHONE_DIGITS.contains(&digits_of(&rest[3..])),
            b'(' => is_area_in_brackets(rest),
            b'0' if begins => is_national(rest),
            b'2'..=b'9' if begins => is_north_american(rest),
            _ => false,
        };
        if found {
            return true;
        }
        before = *byte;
    }
    false
}

/// The number of digits here, with no more than two marks of a phone number between any.
fn digits_of(text: &[u8]) -> usize {
    let (mut digits, mut marks) = (0, 0);
    for byte in text {
        match byte {
            b'0'..=b'9' => (digits, marks) = (digits + 1, 0),
            b' ' | b'-' | b'.' | b'(' | b')' | b'/' if marks < 2 => marks += 1,
            _ => break,
        }
    }
    digits
}

fn run_of_digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// `(650) 555-1212`.
fn is_area_in_brackets(text: &[u8]) -> bool {
    let area = run_of_digits(&text[1..]);
    (2..=5).contains(&area)
        && text.get(1 + area) == Some(&b')')
        && (6..=10).contains(&digits_of(&text[2 + area..]))
}

/// A trunk zero, an area, one mark and the number: `0160 1234567`, `030/901820`.
fn is_national(text: &[u8]) -> bool {
    let area = run_of_digits(text);
    let rest = text.get(area + 1..).unwrap_or_default();
    let marked = text.get(area).is_some_and(|mark| matches!(mark, b' ' | b'/' | b'-'));
    (3..=6).contains(&area)
        && text.get(1) != Some(&b'0')
        && marked
        && match text.get(area) {
            // Days and numbers of orders have dashes too: of these one, and a number behind it.
            Some(b'-') => {
                (6..=8).contains(&run_of_digits(rest)) && ends_number(rest, run_of_digits(rest))
            }
            _ => {
                rest.first().is_some_and(u8::is_ascii_digit)
                    && (9..=12).contains(&(area + digits_of(rest)))
            }
        }
}

/// Three, three and four digits between equal marks, as in `650-555-1212`.
fn is_north_american(text: &[u8]) -> bool {
    let Some(number) = text.first_chunk::<12>() else { return false };
    let marks = number[3] == number[7] && matches!(number[3], b'-' | b'.' | b' ');
    let digits = [&number[..3], &number[4..7], &number[8..]];
    marks
        && digits.iter().all(|group| group.iter().all(u8::is_ascii_digit))
        && (b'2'..=b'9').contains(&number[4])
        && ends_number(text, 12)
}

fn ends_number(text: &[u8], length: usize) -> bool {
    text.get(length).is_none_or(|next| !next.is_ascii_alphanumeric() && *next != b'-')
}

/// True of a text that holds the beginning of a user agent of browsers or of phones' HTTP libraries.
fn holds_agent(text: &[u8]) -> bool {
    const AGENTS: [&[u8]; 4] = [b"mozilla/", b"dalvik/", b"cfnetwork/", b"okhttp/"];
    text.iter().enumerate().filter(|(_, byte)| **byte == b'/').any(|(at, _)| {
        AGENTS.iter().any(|agent| {
            let begin = (at + 1).checked_sub(agent.len());
            begin.is_some_and(|begin| text[begin..=at].eq_ignore_ascii_case(agent))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_found(text: &str) -> bool {
        is_somebodys(text, Signs::of(text.as_bytes()))
    }

    #[test]
    fn what_is_somebodys_is_known_by_its_form() {
        for text in [
            "someone@example.com",
            "x=someone%40example.com",
            "x=someone%40example%2Ecom&y",
            "order for ana@mail.example.co.uk!",
            "müller@bücher.de",
            "ana＠example.com",
            "ana.@example.com",
            "81.2.69.142-1767225600",
            "ip:81.2.69.142.",
            "[2001:db8::8a2e:370:7334]",
            "lead-2001:db8:0:0:8a2e:0:370:7334",
            "+49 160 1234567",
            "tel:+491601234567",
            "%2B491601234567",
            "call (650) 555-1212",
            "650-555-1212",
            "650.555.1212",
            "0160 1234567",
            "0160/1234567",
            "0160-1234567",
            "020 7946 0958",
            "Mozilla/5.0 (iPhone)",
            "ua:mozilla/5.0",
        ] {
            assert!(is_found(text), "{text}");
        }
    }

    #[test]
    fn ordinary_texts_are_nobodys() {
        for text in [
            "Hero banner@2x autumn",
            "banner@2x.png",
            "50% off @ shop",
            "@handle",
            "a@b",
            "ana@localhost",
            "f47ac10b-58cc-4372-a567-0e02b2c3d479",
            "1767225600000",
            "order-2026-11-27-000123",
            "0000012345",
            "0001-1234567",
            "01-02-2026 12",
            "2026-11-27T10:15:00+01:00",
            "10:15:30",
            "Campaign::Brand",
            "A::B",
            "v1.2.3",
            "1.2.3.4.5",
            "1.256.3.4",
            "112-4837261-5582913",
            "12345.67",
            "C++ course",
            "1+1",
            "(new) 2026",
            "DE | Brand | 2026/11",
            "Purchase",
            "",
        ] {
            assert!(!is_found(text), "{text}");
        }
    }
}

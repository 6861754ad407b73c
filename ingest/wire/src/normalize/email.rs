//! E-mail addresses.

use stratum_models::identifier::InvalidReason;
use stratum_models::platform::Platform;

use super::{Forms, Rules};

/// The forms of a folded address: itself. For Google, which ignores them, the address without the
/// dots and the `+tag` of a Gmail name comes first.
pub fn email(text: &str, rules: &Rules, out: &mut Forms) -> Result<(), InvalidReason> {
    let first = out.len();
    let at = text.bytes().rposition(|byte| byte == b'@').ok_or(InvalidReason::Malformed)?;
    let (name, domain) = (&text[..at], &text[at + 1..]);
    if !is_name(name) || !is_domain(domain) {
        return Err(InvalidReason::Malformed);
    }
    let is_google = rules.platform == Some(Platform::Google);
    if is_google && matches!(domain, "gmail.com" | "googlemail.com") {
        let plain = name.split('+').next().unwrap_or(name);
        if plain.is_empty() {
            return Err(InvalidReason::Malformed);
        }
        out.push_kept(plain, |letter| letter != '.');
        out.push('@');
        out.push_str(domain);
        out.close(first);
    }
    out.push_str(text);
    out.close(first);
    Ok(())
}

/// True of a text that may stand before the `@`: no blanks, no quoting, no second address.
fn is_name(name: &str) -> bool {
    static PLAIN: [bool; 256] = plain_bytes();
    let plain = |byte: u8| PLAIN[usize::from(byte)];
    let foreign = |letter: char| {
        letter.is_ascii() && plain(letter as u8)
            || !letter.is_ascii() && !letter.is_whitespace() && !letter.is_control()
    };
    let length = (1..=64).contains(&name.len());
    // Without a branch a byte: nearly all names are plain.
    let all_plain = name.bytes().fold(true, |all, byte| all & plain(byte));
    length && (all_plain || !name.is_ascii() && name.chars().all(foreign))
}

const fn plain_bytes() -> [bool; 256] {
    let mut plain = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let sign = matches!(byte as u8, b'@' | b'"' | b'(' | b')' | b',' | b':'..=b'<')
            || matches!(byte as u8, b'>' | b'[' | b'\\' | b']');
        plain[byte] = (byte as u8).is_ascii_graphic() && !sign;
        byte += 1;
    }
    plain
}

/// Two or more labels, the last one not a number; labels in other scripts are allowed.
fn is_domain(domain: &str) -> bool {
    let (mut labels, mut length, mut before) = (1, 0, '.');
    let mut digits = true;
    for letter in domain.chars() {
        match letter {
            '.' if matches!(before, '.' | '-') => return false,
            '.' => (labels, length, digits) = (labels + 1, 0, true),
            '-' if before == '.' => return false,
            _ if letter == '-' || letter.is_alphanumeric() => {
                length += letter.len_utf8();
                digits &= letter.is_ascii_digit();
            }
            _ => return false,
        }
        if length > 63 {
            return false;
        }
        before = letter;
    }
    labels > 1 && length > 1 && !digits && before != '-'
}

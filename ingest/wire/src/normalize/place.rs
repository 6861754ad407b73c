//! Cities, states and postal codes.

use std::sync::LazyLock;

use hashbrown::HashMap;
use stratum_models::identifier::InvalidReason;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::Forms;
use super::name::is_letter_or_digit;

/// The forms of a folded city: its letters as documented; the Latin letters and digits alone, which
/// Meta's parameter builder hashes; and, where these differ by accents, the letters without them, or
/// else what the SDKs hash, which take away less punctuation.
pub fn city(text: &str, out: &mut Forms) -> Result<(), InvalidReason> {
    let first = out.len();
    out.push_kept(text, is_letter);
    out.close(first);
    if out.len() == first {
        return Err(InvalidReason::Malformed);
    }
    if text.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b' ' | b'-' | b'.')) {
        return Ok(());
    }
    if text.starts_with(|letter: char| letter.is_ascii_lowercase()) {
        out.push_kept(text, |letter| letter.is_ascii_alphanumeric());
        out.close(first);
    }
    unaccented(text, first, out);
    out.push_kept(text, stays_in_sdks);
    out.close(first);
    Ok(())
}

/// The forms of a folded state or region: the two-letter code where it is one of the United States or
/// Canada, else its letters; then the name as the SDKs hash it.
pub fn state(text: &str, out: &mut Forms) -> Result<(), InvalidReason> {
    let first = out.len();
    let code = text.strip_prefix("us-").filter(|code| code.len() == 2).unwrap_or(text);
    out.push_kept(code, is_letter);
    if let Some(code) = state_code(out.open()) {
        out.drop_open();
        out.push_str(code);
    }
    out.close(first);
    out.push_kept(code, stays_in_sdks);
    out.close(first);
    unaccented(code, first, out);
    if out.len() == first {
        // Regions with numbers, as in France.
        out.push_kept(code, is_letter_or_digit);
        out.close(first);
    }
    if out.len() == first { Err(InvalidReason::Malformed) } else { Ok(()) }
}

/// The forms of a folded postal code: without blanks and dashes and, in the United States, the first
/// five digits as documented; what stands before the dash, which the SDKs hash; and that with its
/// blanks, which Meta's parameter builder hashes.
pub fn zip(text: &str, out: &mut Forms) -> Result<(), InvalidReason> {
    let first = out.len();
    if !text.chars().all(|letter| is_letter_or_digit(letter) || matches!(letter, ' ' | '-')) {
        return Err(InvalidReason::Malformed);
    }
    if is_zip_and_four(text) {
        out.push_str(&text[..5]);
        out.close(first);
        if text.len() > 9 {
            return Ok(());
        }
        // Without a dash nine digits may as well be the code of another country.
    }
    out.push_kept(text, is_letter_or_digit);
    if !(2..=12).contains(&out.open().len()) {
        return Err(InvalidReason::Malformed);
    }
    out.close(first);
    let before = text.split('-').next().unwrap_or(text).trim();
    if before.len() >= 2 {
        out.push_kept(before, |letter| letter != ' ');
        out.close(first);
        out.push_str(before);
        out.close(first);
    }
    Ok(())
}

fn is_zip_and_four(text: &str) -> bool {
    let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    match text.as_bytes() {
        [head @ .., b'-' | b' ', one, two, three, four] if head.len() == 5 => {
            digits(head) && digits(&[*one, *two, *three, *four])
        }
        whole => whole.len() == 9 && digits(whole),
    }
}

fn is_letter(letter: char) -> bool {
    is_letter_or_digit(letter) && !letter.is_numeric()
}

fn stays_in_sdks(letter: char) -> bool {
    !(letter.is_ascii_digit() || letter.is_whitespace() || matches!(letter, '.' | '-' | '(' | ')'))
}

/// The letters of a Latin text without their accents.
fn unaccented(text: &str, first: usize, out: &mut Forms) {
    if text.is_ascii() {
        return;
    }
    let plain = text.nfd().filter(|letter| !is_combining_mark(*letter) && is_letter(*letter));
    for letter in plain {
        match letter {
            'ß' => out.push_str("ss"),
            'ø' => out.push('o'),
            'æ' => out.push_str("ae"),
            'œ' => out.push_str("oe"),
            'ł' => out.push('l'),
            'đ' | 'ð' => out.push('d'),
            'ı' => out.push('i'),
            _ => out.push(letter),
        }
    }
    // Other scripts have marks that are no accents: there is no plain form of them.
    if out.open().is_ascii() {
        out.close(first);
    } else {
        out.drop_open();
    }
}

/// The code of a state of the United States or a province of Canada by its folded letters.
fn state_code(letters: &[u8]) -> Option<&'static str> {
    static CODES: LazyLock<HashMap<&[u8], &str>> = LazyLock::new(|| {
        let states = STATES.split_ascii_whitespace().filter_map(|state| state.split_once(':'));
        states.map(|(name, code)| (name.as_bytes(), code)).collect()
    });
    if letters.len() > 3 { CODES.get(letters).copied() } else { None }
}

const STATES: &str = "alabama:al alaska:ak arizona:az arkansas:ar california:ca colorado:co \
    connecticut:ct delaware:de districtofcolumbia:dc washingtondc:dc florida:fl georgia:ga hawaii:hi \
    idaho:id illinois:il indiana:in iowa:ia kansas:ks kentucky:ky louisiana:la maine:me maryland:md \
    massachusetts:ma michigan:mi minnesota:mn mississippi:ms missouri:mo montana:mt nebraska:ne \
    nevada:nv newhampshire:nh newjersey:nj newmexico:nm newyork:ny northcarolina:nc northdakota:nd \
    ohio:oh oklahoma:ok oregon:or pennsylvania:pa puertorico:pr rhodeisland:ri southcarolina:sc \
    southdakota:sd tennessee:tn texas:tx utah:ut vermont:vt virginia:va washington:wa westvirginia:wv \
    wisconsin:wi wyoming:wy alberta:ab britishcolumbia:bc manitoba:mb newbrunswick:nb \
    newfoundlandandlabrador:nl northwestterritories:nt novascotia:ns nunavut:nu ontario:on \
    princeedwardisland:pe quebec:qc québec:qc saskatchewan:sk yukon:yt";

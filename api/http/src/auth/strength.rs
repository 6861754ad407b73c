//! Which passwords may be chosen: none that is guessed at once, and none made of the account's own words.
//! No kind of character is asked for: such rules make passwords more alike (NIST 800-63B).

use zxcvbn::zxcvbn;

use super::password::normalized;
use crate::answer::{Fault, FaultCode};

/// Characters of a password.
const CHARS: std::ops::RangeInclusive<usize> = 8..=128;
/// Characters whose guesses are estimated. A text made for it costs a tenth of a second at this length, and
/// a second at the longest.
const ESTIMATED_CHARS_MAX: usize = 32;
/// Guesses that a password withstands, as a power of ten. The ten thousand commonest, and what is made of them
/// by a capital, a year or `0` for `o`, are all below.
const GUESSES_LOG10_MIN: f64 = 7.0;
/// Letters and digits that are left of a password without the account's own words.
const REST_CHARS_MIN: usize = 6;
/// A shorter word is in too many passwords by chance.
const OWN_CHARS_MIN: usize = 3;
const PRODUCT: &str = "stratum";

/// The reason why a password may not be chosen; `None` when it may. `own` are the texts that are known of the account: its
/// address, the names of the user and the tenant. Takes up to a tenth of a second.
pub fn weakness(password: &str, own: &[&str]) -> Option<Fault> {
    let password = normalized(password);
    let chars = password.chars().count();
    if chars < *CHARS.start() {
        return Some(length("a password has at least 8 characters"));
    }
    if chars > *CHARS.end() {
        return Some(length("a password has at most 128 characters"));
    }
    let words = own_words(own);
    if is_made_of(&password, &words) {
        let message = "a password is not made of your own name, address or tenant";
        return Some(Fault::new(FaultCode::PasswordOwn, message));
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let beginning: String = password.chars().take(ESTIMATED_CHARS_MAX).collect();
    let message = "this password is among the first that are guessed; choose a longer one";
    (zxcvbn(&beginning, &words).guesses_log10() < GUESSES_LOG10_MIN)
        .then(|| Fault::new(FaultCode::PasswordWeak, message))
}

fn length(message: &'static str) -> Fault {
    Fault::new(FaultCode::PasswordLength, message)
        .with("min", *CHARS.start())
        .with("max", *CHARS.end())
}

/// The texts and their words in lower case, the longest first.
fn own_words(own: &[&str]) -> Vec<String> {
    let texts = own.iter().copied().chain([PRODUCT]);
    let mut words: Vec<String> = texts
        .flat_map(|text| {
            let words = text.split(|c: char| !c.is_alphanumeric());
            std::iter::once(text.trim()).chain(words).map(str::to_lowercase)
        })
        .filter(|word| word.chars().count() >= OWN_CHARS_MIN)
        .collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    words.dedup();
    words
}

/// True where hardly anything is left of a password without these words.
fn is_made_of(password: &str, words: &[String]) -> bool {
    let folded = password.to_lowercase();
    // Cut out, not closed up: what stood around a word makes no other one.
    let rest = words.iter().fold(folded.clone(), |rest, word| rest.replace(word, "\0"));
    rest != folded && rest.chars().filter(|c| c.is_alphanumeric()).count() < REST_CHARS_MIN
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &[&str] = &["zenobia@palmyra.example", "Zenobia Septimia", "Palmyra GmbH"];

    #[test]
    fn common_passwords_and_what_is_made_of_them_are_refused() {
        for weak in [
            "Password1",
            "Passw0rd",
            "Qwerty123",
            "Welcome1",
            "Summer2026",
            "12345678",
            "iloveyou1",
            "dragon123",
            "P@ssw0rd1",
            "aaaaaaaaaaaaaaaa",
            "abcdefgh",
            "Football7",
            "correcthorse",
        ] {
            assert!(weakness(weak, &[]).is_some(), "{weak}");
        }
        for good in ["Corr3ct-horse-battery", "kqzvwxjp", "pässwörd-länge", "correct horse battery"]
        {
            assert_eq!(weakness(good, &[]), None, "{good}");
        }
    }

    #[test]
    fn own_words_are_refused_alone_and_together() {
        for weak in [
            "zenobia@palmyra.example",
            "ZENOBIA@PALMYRA.EXAMPLE",
            "Zenobia-Palmyra",
            "septimia-2026!",
            "PalmyraGmbH1",
            "Stratum2026",
            "zenobiazenobia",
        ] {
            assert!(weakness(weak, OWN).is_some(), "{weak}");
        }
        // A word among others is no fault.
        assert_eq!(weakness("palmyra-corr3ct-horse", OWN), None);
        // Short words and empty ones count for nothing.
        assert_eq!(weakness("kqzvwxjp", &["", "q@z.de", " "]), None);
    }

    #[test]
    fn characters_are_counted_after_normalising() {
        assert!(weakness("kqzvwxj", &[]).is_some());
        // Eight letters, one of them of two code points.
        assert_eq!(weakness("kqzvwxju\u{308}", &[]), None);
        assert!(weakness("kqzvwxu\u{308}", &[]).is_some());
        let long: String = (0..129).map(|at| char::from(b'!' + (at * 7 % 90) as u8)).collect();
        assert!(weakness(&long, &[]).is_some_and(|fault| fault.message().contains("at most")));
        assert_eq!(weakness(&long[..128], &[]), None);
    }
}

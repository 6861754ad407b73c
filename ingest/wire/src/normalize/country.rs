//! Countries: ISO 3166 codes and the names people type.

use std::sync::LazyLock;

use hashbrown::HashMap;
use stratum_models::identifier::InvalidReason;

use super::Forms;
use super::name::is_letter_or_digit;
use crate::hash::sha256;

/// Lines of the alpha-2 code, the alpha-3 code and names.
const COUNTRIES: &str = include_str!("countries.txt");

struct Countries {
    by_name: HashMap<String, &'static str>,
    by_hash: HashMap<[u8; 32], &'static str>,
}

static ALL: LazyLock<Countries> = LazyLock::new(|| {
    let mut all = Countries { by_name: HashMap::new(), by_hash: HashMap::new() };
    for line in COUNTRIES.lines() {
        let mut words = line.splitn(3, ' ');
        let (Some(code), Some(alpha_3), Some(names)) = (words.next(), words.next(), words.next())
        else {
            continue;
        };
        all.by_hash.insert(sha256(code.as_bytes()), code);
        for name in names.split(';').chain([code, alpha_3]) {
            let letters = name.to_lowercase().chars().filter(|l| is_letter_or_digit(*l)).collect();
            all.by_name.insert(letters, code);
        }
    }
    all
});

/// The form of a folded country: its alpha-2 code in lower case, from the code, the alpha-3 code or
/// a name.
pub fn country(text: &str, out: &mut Forms) -> Result<(), InvalidReason> {
    let first = out.len();
    out.push_kept(text, is_letter_or_digit);
    let code = std::str::from_utf8(out.open()).ok().and_then(|name| ALL.by_name.get(name));
    let code = code.ok_or(InvalidReason::UnknownCode)?;
    out.drop_open();
    out.push_str(code);
    out.close(first);
    Ok(())
}

/// The alpha-2 code in lower case of a country told by its alpha-2 or alpha-3 code or a name.
pub fn country_code(text: &str) -> Option<&'static str> {
    let letters: String =
        text.chars().flat_map(char::to_lowercase).filter(|l| is_letter_or_digit(*l)).collect();
    ALL.by_name.get(&letters).copied()
}

/// The alpha-2 code in lower case whose SHA-256 this is.
pub fn country_of_hash(hash: &[u8; 32]) -> Option<&'static str> {
    ALL.by_hash.get(hash).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_holds_every_country_once_and_no_name_twice() {
        assert_eq!(COUNTRIES.lines().count(), 249);
        assert_eq!(ALL.by_hash.len(), 249);
        let words = |line: &'static str| {
            let (codes, names) = line.split_at(7);
            codes.split_ascii_whitespace().chain(names.split(';'))
        };
        let mut known = HashMap::new();
        for line in COUNTRIES.lines() {
            for word in words(line) {
                let letters: String =
                    word.to_lowercase().chars().filter(|l| is_letter_or_digit(*l)).collect();
                let other = known.insert(letters, &line[..2]);
                assert!(
                    other.is_none_or(|code| code == &line[..2]),
                    "{word} of {other:?} and {line}"
                );
            }
        }
    }
}

//! Gender.

use stratum_models::identifier::InvalidReason;

use super::Forms;
use crate::hash::sha256;

const FEMALE: [&str; 22] = [
    "f", "female", "woman", "girl", "lady", "miss", "ms", "mrs", "she", "her", "w", "weiblich",
    "frau", "femme", "féminin", "feminin", "mujer", "femenino", "feminino", "mulher", "femmina",
    "kvinna",
];
const MALE: [&str; 20] = [
    "m",
    "male",
    "man",
    "boy",
    "gentleman",
    "mr",
    "sir",
    "he",
    "him",
    "männlich",
    "maennlich",
    "mann",
    "herr",
    "homme",
    "masculin",
    "hombre",
    "masculino",
    "homem",
    "maschio",
    "uomo",
];

/// The form of a folded gender: `f` or `m`.
pub fn gender(text: &str, out: &mut Forms) -> Result<(), InvalidReason> {
    let word = text.trim_end_matches('.');
    let code = if FEMALE.contains(&word) {
        "f"
    } else if MALE.contains(&word) {
        "m"
    } else {
        return Err(InvalidReason::UnknownCode);
    };
    let first = out.len();
    out.push_str(code);
    out.close(first);
    Ok(())
}

/// Whether `hash` is that of a form.
pub fn is_known(hash: &[u8; 32]) -> bool {
    static HASHES: std::sync::LazyLock<[[u8; 32]; 2]> =
        std::sync::LazyLock::new(|| [sha256(b"f"), sha256(b"m")]);
    HASHES.contains(hash)
}

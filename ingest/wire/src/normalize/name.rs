//! Given and family names.

use stratum_models::identifier::InvalidReason;
use unicode_normalization::char::is_combining_mark;

use super::Forms;

/// The forms of a folded name: without punctuation and blanks as documented, and as it is, which is
/// what most SDKs hash.
pub fn name(text: &str, out: &mut Forms) -> Result<(), InvalidReason> {
    let first = out.len();
    out.push_kept(text, is_letter_or_digit);
    if out.open().is_empty() {
        return Err(InvalidReason::Malformed);
    }
    let whole = out.open().len() == text.len();
    out.close(first);
    if !whole {
        out.push_str(text);
        out.close(first);
    }
    Ok(())
}

/// Letters, their marks, and digits of any script.
pub(super) fn is_letter_or_digit(letter: char) -> bool {
    if letter.is_ascii() {
        return letter.is_ascii_alphanumeric();
    }
    letter.is_alphanumeric() || is_combining_mark(letter)
}

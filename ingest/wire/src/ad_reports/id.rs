//! Ids that are none any more.

/// The fault of an id that is no text of digits any more.
pub(super) const OF_FLOAT: &str = "went through a spreadsheet or a floating-point number, which changes the last \
    digits of an id; export or send it anew as a text";

/// Whether an id is written as only a number with a fraction or a power of ten is: `2.38426E+16`,
/// `1e17`, `23850000000000123.0`, `1,202,021`, `nan`. Its last digits may be gone, and with another
/// writing of the same id its rows would count twice.
pub(super) fn is_of_float(id: &str) -> bool {
    let id = id.strip_prefix(['+', '-']).unwrap_or(id);
    if ["nan", "inf", "infinity"].iter().any(|word| id.eq_ignore_ascii_case(word)) {
        return true;
    }
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (number, power) = match id.split_once(['e', 'E']) {
        Some((number, power)) => (number, Some(power.strip_prefix(['+', '-']).unwrap_or(power))),
        None => (id, None),
    };
    let is_number = number.starts_with(|first: char| first.is_ascii_digit())
        && number.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','));
    is_number && power.map_or_else(|| number.contains(['.', ',']), digits)
}

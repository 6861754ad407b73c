//! Ids: the advertiser's own, the device's, the platform's.

use stratum_models::identifier::InvalidReason;

use super::Forms;

/// The forms of a trimmed id of the advertiser's own: as it is, which is what the platforms hash where
/// it comes in clear; and in lower case without blanks, which Meta's parameter builder hashes.
pub fn external_id(value: &str, out: &mut Forms) -> Result<(), InvalidReason> {
    let first = out.len();
    out.push_str(value);
    out.close(first);
    let plain = |byte: u8| byte.is_ascii_graphic() && !byte.is_ascii_uppercase();
    if !value.bytes().all(plain) {
        for letter in value.chars().filter(|letter| !letter.is_whitespace()) {
            letter.to_lowercase().for_each(|letter| out.push(letter));
        }
        out.close(first);
    }
    Ok(())
}

/// The form of a trimmed advertising id: a UUID in lower case. The id of zeros is what a device says
/// that was told not to be tracked.
pub fn mobile_ad_id(value: &str, out: &mut Forms) -> Result<(), InvalidReason> {
    let dash = |at: usize| matches!(at, 8 | 13 | 18 | 23);
    let fits =
        |(at, byte): (usize, u8)| if dash(at) { byte == b'-' } else { byte.is_ascii_hexdigit() };
    if value.len() != 36 || !value.bytes().enumerate().all(fits) {
        return Err(InvalidReason::Malformed);
    }
    if value.bytes().all(|byte| matches!(byte, b'0' | b'-')) {
        return Err(InvalidReason::JunkHash);
    }
    let first = out.len();
    value.chars().for_each(|letter| out.push(letter.to_ascii_lowercase()));
    out.close(first);
    Ok(())
}

/// The form of a trimmed id that the platform made: as it is.
pub fn opaque_id(value: &str, out: &mut Forms) -> Result<(), InvalidReason> {
    if !value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(InvalidReason::Malformed);
    }
    let first = out.len();
    out.push_str(value);
    out.close(first);
    Ok(())
}

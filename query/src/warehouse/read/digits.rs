//! Bytes as the hexadecimal digits of a statement or an answer.

/// Their lower-case digits.
pub(super) fn of(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes behind digits; `None` when they are not that many, or none.
pub(super) fn read<const N: usize>(digits: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if digits.len() != 2 * N || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_round_trip() {
        let bytes: [u8; 48] = std::array::from_fn(|at| (at * 37) as u8);
        assert_eq!(read(&of(&bytes)), Some(bytes));
        assert_eq!(read::<48>("00"), None);
        assert_eq!(read::<32>(&"é".repeat(32)), None);
        assert_eq!(read::<32>(&"+".repeat(64)), None);
    }
}

//! `application/x-www-form-urlencoded` bodies.

use bumpalo::Bump;

use super::Malformed;

/// The fields of a form in order; values are still encoded, so that only those wanted are decoded.
pub fn fields(body: &str) -> impl Iterator<Item = (&str, &str)> {
    body.split('&').map(|field| field.split_once('=').unwrap_or((field, "")))
}

/// A field's name or value in clear: `+` is a space, `%xx` a byte, a stray `%` itself. Borrowed
/// where nothing is encoded.
pub fn decode<'a>(encoded: &'a str, arena: &'a Bump) -> Result<&'a str, Malformed> {
    let bytes = encoded.as_bytes();
    if !bytes.iter().any(|byte| matches!(byte, b'%' | b'+')) {
        return Ok(encoded);
    }
    let mut clear = bumpalo::collections::Vec::with_capacity_in(bytes.len(), arena);
    let mut rest = bytes;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        clear.push(match byte {
            b'+' => b' ',
            b'%' => match tail.first_chunk::<2>().and_then(|&[high, low]| hex_byte(high, low)) {
                Some(decoded) => {
                    rest = &tail[2..];
                    decoded
                }
                None => b'%',
            },
            byte => byte,
        });
    }
    std::str::from_utf8(clear.into_bump_slice())
        .map_err(|error| Malformed { what: "no valid UTF-8", at: error.valid_up_to() })
}

fn hex_byte(high: u8, low: u8) -> Option<u8> {
    Some(hex_digit(high)? << 4 | hex_digit(low)?)
}

/// The value of a hexadecimal digit.
pub(super) fn hex_digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fields_are_split_and_decoded() {
        let arena = Bump::new();
        let body = "a=1+2&data=%5B%22%C3%A9%22%5D&flag&stray=100%&half=%4";
        let decoded: Vec<_> =
            fields(body).map(|(name, value)| (name, decode(value, &arena).unwrap())).collect();
        let expected =
            [("a", "1 2"), ("data", "[\"é\"]"), ("flag", ""), ("stray", "100%"), ("half", "%4")];
        assert_eq!(decoded, expected);
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        assert!(decode("%ff%fe", &Bump::new()).is_err());
    }

    proptest! {
        #[test]
        fn what_a_client_encodes_comes_back(text in "\\PC{0,60}") {
            let encoded: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
            let arena = Bump::new();
            prop_assert_eq!(decode(&encoded, &arena), Ok(text.as_str()));
        }
    }
}

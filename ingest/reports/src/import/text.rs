//! The encoding of a text file.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// The bytes of a file without a mark that are looked at to tell UTF-16.
const SNIFFED_BYTES: usize = 4096;

/// The text of a file and the name of its encoding.
///
/// A mark at the start tells; without one it is UTF-8 where it can be, UTF-16 where every other byte
/// is zero, and else what old spreadsheets write.
pub(super) fn decode(bytes: &[u8]) -> (Cow<'_, str>, &'static str) {
    let encoding = match Encoding::for_bom(bytes) {
        Some((encoding, _)) => encoding,
        None => guess(bytes),
    };
    let (text, _) = encoding.decode_with_bom_removal(bytes);
    (text, encoding.name())
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    let sniffed = bytes.get(..SNIFFED_BYTES).unwrap_or(bytes);
    let zeros = |odd: usize| sniffed.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
    let many = sniffed.len() / 4;
    if many > 0 && zeros(1) > many {
        UTF_16LE
    } else if many > 0 && zeros(0) > many {
        UTF_16BE
    } else if std::str::from_utf8(bytes).is_ok() {
        UTF_8
    } else {
        WINDOWS_1252
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, write: fn(u16) -> [u8; 2], mark: bool) -> Vec<u8> {
        let mark = mark.then_some('\u{feff}');
        let text: String = mark.into_iter().chain(text.chars()).collect();
        text.encode_utf16().flat_map(write).collect()
    }

    #[test]
    fn every_encoding_gives_the_same_text() {
        let text = "Campaña,Kosten\n1,2";
        let windows: Vec<u8> = text.chars().map(|letter| letter as u32 as u8).collect();
        for (bytes, name) in [
            (text.as_bytes().to_vec(), "UTF-8"),
            (format!("\u{feff}{text}").into_bytes(), "UTF-8"),
            (utf16(text, u16::to_le_bytes, true), "UTF-16LE"),
            (utf16(text, u16::to_be_bytes, true), "UTF-16BE"),
            (utf16(text, u16::to_le_bytes, false), "UTF-16LE"),
            (utf16(text, u16::to_be_bytes, false), "UTF-16BE"),
            (windows, "windows-1252"),
        ] {
            assert_eq!(decode(&bytes), (Cow::Borrowed(text), name), "{bytes:?}");
        }
        assert_eq!(decode(b"").0, "");
    }
}

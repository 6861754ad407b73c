//! A JSON object a line; amounts are decimal numbers, what is not known is null.

use arrow::array::RecordBatch;
use stratum_models::export::ExportColumn;

use super::EncodeError;
use super::cell::{Quote, columns};

/// RFC 8259.
pub(super) struct Json;

const fn is_escaped(byte: u8) -> bool {
    matches!(byte, 0..0x20 | b'"' | b'\\')
}

impl Quote for Json {
    fn is_plain(texts: &[u8]) -> bool {
        !texts.iter().fold(false, |found, byte| found | is_escaped(*byte))
    }

    fn write(text: &str, out: &mut Vec<u8>) {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        out.push(b'"');
        for byte in text.bytes() {
            match byte {
                b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
                b'\n' => out.extend_from_slice(b"\\n"),
                b'\r' => out.extend_from_slice(b"\\r"),
                b'\t' => out.extend_from_slice(b"\\t"),
                0..0x20 => {
                    let (high, low) = (HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]);
                    out.extend_from_slice(&[b'\\', b'u', b'0', b'0', high, low]);
                }
                _ => out.push(byte),
            }
        }
        out.push(b'"');
    }

    fn write_plain(text: &str, out: &mut Vec<u8>) {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    }
}

/// Writes the rows of a batch; `full` is asked after each whether to go on.
pub(super) fn rows(
    names: &[&'static ExportColumn],
    batch: &RecordBatch,
    out: &mut Vec<u8>,
    full: &mut dyn FnMut(&mut Vec<u8>) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let columns = columns::<Json>(names, batch)?;
    let keys = names.iter().map(|column| format!("\"{}\":", column.name).into_bytes());
    let keys: Vec<Vec<u8>> = keys.collect();
    for row in 0..batch.num_rows() {
        out.push(b'{');
        for (key, cells) in keys.iter().zip(&columns) {
            out.extend_from_slice(key);
            match cells.is_null(row) {
                true => out.extend_from_slice(b"null"),
                false => cells.write::<Json>(row, b"\"", out),
            }
            out.push(b',');
        }
        // The comma behind the last value.
        out.pop();
        out.extend_from_slice(b"}\n");
        full(out)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_is_valid_json() {
        for text in
            ["plain", "say \"hi\"", "back\\slash", "two\nlines\r\t", "\u{1}\u{1f}", "Größe 😀"]
        {
            let mut out = Vec::new();
            Json::write(text, &mut out);
            assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
            let plain = Json::is_plain(text.as_bytes());
            assert_eq!(plain, out.len() == text.len() + 2, "{text:?}");
        }
    }
}

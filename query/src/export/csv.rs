//! Comma-separated values with a header, quoted as RFC 4180 says, lines ended by LF. A text that
//! begins with `=`, `+`, `-`, `@`, a tab, a line break or `'` gets a `'` before it, so that no
//! spreadsheet takes it for a formula; whoever wants it as it was drops that one `'`. Numbers
//! stay numbers.

use arrow::array::RecordBatch;
use stratum_models::export::ExportColumn;

use super::EncodeError;
use super::cell::{Quote, columns};

/// RFC 4180, and no text that a spreadsheet takes for a formula, whatever mark it takes for the end of a cell.
pub(super) struct Csv;

/// Bytes that make a cell stand in quotes.
const fn is_quoted(byte: u8) -> bool {
    matches!(byte, b',' | b';' | b'\t' | b'|' | b'"' | b'\n' | b'\r')
}

/// A text that begins so gets an apostrophe before it: some spreadsheets take wide signs for the narrow ones.
/// One that begins with an apostrophe gets one too, so that taking one away always gives back what was there.
const FORMULA_SIGNS: [char; 12] =
    ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}', '\t', '\r', '\n', '\''];

fn is_formula(text: &str) -> bool {
    text.starts_with(FORMULA_SIGNS)
}

impl Quote for Csv {
    fn is_plain(texts: &[u8]) -> bool {
        // Without a way out early, so that many bytes are compared at once.
        !texts.iter().fold(false, |found, byte| found | is_quoted(*byte))
    }

    fn write(text: &str, out: &mut Vec<u8>) {
        if Self::is_plain(text.as_bytes()) {
            return Self::write_plain(text, out);
        }
        out.push(b'"');
        if is_formula(text) {
            out.push(b'\'');
        }
        for (at, part) in text.split('"').enumerate() {
            if at > 0 {
                out.extend_from_slice(b"\"\"");
            }
            out.extend_from_slice(part.as_bytes());
        }
        out.push(b'"');
    }

    fn write_plain(text: &str, out: &mut Vec<u8>) {
        if is_formula(text) {
            out.push(b'\'');
        }
        out.extend_from_slice(text.as_bytes());
    }
}

/// The names of the columns.
pub(super) fn header(names: &[&'static ExportColumn], out: &mut Vec<u8>) {
    for (at, column) in names.iter().enumerate() {
        out.extend_from_slice(if at > 0 { b"," } else { b"" });
        out.extend_from_slice(column.name.as_bytes());
    }
    out.push(b'\n');
}

/// Writes the rows of a batch; `full` is asked after each whether to go on.
pub(super) fn rows(
    names: &[&'static ExportColumn],
    batch: &RecordBatch,
    out: &mut Vec<u8>,
    full: &mut dyn FnMut(&mut Vec<u8>) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let columns = columns::<Csv>(names, batch)?;
    for row in 0..batch.num_rows() {
        for cells in &columns {
            if !cells.is_null(row) {
                cells.write::<Csv>(row, b"", out);
            }
            out.push(b',');
        }
        // Each row has a cell, so its last byte is the comma behind the last one.
        if let Some(last) = out.last_mut() {
            *last = b'\n';
        }
        full(out)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(text: &str) -> String {
        let mut out = Vec::new();
        Csv::write(text, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn formulas_are_texts_and_can_be_had_back() {
        for (text, wanted) in [
            ("=1+1", "'=1+1"),
            ("+49", "'+49"),
            ("-5", "'-5"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\tx", "\"'\tx\""),
            ("＝1+1", "'＝1+1"),
            ("＋49", "'＋49"),
            ("－5", "'－5"),
            ("＠SUM", "'＠SUM"),
            ("１＋1", "１＋1"),
            ("\r=1", "\"'\r=1\""),
            ("'=1", "''=1"),
            ("=cmd|'/c calc'!A1,", "\"'=cmd|'/c calc'!A1,\""),
            ("a=b", "a=b"),
            ("", ""),
        ] {
            assert_eq!(cell(text), wanted);
        }
    }

    #[test]
    fn quotes_commas_and_line_breaks_are_quoted() {
        assert_eq!(cell("a,b"), "\"a,b\"");
        assert_eq!(cell("say \"hi\""), "\"say \"\"hi\"\"\"");
        assert_eq!(cell("two\nlines"), "\"two\nlines\"");
        // Where a cell ends at another mark, what stands behind it is no cell of its own.
        for text in ["x;=1+1", "x\t=1+1", "x|=1+1"] {
            assert_eq!(cell(text), format!("\"{text}\""));
        }
        assert_eq!(cell("Größe 😀"), "Größe 😀");
    }
}

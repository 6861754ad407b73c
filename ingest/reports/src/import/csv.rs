//! Text files: what separates their cells, and where their headers are.

use std::borrow::Cow;

use super::Unreadable;
use super::header::{HEADERS_MIN, known_headers};

/// The characters that separate cells, the usual first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Export screens write a title, a range of days and the like before the line of headers.
const TITLE_LINES_MAX: usize = 50;

/// A text file whose headers were found.
#[derive(Debug)]
pub(super) struct TextSheet<'a> {
    text: Cow<'a, str>,
    pub(super) delimiter: u8,
    /// The record that holds the headers, from 0.
    pub(super) header_at: usize,
    pub(super) headers: Vec<String>,
}

fn records(text: &str, delimiter: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes())
}

impl<'a> TextSheet<'a> {
    /// Finds the delimiter and the headers: those of which most are known. `told` are headers the user
    /// named, which count too.
    pub(super) fn find(
        text: Cow<'a, str>,
        told: &dyn Fn(&str) -> bool,
    ) -> Result<TextSheet<'a>, Unreadable> {
        let mut best: Option<(usize, u8, usize, Vec<String>)> = None;
        for delimiter in DELIMITERS {
            let head = records(&text, delimiter).into_records().take(TITLE_LINES_MAX).enumerate();
            for (at, record) in head {
                let Ok(record) = record else { break };
                let named = record.iter().filter(|cell| told(cell)).count();
                let known = known_headers(record.iter()).max(named);
                if best.as_ref().is_none_or(|(most, ..)| known > *most) {
                    let headers = record.iter().map(|cell| cell.trim().to_owned()).collect();
                    best = Some((known, delimiter, at, headers));
                }
            }
        }
        match best.filter(|(known, ..)| *known >= HEADERS_MIN) {
            Some((_, delimiter, header_at, headers)) => {
                Ok(TextSheet { text, delimiter, header_at, headers })
            }
            None => Err(Unreadable::file(
                "no line of known column names was found in the file; name its columns in `mapping`",
            )),
        }
    }

    /// Calls `each` with the line and the cells of every row under the headers, until it says no.
    pub(super) fn each(
        &self,
        each: &mut dyn FnMut(u64, &[&str]) -> bool,
    ) -> Result<(), Unreadable> {
        let mut reader = records(&self.text, self.delimiter);
        let mut record = csv::StringRecord::new();
        let mut at = 0;
        loop {
            match reader.read_record(&mut record) {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(_) => {
                    return Err(Unreadable::file("the file is damaged: a line cannot be read"));
                }
            }
            at += 1;
            if at <= self.header_at + 1 {
                continue;
            }
            let line = record.position().map_or(0, csv::Position::line);
            let cells: Vec<&str> = record.iter().collect();
            if !each(line, &cells) {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(u8, usize, Vec<Vec<String>>), Unreadable> {
        let sheet = TextSheet::find(Cow::Borrowed(text), &|_| false)?;
        let mut rows = Vec::new();
        sheet.each(&mut |line, cells| {
            assert!(line > sheet.header_at as u64);
            rows.push(cells.iter().map(|cell| (*cell).to_owned()).collect());
            true
        })?;
        Ok((sheet.delimiter, sheet.header_at, rows))
    }

    #[test]
    fn titles_and_delimiters_are_told_apart() {
        let row = vec!["2026-09-20".to_owned(), "Spring, 1".to_owned(), "1,50".to_owned()];
        for (text, delimiter, header_at) in [
            ("Day,Campaign,Cost\n2026-09-20,\"Spring, 1\",\"1,50\"\n", b',', 0),
            (
                "Campaign report\n\"September 1, 2026 - September 20, 2026\"\nDay;Campaign;Cost\n2026-09-20;Spring, 1;1,50\n",
                b';',
                2,
            ),
            ("Campaign report\nDay\tCampaign\tCost\r\n2026-09-20\tSpring, 1\t1,50\r\n", b'\t', 1),
        ] {
            let (found, at, rows) = read(text).unwrap();
            assert_eq!((found, at), (delimiter, header_at), "{text}");
            assert_eq!(rows, std::slice::from_ref(&row), "{text}");
        }
        assert!(read("hello\nworld").is_err());
        assert!(read("").is_err());
    }
}

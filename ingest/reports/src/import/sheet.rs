//! A file as headers and rows of cells, whatever it is written in.

use bytes::Bytes;

use super::columnar::{self, ColumnarSheet};
use super::csv::TextSheet;
use super::header::Header;
use super::{FileFacts, ImportConfig, ImportRequest, Unreadable, text};

/// The bytes that a workbook, which is a ZIP archive, begins with.
const ZIP_MAGIC: &[u8] = b"PK\x03\x04";

/// A file of rows.
#[derive(Debug)]
pub(super) enum Sheet<'a> {
    Text(TextSheet<'a>),
    Columnar(ColumnarSheet),
}

impl<'a> Sheet<'a> {
    /// Tells what the file is by its content.
    pub(super) fn open(
        file: &'a Bytes,
        request: &ImportRequest,
        limits: &ImportConfig,
    ) -> Result<(Sheet<'a>, FileFacts), Unreadable> {
        if file.starts_with(ZIP_MAGIC) {
            return Err(Unreadable::file("a workbook is not read; save the sheet as CSV"));
        }
        if file.starts_with(columnar::MAGIC) {
            let sheet = ColumnarSheet::open(file.clone(), limits.unpacked_bytes_max)?;
            return Ok((Sheet::Columnar(sheet), FileFacts::columnar()));
        }
        let (text, encoding) = text::decode(file);
        let told = |cell: &str| {
            let header = Header::of(cell);
            request.mapping.keys().any(|name| Header::of(name) == header)
        };
        let sheet = TextSheet::find(text, &told)?;
        let facts = FileFacts::text(encoding, sheet.delimiter, sheet.header_at);
        Ok((Sheet::Text(sheet), facts))
    }

    pub(super) fn headers(&self) -> &[String] {
        match self {
            Sheet::Text(sheet) => &sheet.headers,
            Sheet::Columnar(sheet) => &sheet.headers,
        }
    }

    /// Calls `each` with the place and the cells of every row, until it says no.
    pub(super) fn each(
        &self,
        each: &mut dyn FnMut(u64, &[&str]) -> bool,
    ) -> Result<(), Unreadable> {
        match self {
            Sheet::Text(sheet) => sheet.each(each),
            Sheet::Columnar(sheet) => sheet.each(each),
        }
    }
}

//! Claims of a Parquet file: sizes and counts in its footer and in the heads of its pages. Its reader makes
//! room for whatever they say, so they are looked at before it does.

use std::io::Read;

use flate2::bufread::MultiGzDecoder;
use parquet::basic::{Compression, Type};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};

use super::damaged;
use super::thrift::{Reader, STRUCT};
use crate::import::Unreadable;

/// Columns of a file, nested ones counted by what they hold.
const COLUMNS_MAX: usize = 1_000;
/// Row groups of a file.
const ROW_GROUPS_MAX: usize = 10_000;
/// Bytes that a page unpacks to. Writers aim at one mebibyte.
const PAGE_BYTES_MAX: usize = 32 << 20;
/// Memory of a reader for each value of a dictionary, beside the value.
const DICTIONARY_ENTRY_BYTES: usize = 32;
/// The magic number at both ends, and the length of the footer.
const FOOTER_END: usize = 8;

const PLAIN: i64 = 0;
const PLAIN_DICTIONARY: i64 = 2;
const RLE: i64 = 3;
const DELTA_BINARY_PACKED: i64 = 5;
const RLE_DICTIONARY: i64 = 8;
const BYTE_STREAM_SPLIT: i64 = 9;

const DATA_PAGE: i64 = 0;
const INDEX_PAGE: i64 = 1;
const DICTIONARY_PAGE: i64 = 2;
const DATA_PAGE_V2: i64 = 3;

/// Looks at the counts of the footer.
pub(super) fn check_footer(file: &[u8]) -> Result<(), Unreadable> {
    let (rest, end) = file.split_last_chunk::<FOOTER_END>().ok_or_else(|| damaged(()))?;
    let length = u32::from_le_bytes([end[0], end[1], end[2], end[3]]) as usize;
    let start = rest.len().checked_sub(length).ok_or_else(|| damaged(()))?;
    let mut reader = Reader::new(&rest[start..]);
    let (mut last, mut elements, mut children) = (0, 0, 0);
    while let Some(field) = reader.field(&mut last)? {
        match field.id {
            2 => (elements, children) = schema(&mut reader)?,
            4 => {
                let (groups, kind) = reader.list()?;
                if groups > ROW_GROUPS_MAX || kind != STRUCT {
                    return Err(Unreadable::file("the Parquet file has too many row groups"));
                }
                // The reader goes on by itself: nothing else of the footer claims more than it holds.
                break;
            }
            _ => reader.skip(field)?,
        }
    }
    if elements > COLUMNS_MAX {
        return Err(Unreadable::file("the Parquet file has too many columns"));
    }
    if children >= elements.max(1) { Err(damaged(())) } else { Ok(()) }
}

/// The elements of a schema, and how many of them are said to be another's.
fn schema(reader: &mut Reader<'_>) -> Result<(usize, usize), Unreadable> {
    let (elements, kind) = reader.list()?;
    if kind != STRUCT {
        return Err(damaged(()));
    }
    let mut children = 0_usize;
    for _ in 0..elements {
        let mut last = 0;
        while let Some(field) = reader.field(&mut last)? {
            match field.id {
                5 => children = children.saturating_add(reader.size()?),
                _ => reader.skip(field)?,
            }
        }
    }
    Ok((elements, children))
}

/// Looks at the pages of these columns. At most so many bytes may be made of them in all, and be there
/// at once.
pub(super) fn check_pages(
    file: &[u8],
    metadata: &ParquetMetaData,
    columns: &[usize],
    unpacked_bytes_max: usize,
    held_bytes_max: usize,
) -> Result<(), Unreadable> {
    const TOO_MUCH: &str = "the Parquet file unpacks to too much; split it";
    const TOO_WIDE: &str =
        "the Parquet file takes too much memory to read; leave out columns or write smaller pages";
    let mut unpacked = 0_usize;
    for group in metadata.row_groups() {
        let mut held = 0_usize;
        for column in columns {
            let chunk = group.columns().get(*column).ok_or_else(|| damaged(()))?;
            let pages = pages(file, chunk)?;
            unpacked = unpacked.saturating_add(pages.unpacked);
            held = held.saturating_add(pages.held);
        }
        if unpacked > unpacked_bytes_max {
            return Err(Unreadable::file(TOO_MUCH));
        }
        if held > held_bytes_max {
            return Err(Unreadable::file(TOO_WIDE));
        }
    }
    Ok(())
}

/// Bytes that the pages of a column chunk make.
#[derive(Default)]
struct Pages {
    /// In all.
    unpacked: usize,
    /// At once: the dictionary and a page.
    held: usize,
}

fn pages(file: &[u8], chunk: &ColumnChunkMetaData) -> Result<Pages, Unreadable> {
    if let Compression::LZ4 | Compression::LZO | Compression::BROTLI(_) = chunk.compression() {
        let message =
            "the Parquet file is compressed in an outdated way; write it with zstd, snappy or gzip";
        return Err(Unreadable::file(message));
    }
    let (start, length) = chunk.byte_range();
    let start = usize::try_from(start).map_err(damaged)?;
    let end = usize::try_from(length).ok().and_then(|length| start.checked_add(length));
    let mut rest = end.and_then(|end| file.get(start..end)).ok_or_else(|| damaged(()))?;
    let (mut dictionary, mut largest, mut all) = (0_usize, 0_usize, Pages::default());
    while !rest.is_empty() {
        let mut reader = Reader::new(rest);
        let page = PageHead::read(&mut reader)?;
        let body = rest.get(reader.at()..).and_then(|rest| rest.split_at_checked(page.packed));
        let (body, after) = body.ok_or_else(|| damaged(()))?;
        page.check(chunk, body)?;
        all.unpacked = all.unpacked.saturating_add(page.unpacked);
        if page.kind == DICTIONARY_PAGE {
            let entries = page.values.saturating_mul(DICTIONARY_ENTRY_BYTES);
            dictionary = dictionary.max(page.unpacked.saturating_add(entries));
        } else {
            largest = largest.max(page.unpacked);
        }
        rest = after;
    }
    all.held = dictionary.saturating_add(largest);
    Ok(all)
}

/// The claims in the head of a page.
#[derive(Default)]
struct PageHead {
    kind: i64,
    unpacked: usize,
    packed: usize,
    values: usize,
    encoding: i64,
    /// Bytes before those that are packed.
    levels: usize,
    is_packed: bool,
}

impl PageHead {
    fn read(reader: &mut Reader<'_>) -> Result<PageHead, Unreadable> {
        let mut page = PageHead { is_packed: true, ..PageHead::default() };
        let mut last = 0;
        while let Some(field) = reader.field(&mut last)? {
            match field.id {
                1 => page.kind = reader.number()?,
                2 => page.unpacked = reader.size()?,
                3 => page.packed = reader.size()?,
                5 | 7 => page.read_values(reader, 2)?,
                8 => page.read_values(reader, 4)?,
                _ => reader.skip(field)?,
            }
        }
        Ok(page)
    }

    /// The head of a kind of page: the number of values comes first, the encoding in this field.
    fn read_values(&mut self, reader: &mut Reader<'_>, encoding: i16) -> Result<(), Unreadable> {
        let mut last = 0;
        while let Some(field) = reader.field(&mut last)? {
            match field.id {
                1 => self.values = reader.size()?,
                id if id == encoding => self.encoding = reader.number()?,
                5 | 6 if encoding == 4 => self.levels = self.levels.saturating_add(reader.size()?),
                7 if encoding == 4 => self.is_packed = field.is_true(),
                _ => reader.skip(field)?,
            }
        }
        Ok(())
    }

    fn check(&self, chunk: &ColumnChunkMetaData, body: &[u8]) -> Result<(), Unreadable> {
        if self.unpacked > PAGE_BYTES_MAX {
            return Err(Unreadable::file("a page of the Parquet file is too large"));
        }
        let is_known = match self.kind {
            INDEX_PAGE => true,
            // A value of a dictionary takes a byte at least.
            DICTIONARY_PAGE => {
                matches!(self.encoding, PLAIN | PLAIN_DICTIONARY) && self.values <= self.unpacked
            }
            DATA_PAGE | DATA_PAGE_V2 => match self.encoding {
                PLAIN | PLAIN_DICTIONARY | RLE | RLE_DICTIONARY | BYTE_STREAM_SPLIT => true,
                DELTA_BINARY_PACKED => {
                    matches!(chunk.column_type(), Type::INT32 | Type::INT64)
                }
                // Such texts are made of one another: nothing tells how long before they are.
                _ => {
                    let name = chunk.column_path().string();
                    let message = format!(
                        "column `{name}` of the Parquet file is delta-encoded; write it plain or with a \
                         dictionary"
                    );
                    return Err(Unreadable::file(message));
                }
            },
            _ => false,
        };
        let lies = self.is_packed
            && matches!(chunk.compression(), Compression::GZIP(_))
            && !unpacks_to(body.get(self.levels..).unwrap_or_default(), self.unpacked);
        if is_known && !lies { Ok(()) } else { Err(damaged(())) }
    }
}

/// True if a packed page is no longer than it claims. The gzip decoder does not check that itself.
fn unpacks_to(packed: &[u8], bytes: usize) -> bool {
    let limit = u64::try_from(bytes).unwrap_or(u64::MAX).saturating_add(1);
    let mut unpacked = MultiGzDecoder::new(packed).take(limit);
    // What is damaged ends before.
    let read = std::io::copy(&mut unpacked, &mut std::io::sink());
    read.is_ok_and(|read| read < limit)
}

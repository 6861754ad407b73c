//! Rows of an export as the bytes of a file: CSV, NDJSON or Parquet, as they come and in bounded memory.
//!
//! Text is written by our own writers: a column is looked at once a batch (is anything in it to be
//! quoted, what do its names read like), so that a cell costs little more than its copy. Encoding runs
//! on a thread of its own, one batch ahead of the reader.

mod cell;
mod csv;
mod ndjson;
mod parquet_file;
mod pack;
mod encoder;
mod pipe;

use std::fmt;

use stratum_models::store::{StoreError, StoreErrorKind};

pub use encoder::Encoder;
pub use pipe::{EncodedFile, encode};

/// Bytes that are handed on at once, about.
const CHUNK_BYTES: usize = 256 * 1024;

/// Why encoding stopped.
#[derive(Debug)]
pub enum EncodeError {
    /// Nobody takes the bytes any more.
    Left,
    /// It cannot be encoded.
    Failed(StoreError),
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EncodeError::Left => f.write_str("nobody takes the bytes"),
            EncodeError::Failed(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for EncodeError {}

/// An error that comes back however often it is tried. Its text is ours: it holds no cell.
fn failed(text: &str) -> EncodeError {
    EncodeError::Failed(StoreError::new(StoreErrorKind::Invalid, "warehouse", text))
}

//! Rows into sealed records and back.
//!
//! Layout: magic `SE`, version, kind, the header's length (2 bytes), the header, the sealed body with its
//! tag of 16 bytes, the CRC-32 of all before. All that stands before the body is authenticated with it. The
//! body is an LZ4 block of rows, each with its length before it.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde::{Deserialize, Serialize};
use stratum_models::delivery::{DataKey, DatasetKey, DatasetSeal, KeyHour};
use stratum_models::entropy::Entropy;
use stratum_models::id::TenantId;
use stratum_models::log::RECORD_BYTES_MAX;
use stratum_models::platform::Platform;
use stratum_models::time::UnixMillis;

use super::row::{ByteSink, OutboundEvent, ROW_BYTES_MAX, RowTooLarge};

const MAGIC: [u8; 2] = *b"SE";
const VERSION: u8 = 1;
/// The kind of a record that holds events.
const EVENTS: u8 = 1;
/// Magic, version, kind, the header's length.
const PREFIX_LEN: usize = 6;
const CRC_LEN: usize = 4;
/// Rows of one record, in bytes before they are packed: bytes that cannot be packed grow by a 250th.
const UNPACKED_BYTES_MAX: usize = RECORD_BYTES_MAX - 32 * 1024;
/// Rows of one record.
const ROWS_MAX: usize = 4096;

const _: () = assert!(ROW_BYTES_MAX + 4 <= UNPACKED_BYTES_MAX);

/// What cannot be sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Not one of ours, or cut short.
    #[error("not an envelope")]
    NotAnEnvelope,
    /// Written by a newer program.
    #[error("an envelope of unknown version {0} or kind {1}")]
    UnknownVersion(u8, u8),
    /// Its bytes are not as they were written.
    #[error("a damaged envelope")]
    Damaged,
    /// The key is another one, or the header is not the one that was sealed.
    #[error("the envelope cannot be opened with this key")]
    WrongKey,
    /// The rows cannot be sealed.
    #[error("the rows cannot be sealed")]
    Unsealed,
}

/// What an envelope says of itself in clear.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvelopeHeader<'a> {
    tenant_id: u64,
    /// The ad platform the dataset is of.
    pub platform: Option<Platform>,
    /// The platform's pixel or dataset id.
    pub dataset_id: &'a str,
    hour: u32,
    /// How many rows it holds.
    pub rows: u32,
    first_received_ms: i64,
    last_received_ms: i64,
    unpacked: u32,
    nonce: [u8; NONCE_LEN],
}

impl EnvelopeHeader<'_> {
    /// Whose it is.
    pub fn tenant_id(&self) -> TenantId {
        TenantId(self.tenant_id)
    }

    /// Whether it is of this dataset.
    pub fn is_of(&self, dataset: &DatasetKey) -> bool {
        self.tenant_id() == dataset.tenant_id
            && self.platform == dataset.platform
            && self.dataset_id == dataset.dataset_id
    }

    /// The hour whose key opens it.
    pub fn hour(&self) -> KeyHour {
        KeyHour(self.hour)
    }

    /// The time its first and its last row were taken in.
    pub fn received(&self) -> (UnixMillis, UnixMillis) {
        (UnixMillis(self.first_received_ms), UnixMillis(self.last_received_ms))
    }
}

/// Rows of one dataset that wait to be sealed, in bytes.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct OutboundRows {
    bytes: Vec<u8>,
    rows: Vec<Row>,
}

/// The end of a row among the bytes, and when it was taken in.
type Row = (usize, i64);

/// The bytes of rows that become one record, and the rows.
type Run<'r> = (&'r [u8], &'r [Row]);

impl OutboundRows {
    /// Adds a row. On an error nothing is added.
    pub fn push(&mut self, event: &OutboundEvent<'_>) -> Result<(), RowTooLarge> {
        event.encode(&mut self.bytes)?;
        self.rows.push((self.bytes.len(), event.received_at_ms));
        Ok(())
    }

    /// Adds the rows of another.
    pub fn append(&mut self, others: &OutboundRows) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&others.bytes);
        self.rows.extend(others.rows.iter().map(|(end, received)| (start + end, *received)));
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many bytes they have.
    pub fn byte_len(&self) -> usize {
        self.bytes.len()
    }

    /// The rows in runs that fit into a record each: their bytes and times of receipt.
    fn runs(&self) -> Vec<Run<'_>> {
        let (mut runs, mut first, mut start) = (Vec::new(), 0, 0);
        for at in 0..self.rows.len() {
            let next = self.rows.get(at + 1).map(|(end, _)| end - start);
            let is_full =
                at + 1 - first == ROWS_MAX || next.is_none_or(|bytes| bytes > UNPACKED_BYTES_MAX);
            if is_full {
                let end = self.rows[at].0;
                runs.push((&self.bytes[start..end], &self.rows[first..=at]));
                (first, start) = (at + 1, end);
            }
        }
        runs
    }
}

/// Seals rows of a dataset in as few records as hold them, each within the bounds of the log.
pub fn seal(
    sealing: &DatasetSeal,
    rows: &OutboundRows,
    entropy: &dyn Entropy,
) -> Result<Vec<Vec<u8>>, EnvelopeError> {
    let key = key_of(&sealing.key).ok_or(EnvelopeError::Unsealed)?;
    rows.runs().into_iter().map(|run| seal_run(sealing, &key, run, entropy)).collect()
}

fn seal_run(
    sealing: &DatasetSeal,
    key: &LessSafeKey,
    (bytes, rows): Run<'_>,
    entropy: &dyn Entropy,
) -> Result<Vec<u8>, EnvelopeError> {
    let received = rows.iter().map(|(_, received)| *received);
    let mut nonce = [0; NONCE_LEN];
    entropy.fill(&mut nonce);
    let header = EnvelopeHeader {
        tenant_id: sealing.dataset.tenant_id.0,
        platform: sealing.dataset.platform,
        dataset_id: &sealing.dataset.dataset_id,
        hour: sealing.hour.0,
        rows: u32::try_from(rows.len()).unwrap_or(u32::MAX),
        first_received_ms: received.clone().min().unwrap_or(0),
        last_received_ms: received.max().unwrap_or(0),
        unpacked: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
        nonce,
    };
    let mut record = vec![MAGIC[0], MAGIC[1], VERSION, EVENTS, 0, 0];
    let added = postcard::to_extend(&header, ByteSink(&mut record)).map(drop);
    added.map_err(|_| EnvelopeError::Unsealed)?;
    let length = u16::try_from(record.len() - PREFIX_LEN).map_err(|_| EnvelopeError::Unsealed)?;
    record[4..PREFIX_LEN].copy_from_slice(&length.to_be_bytes());
    let mut body = lz4_flex::block::compress(bytes);
    let nonce = Nonce::assume_unique_for_key(nonce);
    let sealed = key.seal_in_place_append_tag(nonce, Aad::from(&*record), &mut body);
    sealed.map_err(|_| EnvelopeError::Unsealed)?;
    record.append(&mut body);
    let crc = crc32fast::hash(&record);
    record.extend_from_slice(&crc.to_be_bytes());
    Ok(record)
}

fn key_of(key: &DataKey) -> Option<LessSafeKey> {
    UnboundKey::new(&AES_256_GCM, key.expose()).ok().map(LessSafeKey::new)
}

/// An envelope's parts.
struct Parts<'a> {
    header: EnvelopeHeader<'a>,
    /// All before the body.
    bound: &'a [u8],
    body: &'a [u8],
}

fn parts(record: &[u8]) -> Result<Parts<'_>, EnvelopeError> {
    let body_end = record.len().checked_sub(CRC_LEN).ok_or(EnvelopeError::NotAnEnvelope)?;
    let (sealed, crc) = record.split_at(body_end);
    let &[m0, m1, version, kind, l0, l1] =
        sealed.first_chunk::<PREFIX_LEN>().ok_or(EnvelopeError::NotAnEnvelope)?;
    if [m0, m1] != MAGIC {
        return Err(EnvelopeError::NotAnEnvelope);
    }
    if crc != crc32fast::hash(sealed).to_be_bytes() {
        return Err(EnvelopeError::Damaged);
    }
    if (version, kind) != (VERSION, EVENTS) {
        return Err(EnvelopeError::UnknownVersion(version, kind));
    }
    let header_end = PREFIX_LEN + usize::from(u16::from_be_bytes([l0, l1]));
    let (bound, body) = sealed.split_at_checked(header_end).ok_or(EnvelopeError::Damaged)?;
    let header = postcard::from_bytes(&bound[PREFIX_LEN..]);
    Ok(Parts { header: header.map_err(|_| EnvelopeError::Damaged)?, bound, body })
}

/// What a record says of itself. No key is needed.
pub fn read_header(record: &[u8]) -> Result<EnvelopeHeader<'_>, EnvelopeError> {
    parts(record).map(|parts| parts.header)
}

/// Opens a record; `buffer` takes the rows in clear, whatever it held before.
pub fn open<'b>(
    record: &[u8],
    key: &DataKey,
    buffer: &'b mut Vec<u8>,
) -> Result<OpenedRows<'b>, EnvelopeError> {
    let Parts { header, bound, body } = parts(record)?;
    let unpacked = header.unpacked as usize;
    if unpacked > UNPACKED_BYTES_MAX || header.rows as usize > ROWS_MAX {
        return Err(EnvelopeError::Damaged);
    }
    let key = key_of(key).ok_or(EnvelopeError::WrongKey)?;
    let nonce = Nonce::assume_unique_for_key(header.nonce);
    let mut body = body.to_vec();
    let opened = key.open_in_place(nonce, Aad::from(bound), &mut body);
    let packed = opened.map_err(|_| EnvelopeError::WrongKey)?;
    buffer.clear();
    buffer.resize(unpacked, 0);
    let length = lz4_flex::block::decompress_into(packed, buffer);
    if length.map_err(|_| EnvelopeError::Damaged)? != unpacked {
        return Err(EnvelopeError::Damaged);
    }
    Ok(OpenedRows { rest: buffer, left: header.rows })
}

/// The rows of an opened envelope, in the order they were taken in.
pub struct OpenedRows<'b> {
    rest: &'b [u8],
    left: u32,
}

impl<'b> Iterator for OpenedRows<'b> {
    type Item = Result<OutboundEvent<'b>, EnvelopeError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let Some((row, rest)) = OutboundEvent::decode(self.rest) else {
            self.left = 0;
            return Some(Err(EnvelopeError::Damaged));
        };
        self.rest = rest;
        Some(Ok(row))
    }
}

#[cfg(test)]
mod tests;

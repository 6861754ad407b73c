//! A log record: the bytes of one Arrow batch.
//!
//! Layout: magic `SR`, format version, kind, the CRC-32 of all that follows, the unpacked length, and
//! an LZ4 block of the Arrow IPC message: 4 bytes of metadata length, the metadata, the body. The
//! schema is not in the record; the version stands for it. The checksum is what keeps the Arrow
//! reader, which trusts its input, from meeting bytes that are not ours.

use arrow::array::RecordBatch;
use arrow::buffer::Buffer;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ipc::reader::read_record_batch;
use arrow::ipc::writer::{DictionaryTracker, IpcDataGenerator, IpcWriteContext, IpcWriteOptions};
use arrow::ipc::{MetadataVersion, root_as_message};

use crate::ad_report::{ad_report_schema, ad_report_split_schema};
use crate::event::{earlier_event_schema, event_schema, renewed_events};
use crate::platform::coded;
use crate::rejection::{earlier_rejection_schema, rejection_schema, renewed_rejections};
use crate::update::update_schema;

coded! {
    /// The content of a record.
    RecordKind {
        /// Accepted conversion events.
        Events = 1 "events",
        /// Accepted ad reports.
        AdReports = 2 "ad_reports",
        /// Rows refused at the door.
        Rejections = 3 "rejections",
        /// Hints to those who watch.
        Updates = 4 "updates",
        /// Accepted parts of campaigns' days.
        AdReportSplits = 5 "ad_report_splits",
    }
}

const MAGIC: [u8; 2] = *b"SR";
/// Magic, version, kind, checksum.
const HEADER_LEN: usize = 8;
/// The size that a record may grow to when unpacked; a record that claims more is refused.
const UNPACKED_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The bytes are not a record of this format.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Not one of ours, or cut short.
    #[error("not a log record")]
    NotARecord,
    /// Written by a newer program.
    #[error("log record of unknown version {0} or kind {1}")]
    UnknownVersion(u8, u8),
    /// Damaged.
    #[error("damaged log record: {0}")]
    Damaged(String),
}

/// The version of the layout that records of this kind are written in.
const fn version_of(kind: RecordKind) -> u8 {
    match kind {
        RecordKind::Events => 4,
        RecordKind::Rejections => 3,
        _ => 1,
    }
}

/// The layout of an earlier version, `None` where there was none.
fn earlier_schema(kind: RecordKind, version: u8) -> Option<SchemaRef> {
    match kind {
        RecordKind::Events => earlier_event_schema(version),
        RecordKind::Rejections => earlier_rejection_schema(version),
        _ => None,
    }
}

/// Rows of an earlier version in the layout of today.
fn renewed(kind: RecordKind, rows: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    match kind {
        RecordKind::Events => renewed_events(rows),
        RecordKind::Rejections => renewed_rejections(rows),
        _ => Ok(rows.clone()),
    }
}

fn schema_of(kind: RecordKind) -> SchemaRef {
    match kind {
        RecordKind::Events => event_schema(),
        RecordKind::AdReports => ad_report_schema(),
        RecordKind::AdReportSplits => ad_report_split_schema(),
        RecordKind::Rejections => rejection_schema(),
        RecordKind::Updates => update_schema(),
    }
}

/// The record that holds this batch.
pub fn encode(kind: RecordKind, batch: &RecordBatch) -> Result<Vec<u8>, ArrowError> {
    if batch.schema_ref() != &schema_of(kind) {
        return Err(ArrowError::SchemaError(format!("a batch of {kind} has another layout")));
    }
    encode_as(kind, version_of(kind), batch)
}

fn encode_as(kind: RecordKind, version: u8, batch: &RecordBatch) -> Result<Vec<u8>, ArrowError> {
    let options = IpcWriteOptions::try_new(8, false, MetadataVersion::V5)?;
    let mut tracker = DictionaryTracker::new(false);
    let (_, encoded) = IpcDataGenerator::default().encode(
        batch,
        &mut tracker,
        &options,
        &mut IpcWriteContext::default(),
    )?;
    let metadata_len = u32::try_from(encoded.ipc_message.len())
        .map_err(|_| ArrowError::IpcError("metadata over 4 GiB".into()))?;
    // The body must start on an 8-byte border once unpacked.
    let padding = (8 - (4 + encoded.ipc_message.len()) % 8) % 8;
    let mut plain =
        Vec::with_capacity(4 + encoded.ipc_message.len() + padding + encoded.arrow_data.len());
    plain.extend_from_slice(&metadata_len.to_le_bytes());
    plain.extend_from_slice(&encoded.ipc_message);
    plain.resize(plain.len() + padding, 0);
    plain.extend_from_slice(&encoded.arrow_data);
    let packed_max = lz4_flex::block::get_maximum_output_size(plain.len());
    let mut record = vec![0; HEADER_LEN + 4 + packed_max];
    record[..2].copy_from_slice(&MAGIC);
    record[2] = version;
    record[3] = kind.code().unsigned_abs();
    let plain_len =
        u32::try_from(plain.len()).map_err(|_| ArrowError::IpcError("record over 4 GiB".into()))?;
    record[HEADER_LEN..HEADER_LEN + 4].copy_from_slice(&plain_len.to_le_bytes());
    let packed = lz4_flex::block::compress_into(&plain, &mut record[HEADER_LEN + 4..])
        .map_err(|error| ArrowError::IpcError(error.to_string()))?;
    record.truncate(HEADER_LEN + 4 + packed);
    let checksum = crc32fast::hash(&record[HEADER_LEN..]);
    record[4..HEADER_LEN].copy_from_slice(&checksum.to_le_bytes());
    Ok(record)
}

/// The batch that this record holds.
pub fn decode(record: &[u8]) -> Result<(RecordKind, RecordBatch), RecordError> {
    let damaged = |error: &dyn std::fmt::Display| RecordError::Damaged(error.to_string());
    let (header, packed) =
        record.split_first_chunk::<HEADER_LEN>().ok_or(RecordError::NotARecord)?;
    if header[..2] != MAGIC {
        return Err(RecordError::NotARecord);
    }
    let version = header[2];
    let kind = i8::try_from(header[3]).ok().and_then(RecordKind::from_code);
    let schema = kind.and_then(|kind| {
        if version == version_of(kind) {
            return Some(schema_of(kind));
        }
        earlier_schema(kind, version)
    });
    let Some((kind, schema)) = kind.zip(schema) else {
        return Err(RecordError::UnknownVersion(version, header[3]));
    };
    if header[4..] != crc32fast::hash(packed).to_le_bytes() {
        return Err(RecordError::Damaged("its checksum is wrong".into()));
    }
    let (plain_len, packed) = packed.split_first_chunk::<4>().ok_or(RecordError::NotARecord)?;
    let plain_len = u32::from_le_bytes(*plain_len) as usize;
    if plain_len > UNPACKED_BYTES_MAX {
        return Err(RecordError::Damaged(format!("claims to unpack to {plain_len} bytes")));
    }
    let plain = lz4_flex::block::decompress(packed, plain_len).map_err(|error| damaged(&error))?;
    let plain = Buffer::from_vec(plain);
    let metadata_len = plain.first_chunk::<4>().map(|len| u32::from_le_bytes(*len) as usize);
    let metadata = metadata_len.and_then(|len| plain.get(4..4usize.checked_add(len)?));
    let metadata = metadata.ok_or(RecordError::NotARecord)?;
    let message = root_as_message(metadata).map_err(|error| damaged(&error))?;
    let header = message.header_as_record_batch().ok_or(RecordError::NotARecord)?;
    let body = plain.slice((4 + metadata.len()).next_multiple_of(8).min(plain.len()));
    let dictionaries = std::collections::HashMap::new();
    let ipc = message.version();
    let batch = read_record_batch(&body, header, schema, &dictionaries, None, &ipc)
        .map_err(|error| damaged(&error))?;
    if version == version_of(kind) {
        return Ok((kind, batch));
    }
    renewed(kind, &batch).map(|batch| (kind, batch)).map_err(|error| damaged(&error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use arrow::array::{
        ArrayRef, AsArray, FixedSizeBinaryArray, Int8Array, ListArray, StructArray,
    };
    use arrow::buffer::OffsetBuffer;
    use arrow::datatypes::DataType;

    use crate::dialect::Dialect;
    use crate::event::{ConversionEvent, EventBatchBuilder, PURCHASE, column};
    use crate::id::TenantId;
    use crate::identifier::{IdentifierKey, IdentifierMask};
    use crate::platform::{ActionSource, Channel, Device, Platform};
    use crate::rejection::{RejectReason, Rejection, RowKind, rejection_batch};
    use crate::time::UnixMillis;

    #[test]
    fn a_batch_round_trips() {
        let batch = rejection_batch(&[]).unwrap();
        let record = encode(RecordKind::Rejections, &batch).unwrap();
        assert_eq!(decode(&record).unwrap(), (RecordKind::Rejections, batch));
    }

    /// The masks are what such an event still tells of its person.
    #[test]
    fn hashes_of_events_of_before_end_in_the_log() {
        let mut builder = EventBatchBuilder::default();
        builder.push(&purchase());
        let sealed = builder.finish().unwrap();
        let layout = earlier_event_schema(1).unwrap();
        let columns =
            layout.fields().iter().map(|field| match sealed.column_by_name(field.name()) {
                Some(column) => column.clone(),
                None => hashes(field.data_type()),
            });
        let before = RecordBatch::try_new(layout.clone(), columns.collect()).unwrap();
        let record = encode_as(RecordKind::Events, 1, &before).unwrap();
        let (kind, rows) = decode(&record).unwrap();
        assert_eq!((kind, rows.num_rows()), (RecordKind::Events, 1));
        assert_eq!(rows[column::VALID_MASK].as_ref(), sealed[column::VALID_MASK].as_ref());
        assert_eq!(rows[column::IDENTIFIERS].as_list::<i32>().value_length(0), 0);
        let newer = encode_as(RecordKind::Events, 5, &sealed).unwrap();
        assert!(matches!(decode(&newer), Err(RecordError::UnknownVersion(5, 1))));
    }

    #[test]
    fn events_of_before_came_in_the_dialect_of_their_platform_and_were_not_repaired() {
        let mut builder = EventBatchBuilder::default();
        builder.push(&purchase());
        let today = builder.finish().unwrap();
        let mut before = today.clone();
        let lacked =
            [(3, vec![column::DERIVED_MASK, column::DERIVABLE_MASK]), (2, vec![column::DIALECT])];
        for (version, columns) in lacked {
            for column in columns {
                before.remove_column(before.schema().index_of(column).unwrap());
            }
            let record = encode_as(RecordKind::Events, version, &before).unwrap();
            assert_eq!(decode(&record).unwrap(), (RecordKind::Events, today.clone()));
        }
    }

    fn purchase() -> ConversionEvent<'static> {
        ConversionEvent {
            tenant_id: TenantId(7),
            dialect: Dialect::Meta,
            platform: Some(Platform::Meta),
            dataset_id: "123",
            event_name: PURCHASE,
            event_time: UnixMillis(1_790_000_000_000),
            received_at: UnixMillis(1_790_000_000_000),
            event_date: UnixMillis(1_790_000_000_000).day_in(chrono_tz::UTC),
            action_source: ActionSource::Website,
            channel: Channel::Server,
            dedup_key: None,
            event_id: Some("order-1"),
            order_id: None,
            value_micros: None,
            currency: None,
            campaign_id: "",
            valid: IdentifierMask::of(&[IdentifierKey::Email, IdentifierKey::City]),
            invalid: &[],
            identifiers: &[],
            test: false,
            opt_out: false,
            limited_data_use: false,
            country: None,
            device: Device::Unknown,
            source_host: None,
            config_version: 1,
            derived: IdentifierMask::EMPTY,
            derivable: IdentifierMask::EMPTY,
        }
    }

    /// One row with the hash of an e-mail address.
    fn hashes(list: &DataType) -> ArrayRef {
        let DataType::List(item) = list else { panic!("{list}") };
        let DataType::Struct(fields) = item.data_type() else { panic!("{item}") };
        let key: ArrayRef = Arc::new(Int8Array::from(vec![0]));
        let hash = FixedSizeBinaryArray::try_from_iter([[9; 32]].into_iter()).unwrap();
        let pairs = StructArray::try_new(fields.clone(), vec![key, Arc::new(hash)], None).unwrap();
        let offsets = OffsetBuffer::from_lengths([1]);
        Arc::new(ListArray::try_new(item.clone(), offsets, Arc::new(pairs), None).unwrap())
    }

    #[test]
    fn rejections_written_before_they_had_a_count_or_a_dialect_are_read() {
        let rejection = Rejection {
            tenant_id: TenantId(7),
            dialect: None,
            platform: None,
            dataset_id: "act_1".into(),
            kind: RowKind::AdReport,
            event_name: String::new(),
            reason: RejectReason::MissingField,
            field: "spend".into(),
            rows: 1,
            received_at: UnixMillis(1_790_000_000_000),
        };
        let of_event = Rejection {
            dialect: Some(Dialect::Meta),
            platform: Some(Platform::Meta),
            kind: RowKind::Event,
            ..rejection.clone()
        };
        let batch = rejection_batch(&[rejection, of_event]).unwrap();
        let mut earlier = batch.clone();
        for (version, column) in [(2, "dialect"), (1, "row_count")] {
            earlier.remove_column(earlier.schema().index_of(column).unwrap());
            let record = encode_as(RecordKind::Rejections, version, &earlier).unwrap();
            assert_eq!(decode(&record).unwrap(), (RecordKind::Rejections, batch.clone()));
        }
        let newer = encode_as(RecordKind::Rejections, 4, &batch).unwrap();
        assert!(matches!(decode(&newer), Err(RecordError::UnknownVersion(4, 3))));
    }

    #[test]
    fn foreign_bytes_are_refused_without_a_panic() {
        let good = encode(RecordKind::Rejections, &rejection_batch(&[]).unwrap()).unwrap();
        assert!(matches!(decode(b""), Err(RecordError::NotARecord)));
        assert!(matches!(decode(b"SR\x09\x01abcdefgh"), Err(RecordError::UnknownVersion(9, 1))));
        for cut in 0..good.len() {
            assert!(decode(&good[..cut]).is_err(), "cut at {cut}");
        }
        let mut huge = good.clone();
        huge[8..12].copy_from_slice(&u32::MAX.to_le_bytes());
        let checksum = crc32fast::hash(&huge[8..]);
        huge[4..8].copy_from_slice(&checksum.to_le_bytes());
        assert!(matches!(decode(&huge), Err(RecordError::Damaged(_))));
    }

    #[test]
    fn a_batch_of_another_layout_is_refused() {
        let batch = rejection_batch(&[]).unwrap();
        assert!(encode(RecordKind::Events, &batch).is_err());
    }
}

//! A conversion event as the whole program knows it: typed, canonical, free of raw personal data.

pub mod column;
mod dedup_key;
mod earlier;

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, FixedSizeBinaryArray, FixedSizeBinaryBuilder,
    Int8Array, Int8Builder, Int64Builder, ListArray, RecordBatch, StringBuilder, StructArray,
    TimestampMillisecondBuilder, UInt16Array, UInt32Builder, UInt64Builder,
};
use arrow::buffer::{OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};

use crate::dialect::Dialect;
use crate::id::TenantId;
use crate::identifier::{IdentifierMask, InvalidIdentifier};
use crate::money::Currency;
use crate::platform::{ActionSource, Channel, Device, Platform};
use crate::seal::{SEAL_BYTES, SealedIdentifier};
use crate::time::{Day, UnixMillis};

pub use dedup_key::DedupKey;
pub use earlier::{earlier_event_schema, renewed_events};

/// The name of a purchase, the event whose count and value are the tracked conversions and revenue.
pub const PURCHASE: &str = "Purchase";

/// One conversion event on its way into a batch. Texts are borrowed from the request and have
/// passed redaction.
#[derive(Clone, Debug)]
pub struct ConversionEvent<'a> {
    /// Whose it is.
    pub tenant_id: TenantId,
    /// The wire format it came in.
    pub dialect: Dialect,
    /// The ad platform it is for; `None` for events of a dialect that is of no platform.
    pub platform: Option<Platform>,
    /// The pixel or dataset id, as the dialect calls it.
    pub dataset_id: &'a str,
    /// Standard name (`Purchase`) or the sender's custom one.
    pub event_name: &'a str,
    /// When it happened.
    pub event_time: UnixMillis,
    /// When it was accepted.
    pub received_at: UnixMillis,
    /// The day it counts for, in the tenant's zone at the time it was accepted.
    pub event_date: Day,
    /// Where it happened.
    pub action_source: ActionSource,
    /// Who sent it.
    pub channel: Channel,
    /// The key it is deduplicated by; `None` when the sender gave no event id.
    pub dedup_key: Option<DedupKey>,
    /// The sender's event id.
    pub event_id: Option<&'a str>,
    /// The shop's order id.
    pub order_id: Option<&'a str>,
    /// The event's worth in micros of `currency`.
    pub value_micros: Option<i64>,
    /// The currency of its worth.
    pub currency: Option<Currency>,
    /// The campaign named by the landing URL or the sender, empty when unknown.
    pub campaign_id: &'a str,
    /// The identifiers that are usable.
    pub valid: IdentifierMask,
    /// The identifiers that were sent and are not usable.
    pub invalid: &'a [InvalidIdentifier],
    /// The usable ones that cannot be counted, sealed; several per key where normalisers disagree.
    pub identifiers: &'a [SealedIdentifier],
    /// Sent with a test code.
    pub test: bool,
    /// To be used for attribution only.
    pub opt_out: bool,
    /// Under limited data use.
    pub limited_data_use: bool,
    /// ISO 3166 alpha-2 country, where known.
    pub country: Option<&'a str>,
    /// The class of device.
    pub device: Device,
    /// The host of the page, without path or query.
    pub source_host: Option<&'a str>,
    /// The version of the tracking configuration it was treated with.
    pub config_version: u32,
    /// The usable identifiers that are so only by the repairs in force.
    pub derived: IdentifierMask,
    /// The identifiers that a repair which is not in force would make usable.
    pub derivable: IdentifierMask,
}

/// An instant column.
pub fn timestamp_type() -> DataType {
    DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into()))
}

fn identifier_fields() -> Fields {
    Fields::from(vec![
        Field::new("key", DataType::Int8, false),
        Field::new("seal", DataType::FixedSizeBinary(SEAL_BYTES as i32), false),
    ])
}

fn identifier_item() -> Arc<Field> {
    Arc::new(Field::new("item", DataType::Struct(identifier_fields()), false))
}

fn reason_item() -> Arc<Field> {
    Arc::new(Field::new("item", DataType::UInt16, false))
}

/// The layout of an event batch, in the log and in memory.
pub fn event_schema() -> SchemaRef {
    static SCHEMA: std::sync::LazyLock<SchemaRef> = std::sync::LazyLock::new(|| {
        let required = |name: &str, kind| Field::new(name, kind, false);
        let optional = |name: &str, kind| Field::new(name, kind, true);
        Arc::new(Schema::new(vec![
            required(column::TENANT_ID, DataType::UInt64),
            required(column::DIALECT, DataType::Int8),
            // 0 where there is none.
            required(column::PLATFORM, DataType::Int8),
            required(column::DATASET_ID, DataType::Utf8),
            required(column::EVENT_NAME, DataType::Utf8),
            required(column::EVENT_TIME, timestamp_type()),
            required(column::RECEIVED_AT, timestamp_type()),
            required(column::EVENT_DATE, DataType::Date32),
            required(column::ACTION_SOURCE, DataType::Int8),
            required(column::CHANNEL, DataType::Int8),
            optional(column::DEDUP_KEY, DataType::FixedSizeBinary(16)),
            optional(column::EVENT_ID, DataType::Utf8),
            optional(column::ORDER_ID, DataType::Utf8),
            optional(column::VALUE_MICROS, DataType::Int64),
            optional(column::CURRENCY, DataType::Utf8),
            required(column::CAMPAIGN_ID, DataType::Utf8),
            required(column::VALID_MASK, DataType::UInt32),
            required(column::INVALID_MASK, DataType::UInt32),
            required(column::INVALID_REASONS, DataType::List(reason_item())),
            required(column::IDENTIFIERS, DataType::List(identifier_item())),
            required(column::TEST, DataType::Boolean),
            required(column::OPT_OUT, DataType::Boolean),
            required(column::LIMITED_DATA_USE, DataType::Boolean),
            optional(column::COUNTRY, DataType::Utf8),
            required(column::DEVICE, DataType::Int8),
            optional(column::SOURCE_HOST, DataType::Utf8),
            required(column::CONFIG_VERSION, DataType::UInt32),
            required(column::DERIVED_MASK, DataType::UInt32),
            required(column::DERIVABLE_MASK, DataType::UInt32),
        ]))
    });
    SCHEMA.clone()
}

/// Collects events column by column; no allocation per event once warm.
#[derive(Debug)]
pub struct EventBatchBuilder {
    tenant_id: UInt64Builder,
    dialect: Int8Builder,
    platform: Int8Builder,
    dataset_id: StringBuilder,
    event_name: StringBuilder,
    event_time: TimestampMillisecondBuilder,
    received_at: TimestampMillisecondBuilder,
    event_date: Date32Builder,
    action_source: Int8Builder,
    channel: Int8Builder,
    dedup_key: FixedSizeBinaryBuilder,
    event_id: StringBuilder,
    order_id: StringBuilder,
    value_micros: Int64Builder,
    currency: StringBuilder,
    campaign_id: StringBuilder,
    valid_mask: UInt32Builder,
    invalid_mask: UInt32Builder,
    invalid_offsets: Vec<i32>,
    invalid_reasons: Vec<u16>,
    identifier_offsets: Vec<i32>,
    identifier_keys: Vec<i8>,
    identifier_seals: Vec<u8>,
    test: BooleanBuilder,
    opt_out: BooleanBuilder,
    limited_data_use: BooleanBuilder,
    country: StringBuilder,
    device: Int8Builder,
    source_host: StringBuilder,
    config_version: UInt32Builder,
    derived_mask: UInt32Builder,
    derivable_mask: UInt32Builder,
}

impl Default for EventBatchBuilder {
    fn default() -> Self {
        EventBatchBuilder {
            tenant_id: UInt64Builder::new(),
            dialect: Int8Builder::new(),
            platform: Int8Builder::new(),
            dataset_id: StringBuilder::new(),
            event_name: StringBuilder::new(),
            event_time: TimestampMillisecondBuilder::new().with_timezone("UTC"),
            received_at: TimestampMillisecondBuilder::new().with_timezone("UTC"),
            event_date: Date32Builder::new(),
            action_source: Int8Builder::new(),
            channel: Int8Builder::new(),
            dedup_key: FixedSizeBinaryBuilder::new(16),
            event_id: StringBuilder::new(),
            order_id: StringBuilder::new(),
            value_micros: Int64Builder::new(),
            currency: StringBuilder::new(),
            campaign_id: StringBuilder::new(),
            valid_mask: UInt32Builder::new(),
            invalid_mask: UInt32Builder::new(),
            invalid_offsets: vec![0],
            invalid_reasons: Vec::new(),
            identifier_offsets: vec![0],
            identifier_keys: Vec::new(),
            identifier_seals: Vec::new(),
            test: BooleanBuilder::new(),
            opt_out: BooleanBuilder::new(),
            limited_data_use: BooleanBuilder::new(),
            country: StringBuilder::new(),
            device: Int8Builder::new(),
            source_host: StringBuilder::new(),
            config_version: UInt32Builder::new(),
            derived_mask: UInt32Builder::new(),
            derivable_mask: UInt32Builder::new(),
        }
    }
}

impl EventBatchBuilder {
    /// Rows collected so far.
    pub fn len(&self) -> usize {
        self.invalid_offsets.len() - 1
    }

    /// Whether nothing was collected.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds one event.
    pub fn push(&mut self, event: &ConversionEvent<'_>) {
        self.push_origin(event);
        self.push_worth(event);
        self.push_identity(event);
        self.test.append_value(event.test);
        self.opt_out.append_value(event.opt_out);
        self.limited_data_use.append_value(event.limited_data_use);
        self.country.append_option(event.country);
        self.device.append_value(event.device.code());
        self.source_host.append_option(event.source_host);
        self.config_version.append_value(event.config_version);
        self.derived_mask.append_value(event.derived.0);
        self.derivable_mask.append_value(event.derivable.0);
    }

    fn push_origin(&mut self, event: &ConversionEvent<'_>) {
        self.tenant_id.append_value(event.tenant_id.0);
        self.dialect.append_value(event.dialect.code());
        self.platform.append_value(Platform::optional_code(event.platform));
        self.dataset_id.append_value(event.dataset_id);
        self.event_name.append_value(event.event_name);
        self.event_time.append_value(event.event_time.0);
        self.received_at.append_value(event.received_at.0);
        self.event_date.append_value(event.event_date.to_epoch_days());
        self.action_source.append_value(event.action_source.code());
        self.channel.append_value(event.channel.code());
    }

    fn push_worth(&mut self, event: &ConversionEvent<'_>) {
        match event.dedup_key {
            // The width is fixed at 16 by construction, so appending cannot fail.
            Some(key) => drop(self.dedup_key.append_value(key.to_bytes())),
            None => self.dedup_key.append_null(),
        }
        self.event_id.append_option(event.event_id);
        self.order_id.append_option(event.order_id);
        self.value_micros.append_option(event.value_micros);
        self.currency.append_option(event.currency.as_ref().map(Currency::as_str));
        self.campaign_id.append_value(event.campaign_id);
    }

    fn push_identity(&mut self, event: &ConversionEvent<'_>) {
        self.valid_mask.append_value(event.valid.0);
        let invalid = event.invalid.iter().fold(IdentifierMask::EMPTY, |mask, i| mask.with(i.key));
        self.invalid_mask.append_value(invalid.0);
        self.invalid_reasons.extend(event.invalid.iter().map(|invalid| invalid.code()));
        self.invalid_offsets.push(self.invalid_reasons.len() as i32);
        for identifier in event.identifiers {
            self.identifier_keys.push(identifier.key.code());
            self.identifier_seals.extend_from_slice(&identifier.seal.0);
        }
        self.identifier_offsets.push(self.identifier_keys.len() as i32);
    }

    /// The batch of everything collected; the builder is empty afterwards.
    pub fn finish(&mut self) -> Result<RecordBatch, arrow::error::ArrowError> {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.tenant_id.finish()),
            Arc::new(self.dialect.finish()),
            Arc::new(self.platform.finish()),
            Arc::new(self.dataset_id.finish()),
            Arc::new(self.event_name.finish()),
            Arc::new(self.event_time.finish()),
            Arc::new(self.received_at.finish()),
            Arc::new(self.event_date.finish()),
            Arc::new(self.action_source.finish()),
            Arc::new(self.channel.finish()),
            Arc::new(self.dedup_key.finish()),
            Arc::new(self.event_id.finish()),
            Arc::new(self.order_id.finish()),
            Arc::new(self.value_micros.finish()),
            Arc::new(self.currency.finish()),
            Arc::new(self.campaign_id.finish()),
            Arc::new(self.valid_mask.finish()),
            Arc::new(self.invalid_mask.finish()),
            self.finish_invalid()?,
            self.finish_identifiers()?,
            Arc::new(self.test.finish()),
            Arc::new(self.opt_out.finish()),
            Arc::new(self.limited_data_use.finish()),
            Arc::new(self.country.finish()),
            Arc::new(self.device.finish()),
            Arc::new(self.source_host.finish()),
            Arc::new(self.config_version.finish()),
            Arc::new(self.derived_mask.finish()),
            Arc::new(self.derivable_mask.finish()),
        ];
        RecordBatch::try_new(event_schema(), columns)
    }

    fn finish_invalid(&mut self) -> Result<ArrayRef, arrow::error::ArrowError> {
        let values = UInt16Array::from(std::mem::take(&mut self.invalid_reasons));
        let offsets = take_offsets(&mut self.invalid_offsets);
        Ok(Arc::new(ListArray::try_new(reason_item(), offsets, Arc::new(values), None)?))
    }

    fn finish_identifiers(&mut self) -> Result<ArrayRef, arrow::error::ArrowError> {
        let keys: ArrayRef = Arc::new(Int8Array::from(std::mem::take(&mut self.identifier_keys)));
        let seals = std::mem::take(&mut self.identifier_seals).into();
        let seals = FixedSizeBinaryArray::try_new(SEAL_BYTES as i32, seals, None)?;
        let pairs = StructArray::try_new(identifier_fields(), vec![keys, Arc::new(seals)], None)?;
        let offsets = take_offsets(&mut self.identifier_offsets);
        Ok(Arc::new(ListArray::try_new(identifier_item(), offsets, Arc::new(pairs), None)?))
    }
}

fn take_offsets(offsets: &mut Vec<i32>) -> OffsetBuffer<i32> {
    OffsetBuffer::new(ScalarBuffer::from(std::mem::replace(offsets, vec![0])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dedup_key_depends_on_every_part_and_on_their_borders() {
        let key = |tenant, dataset, name, id| {
            DedupKey::of(TenantId(tenant), Some(Platform::Meta), dataset, name, id)
        };
        let base = key(1, "123", "Purchase", "a");
        assert_eq!(base, key(1, "123", "Purchase", "a"));
        for other in [
            key(2, "123", "Purchase", "a"),
            key(1, "1234", "Purchase", "a"),
            key(1, "12", "3Purchase", "a"),
            key(1, "123", "Purchas", "ea"),
            DedupKey::of(TenantId(1), Some(Platform::Tiktok), "123", "Purchase", "a"),
            DedupKey::of(TenantId(1), None, "123", "Purchase", "a"),
        ] {
            assert_ne!(base, other);
        }
        assert_eq!(DedupKey::from_bytes(base.to_bytes()), base);
    }
}

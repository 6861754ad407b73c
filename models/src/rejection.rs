//! What was refused, and why. Every refused row of a known tenant is counted; nothing of its content is kept.

use std::sync::{Arc, LazyLock};

use arrow::array::{Int8Array, RecordBatch, StringArray, TimestampMillisecondArray, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;

use crate::event::timestamp_type;
use crate::id::TenantId;
use crate::platform::{Platform, coded};
use crate::time::UnixMillis;

coded! {
    /// What kind of row.
    RowKind {
        /// A conversion event.
        Event = 1 "event",
        /// An ad report.
        AdReport = 2 "ad_report",
        /// A field of a conversion event that was taken without it. The event itself is counted as an event.
        Field = 3 "field",
    }
}

coded! {
    /// Why a row was refused. Codes and names are stable: dashboards and alerts name them.
    RejectReason {
        /// The body is not in any encoding that can be read.
        MalformedBody = 1 "malformed_body",
        /// A required field is missing or null.
        MissingField = 2 "missing_field",
        /// A field has the wrong type.
        WrongType = 3 "wrong_type",
        /// A value outside its range or closed list.
        InvalidValue = 4 "invalid_value",
        /// The event is older than the platform takes.
        TooOld = 5 "too_old",
        /// The event lies in the future beyond clock skew.
        InFuture = 6 "in_future",
        /// A purchase without a value.
        MissingPurchaseValue = 7 "missing_purchase_value",
        /// A currency that is none of ISO 4217, where a value is given.
        InvalidCurrency = 8 "invalid_currency",
        /// The identifiers alone cannot match anyone.
        InsufficientIdentifiers = 9 "insufficient_identifiers",
        /// More rows than one request may hold.
        TooManyRows = 10 "too_many_rows",
        /// A text or list longer than its bound.
        TooLong = 11 "too_long",
        /// In order itself, but another row of an all-or-nothing request was not.
        BatchRejected = 12 "batch_rejected",
        /// No rows at all.
        EmptyBatch = 13 "empty_batch",
        /// The log record that holds it cannot be read.
        UnreadableRecord = 14 "unreadable_record",
        /// No currency where a value is given.
        MissingCurrency = 15 "missing_currency",
    }
}

/// Rows of one request that were refused alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Whose they are.
    pub tenant_id: TenantId,
    /// The dialect or platform they came for; `None` where they name none that is known.
    pub platform: Option<Platform>,
    /// The dataset or ad account, empty when unknown.
    pub dataset_id: String,
    /// What kind of row.
    pub kind: RowKind,
    /// The event's name where it is a standard one, else empty: free text is not kept of refused rows.
    pub event_name: String,
    /// Why.
    pub reason: RejectReason,
    /// The path of the field at fault within its row (`user_data.em`), empty when it is the whole.
    pub field: String,
    /// How many rows, at least one.
    pub rows: u64,
    /// When they were refused.
    pub received_at: UnixMillis,
}

/// The stored code of a platform, 0 for one that is not known.
pub fn platform_code(platform: Option<Platform>) -> i8 {
    platform.map_or(0, Platform::code)
}

/// The platform with this stored code: `Some(None)` for the code of one that is not known, `None` for a
/// code that means nothing.
pub fn platform_from_code(code: i8) -> Option<Option<Platform>> {
    if code == 0 { Some(None) } else { Platform::from_code(code).map(Some) }
}

/// The layout of a batch of rejections before they had a count, in records that are still in a log.
pub(crate) fn uncounted_schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let counted = rejection_schema();
        let fields = counted.fields().iter().filter(|field| field.name() != ROW_COUNT);
        Arc::new(Schema::new(fields.cloned().collect::<Vec<_>>()))
    });
    SCHEMA.clone()
}

/// An uncounted batch with a count of one in each row.
pub(crate) fn counted(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let mut columns = batch.columns().to_vec();
    let counts = UInt64Array::from_value(1, batch.num_rows());
    columns.insert(rejection_schema().index_of(ROW_COUNT)?, Arc::new(counts));
    RecordBatch::try_new(rejection_schema(), columns)
}

const ROW_COUNT: &str = "row_count";

/// The layout of a batch of rejections, in the log.
pub fn rejection_schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let field = |name: &str, kind| Field::new(name, kind, false);
        Arc::new(Schema::new(vec![
            field("tenant_id", DataType::UInt64),
            // 0 where it is not known.
            field("platform", DataType::Int8),
            field("dataset_id", DataType::Utf8),
            field("kind", DataType::Int8),
            field("event_name", DataType::Utf8),
            field("reason", DataType::Int8),
            field("field", DataType::Utf8),
            field(ROW_COUNT, DataType::UInt64),
            field("received_at", timestamp_type()),
        ]))
    });
    SCHEMA.clone()
}

/// A batch of these rejections, in this order.
pub fn rejection_batch(rows: &[Rejection]) -> Result<RecordBatch, ArrowError> {
    let text = |of: fn(&Rejection) -> &str| -> Arc<StringArray> {
        Arc::new(StringArray::from_iter_values(rows.iter().map(of)))
    };
    let code = |of: fn(&Rejection) -> i8| -> Arc<Int8Array> {
        Arc::new(Int8Array::from_iter_values(rows.iter().map(of)))
    };
    let received = rows.iter().map(|r| r.received_at.0);
    RecordBatch::try_new(
        rejection_schema(),
        vec![
            Arc::new(UInt64Array::from_iter_values(rows.iter().map(|r| r.tenant_id.0))),
            code(|r| platform_code(r.platform)),
            text(|r| &r.dataset_id),
            code(|r| r.kind.code()),
            text(|r| &r.event_name),
            code(|r| r.reason.code()),
            text(|r| &r.field),
            Arc::new(UInt64Array::from_iter_values(rows.iter().map(|r| r.rows))),
            Arc::new(TimestampMillisecondArray::from_iter_values(received).with_timezone("UTC")),
        ],
    )
}

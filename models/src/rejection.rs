//! Refused rows and the reasons. Every refused row of a known tenant is counted; nothing of its content is kept.

use std::sync::{Arc, LazyLock};

use arrow::array::{
    ArrayRef, AsArray, Int8Array, RecordBatch, StringArray, TimestampMillisecondArray, UInt64Array,
};
use arrow::datatypes::{DataType, Field, Int8Type, Schema, SchemaRef};
use arrow::error::ArrowError;

use crate::dialect::Dialect;
use crate::event::timestamp_type;
use crate::id::TenantId;
use crate::platform::{Platform, coded};
use crate::time::UnixMillis;

coded! {
    /// The kind of a refused row.
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
    /// The tenant.
    pub tenant_id: TenantId,
    /// The dialect they came in; `None` for ad reports, which come in a format of ours or by a pull.
    pub dialect: Option<Dialect>,
    /// The platform they are for; `None` where they name none that is known.
    pub platform: Option<Platform>,
    /// The dataset or ad account, empty when unknown.
    pub dataset_id: String,
    /// The kind of row.
    pub kind: RowKind,
    /// The event's name where it is a standard one, else empty: free text is not kept of refused rows.
    pub event_name: String,
    /// Why.
    pub reason: RejectReason,
    /// The path of the field at fault within its row (`user_data.em`), empty when it is the whole.
    pub field: String,
    /// The number of rows, at least one.
    pub rows: u64,
    /// The time of their receipt.
    pub received_at: UnixMillis,
}

/// The layouts of batches of rejections in records that are still in a log: before they named their
/// dialect, and before they had a count.
pub(crate) fn earlier_rejection_schema(version: u8) -> Option<SchemaRef> {
    let without: &[&str] = match version {
        1 => &[DIALECT, ROW_COUNT],
        2 => &[DIALECT],
        _ => return None,
    };
    let layout = rejection_schema();
    let fields = layout.fields().iter().filter(|field| !without.contains(&field.name().as_str()));
    Some(Arc::new(Schema::new(fields.cloned().collect::<Vec<_>>())))
}

/// A batch of an earlier layout in that of today: a row stood for itself, and events came in Meta's dialect,
/// the only one there was.
pub(crate) fn renewed_rejections(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let layout = rejection_schema();
    let columns = layout.fields().iter().map(|field| -> Result<ArrayRef, ArrowError> {
        if let Some(column) = batch.column_by_name(field.name()) {
            return Ok(column.clone());
        }
        if field.name() == ROW_COUNT {
            return Ok(Arc::new(UInt64Array::from_value(1, batch.num_rows())));
        }
        let kinds = batch[KIND].as_primitive::<Int8Type>().values().iter();
        let is_report = |kind: &i8| *kind == RowKind::AdReport.code();
        let dialect = |kind| Dialect::optional_code((!is_report(kind)).then_some(Dialect::Meta));
        Ok(Arc::new(Int8Array::from_iter_values(kinds.map(dialect))))
    });
    RecordBatch::try_new(layout.clone(), columns.collect::<Result<_, _>>()?)
}

const DIALECT: &str = "dialect";
const KIND: &str = "kind";
const ROW_COUNT: &str = "row_count";

/// The layout of a batch of rejections, in the log.
pub fn rejection_schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let field = |name: &str, kind| Field::new(name, kind, false);
        Arc::new(Schema::new(vec![
            field("tenant_id", DataType::UInt64),
            // 0 where there is none.
            field(DIALECT, DataType::Int8),
            // 0 where it is not known.
            field("platform", DataType::Int8),
            field("dataset_id", DataType::Utf8),
            field(KIND, DataType::Int8),
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
            code(|r| Dialect::optional_code(r.dialect)),
            code(|r| Platform::optional_code(r.platform)),
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

//! The inputs of statements: a few columns of the rows of a range, by their fate.

use std::sync::{Arc, LazyLock};

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, TimestampSecondArray, UInt32Array};
use arrow::compute::{concat_batches, take};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit, TimestampMillisecondType};
use arrow::error::ArrowError;
use stratum_models::ad_report::ad_report_schema;
use stratum_models::event::event_schema;
use stratum_models::rejection::rejection_schema;
use stratum_models::time::{HOUR_MS, UnixMillis};

/// A table that a statement may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// Events that land.
    Landed,
    /// Unusable identifiers of events that land, one row each.
    InvalidIdentifiers,
    /// Events seen before.
    Duplicates,
    /// Refused rows.
    Rejections,
    /// Ad reports and parts of them.
    AdReports,
}

const LANDED: [&str; 17] = [
    "tenant_id",
    "platform",
    "dataset_id",
    "event_name",
    "action_source",
    "channel",
    "campaign_id",
    "event_date",
    "currency",
    "value_micros",
    "valid_mask",
    "invalid_mask",
    "config_version",
    "derived_mask",
    "derivable_mask",
    "country",
    "device",
];
const INVALID: [&str; 4] = ["tenant_id", "platform", "dataset_id", "event_name"];
const DUPLICATES: [&str; 3] = ["tenant_id", "platform", "dataset_id"];
const REJECTIONS: [&str; 5] = ["tenant_id", "platform", "dataset_id", "kind", "row_count"];
const AD_REPORTS: [&str; 3] = ["tenant_id", "platform", "account_id"];

impl Input {
    pub(crate) const ALL: [Input; 5] = [
        Input::Landed,
        Input::InvalidIdentifiers,
        Input::Duplicates,
        Input::Rejections,
        Input::AdReports,
    ];

    /// The name by which statements call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Input::Landed => "landed",
            Input::InvalidIdentifiers => "invalid_identifiers",
            Input::Duplicates => "duplicates",
            Input::Rejections => "rejections",
            Input::AdReports => "ad_reports",
        }
    }

    /// The columns of the input.
    pub(crate) fn schema(self) -> SchemaRef {
        static SCHEMAS: LazyLock<[SchemaRef; 5]> = LazyLock::new(|| {
            let (events, hour) = (event_schema(), DataType::Timestamp(TimeUnit::Second, utc()));
            let received = [("received_hour", hour.clone())];
            [
                layout(
                    &events,
                    &LANDED,
                    &[("event_hour", hour.clone()), received[0].clone()],
                    true,
                ),
                layout(
                    &events,
                    &INVALID,
                    &[("event_hour", hour), ("code", DataType::UInt16)],
                    false,
                ),
                layout(&events, &DUPLICATES, &received, true),
                layout(&rejection_schema(), &REJECTIONS, &received, true),
                layout(&ad_report_schema(), &AD_REPORTS, &received, true),
            ]
        });
        SCHEMAS[self as usize].clone()
    }
}

fn utc() -> Option<Arc<str>> {
    Some("UTC".into())
}

/// The columns `kept` of `of`, the derived ones, and last, when wanted, the time of receipt.
fn layout(of: &Schema, kept: &[&str], derived: &[(&str, DataType)], received: bool) -> SchemaRef {
    let field = |name: &str| of.field_with_name(name).cloned().ok();
    let kept = kept.iter().filter_map(|name| field(name));
    let derived = derived.iter().map(|(name, kind)| Field::new(*name, kind.clone(), false));
    let received = received.then(|| field("received_at")).flatten();
    Arc::new(Schema::new(kept.chain(derived).chain(received).collect::<Vec<_>>()))
}

/// The rows of one range. What has no rows is not read.
#[derive(Debug, Default)]
pub(crate) struct Inputs([Option<RecordBatch>; 5]);

impl Inputs {
    /// The rows of an input.
    pub(crate) fn rows(&self, input: Input) -> Option<&RecordBatch> {
        self.0[input as usize].as_ref()
    }

    /// Adds events that land, and their unusable identifiers.
    pub(crate) fn with_landed(mut self, events: &RecordBatch) -> Result<Inputs, ArrowError> {
        let event_hour = hours(column(events, "event_time")?)?;
        let received_at = column(events, "received_at")?;
        let mut columns = columns(events, &LANDED)?;
        columns.extend([event_hour.clone(), hours(received_at)?, received_at.clone()]);
        self.0[Input::Landed as usize] =
            Some(RecordBatch::try_new(Input::Landed.schema(), columns)?);
        self.0[Input::InvalidIdentifiers as usize] = invalid_identifiers(events, &event_hour)?;
        Ok(self)
    }

    /// Adds events that were seen before.
    pub(crate) fn with_duplicates(self, batches: &[RecordBatch]) -> Result<Inputs, ArrowError> {
        match batches.first() {
            Some(first) => {
                let rows = concat_batches(first.schema_ref(), batches)?;
                self.with(Input::Duplicates, &DUPLICATES, &rows)
            }
            None => Ok(self),
        }
    }

    /// Adds refused rows.
    pub(crate) fn with_rejections(self, rows: &RecordBatch) -> Result<Inputs, ArrowError> {
        self.with(Input::Rejections, &REJECTIONS, rows)
    }

    /// Adds ad reports and parts of them, which count alike.
    pub(crate) fn with_ad_reports(
        mut self,
        batches: [&Option<RecordBatch>; 2],
    ) -> Result<Inputs, ArrowError> {
        let batches = batches.into_iter().flatten();
        let read: Vec<_> = batches
            .map(|rows| read(Input::AdReports, &AD_REPORTS, rows))
            .collect::<Result<_, _>>()?;
        if !read.is_empty() {
            let rows = concat_batches(&Input::AdReports.schema(), &read)?;
            self.0[Input::AdReports as usize] = Some(rows);
        }
        Ok(self)
    }

    /// When the newest row was received; `None` without rows.
    pub(crate) fn newest(&self) -> Option<UnixMillis> {
        let received =
            self.0.iter().flatten().filter_map(|rows| rows.column_by_name("received_at"));
        received
            .filter_map(|times| times.as_primitive_opt::<TimestampMillisecondType>())
            .filter_map(arrow::compute::max)
            .max()
            .map(UnixMillis)
    }

    fn with(
        mut self,
        input: Input,
        kept: &[&str],
        rows: &RecordBatch,
    ) -> Result<Inputs, ArrowError> {
        self.0[input as usize] = Some(read(input, kept, rows)?);
        Ok(self)
    }
}

/// The columns of an input: those kept, the hour of receipt and its time.
fn read(input: Input, kept: &[&str], rows: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let received_at = column(rows, "received_at")?;
    let mut columns = columns(rows, kept)?;
    columns.extend([hours(received_at)?, received_at.clone()]);
    RecordBatch::try_new(input.schema(), columns)
}

fn column<'a>(rows: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef, ArrowError> {
    rows.column_by_name(name)
        .ok_or_else(|| ArrowError::SchemaError(format!("a batch without {name}")))
}

fn columns(rows: &RecordBatch, names: &[&str]) -> Result<Vec<ArrayRef>, ArrowError> {
    names.iter().map(|name| column(rows, name).cloned()).collect()
}

/// The starts of the UTC hours these instants lie in, in seconds.
fn hours(instants: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let instants = instants
        .as_primitive_opt::<TimestampMillisecondType>()
        .ok_or_else(|| ArrowError::SchemaError("instants of another type".into()))?;
    let hours = instants.values().iter().map(|at| at.div_euclid(HOUR_MS) * (HOUR_MS / 1000));
    Ok(Arc::new(TimestampSecondArray::from_iter_values(hours).with_timezone_opt(utc())))
}

/// One row for each unusable identifier of these events; `None` when there are none.
fn invalid_identifiers(
    events: &RecordBatch,
    event_hour: &ArrayRef,
) -> Result<Option<RecordBatch>, ArrowError> {
    let reasons = column(events, "invalid_reasons")?
        .as_list_opt::<i32>()
        .ok_or_else(|| ArrowError::SchemaError("reasons of another type".into()))?;
    let (first, last) = (reasons.value_offsets()[0], reasons.value_offsets()[reasons.len()]);
    if first == last {
        return Ok(None);
    }
    let lengths = reasons.offsets().lengths().zip(0u32..);
    let rows = lengths.flat_map(|(length, row)| std::iter::repeat_n(row, length));
    let rows = UInt32Array::from_iter_values(rows);
    let mut columns = columns(events, &INVALID)?;
    columns.push(event_hour.clone());
    for column in &mut columns {
        *column = take(column, &rows, None)?;
    }
    columns.push(reasons.values().slice(first as usize, (last - first) as usize));
    RecordBatch::try_new(Input::InvalidIdentifiers.schema(), columns).map(Some)
}

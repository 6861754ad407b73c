//! The tables that land in the warehouse in one commit, and their layouts. A column's name and order here
//! are the warehouse's.

use std::sync::{Arc, LazyLock};

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};

use crate::ad_report::{ad_report_schema, ad_report_split_schema};
use crate::event::{event_schema, timestamp_type};
use crate::platform::coded;
use crate::rejection::rejection_schema;

coded! {
    /// A table that a commit adds rows to.
    Table {
        /// Facts: each landed event, with its place in the log.
        Events = 1 "events",
        /// Refused rows.
        RejectedRows = 2 "rejected_rows",
        /// Ad reports; the newest version of a key counts.
        AdReports = 3 "ad_reports",
        /// Events by hour and identifier mask.
        MatchQuality = 4 "match_quality",
        /// Unusable identifiers by hour, key and reason.
        InvalidIdentifiers = 5 "invalid_identifiers",
        /// Events and their worth by day and campaign.
        EventMetrics = 6 "event_metrics",
        /// Rows received, landed, duplicate and rejected, by hour.
        IngestCounts = 7 "ingest_counts",
        /// Parts of campaigns' days; the newest version of a key counts.
        AdReportSplits = 8 "ad_report_splits",
    }
}

impl Table {
    /// The layout of this table's rows in a commit.
    pub fn schema(self) -> SchemaRef {
        static SCHEMAS: LazyLock<[SchemaRef; 8]> = LazyLock::new(|| {
            [
                with_position(&event_schema()),
                with_position(&rejection_schema()),
                with_position(&ad_report_schema()),
                match_quality_schema(),
                invalid_identifiers_schema(),
                event_metrics_schema(),
                ingest_counts_schema(),
                with_position(&ad_report_split_schema()),
            ]
        });
        SCHEMAS[(self.code() - 1).unsigned_abs() as usize].clone()
    }
}

/// The columns that tell where in the log a row came from: partition, offset of the record, row
/// within it.
pub fn position_fields() -> [Field; 3] {
    [
        Field::new("log_partition", DataType::UInt32, false),
        Field::new("log_offset", DataType::UInt64, false),
        Field::new("log_row", DataType::UInt32, false),
    ]
}

fn with_position(schema: &Schema) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| field.as_ref().clone());
    Arc::new(Schema::new(fields.chain(position_fields()).collect::<Vec<_>>()))
}

fn hour() -> Field {
    Field::new("hour", DataType::Timestamp(TimeUnit::Second, Some("UTC".into())), false)
}

fn required(name: &str, kind: DataType) -> Field {
    Field::new(name, kind, false)
}

fn match_quality_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        required("tenant_id", DataType::UInt64),
        required("platform", DataType::Int8),
        required("dataset_id", DataType::Utf8),
        required("event_name", DataType::Utf8),
        required("action_source", DataType::Int8),
        required("channel", DataType::Int8),
        hour(),
        required("valid_mask", DataType::UInt32),
        required("invalid_mask", DataType::UInt32),
        // Of the tracking configuration the events were treated with.
        required("config_version", DataType::UInt32),
        required("derived_mask", DataType::UInt32),
        required("derivable_mask", DataType::UInt32),
        required("events", DataType::UInt64),
    ]))
}

fn invalid_identifiers_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        required("tenant_id", DataType::UInt64),
        required("platform", DataType::Int8),
        required("dataset_id", DataType::Utf8),
        required("event_name", DataType::Utf8),
        hour(),
        required("identifier", DataType::Int8),
        required("reason", DataType::Int8),
        required("events", DataType::UInt64),
    ]))
}

fn event_metrics_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        required("tenant_id", DataType::UInt64),
        required("platform", DataType::Int8),
        required("dataset_id", DataType::Utf8),
        required("campaign_id", DataType::Utf8),
        required("event_name", DataType::Utf8),
        required("date", DataType::Date32),
        // Empty where the event has no value.
        required("currency", DataType::Utf8),
        // Empty where it is not known.
        required("country", DataType::Utf8),
        required("device", DataType::Int8),
        required("events", DataType::UInt64),
        required("value_micros", DataType::Int64),
    ]))
}

fn ingest_counts_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        required("tenant_id", DataType::UInt64),
        required("platform", DataType::Int8),
        required("dataset_id", DataType::Utf8),
        required("kind", DataType::Int8),
        // Of receipt.
        hour(),
        required("received", DataType::UInt64),
        required("landed", DataType::UInt64),
        required("duplicate", DataType::UInt64),
        required("rejected", DataType::UInt64),
        // Of the newest row counted here.
        Field::new("newest_received_at", timestamp_type(), false),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_has_a_layout_that_starts_with_the_tenant() {
        for table in Table::ALL {
            assert_eq!(table.schema().field(0).name(), "tenant_id", "{table}");
        }
        assert_eq!(Table::IngestCounts.schema().field(5).name(), "received");
    }
}

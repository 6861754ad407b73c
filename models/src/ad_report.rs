//! A day of a campaign as its ad platform reports it. Platforms restate past days: a report has a
//! version, and the newest version of a key replaces the others.

use std::sync::{Arc, LazyLock};

use arrow::array::{
    Date32Array, Int8Array, Int64Array, RecordBatch, StringArray, TimestampMillisecondArray,
    UInt64Array,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;

use crate::event::timestamp_type;
use crate::id::TenantId;
use crate::money::Currency;
use crate::platform::Platform;
use crate::time::{Day, UnixMillis};

/// One campaign, one day. Key: tenant, platform, account, campaign, date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdReport {
    /// Whose it is.
    pub tenant_id: TenantId,
    /// Who reports it.
    pub platform: Platform,
    /// The platform's ad account.
    pub account_id: String,
    /// The platform's campaign id.
    pub campaign_id: String,
    /// The campaign's name on the day it was reported.
    pub campaign_name: String,
    /// A day in the ad account's time zone.
    pub date: Day,
    /// The currency of both amounts.
    pub currency: Currency,
    /// Amount spent.
    pub spend_micros: i64,
    /// Times shown.
    pub impressions: i64,
    /// Times clicked.
    pub clicks: i64,
    /// Conversions, in millionths: platforms attribute fractions.
    pub conversions_micros: i64,
    /// Conversion value.
    pub revenue_micros: i64,
    /// Newest wins. Given by the sender, else the time it was received, in milliseconds.
    pub version: u64,
    /// When it was accepted.
    pub received_at: UnixMillis,
}

/// The layout of a batch of ad reports, in the log and in the warehouse.
pub fn ad_report_schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let field = |name: &str, kind| Field::new(name, kind, false);
        Arc::new(Schema::new(vec![
            field("tenant_id", DataType::UInt64),
            field("platform", DataType::Int8),
            field("account_id", DataType::Utf8),
            field("campaign_id", DataType::Utf8),
            field("campaign_name", DataType::Utf8),
            field("date", DataType::Date32),
            field("currency", DataType::Utf8),
            field("spend_micros", DataType::Int64),
            field("impressions", DataType::Int64),
            field("clicks", DataType::Int64),
            field("conversions_micros", DataType::Int64),
            field("revenue_micros", DataType::Int64),
            field("version", DataType::UInt64),
            field("received_at", timestamp_type()),
        ]))
    });
    SCHEMA.clone()
}

/// A batch of these reports, in this order.
pub fn ad_report_batch(reports: &[AdReport]) -> Result<RecordBatch, ArrowError> {
    let text = |of: fn(&AdReport) -> &str| -> Arc<StringArray> {
        Arc::new(StringArray::from_iter_values(reports.iter().map(of)))
    };
    let integer = |of: fn(&AdReport) -> i64| -> Arc<Int64Array> {
        Arc::new(Int64Array::from_iter_values(reports.iter().map(of)))
    };
    let received = reports.iter().map(|r| r.received_at.0);
    RecordBatch::try_new(
        ad_report_schema(),
        vec![
            Arc::new(UInt64Array::from_iter_values(reports.iter().map(|r| r.tenant_id.0))),
            Arc::new(Int8Array::from_iter_values(reports.iter().map(|r| r.platform.code()))),
            text(|r| &r.account_id),
            text(|r| &r.campaign_id),
            text(|r| &r.campaign_name),
            Arc::new(Date32Array::from_iter_values(reports.iter().map(|r| r.date.to_epoch_days()))),
            text(|r| r.currency.as_str()),
            integer(|r| r.spend_micros),
            integer(|r| r.impressions),
            integer(|r| r.clicks),
            integer(|r| r.conversions_micros),
            integer(|r| r.revenue_micros),
            Arc::new(UInt64Array::from_iter_values(reports.iter().map(|r| r.version))),
            Arc::new(TimestampMillisecondArray::from_iter_values(received).with_timezone("UTC")),
        ],
    )
}

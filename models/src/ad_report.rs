//! A day of a campaign as its ad platform reports it. Platforms restate past days: a report has a
//! version, and the newest version of a key replaces the others.

mod day;
mod split;

use std::sync::{Arc, LazyLock};

use arrow::array::{
    ArrayRef, Date32Array, Int8Array, Int64Array, RecordBatch, StringArray,
    TimestampMillisecondArray, UInt64Array,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;

use crate::event::timestamp_type;
use crate::id::TenantId;
use crate::money::Currency;
use crate::platform::Platform;
use crate::time::{Day, UnixMillis};

pub use self::day::{AccountCampaign, CampaignDay};
pub use self::split::{
    AdDevice, AdReportSplit, CountryCode, Split, SplitBy, ad_report_split_batch,
    ad_report_split_schema,
};

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

fn required(name: &str, kind: DataType) -> Field {
    Field::new(name, kind, false)
}

/// The layout of a batch of ad reports, in the log and in the warehouse.
pub fn ad_report_schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        Arc::new(Schema::new(vec![
            required("tenant_id", DataType::UInt64),
            required("platform", DataType::Int8),
            required("account_id", DataType::Utf8),
            required("campaign_id", DataType::Utf8),
            required("campaign_name", DataType::Utf8),
            required("date", DataType::Date32),
            required("currency", DataType::Utf8),
            required("spend_micros", DataType::Int64),
            required("impressions", DataType::Int64),
            required("clicks", DataType::Int64),
            required("conversions_micros", DataType::Int64),
            required("revenue_micros", DataType::Int64),
            required("version", DataType::UInt64),
            required("received_at", timestamp_type()),
        ]))
    });
    SCHEMA.clone()
}

/// A batch of these reports, in this order.
pub fn ad_report_batch(reports: &[AdReport]) -> Result<RecordBatch, ArrowError> {
    RecordBatch::try_new(ad_report_schema(), columns(reports.iter()))
}

fn columns<'a>(reports: impl Iterator<Item = &'a AdReport> + Clone) -> Vec<ArrayRef> {
    let text = |of: fn(&AdReport) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(reports.clone().map(of)))
    };
    let integer = |of: fn(&AdReport) -> i64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(reports.clone().map(of)))
    };
    let received = reports.clone().map(|r| r.received_at.0);
    let days = reports.clone().map(|r| r.date.to_epoch_days());
    vec![
        Arc::new(UInt64Array::from_iter_values(reports.clone().map(|r| r.tenant_id.0))),
        Arc::new(Int8Array::from_iter_values(reports.clone().map(|r| r.platform.code()))),
        text(|r| &r.account_id),
        text(|r| &r.campaign_id),
        text(|r| &r.campaign_name),
        Arc::new(Date32Array::from_iter_values(days)),
        text(|r| r.currency.as_str()),
        integer(|r| r.spend_micros),
        integer(|r| r.impressions),
        integer(|r| r.clicks),
        integer(|r| r.conversions_micros),
        integer(|r| r.revenue_micros),
        Arc::new(UInt64Array::from_iter_values(reports.clone().map(|r| r.version))),
        Arc::new(TimestampMillisecondArray::from_iter_values(received).with_timezone("UTC")),
    ]
}

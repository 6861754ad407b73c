//! A part of a campaign's day: of an ad set, an ad, a country or a class of device. Splits explain a
//! day; its figures are those of the [`AdReport`] itself, which splits need not add up to.

use std::fmt;
use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, Int8Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Schema, SchemaRef};
use arrow::error::ArrowError;

use super::{AdReport, ad_report_schema, required};
use crate::platform::coded;

coded! {
    /// By what a campaign's day is broken down.
    SplitBy {
        /// A platform's set, group or squad of ads.
        AdSet = 1 "ad_set",
        /// One ad.
        Ad = 2 "ad",
        /// Where the people are.
        Country = 3 "country",
        /// The kind of device that people hold in their hands.
        Device = 4 "device",
    }
}

coded! {
    /// A class of device as ad platforms tell it.
    AdDevice {
        /// A desktop or laptop computer.
        Desktop = 1 "desktop",
        /// A phone.
        Mobile = 2 "mobile",
        /// A tablet.
        Tablet = 3 "tablet",
        /// A television.
        ConnectedTv = 4 "connected_tv",
        /// Another one, or one the platform does not tell.
        Other = 5 "other",
    }
}

/// An ISO 3166 alpha-2 code, upper case.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CountryCode([u8; 2]);

impl CountryCode {
    /// Two letters in any case; whether a country has them is for the reader of the code to know.
    pub fn parse(code: &str) -> Option<CountryCode> {
        let bytes: [u8; 2] = code.as_bytes().try_into().ok()?;
        let letters = bytes.iter().all(u8::is_ascii_alphabetic);
        letters.then(|| CountryCode(bytes.map(|byte| byte.to_ascii_uppercase())))
    }

    /// The two letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for CountryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which part of a campaign's day.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Split {
    /// That of an ad set.
    AdSet {
        /// The platform's id.
        id: String,
        /// The ad set's name on the day it was reported, empty when not told.
        name: String,
    },
    /// That of an ad.
    Ad {
        /// The id of its ad set, empty when not told.
        ad_set_id: String,
        /// The name of its ad set, empty when not told.
        ad_set_name: String,
        /// The platform's id.
        id: String,
        /// The ad's name, empty when not told.
        name: String,
    },
    /// That of people in a country.
    Country(CountryCode),
    /// That of a class of device.
    Device(AdDevice),
}

impl Split {
    /// By what it splits.
    pub const fn by(&self) -> SplitBy {
        match self {
            Split::AdSet { .. } => SplitBy::AdSet,
            Split::Ad { .. } => SplitBy::Ad,
            Split::Country(_) => SplitBy::Country,
            Split::Device(_) => SplitBy::Device,
        }
    }

    /// The parts that tell it from others of its campaign and day: ids of ad set and ad, country, device; empty
    /// where it has none.
    pub fn key(&self) -> [&str; 4] {
        match self {
            Split::AdSet { id, .. } => [id, "", "", ""],
            Split::Ad { ad_set_id, id, .. } => [ad_set_id, id, "", ""],
            Split::Country(country) => ["", "", country.as_str(), ""],
            Split::Device(device) => ["", "", "", device.as_str()],
        }
    }

    /// The names of ad set and ad, empty where there are none.
    pub fn names(&self) -> [&str; 2] {
        match self {
            Split::AdSet { name, .. } => [name, ""],
            Split::Ad { ad_set_name, name, .. } => [ad_set_name, name],
            Split::Country(_) | Split::Device(_) => ["", ""],
        }
    }
}

/// A part of a campaign's day. Key: that of the campaign's report, and [`Split::by`] and [`Split::key`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdReportSplit {
    /// Whose part it is, with the figures of the part.
    pub report: AdReport,
    /// Which part.
    pub split: Split,
}

/// Of a report, the columns before those of the split.
const REPORT_COLUMNS_BEFORE: usize = 5;

/// The layout of a batch of splits, in the log and in the warehouse: a report's, with the columns of
/// the split behind `campaign_name`.
pub fn ad_report_split_schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let mut fields: Vec<_> =
            ad_report_schema().fields().iter().map(|field| field.as_ref().clone()).collect();
        let split = [
            required("split", DataType::Int8),
            required("ad_set_id", DataType::Utf8),
            required("ad_set_name", DataType::Utf8),
            required("ad_id", DataType::Utf8),
            required("ad_name", DataType::Utf8),
            required("country", DataType::Utf8),
            required("device", DataType::Utf8),
        ];
        fields.splice(REPORT_COLUMNS_BEFORE..REPORT_COLUMNS_BEFORE, split);
        Arc::new(Schema::new(fields))
    });
    SCHEMA.clone()
}

/// A batch of these splits, in this order.
pub fn ad_report_split_batch(splits: &[AdReportSplit]) -> Result<RecordBatch, ArrowError> {
    let mut columns = super::columns(splits.iter().map(|split| &split.report));
    let text = |of: fn(&Split) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(splits.iter().map(|split| of(&split.split))))
    };
    let by = splits.iter().map(|split| split.split.by().code());
    let split: [ArrayRef; 7] = [
        Arc::new(Int8Array::from_iter_values(by)),
        text(|split| split.key()[0]),
        text(|split| split.names()[0]),
        text(|split| split.key()[1]),
        text(|split| split.names()[1]),
        text(|split| split.key()[2]),
        text(|split| split.key()[3]),
    ];
    columns.splice(REPORT_COLUMNS_BEFORE..REPORT_COLUMNS_BEFORE, split);
    RecordBatch::try_new(ad_report_split_schema(), columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_split_is_its_campaigns_row_and_the_key_of_the_part() {
        let names: Vec<_> =
            ad_report_split_schema().fields().iter().map(|f| f.name().clone()).collect();
        let of_report: Vec<_> =
            ad_report_schema().fields().iter().map(|f| f.name().clone()).collect();
        assert_eq!(names[..5], of_report[..5]);
        assert_eq!(
            names[5..12],
            ["split", "ad_set_id", "ad_set_name", "ad_id", "ad_name", "country", "device"]
        );
        assert_eq!(names[12..], of_report[5..]);
        assert_eq!(ad_report_split_batch(&[]).unwrap().num_rows(), 0);
    }

    #[test]
    fn countries_are_two_letters() {
        assert_eq!(CountryCode::parse("de").unwrap().as_str(), "DE");
        for wrong in ["", "D", "DEU", "é", "4E"] {
            assert_eq!(CountryCode::parse(wrong), None, "{wrong}");
        }
    }
}

//! What an export is asked to be.

use serde::{Deserialize, Serialize};

use super::{ExportColumn, ExportQuery, ExportType};
use crate::time::DayRange;

/// The form of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum FileFormat {
    /// Comma-separated values.
    Csv,
    /// Parquet.
    Parquet,
    /// A JSON object a line.
    Ndjson,
}

/// How a text file is packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum FileCompression {
    /// Not at all; Parquet packs by itself.
    #[default]
    None,
    /// gzip.
    Gzip,
    /// zstd.
    Zstd,
}

impl FileFormat {
    /// Its name on the wire, and the end of a file's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            FileFormat::Csv => "csv",
            FileFormat::Parquet => "parquet",
            FileFormat::Ndjson => "ndjson",
        }
    }

    /// The format of this name.
    pub fn parse(text: &str) -> Option<FileFormat> {
        let all = [FileFormat::Csv, FileFormat::Parquet, FileFormat::Ndjson];
        all.into_iter().find(|format| format.as_str() == text)
    }
}

impl std::str::FromStr for FileFormat {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        FileFormat::parse(text).ok_or("is csv, parquet or ndjson")
    }
}

impl FileCompression {
    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            FileCompression::None => "none",
            FileCompression::Gzip => "gzip",
            FileCompression::Zstd => "zstd",
        }
    }

    /// The one of this name.
    pub fn parse(text: &str) -> Option<FileCompression> {
        let all = [FileCompression::None, FileCompression::Gzip, FileCompression::Zstd];
        all.into_iter().find(|compression| compression.as_str() == text)
    }
}

impl std::str::FromStr for FileCompression {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        FileCompression::parse(text).ok_or("is none, gzip or zstd")
    }
}

/// An export that can be made.
#[derive(Clone, Debug)]
pub struct ExportRequest {
    /// Its rows.
    pub query: ExportQuery,
    /// The form of the file.
    pub format: FileFormat,
    /// How it is packed.
    pub compression: FileCompression,
}

impl ExportRequest {
    /// The columns, in their order.
    pub fn columns(&self) -> Vec<&'static ExportColumn> {
        self.query.columns.clone()
    }

    /// The names of the columns.
    pub fn column_names(&self) -> Vec<String> {
        self.query.columns.iter().map(|column| column.name.to_owned()).collect()
    }

    /// The columns that tell who people are.
    pub fn identifiers(&self) -> Vec<&'static str> {
        let identifiers = self.query.columns.iter().filter(|column| column.identifies);
        identifiers.map(|column| column.name).collect()
    }

    /// What the bytes are.
    pub const fn content_type(&self) -> &'static str {
        match (self.compression, self.format) {
            (FileCompression::Gzip, _) => "application/gzip",
            (FileCompression::Zstd, _) => "application/zstd",
            (FileCompression::None, FileFormat::Csv) => "text/csv; charset=utf-8",
            (FileCompression::None, FileFormat::Ndjson) => "application/x-ndjson",
            (FileCompression::None, FileFormat::Parquet) => "application/vnd.apache.parquet",
        }
    }

    /// The name of the file.
    pub fn file_name(&self) -> String {
        let DayRange { from, to } = self.query.days;
        let (of, format) = (self.query.of, self.format.as_str());
        let packed = match self.compression {
            FileCompression::None => "",
            FileCompression::Gzip => ".gz",
            FileCompression::Zstd => ".zst",
        };
        format!("stratum-{of}-{}-{}.{format}{packed}", from.0, to.0)
    }
}

/// The columns of these names in their order; where none is named, every one but those that tell who
/// people are. Else the name that there is not, or is there twice.
pub fn columns_of(of: ExportType, names: &[String]) -> Result<Vec<&'static ExportColumn>, &str> {
    if names.is_empty() {
        return Ok(of.columns().iter().filter(|column| !column.identifies).collect());
    }
    let mut columns: Vec<&'static ExportColumn> = Vec::with_capacity(names.len());
    for name in names {
        match of.column(name) {
            Some(column) if !columns.contains(&column) => columns.push(column),
            _ => return Err(name),
        }
    }
    Ok(columns)
}

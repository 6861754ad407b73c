//! The request for an export: rows, format, compression.

use super::{ExportColumn, ExportQuery, ExportType};
use crate::name_set;
use crate::time::DayRange;

name_set! {
    /// The form of a file. The name is the end of the file's name, too.
    FileFormat {
        /// Comma-separated values.
        Csv = "csv",
        /// Parquet.
        Parquet = "parquet",
        /// A JSON object a line.
        Ndjson = "ndjson",
    }
}

name_set! {
    /// The compression of a text file.
    #[derive(Default)]
    FileCompression {
        /// Not at all; Parquet packs by itself.
        #[default]
        None = "none",
        /// gzip.
        Gzip = "gzip",
        /// zstd.
        Zstd = "zstd",
    }
}

/// An export that can be made.
#[derive(Clone, Debug)]
pub struct ExportRequest {
    /// The rows to export.
    pub query: ExportQuery,
    /// The form of the file.
    pub format: FileFormat,
    /// The compression of the file.
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

    /// The content type of the bytes, as HTTP names it.
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

//! Batches in, bytes out.

use arrow::array::RecordBatch;
use bytes::Bytes;
use stratum_models::export::{ExportColumn, FileCompression, FileFormat};

use super::pack::Packer;
use super::parquet_file::ParquetFile;
use super::{CHUNK_BYTES, EncodeError, csv, failed, ndjson};

/// Takes bytes; whether anybody still wants them.
type Take<'a> = &'a mut dyn FnMut(Bytes) -> bool;

/// Makes one file.
pub struct Encoder {
    columns: Vec<&'static ExportColumn>,
    form: Form,
}

enum Form {
    Text { format: TextFormat, text: Vec<u8>, packer: Packer },
    Parquet(Box<ParquetFile>),
}

#[derive(Clone, Copy)]
enum TextFormat {
    Csv,
    Ndjson,
}

impl Encoder {
    /// A file of these columns; Parquet packs by itself, whatever is asked.
    pub fn new(
        columns: Vec<&'static ExportColumn>,
        format: FileFormat,
        compression: FileCompression,
    ) -> Result<Encoder, EncodeError> {
        let format = match format {
            FileFormat::Csv => TextFormat::Csv,
            FileFormat::Ndjson => TextFormat::Ndjson,
            FileFormat::Parquet => {
                let form = Form::Parquet(Box::new(ParquetFile::new(&columns)?));
                return Ok(Encoder { columns, form });
            }
        };
        let packer = Packer::new(compression).map_err(|_| unpacked())?;
        let mut text = Vec::with_capacity(CHUNK_BYTES + CHUNK_BYTES / 4);
        if let TextFormat::Csv = format {
            csv::header(&columns, &mut text);
        }
        Ok(Encoder { columns, form: Form::Text { format, text, packer } })
    }

    /// Adds a batch. What of the file is finished by it is handed on.
    pub fn add(&mut self, batch: &RecordBatch, take: Take<'_>) -> Result<(), EncodeError> {
        match &mut self.form {
            Form::Parquet(file) => hand(file.add(batch)?, take),
            Form::Text { format, text, packer } => {
                let rows = match format {
                    TextFormat::Csv => csv::rows,
                    TextFormat::Ndjson => ndjson::rows,
                };
                rows(&self.columns, batch, text, &mut |text| match text.len() >= CHUNK_BYTES {
                    true => hand(packer.pack(text).map_err(|_| unpacked())?, take),
                    false => Ok(()),
                })?;
                // A reader sees each batch as it comes.
                hand(packer.pack(text).map_err(|_| unpacked())?, take)
            }
        }
    }

    /// Ends the file.
    pub fn finish(self, take: Take<'_>) -> Result<(), EncodeError> {
        match self.form {
            Form::Parquet(file) => hand(file.finish()?, take),
            Form::Text { mut text, mut packer, .. } => {
                hand(packer.pack(&mut text).map_err(|_| unpacked())?, take)?;
                hand(packer.finish().map_err(|_| unpacked())?, take)
            }
        }
    }
}

fn hand(bytes: Vec<u8>, take: Take<'_>) -> Result<(), EncodeError> {
    match bytes.is_empty() || take(bytes.into()) {
        true => Ok(()),
        false => Err(EncodeError::Left),
    }
}

fn unpacked() -> EncodeError {
    failed("the bytes could not be packed")
}

//! What is handed on to platforms, on its way through the log: rows in clear text, sealed together.
//!
//! An envelope is one record of the topic `deliveries`: rows of one dataset, packed with LZ4 and sealed
//! with AES-256-GCM under the dataset's key of an hour, behind a header in clear that says whose they are.
//! Whoever has no key can tell from the header that it is not for them; once the key is deleted nobody
//! can open it. E-mail addresses, phone numbers, names, birth dates and genders are in it as hashes only.

mod record;
mod row;
mod text;

pub use record::{
    EnvelopeError, EnvelopeHeader, OpenedRows, OutboundRows, open, read_header, seal,
};
pub use row::{ClearId, ClearIdKind, OutboundEvent, OutboundHash, ROW_BYTES_MAX, RowTooLarge};
pub use text::{CUSTOM_DATA_BYTES_MAX, URL_BYTES_MAX, custom_data_without, url_without};

/// The header of requests that hand events on. Nothing is sealed of a request that has it: it would go round.
pub const DELIVERY_HEADER: &str = "x-stratum-delivery";

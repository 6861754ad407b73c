//! Exports: what is asked for, where its rows come from, and how many may run.
//!
//! A stream is made and sent at once; a job is made by the jobs role into a file, to be fetched later,
//! in pieces if need be.

mod campaigns;
mod schedule;
mod source;
mod unseal;
mod stream_limit;
mod folder;
mod exporter;

use serde::{Deserialize, Serialize};

pub use exporter::FileExporter;
pub use folder::Folder;
pub use source::ExportSource;
pub use stream_limit::{StreamLimit, StreamPermit};

/// The means of serving exports.
pub struct Exports {
    /// Where rows come from.
    pub source: ExportSource,
    /// Streams that run.
    pub streams: std::sync::Arc<StreamLimit>,
    /// Where files lie.
    pub folder: Folder,
    /// Bounds.
    pub config: ExportConfig,
}

/// Bounds of exports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExportConfig {
    /// Where files of jobs lie; empty for `exports` in the data folder. The API and the jobs must see
    /// the same folder.
    pub folder: String,
    /// The hours that a file is kept.
    pub keep_hours: u32,
    /// The days that it is remembered that an export was asked for.
    pub forget_days: u32,
    /// The largest file.
    pub file_bytes_max: u64,
    /// All files together.
    pub folder_bytes_max: u64,
    /// Files a process makes at the same time.
    pub jobs_max: usize,
    /// Jobs of one tenant that wait or run.
    pub queued_per_tenant_max: u64,
    /// Exports of one tenant that run at the same time: its jobs, and its streams of this process.
    pub running_per_tenant_max: usize,
    /// Streams of this process at the same time; more are refused with 429.
    pub streams_max: usize,
    /// An answer begins with the first rows, or after this long without them.
    pub first_rows_ms_max: u64,
    /// The time between two removals of files whose time is over, in milliseconds.
    pub sweep_ms: u64,
    /// A job that its process has not told of for so long is begun anew by another.
    pub lease_ms: u64,
    /// The number of times that a job is begun.
    pub attempts_max: u32,
    /// The wait before it is begun anew after a fault.
    pub retry_ms: u64,
}

impl Default for ExportConfig {
    fn default() -> Self {
        ExportConfig {
            folder: String::new(),
            keep_hours: 72,
            forget_days: 90,
            file_bytes_max: 50_000_000_000,
            folder_bytes_max: 200_000_000_000,
            jobs_max: 2,
            queued_per_tenant_max: 20,
            running_per_tenant_max: 2,
            streams_max: 16,
            first_rows_ms_max: 10_000,
            sweep_ms: 60_000,
            lease_ms: 30_000,
            attempts_max: 3,
            retry_ms: 5_000,
        }
    }
}

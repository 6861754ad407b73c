//! The warehouse on ClickHouse: its configuration, its tables, the writer and the reader.

mod config;
mod error;
mod client;
mod migrate;
mod inspect;
mod encode;
mod write;
mod claim;
mod commit;
mod freeze;
mod read;

pub use client::ClickHouseWarehouse;
pub use config::{ClickHouseBounds, ClickHouseConfig};
pub use freeze::FROZEN;
pub use inspect::{WarehouseFacts, inspect};
pub use migrate::{Migration, migrate};

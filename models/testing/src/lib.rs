#![doc = include_str!("../README.md")]

use std::sync::Arc;

use stratum_models::seal::IdentifierKeys;

pub mod entropy;
pub mod campaigns;
pub mod media_mix;
pub mod memory_log;
pub mod log_contract;
pub mod memory_warehouse;
pub mod warehouse_contract;
pub mod memory_directory;
pub mod memory_ledger;
pub mod ledger_contract;
pub mod kafka_broker;
pub mod engines;

/// The keys of identifiers in tests.
pub fn identifier_keys() -> Arc<IdentifierKeys> {
    Arc::new(IdentifierKeys::new(b"the root of identifiers in tests and benches", []))
}

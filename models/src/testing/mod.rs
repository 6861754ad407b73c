//! For tests and benches: memory twins of the ports, and the contract suites every adapter must pass.

pub mod campaigns;
pub mod memory_log;
pub mod log_contract;
pub mod memory_warehouse;
pub mod warehouse_contract;
pub mod memory_directory;
pub mod kafka_broker;
pub mod engines;

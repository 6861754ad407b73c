#![doc = include_str!("../README.md")]

pub mod name_set;
pub mod id;
pub mod time;
pub mod entropy;
pub mod secret;
pub mod money;
pub mod platform;
pub mod dialect;
pub mod identifier;
pub mod tracking;
pub mod seal;
pub mod event;
pub mod event_name;
pub mod ad_report;
pub mod connector;
pub mod rejection;
pub mod table;
pub mod update;
pub mod record;
pub mod metrics;
pub mod fx;
pub mod breakdown;
pub mod emq;
pub mod scope;
pub mod store;
pub mod log;
pub mod delivery;
pub mod announce;
pub mod warehouse;
pub mod fix;
pub mod person;
pub mod erasure;
pub mod export;
pub mod rule;
pub mod directory;
pub mod chance;
#[cfg(feature = "demo")]
pub mod demo;

/// For [`name_set!`] in crates above.
#[cfg(feature = "schema")]
#[doc(hidden)]
pub use utoipa;

#![doc = include_str!("../README.md")]

pub mod receive;
pub mod decode;
pub mod dialect;
pub mod redact;
mod rejections;
pub mod normalize;
pub mod hash;
pub mod append;
pub mod ad_reports;
pub mod connector;
pub mod import;
pub mod reference_rates;
pub mod log;
pub mod telemetry;
pub mod config;

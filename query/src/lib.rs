#![doc = include_str!("../README.md")]

pub mod warehouse;
pub mod answers;
pub mod export;
pub mod telemetry;

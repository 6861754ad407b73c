#![doc = include_str!("../README.md")]

pub mod warehouse;
pub mod telemetry;

#![doc = include_str!("../README.md")]

pub mod fair_queue;
pub mod warehouse;
pub mod answers;
pub mod ask;
pub mod export;
pub mod telemetry;

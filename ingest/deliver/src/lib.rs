#![doc = include_str!("../README.md")]

pub mod config;
pub mod pause;
pub mod breaker;
pub mod sender;
pub mod platform;
pub mod words;
mod address;
pub mod http;
mod erased;
mod judge;
mod tally;
mod stretch;
mod inbox;
mod lane;
mod tail;
mod partition;
mod upkeep;
#[cfg(test)]
mod samples;
pub mod relay;
pub mod telemetry;

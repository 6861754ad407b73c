#![doc = include_str!("../README.md")]

pub mod connector;
pub mod import;
pub mod reference_rates;

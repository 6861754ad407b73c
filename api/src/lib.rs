#![doc = include_str!("../README.md")]

pub mod cli;
pub mod boot;
pub mod config;
pub mod demo;
pub mod page;
pub mod report;
pub mod telemetry;

#![doc = include_str!("../README.md")]

pub mod cli;
pub mod boot;
pub mod config;
pub mod rights;
pub mod auth;
pub mod live;
pub mod edge;
pub mod routes;
pub mod answer;
pub mod tail;
pub mod demo;
pub mod page;
pub mod report;
pub mod telemetry;

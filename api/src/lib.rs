#![doc = include_str!("../README.md")]

pub mod cli;
pub mod boot;
pub mod config;
pub mod entropy;
pub mod state;
pub mod rights;
pub mod mail;
pub mod auth;
pub mod routes;
pub mod answer;
pub mod tail;
pub mod demo;
pub mod page;
pub mod telemetry;

//! Everything end to end: the real binary on real engines, over HTTP.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says what it met by failing, and its seed by printing it"
)]

mod fixture;
mod load;
mod config;
mod engines;
mod stranger;
mod fence;
mod signin;
mod import;
mod isolation;
mod rights;
mod tenancy;
mod audit;
mod personal_data;
mod erasure;
mod answers;
mod kpis;
mod exchange_rates;
mod breakdown;
mod live;
mod contract;
mod edge;
mod overload;
mod resources;
mod jobs;
mod pull;
mod delivery;
mod operation;
mod clients;
mod vendors;
mod wrong_input;
mod budgets;
mod predictions;
mod anomalies;
mod plans;
mod rules;
mod exports;
mod fixes;
mod reconcile;
mod same_answers;
mod privacy;
mod crash;
mod backup;
mod full_disk;

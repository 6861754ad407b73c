//! The warehouse on a real ClickHouse.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where it goes wrong")]

mod engine;
mod contract;
mod migrations;
mod schema;
mod crash;
mod bounds;
mod answers;
mod ask;
mod adding_up;
mod export;

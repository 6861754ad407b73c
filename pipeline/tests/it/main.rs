//! The pipeline as a whole, over the twins of its stores.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where it goes wrong"
)]

mod load;
mod tables;
mod reference;
mod drive;
mod batches;
mod lifecycle;
mod golden;
mod erasure;
mod announce;
mod simulation;

//! The front door and the log, as their users meet them.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where it goes wrong")]

mod desk;
mod encodings;
mod answers;
mod wrong_input;
mod bounds;
mod payers;
mod refusals;
mod privacy;
mod outbound;
mod mutations;
mod generated;
mod tiktok;
mod pinterest;
mod segment;
mod ga4;
mod snapchat;
mod linkedin;
mod one_purchase;
mod ad_reports;
mod measured;
mod log;
mod kafka;

//! Integration tests of `stratum-forecast`.
#![expect(clippy::expect_used, reason = "a test ends where it goes wrong")]

mod response;
mod media_mix;

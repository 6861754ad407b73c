//! Integration tests of `stratum-models`.
#![expect(clippy::expect_used, clippy::panic, reason = "a test ends where it goes wrong")]

mod tidy;

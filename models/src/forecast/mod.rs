//! Forecasts.

mod chance;

pub(crate) use chance::Chance;

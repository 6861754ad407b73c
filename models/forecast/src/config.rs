use serde::{Deserialize, Serialize};

/// The configuration of training: models, and the least data to train on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ForecastConfig {
    /// A campaign needs this many days with spend.
    pub days_min: usize,
    /// A campaign needs this many reported conversions.
    pub conversions_min: f64,
    /// A campaign's planned spend is the mean of this many days; without any spend in them it has
    /// no plan and gets no forecast.
    pub plan_days: usize,
    /// Furthest day ahead.
    pub days_ahead_max: usize,
    /// Earlier days from which forecasts are made again to be compared with what came.
    pub origins: usize,
    /// Days between them.
    pub origin_days: usize,
    /// The share of cases in which an interval is meant to hold.
    pub level: f64,
    /// Half-lives to choose from: after so many days a day counts half.
    pub half_life_days: Vec<f64>,
    /// Of everything that is left to chance.
    pub seed: u64,
}

impl Default for ForecastConfig {
    fn default() -> Self {
        ForecastConfig {
            days_min: 28,
            conversions_min: 10.0,
            plan_days: 28,
            days_ahead_max: 90,
            origins: 6,
            origin_days: 28,
            level: 0.9,
            half_life_days: vec![14.0, 28.0, 56.0, 112.0],
            seed: 1,
        }
    }
}

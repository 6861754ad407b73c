use serde::{Deserialize, Serialize};
use stratum_forecast::ForecastConfig;

/// Where models are trained and asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", try_from = "String")]
pub enum Provider {
    /// In this process.
    #[default]
    Local,
}

/// A provider that there is not.
#[derive(Debug, thiserror::Error)]
#[error(
    "predictions.provider (ML_PROVIDER) is `{0}`: models are trained and asked in this process, \
     `local` is the only provider"
)]
pub struct NoProvider(String);

impl TryFrom<String> for Provider {
    type Error = NoProvider;

    fn try_from(name: String) -> Result<Provider, NoProvider> {
        if name == "local" { Ok(Provider::Local) } else { Err(NoProvider(name)) }
    }
}

/// When models are trained, on what, and the bounds of what is asked of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PredictionsConfig {
    /// Where models are trained and asked.
    pub provider: Provider,
    /// A tenant's model is trained anew when it is this old.
    pub train_every_hours: u64,
    /// The time between two looks at whose model is due, in milliseconds.
    pub check_every_ms: u64,
    /// Days of ad reports to train on.
    pub history_days: u32,
    /// Days read from the warehouse at once.
    pub page_days: u32,
    /// Campaign days of one training; more are refused.
    pub rows_max: usize,
    /// Weeks of match quality to train on.
    pub quality_weeks: u32,
    /// Models kept of each tenant.
    pub artifacts_kept: u32,
    /// Tenants whose models are kept in memory.
    pub cached_max: usize,
    /// Campaigns of one answer.
    pub campaigns_max: usize,
    /// Scenarios of one simulation.
    pub scenarios_max: usize,
    /// The configuration of training.
    pub training: ForecastConfig,
}

impl Default for PredictionsConfig {
    fn default() -> Self {
        PredictionsConfig {
            provider: Provider::Local,
            train_every_hours: 24,
            check_every_ms: 60_000,
            history_days: 730,
            page_days: 30,
            rows_max: 3_000_000,
            quality_weeks: 26,
            artifacts_kept: 14,
            cached_max: 64,
            campaigns_max: 5_000,
            scenarios_max: 20,
            training: ForecastConfig::default(),
        }
    }
}

//! Bounds on the number of each thing, beside what a tenant's plan says.

use serde::{Deserialize, Serialize};

/// Bounds on what tenants store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BoundsConfig {
    /// Campaigns that are sorted by what they spent or earned, of one question.
    pub campaigns_sorted_max: u32,
    /// Creative assets of a tenant.
    pub assets_max: u32,
    /// Datasets of a tenant.
    pub datasets_max: u32,
    /// Connectors of a tenant.
    pub connectors_max: u32,
    /// Destinations of a tenant.
    pub destinations_max: u32,
    /// Saved budget plans of a tenant.
    pub plans_max: u32,
    /// Rules of a tenant.
    pub rules_max: u32,
    /// Exchange rates of one request.
    pub fx_rates_max: usize,
}

impl Default for BoundsConfig {
    fn default() -> Self {
        BoundsConfig {
            campaigns_sorted_max: 50_000,
            assets_max: 50_000,
            datasets_max: 1_000,
            connectors_max: 100,
            destinations_max: 50,
            plans_max: 200,
            rules_max: 100,
            fx_rates_max: 1_000,
        }
    }
}

//! Generated campaigns, edge cases, promises.

mod accuracy;
mod edges;
mod agreement;

use super::{Artifact, CampaignDay, ForecastConfig, train};

/// A training of these days.
fn trained(days: Vec<CampaignDay>) -> Artifact {
    train(days, &[], crate::testing::campaigns::last(), &ForecastConfig::default(), |_| {})
}

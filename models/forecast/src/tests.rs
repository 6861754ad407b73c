//! Generated campaigns, edge cases, promises.

mod accuracy;
mod edges;
mod net;
mod sparse;
mod agreement;

use stratum_models::ad_report::CampaignDay;

use super::{Artifact, ForecastConfig, train};

/// A training of these days.
fn trained(days: Vec<CampaignDay>) -> Artifact {
    train(days, &[], stratum_testing::campaigns::last(), &ForecastConfig::default(), |_| {})
}

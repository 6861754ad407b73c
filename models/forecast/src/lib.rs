#![doc = include_str!("../README.md")]

pub mod response;
pub mod allocate;
mod config;
mod history;
mod calendar;
mod frame;
mod season;
mod shape;
mod credibility;
mod elastic_net;
mod model;
mod backtest;
mod calibration;
mod trend;
mod train;
mod artifact;
mod outlook;
mod explain;
mod recommend;
mod plan;
mod simulate;
mod matching;
mod anomaly;

pub use anomaly::{DayBand, Measure, day_bands};
pub use artifact::{Artifact, ArtifactError, CampaignModel, Curve, Insight, Known, PlatformModel};
pub use backtest::Score;
pub use calibration::Calibration;
pub use config::ForecastConfig;
pub use explain::Driver;
pub use frame::{FEATURES, Frame};
pub use history::{History, Insufficient, ReasonCode};
pub use matching::{MatchGain, match_gain};
pub use model::Model;
pub use outlook::{Outlook, cents};
pub use plan::{BudgetPlan, BudgetQuestion, Hold, RecommendedBudget, plan};
pub use recommend::{Advice, recommendation};
pub use simulate::{Scenario, ScenarioOutcome, simulate};
pub use train::{Stage, train};
pub use trend::{Direction, Trend};

#[cfg(test)]
mod tests;

//! What campaigns will return: forecasts of ROAS, plans for budgets and what-ifs, all from one model
//! of a tenant and one definition of a window, so that they agree.
//!
//! [`train()`] makes an [`Artifact`] from daily ad reports: it fits the candidates of [`Model`] to the
//! past as it was known on several earlier days, serves the one whose forecasts were closest to what
//! came, and keeps how wrong it was. [`Artifact::outlook`] answers for one campaign and horizon;
//! [`plan()`] and [`simulate()`] ask the same outlooks.

mod chance;
mod config;
mod history;
mod calendar;
mod frame;
mod season;
mod shape;
mod credibility;
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

pub use artifact::{Artifact, ArtifactError, CampaignModel, Curve, Insight, Known, PlatformModel};
pub use backtest::Score;
pub use calibration::Calibration;
pub use chance::Chance;
pub use config::ForecastConfig;
pub use explain::Driver;
pub use frame::{FEATURES, Frame};
pub use history::{AccountCampaign, CampaignDay, History, Insufficient};
pub use matching::{MatchGain, match_gain};
pub use model::Model;
pub use outlook::{Outlook, cents};
pub use plan::{BudgetPlan, BudgetQuestion, Hold, Recommended, plan};
pub use recommend::{Advice, recommendation};
pub use simulate::{Scenario, ScenarioOutcome, simulate};
pub use train::{Stage, train};
pub use trend::{Direction, Trend};

#[cfg(test)]
mod tests;

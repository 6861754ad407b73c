//! Ad platforms' reporting APIs, asked for the daily figures of an ad account.
//!
//! One folder a platform; each speaks its vendor's documented JSON and gives [`PulledRow`]s: texts as they
//! were reported, judged later by the rules that hold for every ad report. A question is answered in steps
//! ([`ReportingApi::next`]), each with a small [`Cursor`] that can be kept and gone on from, by another process too.
//!
//! Repetitions, back-off and the reading of bounded bodies are [`call`]'s, tokens are [`oauth`]'s; time and
//! chance come in by [`ConnectorDeps`]. Credentials and addresses never stand in an error or a log line.

pub mod config;
mod error;
mod call;
mod oauth;
pub mod row;
mod text;
pub mod window;
mod judged;
mod plan;
mod step;
mod meta;
mod google;
mod tiktok;
mod snapchat;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use stratum_models::platform::Platform;
use stratum_models::time::{DayRange, SharedClock};

pub use stratum_models::connector::{Account, Credentials, Level, is_pulled};

pub use self::config::{CallConfig, PullUrls};
pub use self::error::PullError;
pub use self::judged::{PulledFault, PulledRows, judged};
pub use self::plan::{PullCursor, PullPlan};
pub use self::row::{PulledRow, PulledSplit};
pub use self::step::{MissingBreakdown, PullExecutor, StepError, StepResult};

/// The question for the days of one account at one level.
#[derive(Clone, Debug)]
pub struct Question {
    /// The account.
    pub account: Account,
    /// The level.
    pub level: Level,
    /// Days of the account's zone.
    pub days: DayRange,
}

/// Where an answer goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cursor {
    /// At its beginning.
    #[default]
    Start,
    /// The platform is making a report of this id.
    Report {
        /// The platform's id of it.
        id: String,
    },
    /// At a page.
    Page {
        /// The report it is a page of, where there is one.
        report: Option<String>,
        /// The platform's mark of the page.
        after: String,
    },
}

/// A part of an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The page's rows, in the platform's order.
    pub rows: Vec<PulledRow>,
    /// Where it goes on; `None` at its end.
    pub next: Option<Cursor>,
    /// The time for which the platform wants to be left alone before the next question.
    pub wait: Duration,
}

/// A platform's reporting API, with the credentials of one connector.
#[async_trait]
pub trait ReportingApi: Send + Sync {
    /// The platform's facts of an ad account.
    async fn account(&self, account_id: &str) -> Result<Account, PullError>;

    /// The part of the answer that begins at `cursor`.
    async fn next(&self, question: &Question, cursor: &Cursor) -> Result<Page, PullError>;

    /// The levels that this platform tells.
    fn levels(&self) -> &'static [Level];

    /// Days of one question at most.
    fn window_days_max(&self) -> u32;

    /// Whether rows of one key may stand on several pages, so that a window must be read whole before
    /// its rows can be added up.
    fn spreads(&self, level: Level) -> bool;

    /// The credentials, where the platform gave new ones since this was made.
    fn renewed(&self) -> Option<Credentials>;
}

/// Which conversions count, for one connector.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConversionChoice {
    /// The platform's name of the action or metric; the platform's usual purchases where not set.
    pub conversion: Option<String>,
}

/// Passes time; tests bring their own.
#[async_trait]
pub trait Rest: Send + Sync {
    /// Returns after this long.
    async fn rest(&self, time: Duration);

    /// Anything from 0 to 1, for jitter.
    fn chance(&self) -> f64;
}

/// Time and chance of connectors.
#[derive(Clone)]
pub struct ConnectorDeps {
    /// The time.
    pub clock: SharedClock,
    /// Waiting, and chance.
    pub rest: Arc<dyn Rest>,
}

/// Reaches platforms; one of a process.
#[derive(Clone)]
pub struct Platforms {
    urls: PullUrls,
    caller: call::Caller,
}

impl Platforms {
    /// `Refused` when an address cannot be read, or would be asked in clear text.
    pub fn new(
        urls: PullUrls,
        config: CallConfig,
        deps: ConnectorDeps,
    ) -> Result<Platforms, PullError> {
        urls.check()?;
        Ok(Platforms { urls, caller: call::Caller::new(config, deps)? })
    }

    /// The API of a platform with these credentials. `Refused` where one is missing, or where nothing is
    /// known to ask of the platform.
    pub fn connect(
        &self,
        platform: Platform,
        credentials: Credentials,
        counting: ConversionChoice,
    ) -> Result<Arc<dyn ReportingApi>, PullError> {
        let missing = credentials.missing(platform);
        if !missing.is_empty() {
            let message = format!("credentials are missing: {}", missing.join(", "));
            return Err(PullError::Unauthorized { message });
        }
        let (urls, caller) = (&self.urls, self.caller.clone());
        Ok(match platform {
            Platform::Meta => Arc::new(meta::Meta::new(urls, caller, credentials, counting)),
            Platform::Google => Arc::new(google::Google::new(urls, caller, credentials, counting)),
            Platform::Tiktok => Arc::new(tiktok::Tiktok::new(urls, caller, credentials, counting)),
            Platform::Snapchat => {
                Arc::new(snapchat::Snapchat::new(urls, caller, credentials, counting))
            }
            Platform::Linkedin | Platform::Pinterest => {
                let message = format!("{platform} is not pulled from; send or import its reports");
                return Err(PullError::Refused { message });
            }
        })
    }
}

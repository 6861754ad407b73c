//! One step of a pull: a part of an answer is read, judged and made durable, and only then left behind.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use stratum_models::log::Topic;
use stratum_models::platform::Platform;
use stratum_models::seal::TenantKeys;
use stratum_models::store::StoreError;
use tokio::time::Instant;

use super::row::added_up;
use super::{
    ConnectorDeps, Cursor, Level, Page, PullCursor, PullError, PullPlan, PulledFault, PulledRows,
    Question, ReportingApi, judged,
};
use crate::ad_reports::{Judge, Judged};
use crate::append::{AppendError, Appender};
use crate::config::DoorConfig;

/// A window whose cursor the platform forgets so often is given up.
const FORGOTTEN_MAX: u32 = 3;
/// An answer with more pages, or a report that is looked at more often, is asked for in smaller windows.
const STEPS_MAX: u32 = 2_000;
/// How long the rows of a step wait for a log that is full.
const APPEND_WAIT: Duration = Duration::from_secs(30);

/// Executes the steps of a pull: one tenant's, with the credentials of one connector.
pub struct PullExecutor<'a> {
    /// The platform's API.
    pub api: &'a dyn ReportingApi,
    /// The platform.
    pub platform: Platform,
    /// The tenant's keys, by which texts are redacted.
    pub keys: Arc<TenantKeys>,
    /// The way into the log.
    pub appender: &'a Appender,
    /// The bounds of rows.
    pub limits: &'a DoorConfig,
    /// Time and chance.
    pub deps: &'a ConnectorDeps,
    /// Rows of a question that must be read whole before they can be added up.
    pub window_rows_max: usize,
}

/// The result of a step whose rows are durable.
#[derive(Debug, Default)]
pub struct StepResult {
    /// The cursor to go on from; `None` at the end of the plan.
    pub next: Option<PullCursor>,
    /// Rows that were taken.
    pub rows_taken: u64,
    /// Rows that broke a rule.
    pub rows_rejected: u64,
    /// The faults of the first of these.
    pub faults: Vec<PulledFault>,
    /// The breakdown that the platform will not tell.
    pub missing: Option<MissingBreakdown>,
    /// How long the platform wants to be left alone.
    pub wait: Duration,
}

/// A breakdown that a platform will not tell, and its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingBreakdown {
    /// The level of it.
    pub level: Level,
    /// The reason in words.
    pub reason: String,
}

impl fmt::Display for MissingBreakdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no figures by {}: {}", self.level.as_str(), self.reason)
    }
}

/// A read page, and where the plan goes on after it.
struct ReadResult {
    page: Page,
    next: Option<PullCursor>,
    missing: Option<MissingBreakdown>,
}

impl PullExecutor<'_> {
    /// Reads the part of an answer at `here` and appends its rows; they are durable when this returns.
    pub async fn step(&self, plan: &PullPlan, here: &PullCursor) -> Result<StepResult, StepError> {
        let Some(question) = plan.question(here) else { return Ok(StepResult::default()) };
        let read = self.read(&question, &here.at).await;
        let ReadResult { page, next, missing } = read_result(plan, here, read)?;
        let wait = page.wait;
        let kept = self.append(&question, page).await?;
        Ok(StepResult { next, missing, wait, ..kept })
    }

    /// A page; of what is spread over pages all of them, added up.
    async fn read(&self, question: &Question, at: &Cursor) -> Result<Page, PullError> {
        let mut page = self.api.next(question, at).await?;
        if !self.api.spreads(question.level) {
            return Ok(Page { rows: added_up(page.rows), ..page });
        }
        let mut rows = Vec::new();
        for _ in 0..STEPS_MAX {
            rows.append(&mut page.rows);
            if rows.len() > self.window_rows_max {
                break;
            }
            match page.next {
                // That a report is being made is worth keeping; a page is not.
                Some(Cursor::Report { .. }) if rows.is_empty() => return Ok(page),
                Some(next) => {
                    if !page.wait.is_zero() {
                        self.deps.rest.rest(page.wait).await;
                    }
                    page = self.api.next(question, &next).await?;
                }
                None => return Ok(Page { rows: added_up(rows), next: None, wait: page.wait }),
            }
        }
        Err(PullError::TooMuch)
    }

    /// Judges the rows and makes them durable, those that broke a rule as rejections.
    async fn append(&self, question: &Question, page: Page) -> Result<StepResult, StepError> {
        if page.rows.is_empty() {
            return Ok(StepResult::default());
        }
        let (keys, now) = (self.keys.clone(), self.deps.clock.now());
        let (limits, platform) = (self.limits.clone(), self.platform);
        let account = question.account.clone();
        let judging = tokio::task::spawn_blocking(move || {
            judged(&Judge::new(&keys, now, &limits), platform, &account, &page.rows)
        });
        let judged = judging.await.map_err(|_| PullError::transient("rows were not judged"))?;
        let (rows_taken, rows_rejected) = (judged.taken.len() as u64, judged.rejected_rows());
        let PulledRows { taken, rejected, faults } = judged;
        let until = Instant::now() + APPEND_WAIT;
        let (days, splits) = Judged::apart(taken);
        self.appender.append_ad_reports(&days, &splits, until).await?;
        let enqueue = || self.appender.enqueue_rejections(Topic::AdReports, &rejected);
        let ticket = self.appender.enqueue_when_free(until, enqueue).await;
        ticket.map_err(AppendError::from)?.durable().await.map_err(AppendError::from)?;
        Ok(StepResult { rows_taken, rows_rejected, faults, ..StepResult::default() })
    }
}

/// The page that was read; where it could not be read, the cursor from which less is asked.
fn read_result(
    plan: &PullPlan,
    here: &PullCursor,
    read: Result<Page, PullError>,
) -> Result<ReadResult, PullError> {
    let go_on = |next| Ok(ReadResult { page: Page::default(), next: Some(next), missing: None });
    let read = if here.steps > STEPS_MAX { Err(PullError::TooMuch) } else { read };
    match read {
        Ok(mut page) => {
            let next = plan.after(here, page.next.take());
            Ok(ReadResult { page, next, missing: None })
        }
        Err(PullError::Stale) => match here.restarted(FORGOTTEN_MAX) {
            Some(start) => go_on(start),
            None => Err(PullError::Stale),
        },
        Err(PullError::TooMuch) => match plan.with_half_window(here) {
            Some(half) => go_on(half),
            None => without(plan, here, "one day is more than the platform tells at once"),
        },
        Err(PullError::Refused { message }) => without(plan, here, &message),
        Err(error) => Err(error),
    }
}

/// Goes on without a breakdown that the platform will not tell; without campaigns there is nothing.
fn without(plan: &PullPlan, here: &PullCursor, reason: &str) -> Result<ReadResult, PullError> {
    if here.level == Level::Campaign {
        return Err(PullError::refused(reason));
    }
    let missing = Some(MissingBreakdown { level: here.level, reason: reason.to_owned() });
    Ok(ReadResult { page: Page::default(), next: plan.after(here, None), missing })
}

/// Why a step was not done.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// The platform did not answer, or the log was full for too long.
    #[error(transparent)]
    Platform(#[from] PullError),
    /// The log failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<AppendError> for StepError {
    fn from(error: AppendError) -> StepError {
        match error {
            AppendError::Overloaded(_) => PullError::transient("the log took no rows").into(),
            AppendError::Store(error) => error.into(),
        }
    }
}

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
use stratum_ingest::append::{AppendError, Appender};
use stratum_wire::ad_reports::{Judge, JudgedRow};
use stratum_wire::limits::RowLimits;

/// A window whose cursor the platform forgets so often is given up.
const FORGOTTEN_MAX: u32 = 3;
/// An answer with more pages, or a report that is looked at more often, is asked for in smaller windows.
const STEPS_MAX: u32 = 2_000;
/// The time that the rows of a step wait for a log that is full.
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
    pub limits: &'a RowLimits,
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
    /// The time for which the platform wants to be left alone.
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
        let (days, splits) = JudgedRow::apart(taken);
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

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use arrow::array::RecordBatch;
    use async_trait::async_trait;
    use parking_lot::Mutex;
    use stratum_ingest::append::AppendConfig;
    use stratum_models::id::TenantId;
    use stratum_models::record::{RecordKind, decode};
    use stratum_models::time::{Clock, Day, DayRange, UnixMillis};
    use stratum_testing::identifier_keys;
    use stratum_testing::memory_log::MemoryLog;

    use super::super::{Account, Credentials, PulledRow, PulledSplit, Rest};
    use super::*;

    /// A platform that answers what it was told to, one answer a question, and time that stands.
    struct Scripted {
        answers: Mutex<VecDeque<Result<Page, PullError>>>,
    }

    #[async_trait]
    impl ReportingApi for Scripted {
        async fn account(&self, _: &str) -> Result<Account, PullError> {
            Err(PullError::refused("not asked here"))
        }

        async fn next(&self, _: &Question, _: &Cursor) -> Result<Page, PullError> {
            self.answers.lock().pop_front().unwrap_or(Err(PullError::TooMuch))
        }

        fn levels(&self) -> &'static [Level] {
            Level::ALL
        }

        fn window_days_max(&self) -> u32 {
            30
        }

        fn spreads(&self, level: Level) -> bool {
            level == Level::Device
        }

        fn renewed(&self) -> Option<Credentials> {
            None
        }
    }

    struct Standing;

    impl Clock for Standing {
        fn now(&self) -> UnixMillis {
            UnixMillis(1_774_000_000_000)
        }
    }

    #[async_trait]
    impl Rest for Standing {
        async fn rest(&self, _: Duration) {}

        fn chance(&self) -> f64 {
            1.0
        }
    }

    fn row(spend: &str, split: PulledSplit) -> PulledRow {
        PulledRow {
            date: "2026-03-01".into(),
            campaign_id: "7".into(),
            campaign_name: "Spring".into(),
            split,
            spend: spend.into(),
            impressions: "10".into(),
            clicks: "2".into(),
            conversions: "0.5".into(),
            revenue: "0".into(),
        }
    }

    fn plan() -> PullPlan {
        let day = |text: &str| Day(text.parse().unwrap());
        let account = Account {
            id: "a".into(),
            name: String::new(),
            currency: "EUR".parse().unwrap(),
            zone: chrono_tz::UTC,
        };
        let days = DayRange::new(day("2026-03-01"), day("2026-03-04")).unwrap();
        PullPlan::new(vec![(account, days)], vec![Level::Campaign, Level::Device], 4)
    }

    /// Does the steps of these answers, beginning at `here`.
    async fn steps(
        log: &MemoryLog,
        here: PullCursor,
        answers: Vec<Result<Page, PullError>>,
    ) -> Vec<Result<StepResult, StepError>> {
        let (steps, plan) = (answers.len(), plan());
        let api = Scripted { answers: Mutex::new(answers.into()) };
        let appender = Appender::start(Arc::new(log.clone()), AppendConfig::default());
        let deps = ConnectorDeps { clock: Arc::new(Standing), rest: Arc::new(Standing) };
        let executor = PullExecutor {
            api: &api,
            platform: Platform::Meta,
            keys: identifier_keys().of(TenantId(3)),
            appender: &appender,
            limits: &RowLimits::default(),
            deps: &deps,
            window_rows_max: 3,
        };
        let (mut here, mut results) = (Some(here), Vec::new());
        for _ in 0..steps {
            let Some(at) = here.take() else { break };
            let result = executor.step(&plan, &at).await;
            here = result.as_ref().ok().and_then(|result| result.next.clone());
            results.push(result);
        }
        results
    }

    fn rows(log: &MemoryLog, kind: RecordKind) -> usize {
        let records = log.records(Topic::AdReports).into_iter();
        let decoded = records.map(|record| decode(&record.bytes).unwrap());
        let batches = decoded.filter(|(is, _)| *is == kind).map(|(_, rows)| rows);
        batches.map(|batch: RecordBatch| batch.num_rows()).sum()
    }

    #[tokio::test]
    async fn rows_are_in_the_log_when_a_step_is_done() {
        let log = MemoryLog::new(1, 1);
        let good = row("1.5", PulledSplit::Campaign);
        let page = Page {
            rows: vec![good.clone(), row("n/a", PulledSplit::Campaign)],
            next: None,
            wait: Duration::from_secs(7),
        };
        let results = steps(&log, plan().resume(None).unwrap(), vec![Ok(page)]).await;
        let result = results[0].as_ref().unwrap();
        assert_eq!((result.rows_taken, result.rows_rejected, result.faults.len()), (1, 1, 1));
        assert_eq!((result.wait, result.missing.is_none()), (Duration::from_secs(7), true));
        assert_eq!(result.next.as_ref().map(|next| next.level), Some(Level::Device));
        assert_eq!((rows(&log, RecordKind::AdReports), rows(&log, RecordKind::Rejections)), (1, 1));
    }

    #[tokio::test]
    async fn less_is_asked_where_it_is_too_much_and_a_breakdown_may_be_missing() {
        let log = MemoryLog::new(1, 1);
        let first = plan().resume(None).unwrap();
        let too_much = || Err(PullError::TooMuch);
        let asked = steps(&log, first.clone(), vec![too_much(), too_much(), too_much()]).await;
        let days = |result: &Result<StepResult, StepError>| {
            let next = result.as_ref().ok()?.next.as_ref()?;
            Some(plan().question(next)?.days.days())
        };
        assert_eq!(asked.iter().map(days).collect::<Vec<_>>(), [Some(2), Some(1), None]);
        assert!(matches!(asked[2], Err(StepError::Platform(PullError::Refused { .. }))));

        let devices = plan().after(&first, None).unwrap();
        let refused = || Err(PullError::refused("no devices here"));
        let asked = steps(&log, devices.clone(), vec![refused()]).await;
        let missing = asked[0].as_ref().unwrap().missing.as_ref().unwrap();
        assert_eq!(missing.to_string(), "no figures by device: no devices here");

        let stale = || Err(PullError::Stale);
        let asked = steps(&log, devices.clone(), vec![stale(), stale(), stale(), stale()]).await;
        let went_on: Vec<bool> = asked.iter().map(Result::is_ok).collect();
        assert_eq!(went_on, [true, true, true, false]);

        // What is spread over pages is read whole, or not at all.
        let part = |next| Page {
            rows: vec![row("1", PulledSplit::Device("mobile")); 2],
            next,
            wait: Duration::ZERO,
        };
        let after = Some(Cursor::Page { report: None, after: "2".into() });
        let answers = vec![Ok(part(after)), Ok(part(None))];
        let asked = steps(&log, devices, answers).await;
        assert_eq!(asked[0].as_ref().unwrap().rows_taken, 0);
        assert_eq!(rows(&log, RecordKind::AdReportSplits), 0);
    }
}

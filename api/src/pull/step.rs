//! One step of a run: a part of an answer is read, judged, made durable, and only then left behind.

use std::time::Duration;

use stratum_ingest::ad_reports::{Judge, Judged};
use stratum_ingest::append::{Overloaded, Ticket};
use stratum_ingest::connector::row::added_up;
use stratum_ingest::connector::{
    Cursor, Level, Page, PullError, PulledFault, PulledRows, Question, ReportingApi, judged,
};
use stratum_models::log::Topic;
use stratum_state::pull_fault::PullFault;
use stratum_state::pull_run::Progress;

use super::Puller;
use super::place::{Place, Plan};
use super::work::{Stop, Task};

/// A window whose place the platform forgets so often is given up.
const FORGOTTEN_MAX: u32 = 3;
/// An answer with more pages, or a report that is looked at more often, is asked for in smaller windows.
const STEPS_MAX: u32 = 2_000;
/// Rows that are appended together.
const APPEND_ROWS: usize = 2_000;
/// How long a full log is waited for, in all some ten seconds.
const APPEND_REST: Duration = Duration::from_millis(250);
const APPEND_TRIES: u32 = 40;

/// What became of rows.
#[derive(Default)]
struct Kept {
    rows_taken: i64,
    rows_rejected: i64,
    faults: Vec<PullFault>,
}

/// What a step came to.
struct Stepped {
    page: Page,
    next: Option<Place>,
    lack: Option<(String, String)>,
}

impl Puller {
    /// Reads, keeps, and goes on; `None` at the end of the plan.
    pub(super) async fn step(
        &self,
        task: &Task,
        api: &dyn ReportingApi,
        plan: &Plan,
        here: Place,
    ) -> Result<Option<Place>, Stop> {
        let Some(question) = plan.question(&here) else { return Ok(None) };
        let read = self.read(api, &question, &here.at).await;
        let Stepped { page, next, lack } = match stepped(plan, here.clone(), read) {
            Ok(stepped) => {
                task.open(here.account());
                stepped
            }
            // The other accounts are read all the same.
            Err(error) if error.is_of_account() => {
                task.close(here.account(), &error);
                if task.all_closed() {
                    return Err(error.into());
                }
                Stepped { page: Page::default(), next: plan.beyond(&here), lack: None }
            }
            Err(error) => return Err(error.into()),
        };
        let wait = page.wait;
        let Kept { rows_taken, rows_rejected, faults } = self.keep(task, &question, page).await?;
        let progress = Progress {
            closed_accounts: task.closed(),
            faults,
            place: serde_json::to_value(&next).unwrap_or_default(),
            days_asked: plan.days_asked(),
            days_done: plan.days_done(next.as_ref()),
            rows_taken,
            rows_rejected,
            lack,
        };
        let mut work = self.enter(task.lease.tenant).await?;
        if !work.progress_pull_run(&task.lease, &progress).await? {
            return Err(Stop::Lost);
        }
        work.commit().await?;
        if wait > Duration::from_millis(self.config.call.throttle_ms_max) {
            return Err(PullError::Throttled { retry_after: wait }.into());
        }
        if !wait.is_zero() {
            self.rest.rest(wait).await;
        }
        Ok(next)
    }

    /// A page; of what is spread over pages all of them, added up.
    async fn read(
        &self,
        api: &dyn ReportingApi,
        question: &Question,
        at: &Cursor,
    ) -> Result<Page, PullError> {
        let mut page = api.next(question, at).await?;
        if !api.spreads(question.level) {
            return Ok(Page { rows: added_up(page.rows), ..page });
        }
        let mut rows = Vec::new();
        for _ in 0..STEPS_MAX {
            rows.append(&mut page.rows);
            if rows.len() > self.config.window_rows_max {
                break;
            }
            match page.next {
                // That a report is being made is worth keeping; a page is not.
                Some(Cursor::Report { .. }) if rows.is_empty() => return Ok(page),
                Some(next) => {
                    if !page.wait.is_zero() {
                        self.rest.rest(page.wait).await;
                    }
                    page = api.next(question, &next).await?;
                }
                None => return Ok(Page { rows: added_up(rows), next: None, wait: page.wait }),
            }
        }
        Err(PullError::TooMuch)
    }

    /// Makes the rows durable.
    async fn keep(&self, task: &Task, question: &Question, page: Page) -> Result<Kept, Stop> {
        if page.rows.is_empty() {
            return Ok(Kept::default());
        }
        let keys = self.keys.of(task.lease.tenant);
        let (now, limits) = (self.clock.now(), self.door.clone());
        let (platform, account) = (task.connector.platform, question.account.clone());
        let judging = tokio::task::spawn_blocking(move || {
            let judge = Judge::new(&keys, now, &limits);
            judged(&judge, platform, &account, &page.rows)
        });
        let judged = judging.await;
        let judged =
            judged.map_err(|_| PullError::Transient { message: "rows were not judged".into() })?;
        let rejected_rows = judged.rejected_rows();
        let PulledRows { taken, rejected, faults } = judged;
        for rows in taken.chunks(APPEND_ROWS) {
            self.append(|| self.enqueue(rows)).await?;
        }
        if !rejected.is_empty() {
            self.append(|| self.appender.enqueue_rejections(Topic::AdReports, &rejected)).await?;
        }
        let fault = |fault: PulledFault| PullFault {
            account_id: question.account.id.clone(),
            campaign_id: fault.campaign_id,
            date: fault.date,
            field: fault.field.map(str::to_owned),
            message: fault.message,
        };
        Ok(Kept {
            rows_taken: count(taken.len()),
            rows_rejected: i64::try_from(rejected_rows).unwrap_or(i64::MAX),
            faults: faults.into_iter().map(fault).collect(),
        })
    }

    fn enqueue(&self, rows: &[Judged]) -> Result<Ticket, Overloaded> {
        let (days, splits) = Judged::apart(rows.to_vec());
        self.appender.enqueue_ad_reports(&days, &splits)
    }

    async fn append(&self, take: impl Fn() -> Result<Ticket, Overloaded>) -> Result<(), Stop> {
        for _ in 0..APPEND_TRIES {
            match take() {
                Ok(ticket) => return Ok(ticket.durable().await?),
                Err(Overloaded::Rows | Overloaded::Bytes) => self.rest.rest(APPEND_REST).await,
                Err(Overloaded::RowBytes | Overloaded::Closed) => break,
            }
        }
        let message = "the log took no rows".to_owned();
        Err(PullError::Transient { message }.into())
    }
}

fn count(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// Where a run goes on after what it read, or could not read.
fn stepped(plan: &Plan, here: Place, read: Result<Page, PullError>) -> Result<Stepped, PullError> {
    let go = |next| Ok(Stepped { page: Page::default(), next, lack: None });
    let read = if here.steps > STEPS_MAX { Err(PullError::TooMuch) } else { read };
    match read {
        Ok(mut page) => {
            let next = plan.after(&here, page.next.take());
            Ok(Stepped { page, next, lack: None })
        }
        Err(PullError::Stale) => match here.again(FORGOTTEN_MAX) {
            Some(again) => go(Some(again)),
            None => Err(PullError::Stale),
        },
        Err(PullError::TooMuch) => match plan.narrowed(&here) {
            Some(narrow) => go(Some(narrow)),
            None => without(plan, &here, "one day is more than the platform tells at once"),
        },
        Err(PullError::Refused { message }) => without(plan, &here, &message),
        Err(error) => Err(error),
    }
}

/// Goes on without a break-down that the platform will not tell; without campaigns there is nothing.
fn without(plan: &Plan, here: &Place, why: &str) -> Result<Stepped, PullError> {
    if here.level == Level::Campaign {
        return Err(PullError::Refused { message: why.to_owned() });
    }
    let lack =
        Some(("partial".to_owned(), format!("no figures by {}: {why}", here.level.as_str())));
    Ok(Stepped { page: Page::default(), next: plan.after(here, None), lack })
}

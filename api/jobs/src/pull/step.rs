//! One step of a run: what ingest reads and makes durable, written down as progress.

use std::time::Duration;

use stratum_models::connector::PullErrorCode;
use stratum_reports::connector::{
    ConnectorDeps, PullCursor, PullError, PullExecutor, PullPlan, PulledFault, ReportingApi,
    StepError, StepResult,
};
use stratum_state::pull_fault::PullFault;
use stratum_state::pull_run::Progress;

use super::Puller;
use super::work::{Stop, Task};
use crate::JobError;

impl Puller {
    /// Reads the part at `here` and writes down how far the run came; `None` at the end of the plan.
    pub(super) async fn read(
        &self,
        task: &Task<'_>,
        api: &dyn ReportingApi,
        plan: &PullPlan,
        here: PullCursor,
    ) -> Result<Option<PullCursor>, Stop> {
        let result = self.execute(task, api, plan, &here).await?;
        let progress = progress(task, plan, &here, &result);
        let mut work = task.job.work().await?;
        if !work.progress_pull_run(task.job.lease.job, &progress).await? {
            return Err(JobError::Lost.into());
        }
        task.job.advance(work, &result.next).await?;
        task.hints.progress().await;
        if result.wait > Duration::from_millis(self.config.call.throttle_ms_max) {
            return Err(PullError::Throttled { retry_after: result.wait }.into());
        }
        if !result.wait.is_zero() {
            self.rest.rest(result.wait).await;
        }
        Ok(result.next)
    }

    /// Does the step; goes on behind an account that cannot be read while another one can.
    async fn execute(
        &self,
        task: &Task<'_>,
        api: &dyn ReportingApi,
        plan: &PullPlan,
        here: &PullCursor,
    ) -> Result<StepResult, Stop> {
        let deps = ConnectorDeps { clock: self.clock.clone(), rest: self.rest.clone() };
        let executor = PullExecutor {
            api,
            platform: task.connector.platform,
            keys: self.keys.of(task.job.lease.tenant),
            appender: &self.appender,
            limits: &self.limits,
            deps: &deps,
            window_rows_max: self.config.window_rows_max,
        };
        match executor.step(plan, here).await {
            Ok(result) => {
                task.open(here.account());
                Ok(result)
            }
            Err(StepError::Platform(error)) if error.is_of_account() => {
                task.close(here.account(), &error);
                if task.all_closed() {
                    return Err(error.into());
                }
                Ok(StepResult { next: plan.after_account(here), ..StepResult::default() })
            }
            Err(StepError::Platform(error)) => Err(error.into()),
            Err(StepError::Store(error)) => Err(error.into()),
        }
    }
}

fn progress(task: &Task<'_>, plan: &PullPlan, here: &PullCursor, result: &StepResult) -> Progress {
    let fault = |fault: &PulledFault| PullFault {
        account_id: here.account().to_owned(),
        campaign_id: fault.campaign_id.clone(),
        date: fault.date,
        field: fault.field.map(str::to_owned),
        message: fault.message.clone(),
    };
    Progress {
        closed_accounts: task.closed(),
        faults: result.faults.iter().map(fault).collect(),
        days_asked: plan.days_asked(),
        days_done: plan.days_done(result.next.as_ref()),
        rows_taken: count(result.rows_taken),
        rows_rejected: count(result.rows_rejected),
        missing_breakdown: result
            .missing
            .as_ref()
            .map(|missing| (PullErrorCode::Partial.to_string(), missing.to_string())),
    }
}

fn count(rows: u64) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

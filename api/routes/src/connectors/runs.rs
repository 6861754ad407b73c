//! `/connectors/{id}/…`: pulls that are asked for, watched and ended.

use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use stratum_http::answer::{Answer, Answered, Fault, FaultCode, Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::body::Body;
use stratum_http::fields::Params;
use stratum_http::id::{Id, Resource};
use stratum_http::paging::PageParams;
use stratum_http::rules::Rules;
use stratum_models::connector::PullErrorCode;
use stratum_models::time::{Day, DayRange};
use stratum_reports::connector::is_pulled;
use stratum_state::audit::{AuditAction, AuditEntry};
use stratum_state::connector::Connector;
use stratum_state::pull_fault::{ClosedAccount, PullFault};
use stratum_state::pull_run::{PullKind, PullRun, PullState};
use stratum_state::work::TenantWork;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::super::App;

/// Platforms have nothing from before.
const YEAR_MIN: i32 = 2_005;

/// The routes of this file.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(pull_connector))
        .routes(routes!(backfill_connector))
        .routes(routes!(list_pull_runs))
        .routes(routes!(cancel_pull_run))
}

/// A pull: one asking of the platform for a range of days.
#[derive(Debug, Serialize, ToSchema)]
pub struct PullRunItem {
    /// The run's id.
    id: Uuid,
    /// Why it is asked.
    kind: PullKind,
    /// The state of the run.
    state: PullState,
    /// The first day, of each account's zone.
    date_from: NaiveDate,
    /// The last day; no account is asked for days after its today.
    date_to: NaiveDate,
    /// Days of all accounts together; 0 before it is begun.
    days_asked: i32,
    /// Those of them that are read.
    days_done: i32,
    /// Rows that were taken.
    rows_taken: i64,
    /// Rows that broke a rule of ad reports and were left out.
    rows_rejected: i64,
    /// The faults of the first 20 of them.
    faults: Vec<PullFault>,
    /// Accounts that could not be read; the others are.
    closed_accounts: Vec<ClosedAccount>,
    /// The last error; null where there was none.
    #[schema(value_type = Option<PullErrorCode>)]
    error: Option<String>,
    /// The same in words.
    error_message: Option<String>,
    /// When it goes on, where it waits.
    not_before: Option<DateTime<Utc>>,
    /// When it was asked for.
    created_at: DateTime<Utc>,
    /// When it was begun.
    started_at: Option<DateTime<Utc>>,
    /// When it was over.
    ended_at: Option<DateTime<Utc>>,
}

impl From<PullRun> for PullRunItem {
    fn from(run: PullRun) -> PullRunItem {
        PullRunItem {
            id: run.id,
            kind: run.kind,
            state: run.state,
            date_from: run.days.from.0,
            date_to: run.days.to.0,
            days_asked: run.days_asked,
            days_done: run.days_done,
            rows_taken: run.rows_taken,
            rows_rejected: run.rows_rejected,
            faults: run.faults,
            closed_accounts: run.closed_accounts,
            error: run.error_code,
            error_message: run.error_message,
            not_before: run.not_before,
            created_at: run.created_at,
            started_at: run.started_at,
            ended_at: run.ended_at,
        }
    }
}

/// Which days to pull once more, or for the first time.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BackfillBody {
    /// The first day.
    date_from: NaiveDate,
    /// The last day.
    date_to: NaiveDate,
}

/// A connector that can be pulled; 404 where there is none, 422 where it cannot.
async fn pullable(work: &mut TenantWork, id: Uuid) -> Result<Connector, Refusal> {
    let connector = work.connector(id).await?.ok_or_else(Connector::not_found)?;
    if !is_pulled(connector.platform) {
        let message = format!("{} is not pulled; send or import its reports", connector.platform);
        return Err(Refusal::unprocessable("", message));
    }
    if connector.content.account_ids.is_empty() {
        return Err(Refusal::unprocessable(
            "account_ids",
            Fault::new(FaultCode::NoAccount, "name an ad account first"),
        ));
    }
    Ok(connector)
}

async fn ask(
    app: &App,
    mut work: TenantWork,
    id: Uuid,
    kind: PullKind,
    days: DayRange,
) -> Answered<PullRunItem> {
    work.lock_credentials(id).await?.ok_or_else(Connector::not_found)?;
    let most = app.pull.runs_open_max;
    if work.open_pull_runs(id, None).await? >= u64::from(most) {
        let message = format!("{most} pulls of this connector are open already; wait, or end one");
        return Err(Refusal::conflict(message));
    }
    let run = work.ask_pull(id, kind, days, i64::from(app.pull.runs_kept)).await?;
    let told = json!({
        "connector": id, "kind": kind, "date_from": days.from.0, "date_to": days.to.0,
    });
    work.audit(&AuditEntry::done(AuditAction::PullAsked, PullRun::KIND, run, told)).await?;
    let item = work.pull_run(run).await?.ok_or_else(Refusal::internal)?;
    work.commit().await?;
    Ok(Answer::with(StatusCode::ACCEPTED, item.into()))
}

/// Pulls a connector now: the days that platforms may still correct, and days that were missed.
#[utoipa::path(
    post, path = "/api/v1/connectors/{id}/pull", tag = "connectors", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "the connector's id")),
    responses(
        (status = 202, body = Answer<PullRunItem>, description = "the job is queued"),
        (status = 409, body = RefusalBody, description = "too many pulls of this connector are open"),
        (status = 422, body = RefusalBody, description = "the connector cannot be pulled"),
    ),
)]
pub async fn pull_connector(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<Connector>,
) -> Answered<PullRunItem> {
    let mut work = caller.work(&app).await?;
    let connector = pullable(&mut work, id).await?;
    let days = app.pull.days(app.clock.now(), connector.pulled_to);
    ask(&app, work, id, PullKind::Manual, days).await
}

/// Pulls earlier days, window by window; the list of pulls shows the progress. A backfill continues on its own
/// after an outage of the platform or of our processes, and scheduled pulls go first.
#[utoipa::path(
    post, path = "/api/v1/connectors/{id}/backfill", tag = "connectors", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "the connector's id")), request_body = BackfillBody,
    responses(
        (status = 202, body = Answer<PullRunItem>, description = "the job is queued"),
        (status = 409, body = RefusalBody, description = "too many pulls of this connector are open"),
        (status = 422, body = RefusalBody, description = "a field breaks a rule, or the connector cannot be pulled"),
    ),
)]
pub async fn backfill_connector(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<Connector>,
    Body(body): Body<BackfillBody>,
) -> Answered<PullRunItem> {
    let days = DayRange::new(Day(body.date_from), Day(body.date_to));
    let most = app.pull.backfill_days_max;
    let mut rules = Rules::default();
    rules.hold(
        "date_to",
        days.is_some(),
        Fault::new(FaultCode::BeforeOther, "must not lie before date_from")
            .with("other", "date_from"),
    );
    rules.hold(
        "date_from",
        body.date_from.year() >= YEAR_MIN,
        format!("must be {YEAR_MIN} or later"),
    );
    let tomorrow = app.clock.now().to_utc().date_naive().succ_opt();
    let begun = tomorrow.is_some_and(|tomorrow| body.date_to <= tomorrow);
    rules.hold("date_to", begun, Fault::new(FaultCode::InFuture, "must not lie in the future"));
    let few = days.is_none_or(|days| days.days() <= i64::from(most));
    rules.hold(
        "date_from",
        few,
        Fault::above(
            FaultCode::TooManyDays,
            most,
            format!("must lie at most {most} days before date_to"),
        ),
    );
    rules.finish()?;
    let days = days.ok_or_else(Refusal::internal)?;
    let mut work = caller.work(&app).await?;
    pullable(&mut work, id).await?;
    ask(&app, work, id, PullKind::Backfill, days).await
}

/// Lists the pulls of a connector, newest first.
#[utoipa::path(
    get, path = "/api/v1/connectors/{id}/runs", tag = "connectors", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "the connector's id"), PageParams),
    responses((status = 200, body = Answer<Vec<PullRunItem>>)),
)]
pub async fn list_pull_runs(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<Connector>,
    Params(params): Params<PageParams>,
) -> Answered<Vec<PullRunItem>> {
    let page = params.read()?;
    let mut work = caller.work(&app).await?;
    work.connector(id).await?.ok_or_else(Connector::not_found)?;
    let runs = work.pull_runs(id, page.limit(), page.offset()).await?;
    let total = work.pull_run_count(id).await?;
    Ok(Answer::page(runs, page.of(total)))
}

/// Cancels a pull. Rows that it has read stay.
#[utoipa::path(
    delete, path = "/api/v1/connectors/{id}/runs/{run}", tag = "connectors", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "the connector's id"),
        ("run" = Uuid, Path, description = "the pull's id"),
    ),
    responses((status = 204, description = "the pull has ended")),
)]
pub async fn cancel_pull_run(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<Connector>,
    Id(run, ..): Id<PullRun>,
) -> Result<StatusCode, Refusal> {
    let mut work = caller.work(&app).await?;
    let found = work.pull_run(run).await?.filter(|found| found.connector_id == id);
    found.ok_or_else(PullRun::not_found)?;
    if work.cancel_pull_run(id, run).await? {
        work.audit(&AuditEntry::done(
            AuditAction::PullCancelled,
            PullRun::KIND,
            run,
            json!({"connector": id}),
        ))
        .await?;
        work.commit().await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

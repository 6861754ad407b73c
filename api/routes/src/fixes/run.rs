//! Runs of fixes: one, all, and taking one back.

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::json;
use stratum_http::answer::{Answer, Answered, Fault, FaultCode, Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::fields::Params;
use stratum_http::id::{Id, Resource as _};
use stratum_http::paging::PageParams;
use stratum_models::fix::sample::Estimate;
use stratum_models::fix::{FixEnd, FixState, IssueCode};
use stratum_models::platform::Platform;
use stratum_models::tracking::TrackingPolicy;
use stratum_query::ask::fixes::Measurement;
use stratum_state::audit::{AuditAction, AuditEntry};
use stratum_state::fix_run::FixRun;
use stratum_state::tracking::{TrackedDataset, TrackingSettings};
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::App;
use super::apply::FixPreview;

/// A run of a fix.
#[derive(Debug, Serialize, ToSchema)]
pub struct FixRunItem {
    /// The run's id.
    id: Uuid,
    /// The issue.
    issue_code: IssueCode,
    /// The dataset's platform; null where it is of none.
    platform: Option<Platform>,
    /// The platform's pixel or dataset id.
    dataset_id: String,
    /// The dataset's name.
    dataset_name: String,
    /// The state.
    state: FixState,
    /// Why it ended so; null while it goes on.
    ended_for: Option<FixEnd>,
    /// Whether a repair was switched on; otherwise people do what is to be done, and the figure is watched.
    one_click: bool,
    /// The version of the tracking configuration that was in force.
    version_before: u32,
    /// The version it wrote; null where it wrote none.
    version_applied: Option<u32>,
    /// The settings it changed.
    changes: Vec<SettingChange>,
    /// The figures that were expected of it; null where nothing could be counted.
    preview: Option<FixPreview>,
    /// The figures it has brought as of the last look; null before the first.
    measured: Option<FixMeasurement>,
    /// The least effect that is worth the fix; null where none is measured.
    least_effect: Option<f64>,
    /// The user who applied it; null where it was the program.
    created_by: Option<Uuid>,
    /// When it was applied.
    created_at: DateTime<Utc>,
    /// When it was last looked at.
    looked_at: Option<DateTime<Utc>>,
    /// When it ended.
    ended_at: Option<DateTime<Utc>>,
}

/// A setting of a tracking configuration that changes.
#[derive(Debug, Serialize, ToSchema)]
pub struct SettingChange {
    /// The setting.
    name: &'static str,
    /// The value before.
    from: &'static str,
    /// The value after.
    to: &'static str,
}

/// The figures that a run has brought: each is a score of 0 to 10, or a share of 0 to 1.
#[derive(Debug, Serialize, ToSchema)]
pub struct FixMeasurement {
    /// Of events before the fix, over a week; null where none came.
    before: Option<FixEstimate>,
    /// Of events under the fix; null where none came.
    after: Option<FixEstimate>,
    /// The effect of the fix: counted on the events it was in force for, or, where it switched nothing on, the difference
    /// between before and after.
    effect: Option<FixEstimate>,
    /// The hours from its beginning to the last look.
    hours: f64,
}

/// A figure with the interval that holds it with 95 %. That of a run that goes on holds however often one looks.
#[derive(Debug, Serialize, ToSchema)]
pub struct FixEstimate {
    /// The number of events.
    events: u64,
    /// The figure.
    value: f64,
    /// The interval's lower end.
    low: f64,
    /// The interval's upper end.
    high: f64,
}

impl From<Estimate> for FixEstimate {
    fn from(estimate: Estimate) -> FixEstimate {
        let Estimate { events, value, low, high } = estimate;
        FixEstimate { events, value, low, high }
    }
}

impl From<Measurement> for FixMeasurement {
    fn from(measured: Measurement) -> FixMeasurement {
        let estimate = |one: Option<Estimate>| one.map(FixEstimate::from);
        FixMeasurement {
            before: estimate(measured.before),
            after: estimate(measured.after),
            effect: estimate(measured.effect),
            hours: measured.hours,
        }
    }
}

impl From<FixRun> for FixRunItem {
    fn from(run: FixRun) -> FixRunItem {
        let content = run.content;
        let measured =
            run.measured.and_then(|found| serde_json::from_value::<Measurement>(found).ok());
        FixRunItem {
            id: run.id,
            issue_code: content.issue,
            platform: run.platform,
            dataset_id: run.external_id,
            dataset_name: run.dataset_name,
            state: run.state,
            ended_for: run.ended_for,
            one_click: content.version_applied.is_some(),
            version_before: content.version_before,
            version_applied: content.version_applied,
            changes: changes_of((content.before, content.applied)),
            preview: serde_json::from_value(content.preview).unwrap_or_default(),
            measured: measured.map(FixMeasurement::from),
            least_effect: content.issue.figure().map(|figure| figure.least_effect()),
            created_by: run.created_by,
            created_at: run.created_at,
            looked_at: run.looked_at,
            ended_at: run.ended_at,
        }
    }
}

/// The settings in which two policies differ.
pub fn changes_of((from, to): (TrackingPolicy, TrackingPolicy)) -> Vec<SettingChange> {
    let settings = [
        ("click_id", from.click_id.as_str(), to.click_id.as_str()),
        ("normalization", from.normalization.as_str(), to.normalization.as_str()),
        ("event_id", from.event_id.as_str(), to.event_id.as_str()),
    ];
    let changed = settings.into_iter().filter(|(_, from, to)| from != to);
    changed.map(|(name, from, to)| SettingChange { name, from, to }).collect()
}

/// Returns a run with what it has brought so far.
#[utoipa::path(
    get, path = "/api/v1/qa/fixes/run/{id}", tag = "match quality", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "the run's id")),
    responses((status = 200, body = Answer<FixRunItem>)),
)]
pub async fn fix_run(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<FixRun>,
) -> Answered<FixRunItem> {
    let run = caller.work(&app).await?.fix_run(id).await?;
    Ok(Answer::of(run.ok_or_else(FixRun::not_found)?.into()))
}

/// Lists all runs, newest first.
#[utoipa::path(
    get, path = "/api/v1/qa/fixes/history", tag = "match quality", params(PageParams), security(("bearer" = [])),
    responses((status = 200, body = Answer<Vec<FixRunItem>>)),
)]
pub async fn fix_history(
    State(app): State<App>,
    caller: Authenticated,
    Params(params): Params<PageParams>,
) -> Answered<Vec<FixRunItem>> {
    let page = params.read()?;
    let mut work = caller.work(&app).await?;
    let runs = work.fix_runs(page).await?;
    let total = work.fix_run_count().await?;
    Ok(Answer::page(runs, page.of(total)))
}

/// Takes back what a run changed.
///
/// It writes a new version of the tracking configuration, in which the settings that the run changed are what they
/// were before it; all others stay. A setting that was changed again since is not touched: 409 names it.
#[utoipa::path(
    post, path = "/api/v1/qa/fixes/run/{id}/rollback", tag = "match quality", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "the run's id")),
    responses(
        (status = 200, body = Answer<FixRunItem>),
        (status = 409, body = RefusalBody, description = "the run changed nothing, was taken back already, or one of its settings was changed since"),
    ),
)]
pub async fn roll_back_fix(
    State(app): State<App>,
    caller: Authenticated,
    Id(id, ..): Id<FixRun>,
) -> Answered<FixRunItem> {
    let mut work = caller.work(&app).await?;
    let run = work.fix_run(id).await?.ok_or_else(FixRun::not_found)?;
    let content = &run.content;
    if content.version_applied.is_none() {
        let text = "the run changed no setting: there is nothing to take back";
        return Err(Refusal::conflict(Fault::new(FaultCode::NoChange, text)));
    }
    let not_found = TrackedDataset::not_found;
    if !work.lock_dataset(content.dataset_id).await? {
        return Err(not_found());
    }
    if !work.roll_back_fix_run(id, FixEnd::ByUser).await? {
        let text = "the run was taken back already";
        return Err(Refusal::conflict(Fault::new(FaultCode::NoChange, text)));
    }
    let dataset = work.tracked_dataset(content.dataset_id).await?.ok_or_else(not_found)?;
    let current = dataset.tracking.settings;
    let restored = current.policy.without_change(content.before, content.applied);
    let policy = restored.map_err(|names| {
        let text = format!("changed again since the fix: {}", names.join(", "));
        Refusal::conflict(Fault::new(FaultCode::ChangedMeanwhile, text))
    })?;
    let version = dataset.tracking.version;
    let settings = TrackingSettings { policy, ..current };
    if !work.write_tracking(dataset.id, version, settings).await? {
        let text = "the tracking configuration was changed just now; try again";
        return Err(Refusal::conflict(Fault::new(FaultCode::ChangedMeanwhile, text)));
    }
    let changes = json!({
        "issue": content.issue, "dataset": dataset.id, "version": version + 1,
        "changes": changes_of((current.policy, policy)),
    });
    work.audit(&AuditEntry::done(AuditAction::FixRolledBack, FixRun::KIND, id, changes)).await?;
    let run = work.fix_run(id).await?.ok_or_else(FixRun::not_found)?;
    work.commit().await?;
    Ok(Answer::of(run.into()))
}

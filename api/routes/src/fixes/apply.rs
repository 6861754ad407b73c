//! `POST /qa/fixes/apply`

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use stratum_http::answer::{Answer, Answered, Fault, FaultCode, Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::body::Body;
use stratum_http::id::Resource as _;
use stratum_http::rules::Rules;
use stratum_models::fix::IssueCode;
use stratum_models::platform::Platform;
use stratum_models::time::{DAY_MS, UnixMillis};
use stratum_models::tracking::TrackingPolicy;
use stratum_models::warehouse::MatchQualityQuery;
use stratum_query::ask::fixes::{Preview, preview};
use stratum_state::audit::{AuditAction, AuditEntry};
use stratum_state::fix_run::{FixRun, NewFixRun};
use stratum_state::tracking::{TrackedDataset, TrackingSettings};
use stratum_state::work::TenantWork;
use utoipa::ToSchema;

use super::super::App;
use super::dataset_of;
use super::run::{FixRunItem, SettingChange, changes_of};

/// A preview at apply is of the events of so many days.
const PREVIEW_DAYS: i64 = 7;

/// A fix to be applied.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FixBody {
    /// The platform.
    platform: Platform,
    /// The platform's pixel or dataset id; may be absent where the platform has one dataset.
    dataset_id: Option<String>,
    /// The issue to be fixed.
    issue_code: IssueCode,
    /// Whether only to tell what would be done.
    #[serde(default)]
    dry_run: bool,
    /// A key of the caller's choice: a second request with it applies nothing and answers with the first one's run.
    #[schema(max_length = 100)]
    idempotency_key: Option<String>,
}

/// The figures that a fix would have brought to events that are there.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct FixPreview {
    /// The figure of these events: a score of 0 to 10, or a share of 0 to 1.
    before: f64,
    /// The figure they would have had.
    after: f64,
    /// The number of events it was counted of.
    events: u64,
    /// `counted`: of the events' own notes, not estimated.
    method: String,
}

impl From<Preview> for FixPreview {
    fn from(preview: Preview) -> FixPreview {
        let Preview { before, after, events } = preview;
        FixPreview { before, after, events, method: "counted".to_owned() }
    }
}

/// The outcome of a request to apply a fix.
#[derive(Debug, Serialize, ToSchema)]
pub struct FixApplication {
    /// Whether only was told what would be done.
    dry_run: bool,
    /// The issue.
    issue_code: IssueCode,
    /// The platform's pixel or dataset id.
    dataset_id: String,
    /// Whether a repair is switched on; otherwise people do what is to be done, and the figure is watched.
    one_click: bool,
    /// The settings that change.
    changes: Vec<SettingChange>,
    /// The figures it would have brought to the events of the last 7 days; null where no repair is switched on, or no event
    /// came.
    preview: Option<FixPreview>,
    /// The run; null for a dry run.
    run: Option<FixRunItem>,
}

/// Applies a fix, and watches what it brings.
///
/// It writes a new version of the dataset's tracking configuration. Events received more than two seconds later are
/// treated with it and carry its number, by which the run tells them from others. A fix that is people's work changes
/// nothing; its figure is watched for 14 days. Where the issue has a run that goes on, that is the answer.
#[utoipa::path(
    post, path = "/api/v1/qa/fixes/apply", tag = "match quality", request_body = FixBody, security(("bearer" = [])),
    responses(
        (status = 200, body = Answer<FixApplication>, description = "a dry run, or the run that goes on already"),
        (status = 201, body = Answer<FixApplication>, description = "a new run"),
        (status = 409, body = RefusalBody, description = "the repair is in force already, the configuration was changed meanwhile, or the key was used for something else"),
        (status = 422, body = RefusalBody, description = "there is no such dataset, or nothing is watched of this issue"),
    ),
)]
pub async fn apply_fix(
    State(app): State<App>,
    caller: Authenticated,
    Body(body): Body<FixBody>,
) -> Answered<FixApplication> {
    let mut rules = Rules::default();
    rules.maybe_text("dataset_id", body.dataset_id.as_deref(), 128);
    rules.maybe_text("idempotency_key", body.idempotency_key.as_deref(), 100);
    rules.finish()?;
    let issue = body.issue_code;
    let dataset = dataset_of(&app, &caller, body.platform, body.dataset_id.as_deref()).await?;
    let before = dataset.tracking.settings.policy;
    let repaired = issue.repaired(before);
    if issue.figure().is_none() {
        let text = "nothing is watched of this issue: its steps say what to do";
        return Err(Refusal::unprocessable("issue_code", text));
    }
    let change = (before, repaired.unwrap_or(before));
    let expected = expected(&app, &caller, &dataset, issue, change).await?;
    let expected = expected.filter(|_| repaired.is_some());
    let applied = |run: Option<FixRun>| {
        let change = run.as_ref().map_or(change, |run| (run.content.before, run.content.applied));
        FixApplication {
            dry_run: body.dry_run,
            issue_code: issue,
            dataset_id: dataset.external_id.clone(),
            one_click: repaired.is_some(),
            changes: changes_of(change),
            preview: expected.map(FixPreview::from),
            run: run.map(FixRunItem::from),
        }
    };
    if body.dry_run {
        is_new(repaired, before)?;
        return Ok(Answer::of(applied(None)));
    }
    let mut work = caller.work(&app).await?;
    if !work.lock_dataset(dataset.id).await? {
        return Err(TrackedDataset::not_found());
    }
    let key = body.idempotency_key.as_deref();
    if let Some(run) = work.find_fix_run(dataset.id, issue, key).await? {
        is_of(&run, &dataset, issue)?;
        return Ok(Answer::of(applied(Some(run))));
    }
    is_new(repaired, before)?;
    let new = NewFixRun {
        dataset_id: dataset.id,
        issue,
        idempotency_key: body.idempotency_key.clone(),
        version_before: dataset.tracking.version,
        version_applied: repaired.map(|_| dataset.tracking.version + 1),
        before,
        applied: change.1,
        preview: json!(expected.map(FixPreview::from)),
    };
    let run = begin(&mut work, &new, dataset.tracking.settings).await?;
    work.commit().await?;
    Ok(Answer::with(StatusCode::CREATED, applied(Some(run))))
}

/// Refused where a run is of something else.
fn is_of(run: &FixRun, dataset: &TrackedDataset, issue: IssueCode) -> Result<(), Refusal> {
    if (run.content.dataset_id, run.content.issue) == (dataset.id, issue) {
        return Ok(());
    }
    let text = "the idempotency key was used for another fix";
    Err(Refusal::conflict(Fault::new(FaultCode::Exists, text)))
}

/// Writes the version that a run is of, where it is of one, and the run.
async fn begin(
    work: &mut TenantWork,
    new: &NewFixRun,
    settings: TrackingSettings,
) -> Result<FixRun, Refusal> {
    if new.version_applied.is_some() {
        let settings = TrackingSettings { policy: new.applied, ..settings };
        if !work.write_tracking(new.dataset_id, new.version_before, settings).await? {
            return Err(Refusal::conflict(Fault::new(
                FaultCode::ChangedMeanwhile,
                "the tracking configuration was changed meanwhile; look again and apply then",
            )));
        }
    }
    let id = work.create_fix_run(new).await?;
    let changes = json!({
        "issue": new.issue, "dataset": new.dataset_id, "version": new.version_applied,
        "changes": changes_of((new.before, new.applied)),
    });
    work.audit(&AuditEntry::done(AuditAction::FixApplied, FixRun::KIND, id, changes)).await?;
    work.fix_run(id).await?.ok_or_else(Refusal::internal)
}

/// Refused where the repair is in force already.
fn is_new(repaired: Option<TrackingPolicy>, before: TrackingPolicy) -> Result<(), Refusal> {
    if repaired == Some(before) {
        let text = "the repair is in force already";
        return Err(Refusal::conflict(Fault::new(FaultCode::NoChange, text)));
    }
    Ok(())
}

/// The figures that a change would have brought to the events of the last days.
async fn expected(
    app: &App,
    caller: &Authenticated,
    dataset: &TrackedDataset,
    issue: IssueCode,
    change: (TrackingPolicy, TrackingPolicy),
) -> Result<Option<Preview>, Refusal> {
    let Some(platform) = dataset.platform else { return Ok(None) };
    let now = app.clock.now();
    let query = MatchQualityQuery {
        from: UnixMillis(now.0 - PREVIEW_DAYS * DAY_MS).hour(),
        until: now,
        platform: Some(platform),
        dataset_id: Some(dataset.external_id.clone()),
        event_name: None,
    };
    let counts = app.warehouse.mark_counts(caller.scope, &query, false).await?;
    Ok(preview(platform, issue, change, &counts))
}

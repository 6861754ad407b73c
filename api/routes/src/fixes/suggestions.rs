//! `GET /qa/fixes/suggestions`

use axum::extract::State;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use stratum_http::answer::{Answer, Answered, Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::fields::{Fields, Params};
use stratum_models::delivery::{DeliveryLedger as _, DeliveryMode};
use stratum_models::event::PURCHASE;
use stratum_models::fix::{IssueCode, NoFixReason, guide, why_guided};
use stratum_models::id::DestinationId;
use stratum_models::identifier::IdentifierKey;
use stratum_models::platform::Platform;
use stratum_models::rejection::RowKind;
use stratum_models::time::{DAY_MS, UnixMillis};
use stratum_models::tracking::TrackingPolicy;
use stratum_models::warehouse::{MarkCount, MatchQualityQuery};
use stratum_query::ask::fixes::{DatasetFigures, Issue, preview};
use stratum_state::tracking::TrackedDataset;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::super::App;
use super::super::destinations::delivery::sums;
use super::super::range::{Range, RangeFields};
use super::apply::FixPreview;
use super::dataset_of;
use super::roas::{PURCHASE_DAYS, RoasImpact, impact};

/// Destinations that are looked at: a tenant has at most as many as its limit.
const DESTINATIONS_MAX: i64 = 1_000;

/// Which events are looked at.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SuggestionParams {
    /// The platform.
    #[param(value_type = Platform)]
    platform: Option<String>,
    /// The platform's pixel or dataset id; may be absent where the platform has one dataset.
    dataset_id: Option<String>,
    /// First day of event times, in the tenant's zone, included; 30 days before `to` where absent.
    #[param(value_type = Option<NaiveDate>)]
    from: Option<String>,
    /// The last day, included; today if absent.
    #[param(value_type = Option<NaiveDate>)]
    to: Option<String>,
    /// The event's name.
    event_name: Option<String>,
}

impl SuggestionParams {
    /// The platform, the dataset and the event's name where they are given, the days.
    fn read(
        self,
        app: &App,
        caller: &Authenticated,
    ) -> Result<(Platform, Option<String>, Option<String>, Range), Refusal> {
        let mut fields = Fields::default();
        let platform: Option<Platform> = fields.optional("platform", self.platform.as_deref());
        if self.platform.is_none() {
            fields.fault("platform", "must be given");
        }
        let dataset_id = fields.text("dataset_id", self.dataset_id, 128);
        let event_name = fields.text("event_name", self.event_name, 256);
        let range =
            RangeFields { from: ("from", self.from.as_deref()), to: ("to", self.to.as_deref()) };
        let range = range.read(app, caller.scope, fields)?;
        Ok((platform.ok_or_else(Refusal::internal)?, dataset_id, event_name, range))
    }
}

/// Issues of a dataset's events, and their fixes.
#[derive(Debug, Serialize, ToSchema)]
pub struct FixSuggestions {
    /// The tenant's number.
    tenant_id: u64,
    /// The platform.
    platform: Platform,
    /// The platform's pixel or dataset id.
    dataset_id: String,
    /// First day, included.
    from: NaiveDate,
    /// Last day, included.
    to: NaiveDate,
    /// The event's name; null for all.
    event_name: Option<String>,
    /// Figures that issues are found by.
    metrics: FixMetrics,
    /// The issues.
    items: Vec<FixSuggestion>,
}

/// Figures of a dataset's events.
#[derive(Debug, Serialize, ToSchema)]
pub struct FixMetrics {
    /// Events that landed, by the days they happened on.
    events: u64,
    /// Events of a distinct event id; null, for what has no event id is counted with the others.
    unique_event_ids: Option<u64>,
    /// Events of all names that came before and were dropped, by the days they came on.
    duplicate_rows: u64,
    /// Their share of what came; null where nothing did.
    duplicate_rate: Option<f64>,
    /// The score, 0 to 10; null without events.
    avg_score: Option<f64>,
    /// The share of events handed on that the platform took; null where none was handed on.
    success_rate: Option<f64>,
    /// The share of events with a usable identifier, 0 to 1.
    coverage: FixCoverage,
}

/// Shares of events with a usable identifier, 0 to 1; null without events.
#[derive(Debug, Serialize, ToSchema)]
pub struct FixCoverage {
    /// E-mail address.
    em: Option<f64>,
    /// Phone number.
    ph: Option<f64>,
    /// The advertiser's own id.
    external_id: Option<f64>,
    /// The platform's cookie, whatever the platform calls it.
    fbp: Option<f64>,
    /// The click id, whatever the platform calls it.
    fbc: Option<f64>,
    /// IP address.
    ip: Option<f64>,
    /// User agent.
    ua: Option<f64>,
}

/// An issue and its fix.
#[derive(Debug, Serialize, ToSchema)]
pub struct FixSuggestion {
    /// The issue.
    issue_code: IssueCode,
    /// Whether one press fixes it, or some of it.
    one_click: bool,
    /// The reason why it does not; null where it does.
    reason: Option<NoFixReason>,
    /// The work of the fix.
    action: &'static str,
    /// The issue in words.
    description: &'static str,
    /// The cost of the issue.
    impact: &'static str,
    /// The work that is left for people.
    guided_steps: Vec<&'static str>,
    /// The figure that the issue was found by.
    current_value: f64,
    /// Where the issue begins.
    threshold: f64,
    /// Whether it can be applied: as a fix, or as a guide whose figure is then watched.
    can_be_applied: bool,
    /// The figures that the fix would have brought to these events; null where no repair does.
    preview: Option<FixPreview>,
    /// The gain in conversions that the platform reports.
    roas_impact: RoasImpact,
    /// The run of this issue that goes on; null where none does.
    run_id: Option<Uuid>,
}

/// Returns what is wrong with a dataset's events, and what would mend it.
///
/// A preview is counted, not estimated: every event notes the identifiers that a repair which was not in force would
/// have made usable. Events of before that was noted are left out of it.
#[utoipa::path(
    get, path = "/api/v1/qa/fixes/suggestions", tag = "match quality", params(SuggestionParams), security(("bearer" = [])),
    responses(
        (status = 200, body = Answer<FixSuggestions>),
        (status = 422, body = RefusalBody, description = "the platform has no such dataset, or several and none is named"),
    ),
)]
pub async fn fix_suggestions(
    State(app): State<App>,
    caller: Authenticated,
    Params(params): Params<SuggestionParams>,
) -> Answered<FixSuggestions> {
    let (platform, dataset_id, event_name, range) = params.read(&app, &caller)?;
    let dataset = dataset_of(&app, &caller, platform, dataset_id.as_deref()).await?;
    let (from, until) = range.hours();
    let query = MatchQualityQuery {
        from,
        until,
        platform: Some(platform),
        dataset_id: Some(dataset.external_id.clone()),
        event_name: event_name.clone(),
    };
    let (scope, warehouse) = (caller.scope, &app.warehouse);
    let counts = warehouse.mark_counts(scope, &query, false).await?;
    let arrivals = warehouse.ingest_counts(scope, from, until).await?;
    let arrived = arrivals.iter().find(|one| {
        one.kind == RowKind::Event
            && one.platform == Some(platform)
            && one.dataset_id == dataset.external_id
    });
    let (landed, duplicates) = arrived.map_or((0, 0), |one| (one.landed, one.duplicate));
    let came = landed + duplicates;
    let handed_on = handed_on(&app, &caller, &dataset, (from, until)).await?;
    let figures = DatasetFigures {
        platform,
        policy: dataset.tracking.settings.policy,
        counts,
        duplicate_rate: (came > 0).then(|| duplicates as f64 / came as f64),
        success_rate: handed_on.success_rate,
    };
    let purchases = match handed_on.is_live {
        true => Some(purchases(&app, &caller, &query).await?),
        false => None,
    };
    let mut items = Vec::new();
    for issue in figures.issues() {
        let run = caller.work(&app).await?.find_fix_run(dataset.id, issue.code, None).await?;
        let impact = |to| impact(&figures, to, purchases.as_deref());
        items.push(suggestion(&figures, issue, run.map(|run| run.id), impact));
    }
    Ok(Answer::of(FixSuggestions {
        tenant_id: scope.tenant_id().0,
        platform,
        dataset_id: dataset.external_id,
        from: range.days.from.0,
        to: range.days.to.0,
        event_name,
        metrics: FixMetrics::of(&figures, duplicates),
        items,
    }))
}

impl FixMetrics {
    fn of(figures: &DatasetFigures, duplicates: u64) -> FixMetrics {
        FixMetrics {
            events: figures.events(),
            unique_event_ids: None,
            duplicate_rows: duplicates,
            duplicate_rate: figures.duplicate_rate,
            avg_score: figures.score(),
            success_rate: figures.success_rate,
            coverage: FixCoverage::of(figures),
        }
    }
}

impl FixCoverage {
    fn of(figures: &DatasetFigures) -> FixCoverage {
        FixCoverage {
            em: figures.coverage(IdentifierKey::Email),
            ph: figures.coverage(IdentifierKey::Phone),
            external_id: figures.coverage(IdentifierKey::ExternalId),
            fbp: figures.coverage(IdentifierKey::BrowserId),
            fbc: figures.coverage(IdentifierKey::ClickId),
            ip: figures.coverage(IdentifierKey::ClientIp),
            ua: figures.coverage(IdentifierKey::UserAgent),
        }
    }
}

fn suggestion(
    figures: &DatasetFigures,
    Issue { code, current }: Issue,
    run_id: Option<Uuid>,
    impact: impl Fn(TrackingPolicy) -> RoasImpact,
) -> FixSuggestion {
    let to = code.repaired(figures.policy).filter(|to| *to != figures.policy);
    let preview =
        to.and_then(|to| preview(figures.platform, code, (figures.policy, to), &figures.counts));
    // A repair that would change no event is not offered, unless the settings are the issue.
    let has_effect = preview.is_some_and(|preview| preview.after > preview.before);
    let one_click = to.is_some() && (has_effect || code == IssueCode::ConfigMismatch);
    let reason = match one_click {
        true => None,
        false => why_guided(code).or(Some(if to.is_none() {
            NoFixReason::InForce
        } else {
            NoFixReason::NothingToRepair
        })),
    };
    let texts = guide(code);
    FixSuggestion {
        issue_code: code,
        one_click,
        reason,
        action: texts.action,
        description: texts.description,
        impact: texts.impact,
        guided_steps: texts.steps.to_vec(),
        current_value: current,
        threshold: code.threshold(),
        can_be_applied: one_click
            || (code.repaired(figures.policy).is_none() && code.figure().is_some()),
        preview: preview.map(FixPreview::from),
        roas_impact: match to.filter(|_| one_click) {
            Some(to) => impact(to),
            None => RoasImpact::none("No repair of ours changes these events."),
        },
        run_id,
    }
}

async fn purchases(
    app: &App,
    caller: &Authenticated,
    query: &MatchQualityQuery,
) -> Result<Vec<MarkCount>, Refusal> {
    let now = app.clock.now();
    let query = MatchQualityQuery {
        from: UnixMillis(now.0 - PURCHASE_DAYS * DAY_MS).hour(),
        until: now,
        event_name: Some(PURCHASE.to_owned()),
        ..query.clone()
    };
    Ok(app.warehouse.mark_counts(caller.scope, &query, false).await?)
}

/// The outcome of handing on a dataset's events.
struct HandedOn {
    is_live: bool,
    success_rate: Option<f64>,
}

async fn handed_on(
    app: &App,
    caller: &Authenticated,
    dataset: &TrackedDataset,
    hours: (UnixMillis, UnixMillis),
) -> Result<HandedOn, Refusal> {
    let mut destinations = caller.work(app).await?.destinations(DESTINATIONS_MAX, 0).await?;
    destinations.retain(|one| one.dataset_id == dataset.id);
    let (mut attempted, mut delivered) = (0, 0);
    for destination in &destinations {
        let id = DestinationId(destination.id);
        let of = sums(app.auth.state.counts(caller.scope, id, hours).await?.iter());
        (attempted, delivered) = (attempted + of.0, delivered + of.1);
    }
    Ok(HandedOn {
        is_live: destinations.iter().any(|one| one.content.mode == DeliveryMode::Live),
        success_rate: (attempted > 0).then(|| delivered as f64 / attempted as f64),
    })
}

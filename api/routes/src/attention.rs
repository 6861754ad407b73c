//! `/attention`: what needs a person, worst first, and what somebody has put aside for a while.

use std::collections::HashMap;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use chrono::{DateTime, Days, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use stratum_http::answer::{Answer, Answered, Fault, Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::body::Body;
use stratum_http::fields::{Fields, Params};
use stratum_http::rights::Permission;
use stratum_http::rules::Rules;
use stratum_models::delivery::LaneState;
use stratum_models::emq::{EmqBand, EmqScore};
use stratum_models::money::Currency;
use stratum_models::time::{Day, HOUR_MS, UnixMillis};
use stratum_query::ask::attention::{Concern, Lookout};
use stratum_state::audit::{AuditAction, AuditEntry};
use stratum_state::connector::{Connector, ConnectorStatus};
use stratum_state::destination::StoredDestination;
use stratum_state::dismissal::Dismissal;
use stratum_state::export_job::{ExportJob, JobState};
use stratum_state::rule::FiringRule;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::App;
use super::anomalies::{WatchedDay, newest_unusual};
use super::figures::tenant_figures;
use stratum_http::day::midnight;

use super::range::{Range, RangeFields};

/// Longest time that a concern is put aside.
const DISMISSED_DAYS_MAX: u32 = 90;
/// The time it is put aside where nothing is said.
const DISMISSED_DAYS: u32 = 7;
/// Exports that are looked at, the newest.
const EXPORTS_MAX: i64 = 20;
/// The first words that names of concerns may have.
const KINDS: [&str; 9] = [
    "rate",
    "unreported",
    "refused",
    "quality",
    "connector",
    "export",
    "rule",
    "unusual",
    "delivery",
];
/// Days up to the last one of which unusual ones are told.
const UNUSUAL_DAYS: u64 = 7;

/// The routes of this file.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_concerns))
        .routes(routes!(dismiss_concern))
        .routes(routes!(restore_concern))
}

/// Which days of data.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AttentionParams {
    /// The first day, included; 30 days before the last day if absent.
    #[param(value_type = Option<NaiveDate>)]
    date_from: Option<String>,
    /// The last day, included; today if absent.
    #[param(value_type = Option<NaiveDate>)]
    date_to: Option<String>,
}

/// The severity of a concern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Figures are missing or wrong.
    Bad,
    /// They may be before long.
    Warn,
}

/// The subject of a concern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConcernKind {
    /// Amounts in a currency cannot be converted: `values` has `currency` and `days`.
    MissingRate,
    /// A platform has not reported days: `platform` and `days`.
    Unreported,
    /// Rows were refused: `dataset_id` and `rows`.
    Refused,
    /// Events of a platform are matched badly: `platform`, `score` and `band`.
    Quality,
    /// A connector does not bring everything: `name` and `status`.
    Connector,
    /// An export failed: `error`.
    Export,
    /// A rule fires of campaigns: `id`, `name` and `campaigns`.
    Rule,
    /// A metric of a platform's day was outside the expected range: what `/anomalies` says of the day.
    Unusual,
    /// A destination's platform takes nothing: `id`, `name`, `platform` and `state`.
    Delivery,
}

/// Something that needs a person.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConcernItem {
    /// The concern's name: the same as long as it is the same thing.
    concern: String,
    /// The subject of the concern.
    kind: ConcernKind,
    /// The severity of the concern.
    severity: Severity,
    /// Since when, where that is known.
    since: Option<DateTime<Utc>>,
    /// The values that tell it apart from others of its kind.
    #[schema(value_type = Object)]
    values: Value,
    /// Who put it aside, and why; null where nobody did.
    dismissed: Option<DismissalItem>,
}

/// That a concern was put aside.
#[derive(Debug, Serialize, ToSchema)]
pub struct DismissalItem {
    /// Why.
    reason: String,
    /// When.
    at: DateTime<Utc>,
    /// When it shows again.
    until: DateTime<Utc>,
}

impl From<Dismissal> for DismissalItem {
    fn from(one: Dismissal) -> DismissalItem {
        DismissalItem { reason: one.reason, at: one.dismissed_at, until: one.until }
    }
}

/// Concerns that need a person, worst first.
///
/// From the data of these days, unusual figures from the last seven of them, and for who may see connectors,
/// destinations, exports or rules from those. What was put aside comes last; it shows again once its time is over,
/// or when it begins anew.
#[utoipa::path(
    get, path = "/api/v1/attention", tag = "attention", params(AttentionParams), security(("bearer" = [])),
    responses((status = 200, body = Answer<Vec<ConcernItem>>)),
)]
pub async fn list_concerns(
    State(app): State<App>,
    caller: Authenticated,
    Params(params): Params<AttentionParams>,
) -> Answered<Vec<ConcernItem>> {
    let range = RangeFields {
        from: ("date_from", params.date_from.as_deref()),
        to: ("date_to", params.date_to.as_deref()),
    };
    let range = range.read(&app, caller.scope, Fields::default())?;
    let (from, until) = range.hours();
    let today = app.clock.now().day_in(range.zone);
    // What came in since is of interest whatever days are looked at.
    let until = until.max(UnixMillis(app.clock.now().0 + HOUR_MS));
    let lookout = Lookout { days: range.days, from, until, today };
    let mut work = caller.work(&app).await?;
    let connectors = match caller.permissions.contains(&Permission::IntegrationsRead) {
        true => work.connectors(i64::from(app.bounds.connectors_max), 0).await?,
        false => Vec::new(),
    };
    let destinations = match caller.permissions.contains(&Permission::IntegrationsRead) {
        true => work.destinations(i64::from(app.bounds.destinations_max), 0).await?,
        false => Vec::new(),
    };
    let exports = match caller.permissions.contains(&Permission::AnalyticsExport) {
        true => work.export_jobs(EXPORTS_MAX, 0).await?,
        false => Vec::new(),
    };
    let rules = match caller.permissions.contains(&Permission::RulesRead) {
        true => work.firing_rules().await?,
        false => Vec::new(),
    };
    let dismissals = work.dismissals().await?;
    drop(work);
    let figures = tenant_figures(&app, caller.scope);
    let unusual = newest_unusual(&app, caller.scope, range, UNUSUAL_DAYS);
    let (concerns, unusual) = tokio::join!(figures.concerns(lookout), unusual);
    let (concerns, unusual) = (concerns?, unusual?);
    let mut items: Vec<ConcernItem> =
        concerns.into_iter().map(|one| ConcernItem::of(one, &range)).collect();
    items.extend(unusual.iter().map(|day| ConcernItem::of_unusual(day, &range)));
    items.extend(connectors.iter().filter_map(ConcernItem::of_connector));
    items.extend(rules.into_iter().map(ConcernItem::of_rule));
    items.extend(destinations.iter().filter_map(ConcernItem::of_destination));
    items.extend(exports.iter().filter_map(|job| ConcernItem::of_export(job, from.to_utc())));
    let mut put_aside: HashMap<String, Dismissal> =
        dismissals.into_iter().map(|one| (one.concern.clone(), one)).collect();
    for item in &mut items {
        let begun_anew = |one: &Dismissal| item.since.is_some_and(|since| since > one.dismissed_at);
        let dismissal = put_aside.remove(&item.concern).filter(|one| !begun_anew(one));
        item.dismissed = dismissal.map(DismissalItem::from);
    }
    items.sort_by(|a, b| {
        let rank = |one: &ConcernItem| (one.dismissed.is_some(), one.severity);
        rank(a).cmp(&rank(b)).then_with(|| a.concern.cmp(&b.concern))
    });
    Ok(Answer::of(items))
}

impl ConcernItem {
    fn new(
        (kind, name): (ConcernKind, String),
        severity: Severity,
        since: Option<DateTime<Utc>>,
        values: Value,
    ) -> ConcernItem {
        ConcernItem { concern: name, kind, severity, since, values, dismissed: None }
    }

    fn of(concern: Concern, range: &Range) -> ConcernItem {
        let begin = |day: Day| midnight(day.0, range.zone).to_utc();
        match concern {
            Concern::MissingRates { currency, days, count } => ConcernItem::new(
                (ConcernKind::MissingRate, format!("rate:{currency}")),
                Severity::Bad,
                days.map(|days| begin(days.from)),
                json!({"currency": currency, "days": count}),
            ),
            Concern::Unreported { platform, days } => ConcernItem::new(
                (ConcernKind::Unreported, format!("unreported:{}", platform.as_str())),
                Severity::Warn,
                Some(begin(days.from)),
                json!({"platform": platform, "date_from": days.from.0, "days": days.days()}),
            ),
            Concern::Refused { dataset_id, rows } => ConcernItem::new(
                (ConcernKind::Refused, format!("refused:{dataset_id}")),
                Severity::Warn,
                None,
                json!({"dataset_id": dataset_id, "rows": rows}),
            ),
            Concern::Quality { platform, score, band } => ConcernItem::new(
                (ConcernKind::Quality, format!("quality:{}", platform.as_str())),
                if band == EmqBand::Poor { Severity::Bad } else { Severity::Warn },
                None,
                json!({
                    "platform": platform, "band": band.as_str(),
                    "score": score.score.map(EmqScore::out_of_10),
                }),
            ),
        }
    }

    fn of_unusual(day: &WatchedDay, range: &Range) -> ConcernItem {
        let of = day.currency.as_ref().map_or("quality", Currency::as_str);
        ConcernItem::new(
            (ConcernKind::Unusual, format!("unusual:{}:{of}", day.platform.as_str())),
            Severity::Warn,
            Some(midnight(day.date, range.zone).to_utc()),
            json!(day),
        )
    }

    fn of_connector(connector: &Connector) -> Option<ConcernItem> {
        let severity = match connector.status {
            ConnectorStatus::Failing | ConnectorStatus::NeedsCredentials => Severity::Bad,
            ConnectorStatus::Partial => Severity::Warn,
            _ => return None,
        };
        Some(ConcernItem::new(
            (ConcernKind::Connector, format!("connector:{}", connector.id)),
            severity,
            connector.last_success_at,
            json!({
                "id": connector.id, "name": connector.content.name, "status": connector.status,
                "platform": connector.platform,
            }),
        ))
    }

    /// Of a rule that tells people of campaigns; it begins anew with each campaign that it begins to fire of.
    fn of_rule(rule: FiringRule) -> ConcernItem {
        ConcernItem::new(
            (ConcernKind::Rule, format!("rule:{}", rule.id)),
            Severity::Warn,
            rule.since,
            json!({"id": rule.id, "name": rule.name, "campaigns": rule.campaigns}),
        )
    }

    /// Of a destination whose platform takes nothing.
    fn of_destination(destination: &StoredDestination) -> Option<ConcernItem> {
        let state = destination.state.filter(|_| destination.content.mode.works())?;
        let severity = match state {
            LaneState::NeedsCredentials | LaneState::Misconfigured => Severity::Bad,
            LaneState::Failing => Severity::Warn,
            LaneState::Working | LaneState::Throttled => return None,
        };
        Some(ConcernItem::new(
            (ConcernKind::Delivery, format!("delivery:{}", destination.id)),
            severity,
            None,
            json!({
                "id": destination.id, "name": destination.content.name, "state": state,
                "platform": destination.platform,
            }),
        ))
    }

    /// Of an export that failed since.
    fn of_export(job: &ExportJob, since: DateTime<Utc>) -> Option<ConcernItem> {
        let failed = job.ended_at.filter(|at| job.state == JobState::Failed && *at >= since)?;
        Some(ConcernItem::new(
            (ConcernKind::Export, format!("export:{}", job.file.job)),
            Severity::Warn,
            Some(failed),
            json!({"id": job.file.job, "error": job.error}),
        ))
    }
}

/// The concern to put aside.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DismissalBody {
    /// The concern's name, as `/attention` tells it.
    concern: String,
    /// Why, in 1 to 500 characters on one line.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
    /// For how many days, 1 to 90; 7 where absent.
    #[schema(minimum = 1, maximum = 90)]
    days: Option<u32>,
}

/// Puts a concern aside for a while, for everybody of the tenant.
#[utoipa::path(
    post, path = "/api/v1/attention/dismissals", tag = "attention", security(("bearer" = [])),
    request_body = DismissalBody,
    responses(
        (status = 201, body = Answer<DismissalItem>),
        (status = 422, body = RefusalBody, description = "a rule is broken"),
    ),
)]
pub async fn dismiss_concern(
    State(app): State<App>,
    caller: Authenticated,
    Body(body): Body<DismissalBody>,
) -> Answered<DismissalItem> {
    let mut rules = Rules::default();
    rules.text("concern", &body.concern, 300);
    let kind = body.concern.split_once(':').map(|(kind, _)| kind);
    rules.hold("concern", kind.is_some_and(|kind| KINDS.contains(&kind)), "is no concern's name");
    let reason = rules.name("reason", &body.reason, 500);
    let days = body.days.unwrap_or(DISMISSED_DAYS);
    let holds = (1..=DISMISSED_DAYS_MAX).contains(&days);
    rules.hold(
        "days",
        holds,
        Fault::range(1, DISMISSED_DAYS_MAX, format!("must be from 1 to {DISMISSED_DAYS_MAX}")),
    );
    rules.finish()?;
    let at = app.clock.now().to_utc();
    let until = at.checked_add_days(Days::new(days.into())).ok_or_else(Refusal::internal)?;
    let mut work = caller.work(&app).await?;
    work.dismiss(&body.concern, &reason, until).await?;
    let changes = json!({"reason": reason, "until": until});
    let (action, of) = (AuditAction::ConcernDismissed, "concern");
    work.audit(&AuditEntry::done(action, of, &body.concern, changes)).await?;
    work.commit().await?;
    Ok(Answer::created(DismissalItem { reason, at, until }))
}

/// Shows a concern again that was put aside.
#[utoipa::path(
    delete, path = "/api/v1/attention/dismissals/{concern}", tag = "attention", security(("bearer" = [])),
    params(("concern" = String, Path, description = "the concern's name")),
    responses((status = 204, description = "it shows again")),
)]
pub async fn restore_concern(
    State(app): State<App>,
    caller: Authenticated,
    Path(concern): Path<String>,
) -> Result<StatusCode, Refusal> {
    let mut work = caller.work(&app).await?;
    if !work.restore(&concern).await? {
        return Err(Refusal::not_found("concern that was put aside"));
    }
    let (action, of) = (AuditAction::ConcernRestored, "concern");
    work.audit(&AuditEntry::done(action, of, &concern, json!({}))).await?;
    work.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

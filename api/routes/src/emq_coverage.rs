//! `GET /emq/coverage`

use std::collections::BTreeMap;

use axum::extract::State;
use chrono::NaiveDate;
use serde::Serialize;
use stratum_http::answer::{Answer, Answered};
use stratum_http::auth::Authenticated;
use stratum_http::fields::Params;
use stratum_models::emq::{EMQ_VERSION, Signal, Uplift};
use stratum_models::identifier::{IdentifierKey, InvalidReason};
use stratum_models::platform::Platform;
use stratum_query::ask::match_quality::{self as ask, coverage};
use utoipa::ToSchema;

use super::App;
use super::emq_score::EmqParams;

/// Which identifiers the events carry.
#[derive(Debug, Serialize, ToSchema)]
pub struct EmqCoverage {
    /// First day, included.
    from: NaiveDate,
    /// Last day, included.
    to: NaiveDate,
    /// The version of the formula behind `uplift`.
    formula_version: &'static str,
    /// One a platform.
    platforms: Vec<PlatformCoverage>,
    /// One a dataset and event name, most events first.
    events: Vec<EventCoverage>,
}

/// The identifiers of a platform's events.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlatformCoverage {
    /// The platform; null for events that are for no ad platform.
    platform: Option<Platform>,
    /// Events.
    events: u64,
    /// Every identifier that was sent, or that the platform could use.
    identifiers: Vec<IdentifierCoverage>,
    /// The gain that each signal would bring if every event carried it. They overlap: never add them.
    uplift: Vec<SignalUplift>,
}

/// One identifier.
#[derive(Debug, Serialize, ToSchema)]
pub struct IdentifierCoverage {
    /// The identifier.
    key: IdentifierKey,
    /// Events with a usable one.
    valid: u64,
    /// Events with an unusable one only.
    invalid: u64,
    /// Share of events with a usable one, 0 to 1.
    coverage: Option<f64>,
    /// Why the unusable ones are, most frequent first.
    reasons: Vec<ReasonCount>,
}

/// The number of times that an identifier was unusable for this reason.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReasonCount {
    /// The reason.
    reason: InvalidReason,
    /// Events.
    events: u64,
}

/// Extra matched events over those matched now, in percent; the range moves the signal's match
/// power by 30 % each way.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignalUplift {
    /// The signal.
    signal: &'static str,
    /// At 70 % of the power.
    low_percent: f64,
    /// At the table's power.
    percent: f64,
    /// At 130 % of the power.
    high_percent: f64,
}

/// The identifiers of an event name of a dataset.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventCoverage {
    /// The platform; null for events that are for no ad platform.
    platform: Option<Platform>,
    /// The platform's pixel or dataset id.
    dataset_id: String,
    /// The event's name.
    event_name: String,
    /// Events.
    events: u64,
    /// Share of events with a usable identifier, 0 to 1, by identifier; those never sent are absent.
    coverage: BTreeMap<&'static str, f64>,
}

/// Returns coverage and validity of identifiers, and what a better coverage would bring.
#[utoipa::path(
    get, path = "/api/v1/emq/coverage", tag = "match quality", params(EmqParams), security(("bearer" = [])),
    responses((status = 200, body = Answer<EmqCoverage>)),
)]
pub async fn emq_coverage(
    State(app): State<App>,
    caller: Authenticated,
    Params(params): Params<EmqParams>,
) -> Answered<EmqCoverage> {
    let (query, range) = params.read(&app, caller.scope)?;
    let coverage = coverage(&*app.warehouse, caller.scope, &query).await?;
    Ok(Answer::of(EmqCoverage {
        from: range.days.from.0,
        to: range.days.to.0,
        formula_version: EMQ_VERSION,
        platforms: coverage.platforms.into_iter().map(PlatformCoverage::from).collect(),
        events: coverage.events.into_iter().map(EventCoverage::from).collect(),
    }))
}

impl From<ask::PlatformCoverage> for PlatformCoverage {
    fn from(coverage: ask::PlatformCoverage) -> PlatformCoverage {
        let identifiers = coverage.identifiers.into_iter();
        PlatformCoverage {
            platform: coverage.platform,
            events: coverage.events,
            identifiers: identifiers.map(IdentifierCoverage::from).collect(),
            uplift: coverage.uplift.into_iter().map(SignalUplift::from).collect(),
        }
    }
}

impl From<ask::IdentifierCoverage> for IdentifierCoverage {
    fn from(coverage: ask::IdentifierCoverage) -> IdentifierCoverage {
        IdentifierCoverage {
            key: coverage.key,
            valid: coverage.valid,
            invalid: coverage.invalid,
            coverage: coverage.share,
            reasons: coverage.reasons.into_iter().map(ReasonCount::from).collect(),
        }
    }
}

impl From<(InvalidReason, u64)> for ReasonCount {
    fn from((reason, events): (InvalidReason, u64)) -> ReasonCount {
        ReasonCount { reason, events }
    }
}

impl From<(Signal, Uplift)> for SignalUplift {
    fn from((signal, uplift): (Signal, Uplift)) -> SignalUplift {
        SignalUplift {
            signal: signal.as_str(),
            low_percent: uplift.low_percent,
            percent: uplift.percent,
            high_percent: uplift.high_percent,
        }
    }
}

impl From<ask::EventCoverage> for EventCoverage {
    fn from(coverage: ask::EventCoverage) -> EventCoverage {
        let shares = coverage.shares.into_iter();
        EventCoverage {
            platform: coverage.event.platform,
            dataset_id: coverage.event.dataset_id,
            event_name: coverage.event.event_name,
            events: coverage.events,
            coverage: shares.map(|(key, share)| (key.as_str(), share)).collect(),
        }
    }
}

//! `GET /emq/coverage`

use std::collections::BTreeMap;

use axum::extract::State;
use chrono::NaiveDate;
use serde::Serialize;
use stratum_models::emq::{EMQ_VERSION, Signal, uplift};
use stratum_models::identifier::IdentifierKey;
use stratum_models::platform::Platform;
use stratum_models::warehouse::{InvalidCount, MaskCount};
use utoipa::ToSchema;

use super::App;
use super::emq_score::{EmqParams, Grouped, group};
use super::fields::Params;
use crate::answer::{Answer, Answered, RefusalBody};
use crate::auth::Authenticated;

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
    platform: Option<&'static str>,
    /// Events.
    events: u64,
    /// Every identifier that was sent, or that the platform could use.
    identifiers: Vec<IdentifierCoverage>,
    /// What each signal would add if every event carried it. They overlap: never add them.
    uplift: Vec<SignalUplift>,
}

/// One identifier.
#[derive(Debug, Serialize, ToSchema)]
pub struct IdentifierCoverage {
    /// The identifier (`em`, `ph`, `client_ip_address` …).
    key: &'static str,
    /// Events with a usable one.
    valid: u64,
    /// Events with an unusable one only.
    invalid: u64,
    /// Share of events with a usable one, 0 to 1.
    coverage: Option<f64>,
    /// Why the unusable ones are, most frequent first.
    reasons: Vec<ReasonCount>,
}

/// How often an identifier was unusable for this reason.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReasonCount {
    /// A stable code (`junk_hash`, `no_country_code` …).
    reason: &'static str,
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
    platform: Option<&'static str>,
    /// The platform's pixel or dataset id.
    dataset_id: String,
    /// The event's name.
    event_name: String,
    /// Events.
    events: u64,
    /// Share of events with a usable identifier, 0 to 1, by identifier; those never sent are absent.
    coverage: BTreeMap<&'static str, f64>,
}

/// Coverage and validity of identifiers, and what more of them would bring.
#[utoipa::path(
    get, path = "/api/v1/emq/coverage", tag = "match quality", params(EmqParams), security(("bearer" = [])),
    responses(
        (status = 200, body = Answer<EmqCoverage>),
        (status = 400, body = RefusalBody, description = "a parameter cannot be read"),
        (status = 401, body = RefusalBody, description = "no valid access token"),
        (status = 422, body = RefusalBody, description = "the range ends before it begins, or is too long"),
        (status = 503, body = RefusalBody, description = "the warehouse does not answer"),
    ),
)]
pub async fn emq_coverage(
    State(app): State<App>,
    caller: Authenticated,
    Params(params): Params<EmqParams>,
) -> Answered<EmqCoverage> {
    let (query, range) = params.read(&app, caller.scope)?;
    let (counts, invalid) = tokio::try_join!(
        app.warehouse.mask_counts(caller.scope, &query),
        app.warehouse.invalid_counts(caller.scope, &query)
    )?;
    let Grouped { platforms, events } = group(&counts);
    let platforms = platforms.into_iter().map(|(platform, counts)| {
        let invalid = invalid.iter().filter(|one| one.platform == platform);
        of_platform(platform, &counts, &invalid.collect::<Vec<_>>())
    });
    let platforms = platforms.collect();
    let mut events: Vec<EventCoverage> = events
        .into_iter()
        .map(|((platform, dataset_id, event_name), counts)| EventCoverage {
            platform: platform.map(Platform::as_str),
            dataset_id: dataset_id.to_owned(),
            event_name: event_name.to_owned(),
            events: total(&counts),
            coverage: shares(&counts),
        })
        .collect();
    events.sort_by_key(|event| std::cmp::Reverse(event.events));
    Ok(Answer::of(EmqCoverage {
        from: range.days.from.0,
        to: range.days.to.0,
        formula_version: EMQ_VERSION,
        platforms,
        events,
    }))
}

fn total(counts: &[&MaskCount]) -> u64 {
    counts.iter().map(|one| one.events).sum()
}

fn with_valid(counts: &[&MaskCount], key: IdentifierKey) -> u64 {
    counts.iter().filter(|one| one.valid.has(key)).map(|one| one.events).sum()
}

/// Events whose only identifiers of this kind are unusable.
fn with_invalid(counts: &[&MaskCount], key: IdentifierKey) -> u64 {
    let only_invalid = |one: &&&MaskCount| one.invalid.has(key) && !one.valid.has(key);
    counts.iter().filter(only_invalid).map(|one| one.events).sum()
}

fn shares(counts: &[&MaskCount]) -> BTreeMap<&'static str, f64> {
    let events = total(counts);
    let keys = IdentifierKey::ALL.iter().filter_map(|key| {
        let (valid, invalid) = (with_valid(counts, *key), with_invalid(counts, *key));
        (events > 0 && valid + invalid > 0).then(|| (key.as_str(), valid as f64 / events as f64))
    });
    keys.collect()
}

fn of_platform(
    platform: Option<Platform>,
    counts: &[&MaskCount],
    invalid_counts: &[&InvalidCount],
) -> PlatformCoverage {
    let events = total(counts);
    let identifiers = IdentifierKey::ALL.iter().map(|key| {
        let valid = with_valid(counts, *key);
        let mut reasons: Vec<ReasonCount> = invalid_counts
            .iter()
            .filter(|one| one.key == *key)
            .map(|one| ReasonCount { reason: one.reason.as_str(), events: one.events })
            .collect();
        reasons.sort_by_key(|one| std::cmp::Reverse(one.events));
        IdentifierCoverage {
            key: key.as_str(),
            valid,
            invalid: with_invalid(counts, *key),
            coverage: (events > 0).then(|| valid as f64 / events as f64),
            reasons,
        }
    });
    let masks = || counts.iter().map(|one| (one.valid, one.events));
    let uplift = Signal::ALL.iter().filter_map(|signal| {
        let uplift = uplift(platform?, *signal, masks())?;
        Some(SignalUplift {
            signal: signal.as_str(),
            low_percent: uplift.low_percent,
            percent: uplift.percent,
            high_percent: uplift.high_percent,
        })
    });
    let (identifiers, uplift) = (identifiers.collect(), uplift.collect());
    let platform = platform.map(Platform::as_str);
    PlatformCoverage { platform, events, identifiers, uplift }
}

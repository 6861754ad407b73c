//! `GET /emq/diagnostics`

use axum::extract::State;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use stratum_http::answer::{Answer, Answered};
use stratum_http::auth::Authenticated;
use stratum_http::fields::Params;
use stratum_models::emq::EMQ_VERSION;
use stratum_models::platform::Platform;
use stratum_models::rejection::RowKind;
use stratum_models::warehouse::IngestCount;
use stratum_query::ask::match_quality::{coverage, scores};
use utoipa::ToSchema;

use super::App;
use super::emq_coverage::PlatformCoverage;
use super::emq_score::{EmqParams, PlatformScore};

/// All that tells how well the events of a range can be matched.
#[derive(Debug, Serialize, ToSchema)]
pub struct EmqDiagnostics {
    /// First day, included.
    from: NaiveDate,
    /// Last day, included.
    to: NaiveDate,
    /// The version of the formula.
    formula_version: &'static str,
    /// Each platform with events in the range.
    platforms: Vec<PlatformDiagnostics>,
}

/// A platform's events.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlatformDiagnostics {
    /// Their score.
    score: PlatformScore,
    /// Their identifiers, what is unusable and why, and what more of them would bring.
    coverage: PlatformCoverage,
    /// The events that came in on these days and their fates, of the platform's datasets or of the one that is
    /// asked for. An event's name is not told there.
    arrivals: Arrivals,
}

/// The events that came in for a platform's datasets.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Arrivals {
    /// Events.
    received: u64,
    /// Events seen before.
    duplicate: u64,
    /// The share of events seen before, 0 to 1; null where none came in.
    duplicate_rate: Option<f64>,
    /// Events refused.
    rejected: u64,
    /// When the newest was received; null where none came in.
    newest_received_at: Option<DateTime<Utc>>,
}

impl Arrivals {
    fn of<'a>(counts: impl Iterator<Item = &'a IngestCount>) -> Arrivals {
        let mut all = Arrivals::default();
        for one in counts {
            all.received += one.received;
            all.duplicate += one.duplicate;
            all.rejected += one.rejected;
            all.newest_received_at =
                all.newest_received_at.max(Some(one.newest_received_at.to_utc()));
        }
        let rate = all.duplicate as f64 / all.received as f64;
        Arrivals { duplicate_rate: (all.received > 0).then_some(rate), ..all }
    }
}

/// Score, identifiers, duplicates and freshness together.
///
/// What `/emq/score`, `/emq/coverage` and `/analytics/ingest` tell of the same events.
#[utoipa::path(
    get, path = "/api/v1/emq/diagnostics", tag = "match quality", params(EmqParams), security(("bearer" = [])),
    responses((status = 200, body = Answer<EmqDiagnostics>)),
)]
pub async fn emq_diagnostics(
    State(app): State<App>,
    caller: Authenticated,
    Params(params): Params<EmqParams>,
) -> Answered<EmqDiagnostics> {
    let (query, range) = params.read(&app, caller.scope)?;
    let (scores, coverage, counts) = tokio::try_join!(
        scores(&*app.warehouse, caller.scope, &query),
        coverage(&*app.warehouse, caller.scope, &query),
        app.warehouse.ingest_counts(caller.scope, query.from, query.until),
    )?;
    let of = |platform: Option<Platform>| {
        Arrivals::of(counts.iter().filter(|one| {
            one.kind == RowKind::Event
                && one.platform == platform
                && query.dataset_id.as_ref().is_none_or(|wanted| one.dataset_id == *wanted)
        }))
    };
    // Both are of the same groups in the same order.
    let platforms = scores.platforms.into_iter().zip(coverage.platforms);
    let platforms = platforms.map(|(score, coverage)| PlatformDiagnostics {
        arrivals: of(score.0),
        score: score.into(),
        coverage: coverage.into(),
    });
    Ok(Answer::of(EmqDiagnostics {
        from: range.days.from.0,
        to: range.days.to.0,
        formula_version: EMQ_VERSION,
        platforms: platforms.collect(),
    }))
}

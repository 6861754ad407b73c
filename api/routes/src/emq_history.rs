//! `GET /emq/history`

use axum::extract::State;
use chrono::NaiveDate;
use serde::Serialize;
use stratum_http::answer::{Answer, Answered};
use stratum_http::auth::Authenticated;
use stratum_http::fields::Params;
use stratum_models::emq::EMQ_VERSION;
use stratum_models::platform::Platform;
use stratum_query::ask::match_quality::{ScoreHistory, history};
use utoipa::ToSchema;

use super::App;
use super::emq_score::{EmqParams, Score};

/// Match quality day by day.
#[derive(Debug, Serialize, ToSchema)]
pub struct EmqHistory {
    /// First day, included.
    from: NaiveDate,
    /// Last day, included.
    to: NaiveDate,
    /// The version of the formula.
    formula_version: &'static str,
    /// Each platform with events in the range.
    platforms: Vec<PlatformHistory>,
}

/// A platform's match quality day by day.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlatformHistory {
    /// The platform; null for events that are for no ad platform.
    platform: Option<Platform>,
    /// Every day of the range, oldest first; without events a day has no score.
    days: Vec<DayScore>,
}

/// The score of a day.
#[derive(Debug, Serialize, ToSchema)]
pub struct DayScore {
    /// The day, in the tenant's zone.
    date: NaiveDate,
    /// The score of its events, with its interval.
    #[serde(flatten)]
    score: Score,
}

/// Match-quality scores day by day.
///
/// Of the same events as `/emq/score`, by the days they happened on.
#[utoipa::path(
    get, path = "/api/v1/emq/history", tag = "match quality", params(EmqParams), security(("bearer" = [])),
    responses((status = 200, body = Answer<EmqHistory>)),
)]
pub async fn emq_history(
    State(app): State<App>,
    caller: Authenticated,
    Params(params): Params<EmqParams>,
) -> Answered<EmqHistory> {
    let (query, range) = params.read(&app, caller.scope)?;
    let found = history(&*app.warehouse, caller.scope, &query, range.days, range.zone).await?;
    Ok(Answer::of(EmqHistory {
        from: range.days.from.0,
        to: range.days.to.0,
        formula_version: EMQ_VERSION,
        platforms: found.into_iter().map(PlatformHistory::from).collect(),
    }))
}

impl From<ScoreHistory> for PlatformHistory {
    fn from(history: ScoreHistory) -> PlatformHistory {
        let days = history.days.into_iter();
        let days = days.map(|(day, score)| DayScore { date: day.0, score: score.into() });
        PlatformHistory { platform: history.platform, days: days.collect() }
    }
}

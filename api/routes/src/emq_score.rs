//! `GET /emq/score`

use axum::extract::State;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use stratum_http::answer::{Answer, Answered, Refusal};
use stratum_http::auth::Authenticated;
use stratum_http::fields::{Fields, Params};
use stratum_models::emq::{EMQ_VERSION, EmqBand, EmqScore, WeightTable};
use stratum_models::platform::Platform;
use stratum_models::scope::TenantScope;
use stratum_models::warehouse::MatchQualityQuery;
use stratum_query::ask::match_quality::{DatasetEvent, MatchScore, scores};
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::range::{Range, RangeFields};

/// Which events.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EmqParams {
    /// First day of event times, in the tenant's zone, included; 30 days before `to` where absent.
    #[param(value_type = Option<NaiveDate>)]
    from: Option<String>,
    /// The last day, included; today if absent.
    #[param(value_type = Option<NaiveDate>)]
    to: Option<String>,
    /// The platform; all platforms if absent.
    #[param(value_type = Option<Platform>)]
    platform: Option<String>,
    /// The platform's pixel or dataset id.
    dataset_id: Option<String>,
    /// The event's name.
    event_name: Option<String>,
}

impl EmqParams {
    /// The question these parameters ask.
    pub fn read(
        self,
        app: &App,
        scope: TenantScope,
    ) -> Result<(MatchQualityQuery, Range), Refusal> {
        let mut fields = Fields::default();
        let platform: Option<Platform> = fields.optional("platform", self.platform.as_deref());
        let dataset_id = fields.text("dataset_id", self.dataset_id, 128);
        let event_name = fields.text("event_name", self.event_name, 256);
        let range =
            RangeFields { from: ("from", self.from.as_deref()), to: ("to", self.to.as_deref()) };
        let range = range.read(app, scope, fields)?;
        let (from, until) = range.hours();
        Ok((MatchQualityQuery { from, until, platform, dataset_id, event_name }, range))
    }
}

/// Match quality of a range of days.
#[derive(Debug, Serialize, ToSchema)]
pub struct EmqScores {
    /// First day, included.
    from: NaiveDate,
    /// Last day, included.
    to: NaiveDate,
    /// The version of the formula: an estimate of ours, since the platforms publish none.
    formula_version: &'static str,
    /// One score a platform, over everything asked for.
    platforms: Vec<PlatformScore>,
    /// One score a dataset and event name, most events first.
    events: Vec<EventScore>,
}

/// A score.
#[derive(Debug, Serialize, ToSchema)]
pub struct Score {
    /// Events it is made of.
    events: u64,
    /// 0 to 10; null without events, and for those that are for no ad platform.
    score: Option<f64>,
    /// 0 to 100; null where `score` is.
    score_100: Option<f64>,
    /// `poor` below 4, `ok` below 6, `good` below 8, else `great`; null where `score` is.
    band: Option<EmqBand>,
    /// The interval that holds the score of all such events with 95 %, as far as these are a sample of them;
    /// null of fewer than two events.
    interval: Option<ScoreInterval>,
    /// Whether they are too few to say anything: fewer than 100.
    too_few: bool,
    /// The reason why there is no score; null if there is one.
    reason: Option<&'static str>,
}

/// Where a score may lie, 0 to 10.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScoreInterval {
    /// The lower end.
    low: f64,
    /// The upper end.
    high: f64,
}

impl From<(f64, f64)> for ScoreInterval {
    fn from((low, high): (f64, f64)) -> ScoreInterval {
        let shown = |score: f64| (score * 100.0).round() / 100.0;
        ScoreInterval { low: shown(low), high: shown(high) }
    }
}

impl From<MatchScore> for Score {
    fn from(one: MatchScore) -> Score {
        let too_few = one.is_of_few();
        let MatchScore { events, score, interval } = one;
        // Events have a score unless they are for no platform.
        let reason = if events > 0 { "no ad platform" } else { "no events" };
        Score {
            events,
            score: score.map(EmqScore::out_of_10),
            score_100: score.map(EmqScore::out_of_100),
            band: score.map(EmqScore::band),
            interval: interval.map(ScoreInterval::from),
            too_few,
            reason: score.is_none().then_some(reason),
        }
    }
}

/// The score of a platform.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlatformScore {
    /// The platform; null for events that are for no ad platform.
    platform: Option<Platform>,
    /// The version of its weight table; null without a platform.
    weights_version: Option<&'static str>,
    /// The score.
    #[serde(flatten)]
    score: Score,
}

/// The score of an event name of a dataset.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventScore {
    /// The platform; null for events that are for no ad platform.
    platform: Option<Platform>,
    /// The pixel or dataset id.
    dataset_id: String,
    /// The event's name.
    event_name: String,
    /// The score.
    #[serde(flatten)]
    score: Score,
}

/// Returns match-quality scores.
///
/// An estimate of how well the platforms can match the events to people, from the usable
/// identifiers of each event. Without events in the range `platforms` and `events` are empty.
#[utoipa::path(
    get, path = "/api/v1/emq/score", tag = "match quality", params(EmqParams), security(("bearer" = [])),
    responses((status = 200, body = Answer<EmqScores>)),
)]
pub async fn emq_score(
    State(app): State<App>,
    caller: Authenticated,
    Params(params): Params<EmqParams>,
) -> Answered<EmqScores> {
    let (query, range) = params.read(&app, caller.scope)?;
    let scores = scores(&*app.warehouse, caller.scope, &query).await?;
    Ok(Answer::of(EmqScores {
        from: range.days.from.0,
        to: range.days.to.0,
        formula_version: EMQ_VERSION,
        platforms: scores.platforms.into_iter().map(PlatformScore::from).collect(),
        events: scores.events.into_iter().map(EventScore::from).collect(),
    }))
}

impl From<(Option<Platform>, MatchScore)> for PlatformScore {
    fn from((platform, score): (Option<Platform>, MatchScore)) -> PlatformScore {
        PlatformScore {
            platform,
            weights_version: platform.map(|platform| WeightTable::of(platform).version),
            score: score.into(),
        }
    }
}

impl From<(DatasetEvent, MatchScore)> for EventScore {
    fn from((event, score): (DatasetEvent, MatchScore)) -> EventScore {
        EventScore {
            platform: event.platform,
            dataset_id: event.dataset_id,
            event_name: event.event_name,
            score: score.into(),
        }
    }
}

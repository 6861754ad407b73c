//! `GET /anomalies`

use std::collections::BTreeMap;

use axum::extract::State;
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use stratum_forecast::{DayBand, Measure, day_bands};
use stratum_http::answer::{Answer, Answered, Refusal};
use stratum_http::auth::Authenticated;
use stratum_http::fields::{Fields, Params};
use stratum_models::emq::EmqScore;
use stratum_models::identifier::IdentifierMask;
use stratum_models::metrics::{KpiGroup, KpiGrouping, KpiQuery};
use stratum_models::money::{Currency, MICROS};
use stratum_models::platform::{ActionSource, Platform};
use stratum_models::scope::TenantScope;
use stratum_models::time::{Day, DayRange};
use stratum_models::warehouse::{Freshness, MaskDay, MatchQualityQuery};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::App;
use super::predictions::shown;
use super::range::{Range, RangeFields};

/// The routes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(anomalies))
}

/// Days before the range that its bands are made of.
const HISTORY_DAYS: u64 = 126;
/// A score of fewer events says more of chance than of quality.
const EVENTS_MIN: u64 = 50;

/// Which days.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AnomalyParams {
    /// First day, included; 30 days before the last one where absent.
    #[param(value_type = Option<NaiveDate>)]
    date_from: Option<String>,
    /// Last day, included; today in the tenant's zone where absent.
    #[param(value_type = Option<NaiveDate>)]
    date_to: Option<String>,
    /// The platform; every one where absent.
    #[param(value_type = Option<Platform>)]
    platform: Option<String>,
    /// `true` to list the days inside their bands as well, to draw the bands.
    #[param(value_type = Option<bool>)]
    ordinary: Option<String>,
}

/// A metric that is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WatchedMetric {
    /// What was spent, as the platform reports it.
    Spend,
    /// The revenue that it reports.
    Revenue,
    /// Its revenue / spend.
    Roas,
    /// The score of match quality of the platform's events.
    MatchQuality,
}

/// Where a day lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BandSide {
    /// Above the band.
    Above,
    /// Inside.
    Within,
    /// Below it.
    Below,
}

/// Days whose figures were outside the expected range.
#[derive(Debug, Serialize, ToSchema)]
pub struct Anomalies {
    /// First day, included.
    date_from: NaiveDate,
    /// Last day, included.
    date_to: NaiveDate,
    /// How many days of all metrics could be judged: those with enough history before them, without today
    /// and without days that the platform has not reported yet.
    judged: usize,
    /// Those outside their bands, with `ordinary=true` the others as well; the newest first, and within a
    /// day the furthest outside first.
    days: Vec<WatchedDay>,
}

/// A metric of a day beside what was expected.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct WatchedDay {
    /// The day.
    pub(super) date: NaiveDate,
    /// The platform.
    pub(super) platform: Platform,
    /// The metric.
    metric: WatchedMetric,
    /// The currency of the amounts behind it; null for match quality.
    pub(super) currency: Option<Currency>,
    /// What it was.
    value: f64,
    /// What was expected from the days before.
    expected: f64,
    /// The band's lower end.
    lower: f64,
    /// The band's upper end.
    upper: f64,
    /// Where the value lies.
    side: BandSide,
    /// The distance from what was expected, in robust standard deviations of earlier errors; a day is outside
    /// beyond 4.
    deviations: f64,
    /// The platform may still restate the day: a low figure may be incomplete.
    may_still_move: bool,
}

/// Lists days whose figures were outside the expected range.
///
/// Spend, reported revenue and ROAS of each platform and currency, and each platform's match quality,
/// day by day. A day is expected at the level of the two weeks before it, corrected for its weekday. The
/// band is four robust standard deviations of such expectations' errors over the eight weeks before, in
/// each direction; of usual figures about one day in four hundred lies outside. Only earlier days are used
/// to judge a day, so the answer about it changes only when its figures are restated.
#[utoipa::path(
    get, path = "/api/v1/anomalies", tag = "analytics", params(AnomalyParams), security(("bearer" = [])),
    responses((status = 200, body = Answer<Anomalies>)),
)]
pub async fn anomalies(
    State(app): State<App>,
    caller: Authenticated,
    Params(params): Params<AnomalyParams>,
) -> Answered<Anomalies> {
    let mut fields = Fields::default();
    let platform: Option<Platform> = fields.optional("platform", params.platform.as_deref());
    let ordinary: Option<bool> = fields.optional("ordinary", params.ordinary.as_deref());
    let (from, to) = (params.date_from.as_deref(), params.date_to.as_deref());
    let range = RangeFields { from: ("date_from", from), to: ("date_to", to) };
    let range = range.read(&app, caller.scope, fields)?;
    let read = with_history(range);
    let read = read.ok_or_else(|| Refusal::unprocessable("date_from", "is too early"))?;
    let mut days = watched_days(&app, caller.scope, (range, read), platform).await?;
    let judged = days.len();
    days.retain(|day| ordinary == Some(true) || day.side != BandSide::Within);
    days.sort_by(|l, r| {
        let further = r.deviations.abs().total_cmp(&l.deviations.abs());
        r.date.cmp(&l.date).then(further)
    });
    let (date_from, date_to) = (range.days.from.0, range.days.to.0);
    Ok(Answer::of(Anomalies { date_from, date_to, judged, days }))
}

/// Every day of the range that can be judged, of every metric; read are the days of `read`, which begin
/// earlier.
async fn watched_days(
    app: &App,
    scope: TenantScope,
    (range, read): (Range, Range),
    platform: Option<Platform>,
) -> Result<Vec<WatchedDay>, Refusal> {
    let platforms = platform.into_iter().collect();
    let kpis = KpiQuery { platforms, ..KpiQuery::of(read.days) };
    let (from, until) = read.hours();
    let masks = MatchQualityQuery { from, until, platform, dataset_id: None, event_name: None };
    let (groups, masks, freshness) = tokio::try_join!(
        app.warehouse.kpi_groups(scope, &kpis, KpiGrouping::PlatformDay),
        app.warehouse.mask_days(scope, &masks, range.zone),
        app.warehouse.freshness(scope),
    )?;
    let calendar = Calendar::of(app.clock.now().day_in(range.zone), range.days, &freshness);
    let mut days = amounts(&groups, &calendar);
    days.extend(scores(&masks, &calendar));
    Ok(days)
}

/// Of each platform and currency, the newest unusual day in the last `days` of the range, by the metric that
/// is furthest outside its band.
pub(super) async fn newest_unusual(
    app: &App,
    scope: TenantScope,
    range: Range,
    days: u64,
) -> Result<Vec<WatchedDay>, Refusal> {
    let from = range.days.to.0.checked_sub_days(Days::new(days.saturating_sub(1)));
    let last = from.and_then(|from| DayRange::new(Day(from), range.days.to));
    let last = Range { days: last.unwrap_or(range.days), ..range };
    let Some(read) = with_history(last) else { return Ok(Vec::new()) };
    let watched = watched_days(app, scope, (last, read), None).await?;
    let mut newest = BTreeMap::<(Platform, Option<Currency>), WatchedDay>::new();
    for day in watched.into_iter().filter(|day| day.side != BandSide::Within) {
        let is_newer = |known: &WatchedDay| {
            (day.date, day.deviations.abs()) > (known.date, known.deviations.abs())
        };
        let key = (day.platform, day.currency);
        if newest.get(&key).is_none_or(is_newer) {
            newest.insert(key, day);
        }
    }
    Ok(newest.into_values().collect())
}

/// The range with the days before it; `None` where no calendar has them.
fn with_history(range: Range) -> Option<Range> {
    let from = range.days.from.0.checked_sub_days(Days::new(HISTORY_DAYS));
    let days = from.and_then(|from| DayRange::new(Day(from), range.days.to));
    days.map(|days| Range { days, ..range })
}

/// Which days can be judged.
struct Calendar {
    asked: DayRange,
    today: Day,
    /// The newest day that each platform has reported.
    reported: BTreeMap<Platform, Day>,
}

impl Calendar {
    fn of(today: Day, asked: DayRange, freshness: &[Freshness]) -> Calendar {
        let reported = freshness.iter().filter_map(|one| Some((one.platform?, one.reports_until?)));
        Calendar { asked, today, reported: reported.collect() }
    }

    /// The last whole day.
    fn yesterday(&self) -> Day {
        Day(self.today.0.pred_opt().unwrap_or(self.today.0))
    }

    /// The last whole day that a platform has reported.
    fn reported_until(&self, platform: Platform) -> Option<Day> {
        self.reported.get(&platform).map(|day| self.yesterday().min(*day))
    }

    fn may_still_move(&self, platform: Platform, day: Day) -> bool {
        let open = self.today.0.checked_sub_days(Days::new(platform.restated_days()));
        open.is_none_or(|open| day.0 >= open)
    }
}

/// A figure's days up to the last that can be judged.
struct MetricSeries {
    platform: Platform,
    currency: Option<Currency>,
    metric: WatchedMetric,
    first: Day,
    values: Vec<Option<f64>>,
}

impl MetricSeries {
    fn judge(&self, calendar: &Calendar) -> Vec<WatchedDay> {
        let measure = match self.metric {
            WatchedMetric::MatchQuality => Measure::Score,
            _ => Measure::Factor,
        };
        let asked = |band: &DayBand| (calendar.asked.from..=calendar.asked.to).contains(&band.day);
        let bands = day_bands(self.first, &self.values, measure).into_iter().filter(asked);
        bands.map(|band| self.day(&band, calendar)).collect()
    }

    fn day(&self, band: &DayBand, calendar: &Calendar) -> WatchedDay {
        let reports = self.metric != WatchedMetric::MatchQuality;
        WatchedDay {
            date: band.day.0,
            platform: self.platform,
            metric: self.metric,
            currency: self.currency,
            value: shown(band.value),
            expected: shown(band.expected),
            lower: shown(band.lower),
            upper: shown(band.upper),
            side: match band.is_anomaly() {
                false => BandSide::Within,
                true if band.deviations > 0.0 => BandSide::Above,
                true => BandSide::Below,
            },
            deviations: shown(band.deviations),
            may_still_move: reports && calendar.may_still_move(self.platform, band.day),
        }
    }
}

/// Every day from the first to the last; `None` where the map has none.
fn dense<T: Copy>(days: &BTreeMap<Day, T>, last: Day) -> Option<(Day, Vec<Option<T>>)> {
    let first = *days.keys().next()?;
    let all = (first.to_epoch_days()..=last.to_epoch_days()).filter_map(Day::from_epoch_days);
    Some((first, all.map(|day| days.get(&day).copied()).collect()))
}

/// Spend, revenue and ROAS of each platform and currency.
fn amounts(groups: &[KpiGroup], calendar: &Calendar) -> Vec<WatchedDay> {
    let mut series = BTreeMap::<(Platform, Currency), BTreeMap<Day, (f64, f64)>>::new();
    let units = |micros: i128| micros as f64 / MICROS as f64;
    for group in groups {
        let (spend, revenue) = (group.sums.spend_micros, group.sums.revenue_micros);
        let key = group.platform.zip(group.currency).zip(group.day);
        // What events show of a platform that reports nothing is no report of zeros.
        if let Some((key, day)) = key.filter(|_| group.sums.has_reported_amounts()) {
            series.entry(key).or_default().insert(day, (units(spend), units(revenue)));
        }
    }
    let judge =
        |((platform, currency), days): ((Platform, Currency), BTreeMap<Day, (f64, f64)>)| {
            let (first, days) = dense(&days, calendar.reported_until(platform)?)?;
            let watched = |metric, values| {
                MetricSeries { platform, currency: Some(currency), metric, first, values }
                    .judge(calendar)
            };
            // A day that was reported without these campaigns is a day of nothing.
            let of = |of: fn((f64, f64)) -> f64| {
                days.iter().map(|day| Some(day.map_or(0.0, of))).collect::<Vec<_>>()
            };
            let roas =
                days.iter().map(|day| day.filter(|day| day.0 > 0.0).map(|day| day.1 / day.0));
            let mut all = watched(WatchedMetric::Spend, of(|day| day.0));
            all.extend(watched(WatchedMetric::Revenue, of(|day| day.1)));
            all.extend(watched(WatchedMetric::Roas, roas.collect()));
            Some(all)
        };
    series.into_iter().filter_map(judge).flatten().collect()
}

/// Match quality of each platform.
fn scores(counts: &[MaskDay], calendar: &Calendar) -> Vec<WatchedDay> {
    type Masks = Vec<(ActionSource, IdentifierMask, u64)>;
    let mut series = BTreeMap::<Platform, BTreeMap<Day, Masks>>::new();
    for one in counts {
        if let Some(platform) = one.platform {
            let masks = series.entry(platform).or_default().entry(one.day).or_default();
            masks.push((one.action_source, one.valid, one.events));
        }
    }
    let judge = |(platform, days): (Platform, BTreeMap<Day, Masks>)| {
        let many = |masks: &Masks| masks.iter().map(|mask| mask.2).sum::<u64>() >= EVENTS_MIN;
        let score = |(day, masks): (Day, Masks)| {
            let score = many(&masks).then(|| EmqScore::of(platform, masks)).flatten()?;
            Some((day, score.out_of_10()))
        };
        let days: BTreeMap<Day, f64> = days.into_iter().filter_map(score).collect();
        let (first, values) = dense(&days, calendar.yesterday())?;
        let metric = WatchedMetric::MatchQuality;
        Some(MetricSeries { platform, currency: None, metric, first, values }.judge(calendar))
    };
    series.into_iter().filter_map(judge).flatten().collect()
}

#[cfg(test)]
mod tests;

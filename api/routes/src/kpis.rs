//! `GET /analytics/kpis`

use axum::extract::State;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use stratum_http::answer::{Answer, Answered, Refusal};
use stratum_http::auth::Authenticated;
use stratum_http::fields::{Fields, JoinedParams};
use stratum_models::metrics::KpiQuery;
use stratum_models::money::Currency;
use stratum_models::platform::Platform;
use stratum_models::scope::TenantScope;
use stratum_models::time::DayRange;
use stratum_models::warehouse::Freshness;
use stratum_query::ask::completeness::unreported;
use stratum_query::ask::sums::ConvertedFigures;
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::compare::{Changes, CompareParams};
use super::figures::{Money, PlatformFreshness, UnreportedDays, tenant_figures};
use super::range::{Range, RangeFields};

/// Which days of which campaigns.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct KpiParams {
    /// The first day, included; 30 days before the last day if absent.
    #[param(value_type = Option<NaiveDate>)]
    date_from: Option<String>,
    /// The last day, included; today in the tenant's time zone if absent.
    #[param(value_type = Option<NaiveDate>)]
    date_to: Option<String>,
    /// One or several platforms, parted by commas; every one where absent.
    #[param(value_type = Option<String>, example = "meta,google")]
    platform: Option<String>,
    /// One or several of the platforms' ad accounts, parted by commas. Events do not tell theirs: tracked
    /// figures are null then.
    account_id: Option<String>,
    /// The platform's campaign id.
    campaign_id: Option<String>,
    /// The currency of amounts. If absent: the only currency of the amounts, else the tenant's currency.
    #[param(value_type = Option<Currency>)]
    currency: Option<String>,
}

/// Characters of all ids of accounts.
const ACCOUNTS_CHARS_MAX: usize = 4_096;

/// The question that [`KpiParams`] ask.
pub struct KpiRequest {
    /// Which days of which campaigns.
    pub query: KpiQuery,
    /// The days in the tenant's zone.
    pub range: Range,
    /// The currency to show amounts in, where one is asked for.
    pub currency: Option<Currency>,
}

/// The KPIs of a range of days.
#[derive(Debug, Serialize, ToSchema)]
pub struct Kpis {
    /// First day, included.
    date_from: NaiveDate,
    /// Last day, included.
    date_to: NaiveDate,
    /// The number of days.
    days: i64,
    /// The time zone of the days of tracked events. The days of ad reports are in the time zone of their account.
    time_zone: &'static str,
    /// The reason why tracked figures are null; null if they are known.
    tracked_reason: Option<&'static str>,
    /// The figures.
    #[serde(flatten)]
    money: Money,
    /// The period it is compared with, where asked for.
    comparison: Option<Comparison>,
    /// Days of the range that a platform has not reported.
    incomplete: Vec<UnreportedDays>,
    /// The newest data per platform.
    freshness: Vec<PlatformFreshness>,
}

/// The compared period and the changes since.
#[derive(Debug, Serialize, ToSchema)]
pub struct Comparison {
    /// First day, included.
    date_from: NaiveDate,
    /// Last day, included.
    date_to: NaiveDate,
    /// The figures then.
    previous: Money,
    /// The changes.
    #[serde(flatten)]
    changes: Changes,
}

impl Comparison {
    /// The comparison of figures with those of these days before.
    pub fn of(now: &ConvertedFigures, before: ConvertedFigures, days: DayRange) -> Comparison {
        Comparison {
            date_from: days.from.0,
            date_to: days.to.0,
            changes: Changes::since(&before, now),
            previous: before.into(),
        }
    }
}

/// Returns the KPIs of a range of days.
///
/// The first and the last day are included. `total_conversions` and `total_revenue` are what the platforms report,
/// `tracked_*` is what our own events show; the two are never added. Amounts in several currencies are converted
/// day by day into `currency`, or into the tenant's currency if none is given. If all amounts are in one currency
/// and none is given, they stay in that currency. A day without an exchange rate uses the last rate of the seven
/// days before it (`rates_carried`). Without any rate, amounts are null, and the answer names the missing rates and
/// gives the amounts by currency. A compared period is converted with the rates of its own days.
#[utoipa::path(
    get, path = "/api/v1/analytics/kpis", tag = "analytics", params(KpiParams, CompareParams), security(("bearer" = [])),
    responses((status = 200, body = Answer<Kpis>)),
)]
pub async fn kpis(
    State(app): State<App>,
    caller: Authenticated,
    JoinedParams(params, own): JoinedParams<KpiParams, CompareParams>,
) -> Answered<Kpis> {
    let mut fields = Fields::default();
    let compare = own.read(&mut fields);
    let KpiRequest { query, range, currency } = params.read(&app, caller.scope, fields)?;
    let before = compare.and_then(|period| range.before(period));
    let figures = tenant_figures(&app, caller.scope);
    let (kpis, freshness) = tokio::try_join!(
        figures.kpis(&query, before, currency),
        app.warehouse.freshness(caller.scope)
    )?;
    let comparison = before.zip(kpis.before);
    let comparison = comparison.map(|(days, before)| Comparison::of(&kpis.now, before, days));
    Ok(Answer::of(Kpis {
        date_from: range.days.from.0,
        date_to: range.days.to.0,
        days: range.days.days(),
        time_zone: range.zone.name(),
        tracked_reason: untracked(&query),
        money: kpis.now.into(),
        comparison,
        incomplete: incomplete(&app, &query, &range, &freshness),
        freshness: fresh(&app, &range, freshness),
    }))
}

const UNTRACKED: &str =
    "events do not tell their ad account; ask without account_id for what they show";

/// Why tracked figures are null in the answer to this; `None` where they are not.
pub fn untracked(query: &KpiQuery) -> Option<&'static str> {
    Some(UNTRACKED).filter(|_| !query.is_tracked())
}

/// The days of the question that a platform has not reported.
pub fn incomplete(
    app: &App,
    query: &KpiQuery,
    range: &Range,
    freshness: &[Freshness],
) -> Vec<UnreportedDays> {
    let today = app.clock.now().day_in(range.zone);
    unreported(freshness, query, today).into_iter().map(UnreportedDays::from).collect()
}

/// The newest data per platform, as of today in the tenant's zone.
pub fn fresh(app: &App, range: &Range, freshness: Vec<Freshness>) -> Vec<PlatformFreshness> {
    let today = app.clock.now().day_in(range.zone);
    freshness.into_iter().map(|one| PlatformFreshness::of(one, today)).collect()
}

impl KpiParams {
    /// The question these parameters ask; `fields` holds the faults found so far.
    pub fn read(
        self,
        app: &App,
        scope: TenantScope,
        mut fields: Fields,
    ) -> Result<KpiRequest, Refusal> {
        let currency = fields.optional("currency", self.currency.as_deref());
        let platforms: Vec<Platform> = fields.list("platform", self.platform.as_deref());
        let account_ids = fields.text("account_id", self.account_id, ACCOUNTS_CHARS_MAX);
        let account_ids: Vec<String> = fields.list("account_id", account_ids.as_deref());
        let account_ids = account_ids.iter().map(|id| match platforms.as_slice() {
            [platform] => platform.account_id(id).into_owned(),
            _ => Platform::any_account_id(id).into_owned(),
        });
        let account_ids = account_ids.collect();
        let campaign_id = fields.text("campaign_id", self.campaign_id, 128);
        let range = RangeFields {
            from: ("date_from", self.date_from.as_deref()),
            to: ("date_to", self.date_to.as_deref()),
        };
        let range = range.read(app, scope, fields)?;
        let query = KpiQuery { days: range.days, platforms, account_ids, campaign_id };
        Ok(KpiRequest { query, range, currency })
    }
}

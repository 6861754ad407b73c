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
use stratum_query::ask::figures::Kpi;
use stratum_query::ask::sums::ConvertedFigures;
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::figures::{Money, PlatformFreshness, tenant_figures};
use super::range::{ComparePeriod, Range, RangeFields};

/// Which days of which campaigns.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct KpiParams {
    /// First day, included; 30 days before the last one where absent.
    #[param(value_type = Option<NaiveDate>)]
    date_from: Option<String>,
    /// Last day, included; today in the tenant's zone where absent.
    #[param(value_type = Option<NaiveDate>)]
    date_to: Option<String>,
    /// The platform; every one where absent.
    #[param(value_type = Option<Platform>)]
    platform: Option<String>,
    /// The platform's ad account. Events do not tell theirs: tracked figures are null then.
    account_id: Option<String>,
    /// The platform's campaign id.
    campaign_id: Option<String>,
    /// The currency to show amounts in. Where absent: the only one there is, else the tenant's own.
    #[param(value_type = Option<Currency>)]
    currency: Option<String>,
}

/// The question that [`KpiParams`] ask.
pub struct KpiRequest {
    /// Which days of which campaigns.
    pub query: KpiQuery,
    /// The days in the tenant's zone.
    pub range: Range,
    /// The currency to show amounts in, where one is asked for.
    pub currency: Option<Currency>,
}

/// What the days are compared with.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CompareParams {
    /// `previous_period` (as many days, ending the day before) or `previous_year`.
    compare_period: Option<String>,
}

/// The KPIs of a range of days.
#[derive(Debug, Serialize, ToSchema)]
pub struct Kpis {
    /// First day, included.
    date_from: NaiveDate,
    /// Last day, included.
    date_to: NaiveDate,
    /// How many days that is.
    days: i64,
    /// The zone of the days of tracked events; an ad report's day is of its account's zone.
    time_zone: &'static str,
    /// Why tracked figures are null; null where they are not.
    tracked_reason: Option<&'static str>,
    /// The figures.
    #[serde(flatten)]
    money: Money,
    /// The period it is compared with, where asked for.
    comparison: Option<Comparison>,
    /// The newest data per platform.
    freshness: Vec<PlatformFreshness>,
}

/// The compared period and the change since, in percent; null where it cannot be said.
#[derive(Debug, Serialize, ToSchema)]
pub struct Comparison {
    /// First day, included.
    date_from: NaiveDate,
    /// Last day, included.
    date_to: NaiveDate,
    /// The figures then.
    previous: Money,
    spend_change: Option<f64>,
    revenue_change: Option<f64>,
    impressions_change: Option<f64>,
    clicks_change: Option<f64>,
    conversions_change: Option<f64>,
    roas_change: Option<f64>,
    ctr_change: Option<f64>,
    cpc_change: Option<f64>,
    cpm_change: Option<f64>,
    cpa_change: Option<f64>,
    cvr_change: Option<f64>,
    tracked_conversions_change: Option<f64>,
    tracked_revenue_change: Option<f64>,
}

impl Comparison {
    fn of(now: &ConvertedFigures, previous: ConvertedFigures, days: DayRange) -> Comparison {
        let change = |kpi| now.change_since(&previous, kpi);
        Comparison {
            date_from: days.from.0,
            date_to: days.to.0,
            spend_change: change(Kpi::Spend),
            revenue_change: change(Kpi::Revenue),
            impressions_change: change(Kpi::Impressions),
            clicks_change: change(Kpi::Clicks),
            conversions_change: change(Kpi::Conversions),
            roas_change: change(Kpi::Roas),
            ctr_change: change(Kpi::Ctr),
            cpc_change: change(Kpi::Cpc),
            cpm_change: change(Kpi::Cpm),
            cpa_change: change(Kpi::Cpa),
            cvr_change: change(Kpi::Cvr),
            tracked_conversions_change: change(Kpi::TrackedConversions),
            tracked_revenue_change: change(Kpi::TrackedRevenue),
            previous: previous.into(),
        }
    }
}

/// KPIs of a range of days.
///
/// Both ends count. `total_conversions` and `total_revenue` are what the platforms report,
/// `tracked_*` what our own events show; they are never added. Amounts in several currencies are
/// converted day by day into `currency`, else into the tenant's own; amounts that are all in one
/// currency stay in it where none is asked for. A day without a rate takes the last one of the seven days before
/// it (`rates_carried`); where there is none, amounts are null, with the missing rates, the reason and the split. The compared period is converted by its own days' rates.
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
    let compare: Option<ComparePeriod> =
        fields.optional("compare_period", own.compare_period.as_deref());
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
        freshness: fresh(&app, &range, freshness),
    }))
}

const UNTRACKED: &str =
    "events do not tell their ad account; ask without account_id for what they show";

/// Why tracked figures are null in the answer to this; `None` where they are not.
pub fn untracked(query: &KpiQuery) -> Option<&'static str> {
    Some(UNTRACKED).filter(|_| !query.is_tracked())
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
        let platform: Option<Platform> = fields.optional("platform", self.platform.as_deref());
        let account_id = fields.text("account_id", self.account_id, 128);
        let account_id = account_id.map(|id| match platform {
            Some(platform) => platform.account_id(&id).into_owned(),
            None => Platform::any_account_id(&id).into_owned(),
        });
        let campaign_id = fields.text("campaign_id", self.campaign_id, 128);
        let range = RangeFields {
            from: ("date_from", self.date_from.as_deref()),
            to: ("date_to", self.date_to.as_deref()),
        };
        let range = range.read(app, scope, fields)?;
        let query = KpiQuery { days: range.days, platform, account_id, campaign_id };
        Ok(KpiRequest { query, range, currency })
    }
}

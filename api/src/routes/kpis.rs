//! `GET /analytics/kpis`

use axum::extract::State;
use chrono::NaiveDate;
use futures::FutureExt as _;
use futures::future::OptionFuture;
use serde::{Deserialize, Serialize};
use stratum_models::metrics::{KpiGrouping, KpiQuery, change_percent};
use stratum_models::money::Currency;
use stratum_models::platform::Platform;
use stratum_models::scope::TenantScope;
use stratum_models::time::DayRange;
use stratum_models::warehouse::Freshness;
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::exchange::Exchange;
use super::fields::{Fields, Params};
use super::figures::{Money, PlatformFreshness};
use super::range::{Range, RangeFields};
use crate::answer::{Answer, Answered, Refusal, RefusalBody};
use crate::auth::Authenticated;

/// Which days of which campaigns.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct KpiParams {
    /// First day, included; 30 days before the last one where absent.
    #[param(value_type = Option<NaiveDate>)]
    pub date_from: Option<String>,
    /// Last day, included; today in the tenant's zone where absent.
    #[param(value_type = Option<NaiveDate>)]
    pub date_to: Option<String>,
    /// `meta`, `google`, `tiktok`, `snapchat`, `linkedin` or `pinterest`.
    pub platform: Option<String>,
    /// The platform's ad account. Events do not tell theirs: tracked figures are null then.
    pub account_id: Option<String>,
    /// The platform's campaign id.
    pub campaign_id: Option<String>,
    /// The currency to show amounts in. Where absent: the only one there is, else the tenant's own.
    pub currency: Option<String>,
    /// `previous_period` (as many days, ending the day before) or `previous_year`.
    pub compare_period: Option<String>,
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
    fn of(now: &Money, previous: Money, days: DayRange) -> Comparison {
        // Amounts compare within one currency only; one that is null has none.
        let same = now.currency == previous.currency;
        let (n, p) = (&now.figures, &previous.figures);
        let amount = |n: Option<f64>, p: Option<f64>| change_percent(n, p).filter(|_| same);
        let count = |n: i64, p: i64| change_percent(Some(n as f64), Some(p as f64));
        Comparison {
            date_from: days.from.0,
            date_to: days.to.0,
            spend_change: amount(n.total_spend, p.total_spend),
            revenue_change: amount(n.total_revenue, p.total_revenue),
            impressions_change: count(n.total_impressions, p.total_impressions),
            clicks_change: count(n.total_clicks, p.total_clicks),
            conversions_change: change_percent(
                Some(n.total_conversions),
                Some(p.total_conversions),
            ),
            roas_change: change_percent(n.avg_roas, p.avg_roas),
            ctr_change: change_percent(n.avg_ctr, p.avg_ctr),
            cpc_change: amount(n.avg_cpc, p.avg_cpc),
            cpm_change: amount(n.avg_cpm, p.avg_cpm),
            cpa_change: amount(n.avg_cpa, p.avg_cpa),
            cvr_change: change_percent(n.avg_cvr, p.avg_cvr),
            tracked_conversions_change: change_percent(
                n.tracked_conversions.map(|now| now as f64),
                p.tracked_conversions.map(|before| before as f64),
            ),
            tracked_revenue_change: amount(n.tracked_revenue, p.tracked_revenue),
            previous,
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
    get, path = "/api/v1/analytics/kpis", tag = "analytics", params(KpiParams), security(("bearer" = [])),
    responses(
        (status = 200, body = Answer<Kpis>),
        (status = 400, body = RefusalBody, description = "a parameter cannot be read"),
        (status = 401, body = RefusalBody, description = "no valid access token"),
        (status = 422, body = RefusalBody, description = "the range ends before it begins, or is too long"),
        (status = 503, body = RefusalBody, description = "a store does not answer"),
    ),
)]
pub async fn kpis(
    State(app): State<App>,
    caller: Authenticated,
    Params(params): Params<KpiParams>,
) -> Answered<Kpis> {
    let mut fields = Fields::default();
    let currency: Option<Currency> = fields.optional("currency", params.currency.as_deref());
    let compare = fields.optional("compare_period", params.compare_period.as_deref());
    let (query, range) = params.read(&app, caller.scope, fields)?;
    let before = compare.and_then(|period| range.before(period));
    let before = before.map(|days| KpiQuery { days, ..query.clone() });
    let ask = |query| app.warehouse.kpi_groups(caller.scope, query, KpiGrouping::Total);
    let ask_before = OptionFuture::from(before.as_ref().map(ask)).map(Option::transpose);
    let freshness = app.warehouse.freshness(caller.scope);
    let (groups, earlier, freshness) = tokio::try_join!(ask(&query), ask_before, freshness)?;
    // What is compared is in the same currency; of a time without anything the other one decides.
    let known = if groups.is_empty() { earlier.as_deref() } else { Some(groups.as_slice()) };
    let exchange = Exchange::of(&app, &caller, currency, known.unwrap_or_default());
    let in_one = async |query: &KpiQuery, groups| {
        let (groups, into) = exchange.convert(query, groups, KpiGrouping::Day).await?;
        Ok::<Money, Refusal>(Money::of(&groups, &into).tracked_if(query.is_tracked()))
    };
    let money = in_one(&query, groups).await?;
    let comparison = match before.zip(earlier) {
        Some((query, groups)) => {
            Some(Comparison::of(&money, in_one(&query, groups).await?, query.days))
        }
        None => None,
    };
    Ok(Answer::of(Kpis {
        date_from: range.days.from.0,
        date_to: range.days.to.0,
        days: range.days.days(),
        time_zone: range.zone.name(),
        tracked_reason: untracked(&query),
        money,
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
    ) -> Result<(KpiQuery, Range), Refusal> {
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
        Ok((KpiQuery { days: range.days, platform, account_id, campaign_id }, range))
    }
}

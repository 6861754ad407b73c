//! `GET /analytics/kpis`

use axum::extract::State;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use stratum_models::metrics::{KpiGroup, KpiGrouping, KpiQuery, change_percent};
use stratum_models::money::Currency;
use stratum_models::platform::Platform;
use stratum_models::scope::TenantScope;
use stratum_models::time::DayRange;
use utoipa::{IntoParams, ToSchema};

use super::App;
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
    /// The platform's ad account. Tracked events belong to no account and are left out then.
    pub account_id: Option<String>,
    /// The platform's campaign id.
    pub campaign_id: Option<String>,
    /// The currency to show amounts in.
    pub currency: Option<String>,
    /// `previous_period` (as many days, ending the day before) or `previous_year`.
    pub compare_period: Option<String>,
}

#[derive(Clone, Copy)]
enum ComparePeriod {
    PreviousPeriod,
    PreviousYear,
}

impl std::str::FromStr for ComparePeriod {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "previous_period" => Ok(ComparePeriod::PreviousPeriod),
            "previous_year" => Ok(ComparePeriod::PreviousYear),
            _ => Err("is previous_period or previous_year"),
        }
    }
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
        // Amounts compare within one currency only.
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
            tracked_conversions_change: count(n.tracked_conversions, p.tracked_conversions),
            tracked_revenue_change: amount(n.tracked_revenue, p.tracked_revenue),
            previous,
        }
    }
}

/// KPIs of a range of days.
///
/// Both ends count. `total_conversions` and `total_revenue` are what the platforms report,
/// `tracked_*` what our own events show; they are never added. Amounts in several currencies are
/// not added either: `currency` and the amounts are null then, with the reason and the split.
#[utoipa::path(
    get, path = "/api/v1/analytics/kpis", tag = "analytics", params(KpiParams), security(("bearer" = [])),
    responses(
        (status = 200, body = Answer<Kpis>),
        (status = 400, body = RefusalBody, description = "a parameter cannot be read"),
        (status = 401, body = RefusalBody, description = "no valid access token"),
        (status = 422, body = RefusalBody, description = "the range ends before it begins, or is too long"),
        (status = 503, body = RefusalBody, description = "the warehouse does not answer"),
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
    let ask = |query: KpiQuery| {
        let app = &app;
        async move { app.warehouse.kpi_groups(caller.scope, &query, KpiGrouping::Total).await }
    };
    let before = compare.and_then(|period| match period {
        ComparePeriod::PreviousPeriod => range.days.previous(),
        ComparePeriod::PreviousYear => range.previous_year(),
    });
    let ask_before = async {
        match before {
            Some(days) => ask(KpiQuery { days, ..query.clone() }).await.map(Some),
            None => Ok(None),
        }
    };
    let freshness = app.warehouse.freshness(caller.scope);
    let (groups, earlier, freshness) = tokio::try_join!(ask(query.clone()), ask_before, freshness)?;
    let money = Money::of(&groups, currency);
    let comparison = before.zip(earlier).map(|(days, groups): (DayRange, Vec<KpiGroup>)| {
        Comparison::of(&money, Money::of(&groups, currency), days)
    });
    Ok(Answer::of(Kpis {
        date_from: range.days.from.0,
        date_to: range.days.to.0,
        days: range.days.days(),
        time_zone: range.zone.name(),
        money,
        comparison,
        freshness: freshness.into_iter().map(PlatformFreshness::from).collect(),
    }))
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
        let campaign_id = fields.text("campaign_id", self.campaign_id, 128);
        let range = RangeFields {
            from: ("date_from", self.date_from.as_deref()),
            to: ("date_to", self.date_to.as_deref()),
        };
        let range = range.read(app, scope, fields)?;
        Ok((KpiQuery { days: range.days, platform, account_id, campaign_id }, range))
    }
}

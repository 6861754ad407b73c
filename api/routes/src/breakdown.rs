//! `GET /analytics/breakdown`

use axum::extract::State;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use stratum_http::answer::{Answer, Answered, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::fields::{Fields, JoinedParams};
use stratum_http::paging::read_page;
use stratum_models::ad_report::AdDevice;
use stratum_models::breakdown::BreakdownBy;
use stratum_models::platform::Platform;
use stratum_query::ask::breakdown::PartFigures;
use stratum_query::ask::figures::Kpi;
use stratum_state::page::Pagination;
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::campaigns::list::SortOrder;
use super::figures::{Money, tenant_figures};
use super::kpis::{KpiParams, KpiRequest, untracked};

/// By what, in which order.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BreakdownParams {
    /// The dimension that KPIs are broken down by, `campaign` where absent.
    #[param(value_type = Option<BreakdownBy>)]
    by: Option<String>,
    /// The KPI by which rows are sorted, `spend` where absent.
    #[param(value_type = Option<Kpi>)]
    sort_by: Option<String>,
    /// The order, `desc` where absent. Unknown figures come last either way.
    #[param(value_type = Option<SortOrder>)]
    sort_order: Option<String>,
    /// The number of the page, from 1.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 10000000)]
    page: Option<String>,
    /// Items per page, 20 if absent.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    page_size: Option<String>,
}

/// The KPIs of each part. All rows and the remainder add up to the total.
#[derive(Debug, Serialize, ToSchema)]
pub struct Breakdown {
    /// First day, included.
    date_from: NaiveDate,
    /// Last day, included.
    date_to: NaiveDate,
    /// The number of days.
    days: i64,
    /// The dimension that the KPIs are broken down by.
    by: BreakdownBy,
    /// The reason why tracked figures of rows are null; null if they are known.
    tracked_reason: Option<&'static str>,
    /// The answer of `/analytics/kpis`.
    total: Money,
    /// A page of the parts.
    rows: Vec<PartKpis>,
    /// The page, and how many parts there are.
    pagination: Pagination,
    /// The part of the total that is in none of the parts, on no page: figures that platforms do not break
    /// down, and events that do not tell. Below zero where parts report more than their campaigns.
    not_broken_down: Money,
}

/// One part. Ids and names are null where it has none.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartKpis {
    /// The platform; null for countries and devices, which are of every platform.
    platform: Option<Platform>,
    /// The ad account.
    account_id: Option<String>,
    /// The campaign.
    campaign_id: Option<String>,
    /// The campaign's newest name.
    campaign_name: Option<String>,
    /// The ad set.
    ad_set_id: Option<String>,
    /// The ad set's newest name.
    ad_set_name: Option<String>,
    /// The ad.
    ad_id: Option<String>,
    /// The ad's newest name.
    ad_name: Option<String>,
    /// ISO 3166 alpha-2.
    country: Option<String>,
    /// The class of device.
    #[schema(value_type = Option<AdDevice>)]
    device: Option<String>,
    /// The figures.
    #[serde(flatten)]
    money: Money,
}

const UNTRACKED: &str = "events do not tell their ad account, ad set or ad; see not_broken_down and the breakdown by campaign";

/// Breaks KPIs down by campaign, account, ad set, ad, country or device.
///
/// Figures of campaigns and accounts are sums of campaign reports. Ad sets, ads, countries and devices come from
/// the more detailed reports of the platforms. On days for which a platform reports ads only, an ad set is the sum
/// of its ads. Reported and tracked figures stand side by side where events know the part.
#[utoipa::path(
    get, path = "/api/v1/analytics/breakdown", tag = "analytics", params(BreakdownParams, KpiParams), security(("bearer" = [])),
    responses(
        (status = 200, body = Answer<Breakdown>),
        (status = 422, body = RefusalBody, description = "the range ends before it begins, or holds too much"),
    ),
)]
pub async fn breakdown(
    State(app): State<App>,
    caller: Authenticated,
    JoinedParams(params, own): JoinedParams<KpiParams, BreakdownParams>,
) -> Answered<Breakdown> {
    let mut fields = Fields::default();
    let by: Option<BreakdownBy> = fields.optional("by", own.by.as_deref());
    let by = by.unwrap_or(BreakdownBy::Campaign);
    let sort: Option<Kpi> = fields.optional("sort_by", own.sort_by.as_deref());
    let order: Option<SortOrder> = fields.optional("sort_order", own.sort_order.as_deref());
    let page = read_page(&mut fields, own.page.as_deref(), own.page_size.as_deref());
    let KpiRequest { query, range, currency } = params.read(&app, caller.scope, fields)?;
    let reason = untracked(&query).or(Some(UNTRACKED).filter(|_| !by.is_tracked()));
    let mut found = tenant_figures(&app, caller.scope).breakdown(query, by, currency).await?;
    found.sort_by(sort.unwrap_or_default(), order != Some(SortOrder::Ascending));
    Ok(Answer::of(Breakdown {
        date_from: range.days.from.0,
        date_to: range.days.to.0,
        days: range.days.days(),
        by,
        tracked_reason: reason,
        total: found.total.into(),
        pagination: page.of(found.parts.len() as u64),
        rows: page.cut(found.parts).map(PartKpis::from).collect(),
        not_broken_down: found.remainder.into(),
    }))
}

impl From<PartFigures> for PartKpis {
    fn from(part: PartFigures) -> PartKpis {
        let money = part.figures().into();
        let PartFigures { key, names, .. } = part;
        let told = |text: String| Some(text).filter(|text| !text.is_empty());
        PartKpis {
            platform: key.platform,
            account_id: told(key.account_id),
            campaign_id: told(key.campaign_id),
            campaign_name: told(names.campaign),
            ad_set_id: told(key.ad_set_id),
            ad_set_name: told(names.ad_set),
            ad_id: told(key.ad_id),
            ad_name: told(names.ad),
            country: told(key.country),
            device: told(key.device),
            money,
        }
    }
}

//! `GET /analytics/breakdown`

use std::collections::BTreeMap;

use axum::extract::State;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use stratum_models::breakdown::{BreakdownBy, BreakdownQuery, Part, PartKey, PartNames};
use stratum_models::fx::Tally;
use stratum_models::metrics::{KpiGrouping, MetricSums};
use stratum_models::money::Currency;
use stratum_models::platform::Platform;
use stratum_state::page::Pagination;
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::campaigns::list::{SortOrder, compare};
use super::exchange::Exchange;
use super::fields::{Fields, Params};
use super::figures::{Figures, Metric, Money};
use super::kpis::{KpiParams, untracked};
use super::paging::read_page;
use crate::answer::{Answer, Answered, RefusalBody};
use crate::auth::Authenticated;

/// Which days of which campaigns, by what, in which order.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BreakdownParams {
    /// `campaign` (the default), `account`, `ad_set`, `ad`, `country` or `device`.
    by: Option<String>,
    /// First day, included; 30 days before the last one where absent.
    #[param(value_type = Option<NaiveDate>)]
    date_from: Option<String>,
    /// Last day, included; today in the tenant's zone where absent.
    #[param(value_type = Option<NaiveDate>)]
    date_to: Option<String>,
    /// `meta`, `google`, `tiktok`, `snapchat`, `linkedin` or `pinterest`.
    platform: Option<String>,
    /// The platform's ad account. Events do not tell theirs: tracked figures are null then.
    account_id: Option<String>,
    /// The platform's campaign id.
    campaign_id: Option<String>,
    /// The currency to show amounts in. Where absent: the only one there is, else the tenant's own.
    currency: Option<String>,
    /// `spend` (the default) or another KPI, as for `/analytics/series`.
    sort_by: Option<String>,
    /// `asc` or `desc` (the default). Unknown figures come last either way.
    sort_order: Option<String>,
    /// The page, from 1.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 10000000)]
    page: Option<String>,
    /// Items of a page, 20 where absent.
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
    /// How many days that is.
    days: i64,
    /// By what.
    by: &'static str,
    /// Why the tracked figures of rows are null; null where they are not.
    tracked_reason: Option<&'static str>,
    /// The answer of `/analytics/kpis`.
    total: Money,
    /// A page of the parts.
    rows: Vec<PartKpis>,
    /// The page, and how many parts there are.
    pagination: Pagination,
    /// What is in the total and in none of the parts, on no page: figures that platforms do not break
    /// down, and events that do not tell. Below zero where parts report more than their campaigns.
    not_broken_down: Money,
}

/// One part. Ids and names are null where it has none.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartKpis {
    /// The platform; null for countries and devices, which are of every platform.
    platform: Option<&'static str>,
    /// The ad account.
    account_id: Option<String>,
    /// The campaign.
    campaign_id: Option<String>,
    /// Its newest name.
    campaign_name: Option<String>,
    /// The ad set.
    ad_set_id: Option<String>,
    /// Its newest name.
    ad_set_name: Option<String>,
    /// The ad.
    ad_id: Option<String>,
    /// Its newest name.
    ad_name: Option<String>,
    /// ISO 3166 alpha-2.
    country: Option<String>,
    /// `desktop`, `mobile`, `tablet`, `connected_tv` or `other`.
    device: Option<String>,
    /// The figures.
    #[serde(flatten)]
    money: Money,
}

const UNTRACKED: &str = "events do not tell their ad account, ad set or ad; see not_broken_down and the breakdown by campaign";

/// KPIs by campaign, account, ad set, ad, country or device.
///
/// Campaigns and accounts are summed from the reports of campaigns, the others from the parts of them
/// that platforms report beside. An ad set is the sum of its ads on days that report ads only. Reported
/// and tracked figures stand side by side where events know the part.
#[utoipa::path(
    get, path = "/api/v1/analytics/breakdown", tag = "analytics", params(BreakdownParams), security(("bearer" = [])),
    responses(
        (status = 200, body = Answer<Breakdown>),
        (status = 400, body = RefusalBody, description = "a parameter cannot be read"),
        (status = 401, body = RefusalBody, description = "no valid access token"),
        (status = 422, body = RefusalBody, description = "the range ends before it begins, or holds too much"),
        (status = 503, body = RefusalBody, description = "a store does not answer"),
    ),
)]
pub async fn breakdown(
    State(app): State<App>,
    caller: Authenticated,
    Params(params): Params<BreakdownParams>,
) -> Answered<Breakdown> {
    let mut fields = Fields::default();
    let currency: Option<Currency> = fields.optional("currency", params.currency.as_deref());
    let by: Option<BreakdownBy> = fields.optional("by", params.by.as_deref());
    let by = by.unwrap_or(BreakdownBy::Campaign);
    let sort: Option<Metric> = fields.optional("sort_by", params.sort_by.as_deref());
    let order: Option<SortOrder> = fields.optional("sort_order", params.sort_order.as_deref());
    let page = read_page(&mut fields, params.page.as_deref(), params.page_size.as_deref());
    let BreakdownParams { date_from, date_to, platform, account_id, campaign_id, .. } = params;
    let asked =
        KpiParams { date_from, date_to, platform, account_id, campaign_id, ..KpiParams::default() };
    let (query, range) = asked.read(&app, caller.scope, fields)?;
    let totals = app.warehouse.kpi_groups(caller.scope, &query, KpiGrouping::Total).await?;
    let exchange = Exchange::of(&app, &caller, currency, &totals);
    let (totals, into) = exchange.convert(&query, totals, KpiGrouping::Day).await?;
    let total =
        Figured { tally: Tally::of(&totals, &into), by_currency: MetricSums::by_currency(&totals) };
    let (reason, tracked) = (untracked(&query), query.is_tracked());
    let asked = BreakdownQuery { of: query, by, into };
    let parts = app.warehouse.breakdown(caller.scope, &asked).await?;
    let rows = gathered(parts);
    let rest = total.less(rows.values().map(|(_, figured)| figured));
    let descending = order != Some(SortOrder::Ascending);
    let sorted = sorted(rows, sort.unwrap_or_default(), descending);
    let to = exchange.to();
    Ok(Answer::of(Breakdown {
        date_from: range.days.from.0,
        date_to: range.days.to.0,
        days: range.days.days(),
        by: by.as_str(),
        tracked_reason: reason.or(Some(UNTRACKED).filter(|_| !by.is_tracked())),
        total: total.money(to).tracked_if(tracked),
        pagination: page.of(sorted.len() as u64),
        rows: page.cut(sorted).map(|row| row.kpis(to, tracked && by.is_tracked())).collect(),
        not_broken_down: rest.money(to).tracked_if(tracked),
    }))
}

/// Sums in one currency and by currency.
#[derive(Clone, Default)]
struct Figured {
    tally: Tally,
    by_currency: BTreeMap<Currency, MetricSums>,
}

impl Figured {
    fn add(&mut self, part: &Part) {
        self.tally.add_part(part.currency, part.sums, part.converted);
        if let Some(currency) = part.currency {
            *self.by_currency.entry(currency).or_default() += part.sums;
        }
    }

    /// What is left without these.
    fn less<'a>(&self, parts: impl Iterator<Item = &'a Figured>) -> Figured {
        let mut rest = self.clone();
        for part in parts {
            rest.tally -= &part.tally;
            for (currency, sums) in &part.by_currency {
                *rest.by_currency.entry(*currency).or_default() -= *sums;
            }
        }
        rest.by_currency.retain(|_, sums| *sums != MetricSums::default());
        rest
    }

    fn money(&self, to: Currency) -> Money {
        Money::tallied(&self.tally, &self.by_currency, to)
    }
}

type Rows = BTreeMap<PartKey, (PartNames, Figured)>;

/// The parts, each with all of its currencies.
fn gathered(parts: Vec<Part>) -> Rows {
    let mut rows = Rows::new();
    for part in parts {
        let (names, figured) = rows.entry(part.key.clone()).or_default();
        figured.add(&part);
        // A part reported in two currencies has a name in each; any will do but none.
        if *names == PartNames::default() {
            *names = part.names;
        }
    }
    rows
}

struct Row {
    key: PartKey,
    names: PartNames,
    figured: Figured,
}

fn sorted(rows: Rows, by: Metric, descending: bool) -> Vec<Row> {
    let row = |(key, (names, figured)): (PartKey, (PartNames, Figured))| {
        let figure = by.of(&Figures::tallied(&figured.tally));
        (figure, Row { key, names, figured })
    };
    let mut rows: Vec<(Option<f64>, Row)> = rows.into_iter().map(row).collect();
    // Stable: equal ones stay in the order of their keys.
    rows.sort_by(|(a, _), (b, _)| compare(*a, *b, descending));
    rows.into_iter().map(|(_, row)| row).collect()
}

impl Row {
    fn kpis(self, to: Currency, tracked: bool) -> PartKpis {
        let Row { key, names, figured } = self;
        let told = |text: String| Some(text).filter(|text| !text.is_empty());
        let money = figured.money(to);
        PartKpis {
            platform: key.platform.map(Platform::as_str),
            account_id: told(key.account_id),
            campaign_id: told(key.campaign_id),
            campaign_name: told(names.campaign),
            ad_set_id: told(key.ad_set_id),
            ad_set_name: told(names.ad_set),
            ad_id: told(key.ad_id),
            ad_name: told(names.ad),
            country: told(key.country),
            device: told(key.device),
            money: money.tracked_if(tracked),
        }
    }
}

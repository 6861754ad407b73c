//! `GET /campaigns`

use axum::extract::State;
use serde::Deserialize;
use stratum_http::answer::{Answer, Answered, Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::fields::{Fields, JoinedParams};
use stratum_http::paging::read_page_of;
use stratum_models::name_set;
use stratum_models::time::DayRange;
use stratum_models::warehouse::CampaignKey;
use stratum_query::ask::campaign_list::CampaignDays;
use stratum_query::ask::campaigns::CampaignReports;
use stratum_query::ask::figures::Kpi;
use stratum_state::campaign::ListedCampaign;
use stratum_state::page::Page;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{IntoParams, PartialSchema, ToSchema};
use uuid::Uuid;

use super::super::App;
use super::super::compare::CompareParams;
use super::super::figures::tenant_figures;
use super::super::range::ComparePeriod;
use super::filter::{CampaignFilter, CampaignFilterParams};
use super::item::CampaignItem;

/// Items of a page.
const PAGE_SIZE_MAX: u32 = 500;
/// Days that a campaign's figure is told for one by one.
const SPARK_DAYS_MAX: i64 = 92;

/// In which order, and what beside the sums.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CampaignListParams {
    /// The field that campaigns are sorted by, `created_at` where absent.
    #[param(value_type = Option<CampaignSort>)]
    sort_by: Option<String>,
    /// The order, `desc` where absent. Unknown figures come last either way.
    #[param(value_type = Option<SortOrder>)]
    sort_order: Option<String>,
    /// A KPI that is also returned for every day of the range, in `spark`; the range may have at most 92 days.
    #[param(value_type = Option<Kpi>)]
    spark: Option<String>,
    /// As for `/analytics/kpis`, for each campaign; needs `date_from` and `date_to`.
    #[param(value_type = Option<ComparePeriod>)]
    compare_period: Option<String>,
    /// As for `/analytics/kpis`.
    #[param(value_type = Option<NaiveDate>)]
    compare_from: Option<String>,
    /// The number of the page, from 1.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 10000000)]
    page: Option<String>,
    /// Items per page, 20 if absent.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    page_size: Option<String>,
}

/// The field that campaigns are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CampaignSort {
    /// The name.
    Name,
    /// A figure.
    Figure(Kpi),
    /// The time at which the campaign was created here.
    #[default]
    CreatedAt,
}

impl std::str::FromStr for CampaignSort {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "name" => Ok(CampaignSort::Name),
            "created_at" => Ok(CampaignSort::CreatedAt),
            text => match text.parse() {
                Ok(kpi) => Ok(CampaignSort::Figure(kpi)),
                Err(message) => Err(format!("must be name, created_at or a KPI, which {message}")),
            },
        }
    }
}

impl PartialSchema for CampaignSort {
    fn schema() -> RefOr<Schema> {
        let names = ["name", "created_at"].into_iter();
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(
                "What campaigns are sorted by: the name, the time of creation, or a KPI.",
            ))
            .enum_values(Some(names.chain(Kpi::ALL.iter().map(|kpi| kpi.as_str()))))
            .into()
    }
}

impl ToSchema for CampaignSort {}

name_set! {
    /// Which end of a list comes first.
    SortOrder {
        /// The smallest.
        Ascending = "asc",
        /// The largest.
        Descending = "desc",
    }
}

struct CampaignListQuery {
    filter: CampaignFilter,
    before: Option<DayRange>,
    spark: Option<(Kpi, DayRange)>,
    sort_by: CampaignSort,
    page: Page,
}

impl CampaignListParams {
    fn read(self, filter: CampaignFilterParams) -> Result<CampaignListQuery, Refusal> {
        let mut fields = Fields::default();
        let sort_by: Option<CampaignSort> = fields.optional("sort_by", self.sort_by.as_deref());
        let sort_by = sort_by.unwrap_or_default();
        let order: Option<SortOrder> = fields.optional("sort_order", self.sort_order.as_deref());
        let spark: Option<Kpi> = fields.optional("spark", self.spark.as_deref());
        let (compare_period, compare_from) = (self.compare_period, self.compare_from);
        let compare = CompareParams { compare_period, compare_from }.read(&mut fields);
        let (number, size) = (self.page.as_deref(), self.page_size.as_deref());
        let page = read_page_of(&mut fields, number, size, PAGE_SIZE_MAX);
        let mut filter = filter.read(fields)?;
        filter.query.by_name = sort_by == CampaignSort::Name;
        filter.query.descending = order != Some(SortOrder::Ascending);
        let whole = |field| {
            let message = "takes date_from and date_to";
            filter.range.ok_or_else(|| Refusal::unprocessable(field, message))
        };
        let before = match compare {
            Some(period) => period.before(whole("compare_period")?),
            None => None,
        };
        let spark = match spark {
            Some(kpi) => Some((kpi, whole("spark")?)),
            None => None,
        };
        if spark.is_some_and(|(_, days)| days.days() > SPARK_DAYS_MAX) {
            let message = format!("is told for at most {SPARK_DAYS_MAX} days");
            return Err(Refusal::unprocessable("spark", message));
        }
        Ok(CampaignListQuery { filter, before, spark, sort_by, page })
    }
}

/// Lists campaigns with their figures.
///
/// Figures are sums of what the platforms report, over all days or over the given range, in `currency` or in the
/// currency of each campaign, next to what events show of the campaign (`tracked_*`); amounts in other currencies
/// are converted with the rates of their days. Sorting and conditions compare the numbers as they are shown.
/// Campaigns that appear in ad reports are created automatically within two minutes; a deleted campaign does not
/// come back. `/campaigns/totals` returns the sums.
#[utoipa::path(
    get, path = "/api/v1/campaigns", tag = "campaigns", params(CampaignListParams, CampaignFilterParams),
    security(("bearer" = [])),
    responses(
        (status = 200, body = Answer<Vec<CampaignItem>>),
        (status = 422, body = RefusalBody, description = "the range ends before it begins, is open or too long for what is asked, or there are too many campaigns to sort by a figure"),
    ),
)]
pub async fn list_campaigns(
    State(app): State<App>,
    caller: Authenticated,
    JoinedParams(filter, own): JoinedParams<CampaignFilterParams, CampaignListParams>,
) -> Answered<Vec<CampaignItem>> {
    let asked = own.read(filter)?;
    let (listed, total, reports) = match asked.sort_by {
        CampaignSort::Figure(kpi) => by_figures(&app, &caller, &asked, Some(kpi)).await?,
        _ if asked.filter.needs_figures() => by_figures(&app, &caller, &asked, None).await?,
        CampaignSort::Name | CampaignSort::CreatedAt => {
            by_text_or_age(&app, &caller, &asked).await?
        }
    };
    let (before, days) = beside(&app, &caller, &asked, &listed).await?;
    let ids: Vec<Uuid> = listed.iter().map(|one| one.id).collect();
    let campaigns = caller.work(&app).await?.campaigns(&ids).await?;
    let items = campaigns.into_iter().map(|campaign| {
        let key = campaign.key();
        let item = CampaignItem::of(campaign, &reports, asked.filter.currency);
        let days = key.as_ref().and_then(|key| days.as_ref()?.get(key));
        item.beside(key, &reports, before.as_ref(), asked.spark.map(|(kpi, _)| (kpi, days)))
    });
    Ok(Answer::page(items, asked.page.of(total)))
}

/// One page, how many there are in all, and the reports of the page at least.
type CampaignListPage = (Vec<ListedCampaign>, u64, CampaignReports);

async fn by_text_or_age(
    app: &App,
    caller: &Authenticated,
    asked: &CampaignListQuery,
) -> Result<CampaignListPage, Refusal> {
    let (limit, offset) = (asked.page.limit(), asked.page.offset());
    let mut work = caller.work(app).await?;
    let (listed, total) = work.list_campaigns(&asked.filter.query, limit, offset).await?;
    // The warehouse may take its time: the connection is somebody else's meanwhile.
    drop(work);
    let reports = reports_of(app, caller, asked, asked.filter.days, &listed).await?;
    Ok((listed, total, reports))
}

async fn by_figures(
    app: &App,
    caller: &Authenticated,
    asked: &CampaignListQuery,
    kpi: Option<Kpi>,
) -> Result<CampaignListPage, Refusal> {
    let field = if kpi.is_some() { "sort_by" } else { "having" };
    let (mut listed, mut reports) = asked.filter.all(app, caller, field).await?;
    let (figures, days) = (tenant_figures(app, caller.scope), asked.filter.days);
    reports.convert(&figures, days, asked.filter.wanted(&listed)).await?;
    if let Some(kpi) = kpi {
        asked.filter.sort(&mut listed, &reports, kpi);
    }
    let total = listed.len() as u64;
    Ok((asked.page.cut(listed).collect(), total, reports))
}

async fn reports_of(
    app: &App,
    caller: &Authenticated,
    asked: &CampaignListQuery,
    days: DayRange,
    listed: &[ListedCampaign],
) -> Result<CampaignReports, Refusal> {
    let keys: Vec<CampaignKey> = listed.iter().filter_map(|one| one.key.clone()).collect();
    let figures = tenant_figures(app, caller.scope);
    let reports = CampaignReports::of(figures.warehouse, caller.scope, days, &keys);
    let mut reports = reports.await?;
    reports.convert(&figures, days, asked.filter.wanted(listed)).await?;
    Ok(reports)
}

/// The reports of the days before, and the figures of each day, where they are asked for.
async fn beside(
    app: &App,
    caller: &Authenticated,
    asked: &CampaignListQuery,
    listed: &[ListedCampaign],
) -> Result<(Option<(DayRange, CampaignReports)>, Option<CampaignDays>), Refusal> {
    let before = async {
        match asked.before {
            Some(days) => {
                let reports = reports_of(app, caller, asked, days, listed).await?;
                Ok(Some((days, reports)))
            }
            None => Ok::<_, Refusal>(None),
        }
    };
    let days = async {
        match asked.spark {
            Some((_, days)) => {
                let wanted: Vec<_> = asked.filter.wanted(listed).collect();
                let figures = tenant_figures(app, caller.scope);
                Ok(Some(figures.campaign_days(days, &wanted).await?))
            }
            None => Ok::<_, Refusal>(None),
        }
    };
    tokio::try_join!(before, days)
}

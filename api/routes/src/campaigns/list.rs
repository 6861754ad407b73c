//! `GET /campaigns`

use axum::extract::State;
use serde::Deserialize;
use stratum_http::answer::{Answer, Answered, Refusal, RefusalBody};
use stratum_http::auth::Authenticated;
use stratum_http::fields::{Fields, Params};
use stratum_http::paging::read_page;
use stratum_models::money::Currency;
use stratum_models::platform::Platform;
use stratum_models::time::DayRange;
use stratum_models::warehouse::CampaignKey;
use stratum_query::ask::campaigns::{CampaignReports, open_days};
use stratum_query::ask::figures::{Kpi, order};
use stratum_state::campaign::{CampaignQuery, CampaignStatus, ListedCampaign};
use stratum_state::page::Page;
use utoipa::IntoParams;
use uuid::Uuid;

use super::super::App;
use super::super::figures::tenant_figures;
use super::super::range::Date;
use super::item::CampaignItem;

/// Which campaigns, in which order.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CampaignListParams {
    /// One or several platforms, parted by commas.
    #[param(example = "meta,google")]
    #[param(value_type = Option<Platform>)]
    platform: Option<String>,
    /// One or several of `draft`, `active`, `paused`, `completed`, `archived`, parted by commas.
    status: Option<String>,
    /// A text that the name or the platform's id holds, in any letter case. It is taken literally.
    search: Option<String>,
    /// Labels parted by commas: campaigns with every one of them.
    labels: Option<String>,
    /// The platform's ad account.
    account_id: Option<String>,
    /// Figures count from this day on, and campaigns that ended before are left out.
    #[param(value_type = Option<NaiveDate>)]
    date_from: Option<String>,
    /// Figures count up to this day, and campaigns that begin after it are left out.
    #[param(value_type = Option<NaiveDate>)]
    date_to: Option<String>,
    /// The currency to show figures in; each campaign's own where absent.
    #[param(value_type = Option<Currency>)]
    currency: Option<String>,
    /// `name`, `spend`, `revenue`, `roas` or `created_at` (the default).
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

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum SortBy {
    Name,
    Figure(Kpi),
    #[default]
    CreatedAt,
}

impl std::str::FromStr for SortBy {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "name" => Ok(SortBy::Name),
            "spend" => Ok(SortBy::Figure(Kpi::Spend)),
            "revenue" => Ok(SortBy::Figure(Kpi::Revenue)),
            "roas" => Ok(SortBy::Figure(Kpi::Roas)),
            "created_at" => Ok(SortBy::CreatedAt),
            _ => Err("is name, spend, revenue, roas or created_at"),
        }
    }
}

/// Which end of a list comes first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SortOrder {
    /// The smallest.
    Ascending,
    /// The largest.
    Descending,
}

impl std::str::FromStr for SortOrder {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "asc" => Ok(SortOrder::Ascending),
            "desc" => Ok(SortOrder::Descending),
            _ => Err("is asc or desc"),
        }
    }
}

struct Asked {
    query: CampaignQuery,
    days: DayRange,
    currency: Option<Currency>,
    sort_by: SortBy,
    page: Page,
}

impl Asked {
    /// These campaigns in the currency asked for, or each in its own.
    fn wanted(&self, listed: &[ListedCampaign]) -> impl Iterator<Item = (CampaignKey, Currency)> {
        listed.iter().filter_map(|one| Some((one.key.clone()?, self.currency_of(one))))
    }

    fn currency_of(&self, listed: &ListedCampaign) -> Currency {
        self.currency.unwrap_or(listed.currency)
    }
}

impl CampaignListParams {
    fn read(self) -> Result<Asked, Refusal> {
        let mut fields = Fields::default();
        let status: Vec<CampaignStatus> = fields.list("status", self.status.as_deref());
        let sort_by: Option<SortBy> = fields.optional("sort_by", self.sort_by.as_deref());
        let sort_by = sort_by.unwrap_or_default();
        let order: Option<SortOrder> = fields.optional("sort_order", self.sort_order.as_deref());
        let currency: Option<Currency> = fields.optional("currency", self.currency.as_deref());
        let day = |Date(day)| day;
        let from = fields.optional("date_from", self.date_from.as_deref()).map(day);
        let until = fields.optional("date_to", self.date_to.as_deref()).map(day);
        let query = CampaignQuery {
            platforms: fields.list("platform", self.platform.as_deref()),
            statuses: status,
            search: fields.text("search", self.search, 200),
            labels: fields.list("labels", self.labels.as_deref()),
            account_id: fields
                .text("account_id", self.account_id, 512)
                .map(|id| Platform::any_account_id(&id).into_owned()),
            from,
            until,
            by_name: sort_by == SortBy::Name,
            descending: order != Some(SortOrder::Ascending),
        };
        let page = read_page(&mut fields, self.page.as_deref(), self.page_size.as_deref());
        fields.finish()?;
        let days = open_days(from, until);
        let days =
            days.ok_or_else(|| Refusal::unprocessable("date_to", "date_to lies before date_from"))?;
        Ok(Asked { query, days, currency, sort_by, page })
    }
}

/// Campaigns.
///
/// Figures are sums of what the platforms report, over all days or over those asked for, in `currency`
/// or in each campaign's own; what was reported in another one is converted by the rates of its days.
/// Sorting by an amount compares the numbers as they are shown. Campaigns that ad reports name and nobody has made appear by themselves within two minutes; one that was deleted
/// does not come back.
#[utoipa::path(
    get, path = "/api/v1/campaigns", tag = "campaigns", params(CampaignListParams),
    security(("bearer" = [])),
    responses(
        (status = 200, body = Answer<Vec<CampaignItem>>),
        (status = 422, body = RefusalBody, description = "the range ends before it begins, or there are too many campaigns to sort by a figure"),
    ),
)]
pub async fn list_campaigns(
    State(app): State<App>,
    caller: Authenticated,
    Params(params): Params<CampaignListParams>,
) -> Answered<Vec<CampaignItem>> {
    let asked = params.read()?;
    let (listed, total, reports) = match asked.sort_by {
        SortBy::Figure(kpi) => by_figure(&app, &caller, &asked, kpi).await?,
        SortBy::Name | SortBy::CreatedAt => by_text_or_age(&app, &caller, &asked).await?,
    };
    let ids: Vec<Uuid> = listed.iter().map(|one| one.id).collect();
    let campaigns = caller.work(&app).await?.campaigns(&ids).await?;
    let items =
        campaigns.into_iter().map(|campaign| CampaignItem::of(campaign, &reports, asked.currency));
    Ok(Answer::page(items, asked.page.of(total)))
}

/// One page, how many there are in all, and the reports of the page at least.
type Listed = (Vec<ListedCampaign>, u64, CampaignReports);

async fn by_text_or_age(
    app: &App,
    caller: &Authenticated,
    asked: &Asked,
) -> Result<Listed, Refusal> {
    let (limit, offset) = (asked.page.limit(), asked.page.offset());
    let mut work = caller.work(app).await?;
    let (listed, total) = work.list_campaigns(&asked.query, limit, offset).await?;
    // The warehouse may take its time: the connection is somebody else's meanwhile.
    drop(work);
    let keys: Vec<CampaignKey> = listed.iter().filter_map(|one| one.key.clone()).collect();
    let figures = tenant_figures(app, caller.scope);
    let reports = CampaignReports::of(figures.warehouse, caller.scope, asked.days, &keys);
    let mut reports = reports.await?;
    reports.convert(&figures, asked.days, asked.wanted(&listed)).await?;
    Ok((listed, total, reports))
}

async fn by_figure(
    app: &App,
    caller: &Authenticated,
    asked: &Asked,
    kpi: Kpi,
) -> Result<Listed, Refusal> {
    let most = app.bounds.campaigns_sorted_max;
    let mut work = caller.work(app).await?;
    let (listed, total) = work.list_campaigns(&asked.query, i64::from(most), 0).await?;
    drop(work);
    if total > u64::from(most) {
        let message = format!(
            "{total} campaigns are too many to sort by a figure; narrow the list to {most}"
        );
        return Err(Refusal::unprocessable("sort_by", message));
    }
    let source = tenant_figures(app, caller.scope);
    let reports = CampaignReports::of_all(source.warehouse, caller.scope, asked.days);
    let mut reports = reports.await?;
    reports.convert(&source, asked.days, asked.wanted(&listed)).await?;
    let figure = |one: &ListedCampaign| {
        let all = reports.figures(one.key.as_ref()?, asked.currency_of(one))?;
        all.figures.value(kpi)
    };
    let mut figures: Vec<(Option<f64>, ListedCampaign)> =
        listed.into_iter().map(|one| (figure(&one), one)).collect();
    figures.sort_by(|(a, one), (b, other)| {
        order(*a, *b, asked.query.descending).then(one.id.cmp(&other.id))
    });
    let page = asked.page.cut(figures).map(|(_, one)| one).collect();
    Ok((page, total, reports))
}

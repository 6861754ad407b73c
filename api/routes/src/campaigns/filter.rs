//! Which campaigns a list, its sum or a change of many is of.

use serde::Deserialize;
use stratum_http::answer::{Fault, FaultCode, Refusal};
use stratum_http::auth::Authenticated;
use stratum_http::day::Date;
use stratum_http::fields::Fields;
use stratum_models::money::Currency;
use stratum_models::platform::Platform;
use stratum_models::time::{Day, DayRange};
use stratum_models::warehouse::CampaignKey;
use stratum_query::ask::campaign_list::FigureCondition;
use stratum_query::ask::campaigns::{CampaignReports, open_days};
use stratum_query::ask::figures::{Kpi, order};
use stratum_state::campaign::{CampaignQuery, ListedCampaign};
use utoipa::{IntoParams, ToSchema};

use super::super::App;
use super::super::figures::tenant_figures;

/// Which campaigns.
#[derive(Debug, Default, Deserialize, IntoParams, ToSchema)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CampaignFilterParams {
    /// Platforms, separated by commas.
    #[param(value_type = Option<String>, example = "meta,google")]
    pub platform: Option<String>,
    /// Statuses, separated by commas.
    #[param(example = "active,paused")]
    #[schema(example = "active,paused")]
    pub status: Option<String>,
    /// A text that the name or the platform's id contains, in upper or lower case.
    pub search: Option<String>,
    /// Labels, separated by commas: campaigns that have every one of them.
    pub labels: Option<String>,
    /// The platform's ad account.
    pub account_id: Option<String>,
    /// The first day of the figures; campaigns that ended earlier are left out.
    #[param(value_type = Option<NaiveDate>)]
    #[schema(value_type = Option<NaiveDate>)]
    pub date_from: Option<String>,
    /// The last day of the figures; campaigns that begin later are left out.
    #[param(value_type = Option<NaiveDate>)]
    #[schema(value_type = Option<NaiveDate>)]
    pub date_to: Option<String>,
    /// The currency of the figures; the currency of each campaign if absent.
    #[param(value_type = Option<Currency>)]
    #[schema(value_type = Option<Currency>)]
    pub currency: Option<String>,
    /// Conditions on figures, separated by commas: the name of a KPI, `<`, `<=`, `>`, `>=` or `=`, and a
    /// number. An unknown figure meets no condition. Amounts are compared as they are shown.
    #[param(example = "roas<1.5,spend>=100")]
    #[schema(example = "roas<1.5,spend>=100")]
    pub having: Option<String>,
}

/// Which campaigns, as read.
pub struct CampaignFilter {
    /// Those that the state store tells apart.
    pub query: CampaignQuery,
    /// The days of their figures.
    pub days: DayRange,
    /// The same where both ends were given.
    pub range: Option<DayRange>,
    /// The currency of their figures; each campaign's own where `None`.
    pub currency: Option<Currency>,
    conditions: Vec<FigureCondition>,
}

impl CampaignFilterParams {
    /// The filter; `fields` holds the faults found so far.
    pub fn read(self, mut fields: Fields) -> Result<CampaignFilter, Refusal> {
        let day = |Date(day)| day;
        let from = fields.optional("date_from", self.date_from.as_deref()).map(day);
        let until = fields.optional("date_to", self.date_to.as_deref()).map(day);
        let currency = fields.optional("currency", self.currency.as_deref());
        let conditions = fields.list("having", self.having.as_deref());
        let query = CampaignQuery {
            platforms: fields.list("platform", self.platform.as_deref()),
            statuses: fields.list("status", self.status.as_deref()),
            search: fields.text("search", self.search, 200),
            labels: fields.list("labels", self.labels.as_deref()),
            account_id: fields
                .text("account_id", self.account_id, 512)
                .map(|id| Platform::any_account_id(&id).into_owned()),
            from,
            until,
            by_name: false,
            descending: true,
        };
        fields.finish()?;
        let days = open_days(from, until);
        let days = days.ok_or_else(|| {
            Refusal::unprocessable(
                "date_to",
                Fault::new(FaultCode::BeforeOther, "date_to lies before date_from")
                    .with("other", "date_from"),
            )
        })?;
        let range = from.zip(until).and_then(|(from, to)| DayRange::new(Day(from), Day(to)));
        Ok(CampaignFilter { query, days, range, currency, conditions })
    }
}

impl CampaignFilter {
    /// Whether figures decide which campaigns these are.
    pub fn needs_figures(&self) -> bool {
        !self.conditions.is_empty()
    }

    /// The currency of a campaign's figures.
    pub fn currency_of(&self, listed: &ListedCampaign) -> Currency {
        self.currency.unwrap_or(listed.currency)
    }

    /// These campaigns with the currency of each.
    pub fn wanted(
        &self,
        listed: &[ListedCampaign],
    ) -> impl Iterator<Item = (CampaignKey, Currency)> {
        listed.iter().filter_map(|one| Some((one.key.clone()?, self.currency_of(one))))
    }

    /// Every one of these campaigns in the order of the query. Their reports are read only where figures decide
    /// which they are. 422 where there are more than may be sorted at once.
    pub async fn campaigns(
        &self,
        app: &App,
        caller: &Authenticated,
        field: &'static str,
    ) -> Result<Vec<ListedCampaign>, Refusal> {
        match self.needs_figures() {
            true => Ok(self.all(app, caller, field).await?.0),
            false => self.listed(app, caller, field).await,
        }
    }

    /// The same, and their reports, converted only where figures decide which they are.
    pub async fn all(
        &self,
        app: &App,
        caller: &Authenticated,
        field: &'static str,
    ) -> Result<(Vec<ListedCampaign>, CampaignReports), Refusal> {
        let mut listed = self.listed(app, caller, field).await?;
        let source = tenant_figures(app, caller.scope);
        let reports = CampaignReports::of_all(source.warehouse, caller.scope, self.days);
        let mut reports = reports.await?;
        if self.needs_figures() {
            reports.convert(&source, self.days, self.wanted(&listed)).await?;
            listed.retain(|one| self.is_met_by(one, &reports));
        }
        Ok((listed, reports))
    }

    /// The campaigns that the state store finds.
    async fn listed(
        &self,
        app: &App,
        caller: &Authenticated,
        field: &'static str,
    ) -> Result<Vec<ListedCampaign>, Refusal> {
        let most = app.bounds.campaigns_sorted_max;
        let mut work = caller.work(app).await?;
        let (listed, total) = work.list_campaigns(&self.query, i64::from(most), 0).await?;
        if total > u64::from(most) {
            let message = format!(
                "{total} campaigns are too many to sort by a figure; narrow the list to {most}"
            );
            return Err(Refusal::unprocessable(field, message));
        }
        // The connection is somebody else's while the warehouse takes its time.
        Ok(listed)
    }

    fn is_met_by(&self, one: &ListedCampaign, reports: &CampaignReports) -> bool {
        let figures = one.key.as_ref().and_then(|key| {
            let figures = reports.figures(key, self.currency_of(one))?.figures;
            Some((figures, reports.is_reported(key)))
        });
        figures.is_some_and(|(figures, is_reported)| {
            let known = |one: &&FigureCondition| is_reported || one.is_of_events();
            self.conditions.iter().all(|one| known(&one) && one.is_met_by(&figures))
        })
    }

    /// These campaigns by a figure; unknown ones last, equal ones by id.
    pub fn sort(&self, listed: &mut [ListedCampaign], reports: &CampaignReports, kpi: Kpi) {
        let figure = |one: &ListedCampaign| {
            let key = one.key.as_ref()?;
            let known = reports.is_reported(key) || kpi.is_of_events();
            let all = reports.figures(key, self.currency_of(one)).filter(|_| known)?;
            all.figures.value(kpi)
        };
        let descending = self.query.descending;
        let figures: std::collections::HashMap<_, _> =
            listed.iter().map(|one| (one.id, figure(one))).collect();
        let of = |one: &ListedCampaign| figures.get(&one.id).copied().flatten();
        listed.sort_by(|a, b| order(of(a), of(b), descending).then(a.id.cmp(&b.id)));
    }
}

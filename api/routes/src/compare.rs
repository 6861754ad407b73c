//! Comparisons of figures with those of other days, and their changes since.

use serde::{Deserialize, Serialize};
use stratum_http::fields::Fields;
use stratum_query::ask::figures::Kpi;
use stratum_query::ask::sums::ConvertedFigures;
use utoipa::{IntoParams, ToSchema};

use stratum_http::day::Date;

use super::range::{ComparePeriod, Comparison};

/// The days to compare with.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CompareParams {
    /// The days to compare with, as many as the range has. `previous_period` ends the day before, `previous_year` begins
    /// on the same date a year earlier. `same_weekdays` are the nearest earlier days with the same days of the week,
    /// and `same_weekdays_previous_year` lie 52 weeks earlier.
    #[param(value_type = Option<ComparePeriod>)]
    pub compare_period: Option<String>,
    /// The first day of the days to compare with, instead of `compare_period`.
    #[param(value_type = Option<NaiveDate>)]
    pub compare_from: Option<String>,
}

impl CompareParams {
    /// The period that is asked for; what is wrong is left in `fields`.
    pub fn read(&self, fields: &mut Fields) -> Option<Comparison> {
        let named: Option<ComparePeriod> =
            fields.optional("compare_period", self.compare_period.as_deref());
        let from = fields.optional("compare_from", self.compare_from.as_deref());
        if named.is_some() && from.is_some() {
            fields.fault("compare_from", "cannot be used together with compare_period");
        }
        named.map(Comparison::Period).or(from.map(|Date(day)| Comparison::From(day)))
    }
}

/// The change of each KPI since the compared period, in percent: null from zero, where either is not known, and
/// between amounts of two currencies.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Changes {
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
    tracked_roas_change: Option<f64>,
    tracked_cpa_change: Option<f64>,
    tracked_cvr_change: Option<f64>,
}

impl Changes {
    /// The changes from `before` to `now`.
    pub fn since(before: &ConvertedFigures, now: &ConvertedFigures) -> Changes {
        let change = |kpi| now.change_since(before, kpi);
        Changes {
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
            tracked_roas_change: change(Kpi::TrackedRoas),
            tracked_cpa_change: change(Kpi::TrackedCpa),
            tracked_cvr_change: change(Kpi::TrackedCvr),
        }
    }
}

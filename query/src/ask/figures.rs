//! KPIs by name, and the figures of a group of campaigns.

use std::cmp::Ordering;

use stratum_models::fx::Tally;
use stratum_models::metrics::MetricSums;
use stratum_models::money::MICROS;
use stratum_models::name_set;

name_set! {
    /// A KPI: a sum or a ratio of sums.
    #[derive(Default)]
    Kpi {
        /// Amount spent, as the platforms report it.
        #[default]
        Spend = "spend",
        /// Conversion value, as the platforms report it.
        Revenue = "revenue",
        /// Times shown.
        Impressions = "impressions",
        /// Times clicked.
        Clicks = "clicks",
        /// Conversions, as the platforms report them.
        Conversions = "conversions",
        /// Revenue / spend.
        Roas = "roas",
        /// Clicks / impressions × 100.
        Ctr = "ctr",
        /// Spend / clicks.
        Cpc = "cpc",
        /// Spend / impressions × 1000.
        Cpm = "cpm",
        /// Spend / conversions.
        Cpa = "cpa",
        /// Conversions / clicks × 100.
        Cvr = "cvr",
        /// Purchases that events show.
        TrackedConversions = "tracked_conversions",
        /// Their value.
        TrackedRevenue = "tracked_revenue",
        /// Tracked revenue / spend.
        TrackedRoas = "tracked_roas",
        /// Spend / purchases that events show.
        TrackedCpa = "tracked_cpa",
        /// Purchases that events show / clicks × 100.
        TrackedCvr = "tracked_cvr",
    }
}

impl Kpi {
    /// Whether events alone tell it, whatever platforms report.
    pub const fn is_of_events(self) -> bool {
        matches!(self, Kpi::TrackedConversions | Kpi::TrackedRevenue)
    }

    /// Whether it is an amount of money, which compares with amounts of the same currency only.
    pub const fn is_amount(self) -> bool {
        matches!(
            self,
            Kpi::Spend
                | Kpi::Revenue
                | Kpi::Cpc
                | Kpi::Cpm
                | Kpi::Cpa
                | Kpi::TrackedRevenue
                | Kpi::TrackedCpa
        )
    }
}

/// Sums and ratios in one currency, amounts in its units. Amounts are `None` where they are not known in
/// the currency, a ratio also where its denominator is zero.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    /// [`Kpi::Spend`].
    pub spend: Option<f64>,
    /// [`Kpi::Revenue`].
    pub revenue: Option<f64>,
    /// [`Kpi::Impressions`].
    pub impressions: i64,
    /// [`Kpi::Clicks`].
    pub clicks: i64,
    /// [`Kpi::Conversions`]; platforms attribute fractions.
    pub conversions: f64,
    /// [`Kpi::Roas`].
    pub roas: Option<f64>,
    /// [`Kpi::Ctr`].
    pub ctr: Option<f64>,
    /// [`Kpi::Cpc`].
    pub cpc: Option<f64>,
    /// [`Kpi::Cpm`].
    pub cpm: Option<f64>,
    /// [`Kpi::Cpa`].
    pub cpa: Option<f64>,
    /// [`Kpi::Cvr`].
    pub cvr: Option<f64>,
    /// [`Kpi::TrackedConversions`]; `None` where events cannot tell.
    pub tracked_conversions: Option<i64>,
    /// [`Kpi::TrackedRevenue`].
    pub tracked_revenue: Option<f64>,
    /// [`Kpi::TrackedRoas`].
    pub tracked_roas: Option<f64>,
    /// [`Kpi::TrackedCpa`].
    pub tracked_cpa: Option<f64>,
    /// [`Kpi::TrackedCvr`].
    pub tracked_cvr: Option<f64>,
}

impl Figures {
    /// The figures of a tally.
    pub fn of_tally(tally: &Tally) -> Figures {
        let reported = tally.knows_reported();
        // A few tracked sales without a rate must not hide what the platforms report.
        Figures::of(&tally.sums(), reported, reported && tally.knows_tracked())
    }

    /// The figures of sums; without those amounts, reported or tracked, that are not in one currency.
    pub fn of(sums: &MetricSums, reported: bool, tracked: bool) -> Figures {
        let ratios = sums.ratios();
        let amount = |micros: i128| reported.then(|| units(micros));
        let of_amounts = |ratio: Option<f64>| ratio.filter(|_| reported);
        Figures {
            spend: amount(sums.spend_micros),
            revenue: amount(sums.revenue_micros),
            impressions: count(sums.impressions),
            clicks: count(sums.clicks),
            conversions: units(sums.conversions_micros),
            roas: of_amounts(ratios.roas),
            ctr: ratios.ctr,
            cpc: of_amounts(ratios.cpc),
            cpm: of_amounts(ratios.cpm),
            cpa: of_amounts(ratios.cpa),
            cvr: ratios.cvr,
            tracked_conversions: Some(count(sums.tracked_conversions)),
            tracked_revenue: tracked.then(|| units(sums.tracked_revenue_micros)),
            tracked_roas: of_amounts(ratios.tracked_roas).filter(|_| tracked),
            tracked_cpa: of_amounts(ratios.tracked_cpa),
            tracked_cvr: ratios.tracked_cvr,
        }
    }

    /// Without the figures of events, because events cannot tell.
    #[must_use]
    pub fn untracked(self) -> Figures {
        Figures {
            tracked_conversions: None,
            tracked_revenue: None,
            tracked_roas: None,
            tracked_cpa: None,
            tracked_cvr: None,
            ..self
        }
    }

    /// The value of a KPI; `None` where it is not known.
    pub fn value(&self, kpi: Kpi) -> Option<f64> {
        match kpi {
            Kpi::Spend => self.spend,
            Kpi::Revenue => self.revenue,
            Kpi::Impressions => Some(self.impressions as f64),
            Kpi::Clicks => Some(self.clicks as f64),
            Kpi::Conversions => Some(self.conversions),
            Kpi::Roas => self.roas,
            Kpi::Ctr => self.ctr,
            Kpi::Cpc => self.cpc,
            Kpi::Cpm => self.cpm,
            Kpi::Cpa => self.cpa,
            Kpi::Cvr => self.cvr,
            Kpi::TrackedConversions => self.tracked_conversions.map(|count| count as f64),
            Kpi::TrackedRevenue => self.tracked_revenue,
            Kpi::TrackedRoas => self.tracked_roas,
            Kpi::TrackedCpa => self.tracked_cpa,
            Kpi::TrackedCvr => self.tracked_cvr,
        }
    }
}

fn units(micros: i128) -> f64 {
    micros as f64 / MICROS as f64
}

fn count(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

/// The order of two values of a KPI. Unknown ones come last, whatever the order.
pub fn order(a: Option<f64>, b: Option<f64>, descending: bool) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) if descending => b.total_cmp(&a),
        (Some(a), Some(b)) => a.total_cmp(&b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_values_come_last() {
        for (descending, expected) in
            [(true, [Some(2.0), Some(1.0), None]), (false, [Some(1.0), Some(2.0), None])]
        {
            let mut values = [Some(1.0), None, Some(2.0)];
            values.sort_by(|a, b| order(*a, *b, descending));
            assert_eq!(values, expected);
        }
    }

    #[test]
    fn an_unknown_kpi_is_answered_with_the_known_ones() {
        let names = "spend, revenue, impressions, clicks, conversions, roas, ctr, cpc, cpm, cpa, \
                     cvr, tracked_conversions, tracked_revenue, tracked_roas, tracked_cpa, \
                     tracked_cvr";
        assert_eq!("money".parse::<Kpi>(), Err(format!("must be one of {names}")));
    }

    #[test]
    fn a_kpi_is_the_figure_of_its_name() {
        let sums = MetricSums {
            spend_micros: 50_000_000,
            impressions: 10_000,
            clicks: 100,
            conversions_micros: 2_500_000,
            revenue_micros: 125_000_000,
            tracked_conversions: 4,
            tracked_revenue_micros: 100_000_000,
        };
        let figures = Figures::of(&sums, true, true);
        let values: Vec<f64> = Kpi::ALL.iter().map(|kpi| figures.value(*kpi).unwrap()).collect();
        let expected = [
            50.0, 125.0, 10_000.0, 100.0, 2.5, 2.5, 1.0, 0.5, 5.0, 20.0, 2.5, 4.0, 100.0, 2.0,
            12.5, 4.0,
        ];
        assert_eq!(values, expected);
        let unknown = Figures::of(&sums, false, false);
        let known = Kpi::ALL.iter().copied().filter(|kpi| unknown.value(*kpi).is_some());
        let known: Vec<_> = known.map(Kpi::as_str).collect();
        let counted = [
            "impressions",
            "clicks",
            "conversions",
            "ctr",
            "cvr",
            "tracked_conversions",
            "tracked_cvr",
        ];
        assert_eq!(known, counted, "an amount that is not known hides its ratios too");
    }

    #[test]
    fn counts_stay_within_64_bits() {
        let sums =
            MetricSums { impressions: i128::MAX, clicks: i128::MIN, ..MetricSums::default() };
        let figures = Figures::of(&sums, true, true);
        assert_eq!((figures.impressions, figures.clicks), (i64::MAX, i64::MIN));
    }
}

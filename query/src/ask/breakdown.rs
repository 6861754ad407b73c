//! KPIs by what they are made of, and what remains of the whole.

use std::collections::BTreeMap;

use stratum_models::breakdown::{BreakdownBy, BreakdownQuery, Part, PartKey, PartNames};
use stratum_models::metrics::{KpiGrouping, KpiQuery};
use stratum_models::money::Currency;
use stratum_models::store::StoreError;

use super::TenantFigures;
use super::exchange::Exchange;
use super::figures::{Kpi, order};
use super::sums::{ConvertedFigures, CurrencySums};

/// The parts of a whole. All of them and the remainder add up to the total.
#[derive(Clone, Debug, PartialEq)]
pub struct Breakdown {
    /// The figures of the whole, those of [`TenantFigures::kpis`].
    pub total: ConvertedFigures,
    /// The parts, by key.
    pub parts: Vec<PartFigures>,
    /// The figures in the total and in no part. Below zero where parts report more than their campaigns.
    pub remainder: ConvertedFigures,
}

/// One part of a whole.
#[derive(Clone, Debug, PartialEq)]
pub struct PartFigures {
    /// The part.
    pub key: PartKey,
    /// The newest names.
    pub names: PartNames,
    sums: CurrencySums,
    is_tracked: bool,
}

impl PartFigures {
    /// The figures of the part; without those of events where events do not know it.
    pub fn figures(&self) -> ConvertedFigures {
        self.sums.converted().tracked_if(self.is_tracked)
    }
}

impl TenantFigures<'_> {
    /// The KPIs of each part, in the currency of [`TenantFigures::kpis`].
    pub async fn breakdown(
        &self,
        query: KpiQuery,
        by: BreakdownBy,
        wanted: Option<Currency>,
    ) -> Result<Breakdown, StoreError> {
        let totals = self.warehouse.kpi_groups(self.scope, &query, KpiGrouping::Total).await?;
        let exchange = Exchange::of(self, wanted, &totals);
        let (totals, into) = exchange.convert(&query, totals, KpiGrouping::Day).await?;
        let total = CurrencySums::of(&totals, &into);
        let (to, is_tracked) = (into.to, query.is_tracked());
        let asked = BreakdownQuery { of: query, by, into };
        let parts = self.warehouse.breakdown(self.scope, &asked).await?;
        let parts = by_key(parts, to, is_tracked && by.is_tracked());
        let remainder = total.without(parts.iter().map(|part| &part.sums));
        Ok(Breakdown {
            total: total.converted().tracked_if(is_tracked),
            parts,
            remainder: remainder.converted().tracked_if(is_tracked),
        })
    }
}

impl Breakdown {
    /// Sorts the parts by a KPI; equal ones stay in the order of their keys.
    pub fn sort_by(&mut self, kpi: Kpi, descending: bool) {
        let parts = std::mem::take(&mut self.parts).into_iter();
        let mut parts: Vec<_> = parts.map(|part| (part.sums.figures().value(kpi), part)).collect();
        parts.sort_by(|(a, _), (b, _)| order(*a, *b, descending));
        self.parts = parts.into_iter().map(|(_, part)| part).collect();
    }
}

/// The parts, each with all of its currencies.
fn by_key(parts: Vec<Part>, to: Currency, is_tracked: bool) -> Vec<PartFigures> {
    let mut by_key = BTreeMap::<PartKey, PartFigures>::new();
    for part in parts {
        let one = by_key.entry(part.key.clone()).or_insert_with(|| PartFigures {
            key: part.key.clone(),
            names: PartNames::default(),
            sums: CurrencySums::new(to),
            is_tracked,
        });
        one.sums.add(&part);
        // A part reported in two currencies has a name in each; any will do but none.
        if one.names == PartNames::default() {
            one.names = part.names;
        }
    }
    by_key.into_values().collect()
}

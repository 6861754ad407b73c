//! The currency of an answer, and the rates by which amounts get into it.

use chrono::Days;
use stratum_models::fx::{CARRIED_DAYS_MAX, Conversion, Currencies};
use stratum_models::metrics::{KpiGroup, KpiGrouping, KpiQuery};
use stratum_models::money::Currency;
use stratum_models::store::StoreError;
use stratum_models::time::{Day, DayRange};

use super::TenantFigures;

/// The currency of one answer, and where its rates come from.
pub(super) struct Exchange<'a> {
    source: &'a TenantFigures<'a>,
    to: Currency,
}

impl<'a> Exchange<'a> {
    /// Into the currency asked for, else the only one of these groups, else the tenant's own.
    pub(super) fn of(
        source: &'a TenantFigures<'a>,
        wanted: Option<Currency>,
        groups: &[KpiGroup],
    ) -> Exchange<'a> {
        let own = source.reporting_currency;
        let to = wanted.or_else(|| Currencies::of(groups).target(own)).unwrap_or(own);
        Exchange { source, to }
    }

    /// These groups where their amounts are in the one currency; else the answer of the same question
    /// by day, with the rates of those days.
    pub(super) async fn convert(
        &self,
        query: &KpiQuery,
        groups: Vec<KpiGroup>,
        by_day: KpiGrouping,
    ) -> Result<(Vec<KpiGroup>, Conversion), StoreError> {
        if !Currencies::of(&groups).needs_rates(self.to) {
            return Ok((groups, Conversion::new(self.to, [])));
        }
        let TenantFigures { warehouse, scope, .. } = *self.source;
        let groups = warehouse.kpi_groups(scope, query, by_day).await?;
        let conversion = self.conversion(query.days, &groups).await?;
        Ok((groups, conversion))
    }

    /// The rates of these days for the currencies of these groups; none where they need none.
    pub(super) async fn conversion(
        &self,
        days: DayRange,
        groups: &[KpiGroup],
    ) -> Result<Conversion, StoreError> {
        let currencies = Currencies::of(groups);
        if !currencies.needs_rates(self.to) {
            return Ok(Conversion::new(self.to, []));
        }
        let needed = currencies.to_convert(self.to);
        // A day without a rate has the last one before it.
        let earliest = Days::new(CARRIED_DAYS_MAX.unsigned_abs());
        let from = days.from.0.checked_sub_days(earliest).map_or(days.from, Day);
        let TenantFigures { rates, scope, .. } = *self.source;
        let rates = rates.fx_rates(scope, DayRange { from, to: days.to }, &needed).await?;
        Ok(Conversion::carrying(self.to, rates.iter().copied(), days))
    }
}

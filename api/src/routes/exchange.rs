//! Answers in one currency: which one, and asked again day by day where amounts must be converted.

use std::sync::Arc;

use chrono::Days;
use stratum_models::fx::{CARRIED_DAYS_MAX, Conversion, Currencies, FxRate};
use stratum_models::metrics::{KpiGroup, KpiGrouping, KpiQuery};
use stratum_models::money::Currency;
use stratum_models::time::{Day, DayRange};
use stratum_state::fx_copies::FxQuestion;
use tokio::time::Instant;

use super::App;
use crate::answer::Refusal;
use crate::auth::Authenticated;

/// The currency of one answer, and where its rates come from.
pub struct Exchange<'a> {
    app: &'a App,
    caller: &'a Authenticated,
    to: Currency,
}

impl<'a> Exchange<'a> {
    /// Into the currency asked for, else the only one of these groups, else the tenant's own.
    pub fn of(
        app: &'a App,
        caller: &'a Authenticated,
        wanted: Option<Currency>,
        groups: &[KpiGroup],
    ) -> Exchange<'a> {
        let reporting = app.directory.reporting_currency(caller.scope.tenant_id());
        let reporting = reporting.unwrap_or(Currency::USD);
        let to = wanted.or_else(|| Currencies::of(groups).target(reporting)).unwrap_or(reporting);
        Exchange { app, caller, to }
    }

    /// The currency it is.
    pub fn to(&self) -> Currency {
        self.to
    }

    /// These groups where their amounts are in the one currency; else what the same question says
    /// by day, with the rates of those days.
    pub async fn convert(
        &self,
        query: &KpiQuery,
        groups: Vec<KpiGroup>,
        by_day: KpiGrouping,
    ) -> Result<(Vec<KpiGroup>, Conversion), Refusal> {
        let currencies = Currencies::of(&groups);
        if !currencies.needs_rates(self.to) {
            return Ok((groups, Conversion::new(self.to, [])));
        }
        let groups = self.app.warehouse.kpi_groups(self.caller.scope, query, by_day).await?;
        let conversion = self.conversion(query.days, &groups).await?;
        Ok((groups, conversion))
    }

    /// How these groups are converted.
    pub async fn conversion(
        &self,
        days: DayRange,
        groups: &[KpiGroup],
    ) -> Result<Conversion, Refusal> {
        let currencies = Currencies::of(groups);
        if !currencies.needs_rates(self.to) {
            return Ok(Conversion::new(self.to, []));
        }
        let needed = currencies.to_convert(self.to);
        // A day without a rate has the last one before it.
        let earliest = Days::new(CARRIED_DAYS_MAX.unsigned_abs());
        let from = days.from.0.checked_sub_days(earliest).map_or(days.from, Day);
        let rates = self.rates(DayRange { from, to: days.to }, needed).await?;
        Ok(Conversion::carrying(self.to, rates.iter().copied(), days))
    }

    /// The rates of these days, from memory where they were read lately.
    async fn rates(
        &self,
        days: DayRange,
        currencies: Vec<Currency>,
    ) -> Result<Arc<[FxRate]>, Refusal> {
        let tenant = self.caller.scope.tenant_id();
        let question = FxQuestion { tenant, days, currencies };
        if let Some(rates) = self.app.fx.find(&question) {
            return Ok(rates);
        }
        let read_at = Instant::now();
        let mut work = self.caller.work(self.app).await?;
        let rates: Arc<[FxRate]> = work.fx_rates(days, &question.currencies).await?.into();
        self.app.fx.keep(question, rates.clone(), read_at);
        Ok(rates)
    }
}

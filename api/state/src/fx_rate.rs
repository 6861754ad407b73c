//! Exchange rates as they count for a tenant: its own, and behind them a bank's.

use chrono::NaiveDate;
use stratum_models::fx::FxRate;
use stratum_models::money::Currency;
use stratum_models::store::StoreError;
use stratum_models::time::{Day, DayRange};

use super::work::TenantWork;
use super::{damaged, store_error};

/// A rate and whose it is.
#[derive(Clone, Copy, Debug)]
pub struct ListedFxRate {
    /// The rate.
    pub rate: FxRate,
    /// Whether it is the tenant's own; else it is the bank's.
    pub is_own: bool,
}

/// Which rates; newest day first.
#[derive(Clone, Copy, Debug, Default)]
pub struct FxRateQuery {
    /// From this day on.
    pub from: Option<NaiveDate>,
    /// Up to this day.
    pub to: Option<NaiveDate>,
    /// Of one currency.
    pub currency: Option<Currency>,
}

struct FxRateRow {
    date: NaiveDate,
    currency: String,
    per_usd_nanos: i64,
}

impl TryFrom<FxRateRow> for FxRate {
    type Error = StoreError;
    fn try_from(row: FxRateRow) -> Result<FxRate, StoreError> {
        let currency = row.currency.parse().map_err(|_| damaged("currency"))?;
        Ok(FxRate { day: Day(row.date), currency, per_usd_nanos: row.per_usd_nanos })
    }
}

impl TenantWork {
    /// Every rate of these currencies on these days, by day and currency: the tenant's own, and where it has
    /// none the bank's.
    pub async fn fx_rates(
        &mut self,
        days: DayRange,
        currencies: &[Currency],
    ) -> Result<Vec<FxRate>, StoreError> {
        let (from, to) = (days.from.0, days.to.0);
        let codes: Vec<String> = currencies.iter().map(|one| one.as_str().to_owned()).collect();
        let rows =
            sqlx::query_file_as!(FxRateRow, "sql/select_fx_rates.sql", self.key, from, to, &codes);
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        rows.into_iter().map(FxRate::try_from).collect()
    }

    /// Writes rates, over those that are there. No day and currency may come twice.
    pub async fn put_fx_rates(&mut self, rates: &[FxRate]) -> Result<(), StoreError> {
        let days: Vec<NaiveDate> = rates.iter().map(|rate| rate.day.0).collect();
        let currencies: Vec<String> =
            rates.iter().map(|rate| rate.currency.as_str().to_owned()).collect();
        let nanos: Vec<i64> = rates.iter().map(|rate| rate.per_usd_nanos).collect();
        let statement = sqlx::query_file!(
            "sql/upsert_fx_rates.sql",
            self.key,
            &days,
            &currencies,
            &nanos,
            self.now()
        );
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(())
    }

    /// Takes a rate of the tenant's own away, so that the bank's counts again; `false` when there is none.
    pub async fn delete_fx_rate(
        &mut self,
        day: NaiveDate,
        currency: Currency,
    ) -> Result<bool, StoreError> {
        let currency = currency.as_str();
        let statement = sqlx::query_file!("sql/delete_fx_rate.sql", self.key, day, currency);
        Ok(statement.execute(self.connection()).await.map_err(store_error)?.rows_affected() > 0)
    }

    /// A part of the rates that are asked for, and how many there are in all.
    pub async fn list_fx_rates(
        &mut self,
        query: FxRateQuery,
        limit: i64,
        offset: i64,
    ) -> Result<(Vec<ListedFxRate>, u64), StoreError> {
        let currency = query.currency.map(|currency| currency.as_str().to_owned());
        let rows = sqlx::query_file!(
            "sql/list_fx_rates.sql",
            self.key,
            query.from,
            query.to,
            currency,
            limit,
            offset
        );
        let rows = rows.fetch_all(self.connection()).await.map_err(store_error)?;
        let total =
            sqlx::query_file!("sql/count_fx_rates.sql", self.key, query.from, query.to, currency);
        let total = total.fetch_one(self.connection()).await.map_err(store_error)?;
        let listed = rows.into_iter().map(|row| {
            let (date, currency, per_usd_nanos) = (row.date, row.currency, row.per_usd_nanos);
            let rate = FxRate::try_from(FxRateRow { date, currency, per_usd_nanos })?;
            Ok(ListedFxRate { rate, is_own: row.is_own })
        });
        let rates = listed.collect::<Result<_, StoreError>>()?;
        Ok((rates, total.rates.unsigned_abs()))
    }
}

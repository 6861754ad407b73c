//! A bank's reference rates, the same for every tenant, and when it was asked for them.

use chrono::{DateTime, NaiveDate, Utc};
use stratum_models::fx::FxRate;
use stratum_models::store::StoreError;
use stratum_models::time::Day;

use super::store_error;
use super::work::SystemWork;

/// The turn to ask the bank.
#[derive(Clone, Copy, Debug)]
pub struct RatesTurn {
    /// The newest day there are rates of.
    pub newest: Option<Day>,
    /// Failures in a row so far.
    pub failures: u32,
}

/// The state of the bank's rates.
#[derive(Clone, Debug)]
pub struct RatesSource {
    /// When they were last fetched.
    pub fetched_at: Option<DateTime<Utc>>,
    /// The newest day there are rates of.
    pub newest_day: Option<NaiveDate>,
    /// Why the last try failed.
    pub error: Option<String>,
}

impl SystemWork {
    /// Takes the turn to ask until `next`; `None` where it is not due, or another process has it.
    pub async fn claim_reference_rates(
        &mut self,
        next: DateTime<Utc>,
    ) -> Result<Option<RatesTurn>, StoreError> {
        let statement = sqlx::query_file!("sql/claim_reference_rates.sql", self.now(), next);
        let turn = statement.fetch_optional(self.connection()).await.map_err(store_error)?;
        Ok(turn.map(|turn| RatesTurn {
            newest: turn.newest_day.map(Day),
            failures: turn.failures.unsigned_abs(),
        }))
    }

    /// Writes rates, over those that are there, and that they were fetched. No day and currency may come twice.
    pub async fn put_reference_rates(&mut self, rates: &[FxRate]) -> Result<(), StoreError> {
        const TOGETHER: usize = 5_000;
        for rates in rates.chunks(TOGETHER) {
            let days: Vec<NaiveDate> = rates.iter().map(|rate| rate.day.0).collect();
            let currencies: Vec<String> =
                rates.iter().map(|rate| rate.currency.as_str().to_owned()).collect();
            let nanos: Vec<i64> = rates.iter().map(|rate| rate.per_usd_nanos).collect();
            let statement =
                sqlx::query_file!("sql/upsert_reference_rates.sql", &days, &currencies, &nanos);
            statement.execute(self.connection()).await.map_err(store_error)?;
        }
        let newest = rates.iter().map(|rate| rate.day.0).max();
        let note = sqlx::query_file!("sql/note_reference_rates.sql", self.now(), newest);
        note.execute(self.connection()).await.map_err(store_error)?;
        Ok(())
    }

    /// Writes down why there are none, and when it is tried again.
    pub async fn note_rates_failure(
        &mut self,
        next: DateTime<Utc>,
        error: &str,
    ) -> Result<(), StoreError> {
        let statement = sqlx::query_file!("sql/note_reference_rates_failure.sql", next, error);
        statement.execute(self.connection()).await.map_err(store_error)?;
        Ok(())
    }

    /// The state of the bank's rates.
    pub async fn rates_source(&mut self) -> Result<RatesSource, StoreError> {
        let row = sqlx::query_file!("sql/select_reference_rate_source.sql");
        let row = row.fetch_one(self.connection()).await.map_err(store_error)?;
        let (fetched_at, newest_day, error) = (row.fetched_at, row.newest_day, row.error);
        Ok(RatesSource { fetched_at, newest_day, error })
    }
}

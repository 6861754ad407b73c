//! Exchange rates by themselves: the European Central Bank is asked for its reference rates now and then.
//!
//! Each jobs process looks whether it is time; one of them takes the turn, by one row in the state store. What is
//! fetched lies behind a tenant's own rates, and is the same for all of them.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use stratum_models::fx::FxRate;
use stratum_models::store::StoreError;
use stratum_models::time::{Day, SharedClock};
use stratum_reports::reference_rates::{
    RateFile, RatesError, ReferenceRates, ReferenceRatesConfig,
};
use stratum_state::PostgresState;
use tokio_util::sync::CancellationToken;

use crate::every;

/// Seconds since exchange rates were last fetched.
pub const EXCHANGE_RATES_AGE_SECONDS: &str = "stratum_api_exchange_rates_age_seconds";
/// Times that exchange rates were asked for, by outcome.
pub const EXCHANGE_RATE_FETCHES: &str = "stratum_api_exchange_rate_fetches_total";

/// Whether and how often the bank is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExchangeRatesConfig {
    /// Whether it is asked at all. What was fetched before goes on to count.
    pub enabled: bool,
    /// The time between two questions, in milliseconds.
    pub every_ms: u64,
    /// The pause after the first failure; it doubles with each, up to `every_ms`.
    pub retry_ms_min: u64,
    /// The time between two looks at whether it is time, in milliseconds.
    pub look_ms: u64,
    /// Where the files are, and the bounds of asking for them.
    pub source: ReferenceRatesConfig,
}

impl Default for ExchangeRatesConfig {
    fn default() -> ExchangeRatesConfig {
        ExchangeRatesConfig {
            enabled: true,
            every_ms: 3_600_000,
            retry_ms_min: 60_000,
            look_ms: 15_000,
            source: ReferenceRatesConfig::default(),
        }
    }
}

/// The job that asks for rates and keeps them.
pub struct RateKeeper {
    /// Where rates are kept.
    pub state: PostgresState,
    /// Who knows them.
    pub bank: ReferenceRates,
    /// The time.
    pub clock: SharedClock,
    /// The configuration.
    pub config: ExchangeRatesConfig,
}

/// Why no rates were kept.
#[derive(Debug, thiserror::Error)]
enum RatesFetchError {
    #[error(transparent)]
    Bank(#[from] RatesError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl RateKeeper {
    /// Looks until `stop`, where it is turned on.
    pub async fn run(self, stop: CancellationToken) {
        // A stage that ends by itself ends the process.
        if !self.config.enabled {
            return stop.cancelled().await;
        }
        every(Duration::from_millis(self.config.look_ms), &stop, || async {
            if let Err(error) = self.look().await {
                tracing::warn!(error = %error, "exchange rates were not kept");
            }
        })
        .await;
    }

    /// Asks the bank where it is time, and no other process does.
    async fn look(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let in_ms = |ms: u64| now.to_utc() + Duration::from_millis(ms);
        let mut work = self.state.system().await?;
        let turn = work.claim_reference_rates(in_ms(self.config.every_ms)).await?;
        let source = work.rates_source().await?;
        work.commit().await?;
        if let Some(fetched_at) = source.fetched_at {
            let age = (now.to_utc() - fetched_at).num_seconds().max(0);
            metrics::gauge!(EXCHANGE_RATES_AGE_SECONDS).set(age as f64);
        }
        let Some(turn) = turn else { return Ok(()) };
        let file = RateFile::after(turn.newest, now.day_in(chrono_tz::UTC));
        let outcome = match self.fetch(file).await {
            Ok(rates) => {
                tracing::info!(rates, ?file, "exchange rates fetched");
                "fetched"
            }
            Err(error) => {
                tracing::warn!(error = %error, ?file, "exchange rates were not fetched");
                let pause = self.pause(turn.failures);
                let mut work = self.state.system().await?;
                work.note_rates_failure(in_ms(pause), &error.to_string()).await?;
                work.commit().await?;
                "failed"
            }
        };
        metrics::counter!(EXCHANGE_RATE_FETCHES, "outcome" => outcome).increment(1);
        Ok(())
    }

    /// Fetches a file and keeps its rates, all or none; how many.
    async fn fetch(&self, file: RateFile) -> Result<usize, RatesFetchError> {
        let rates = distinct(self.bank.fetch(file).await?);
        let mut work = self.state.system().await?;
        work.put_reference_rates(&rates).await?;
        work.commit().await?;
        Ok(rates.len())
    }

    fn pause(&self, failures: u32) -> u64 {
        let doubled = 1u64.checked_shl(failures).unwrap_or(u64::MAX);
        self.config.retry_ms_min.saturating_mul(doubled).min(self.config.every_ms)
    }
}

/// One rate a day and currency; of several the last.
fn distinct(rates: Vec<FxRate>) -> Vec<FxRate> {
    let each = rates.into_iter().map(|rate| ((rate.day, rate.currency), rate));
    let each: BTreeMap<(Day, _), FxRate> = each.collect();
    each.into_values().collect()
}

//! Exchange rates, from memory where they were read lately, so that an answer in several currencies that
//! is kept costs no statement. A copy is as old as the directory's at most; this process's own changes are
//! seen at once.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use stratum_models::fx::{FxRate, FxRates};
use stratum_models::id::TenantId;
use stratum_models::money::Currency;
use stratum_models::scope::TenantScope;
use stratum_models::store::StoreError;
use stratum_models::time::DayRange;
use tokio::time::Instant;

use super::audit::Author;
use super::{PostgresState, StateConfig};

/// Memory of all copies.
const BYTES_MAX: u64 = 16 << 20;
/// Copies that are expected.
const COPIES: usize = 1024;

/// The exchange rates of the state.
pub struct StateFxRates {
    state: PostgresState,
    copies: FxCopies,
}

impl StateFxRates {
    /// The rates of this state.
    pub fn new(state: PostgresState, config: &StateConfig) -> StateFxRates {
        StateFxRates { state, copies: FxCopies::new(config) }
    }

    /// Forgets all copies, because rates have changed.
    pub fn clear(&self) {
        self.copies.copies.clear();
    }
}

#[async_trait]
impl FxRates for StateFxRates {
    async fn fx_rates(
        &self,
        scope: TenantScope,
        days: DayRange,
        currencies: &[Currency],
    ) -> Result<Arc<[FxRate]>, StoreError> {
        let currencies = currencies.to_vec();
        let question = FxQuestion { tenant: scope.tenant_id(), days, currencies };
        if let Some(rates) = self.copies.find(&question) {
            return Ok(rates);
        }
        let read_at = Instant::now();
        let mut work = self.state.tenant(scope, Author::system()).await?;
        let rates: Arc<[FxRate]> = work.fx_rates(days, &question.currencies).await?.into();
        self.copies.keep(question, rates.clone(), read_at);
        Ok(rates)
    }
}

/// The rates that are asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct FxQuestion {
    tenant: TenantId,
    days: DayRange,
    currencies: Vec<Currency>,
}

/// The copies of a process.
struct FxCopies {
    copies: Cache<FxQuestion, Copy, Bytes>,
    age_max: Duration,
}

#[derive(Clone)]
struct Copy {
    rates: Arc<[FxRate]>,
    read_at: Instant,
}

#[derive(Clone)]
struct Bytes;

impl Weighter<FxQuestion, Copy> for Bytes {
    fn weight(&self, question: &FxQuestion, copy: &Copy) -> u64 {
        let fixed = size_of::<(FxQuestion, Copy)>();
        (fixed + size_of_val(&*question.currencies) + size_of_val(&*copy.rates)) as u64
    }
}

impl FxCopies {
    fn new(config: &StateConfig) -> FxCopies {
        let age_max = Duration::from_millis(config.directory_refresh_ms);
        FxCopies { copies: Cache::with_weighter(COPIES, BYTES_MAX, Bytes), age_max }
    }

    /// The rates, where they were read lately.
    fn find(&self, question: &FxQuestion) -> Option<Arc<[FxRate]>> {
        let copy = self.copies.get(question)?;
        (copy.read_at.elapsed() < self.age_max).then_some(copy.rates)
    }

    /// Keeps what began to be read at this moment.
    fn keep(&self, question: FxQuestion, rates: Arc<[FxRate]>, read_at: Instant) {
        self.copies.insert(question, Copy { rates, read_at });
    }
}

#[cfg(test)]
mod tests {
    use stratum_models::time::Day;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_copy_counts_for_a_while_and_until_rates_change() {
        let copies = FxCopies::new(&StateConfig::default());
        let day = Day::from_epoch_days(20_000).unwrap();
        let days = DayRange::new(day, day).unwrap();
        let currencies = vec![Currency::parse("EUR").unwrap()];
        let question = FxQuestion { tenant: TenantId(1), days, currencies };
        let rate = FxRate { day, currency: question.currencies[0], per_usd_nanos: 5 };
        let keep = || copies.keep(question.clone(), [rate].into(), Instant::now());
        assert!(copies.find(&question).is_none());
        keep();
        assert_eq!(*copies.find(&question).unwrap(), [rate]);
        let other = FxQuestion { tenant: TenantId(2), ..question.clone() };
        assert!(copies.find(&other).is_none());
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert!(copies.find(&question).is_none(), "too old");
        keep();
        copies.copies.clear();
        assert!(copies.find(&question).is_none(), "changed");
    }
}

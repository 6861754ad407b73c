//! Exchange rates read lately, so that an answer in several currencies that is kept costs no statement.
//! A copy is as old as the directory's at most; this process's own changes are seen at once.

use std::sync::Arc;
use std::time::Duration;

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use stratum_models::fx::FxRate;
use stratum_models::id::TenantId;
use stratum_models::money::Currency;
use stratum_models::time::DayRange;
use tokio::time::Instant;

use super::StateConfig;

/// Memory of all copies.
const BYTES_MAX: u64 = 16 << 20;
/// Copies that are expected.
const COPIES: usize = 1024;

/// Which rates.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FxQuestion {
    /// Whose.
    pub tenant: TenantId,
    /// Of which days.
    pub days: DayRange,
    /// Of which currencies.
    pub currencies: Vec<Currency>,
}

/// The copies of a process.
pub struct FxCopies {
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
    /// No copies yet.
    pub fn new(config: &StateConfig) -> FxCopies {
        let age_max = Duration::from_millis(config.directory_refresh_ms);
        FxCopies { copies: Cache::with_weighter(COPIES, BYTES_MAX, Bytes), age_max }
    }

    /// The rates, where they were read lately.
    pub fn find(&self, question: &FxQuestion) -> Option<Arc<[FxRate]>> {
        let copy = self.copies.get(question)?;
        (copy.read_at.elapsed() < self.age_max).then_some(copy.rates)
    }

    /// Keeps what began to be read at this moment.
    pub fn keep(&self, question: FxQuestion, rates: Arc<[FxRate]>, read_at: Instant) {
        self.copies.insert(question, Copy { rates, read_at });
    }

    /// Rates have changed.
    pub fn clear(&self) {
        self.copies.clear();
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
        copies.clear();
        assert!(copies.find(&question).is_none(), "changed");
    }
}

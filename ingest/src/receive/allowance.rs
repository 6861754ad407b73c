//! The allowance of rows a second that a tenant's plan takes in. Each process counts for itself.
//!
//! Not by `governor`, which limits the API's requests: it refuses for good what is larger than a burst, while a
//! request here passes whole however large, and is waited for by the next; and its rates are fixed when it is
//! made, while a plan's may change with every row.

use std::collections::HashMap;

use parking_lot::Mutex;
use stratum_models::id::TenantId;
use stratum_models::time::UnixMillis;

/// Seconds' worth of rows that may come at once.
const BURST_S: f64 = 5.0;

/// The rows that tenants have left. It holds an entry for each tenant that sent within the burst's time.
#[derive(Default)]
pub(crate) struct Allowances {
    left: Mutex<HashMap<TenantId, AllowanceState>>,
}

struct AllowanceState {
    rows: f64,
    at: UnixMillis,
}

/// Entries at which those that are full again are dropped.
const SWEEP_AT: usize = 10_000;

impl Allowances {
    /// Takes these rows off what the tenant has left, or says no. A request that finds something left
    /// passes whole, however large: what it takes too much is waited for by the next. No rows at all
    /// only ask whether something is left.
    pub(crate) fn take(
        &self,
        tenant: TenantId,
        rows: usize,
        rows_per_s: u32,
        now: UnixMillis,
    ) -> bool {
        let (rate, most) = (f64::from(rows_per_s), f64::from(rows_per_s) * BURST_S);
        let mut all = self.left.lock();
        if all.len() >= SWEEP_AT {
            all.retain(|_, left| (now.0 - left.at.0) as f64 / 1000.0 < BURST_S);
        }
        let left = all.entry(tenant).or_insert(AllowanceState { rows: most, at: now });
        let seconds = (now.0 - left.at.0).max(0) as f64 / 1000.0;
        left.rows = (left.rows + seconds * rate).min(most);
        left.at = now;
        let passes = left.rows > 0.0;
        if passes {
            left.rows -= rows as f64;
        }
        passes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_gets_its_rate_and_a_burst_and_others_their_own() {
        let allowances = Allowances::default();
        let take = |tenant, rows, ms| allowances.take(TenantId(tenant), rows, 100, UnixMillis(ms));
        assert!(take(1, 499, 0) && take(1, 1, 0));
        assert!(!take(1, 1, 0) && take(2, 1, 0));
        assert!(take(1, 50, 500) && !take(1, 1, 500));
        assert!(!take(1, 1, 400), "a clock set back gives nothing");
    }

    #[test]
    fn a_large_request_passes_whole_and_is_waited_for() {
        let allowances = Allowances::default();
        let take = |rows, ms| allowances.take(TenantId(1), rows, 100, UnixMillis(ms));
        assert!(take(10_000, 0));
        assert!(!take(1, 94_999));
        assert!(take(1, 96_000));
    }
}

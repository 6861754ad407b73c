//! The port that exchange rates come through.

use std::sync::Arc;

use async_trait::async_trait;

use super::FxRate;
use crate::money::Currency;
use crate::scope::TenantScope;
use crate::store::StoreError;
use crate::time::DayRange;

/// Exchange rates as they count for a tenant: its own, and where it has none a bank's.
#[async_trait]
pub trait FxRates: Send + Sync {
    /// The rates of these currencies on these days, by day and currency. Days without a rate are
    /// absent.
    async fn fx_rates(
        &self,
        scope: TenantScope,
        days: DayRange,
        currencies: &[Currency],
    ) -> Result<Arc<[FxRate]>, StoreError>;
}

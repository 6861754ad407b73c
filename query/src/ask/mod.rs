//! Figures of a tenant, whoever asks for them: a route, a rule, a message, a job.
//!
//! A function here reads the warehouse through its port, adds up, converts and compares, and returns
//! plain values. Names, texts and shapes of answers are the business of those who show them.

pub mod attention;
pub mod breakdown;
pub mod campaign_list;
pub mod campaigns;
pub mod completeness;
mod exchange;
pub mod figures;
pub mod fixes;
pub mod kpis;
pub mod match_quality;
pub mod report_changes;
pub mod rule;
pub mod series;
pub mod sums;

use stratum_models::fx::FxRates;
use stratum_models::money::Currency;
use stratum_models::scope::TenantScope;
use stratum_models::warehouse::WarehouseReader;

/// The stores that the figures of one tenant come from.
#[derive(Clone, Copy)]
pub struct TenantFigures<'a> {
    /// The events and ad reports.
    pub warehouse: &'a dyn WarehouseReader,
    /// The exchange rates.
    pub rates: &'a dyn FxRates,
    /// The tenant.
    pub scope: TenantScope,
    /// The tenant's own currency: amounts in several are shown in it where none is asked for.
    pub reporting_currency: Currency,
}

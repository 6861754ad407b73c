//! A made-up world for `stratum demo`, tests and benches: tenants with campaigns and customers, the
//! traffic they send, the ad reports their platforms give, and a plain reference of what a correct
//! system must show for it.
//!
//! Everything follows from a seed and the `now` that is passed in: the same two give the same bytes.
//! Nothing here uses the code that ingests or counts; the reference stands on its own.

mod dice;
mod person;
mod world;
mod mix;
mod json;
mod identity;
mod event;
mod refusal;
mod traffic;
mod report;
mod part;
mod planted;
mod history;
mod reference;

pub use dice::Dice;
pub use event::{PlantedEvent, purchase_share};
pub use history::{EventsRequest, History, ReportBatch};
pub use mix::TrafficConfig;
pub use part::report_parts;
pub use person::Person;
pub use planted::{PlantedKind, PlantedValue};
pub use reference::{
    EventSums, IngestSums, MaskKey, MetricKey, Reference, ReportKey, TenantReference,
};
pub use report::{PlantedReport, ReportRequest, ad_reports};
pub use traffic::{Expect, Request, Traffic};
pub use world::{Campaign, Tenant, World, WorldConfig};

#[cfg(test)]
mod tests;

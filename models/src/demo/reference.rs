//! A plain reference: fed with the same requests in the same order as the system under test, it
//! knows what that system must show. Maps and loops, no more, and none of the system's code.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::report::{PlantedReport, ReportRequest};
use super::traffic::{Expect, Request};
use super::world::World;
use crate::event::PURCHASE;
use crate::identifier::IdentifierMask;
use crate::metrics::MetricSums;
use crate::platform::{ActionSource, Platform};
use crate::rejection::RejectReason;
use crate::time::{Day, UnixMillis};

/// Which events are counted together, by the day they happened in the tenant's zone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MetricKey {
    /// The dataset; the platform is Meta.
    pub dataset_id: String,
    /// The campaign, or empty.
    pub campaign_id: String,
    /// The event's name.
    pub event_name: String,
    /// The day.
    pub date: Day,
    /// The currency, or empty where there is no value.
    pub currency: String,
}

/// Events and what they are worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventSums {
    /// The number of events.
    pub events: u64,
    /// Their value.
    pub value_micros: i64,
}

/// Which events share a mask, by the hour they happened.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MaskKey {
    /// The dataset.
    pub dataset_id: String,
    /// The event's name.
    pub event_name: String,
    /// Where it happened.
    pub action_source: ActionSource,
    /// The start of the hour, UTC.
    pub hour: UnixMillis,
    /// The usable identifiers.
    pub valid: IdentifierMask,
}

/// Counts of the events that came in and of their fates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IngestSums {
    /// All.
    pub received: u64,
    /// Counted.
    pub landed: u64,
    /// Seen before.
    pub duplicate: u64,
    /// Refused.
    pub rejected: u64,
}

/// A report's key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReportKey {
    /// The platform.
    pub platform: Platform,
    /// The ad account.
    pub account_id: String,
    /// The campaign.
    pub campaign_id: String,
    /// The day.
    pub date: Day,
}

/// The figures that one tenant must be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TenantReference {
    /// Events in total. Ad reports are not among them.
    pub ingest: IngestSums,
    /// The same by dataset and hour of receipt.
    pub ingest_by_hour: BTreeMap<(String, UnixMillis), IngestSums>,
    /// Refused requests by reason.
    pub refused_requests: BTreeMap<RejectReason, u64>,
    /// Landed events by day and campaign.
    pub metrics: BTreeMap<MetricKey, EventSums>,
    /// Landed events by hour and identifier mask.
    pub masks: BTreeMap<MaskKey, u64>,
    /// The report in force of each campaign and day.
    pub reports: BTreeMap<ReportKey, PlantedReport>,
    /// Report rows received.
    pub report_rows: u64,
}

/// The reference of a whole world. It holds while all requests are received within the 48 hours that
/// duplicates are known for, and not days after they were generated.
#[derive(Clone, Debug)]
pub struct Reference {
    world: Arc<World>,
    tenants: Vec<TenantReference>,
    /// Tenant, dataset, event name and event id of all that landed.
    seen: BTreeSet<(usize, String, &'static str, String)>,
}

impl Reference {
    /// Before anything was sent.
    pub fn new(world: Arc<World>) -> Reference {
        let tenants = vec![TenantReference::default(); world.tenants.len()];
        Reference { world, tenants, seen: BTreeSet::new() }
    }

    /// The figures that the tenant at this index must be shown now.
    pub fn tenant(&self, index: usize) -> &TenantReference {
        &self.tenants[index]
    }

    /// A request was sent, and received at this instant.
    pub fn receive(&mut self, request: &Request, received_at: UnixMillis) {
        let zone = self.world.tenants[request.tenant_index].time_zone;
        let tenant = &mut self.tenants[request.tenant_index];
        let mut sums =
            IngestSums { received: request.events as u64, landed: 0, duplicate: 0, rejected: 0 };
        if let Expect::Refuse(reason) = request.expect {
            sums.rejected = sums.received;
            *tenant.refused_requests.entry(reason).or_default() += 1;
        }
        for row in &request.rows {
            if let Some(event_id) = &row.event_id {
                let dataset = request.dataset_id.clone();
                let key = (request.tenant_index, dataset, row.event_name, event_id.clone());
                if !self.seen.insert(key) {
                    sums.duplicate += 1;
                    continue;
                }
            }
            sums.landed += 1;
            let key = MetricKey {
                dataset_id: request.dataset_id.clone(),
                campaign_id: row.campaign_id.clone(),
                event_name: row.event_name.to_owned(),
                date: row.event_time.day_in(zone),
                currency: row.currency.map(|code| code.to_string()).unwrap_or_default(),
            };
            let metric = tenant.metrics.entry(key).or_default();
            metric.events += 1;
            metric.value_micros += row.value_micros.unwrap_or_default();
            let key = MaskKey {
                dataset_id: request.dataset_id.clone(),
                event_name: row.event_name.to_owned(),
                action_source: row.action_source,
                hour: row.event_time.hour(),
                valid: row.valid,
            };
            *tenant.masks.entry(key).or_default() += 1;
        }
        tenant.ingest.add(sums);
        let hour = (request.dataset_id.clone(), received_at.hour());
        tenant.ingest_by_hour.entry(hour).or_default().add(sums);
    }

    /// A request of ad reports was sent.
    pub fn receive_reports(&mut self, request: &ReportRequest) {
        let tenant = &mut self.tenants[request.tenant_index];
        for row in &request.rows {
            tenant.report_rows += 1;
            let key = ReportKey {
                platform: row.platform,
                account_id: row.account_id.clone(),
                campaign_id: row.campaign_id.clone(),
                date: row.date,
            };
            let held = tenant.reports.entry(key).or_insert_with(|| row.clone());
            if row.version >= held.version {
                *held = row.clone();
            }
        }
    }
}

impl IngestSums {
    fn add(&mut self, other: IngestSums) {
        self.received += other.received;
        self.landed += other.landed;
        self.duplicate += other.duplicate;
        self.rejected += other.rejected;
    }
}

impl TenantReference {
    /// The campaign metrics of each day, platform, campaign and currency: what the platforms report
    /// beside the purchases that our own events show.
    pub fn campaign_metrics(&self) -> BTreeMap<(Day, Platform, String, String), MetricSums> {
        let mut all: BTreeMap<_, MetricSums> = BTreeMap::new();
        for (key, sums) in self.metrics.iter().filter(|(key, _)| key.event_name == PURCHASE) {
            let place = (key.date, Platform::Meta, key.campaign_id.clone(), key.currency.clone());
            *all.entry(place).or_default() += MetricSums {
                tracked_conversions: i128::from(sums.events),
                tracked_revenue_micros: i128::from(sums.value_micros),
                ..MetricSums::default()
            };
        }
        for (key, row) in &self.reports {
            let currency = row.currency.to_string();
            let place = (key.date, key.platform, key.campaign_id.clone(), currency);
            *all.entry(place).or_default() += MetricSums {
                spend_micros: i128::from(row.spend_micros),
                impressions: i128::from(row.impressions),
                clicks: i128::from(row.clicks),
                conversions_micros: i128::from(row.conversions_micros),
                revenue_micros: i128::from(row.revenue_micros),
                ..MetricSums::default()
            };
        }
        all
    }

    /// Landed events by name, place and mask, over all hours: what a match-quality score is made of.
    pub fn mask_totals(&self) -> BTreeMap<(String, String, ActionSource, IdentifierMask), u64> {
        let mut all = BTreeMap::new();
        for (key, events) in &self.masks {
            let place =
                (key.dataset_id.clone(), key.event_name.clone(), key.action_source, key.valid);
            *all.entry(place).or_default() += events;
        }
        all
    }
}

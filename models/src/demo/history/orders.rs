//! Events of the shops themselves: orders, and of the last months what came before them.

use std::ops::RangeInclusive;

use super::{FAULT_DAYS, FAULT_TENANT, History, start_of};
use crate::demo::dice::Dice;
use crate::demo::event::{EventDraft, PlantedEvent};
use crate::demo::identity::{Side, Style};
use crate::demo::json::Json;
use crate::demo::world::Tenant;
use crate::event::PURCHASE;
use crate::identifier::IdentifierMask;
use crate::money::MICROS;
use crate::platform::{ActionSource, Platform};
use crate::time::UnixMillis;

/// Events to send to one dataset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventsRequest {
    /// Whose, as an index into the world's tenants.
    pub tenant_index: usize,
    /// For which dataset.
    pub dataset_id: String,
    /// The JSON body, `{"data":[…]}`.
    pub body: Vec<u8>,
    /// The number of events in the request.
    pub events: usize,
}

/// Events of one request.
const EVENTS_MAX: usize = 500;
/// Days back to which events other than orders are known.
const STEPS_DAYS: i32 = 60;
/// Events before an order, with how often each comes beside it.
const STEPS: [(&str, f64); 4] =
    [("ViewContent", 0.6), ("AddToCart", 0.5), ("InitiateCheckout", 0.4), ("Lead", 0.1)];
/// Orders at the shop's till.
const STORE_SHARE: f64 = 0.08;
/// Orders in the shop's second currency.
const SECOND_CURRENCY: f64 = 0.1;
/// Shops sell by day: hours of the day by how much.
const HOURS: [u32; 24] =
    [2, 1, 1, 1, 1, 2, 4, 6, 8, 10, 12, 13, 14, 13, 12, 12, 13, 15, 17, 19, 20, 17, 10, 5];

/// Requests being filled, one for the web shop and one for its till.
struct Bodies<'h> {
    tenant: &'h Tenant,
    tenant_index: usize,
    open: [Option<(Json, usize)>; 2],
    full: Vec<EventsRequest>,
}

impl History {
    /// The events of these days of a tenant that happened before `until`.
    pub fn events(
        &self,
        tenant_index: usize,
        days: RangeInclusive<i32>,
        until: UnixMillis,
    ) -> Vec<EventsRequest> {
        let Some(tenant) = self.world.tenants.get(tenant_index) else { return Vec::new() };
        let (open, full) = ([None, None], Vec::new());
        let mut bodies = Bodies { tenant, tenant_index, open, full };
        for day in days {
            self.day_events(&mut bodies, day, until);
        }
        bodies.finish()
    }

    fn day_events(&self, bodies: &mut Bodies<'_>, day: i32, until: UnixMillis) {
        let (tenant, tenant_index) = (bodies.tenant, bodies.tenant_index);
        let Some(start) = start_of(day, tenant.time_zone) else { return };
        let mut dice = self.dice(tenant_index, usize::MAX - 1, day);
        let mut number = 0_i64;
        for (at, campaign) in tenant.campaigns.iter().enumerate() {
            let Some(figures) = self.campaign_day(tenant_index, at, day) else { continue };
            // The shop's pixel sees the campaign in the address of those that Meta sends.
            let known = if campaign.platform == Platform::Meta { campaign.id.as_str() } else { "" };
            for _ in 0..figures.orders {
                number += 1;
                let order =
                    Order { start, day, number, campaign: known, mean: campaign.order_micros };
                self.order(bodies, &mut dice, &order, until);
            }
        }
        let mean = tenant.campaigns.first().map_or(50 * MICROS, |one| one.order_micros);
        for _ in 0..self.own_orders(tenant_index, day) {
            number += 1;
            let order = Order { start, day, number, campaign: "", mean };
            self.order(bodies, &mut dice, &order, until);
        }
    }

    fn order(
        &self,
        bodies: &mut Bodies<'_>,
        dice: &mut Dice,
        order: &Order<'_>,
        until: UnixMillis,
    ) {
        let hour = dice.weighted(HOURS.iter().copied()) as i64;
        let seconds = hour * 3_600 + dice.between(0, 3_599);
        let happened = UnixMillis(order.start.0 + seconds * 1_000);
        let in_store = dice.chance(STORE_SHARE);
        let fact =
            |name: &'static str, minutes: i64| self.fact(order, name, happened, minutes, in_store);
        let (value, currency) = worth(bodies.tenant, dice, order.mean);
        let mut facts = Vec::with_capacity(2);
        if !in_store && order.day > self.anchor - STEPS_DAYS {
            for (minutes, (name, share)) in (1..).zip(STEPS) {
                if dice.chance(share) {
                    facts.push(fact(name, minutes * 4));
                }
            }
        }
        facts.push(PlantedEvent {
            order_id: Some(format!("{}-{}", order.day, order.number)),
            value_micros: Some(value),
            currency: Some(currency),
            ..fact(PURCHASE, 0)
        });
        let person = dice.pick(&self.world.people);
        let broken = bodies.tenant_index == FAULT_TENANT && order.day > self.anchor - FAULT_DAYS;
        for fact in facts {
            let style = Style {
                hashed: true,
                suffixed: false,
                listed: false,
                flawed: dice.chance(0.04),
                unusable_email: broken && !in_store && dice.chance(bodies.tenant.unusable_emails),
            };
            if fact.event_time < until {
                let side = if in_store { Side::Offline } else { Side::Server };
                let happening = EventDraft::new(fact, person, bodies.tenant);
                happening.write(bodies.json(usize::from(in_store)), dice, (side, style), happened);
            }
        }
    }

    fn fact(
        &self,
        order: &Order<'_>,
        event_name: &'static str,
        happened: UnixMillis,
        minutes_before: i64,
        in_store: bool,
    ) -> PlantedEvent {
        let source = if in_store { ActionSource::PhysicalStore } else { ActionSource::Website };
        PlantedEvent {
            event_name,
            event_time: UnixMillis((happened.0 - minutes_before * 60_000).max(order.start.0)),
            action_source: source,
            event_id: Some(format!("h{:x}-{}-{}", self.world.seed, order.day, order.number)),
            order_id: None,
            campaign_id: if in_store { String::new() } else { order.campaign.to_owned() },
            value_micros: None,
            currency: None,
            valid: IdentifierMask::EMPTY,
            invalid: IdentifierMask::EMPTY,
            test: false,
            limited_data_use: false,
        }
    }
}

struct Order<'h> {
    start: UnixMillis,
    day: i32,
    number: i64,
    campaign: &'h str,
    mean: i64,
}

fn worth(tenant: &Tenant, dice: &mut Dice, mean: i64) -> (i64, crate::money::Currency) {
    let micros = mean as f64 * dice.about_one(0.8) + 1.0;
    let (micros, currency) = match dice.chance(SECOND_CURRENCY) {
        true => (micros / tenant.units_per_dollar as f64, tenant.second_currency),
        false => (micros, tenant.currency),
    };
    let coin = MICROS / 100;
    ((micros as i64 / coin + 1) * coin, currency)
}

impl Bodies<'_> {
    /// Where the next event of this dataset is written.
    fn json(&mut self, dataset: usize) -> &mut Json {
        let dataset = dataset.min(1);
        if matches!(&self.open[dataset], Some((_, events)) if *events >= EVENTS_MAX) {
            self.close(dataset);
        }
        let (json, events) = self.open[dataset].get_or_insert_with(|| {
            let mut json = Json::with_capacity(EVENTS_MAX * 900, false);
            json.raw("{\"data\":[");
            (json, 0)
        });
        *events += 1;
        json.element()
    }

    fn close(&mut self, dataset: usize) {
        let Some((mut json, events)) = self.open[dataset].take() else { return };
        json.raw("],\"partner_agent\":\"stratum-demo\"}");
        let dataset_id = self.tenant.datasets.get(dataset).cloned().unwrap_or_default();
        let tenant_index = self.tenant_index;
        self.full.push(EventsRequest { tenant_index, dataset_id, body: json.finish(), events });
    }

    fn finish(mut self) -> Vec<EventsRequest> {
        self.close(0);
        self.close(1);
        self.full
    }
}

//! The requests the tenants' senders make, one after the other, without end.

use std::collections::VecDeque;
use std::sync::Arc;

use super::dice::Dice;
use super::event::{PlantedEvent, Scene};
use super::identity::{Side, Style};
use super::json::Json;
use super::mix::TrafficConfig;
use super::refusal::{EVENTS_MAX, Fault, write_event};
use super::world::World;
use crate::rejection::RejectReason;
use crate::time::UnixMillis;

/// The fate that a request must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Answered with success; every event is received.
    Accept,
    /// Answered with an error; none of its events counts.
    Refuse(RejectReason),
}

/// A request to Meta's events edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Whose, as an index into [`World::tenants`].
    pub tenant_index: usize,
    /// For which dataset.
    pub dataset_id: String,
    /// The JSON body, `{"data":[…]}`.
    pub body: Vec<u8>,
    /// The number of rows it counts as: its events, or 1 for a body in which no event can be told.
    pub events: usize,
    /// The request's fate.
    pub expect: Expect,
    /// The rows that must be made of its events, in their order; empty when the request must be refused.
    pub rows: Vec<PlantedEvent>,
}

/// The traffic of a world: an endless iterator of requests.
#[derive(Clone, Debug)]
pub struct Traffic {
    world: Arc<World>,
    config: TrafficConfig,
    dice: Dice,
    seed: u64,
    now: UnixMillis,
    senders: Vec<Sender>,
}

/// The sender of all that goes to one dataset.
#[derive(Clone, Debug)]
struct Sender {
    tenant_index: usize,
    dataset_index: usize,
    weight: u32,
    happened: u64,
    /// Events that may be sent again.
    recent: VecDeque<Row>,
    /// The other halves of pairs, still to be sent.
    twins: VecDeque<Row>,
}

#[derive(Clone, Debug)]
struct Row {
    json: Box<[u8]>,
    planted: PlantedEvent,
}

const RECENT_MAX: usize = 256;
const TWINS_MAX: usize = 256;

impl Traffic {
    /// The traffic of this world and seed, as of `now`. Another seed gives other events, with other
    /// event ids, of the same world.
    pub fn new(world: Arc<World>, config: TrafficConfig, seed: u64, now: UnixMillis) -> Traffic {
        let senders = world.tenants.iter().enumerate().flat_map(|(tenant_index, tenant)| {
            tenant.datasets.iter().enumerate().map(move |(dataset_index, _)| Sender {
                tenant_index,
                dataset_index,
                // The web shop has nine tenths of the traffic.
                weight: tenant.weight * if dataset_index == 0 { 9 } else { 1 },
                happened: 0,
                recent: VecDeque::new(),
                twins: VecDeque::new(),
            })
        });
        let senders = senders.collect();
        let dice = Dice::new(seed ^ world.seed.rotate_left(32));
        Traffic { world, config, dice, seed, now, senders }
    }

    /// Lets time pass: later events happen around `now`.
    pub fn move_to(&mut self, now: UnixMillis) {
        self.now = now;
    }

    fn request(&mut self) -> Request {
        let world = Arc::clone(&self.world);
        let dice = &mut self.dice;
        let sender = dice.weighted(self.senders.iter().map(|sender| sender.weight));
        let sender = &mut self.senders[sender];
        let tenant = &world.tenants[sender.tenant_index];
        let escaped = dice.chance(self.config.escaped_requests);
        let scene = Scene {
            tenant,
            people: &world.people,
            config: &self.config,
            now: self.now,
            web: sender.dataset_index == 0,
            test: dice.chance(self.config.test_requests),
        };
        let count = self.config.events_per_request.clamp(1, EVENTS_MAX);
        let mut json = Json::with_capacity(64 + count * 900, escaped);
        let mut request = Request {
            tenant_index: sender.tenant_index,
            dataset_id: tenant.datasets[sender.dataset_index].clone(),
            body: Vec::new(),
            events: count,
            expect: Expect::Accept,
            rows: Vec::new(),
        };
        if dice.chance(self.config.refused_requests) {
            let fault = Fault::throw(dice);
            request.expect = Expect::Refuse(fault.reason());
            request.events = refused_body(&mut json, dice, fault, count, self.now);
        } else {
            request.rows = sender.body(&mut json, dice, &scene, count, self.seed);
        }
        request.body = json.finish();
        request
    }
}

impl Iterator for Traffic {
    type Item = Request;

    fn next(&mut self) -> Option<Request> {
        Some(self.request())
    }
}

impl Sender {
    fn body(
        &mut self,
        json: &mut Json,
        dice: &mut Dice,
        scene: &Scene<'_>,
        count: usize,
        seed: u64,
    ) -> Vec<PlantedEvent> {
        let mut rows = Vec::with_capacity(count);
        json.raw("{\"data\":[");
        for _ in 0..count {
            json.element();
            // What was sent in a test request may not be sent again in another: the code is the request's.
            let repeat = !scene.test && dice.chance(scene.config.duplicates);
            if repeat && !self.recent.is_empty() {
                let row = dice.pick(self.recent.make_contiguous());
                json.bytes(&row.json);
                rows.push(row.planted.clone());
            } else if let Some(row) = self.next_twin(dice, scene) {
                json.bytes(&row.json);
                rows.push(row.planted);
            } else {
                rows.push(self.fresh(json, dice, scene, seed));
            }
        }
        json.raw("]");
        if scene.test {
            json.key("test_event_code").text("TEST12345");
        }
        json.key("partner_agent").text("stratum-demo").raw("}");
        rows
    }

    fn next_twin(&mut self, dice: &mut Dice, scene: &Scene<'_>) -> Option<Row> {
        let due = self.twins.len() >= TWINS_MAX || dice.chance(scene.config.pairs);
        if due && !scene.test { self.twins.pop_front() } else { None }
    }

    fn fresh(
        &mut self,
        json: &mut Json,
        dice: &mut Dice,
        scene: &Scene<'_>,
        seed: u64,
    ) -> PlantedEvent {
        self.happened += 1;
        // Two tenants that share a dataset id thus send the same event ids.
        let number = self.happened * 2 + self.dataset_index as u64;
        let happening = scene.happening(dice, number, seed);
        let style = style(dice, scene);
        let start = json.len();
        let planted = happening.write(json, dice, (happening.side(), style), scene.now);
        if scene.test || planted.event_id.is_none() {
            return planted;
        }
        if dice.chance(scene.config.duplicates) {
            let row = Row { json: json.since(start).into(), planted: planted.clone() };
            if self.recent.len() == RECENT_MAX {
                self.recent.pop_front();
            }
            self.recent.push_back(row);
        }
        let paired = happening.side() == Side::Server && dice.chance(scene.config.pairs);
        if paired && self.twins.len() < TWINS_MAX {
            let mut twin = Json::with_capacity(600, json.escaped);
            let planted = happening.write(&mut twin, dice, (Side::Browser, style), scene.now);
            self.twins.push_back(Row { json: twin.finish().into(), planted });
        }
        planted
    }
}

fn style(dice: &mut Dice, scene: &Scene<'_>) -> Style {
    let hashed = dice.chance(scene.config.hashed);
    Style {
        hashed,
        suffixed: hashed && dice.chance(scene.config.suffixed),
        listed: dice.chance(0.5),
        flawed: dice.chance(scene.config.unusable_identifier),
        // Without the fault no dice are thrown, so that worlds without it keep their bytes.
        unusable_email: scene.web
            && scene.tenant.unusable_emails > 0.0
            && dice.chance(scene.tenant.unusable_emails),
    }
}

/// Writes a body with this fault and returns the rows it counts as.
fn refused_body(
    json: &mut Json,
    dice: &mut Dice,
    fault: Fault,
    count: usize,
    now: UnixMillis,
) -> usize {
    let count = match fault {
        Fault::Truncated | Fault::Empty => 0,
        Fault::TooMany => EVENTS_MAX + 1,
        Fault::Event(_) => count,
    };
    let bad = dice.below(count);
    json.raw("{\"data\":[");
    for at in 0..count {
        let fault = match fault {
            Fault::Event(fault) if at == bad => Some(fault),
            _ => None,
        };
        write_event(json.element(), fault, now);
    }
    json.raw(if fault == Fault::Truncated { "{\"event_name\":\"Pur" } else { "]}" });
    count.max(1)
}

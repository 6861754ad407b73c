//! One event of the traffic: what happened, and how a sender writes it down.

use super::dice::Dice;
use super::identity::{Identity, Side, Style, write_user_data};
use super::json::Json;
use super::mix::TrafficConfig;
use super::person::Person;
use super::world::Tenant;
use crate::event::PURCHASE;
use crate::identifier::IdentifierMask;
use crate::money::{Currency, MICROS};
use crate::platform::ActionSource;
use crate::time::{DAY_MS, UnixMillis};

/// The row that a correct system must make of one event that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlantedEvent {
    /// The event's name.
    pub event_name: &'static str,
    /// When it happened, in whole seconds.
    pub event_time: UnixMillis,
    /// Where.
    pub action_source: ActionSource,
    /// The sender's id, if any: events of one tenant, dataset, name and id count once.
    pub event_id: Option<String>,
    /// The shop's order, of purchases.
    pub order_id: Option<String>,
    /// The campaign its URL names, or empty.
    pub campaign_id: String,
    /// The event's worth in micros.
    pub value_micros: Option<i64>,
    /// The currency of its worth.
    pub currency: Option<Currency>,
    /// The identifiers that are usable.
    pub valid: IdentifierMask,
    /// The identifiers that were sent and are not.
    pub invalid: IdentifierMask,
    /// Sent with a test code.
    pub test: bool,
    /// Under limited data use.
    pub limited_data_use: bool,
}

/// Name, weight on the web, and how often it has a value. The funnel of an ordinary shop.
const WEB: &[(&str, u32, f64)] = &[
    ("PageView", 480, 0.0),
    ("ViewContent", 250, 0.6),
    ("Search", 50, 0.0),
    ("AddToCart", 85, 0.9),
    ("AddToWishlist", 12, 0.5),
    ("InitiateCheckout", 42, 0.9),
    ("AddPaymentInfo", 28, 0.9),
    (PURCHASE, 32, 1.0),
    ("Lead", 8, 0.3),
    ("CompleteRegistration", 8, 0.0),
    ("Contact", 4, 0.0),
    ("Subscribe", 3, 1.0),
    ("StartTrial", 3, 1.0),
    ("Schedule", 2, 0.0),
    ("SubmitApplication", 2, 0.0),
    ("CustomizeProduct", 3, 0.2),
    ("Donate", 1, 1.0),
    ("FindLocation", 3, 0.0),
    ("ScrolledHalfway", 6, 0.0),
];
/// Name, source, weight, and how often it has a value, beside the web.
const ELSEWHERE: &[(&str, ActionSource, u32, f64)] = &[
    ("ViewContent", ActionSource::App, 45, 0.5),
    ("AddToCart", ActionSource::App, 12, 0.9),
    (PURCHASE, ActionSource::App, 6, 1.0),
    (PURCHASE, ActionSource::PhysicalStore, 25, 1.0),
    ("Lead", ActionSource::SystemGenerated, 5, 0.4),
    ("Subscribe", ActionSource::SystemGenerated, 2, 1.0),
    ("Contact", ActionSource::PhoneCall, 2, 0.0),
    ("Contact", ActionSource::Chat, 1, 0.0),
    ("Lead", ActionSource::Email, 1, 0.0),
    (PURCHASE, ActionSource::Other, 1, 1.0),
];
const PATHS: &[&str] = &["", "collections/new", "products/linen-shirt", "cart", "checkout/thanks"];

/// Purchases among the events of a world whose config says 1 for them.
pub fn purchase_share() -> f64 {
    let share = |all: &mut dyn Iterator<Item = (&str, u32)>| {
        let (mut bought, mut sum) = (0, 0);
        for (name, weight) in all {
            sum += weight;
            bought += if name == PURCHASE { weight } else { 0 };
        }
        f64::from(bought) / f64::from(sum)
    };
    let web = share(&mut WEB.iter().map(|(name, weight, _)| (*name, *weight)));
    let elsewhere = share(&mut ELSEWHERE.iter().map(|(name, _, weight, _)| (*name, *weight)));
    // The web shop has nine tenths of the traffic.
    0.9 * web + 0.1 * elsewhere
}

/// Something that happened, not yet written down.
#[derive(Clone, Debug)]
pub(super) struct EventDraft<'w> {
    pub(super) fact: PlantedEvent,
    pub(super) person: &'w Person,
    tenant: &'w Tenant,
    path: &'static str,
    leaking: bool,
}

/// The facts that the happenings of one request have in common.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scene<'w> {
    pub(super) tenant: &'w Tenant,
    pub(super) people: &'w [Person],
    pub(super) config: &'w TrafficConfig,
    pub(super) now: UnixMillis,
    /// Of the web shop's dataset.
    pub(super) web: bool,
    pub(super) test: bool,
}

impl<'w> Scene<'w> {
    /// Something that happens; `number` tells it from all others of the dataset.
    pub(super) fn happening(&self, dice: &mut Dice, number: u64, seed: u64) -> EventDraft<'w> {
        let (event_name, action_source, worth) = if self.web {
            let weights = WEB.iter().map(|(name, weight, _)| self.weight(name, *weight));
            let (name, _, worth) = WEB[dice.weighted(weights)];
            (name, ActionSource::Website, worth)
        } else {
            let weights = ELSEWHERE.iter().map(|(name, _, weight, _)| self.weight(name, *weight));
            let (name, source, _, worth) = ELSEWHERE[dice.weighted(weights)];
            (name, source, worth)
        };
        let (campaign_id, mean) = self.campaign(dice);
        let (value_micros, currency) = match dice.chance(worth) {
            true => self.worth(dice, mean),
            false => (None, None),
        };
        let known = !dice.chance(self.config.without_event_id);
        let fact = PlantedEvent {
            event_name,
            event_time: self.time(dice),
            action_source,
            event_id: known.then(|| format!("evt-{seed:08x}-{number:x}")),
            order_id: (event_name == PURCHASE).then(|| format!("order-{seed:x}-{number}")),
            campaign_id,
            value_micros,
            currency,
            valid: IdentifierMask::EMPTY,
            invalid: IdentifierMask::EMPTY,
            test: self.test,
            limited_data_use: dice.chance(self.config.limited_data_use),
        };
        let leaking = dice.chance(self.config.leaking);
        let person = dice.pick(self.people);
        EventDraft { fact, person, tenant: self.tenant, path: dice.pick::<&str>(PATHS), leaking }
    }

    /// The weight of an event, fine enough that purchases can be made rare.
    fn weight(&self, name: &str, weight: u32) -> u32 {
        const FINE: f64 = 10_000.0;
        let share = if name == PURCHASE { self.config.purchases.clamp(0.0, 1.0) } else { 1.0 };
        (f64::from(weight) * FINE * share) as u32
    }

    /// The campaign an event came from, or none, and the mean order there.
    fn campaign(&self, dice: &mut Dice) -> (String, i64) {
        let campaigns = self.tenant.meta_campaigns();
        let weights = campaigns.clone().map(|one| (one.daily_purchases() * 1_000.0) as u32 + 1);
        match campaigns.clone().nth(dice.weighted(weights)) {
            Some(one) if self.web && dice.chance(self.config.campaign) => {
                (one.id.clone(), one.order_micros)
            }
            Some(one) => (String::new(), one.order_micros),
            None => (String::new(), 50 * MICROS),
        }
    }

    fn worth(&self, dice: &mut Dice, mean: i64) -> (Option<i64>, Option<Currency>) {
        let micros = mean as f64 * dice.about_one(0.9) + 1.0;
        let (micros, currency) = match dice.chance(self.config.second_currency) {
            true => (micros / self.tenant.units_per_dollar as f64, self.tenant.second_currency),
            false => (micros, self.tenant.currency),
        };
        // The won has no smaller coin; elsewhere hundredths.
        let coin = if currency.as_str() == "KRW" { MICROS } else { MICROS / 100 };
        (Some((micros as i64 / coin + 1) * coin), Some(currency))
    }

    fn time(&self, dice: &mut Dice) -> UnixMillis {
        let ago = match dice.fraction() {
            draw if draw < self.config.late => dice.between(DAY_MS, 6 * DAY_MS),
            draw if draw < self.config.late + self.config.early => -dice.between(30_000, 240_000),
            draw if draw < 0.2 => dice.between(60_000, 7_200_000),
            _ => dice.between(0, 60_000),
        };
        UnixMillis((self.now.0 - ago).div_euclid(1_000) * 1_000)
    }
}

impl<'w> EventDraft<'w> {
    /// A happening of this shop, without anything personal outside its user data.
    pub(super) fn new(
        fact: PlantedEvent,
        person: &'w Person,
        tenant: &'w Tenant,
    ) -> EventDraft<'w> {
        let path =
            if fact.event_name == PURCHASE { "checkout/thanks" } else { "products/linen-shirt" };
        EventDraft { fact, person, tenant, path, leaking: false }
    }
}

impl EventDraft<'_> {
    /// The side that would report it first.
    pub(super) fn side(&self) -> Side {
        match self.fact.action_source {
            ActionSource::Website => Side::Server,
            ActionSource::App => Side::App,
            _ => Side::Offline,
        }
    }

    /// Writes the event as an object and returns what must be made of it.
    pub(super) fn write(
        &self,
        json: &mut Json,
        dice: &mut Dice,
        (side, style): (Side, Style),
        now: UnixMillis,
    ) -> PlantedEvent {
        let fact = &self.fact;
        json.raw("{").key("event_name").text(fact.event_name);
        json.key("event_time").number(fact.event_time.0 / 1_000);
        json.key("action_source").text(fact.action_source.as_str());
        if let Some(event_id) = &fact.event_id {
            json.key("event_id").text(event_id);
        }
        if fact.action_source == ActionSource::Website {
            self.write_url(json, style.suffixed);
        }
        if fact.limited_data_use {
            json.key("data_processing_options").raw("[\"LDU\"]");
            json.key("data_processing_options_country").raw("1");
            json.key("data_processing_options_state").raw("1000");
        }
        let identity = write_user_data(json, dice, self.person, (side, style), now);
        self.write_custom_data(json, dice);
        if fact.action_source == ActionSource::App {
            write_app_data(json);
        }
        json.raw("}");
        let Identity { valid, invalid } = identity;
        PlantedEvent { valid, invalid, ..self.fact.clone() }
    }

    fn write_url(&self, json: &mut Json, suffixed: bool) {
        let mut url = format!("https://{}/{}", self.tenant.host, self.path);
        if self.leaking {
            url += &format!("?email={}&city={}", self.person.email.raw[0], self.person.city.raw[0]);
        }
        if !self.fact.campaign_id.is_empty() {
            let mark = if self.leaking { '&' } else { '?' };
            url += &format!(
                "{mark}utm_source=facebook&utm_medium=paid&utm_id={}&fbclid={}",
                self.fact.campaign_id, self.person.fbclid
            );
            if suffixed {
                url += ".AQICAQMC";
            }
        }
        json.key("event_source_url").text(&url);
    }

    fn write_custom_data(&self, json: &mut Json, dice: &mut Dice) {
        let fact = &self.fact;
        json.key("custom_data").raw("{");
        if let (Some(micros), Some(currency)) = (fact.value_micros, fact.currency) {
            match dice.chance(0.3) {
                true => json.key("value").raw("\"").decimal(micros).raw("\""),
                false => json.key("value").decimal(micros),
            };
            let code = currency.as_str();
            match dice.chance(0.3) {
                true => json.key("currency").text(&code.to_lowercase()),
                false => json.key("currency").text(code),
            };
            json.key("content_type").text("product").key("content_ids").raw("[\"sku-");
            json.number(dice.between(1, 500)).raw("\"]");
        }
        if let Some(order_id) = &fact.order_id {
            json.key("order_id").text(order_id).key("num_items").number(dice.between(1, 5));
        }
        if fact.event_name == "Search" {
            json.key("search_string").text("linen shirt – été");
        }
        if self.leaking {
            let (person, note) = (self.person, "gift for");
            let [first, last] = [&person.first_name, &person.last_name].map(|name| &name.raw[0]);
            json.key("content_name").text(&format!("{note} {first} {last}"));
            json.key("delivery_note").text(&format!("call {}", person.phone.raw[0]));
        }
        json.raw("}");
    }
}

fn write_app_data(json: &mut Json) {
    json.key("app_data").raw(
        "{\"advertiser_tracking_enabled\":1,\"application_tracking_enabled\":1,\"extinfo\":[\"i2\",\
         \"com.shop.app\",\"1.0\",\"1.0\",\"18.5\",\"iPhone17,1\",\"en_US\",\"GMT+1\",\"Vodafone\",\
         \"390\",\"844\",\"3\",\"6\",\"128\",\"64\",\"Europe/Paris\"]}",
    );
}

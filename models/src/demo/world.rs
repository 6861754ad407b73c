//! The world the traffic comes from: tenants, their datasets and campaigns, and the customers.

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::dice::Dice;
use super::person::Person;
use crate::money::{Currency, MICROS};
use crate::platform::Platform;
use crate::time::UnixMillis;

/// The size of a world.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WorldConfig {
    /// Tenants, at least 1. The first two share dataset, account and campaign ids.
    pub tenants: usize,
    /// Campaigns of each, at least 1; about two in three are Meta's.
    pub campaigns: usize,
    /// Customers, at least 1, shared by all shops.
    pub people: usize,
}

impl Default for WorldConfig {
    fn default() -> Self {
        WorldConfig { tenants: 3, campaigns: 6, people: 2_000 }
    }
}

/// A campaign and how well it does.
#[derive(Clone, Debug, PartialEq)]
pub struct Campaign {
    /// The platform's id.
    pub id: String,
    /// The campaign's name.
    pub name: String,
    /// Where it runs.
    pub platform: Platform,
    /// The ad account that pays.
    pub account_id: String,
    /// The account's currency.
    pub currency: Currency,
    /// The spend of an average day, in micros.
    pub daily_spend_micros: i64,
    /// Price of a thousand impressions.
    pub cpm_micros: i64,
    /// Clicks an impression.
    pub click_rate: f64,
    /// Purchases a click.
    pub purchase_rate: f64,
    /// The worth of an average order, in micros.
    pub order_micros: i64,
}

impl Campaign {
    /// Purchases on an average day.
    pub fn daily_purchases(&self) -> f64 {
        let impressions = self.daily_spend_micros as f64 / self.cpm_micros as f64 * 1_000.0;
        impressions * self.click_rate * self.purchase_rate
    }
}

/// An advertiser.
#[derive(Clone, Debug, PartialEq)]
pub struct Tenant {
    /// The tenant's name.
    pub name: String,
    /// The time zone of its days.
    pub time_zone: Tz,
    /// The currency it reports in, and of most of its orders.
    pub currency: Currency,
    /// The currency of some of its orders, about as strong as the dollar.
    pub second_currency: Currency,
    /// The price of a dollar in `currency`.
    pub units_per_dollar: i64,
    /// The tenant's Meta datasets: the web shop's, then one for app and shops.
    pub datasets: Vec<String>,
    /// The shop's host.
    pub host: String,
    /// The tenant's campaigns.
    pub campaigns: Vec<Campaign>,
    /// The tenant's part of the traffic.
    pub weight: u32,
    /// Web events whose e-mail address is the hash of an empty one: a fault of the shop's, 0 without it.
    pub unusable_emails: f64,
}

impl Tenant {
    /// The campaigns on Meta, whose ids its web shop sees in landing URLs.
    pub fn meta_campaigns(&self) -> impl Iterator<Item = &Campaign> + Clone {
        self.campaigns.iter().filter(|campaign| campaign.platform == Platform::Meta)
    }
}

/// Tenants and customers.
#[derive(Clone, Debug)]
pub struct World {
    /// The seed that it was made from.
    pub seed: u64,
    /// The advertisers.
    pub tenants: Vec<Tenant>,
    /// Their customers.
    pub people: Vec<Person>,
}

/// Name, host, zone, currency, second currency, units of a currency to a US dollar.
type Shop = (&'static str, &'static str, Tz, &'static str, &'static str, i64);

const SHOPS: &[Shop] = &[
    ("Nile Souq", "shop.nilesouq.example", chrono_tz::Africa::Cairo, "EGP", "USD", 48),
    ("Maison Lumière", "www.maisonlumiere.example", chrono_tz::Europe::Paris, "EUR", "GBP", 1),
    ("Bay & Birch", "bayandbirch.example", chrono_tz::America::Los_Angeles, "USD", "CAD", 1),
    ("Hanok Goods", "m.hanokgoods.example", chrono_tz::Asia::Seoul, "KRW", "USD", 1_350),
    ("Yeti Outfitters", "yeti.example", chrono_tz::Asia::Kathmandu, "NPR", "USD", 140),
    ("Tūī Trading", "www.tui.example", chrono_tz::Pacific::Auckland, "NZD", "AUD", 2),
];

const THEMES: &[&str] = &[
    "Prospecting | Broad",
    "Retargeting | 30d viewers",
    "Lookalike 2%",
    "Sale – été",
    "رمضان",
    "Brand search",
    "New arrivals",
    "Catalogue",
];

impl World {
    /// The world of this seed, as it is at `now`.
    pub fn new(seed: u64, config: &WorldConfig, now: UnixMillis) -> World {
        let mut dice = Dice::new(seed);
        let mut place_dice = dice.split();
        let (shared, mut own) = (dice.split(), dice.split());
        let tenants = (0..config.tenants.max(1))
            .map(|at| {
                // Equal dice give the first two tenants equal ids.
                let ids = if at < 2 { shared.clone() } else { own.split() };
                tenant(at, config, ids, &mut place_dice)
            })
            .collect();
        let people = (0..config.people.max(1)).map(|n| Person::invent(&mut dice, n, now)).collect();
        World { seed, tenants, people }
    }
}

fn tenant(at: usize, config: &WorldConfig, mut ids: Dice, dice: &mut Dice) -> Tenant {
    let (name, host, time_zone, currency, second, dollar) = SHOPS[at % SHOPS.len()];
    let again = if at < SHOPS.len() { String::new() } else { format!(" {}", at / SHOPS.len() + 1) };
    let currency = Currency::parse(currency).unwrap_or(Currency::USD);
    let datasets = (0..2).map(|_| digits(&mut ids, 16)).collect();
    let account = format!("act_{}", digits(&mut ids, 15));
    let campaigns = (0..config.campaigns.max(1))
        .map(|number| campaign(number, &mut ids, dice, &account, currency, dollar))
        .collect();
    Tenant {
        name: format!("{name}{again}"),
        time_zone,
        currency,
        second_currency: Currency::parse(second).unwrap_or(Currency::EUR),
        units_per_dollar: dollar,
        datasets,
        host: host.to_owned(),
        campaigns,
        weight: [5, 3, 4, 2, 1, 1][at % SHOPS.len()],
        unusable_emails: 0.0,
    }
}

fn campaign(
    number: usize,
    ids: &mut Dice,
    dice: &mut Dice,
    account: &str,
    currency: Currency,
    dollar: i64,
) -> Campaign {
    // Whole tenths of a dollar keep amounts whole in every currency's smallest unit.
    let money = |dice: &mut Dice, from: i64, to: i64| dice.between(from, to) * MICROS / 10 * dollar;
    let platform = match number % 3 {
        1 if number % 2 == 1 => Platform::Google,
        1 => Platform::Tiktok,
        _ => Platform::Meta,
    };
    Campaign {
        id: format!("1202{}", digits(ids, 14)),
        name: format!("{} #{}", THEMES[number % THEMES.len()], number + 1),
        platform,
        account_id: account.to_owned(),
        currency,
        daily_spend_micros: money(dice, 500, 6_000),
        cpm_micros: money(dice, 40, 140),
        click_rate: dice.between(60, 240) as f64 / 10_000.0,
        purchase_rate: dice.between(100, 450) as f64 / 10_000.0,
        order_micros: money(dice, 250, 1_500),
    }
}

/// A number of this many digits that does not begin with 0.
fn digits(dice: &mut Dice, len: usize) -> String {
    let first = char::from(b'1' + dice.below(9) as u8);
    let rest = (1..len).map(|_| char::from(b'0' + dice.below(10) as u8));
    std::iter::once(first).chain(rest).collect()
}

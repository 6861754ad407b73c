//! The past of the demo: a year and more of daily reports, of the orders that shops saw themselves, and
//! of exchange rates. It holds what a reader should find: a campaign whose return falls as its budget
//! grows, one that ended, one that is new, a platform that reports late, a restatement, two currencies,
//! and a shop that has been sending the hash of an empty e-mail address since its last release.
//!
//! The same seed and first day give the same history.

mod course;
mod days;
mod orders;
mod told;

use std::sync::Arc;

use chrono_tz::Tz;

use super::dice::Dice;
use super::world::{World, WorldConfig};
use crate::fx::FxRate;
use crate::money::Currency;
use crate::time::{Day, UnixMillis};

pub use orders::EventsRequest;
pub use told::ReportBatch;

use course::Course;

/// Days for which the shop at fault has been sending e-mail addresses that cannot be used.
const FAULT_DAYS: i32 = 9;
/// The tenant with that fault.
const FAULT_TENANT: usize = 2;
/// The share of a tenant's events with such an address.
const FAULT_SHARE: f64 = 0.85;

/// Names of the campaigns of the shop that works in Arabic.
const ARABIC_NAMES: [&str; 6] = [
    "جمهور واسع",
    "إعادة استهداف زوار 30 يومًا",
    "وصل حديثًا",
    "تخفيضات الموسم",
    "جمهور مشابه 2%",
    "عروض رمضان",
];
const NAMES: [&str; 6] = [
    "Prospecting | Broad",
    "Brand search",
    "New arrivals",
    "Sale – été",
    "Creators",
    "Retargeting | 30d viewers",
];

/// The demo's world and its past.
#[derive(Clone, Debug)]
pub struct History {
    world: Arc<World>,
    /// The day it is told from: what ended or began did so relative to it.
    anchor: i32,
    days: i32,
}

impl History {
    /// The history of `days` days before `anchor`, of the world of this seed as it is at `now`.
    pub fn new(seed: u64, days: u32, anchor: Day, now: UnixMillis) -> History {
        let mut world = World::new(seed, &WorldConfig::default(), now);
        for (at, tenant) in world.tenants.iter_mut().enumerate() {
            let names = if at == 0 { ARABIC_NAMES } else { NAMES };
            for (number, campaign) in tenant.campaigns.iter_mut().enumerate() {
                campaign.name = names[number % names.len()].to_owned();
                if at == 1 && number == 4 {
                    // An account of its own for the neighbours, in their money.
                    campaign.account_id.push('2');
                    campaign.currency = tenant.second_currency;
                }
            }
            if at == FAULT_TENANT {
                tenant.unusable_emails = FAULT_SHARE;
            }
        }
        let days = i32::try_from(days).unwrap_or(i32::MAX).clamp(1, 3_660);
        History { world: Arc::new(world), anchor: anchor.to_epoch_days(), days }
    }

    /// The world of the history: tenants, campaigns and customers.
    pub fn world(&self) -> &Arc<World> {
        &self.world
    }

    /// The oldest day it tells of.
    pub fn first_day(&self) -> i32 {
        self.anchor.saturating_sub(self.days)
    }

    /// Orders that all shops together see on an average day.
    pub fn daily_orders(&self) -> f64 {
        let tenants = self.world.tenants.iter().enumerate();
        tenants.map(|(at, _)| self.orders_of(at, self.anchor - 30) as f64).sum()
    }

    /// The worth of a dollar on these days, in each currency that occurs.
    pub fn rates(&self, days: std::ops::RangeInclusive<i32>) -> Vec<FxRate> {
        let mut currencies: Vec<(Currency, f64)> = Vec::new();
        for tenant in &self.world.tenants {
            currencies.push((tenant.currency, tenant.units_per_dollar as f64));
            currencies.push((tenant.second_currency, 1.0));
        }
        currencies.sort_by_key(|(currency, _)| *currency);
        currencies.dedup_by_key(|(currency, _)| *currency);
        let rates = currencies.into_iter().filter(|(currency, _)| *currency != Currency::USD);
        let rates = rates.flat_map(|(currency, units)| {
            days.clone().filter_map(move |day| Some((Day::from_epoch_days(day)?, currency, units)))
        });
        rates.map(|(day, currency, units)| rate(self.world.seed, day, currency, units)).collect()
    }

    fn course(&self, tenant: usize, campaign: usize) -> Course {
        Course::of(tenant, campaign, self.anchor)
    }
}

/// Real currencies near their worth of 2026, which drift by a few hundredths in the course of weeks.
fn rate(seed: u64, day: Day, currency: Currency, units: f64) -> FxRate {
    let near = match currency.as_str() {
        "EUR" => 0.86,
        "GBP" => 0.75,
        "CAD" => 1.39,
        _ => units,
    };
    let salt =
        currency.as_str().bytes().fold(seed, |salt, byte| salt.rotate_left(9) ^ u64::from(byte));
    let step = |week: i32| Dice::new(salt ^ u64::from(week.unsigned_abs()) << 32).about_one(0.06);
    let at = day.to_epoch_days();
    let (week, into) = (at.div_euclid(7), f64::from(at.rem_euclid(7)) / 7.0);
    let drift = step(week) * (1.0 - into) + step(week + 1) * into;
    FxRate { day, currency, per_usd_nanos: (near * drift * 1e9) as i64 }
}

/// The instant at which this day begins in this zone.
fn start_of(day: i32, zone: Tz) -> Option<UnixMillis> {
    use chrono::TimeZone as _;
    let midnight = Day::from_epoch_days(day)?.0.and_hms_opt(0, 0, 0)?;
    // Where clocks skip midnight, the day begins an hour later.
    let begins = zone.from_local_datetime(&midnight).earliest();
    let begins = begins
        .or_else(|| zone.from_local_datetime(&(midnight + chrono::TimeDelta::hours(1))).earliest());
    Some(UnixMillis(begins?.timestamp_millis()))
}

#[cfg(test)]
mod tests;

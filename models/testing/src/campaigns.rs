//! Campaigns with a known truth, from a seed, for the tests and benchmarks of forecasts.

use chrono::NaiveDate;

use stratum_models::ad_report::{AccountCampaign, CampaignDay};
use stratum_models::chance::Chance;
use stratum_models::money::{Currency, MICROS};
use stratum_models::platform::Platform;
use stratum_models::time::Day;

/// The last day of all generated data: 2026-03-31.
pub fn last() -> Day {
    Day(NaiveDate::from_ymd_opt(2026, 3, 31).unwrap_or_default())
}

/// The law by which revenue comes about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Truth {
    /// A law that the model can express: a level, weekdays, Hill saturation, carry-over.
    Within,
    /// A law that it cannot: logarithmic response, multiplicative noise that remembers, drifting levels.
    Outside,
}

fn uniform(chance: &mut Chance) -> f64 {
    (chance.bits() >> 11) as f64 / (1u64 << 53) as f64
}

/// About normal: mean 0, variance 1.
pub fn normal(chance: &mut Chance) -> f64 {
    (0..12).map(|_| uniform(chance)).sum::<f64>() - 6.0
}

/// A campaign of this number.
pub fn key(platform: Platform, at: usize) -> AccountCampaign {
    AccountCampaign { platform, account_id: "a".into(), campaign_id: format!("c{at}") }
}

/// A report of a day, amounts in units.
pub fn day(
    key: &AccountCampaign,
    day: Day,
    spend: f64,
    conversions: f64,
    revenue: f64,
) -> CampaignDay {
    let micros = |units: f64| (units * MICROS as f64) as i64;
    CampaignDay {
        key: key.clone(),
        campaign_name: format!("campaign {}", key.campaign_id),
        day,
        currency: Currency::EUR,
        spend_micros: micros(spend),
        impressions: (spend * 100.0) as i64,
        clicks: (spend * 2.0) as i64,
        conversions_micros: micros(conversions),
        revenue_micros: micros(revenue),
    }
}

/// The days of one campaign up to [`last`].
pub fn campaign(at: usize, days: usize, truth: Truth, seed: u64) -> Vec<CampaignDay> {
    let mut chance = Chance::new(seed.wrapping_mul(1_000).wrapping_add(at as u64));
    let platform = [Platform::Meta, Platform::Google][at % 2];
    let key = key(platform, at);
    let size = 20.0 * (normal(&mut chance) * 0.9).exp();
    let roas = 3.0 * (normal(&mut chance) * 0.3).exp();
    let value = 40.0;
    let (mut carried, mut drift, mut memory, mut plan) = (size, 0.0, 0.0, 1.0);
    let end = last().to_epoch_days();
    let mut rows = Vec::with_capacity(days);
    for back in (0..days).rev() {
        let epoch = end - i32::try_from(back).unwrap_or_default();
        let date = Day::from_epoch_days(epoch).unwrap_or(last());
        if epoch % 23 == 0 {
            plan = (normal(&mut chance) * 0.35).exp();
        }
        let spend = size * plan * (1.0 + 0.1 * normal(&mut chance)).max(0.1);
        carried = 0.7 * spend + 0.3 * carried;
        let weekday = 1.0 + 0.25 * f64::from(epoch.rem_euclid(7) - 3) / 3.0;
        drift += 0.01 * normal(&mut chance);
        memory = 0.7 * memory + 0.15 * normal(&mut chance);
        let mean = match truth {
            Truth::Within => roas * weekday * carried / (1.0 + carried / (3.0 * size)),
            Truth::Outside => {
                let noise: f64 = drift + memory;
                roas * weekday * size * (1.0 + spend / size).ln() * noise.exp()
            }
        };
        let sales = poisson(mean / value, &mut chance);
        rows.push(self::day(
            &key,
            date,
            spend,
            sales,
            sales * value * (0.2 * normal(&mut chance)).exp(),
        ));
    }
    rows
}

/// A Poisson variable; about normal where it is large.
fn poisson(mean: f64, chance: &mut Chance) -> f64 {
    if mean > 60.0 {
        return (mean + mean.sqrt() * normal(chance)).round().max(0.0);
    }
    let (limit, mut product, mut count) = ((-mean).exp(), uniform(chance), 0.0);
    while product > limit {
        product *= uniform(chance);
        count += 1.0;
    }
    count
}

/// Many campaigns.
pub fn campaigns(count: usize, days: usize, truth: Truth, seed: u64) -> Vec<CampaignDay> {
    (0..count).flat_map(|at| campaign(at, days, truth, seed)).collect()
}

//! The ad platforms' daily reports: first figures, restatements, and old versions that come late.

use super::dice::Dice;
use super::json::Json;
use super::world::{Campaign, World};
use crate::money::{Currency, MICROS};
use crate::platform::Platform;
use crate::time::{DAY_MS, Day, UnixMillis};

/// One row of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlantedReport {
    /// Who reports it.
    pub platform: Platform,
    /// The ad account.
    pub account_id: String,
    /// The campaign.
    pub campaign_id: String,
    /// The campaign's name.
    pub campaign_name: String,
    /// The day of the ad account.
    pub date: Day,
    /// The currency of the amounts.
    pub currency: Currency,
    /// Spent.
    pub spend_micros: i64,
    /// Shown.
    pub impressions: i64,
    /// Clicked.
    pub clicks: i64,
    /// Conversions, in millionths.
    pub conversions_micros: i64,
    /// Their value.
    pub revenue_micros: i64,
    /// Newest wins.
    pub version: u64,
}

/// A request to `POST /api/v1/ad-reports`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportRequest {
    /// Whose, as an index into [`World::tenants`].
    pub tenant_index: usize,
    /// A JSON array of rows.
    pub body: Vec<u8>,
    /// The rows in the request.
    pub rows: Vec<PlantedReport>,
}

/// The reports of the `days` days that end on `last`, one request a tenant and day, in the order they
/// come in. Each tells of its day and restates the two days before; now and then a row of an older
/// version comes after the newer one, and a row comes twice.
pub fn ad_reports(world: &World, days: u32, last: Day, seed: u64) -> Vec<ReportRequest> {
    let mut dice = Dice::new(seed ^ world.seed);
    let mut requests = Vec::new();
    let last = last.to_epoch_days();
    for pulled in (last - days as i32 + 1)..=last {
        for (tenant_index, tenant) in world.tenants.iter().enumerate() {
            let mut rows = Vec::new();
            for campaign in &tenant.campaigns {
                let first = (last - days as i32 + 1).max(pulled - 2);
                for date in first..=pulled {
                    let age = (pulled - date) as u32;
                    rows.push(report(world, campaign, date, age));
                    if age > 0 && dice.chance(0.1) {
                        rows.push(report(world, campaign, date, age - 1));
                    }
                    if dice.chance(0.02) {
                        rows.extend(rows.last().cloned());
                    }
                }
            }
            requests.push(ReportRequest { tenant_index, body: body(&rows), rows });
        }
    }
    requests
}

/// The platform's report of a day, `age` days after it. The same question always gets the same answer.
fn report(world: &World, campaign: &Campaign, date: i32, age: u32) -> PlantedReport {
    let seed = campaign.id.bytes().fold(world.seed, |seed, b| seed.rotate_left(7) ^ u64::from(b));
    // Two tenants may share campaign ids; their figures still differ.
    let seed =
        seed ^ campaign.daily_spend_micros.unsigned_abs() << 20 ^ u64::from(date.unsigned_abs());
    let mut dice = Dice::new(seed);
    let settled = [0.86, 0.96, 1.0][age.min(2) as usize];
    let cents = |micros: f64| (micros / 10_000.0) as i64 * 10_000;
    let spend = campaign.daily_spend_micros as f64 * weekday(date) * dice.about_one(0.3);
    let impressions = spend / campaign.cpm_micros as f64 * 1_000.0 * dice.about_one(0.15);
    let clicks = impressions * campaign.click_rate * dice.about_one(0.2);
    let conversions = clicks * campaign.purchase_rate * dice.about_one(0.4) * settled;
    // Platforms attribute in hundredths.
    let conversions = (conversions * 100.0) as i64;
    let revenue = conversions as f64 / 100.0 * campaign.order_micros as f64 * dice.about_one(0.2);
    let date_day = Day::from_epoch_days(date).unwrap_or(UnixMillis(0).day_in(chrono_tz::UTC));
    PlantedReport {
        platform: campaign.platform,
        account_id: campaign.account_id.clone(),
        campaign_id: campaign.id.clone(),
        campaign_name: campaign.name.clone(),
        date: date_day,
        currency: campaign.currency,
        spend_micros: cents(spend),
        impressions: impressions as i64,
        clicks: clicks as i64,
        conversions_micros: conversions * MICROS / 100,
        revenue_micros: cents(revenue),
        version: (i64::from(date + age as i32) * DAY_MS).unsigned_abs(),
    }
}

/// Shops spend and sell more towards the weekend. 1970-01-01 was a Thursday.
fn weekday(date: i32) -> f64 {
    const FROM_THURSDAY: [f64; 7] = [1.0, 1.1, 1.25, 1.2, 0.9, 0.85, 0.92];
    FROM_THURSDAY[date.rem_euclid(7) as usize]
}

/// The body of a request that holds these rows.
pub(super) fn body(rows: &[PlantedReport]) -> Vec<u8> {
    let mut json = Json::with_capacity(2 + rows.len() * 320, false);
    json.raw("[");
    for row in rows {
        json.element().raw("{");
        write_fields(&mut json, row);
        json.raw("}");
    }
    json.raw("]");
    json.finish()
}

/// The fields of a row, without its braces.
pub(super) fn write_fields(json: &mut Json, row: &PlantedReport) {
    json.key("platform").text(row.platform.as_str());
    json.key("account_id").text(&row.account_id);
    json.key("campaign_id").text(&row.campaign_id);
    json.key("campaign_name").text(&row.campaign_name);
    json.key("date").text(&row.date.0.to_string());
    json.key("currency").text(row.currency.as_str());
    json.key("spend").decimal(row.spend_micros);
    json.key("impressions").number(row.impressions);
    json.key("clicks").number(row.clicks);
    json.key("conversions").decimal(row.conversions_micros);
    json.key("revenue").decimal(row.revenue_micros);
    json.key("version").number(row.version as i64);
}

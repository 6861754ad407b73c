//! Reports of the platforms in the order they came in: older days once, the last weeks as they were pulled, each day
//! again on the two days after it.

use std::ops::RangeInclusive;

use super::History;
use crate::demo::part::report_parts;
use crate::demo::report::{PlantedReport, ReportRequest, body};
use crate::money::MICROS;
use crate::platform::Platform;
use crate::time::{DAY_MS, Day};

/// Ad reports to send, in the order they came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportBatch {
    /// Whose, as an index into the world's tenants.
    pub tenant_index: usize,
    /// A body of `POST /api/v1/ad-reports`.
    pub body: Vec<u8>,
    /// The number of rows in the batch.
    pub rows: usize,
}

/// Days of one request of older reports.
const BATCH_DAYS: usize = 90;
/// Days back to which ads, countries and devices are known.
const PARTS_DAYS: i32 = 90;
/// Days that were pulled one by one.
const PULLED_DAYS: i32 = 30;
/// Days for which one platform has not reported.
const LATE_DAYS: i32 = 2;
/// The tenant and the campaign that wait for it.
const LATE: (usize, Platform) = (1, Platform::Google);
/// Days before the anchor whose sales a platform took back in part, and the campaign.
const RESTATED: RangeInclusive<i32> = 9..=12;
const RESTATED_CAMPAIGN: (usize, usize) = (1, 4);
const RESTATED_BY: f64 = 1.7;

impl History {
    /// The reports of these days, with their parts.
    pub fn reports(&self, days: RangeInclusive<i32>) -> Vec<ReportBatch> {
        let mut all = Vec::new();
        let pulled_from = (*days.end() - PULLED_DAYS).max(*days.start());
        for tenant in 0..self.world.tenants.len() {
            let older: Vec<i32> = (*days.start()..pulled_from).collect();
            for batch in older.chunks(BATCH_DAYS) {
                let rows = batch.iter().flat_map(|day| self.rows(tenant, *day, 2)).collect();
                self.tell(&mut all, tenant, rows);
            }
            for pulled in pulled_from..=*days.end() {
                let first = (pulled - 2).max(*days.start());
                let rows = (first..=pulled).flat_map(|day| self.rows(tenant, day, pulled - day));
                self.tell(&mut all, tenant, rows.collect());
            }
        }
        all
    }

    fn tell(&self, all: &mut Vec<ReportBatch>, tenant_index: usize, rows: Vec<PlantedReport>) {
        if rows.is_empty() {
            return;
        }
        let first = self.anchor - PARTS_DAYS;
        let parted = rows.iter().filter(|row| row.date.to_epoch_days() >= first).cloned().collect();
        let parted = ReportRequest { tenant_index, body: Vec::new(), rows: parted };
        all.push(ReportBatch { tenant_index, rows: rows.len(), body: body(&rows) });
        if !parted.rows.is_empty() {
            let rows = parted.rows.len();
            all.push(ReportBatch { tenant_index, rows, body: report_parts(&parted) });
        }
    }

    /// The reports of a day, `age` days after it.
    fn rows(&self, tenant: usize, day: i32, age: i32) -> Vec<PlantedReport> {
        let Some(shop) = self.world.tenants.get(tenant) else { return Vec::new() };
        let late = self.anchor - LATE_DAYS..self.anchor;
        let numbers = (0..shop.campaigns.len()).filter(|number| {
            (tenant, shop.campaigns[*number].platform) != LATE || !late.contains(&day)
        });
        numbers.filter_map(|number| self.row(tenant, number, day, age)).collect()
    }

    fn row(&self, tenant: usize, number: usize, day: i32, age: i32) -> Option<PlantedReport> {
        let campaign = self.world.tenants.get(tenant)?.campaigns.get(number)?;
        let figures = self.campaign_day(tenant, number, day)?;
        // Conversions come in over the two days after a click.
        let mut settled = [0.86, 0.96, 1.0][age.clamp(0, 2) as usize];
        if (tenant, number) == RESTATED_CAMPAIGN
            && RESTATED.contains(&(self.anchor - day))
            && age < 2
        {
            settled *= RESTATED_BY;
        }
        let conversions = (figures.claimed as f64 * settled) as i64;
        Some(PlantedReport {
            platform: campaign.platform,
            account_id: campaign.account_id.clone(),
            campaign_id: campaign.id.clone(),
            campaign_name: campaign.name.clone(),
            date: Day::from_epoch_days(day)?,
            currency: campaign.currency,
            spend_micros: figures.spend_micros,
            impressions: figures.impressions,
            clicks: figures.clicks,
            conversions_micros: conversions * (MICROS / 100),
            revenue_micros: conversions * (figures.order_micros / 10_000) * 100,
            version: (i64::from(day + age) * DAY_MS).unsigned_abs(),
        })
    }
}

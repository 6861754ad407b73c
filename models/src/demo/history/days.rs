//! A campaign's day: what was spent, what the platform claims for it, and what the shop saw itself.

use super::History;
use crate::demo::dice::Dice;
use crate::platform::Platform;

/// One campaign's day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct CampaignDay {
    pub(super) spend_micros: i64,
    pub(super) impressions: i64,
    pub(super) clicks: i64,
    /// Conversions that the platform claims in the end, in hundredths.
    pub(super) claimed: i64,
    /// The worth of one of them.
    pub(super) order_micros: i64,
    /// Orders that the shop saw.
    pub(super) orders: i64,
}

/// Orders that nobody advertised for, on an average day.
const OWN_ORDERS: f64 = 6.0;

impl History {
    /// The day of a campaign, `None` where it did not run.
    pub(super) fn campaign_day(
        &self,
        tenant: usize,
        number: usize,
        day: i32,
    ) -> Option<CampaignDay> {
        let campaign = self.world.tenants.get(tenant)?.campaigns.get(number)?;
        let (spent, sold) = self.course(tenant, number).level(day, self.anchor)?;
        let mut dice = self.dice(tenant, number, day);
        let cents = |micros: f64| (micros / 10_000.0) as i64 * 10_000;
        let spend = campaign.daily_spend_micros as f64 * spent * dice.about_one(0.25);
        let impressions = spend / campaign.cpm_micros as f64 * 1_000.0 * dice.about_one(0.15);
        let clicks = impressions * campaign.click_rate * dice.about_one(0.2);
        // A budget that saturates still buys its clicks; fewer of them order.
        let claimed = clicks * campaign.purchase_rate * (sold / spent) * dice.about_one(0.3);
        // The shop meets most of those whom Meta sends, and few of the others.
        let seen = if campaign.platform == Platform::Meta { 0.8 } else { 0.4 };
        let orders = claimed * seen * dice.about_one(0.2) + dice.fraction();
        Some(CampaignDay {
            spend_micros: cents(spend),
            impressions: impressions as i64,
            clicks: clicks as i64,
            claimed: (claimed * 100.0) as i64,
            order_micros: cents(campaign.order_micros as f64 * dice.about_one(0.12)),
            orders: orders as i64,
        })
    }

    /// Orders of a day that no campaign is known of.
    pub(super) fn own_orders(&self, tenant: usize, day: i32) -> i64 {
        let Some((level, _)) = super::Course::Steady.level(day, self.anchor) else { return 0 };
        let mut dice = self.dice(tenant, usize::MAX, day);
        (OWN_ORDERS * level * dice.about_one(0.2)) as i64
    }

    /// Orders that a shop sees on a day.
    pub(super) fn orders_of(&self, tenant: usize, day: i32) -> i64 {
        let campaigns = self.world.tenants.get(tenant).map_or(0, |one| one.campaigns.len());
        let advertised = (0..campaigns).filter_map(|number| self.campaign_day(tenant, number, day));
        advertised.map(|one| one.orders).sum::<i64>() + self.own_orders(tenant, day)
    }

    /// The dice of one campaign's day: the same question always gets the same answer.
    pub(super) fn dice(&self, tenant: usize, number: usize, day: i32) -> Dice {
        let place = (tenant as u64).rotate_left(48) ^ (number as u64).rotate_left(32);
        Dice::new(self.world.seed.rotate_left(17) ^ place ^ u64::from(day.unsigned_abs()))
    }
}

//! A campaign's return over a window, for any spend: the one answer that forecasts, plans and what-ifs share.

use super::artifact::{CampaignModel, Curve, Insight};
use super::calibration::Calibration;
use crate::allocate;
use crate::response::Estimate;

/// A carry-over smaller than this is none.
const CARRY_MIN: f64 = 1e-6;

/// A campaign and a window of days that begins after the data.
#[derive(Clone, Debug)]
pub struct Outlook<'a> {
    /// The campaign.
    pub campaign: &'a CampaignModel,
    /// The parts that its forecast is made of.
    pub insight: &'a Insight,
    /// Days in the window.
    pub days: usize,
    calibration: &'a Calibration,
    terms: Vec<Term>,
}

/// Revenue of days that carry alike under one saturation:
/// `weight * exposure(spend * (1 - carry) + carried * carry)`.
#[derive(Clone, Copy, Debug)]
struct Term {
    member: usize,
    weight: f64,
    bend: f64,
    carry: f64,
}

impl Term {
    fn adstock(&self, spend: f64, carried: f64) -> f64 {
        spend * (1.0 - self.carry) + carried * self.carry
    }
}

/// Rounded to whole cents.
pub fn cents(amount: f64) -> f64 {
    (amount * 100.0).round() / 100.0
}

fn exposure(adstock: f64, bend: f64) -> f64 {
    adstock / (1.0 + adstock * bend)
}

impl<'a> Outlook<'a> {
    /// `None` where no interval can be given.
    pub(super) fn of(
        campaign: &'a CampaignModel,
        insight: &'a Insight,
        calibration: &'a Calibration,
        days: usize,
    ) -> Option<Outlook<'a>> {
        let days = days.clamp(1, insight.revenue.len().max(1));
        calibration.interval(days, (1.0, 1.0), 1.0)?;
        let terms = terms(insight, &insight.curve, days);
        Some(Outlook { campaign, insight, days, calibration, terms })
    }

    /// The planned spend over the window, in whole cents.
    pub fn planned_spend(&self) -> f64 {
        let spend = self.insight.spend * self.days as f64;
        // What is less than a cent stays what it is: it is divided by.
        if spend < 0.01 { spend } else { cents(spend) }
    }

    /// Expected revenue when `spend` is spent evenly over the window.
    pub fn revenue(&self, spend: f64) -> f64 {
        self.terms.iter().map(|term| self.term(term, spend)).sum()
    }

    fn term(&self, term: &Term, spend: f64) -> f64 {
        let daily = spend.max(0.0) / self.days as f64;
        term.weight * exposure(term.adstock(daily, self.insight.carried), term.bend)
    }

    /// Expected revenue of the next unit spent over the window.
    pub fn marginal(&self, spend: f64) -> f64 {
        let daily = spend.max(0.0) / self.days as f64;
        let rise = |term: &Term| {
            let flat = 1.0 + term.adstock(daily, self.insight.carried) * term.bend;
            term.weight * (1.0 - term.carry) / (flat * flat)
        };
        self.terms.iter().map(rise).sum::<f64>() / self.days as f64
    }

    /// Expected reported conversions for this revenue.
    pub fn conversions(&self, revenue: f64) -> f64 {
        revenue * self.insight.conversions_per_revenue
    }

    /// Revenue with its interval: the error of forecasts, and what is not known of the curve where
    /// the spend is not the planned one. The value is in whole cents, so that sums of it agree
    /// wherever they are made.
    pub fn estimate(&self, spend: f64) -> Estimate {
        let value = cents(self.revenue(spend));
        if spend <= 0.0 && value <= 0.0 {
            // Without spend, now or carried over, nothing comes of it.
            return Estimate { value, low: value, high: value };
        }
        let range = self.curve_range(spend, value);
        let interval = self.calibration.interval(self.days, range, self.insight.dispersion);
        let (low, high) = interval.unwrap_or((0.0, f64::MAX));
        Estimate { value, low: low.min(value), high: high.max(value) }
    }

    /// ROAS under the plan, with its interval.
    pub fn roas(&self) -> Estimate {
        let spend = self.planned_spend();
        let Estimate { value, low, high } = self.estimate(spend);
        Estimate { value: value / spend, low: low / spend, high: high / spend }
    }

    /// Revenue under the least and the most responsive curve that is not unlikely.
    fn curve_range(&self, spend: f64, value: f64) -> (f64, f64) {
        let members = &self.insight.curve.members;
        let mut each: Vec<(f64, f64)> = members.iter().map(|(weight, _)| (0.0, *weight)).collect();
        for term in &self.terms {
            each[term.member].0 += self.term(term, spend);
        }
        // A member's terms are weighed already: its own revenue is their sum over its weight.
        let mut each: Vec<(f64, f64)> = each
            .into_iter()
            .filter(|(_, weight)| *weight > 0.0)
            .map(|(revenue, weight)| (revenue / weight, weight))
            .collect();
        each.sort_by(|l, r| l.0.total_cmp(&r.0));
        let tail = (1.0 - self.calibration.level) / 2.0;
        let low = quantile(&each, tail).unwrap_or(value).min(value);
        let high = quantile(&each, 1.0 - tail).unwrap_or(value).max(value);
        (low, high)
    }

    /// The return of the planned spend, in whole cents.
    pub fn baseline(&self) -> f64 {
        cents(self.revenue(self.planned_spend()))
    }
}

impl allocate::Curve for Outlook<'_> {
    fn value(&self, spend: f64) -> f64 {
        self.revenue(spend)
    }
    fn marginal(&self, spend: f64) -> f64 {
        Outlook::marginal(self, spend)
    }
    fn is_concave(&self) -> bool {
        true
    }
}

/// The first value at which this share of the weight is reached.
fn quantile(sorted: &[(f64, f64)], share: f64) -> Option<f64> {
    let mut reached = 0.0;
    let found = sorted.iter().find(|(_, weight)| {
        reached += weight;
        reached >= share
    });
    found.or(sorted.last()).map(|(value, _)| *value)
}

/// The window's days, each scaled so that the planned spend brings the forecast under every member.
fn terms(insight: &Insight, curve: &Curve, days: usize) -> Vec<Term> {
    let mut terms: Vec<Term> = Vec::new();
    for (member, (weight, bend)) in curve.members.iter().enumerate() {
        let mut carry = 1.0;
        for revenue in insight.revenue.iter().take(days) {
            carry *= insight.carry_over;
            let carry = if carry > CARRY_MIN { carry } else { 0.0 };
            let mut term = Term { member, weight: 0.0, bend: *bend, carry };
            let planned = exposure(term.adstock(insight.spend, insight.carried), *bend);
            if planned <= 0.0 {
                continue;
            }
            term.weight = weight * revenue / planned;
            match terms.last_mut() {
                Some(last) if last.member == member && last.carry.total_cmp(&carry).is_eq() => {
                    last.weight += term.weight;
                }
                _ => terms.push(term),
            }
        }
    }
    terms
}

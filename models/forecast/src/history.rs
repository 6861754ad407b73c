//! A campaign's days as a dense series.

use serde::{Deserialize, Serialize};
use stratum_models::ad_report::{AccountCampaign, CampaignDay};
use stratum_models::money::{Currency, micros_to_units};
use stratum_models::name_set;
use stratum_models::time::Day;

use super::ForecastConfig;

/// Amounts and counts beyond this are no figures of a campaign's day.
const UNITS_MAX: f64 = 1e12;
/// A day so far above the campaign's own typical day is a fault of the report.
const TYPICAL_MAX: f64 = 1e4;
/// Older days are not looked at.
const DAYS_MAX: i32 = 1_461;

/// A campaign's days without gaps: a day that was not reported holds zeros and is marked.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// Which campaign.
    pub key: AccountCampaign,
    /// The campaign's newest name.
    pub name: String,
    /// The currency of its newest day; days in another are left out.
    pub currency: Currency,
    /// The first day, as days since 1970.
    pub first: i32,
    /// Spend a day, in units.
    pub spend: Vec<f64>,
    /// Revenue a day, in units.
    pub revenue: Vec<f64>,
    /// Conversions a day.
    pub conversions: Vec<f64>,
    /// Whether the day was reported, with figures that can be.
    pub observed: Vec<bool>,
    /// Reported days that were left out because their figures cannot be.
    pub excluded: usize,
    /// Days that were left out because they are in another currency.
    pub foreign: usize,
}

name_set! {
    /// The code of a reason for which nothing can be said of a campaign.
    ReasonCode {
        /// Too few days with spend.
        FewDays = "few_days",
        /// Too few conversions.
        FewConversions = "few_conversions",
        /// No revenue was ever reported.
        NoRevenue = "no_revenue",
        /// Nothing was spent lately.
        NotRunning = "not_running",
        /// Too short a history for a forecast to have been checked.
        Unchecked = "unchecked",
        /// The campaign is not in use, and was not asked for.
        Inactive = "inactive",
    }
}

/// Why a campaign gets no forecast.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum Insufficient {
    /// Fewer days with spend than are needed.
    FewDays {
        /// Days there are.
        days: usize,
        /// Days needed.
        needed: usize,
        /// Days in an earlier currency, which do not count.
        foreign: usize,
    },
    /// Fewer conversions than are needed.
    FewConversions {
        /// Conversions there are.
        conversions: f64,
        /// Conversions needed.
        needed: f64,
    },
    /// No revenue was ever reported.
    NoRevenue,
    /// Nothing was spent lately: there is no plan to forecast for.
    NotRunning {
        /// The days without spend.
        days: usize,
    },
    /// Too short for a forecast of it, or of any other campaign, to have been checked.
    Unchecked,
}

impl Insufficient {
    /// The reason's code, for programs; it stays.
    pub fn code(&self) -> ReasonCode {
        match self {
            Insufficient::FewDays { .. } => ReasonCode::FewDays,
            Insufficient::FewConversions { .. } => ReasonCode::FewConversions,
            Insufficient::NoRevenue => ReasonCode::NoRevenue,
            Insufficient::NotRunning { .. } => ReasonCode::NotRunning,
            Insufficient::Unchecked => ReasonCode::Unchecked,
        }
    }

    /// The numbers that the reason names.
    pub fn parameters(&self) -> Vec<(&'static str, f64)> {
        match *self {
            Insufficient::FewDays { days, needed, foreign } => {
                vec![("days", days as f64), ("needed", needed as f64), ("foreign", foreign as f64)]
            }
            Insufficient::FewConversions { conversions, needed } => {
                vec![("conversions", conversions), ("needed", needed)]
            }
            Insufficient::NotRunning { days } => vec![("days", days as f64)],
            Insufficient::NoRevenue | Insufficient::Unchecked => Vec::new(),
        }
    }

    /// The reason in plain words.
    pub fn statement(&self) -> String {
        match self {
            Insufficient::FewDays { days, needed, foreign: 0 } => {
                format!("{days} days with spend; at least {needed} are needed")
            }
            Insufficient::FewDays { days, needed, foreign } => format!(
                "{days} days with spend since its currency changed; at least {needed} are needed \
                 ({foreign} days in another currency do not count)"
            ),
            Insufficient::FewConversions { conversions, needed } => {
                format!("{conversions:.0} reported conversions; at least {needed:.0} are needed")
            }
            Insufficient::NoRevenue => "no revenue was ever reported".to_owned(),
            Insufficient::NotRunning { days } => {
                format!(
                    "nothing was spent in the last {days} days: there is no plan to forecast for"
                )
            }
            Insufficient::Unchecked => {
                "too little history to have checked a forecast against what came".to_owned()
            }
        }
    }
}

impl History {
    /// The series of one campaign's days, in any order, up to `last`; `None` without a usable day.
    pub fn of(days: &[CampaignDay], last: Day) -> Option<History> {
        let mut days: Vec<&CampaignDay> = days.iter().filter(|day| day.day <= last).collect();
        days.sort_by_key(|day| day.day);
        let newest = *days.last()?;
        let own = days.iter().rposition(|day| day.currency != newest.currency);
        let (foreign, days) = days.split_at(own.map_or(0, |at| at + 1));
        let end = last.to_epoch_days();
        let first = days.first()?.day.to_epoch_days().max(end - DAYS_MAX);
        let length = usize::try_from(end - first + 1).ok()?;
        let zeros = vec![0.0; length];
        let mut history = History {
            key: newest.key.clone(),
            name: newest.campaign_name.clone(),
            currency: newest.currency,
            first,
            spend: zeros.clone(),
            revenue: zeros.clone(),
            conversions: zeros,
            observed: vec![false; length],
            excluded: 0,
            foreign: foreign.len(),
        };
        days.iter().for_each(|day| history.put(day));
        history.leave_out_absurd();
        Some(history)
    }

    fn put(&mut self, day: &CampaignDay) {
        let Ok(at) = usize::try_from(day.day.to_epoch_days() - self.first) else { return };
        let micros = [day.spend_micros, day.revenue_micros, day.conversions_micros];
        let [spend, revenue, conversions] = micros.map(micros_to_units);
        let fine = |value: f64| (0.0..=UNITS_MAX).contains(&value);
        if at >= self.spend.len() || ![spend, revenue, conversions].into_iter().all(fine) {
            self.excluded += 1;
            return;
        }
        self.spend[at] = spend;
        self.revenue[at] = revenue;
        self.conversions[at] = conversions;
        self.observed[at] = true;
    }

    /// Days whose spend or revenue is thousands of times the typical one.
    fn leave_out_absurd(&mut self) {
        let spend_max = TYPICAL_MAX * typical(&self.spend);
        let revenue_max = TYPICAL_MAX * typical(&self.revenue);
        for at in 0..self.spend.len() {
            if self.spend[at] > spend_max || self.revenue[at] > revenue_max {
                self.spend[at] = 0.0;
                self.revenue[at] = 0.0;
                self.conversions[at] = 0.0;
                self.observed[at] = false;
                self.excluded += 1;
            }
        }
    }

    /// The index after the last day before `end`, both as days since 1970.
    pub(super) fn length_until(&self, end: i32) -> usize {
        usize::try_from(end - self.first).unwrap_or(0).min(self.spend.len())
    }

    /// The planned spend a day: the mean of the last days before `end`.
    pub(super) fn planned_spend(&self, end: i32, config: &ForecastConfig) -> f64 {
        let length = self.length_until(end);
        let recent = &self.spend[length.saturating_sub(config.plan_days)..length];
        recent.iter().sum::<f64>() / recent.len().max(1) as f64
    }

    /// Whether the days before `end` are enough for a forecast.
    ///
    /// # Errors
    /// With what is missing.
    pub fn suffices(&self, end: i32, config: &ForecastConfig) -> Result<(), Insufficient> {
        let length = self.length_until(end);
        let days = self.spend[..length].iter().filter(|spend| **spend > 0.0).count();
        if days < config.days_min {
            let (needed, foreign) = (config.days_min, self.foreign);
            return Err(Insufficient::FewDays { days, needed, foreign });
        }
        let conversions: f64 = self.conversions[..length].iter().sum();
        if conversions < config.conversions_min {
            let needed = config.conversions_min;
            return Err(Insufficient::FewConversions { conversions, needed });
        }
        if self.revenue[..length].iter().sum::<f64>() <= 0.0 {
            return Err(Insufficient::NoRevenue);
        }
        if self.planned_spend(end, config) <= 0.0 {
            return Err(Insufficient::NotRunning { days: config.plan_days });
        }
        Ok(())
    }
}

/// The median of what is above 0; infinite where nothing is.
fn typical(values: &[f64]) -> f64 {
    let mut positive: Vec<f64> = values.iter().copied().filter(|value| *value > 0.0).collect();
    positive.sort_by(f64::total_cmp);
    positive.get(positive.len() / 2).copied().unwrap_or(f64::INFINITY)
}

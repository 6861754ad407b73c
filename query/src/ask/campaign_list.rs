//! Lists of campaigns: which of them a condition on figures leaves, their order, their sum, and their days.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::str::FromStr;

use stratum_models::fx::{Conversion, Currencies};
use stratum_models::metrics::KpiGroup;
use stratum_models::money::Currency;
use stratum_models::store::StoreError;
use stratum_models::time::{Day, DayRange};
use stratum_models::warehouse::{CampaignGroupQuery, CampaignKey};

use super::TenantFigures;
use super::campaigns::CampaignReports;
use super::exchange::Exchange;
use super::figures::{Figures, Kpi};
use super::sums::{ConvertedFigures, CurrencySums};

/// A condition on a figure, as in `roas<1.5`. A figure that is not known meets none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FigureCondition {
    kpi: Kpi,
    sign: &'static str,
    bound: f64,
}

/// The signs, longer ones first.
const SIGNS: [&str; 5] = ["<=", ">=", "<", ">", "="];

impl FromStr for FigureCondition {
    type Err = String;

    fn from_str(text: &str) -> Result<FigureCondition, String> {
        let parted = SIGNS.iter().find_map(|sign| Some((*sign, text.split_once(sign)?)));
        let Some((sign, (kpi, bound))) = parted else {
            return Err("is a condition such as roas<1.5 or spend>=100".to_owned());
        };
        let kpi = kpi.trim().parse().map_err(|message| format!("the figure {message}"))?;
        let bound = bound.trim().parse().ok().filter(|bound: &f64| bound.is_finite());
        let bound = bound.ok_or_else(|| format!("needs a number behind {sign}"))?;
        Ok(FigureCondition { kpi, sign, bound })
    }
}

impl FigureCondition {
    /// Whether events alone tell its figure.
    pub fn is_of_events(&self) -> bool {
        self.kpi.is_of_events()
    }

    /// Whether these figures meet it.
    pub fn is_met_by(&self, figures: &Figures) -> bool {
        let order = figures.value(self.kpi).and_then(|value| value.partial_cmp(&self.bound));
        match self.sign {
            "<" => order == Some(Ordering::Less),
            ">" => order == Some(Ordering::Greater),
            "<=" => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            ">=" => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
            _ => order == Some(Ordering::Equal),
        }
    }
}

impl CampaignReports {
    /// The currency to add these campaigns up in: the one wanted, else the only one there is, else the
    /// tenant's own.
    pub fn currency_of<'a>(
        &self,
        keys: impl IntoIterator<Item = &'a CampaignKey>,
        wanted: Option<Currency>,
        own: Currency,
    ) -> Currency {
        let only = || {
            let groups = keys.into_iter().flat_map(|key| self.groups_of(key));
            Currencies::of(groups).target(own)
        };
        wanted.or_else(only).unwrap_or(own)
    }

    /// The sum of these campaigns in a currency; what needs a rate must have been converted into it.
    pub fn total<'a>(
        &self,
        keys: impl IntoIterator<Item = &'a CampaignKey>,
        to: Currency,
    ) -> ConvertedFigures {
        let mut plain = Vec::new();
        let mut converted = Vec::new();
        for key in keys {
            match self.converted(key, to) {
                Some(sums) => converted.push(sums),
                None => plain.extend(self.groups_of(key)),
            }
        }
        let mut total = CurrencySums::of(plain.iter().copied(), &Conversion::new(to, []));
        for sums in converted {
            total += sums;
        }
        total.converted()
    }
}

/// The figures of campaigns day by day.
pub type CampaignDays = HashMap<CampaignKey, Vec<Figures>>;

impl TenantFigures<'_> {
    /// The figures of these campaigns, each in its currency, on every day of a range. Campaigns without any
    /// are left out; a day without any has zeros.
    pub async fn campaign_days(
        &self,
        days: DayRange,
        campaigns: &[(CampaignKey, Currency)],
    ) -> Result<CampaignDays, StoreError> {
        if campaigns.is_empty() {
            return Ok(CampaignDays::new());
        }
        let keys = campaigns.iter().map(|(key, _)| key.clone()).collect();
        let query = CampaignGroupQuery { days, campaigns: keys, by_day: true };
        let mut groups = HashMap::<CampaignKey, Vec<KpiGroup>>::new();
        for group in self.warehouse.campaign_groups(self.scope, &query).await? {
            if let (Some(platform), Some(id)) = (group.platform, &group.campaign_id) {
                let key = CampaignKey { platform, campaign_id: id.clone() };
                groups.entry(key).or_default().push(group);
            }
        }
        let mut by_currency = BTreeMap::<Currency, Vec<(CampaignKey, Vec<KpiGroup>)>>::new();
        for (key, to) in campaigns {
            if let Some(groups) = groups.remove(key) {
                by_currency.entry(*to).or_default().push((key.clone(), groups));
            }
        }
        let mut shown = CampaignDays::new();
        for (to, of) in by_currency {
            let all: Vec<KpiGroup> = of.iter().flat_map(|(_, groups)| groups.clone()).collect();
            let into = Exchange::of(self, Some(to), &all).conversion(days, &all).await?;
            shown.extend(of.into_iter().map(|(key, groups)| (key, each_day(days, &groups, &into))));
        }
        Ok(shown)
    }
}

fn each_day(days: DayRange, groups: &[KpiGroup], into: &Conversion) -> Vec<Figures> {
    let mut by_day = BTreeMap::<Day, Vec<&KpiGroup>>::new();
    for group in groups {
        if let Some(day) = group.day {
            by_day.entry(day).or_default().push(group);
        }
    }
    let figures = |day| {
        let groups = by_day.get(&day).map_or(&[][..], Vec::as_slice);
        CurrencySums::of(groups.iter().copied(), into).figures()
    };
    days.from.0.iter_days().take_while(|day| *day <= days.to.0).map(Day).map(figures).collect()
}

#[cfg(test)]
mod tests {
    use stratum_models::metrics::MetricSums;

    use super::*;

    #[test]
    fn a_condition_holds_for_known_figures_only() {
        let sums = MetricSums {
            spend_micros: 10_000_000,
            revenue_micros: 15_000_000,
            ..MetricSums::default()
        };
        let figures = Figures::of(&sums, true, true);
        for (text, is_met) in [
            ("roas<1.5", false),
            ("roas<=1.5", true),
            ("roas = 1.5", true),
            ("spend>=10", true),
            ("spend>10", false),
            ("cpc<1000", false),
            ("cpc>=0", false),
        ] {
            assert_eq!(
                text.parse::<FigureCondition>().unwrap().is_met_by(&figures),
                is_met,
                "{text}"
            );
        }
        for text in ["roas", "roas<", "money>1", "roas<x", "roas<inf", "roas<NaN", "<1"] {
            assert!(text.parse::<FigureCondition>().is_err(), "{text}");
        }
    }
}

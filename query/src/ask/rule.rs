//! Figures that rules look at: of single campaigns, over windows of complete days.

use std::collections::{BTreeMap, HashMap};

use chrono::Days;
use chrono_tz::Tz;
use stratum_models::emq::EmqScore;
use stratum_models::fx::{Conversion, Tally};
use stratum_models::metrics::{KpiGroup, MetricSums, change_percent};
use stratum_models::money::Currency;
use stratum_models::platform::Platform;
use stratum_models::rule::{Aggregate, Comparison, Condition, RuleField};
use stratum_models::store::StoreError;
use stratum_models::time::{DAY_MS, Day, DayRange, HOUR_MS, UnixMillis};
use stratum_models::warehouse::{
    CampaignGroupQuery, CampaignKey, Freshness, MaskDay, MatchQualityQuery,
};

use super::TenantFigures;
use super::exchange::Exchange;
use super::figures::{Figures, Kpi};
use super::match_quality::MatchScore;

/// The campaigns and days that a rule looks at.
#[derive(Clone, Copy, Debug)]
pub struct RuleQuestion<'a> {
    /// The condition whose fields are to be known.
    pub condition: &'a Condition,
    /// The campaigns that their platforms have reported.
    pub campaigns: &'a [CampaignKey],
    /// The last days of the windows.
    pub ends: DayRange,
    /// The zone of the days.
    pub zone: Tz,
    /// The currency of amounts.
    pub currency: Currency,
}

/// The sums from the first day to before another one, with the number of days whose amounts lack a rate.
#[derive(Clone, Copy, Default)]
struct RunningSums {
    sums: MetricSums,
    lacks_reported: u32,
    lacks_tracked: u32,
}

/// The figures of campaigns, from which those of any window are read.
pub struct RuleFigures {
    days: DayRange,
    zone: Tz,
    /// One more than there are days.
    campaigns: HashMap<CampaignKey, Vec<RunningSums>>,
    freshness: BTreeMap<Platform, Freshness>,
    masks: BTreeMap<(Platform, Day), Vec<MaskDay>>,
}

impl TenantFigures<'_> {
    /// The figures of these campaigns on every day that the condition looks at: one question for all campaigns, and
    /// one more where it looks at match quality.
    pub async fn rule_figures(&self, asked: RuleQuestion<'_>) -> Result<RuleFigures, StoreError> {
        let RuleQuestion { condition, ends, zone, currency, .. } = asked;
        let comparisons = condition.comparisons();
        let back = comparisons.iter().map(|one| one.days_back()).max().unwrap_or(0).max(1);
        let from = ends.from.0.checked_sub_days(Days::new(u64::from(back) - 1));
        let days = DayRange { from: from.map_or(ends.from, Day), to: ends.to };
        let has_figures = comparisons.iter().any(|one| kpi(one.field).is_some());
        let has_quality = comparisons.iter().any(|one| one.field == RuleField::MatchQuality);
        let groups = async {
            // The port takes no campaign for every campaign.
            if asked.campaigns.is_empty() || !has_figures {
                return Ok(Vec::new());
            }
            let campaigns = asked.campaigns.to_vec();
            let query = CampaignGroupQuery { days, campaigns, by_day: true };
            self.warehouse.campaign_groups(self.scope, &query).await
        };
        let masks = async {
            if !has_quality {
                return Ok(Vec::new());
            }
            // Wide enough for the days of every zone.
            let from = UnixMillis((i64::from(days.from.to_epoch_days()) - 1) * DAY_MS);
            let until = UnixMillis((i64::from(days.to.to_epoch_days()) + 2) * DAY_MS);
            let (platform, dataset_id, event_name) = (None, None, None);
            let query = MatchQualityQuery { from, until, platform, dataset_id, event_name };
            self.warehouse.mask_days(self.scope, &query, zone).await
        };
        let freshness = self.warehouse.freshness(self.scope);
        let (groups, masks, freshness) = futures::try_join!(groups, masks, freshness)?;
        let into = Exchange::of(self, Some(currency), &groups).conversion(days, &groups).await?;
        Ok(RuleFigures::of(asked, days, &groups, &into, freshness, masks))
    }
}

/// The KPI of a field; `None` for a state.
fn kpi(field: RuleField) -> Option<Kpi> {
    Kpi::parse(field.as_str())
}

impl RuleFigures {
    fn of(
        asked: RuleQuestion<'_>,
        days: DayRange,
        groups: &[KpiGroup],
        into: &Conversion,
        freshness: Vec<Freshness>,
        masks: Vec<MaskDay>,
    ) -> RuleFigures {
        let mut by_day = HashMap::<CampaignKey, BTreeMap<Day, Tally>>::new();
        for group in groups {
            if let (Some(platform), Some(id), Some(day)) =
                (group.platform, &group.campaign_id, group.day)
            {
                let key = CampaignKey { platform, campaign_id: id.clone() };
                by_day.entry(key).or_default().entry(day).or_default().add(group, into);
            }
        }
        let campaigns = asked.campaigns.iter().map(|key| {
            let tallies = by_day.remove(key).unwrap_or_default();
            (key.clone(), running(days, &tallies))
        });
        let mut by_platform = BTreeMap::<(Platform, Day), Vec<MaskDay>>::new();
        for one in masks {
            if let Some(platform) = one.platform {
                by_platform.entry((platform, one.day)).or_default().push(one);
            }
        }
        let freshness = freshness.into_iter().filter_map(|one| Some((one.platform?, one)));
        RuleFigures {
            days,
            zone: asked.zone,
            campaigns: campaigns.collect(),
            freshness: freshness.collect(),
            masks: by_platform,
        }
    }

    /// The number that a comparison looks at, in its window that ends with this day. `None` for a state, before every
    /// day of the window is complete, where a rate is missing, and where a denominator is zero.
    pub fn number(&self, of: &Comparison, key: &CampaignKey, end: Day) -> Option<f64> {
        let window = window(end, of.window_days)?;
        if of.field == RuleField::MatchQuality {
            return self.match_quality(key.platform, window);
        }
        let kpi = kpi(of.field)?;
        if !self.is_complete(kpi, key.platform, window.to) {
            return None;
        }
        let value = |days| self.figures(key, days)?.value(kpi);
        let each = || window.from.0.iter_days().take_while(|day| *day <= window.to.0).map(Day);
        let daily = || each().map(|day| value(DayRange { from: day, to: day }));
        match of.aggregate {
            Aggregate::Total => value(window),
            Aggregate::DailyAverage => Some(value(window)? / window.days() as f64),
            Aggregate::DailyMinimum => extreme(daily(), f64::min),
            Aggregate::DailyMaximum => extreme(daily(), f64::max),
            Aggregate::ChangePercent => change_percent(value(window), value(window.previous()?)),
        }
    }

    /// Hours since a platform's newest report was received; `None` where it never reported.
    pub fn data_age_hours(&self, platform: Platform, now: UnixMillis) -> Option<f64> {
        let received = self.freshness.get(&platform)?.reports_received_at?;
        Some((now.0 - received.0).max(0) as f64 / HOUR_MS as f64)
    }

    /// Whether all is in that the KPI is made of, up to this day: the platform has reported it, on a later day, as
    /// what it reports of a day during that day is not all of it.
    fn is_complete(&self, kpi: Kpi, platform: Platform, day: Day) -> bool {
        let Some(freshness) = self.freshness.get(&platform) else { return false };
        let received = freshness.reports_received_at.map(|at| at.day_in(self.zone));
        let is_reported = freshness.reports_until.is_some_and(|until| until >= day)
            && received.is_some_and(|received| received > day);
        let needs_events = matches!(
            kpi,
            Kpi::TrackedConversions
                | Kpi::TrackedRevenue
                | Kpi::TrackedRoas
                | Kpi::TrackedCpa
                | Kpi::TrackedCvr
        );
        (kpi.is_of_events() || is_reported)
            && (!needs_events || freshness.events_received_at.is_some())
    }

    fn figures(&self, key: &CampaignKey, days: DayRange) -> Option<Figures> {
        let place = |day: Day| usize::try_from((day.0 - self.days.from.0).num_days()).ok();
        let running = self.campaigns.get(key)?;
        let before = running.get(place(days.from)?)?;
        let until = running.get(place(days.to)?.checked_add(1)?)?;
        let mut sums = until.sums;
        sums -= before.sums;
        let knows_reported = until.lacks_reported == before.lacks_reported;
        let knows_tracked = knows_reported && until.lacks_tracked == before.lacks_tracked;
        Some(Figures::of(&sums, knows_reported, knows_tracked))
    }

    fn match_quality(&self, platform: Platform, window: DayRange) -> Option<f64> {
        let range = (platform, window.from)..=(platform, window.to);
        let days: Vec<&MaskDay> = self.masks.range(range).flat_map(|(_, masks)| masks).collect();
        let masks = || days.iter().map(|one| (one.action_source, one.valid, one.events));
        let score = MatchScore::of_masks(Some(platform), masks);
        score.score.filter(|_| !score.is_of_few()).map(EmqScore::out_of_10)
    }
}

/// The days of a window that ends with this one.
fn window(end: Day, days: u32) -> Option<DayRange> {
    let back = u64::from(days).checked_sub(1)?;
    Some(DayRange { from: Day(end.0.checked_sub_days(Days::new(back))?), to: end })
}

/// The sums before each day of a range, and after its last.
fn running(days: DayRange, tallies: &BTreeMap<Day, Tally>) -> Vec<RunningSums> {
    let mut so_far = RunningSums::default();
    let mut running = vec![so_far];
    for day in days.from.0.iter_days().take_while(|day| *day <= days.to.0).map(Day) {
        if let Some(tally) = tallies.get(&day) {
            so_far.sums += tally.sums();
            so_far.lacks_reported += u32::from(!tally.knows_reported());
            so_far.lacks_tracked += u32::from(!tally.knows_tracked());
        }
        running.push(so_far);
    }
    running
}

/// The extreme of values; `None` where one is not known.
fn extreme(values: impl Iterator<Item = Option<f64>>, choose: fn(f64, f64) -> f64) -> Option<f64> {
    let values: Option<Vec<f64>> = values.collect();
    values?.into_iter().reduce(choose)
}

#[cfg(test)]
mod tests {
    use stratum_models::fx::FxRate;
    use stratum_models::rule::{Operator, RuleValue};

    use super::*;

    fn day(number: i32) -> Day {
        Day::from_epoch_days(20_000 + number).unwrap()
    }

    fn key() -> CampaignKey {
        CampaignKey { platform: Platform::Meta, campaign_id: "1".into() }
    }

    fn group(on: i32, currency: Currency, spend: i128, revenue: i128) -> KpiGroup {
        let sums = MetricSums {
            spend_micros: spend * 1_000_000,
            revenue_micros: revenue * 1_000_000,
            ..MetricSums::default()
        };
        KpiGroup {
            currency: Some(currency),
            platform: Some(Platform::Meta),
            day: Some(day(on)),
            campaign_id: Some("1".into()),
            campaign_name: Some("One".into()),
            sums,
        }
    }

    fn compare(field: RuleField, window_days: u32, aggregate: Aggregate) -> Comparison {
        let (operator, value) = (Operator::LessThan, RuleValue::Number(0.0));
        Comparison { field, operator, value, window_days, aggregate }
    }

    /// Days 0 to 9, with the newest report of day `until` received on day `received`.
    fn figures(groups: &[KpiGroup], until: i32, received: i32, into: &Conversion) -> RuleFigures {
        let condition = Condition::And(Vec::new());
        let campaigns = [key()];
        let days = DayRange { from: day(0), to: day(9) };
        let (zone, currency) = (Tz::UTC, into.to);
        let asked = RuleQuestion {
            condition: &condition,
            campaigns: &campaigns,
            ends: days,
            zone,
            currency,
        };
        let freshness = Freshness {
            platform: Some(Platform::Meta),
            events_received_at: None,
            reports_received_at: Some(UnixMillis(i64::from(20_000 + received) * DAY_MS + HOUR_MS)),
            reports_until: Some(day(until)),
        };
        RuleFigures::of(asked, days, groups, into, vec![freshness], Vec::new())
    }

    #[test]
    fn a_window_is_summed_averaged_and_compared_with_the_one_before() {
        let groups: Vec<KpiGroup> =
            (0..10).map(|on| group(on, Currency::EUR, i128::from(on), 20)).collect();
        let known = figures(&groups, 9, 10, &Conversion::new(Currency::EUR, []));
        let number =
            |field, days, of, end| known.number(&compare(field, days, of), &key(), day(end));
        let spend = |of, end| number(RuleField::Spend, 3, of, end);
        assert_eq!(spend(Aggregate::Total, 9), Some(24.0));
        assert_eq!(spend(Aggregate::DailyAverage, 9), Some(8.0));
        assert_eq!(spend(Aggregate::DailyMinimum, 9), Some(7.0));
        assert_eq!(spend(Aggregate::DailyMaximum, 9), Some(9.0));
        assert_eq!(spend(Aggregate::ChangePercent, 9), Some(60.0));
        assert_eq!(number(RuleField::Roas, 3, Aggregate::Total, 9), Some(2.5));
        assert_eq!(number(RuleField::Roas, 1, Aggregate::Total, 0), None, "nothing was spent");
        assert_eq!(number(RuleField::Roas, 3, Aggregate::DailyMinimum, 2), None);
        assert_eq!(spend(Aggregate::Total, 1), None, "days that were not asked for");
        assert_eq!(number(RuleField::TrackedRoas, 3, Aggregate::Total, 9), None, "no events");
        assert_eq!(known.data_age_hours(Platform::Meta, UnixMillis(20_011 * DAY_MS)), Some(23.0));
        assert_eq!(known.data_age_hours(Platform::Google, UnixMillis(0)), None);
    }

    #[test]
    fn a_day_counts_once_it_was_reported_after_its_end() {
        let into = Conversion::new(Currency::EUR, []);
        let total = |until, received, end| {
            let known = figures(&[group(3, Currency::EUR, 5, 0)], until, received, &into);
            known.number(&compare(RuleField::Spend, 2, Aggregate::Total), &key(), day(end))
        };
        assert_eq!(total(4, 5, 4), Some(5.0));
        assert_eq!(total(4, 4, 4), None, "the day is not over");
        assert_eq!(total(3, 5, 4), None, "the last day is not reported");
        assert_eq!(total(8, 9, 8), Some(0.0), "a campaign that reports leave out spent nothing");
    }

    #[test]
    fn an_amount_without_a_rate_is_not_known() {
        let rate = FxRate { day: day(1), currency: Currency::EUR, per_usd_nanos: 2_000_000_000 };
        let groups = [group(1, Currency::USD, 5, 0), group(9, Currency::USD, 5, 0)];
        let into = Conversion::new(Currency::EUR, [rate]);
        let known = figures(&groups, 9, 10, &into);
        let total = |days, end| {
            known.number(&compare(RuleField::Spend, days, Aggregate::Total), &key(), day(end))
        };
        assert_eq!((total(2, 2), total(2, 9), total(9, 8)), (Some(10.0), None, Some(10.0)));
    }

    #[test]
    fn every_figure_of_a_rule_is_a_kpi_but_match_quality() {
        for field in RuleField::ALL.iter().filter(|field| field.has_window()) {
            assert_eq!(kpi(*field).is_none(), *field == RuleField::MatchQuality, "{field}");
        }
        for one in Kpi::ALL {
            assert!(RuleField::parse(one.as_str()).is_some(), "{one}");
        }
    }
}

//! Rows of a file put together: repeated ones, contradicting ones, and campaigns' days made of their ads.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use stratum_models::ad_report::{AdReport, AdReportSplit, SplitBy};
use stratum_models::platform::Platform;
use stratum_models::time::Day;

use super::row::{LeftOut, RowFault};
use crate::ad_reports::Judged;

/// Which campaign and which day.
type CampaignDay = (Platform, String, String, Day);

fn campaign_day(report: &AdReport) -> CampaignDay {
    let AdReport { platform, account_id, campaign_id, date, .. } = report;
    (*platform, account_id.clone(), campaign_id.clone(), *date)
}

/// Rows that keep the rules, with the place of each.
#[derive(Default)]
pub(super) struct Kept {
    places: Vec<u64>,
    rows: Vec<Judged>,
}

impl Kept {
    pub(super) fn push(&mut self, place: u64, row: Judged) {
        self.places.push(place);
        self.rows.push(row);
    }

    /// Days, parts, what was repeated and what contradicts an earlier row.
    pub(super) fn settle(self) -> Settled {
        let mut firsts: HashMap<_, usize> = HashMap::with_capacity(self.rows.len());
        let mut verdicts = Vec::with_capacity(self.rows.len());
        for (at, row) in self.rows.iter().enumerate() {
            verdicts.push(match firsts.entry(row.key()) {
                Entry::Vacant(first) => {
                    first.insert(at);
                    None
                }
                Entry::Occupied(first) => Some(*first.get()),
            });
        }
        let repeats: Vec<Option<(u64, bool)>> = verdicts
            .into_iter()
            .zip(&self.rows)
            .map(|(first, row)| {
                let first = first?;
                Some((*self.places.get(first)?, self.rows.get(first) == Some(row)))
            })
            .collect();
        let mut settled = Settled::default();
        for ((row, place), repeat) in self.rows.into_iter().zip(self.places).zip(repeats) {
            match repeat {
                None => settled.take(place, row),
                Some((_, true)) => settled.left_out.push((LeftOut::Repeated, place)),
                Some((first, false)) => settled.faults.push(contradiction(place, first)),
            }
        }
        settled.make_days();
        settled
    }
}

fn contradiction(row: u64, first: u64) -> RowFault {
    let message = format!(
        "says something else than row {first} of the same campaign, day and part; the export is broken \
         down by something that is not read here"
    );
    RowFault { row, field: None, message }
}

/// What a file comes to.
#[derive(Default)]
pub(super) struct Settled {
    pub(super) days: Vec<AdReport>,
    /// How many of them, the last ones, are sums of their ads.
    pub(super) days_made: usize,
    pub(super) splits: Vec<AdReportSplit>,
    places: Vec<u64>,
    pub(super) left_out: Vec<(LeftOut, u64)>,
    pub(super) faults: Vec<RowFault>,
}

impl Settled {
    fn take(&mut self, place: u64, row: Judged) {
        match row {
            Judged::Day(day) => self.days.push(day),
            Judged::Split(split) => {
                self.splits.push(split);
                self.places.push(place);
            }
        }
    }

    /// Only campaigns' days count, so a day of which there are only ad sets or ads is their sum.
    fn make_days(&mut self) {
        let told: std::collections::HashSet<_> = self.days.iter().map(campaign_day).collect();
        let mut made: HashMap<CampaignDay, (SplitBy, AdReport)> = HashMap::new();
        let mut order = Vec::new();
        for (split, place) in self.splits.iter().zip(&self.places) {
            let by = split.split.by();
            let key = campaign_day(&split.report);
            if !matches!(by, SplitBy::AdSet | SplitBy::Ad) || told.contains(&key) {
                continue;
            }
            match made.entry(key) {
                Entry::Vacant(day) => {
                    order.push(day.key().clone());
                    day.insert((by, split.report.clone()));
                }
                // Ad sets hold their ads.
                Entry::Occupied(mut day) if day.get().0 != by => {
                    if by == SplitBy::AdSet {
                        day.insert((by, split.report.clone()));
                    }
                }
                Entry::Occupied(mut day) => {
                    if !add(&mut day.get_mut().1, &split.report) {
                        self.faults.push(other_currency(*place));
                    }
                }
            }
        }
        self.days_made = order.len();
        self.days.extend(order.iter().filter_map(|key| made.remove(key)).map(|(_, day)| day));
    }
}

fn other_currency(row: u64) -> RowFault {
    let message = "is in another currency than other rows of its campaign and day".to_owned();
    RowFault { row, field: Some("currency"), message }
}

/// Adds a part to a day, unless its currency is another one.
fn add(day: &mut AdReport, part: &AdReport) -> bool {
    if day.currency != part.currency {
        return false;
    }
    day.spend_micros = day.spend_micros.saturating_add(part.spend_micros);
    day.impressions = day.impressions.saturating_add(part.impressions);
    day.clicks = day.clicks.saturating_add(part.clicks);
    day.conversions_micros = day.conversions_micros.saturating_add(part.conversions_micros);
    day.revenue_micros = day.revenue_micros.saturating_add(part.revenue_micros);
    day.version = day.version.max(part.version);
    if day.campaign_name.is_empty() {
        day.campaign_name.clone_from(&part.campaign_name);
    }
    true
}

//! Rows of a file put together: repeated ones, contradicting ones, and campaigns' days made of their ads.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher as _, Hash as _, Hasher as _, RandomState};

use stratum_models::ad_report::{AdReport, AdReportSplit, SplitBy};
use stratum_models::platform::Platform;
use stratum_models::time::Day;

use super::row::{RowFault, SkipReason};
use stratum_wire::ad_reports::JudgedRow;

/// Which campaign and which day.
type CampaignDay = (Platform, String, String, Day);

fn campaign_day(report: &AdReport) -> CampaignDay {
    let AdReport { platform, account_id, campaign_id, date, .. } = report;
    (*platform, account_id.clone(), campaign_id.clone(), *date)
}

/// Rows that keep the rules, with the place of each and what its cells that are not read come to.
#[derive(Default)]
pub(super) struct RowSet {
    hasher: RandomState,
    places: Vec<(u64, u64)>,
    rows: Vec<JudgedRow>,
}

/// Of the rows of one key.
struct Group {
    /// Index of the first.
    first: usize,
    /// Index of the first that differs from it, in a cell that is read or in another one.
    other: Option<usize>,
}

impl RowSet {
    pub(super) fn push<'c>(
        &mut self,
        place: u64,
        unread: impl Iterator<Item = &'c str>,
        row: JudgedRow,
    ) {
        let mut hasher = self.hasher.build_hasher();
        unread.for_each(|cell| cell.hash(&mut hasher));
        self.places.push((place, hasher.finish()));
        self.rows.push(row);
    }

    /// Days, parts, what was repeated and what contradicts another row. Rows that differ in a
    /// cell that is not read are parts of something and no repeats.
    pub(super) fn settle(self) -> FileRows {
        let mut groups: HashMap<_, Group> = HashMap::with_capacity(self.rows.len());
        let told = |at: usize| (self.rows.get(at), self.places.get(at).map(|(_, unread)| unread));
        for (at, row) in self.rows.iter().enumerate() {
            let group = groups.entry(row.key()).or_insert(Group { first: at, other: None });
            if group.other.is_none() && told(at) != told(group.first) {
                group.other = Some(at);
            }
        }
        let place = |at: usize| self.places.get(at).map_or(0, |(place, _)| *place);
        let mut settled = FileRows::default();
        // Of rows that contradict each other none counts: the first alone would pass for the whole.
        let verdicts: Vec<(bool, Option<u64>)> = self
            .rows
            .iter()
            .enumerate()
            .map(|(at, row)| {
                let Some(group) = groups.get(&row.key()) else { return (true, None) };
                let other =
                    group.other.map(|other| if at == group.first { other } else { group.first });
                (at == group.first, other.map(place))
            })
            .collect();
        drop(groups);
        for ((row, (place, _)), verdict) in self.rows.into_iter().zip(self.places).zip(verdicts) {
            match verdict {
                (_, Some(other)) => settled.faults.push(contradiction(place, other)),
                (true, None) => settled.take(place, row),
                (false, None) => settled.left_out.push((SkipReason::Repeated, place)),
            }
        }
        settled.make_days();
        settled
    }
}

fn contradiction(row: u64, other: u64) -> RowFault {
    let message = format!(
        "is of the same campaign, day and part as row {other} and differs from it; the export is broken \
         down by something that is not read here"
    );
    RowFault { row, field: None, message }
}

/// The rows that a file comes to.
#[derive(Default)]
pub(super) struct FileRows {
    pub(super) days: Vec<AdReport>,
    /// The number of them, the last ones, that are sums of their ads.
    pub(super) days_made: usize,
    pub(super) splits: Vec<AdReportSplit>,
    places: Vec<u64>,
    pub(super) left_out: Vec<(SkipReason, u64)>,
    pub(super) faults: Vec<RowFault>,
}

impl FileRows {
    fn take(&mut self, place: u64, row: JudgedRow) {
        match row {
            JudgedRow::Day(day) => self.days.push(day),
            JudgedRow::Split(split) => {
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

//! A row of a platform's report, and rows of one key added up.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use stratum_models::money::parse_micros;

use super::text::decimal;

/// The dimension that a row is broken down by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PulledSplit {
    /// By nothing: a campaign's day.
    Campaign,
    /// An ad.
    Ad {
        /// The ad set's id.
        ad_set_id: String,
        /// The ad set's name.
        ad_set_name: String,
        /// The ad's id.
        id: String,
        /// The ad's name.
        name: String,
    },
    /// A country, ISO 3166 alpha-2 in upper case.
    Country(String),
    /// A class of device: `desktop`, `mobile`, `tablet`, `connected_tv` or `other`.
    Device(&'static str),
}

/// Figures of a day as the platform wrote them: decimal numbers in currency units.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the field of an ad report of the same name")]
pub struct PulledRow {
    /// `YYYY-MM-DD`, a day of the account's zone.
    pub date: String,
    pub campaign_id: String,
    pub campaign_name: String,
    /// The dimension that it is broken down by.
    pub split: PulledSplit,
    pub spend: String,
    pub impressions: String,
    pub clicks: String,
    pub conversions: String,
    pub revenue: String,
}

impl PulledRow {
    fn figures(&mut self) -> [&mut String; 5] {
        let PulledRow { spend, impressions, clicks, conversions, revenue, .. } = self;
        [spend, impressions, clicks, conversions, revenue]
    }

    /// Adds another row's figures; `false`, and nothing is changed, where one is no number.
    fn add(&mut self, other: &mut PulledRow) -> bool {
        let mut sums = Vec::with_capacity(5);
        for (ours, theirs) in self.figures().into_iter().zip(other.figures()) {
            let sum = parse_micros(ours).zip(parse_micros(theirs));
            match sum.and_then(|(ours, theirs)| ours.checked_add(theirs)) {
                Some(sum) => sums.push(decimal(sum)),
                None => return false,
            }
        }
        for (figure, sum) in self.figures().into_iter().zip(sums) {
            *figure = sum;
        }
        true
    }
}

/// Rows with those of one key added up: platforms tell some things finer than they are kept, such as
/// phones by how the ad was shown. What is no number stays a row of its own, for the rules to refuse.
pub fn added_up(rows: Vec<PulledRow>) -> Vec<PulledRow> {
    let mut places = HashMap::with_capacity(rows.len());
    let mut kept: Vec<PulledRow> = Vec::with_capacity(rows.len());
    for mut row in rows {
        let split = match &row.split {
            PulledSplit::Ad { ad_set_id, id, .. } => format!("{ad_set_id}/{id}"),
            PulledSplit::Country(country) => country.clone(),
            PulledSplit::Device(device) => (*device).to_owned(),
            PulledSplit::Campaign => String::new(),
        };
        match places.entry((row.campaign_id.clone(), row.date.clone(), split)) {
            Entry::Occupied(place) => {
                let place: &usize = place.get();
                let added = kept.get_mut(*place).is_some_and(|first| first.add(&mut row));
                if !added {
                    kept.push(row);
                }
            }
            Entry::Vacant(place) => {
                place.insert(kept.len());
                kept.push(row);
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(device: &'static str, spend: &str, clicks: &str) -> PulledRow {
        PulledRow {
            date: "2026-03-01".into(),
            campaign_id: "7".into(),
            campaign_name: "Spring".into(),
            split: PulledSplit::Device(device),
            spend: spend.into(),
            impressions: "10".into(),
            clicks: clicks.into(),
            conversions: "0.5".into(),
            revenue: "0".into(),
        }
    }

    #[test]
    fn rows_of_one_key_are_added_up() {
        let rows =
            vec![row("mobile", "1.10", "3"), row("desktop", "5", "1"), row("mobile", "2.2", "4")];
        let rows = added_up(rows);
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[0].spend.as_str(), rows[0].clicks.as_str()), ("3.300000", "7.000000"));
        assert_eq!((rows[0].conversions.as_str(), rows[1].spend.as_str()), ("1.000000", "5"));
    }

    #[test]
    fn what_is_no_number_spoils_nothing_else() {
        let rows = added_up(vec![row("mobile", "1", "3"), row("mobile", "n/a", "4")]);
        assert_eq!((rows.len(), rows[0].spend.as_str(), rows[1].spend.as_str()), (2, "1", "n/a"));
    }
}

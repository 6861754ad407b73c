//! Questions to the warehouse and their answers, as values.

use chrono_tz::Tz;

use super::{
    ArrivalCount, ArrivalStep, CampaignGroupQuery, CampaignKey, Freshness, IngestCount,
    InvalidCount, MarkCount, MaskCount, MaskDay, MatchQualityQuery, RecentFate, RecentQuery,
    RecentRow, RejectionCount, ReportedCampaign,
};
use crate::ad_report::CampaignDay;
use crate::breakdown::{BreakdownQuery, Part};
use crate::metrics::{KpiGroup, KpiGrouping, KpiQuery};
use crate::store::{StoreError, StoreErrorKind};
use crate::time::{DayRange, UnixMillis};

/// A question to the warehouse. Each is asked by the method of [`WarehouseReader`] that has its name, where
/// its meaning is told.
///
/// [`WarehouseReader`]: super::WarehouseReader
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Question {
    /// Answered by [`Rows::KpiGroups`].
    KpiGroups(KpiQuery, KpiGrouping),
    /// Answered by [`Rows::Parts`].
    Breakdown(BreakdownQuery),
    /// Answered by [`Rows::KpiGroups`].
    CampaignGroups(CampaignGroupQuery),
    /// Answered by [`Rows::ReportedCampaigns`].
    ReportedCampaigns {
        /// From this instant of receipt on.
        since: UnixMillis,
        /// Behind this campaign.
        after: Option<CampaignKey>,
        /// So many at most.
        limit: u32,
    },
    /// Answered by [`Rows::MaskCounts`].
    MaskCounts(MatchQualityQuery),
    /// Answered by [`Rows::InvalidCounts`].
    InvalidCounts(MatchQualityQuery),
    /// Answered by [`Rows::MaskDays`].
    MaskDays(MatchQualityQuery, Tz),
    /// Answered by [`Rows::MarkCounts`]; by hour where it is true.
    MarkCounts(MatchQualityQuery, bool),
    /// Answered by [`Rows::ArrivalCounts`].
    ArrivalCounts {
        /// From this instant of receipt on.
        from: UnixMillis,
        /// Before this one.
        until: UnixMillis,
        /// The length of a step.
        step: ArrivalStep,
    },
    /// Answered by [`Rows::RecentRows`].
    RecentRows(RecentQuery),
    /// Answered by [`Rows::IngestCounts`].
    IngestCounts {
        /// From this instant of receipt on.
        from: UnixMillis,
        /// Before this one.
        until: UnixMillis,
    },
    /// Answered by [`Rows::RejectionCounts`].
    RejectionCounts {
        /// From this instant of receipt on.
        from: UnixMillis,
        /// Before this one.
        until: UnixMillis,
    },
    /// Answered by [`Rows::CampaignDays`].
    CampaignDays(DayRange),
    /// Answered by [`Rows::Freshness`].
    Freshness,
}

/// The memory of a question whose texts are short, in bytes.
const QUESTION_BYTES: usize = 128;
/// The memory of a rate with its place in a tree, in bytes.
const RATE_BYTES: usize = 24;

impl Question {
    /// The memory behind the question, in bytes, about.
    pub fn bytes(&self) -> usize {
        match self {
            Question::CampaignGroups(query) => query
                .campaigns
                .iter()
                .map(|one| size_of::<CampaignKey>() + one.campaign_id.len())
                .sum(),
            Question::Breakdown(query) => QUESTION_BYTES + query.into.rates() * RATE_BYTES,
            _ => QUESTION_BYTES,
        }
    }
}

/// Declares the kinds of rows: the name of each, its type, and the bytes of the texts of a row.
macro_rules! rows {
    ($($(#[$doc:meta])* $kind:ident($row:ty) $texts:expr;)*) => {
        /// The rows of an answer, all of one kind.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Rows {
            $($(#[$doc])* $kind(Vec<$row>),)*
        }

        impl Rows {
            /// The memory of the rows and their texts, in bytes, about.
            pub fn bytes(&self) -> usize {
                match self {
                    $(Rows::$kind(rows) => bytes(rows, $texts),)*
                }
            }
        }

        $(
            impl From<Vec<$row>> for Rows {
                fn from(rows: Vec<$row>) -> Rows {
                    Rows::$kind(rows)
                }
            }

            impl TryFrom<Rows> for Vec<$row> {
                type Error = StoreError;

                fn try_from(rows: Rows) -> Result<Vec<$row>, StoreError> {
                    match rows {
                        Rows::$kind(rows) => Ok(rows),
                        _ => Err(other_kind()),
                    }
                }
            }
        )*
    };
}

rows! {
    /// Sums by group.
    KpiGroups(KpiGroup) |row| length(row.campaign_id.as_ref()) + length(row.campaign_name.as_ref());
    /// Sums by part.
    Parts(Part) part_bytes;
    /// Campaigns that reports name.
    ReportedCampaigns(ReportedCampaign) |row| {
        row.key.campaign_id.len() + row.account_id.len() + row.name.len()
    };
    /// Events by identifier mask.
    MaskCounts(MaskCount) |row| row.dataset_id.len() + row.event_name.len();
    /// Unusable identifiers by key and reason.
    InvalidCounts(InvalidCount) |_| 0;
    /// Counts of arrivals, by dataset.
    IngestCounts(IngestCount) |row| row.dataset_id.len();
    /// Counts of refused rows, by reason.
    RejectionCounts(RejectionCount) |row| row.dataset_id.len() + row.field.len();
    /// Days of campaigns.
    CampaignDays(CampaignDay) |row| {
        row.key.account_id.len() + row.key.campaign_id.len() + row.campaign_name.len()
    };
    /// The newest data by platform.
    Freshness(Freshness) |_| 0;
    /// Events by day and mask.
    MaskDays(MaskDay) |_| 0;
    /// Events by what repairs brought them.
    MarkCounts(MarkCount) |_| 0;
    /// Events by the time they were received.
    ArrivalCounts(ArrivalCount) |_| 0;
    /// The newest events.
    RecentRows(RecentRow) recent_bytes;
}

fn bytes<T>(rows: &Vec<T>, texts: fn(&T) -> usize) -> usize {
    rows.capacity() * size_of::<T>() + rows.iter().map(texts).sum::<usize>()
}

fn length(text: Option<&String>) -> usize {
    text.map_or(0, String::len)
}

fn part_bytes(row: &Part) -> usize {
    let key = &row.key;
    let ids = [&key.account_id, &key.campaign_id, &key.ad_set_id, &key.ad_id];
    let places = [&key.country, &key.device];
    let names = [&row.names.campaign, &row.names.ad_set, &row.names.ad];
    ids.into_iter().chain(places).chain(names).map(String::len).sum()
}

fn recent_bytes(row: &RecentRow) -> usize {
    let told = match &row.fate {
        RecentFate::Landed { event_id, .. } => length(event_id.as_ref()),
        RecentFate::Refused { field, .. } => field.len(),
    };
    row.dataset_id.len() + row.event_name.len() + told
}

fn other_kind() -> StoreError {
    let text = "an answer of another kind than the question's";
    StoreError::new(StoreErrorKind::Invalid, "warehouse", text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::Platform;

    #[test]
    fn rows_are_read_as_their_own_kind_alone() {
        let freshness = Freshness {
            platform: Some(Platform::Meta),
            events_received_at: None,
            reports_received_at: None,
            reports_until: None,
        };
        let rows = Rows::from(vec![freshness.clone()]);
        assert_eq!(Vec::<Freshness>::try_from(rows.clone()).unwrap(), [freshness]);
        let other = Vec::<MaskCount>::try_from(rows).unwrap_err();
        assert_eq!(other.kind, StoreErrorKind::Invalid);
    }

    #[test]
    fn an_answer_weighs_its_rows_and_their_texts() {
        let row = |name: &str| ReportedCampaign {
            key: CampaignKey { platform: Platform::Meta, campaign_id: "12".into() },
            account_id: "345".into(),
            name: name.into(),
            currency: crate::money::Currency::EUR,
            received_at: UnixMillis(0),
        };
        let rows = |names: [&str; 2]| Rows::from(names.map(row).to_vec()).bytes();
        let empty = 2 * (size_of::<ReportedCampaign>() + 2 + 3);
        assert_eq!((rows(["", ""]), rows(["a", "bcd"])), (empty, empty + 4));
    }
}

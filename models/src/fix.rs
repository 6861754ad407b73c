//! One-click fixes: the issues of a dataset's events, what repairs them, and what a repair brings. A repair marks
//! the identifiers that are usable by it alone, so its effect is counted on the same events and not guessed from
//! a before and an after.

mod guide;
pub mod sample;
mod verdict;

pub use guide::{Guide, NoFixReason, guide, why_guided};
pub use verdict::{FixEnd, FixState, Verdict, verdict};

use crate::emq::WeightTable;
use crate::identifier::{IdentifierKey, IdentifierMask};
use crate::name_set;
use crate::platform::{ActionSource, Platform};
use crate::tracking::{ClickIdSource, EventIdSource, Normalization, TrackingPolicy};
use crate::warehouse::MarkCount;
use sample::{HourSums, Sample};

name_set! {
    /// A thing that may be wrong with the events of a dataset.
    IssueCode {
        /// Few of the events that are handed on are taken.
        LowSuccessRate = "LOW_SUCCESS_RATE",
        /// Few events can be matched with a person.
        LowMatchScore = "LOW_MATCH_SCORE",
        /// Many events come twice.
        HighDuplicates = "HIGH_DUPLICATES",
        /// Many events lack the address or the agent of the person's browser.
        MissingIpUa = "MISSING_IP_UA",
        /// The configuration is not the recommended one.
        ConfigMismatch = "CONFIG_MISMATCH",
        /// Click ids stand in the addresses of pages and not in the events.
        MissingClickId = "MISSING_CLICK_ID",
        /// Few events have an e-mail address.
        LowEmailCoverage = "LOW_EMAIL_COVERAGE",
        /// Few events have a phone number.
        LowPhoneCoverage = "LOW_PHONE_COVERAGE",
        /// Few events have the platform's cookie.
        LowCookieCoverage = "LOW_COOKIE_COVERAGE",
        /// Fewer events than a week ago have a client id.
        ClientIdDropGa4 = "CLIENT_ID_DROP_GA4",
    }
}

/// The figure that an issue is about, as match quality counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// The score, 0 to 10.
    Score,
    /// The share of events with all of these usable, or with this mark of a repair, 0 to 1.
    Coverage(IdentifierMask),
}

impl Figure {
    /// The least change that is worth a fix.
    pub const fn least_effect(self) -> f64 {
        match self {
            Figure::Score => 0.2,
            Figure::Coverage(_) => 0.02,
        }
    }

    /// The figure of one event with these usable identifiers that happened at `source`.
    fn of(self, table: &WeightTable, valid: IdentifierMask, source: ActionSource) -> f64 {
        match self {
            Figure::Score => table.event_score(valid, source),
            Figure::Coverage(all) => f64::from(u8::from(valid.contains(all))),
        }
    }

    /// The figure over these events of a platform, by hour.
    pub fn sample<'c>(
        self,
        platform: Platform,
        counts: impl IntoIterator<Item = &'c MarkCount>,
    ) -> Sample {
        let table = WeightTable::of(platform);
        sample(counts, |one| self.of(&table, with(one, one.derived), one.action_source))
    }

    /// The gain by repairs that mark these identifiers in the figure of each event, by hour.
    pub fn effect<'c>(
        self,
        platform: Platform,
        marks: IdentifierMask,
        counts: impl IntoIterator<Item = &'c MarkCount>,
    ) -> Sample {
        let table = WeightTable::of(platform);
        sample(counts, |one| {
            let all = with(one, one.derived);
            let without = all.without(one.derived.intersection(marks));
            self.of(&table, all, one.action_source) - self.of(&table, without, one.action_source)
        })
    }

    /// The figure that these events would have had, had repairs that mark these identifiers been in force.
    pub fn preview<'c>(
        self,
        platform: Platform,
        marks: IdentifierMask,
        counts: impl IntoIterator<Item = &'c MarkCount>,
    ) -> Sample {
        let table = WeightTable::of(platform);
        sample(counts, |one| {
            let more = IdentifierMask(one.derived.0 | one.derivable.intersection(marks).0);
            self.of(&table, with(one, more), one.action_source)
        })
    }
}

/// The usable identifiers and these. What is derived is usable, but for marks that are of no identifier.
fn with(count: &MarkCount, more: IdentifierMask) -> IdentifierMask {
    IdentifierMask(count.valid.0 | more.0)
}

fn sample<'c>(
    counts: impl IntoIterator<Item = &'c MarkCount>,
    figure: impl Fn(&MarkCount) -> f64,
) -> Sample {
    let mut hours = std::collections::BTreeMap::<_, HourSums>::new();
    for one in counts {
        hours.entry(one.hour).or_default().add(figure(one), one.events);
    }
    Sample::of(hours.into_values())
}

impl IssueCode {
    /// The figure that its run watches; `None` where match quality has none of it.
    pub fn figure(self) -> Option<Figure> {
        let coverage = |keys| Some(Figure::Coverage(IdentifierMask::of(keys)));
        match self {
            IssueCode::LowMatchScore | IssueCode::ConfigMismatch => Some(Figure::Score),
            IssueCode::MissingClickId => coverage(&[IdentifierKey::ClickId]),
            IssueCode::MissingIpUa => {
                coverage(&[IdentifierKey::ClientIp, IdentifierKey::UserAgent])
            }
            IssueCode::LowEmailCoverage => coverage(&[IdentifierKey::Email]),
            IssueCode::LowPhoneCoverage => coverage(&[IdentifierKey::Phone]),
            IssueCode::LowCookieCoverage => coverage(&[IdentifierKey::BrowserId]),
            IssueCode::HighDuplicates => Some(Figure::Coverage(TrackingPolicy::EVENT_ID)),
            IssueCode::LowSuccessRate | IssueCode::ClientIdDropGa4 => None,
        }
    }

    /// The policy with what repairs the issue; `None` where no repair of ours does.
    pub fn repaired(self, policy: TrackingPolicy) -> Option<TrackingPolicy> {
        match self {
            IssueCode::LowMatchScore => {
                Some(TrackingPolicy { normalization: Normalization::V2, ..policy })
            }
            IssueCode::MissingClickId => {
                Some(TrackingPolicy { click_id: ClickIdSource::FromUrl, ..policy })
            }
            IssueCode::HighDuplicates => {
                Some(TrackingPolicy { event_id: EventIdSource::FromOrder, ..policy })
            }
            // Only the shop knows whether an order's number means one purchase.
            IssueCode::ConfigMismatch => {
                Some(TrackingPolicy { event_id: policy.event_id, ..TrackingPolicy::RECOMMENDED })
            }
            _ => None,
        }
    }

    /// Where the issue begins: below it, or above it for duplicates and for what is missing.
    pub const fn threshold(self) -> f64 {
        match self {
            IssueCode::LowSuccessRate => 0.90,
            IssueCode::LowMatchScore => 6.0,
            IssueCode::HighDuplicates => 0.05,
            IssueCode::MissingIpUa => 0.80,
            IssueCode::ConfigMismatch | IssueCode::MissingClickId => 0.0,
            IssueCode::LowEmailCoverage => 0.50,
            IssueCode::LowPhoneCoverage | IssueCode::LowCookieCoverage => 0.30,
            IssueCode::ClientIdDropGa4 => 0.10,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{HOUR_MS, UnixMillis};
    use IdentifierKey::{ClickId, ClientIp, Email};

    fn counted(
        hour: i64,
        valid: &[IdentifierKey],
        derived: &[IdentifierKey],
        events: u64,
    ) -> MarkCount {
        MarkCount {
            hour: Some(UnixMillis(hour * HOUR_MS)),
            config_version: 2,
            action_source: ActionSource::Website,
            valid: IdentifierMask::of(valid),
            derived: IdentifierMask::of(derived),
            derivable: IdentifierMask::EMPTY,
            events,
        }
    }

    #[test]
    fn an_effect_is_the_difference_that_the_marked_identifiers_make() {
        let counts = [
            counted(0, &[ClickId, ClientIp], &[ClickId], 30),
            counted(0, &[ClickId], &[], 10),
            counted(1, &[ClientIp], &[], 60),
        ];
        let coverage = Figure::Coverage(IdentifierMask::of(&[ClickId]));
        let of = |sample: Sample| (sample.events(), sample.mean().unwrap());
        assert_eq!(of(coverage.sample(Platform::Meta, &counts)), (100, 0.4));
        let effect = coverage.effect(Platform::Meta, TrackingPolicy::CLICK_IDS, &counts);
        assert_eq!(of(effect), (100, 0.3));
        let other = coverage.effect(Platform::Meta, TrackingPolicy::NORMALIZED, &counts);
        assert_eq!(of(other), (100, 0.0), "the marks of another repair");
    }

    #[test]
    fn a_preview_counts_what_could_be_derived() {
        let mut count = counted(0, &[ClientIp], &[], 8);
        count.derivable = IdentifierMask::of(&[Email, ClickId]);
        let counts = [count, counted(0, &[Email], &[], 2)];
        let coverage = Figure::Coverage(IdentifierMask::of(&[Email]));
        let before = coverage.sample(Platform::Meta, &counts).mean();
        let after = coverage.preview(Platform::Meta, TrackingPolicy::NORMALIZED, &counts).mean();
        assert_eq!((before, after), (Some(0.2), Some(1.0)));
        let score = |sample: Sample| sample.mean().unwrap();
        let before = score(Figure::Score.sample(Platform::Meta, &counts));
        let after =
            score(Figure::Score.preview(Platform::Meta, TrackingPolicy::CLICK_IDS, &counts));
        assert!(after > before + 1.0, "{before} {after}");
    }

    #[test]
    fn each_fix_can_be_measured_and_changes_nothing_twice() {
        for issue in IssueCode::ALL {
            let before = TrackingPolicy::default();
            let Some(repaired) = issue.repaired(before) else { continue };
            assert_ne!(before.marks_of_change(repaired), IdentifierMask::EMPTY, "{issue}");
            assert!(issue.figure().is_some(), "{issue} can be measured");
            assert_eq!(issue.repaired(repaired), Some(repaired), "{issue}");
        }
    }
}

//! One-click fixes: the issues of a dataset's events, what a fix would bring, and what one has brought so far.

use serde::{Deserialize, Serialize};
use stratum_models::emq::WeightTable;
use stratum_models::fix::sample::{Estimate, Sample, difference};
use stratum_models::fix::{Figure, IssueCode, Verdict, verdict};
use stratum_models::identifier::{IdentifierKey, IdentifierMask};
use stratum_models::platform::Platform;
use stratum_models::scope::TenantScope;
use stratum_models::store::StoreError;
use stratum_models::time::{DAY_MS, HOUR_MS, UnixMillis};
use stratum_models::tracking::TrackingPolicy;
use stratum_models::warehouse::{MarkCount, MatchQualityQuery, WarehouseReader};

/// The time before a run that it is compared with: whole weeks, for hours of a week differ.
const BEFORE_MS: i64 = 7 * DAY_MS;
/// The powers that a range of an impact moves by.
const POWER_FACTORS: [f64; 3] = [0.7, 1.0, 1.3];

/// A run that is watched.
#[derive(Clone, Debug, PartialEq)]
pub struct WatchedRun {
    /// The platform of its dataset.
    pub platform: Platform,
    /// The dataset's id at the platform.
    pub dataset_id: String,
    /// The issue it is to mend.
    pub issue: IssueCode,
    /// The identifiers that what it changed marks; none where it changed nothing.
    pub marks: IdentifierMask,
    /// The version of the tracking configuration that it wrote; `None` where it changed nothing.
    pub version: Option<u32>,
    /// When it began.
    pub since: UnixMillis,
}

/// The figures that a run has brought so far. `None` where no event came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// The figure over the week before.
    pub before: Option<Estimate>,
    /// The figure since.
    pub after: Option<Estimate>,
    /// The effect of the fix: counted on the events it was in force for, or, where it changed nothing of ours, the
    /// difference between before and after.
    pub effect: Option<Estimate>,
    /// The hours since it began.
    pub hours: f64,
}

impl Measurement {
    /// The verdict on a run with this effect.
    pub fn verdict(&self, figure: Figure) -> Verdict {
        verdict(self.hours, self.effect, figure.least_effect())
    }
}

/// Measures what a run has brought so far; nothing where no figure of match quality is what it is about.
pub async fn measure(
    warehouse: &dyn WarehouseReader,
    scope: TenantScope,
    run: &WatchedRun,
    now: UnixMillis,
) -> Result<Measurement, StoreError> {
    let hours = (now.0 - run.since.0).max(0) as f64 / HOUR_MS as f64;
    let Some(figure) = run.issue.figure() else {
        return Ok(Measurement { hours, ..Measurement::default() });
    };
    let query = MatchQualityQuery {
        from: UnixMillis(run.since.0 - BEFORE_MS).hour(),
        until: UnixMillis(now.0 + HOUR_MS),
        platform: Some(run.platform),
        dataset_id: Some(run.dataset_id.clone()),
        event_name: None,
    };
    let counts = warehouse.mark_counts(scope, &query, true).await?;
    Ok(measured(run, figure, &counts, hours))
}

fn measured(run: &WatchedRun, figure: Figure, counts: &[MarkCount], hours: f64) -> Measurement {
    let sample = |is_after: bool| -> Sample {
        let of = counts.iter().filter(|one| is_since(run, one) == is_after);
        figure.sample(run.platform, of)
    };
    let (before, after) = (sample(false), sample(true));
    let effect = match run.version {
        Some(_) => {
            let of = counts.iter().filter(|one| is_since(run, one));
            figure.effect(run.platform, run.marks, of).growing(hours)
        }
        None => difference(&before, &after, hours),
    };
    Measurement { before: before.estimate(), after: after.growing(hours), effect, hours }
}

/// Whether events came in under the run. An event may come late: not its time tells, but its version. Where nothing
/// was changed there is only the time, and the hour in which the run began is of before.
fn is_since(run: &WatchedRun, count: &MarkCount) -> bool {
    match run.version {
        Some(version) => count.config_version >= version,
        None => count.hour.is_some_and(|hour| hour.0 > run.since.0),
    }
}

/// The figures that a fix would have brought to events that are there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Preview {
    /// The figure of these events.
    pub before: f64,
    /// The figure they would have had.
    pub after: f64,
    /// The number of events: those that it was counted of.
    pub events: u64,
}

/// The figures that a change of the policy would have brought to these events; `None` where it was counted of none, or the issue
/// is about no figure of match quality.
pub fn preview(
    platform: Platform,
    issue: IssueCode,
    (from, to): (TrackingPolicy, TrackingPolicy),
    counts: &[MarkCount],
) -> Option<Preview> {
    let figure = issue.figure()?;
    // Of those of before nothing is known of what could have been derived.
    let counted = || counts.iter().filter(|one| one.config_version > 0);
    let before = figure.sample(platform, counted());
    let after = figure.preview(platform, from.marks_of_change(to), counted());
    Some(Preview { before: before.mean()?, after: after.mean()?, events: before.events() })
}

/// Figures of a dataset's events.
#[derive(Clone, Debug, PartialEq)]
pub struct DatasetFigures {
    /// The platform.
    pub platform: Platform,
    /// The repairs in force.
    pub policy: TrackingPolicy,
    /// The events.
    pub counts: Vec<MarkCount>,
    /// The share of events that came before; `None` where none came.
    pub duplicate_rate: Option<f64>,
    /// The share of events handed on that was taken; `None` where none was handed on.
    pub success_rate: Option<f64>,
}

/// An issue that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Issue {
    /// Which.
    pub code: IssueCode,
    /// The figure that it was found by.
    pub current: f64,
}

impl DatasetFigures {
    /// The number of events.
    pub fn events(&self) -> u64 {
        self.counts.iter().map(|one| one.events).sum()
    }

    /// The score, 0 to 10; `None` without events.
    pub fn score(&self) -> Option<f64> {
        Figure::Score.sample(self.platform, &self.counts).mean()
    }

    /// The share of events with a usable identifier of this kind; `None` without events.
    pub fn coverage(&self, key: IdentifierKey) -> Option<f64> {
        self.share(|one| one.valid.has(key))
    }

    fn share(&self, has: impl Fn(&MarkCount) -> bool) -> Option<f64> {
        let with: u64 = self.counts.iter().filter(|one| has(one)).map(|one| one.events).sum();
        let events = self.events();
        (events > 0).then(|| with as f64 / events as f64)
    }

    /// The figure that an issue is found by; `None` where it is not known.
    fn current(&self, code: IssueCode) -> Option<f64> {
        use IdentifierKey as Key;
        match code {
            IssueCode::LowSuccessRate => self.success_rate,
            IssueCode::LowMatchScore => self.score(),
            IssueCode::HighDuplicates => self.duplicate_rate,
            IssueCode::MissingIpUa => {
                let (ip, agent) = (self.coverage(Key::ClientIp), self.coverage(Key::UserAgent));
                Some(ip?.min(agent?))
            }
            IssueCode::MissingClickId => self.share(|one| one.derivable.has(Key::ClickId)),
            // In settings that differ from the recommended ones.
            IssueCode::ConfigMismatch => {
                let recommended = TrackingPolicy::RECOMMENDED;
                let differs = [
                    self.policy.click_id != recommended.click_id,
                    self.policy.normalization != recommended.normalization,
                ];
                Some(differs.iter().filter(|differs| **differs).count() as f64)
            }
            IssueCode::LowEmailCoverage => self.coverage(Key::Email),
            IssueCode::LowPhoneCoverage => self.coverage(Key::Phone),
            IssueCode::LowCookieCoverage => self.coverage(Key::BrowserId),
            // Google Analytics sends for no ad platform, and nothing is scored of that.
            IssueCode::ClientIdDropGa4 => None,
        }
    }

    /// Whether there are purchases without an event id that name their order.
    fn lacks_event_ids(&self) -> bool {
        let mark = TrackingPolicy::EVENT_ID;
        self.counts.iter().any(|one| one.derivable.contains(mark))
    }

    /// The issues that these events have.
    pub fn issues(&self) -> Vec<Issue> {
        let found = IssueCode::ALL.iter().filter_map(|code| {
            let (current, threshold) = (self.current(*code)?, code.threshold());
            let is_issue = match code {
                // Copies of what has no id are not even told.
                IssueCode::HighDuplicates => current > threshold || self.lacks_event_ids(),
                IssueCode::MissingClickId | IssueCode::ConfigMismatch => current > threshold,
                _ => current < threshold,
            };
            is_issue.then_some(Issue { code: *code, current })
        });
        found.collect()
    }
}

/// By how much a platform would see more conversions, in percent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReportedGain {
    /// With match powers 30 % off in the direction that gives least.
    pub low_percent: f64,
    /// With the table's powers.
    pub percent: f64,
    /// With match powers 30 % off in the other direction.
    pub high_percent: f64,
    /// The number of purchases that it was counted of.
    pub purchases: u64,
}

/// The gain of a change of the policy in conversions that the platform can match with people, by these
/// purchases; `None` where there is none, or none that can be matched.
pub fn reported_gain(
    platform: Platform,
    (from, to): (TrackingPolicy, TrackingPolicy),
    purchases: &[MarkCount],
) -> Option<ReportedGain> {
    let marks = from.marks_of_change(to);
    let counted = || purchases.iter().filter(|one| one.config_version > 0);
    let percent = |factor: f64| {
        let table = WeightTable::of(platform).scaled(factor);
        let (mut before, mut gain) = (0.0, 0.0);
        for one in counted() {
            let with = IdentifierMask(one.valid.0 | one.derivable.intersection(marks).0);
            let now = table.match_probability(one.valid);
            before += now * one.events as f64;
            gain += (table.match_probability(with) - now) * one.events as f64;
        }
        (before > 0.0).then(|| 100.0 * gain / before)
    };
    let [one, middle, other] = POWER_FACTORS.map(percent);
    let (one, middle, other) = (one?, middle?, other?);
    Some(ReportedGain {
        low_percent: one.min(middle).min(other),
        percent: middle,
        high_percent: one.max(middle).max(other),
        purchases: counted().map(|one| one.events).sum(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use IdentifierKey::{BrowserId, ClickId, ClientIp, Email, UserAgent};
    use stratum_models::platform::ActionSource;

    const SINCE: UnixMillis = UnixMillis(1_790_000_000_000);

    fn mask(keys: &[IdentifierKey]) -> IdentifierMask {
        IdentifierMask::of(keys)
    }

    fn count(hours: i64, version: u32, valid: &[IdentifierKey], events: u64) -> MarkCount {
        MarkCount {
            hour: Some(UnixMillis(SINCE.hour().0 + hours * HOUR_MS)),
            config_version: version,
            action_source: ActionSource::Website,
            valid: mask(valid),
            derived: IdentifierMask::EMPTY,
            derivable: IdentifierMask::EMPTY,
            events,
        }
    }

    fn run(issue: IssueCode, version: Option<u32>) -> WatchedRun {
        WatchedRun {
            platform: Platform::Meta,
            dataset_id: "1".into(),
            issue,
            marks: TrackingPolicy::CLICK_IDS,
            version,
            since: SINCE,
        }
    }

    #[test]
    fn an_effect_is_counted_by_version_whatever_the_hour() {
        let clicks = |hours, events| MarkCount {
            derived: mask(&[ClickId]),
            ..count(hours, 2, &[ClickId, ClientIp], events)
        };
        // An event from before the change came under the new version, and one after it under the old.
        let counts = [
            count(-9, 1, &[ClientIp], 100),
            count(1, 1, &[ClientIp], 50),
            clicks(-9, 10),
            clicks(3, 20),
            count(3, 3, &[ClientIp], 30),
        ];
        let figure = IssueCode::MissingClickId.figure().unwrap();
        let found = measured(&run(IssueCode::MissingClickId, Some(2)), figure, &counts, 30.0);
        let (before, after) = (found.before.unwrap(), found.after.unwrap());
        assert_eq!((before.events, before.value, after.events, after.value), (150, 0.0, 60, 0.5));
        assert_eq!(found.effect.map(|effect| (effect.events, effect.value)), Some((60, 0.5)));
        assert_eq!(found.verdict(figure), Verdict::Observe, "too few events");
    }

    #[test]
    fn where_nothing_was_changed_before_and_after_are_compared() {
        let hours = |from: i64, keys: &'static [IdentifierKey]| {
            (from..from + 100)
                .flat_map(move |hour| [count(hour, 1, keys, 30), count(hour, 1, &[ClientIp], 70)])
        };
        let counts: Vec<_> = hours(-120, &[ClientIp]).chain(hours(1, &[Email, ClientIp])).collect();
        let figure = IssueCode::LowEmailCoverage.figure().unwrap();
        let found = measured(&run(IssueCode::LowEmailCoverage, None), figure, &counts, 100.0);
        let effect = found.effect.unwrap();
        assert!((effect.value - 0.3).abs() < 1e-9 && effect.low > 0.2, "{effect:?}");
        assert_eq!(found.verdict(figure), Verdict::Succeeded);
    }

    #[test]
    fn issues_are_those_of_the_contract() {
        let mut figures = DatasetFigures {
            platform: Platform::Meta,
            policy: TrackingPolicy::default(),
            counts: vec![count(0, 1, &[ClientIp, UserAgent, BrowserId], 100)],
            duplicate_rate: Some(0.06),
            success_rate: None,
        };
        let codes = |figures: &DatasetFigures| -> Vec<_> {
            figures.issues().iter().map(|issue| issue.code).collect()
        };
        use IssueCode::*;
        let expected =
            [LowMatchScore, HighDuplicates, ConfigMismatch, LowEmailCoverage, LowPhoneCoverage];
        assert_eq!(codes(&figures), expected);
        figures.policy = TrackingPolicy::RECOMMENDED;
        figures.duplicate_rate = Some(0.05);
        figures.success_rate = Some(0.8);
        figures.counts[0].derivable = mask(&[ClickId]);
        let mut expected =
            vec![LowSuccessRate, LowMatchScore, MissingClickId, LowEmailCoverage, LowPhoneCoverage];
        assert_eq!(codes(&figures), expected);
        figures.counts[0].derivable = TrackingPolicy::EVENT_ID;
        expected[2] = HighDuplicates;
        assert_eq!(codes(&figures), expected, "without an id nothing is a duplicate");
        figures.counts.clear();
        assert_eq!(codes(&figures), [LowSuccessRate], "no event says nothing");
    }

    #[test]
    fn a_gain_is_of_what_could_be_derived_and_moves_with_the_powers() {
        let mut purchases = [count(0, 1, &[ClientIp, UserAgent], 60), count(0, 1, &[Email], 40)];
        let change = (TrackingPolicy::default(), TrackingPolicy::RECOMMENDED);
        let none = reported_gain(Platform::Meta, change, &purchases).unwrap();
        assert_eq!((none.percent, none.purchases), (0.0, 100));
        purchases[0].derivable = mask(&[ClickId]);
        let gain = reported_gain(Platform::Meta, change, &purchases).unwrap();
        assert!(0.0 < gain.low_percent && gain.low_percent <= gain.percent, "{gain:?}");
        assert!(gain.percent <= gain.high_percent, "{gain:?}");
        // 60 events that match with .1925 and would with .6366, 40 with .6.
        let expected = 100.0 * 60.0 * (1.0 - 0.8075 * 0.45 - 0.1925) / (60.0 * 0.1925 + 24.0);
        assert!((gain.percent - expected).abs() < 1e-6, "{} {expected}", gain.percent);
        assert_eq!(reported_gain(Platform::Meta, change, &[]), None);
    }
}

//! Match quality, by platform: scores, coverage of identifiers, uplift.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono_tz::Tz;
use futures::future::try_join;
use stratum_models::emq::{EmqScore, Signal, Uplift, uplift};
use stratum_models::identifier::{IdentifierKey, IdentifierMask, InvalidReason};
use stratum_models::platform::{ActionSource, Platform};
use stratum_models::scope::TenantScope;
use stratum_models::store::StoreError;
use stratum_models::time::{Day, DayRange};
use stratum_models::warehouse::{
    InvalidCount, MaskCount, MaskDay, MatchQualityQuery, WarehouseReader,
};

/// The events of one name in one dataset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatasetEvent {
    /// The platform; `None` for events that are for no ad platform.
    pub platform: Option<Platform>,
    /// The pixel or dataset id.
    pub dataset_id: String,
    /// The event's name.
    pub event_name: String,
}

/// The score of some events.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MatchScore {
    /// The number of events.
    pub events: u64,
    /// The score; `None` without events, and for those that are for no ad platform.
    pub score: Option<EmqScore>,
    /// The interval that holds it with 95 %, 0 to 10; `None` of fewer than two events.
    pub interval: Option<(f64, f64)>,
}

impl MatchScore {
    /// Whether the events are too few to say anything by their score.
    pub fn is_of_few(&self) -> bool {
        self.events < EVENTS_MIN
    }
}

/// The fewest events that a score says anything of.
const EVENTS_MIN: u64 = 100;

/// The scores of a range of days.
#[derive(Clone, Debug, PartialEq)]
pub struct MatchScores {
    /// A score a platform, over all of its events.
    pub platforms: Vec<(Option<Platform>, MatchScore)>,
    /// A score a dataset and event name, most events first.
    pub events: Vec<(DatasetEvent, MatchScore)>,
}

/// Counts of the events that carry one identifier.
#[derive(Clone, Debug, PartialEq)]
pub struct IdentifierCoverage {
    /// The identifier.
    pub key: IdentifierKey,
    /// Events with a usable one.
    pub valid: u64,
    /// Events with an unusable one only.
    pub invalid: u64,
    /// The share of events with a usable one, 0 to 1; `None` without events.
    pub share: Option<f64>,
    /// Why the unusable ones are, with the number of events, most first.
    pub reasons: Vec<(InvalidReason, u64)>,
}

/// The identifiers of a platform's events.
#[derive(Clone, Debug, PartialEq)]
pub struct PlatformCoverage {
    /// The platform; `None` for events that are for no ad platform.
    pub platform: Option<Platform>,
    /// The number of events.
    pub events: u64,
    /// Every identifier.
    pub identifiers: Vec<IdentifierCoverage>,
    /// The gain of each signal if every event carried it. They overlap: never add them.
    pub uplift: Vec<(Signal, Uplift)>,
}

/// The identifiers of the events of one name in one dataset.
#[derive(Clone, Debug, PartialEq)]
pub struct EventCoverage {
    /// The events.
    pub event: DatasetEvent,
    /// The number of events.
    pub events: u64,
    /// The share of events with a usable identifier, 0 to 1; identifiers that were never sent are absent.
    pub shares: Vec<(IdentifierKey, f64)>,
}

/// The identifiers of the events of a range of days.
#[derive(Clone, Debug, PartialEq)]
pub struct MatchCoverage {
    /// The coverage of each platform.
    pub platforms: Vec<PlatformCoverage>,
    /// The coverage of each dataset and event name, most events first.
    pub events: Vec<EventCoverage>,
}

/// The scores of the events that are asked for.
pub async fn scores(
    warehouse: &dyn WarehouseReader,
    scope: TenantScope,
    query: &MatchQualityQuery,
) -> Result<MatchScores, StoreError> {
    let counts = warehouse.mask_counts(scope, query).await?;
    let Groups { platforms, events } = Groups::of(&counts);
    let platforms = platforms.into_iter();
    let platforms =
        platforms.map(|(platform, counts)| (platform, MatchScore::of(platform, &counts)));
    let events = events.into_iter().map(|((platform, dataset_id, event_name), counts)| {
        let event = DatasetEvent::of(platform, dataset_id, event_name);
        (event, MatchScore::of(platform, &counts))
    });
    let mut events: Vec<_> = events.collect();
    events.sort_by_key(|(_, score)| Reverse(score.events));
    Ok(MatchScores { platforms: platforms.collect(), events })
}

/// The coverage of the events that are asked for.
pub async fn coverage(
    warehouse: &dyn WarehouseReader,
    scope: TenantScope,
    query: &MatchQualityQuery,
) -> Result<MatchCoverage, StoreError> {
    let (counts, unusable) =
        try_join(warehouse.mask_counts(scope, query), warehouse.invalid_counts(scope, query))
            .await?;
    let Groups { platforms, events } = Groups::of(&counts);
    let platforms = platforms.into_iter().map(|(platform, counts)| {
        let unusable = unusable.iter().filter(|one| one.platform == platform);
        PlatformCoverage::of(platform, &counts, &unusable.collect::<Vec<_>>())
    });
    let platforms = platforms.collect();
    let events = events.into_iter().map(|((platform, dataset_id, event_name), counts)| {
        let event = DatasetEvent::of(platform, dataset_id, event_name);
        EventCoverage { event, events: total(&counts), shares: shares(&counts) }
    });
    let mut events: Vec<_> = events.collect();
    events.sort_by_key(|event| Reverse(event.events));
    Ok(MatchCoverage { platforms, events })
}

/// The score of a platform's events, day by day.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoreHistory {
    /// The platform; `None` for events that are for no ad platform.
    pub platform: Option<Platform>,
    /// Every day of the range, oldest first, those without events as well.
    pub days: Vec<(Day, MatchScore)>,
}

/// The scores of each day of a range, by platform. The query's hours are those of the days in the zone.
pub async fn history(
    warehouse: &dyn WarehouseReader,
    scope: TenantScope,
    query: &MatchQualityQuery,
    days: DayRange,
    zone: Tz,
) -> Result<Vec<ScoreHistory>, StoreError> {
    let masks = warehouse.mask_days(scope, query, zone).await?;
    let mut platforms = BTreeMap::<Option<Platform>, BTreeMap<Day, Vec<&MaskDay>>>::new();
    for one in &masks {
        let by_day = platforms.entry(one.platform).or_default();
        by_day.entry(one.day).or_default().push(one);
    }
    let each = |(platform, by_day): (Option<Platform>, BTreeMap<Day, Vec<&MaskDay>>)| {
        let score = |day: Day| {
            let of = by_day.get(&day).map_or(&[][..], Vec::as_slice);
            let masks = || of.iter().map(|one| (one.action_source, one.valid, one.events));
            (day, MatchScore::of_masks(platform, masks))
        };
        let range = days.from.0.iter_days().take_while(|day| *day <= days.to.0);
        ScoreHistory { platform, days: range.map(Day).map(score).collect() }
    };
    Ok(platforms.into_iter().map(each).collect())
}

/// Counts by platform, and by event name of a dataset.
#[derive(Default)]
struct Groups<'a> {
    platforms: BTreeMap<Option<Platform>, Vec<&'a MaskCount>>,
    events: BTreeMap<(Option<Platform>, &'a str, &'a str), Vec<&'a MaskCount>>,
}

impl<'a> Groups<'a> {
    fn of(counts: &'a [MaskCount]) -> Groups<'a> {
        let mut groups = Groups::default();
        for one in counts {
            let event = (one.platform, one.dataset_id.as_str(), one.event_name.as_str());
            groups.platforms.entry(one.platform).or_default().push(one);
            groups.events.entry(event).or_default().push(one);
        }
        groups
    }
}

impl DatasetEvent {
    fn of(platform: Option<Platform>, dataset_id: &str, event_name: &str) -> DatasetEvent {
        let (dataset_id, event_name) = (dataset_id.to_owned(), event_name.to_owned());
        DatasetEvent { platform, dataset_id, event_name }
    }
}

impl MatchScore {
    fn of(platform: Option<Platform>, counts: &[&MaskCount]) -> MatchScore {
        let masks = || counts.iter().map(|one| (one.action_source, one.valid, one.events));
        MatchScore::of_masks(platform, masks)
    }

    pub(super) fn of_masks<I>(platform: Option<Platform>, masks: impl Fn() -> I) -> MatchScore
    where
        I: Iterator<Item = (ActionSource, IdentifierMask, u64)>,
    {
        MatchScore {
            events: masks().map(|(.., events)| events).sum(),
            score: platform.and_then(|platform| EmqScore::of(platform, masks())),
            interval: platform.and_then(|platform| EmqScore::interval(platform, masks())),
        }
    }
}

impl PlatformCoverage {
    fn of(platform: Option<Platform>, counts: &[&MaskCount], unusable: &[&InvalidCount]) -> Self {
        let masks = || counts.iter().map(|one| (one.valid, one.events));
        let signals = Signal::ALL.iter();
        let uplift = signals.filter_map(|one| Some((*one, uplift(platform?, *one, masks())?)));
        let identifiers = IdentifierKey::ALL.iter();
        let identifiers = identifiers.map(|key| IdentifierCoverage::of(*key, counts, unusable));
        PlatformCoverage {
            platform,
            events: total(counts),
            identifiers: identifiers.collect(),
            uplift: uplift.collect(),
        }
    }
}

impl IdentifierCoverage {
    fn of(key: IdentifierKey, counts: &[&MaskCount], unusable: &[&InvalidCount]) -> Self {
        let (events, valid) = (total(counts), with_valid(counts, key));
        let reasons = unusable.iter().filter(|one| one.key == key);
        let mut reasons: Vec<_> = reasons.map(|one| (one.reason, one.events)).collect();
        reasons.sort_by_key(|(_, events)| Reverse(*events));
        IdentifierCoverage {
            key,
            valid,
            invalid: with_invalid(counts, key),
            share: (events > 0).then(|| valid as f64 / events as f64),
            reasons,
        }
    }
}

fn total(counts: &[&MaskCount]) -> u64 {
    counts.iter().map(|one| one.events).sum()
}

fn with_valid(counts: &[&MaskCount], key: IdentifierKey) -> u64 {
    counts.iter().filter(|one| one.valid.has(key)).map(|one| one.events).sum()
}

/// Events whose only identifiers of this kind are unusable.
fn with_invalid(counts: &[&MaskCount], key: IdentifierKey) -> u64 {
    let only_invalid = |one: &&&MaskCount| one.invalid.has(key) && !one.valid.has(key);
    counts.iter().filter(only_invalid).map(|one| one.events).sum()
}

fn shares(counts: &[&MaskCount]) -> Vec<(IdentifierKey, f64)> {
    let events = total(counts);
    let keys = IdentifierKey::ALL.iter().filter_map(|key| {
        let (valid, invalid) = (with_valid(counts, *key), with_invalid(counts, *key));
        (events > 0 && valid + invalid > 0).then(|| (*key, valid as f64 / events as f64))
    });
    keys.collect()
}

#[cfg(test)]
mod tests {
    use stratum_models::platform::Channel;

    use super::*;

    fn counted(valid: &[IdentifierKey], invalid: &[IdentifierKey], events: u64) -> MaskCount {
        MaskCount {
            platform: Some(Platform::Meta),
            dataset_id: "1".into(),
            event_name: "Purchase".into(),
            action_source: ActionSource::Website,
            channel: Channel::Server,
            valid: IdentifierMask::of(valid),
            invalid: IdentifierMask::of(invalid),
            events,
        }
    }

    #[test]
    fn an_event_with_a_usable_identifier_beside_an_unusable_one_is_covered() {
        let (em, ph) = (IdentifierKey::ALL[0], IdentifierKey::ALL[1]);
        let counts = [counted(&[em], &[em, ph], 3), counted(&[], &[em], 1)];
        let counts: Vec<&MaskCount> = counts.iter().collect();
        let count = |reason, events| InvalidCount { platform: None, key: em, reason, events };
        let reasons = [InvalidReason::ALL[0], InvalidReason::ALL[1]];
        let unusable = [&count(reasons[0], 1), &count(reasons[1], 3)];
        let coverage = IdentifierCoverage::of(em, &counts, &unusable);
        assert_eq!((coverage.valid, coverage.invalid, coverage.share), (3, 1, Some(0.75)));
        assert_eq!(coverage.reasons, [(reasons[1], 3), (reasons[0], 1)], "most first");
        assert_eq!(shares(&counts), [(em, 0.75), (ph, 0.0)], "what was never sent is absent");
        assert_eq!(IdentifierCoverage::of(em, &[], &[]).share, None);
    }
}

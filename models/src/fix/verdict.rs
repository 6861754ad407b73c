//! The states of a run of a fix, and when it comes to its end.

use super::sample::Estimate;
use crate::name_set;

name_set! {
    /// The state of a run of a fix.
    FixState {
        /// It was asked for and nothing was done yet.
        Queued = "queued",
        /// The configuration is being changed.
        Applying = "applying",
        /// Events come in under the new configuration and are counted.
        Observing = "observing",
        /// The effect is certain and large enough.
        Succeeded = "succeeded",
        /// There is no effect worth the fix.
        NoEffect = "no_effect",
        /// It could not be applied.
        Failed = "failed",
        /// The change was taken back.
        RolledBack = "rolled_back",
    }
}

impl FixState {
    /// Whether it still goes on.
    pub const fn is_open(self) -> bool {
        matches!(self, FixState::Queued | FixState::Applying | FixState::Observing)
    }
}

name_set! {
    /// Why a run ended as it did.
    FixEnd {
        /// The effect is certain, and large enough.
        Measured = "measured",
        /// It is certain that the effect is smaller than is worth a fix.
        TooSmall = "too_small",
        /// Too few events came in time.
        TooFewEvents = "too_few_events",
        /// Enough events came, and the effect stayed too uncertain.
        Uncertain = "uncertain",
        /// Somebody rolled it back.
        ByUser = "by_user",
    }
}

/// The decision on a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on.
    Observe,
    /// It has the effect.
    Succeeded,
    /// It has none that is worth it, and why that is said.
    NoEffect(FixEnd),
}

/// The hours and events that success takes at least.
const SUCCESS_LEAST: (f64, u64) = (24.0, 200);
/// The hours and events that it takes at least to say that there is no effect.
const NONE_LEAST: (f64, u64) = (72.0, 500);
/// The hours that a run is watched.
const HOURS_MAX: f64 = 14.0 * 24.0;

/// The decision on a run that has been watched for so many hours; `effect` is `None` while no event came.
/// Looking more often does not make a false success likelier, as far as the interval is that of a confidence
/// sequence.
pub fn verdict(hours: f64, effect: Option<Estimate>, least: f64) -> Verdict {
    let events = effect.map_or(0, |effect| effect.events);
    let enough = |(hours_min, events_min)| hours >= hours_min && events >= events_min;
    if let Some(effect) = effect {
        if enough(SUCCESS_LEAST) && effect.low > 0.0 && effect.value >= least {
            return Verdict::Succeeded;
        }
        if enough(NONE_LEAST) && effect.high < least {
            return Verdict::NoEffect(FixEnd::TooSmall);
        }
    }
    match hours >= HOURS_MAX {
        true if events < NONE_LEAST.1 => Verdict::NoEffect(FixEnd::TooFewEvents),
        true => Verdict::NoEffect(FixEnd::Uncertain),
        false => Verdict::Observe,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effect(events: u64, low: f64, value: f64, high: f64) -> Option<Estimate> {
        Some(Estimate { events, value, low, high })
    }

    #[test]
    fn a_run_ends_once_it_is_certain_and_not_before() {
        let large = |events| effect(events, 0.05, 0.08, 0.11);
        assert_eq!(verdict(23.0, large(5_000), 0.02), Verdict::Observe);
        assert_eq!(verdict(24.0, large(199), 0.02), Verdict::Observe);
        assert_eq!(verdict(24.0, large(200), 0.02), Verdict::Succeeded);
        let small = |events| effect(events, 0.0, 0.005, 0.01);
        assert_eq!(verdict(71.0, small(5_000), 0.02), Verdict::Observe);
        assert_eq!(verdict(72.0, small(499), 0.02), Verdict::Observe);
        assert_eq!(verdict(72.0, small(500), 0.02), Verdict::NoEffect(FixEnd::TooSmall));
        // Above nothing, and not worth it: it stays open until its time is over.
        assert_eq!(verdict(100.0, effect(900, 0.004, 0.015, 0.03), 0.02), Verdict::Observe);
    }

    #[test]
    fn a_run_ends_after_two_weeks_with_its_reason() {
        let open = |events| effect(events, -0.1, 0.05, 0.2);
        assert_eq!(verdict(335.9, open(10), 0.02), Verdict::Observe);
        assert_eq!(verdict(336.0, open(499), 0.02), Verdict::NoEffect(FixEnd::TooFewEvents));
        assert_eq!(verdict(336.0, open(500), 0.02), Verdict::NoEffect(FixEnd::Uncertain));
        assert_eq!(verdict(336.0, None, 0.02), Verdict::NoEffect(FixEnd::TooFewEvents));
    }
}

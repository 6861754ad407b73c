//! Episodes: the time in which a rule holds of a campaign, from its beginning to the end of the pause after it.

use super::Truth;
use crate::name_set;
use crate::time::UnixMillis;

name_set! {
    /// The state of a rule for a campaign.
    #[derive(Default)]
    EpisodeState {
        /// It does not hold.
        #[default]
        Inactive = "inactive",
        /// It holds, but not for long enough.
        Pending = "pending",
        /// It holds and has acted.
        Firing = "firing",
        /// It held no more; it does not act until the pause is over.
        Cooling = "cooling",
    }
}

/// The times that a rule takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleTimes {
    /// The time that it must hold before it acts, in milliseconds.
    pub for_ms: i64,
    /// The time after an act in which it does not act on the same campaign again, in milliseconds.
    pub cool_down_ms: i64,
    /// Whether it acts again after each such time while it goes on to hold.
    pub repeats: bool,
}

/// A rule's place with one campaign.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Episode {
    /// The number of episodes so far, each of which has acted once.
    pub number: u32,
    /// The state.
    pub state: EpisodeState,
    /// The beginning of the state; `None` before the first episode.
    pub since: Option<UnixMillis>,
    /// The time of the last act.
    pub acted_at: Option<UnixMillis>,
}

impl Episode {
    /// The episode after a look that found this truth, and whether the rule acts now. What is unknown begins
    /// nothing and ends nothing.
    #[must_use]
    pub fn after(self, truth: Truth, now: UnixMillis, timing: RuleTimes) -> (Episode, bool) {
        use EpisodeState::{Cooling, Firing, Inactive, Pending};
        let is_cool = self.acted_at.is_none_or(|at| now.0 - at.0 >= timing.cool_down_ms);
        let waited = |since: UnixMillis| now.0 - since.0 >= timing.for_ms;
        match (self.state, truth) {
            (_, Truth::Unknown) => (self, false),
            (Firing, Truth::True) if timing.repeats && is_cool => self.act(now),
            (Firing, Truth::True) => (self, false),
            (Firing, Truth::False) => (self.in_state(Cooling, now), false),
            (Cooling, Truth::False) if is_cool => (self.in_state(Inactive, now), false),
            // The pause is longer than the truth: it waits from now on.
            (Cooling, _) if !is_cool => (self, false),
            (Inactive | Cooling, Truth::True) if waited(now) => self.act(now),
            (Inactive | Cooling, Truth::True) => (self.in_state(Pending, now), false),
            (Pending, Truth::True) if self.since.is_none_or(waited) => self.act(now),
            (Pending, Truth::True) => (self, false),
            (Pending, Truth::False) => (self.in_state(Inactive, now), false),
            (Inactive | Cooling, Truth::False) => (self, false),
        }
    }

    /// The episode under a new version of its rule: it begins anew, after the pause of the last act.
    #[must_use]
    pub fn under_new_version(self, now: UnixMillis) -> Episode {
        match self.acted_at {
            Some(_) => self.in_state(EpisodeState::Cooling, now),
            None => self.in_state(EpisodeState::Inactive, now),
        }
    }

    fn in_state(self, state: EpisodeState, now: UnixMillis) -> Episode {
        Episode { state, since: Some(now), ..self }
    }

    fn act(self, now: UnixMillis) -> (Episode, bool) {
        let number = self.number.saturating_add(1);
        let since = match self.state {
            EpisodeState::Firing => self.since,
            _ => Some(now),
        };
        (Episode { number, state: EpisodeState::Firing, since, acted_at: Some(now) }, true)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::time::{DAY_MS, HOUR_MS};

    const QUARTER_MS: i64 = HOUR_MS / 4;
    const NONE: [usize; 0] = [];

    /// The looks at which a rule acts on these truths, one a quarter of an hour.
    fn acts(truths: &[Truth], timing: RuleTimes) -> Vec<usize> {
        let mut episode = Episode::default();
        let mut acts = Vec::new();
        for (at, truth) in truths.iter().enumerate() {
            let now = UnixMillis(1_800_000_000_000 + at as i64 * QUARTER_MS);
            let (next, does_act) = episode.after(*truth, now, timing);
            episode = next;
            if does_act {
                acts.push(at);
            }
        }
        acts
    }

    fn timing(for_quarters: i64, cool_quarters: i64, repeats: bool) -> RuleTimes {
        RuleTimes {
            for_ms: for_quarters * QUARTER_MS,
            cool_down_ms: cool_quarters * QUARTER_MS,
            repeats,
        }
    }

    #[test]
    fn ninety_six_looks_at_one_state_act_once() {
        let day = [Truth::True; 96];
        assert_eq!(acts(&day, timing(0, 4, false)), [0]);
        assert_eq!(acts(&day, timing(4, 4, false)), [4]);
        assert_eq!(acts(&day, timing(0, 0, false)), [0]);
        assert_eq!(acts(&[Truth::Unknown; 96], timing(0, 0, false)), NONE);
        assert_eq!(acts(&[Truth::False; 96], timing(0, 0, true)), NONE);
        assert_eq!(acts(&day, timing(0, 24, true)), [0, 24, 48, 72]);
        assert_eq!(DAY_MS / QUARTER_MS, 96);
    }

    #[test]
    fn it_acts_again_after_a_false_and_the_pause() {
        use Truth::{False as F, True as T, Unknown as U};
        assert_eq!(acts(&[T, F, T, T, T, T, F, T], timing(0, 4, false)), [0, 4]);
        assert_eq!(acts(&[T, F, T], timing(0, 0, false)), [0, 2]);
        assert_eq!(acts(&[T, U, T, U, U, T], timing(0, 1, false)), [0], "unknown ends nothing");
        assert_eq!(acts(&[T, U, F, T, T], timing(2, 0, false)), NONE, "not for long enough");
        assert_eq!(acts(&[T, U, U, T], timing(2, 0, false)), [3], "unknown does not trigger");
    }

    #[test]
    fn a_new_version_begins_anew_after_the_pause() {
        let (now, later) = (UnixMillis(0), UnixMillis(4 * QUARTER_MS));
        let timing = timing(0, 4, false);
        let (firing, _) = Episode::default().after(Truth::True, now, timing);
        let anew = firing.under_new_version(now);
        assert!(!anew.after(Truth::True, UnixMillis(QUARTER_MS), timing).1);
        let (second, acts) = anew.after(Truth::True, later, timing);
        assert!(acts);
        assert_eq!((second.number, second.state), (2, EpisodeState::Firing));
        let pending = Episode { state: EpisodeState::Pending, ..Episode::default() };
        assert_eq!(pending.under_new_version(now).state, EpisodeState::Inactive);
    }

    fn truth() -> impl Strategy<Value = Truth> {
        prop_oneof![
            3 => Just(Truth::True),
            2 => Just(Truth::False),
            1 => Just(Truth::Unknown),
        ]
    }

    proptest! {
        /// Whatever is found: it acts at a true look only, no earlier than the pause after the last act, and without
        /// `repeats` only with a false look in between. Numbers rise by one with each act.
        #[test]
        fn no_episode_acts_twice(
            truths in prop::collection::vec(truth(), 1..200),
            for_quarters in 0_i64..6,
            cool_quarters in 0_i64..30,
            repeats in any::<bool>(),
        ) {
            let timing = timing(for_quarters, cool_quarters, repeats);
            let all = acts(&truths, timing);
            for at in &all {
                prop_assert_eq!(truths[*at], Truth::True);
            }
            for pair in all.windows(2) {
                prop_assert!((pair[1] - pair[0]) as i64 >= cool_quarters);
                let has_false = truths[pair[0]..pair[1]].contains(&Truth::False);
                prop_assert!(repeats || has_false);
            }
        }
    }
}

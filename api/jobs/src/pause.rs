//! The pause after a failure: one formula for every kind of job.

use std::time::Duration;

/// Bounds of a wait that the other side asks for.
const SAID_MIN: Duration = Duration::from_secs(1);
const SAID_MAX: Duration = Duration::from_secs(86_400);

/// Bounds of the pause between two tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    /// The pause after the first failure; it doubles with each.
    pub min: Duration,
    /// The longest pause.
    pub max: Duration,
}

impl Pause {
    /// The pause after so many failures in a row, at least one. Up to half of it is left to `chance`, from 0 to 1,
    /// so that those that failed together do not come again together.
    pub fn after(&self, failures: u32, chance: f64) -> Duration {
        let doublings = failures.saturating_sub(1).min(30);
        let whole = self.min.saturating_mul(1 << doublings).min(self.max);
        whole.mul_f64(0.5 + 0.5 * chance.clamp(0.0, 1.0))
    }

    /// A wait that the other side asked for, such as by `Retry-After`, within a second and a day.
    pub fn said(wait: Duration) -> Duration {
        wait.clamp(SAID_MIN, SAID_MAX)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pauses_double_up_to_their_bound() {
        let pause = Pause { min: Duration::from_millis(100), max: Duration::from_millis(350) };
        let whole = [0, 1, 2, 3, 4, 90].map(|failures| pause.after(failures, 1.0).as_millis());
        assert_eq!(whole, [100, 100, 200, 350, 350, 350]);
        assert_eq!(pause.after(2, 0.0).as_millis(), 100);
        assert_eq!(Pause::said(Duration::ZERO), SAID_MIN);
        assert_eq!(Pause::said(Duration::MAX), SAID_MAX);
    }

    proptest! {
        #[test]
        fn a_pause_lies_within_its_bounds(failures: u32, chance in 0.0..=1.0, min in 0u64..1 << 40, more in 0u64..1 << 40) {
            let pause = Pause { min: Duration::from_millis(min), max: Duration::from_millis(min + more) };
            let wait = pause.after(failures, chance);
            prop_assert!(wait >= pause.min / 2 && wait <= pause.max, "{wait:?}");
        }
    }
}

//! How long to wait before a request is sent once more.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The bounds of pauses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PauseConfig {
    /// The longest pause after the first failure, in milliseconds; it doubles with each …
    pub first_ms_max: u64,
    /// … up to this.
    pub ms_max: u64,
}

impl Default for PauseConfig {
    fn default() -> Self {
        PauseConfig { first_ms_max: 1_000, ms_max: 300_000 }
    }
}

impl PauseConfig {
    /// The pause after so many failures in a row: by `chance` (0 to 1) anything up to its bound, so that those who
    /// failed together do not come back together; never less than the platform asks for.
    pub fn after(&self, failures: u32, asked: Option<Duration>, chance: f64) -> Duration {
        let doubled = 1_u64.checked_shl(failures.saturating_sub(1)).unwrap_or(u64::MAX);
        let longest = self.first_ms_max.saturating_mul(doubled).min(self.ms_max);
        let pause = Duration::from_millis(longest).mul_f64(chance.clamp(0.0, 1.0));
        pause.max(Duration::from_millis(1)).max(asked.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_doubles_up_to_its_bound_and_is_not_shorter_than_asked() {
        let config = PauseConfig::default();
        let ms = |failures, chance| config.after(failures, None, chance).as_millis();
        assert_eq!(
            [1, 2, 3, 9, 10, 64, 1_000].map(|failures| ms(failures, 1.0)),
            [1_000, 2_000, 4_000, 256_000, 300_000, 300_000, 300_000]
        );
        assert_eq!((ms(3, 0.25), ms(3, 0.0)), (1_000, 1));
        let asked = Some(Duration::from_secs(900));
        assert_eq!(config.after(1, asked, 1.0).as_secs(), 900);
        assert_eq!(config.after(1, Some(Duration::from_millis(3)), 1.0).as_millis(), 1_000);
    }
}

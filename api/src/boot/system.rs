//! The real clock and the real randomness.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use stratum_models::time::{Clock, UnixMillis};
use stratum_reports::connector::Rest;

use stratum_models::entropy::Entropy;

/// The machine's clock.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> UnixMillis {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        UnixMillis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// The operating system's randomness.
#[derive(Clone, Copy, Debug)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        if aws_lc_rs::rand::fill(bytes).is_err() {
            // Going on would hand out keys that can be guessed.
            std::process::abort();
        }
    }
}

/// The runtime's timer.
#[derive(Clone, Copy, Debug)]
pub struct SystemRest;

#[async_trait]
impl Rest for SystemRest {
    async fn rest(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    fn chance(&self) -> f64 {
        let mut random = [0; 4];
        SystemEntropy.fill(&mut random);
        f64::from(u32::from_be_bytes(random)) / f64::from(u32::MAX)
    }
}

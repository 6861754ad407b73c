//! Work that is repeated after a wait.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// No wait is shorter, whatever is configured.
const WAIT_MIN: Duration = Duration::from_millis(10);

/// Does `act` at once and then again `wait` after `wait`, until `stop`, which ends it also in the middle. Where it
/// takes longer than that, the next one is begun `wait` later.
pub async fn every<F>(wait: Duration, stop: &CancellationToken, mut act: impl FnMut() -> F)
where
    F: Future<Output = ()>,
{
    let mut ticks = interval(wait.max(WAIT_MIN));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        if stop.run_until_cancelled(act()).await.is_none() {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_is_done_again_and_again_and_a_stop_ends_it_in_the_middle() {
        let (stop, times) = (CancellationToken::new(), Cell::new(0));
        every(Duration::from_secs(60), &stop, || async {
            times.set(times.get() + 1);
            if times.get() == 3 {
                stop.cancel();
                std::future::pending::<()>().await;
            }
        })
        .await;
        assert_eq!(times.get(), 3);
    }
}

//! Questions that the reading side is asked, and a hold on its answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use stratum_models::store::{StoreError, StoreErrorKind};
use tokio::sync::watch;

use super::error;

/// The treatment of questions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AnswerMode {
    /// They are answered.
    #[default]
    AtOnce,
    /// They wait.
    Held,
    /// They are refused as `Unavailable`.
    Refused,
}

/// The questions asked of a warehouse.
#[derive(Default)]
pub struct Questions {
    begun: AtomicUsize,
    under_way: Arc<AtomicUsize>,
    versions: AtomicUsize,
    answering: watch::Sender<AnswerMode>,
}

struct UnderWay(Arc<AtomicUsize>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Questions {
    /// The number of questions begun, those for versions left out.
    pub fn begun(&self) -> usize {
        self.begun.load(Ordering::SeqCst)
    }

    /// The number of questions that are neither answered nor given up.
    pub fn under_way(&self) -> usize {
        self.under_way.load(Ordering::SeqCst)
    }

    /// The number of times that versions were read.
    pub fn versions_read(&self) -> usize {
        self.versions.load(Ordering::SeqCst)
    }

    /// From here on, this happens to questions, those that wait included.
    pub fn answer(&self, answering: AnswerMode) {
        self.answering.send_replace(answering);
    }

    pub(super) async fn ask(&self) -> Result<(), StoreError> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        self.under_way.fetch_add(1, Ordering::SeqCst);
        let _under_way = UnderWay(self.under_way.clone());
        let mut answering = self.answering.subscribe();
        let decided = answering.wait_for(|now| *now != AnswerMode::Held).await;
        match decided.as_deref().copied() {
            Ok(AnswerMode::Refused) => Err(error(StoreErrorKind::Unavailable, "refused as asked")),
            _ => Ok(()),
        }
    }

    pub(super) fn ask_versions(&self) {
        self.versions.fetch_add(1, Ordering::SeqCst);
    }
}

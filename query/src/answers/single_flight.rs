//! Questions under way. Whoever asks the same one joins it; when all have left, it is dropped, and
//! with it the statement in the engine.

use std::collections::HashMap;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::{BoxFuture, Shared, WeakShared};
use parking_lot::Mutex;
use stratum_models::store::StoreError;
use stratum_models::warehouse::DataVersion;

use super::{SharedRows, TenantQuestion};

type SharedAnswer = Result<SharedRows, Arc<StoreError>>;
type InFlight = BoxFuture<'static, SharedAnswer>;
type QuestionKey = (TenantQuestion, DataVersion);

/// The questions under way: whoever asks one of them again waits for the same answer.
#[derive(Clone, Default)]
pub(super) struct SingleFlight(Arc<Mutex<InFlightTable>>);

#[derive(Default)]
struct InFlightTable {
    under_way: HashMap<QuestionKey, (u64, WeakShared<InFlight>)>,
    begun: u64,
}

/// Held by a question under way; takes it out of the table at its end, however it ends.
pub(super) struct InFlightGuard {
    questions: SingleFlight,
    key: QuestionKey,
    number: u64,
}

impl SingleFlight {
    /// The question of this key under way, begun by `ask` where there is none.
    pub(super) fn join(
        &self,
        key: QuestionKey,
        ask: impl FnOnce(InFlightGuard) -> InFlight,
    ) -> Shared<InFlight> {
        let mut table = self.0.lock();
        let under_way = table.under_way.get(&key);
        if let Some(question) = under_way.and_then(|(_, question)| question.upgrade()) {
            return question;
        }
        table.begun += 1;
        let number = table.begun;
        let question =
            ask(InFlightGuard { questions: self.clone(), key: key.clone(), number }).shared();
        if let Some(weak) = question.downgrade() {
            table.under_way.insert(key, (number, weak));
        }
        question
    }
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        let mut table = self.questions.0.lock();
        // All may have left, and the same question asked again, before this one was dropped.
        if table.under_way.get(&self.key).is_some_and(|(number, _)| *number == self.number) {
            table.under_way.remove(&self.key);
        }
    }
}

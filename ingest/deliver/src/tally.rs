//! What became of the events of a stretch, gathered into what the ledger is told.

use std::collections::BTreeMap;

use stratum_models::delivery::{
    DeadLetter, DeliveryHealth, DeliveryOutcome, DeliveryRange, DeliveryRequest, KeyHour,
    OutcomeCount, Settlement,
};
use stratum_models::event_name::StandardEvent;
use stratum_models::log::Offset;
use stratum_models::time::UnixMillis;
use stratum_wire::dialect::PlatformRefusal;

/// What other events than standard ones are counted as: names of senders' own have no bound.
const CUSTOM: &str = "custom";
/// The longest code that is kept.
const CODE_BYTES_MAX: usize = 64;

/// The end of one event.
#[derive(Clone, Debug)]
pub struct EventOutcome<'e> {
    /// Its name as it was sent; empty where it is not known.
    pub event_name: &'e str,
    /// When it was taken in.
    pub received_at: UnixMillis,
    /// What became of it.
    pub outcome: DeliveryOutcome,
    /// The code of that; empty where there is none.
    pub code: &'e str,
    /// How often it was sent.
    pub tries: u32,
}

type CountKey = (&'static str, DeliveryOutcome, String);
type LetterKey = (Offset, PlatformRefusal);

/// Counts and dead letters that were not settled yet.
#[derive(Default)]
pub struct Tally {
    counts: BTreeMap<CountKey, OutcomeCount>,
    letters: BTreeMap<LetterKey, DeadLetter>,
    /// Requests that were sent.
    pub requests: Vec<DeliveryRequest>,
    /// How the destination does, where that changed.
    pub health: Option<DeliveryHealth>,
}

impl Tally {
    /// Counts `events` events that ended alike.
    pub fn count(&mut self, ended: &EventOutcome<'_>, events: u64, now: UnixMillis) {
        let name = match (ended.event_name, StandardEvent::parse(ended.event_name)) {
            ("", _) => "",
            (_, Some(standard)) => standard.as_str(),
            (_, None) => CUSTOM,
        };
        let code = &ended.code[..ended.code.floor_char_boundary(CODE_BYTES_MAX)];
        let key = (name, ended.outcome, code.to_owned());
        let count = self.counts.entry(key).or_insert_with(|| OutcomeCount {
            hour: KeyHour::of(now).begin(),
            event_name: name.to_owned(),
            outcome: ended.outcome,
            code: code.to_owned(),
            events: 0,
            tries: 0,
            latency: Default::default(),
        });
        count.events += events;
        count.tries += u64::from(ended.tries) * events;
        count
            .latency
            .record(now.0.saturating_sub(ended.received_at.0).max(0).unsigned_abs(), events);
    }

    /// Adds an event that the platform refused to the dead letters of its record.
    pub fn bury(
        &mut self,
        (offset, row): (Offset, u32),
        refusal: &PlatformRefusal,
        tries: u32,
        replayable_until: UnixMillis,
    ) {
        let key = (offset, refusal.clone());
        let letter = self.letters.entry(key).or_insert_with(|| DeadLetter {
            offset,
            rows: Vec::new(),
            outcome: DeliveryOutcome::Rejected,
            code: refusal.code.clone(),
            field: refusal.field.clone(),
            message: refusal.message.clone(),
            trace_id: refusal.trace_id.clone(),
            tries: 0,
            replayable_until,
        });
        letter.rows.push(row);
        letter.tries = letter.tries.max(tries);
    }

    /// The counts so far, by outcome.
    pub fn outcomes(&self) -> impl Iterator<Item = (DeliveryOutcome, u64)> + '_ {
        self.counts.values().map(|count| (count.outcome, count.events))
    }

    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty() && self.requests.is_empty() && self.health.is_none()
    }

    /// All of it as the settlement of a range up to `next`; nothing is left.
    pub fn settlement(&mut self, range: &DeliveryRange, next: Offset) -> Settlement {
        let Tally { counts, letters, requests, health } = std::mem::take(self);
        Settlement {
            range: range.id,
            from: range.next,
            next,
            counts: counts.into_values().collect(),
            dead_letters: letters.into_values().collect(),
            requests,
            health,
        }
    }
}

//! Records of a destination worked on: opened, sent until each event has come to its end, and settled.

use std::time::Duration;

use stratum_models::delivery::{
    DataKey, DeliveryHealth, DeliveryRange, KeyHour, LaneState, SettleError,
};
use stratum_models::log::Offset;
use stratum_models::time::UnixMillis;
use stratum_wire::dialect::PlatformRefusal;
use stratum_wire::envelope::{open, read_header};

use super::super::breaker::Permit;
use super::super::erased::ErasedPersons;
use super::super::inbox::TailRecord;
use super::super::judge::Judge;
use super::super::sender::{Rest, send_batch};
use super::super::stretch::{LostRecord, Stretch};
use super::super::telemetry;
use super::super::words::spoken_bytes;
use super::{Lane, LaneEnd, State};

/// Events of a request that only finds out whether the platform is back.
const PROBE_EVENTS: usize = 10;
/// How long a destination rests that somebody has to mend, unless they do so before.
const MENDING_REST: Duration = Duration::from_secs(300);
/// How long the ledger is left alone after a failure.
const LEDGER_REST: Duration = Duration::from_secs(1);
/// Keys of hours that are remembered.
const KEYS_MAX: usize = 48;

impl Lane {
    /// Works on records of a range, until all of their events have come to their end, and settles them.
    pub(super) async fn work_records(
        &self,
        state: &mut State,
        range: &mut DeliveryRange,
        records: Vec<TailRecord>,
        next: Offset,
    ) -> Result<(), LaneEnd> {
        let judge = Judge::of(&self.destination, self.words.format);
        let mut buffers = vec![Vec::new(); records.len()];
        let mut stretch = Stretch::default();
        for (place, (record, buffer)) in records.iter().zip(&mut buffers).enumerate() {
            self.open(state, &mut stretch, (place, record), buffer, &judge).await?;
        }
        let offset_of = |place: usize| records.get(place).map_or(next, |record| record.offset);
        loop {
            let now = self.shared.clock.now();
            // Asked again after each rest: a person may have been erased while the platform was away.
            stretch.leave_out(&self.erased_persons().await?, now);
            let (count_max, wait) = match state.breaker.permit(now) {
                Permit::Batch => (self.words.format.events_max(), None),
                Permit::Probe => (PROBE_EVENTS, None),
                Permit::NotBefore(until) => (1, Some(until)),
            };
            let places = self.fitting(&stretch.pending(count_max, &judge, now), &stretch);
            if places.is_empty() {
                break;
            }
            let rest = match wait {
                Some(until) => Duration::from_millis(until.0.abs_diff(now.0)),
                None => match self.send(state, &mut stretch, &places).await? {
                    Some(rest) => rest,
                    None => continue,
                },
            };
            // Whoever rests puts down what is done, so that it is not done again if the process ends.
            let ended = stretch.ended_records(records.len());
            let until = self.replayable_until();
            stretch.settle(ended, offset_of, until, &mut state.tally);
            let place = if ended == records.len() { next } else { offset_of(ended) };
            self.settle(state, range, place.max(range.next)).await?;
            self.rest(rest).await?;
        }
        let until = self.replayable_until();
        stretch.settle(records.len(), offset_of, until, &mut state.tally);
        self.settle(state, range, next).await
    }

    /// Opens a record into its events.
    async fn open<'b>(
        &self,
        state: &mut State,
        stretch: &mut Stretch<'b>,
        (place, record): (usize, &TailRecord),
        buffer: &'b mut Vec<u8>,
        judge: &Judge,
    ) -> Result<(), LaneEnd> {
        let now = self.shared.clock.now();
        let (hour, received_at) = match read_header(&record.bytes) {
            Ok(header) => (header.hour(), header.received().0),
            Err(_) => (KeyHour(0), now),
        };
        let code = match self.key(state, hour).await? {
            None => "key_deleted",
            Some(key) => match open(&record.bytes, &key, buffer) {
                Err(_) => "unreadable",
                Ok(rows) => {
                    for (row, event) in (0_u32..).zip(rows.flatten()) {
                        stretch.add((place, row), event, judge, now);
                    }
                    return Ok(());
                }
            },
        };
        stretch.lose(place, LostRecord { events: record.events, received_at, code, at: now });
        Ok(())
    }

    async fn key(&self, state: &mut State, hour: KeyHour) -> Result<Option<DataKey>, LaneEnd> {
        if let Some(known) = state.keys.get(&hour) {
            return Ok(known.clone());
        }
        let key = self.shared.directory.key(&self.destination.dataset, hour).await?;
        while state.keys.len() >= KEYS_MAX {
            state.keys.pop_first();
        }
        state.keys.insert(hour, key.clone());
        Ok(key)
    }

    /// As many of the places as fit into a request with the first.
    fn fitting(&self, places: &[usize], stretch: &Stretch<'_>) -> Vec<usize> {
        let format = self.words.format;
        let bytes_max = self.shared.config.body_bytes_max.min(format.body_bytes_max());
        let mut bytes = 0;
        let events = stretch.events(places);
        let Some(first) = events.first() else { return Vec::new() };
        let shared =
            places.iter().zip(&events).filter(|(_, event)| format.share_request(first, event));
        let fits = shared.take_while(|(_, event)| {
            let is_first = bytes == 0;
            bytes += spoken_bytes(event);
            is_first || bytes <= bytes_max
        });
        fits.map(|(place, _)| *place).collect()
    }

    /// Sends a batch. The time to rest after it, where the platform or whoever set it up wants one.
    async fn send(
        &self,
        state: &mut State,
        stretch: &mut Stretch<'_>,
        places: &[usize],
    ) -> Result<Option<Duration>, LaneEnd> {
        let clock = &*self.shared.clock;
        let report = {
            let permit = self.stop.run_until_cancelled(self.shared.permits.acquire()).await;
            let _permit = permit.ok_or(LaneEnd::Stopped)?.map_err(|_| LaneEnd::Stopped)?;
            let events = stretch.events(places);
            let sending = send_batch(&self.transport, &self.words, &events, clock);
            // Dropped on its way, a request is sent once more: the platform knows its events by their ids.
            let sent = self.stop.run_until_cancelled(Box::pin(sending)).await;
            sent.ok_or(LaneEnd::Stopped)?
        };
        let now = clock.now();
        let platform = self.destination.platform.as_str();
        for request in &report.requests {
            let outcome = request.outcome.as_str();
            metrics::counter!(telemetry::REQUESTS, "platform" => platform, "outcome" => outcome)
                .increment(1);
        }
        stretch.told(places, report.ends, &report.tries, now);
        state.tally.requests.extend(report.requests);
        let none = PlatformRefusal::default;
        let (health, refusal, asked) = match report.rest {
            None => {
                state.breaker.succeeded(now);
                self.tell(state, LaneState::Working, none(), None);
                return Ok(None);
            }
            Some(Rest::Throttled { after }) => (LaneState::Throttled, none(), after),
            Some(Rest::Down { after }) => (LaneState::Failing, none(), after),
            Some(Rest::NeedsCredentials(refusal)) => {
                (LaneState::NeedsCredentials, refusal, Some(MENDING_REST))
            }
            Some(Rest::WrongConfiguration(refusal)) => {
                (LaneState::Misconfigured, refusal, Some(MENDING_REST))
            }
        };
        let failures = state.breaker.failures() + 1;
        let pause = self.shared.config.pause.after(failures, asked, self.shared.chance());
        let again = UnixMillis(now.0.saturating_add(pause.as_millis() as i64));
        state.breaker.failed(now, again);
        self.tell(state, health, refusal, Some(again));
        Ok(Some(pause))
    }

    /// Has the next settlement say how the destination does.
    fn tell(
        &self,
        state: &mut State,
        health: LaneState,
        refusal: PlatformRefusal,
        retry_at: Option<UnixMillis>,
    ) {
        if state.health == Some(health) && retry_at.is_none() {
            return;
        }
        if state.health != Some(health) {
            tracing::info!(destination = %self.destination.id, state = %health, "destination");
        }
        state.health = Some(health);
        state.tally.health = Some(DeliveryHealth {
            state: health,
            code: refusal.code,
            message: refusal.message,
            retry_at,
            since: self.shared.clock.now(),
        });
    }

    /// The persons of whom nothing is sent any more. Nothing is sent before they are known.
    async fn erased_persons(&self) -> Result<ErasedPersons, LaneEnd> {
        loop {
            match self.shared.erasures.erasures().await {
                Ok(erasures) => {
                    let keys = self.shared.keys.of(self.destination.dataset.tenant_id);
                    return Ok(ErasedPersons::new(erasures, keys));
                }
                Err(error) => {
                    tracing::warn!(error = %error, "erased persons not looked for");
                    self.rest(LEDGER_REST).await?;
                }
            }
        }
    }

    fn replayable_until(&self) -> UnixMillis {
        self.shared.kept_until(self.shared.clock.now())
    }

    /// Settles a range up to `next`, however long the ledger takes.
    pub(super) async fn settle(
        &self,
        state: &mut State,
        range: &mut DeliveryRange,
        next: Offset,
    ) -> Result<(), LaneEnd> {
        let platform = self.destination.platform.as_str();
        for (outcome, events) in state.tally.outcomes() {
            let outcome = outcome.as_str();
            metrics::counter!(telemetry::EVENTS, "platform" => platform, "outcome" => outcome)
                .increment(events);
        }
        let settlement = state.tally.settlement(range, next);
        loop {
            match self.shared.ledger.settle(self.owned, vec![settlement.clone()]).await {
                Ok(()) => {
                    range.next = next;
                    return Ok(());
                }
                Err(SettleError::Store(error)) => {
                    tracing::warn!(error = %error, "deliveries not settled");
                    self.rest(LEDGER_REST).await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn rest(&self, rest: Duration) -> Result<(), LaneEnd> {
        let rested = self.stop.run_until_cancelled(tokio::time::sleep(rest)).await;
        rested.ok_or(LaneEnd::Stopped)
    }
}

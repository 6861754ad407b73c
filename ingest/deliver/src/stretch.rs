//! Opened records of one destination: their events, and which of them have come to their end.

use stratum_models::delivery::DeliveryOutcome;
use stratum_models::log::Offset;
use stratum_models::time::UnixMillis;
use stratum_wire::envelope::OutboundEvent;

use super::erased::ErasedPersons;
use super::judge::{Judge, Verdict};
use super::sender::EventEnd;
use super::tally::{EventOutcome, Tally};

/// The end of an event.
#[derive(Clone, Debug)]
enum End {
    /// It is none of the destination's.
    Foreign,
    /// The platform told.
    Told(EventEnd, UnixMillis),
    /// It was not sent, or not any more.
    Unsent(DeliveryOutcome, &'static str, UnixMillis),
}

/// An event of a stretch.
struct Item<'b> {
    /// The place of its record in the stretch.
    record: usize,
    /// Its place in the record.
    row: u32,
    event: OutboundEvent<'b>,
    tries: u32,
    end: Option<End>,
}

/// A record whose events nobody can open.
pub struct LostRecord {
    /// How many events it holds.
    pub events: u32,
    /// When they were taken in.
    pub received_at: UnixMillis,
    /// Why.
    pub code: &'static str,
    /// When that was found.
    pub at: UnixMillis,
}

/// The events of consecutive records.
#[derive(Default)]
pub struct Stretch<'b> {
    items: Vec<Item<'b>>,
    /// Records without events, with their places.
    lost: Vec<(usize, LostRecord)>,
    /// Items before this one are settled.
    settled: usize,
}

impl<'b> Stretch<'b> {
    /// Adds an event of a record, with what the destination's own rules say of it.
    pub fn add(
        &mut self,
        (record, row): (usize, u32),
        event: OutboundEvent<'b>,
        judge: &Judge,
        now: UnixMillis,
    ) {
        let end = match judge.verdict(&event, now) {
            Verdict::Send => None,
            Verdict::Foreign => Some(End::Foreign),
            Verdict::End(outcome, code) => Some(End::Unsent(outcome, code, now)),
        };
        self.items.push(Item { record, row, event, tries: 0, end });
    }

    /// Adds a record that cannot be opened.
    pub fn lose(&mut self, record: usize, lost: LostRecord) {
        self.lost.push((record, lost));
    }

    /// Ends events of persons who were erased meanwhile.
    pub fn leave_out(&mut self, persons: &ErasedPersons, now: UnixMillis) {
        for item in self.items.iter_mut().skip(self.settled) {
            if item.end.is_none() && persons.hold(&item.event) {
                item.end = Some(End::Unsent(DeliveryOutcome::Suppressed, "erased", now));
            }
        }
    }

    /// Ends events that the platform takes no more, and returns the places of up to `count_max` that are to be
    /// sent.
    pub fn pending(&mut self, count_max: usize, judge: &Judge, now: UnixMillis) -> Vec<usize> {
        let mut places = Vec::new();
        for (place, item) in self.items.iter_mut().enumerate().skip(self.settled) {
            if item.end.is_some() {
                continue;
            }
            if judge.is_too_old(&item.event, now) {
                item.end = Some(End::Unsent(DeliveryOutcome::Expired, "too_old", now));
                continue;
            }
            places.push(place);
            if places.len() == count_max {
                break;
            }
        }
        places
    }

    /// The events at these places.
    pub fn events(&self, places: &[usize]) -> Vec<&OutboundEvent<'b>> {
        places.iter().map(|place| &self.items[*place].event).collect()
    }

    /// Notes what a batch of these places came to.
    pub fn told(
        &mut self,
        places: &[usize],
        ends: Vec<Option<EventEnd>>,
        tries: &[u32],
        now: UnixMillis,
    ) {
        for ((place, end), tries) in places.iter().zip(ends).zip(tries) {
            let item = &mut self.items[*place];
            item.tries += tries;
            item.end = end.map(|end| End::Told(end, now));
        }
    }

    /// How many of the stretch's `records` records have come to their end, from the first one on.
    pub fn ended_records(&self, records: usize) -> usize {
        let waits = self.items[self.settled..].iter().find(|item| item.end.is_none());
        waits.map_or(records, |item| item.record)
    }

    /// Counts the events of the first `records` records, each once.
    pub fn settle(
        &mut self,
        records: usize,
        offset_of: impl Fn(usize) -> Offset,
        replayable_until: UnixMillis,
        tally: &mut Tally,
    ) {
        for (_, lost) in self.lost.extract_if(.., |(record, _)| *record < records) {
            let LostRecord { events, received_at, code, at } = lost;
            let outcome = DeliveryOutcome::Expired;
            let ended = EventOutcome { event_name: "", received_at, outcome, code, tries: 0 };
            tally.count(&ended, u64::from(events), at);
        }
        while let Some(item) = self.items.get(self.settled)
            && item.record < records
        {
            self.settled += 1;
            let Some(end) = &item.end else { continue };
            let (outcome, code, at) = match end {
                End::Foreign => continue,
                End::Unsent(outcome, code, at) => (*outcome, *code, *at),
                End::Told(EventEnd::Delivered, at) => (DeliveryOutcome::Delivered, "", *at),
                End::Told(EventEnd::Rejected(refusal), at) => {
                    let place = (offset_of(item.record), item.row);
                    tally.bury(place, refusal, item.tries, replayable_until);
                    (DeliveryOutcome::Rejected, refusal.code.as_str(), *at)
                }
            };
            let ended = EventOutcome {
                event_name: item.event.event_name,
                received_at: UnixMillis(item.event.received_at_ms),
                outcome,
                code,
                tries: item.tries,
            };
            tally.count(&ended, 1, at);
        }
    }
}

#[cfg(test)]
mod tests {
    use stratum_models::delivery::{DeliveryMode, DeliveryRange, RangeId, RangeKind};
    use stratum_models::id::DestinationId;
    use stratum_models::time::DAY_MS;
    use stratum_wire::dialect::PlatformRefusal;

    use super::super::samples::{NOW, destination, event, meta};
    use super::*;

    #[test]
    fn what_has_ended_is_counted_once_and_up_to_the_first_record_that_waits() {
        let judge = Judge::of(&destination(DeliveryMode::Live), meta());
        let mut stretch = Stretch::default();
        for place in [(0, 0), (0, 1), (2, 0), (3, 0)] {
            stretch.add(place, event(), &judge, NOW);
        }
        let lost = LostRecord { events: 5, received_at: NOW, code: "key_deleted", at: NOW };
        stretch.lose(1, lost);
        let places = stretch.pending(3, &judge, NOW);
        assert_eq!(places, [0, 1, 2]);
        let refusal = PlatformRefusal { code: "100".into(), ..PlatformRefusal::default() };
        let rejected = Some(EventEnd::Rejected(refusal));
        stretch.told(&places, vec![Some(EventEnd::Delivered), rejected, None], &[1, 2, 1], NOW);
        assert_eq!((stretch.ended_records(4), stretch.pending(9, &judge, NOW)), (2, vec![2, 3]));

        let mut tally = Tally::default();
        let offset_of = |record: usize| Offset(10 * record as u64);
        let mut settled = |stretch: &mut Stretch<'_>, records| {
            stretch.settle(records, offset_of, NOW, &mut tally);
            let range = DeliveryRange {
                id: RangeId(1),
                destination: DestinationId(uuid::Uuid::nil()),
                kind: RangeKind::Live,
                next: Offset(0),
                to: None,
                not_before: UnixMillis(0),
            };
            let settlement = tally.settlement(&range, Offset(40));
            let counts = settlement.counts.iter().map(|one| (one.outcome, one.events, one.tries));
            let letters = settlement.dead_letters.iter().map(|one| (one.offset, one.rows.clone()));
            (counts.collect::<Vec<_>>(), letters.collect::<Vec<_>>())
        };
        use DeliveryOutcome::{Delivered, Expired, Rejected};
        let (counts, letters) = settled(&mut stretch, 2);
        assert_eq!(counts, [(Expired, 5, 0), (Delivered, 1, 1), (Rejected, 1, 2)]);
        assert_eq!(letters, [(Offset(0), vec![1])]);
        assert_eq!(settled(&mut stretch, 2), (vec![], vec![]), "nothing counts twice");

        // What waited for too long has come to its end by that.
        assert!(stretch.pending(9, &judge, UnixMillis(NOW.0 + 8 * DAY_MS)).is_empty());
        assert_eq!(stretch.ended_records(4), 4);
        assert_eq!(settled(&mut stretch, 4).0, [(Expired, 2, 1)]);
    }
}

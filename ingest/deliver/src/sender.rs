//! One batch on its way: sent, its answer heard, and events that are at fault found among the others.
//!
//! Where a platform takes a request whole or not at all, one bad event fails hundreds. The answer may name it;
//! where it does not, the batch is halved until it stands alone. Where a platform takes the events it can, its answer
//! tells of each. What is known to be taken is never sent again, and what the platform had no time for stays without an
//! end.

use std::time::Duration;

use async_trait::async_trait;
use stratum_models::delivery::{DeliveryRequest, RequestOutcome};
use stratum_models::time::Clock;
use stratum_wire::dialect::{PlatformAnswer, PlatformRefusal, PlatformReply};
use stratum_wire::envelope::OutboundEvent;

/// Answers that refuse events for one code before it is taken for the destination's configuration.
const ALIKE_MAX: usize = 8;

/// A request that was not answered: it could not be sent, or the answer did not come whole and in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the platform did not answer")]
pub struct NoReply;

/// The way to a destination, with its credentials.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends a body and waits for the answer, within bounds.
    async fn send(&self, body: Vec<u8>) -> Result<PlatformReply, NoReply>;
}

/// A platform's words.
pub trait PlatformWords: Send + Sync {
    /// The body of a request with these events.
    fn speak(&self, events: &[&OutboundEvent<'_>]) -> Vec<u8>;

    /// What an answer to so many events means.
    fn hear(&self, reply: &PlatformReply, events: usize) -> PlatformAnswer;
}

/// The end of an event at a destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventEnd {
    /// The platform took it.
    Delivered,
    /// The platform refused it for good.
    Rejected(PlatformRefusal),
}

/// Why a batch was left before all its events had an end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rest {
    /// The platform has too much for now.
    Throttled {
        /// How long it asks to wait.
        after: Option<Duration>,
    },
    /// The platform fails, or does not answer.
    Down {
        /// How long it asks to wait.
        after: Option<Duration>,
    },
    /// It does not accept the credentials: others are needed, and events wait for them.
    NeedsCredentials(PlatformRefusal),
    /// It refuses one event after the other alike: the destination is set up wrongly, and events wait until it
    /// is mended. They are not refused for it, for nothing is wrong with them.
    WrongConfiguration(PlatformRefusal),
}

/// What became of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchReport {
    /// The end of each event, in the batch's order; `None` of those that wait.
    pub ends: Vec<Option<EventEnd>>,
    /// How often each was sent.
    pub tries: Vec<u32>,
    /// Why some wait; `None` where none does.
    pub rest: Option<Rest>,
    /// The requests that were sent, in their order.
    pub requests: Vec<DeliveryRequest>,
}

/// Sends a batch, and what is left of it, until each event has an end or the platform wants a rest.
pub async fn send_batch(
    transport: &dyn Transport,
    words: &dyn PlatformWords,
    events: &[&OutboundEvent<'_>],
    clock: &dyn Clock,
) -> BatchReport {
    let mut batch = Batch {
        events,
        clock,
        report: BatchReport {
            ends: vec![None; events.len()],
            tries: vec![0; events.len()],
            rest: None,
            requests: Vec::new(),
        },
        alike: Vec::new(),
        groups: vec![(0..events.len()).collect()],
    };
    while let Some(group) = batch.groups.pop() {
        if group.is_empty() {
            continue;
        }
        let answer = batch.ask(transport, words, &group).await;
        batch.report.rest = batch.take(answer, group);
        if batch.report.rest.is_some() {
            break;
        }
    }
    batch.report
}

struct Batch<'b> {
    events: &'b [&'b OutboundEvent<'b>],
    clock: &'b dyn Clock,
    report: BatchReport,
    /// The codes of the answers that refused events.
    alike: Vec<String>,
    /// Places of events that are to be sent together, the next at the end.
    groups: Vec<Vec<usize>>,
}

impl Batch<'_> {
    async fn ask(
        &mut self,
        transport: &dyn Transport,
        words: &dyn PlatformWords,
        group: &[usize],
    ) -> PlatformAnswer {
        let events: Vec<_> = group.iter().map(|place| self.events[*place]).collect();
        let body = words.speak(&events);
        group.iter().for_each(|place| self.report.tries[*place] += 1);
        let (at, bytes) = (self.clock.now(), body.len() as u64);
        let reply = transport.send(body).await;
        let status = reply.as_ref().ok().map(|reply| reply.status);
        let answer = match reply {
            Ok(reply) => words.hear(&reply, group.len()),
            Err(NoReply) => PlatformAnswer::Down { after: None },
        };
        let (outcome, refusal) = told(&answer);
        self.report.requests.push(DeliveryRequest {
            at,
            events: u32::try_from(group.len()).unwrap_or(u32::MAX),
            bytes,
            status,
            took_ms: self.clock.now().0.saturating_sub(at.0).unsigned_abs(),
            outcome,
            code: refusal.code,
            message: refusal.message,
            trace_id: refusal.trace_id,
        });
        answer
    }

    /// Takes an answer in; what is still to be sent of the group goes among the groups.
    fn take(&mut self, answer: PlatformAnswer, group: Vec<usize>) -> Option<Rest> {
        match answer {
            PlatformAnswer::Taken { .. } => {
                self.end(&group, &EventEnd::Delivered);
                None
            }
            PlatformAnswer::PartlyTaken { refused } => self.part(refused, group),
            PlatformAnswer::Throttled { after } => Some(Rest::Throttled { after }),
            PlatformAnswer::Down { after } => Some(Rest::Down { after }),
            PlatformAnswer::NeedsCredentials(refusal) => Some(Rest::NeedsCredentials(refusal)),
            PlatformAnswer::Refused { events, refusal } => self.refuse(&events, refusal, group),
        }
    }

    /// Ends a group that was taken but for those in it that are named with their refusals. Many that are all refused
    /// alike are the configuration.
    fn part(&mut self, refused: Vec<(usize, PlatformRefusal)>, group: Vec<usize>) -> Option<Rest> {
        let are_all = refused.len() == group.len() && group.len() >= ALIKE_MAX;
        if let Some((_, first)) = refused.first().filter(|_| are_all)
            && refused.iter().all(|(_, one)| one.code == first.code)
        {
            return Some(Rest::WrongConfiguration(first.clone()));
        }
        self.end(&group, &EventEnd::Delivered);
        for (at, refusal) in refused {
            let place = group.get(at).copied();
            self.end(place.as_slice(), &EventEnd::Rejected(refusal));
        }
        None
    }

    fn refuse(
        &mut self,
        blamed: &[usize],
        refusal: PlatformRefusal,
        group: Vec<usize>,
    ) -> Option<Rest> {
        if group.len() > 1 && blamed.is_empty() {
            // The half that comes first in the batch is sent first.
            let (first, second) = group.split_at(group.len() / 2);
            self.groups.extend([second.to_vec(), first.to_vec()]);
            return None;
        }
        self.alike.push(refusal.code.clone());
        if self.alike.iter().filter(|code| **code == refusal.code).count() >= ALIKE_MAX {
            return Some(Rest::WrongConfiguration(refusal));
        }
        let is_alone = group.len() == 1;
        let (mut bad, mut good) = (Vec::new(), Vec::new());
        for (at, place) in group.into_iter().enumerate() {
            let list = if is_alone || blamed.contains(&at) { &mut bad } else { &mut good };
            list.push(place);
        }
        self.end(&bad, &EventEnd::Rejected(refusal));
        self.groups.push(good);
        None
    }

    fn end(&mut self, places: &[usize], end: &EventEnd) {
        places.iter().for_each(|place| self.report.ends[*place] = Some(end.clone()));
    }
}

/// What an answer is remembered by.
fn told(answer: &PlatformAnswer) -> (RequestOutcome, PlatformRefusal) {
    match answer {
        PlatformAnswer::Taken { trace_id } => {
            let trace_id = trace_id.clone();
            (RequestOutcome::Taken, PlatformRefusal { trace_id, ..PlatformRefusal::default() })
        }
        PlatformAnswer::Throttled { .. } => (RequestOutcome::Throttled, PlatformRefusal::default()),
        PlatformAnswer::Down { .. } => (RequestOutcome::Unavailable, PlatformRefusal::default()),
        PlatformAnswer::NeedsCredentials(refusal) => {
            (RequestOutcome::NeedsCredentials, refusal.clone())
        }
        PlatformAnswer::Refused { refusal, .. } => (RequestOutcome::Refused, refusal.clone()),
        PlatformAnswer::PartlyTaken { refused } => {
            let first = refused.first().map(|(_, refusal)| refusal.clone());
            (RequestOutcome::Refused, first.unwrap_or_default())
        }
    }
}

#[cfg(test)]
mod tests;

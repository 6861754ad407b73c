//! Batches sent to a platform that answers by script.

use std::collections::BTreeSet;
use std::sync::Mutex;

use proptest::prelude::*;
use stratum_models::platform::Platform;
use stratum_models::time::UnixMillis;
use stratum_wire::dialect::{RequestHead, platform_format};

use super::super::samples::{self, NOW};
use super::*;

/// Meta's words.
struct Words;

impl PlatformWords for Words {
    fn speak(&self, events: &[&OutboundEvent<'_>]) -> Vec<u8> {
        platform_format(Platform::Meta).speak(events, &RequestHead::default())
    }

    fn hear(&self, reply: &PlatformReply, events: usize) -> PlatformAnswer {
        platform_format(Platform::Meta).hear(reply, events)
    }
}

/// It is always the same moment.
struct Midnight;

impl Clock for Midnight {
    fn now(&self) -> UnixMillis {
        NOW
    }
}

/// Takes a request whole or not at all.
#[derive(Default)]
struct Vendor {
    /// The numbers of events it refuses.
    bad: BTreeSet<usize>,
    /// Whether it says which.
    names: bool,
    /// Answers so many requests, then it is away.
    answers: Option<usize>,
    requests: Mutex<usize>,
    taken: Mutex<Vec<usize>>,
}

fn refusal(body: &str) -> PlatformReply {
    PlatformReply { status: 400, body: body.as_bytes().to_vec(), ..PlatformReply::default() }
}

#[async_trait]
impl Transport for Vendor {
    async fn send(&self, body: Vec<u8>) -> Result<PlatformReply, NoReply> {
        let mut requests = self.requests.lock().unwrap();
        if self.answers.is_some_and(|answers| *requests >= answers) {
            return Err(NoReply);
        }
        *requests += 1;
        let text = String::from_utf8(body).unwrap();
        let ids = text.split(r#""event_id":""#).skip(1);
        let ids: Vec<usize> =
            ids.map(|rest| rest.split('"').next().unwrap().parse().unwrap()).collect();
        let bad = ids.iter().position(|id| self.bad.contains(id));
        let Some(at) = bad else {
            self.taken.lock().unwrap().extend(&ids);
            let body = format!(r#"{{"events_received":{}}}"#, ids.len()).into_bytes();
            return Ok(PlatformReply { status: 200, body, ..PlatformReply::default() });
        };
        let blame = if self.names {
            format!(r#","error_data":{{"blame_field_specs":[["data[{at}].event_time"]]}}"#)
        } else {
            String::new()
        };
        // Meta's own subcodes, such as 33, have meanings of their own.
        let code = format!(r#""code":100,"error_subcode":{}"#, 1_000 + ids[at]);
        Ok(refusal(&format!(r#"{{"error":{{{code}{blame}}}}}"#)))
    }
}

fn event(id: &str) -> OutboundEvent<'_> {
    OutboundEvent { event_id: id, received_at_ms: NOW.0 + 500, ..samples::event() }
}

fn ids(count: usize) -> Vec<String> {
    (0..count).map(|number| number.to_string()).collect()
}

async fn sent(vendor: &dyn Transport, count: usize) -> BatchReport {
    let ids = ids(count);
    let events: Vec<_> = ids.iter().map(|id| event(id)).collect();
    let events: Vec<_> = events.iter().collect();
    send_batch(vendor, &Words, &events, &Midnight).await
}

/// The places with this end.
fn places(report: &BatchReport, is: impl Fn(&Option<EventEnd>) -> bool) -> BTreeSet<usize> {
    let ends = report.ends.iter().enumerate();
    ends.filter(|(_, end)| is(end)).map(|(place, _)| place).collect()
}

fn delivered(end: &Option<EventEnd>) -> bool {
    *end == Some(EventEnd::Delivered)
}

fn rejected(end: &Option<EventEnd>) -> bool {
    matches!(end, Some(EventEnd::Rejected(_)))
}

proptest! {
    #[test]
    fn bad_events_are_found_and_the_others_are_delivered_once(
        count in 1_usize..60,
        bad in prop::collection::btree_set(0_usize..60, 0..7),
        names: bool,
        answers in prop::option::of(0_usize..30),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let vendor = Vendor { bad: bad.clone(), names, answers, ..Vendor::default() };
        let report = runtime.block_on(sent(&vendor, count));
        let taken = vendor.taken.into_inner().unwrap();
        let set: BTreeSet<usize> = taken.iter().copied().collect();
        prop_assert_eq!(taken.len(), set.len(), "nothing is sent again that was taken");
        prop_assert_eq!(&places(&report, delivered), &set, "what is told is what was taken");
        let rejected = places(&report, rejected);
        prop_assert!(rejected.is_subset(&bad));
        let waits = places(&report, Option::is_none);
        prop_assert_eq!(report.rest.is_some(), !waits.is_empty(), "who waits is told why");
        if answers.is_none() {
            let expected: BTreeSet<usize> = bad.into_iter().filter(|at| *at < count).collect();
            prop_assert_eq!(rejected, expected);
            prop_assert!(waits.is_empty());
        }
    }
}

#[tokio::test]
async fn one_bad_event_in_a_thousand_costs_few_requests() {
    let bad = BTreeSet::from([617]);
    let named = Vendor { bad: bad.clone(), names: true, ..Vendor::default() };
    let report = sent(&named, 1000).await;
    assert_eq!((report.requests.len(), places(&report, rejected)), (2, bad.clone()));
    let Some(EventEnd::Rejected(refusal)) = &report.ends[617] else { panic!("it is rejected") };
    assert_eq!((refusal.code.as_str(), refusal.field.as_str()), ("100/1617", "event_time"));
    assert_eq!((report.tries[617], report.tries[0]), (1, 2));

    let halved = Vendor { bad: bad.clone(), ..Vendor::default() };
    let report = sent(&halved, 1000).await;
    assert_eq!(places(&report, rejected), bad);
    assert!(report.requests.len() <= 21, "{} requests", report.requests.len());
    assert_eq!(places(&report, delivered).len(), 999);
}

/// Answers every request alike.
struct Always(PlatformReply);

#[async_trait]
impl Transport for Always {
    async fn send(&self, _: Vec<u8>) -> Result<PlatformReply, NoReply> {
        Ok(self.0.clone())
    }
}

#[tokio::test]
async fn what_is_refused_alike_is_the_configuration_and_loses_no_event() {
    let vendor = Always(refusal(r#"{"error":{"code":100,"error_subcode":2804008}}"#));
    let report = sent(&vendor, 1000).await;
    let Some(Rest::WrongConfiguration(refusal)) = &report.rest else { panic!("{:?}", report.rest) };
    assert_eq!(refusal.code, "100/2804008");
    assert_eq!(places(&report, rejected).len(), ALIKE_MAX - 1);
    assert!(report.requests.len() < 40, "{} requests", report.requests.len());
    assert_eq!(places(&report, Option::is_none).len(), 1000 - (ALIKE_MAX - 1));
}

#[tokio::test]
async fn a_platform_that_wants_a_rest_gets_it_at_once() {
    let after = Some(Duration::from_secs(9));
    let throttled = PlatformReply { status: 429, retry_after: after, ..PlatformReply::default() };
    let away = PlatformReply { status: 502, body: b"<html>".to_vec(), ..PlatformReply::default() };
    for (reply, rest) in
        [(throttled, Rest::Throttled { after }), (away, Rest::Down { after: None })]
    {
        let report = sent(&Always(reply), 5).await;
        assert_eq!((report.rest, report.requests.len(), report.tries), (Some(rest), 1, vec![1; 5]));
        assert_eq!(report.ends, vec![None; 5]);
    }
    let report = sent(&Always(refusal(r#"{"error":{"code":190}}"#)), 5).await;
    assert!(matches!(report.rest, Some(Rest::NeedsCredentials(_))));
    let silent = Vendor { answers: Some(0), ..Vendor::default() };
    assert_eq!(sent(&silent, 3).await.rest, Some(Rest::Down { after: None }));
    assert_eq!(sent(&silent, 0).await.requests, []);
}

/// Words of a platform that takes the events it can: its answers list the places of those it refuses.
struct PartialWords;

impl PlatformWords for PartialWords {
    fn speak(&self, events: &[&OutboundEvent<'_>]) -> Vec<u8> {
        Words.speak(events)
    }

    fn hear(&self, reply: &PlatformReply, _: usize) -> PlatformAnswer {
        let refusal = PlatformRefusal { code: "40002".into(), ..PlatformRefusal::default() };
        let refused = reply.body.iter().map(|place| (usize::from(*place), refusal.clone()));
        PlatformAnswer::PartlyTaken { refused: refused.collect() }
    }
}

#[tokio::test]
async fn of_a_request_that_is_partly_taken_only_the_refused_fail() {
    let ids = ids(9);
    let events: Vec<_> = ids.iter().map(|id| event(id)).collect();
    let events: Vec<_> = events.iter().collect();
    let answer = |refused: &[u8]| {
        Always(PlatformReply { body: refused.to_vec(), ..PlatformReply::default() })
    };
    let report = send_batch(&answer(&[2, 7]), &PartialWords, &events, &Midnight).await;
    assert_eq!((report.rest.clone(), report.requests.len()), (None, 1));
    assert_eq!(report.requests[0].code, "40002");
    assert_eq!(places(&report, rejected), BTreeSet::from([2, 7]));
    assert_eq!(places(&report, delivered).len(), 7);
    // All of many alike is the configuration, and loses none; of few it is the events.
    let report =
        send_batch(&answer(&[0, 1, 2, 3, 4, 5, 6, 7, 8]), &PartialWords, &events, &Midnight).await;
    assert!(matches!(report.rest, Some(Rest::WrongConfiguration(_))));
    assert_eq!(report.ends, vec![None; 9]);
    let report = send_batch(&answer(&[0]), &PartialWords, &events[..1], &Midnight).await;
    assert_eq!((report.rest.clone(), places(&report, rejected).len()), (None, 1));
}

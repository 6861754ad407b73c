//! What every [`DeliveryLedger`] promises, run on any adapter.
#![expect(clippy::unwrap_used, reason = "a contract is checked by tests, which fail by panicking")]

use uuid::Uuid;

use stratum_models::delivery::{
    DeadLetter, DeliveryHealth, DeliveryLedger, DeliveryOutcome, DeliveryRange, DeliveryRequest,
    LaneState, LatencyHistogram, OutcomeCount, Ownership, RANGES_MAX, REQUESTS_KEPT, RangeId,
    RangeKind, RequestOutcome, SettleError, Settlement,
};
use stratum_models::id::{DestinationId, TenantId};
use stratum_models::log::{Offset, PartitionId};
use stratum_models::scope::TenantScope;
use stratum_models::store::StoreErrorKind;
use stratum_models::time::{HOUR_MS, UnixMillis};

const MINE: TenantId = TenantId(7);
const HERE: PartitionId = PartitionId(1);
const ALWAYS: (UnixMillis, UnixMillis) = (UnixMillis(0), UnixMillis(i64::MAX));
const SHOP: DestinationId = DestinationId(Uuid::from_u128(1));
const OTHER: DestinationId = DestinationId(Uuid::from_u128(2));

fn mine() -> TenantScope {
    TenantScope::from_operator(MINE)
}

/// Runs every case, each on a ledger of its own that holds nothing yet.
pub async fn run<L: DeliveryLedger>(fresh: impl AsyncFn() -> L) {
    macro_rules! cases {
        ($($case:ident),* $(,)?) => {$(
            $case(&fresh().await).await;
            println!("ledger contract: {} kept", stringify!($case));
        )*};
    }
    cases!(
        a_destination_starts_once,
        what_is_settled_counts_once,
        one_that_moved_settles_nothing_of_all,
        an_earlier_owner_settles_nothing,
        what_was_skipped_is_a_gap_and_neighbours_are_one,
        gaps_are_bounded,
        a_replay_is_asked_for_by_its_tenant,
        a_range_that_came_to_its_end_is_gone,
        what_is_not_settled_is_kept,
        requests_and_health_are_told,
        dead_letters_end,
        tenants_are_apart,
    );
}

/// A ledger whose partition is owned and has a destination that starts at 10.
async fn started(ledger: &impl DeliveryLedger) -> (Ownership, DeliveryRange) {
    ledger.start(MINE, SHOP, HERE, Offset(10)).await.unwrap();
    let owned = ledger.own(HERE).await.unwrap();
    let ranges = ledger.ranges(owned).await.unwrap();
    assert_eq!(ranges.len(), 1);
    (owned, ranges[0].clone())
}

fn settlement(range: RangeId, from: u64, next: u64) -> Settlement {
    let mut latency = LatencyHistogram::default();
    latency.record(400, 5);
    let count = OutcomeCount {
        hour: UnixMillis(HOUR_MS),
        event_name: "Purchase".into(),
        outcome: DeliveryOutcome::Delivered,
        code: String::new(),
        events: 5,
        tries: 6,
        latency,
    };
    let refused = OutcomeCount {
        outcome: DeliveryOutcome::Rejected,
        code: "2804003".into(),
        events: 1,
        tries: 1,
        ..count.clone()
    };
    Settlement {
        range,
        from: Offset(from),
        next: Offset(next),
        counts: vec![count, refused],
        dead_letters: vec![letter(from)],
        requests: Vec::new(),
        health: None,
    }
}

fn letter(offset: u64) -> DeadLetter {
    DeadLetter {
        offset: Offset(offset),
        rows: vec![2, 300],
        outcome: DeliveryOutcome::Rejected,
        code: "2804003".into(),
        field: "event_time".into(),
        message: "The event is too old.".into(),
        trace_id: "AbC-1".into(),
        tries: 1,
        replayable_until: UnixMillis(9 * HOUR_MS),
    }
}

async fn delivered(ledger: &impl DeliveryLedger) -> (u64, u64, u64) {
    let counts = ledger.counts(mine(), SHOP, ALWAYS).await.unwrap();
    let counts = counts.iter().filter(|count| count.outcome == DeliveryOutcome::Delivered);
    counts.fold((0, 0, 0), |sum, one| {
        (sum.0 + one.events, sum.1 + one.tries, sum.2 + one.latency.total())
    })
}

/// Kind, next and end of the ranges, sorted.
async fn shown(
    ledger: &impl DeliveryLedger,
    owned: Ownership,
) -> Vec<(RangeKind, u64, Option<u64>)> {
    let ranges = ledger.ranges(owned).await.unwrap();
    let shown = ranges.iter().map(|range| (range.kind, range.next.0, range.to.map(|to| to.0)));
    let mut shown: Vec<_> = shown.collect();
    shown.sort();
    shown
}

async fn a_destination_starts_once(ledger: &impl DeliveryLedger) {
    let (owned, range) = started(ledger).await;
    assert_eq!((range.destination, range.kind, range.to), (SHOP, RangeKind::Live, None));
    ledger.start(MINE, SHOP, HERE, Offset(99)).await.unwrap();
    assert_eq!(shown(ledger, owned).await, [(RangeKind::Live, 10, None)]);
    let elsewhere = ledger.own(PartitionId(0)).await.unwrap();
    assert_eq!(ledger.ranges(elsewhere).await.unwrap(), []);
}

async fn what_is_settled_counts_once(ledger: &impl DeliveryLedger) {
    let (owned, range) = started(ledger).await;
    ledger.settle(owned, vec![settlement(range.id, 10, 14)]).await.unwrap();
    let again = ledger.settle(owned, vec![settlement(range.id, 10, 14)]).await;
    assert!(matches!(again, Err(SettleError::Moved(id)) if id == range.id));
    assert_eq!(delivered(ledger).await, (5, 6, 5));
    ledger.settle(owned, vec![settlement(range.id, 14, 15)]).await.unwrap();
    assert_eq!(delivered(ledger).await, (10, 12, 10));
    let counts = ledger.counts(mine(), SHOP, ALWAYS).await.unwrap();
    let rows: Vec<_> = counts.iter().map(|one| (one.outcome, one.code.as_str())).collect();
    let expected = [(DeliveryOutcome::Delivered, ""), (DeliveryOutcome::Rejected, "2804003")];
    assert_eq!(rows, expected, "equal ones are added up");
    let (before, from) = (UnixMillis(HOUR_MS), UnixMillis(HOUR_MS + 1));
    let after = ledger.counts(mine(), SHOP, (from, ALWAYS.1)).await.unwrap();
    let earlier = ledger.counts(mine(), SHOP, (ALWAYS.0, before)).await.unwrap();
    assert_eq!((after, earlier), (vec![], vec![]));
    let letters = ledger.dead_letters(mine(), SHOP, 9).await.unwrap();
    assert_eq!(letters, [letter(14), letter(10)], "the newest first");
    assert_eq!(ledger.dead_letters(mine(), SHOP, 1).await.unwrap(), [letter(14)]);
}

async fn one_that_moved_settles_nothing_of_all(ledger: &impl DeliveryLedger) {
    let (owned, range) = started(ledger).await;
    ledger.start(MINE, OTHER, HERE, Offset(20)).await.unwrap();
    let ranges = ledger.ranges(owned).await.unwrap();
    let other = ranges.iter().find(|range| range.destination == OTHER).unwrap();
    for (from, next) in [(21, 25), (20, 19)] {
        let both = vec![settlement(range.id, 10, 12), settlement(other.id, from, next)];
        let refused = ledger.settle(owned, both).await;
        assert!(matches!(refused, Err(SettleError::Moved(id)) if id == other.id));
    }
    assert_eq!(delivered(ledger).await, (0, 0, 0));
    assert_eq!(ledger.dead_letters(mine(), SHOP, 9).await.unwrap(), []);
    assert_eq!(ledger.ranges(owned).await.unwrap(), ranges);
    let both = vec![settlement(range.id, 10, 12), settlement(other.id, 20, 20)];
    ledger.settle(owned, both).await.unwrap();
    assert_eq!(delivered(ledger).await, (5, 6, 5));
}

async fn an_earlier_owner_settles_nothing(ledger: &impl DeliveryLedger) {
    let (before, range) = started(ledger).await;
    let owned = ledger.own(HERE).await.unwrap();
    assert!(owned.epoch > before.epoch);
    let answers = [
        ledger.settle(before, vec![settlement(range.id, 10, 12)]).await,
        ledger.skip(before, range.id, Offset(30)).await,
        ledger.ranges(before).await.map(drop),
        ledger.settle(before, vec![]).await,
    ];
    assert!(answers.iter().all(|answer| matches!(answer, Err(SettleError::Fenced))));
    assert_eq!(shown(ledger, owned).await, [(RangeKind::Live, 10, None)]);
    // An owner of another partition has no say in this one's ranges.
    let elsewhere = ledger.own(PartitionId(0)).await.unwrap();
    let strange = ledger.settle(elsewhere, vec![settlement(range.id, 10, 12)]).await;
    assert!(matches!(strange, Err(SettleError::Moved(_))));
    ledger.settle(owned, vec![settlement(range.id, 10, 12)]).await.unwrap();
}

async fn what_was_skipped_is_a_gap_and_neighbours_are_one(ledger: &impl DeliveryLedger) {
    use RangeKind::{Gap, Live};
    let (owned, range) = started(ledger).await;
    ledger.skip(owned, range.id, Offset(10)).await.unwrap();
    ledger.skip(owned, range.id, Offset(3)).await.unwrap();
    assert_eq!(shown(ledger, owned).await, [(Live, 10, None)]);
    ledger.skip(owned, range.id, Offset(20)).await.unwrap();
    ledger.skip(owned, range.id, Offset(25)).await.unwrap();
    assert_eq!(shown(ledger, owned).await, [(Live, 25, None), (Gap, 10, Some(25))]);
    ledger.settle(owned, vec![settlement(range.id, 25, 30)]).await.unwrap();
    ledger.skip(owned, range.id, Offset(40)).await.unwrap();
    let ranges = shown(ledger, owned).await;
    assert_eq!(ranges, [(Live, 40, None), (Gap, 10, Some(25)), (Gap, 30, Some(40))]);
    let all = ledger.ranges(owned).await.unwrap();
    let gap = all.iter().find(|range| range.kind == Gap).unwrap();
    ledger.skip(owned, gap.id, Offset(50)).await.unwrap();
    assert_eq!(ledger.ranges(owned).await.unwrap(), all, "a gap skips nothing");
}

async fn gaps_are_bounded(ledger: &impl DeliveryLedger) {
    let (owned, range) = started(ledger).await;
    let mut next = 10;
    for _ in 0..RANGES_MAX + 5 {
        ledger.skip(owned, range.id, Offset(next + 1)).await.unwrap();
        ledger.settle(owned, vec![settlement(range.id, next + 1, next + 2)]).await.unwrap();
        next += 2;
    }
    let ranges = shown(ledger, owned).await;
    assert_eq!(ranges.len(), RANGES_MAX);
    let furthest = ranges.iter().filter_map(|(_, _, to)| *to).max();
    assert_eq!(furthest, Some(next - 1), "nothing that was skipped is lost");
    let span = (Offset(1), Offset(2));
    let refused = ledger.replay(mine(), SHOP, span, UnixMillis(0)).await.unwrap_err();
    assert_eq!(refused.kind, StoreErrorKind::Invalid);
}

async fn a_replay_is_asked_for_by_its_tenant(ledger: &impl DeliveryLedger) {
    let (owned, _) = started(ledger).await;
    let span = (Offset(2), Offset(8));
    let id = ledger.replay(mine(), SHOP, span, UnixMillis(77)).await.unwrap();
    let ranges = ledger.ranges(owned).await.unwrap();
    let replay = ranges.iter().find(|range| range.id == id).unwrap();
    assert_eq!((replay.kind, replay.next, replay.to), (RangeKind::Replay, span.0, Some(span.1)));
    assert_eq!((replay.destination, replay.not_before), (SHOP, UnixMillis(77)));
    let stranger = TenantScope::from_operator(TenantId(8));
    for (scope, destination, span) in
        [(stranger, SHOP, span), (mine(), OTHER, span), (mine(), SHOP, (Offset(8), Offset(8)))]
    {
        let refused = ledger.replay(scope, destination, span, UnixMillis(0)).await.unwrap_err();
        assert_eq!(refused.kind, StoreErrorKind::Invalid);
    }
    assert_eq!(ledger.ranges(owned).await.unwrap(), ranges);
    let mut taken = ranges.len();
    while ledger.replay(mine(), SHOP, span, UnixMillis(0)).await.is_ok() {
        taken += 1;
    }
    assert_eq!(taken, RANGES_MAX - 1, "one place is left for a gap");
}

async fn a_range_that_came_to_its_end_is_gone(ledger: &impl DeliveryLedger) {
    let (owned, _) = started(ledger).await;
    let span = (Offset(2), Offset(8));
    let id = ledger.replay(mine(), SHOP, span, UnixMillis(0)).await.unwrap();
    let beyond = ledger.settle(owned, vec![settlement(id, 2, 9)]).await;
    assert!(matches!(beyond, Err(SettleError::Moved(_))), "it does not reach so far");
    ledger.settle(owned, vec![settlement(id, 2, 5)]).await.unwrap();
    ledger.settle(owned, vec![settlement(id, 5, 8)]).await.unwrap();
    assert_eq!(shown(ledger, owned).await, [(RangeKind::Live, 10, None)]);
    let gone = ledger.settle(owned, vec![settlement(id, 8, 8)]).await;
    assert!(matches!(gone, Err(SettleError::Moved(gone)) if gone == id));
}

async fn what_is_not_settled_is_kept(ledger: &impl DeliveryLedger) {
    assert_eq!(ledger.unsettled(HERE).await.unwrap(), None);
    let (owned, range) = started(ledger).await;
    assert_eq!(ledger.unsettled(HERE).await.unwrap(), Some(Offset(10)));
    ledger.skip(owned, range.id, Offset(30)).await.unwrap();
    assert_eq!(ledger.unsettled(HERE).await.unwrap(), Some(Offset(10)), "the gap waits");
    ledger.replay(mine(), SHOP, (Offset(4), Offset(6)), UnixMillis(0)).await.unwrap();
    assert_eq!(ledger.unsettled(HERE).await.unwrap(), Some(Offset(4)));
    assert_eq!(ledger.unsettled(PartitionId(0)).await.unwrap(), None);
}

fn request(number: usize) -> DeliveryRequest {
    DeliveryRequest {
        at: UnixMillis(number as i64),
        events: 5,
        bytes: 4_000,
        status: (number > 0).then_some(429),
        took_ms: 80,
        outcome: RequestOutcome::Throttled,
        code: "17".into(),
        message: "User request limit reached".into(),
        trace_id: "AbC-2".into(),
    }
}

async fn requests_and_health_are_told(ledger: &impl DeliveryLedger) {
    let (owned, range) = started(ledger).await;
    assert_eq!(ledger.health(mine(), SHOP).await.unwrap(), None);
    let health = DeliveryHealth {
        state: LaneState::Throttled,
        code: "17".into(),
        message: "User request limit reached".into(),
        retry_at: Some(UnixMillis(9_000)),
        since: UnixMillis(8_000),
    };
    let told = |numbers: std::ops::Range<usize>, health| Settlement {
        counts: Vec::new(),
        dead_letters: Vec::new(),
        requests: numbers.map(request).collect(),
        health,
        ..settlement(range.id, 10, 10)
    };
    ledger.settle(owned, vec![told(0..2, Some(health.clone()))]).await.unwrap();
    ledger.settle(owned, vec![told(2..3, None)]).await.unwrap();
    assert_eq!(ledger.health(mine(), SHOP).await.unwrap(), Some(health.clone()));
    let requests = ledger.requests(mine(), SHOP).await.unwrap();
    assert_eq!(requests, [request(2), request(1), request(0)], "the newest first");
    let working = DeliveryHealth { state: LaneState::Working, retry_at: None, ..health };
    ledger.settle(owned, vec![told(3..REQUESTS_KEPT + 9, Some(working.clone()))]).await.unwrap();
    assert_eq!(ledger.health(mine(), SHOP).await.unwrap(), Some(working));
    let requests = ledger.requests(mine(), SHOP).await.unwrap();
    assert_eq!((requests.len(), &requests[0]), (REQUESTS_KEPT, &request(REQUESTS_KEPT + 8)));
    assert_eq!(delivered(ledger).await, (0, 0, 0));
}

async fn dead_letters_end(ledger: &impl DeliveryLedger) {
    let (owned, range) = started(ledger).await;
    ledger.settle(owned, vec![settlement(range.id, 10, 14)]).await.unwrap();
    assert_eq!(ledger.forget_dead_letters(UnixMillis(9 * HOUR_MS)).await.unwrap(), 0);
    assert_eq!(ledger.forget_dead_letters(UnixMillis(9 * HOUR_MS + 1)).await.unwrap(), 1);
    assert_eq!(ledger.dead_letters(mine(), SHOP, 9).await.unwrap(), []);
}

async fn tenants_are_apart(ledger: &impl DeliveryLedger) {
    let (owned, range) = started(ledger).await;
    ledger.settle(owned, vec![settlement(range.id, 10, 12)]).await.unwrap();
    let stranger = TenantScope::from_operator(TenantId(8));
    assert_eq!(ledger.counts(stranger, SHOP, ALWAYS).await.unwrap(), []);
    assert_eq!(ledger.dead_letters(stranger, SHOP, 9).await.unwrap(), []);
    assert_eq!(ledger.ranges_of(stranger, SHOP).await.unwrap(), []);
    assert_eq!(ledger.ranges_of(mine(), SHOP).await.unwrap(), ledger.ranges(owned).await.unwrap());
    let taken = ledger.start(TenantId(8), SHOP, HERE, Offset(0)).await.unwrap_err();
    assert_eq!(taken.kind, StoreErrorKind::Invalid);
}

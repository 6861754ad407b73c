//! Claims, commits, checkpoints, and the keys of the dedup window.

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::TimestampMillisecondType;
use futures::TryStreamExt;
use futures::future::join_all;
use stratum_models::log::{Offset, PartitionId, Topic};
use stratum_models::metrics::{KpiGrouping, KpiQuery};
use stratum_models::store::StoreErrorKind;
use stratum_models::time::HOUR_MS;
use stratum_models::warehouse::{
    Claim, Commit, CommitOutcome, LogRange, MatchQualityQuery, Progress,
};

use super::Warehouse;
use super::rows::{
    self, Rows, TENANT, at, claim, days, events, facts, land, match_quality, metrics, purchase,
    quality, range, scope,
};

/// Something for each kind of table, worth one event.
fn one_of_each(range: LogRange) -> Rows {
    vec![
        facts(range, TENANT, &[(Some(range.from.0.into()), at(0))]),
        match_quality(&[quality(at(0), 5, 1)]),
        metrics(&[purchase(rows::day(0))]),
        rows::ingest_counts(&[rows::count(at(0), [1, 0, 0])]),
    ]
}

/// Landed events, counted three ways that must agree: by fact, by mask, by purchase.
async fn landed(warehouse: &dyn Warehouse) -> u64 {
    let query = KpiQuery::of(days(-1, 1));
    let groups = warehouse.kpi_groups(scope(TENANT), &query, KpiGrouping::Total).await;
    let purchases: i128 =
        groups.expect("sums").iter().map(|group| group.sums.tracked_conversions).sum();
    let query = MatchQualityQuery {
        from: at(-HOUR_MS),
        until: at(HOUR_MS),
        platform: None,
        dataset_id: None,
        event_name: None,
    };
    let masks = warehouse.mask_counts(scope(TENANT), &query).await.expect("masks");
    let counts = warehouse.ingest_counts(scope(TENANT), at(0), at(HOUR_MS)).await.expect("counts");
    let counted: u64 = counts.iter().map(|count| count.landed).sum();
    let mut facts = 0;
    for partition in 0..4 {
        facts += keys(warehouse, partition, at(-1), u64::MAX).await.len() as u64;
    }
    assert_eq!(i128::from(counted), purchases, "ingest counts and metrics");
    assert_eq!(
        counted,
        masks.iter().map(|mask| mask.events).sum::<u64>(),
        "ingest counts and masks"
    );
    assert_eq!(counted, facts, "ingest counts and facts");
    counted
}

pub(super) async fn keys(
    warehouse: &dyn Warehouse,
    partition: u32,
    since: stratum_models::time::UnixMillis,
    before: u64,
) -> Vec<u128> {
    let seen = warehouse.seen_keys(PartitionId(partition), since, Offset(before)).await;
    let batches: Vec<RecordBatch> =
        seen.expect("a stream").try_collect().await.expect("batches of keys");
    let mut keys = Vec::new();
    for batch in &batches {
        let received = batch["received_at"].as_primitive::<TimestampMillisecondType>();
        assert!(received.values().iter().all(|received| *received >= since.0));
        let bytes = batch["dedup_key"].as_fixed_size_binary();
        keys.extend(
            bytes
                .iter()
                .flatten()
                .map(|key| u128::from_be_bytes(key.try_into().expect("a key of 16 bytes"))),
        );
    }
    keys.sort_unstable();
    keys
}

async fn progress(warehouse: &dyn Warehouse, topic: Topic, partition: u32) -> Progress {
    warehouse.progress(topic, PartitionId(partition)).await.expect("progress")
}

pub async fn a_partition_begins_at_zero(warehouse: &dyn Warehouse) {
    let begun = progress(warehouse, Topic::Events, 3).await;
    assert_eq!(begun, Progress { checkpoint: Offset(0), pending: None });
}

/// Commits a range under a claim.
async fn commit(warehouse: &dyn Warehouse, claim: Claim, range: LogRange) -> CommitOutcome {
    let commit = Commit { claim, range, rows: one_of_each(range) };
    warehouse.commit(&[commit]).await.expect("a commit")[0]
}

pub async fn a_commit_moves_the_checkpoint(warehouse: &dyn Warehouse) {
    let held = claim(warehouse, Topic::Events, 0).await;
    assert_eq!(held.progress, Progress { checkpoint: Offset(0), pending: None });
    for (from, to) in [(0, 5), (5, 6)] {
        let outcome = commit(warehouse, held.claim, events(0, from, to)).await;
        assert_eq!(outcome, CommitOutcome::Committed);
        let done = progress(warehouse, Topic::Events, 0).await;
        assert_eq!(done, Progress { checkpoint: Offset(to), pending: None });
    }
    assert_eq!(claim(warehouse, Topic::Events, 0).await.progress.checkpoint, Offset(6));
    assert_eq!(landed(warehouse).await, 2);
}

pub async fn the_newest_claim_holds(warehouse: &dyn Warehouse) {
    let first = claim(warehouse, Topic::Events, 0).await.claim;
    let second = claim(warehouse, Topic::Events, 0).await.claim;
    let range = events(0, 0, 5);
    for _ in 0..2 {
        assert_eq!(commit(warehouse, first, range).await, CommitOutcome::Fenced);
    }
    assert_eq!(landed(warehouse).await, 0);
    assert_eq!(commit(warehouse, second, range).await, CommitOutcome::Committed);
    assert_eq!(commit(warehouse, first, events(0, 5, 6)).await, CommitOutcome::Fenced);
    assert_eq!(landed(warehouse).await, 1);
}

/// Some of them may be told to try again; whoever is not may find that another came after.
pub async fn of_claims_at_once_one_holds(warehouse: &dyn Warehouse) {
    let claims = (0..8).map(|_| warehouse.claim(Topic::Events, &[PartitionId(1)]));
    let claims = join_all(claims).await.into_iter().filter_map(Result::ok);
    let range = events(1, 0, 5);
    let commits: Vec<_> = claims.map(|held| commit(warehouse, held[0].claim, range)).collect();
    let outcomes = join_all(commits).await;
    let committed = outcomes.iter().filter(|outcome| **outcome == CommitOutcome::Committed);
    let committed = committed.count() as u64;
    assert!(committed <= 1, "{outcomes:?}");
    assert_eq!(landed(warehouse).await, committed);
}

pub async fn claims_of_a_partition_follow_one_another(warehouse: &dyn Warehouse) {
    let mut last = claim(warehouse, Topic::Events, 0).await.claim;
    for _ in 0..3 {
        claim(warehouse, Topic::Events, 1).await;
        let next = claim(warehouse, Topic::Events, 0).await.claim;
        assert!(next > last && next.follows(last) && !last.follows(next), "{next:?} {last:?}");
        last = next;
    }
}

pub async fn partitions_and_topics_keep_their_own_checkpoints(warehouse: &dyn Warehouse) {
    land(warehouse, events(0, 0, 5), Vec::new()).await;
    land(warehouse, events(1, 0, 2), Vec::new()).await;
    land(warehouse, range(Topic::AdReports, 0, 0, 9), Vec::new()).await;
    for (topic, partition, checkpoint) in [
        (Topic::Events, 0, 5),
        (Topic::Events, 1, 2),
        (Topic::AdReports, 0, 9),
        (Topic::AdReports, 1, 0),
    ] {
        let at = progress(warehouse, topic, partition).await.checkpoint;
        assert_eq!(at, Offset(checkpoint), "{topic} {partition}");
    }
}

pub async fn a_range_that_is_not_next_is_refused(warehouse: &dyn Warehouse) {
    let mine = events(0, 0, 5);
    land(warehouse, mine, one_of_each(mine)).await;
    for range in [mine, events(0, 3, 8), events(0, 6, 9), events(0, 5, 5)] {
        let claim = claim(warehouse, Topic::Events, 0).await.claim;
        let refused = warehouse.commit(&[Commit { claim, range, rows: Vec::new() }]).await;
        assert_eq!(refused.expect_err("not next").kind, StoreErrorKind::Invalid, "{range:?}");
    }
    assert_eq!(landed(warehouse).await, 1);
    assert_eq!(progress(warehouse, Topic::Events, 0).await.checkpoint, Offset(5));
}

pub async fn ranges_of_several_partitions_land_together(warehouse: &dyn Warehouse) {
    let partitions = [3, 0, 2].map(PartitionId);
    let held = warehouse.claim(Topic::Events, &partitions).await.expect("claims");
    assert_eq!(held.iter().map(|held| held.partition).collect::<Vec<_>>(), partitions);
    for from in [0, 4] {
        let commits = held.iter().map(|held| {
            let range = events(held.partition.0, from, from + 4);
            Commit { claim: held.claim, range, rows: one_of_each(range) }
        });
        let outcomes = warehouse.commit(&commits.collect::<Vec<_>>()).await.expect("a commit");
        assert_eq!(outcomes, [CommitOutcome::Committed; 3]);
    }
    assert_eq!(landed(warehouse).await, 6);
    for partition in [0, 2, 3] {
        assert_eq!(progress(warehouse, Topic::Events, partition).await.checkpoint, Offset(8));
    }
    assert_eq!(progress(warehouse, Topic::Events, 1).await.checkpoint, Offset(0));
}

pub async fn a_partition_taken_over_is_left_out_of_a_commit(warehouse: &dyn Warehouse) {
    let partitions = [0, 1, 2].map(PartitionId);
    let held = warehouse.claim(Topic::Events, &partitions).await.expect("claims");
    let taken = claim(warehouse, Topic::Events, 1).await.claim;
    let commits = held.iter().map(|held| {
        let range = events(held.partition.0, 0, 4);
        Commit { claim: held.claim, range, rows: one_of_each(range) }
    });
    let outcomes = warehouse.commit(&commits.collect::<Vec<_>>()).await.expect("a commit");
    use CommitOutcome::{Committed, Fenced};
    assert_eq!(outcomes, [Committed, Fenced, Committed]);
    assert_eq!(landed(warehouse).await, 2);
    assert_eq!(commit(warehouse, taken, events(1, 0, 3)).await, Committed);
    assert_eq!(landed(warehouse).await, 3);
}

pub async fn a_worker_left_behind_adds_nothing(warehouse: &dyn Warehouse) {
    let late = claim(warehouse, Topic::Events, 0).await.claim;
    let (mine, theirs) = (events(0, 0, 5), events(0, 5, 9));
    land(warehouse, mine, one_of_each(mine)).await;
    land(warehouse, theirs, one_of_each(theirs)).await;
    for range in [mine, events(0, 0, 3), events(0, 5, 12), events(0, 9, 12), theirs] {
        assert_eq!(commit(warehouse, late, range).await, CommitOutcome::Fenced, "{range:?}");
    }
    assert_eq!(landed(warehouse).await, 2);
    assert_eq!(progress(warehouse, Topic::Events, 0).await.checkpoint, Offset(9));
}

pub async fn partitions_committed_at_once_add_up(warehouse: &dyn Warehouse) {
    let work = (0..4).map(|partition| async move {
        for from in 0..3 {
            let range = events(partition, from, from + 1);
            land(warehouse, range, one_of_each(range)).await;
        }
    });
    join_all(work).await;
    assert_eq!(landed(warehouse).await, 12);
}

pub async fn a_range_without_rows_moves_the_checkpoint(warehouse: &dyn Warehouse) {
    land(warehouse, events(0, 0, 5), Vec::new()).await;
    let next = events(0, 5, 6);
    land(warehouse, next, one_of_each(next)).await;
    assert_eq!(progress(warehouse, Topic::Events, 0).await.checkpoint, Offset(6));
    assert_eq!(landed(warehouse).await, 1);
}

pub async fn seen_keys_are_those_of_the_window(warehouse: &dyn Warehouse) {
    let other_day = at(26 * HOUR_MS);
    let range = events(0, 0, 4);
    let rows = [(Some(u128::MAX), at(0)), (None, at(5)), (Some(2), at(10)), (Some(3), other_day)];
    land(warehouse, range, vec![facts(range, TENANT, &rows)]).await;
    let range = events(1, 0, 1);
    land(warehouse, range, vec![facts(range, TENANT, &[(Some(4), at(10))])]).await;
    assert_eq!(keys(warehouse, 0, at(0), 4).await, [2, 3, u128::MAX], "all of the partition");
    assert_eq!(keys(warehouse, 0, at(1), 4).await, [2, 3], "since");
    assert_eq!(keys(warehouse, 0, at(10), 3).await, [2], "since and before");
    assert_eq!(keys(warehouse, 1, at(0), 4).await, [4], "another partition");
    assert!(keys(warehouse, 2, at(0), 4).await.is_empty());
    assert!(keys(warehouse, 0, at(48 * HOUR_MS), 4).await.is_empty());
}

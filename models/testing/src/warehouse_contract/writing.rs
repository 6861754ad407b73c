//! Plans, commits, checkpoints, and the keys of the dedup window.

use std::collections::BTreeSet;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::TimestampMillisecondType;
use futures::TryStreamExt;
use futures::future::join_all;
use stratum_models::log::{Offset, PartitionId, Topic};
use stratum_models::metrics::{KpiGrouping, KpiQuery};
use stratum_models::store::StoreErrorKind;
use stratum_models::time::HOUR_MS;
use stratum_models::warehouse::{Commit, CommitOutcome, LogRange, MatchQualityQuery, Progress};

use super::Warehouse;
use super::rows::{
    self, Rows, TENANT, at, days, events, facts, land, match_quality, metrics, purchase, quality,
    range, scope,
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
    let query = KpiQuery { days: days(-1, 1), platform: None, account_id: None, campaign_id: None };
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

pub async fn a_plan_is_pending_until_it_is_committed(warehouse: &dyn Warehouse) {
    let range = events(0, 0, 5);
    assert_eq!(warehouse.plan(range).await.expect("a plan"), range);
    let planned = progress(warehouse, Topic::Events, 0).await;
    assert_eq!(planned, Progress { checkpoint: Offset(0), pending: Some(range) });
    let outcome = warehouse.commit(Commit { range, rows: one_of_each(range) }).await;
    assert_eq!(outcome.expect("a commit"), CommitOutcome::Committed);
    let done = progress(warehouse, Topic::Events, 0).await;
    assert_eq!(done, Progress { checkpoint: Offset(5), pending: None });
    assert_eq!(landed(warehouse).await, 1);
}

pub async fn the_first_plan_of_an_offset_wins(warehouse: &dyn Warehouse) {
    let first = warehouse.plan(events(0, 0, 5)).await.expect("a plan");
    for to in [9, 2, 5] {
        assert_eq!(warehouse.plan(events(0, 0, to)).await.expect("a plan"), first);
    }
    land(warehouse, first, one_of_each(first)).await;
    land(warehouse, events(0, 5, 7), Vec::new()).await;
    let next = warehouse.plan(events(0, 7, 9)).await.expect("a plan");
    assert_eq!(warehouse.plan(events(0, 7, 8)).await.expect("a plan"), next);
}

pub async fn of_planners_at_once_one_wins(warehouse: &dyn Warehouse) {
    for from in [0, 100] {
        let plans = (1..=8).map(|length| warehouse.plan(events(1, from, from + length)));
        let held: Vec<LogRange> =
            join_all(plans).await.into_iter().map(|plan| plan.expect("a plan")).collect();
        let distinct: BTreeSet<Offset> = held.iter().map(|plan| plan.to).collect();
        assert_eq!(distinct.len(), 1, "{distinct:?}");
        assert_eq!(progress(warehouse, Topic::Events, 1).await.pending, Some(held[0]));
        land(warehouse, held[0], Vec::new()).await;
        if from == 0 {
            land(warehouse, events(1, held[0].to.0, 100), Vec::new()).await;
        }
    }
}

pub async fn a_plan_away_from_the_checkpoint_conflicts_and_leaves_nothing(
    warehouse: &dyn Warehouse,
) {
    land(warehouse, events(0, 0, 5), Vec::new()).await;
    for wrong in [events(0, 0, 5), events(0, 3, 8), events(0, 6, 9)] {
        let error = warehouse.plan(wrong).await.expect_err("a conflict");
        assert_eq!(error.kind, StoreErrorKind::Conflict, "{wrong:?}");
    }
    land(warehouse, events(0, 5, 6), Vec::new()).await;
    assert_eq!(progress(warehouse, Topic::Events, 0).await.pending, None);
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

pub async fn a_range_that_was_not_planned_is_refused(warehouse: &dyn Warehouse) {
    let range = events(0, 0, 5);
    let error = warehouse.commit(Commit { range, rows: one_of_each(range) }).await;
    assert_eq!(error.expect_err("no plan").kind, StoreErrorKind::Invalid);
    assert_eq!(landed(warehouse).await, 0);
}

pub async fn a_range_committed_again_counts_once(warehouse: &dyn Warehouse) {
    let range = events(0, 0, 5);
    land(warehouse, range, one_of_each(range)).await;
    for _ in 0..3 {
        let again = warehouse.commit(Commit { range, rows: one_of_each(range) }).await;
        assert_eq!(again.expect("a commit"), CommitOutcome::AlreadyCommitted);
    }
    assert_eq!(landed(warehouse).await, 1);
}

pub async fn a_range_committed_by_several_at_once_counts_once(warehouse: &dyn Warehouse) {
    for from in [0, 5, 10] {
        let range = events(0, from, from + 5);
        warehouse.plan(range).await.expect("a plan");
        let all = (0..4).map(|_| warehouse.commit(Commit { range, rows: one_of_each(range) }));
        for outcome in join_all(all).await {
            assert_ne!(outcome.expect("a commit"), CommitOutcome::Fenced);
        }
    }
    assert_eq!(landed(warehouse).await, 3);
    assert_eq!(progress(warehouse, Topic::Events, 0).await.checkpoint, Offset(15));
}

pub async fn another_range_than_the_planned_one_is_fenced(warehouse: &dyn Warehouse) {
    let planned = events(0, 0, 5);
    warehouse.plan(planned).await.expect("a plan");
    for to in [4, 6] {
        let range = events(0, 0, to);
        let outcome = warehouse.commit(Commit { range, rows: one_of_each(range) }).await;
        assert_eq!(outcome.expect("a commit"), CommitOutcome::Fenced, "to {to}");
    }
    assert_eq!(landed(warehouse).await, 0);
    land(warehouse, planned, one_of_each(planned)).await;
    assert_eq!(landed(warehouse).await, 1);
}

pub async fn a_worker_left_behind_adds_nothing(warehouse: &dyn Warehouse) {
    let mine = events(0, 0, 5);
    land(warehouse, mine, one_of_each(mine)).await;
    let theirs = events(0, 5, 9);
    land(warehouse, theirs, one_of_each(theirs)).await;
    for late in [mine, events(0, 0, 3), events(0, 5, 12), events(0, 7, 12), theirs] {
        let outcome = warehouse.commit(Commit { range: late, rows: one_of_each(late) }).await;
        assert_ne!(outcome.expect("a commit"), CommitOutcome::Committed, "{late:?}");
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

//! Who is next, and how much one may have.

use std::time::Duration;

use serde_json::json;
use stratum_state::job::{EnqueueOutcome, JobState, NewJob};

use super::{KIND, LEASE, Store, job};

#[tokio::test(flavor = "multi_thread")]
async fn the_tenant_whose_last_claim_lies_longest_back_is_next() {
    let store = Store::open().await;
    let [one, two, three] = store.tenants[..] else { panic!() };
    for number in 0..6 {
        store.queue(one, job(json!(number))).await;
    }
    for tenant in [two, three] {
        store.queue(tenant, job(json!(0))).await;
        store.queue(tenant, job(json!(1))).await;
    }
    let mut turns = Vec::new();
    while let Some(claimed) = store.claim(1).await {
        turns.push((claimed.lease.tenant, claimed.input.clone().unwrap()));
        assert!(store.finish(&claimed).await);
    }
    // Whoever has much waits no longer than whoever has little lets it, and a tenant's own come in their order.
    for (round, number) in [(0..3, 0), (3..6, 1)] {
        let mut whose: Vec<_> = turns[round].iter().map(|(tenant, _)| *tenant).collect();
        whose.sort_unstable();
        let mut all = store.tenants.clone();
        all.sort_unstable();
        assert_eq!(whose, all, "round {number}: {turns:?}");
    }
    let own: Vec<_> = turns.iter().filter(|(tenant, _)| *tenant == one).collect();
    assert!(own.iter().enumerate().all(|(at, (_, input))| *input == json!(at)), "{own:?}");
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_runs_its_share_however_many_claim_at_once() {
    let store = Store::open().await;
    for tenant in &store.tenants {
        for number in 0..10 {
            store.queue(*tenant, job(json!(number))).await;
        }
    }
    let claims = futures::future::join_all((0..12).map(|_| store.claim(2))).await;
    let mut claims: Vec<_> = claims.into_iter().flatten().collect();
    while let Some(claimed) = store.claim(2).await {
        claims.push(claimed);
    }
    for tenant in &store.tenants {
        let own = claims.iter().filter(|one| one.lease.tenant == *tenant).count();
        assert_eq!(own, 2, "of {tenant}");
    }
    assert!(store.finish(&claims[0]).await);
    let next = store.claim(2).await.expect("there is room again");
    assert_eq!(next.lease.tenant, claims[0].lease.tenant);
    assert!(store.claim(2).await.is_none());
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_of_a_tenant_is_bounded_and_one_of_a_key_is_open_or_runs() {
    let store = Store::open().await;
    let [one, two, _] = store.tenants[..] else { panic!() };
    let bounded = || NewJob { open_max: 2, ..job(json!(0)) };
    for expected in [true, true, false] {
        let queued = store.queue(one, bounded()).await;
        assert_eq!(queued != EnqueueOutcome::Full, expected);
    }
    assert_ne!(store.queue(two, bounded()).await, EnqueueOutcome::Full, "another tenant's share");
    while let Some(claimed) = store.claim(1).await {
        store.finish(&claimed).await;
    }
    let once = || NewJob { once: true, key: Some("model".into()), ..job(json!(0)) };
    assert!(matches!(store.queue(one, once()).await, EnqueueOutcome::Queued(_)));
    assert_eq!(store.queue(one, once()).await, EnqueueOutcome::Present);
    let running = store.claim(9).await.expect("it");
    assert_eq!(store.queue(one, once()).await, EnqueueOutcome::Present, "while it runs");
    assert!(store.finish(&running).await);
    // Of one key one runs at a time, and the more urgent one goes first.
    for (priority, input) in [(1, "back-fill"), (0, "scheduled"), (0, "manual")] {
        let keyed = NewJob { key: Some("connector".into()), priority, ..job(json!(input)) };
        store.queue(one, keyed).await;
    }
    for expected in ["scheduled", "manual", "back-fill"] {
        let claimed = store.claim(9).await.expect(expected);
        assert_eq!(claimed.input, Some(json!(expected)));
        assert!(store.claim(9).await.is_none(), "two of a key run");
        assert!(store.finish(&claimed).await);
    }
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_lost_the_lease_writes_nothing() {
    let store = Store::open().await;
    let tenant = store.tenants[0];
    store.queue(tenant, job(json!(0))).await;
    let first = store.claim(1).await.expect("a job");
    assert!(store.claim(1).await.is_none());
    store.hands.pass(LEASE + Duration::from_secs(1));
    let second = store.claim(1).await.expect("its lease is over");
    assert_eq!((second.lease.job, second.lease.attempt), (first.lease.job, 2));
    assert_eq!(second.failures, 1, "its process ended");
    let mut work = store.state.system().await.unwrap();
    assert!(!work.renew_job(&first.lease).await.unwrap());
    assert!(!work.save_job_progress(&first.lease, &json!(7), true).await.unwrap());
    assert!(!work.finish_job(&first.lease, None).await.unwrap());
    let wait = Duration::from_secs(5);
    assert!(!work.requeue_job(&first.lease, wait, None, 0).await.unwrap());
    assert!(work.save_job_progress(&second.lease, &json!(1), true).await.unwrap());
    work.commit().await.unwrap();
    let view = store.view(tenant, second.lease.job).await;
    assert_eq!((view.state, view.failures, view.progress), (JobState::Running, 0, Some(json!(1))));
    let mut work = store.state.system().await.unwrap();
    assert!(work.requeue_job(&second.lease, wait, Some("busy"), 1).await.unwrap());
    work.commit().await.unwrap();
    assert!(store.claim(1).await.is_none(), "it waits");
    let mut work = store.state.system().await.unwrap();
    let next = work.next_job_at(KIND).await.unwrap().expect("it waits");
    drop(work);
    assert_eq!(next, store.view(tenant, second.lease.job).await.not_before);
    store.hands.pass(wait);
    let third = store.claim(1).await.expect("its time has come");
    assert_eq!((third.progress, third.failures), (Some(json!(1)), 1));
    // Cancelled while it runs, it is nobody's.
    let mut work = store.state.operate(tenant).await.unwrap();
    assert!(work.cancel_job(third.lease.job).await.unwrap());
    work.commit().await.unwrap();
    let mut work = store.state.system().await.unwrap();
    assert!(!work.renew_job(&third.lease).await.unwrap());
    let ended = store.view(tenant, third.lease.job).await;
    assert_eq!((ended.state, ended.error.as_deref()), (JobState::Cancelled, Some("busy")));
    assert_eq!(
        work.sweep_jobs(ended.ended_at.unwrap() + chrono::TimeDelta::hours(1)).await.unwrap(),
        1
    );
    drop(work);
    store.close().await;
}

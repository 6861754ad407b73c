//! kill -9 of the program at random moments while events are handed on: what was answered comes to the platform,
//! and counts once there, by its event id.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use stratum_models::demo::Dice;

use super::vendor::{Trick, Vendor};
use super::{PIXEL, Shop, WAIT, event};
use crate::fixture::{Stratum, eventually};
use crate::load::now;
use crate::resources::at;

const SENDERS: u64 = 3;
const EVENTS_PER_REQUEST: usize = 20;
/// How many were answered, below which nothing was under way when it struck.
const EVENTS_MIN: usize = 500;
/// How long a sender tries one request: a restart with recovery takes seconds.
const RETRY_WAIT: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread")]
async fn answered_events_come_once_each_whatever_is_killed() {
    let soak = std::env::var_os("STRATUM_SOAK").is_some_and(|value| value == "1");
    let seed = std::env::var("STRATUM_SEED").ok().and_then(|text| text.parse().ok());
    let seed = seed.unwrap_or(now().0.unsigned_abs());
    let rounds = if soak { 20 } else { 3 };
    println!("seed {seed}, {rounds} rounds");
    let vendor = Vendor::start().await;
    let mut stratum = Stratum::start(&vendor.env()).await;
    let (path, key, token) = {
        let shop = Shop::open(&stratum).await;
        let made = shop.destination(&json!({})).await;
        shop.is_sealed(&vendor).await;
        (at("/destinations", &made), shop.key, shop.admin.token.clone())
    };
    let over = Arc::new(AtomicBool::new(false));
    let url = format!("{}/v24.0/{PIXEL}/events", stratum.url());
    let number = Arc::new(AtomicU32::new(0));
    let senders: Vec<_> = (0..SENDERS)
        .map(|_| tokio::spawn(send(url.clone(), key.clone(), number.clone(), over.clone())))
        .collect();
    let mut dice = Dice::new(seed);
    for round in 0..rounds {
        let pause = dice.between(300, 2_000).unsigned_abs();
        // The moment of the blow, not a wait for something.
        tokio::time::sleep(Duration::from_millis(pause)).await;
        vendor.play(dice.pick(&[Trick::Fail, Trick::Cut, Trick::Throttle(None)]).clone());
        println!("round {round}: after {pause} ms");
        stratum.kill().await;
        stratum.restart().await;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    over.store(true, Ordering::Relaxed);
    let mut answered = BTreeSet::new();
    for sender in senders {
        answered.extend(sender.await.expect("a sender"));
    }
    println!("{} events were answered", answered.len());
    assert!(answered.len() >= EVENTS_MIN, "{} events are no load", answered.len());
    let missing = async || {
        let taken = vendor.taken();
        answered.iter().all(|id| taken.contains_key(id)).then_some(taken)
    };
    let taken = eventually(&format!("seed {seed}: events are lost"), WAIT, missing).await;
    let repeats: u32 = taken.values().map(|times| times - 1).sum();
    println!("{} events came, {repeats} repeats", taken.len());
    let settled = async || {
        let (status, answer) = stratum.get(&format!("/api/v1{path}/delivery"), &token).await;
        assert_eq!(status, 200, "{answer}");
        let report = answer["data"].clone();
        (report["waiting"]["events"] == 0).then_some(report)
    };
    let report: Value = eventually("something waits", WAIT, settled).await;
    assert_eq!(report["success_rate"], 1.0, "seed {seed}: {report}");
    assert!(
        report["delivered"].as_u64().unwrap() >= answered.len() as u64,
        "seed {seed}: {report}"
    );
    assert!(!stratum.output().contains("panicked"), "seed {seed}:\n{}", stratum.output());
}

/// Sends requests until it is over, each until it is answered; the ids of events that were.
async fn send(
    url: String,
    key: String,
    number: Arc<AtomicU32>,
    over: Arc<AtomicBool>,
) -> Vec<String> {
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10));
    let client = client.build().expect("an HTTP client");
    let mut answered = Vec::new();
    while !over.load(Ordering::Relaxed) {
        let first = number.fetch_add(1, Ordering::Relaxed);
        let ids: Vec<_> =
            (0..EVENTS_PER_REQUEST).map(|place| format!("load-{first}-{place}")).collect();
        let body = json!({"data": ids.iter().map(|id| event(id)).collect::<Vec<_>>()});
        let until = Instant::now() + RETRY_WAIT;
        loop {
            let sent = client.post(&url).bearer_auth(&key).json(&body).send().await;
            if sent.is_ok_and(|answer| answer.status().is_success()) {
                break;
            }
            assert!(Instant::now() < until, "a request is not answered");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        answered.extend(ids);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    answered
}

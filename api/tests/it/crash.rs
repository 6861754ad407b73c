//! kill -9 of the program and of its engines, at random moments under load: what was answered with
//! success is counted, and counted once. Senders do what senders do: they try again what was not
//! answered.
//!
//! Three rounds by default; `STRATUM_SOAK=1` makes it twenty. A failing seed is printed, and
//! `STRATUM_SEED` runs it again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use stratum_models::demo::{Dice, Reference, Request, Traffic, TrafficConfig};

use crate::fixture::Stratum;
use crate::load::{Days, Load, now};

const SENDERS: u64 = 4;
const EVENTS_PER_REQUEST: usize = 20;
/// Events a round, below which nothing was under way when it struck.
const EVENTS_MIN: usize = 500;
/// How long a sender tries one request: a restart with recovery takes seconds.
const RETRY_WAIT: Duration = Duration::from_secs(120);

/// Who is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Victim {
    Program,
    /// The engine whose command line holds this word.
    Engine(&'static str),
}

const VICTIMS: &[Victim] =
    &[Victim::Program, Victim::Engine("clickhouse"), Victim::Engine("postgres")];

#[tokio::test(flavor = "multi_thread")]
async fn answered_events_survive_kill_9_and_count_once() {
    let soak = std::env::var_os("STRATUM_SOAK").is_some_and(|value| value == "1");
    let seed = std::env::var("STRATUM_SEED").ok().and_then(|text| text.parse().ok());
    let seed = seed.unwrap_or(now().0.unsigned_abs());
    let rounds = if soak { 20 } else { 3 };
    println!("seed {seed}, {rounds} rounds");
    let mut stratum = Stratum::start(&[]).await;
    let load = Arc::new(Load::create(&stratum, seed).await);
    let over = Arc::new(AtomicBool::new(false));
    let senders: Vec<_> = (0..SENDERS)
        .map(|number| tokio::spawn(send_until(load.clone(), over.clone(), seed ^ (number + 1))))
        .collect();
    let mut dice = Dice::new(seed);
    for round in 0..rounds {
        // Every victim has its turn, then chance decides.
        let victim = VICTIMS.get(round).copied().unwrap_or_else(|| *dice.pick(VICTIMS));
        let pause = dice.between(300, 2_500).unsigned_abs();
        // The moment of the blow, not a wait for something.
        tokio::time::sleep(Duration::from_millis(pause)).await;
        println!("round {round}: {victim:?} after {pause} ms");
        strike(&mut stratum, victim).await;
    }
    // The last blow may not have been noticed yet: the engines are there again before anything is asked.
    for engine in ["clickhouse", "postgres"] {
        engine_of(stratum.pid(), engine);
    }
    stratum.wait_until_ready().await;
    over.store(true, Ordering::Relaxed);
    let mut reference = Reference::new(load.world.clone());
    let mut answered = 0;
    for sender in senders {
        for request in sender.await.expect("a sender") {
            answered += request.events;
            reference.receive(&request, now());
        }
    }
    println!("{answered} events were answered");
    assert!(answered >= rounds * EVENTS_MIN, "{answered} events are no load");
    check(&load, &reference, seed).await;
    assert!(!stratum.output().contains("panicked"), "seed {seed}:\n{}", stratum.output());
}

async fn strike(stratum: &mut Stratum, victim: Victim) {
    match victim {
        Victim::Program => {
            stratum.kill().await;
            stratum.restart().await;
        }
        Victim::Engine(word) => {
            let engine = engine_of(stratum.pid(), word);
            kill(Pid::from_raw(engine), Signal::SIGKILL).expect("kill -9 of an engine");
        }
    }
}

/// The child of `program` whose command line holds `word`; it may be on its way up.
fn engine_of(program: u32, word: &str) -> i32 {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(pid) =
            children_of(program).into_iter().find(|pid| command_of(*pid).contains(word))
        {
            return pid;
        }
        assert!(Instant::now() < until, "{program} has no {word} among its children");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn children_of(parent: u32) -> Vec<i32> {
    let processes = std::fs::read_dir("/proc").expect("/proc");
    let pids = processes.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let is_child = |pid: &i32| {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        status.lines().any(|line| line == format!("PPid:\t{parent}"))
    };
    pids.filter(is_child).collect()
}

fn command_of(pid: i32) -> String {
    let bytes = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&bytes).replace('\0', " ")
}

/// Sends requests, each until it is answered with success; returns them all.
pub async fn send_until(load: Arc<Load>, over: Arc<AtomicBool>, seed: u64) -> Vec<Request> {
    let config = TrafficConfig::plain(EVENTS_PER_REQUEST);
    let mut traffic = Traffic::new(load.world.clone(), config, seed, now());
    let mut answered = Vec::new();
    while !over.load(Ordering::Relaxed) {
        traffic.move_to(now());
        let Some(request) = traffic.next() else { break };
        send(&load, &request, seed).await;
        answered.push(request);
    }
    answered
}

async fn send(load: &Load, request: &Request, seed: u64) {
    let until = Instant::now() + RETRY_WAIT;
    loop {
        let said = match load.send(request).await {
            Ok(answer) if answer.status == 200 => return,
            // Only "later" is an excuse.
            Ok(answer) => {
                assert!(answer.status == 429 || answer.status >= 500, "seed {seed}: {answer:?}");
                answer.body
            }
            Err(error) => error.to_string(),
        };
        assert!(Instant::now() < until, "seed {seed}: not answered in {RETRY_WAIT:?}: {said}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Compares all figures of all tenants with what they must be.
pub async fn check(load: &Load, reference: &Reference, seed: u64) {
    for tenant in 0..load.world.tenants.len() {
        let expected = reference.tenant(tenant);
        let landed = expected.ingest.landed;
        let what = format!("seed {seed}: {landed} events were answered with success");
        load.settle(tenant, &what, |counts| counts["landed"] >= landed).await;
        let counts = load.counts(tenant).await;
        assert_eq!(counts["landed"], landed, "seed {seed}, tenant {tenant}: {counts:?}");
        let sum = counts["landed"] + counts["duplicate"] + counts["rejected"];
        assert_eq!(counts["received"], sum, "seed {seed}, tenant {tenant}");
        let scores = load.ask(tenant, "emq/score", &Days::around(now()).hours()).await;
        let mut by_name: BTreeMap<(String, String), u64> = BTreeMap::new();
        for ((dataset, name, _, _), events) in expected.mask_totals() {
            *by_name.entry((dataset, name)).or_default() += events;
        }
        for one in scores["events"].as_array().expect("events") {
            let text = |field: &str| one[field].as_str().unwrap_or_default().to_owned();
            let key = (text("dataset_id"), text("event_name"));
            assert_eq!(one["events"].as_u64(), by_name.remove(&key), "seed {seed}: {key:?}");
        }
        assert!(by_name.is_empty(), "seed {seed}: nothing is shown of {by_name:?}");
        check_purchases(load, tenant, expected, seed).await;
    }
}

async fn check_purchases(
    load: &Load,
    tenant: usize,
    expected: &stratum_models::demo::TenantReference,
    seed: u64,
) {
    let said = load.ask(tenant, "analytics/kpis", &Days::around(now()).dates()).await;
    let mut wanted: BTreeMap<String, (i128, i128)> = BTreeMap::new();
    for ((_, _, _, currency), sums) in expected.campaign_metrics() {
        let one = wanted.entry(currency).or_default();
        one.0 += sums.tracked_conversions;
        one.1 += sums.tracked_revenue_micros;
    }
    for one in said["by_currency"].as_array().expect("a split by currency") {
        let currency = one["currency"].as_str().unwrap_or_default();
        let (count, micros) = wanted.remove(currency).unwrap_or_default();
        assert_eq!(one["tracked_conversions"].as_i64().map(i128::from), Some(count), "seed {seed}");
        let revenue = one["tracked_revenue"].as_f64().unwrap_or(f64::NAN);
        let close = (revenue - micros as f64 / 1e6).abs() <= 1e-9 * revenue.abs();
        assert!(
            close,
            "seed {seed}, tenant {tenant}: {revenue} {currency}, expected {micros} micros"
        );
    }
    wanted.retain(|_, sums| *sums != (0, 0));
    assert!(wanted.is_empty(), "seed {seed}, tenant {tenant}: nothing is shown of {wanted:?}");
}

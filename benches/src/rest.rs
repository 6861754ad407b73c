//! What the program costs at rest: little traffic of a few tenants, and nobody who asks.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tokio::sync::Mutex;

use crate::engine_of::Direct;
use crate::served::{DATASET, RunningProgram};
use crate::{cpu, event, world};

const TENANTS: usize = 3;
const EVENTS_PER_SECOND: u32 = 20;
const WARM_UP: Duration = Duration::from_secs(20);
const DURATION: Duration = Duration::from_secs(60);
/// How long it is looked how soon events are counted, which costs something itself.
const LOOK_DURATION: Duration = Duration::from_secs(40);
const LOOK_EVERY: Duration = Duration::from_millis(20);
const READ_COUNTERS: &str = include_str!("../sql/rest/read_counters.sql");
const COUNT_LANDED: &str = include_str!("../sql/rest/count_landed.sql");

pub fn run() -> Result<()> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(measure())
}

/// Events that were answered: how many there were by then, and when.
type AnswerTimes = Mutex<VecDeque<(u64, Instant)>>;

async fn measure() -> Result<()> {
    let served = RunningProgram::start(&[]).await?;
    let direct = Direct::of(&served.data())?;
    let keys = keys(&served)?;
    let answered = Arc::new(AnswerTimes::default());
    let traffic = tokio::spawn(traffic(served.address.clone(), keys, answered.clone()));
    tokio::time::sleep(WARM_UP).await;
    let (before, counted) = (spent(&served), counters(&direct).await?);
    tokio::time::sleep(DURATION).await;
    let (after, counts) = (spent(&served), counters(&direct).await?);
    if traffic.is_finished() {
        traffic.await??;
        bail!("the traffic ended early");
    }
    tell(&before, &after, &counted, &counts);
    let mut waits = freshness(&direct, &answered).await?;
    traffic.abort();
    waits.sort_unstable();
    let at = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!(
        "  answered → counted: p50 {:.0} ms  p99 {:.0} ms  max {:.0} ms",
        at(0.5),
        at(0.99),
        at(1.0)
    );
    Ok(())
}

/// Path and key of a dataset of each tenant.
fn keys(served: &RunningProgram) -> Result<Vec<(String, String)>> {
    let mut keys = Vec::new();
    for number in 0..TENANTS {
        let (slug, dataset) = match number {
            0 => ("bench".to_owned(), DATASET.to_owned()),
            _ => (format!("bench{number}"), format!("{DATASET}{number}")),
        };
        if number > 0 {
            served.admin(&["tenant", "create", "--slug", &slug, "--name", &slug], "")?;
            let of =
                ["dataset", "create", "--tenant", &slug, "--platform", "meta", "--id", &dataset];
            served.admin(&of, "")?;
        }
        let key =
            served.admin(&["api-key", "create", "--tenant", &slug, "--scope", "ingest"], "")?;
        keys.push((format!("/v24.0/{dataset}/events"), key.trim().to_owned()));
    }
    Ok(keys)
}

/// One event a request, the tenants in turn.
async fn traffic(
    address: String,
    keys: Vec<(String, String)>,
    answered: Arc<AnswerTimes>,
) -> Result<()> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let mut tick = tokio::time::interval(Duration::from_secs(1) / EVENTS_PER_SECOND);
    for (number, (path, key)) in (1..).zip(keys.iter().cycle()) {
        tick.tick().await;
        let body = event::body(&event::events(1, number, world::clock().now().0 / 1000));
        let request = client.post(format!("http://{address}{path}")).bearer_auth(key);
        let request = request.header("content-type", "application/json").body(body);
        request.send().await?.error_for_status()?;
        answered.lock().await.push_back((number, Instant::now()));
    }
    Ok(())
}

/// CPU seconds of the program and each of its engines, by the names of their processes.
fn spent(served: &RunningProgram) -> BTreeMap<String, f64> {
    let mut all = BTreeMap::new();
    for pid in cpu::tree(served.pid()) {
        if let Some((name, seconds)) = cpu::of_process(pid) {
            *all.entry(name).or_insert(0.0) += seconds;
        }
    }
    all
}

async fn counters(direct: &Direct) -> Result<BTreeMap<String, u64>> {
    let answer = String::from_utf8(direct.ask(READ_COUNTERS, &[]).await?)?;
    let line = |line: &str| {
        let (name, value) = line.split_once('\t')?;
        Some((name.to_owned(), value.parse().ok()?))
    };
    Ok(answer.lines().filter_map(line).collect())
}

fn tell(
    before: &BTreeMap<String, f64>,
    after: &BTreeMap<String, f64>,
    counted: &BTreeMap<String, u64>,
    counts: &BTreeMap<String, u64>,
) {
    let seconds = DURATION.as_secs_f64();
    println!("{EVENTS_PER_SECOND} events/s of {TENANTS} tenants, one a request, over {seconds} s:");
    let mut total = 0.0;
    for (name, spent) in after {
        let share = (spent - before.get(name).unwrap_or(&0.0)) / seconds * 100.0;
        total += share;
        println!("  {name:<20} {share:.1} % of a core");
    }
    println!("  {:<20} {total:.1} % of a core", "together");
    for (name, count) in counts {
        let more = count - counted.get(name).unwrap_or(&0);
        println!("  {name:<20} {:.1} a second", more as f64 / seconds);
    }
}

/// How long each event that is answered from now on takes until it is counted.
async fn freshness(direct: &Direct, answered: &AnswerTimes) -> Result<Vec<Duration>> {
    answered.lock().await.clear();
    let (begun, mut waits) = (Instant::now(), Vec::new());
    while begun.elapsed() < LOOK_DURATION {
        tokio::time::sleep(LOOK_EVERY).await;
        let landed = direct.ask(COUNT_LANDED, &[]).await?;
        let landed = String::from_utf8(landed)?;
        let landed: u64 = landed.trim().parse().context("a number of events")?;
        let mut marks = answered.lock().await;
        while let Some((_, at)) = marks.front().filter(|(number, _)| *number <= landed) {
            waits.push(at.elapsed());
            marks.pop_front();
        }
    }
    ensure!(!waits.is_empty(), "nothing was counted");
    Ok(waits)
}

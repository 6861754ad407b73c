//! A page's mix of questions at shares of what the program can do: how long answers take, and what
//! becomes of what is too much.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tokio::io::AsyncWriteExt as _;

use crate::cpu;
use crate::get::Question;
use crate::kpis::FilledTenant;
use crate::load::{LoadReport, read_any};

const EVENTS: u64 = 200_000;
/// KPI questions of other days.
const KPIS: i32 = 20;
const CLOSED_CONNECTIONS: usize = 64;
const CLOSED_REQUESTS: u64 = 20_000;
/// Many, so that one that waits holds up no other.
const CONNECTIONS: u64 = 1024;
const DURATION: Duration = Duration::from_secs(20);
/// Something lands so often.
const LANDS_EVERY: Duration = Duration::from_secs(1);
const SHARES: [f64; 3] = [0.5, 0.8, 1.2];

pub fn run() -> Result<()> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(measure())
}

/// Seven KPI questions, two for the tenant, one for a prediction, and so on.
struct Mix(Vec<Question>);

impl Mix {
    fn of(filled: &FilledTenant) -> Result<Mix> {
        let mut all = Vec::new();
        for turn in 0..KPIS {
            for nth in 0..7 {
                all.push(filled.kpis(30 + (turn * 7 + nth) % KPIS)?);
            }
            all.push(filled.question("/api/v1/tenant"));
            all.push(filled.question("/api/v1/tenant"));
            let campaign = format!("/api/v1/predictions/roas?campaign_id=c{turn}");
            all.push(filled.question(&campaign));
        }
        Ok(Mix(all))
    }

    fn nth(&self, number: u64) -> &Question {
        // A step that shares no factor with the length goes through all, kind after kind.
        &self.0[(number as usize * 7) % self.0.len()]
    }
}

/// What became of the requests of a run.
#[derive(Default)]
struct Fates {
    answered: Vec<Duration>,
    shed: Vec<Duration>,
}

async fn measure() -> Result<()> {
    let mut filled = FilledTenant::start().await?;
    filled.fill(EVENTS).await?;
    filled.served.run(&["train"])?;
    let mix = Arc::new(Mix::of(&filled)?);
    let filled = Arc::new(filled);
    let landing = {
        let filled = filled.clone();
        tokio::spawn(async move {
            while filled.move_version().await.is_ok() {
                tokio::time::sleep(LANDS_EVERY).await;
            }
        })
    };
    let most = at_most(&mix).await?;
    let capacity = most.requests as f64 / most.elapsed.as_secs_f64();
    println!(
        "70 % KPIs, 20 % the tenant, 10 % predictions, data landing each second: {capacity:.0} answers/s at most"
    );
    for share in SHARES {
        let rate = capacity * share;
        let (own, all) = (filled.served.pid(), cpu::tree(filled.served.pid()));
        let spent = || -> Result<(f64, f64)> {
            let of_all: f64 = all.iter().map(|pid| cpu::of(*pid).unwrap_or_default()).sum();
            Ok((cpu::of(own)?, of_all))
        };
        let before = spent()?;
        let fates = at_rate(&mix, rate).await?;
        let after = spent()?;
        tell(share, rate, fates, (after.0 - before.0, after.1 - before.1));
    }
    landing.abort();
    Ok(())
}

fn tell(share: f64, rate: f64, fates: Fates, (own, all): (f64, f64)) {
    let asked = fates.answered.len() + fates.shed.len();
    let shed = fates.shed.len() as f64 / asked as f64 * 100.0;
    let report = |mut latencies: Vec<Duration>| {
        latencies.sort_unstable();
        let report = LoadReport { requests: 0, elapsed: DURATION, latencies };
        [0.5, 0.99, 0.999].map(|share| report.percentile(share).as_secs_f64() * 1e3)
    };
    let [p50, p99, p999] = report(fates.answered);
    let [shed50, shed99, _] = report(fates.shed);
    println!(
        "  {:.0} %, {rate:.0}/s: p50 {p50:.2} ms  p99 {p99:.2} ms  p99.9 {p999:.2} ms",
        share * 100.0
    );
    println!(
        "    refused {shed:.2} % (p50 {shed50:.2} ms, p99 {shed99:.2} ms); processor time a request: {:.0} µs, with engines {:.0} µs",
        own / asked as f64 * 1e6,
        all / asked as f64 * 1e6
    );
}

/// As fast as it answers. Each question is asked before, so that nothing is trained or read first.
async fn at_most(mix: &Arc<Mix>) -> Result<LoadReport> {
    let (next, started) = (Arc::new(AtomicU64::new(0)), Instant::now());
    let asking = (0..CLOSED_CONNECTIONS).map(|_| {
        let (mix, next) = (mix.clone(), next.clone());
        tokio::spawn(async move {
            let (mut stream, mut answer) = (mix.nth(0).connect().await?, vec![0; 64 * 1024]);
            let mut latencies = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= CLOSED_REQUESTS {
                    return Ok::<_, anyhow::Error>(latencies);
                }
                let sent = Instant::now();
                stream.write_all(&mix.nth(number).request()).await?;
                let (status, length) = read_any(&mut stream, &mut answer).await?;
                // What is refused is no answer.
                if !matches!(status, 429 | 503) {
                    let text = String::from_utf8_lossy(&answer[..length]);
                    ensure!(status == 200, "{text}");
                    latencies.push(sent.elapsed());
                }
            }
        })
    });
    let mut latencies = Vec::new();
    for connection in asking.collect::<Vec<_>>() {
        latencies.extend(connection.await??);
    }
    let elapsed = started.elapsed();
    latencies.sort_unstable();
    Ok(LoadReport { requests: latencies.len() as u64, elapsed, latencies })
}

/// At a rate, whether or not answers come; times count from when a question was due.
async fn at_rate(mix: &Arc<Mix>, per_second: f64) -> Result<Fates> {
    let total = (per_second * DURATION.as_secs_f64()) as u64;
    let started = Instant::now();
    let asking = (0..CONNECTIONS).map(|first| {
        let mix = mix.clone();
        tokio::spawn(async move {
            let (mut stream, mut answer) = (mix.nth(0).connect().await?, vec![0; 64 * 1024]);
            let mut fates = Fates::default();
            let mut number = first;
            while number < total {
                let due = started + Duration::from_secs_f64(number as f64 / per_second);
                tokio::time::sleep_until(due.into()).await;
                stream.write_all(&mix.nth(number).request()).await?;
                match read_any(&mut stream, &mut answer).await? {
                    (200, _) => fates.answered.push(due.elapsed()),
                    (429 | 503, _) => fates.shed.push(due.elapsed()),
                    (_, length) => anyhow::bail!("{}", String::from_utf8_lossy(&answer[..length])),
                }
                number += CONNECTIONS;
            }
            Ok::<_, anyhow::Error>(fates)
        })
    });
    let mut all = Fates::default();
    for connection in asking.collect::<Vec<_>>() {
        let fates = connection.await??;
        all.answered.extend(fates.answered);
        all.shed.extend(fates.shed);
    }
    Ok(all)
}

//! A tenant's sends and questions alone, and beside a stranger who tries to shut the door: the attacks of
//! one address and one other tenant, all at once, none of which a limit was lifted for.

mod stranger;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use self::stranger::Stranger;
use crate::event;
use crate::get::Question;
use crate::load::read_any;
use crate::rounds::Spread;
use crate::served::{DATASET, RunningProgram};

const ROUNDS: usize = 5;
const DURATION: Duration = Duration::from_secs(20);
/// The attacks are at work before it is measured.
const WARM_UP: Duration = Duration::from_secs(3);
const SENDS_PER_S: f64 = 100.0;
const QUESTIONS_PER_S: f64 = 40.0;
/// Many, so that one that waits holds up no other.
const CONNECTIONS: u64 = 32;
/// What p99 beside the attacks may be of p99 alone.
const GOAL: f64 = 1.5;
/// As the program has them: a benchmark of limits must not lift them.
const LIMITS: &[(&str, &str)] = &[
    ("STRATUM__http__limits__client_per_s", "300"),
    ("STRATUM__http__limits__caller_per_s", "100"),
    ("STRATUM__http__limits__tenant_per_s", "200"),
    ("STRATUM__http__limits__sign_in_per_min", "120"),
    ("STRATUM__server__connections_per_address_max", "1024"),
];
const PASSWORD: &str = "Corr3ct-horse-battery";

pub fn run() -> Result<()> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(measure())
}

/// How a kind of request fared.
#[derive(Default)]
struct KindResult {
    latencies: Vec<Duration>,
    /// Answers other than 200, and connections that broke.
    failed: u64,
}

impl KindResult {
    fn percentile(&mut self, share: f64) -> f64 {
        self.latencies.sort_unstable();
        let at = ((self.latencies.len() as f64 - 1.0) * share).round().max(0.0) as usize;
        self.latencies.get(at).copied().unwrap_or_default().as_secs_f64() * 1e3
    }
}

/// The bytes of the request with this number.
type Requests = Arc<dyn Fn(u64) -> Vec<u8> + Send + Sync>;

/// Asks at a rate, whether or not answers come; times count from when a request was due.
async fn at_rate(address: &str, per_second: f64, requests: Requests) -> Result<KindResult> {
    let total = (per_second * DURATION.as_secs_f64()) as u64;
    let started = Instant::now();
    let asking = (0..CONNECTIONS).map(|first| {
        let (address, requests) = (address.to_owned(), requests.clone());
        tokio::spawn(async move {
            let (mut stream, mut answer) = (None, vec![0; 64 * 1024]);
            let mut fared = KindResult::default();
            let mut number = first;
            while number < total {
                let due = started + Duration::from_secs_f64(number as f64 / per_second);
                tokio::time::sleep_until(due.into()).await;
                match ask(&address, &mut stream, &requests(number), &mut answer).await {
                    Ok(200) => fared.latencies.push(due.elapsed()),
                    _ => fared.failed += 1,
                }
                number += CONNECTIONS;
            }
            fared
        })
    });
    let mut all = KindResult::default();
    for connection in asking.collect::<Vec<_>>() {
        let fared = connection.await?;
        all.latencies.extend(fared.latencies);
        all.failed += fared.failed;
    }
    Ok(all)
}

/// One request on a connection that is kept as long as it works.
async fn ask(
    address: &str,
    kept: &mut Option<TcpStream>,
    request: &[u8],
    answer: &mut [u8],
) -> Result<u16> {
    let mut stream = match kept.take() {
        Some(stream) => stream,
        None => TcpStream::connect(address).await?,
    };
    stream.set_nodelay(true)?;
    stream.write_all(request).await?;
    let (status, _) = read_any(&mut stream, answer).await?;
    *kept = Some(stream);
    Ok(status)
}

/// What a tenant sends and asks.
struct Traffic {
    address: String,
    sends: Requests,
    asks: Requests,
}

impl Traffic {
    async fn of(served: &RunningProgram) -> Result<Traffic> {
        let key = ["api-key", "create", "--tenant", "bench"];
        let key = served.admin(&key, "")?.trim().to_owned();
        let address = served.address.clone();
        let host = address.clone();
        let sends = Arc::new(move |number: u64| {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            let now = now.unwrap_or_default().as_secs() as i64;
            let body = event::body(&event::events(1, number, now));
            let head = format!(
                "POST /v24.0/{DATASET}/events?access_token={key} HTTP/1.1\r\nhost: {host}\r\n\
                 content-type: application/json\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            [head.into_bytes(), body].concat()
        });
        let question = Question {
            address: address.clone(),
            path: "/api/v1/analytics/kpis".into(),
            token: served.sign_in().await?,
            status: 200,
        };
        let asks = Arc::new(move |_: u64| question.request());
        Ok(Traffic { address, sends, asks })
    }

    async fn run(&self) -> Result<[KindResult; 2]> {
        let sends = at_rate(&self.address, SENDS_PER_S, self.sends.clone());
        let asks = at_rate(&self.address, QUESTIONS_PER_S, self.asks.clone());
        let (sends, asks) = tokio::join!(sends, asks);
        Ok([sends?, asks?])
    }
}

async fn measure() -> Result<()> {
    let served = RunningProgram::start(LIMITS).await?;
    let traffic = Traffic::of(&served).await?;
    let stranger = Stranger::of(&served).await?;
    // New keys are known within two seconds.
    tokio::time::sleep(WARM_UP).await;
    let mut ratios = [Vec::new(), Vec::new()];
    for round in 1..=ROUNDS {
        let alone = traffic.run().await?;
        let stop = CancellationToken::new();
        let mut attacks = stranger.attack(&stop);
        tokio::time::sleep(WARM_UP).await;
        let beside = traffic.run().await?;
        stop.cancel();
        while attacks.join_next().await.is_some() {}
        println!("  round {round}; the stranger's requests: {}", stranger.made());
        for (((name, mut alone), mut beside), ratios) in
            ["sends", "questions"].into_iter().zip(alone).zip(beside).zip(&mut ratios)
        {
            let [a50, a99] = [0.5, 0.99].map(|share| alone.percentile(share));
            let [b50, b99] = [0.5, 0.99].map(|share| beside.percentile(share));
            println!(
                "    {name}: alone p50 {a50:.2} p99 {a99:.2} ms, beside p50 {b50:.2} p99 {b99:.2} ms; not answered {} and {}",
                alone.failed, beside.failed
            );
            ratios.push(b99 / a99);
        }
        // What is held goes with its connections.
        tokio::time::sleep(WARM_UP).await;
    }
    for (name, ratios) in ["sends", "questions"].into_iter().zip(ratios) {
        println!("{name}: p99 beside the attacks / alone {} (goal {GOAL})", Spread::of(ratios));
    }
    Ok(())
}

/// Signs in; an access token.
async fn sign_in(address: &str, email: &str) -> Result<String> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let body = json!({"email": email, "password": PASSWORD});
    let answer = client.post(format!("http://{address}/api/v1/auth/login")).json(&body);
    let answer: Value = answer.send().await?.json().await?;
    match answer["data"]["access_token"].as_str() {
        Some(token) => Ok(token.to_owned()),
        None => bail!("no token: {answer}"),
    }
}

/// A user of the stranger's tenant, signed in.
async fn user(served: &RunningProgram, role: &str) -> Result<String> {
    let email = format!("{role}@stranger.example");
    let create = ["user", "create", "--tenant", "stranger", "--email", &email, "--role", role];
    served.admin(&create, PASSWORD).context("a user")?;
    sign_in(&served.address, &email).await
}

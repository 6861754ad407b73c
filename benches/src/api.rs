//! What an authenticated answer costs beside a bare server's, how long answers take at a fixed rate,
//! and what a thousand live streams weigh.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures::StreamExt as _;
use serde_json::json;

use crate::cpu;
use crate::get::{Question, at_rate, closed};
use crate::rounds::Spread;
use crate::served::{DATASET, RunningProgram};

const ROUNDS: usize = 5;
const ROUND_REQUESTS: u64 = 20_000;
const CONNECTIONS: usize = 32;
const RATE_CONNECTIONS: usize = 128;
const RATE_DURATION: Duration = Duration::from_secs(15);
const STREAMS: usize = 1_000;
const ANNOUNCED_WITHIN: Duration = Duration::from_secs(30);
/// The child that is the bare server.
pub const HELLO: &str = "hello-child";
/// A closed operation that is refused after the caller is known, before any store is asked.
const REFUSED: &str = "/api/v1/analytics/kpis?nonsense=1";
/// Verifies the token at each request.
const FORGETFUL: (&str, &str) = ("STRATUM__auth__verified_tokens_max", "0");
const KPIS: &str = "/api/v1/analytics/kpis";
const ME: &str = "/api/v1/auth/me";
const CAMPAIGNS: &str = "/api/v1/campaigns";

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?)
}

pub fn run() -> Result<()> {
    runtime()?.block_on(measure())
}

/// A server of one route, on the same libraries.
pub fn hello() -> Result<()> {
    runtime()?.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        let routes = axum::Router::new().route("/", axum::routing::get(async || "hello"));
        Ok(axum::serve(listener, routes).await?)
    })
}

struct Hello {
    child: Child,
    address: String,
}

impl Hello {
    fn start() -> Result<Hello> {
        use std::io::BufRead as _;
        let mut command = Command::new(std::env::current_exe()?);
        let mut child = command.arg(HELLO).stdout(Stdio::piped()).spawn()?;
        let mut address = String::new();
        let stdout = child.stdout.take().context("no stdout")?;
        std::io::BufReader::new(stdout).read_line(&mut address)?;
        Ok(Hello { child, address: address.trim().to_owned() })
    }
}

impl Drop for Hello {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

async fn measure() -> Result<()> {
    let (served, hello) = (RunningProgram::start(&[]).await?, Hello::start()?);
    let forgetful = RunningProgram::start(&[FORGETFUL]).await?;
    let (token, verified_each_time) = (served.sign_in().await?, forgetful.sign_in().await?);
    let ask = |of: &RunningProgram, token: &str, path: &str, status| Question {
        address: of.address.clone(),
        path: path.to_owned(),
        token: token.to_owned(),
        status,
    };
    let ours = |path: &str, status| ask(&served, &token, path, status);
    let anew = ask(&forgetful, &verified_each_time, REFUSED, 400);
    let (address, path, none) = (hello.address.clone(), "/".to_owned(), String::new());
    let bare = Question { address, path, token: none, status: 200 };
    let sides = [
        ("bare axum hello", bare, hello.child.id()),
        ("authenticated, refused", ours(REFUSED, 400), served.pid()),
        ("the same, token verified anew", anew, forgetful.pid()),
        ("KPIs, kept", ours(KPIS, 200), served.pid()),
        ("auth/me, two statements", ours(ME, 200), served.pid()),
    ];
    costs(&sides).await?;
    for path in [ME, CAMPAIGNS] {
        let question = ours(path, 200);
        match closed(&question, 1, 10).await {
            Ok(_) => rates(&question).await?,
            Err(error) => println!("{path}: not measured: {error}"),
        }
    }
    streams(&served, &token).await
}

/// Processor time of the server for one answer, in turns.
async fn costs(sides: &[(&str, Question, u32)]) -> Result<()> {
    let mut figures = vec![Vec::new(); sides.len()];
    for _ in 0..ROUNDS {
        for ((_, question, pid), figures) in sides.iter().zip(&mut figures) {
            let before = cpu::of(*pid)?;
            let report = closed(question, CONNECTIONS, ROUND_REQUESTS).await?;
            figures.push((cpu::of(*pid)? - before) * 1e6 / report.requests as f64);
        }
    }
    println!(
        "processor time of the server, µs an answer, median (lowest–highest) of {ROUNDS} rounds:"
    );
    for ((name, _, _), figures) in sides.iter().zip(figures) {
        println!("  {name}: {}", Spread::of(figures));
    }
    Ok(())
}

/// Answer times at half and at four fifths of what it can do.
async fn rates(question: &Question) -> Result<()> {
    let most = closed(question, CONNECTIONS, ROUND_REQUESTS).await?;
    let capacity = most.requests as f64 / most.elapsed.as_secs_f64();
    println!("{}: {capacity:.0} answers/s at most", question.path);
    for share in [0.5, 0.8] {
        let rate = capacity * share;
        let report = at_rate(question, RATE_CONNECTIONS, rate, RATE_DURATION).await?;
        let ms = |share| report.percentile(share).as_secs_f64() * 1e3;
        let (p50, p99, p999) = (ms(0.5), ms(0.99), ms(0.999));
        println!("  at {rate:.0}/s: p50 {p50:.2} ms  p99 {p99:.2} ms  p99.9 {p999:.2} ms");
    }
    Ok(())
}

/// Opens streams, weighs them, and announces something to all of them.
async fn streams(served: &RunningProgram, token: &str) -> Result<()> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let url = format!("http://{}", served.address);
    let key = ["api-key", "create", "--tenant", "bench", "--scope", "ingest"];
    let key = served.admin(&key, "")?.trim().to_owned();
    let before = served.resident()?;
    let mut readers = Vec::with_capacity(STREAMS);
    for _ in 0..STREAMS {
        let request = client.get(format!("{url}/api/v1/events/stream")).bearer_auth(token);
        let answer = request.send().await?.error_for_status()?;
        readers.push(tokio::spawn(first_update(answer)));
    }
    // The memory of the accepting side grows a moment after the last stream is open.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let grown = served.resident()?.saturating_sub(before);
    println!(
        "{STREAMS} live streams: {:.1} MB more, {:.1} KB each",
        grown as f64 / 1e6,
        grown as f64 / 1e3 / STREAMS as f64
    );
    // An event without a name is refused, and that is announced.
    let sent = Instant::now();
    let events = client.post(format!("{url}/v24.0/{DATASET}/events")).bearer_auth(key);
    events.json(&json!({"data": [{}]})).send().await?;
    let mut heard = Vec::with_capacity(STREAMS);
    for reader in readers {
        heard.push(tokio::time::timeout(ANNOUNCED_WITHIN, reader).await???.duration_since(sent));
    }
    heard.sort_unstable();
    ensure!(heard.len() == STREAMS, "a stream heard nothing");
    println!("  sent → announced: first after {:?}, last after {:?}", heard[0], heard[STREAMS - 1]);
    Ok(())
}

/// When the first update came.
async fn first_update(answer: reqwest::Response) -> Result<Instant> {
    let (mut chunks, mut text) = (answer.bytes_stream(), String::new());
    while let Some(chunk) = chunks.next().await {
        text.push_str(std::str::from_utf8(&chunk?)?);
        if text.contains("data:") {
            return Ok(Instant::now());
        }
    }
    anyhow::bail!("the stream ended")
}

//! A closed-loop HTTP/1.1 client that costs little itself: requests are rendered once and only their
//! event ids are patched.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::event;

/// What a load run did.
pub struct LoadReport {
    /// Requests answered 200.
    pub requests: u64,
    /// From first to last.
    pub elapsed: Duration,
    /// Answer times, sorted.
    pub latencies: Vec<Duration>,
}

impl LoadReport {
    /// The latency that this share of the requests stayed below.
    pub fn percentile(&self, share: f64) -> Duration {
        let at = ((self.latencies.len() as f64 - 1.0) * share).round().max(0.0) as usize;
        self.latencies.get(at).copied().unwrap_or_default()
    }
}

/// What is sent where.
#[derive(Clone)]
pub struct LoadPlan {
    /// `127.0.0.1:port`.
    pub address: String,
    /// Path with query.
    pub path: String,
    /// Connections, each with one request under way.
    pub connections: usize,
    /// Requests in all.
    pub requests: u64,
    /// Events in each request.
    pub events_per_request: usize,
    /// The time the events carry.
    pub event_time_s: i64,
    /// Keeps the ids of several runs apart.
    pub first_id: u64,
}

/// Sends the plan's requests and waits for every answer.
pub async fn run(plan: LoadPlan) -> Result<LoadReport> {
    let next = Arc::new(AtomicU64::new(0));
    let started = Instant::now();
    let connections = (0..plan.connections).map(|_| {
        let (plan, next) = (plan.clone(), next.clone());
        tokio::spawn(async move { connection(plan, &next).await })
    });
    let mut latencies = Vec::with_capacity(plan.requests as usize);
    for connection in connections.collect::<Vec<_>>() {
        latencies.extend(connection.await??);
    }
    let elapsed = started.elapsed();
    latencies.sort_unstable();
    Ok(LoadReport { requests: latencies.len() as u64, elapsed, latencies })
}

async fn connection(plan: LoadPlan, next: &AtomicU64) -> Result<Vec<Duration>> {
    let mut stream = TcpStream::connect(&plan.address).await?;
    stream.set_nodelay(true)?;
    let body = event::body(&event::events(plan.events_per_request, 0, plan.event_time_s));
    let head = format!(
        "POST {} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        plan.path,
        plan.address,
        body.len()
    );
    let mut request = head.into_bytes();
    let body_at = request.len();
    request.extend_from_slice(&body);
    let ids: Vec<usize> = event::id_offsets(&body).iter().map(|at| at + body_at).collect();
    let (mut latencies, mut answer) = (Vec::new(), vec![0; 16 * 1024]);
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= plan.requests {
            return Ok(latencies);
        }
        for (nth, at) in ids.iter().enumerate() {
            let id = plan.first_id + number * ids.len() as u64 + nth as u64;
            request[*at..at + event::ID_LEN].copy_from_slice(format!("{id:016x}").as_bytes());
        }
        let sent = Instant::now();
        stream.write_all(&request).await?;
        read_answer(&mut stream, &mut answer, 200).await?;
        latencies.push(sent.elapsed());
    }
}

/// Reads one answer with a content length and checks its status.
pub async fn read_answer(stream: &mut TcpStream, buffer: &mut [u8], status: u16) -> Result<()> {
    let (got, length) = read_any(stream, buffer).await?;
    if got != status {
        bail!("{}", String::from_utf8_lossy(&buffer[..length]));
    }
    Ok(())
}

/// Reads one answer with a content length: its status, and how much of the buffer it fills.
pub async fn read_any(stream: &mut TcpStream, buffer: &mut [u8]) -> Result<(u16, usize)> {
    let mut filled = 0;
    loop {
        let read = stream.read(&mut buffer[filled..]).await?;
        if read == 0 {
            bail!("the server closed the connection");
        }
        filled += read;
        let Some(head_len) = buffer[..filled].windows(4).position(|end| end == b"\r\n\r\n") else {
            continue;
        };
        let head = std::str::from_utf8(&buffer[..head_len])?.to_ascii_lowercase();
        let length = head.split("content-length: ").nth(1).context("no content-length")?;
        let length: usize = length.split("\r\n").next().unwrap_or_default().parse()?;
        if filled >= head_len + 4 + length {
            let status = head.split(' ').nth(1).context("no status")?;
            return Ok((status.parse()?, filled));
        }
    }
}

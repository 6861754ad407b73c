//! Questions over HTTP/1.1, as fast as they are answered or at a fixed rate.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::load::{LoadReport, read_answer};

/// What is asked of whom.
#[derive(Clone)]
pub struct Question {
    /// `127.0.0.1:port`.
    pub address: String,
    /// Path with query.
    pub path: String,
    /// An access token; empty for none.
    pub token: String,
    /// The status of every answer.
    pub status: u16,
}

impl Question {
    /// Its bytes.
    pub fn request(&self) -> Vec<u8> {
        let Question { address, path, token, .. } = self;
        let bearer = match token.as_str() {
            "" => String::new(),
            token => format!("authorization: Bearer {token}\r\n"),
        };
        format!("GET {path} HTTP/1.1\r\nhost: {address}\r\n{bearer}\r\n").into_bytes()
    }

    /// A connection to whom it is asked of.
    pub async fn connect(&self) -> Result<TcpStream> {
        let stream = TcpStream::connect(&self.address).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

/// Asks so often, each connection again as soon as it is answered.
pub async fn closed(question: &Question, connections: usize, requests: u64) -> Result<LoadReport> {
    let next = Arc::new(AtomicU64::new(0));
    let started = Instant::now();
    let asking = (0..connections).map(|_| {
        let (question, next) = (question.clone(), next.clone());
        tokio::spawn(async move {
            let (mut stream, request) = (question.connect().await?, question.request());
            let (mut latencies, mut answer) = (Vec::new(), vec![0; 16 * 1024]);
            while next.fetch_add(1, Ordering::Relaxed) < requests {
                let sent = Instant::now();
                stream.write_all(&request).await?;
                read_answer(&mut stream, &mut answer, question.status).await?;
                latencies.push(sent.elapsed());
            }
            Ok::<_, anyhow::Error>(latencies)
        })
    });
    gather(asking.collect(), started).await
}

/// Asks each once, one after another on one connection.
pub async fn in_turn(questions: &[Question]) -> Result<LoadReport> {
    let started = Instant::now();
    let first = questions.first().context("nothing to ask")?;
    let (mut stream, mut answer) = (first.connect().await?, vec![0; 16 * 1024]);
    let mut latencies = Vec::with_capacity(questions.len());
    for question in questions {
        let (sent, request) = (Instant::now(), question.request());
        stream.write_all(&request).await?;
        read_answer(&mut stream, &mut answer, question.status).await?;
        latencies.push(sent.elapsed());
    }
    let elapsed = started.elapsed();
    latencies.sort_unstable();
    Ok(LoadReport { requests: latencies.len() as u64, elapsed, latencies })
}

/// Asks at this rate for so long, whether or not answers come. An answer's time is counted from when
/// its question was due, so that a server that stands still is not spared the questions of that time.
pub async fn at_rate(
    question: &Question,
    connections: usize,
    per_second: f64,
    duration: Duration,
) -> Result<LoadReport> {
    let total = (per_second * duration.as_secs_f64()) as u64;
    let started = Instant::now();
    let asking = (0..connections as u64).map(|first| {
        let question = question.clone();
        tokio::spawn(async move {
            let (mut stream, request) = (question.connect().await?, question.request());
            let (mut latencies, mut answer) = (Vec::new(), vec![0; 16 * 1024]);
            let mut number = first;
            while number < total {
                let due = started + Duration::from_secs_f64(number as f64 / per_second);
                tokio::time::sleep_until(due.into()).await;
                stream.write_all(&request).await?;
                read_answer(&mut stream, &mut answer, question.status).await?;
                latencies.push(due.elapsed());
                number += connections as u64;
            }
            Ok::<_, anyhow::Error>(latencies)
        })
    });
    gather(asking.collect(), started).await
}

type ClientTask = tokio::task::JoinHandle<Result<Vec<Duration>>>;

async fn gather(asking: Vec<ClientTask>, started: Instant) -> Result<LoadReport> {
    let mut latencies = Vec::new();
    for connection in asking {
        latencies.extend(connection.await??);
    }
    let elapsed = started.elapsed();
    latencies.sort_unstable();
    Ok(LoadReport { requests: latencies.len() as u64, elapsed, latencies })
}

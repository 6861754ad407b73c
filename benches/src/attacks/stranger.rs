//! The stranger: another tenant at one address that is not the tenant's.

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::user;
use crate::served::RunningProgram;

/// All of the stranger's connections come from here.
const FROM: [u8; 4] = [127, 0, 0, 2];
const HELD_BODIES: usize = 32;
const HELD_BODY_BYTES: usize = 8 << 20;
const HELD_HEADS: usize = 600;
const HELD_FILES: usize = 16;
const LINES: usize = 99_000;
const SENDERS: usize = 4;
const ASKERS: usize = 8;
/// A connection that was refused is made again after this.
const PAUSE: Duration = Duration::from_millis(100);
/// A byte of what trickles.
const TRICKLE: Duration = Duration::from_secs(1);

/// Who attacks, and with what.
pub(super) struct Stranger {
    address: SocketAddr,
    /// Bodies that lack their last byte, for nobody's key.
    body: Arc<Vec<u8>>,
    /// Rows that are all refused, many in few bytes.
    rows: Arc<Vec<u8>>,
    head: Arc<Vec<u8>>,
    file: Arc<Vec<u8>>,
    forbidden: Arc<Vec<u8>>,
    measurements: Arc<Vec<u8>>,
    made: Arc<AtomicU64>,
}

impl Stranger {
    /// Makes the stranger's tenant, users and key.
    pub(super) async fn of(served: &RunningProgram) -> Result<Stranger> {
        served.admin(&["tenant", "create", "--slug", "stranger", "--name", "Stranger"], "")?;
        let key = served.admin(&["api-key", "create", "--tenant", "stranger"], "")?;
        let (viewer, manager) = (user(served, "viewer").await?, user(served, "manager").await?);
        let mut rows = GzEncoder::new(Vec::new(), Compression::best());
        rows.write_all("{}\n".repeat(LINES).as_bytes())?;
        let rows = rows.finish()?;
        let post = |path: &str, bearer: &str, length: usize, body: &[u8]| {
            let bearer = match bearer.trim() {
                "" => String::new(),
                bearer => format!("authorization: Bearer {bearer}\r\n"),
            };
            let head = format!(
                "POST {path} HTTP/1.1\r\nhost: x\r\n{bearer}content-length: {length}\r\n\r\n"
            );
            Arc::new([head.as_bytes(), body].concat())
        };
        let get = |path: &str, bearer: &str| {
            let request =
                format!("GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {bearer}\r\n\r\n");
            Arc::new(request.into_bytes())
        };
        let (reports, imports) = ("/api/v1/ad-reports", "/api/v1/imports/ad-reports");
        Ok(Stranger {
            address: served.address.parse().context("an address")?,
            body: post(reports, "", HELD_BODY_BYTES, &vec![b' '; HELD_BODY_BYTES - 1]),
            rows: post(reports, &key, rows.len(), &rows),
            head: Arc::new(b"GET / HTTP/1.1\r\nx: ".to_vec()),
            file: post(imports, &manager, 1_000_000, b"Day,Spend"),
            forbidden: get("/api/v1/audit", &viewer),
            measurements: get("/metrics", "nobody"),
            made: Arc::default(),
        })
    }

    /// How many requests and connections were made since this was last asked.
    pub(super) fn made(&self) -> u64 {
        self.made.swap(0, Ordering::Relaxed)
    }

    /// Every attack at once, until `stop`.
    pub(super) fn attack(&self, stop: &CancellationToken) -> JoinSet<()> {
        let mut all = JoinSet::new();
        let mut begin = |count: usize, request: &Arc<Vec<u8>>, trickles: Option<u8>| {
            for _ in 0..count {
                let (address, request) = (self.address, request.clone());
                let (made, stop) = (self.made.clone(), stop.clone());
                all.spawn(async move {
                    let attack = async {
                        loop {
                            made.fetch_add(1, Ordering::Relaxed);
                            // Whatever becomes of it, it is tried again.
                            once(address, &request, trickles, &made).await.ok();
                            tokio::time::sleep(PAUSE).await;
                        }
                    };
                    stop.run_until_cancelled(attack).await;
                });
            }
        };
        begin(HELD_BODIES, &self.body, None);
        begin(SENDERS, &self.rows, None);
        begin(HELD_HEADS, &self.head, Some(b'y'));
        begin(HELD_FILES, &self.file, Some(b'1'));
        begin(ASKERS, &self.forbidden, None);
        begin(ASKERS, &self.measurements, None);
        all
    }
}

/// One connection of an attack: what trickles is sent byte by byte; what does not is sent again as soon as
/// it is answered, until the connection ends.
async fn once(
    address: SocketAddr,
    request: &[u8],
    trickles: Option<u8>,
    made: &AtomicU64,
) -> Result<()> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((FROM, 0)))?;
    let mut stream: TcpStream = socket.connect(address).await?;
    stream.write_all(request).await?;
    let mut answer = vec![0; 16 * 1024];
    loop {
        if let Some(byte) = trickles {
            tokio::time::sleep(TRICKLE).await;
            stream.write_all(&[byte]).await?;
            continue;
        }
        if stream.read(&mut answer).await? == 0 {
            return Ok(());
        }
        made.fetch_add(1, Ordering::Relaxed);
        stream.write_all(request).await?;
    }
}

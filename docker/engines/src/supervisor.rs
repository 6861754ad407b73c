//! Keeps one engine running: start, ready check, restart with back-off, stop in order.

use std::fs::File;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use futures::future::BoxFuture;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;
use tracing::{error, info, warn};

use super::EngineSettings;
use super::child::{ChildTask, TASK_VARIABLE};
use super::terminal::terminal;

/// The measurement of restarts of an embedded engine, by engine.
pub const RESTARTS: &str = "stratum_api_engine_restarts_total";

const READY_POLL: Duration = Duration::from_millis(20);
const DELAY_MIN: Duration = Duration::from_millis(200);
/// Short enough that a disk that was full and has room again does not wait for it.
const DELAY_MAX: Duration = Duration::from_secs(2);
/// An engine that ran this long and died starts again without further delay.
const STEADY: Duration = Duration::from_secs(60);
const LAST_WORDS_WAIT: Duration = Duration::from_secs(1);
const TAIL_BYTES: usize = 4096;

/// The means of starting an engine, as often as needed.
pub(super) struct Blueprint {
    /// For people: logs and errors.
    pub(super) name: &'static str,
    pub(super) task: ChildTask,
    /// All of the child's environment but the PATH and the time zone.
    pub(super) environment: Vec<(String, String)>,
    /// Done before every start.
    pub(super) prepare: Box<dyn Fn() -> Result<()> + Send + Sync>,
    /// Does the engine answer?
    pub(super) ready: Box<dyn Fn() -> BoxFuture<'static, bool> + Send + Sync>,
    pub(super) settings: EngineSettings,
    pub(super) lock: Arc<File>,
}

/// A running engine; dropping it ends the engine too, but waits for nothing.
#[derive(Debug)]
pub(super) struct Supervisor {
    stop: oneshot::Sender<()>,
    watch: JoinHandle<()>,
    pid: Arc<AtomicU32>,
}

impl Supervisor {
    /// Starts the engine and returns when it answers.
    pub(super) async fn start(blueprint: Blueprint) -> Result<Supervisor> {
        let running = launch(&blueprint).await?;
        let pid = Arc::new(AtomicU32::new(running.pid()));
        let (stop, stopped) = oneshot::channel();
        let watch = tokio::spawn(watch(blueprint, running, Arc::clone(&pid), stopped));
        Ok(Supervisor { stop, watch, pid })
    }

    /// The id of our child that runs the engine; another one after a restart.
    pub(super) fn pid(&self) -> u32 {
        self.pid.load(Ordering::Relaxed)
    }

    /// Ends the engine in order and returns when it is gone.
    pub(super) async fn stop(self) {
        self.stop.send(()).ok();
        self.watch.await.ok();
    }
}

struct RunningEngine {
    child: Child,
    /// Our end of the pseudo-terminal that is the child's standard input.
    line: OwnedFd,
    said: OutputTail,
    since: Instant,
}

impl RunningEngine {
    fn pid(&self) -> u32 {
        self.child.id().unwrap_or_default()
    }

    /// Closes the line, which ends the engine in order; past the bound kills its process group.
    async fn end(mut self, blueprint: &Blueprint) {
        let pid = self.pid();
        drop(self.line);
        let wait = blueprint.settings.stop_wait_max;
        if tokio::time::timeout(wait, self.child.wait()).await.is_err() {
            warn!(engine = blueprint.name, "did not end within {wait:?}: killed");
            kill_group(pid);
            self.child.wait().await.ok();
        }
    }
}

fn kill_group(pid: u32) {
    if let Ok(group @ 1..) = i32::try_from(pid) {
        killpg(Pid::from_raw(group), Signal::SIGKILL).ok();
    }
}

async fn watch(
    blueprint: Blueprint,
    mut running: RunningEngine,
    pid: Arc<AtomicU32>,
    mut stopped: oneshot::Receiver<()>,
) {
    let name = blueprint.name;
    let mut delay = DELAY_MIN;
    loop {
        let status = tokio::select! {
            status = running.child.wait() => status,
            _ = &mut stopped => return running.end(&blueprint).await,
        };
        let tail = running.said.in_full().await;
        warn!(engine = name, status = text(status), "ended by itself; it said: {tail}");
        if running.since.elapsed() > STEADY {
            delay = DELAY_MIN;
        }
        running = loop {
            tokio::select! {
                () = tokio::time::sleep(delay) => {}
                _ = &mut stopped => return,
            }
            delay = (delay * 2).min(DELAY_MAX);
            let launched = tokio::select! {
                launched = launch(&blueprint) => launched,
                _ = &mut stopped => return,
            };
            match launched {
                Ok(running) => break running,
                Err(error) => error!(engine = name, "not started, again in {delay:?}: {error:#}"),
            }
        };
        pid.store(running.pid(), Ordering::Relaxed);
        metrics::counter!(RESTARTS, "engine" => name).increment(1);
        info!(engine = name, "runs again");
    }
}

async fn launch(blueprint: &Blueprint) -> Result<RunningEngine> {
    let name = blueprint.name;
    (blueprint.prepare)().with_context(|| format!("preparing {name}"))?;
    let (line, stdin) = terminal().context("making a pseudo-terminal")?;
    let mut child = spawn(blueprint, stdin).with_context(|| format!("starting {name}"))?;
    let said = OutputTail::listen(name, &mut child);
    let mut running = RunningEngine { child, line, said, since: Instant::now() };
    let wait = blueprint.settings.ready_wait_max;
    let ready = async {
        while !(blueprint.ready)().await {
            tokio::time::sleep(READY_POLL).await;
        }
    };
    let problem = tokio::select! {
        () = ready => return Ok(running),
        status = running.child.wait() => anyhow!("{name} ended at its start ({})", text(status)),
        () = tokio::time::sleep(wait) => anyhow!("{name} did not answer within {wait:?}"),
    };
    let pid = running.pid();
    kill_group(pid);
    running.child.wait().await.ok();
    bail!("{problem}; it said:\n{}", running.said.in_full().await);
}

fn text(status: std::io::Result<ExitStatus>) -> String {
    status.map_or_else(|error| error.to_string(), |status| status.to_string())
}

fn spawn(blueprint: &Blueprint, stdin: OwnedFd) -> Result<Child> {
    let settings = &blueprint.settings;
    // Not current_exe(): the file may have been replaced by a newer one since we started.
    let own = || PathBuf::from("/proc/self/exe");
    let mut command = Command::new(settings.child_program.clone().unwrap_or_else(own));
    let kept = ["PATH", "TZ"].into_iter().filter_map(|key| Some((key, std::env::var_os(key)?)));
    command
        .arg0(format!("stratum-{}", blueprint.name))
        .args(&settings.child_arguments)
        // Our environment may hold secrets, and an engine's is easy to read from within it.
        .env_clear()
        .envs(kept)
        .envs(blueprint.environment.iter().cloned())
        .env(TASK_VARIABLE, serde_json::to_string(&blueprint.task)?)
        .current_dir("/")
        .stdin(Stdio::from(stdin))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // Ctrl-C is for us; the engines end after the stages.
        .process_group(0)
        .kill_on_drop(true);
    let lock = blueprint.lock.as_raw_fd();
    // SAFETY: the closure runs between fork and exec and makes one system call, on an open file.
    unsafe { command.pre_exec(move || inherit(lock)) };
    Ok(command.spawn()?)
}

fn inherit(file: i32) -> std::io::Result<()> {
    // SAFETY: takes plain integers; clears close-on-exec.
    match unsafe { libc::fcntl(file, libc::F_SETFD, 0) } {
        -1 => Err(std::io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// The last of what an engine said.
struct OutputTail {
    tail: Arc<Mutex<Vec<u8>>>,
    readers: JoinSet<()>,
}

impl OutputTail {
    fn listen(name: &'static str, child: &mut Child) -> OutputTail {
        let mut said = OutputTail { tail: Arc::default(), readers: JoinSet::new() };
        if let Some(stream) = child.stdout.take() {
            said.readers.spawn(read(name, stream, Arc::clone(&said.tail)));
        }
        if let Some(stream) = child.stderr.take() {
            said.readers.spawn(read(name, stream, Arc::clone(&said.tail)));
        }
        said
    }

    /// To be asked of an engine that has ended: its last words may still be in the pipe.
    async fn in_full(&mut self) -> String {
        let all = async { while self.readers.join_next().await.is_some() {} };
        tokio::time::timeout(LAST_WORDS_WAIT, all).await.ok();
        String::from_utf8_lossy(&self.tail.lock()).trim().to_owned()
    }
}

async fn read(name: &'static str, mut stream: impl AsyncRead + Unpin, tail: Arc<Mutex<Vec<u8>>>) {
    let mut piece = vec![0; TAIL_BYTES];
    while let Ok(length @ 1..) = stream.read(&mut piece).await {
        let piece = piece.get(..length).unwrap_or_default();
        info!(engine = name, "{}", String::from_utf8_lossy(piece).trim_end());
        let mut tail = tail.lock();
        tail.extend_from_slice(piece);
        let surplus = tail.len().saturating_sub(TAIL_BYTES);
        tail.drain(..surplus);
    }
}

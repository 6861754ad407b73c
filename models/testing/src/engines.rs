//! A real ClickHouse for the tests of any crate, without Docker and without the `stratum` binary:
//! the test binary runs itself again as the engine's process.
//!
//! ```text
//! // Once in the crate's integration binary, here in module `warehouse`:
//! #[test]
//! fn clickhouse_child() {
//!     stratum_testing::engines::clickhouse_child();
//! }
//!
//! let engine = TestClickHouse::start("warehouse::clickhouse_child");
//! let url = engine.url();
//! ```
//!
//! The engine ends with the `TestClickHouse`, and also when the test process dies. One engine
//! may be kept in a `static OnceLock` for a whole binary; give each test its own
//! [`new_database`](TestClickHouse::new_database) then.
//!
//! `make engines` installs what this needs; without it the tests fail and do not skip.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "test support: a machine without engines must end the test, with a text"
)]

use std::ffi::c_int;
use std::future::Future;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use stratum_engines::{ClickHouseEngine, EngineSettings, StateFolder};
use tokio::runtime::{Builder, Runtime};

const PASSWORD: &str = "test";
const ANSWER_WAIT: Duration = Duration::from_secs(60);

/// The folder `docker/engines/install` fills: `STRATUM_ENGINES`, else under the user's cache.
pub fn engines_folder() -> PathBuf {
    let chosen = std::env::var_os("STRATUM_ENGINES").map(PathBuf::from);
    let home = std::env::var_os("HOME").map(PathBuf::from);
    chosen
        .or_else(|| home.map(|home| home.join(".cache/stratum/engines")))
        .expect("neither STRATUM_ENGINES nor HOME is set")
}

/// An installed engine's file or folder; ends the test when it is not there.
pub(super) fn installed(part: &str) -> PathBuf {
    let path = engines_folder().join(part);
    assert!(path.exists(), "{} is not installed: run make engines", path.display());
    path
}

/// Ports nobody listens on at this moment. All are held until all are known, so they differ.
pub(super) fn free_ports<const N: usize>() -> [u16; N] {
    let held = std::array::from_fn::<_, N, _>(|_| {
        TcpListener::bind(("127.0.0.1", 0)).expect("a loopback port from the OS")
    });
    held.map(|listener| listener.local_addr().expect("a bound listener's address").port())
}

/// A folder under the system's temporary one, with the process that works in it. When the owner
/// drops it, or dies in any way, a watching shell kills that process and removes the folder: a
/// `static` is never dropped, and kill -9 runs no destructor.
pub(super) struct Guard {
    folder: PathBuf,
    watcher: Child,
    held_open: Option<ChildStdin>,
}

impl Guard {
    pub(super) fn new(name: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder =
            std::env::temp_dir().join(format!("stratum-{name}-{}-{count}", std::process::id()));
        // A leftover of an earlier process with this id.
        std::fs::remove_dir_all(&folder).ok();
        std::fs::create_dir_all(&folder).expect("a temporary folder");
        let script = r#"cat >/dev/null
            if [ -s "$1/pid" ]; then kill -9 "$(cat "$1/pid")" 2>/dev/null; fi
            rm -rf "$1" || { sleep 1; rm -rf "$1"; }"#;
        let mut watcher = own_group(Command::new("sh").args(["-c", script, "guard"]).arg(&folder))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("sh");
        let held_open = watcher.stdin.take();
        Self { folder, watcher, held_open }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Names the process to kill when the owner dies; `None` once it has ended.
    pub(super) fn watch(&self, process: Option<u32>) {
        let text = process.map(|process| process.to_string()).unwrap_or_default();
        std::fs::write(self.folder.join("pid"), text).expect("writing the pid file");
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.held_open.take());
        self.watcher.wait().ok();
    }
}

/// Ctrl-C in the terminal reaches the test process alone, which ends its engines in order.
pub(super) fn own_group(command: &mut Command) -> &mut Command {
    use std::os::unix::process::CommandExt;
    command.process_group(0)
}

pub(super) fn signal(process: u32, signal: c_int) {
    // SAFETY: kill takes plain integers; a child that was not waited for keeps its id.
    unsafe { libc::kill(process.cast_signed(), signal) };
}

/// Waits for the end of `child`, bounded; past the bound the test ends.
pub(super) fn wait_for_end(child: &mut Child, wait: Duration, name: &str) {
    let until = Instant::now() + wait;
    while child.try_wait().expect("waiting for a child").is_none() {
        assert!(Instant::now() < until, "{name} did not end within {wait:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The last lines of a log file, for the text of a failed start.
pub(super) fn tail(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let start = text.len().saturating_sub(4_000);
    String::from_utf8_lossy(text.get(start..).unwrap_or_default()).into_owned()
}

/// Where the engines' supervisors run: a test's own runtime ends before an engine that others share.
fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(1).enable_all().build().expect("a runtime for engines")
    })
}

/// Blocks this thread, of whatever runtime it is, until `work` is done by [`runtime`].
fn wait_for<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let (done, result) = std::sync::mpsc::channel();
    runtime().spawn(async move { done.send(work.await).ok() });
    result.recv().expect("work on an engine")
}

/// A ClickHouse of one node on a loopback port, with the users and the database of production, and
/// started as there.
pub struct TestClickHouse {
    guard: Guard,
    folder: StateFolder,
    settings: EngineSettings,
    url: String,
    engine: Option<ClickHouseEngine>,
}

impl TestClickHouse {
    /// Starts an engine on an empty folder; `child_test` is the full name of the test that calls
    /// [`clickhouse_child`] in the running test binary, empty where its `main` does.
    pub fn start(child_test: &str) -> Self {
        let guard = Guard::new("clickhouse");
        let path = guard.folder().to_owned();
        let home = path.join("clickhouse");
        std::fs::create_dir_all(&home).expect("the engine's folder");
        for user in ["admin", "app", "ro"] {
            std::fs::write(home.join(format!("{user}.password")), PASSWORD).expect("a password");
        }
        let folder = wait_for(async move { StateFolder::open(&path).await });
        let arguments: &[&str] = match child_test {
            "" => &[],
            test => &[test, "--exact", "--nocapture"],
        };
        let settings = EngineSettings {
            engines: Some(engines_folder()),
            clickhouse_mark_cache_bytes_max: 128 << 20,
            child_program: Some(std::env::current_exe().expect("the path of the test binary")),
            child_arguments: arguments.iter().map(Into::into).collect(),
            ..EngineSettings::default()
        };
        let folder = folder.expect("the engine's folder");
        let mut engine = Self { guard, folder, settings, url: String::new(), engine: None };
        engine.restart();
        engine
    }

    /// `http://127.0.0.1:PORT`; the same over restarts.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// The id of the engine's process.
    pub fn pid(&self) -> u32 {
        self.engine.as_ref().expect("a running engine").pid()
    }

    /// The user the roles use: everything in [`database`](Self::database), nothing outside.
    pub fn user(&self) -> &'static str {
        "app"
    }

    /// The user that may read [`database`](Self::database) and nothing else.
    pub fn read_only_user(&self) -> &'static str {
        "ro"
    }

    /// The user that may do everything, in databases of [`new_database`](Self::new_database) too.
    pub fn admin_user(&self) -> &'static str {
        "admin"
    }

    /// The password of all three users.
    pub fn password(&self) -> &'static str {
        PASSWORD
    }

    /// The database of production, present and empty from the start.
    pub fn database(&self) -> &'static str {
        "stratum"
    }

    /// A fresh empty database for one test on a shared engine; only the admin may use it.
    pub fn new_database(&self) -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        self.execute(&format!("CREATE DATABASE {name} ENGINE = Atomic"));
        name
    }

    /// Runs one statement as the admin and returns the body of the answer.
    pub fn execute(&self, statement: &str) -> String {
        match self.ask(statement) {
            Ok((200, body)) => body,
            other => panic!("{statement}: {other:?}"),
        }
    }

    /// Ends the engine with kill -9, as a crash would; the data stays for [`restart`](Self::restart).
    pub fn kill(&mut self) {
        if let Some(engine) = &self.engine {
            signal(engine.pid(), libc::SIGKILL);
        }
        self.stop();
    }

    /// Ends the engine cleanly; the data stays for [`restart`](Self::restart).
    pub fn stop(&mut self) {
        if let Some(engine) = self.engine.take() {
            wait_for(engine.stop());
            self.guard.watch(None);
        }
    }

    /// Stops every thread of the engine until [`resume`](Self::resume): connections hang.
    pub fn pause(&self) {
        signal(self.pid(), libc::SIGSTOP);
    }

    /// Lets a paused engine go on.
    pub fn resume(&self) {
        signal(self.pid(), libc::SIGCONT);
    }

    /// Starts the engine again on the same data and port, after [`stop`](Self::stop) or
    /// [`kill`](Self::kill); a running one is stopped first.
    pub fn restart(&mut self) {
        self.stop();
        let (folder, settings) = (self.folder.clone(), self.settings.clone());
        let started = wait_for(async move { ClickHouseEngine::start(&folder, &settings).await });
        let engine = started.unwrap_or_else(|error| {
            panic!("ClickHouse: {error:#}; does the test named for it call clickhouse_child()?")
        });
        self.guard.watch(Some(engine.pid()));
        engine.url().clone_into(&mut self.url);
        self.engine = Some(engine);
    }

    fn ask(&self, statement: &str) -> std::io::Result<(u16, String)> {
        let mut stream = TcpStream::connect(self.url.trim_start_matches("http://"))?;
        stream.set_read_timeout(Some(ANSWER_WAIT))?;
        // HTTP/1.0: one answer, not chunked, then the connection is closed.
        write!(
            stream,
            "POST / HTTP/1.0\r\nX-ClickHouse-User: admin\r\nX-ClickHouse-Key: {}\r\n\
             Content-Length: {}\r\n\r\n{statement}",
            PASSWORD,
            statement.len()
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let status = answer.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
        let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
        Ok((status, body.unwrap_or(answer)))
    }
}

impl Drop for TestClickHouse {
    fn drop(&mut self) {
        // No clean stop: the folder goes anyway, and a panic here would hide the test's own.
        if let Some(engine) = &self.engine {
            signal(engine.pid(), libc::SIGKILL);
        }
    }
}

/// Runs the engine in this process if it was started by [`TestClickHouse`], and then does not
/// return; in an ordinary run of the tests it does nothing.
pub fn clickhouse_child() {
    stratum_engines::run_child_if_asked();
}

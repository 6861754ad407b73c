//! A real ClickHouse for the tests of any crate, without Docker and without the `stratum` binary:
//! the test binary runs itself again as the engine's process.
//!
//! ```text
//! // Once in the crate's integration binary, here in module `warehouse`:
//! #[test]
//! fn clickhouse_child() {
//!     stratum_models::testing::engines::clickhouse_child();
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

#[path = "../../../docker/engines/clickhouse/engine.rs"]
mod engine;

use std::ffi::c_int;
use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use engine::{CREATE_DATABASE_SQL, Engine, LANDLOCK_NEWEST, terminal};

const CHILD_VARIABLE: &str = "STRATUM_TEST_CLICKHOUSE";
const PASSWORD: &str = "test";
const PASSWORD_SHA256: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const READY_WAIT: Duration = Duration::from_secs(30);
const STOP_WAIT: Duration = Duration::from_secs(15);
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
    pub(super) fn watch(&self, process: Option<&Child>) {
        let text = process.map(|child| child.id().to_string()).unwrap_or_default();
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

pub(super) fn signal(child: &Child, signal: c_int) {
    // SAFETY: kill takes plain integers; the child was not waited for, so its id is still its own.
    unsafe { libc::kill(child.id().cast_signed(), signal) };
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

/// A ClickHouse of one node on a loopback port, with the users and the database of production.
pub struct TestClickHouse {
    guard: Guard,
    child_test: String,
    port: u16,
    /// Its process, and our end of the terminal that is its standard input.
    child: Option<(Child, OwnedFd)>,
}

impl TestClickHouse {
    /// Starts an engine on an empty folder; `child_test` is the full name of the test that calls
    /// [`clickhouse_child`] in the running test binary.
    pub fn start(child_test: &str) -> Self {
        let [port] = free_ports();
        let guard = Guard::new("clickhouse");
        let mut engine = Self { guard, child_test: child_test.to_owned(), port, child: None };
        engine.restart();
        engine
    }

    /// `http://127.0.0.1:PORT`; the same over restarts.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
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
        if let Some((mut child, line)) = self.child.take() {
            child.kill().expect("kill -9 of the engine");
            child.wait().expect("the killed engine's end");
            drop(line);
            self.guard.watch(None);
        }
    }

    /// Ends the engine cleanly; the data stays for [`restart`](Self::restart).
    pub fn stop(&mut self) {
        if let Some((mut child, line)) = self.child.take() {
            drop(line);
            wait_for_end(&mut child, STOP_WAIT, "ClickHouse");
            self.guard.watch(None);
        }
    }

    /// Stops every thread of the engine until [`resume`](Self::resume): connections hang.
    pub fn pause(&self) {
        self.signal_child(libc::SIGSTOP);
    }

    /// Lets a paused engine go on.
    pub fn resume(&self) {
        self.signal_child(libc::SIGCONT);
    }

    /// Starts the engine again on the same data and port, after [`stop`](Self::stop) or
    /// [`kill`](Self::kill); a running one is stopped first.
    pub fn restart(&mut self) {
        self.stop();
        let (mut child, line) = self.spawn();
        self.guard.watch(Some(&child));
        self.wait_until_ready(&mut child);
        self.child = Some((child, line));
        self.execute(CREATE_DATABASE_SQL);
    }

    fn signal_child(&self, number: c_int) {
        let (child, _) = self.child.as_ref().expect("a running engine");
        signal(child, number);
    }

    fn log(&self) -> PathBuf {
        self.guard.folder().join("log")
    }

    fn spawn(&self) -> (Child, OwnedFd) {
        let engine = Engine {
            library: installed("clickhouse/libchdb.so"),
            home: self.guard.folder().to_owned(),
            port: self.port,
            may_lack_fence: false,
            landlock_newest: LANDLOCK_NEWEST,
        };
        engine.prepare().expect("the engine's folder");
        let (line, stdin) = terminal().expect("a pseudo-terminal");
        let log = File::create(self.log()).expect("the engine's log");
        let program = std::env::current_exe().expect("the path of the test binary");
        let task = serde_json::to_string(&engine).expect("an engine as JSON");
        let child = own_group(&mut Command::new(program))
            .args([&self.child_test, "--exact", "--nocapture", "--include-ignored"])
            .env(CHILD_VARIABLE, task)
            // The engine's main runs on a test thread here.
            .env("RUST_MIN_STACK", (16 << 20).to_string())
            .envs(engine.environment())
            .env("STRATUM_CLICKHOUSE_MARK_CACHE_BYTES", (128 << 20).to_string())
            .env("STRATUM_CLICKHOUSE_MEMORY_BYTES", (4_u64 << 30).to_string())
            .envs(["ADMIN", "APP", "RO"].map(|user| (sha256_variable(user), PASSWORD_SHA256)))
            .stdin(stdin)
            .stdout(log.try_clone().expect("the log a second time"))
            .stderr(log)
            .spawn()
            .expect("the test binary runs as a child");
        (child, line)
    }

    fn wait_until_ready(&self, child: &mut Child) {
        let until = Instant::now() + READY_WAIT;
        while !matches!(self.ask("SELECT 1"), Ok((200, _))) {
            if let Some(status) = child.try_wait().expect("waiting for the engine") {
                panic!(
                    "ClickHouse ended at its start ({status}); is {} the name of the test that \
                     calls clickhouse_child()? Its log:\n{}",
                    self.child_test,
                    tail(&self.log())
                );
            }
            if Instant::now() > until {
                child.kill().ok();
                panic!("ClickHouse was not ready in {READY_WAIT:?}:\n{}", tail(&self.log()));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn ask(&self, statement: &str) -> std::io::Result<(u16, String)> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
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
        if let Some((mut child, _line)) = self.child.take() {
            child.kill().ok();
            child.wait().ok();
        }
    }
}

fn sha256_variable(user: &str) -> String {
    format!("STRATUM_CLICKHOUSE_{user}_SHA256")
}

/// Runs the engine in this process if it was started by [`TestClickHouse`], and then does not
/// return; in an ordinary run of the tests it does nothing.
pub fn clickhouse_child() {
    let Ok(task) = std::env::var(CHILD_VARIABLE) else { return };
    let engine: Engine = serde_json::from_str(&task).expect("an engine as JSON");
    let status = match engine.run() {
        Ok(()) => 0,
        Err(error) => {
            writeln!(std::io::stderr(), "{error}").ok();
            1
        }
    };
    // _exit: the engine is shut down, and its static destructors are not made for a host program.
    // SAFETY: ends the process.
    unsafe { libc::_exit(status) };
}

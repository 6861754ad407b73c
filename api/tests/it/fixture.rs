//! A running Stratum: the real binary, `stratum up`, on embedded engines in a folder of its own.
//!
//! ```text
//! let mut stratum = Stratum::start(&[("STRATUM__ingest__events_max", "10")]).await; // env of the process
//! let tenant = stratum.create_tenant("Nile Souq", "Africa/Cairo", "EGP").await;
//! tenant.create_dataset("meta", "1234").await;
//! let key = tenant.create_ingest_key().await; // open at once
//! let token = tenant.sign_in().await;
//! let kpis = stratum.get("/api/v1/analytics/kpis", &token).await;
//! stratum.kill().await; // kill -9 of the program; its engines end by themselves
//! stratum.restart().await; // the same data, the same address
//! stratum.stop().await; // TERM, and it must end well
//! ```
//!
//! It ends with the test, also when the test binary is killed. What it printed is in
//! [`Stratum::output`], and shown when it cannot start.

mod tenant;
mod template;
mod stores;
mod second;
mod operation;

use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use tempfile::TempDir;

pub use second::Second;
pub use tenant::TestTenant;

/// Engines start in seconds; a machine full of tests is slow.
const READY_WAIT: Duration = Duration::from_secs(120);
const END_WAIT: Duration = Duration::from_secs(60);
const POLL_EVERY: Duration = Duration::from_millis(50);

/// What every user of a fixture signs in with.
pub const PASSWORD: &str = "Corr3ct-horse-battery";

/// A running Stratum.
pub struct Stratum {
    folder: TempDir,
    data: PathBuf,
    env: Vec<(String, String)>,
    child: Option<Child>,
    url: String,
    client: reqwest::Client,
}

impl Stratum {
    /// Settings of a door that holds two requests at once.
    pub const TINY_DOOR: &[(&str, &str)] = &[("STRATUM__ingest__requests_in_flight_max", "2")];

    /// Starts with these environment variables as on an empty folder, and waits until it is ready. What a first
    /// start does is done once for all tests of a run, but for those with stores or keys of their own.
    pub async fn start(env: &[(&str, &str)]) -> Stratum {
        let mut stratum = Stratum::prepare(env);
        if !env.iter().any(|(name, _)| template::is_of_first_start(name)) {
            template::copy_to(&stratum.data).await;
        }
        stratum.launch().await;
        stratum
    }

    /// Starts on an empty folder with these environment variables, and waits until it is ready.
    pub async fn start_empty(env: &[(&str, &str)]) -> Stratum {
        let mut stratum = Stratum::prepare(env);
        stratum.launch().await;
        stratum
    }

    fn prepare(env: &[(&str, &str)]) -> Stratum {
        // Postgres' own user must be able to pass the folder.
        let mut folder = tempfile::Builder::new();
        let folder = folder.permissions(Permissions::from_mode(0o755)).tempdir();
        let folder = folder.expect("a temporary folder");
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(30));
        let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Stratum {
            data: folder.path().join("data"),
            folder,
            env: env.collect(),
            child: None,
            url: "http://127.0.0.1:0".into(),
            client: client.build().expect("an HTTP client"),
        }
    }

    /// `http://127.0.0.1:PORT`, the same for the fixture's whole life.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The id of the program's process.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("it runs").id()
    }

    /// The folder with all of its data.
    pub fn data_folder(&self) -> &Path {
        &self.data
    }

    /// Everything that the program printed so far, over all of its starts.
    pub fn output(&self) -> String {
        let read = |name| std::fs::read(self.folder.path().join(name)).unwrap_or_default();
        let both = [read("stdout"), read("stderr")].concat();
        String::from_utf8_lossy(&both).into_owned()
    }

    /// What the program printed to stdout.
    pub fn stdout(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("stdout")).expect("stdout")
    }

    /// kill -9.
    pub async fn kill(&mut self) {
        let mut child = self.child.take().expect("it runs");
        child.kill().expect("kill -9");
        child.wait().expect("its end");
    }

    /// Sets an environment variable of its commands, and of its process from the next start on.
    pub fn set_env(&mut self, name: &str, value: &str) {
        self.env.retain(|(known, _)| known != name);
        self.env.push((name.to_owned(), value.to_owned()));
    }

    /// Starts again on the same data and the same address, and waits until it is ready.
    pub async fn restart(&mut self) {
        assert!(self.child.is_none(), "it runs already");
        self.launch().await;
    }

    /// Takes another data folder from here on, of commands and of the next start.
    pub fn move_to(&mut self, data: PathBuf) {
        assert!(self.child.is_none(), "it runs on the other one");
        self.data = data;
    }

    /// Ends it in order.
    pub async fn stop(&mut self) {
        let mut child = self.child.take().expect("it runs");
        signal(&child, Signal::SIGTERM);
        let status = ended(&mut child).await;
        assert!(status.success(), "it ended with {status}:\n{}", self.output());
    }

    /// Waits until every store answers.
    pub async fn wait_until_ready(&self) {
        let ready = async || {
            let answer = self.client.get(format!("{}/health/ready", self.url)).send().await;
            answer.is_ok_and(|answer| answer.status().is_success()).then_some(())
        };
        eventually("the stores do not answer", READY_WAIT, ready).await;
    }

    async fn launch(&mut self) {
        let address_file = self.data_folder().join("address");
        std::fs::remove_file(&address_file).ok();
        let log = |name| {
            let path = self.folder.path().join(name);
            File::options().create(true).append(true).open(path).expect("a file for output")
        };
        let mut command = self.command();
        command.args(["up", "--listen", self.url.trim_start_matches("http://")]);
        command.stdin(Stdio::null()).stdout(log("stdout")).stderr(log("stderr"));
        self.child = Some(spawn(command));
        let until = Instant::now() + READY_WAIT;
        self.url = loop {
            if let Ok(address) = std::fs::read_to_string(&address_file) {
                break address.trim().to_owned();
            }
            let ended = self.child.as_mut().and_then(|child| child.try_wait().expect("a child"));
            assert!(ended.is_none(), "it ended with {ended:?}:\n{}", self.output());
            assert!(Instant::now() < until, "no address in {READY_WAIT:?}:\n{}", self.output());
            tokio::time::sleep(POLL_EVERY).await;
        };
        self.wait_until_ready().await;
    }

    fn command(&self) -> Command {
        let mut command = stratum();
        command.arg("--data").arg(self.data_folder());
        command.env("STRATUM__server__operation_listen", "127.0.0.1:0");
        // Tests wait for figures more often than they count what a commit costs.
        command.env("STRATUM__pipeline__batch__wait_ms_max", "200");
        // No test asks a platform on the internet.
        for platform in ["meta", "google", "google_token", "tiktok", "snapchat", "snapchat_token"] {
            command.env(format!("STRATUM__pull__urls__{platform}"), "http://127.0.0.1:9");
        }
        for platform in ["meta", "tiktok", "snapchat", "pinterest", "linkedin", "ga4"] {
            command.env(format!("STRATUM__deliver__urls__{platform}"), "http://127.0.0.1:9");
        }
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    /// What a command of the binary prints, on this data folder, with `input` on its stdin.
    pub async fn run(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = self.command();
        command.args(arguments);
        let input = input.to_owned();
        let run = tokio::task::spawn_blocking(move || run(command, &input));
        run.await.expect("a command")
    }

    /// What `stratum admin …` prints; it must succeed.
    pub async fn admin(&self, arguments: &[&str], input: &str) -> String {
        let output = self.run(&[&["admin"], arguments].concat(), input).await;
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "admin {arguments:?}: {stderr}");
        String::from_utf8(output.stdout).expect("text")
    }

    /// Every row of a topic as JSON lines, up to what is there now.
    pub async fn tail(&self, topic: &str) -> String {
        let arguments = ["tail", "--topic", topic, "--from", "start", "--no-follow"];
        let output = self.run(&arguments, "").await;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    /// Makes a tenant.
    pub async fn create_tenant(
        &self,
        name: &str,
        time_zone: &str,
        currency: &str,
    ) -> TestTenant<'_> {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let slug = format!("tenant-{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let (zone, money) = (["--time-zone", time_zone], ["--currency", currency]);
        let create = ["tenant", "create", "--slug", &slug, "--name", name];
        self.admin(&[&create[..], &zone, &money].concat(), "").await;
        TestTenant { stratum: self, slug }
    }

    /// Signs in; the whole answer.
    pub async fn login(&self, email: &str, password: &str) -> (u16, Value) {
        let request = self.client.post(format!("{}/api/v1/auth/login", self.url));
        self.answer(request.json(&json!({"email": email, "password": password}))).await
    }

    /// What a path answers to a user.
    pub async fn get(&self, path: &str, token: &str) -> (u16, Value) {
        let request = self.client.get(format!("{}{path}", self.url));
        self.answer(request.bearer_auth(token)).await
    }

    /// What a path answers to a sender with this key.
    pub async fn post(&self, path: &str, key: &str, body: &Value) -> (u16, Value) {
        let request = self.client.post(format!("{}{path}", self.url));
        self.answer(request.bearer_auth(key).json(body)).await
    }

    /// Status and JSON body of the answer to any request.
    pub async fn answer(&self, request: reqwest::RequestBuilder) -> (u16, Value) {
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        let text = answer.text().await.expect("a whole answer");
        let body = serde_json::from_str(&text);
        (status, body.unwrap_or_else(|_| panic!("no JSON with status {status}: {text}")))
    }

    /// A client for requests of another kind.
    pub fn client(&self) -> &reqwest::Client {
        &self.client
    }
}

impl Drop for Stratum {
    fn drop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        signal(&child, Signal::SIGTERM);
        let until = Instant::now() + END_WAIT;
        while Instant::now() < until && !matches!(child.try_wait(), Ok(Some(_))) {
            std::thread::sleep(POLL_EVERY);
        }
        child.kill().ok();
        child.wait().ok();
    }
}

/// The binary, in an environment that holds nothing of ours.
pub fn stratum() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stratum"));
    for (name, _) in std::env::vars_os() {
        let known = [
            "KAFKA_BROKERS",
            "CLICKHOUSE_URL",
            "DATABASE_URL",
            "DATABASE_MIGRATION_URL",
            "RUST_LOG",
            "PII_ENCRYPTION_KEY",
            "SMTP_HOST",
            "SENTRY_DSN",
            "ML_PROVIDER",
        ];
        let text = name.to_string_lossy();
        let ours = text.starts_with("STRATUM_") && text != "STRATUM_ENGINES";
        let mail = text.starts_with("SMTP_");
        if ours || mail || text.ends_with("SECRET_KEY") || known.contains(&text.as_ref()) {
            command.env_remove(&name);
        }
    }
    // Nobody outside this machine is asked.
    command.env("STRATUM__exchange_rates__enabled", "false");
    command
}

/// Runs a command to its end.
pub fn run(mut command: Command, input: &str) -> Output {
    use std::io::Write as _;
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = spawn(command);
    child.stdin.take().expect("stdin").write_all(input.as_bytes()).ok();
    child.wait_with_output().expect("output")
}

/// The value that `look` finds, once it does; it is asked again and again until `patience` ends.
pub async fn eventually<T>(
    what: &str,
    patience: Duration,
    mut look: impl AsyncFnMut() -> Option<T>,
) -> T {
    let until = Instant::now() + patience;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < until, "after {patience:?}: {what}");
        tokio::time::sleep(POLL_EVERY).await;
    }
}

/// Spawns a child that ends with this process, however that ends. Such a bond is to the thread that
/// spawns, so it is one that lives as long as the process.
pub fn spawn(mut command: Command) -> Child {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let die_with_us = || Ok(nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?);
        // SAFETY: one system call, which is allowed between fork and exec.
        unsafe { command.pre_exec(die_with_us) };
        sender.send(command.spawn()).ok();
        loop {
            std::thread::park();
        }
    });
    receiver.recv().expect("a thread").expect("a child")
}

fn signal(child: &Child, signal: Signal) {
    kill(Pid::from_raw(i32::try_from(child.id()).expect("a pid")), signal).ok();
}

async fn ended(child: &mut Child) -> ExitStatus {
    eventually("it did not end", END_WAIT, async || child.try_wait().expect("a child")).await
}

/// The names in a folder.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder").flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

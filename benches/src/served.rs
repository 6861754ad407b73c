//! The program itself, as it is served: `stratum up` on the embedded engines, in a folder of its own.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

const READY_WAIT: Duration = Duration::from_secs(120);
const EMAIL: &str = "bench@example.com";
const PASSWORD: &str = "Corr3ct-horse-battery";
/// The dataset that takes the bench's events.
pub const DATASET: &str = "4711";
/// Limits would be measured, not answers.
const UNLIMITED: [&str; 4] = ["client_per_s", "caller_per_s", "tenant_per_s", "sign_in_per_min"];

/// A running program; it ends with this.
pub struct RunningProgram {
    folder: TempDir,
    program: PathBuf,
    child: Child,
    /// `127.0.0.1:port`.
    pub address: String,
}

impl RunningProgram {
    /// Starts the program that was built beside this one, with these settings, and makes a tenant.
    pub async fn start(settings: &[(&str, &str)]) -> Result<RunningProgram> {
        let program = std::env::current_exe()?.with_file_name("stratum");
        ensure!(
            program.exists(),
            "build it first: cargo build --release -p stratum-api -p stratum-benches"
        );
        let folder = tempfile::Builder::new().prefix("bench").tempdir()?;
        // Postgres' own user must be able to pass the folder.
        std::fs::set_permissions(
            folder.path(),
            std::os::unix::fs::PermissionsExt::from_mode(0o755),
        )?;
        let mut command = Command::new(&program);
        command.arg("--data").arg(folder.path().join("data")).args([
            "up",
            "--listen",
            "127.0.0.1:0",
        ]);
        // Clients of a benchmark all come from here, and several run at once.
        command.env("STRATUM__server__connections_per_address_max", "10000");
        command.env("STRATUM__server__operation_listen", "");
        for limit in UNLIMITED {
            command.env(format!("STRATUM__http__limits__{limit}"), "0");
        }
        command.envs(settings.iter().copied());
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let mut served = RunningProgram { folder, program, child, address: String::new() };
        served.address = served.wait_for_address().await?;
        served.admin(&["tenant", "create", "--slug", "bench", "--name", "Bench"], "")?;
        let user = ["user", "create", "--tenant", "bench", "--email", EMAIL, "--role", "admin"];
        served.admin(&user, PASSWORD)?;
        let dataset =
            ["dataset", "create", "--tenant", "bench", "--platform", "meta", "--id", DATASET];
        served.admin(&dataset, "")?;
        Ok(served)
    }

    async fn wait_for_address(&mut self) -> Result<String> {
        let (file, until) = (self.folder.path().join("data/address"), Instant::now() + READY_WAIT);
        loop {
            if let Ok(address) = std::fs::read_to_string(&file) {
                return Ok(address.trim().trim_start_matches("http://").to_owned());
            }
            ensure!(self.child.try_wait()?.is_none(), "the program ended");
            ensure!(Instant::now() < until, "the program does not start");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// What an admin command prints.
    pub fn admin(&self, arguments: &[&str], input: &str) -> Result<String> {
        use std::io::Write as _;
        let mut command = Command::new(&self.program);
        command.arg("--data").arg(self.folder.path().join("data")).arg("admin").args(arguments);
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn()?;
        child.stdin.take().context("no stdin")?.write_all(input.as_bytes())?;
        let output = child.wait_with_output()?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "admin {arguments:?}: {complaint}");
        Ok(String::from_utf8(output.stdout)?)
    }

    /// An access token of the tenant's admin.
    pub async fn sign_in(&self) -> Result<String> {
        let url = format!("http://{}/api/v1/auth/login", self.address);
        let body = json!({"email": EMAIL, "password": PASSWORD});
        let client = reqwest::Client::builder().no_proxy().build()?;
        let answer: Value = client.post(url).json(&body).send().await?.json().await?;
        let token = answer["data"]["access_token"].as_str();
        Ok(token.with_context(|| format!("no token: {answer}"))?.to_owned())
    }

    /// The folder of its data.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// What a command beside it prints.
    pub fn run(&self, arguments: &[&str]) -> Result<String> {
        let output =
            Command::new(&self.program).arg("--data").arg(self.data()).args(arguments).output()?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{arguments:?}: {complaint}");
        Ok(String::from_utf8(output.stdout)?)
    }

    /// The id of the tenant.
    pub async fn tenant(&self, token: &str) -> Result<u64> {
        let url = format!("http://{}/api/v1/auth/me", self.address);
        let client = reqwest::Client::builder().no_proxy().build()?;
        let answer: Value = client.get(url).bearer_auth(token).send().await?.json().await?;
        answer["data"]["tenant"]["id"].as_u64().with_context(|| format!("no tenant: {answer}"))
    }

    /// The id of the program's process, without its engines.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Resident memory of that process, in bytes.
    pub fn resident(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        Ok(kilobytes.context("no resident memory")? * 1024)
    }
}

impl Drop for RunningProgram {
    fn drop(&mut self) {
        // The engines notice that their parent is gone.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

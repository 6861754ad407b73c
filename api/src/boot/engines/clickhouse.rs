//! ClickHouse: the library in a child of ours, or `clickhouse server` from the PATH.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use futures::FutureExt;
use sha2::{Digest, Sha256};

use super::EngineSettings;
use super::child::ChildTask;
use super::folder::{self, StateFolder};
use super::supervisor::{Blueprint, Supervisor};

const CONFIG_XML: &str = include_str!("../../../../docker/engines/clickhouse/config.xml");
const USERS_XML: &str = include_str!("../../../../docker/engines/clickhouse/users.xml");
const SERVE_SQL: &str = include_str!("../../../../docker/engines/clickhouse/serve.sql");
const CREATE_DATABASE_SQL: &str =
    include_str!("../../../../docker/engines/clickhouse/create_database.sql");

const ADMIN: &str = "admin";
const APP: &str = "app";
const READ_ONLY: &str = "ro";
const DATABASE: &str = "stratum";
const ANSWER_WAIT: Duration = Duration::from_secs(10);

/// A running ClickHouse of this process.
#[derive(Debug)]
pub struct ClickHouseEngine {
    supervisor: Supervisor,
    url: String,
    app_password: String,
    read_only_password: String,
}

impl ClickHouseEngine {
    /// Starts the engine on the folder's data and returns when the database is there.
    pub async fn start(
        folder: &StateFolder,
        settings: &EngineSettings,
    ) -> Result<ClickHouseEngine> {
        let home = folder.engine("clickhouse", 0o700)?;
        let password = |user| folder::password(&home.join(format!("{user}.password")));
        let passwords =
            [(ADMIN, password(ADMIN)?), (APP, password(APP)?), (READ_ONLY, password(READ_ONLY)?)];
        let port = folder::port(&home.join("port"))?;
        let url = format!("http://127.0.0.1:{port}");
        // A connection kept for later would hold up the engine's end.
        let client = reqwest::Client::builder()
            .timeout(ANSWER_WAIT)
            .no_proxy()
            .pool_max_idle_per_host(0)
            .build()?;
        let ready = {
            let client = client.clone();
            let ping = format!("{url}/ping");
            move || is_ok(client.clone(), ping.clone()).boxed()
        };
        let blueprint = Blueprint {
            name: "clickhouse",
            task: task(&home, port, settings)?,
            environment: environment(&home, &passwords, settings),
            prepare: Box::new(move || prepare(&home)),
            ready: Box::new(ready),
            settings: settings.clone(),
            lock: folder.engines_lock(),
        };
        let supervisor = Supervisor::start(blueprint).await?;
        let [(_, admin_password), (_, app_password), (_, read_only_password)] = passwords;
        create_database(&client, &url, &admin_password).await?;
        Ok(ClickHouseEngine { supervisor, url, app_password, read_only_password })
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The database of the engine; all its tables are ours.
    pub fn database(&self) -> &'static str {
        DATABASE
    }

    /// The user that owns the tables of [`database`](Self::database), and its password.
    pub fn app(&self) -> (&'static str, &str) {
        (APP, &self.app_password)
    }

    /// The user that may read [`database`](Self::database), and its password.
    pub fn read_only(&self) -> (&'static str, &str) {
        (READ_ONLY, &self.read_only_password)
    }

    /// The id of the engine's process; another one after it died and was started again.
    pub fn pid(&self) -> u32 {
        self.supervisor.pid()
    }

    /// Ends the engine in order and returns when it is gone. Drop the clients first: it waits five
    /// seconds for connections that are kept alive, used or not.
    pub async fn stop(self) {
        self.supervisor.stop().await;
    }
}

fn task(home: &Path, port: u16, settings: &EngineSettings) -> Result<ChildTask> {
    let config = home.join("config.xml");
    let data = home.join("data");
    let common = [
        format!("--path={}", data.display()),
        "--listen_host=127.0.0.1".to_owned(),
        format!("--http_port={port}"),
    ];
    if let Some(path) = library(settings)? {
        let mut arguments = vec![
            format!("--config-file={}", config.display()),
            // The level in a config file is read and ignored.
            "--log-level=warning".to_owned(),
            format!("--query={SERVE_SQL}"),
        ];
        arguments.extend(common);
        let readable = vec![config, home.join("users.xml")];
        return Ok(ChildTask::Library { path, arguments, data, readable });
    }
    let Some(path) = on_path("clickhouse") else {
        bail!("no ClickHouse is installed: run make engines, or set the path of libchdb.so");
    };
    let mut arguments = vec![
        "server".to_owned(),
        format!("--config-file={}", config.display()),
        "--".to_owned(),
        "--logger.console=1".to_owned(),
        "--logger.level=warning".to_owned(),
        format!("--user_files_path={}", data.join("user_files").display()),
    ];
    arguments.extend(common);
    Ok(ChildTask::Program { path, arguments, run_as: None, stop_signal: libc::SIGTERM })
}

fn library(settings: &EngineSettings) -> Result<Option<PathBuf>> {
    if let Some(path) = &settings.clickhouse_library {
        ensure!(path.exists(), "there is no ClickHouse library at {}", path.display());
        return Ok(Some(path.clone()));
    }
    let installed = settings.engines_folder().map(|folder| folder.join("clickhouse/libchdb.so"));
    Ok(installed.filter(|path| path.exists()))
}

fn on_path(program: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(program)).find(|path| path.is_file())
}

fn environment(
    home: &Path,
    passwords: &[(&str, String)],
    settings: &EngineSettings,
) -> Vec<(String, String)> {
    let variable = |name: &str, value: String| (format!("STRATUM_CLICKHOUSE_{name}"), value);
    let mut variables = vec![
        variable("USERS", home.join("users.xml").display().to_string()),
        variable("NETWORK", "127.0.0.1".to_owned()),
        variable("MARK_CACHE_BYTES", settings.clickhouse_mark_cache_bytes_max.to_string()),
        variable("MEMORY_BYTES", settings.clickhouse_memory_bytes_max.to_string()),
    ];
    variables.extend(passwords.iter().map(|(user, password)| {
        let digest = Sha256::digest(password.as_bytes());
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        variable(&format!("{}_SHA256", user.to_uppercase()), hex)
    }));
    variables
}

fn prepare(home: &Path) -> Result<()> {
    std::fs::create_dir_all(home.join("data"))?;
    std::fs::write(home.join("config.xml"), CONFIG_XML)?;
    std::fs::write(home.join("users.xml"), USERS_XML)?;
    // Tables of `system` are made anew at each start and would find the old ones' folders.
    match std::fs::remove_dir_all(home.join("data/data/system")) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

async fn is_ok(client: reqwest::Client, url: String) -> bool {
    client.get(url).send().await.is_ok_and(|answer| answer.status().is_success())
}

async fn create_database(client: &reqwest::Client, url: &str, password: &str) -> Result<()> {
    let request = client
        .post(url)
        .header("X-ClickHouse-User", ADMIN)
        .header("X-ClickHouse-Key", password)
        .body(CREATE_DATABASE_SQL);
    let answer = request.send().await.context("creating the ClickHouse database")?;
    let status = answer.status();
    let text = answer.text().await?;
    ensure!(status.is_success(), "creating the ClickHouse database: {text}");
    Ok(())
}

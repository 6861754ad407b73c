//! ClickHouse: the library in a child of ours.

mod backup;
mod engine;
mod fence;
mod writes;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use futures::FutureExt;
use sha2::{Digest, Sha256};

use crate::EngineSettings;
use crate::child::ChildTask;
use crate::folder::{self, StateFolder};
use crate::supervisor::{Blueprint, Supervisor};
pub use backup::ClickHouseFiles;
use engine::CREATE_DATABASE_SQL;
pub(super) use engine::Engine;

const ADMIN: &str = "admin";
const APP: &str = "app";
const READ_ONLY: &str = "ro";
const DATABASE: &str = "stratum";
const ANSWER_WAIT: Duration = Duration::from_secs(10);

/// A running ClickHouse of this process.
#[derive(Debug)]
pub struct ClickHouseEngine {
    supervisor: Supervisor,
    files: ClickHouseFiles,
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
        let home = folder.engine("clickhouse", 0o711)?;
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
        let files = ClickHouseFiles::new(home.clone());
        let engine = Engine {
            library: library(settings)?,
            home,
            port,
            may_lack_fence: settings.clickhouse_unfenced,
            landlock_newest: settings.landlock_newest,
        };
        let blueprint = Blueprint {
            name: "clickhouse",
            task: ChildTask::ClickHouse(engine.clone()),
            environment: environment(&engine, &passwords, settings),
            prepare: Box::new(move || Ok(engine.prepare()?)),
            ready: Box::new(ready),
            settings: settings.clone(),
            lock: folder.engines_lock(),
        };
        let supervisor = Supervisor::start(blueprint).await?;
        let [(_, admin_password), (_, app_password), (_, read_only_password)] = passwords;
        create_database(&client, &url, &admin_password).await?;
        Ok(ClickHouseEngine { supervisor, files, url, app_password, read_only_password })
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

    /// The engine's files, for a backup.
    pub fn files(&self) -> ClickHouseFiles {
        self.files.clone()
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

fn library(settings: &EngineSettings) -> Result<PathBuf> {
    if let Some(path) = &settings.clickhouse_library {
        ensure!(path.exists(), "there is no ClickHouse library at {}", path.display());
        return Ok(path.clone());
    }
    let installed = settings.engines_folder().map(|folder| folder.join("clickhouse/libchdb.so"));
    let installed = installed.filter(|path| path.exists());
    installed.context("no ClickHouse is installed: run make engines, or set the path of libchdb.so")
}

fn environment(
    engine: &Engine,
    passwords: &[(&str, String)],
    settings: &EngineSettings,
) -> Vec<(String, String)> {
    let variable = |name: &str, value: String| (format!("STRATUM_CLICKHOUSE_{name}"), value);
    let mut variables = engine.environment();
    variables.extend([
        variable("MARK_CACHE_BYTES", settings.clickhouse_mark_cache_bytes_max.to_string()),
        variable("MEMORY_BYTES", settings.clickhouse_memory_bytes_max.to_string()),
    ]);
    variables.extend(passwords.iter().map(|(user, password)| {
        let digest = Sha256::digest(password.as_bytes());
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        variable(&format!("{}_SHA256", user.to_uppercase()), hex)
    }));
    variables
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

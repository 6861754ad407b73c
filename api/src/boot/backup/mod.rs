//! Backups of an installation on embedded engines, made while it runs, and their restoration.
//!
//! A backup is a data folder. The order of its parts is what makes them fit: the state first, for what
//! it misses is asked for again; then the warehouse, between two commits; the log last, so that it has
//! every record from the warehouse's checkpoints on.

mod manifest;
mod restore;
mod route;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use stratum_engines::files::{copy_entry, remove_folder, sync};
use stratum_engines::{ClickHouseFiles, PostgresBackup};
use stratum_ingest::log::fjall::FjallLog;
use stratum_query::warehouse::{ClickHouseWarehouse, FROZEN};
use tokio::sync::mpsc::Sender;

use super::kept;
use super::listeners::ADDRESS_FILES;
pub use restore::{RestoreReport, restore};
pub(super) use route::{BackupRoute, router};

use manifest::Manifest;

/// Parts of the data folder that a backup takes in a way of their own, or not at all: locks, and what tells
/// of the running process.
const NOT_COPIED: [&str; 6] = ["log", "clickhouse", "postgres", "secrets", "lock", "engines.lock"];
const STATE_URL: &str = "state.url";

/// A part of a backup, in the order in which they are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Tenants, users, configuration: Postgres.
    State,
    /// Keys, finished exports, and what else the data folder holds.
    Files,
    /// Tables of events and figures: ClickHouse.
    Warehouse,
    /// Records that wait or are kept.
    Log,
    /// Check sums of all files.
    Manifest,
}

/// A line of the answer to the request for a backup.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// Bytes copied of a part so far.
    Copied {
        /// The part.
        step: Step,
        /// Bytes of the part so far.
        bytes: u64,
    },
    /// The backup is whole.
    Finished {
        /// Where it is.
        folder: PathBuf,
        /// Bytes of all files.
        bytes: u64,
        /// Number of files.
        files: u64,
    },
    /// There is no backup.
    Failed {
        /// Why.
        reason: String,
    },
}

/// The sources of a backup; only where every store is embedded.
#[derive(Clone)]
pub struct BackupSources {
    /// The data folder.
    pub data: PathBuf,
    /// The log.
    pub log: Arc<FjallLog>,
    /// The warehouse.
    pub warehouse: ClickHouseWarehouse,
    /// The files of its engine.
    pub clickhouse: ClickHouseFiles,
    /// The state store's engine.
    pub postgres: PostgresBackup,
}

/// The order of a backup.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupOrder {
    /// Where to: a folder that is not there yet, or is empty.
    pub folder: PathBuf,
    /// Whether the keys of the data folder are left out.
    pub without_keys: bool,
}

/// Tells how far a part has come; ends the work once nobody listens.
#[derive(Clone)]
struct Reporter {
    to: Sender<Progress>,
}

impl Reporter {
    fn copied(&self, step: Step, bytes: u64) -> std::io::Result<()> {
        // A line that finds no room is followed by another.
        self.to.try_send(Progress::Copied { step, bytes }).ok();
        match self.to.is_closed() {
            true => Err(std::io::Error::other("nobody waits for the backup any more")),
            false => Ok(()),
        }
    }

    /// Adds the bytes of files up.
    fn adding(&self, step: Step) -> impl FnMut(u64) -> std::io::Result<()> + use<> {
        let (reporter, mut all) = (self.clone(), 0);
        move |bytes| {
            all += bytes;
            reporter.copied(step, all)
        }
    }
}

impl BackupSources {
    /// Makes a backup; nothing stands at its place before it is whole.
    async fn make(&self, order: &BackupOrder, reporter: Reporter) -> Result<Progress> {
        let folder = &order.folder;
        ensure!(folder.is_absolute(), "{} is no absolute path", folder.display());
        ensure!(
            !folder.starts_with(&self.data),
            "{} is within the data folder: a backup is kept elsewhere",
            folder.display()
        );
        check_free(folder)?;
        let partial = partial(folder)?;
        remove_folder(&partial)?;
        kept::make_folder(&partial).with_context(|| format!("making {}", partial.display()))?;
        let made = self.fill(&partial, order.without_keys, &reporter).await;
        let moved = made.and_then(|manifest| {
            remove_folder(folder)?;
            std::fs::rename(&partial, folder)?;
            sync(folder)?;
            Ok(manifest)
        });
        if moved.is_err() {
            self.clickhouse.remove_frozen(FROZEN).ok();
            remove_folder(&partial).ok();
        }
        let manifest = moved?;
        let (bytes, files) = (manifest.bytes(), manifest.files.len() as u64);
        Ok(Progress::Finished { folder: folder.clone(), bytes, files })
    }

    async fn fill(&self, to: &Path, without_keys: bool, reporter: &Reporter) -> Result<Manifest> {
        reporter.copied(Step::State, 0)?;
        let bytes = self.postgres.copy_to(&to.join("postgres")).await.context("the state store")?;
        reporter.copied(Step::State, bytes)?;
        let (from, place) = (self.data.clone(), to.to_owned());
        let advance = reporter.adding(Step::Files);
        blocking(move || copy_files(&from, &place, without_keys, advance)).await?;
        self.clickhouse.remove_frozen(FROZEN)?;
        self.warehouse.freeze().await.context("freezing the tables of the warehouse")?;
        let (files, place) = (self.clickhouse.clone(), to.join("clickhouse"));
        let mut advance = reporter.adding(Step::Warehouse);
        blocking(move || Ok(files.copy_frozen(FROZEN, &place, &mut advance)?))
            .await
            .context("the warehouse")?;
        let (log, place, told) = (self.log.clone(), to.join("log"), reporter.clone());
        blocking(move || {
            kept::make_folder(&place)?;
            log.copy_to(&place, |copied| told.copied(Step::Log, copied.bytes).is_ok())?;
            Ok(())
        })
        .await
        .context("the log")?;
        let (place, advance) = (to.to_owned(), reporter.adding(Step::Manifest));
        blocking(move || {
            let manifest = Manifest::of(&place, !without_keys, advance)?;
            manifest.write(&place)?;
            sync(&place)?;
            Ok(manifest)
        })
        .await
    }
}

/// Copies what belongs to no engine.
fn copy_files(
    from: &Path,
    to: &Path,
    without_keys: bool,
    mut advance: impl FnMut(u64) -> std::io::Result<()>,
) -> Result<()> {
    for entry in std::fs::read_dir(from)? {
        let name = entry?.file_name();
        let mut left_out = NOT_COPIED.iter().chain(&ADDRESS_FILES);
        if !left_out.any(|known| name.to_str() == Some(*known)) {
            copy_entry(&from.join(&name), &to.join(&name), &mut advance)?;
        }
    }
    if !without_keys {
        copy_entry(&from.join("secrets"), &to.join("secrets"), &mut advance)?;
        // Of the running engine only.
        std::fs::remove_file(to.join("secrets").join(STATE_URL)).ok();
    }
    Ok(())
}

/// The folder in which something is made that is not whole yet, beside its place.
fn partial(folder: &Path) -> Result<PathBuf> {
    let name = folder.file_name().and_then(|name| name.to_str());
    let name = name.with_context(|| format!("{} has no name", folder.display()))?;
    Ok(folder.with_file_name(format!(".{name}.partial")))
}

/// `Err` unless nothing is at the place of a folder, or an empty one is.
fn check_free(folder: &Path) -> Result<()> {
    match std::fs::read_dir(folder).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(()),
        Ok(false) => {
            bail!("{} is not empty: name a folder that is not there yet", folder.display())
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error).with_context(|| format!("looking at {}", folder.display())),
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work).await?
}

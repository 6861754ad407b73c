#![doc = include_str!("../README.md")]

pub mod files;
mod folder;
mod terminal;
mod supervisor;
mod child;
mod clickhouse;
#[cfg(feature = "postgres")]
mod postgres;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

pub use child::run_child_if_asked;
pub use clickhouse::{ClickHouseEngine, ClickHouseFiles};
pub use folder::StateFolder;
#[cfg(feature = "postgres")]
pub use postgres::{PostgresBackup, PostgresEngine};
pub use supervisor::RESTARTS;

/// Where the engines' programs are and what they may take. [`Default`] is what production uses.
#[derive(Debug, Clone)]
pub struct EngineSettings {
    /// The folder `docker/engines/install` fills; `None` is `STRATUM_ENGINES`, else
    /// `~/.cache/stratum/engines`.
    pub engines: Option<PathBuf>,
    /// The ClickHouse library; `None` is `clickhouse/libchdb.so` in the engines folder.
    pub clickhouse_library: Option<PathBuf>,
    /// Whether ClickHouse may run without a fence where the kernel has no Landlock that will do, and
    /// we are not root.
    pub clickhouse_unfenced: bool,
    /// The folder of Postgres' programs; `None` is `pg_config --bindir`, else the newest under
    /// `/usr/lib/postgresql`, else `postgres/bin` in the engines folder.
    pub postgres_bin: Option<PathBuf>,
    /// The most bytes that ClickHouse may allocate in all.
    pub clickhouse_memory_bytes_max: u64,
    /// The most bytes that ClickHouse may keep of its tables' marks; its own default is 5 GiB.
    pub clickhouse_mark_cache_bytes_max: u64,
    /// The bytes of tables that Postgres keeps in shared memory.
    pub postgres_buffers_bytes: u64,
    /// The longest time until an engine answers.
    pub ready_wait_max: Duration,
    /// The longest time that an engine may take to end in order, before it is killed.
    pub stop_wait_max: Duration,
    /// The program that runs [`run_child_if_asked`]; `None` is this one.
    pub child_program: Option<PathBuf>,
    /// Arguments of `child_program`; tests name themselves here.
    pub child_arguments: Vec<OsString>,
    /// The newest version of Landlock to use; tests try what older kernels have.
    pub landlock_newest: i32,
}

impl Default for EngineSettings {
    fn default() -> EngineSettings {
        EngineSettings {
            engines: None,
            clickhouse_library: None,
            clickhouse_unfenced: false,
            postgres_bin: None,
            clickhouse_memory_bytes_max: 4 << 30,
            clickhouse_mark_cache_bytes_max: 256 << 20,
            postgres_buffers_bytes: 128 << 20,
            ready_wait_max: Duration::from_secs(60),
            stop_wait_max: Duration::from_secs(20),
            child_program: None,
            child_arguments: Vec::new(),
            landlock_newest: i32::MAX,
        }
    }
}

impl EngineSettings {
    fn engines_folder(&self) -> Option<PathBuf> {
        let set = |name| std::env::var_os(name).map(PathBuf::from);
        self.engines
            .clone()
            .or_else(|| set("STRATUM_ENGINES"))
            .or_else(|| set("HOME").map(|home| home.join(".cache/stratum/engines")))
    }
}

//! The engines Stratum runs as its own children: ClickHouse from `libchdb.so` and a private
//! Postgres, both on loopback ports, both under one state folder.
//!
//! ```text
//! fn main() {
//!     engines::run_child_if_asked(); // first of all: before threads, clap and tokio
//!     ...
//! }
//! let folder = StateFolder::open(&data).await?; // refuses a folder that another process holds
//! let warehouse = ClickHouseEngine::start(&folder, &settings).await?;
//! let state = PostgresEngine::start(&folder, &settings).await?;
//! ...
//! state.stop().await;
//! warehouse.stop().await;
//! ```
//!
//! How an engine is kept:
//!
//! - It runs in, or under, a child of our own binary ([`run_child_if_asked`]) whose standard input
//!   is a pseudo-terminal of ours. It closes when we stop the engine and also when we die of kill
//!   -9, and the child then ends the engine in order.
//! - A dead engine is started again with back-off, on the same port and with the same passwords,
//!   so addresses and pools made from the engine stay good.
//! - The engine's processes inherit a lock on the state folder. After kill -9 of the parent the
//!   next start waits for that lock, thus for the last of the old processes, before it goes on.
//! - What an engine says on its standard streams goes to `tracing`, and the last of it into the
//!   text of a failed start. No log files grow.
//! - ClickHouse is fenced in by Landlock, or does not start, and has a user of its own when we are
//!   root; who may ask it is in `docker/engines/clickhouse/{config,users}.xml`. All that is in
//!   `docker/engines/clickhouse/engine.rs`, which starts the engine of the tests as well.
//!
//! The folder: `lock` (who holds it), `engines.lock`, `clickhouse/` and `postgres/`, each with
//! `data/`, `port` and its passwords (0600).

mod folder;
mod supervisor;
mod child;
#[path = "../../../../docker/engines/clickhouse/engine.rs"]
mod engine;
mod clickhouse;
mod postgres;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

pub use child::run_child_if_asked;
pub use clickhouse::ClickHouseEngine;
pub use folder::StateFolder;
pub use postgres::PostgresEngine;

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
    /// What ClickHouse may allocate in all.
    pub clickhouse_memory_bytes_max: u64,
    /// What ClickHouse may keep of its tables' marks; its own default is 5 GiB.
    pub clickhouse_mark_cache_bytes_max: u64,
    /// What Postgres keeps of its tables in shared memory.
    pub postgres_buffers_bytes: u64,
    /// How long an engine may take until it answers.
    pub ready_wait_max: Duration,
    /// How long an engine may take to end in order, before it is killed.
    pub stop_wait_max: Duration,
    /// What runs [`run_child_if_asked`]; `None` is this program.
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
            landlock_newest: engine::LANDLOCK_NEWEST,
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

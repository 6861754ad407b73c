use std::sync::Arc;
use std::time::Duration;

use clickhouse::{Client, Compression};
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use stratum_models::store::StoreError;
use stratum_models::table::Table;
use tokio::sync::{Mutex, MutexGuard, RwLock};

use super::claim::Holdings;
use super::config::ClickHouseConfig;
use crate::fair_queue::{FairQueue, QueueGauges};
use crate::telemetry;

/// An idle connection is dropped before the server's own limit drops it under a request.
const IDLE_MAX: Duration = Duration::from_secs(2);

/// Blocks as large as the batch, so that an insert is one part a partition.
const BLOCK_ROWS_MAX: &str = "100000000";
const BLOCK_BYTES_MAX: &str = "8589934592";

const GAUGES: QueueGauges =
    QueueGauges { running: telemetry::QUESTIONS_RUNNING, waiting: telemetry::QUESTIONS_WAITING };

/// The tables of a commit, the claims, the versions.
const STATEMENTS: usize = Table::ALL.len() + 2;

/// Where an insert goes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Target {
    Claims,
    Versions,
    Table(Table),
}

/// The warehouse on a ClickHouse server, single node or replicated. Cheap to clone.
#[derive(Clone)]
pub struct ClickHouseWarehouse {
    pub(super) config: Arc<ClickHouseConfig>,
    pub(super) writer: Client,
    pub(super) reader: Client,
    pub(super) streamer: Client,
    pub(super) fair_queue: Arc<FairQueue>,
    pub(super) holdings: Arc<Holdings>,
    /// Read by every commit for as long as it takes; written by whoever needs a moment between commits.
    pub(super) commits: Arc<RwLock<()>>,
    in_line: Option<Arc<[Mutex<()>; STATEMENTS]>>,
}

impl ClickHouseWarehouse {
    /// Prepares the connections; nothing is sent. `Invalid` for a setting that cannot work.
    pub fn connect(config: ClickHouseConfig) -> Result<ClickHouseWarehouse, StoreError> {
        config.check()?;
        let client = client(&config);
        Ok(ClickHouseWarehouse {
            writer: writer(&config, client.clone()),
            reader: reader(&config, client.clone()),
            streamer: streamer(&config, client),
            fair_queue: Arc::new(FairQueue::new(config.bounds.queue(), GAUGES)),
            holdings: Arc::default(),
            commits: Arc::default(),
            in_line: config.cluster.as_ref().map(|_| Arc::default()),
            config: Arc::new(config),
        })
    }

    /// With replicas, waits until no other insert of this program into the same table is on its way:
    /// a sequential quorum refuses the second. On one node inserts need not wait for each other.
    pub(super) async fn alone(&self, into: Target) -> Option<MutexGuard<'_, ()>> {
        let place = match into {
            Target::Claims => 0,
            Target::Versions => 1,
            Target::Table(table) => 1 + usize::from(table.code().unsigned_abs()),
        };
        match &self.in_line {
            None => None,
            Some(locks) => Some(locks.get(place)?.lock().await),
        }
    }
}

/// A client without settings of its own.
pub(super) fn client(config: &ClickHouseConfig) -> Client {
    let base = if config.url.starts_with("https://") {
        Client::default()
    } else {
        // The client's own connector would read the system's certificates, which a small container
        // need not have.
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector
            .set_connect_timeout(Some(Duration::from_millis(config.bounds.connect_timeout_ms)));
        Client::with_http_client(
            HttpClient::builder(TokioExecutor::new()).pool_idle_timeout(IDLE_MAX).build(connector),
        )
    };
    let compression = if config.bounds.compress { Compression::Lz4 } else { Compression::None };
    base.with_url(&config.url)
        .with_user(&config.user)
        .with_password(config.password.expose())
        .with_database(&config.database)
        .with_compression(compression)
        .with_product_info("stratum", env!("CARGO_PKG_VERSION"))
}

pub(super) fn writer(config: &ClickHouseConfig, client: Client) -> Client {
    let client = client
        // The answer must mean that the part is on disk, and an insert that the engine takes for one
        // of before must not be left out: what is there is known from the rows.
        .with_setting("async_insert", "0")
        .with_setting("insert_deduplicate", "0")
        // Small statements, many at a time: more threads would cost more than they bring.
        .with_setting("max_threads", "1")
        .with_setting("max_insert_threads", "1")
        .with_setting("max_insert_block_size", BLOCK_ROWS_MAX)
        .with_setting("min_insert_block_size_rows", BLOCK_ROWS_MAX)
        .with_setting("min_insert_block_size_bytes", BLOCK_BYTES_MAX)
        // A range read late may span months of days.
        .with_setting("max_partitions_per_insert_block", "10000")
        .with_setting("max_execution_time", seconds(config.insert_timeout()));
    match config.cluster {
        None => client,
        Some(_) => sequential(
            client
                .with_setting("insert_quorum", "auto")
                .with_setting("insert_quorum_parallel", "0"),
        ),
    }
}

/// Reads see every insert a majority has confirmed, whichever replica answers.
fn sequential(client: Client) -> Client {
    client.with_setting("select_sequential_consistency", "1")
}

fn reader(config: &ClickHouseConfig, client: Client) -> Client {
    let client = client
        .with_setting("readonly", "2")
        .with_setting("cancel_http_readonly_queries_on_client_close", "1")
        .with_setting("max_execution_time", seconds(config.query_timeout()))
        .with_setting("max_threads", config.bounds.query_threads_max.to_string())
        .with_setting("max_memory_usage", config.bounds.query_memory_bytes_max.to_string())
        .with_setting("max_result_rows", config.bounds.query_rows_max.to_string())
        .with_setting("result_overflow_mode", "throw")
        // A key of ad_reports holds its date, so it stays in one partition.
        .with_setting("do_not_merge_across_partitions_select_final", "1");
    // An answer kept under a version must not come from a replica that has not reached it.
    if config.cluster.is_some() { sequential(client) } else { client }
}

fn streamer(config: &ClickHouseConfig, client: Client) -> Client {
    let client = client
        .with_setting("readonly", "2")
        .with_setting("cancel_http_readonly_queries_on_client_close", "1")
        .with_setting("max_threads", "1")
        .with_setting("max_memory_usage", config.bounds.query_memory_bytes_max.to_string());
    if config.cluster.is_some() { sequential(client) } else { client }
}

fn seconds(limit: Duration) -> String {
    limit.as_millis().div_ceil(1000).to_string()
}

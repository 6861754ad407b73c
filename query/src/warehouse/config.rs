use std::time::Duration;

use serde::{Deserialize, Serialize};
use stratum_models::secret::Secret;
use stratum_models::store::StoreError;

use super::error::invalid;
use crate::fair_queue::QueueBounds;

/// The address of the warehouse, and the bounds of every statement sent to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClickHouseConfig {
    /// `http://HOST:PORT` or `https://HOST:PORT`.
    pub url: String,
    /// A user with all rights on `database`.
    pub user: String,
    /// That user's password.
    pub password: Secret,
    /// The database; it must exist.
    pub database: String,
    /// The name of a ClickHouse cluster of one shard: tables are replicated, and an insert is
    /// confirmed by a majority. Without it there is one node.
    pub cluster: Option<String>,
    /// Bounds.
    pub bounds: ClickHouseBounds,
}

/// The bounds of every statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClickHouseBounds {
    /// LZ4 on the wire. Worth it over a network, a waste on loopback.
    pub compress: bool,
    /// Longest wait for a connection.
    pub connect_timeout_ms: u64,
    /// Longest time one insert may take.
    pub insert_timeout_ms: u64,
    /// Longest time one question may run.
    pub query_timeout_ms: u64,
    /// Longest silence between two batches of a stream.
    pub stream_timeout_ms: u64,
    /// Questions answered at the same time; more wait.
    pub queries_concurrent_max: usize,
    /// Of them, those of one tenant.
    pub queries_per_tenant_max: usize,
    /// Questions that wait for a turn; more are refused at once as `Unavailable`.
    pub queries_waiting_max: usize,
    /// Of them, those of one tenant; more are refused at once as `Busy`.
    pub queries_waiting_per_tenant_max: usize,
    /// Longest wait for a turn; past it a question is refused as `Unavailable`.
    pub queries_wait_ms_max: u64,
    /// Threads of one question.
    pub query_threads_max: u32,
    /// Memory of one question in the engine.
    pub query_memory_bytes_max: u64,
    /// Rows of one answer; a larger one is refused as `TooLarge`.
    pub query_rows_max: u64,
}

impl ClickHouseBounds {
    /// The bounds on questions that run and wait.
    pub(super) fn queue(&self) -> QueueBounds {
        QueueBounds {
            running_max: self.queries_concurrent_max,
            running_per_tenant_max: self.queries_per_tenant_max,
            waiting_max: self.queries_waiting_max,
            waiting_per_tenant_max: self.queries_waiting_per_tenant_max,
            wait_max: Duration::from_millis(self.queries_wait_ms_max),
        }
    }
}

impl Default for ClickHouseBounds {
    fn default() -> Self {
        ClickHouseBounds {
            compress: false,
            connect_timeout_ms: 2_000,
            insert_timeout_ms: 60_000,
            query_timeout_ms: 10_000,
            stream_timeout_ms: 60_000,
            queries_concurrent_max: 8,
            queries_per_tenant_max: 4,
            queries_waiting_max: 512,
            queries_waiting_per_tenant_max: 128,
            queries_wait_ms_max: 2_000,
            query_threads_max: 4,
            query_memory_bytes_max: 2 << 30,
            query_rows_max: 200_000,
        }
    }
}

impl Default for ClickHouseConfig {
    fn default() -> Self {
        ClickHouseConfig {
            url: "http://127.0.0.1:8123".into(),
            user: "app".into(),
            password: Secret::default(),
            database: "stratum".into(),
            cluster: None,
            bounds: ClickHouseBounds::default(),
        }
    }
}

impl ClickHouseConfig {
    /// `Invalid` with the name of the field that cannot work.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        let plain = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let bounds = [
            (self.url.starts_with("http://") || self.url.starts_with("https://"), "url"),
            (!self.database.is_empty() && plain(&self.database), "database"),
            (self.cluster.as_deref().is_none_or(|name| !name.is_empty() && plain(name)), "cluster"),
            (self.bounds.connect_timeout_ms > 0, "connect_timeout_ms"),
            (self.bounds.insert_timeout_ms > 0, "insert_timeout_ms"),
            (self.bounds.query_timeout_ms > 0, "query_timeout_ms"),
            (self.bounds.stream_timeout_ms > 0, "stream_timeout_ms"),
            (self.bounds.queries_concurrent_max > 0, "queries_concurrent_max"),
            (self.bounds.queries_per_tenant_max > 0, "queries_per_tenant_max"),
            (self.bounds.query_threads_max > 0, "query_threads_max"),
            (self.bounds.query_memory_bytes_max > 0, "query_memory_bytes_max"),
            (self.bounds.query_rows_max > 0, "query_rows_max"),
        ];
        match bounds.iter().find(|(holds, _)| !holds) {
            None => Ok(()),
            Some((_, field)) => Err(invalid(format!("the setting {field} cannot be used"))),
        }
    }

    pub(super) fn insert_timeout(&self) -> Duration {
        Duration::from_millis(self.bounds.insert_timeout_ms)
    }

    pub(super) fn query_timeout(&self) -> Duration {
        Duration::from_millis(self.bounds.query_timeout_ms)
    }

    pub(super) fn stream_timeout(&self) -> Duration {
        Duration::from_millis(self.bounds.stream_timeout_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_can_be_used_and_a_wrong_field_is_named() {
        ClickHouseConfig::default().check().unwrap();
        let bounds = ClickHouseBounds { query_rows_max: 0, ..ClickHouseBounds::default() };
        let config = ClickHouseConfig { bounds, ..ClickHouseConfig::default() };
        assert!(config.check().unwrap_err().text.contains("query_rows_max"));
        let config = ClickHouseConfig { database: "a; b".into(), ..ClickHouseConfig::default() };
        assert!(config.check().unwrap_err().text.contains("database"));
    }

    #[test]
    fn a_password_prints_nothing() {
        let config =
            ClickHouseConfig { password: "correct horse".into(), ..ClickHouseConfig::default() };
        assert!(!format!("{config:?}").contains("horse"));
    }
}

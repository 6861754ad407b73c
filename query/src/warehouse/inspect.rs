//! A look at a warehouse from outside, for who operates it.

use std::collections::BTreeSet;

use serde::Deserialize;
use stratum_models::store::StoreError;
use stratum_models::time::UnixMillis;

use super::client::{client, writer};
use super::config::ClickHouseConfig;
use super::error::{store_error, timed_out};
use super::migrate::{Migration, read_applied};

const READ_SERVER: &str = include_str!("../../sql/read_server.sql");

/// Facts of a warehouse, beside what this program expects of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WarehouseFacts {
    /// The engine's version.
    pub version: String,
    /// The time by the warehouse's clock.
    pub now: UnixMillis,
    /// Migrations of this program that were not applied.
    pub missing: Vec<&'static str>,
    /// Numbers of applied migrations that this program does not know: a later version was here.
    pub unknown: Vec<u32>,
}

#[derive(clickhouse::Row, Deserialize)]
struct Server {
    version: String,
    now_ms: i64,
}

/// Asks the warehouse; changes nothing. `Unavailable` where it does not answer within the bound of a question.
pub async fn inspect(config: &ClickHouseConfig) -> Result<WarehouseFacts, StoreError> {
    config.check()?;
    let client = writer(config, client(config));
    let question = client.query_raw(READ_SERVER).fetch_one::<Server>();
    let server = match tokio::time::timeout(config.query_timeout(), question).await {
        Ok(Ok(server)) => server,
        Ok(Err(error)) => return Err(store_error("read_server", &error)),
        Err(_) => return Err(timed_out("read_server", config.query_timeout())),
    };
    let applied = read_applied(config, &client).await?;
    let known: BTreeSet<u32> = Migration::ALL.iter().map(Migration::number).collect();
    let missing = Migration::ALL.iter().filter(|one| !applied.contains(&one.number()));
    Ok(WarehouseFacts {
        version: server.version,
        now: UnixMillis(server.now_ms),
        missing: missing.map(|one| one.name).collect(),
        unknown: applied.difference(&known).copied().collect(),
    })
}

use std::sync::OnceLock;

use stratum_query::warehouse::{ClickHouseBounds, ClickHouseConfig, ClickHouseWarehouse, migrate};
use stratum_testing::engines::TestClickHouse;

/// The engine's process is this binary, told to run this test alone.
#[test]
fn clickhouse_child() {
    stratum_testing::engines::clickhouse_child();
}

/// A new engine, for tests that kill it.
pub fn own() -> TestClickHouse {
    TestClickHouse::start("engine::clickhouse_child")
}

/// The engine of all tests that leave it alone.
pub fn shared() -> &'static TestClickHouse {
    static ENGINE: OnceLock<TestClickHouse> = OnceLock::new();
    ENGINE.get_or_init(own)
}

/// A configuration for a database of an engine.
pub fn config(engine: &TestClickHouse, database: &str) -> ClickHouseConfig {
    ClickHouseConfig {
        url: engine.url(),
        user: engine.admin_user().into(),
        password: engine.password().into(),
        database: database.into(),
        cluster: None,
        // The machine may be busy with other tests.
        bounds: ClickHouseBounds {
            insert_timeout_ms: 120_000,
            query_timeout_ms: 60_000,
            queries_wait_ms_max: 60_000,
            ..ClickHouseBounds::default()
        },
    }
}

/// An empty database on the shared engine, without tables.
pub fn empty() -> ClickHouseConfig {
    config(shared(), &shared().new_database())
}

/// An empty warehouse on the shared engine.
pub async fn fresh() -> ClickHouseWarehouse {
    let config = empty();
    migrate(&config).await.unwrap();
    ClickHouseWarehouse::connect(config).unwrap()
}

/// The statement of a file with its `$words` replaced.
pub fn fill(statement: &str, words: &[(&str, &str)]) -> String {
    words.iter().fold(statement.to_owned(), |text, (word, with)| text.replace(word, with))
}

//! All tables as they are at one moment, for a backup.

use std::time::Duration;

use stratum_models::store::StoreError;

use super::client::ClickHouseWarehouse;
use super::error::transient;

const READ_TABLE_NAMES: &str = include_str!("../../sql/read_table_names.sql");
const FREEZE_TABLE: &str = include_str!("../../sql/freeze_table.sql");
/// A commit takes this long at most, or the warehouse is in trouble and no time for a backup.
const COMMIT_WAIT: Duration = Duration::from_secs(60);
/// The name under which the engine keeps what is frozen.
pub const FROZEN: &str = "backup";

impl ClickHouseWarehouse {
    /// Freezes every table between two commits of this process, so that the tables tell of the same ranges
    /// of the log; commits wait for it, some milliseconds a table. The engine keeps hard
    /// links of all parts under the name [`FROZEN`]. `Unavailable` where a commit under way does not end.
    pub async fn freeze(&self) -> Result<(), StoreError> {
        let waited = tokio::time::timeout(COMMIT_WAIT, self.commits.write()).await;
        let _no_commit = waited.map_err(|_| transient("a commit under way does not end"))?;
        let names = self.writer.query_raw(READ_TABLE_NAMES).fetch_all::<String>();
        for table in self.within("read_table_names", names).await? {
            // The name of what is frozen cannot be a parameter.
            let statement = FREEZE_TABLE.replace("{name}", FROZEN);
            let query = self.writer.query_raw(&statement).param("table", table);
            self.within("freeze_table", query.execute()).await?;
        }
        Ok(())
    }
}

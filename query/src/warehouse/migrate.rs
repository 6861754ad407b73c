use std::collections::BTreeSet;

use clickhouse::query::Query;
use stratum_models::store::StoreError;

use super::client::{client, writer};
use super::config::ClickHouseConfig;
use super::error::{store_error, timed_out};

const READ_MIGRATIONS: &str = include_str!("../../sql/read_migrations.sql");
const INSERT_MIGRATION: &str = include_str!("../../sql/insert_migration.sql");

/// One file of `query/migrations`: a statement that does nothing where it was run before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migration {
    /// The name of its file without the ending, such as `0002_create_events`.
    pub name: &'static str,
    template: &'static str,
}

macro_rules! migrations {
    ($($name:literal),* $(,)?) => {
        &[$(Migration {
            name: $name,
            template: include_str!(concat!("../../migrations/", $name, ".sql")),
        }),*]
    };
}

/// The window of last inserts that a table remembers, to know one that is sent again. On one node a number
/// of inserts; with replicas a number and a time.
const WINDOW: &str = "non_replicated_deduplication_window = 10000";
const WINDOW_REPLICATED: &str = "replicated_deduplication_window = 10000, \
     replicated_deduplication_window_seconds = 604800";

impl Migration {
    /// All of them, in order of their numbers.
    pub const ALL: &'static [Migration] = migrations![
        "0001_create_schema_migrations",
        "0002_create_events",
        "0003_create_rejected_rows",
        "0004_create_ad_reports",
        "0005_create_match_quality",
        "0006_create_invalid_identifiers",
        "0007_create_event_metrics",
        "0008_create_ingest_counts",
        "0009_create_commit_plans",
        "0010_create_checkpoints",
        "0011_create_ad_report_splits",
        "0012_add_country_and_device_to_event_metrics",
        "0014_create_data_versions",
        "0020_count_rejected_rows",
        "0021_count_rows_of_unknown_platforms",
        "0025_seal_identifiers",
        "0030_insert_ad_reports_by_one_account_id",
        "0031_delete_ad_reports_by_other_account_ids",
        "0032_insert_ad_report_splits_by_one_account_id",
        "0033_delete_ad_report_splits_by_other_account_ids",
        "0040_tell_dialects_of_events",
        "0041_tell_dialects_of_rejected_rows",
        "0042_count_match_quality_of_no_platform",
        "0043_count_invalid_identifiers_of_no_platform",
        "0044_count_event_metrics_of_no_platform",
        "0045_tell_tiktok_events",
        "0046_tell_tiktok_rejected_rows",
        "0047_tell_pinterest_events",
        "0048_tell_pinterest_rejected_rows",
        "0050_create_claims",
        "0051_move_checkpoints",
        "0052_move_plans",
        "0053_drop_commit_plans",
        "0054_drop_checkpoints",
        "0055_merge_match_quality_less",
        "0056_merge_invalid_identifiers_less",
        "0057_merge_event_metrics_less",
        "0058_merge_ingest_counts_less",
        "0059_merge_data_versions_less",
        "0060_tell_segment_and_ga4_events",
        "0061_tell_segment_and_ga4_rejected_rows",
        "0062_tell_snapchat_and_linkedin_events",
        "0063_tell_snapchat_and_linkedin_rejected_rows",
        "0064_mark_repairs_of_events",
        "0065_mark_repairs_in_match_quality",
        "0070_sync_merged_match_quality",
        "0071_sync_merged_invalid_identifiers",
        "0072_sync_merged_event_metrics",
        "0073_sync_merged_ingest_counts",
        "0074_sync_merged_data_versions",
        "0075_sync_merged_events",
        "0076_sync_merged_rejected_rows",
        "0077_sync_merged_ad_reports",
        "0078_sync_merged_ad_report_splits",
        "0079_sync_merged_claims",
        "0080_sync_merged_schema_migrations",
    ];

    /// The number with which its name begins.
    pub(super) fn number(&self) -> u32 {
        self.name.bytes().map_while(|byte| char::from(byte).to_digit(10)).fold(0, |n, d| 10 * n + d)
    }

    /// The statement for one node, or for the named cluster.
    pub fn statement(&self, cluster: Option<&str>) -> String {
        let (on_cluster, replicated, window) = match cluster {
            None => (String::new(), "", WINDOW),
            Some(name) => (format!("ON CLUSTER `{name}`"), "Replicated", WINDOW_REPLICATED),
        };
        self.template
            .replace("{on_cluster}", &on_cluster)
            .replace("{replicated}", replicated)
            .replace("{dedup_window}", window)
    }
}

/// Brings the database up to this program's tables and returns the names of what was missing. May
/// run any number of times, by several at once, and again after a crash in the middle.
pub async fn migrate(config: &ClickHouseConfig) -> Result<Vec<&'static str>, StoreError> {
    config.check()?;
    let client = writer(config, client(config));
    let cluster = config.cluster.as_deref();
    let run = |migration: &Migration| {
        execute(config, migration.name, client.query_raw(&migration.statement(cluster)))
    };
    let mut applied = Vec::new();
    let mut known = BTreeSet::new();
    for migration in Migration::ALL {
        let number = migration.number();
        if number == 1 {
            // The list of what was applied is the first thing there is.
            run(migration).await?;
            known = read_applied(config, &client).await?;
        } else if !known.contains(&number)
            && let Err(error) = run(migration).await
        {
            // Another program may be further and have dropped what the statement reads.
            known = read_applied(config, &client).await?;
            if !known.contains(&number) {
                return Err(error);
            }
        }
        if !known.contains(&number) {
            let record = client.query_raw(INSERT_MIGRATION);
            let record = record.param("number", number).param("name", migration.name);
            execute(config, "insert_migration", record).await?;
            tracing::info!(migration.name = migration.name, "warehouse migration applied");
            applied.push(migration.name);
        }
    }
    Ok(applied)
}

/// Numbers of the migrations that were applied.
pub(super) async fn read_applied(
    config: &ClickHouseConfig,
    client: &clickhouse::Client,
) -> Result<BTreeSet<u32>, StoreError> {
    let rows = client.query_raw(READ_MIGRATIONS).fetch_all::<u32>();
    match tokio::time::timeout(config.query_timeout(), rows).await {
        Ok(Ok(rows)) => Ok(rows.into_iter().collect()),
        Ok(Err(error)) => Err(store_error("read_migrations", &error)),
        Err(_) => Err(timed_out("read_migrations", config.query_timeout())),
    }
}

async fn execute(config: &ClickHouseConfig, name: &str, query: Query) -> Result<(), StoreError> {
    match tokio::time::timeout(config.insert_timeout(), query.execute()).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(store_error(name, &error)),
        Err(_) => Err(timed_out(name, config.insert_timeout())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_the_order_and_every_statement_can_be_run_again() {
        assert!(Migration::ALL.is_sorted_by(|one, next| one.number() < next.number()));
        for migration in Migration::ALL {
            assert!(migration.name.starts_with(&format!("{:04}_", migration.number())));
            for cluster in [None, Some("main")] {
                let statement = migration.statement(cluster);
                let again = [
                    " IF NOT EXISTS ",
                    " MODIFY COLUMN IF EXISTS ",
                    " MODIFY SETTING ",
                    "DROP TABLE IF EXISTS ",
                ];
                // Of versions the greatest counts.
                let changes_rows = statement.contains("INSERT INTO ad_report")
                    || statement.contains("INSERT INTO data_versions")
                    || statement.contains("\nDELETE WHERE ");
                let repeatable = again.iter().any(|one| statement.contains(one)) || changes_rows;
                assert!(repeatable, "{}", migration.name);
                let mut code = statement.lines().filter(|line| !line.starts_with("--"));
                assert!(!code.any(|line| line.contains(['{', ';'])), "{statement}");
            }
        }
    }

    #[test]
    fn a_cluster_gets_replicated_tables() {
        for migration in Migration::ALL {
            let statement = migration.statement(Some("main"));
            let defines = !statement.contains("INSERT INTO ");
            assert_eq!(statement.contains("ON CLUSTER `main`"), defines, "{}", migration.name);
            let creates = statement.contains("CREATE TABLE");
            assert_eq!(statement.contains("ENGINE = Replicated"), creates, "{}", migration.name);
            assert!(!statement.contains("non_replicated"), "{}", migration.name);
        }
    }
}

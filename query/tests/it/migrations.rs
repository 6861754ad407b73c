use stratum_query::warehouse::{ClickHouseWarehouse, Migration, migrate};

use crate::engine::{empty, fill, shared};

const EXPLAIN: &str = include_str!("../sql/explain.sql");
const COUNT_MIGRATIONS: &str = include_str!("../sql/count_migrations.sql");
const DROP_TABLE: &str = include_str!("../sql/drop_table.sql");
const FILL_OTHER_ACCOUNTS: &str = include_str!("../sql/fill_other_accounts.sql");
const FILL_OTHER_SPLIT_ACCOUNTS: &str = include_str!("../sql/fill_other_split_accounts.sql");
const READ_ACCOUNTS: &str = include_str!("../sql/read_accounts.sql");
const DROP_COLUMN: &str = include_str!("../sql/drop_column.sql");
const FILL_EVENT_OF_BEFORE: &str = include_str!("../sql/fill_event_of_before.sql");
const FILL_REJECTED_ROWS_OF_BEFORE: &str = include_str!("../sql/fill_rejected_rows_of_before.sql");
const READ_DIALECTS: &str = include_str!("../sql/read_dialects.sql");
const FORGET_MIGRATION: &str = include_str!("../sql/forget_migration.sql");

fn names() -> Vec<&'static str> {
    Migration::ALL.iter().map(|migration| migration.name).collect()
}

fn recorded(database: &str) -> String {
    let answer = shared().execute(&fill(COUNT_MIGRATIONS, &[("$database", database)]));
    answer.trim().to_owned()
}

#[tokio::test]
async fn an_empty_database_gets_all_and_a_full_one_nothing() {
    let config = empty();
    assert_eq!(migrate(&config).await.unwrap(), names());
    assert_eq!(migrate(&config).await.unwrap(), Vec::<&str>::new());
    assert_eq!(recorded(&config.database), format!("{0}\t{0}", names().len()));
}

#[tokio::test]
async fn a_crash_in_the_middle_is_made_good() {
    let config = empty();
    migrate(&config).await.unwrap();
    // As if the program had died after making the eighth table and before noting it: the table is
    // there, its number is not; those after it are neither.
    let database = ("$database", config.database.as_str());
    shared().execute(&fill(FORGET_MIGRATION, &[database, ("$number", "8"), ("$until", "99")]));
    for table in ["claims", "data_versions"] {
        shared().execute(&fill(DROP_TABLE, &[database, ("$table", table)]));
    }
    assert_eq!(migrate(&config).await.unwrap(), names()[7..]);
    let warehouse = ClickHouseWarehouse::connect(config).unwrap();
    let range = stratum_testing::warehouse_contract::rows::events(0, 0, 1);
    stratum_testing::warehouse_contract::rows::land(&warehouse, range, Vec::new()).await;
}

/// Rows of before an account was kept under one id.
#[tokio::test]
async fn rows_come_under_the_one_id_of_their_account_once() {
    let config = empty();
    migrate(&config).await.unwrap();
    let database = ("$database", config.database.as_str());
    let accounts = |table| {
        let rows = shared().execute(&fill(READ_ACCOUNTS, &[database, ("$table", table)]));
        rows.trim().lines().map(str::to_owned).collect::<Vec<_>>()
    };
    for statement in [FILL_OTHER_ACCOUNTS, FILL_OTHER_SPLIT_ACCOUNTS] {
        shared().execute(&fill(statement, &[database]));
    }
    assert_eq!((accounts("ad_reports").len(), accounts("ad_report_splits").len()), (7, 2));
    // Twice, as after a crash between the statement and its note.
    for _ in 0..2 {
        shared().execute(&fill(FORGET_MIGRATION, &[database, ("$number", "30"), ("$until", "50")]));
        migrate(&config).await.unwrap();
        let expected = [
            "meta 4411 132",
            "meta act_ual 1200",
            "google 1234567890 24000",
            "tiktok act_4411 4800000",
            "linkedin 51 360000",
        ];
        assert_eq!(accounts("ad_reports"), expected);
        assert_eq!(accounts("ad_report_splits"), ["meta 4411 10"]);
    }
}

/// Rows of before events told their dialect came in Meta's, ad reports in none.
#[tokio::test]
async fn rows_of_before_come_in_the_one_dialect_there_was() {
    let config = empty();
    migrate(&config).await.unwrap();
    let database = ("$database", config.database.as_str());
    for table in ["events", "rejected_rows"] {
        let of = [database, ("$table", table), ("$column", "dialect")];
        shared().execute(&fill(DROP_COLUMN, &of));
    }
    for statement in [FILL_EVENT_OF_BEFORE, FILL_REJECTED_ROWS_OF_BEFORE] {
        shared().execute(&fill(statement, &[database]));
    }
    shared().execute(&fill(FORGET_MIGRATION, &[database, ("$number", "40"), ("$until", "50")]));
    migrate(&config).await.unwrap();
    let dialects = |table| shared().execute(&fill(READ_DIALECTS, &[database, ("$table", table)]));
    assert_eq!(dialects("events").trim(), "meta meta");
    assert_eq!(dialects("rejected_rows").trim(), "unknown unknown\nmeta meta");
}

#[tokio::test]
async fn several_at_once_do_no_harm() {
    let config = empty();
    let all = (0..4).map(|_| migrate(&config));
    for applied in futures::future::join_all(all).await {
        applied.unwrap();
    }
    assert_eq!(recorded(&config.database), format!("{0}\t{0}", names().len()));
    assert_eq!(migrate(&config).await.unwrap(), Vec::<&str>::new());
}

#[test]
fn the_engine_reads_the_statements_for_a_cluster() {
    for migration in Migration::ALL {
        let statement = migration.statement(Some("main"));
        let tree = shared().execute(&fill(EXPLAIN, &[("$statement", &statement)]));
        let replicated = tree.starts_with("CreateQuery") && tree.contains("Replicated");
        let rows =
            ["AlterQuery", "InsertQuery", "DropQuery"].iter().any(|kind| tree.starts_with(kind));
        assert!(replicated || rows, "{}: {tree}", migration.name);
    }
}

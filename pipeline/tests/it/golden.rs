//! Golden files: records in, tables out, both to be read by people.
//!
//! Each folder of `tests/golden` has an `input.jsonl`, a record a line, and the `tables.txt` it comes
//! to. `UPDATE_GOLDEN=1` writes `tables.txt` anew; read the difference before you commit it.

mod input;
mod show;

use std::path::{Path, PathBuf};

use stratum_models::log::EventLog;
use stratum_pipeline::PipelineConfig;
use stratum_testing::memory_log::MemoryLog;

use crate::drive::drive;
use crate::tables::assert_balanced;

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut cases: Vec<_> = entries.filter(|path| path.is_dir()).collect();
    cases.sort();
    cases
}

async fn tables_of(case: &Path) -> String {
    let log = MemoryLog::new(2, 1);
    let input = std::fs::read_to_string(case.join("input.jsonl")).unwrap();
    for line in input.lines().filter(|line| !line.trim().is_empty()) {
        log.append(vec![input::record(line)]).await.unwrap();
    }
    let warehouse = drive(&log, &PipelineConfig::default()).await;
    assert_balanced(&warehouse);
    show::tables(&warehouse)
}

#[tokio::test(start_paused = true)]
async fn records_come_to_the_tables_written_down() {
    let cases = cases();
    assert!(cases.len() >= 4, "{} cases", cases.len());
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    for case in cases {
        let (tables, file) = (tables_of(&case).await, case.join("tables.txt"));
        if update {
            std::fs::write(&file, &tables).unwrap();
        }
        let expected = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            tables == expected,
            "{} differs; UPDATE_GOLDEN=1 writes it anew. It came to:\n{tables}",
            file.display()
        );
    }
}

//! What watchers are told of: everything that was committed, in few words, and at no cost to it.

use std::collections::BTreeSet;

use arrow::array::AsArray;
use arrow::compute::sum;
use arrow::datatypes::UInt64Type;
use stratum_models::id::TenantId;
use stratum_models::log::Topic;
use stratum_models::record::{RecordKind, decode};
use stratum_models::store::StoreErrorKind;
use stratum_models::table::Table;
use stratum_models::update::{Update, UpdateKind, updates_of};
use stratum_pipeline::{PipelineConfig, run};
use stratum_testing::memory_log::{AppendFault, MemoryLog};
use stratum_testing::memory_warehouse::MemoryWarehouse;
use tokio_util::sync::CancellationToken;

use crate::drive::{drive, pipeline, until_done};
use crate::load::Load;
use crate::tables::{Cell, cell};

fn told(log: &MemoryLog) -> Vec<Update> {
    let records = log.records(Topic::Updates).into_iter().flat_map(|record| {
        let (kind, rows) = decode(&record.bytes).unwrap();
        assert_eq!(kind, RecordKind::Updates);
        updates_of(&rows).unwrap()
    });
    records.collect()
}

/// The tenants with rows in a table.
fn tenants(warehouse: &MemoryWarehouse, table: Table) -> BTreeSet<TenantId> {
    let mut tenants = BTreeSet::new();
    for rows in warehouse.batches(table) {
        for row in 0..rows.num_rows() {
            let Cell::Number(tenant) = cell(&rows, "tenant_id", row) else { panic!() };
            tenants.insert(TenantId(u64::try_from(tenant).unwrap()));
        }
    }
    tenants
}

async fn append(log: &MemoryLog, seed: u64, records: usize) {
    use stratum_models::log::EventLog as _;
    let mut load = Load::new(seed);
    for _ in 0..records {
        log.append(load.records([2, 1])).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn watchers_of_every_tenant_are_told_what_changed() {
    let log = MemoryLog::new(2, 1);
    append(&log, 3, 60).await;
    let warehouse = drive(&log, &PipelineConfig::default()).await;
    let told = told(&log);
    let of = |kind| -> BTreeSet<TenantId> {
        told.iter().filter(|update| update.kind == kind).map(|update| update.tenant_id).collect()
    };
    let quality = tenants(&warehouse, Table::MatchQuality);
    assert!(!quality.is_empty());
    assert_eq!(of(UpdateKind::MatchQuality), quality);
    assert_eq!(of(UpdateKind::IngestRejects), tenants(&warehouse, Table::RejectedRows));
    let sums = &tenants(&warehouse, Table::EventMetrics) | &tenants(&warehouse, Table::AdReports);
    assert_eq!(of(UpdateKind::Metrics), sums);
    let refused: u64 = told.iter().map(|update| update.rows).sum();
    let rejected = warehouse.batches(Table::RejectedRows);
    let counts = rejected.iter().map(|rows| rows["row_count"].as_primitive::<UInt64Type>());
    assert_eq!(refused, counts.map(|counts| sum(counts).unwrap()).sum::<u64>());
    assert!(told.iter().all(|u| u.kind != UpdateKind::Metrics || u.days.is_some()));
}

#[tokio::test(start_paused = true)]
async fn hints_that_gather_become_one() {
    let log = MemoryLog::new(2, 1);
    append(&log, 3, 60).await;
    let mut config = PipelineConfig::default();
    // Many small batches, and one appending at the end.
    config.batch.rows_max = 5;
    config.updates.gather_ms = 3_600_000;
    drive(&log, &config).await;
    let told = told(&log);
    let distinct: std::collections::HashSet<Update> = told.iter().map(Update::common).collect();
    assert_eq!((told.len(), log.records(Topic::Updates).len()), (distinct.len(), 1));
}

#[tokio::test(start_paused = true)]
async fn a_log_that_takes_no_hints_stops_nothing_and_is_told_later() {
    let log = MemoryLog::new(2, 1);
    append(&log, 3, 20).await;
    for _ in 0..3 {
        log.fail_append(AppendFault::Refuse(StoreErrorKind::Unavailable));
    }
    let (warehouse, stop) = (MemoryWarehouse::new(), CancellationToken::new());
    let config = PipelineConfig::default();
    let running = tokio::spawn(run(pipeline(&log, &warehouse, &config, "pipeline"), stop.clone()));
    until_done(&log, &warehouse).await;
    while log.records(Topic::Updates).is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let told: BTreeSet<TenantId> = told(&log).iter().map(|update| update.tenant_id).collect();
    assert!(told.is_superset(&tenants(&warehouse, Table::MatchQuality)));
    stop.cancel();
    running.await.unwrap().unwrap();
}

//! Who was erased does not come back when the log is read once more.

use arrow::array::{Array, AsArray};
use stratum_models::erasure::Erasures;
use stratum_models::event::column;
use stratum_models::id::TenantId;
use stratum_models::identifier::IdentifierKey;
use stratum_models::log::EventLog;
use stratum_models::seal::{IdentifierSeal, SEAL_BYTES};
use stratum_models::table::Table;
use stratum_pipeline::PipelineConfig;
use stratum_testing::memory_log::MemoryLog;
use stratum_testing::memory_warehouse::MemoryWarehouse;

use crate::drive::{drive, drive_without};
use crate::load::{Event, Load, spread};
use crate::tables::all;

/// Of each landed event with identifiers or ids: the tenant, and when it was received.
fn telling(warehouse: &MemoryWarehouse) -> Vec<(u64, i64)> {
    let mut telling = Vec::new();
    for rows in warehouse.batches(Table::Events) {
        let tenants = rows[column::TENANT_ID].as_primitive::<arrow::datatypes::UInt64Type>();
        let received =
            rows[column::RECEIVED_AT].as_primitive::<arrow::datatypes::TimestampMillisecondType>();
        let identifiers = rows[column::IDENTIFIERS].as_list::<i32>();
        for row in 0..rows.num_rows() {
            if identifiers.value_length(row) > 0 || rows[column::EVENT_ID].is_valid(row) {
                telling.push((tenants.value(row), received.value(row)));
            }
        }
    }
    telling.sort_unstable();
    telling
}

#[tokio::test(start_paused = true)]
async fn an_erased_person_does_not_come_back_with_a_replay() {
    let mut load = Load::new(11);
    let mut next = || {
        load.now.0 += 60_000;
        // All events of the load have one identifier, as of one person a tenant.
        Event { valid: vec![IdentifierKey::Email], ..load.event() }
    };
    let events: Vec<Event> = (0..300).map(|_| next()).collect();
    let log = MemoryLog::new(2, 1);
    log.append(spread(&events, 2)).await.unwrap();
    let before = drive(&log, &PipelineConfig::default()).await;
    let (tenant, erased_at) = (events[0].tenant, events[150].received_at);
    let mut erasures = Erasures::default();
    erasures.insert(TenantId(tenant), IdentifierSeal([7; SEAL_BYTES]), erased_at);
    let after = drive_without(&log, &PipelineConfig::default(), erasures).await;
    let erased = |(of, received): &(u64, i64)| *of == tenant && *received <= erased_at.0;
    let expected: Vec<_> = telling(&before).into_iter().filter(|one| !erased(one)).collect();
    assert!(telling(&before).iter().any(erased), "there is something to erase");
    assert_eq!(telling(&after), expected, "later events and other tenants' stay");
    // What is counted stays as it is.
    let sums = |warehouse| {
        let mut tables = all(warehouse);
        tables.remove(&Table::Events);
        tables
    };
    assert_eq!(sums(&after), sums(&before));
}

//! Tells watchers what was committed. After the commit and apart from it: a hint that is late or lost
//! changes no number.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{AsArray, PrimitiveArray, RecordBatch, StringArray};
use arrow::datatypes::{ArrowPrimitiveType, Date32Type, Int8Type, UInt64Type};
use parking_lot::Mutex;
use stratum_models::announce::announce;
use stratum_models::id::TenantId;
use stratum_models::log::EventLog;
use stratum_models::platform::Platform;
use stratum_models::rejection::{RejectReason, RowKind};
use stratum_models::table::Table;
use stratum_models::time::{Day, DayRange};
use stratum_models::update::Update;
use tokio::sync::Notify;
use tracing::{debug, warn};

use crate::config::UpdatesConfig;
use crate::telemetry;

/// Gathers hints and appends them to the log.
pub(crate) struct Announcer {
    log: Arc<dyn EventLog>,
    config: UpdatesConfig,
    /// By what they have in common.
    pending: Mutex<HashMap<Update, Update>>,
    told: Notify,
}

impl Announcer {
    pub(crate) fn new(log: Arc<dyn EventLog>, config: UpdatesConfig) -> Announcer {
        Announcer { log, config, pending: Mutex::default(), told: Notify::new() }
    }

    /// Takes hints in; returns at once.
    pub(crate) fn tell(&self, updates: Vec<Update>) {
        if updates.is_empty() {
            return;
        }
        let mut dropped = 0;
        let mut pending = self.pending.lock();
        for update in updates {
            let key = update.common();
            if let Some(waiting) = pending.get_mut(&key) {
                waiting.absorb(update);
            } else if pending.len() < self.config.pending_max {
                pending.insert(key, update);
            } else {
                dropped += 1;
            }
        }
        drop(pending);
        if dropped > 0 {
            metrics::counter!(telemetry::UPDATES_DROPPED_TOTAL).increment(dropped);
        }
        self.told.notify_one();
    }

    /// Appends what is told, again and again.
    pub(crate) async fn run(&self) {
        loop {
            self.told.notified().await;
            tokio::time::sleep(Duration::from_millis(self.config.gather_ms)).await;
            self.flush().await;
        }
    }

    /// Appends what waits. What the log does not take now waits on.
    pub(crate) async fn flush(&self) {
        let waiting = std::mem::take(&mut *self.pending.lock());
        let mut updates: Vec<Update> = waiting.into_values().collect();
        // A hash map's order would differ from run to run.
        updates.sort_by_key(|update| (update.tenant_id, update.kind, update.platform));
        let Err(error) = announce(&*self.log, &updates).await else { return };
        if !error.may_retry() {
            warn!(error = %error, "hints to watchers cannot be appended and are dropped");
            metrics::counter!(telemetry::UPDATES_DROPPED_TOTAL).increment(updates.len() as u64);
            return;
        }
        debug!(error = %error, "hints to watchers wait for the log");
        tokio::time::sleep(Duration::from_millis(self.config.retry_ms)).await;
        self.tell(updates);
    }
}

/// The updates that the tenants of these rows are told, each once.
pub(crate) fn updates(rows: &[(Table, RecordBatch)]) -> Vec<Update> {
    let mut changes = Changes::default();
    for (table, rows) in rows {
        // A column that is missing means another layout: nothing is told of it, and that is all.
        let _ = changes.take(*table, rows);
    }
    changes.into_updates()
}

type OfPlatform = (u64, i8);

#[derive(Default)]
struct Changes {
    /// The first and the last day.
    metrics: BTreeMap<OfPlatform, (i32, i32)>,
    match_quality: BTreeSet<(OfPlatform, String)>,
    rejects: BTreeMap<(OfPlatform, String, i8), u64>,
}

fn numbers<'r, T: ArrowPrimitiveType>(
    rows: &'r RecordBatch,
    name: &str,
) -> Option<&'r PrimitiveArray<T>> {
    rows.column_by_name(name)?.as_primitive_opt::<T>()
}

fn texts<'r>(rows: &'r RecordBatch, name: &str) -> Option<&'r StringArray> {
    rows.column_by_name(name)?.as_string_opt::<i32>()
}

impl Changes {
    fn take(&mut self, table: Table, rows: &RecordBatch) -> Option<()> {
        match table {
            Table::EventMetrics | Table::AdReports | Table::AdReportSplits => self.metrics(rows),
            Table::MatchQuality => self.match_quality(rows),
            Table::RejectedRows => self.rejects(rows),
            Table::Events | Table::InvalidIdentifiers | Table::IngestCounts => Some(()),
        }
    }

    fn metrics(&mut self, rows: &RecordBatch) -> Option<()> {
        let days = numbers::<Date32Type>(rows, "date")?;
        for (row, of) in of_platforms(rows)?.enumerate() {
            let day = days.value(row);
            let (first, last) = self.metrics.entry(of).or_insert((day, day));
            (*first, *last) = ((*first).min(day), (*last).max(day));
        }
        Some(())
    }

    fn match_quality(&mut self, rows: &RecordBatch) -> Option<()> {
        let datasets = texts(rows, "dataset_id")?;
        let all = of_platforms(rows)?.enumerate();
        self.match_quality.extend(all.map(|(row, of)| (of, datasets.value(row).to_owned())));
        Some(())
    }

    fn rejects(&mut self, rows: &RecordBatch) -> Option<()> {
        let datasets = texts(rows, "dataset_id")?;
        let reasons = numbers::<Int8Type>(rows, "reason")?;
        let kinds = numbers::<Int8Type>(rows, "kind")?;
        let counts = numbers::<UInt64Type>(rows, "row_count")?;
        for (row, of) in of_platforms(rows)?.enumerate() {
            // The row of such a field was taken.
            if kinds.value(row) != RowKind::Field.code() {
                let key = (of, datasets.value(row).to_owned(), reasons.value(row));
                *self.rejects.entry(key).or_default() += counts.value(row);
            }
        }
        Some(())
    }

    fn into_updates(self) -> Vec<Update> {
        let metrics = self.metrics.into_iter().filter_map(|((tenant, platform), (first, last))| {
            let days = DayRange::new(Day::from_epoch_days(first)?, Day::from_epoch_days(last)?)?;
            Some(Update::metrics(TenantId(tenant), Platform::from_optional_code(platform)?, days))
        });
        let quality = self.match_quality.into_iter().filter_map(|((tenant, platform), dataset)| {
            let platform = Platform::from_optional_code(platform)?;
            Some(Update::match_quality(TenantId(tenant), platform, &dataset))
        });
        let rejects =
            self.rejects.into_iter().filter_map(|(((tenant, platform), id, reason), rows)| {
                let (platform, reason) =
                    (Platform::from_optional_code(platform)?, RejectReason::from_code(reason)?);
                Some(Update::rejects(TenantId(tenant), platform, &id, reason, rows))
            });
        metrics.chain(quality).chain(rejects).collect()
    }
}

/// Tenant and platform of each row.
fn of_platforms(rows: &RecordBatch) -> Option<impl Iterator<Item = OfPlatform>> {
    let tenants = numbers::<UInt64Type>(rows, "tenant_id")?;
    let platforms = numbers::<Int8Type>(rows, "platform")?;
    Some((0..tenants.len()).map(|row| (tenants.value(row), platforms.value(row))))
}

//! Updates: hints to a tenant's watchers that something changed. A hint carries no figure, only where to
//! look again. It comes at least once; one that is lost delays a watcher until the next.

use std::sync::{Arc, LazyLock};

use arrow::array::{
    Array, ArrayRef, AsArray, Date32Array, Int8Array, RecordBatch, StringArray, UInt64Array,
};
use arrow::datatypes::{DataType, Date32Type, Field, Int8Type, Schema, SchemaRef, UInt64Type};
use arrow::error::ArrowError;

use crate::id::TenantId;
use crate::platform::{Platform, coded};
use crate::rejection::RejectReason;
use crate::time::{Day, DayRange};

coded! {
    /// The subject of an update. The names are those of the events of the live stream.
    UpdateKind {
        /// Sums of some days changed.
        Metrics = 1 "metric_update",
        /// Match quality of a dataset changed.
        MatchQuality = 2 "emq_update",
        /// A one-click fix moved on.
        FixRun = 3 "fix_run",
        /// A rule acted.
        RuleTriggered = 4 "rule_triggered",
        /// An export is ready or has failed.
        ExportDone = 5 "export_done",
        /// Rows were refused.
        IngestRejects = 6 "ingest_rejects",
        /// Something that users keep was made, changed or deleted.
        Resource = 7 "resource_update",
    }
}

/// One hint to the watchers of one tenant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Update {
    /// Whose watchers are told.
    pub tenant_id: TenantId,
    /// The subject.
    pub kind: UpdateKind,
    /// The platform, where it is about one.
    pub platform: Option<Platform>,
    /// The id of the dataset, fix run, rule or export, or the kind of resource; empty where it is about none.
    pub subject: String,
    /// The state that the subject came to, such as that of a fix run; empty where that says nothing.
    pub state: String,
    /// The days whose sums changed.
    pub days: Option<DayRange>,
    /// Why rows were refused.
    pub reason: Option<RejectReason>,
    /// The number of refused rows.
    pub rows: u64,
}

impl Update {
    fn blank(tenant_id: TenantId, kind: UpdateKind) -> Update {
        let (subject, state) = (String::new(), String::new());
        Update {
            tenant_id,
            kind,
            platform: None,
            subject,
            state,
            days: None,
            reason: None,
            rows: 0,
        }
    }

    /// The sums of these days changed.
    pub fn metrics(tenant_id: TenantId, platform: Option<Platform>, days: DayRange) -> Update {
        let days = Some(days);
        Update { platform, days, ..Update::blank(tenant_id, UpdateKind::Metrics) }
    }

    /// The match quality of this dataset changed.
    pub fn match_quality(
        tenant_id: TenantId,
        platform: Option<Platform>,
        dataset_id: &str,
    ) -> Update {
        let subject = dataset_id.to_owned();
        Update { platform, subject, ..Update::blank(tenant_id, UpdateKind::MatchQuality) }
    }

    /// So many rows of this dataset or account were refused. Without a platform where they named none that
    /// is known.
    pub fn rejects(
        tenant_id: TenantId,
        platform: Option<Platform>,
        dataset_id: &str,
        reason: RejectReason,
        rows: u64,
    ) -> Update {
        let (reason, subject) = (Some(reason), dataset_id.to_owned());
        let blank = Update::blank(tenant_id, UpdateKind::IngestRejects);
        Update { platform, reason, subject, rows, ..blank }
    }

    /// Something of this kind that users keep, such as `campaigns`, was made, changed or deleted.
    pub fn resource(tenant_id: TenantId, kind: &str) -> Update {
        Update { subject: kind.to_owned(), ..Update::blank(tenant_id, UpdateKind::Resource) }
    }

    /// A fix run, rule or export with this id came to this state.
    pub fn of_subject(
        tenant_id: TenantId,
        kind: UpdateKind,
        subject: impl Into<String>,
        state: impl Into<String>,
    ) -> Update {
        let (subject, state) = (subject.into(), state.into());
        Update { subject, state, ..Update::blank(tenant_id, kind) }
    }

    /// Takes another one in, if one hint can stand for both: days become the range over both, rows
    /// are added. Gives it back if not.
    pub fn absorb(&mut self, other: Update) -> Option<Update> {
        if !self.is_of_same(&other) {
            return Some(other);
        }
        self.days = match (self.days, other.days) {
            (Some(one), Some(two)) => {
                DayRange::new(one.from.min(two.from), one.to.max(two.to)).or(self.days)
            }
            (one, two) => one.or(two),
        };
        self.rows = self.rows.saturating_add(other.rows);
        None
    }

    /// The part that hints share when one can stand for all: this one without its days and rows.
    pub fn common(&self) -> Update {
        Update { days: None, rows: 0, ..self.clone() }
    }

    fn is_of_same(&self, other: &Update) -> bool {
        let of = |update: &Update| (update.tenant_id, update.kind, update.platform, update.reason);
        of(self) == of(other) && self.subject == other.subject && self.state == other.state
    }
}

/// The layout of a batch of updates, in the log.
pub fn update_schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        Arc::new(Schema::new(vec![
            Field::new("tenant_id", DataType::UInt64, false),
            Field::new("update", DataType::Int8, false),
            Field::new("platform", DataType::Int8, true),
            Field::new("subject", DataType::Utf8, false),
            Field::new("state", DataType::Utf8, false),
            Field::new("first_day", DataType::Date32, true),
            Field::new("last_day", DataType::Date32, true),
            Field::new("reason", DataType::Int8, true),
            Field::new("rows", DataType::UInt64, false),
        ]))
    });
    SCHEMA.clone()
}

/// A batch of these updates, in this order.
pub fn update_batch(updates: &[Update]) -> Result<RecordBatch, ArrowError> {
    let number = |of: fn(&Update) -> u64| -> ArrayRef {
        Arc::new(UInt64Array::from_iter_values(updates.iter().map(of)))
    };
    let code = |of: fn(&Update) -> Option<i8>| -> ArrayRef {
        Arc::new(Int8Array::from_iter(updates.iter().map(of)))
    };
    let text = |of: fn(&Update) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(updates.iter().map(of)))
    };
    let day = |of: fn(&DayRange) -> Day| -> ArrayRef {
        let days = updates.iter().map(|update| Some(of(update.days.as_ref()?).to_epoch_days()));
        Arc::new(Date32Array::from_iter(days))
    };
    RecordBatch::try_new(
        update_schema(),
        vec![
            number(|update| update.tenant_id.0),
            code(|update| Some(update.kind.code())),
            code(|update| update.platform.map(Platform::code)),
            text(|update| &update.subject),
            text(|update| &update.state),
            day(|days| days.from),
            day(|days| days.to),
            code(|update| update.reason.map(RejectReason::code)),
            number(|update| update.rows),
        ],
    )
}

/// The updates of a batch. A kind that is not known is left out: a newer program wrote it.
pub fn updates_of(batch: &RecordBatch) -> Result<Vec<Update>, ArrowError> {
    if batch.schema_ref() != &update_schema() {
        return Err(ArrowError::SchemaError("a batch of updates has another layout".into()));
    }
    let number = |column: usize, row| batch.column(column).as_primitive::<UInt64Type>().value(row);
    let code = |column: usize, row| {
        let codes = batch.column(column).as_primitive::<Int8Type>();
        codes.is_valid(row).then(|| codes.value(row))
    };
    let text = |column: usize, row| batch.column(column).as_string::<i32>().value(row).to_owned();
    let day = |column: usize, row| {
        let days = batch.column(column).as_primitive::<Date32Type>();
        days.is_valid(row).then(|| Day::from_epoch_days(days.value(row))).flatten()
    };
    let update = |row| {
        let days = day(5, row).zip(day(6, row)).and_then(|(from, to)| DayRange::new(from, to));
        Some(Update {
            tenant_id: TenantId(number(0, row)),
            kind: code(1, row).and_then(UpdateKind::from_code)?,
            platform: code(2, row).and_then(Platform::from_code),
            subject: text(3, row),
            state: text(4, row),
            days,
            reason: code(7, row).and_then(RejectReason::from_code),
            rows: number(8, row),
        })
    };
    Ok((0..batch.num_rows()).filter_map(update).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{RecordKind, decode, encode};

    fn days(from: &str, to: &str) -> DayRange {
        DayRange::new(Day(from.parse().unwrap()), Day(to.parse().unwrap())).unwrap()
    }

    #[test]
    fn updates_round_trip_through_a_record() {
        let tenant = TenantId(7);
        let updates = [
            Update::metrics(tenant, Some(Platform::Meta), days("2026-03-01", "2026-03-08")),
            Update::match_quality(TenantId(8), Some(Platform::Tiktok), "1234"),
            Update::rejects(tenant, Some(Platform::Meta), "1234", RejectReason::TooOld, 12),
            Update::of_subject(tenant, UpdateKind::ExportDone, "e-1", "done"),
        ];
        let record = encode(RecordKind::Updates, &update_batch(&updates).unwrap()).unwrap();
        let (kind, batch) = decode(&record).unwrap();
        assert_eq!(kind, RecordKind::Updates);
        assert_eq!(updates_of(&batch).unwrap(), updates);
        assert!(updates_of(&crate::rejection::rejection_batch(&[]).unwrap()).is_err());
    }

    #[test]
    fn one_hint_stands_for_those_of_one_subject_and_no_others() {
        let metrics = |tenant, platform, from, to| {
            Update::metrics(TenantId(tenant), Some(platform), days(from, to))
        };
        let mut one = metrics(1, Platform::Meta, "2026-03-03", "2026-03-04");
        assert_eq!(one.absorb(metrics(1, Platform::Meta, "2026-03-01", "2026-03-01")), None);
        assert_eq!(one.days, Some(days("2026-03-01", "2026-03-04")));
        for other in [
            metrics(2, Platform::Meta, "2026-03-01", "2026-03-01"),
            metrics(1, Platform::Google, "2026-03-01", "2026-03-01"),
            Update::match_quality(TenantId(1), None, ""),
        ] {
            assert_eq!(one.absorb(other.clone()), Some(other));
        }
        let refused = |rows| Update::rejects(TenantId(1), None, "d", RejectReason::TooOld, rows);
        let mut many = refused(2);
        assert_eq!(many.absorb(refused(3)), None);
        assert_eq!(many.rows, 5);
    }
}

//! A row as the loops read it.

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{
    ArrowPrimitiveType, Int8Type, Int64Type, TimestampMillisecondType, TimestampSecondType,
    UInt32Type, UInt64Type,
};

use stratum_models::platform::Platform;

/// One row of a batch.
#[derive(Clone)]
pub(super) struct Row {
    pub(super) batch: RecordBatch,
    pub(super) at: usize,
}

impl Row {
    pub(super) fn value<T: ArrowPrimitiveType>(&self, name: &str) -> T::Native {
        self.batch[name].as_primitive::<T>().value(self.at)
    }

    pub(super) fn text(&self, name: &str) -> String {
        self.batch[name].as_string::<i32>().value(self.at).to_owned()
    }

    /// The ad account in the form that is kept, also of records from before there was one.
    pub(super) fn account(&self) -> String {
        let id = self.text("account_id");
        let platform = Platform::from_code(self.code("platform"));
        platform.map_or_else(|| id.clone(), |platform| platform.account_id(&id).into_owned())
    }

    pub(super) fn count(&self, name: &str) -> u64 {
        self.value::<UInt64Type>(name)
    }

    pub(super) fn micros(&self, name: &str) -> i128 {
        self.value::<Int64Type>(name).into()
    }

    pub(super) fn code(&self, name: &str) -> i8 {
        self.value::<Int8Type>(name)
    }

    /// The start of its hour, in milliseconds.
    pub(super) fn hour_ms(&self) -> i64 {
        self.value::<TimestampSecondType>("hour") * 1000
    }

    pub(super) fn received_ms(&self) -> i64 {
        self.value::<TimestampMillisecondType>("received_at")
    }

    /// Of ad reports: the newest version is the greatest, of equal ones the later in the log.
    pub(super) fn rank(&self) -> (u64, u64, u32) {
        (self.count("version"), self.count("log_offset"), self.value::<UInt32Type>("log_row"))
    }
}

//! Exports: which rows there are to take away, of which columns, and the port they come through.

mod column;
mod request;

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use async_trait::async_trait;
use chrono_tz::Tz;
use futures::stream::BoxStream;

pub use column::{ColumnKind, ExportColumn};
pub use request::{ExportRequest, FileCompression, FileFormat, columns_of};

use crate::platform::{Platform, coded};
use crate::scope::TenantScope;
use crate::store::StoreError;
use crate::time::DayRange;

coded! {
    /// The content of an export.
    ExportType {
        /// The tenant's campaigns, with what is reported of them over the days.
        Campaigns = 1 "campaigns",
        /// A row a campaign, day and currency: what platforms report and what our events show.
        CampaignMetrics = 2 "campaign_metrics",
        /// A row an event.
        Events = 3 "events",
        /// A row a day, dataset, event name, action source and channel: scores and coverage.
        Emq = 4 "emq",
    }
}

impl ExportType {
    /// Every column, in the order of a row.
    pub fn columns(self) -> &'static [ExportColumn] {
        match self {
            ExportType::Campaigns => column::CAMPAIGNS,
            ExportType::CampaignMetrics => column::CAMPAIGN_METRICS,
            ExportType::Events => column::EVENTS,
            ExportType::Emq => column::EMQ,
        }
    }

    /// The column of this name.
    pub fn column(self, name: &str) -> Option<&'static ExportColumn> {
        self.columns().iter().find(|column| column.name == name)
    }
}

/// Which rows and columns to take away.
#[derive(Clone, Debug)]
pub struct ExportQuery {
    /// The kind of rows.
    pub of: ExportType,
    /// Both ends included.
    pub days: DayRange,
    /// The zone that days of hourly counts are made in; other rows have days of their own.
    pub zone: Tz,
    /// Of these platforms; of all where none is named.
    pub platforms: Vec<Platform>,
    /// The columns, in this order; never empty.
    pub columns: Vec<&'static ExportColumn>,
}

impl ExportQuery {
    /// The layout of its batches.
    pub fn schema(&self) -> SchemaRef {
        let fields = self.columns.iter().map(|column| column.field());
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    }
}

/// Rows on their way out. The next batch is made when it is asked for; dropping the stream ends the
/// work behind it.
pub type ExportBatches = BoxStream<'static, Result<RecordBatch, StoreError>>;

/// An export that has begun.
pub struct Export {
    /// About how many rows will come, for a progress to show.
    pub rows_expected: u64,
    /// The rows, in the layout of [`ExportQuery::schema`].
    pub batches: ExportBatches,
}

/// Reads in bulk: any number of rows, in a bounded memory here and in the store.
#[async_trait]
pub trait ExportReader: Send + Sync {
    /// Begins an export. Its order is the same each time as long as no row is added. Rows that land
    /// while it runs may or may not be in it. Cells of identifiers hold seals in hexadecimal digits,
    /// several parted by bars: who may read them opens them. [`ExportType::Campaigns`] is not the warehouse's.
    async fn export(&self, scope: TenantScope, query: ExportQuery) -> Result<Export, StoreError>;
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::identifier::IdentifierKey;

    #[test]
    fn names_of_columns_are_unique() {
        for of in ExportType::ALL {
            let names: HashSet<&str> = of.columns().iter().map(|column| column.name).collect();
            assert_eq!(names.len(), of.columns().len(), "{of}");
        }
    }

    /// Of what can be counted nothing is kept, so there is nothing to take away.
    #[test]
    fn every_identifier_that_is_kept_has_a_column() {
        for key in IdentifierKey::ALL {
            let kept = !key.is_countable();
            let hashes = ExportType::Events.column(&format!("{key}_sha256"));
            assert_eq!(hashes.is_some_and(|column| column.identifies), kept, "{key}");
            assert!(ExportType::Emq.column(&format!("coverage_{key}")).is_some(), "{key}");
        }
    }
}

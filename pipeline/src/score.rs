//! Match quality. A score is a function of identifier masks, so what lands is how many events carry
//! which: every score, coverage, uplift and what-if is then an exact sum, over any window.

use std::sync::Arc;

use arrow::array::RecordBatch;
use datafusion::error::Result;
use datafusion::prelude::SessionContext;
use stratum_models::table::Table;

use crate::statement::{Inputs, Statement, as_rows_of};

/// Counts landed events by identifier mask, and unusable identifiers by reason.
#[derive(Debug)]
pub(crate) struct Score {
    match_quality: Statement,
    invalid_identifiers: Statement,
}

impl Score {
    /// Plans the statements.
    pub(crate) async fn plan(session: &SessionContext) -> Result<Score> {
        let match_quality = include_str!("../sql/count_match_quality.sql");
        let invalid_identifiers = include_str!("../sql/count_invalid_identifiers.sql");
        Ok(Score {
            match_quality: Statement::plan(session, match_quality).await?,
            invalid_identifiers: Statement::plan(session, invalid_identifiers).await?,
        })
    }

    /// The counts of these rows.
    pub(crate) fn score(&self, inputs: &Arc<Inputs>) -> Result<Vec<(Table, RecordBatch)>> {
        let counts = [
            (Table::MatchQuality, self.match_quality.run(inputs)?),
            (Table::InvalidIdentifiers, self.invalid_identifiers.run(inputs)?),
        ];
        let rows = counts.into_iter().filter_map(|(table, rows)| Some((table, rows?)));
        rows.map(|(table, rows)| Ok((table, as_rows_of(table, &rows)?))).collect()
    }
}

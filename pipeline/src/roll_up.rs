//! Daily metrics and ingest counts: small additive rows, made of the batch alone. Nothing that landed
//! before is read again, so an event costs the same at the end of a day as at its start.

use std::sync::Arc;

use arrow::array::{AsArray, BooleanArray, Int64Array, RecordBatch, UInt64Array};
use arrow::compute::{concat_batches, filter, filter_record_batch};
use arrow::datatypes::Decimal128Type;
use arrow::error::ArrowError;
use datafusion::error::Result;
use datafusion::prelude::SessionContext;
use stratum_models::table::Table;

use crate::statement::{Inputs, Statement, as_rows_of};

/// Sums landed events by day and campaign, and counts every row by what became of it.
#[derive(Debug)]
pub(crate) struct RollUp {
    event_metrics: Statement,
    ingested_rows: Statement,
}

impl RollUp {
    /// Plans the statements.
    pub(crate) async fn plan(session: &SessionContext) -> Result<RollUp> {
        let event_metrics = include_str!("../sql/sum_event_metrics.sql");
        let ingested_rows = include_str!("../sql/count_ingested_rows.sql");
        Ok(RollUp {
            event_metrics: Statement::plan(session, event_metrics).await?,
            ingested_rows: Statement::plan(session, ingested_rows).await?,
        })
    }

    /// The sums of these rows.
    pub(crate) fn roll_up(&self, inputs: &Arc<Inputs>) -> Result<Vec<(Table, RecordBatch)>> {
        let metrics = self.event_metrics.run(inputs)?.map(|wide| narrow(&wide)).transpose()?;
        let counts = self.ingested_rows.run(inputs)?;
        let counts = counts.map(|rows| as_rows_of(Table::IngestCounts, &rows)).transpose()?;
        let tables = [(Table::EventMetrics, metrics), (Table::IngestCounts, counts)];
        Ok(tables.into_iter().filter_map(|(table, rows)| Some((table, rows?))).collect())
    }
}

/// Rows of `event_metrics` whose worth is as wide as a sum may be, as rows of it whose worth is as wide
/// as the table's. A sum beyond that goes into several rows, which add up to it.
pub(crate) fn narrow(wide: &RecordBatch) -> std::result::Result<RecordBatch, ArrowError> {
    let layout = Table::EventMetrics.schema();
    let (events, worth) = (layout.index_of("events")?, layout.index_of("value_micros")?);
    let mut left = wide.column(worth).as_primitive::<Decimal128Type>().clone();
    let mut rows = wide.clone();
    let mut parts = Vec::new();
    while rows.num_rows() > 0 {
        let fits: Int64Array = left.unary(clamp);
        let mut columns = rows.columns().to_vec();
        columns[worth] = Arc::new(fits);
        if !parts.is_empty() {
            columns[events] = Arc::new(UInt64Array::from_value(0, rows.num_rows()));
        }
        parts.push(RecordBatch::try_new(layout.clone(), columns)?);
        let rest = left.unary::<_, Decimal128Type>(|sum| sum - i128::from(clamp(sum)));
        let more = BooleanArray::from_unary(&rest, |sum| sum != 0);
        rows = filter_record_batch(&rows, &more)?;
        left = filter(&rest, &more)?.as_primitive::<Decimal128Type>().clone();
    }
    concat_batches(&layout, &parts)
}

fn clamp(sum: i128) -> i64 {
    i64::try_from(sum).unwrap_or(if sum < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{ArrayRef, Decimal128Array};
    use arrow::array::{Date32Array, Int8Array, StringArray};
    use arrow::compute::sum;
    use arrow::datatypes::{DataType, Field, Int64Type, Schema, UInt64Type};

    #[test]
    fn a_sum_beyond_the_table_goes_into_several_rows() {
        let layout = Table::EventMetrics.schema();
        let sums = [5, i128::from(i64::MAX) * 2 + 9, -3, i128::from(i64::MIN) - 1];
        let worth = Decimal128Array::from(sums.to_vec()).with_precision_and_scale(38, 0).unwrap();
        let column = |field: &Arc<Field>| -> ArrayRef {
            match field.name().as_str() {
                "events" => Arc::new(UInt64Array::from(vec![1, 3, 1, 2])),
                "value_micros" => Arc::new(worth.clone()),
                _ => same(field.data_type(), sums.len()),
            }
        };
        let columns: Vec<ArrayRef> = layout.fields().iter().map(column).collect();
        let fields = layout.fields().iter().map(|field| field.as_ref().clone()).zip(&columns);
        let fields: Vec<Field> = fields
            .map(|(field, column)| field.with_data_type(column.data_type().clone()))
            .collect();
        let wide = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap();
        let rows = narrow(&wide).unwrap();
        assert_eq!(rows.schema(), layout);
        let worth = rows["value_micros"].as_primitive::<Int64Type>();
        let total: i128 = worth.values().iter().map(|part| i128::from(*part)).sum();
        assert_eq!(total, sums.iter().sum::<i128>());
        assert_eq!(sum(rows["events"].as_primitive::<UInt64Type>()), Some(7));
        assert_eq!(rows.num_rows(), 7);
    }

    fn same(kind: &DataType, rows: usize) -> ArrayRef {
        match kind {
            DataType::Int8 => Arc::new(Int8Array::from_value(1, rows)),
            DataType::UInt64 => Arc::new(UInt64Array::from_value(1, rows)),
            DataType::Date32 => Arc::new(Date32Array::from_value(20_000, rows)),
            _ => Arc::new(StringArray::from(vec!["x"; rows])),
        }
    }
}

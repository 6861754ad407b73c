//! Gathered rows into records of the log.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use stratum_models::ad_report::{AdReport, AdReportSplit, ad_report_batch, ad_report_split_batch};
use stratum_models::log::{NewRecord, PartitionId, RECORD_BYTES_MAX, Topic};
use stratum_models::record::{RecordKind, encode};
use stratum_models::rejection::{Rejection, rejection_batch};

use super::gather::{Lanes, ad_report_bytes, rejection_bytes, split_bytes};
use super::partition;

/// The largest row, as estimated: alone in a record it leaves room for the frame.
pub const ROW_BYTES_MAX: usize = RECORD_BYTES_MAX / 2;

/// Makes records of rows.
pub struct Encoder {
    /// Rows of one record.
    pub record_rows_max: usize,
    /// Partitions of [`Topic::Events`], [`Topic::AdReports`] and [`Topic::Deliveries`].
    pub partitions: [u32; 3],
}

impl Encoder {
    /// The records of all rows in `lanes`, which are empty afterwards. After an error they are not
    /// to be used again.
    pub fn records(&self, lanes: &mut Lanes) -> Result<Vec<NewRecord>, ArrowError> {
        let mut records = Vec::new();
        let rejections = std::mem::take(lanes.rejections.get_mut());
        let ad_reports = std::mem::take(lanes.ad_reports.get_mut());
        let splits = std::mem::take(lanes.splits.get_mut());
        let batches: Vec<_> = lanes
            .events
            .iter_mut()
            .map(|lane| {
                let lane = lane.get_mut();
                (lane.rows.finish(), std::mem::take(&mut lane.bytes))
            })
            .collect();
        for (partition, (batch, bytes)) in (0..).map(PartitionId).zip(batches) {
            let run = Run { topic: Topic::Events, partition, kind: RecordKind::Events };
            self.split(run, &batch?, bytes, &mut records)?;
        }
        self.rejections(rejections, &mut records)?;
        self.ad_reports(ad_reports, &mut records)?;
        self.splits(splits, &mut records)?;
        let outbound = lanes.outbound.get_mut().records(self.partitions_of(Topic::Deliveries));
        records.extend(outbound.map_err(|error| ArrowError::ExternalError(error.into()))?);
        Ok(records)
    }

    fn rejections(
        &self,
        rows: Vec<(Topic, Rejection)>,
        records: &mut Vec<NewRecord>,
    ) -> Result<(), ArrowError> {
        let mut lanes: BTreeMap<(Topic, PartitionId), Vec<Rejection>> = BTreeMap::new();
        for (topic, row) in rows {
            let partition = partition::of_rejection(&row, self.partitions_of(topic));
            lanes.entry((topic, partition)).or_default().push(row);
        }
        for ((topic, partition), rows) in lanes {
            let run = Run { topic, partition, kind: RecordKind::Rejections };
            let bytes = rows.iter().map(rejection_bytes).sum();
            self.split(run, &rejection_batch(&rows)?, bytes, records)?;
        }
        Ok(())
    }

    fn ad_reports(
        &self,
        rows: Vec<AdReport>,
        records: &mut Vec<NewRecord>,
    ) -> Result<(), ArrowError> {
        let topic = Topic::AdReports;
        let mut lanes: BTreeMap<PartitionId, Vec<AdReport>> = BTreeMap::new();
        for row in rows {
            let partition = partition::of_ad_report(&row, self.partitions_of(topic));
            lanes.entry(partition).or_default().push(row);
        }
        for (partition, rows) in lanes {
            let run = Run { topic, partition, kind: RecordKind::AdReports };
            let bytes = rows.iter().map(ad_report_bytes).sum();
            self.split(run, &ad_report_batch(&rows)?, bytes, records)?;
        }
        Ok(())
    }

    /// Parts of a campaign's day go where the day itself goes.
    fn splits(
        &self,
        rows: Vec<AdReportSplit>,
        records: &mut Vec<NewRecord>,
    ) -> Result<(), ArrowError> {
        let topic = Topic::AdReports;
        let mut lanes: BTreeMap<PartitionId, Vec<AdReportSplit>> = BTreeMap::new();
        for row in rows {
            let partition = partition::of_ad_report(&row.report, self.partitions_of(topic));
            lanes.entry(partition).or_default().push(row);
        }
        for (partition, rows) in lanes {
            let run = Run { topic, partition, kind: RecordKind::AdReportSplits };
            let bytes = rows.iter().map(split_bytes).sum();
            self.split(run, &ad_report_split_batch(&rows)?, bytes, records)?;
        }
        Ok(())
    }

    fn partitions_of(&self, topic: Topic) -> u32 {
        match topic {
            Topic::Events => self.partitions[0],
            Topic::AdReports => self.partitions[1],
            Topic::Deliveries => self.partitions[2],
            // What is taken in is never one.
            Topic::Updates => 1,
        }
    }

    /// Records of about equal size, as few as fit.
    fn split(
        &self,
        run: Run,
        batch: &RecordBatch,
        bytes: usize,
        records: &mut Vec<NewRecord>,
    ) -> Result<(), ArrowError> {
        let rows = batch.num_rows();
        if rows == 0 {
            return Ok(());
        }
        let by_rows = rows.div_ceil(self.record_rows_max.max(1));
        let pieces = by_rows.max(bytes.div_ceil(RECORD_BYTES_MAX));
        let piece_rows = rows.div_ceil(pieces);
        for start in (0..rows).step_by(piece_rows) {
            run.encode(&batch.slice(start, piece_rows.min(rows - start)), records)?;
        }
        Ok(())
    }
}

/// Where a batch goes, and as what.
#[derive(Clone, Copy)]
struct Run {
    topic: Topic,
    partition: PartitionId,
    kind: RecordKind,
}

impl Run {
    fn encode(self, batch: &RecordBatch, records: &mut Vec<NewRecord>) -> Result<(), ArrowError> {
        let record = encode(self.kind, batch)?;
        let rows = batch.num_rows();
        if record.len() <= RECORD_BYTES_MAX {
            let Run { topic, partition, .. } = self;
            records.push(NewRecord { topic, partition, bytes: record.into() });
            return Ok(());
        }
        if rows < 2 {
            return Err(ArrowError::IpcError("a row is larger than a record may be".into()));
        }
        // The size of packed text cannot be foretold.
        let half = rows / 2;
        self.encode(&batch.slice(0, half), records)?;
        self.encode(&batch.slice(half, rows - half), records)
    }
}

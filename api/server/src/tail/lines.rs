//! Log records as JSON lines, for operators. Hashes are hex, codes are names.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{
    Array, AsArray, BooleanArray, FixedSizeBinaryArray, ListArray, RecordBatch, StructArray,
};
use arrow::datatypes::{
    DataType, Date32Type, Int8Type, Int64Type, TimestampMillisecondType, UInt16Type, UInt32Type,
    UInt64Type,
};
use async_trait::async_trait;
use futures::Stream;
use serde_json::{Map, Value, json};
use stratum_models::ad_report::SplitBy;
use stratum_models::dialect::Dialect;
use stratum_models::identifier::{IdentifierKey, InvalidIdentifier};
use stratum_models::log::{
    EventLog, LogRecord, Offset, PartitionId, ReadLimits, Resume, Subscription, Topic,
};
use stratum_models::platform::{ActionSource, Channel, Device, Platform};
use stratum_models::record;
use stratum_models::rejection::{RejectReason, RowKind};
use stratum_models::store::StoreError;
use stratum_models::time::{Day, UnixMillis};
use stratum_models::update::UpdateKind;
use uuid::Uuid;

/// Where to begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Begin {
    /// At the oldest record kept.
    Start,
    /// After the newest.
    #[default]
    End,
}

struct ResumeAt {
    log: Arc<dyn EventLog>,
    begin: Begin,
}

#[async_trait]
impl Resume for ResumeAt {
    async fn resume_at(&self, topic: Topic, partition: PartitionId) -> Result<Offset, StoreError> {
        match self.begin {
            Begin::Start => Ok(Offset(0)),
            Begin::End => self.log.end(topic, partition).await,
        }
    }
}

const LIMITS: ReadLimits = ReadLimits {
    records_max: 64,
    bytes_max: 4 * 1024 * 1024,
    wait_max: Duration::from_millis(500),
};

/// The rows of a topic as JSON lines, each chunk the lines of one read, as they come; without
/// `follow` it ends at what was there when it began. Reads as a group of its own, so it takes
/// nothing from the pipeline. An empty chunk says that nothing came for half a second.
pub async fn lines(
    log: Arc<dyn EventLog>,
    topic: Topic,
    begin: Begin,
    follow: bool,
    reader: Uuid,
) -> Result<impl Stream<Item = Result<String, StoreError>> + Send, StoreError> {
    let ahead = match follow {
        true => None,
        false => Some(ends(&*log, topic, begin).await?),
    };
    let resume = Arc::new(ResumeAt { log: log.clone(), begin });
    let group = format!("stratum-tail-{reader}");
    let subscription = log.subscribe(topic, &group, resume).await?;
    Ok(futures::stream::try_unfold(
        PartitionReader { subscription, ahead },
        PartitionReader::next_chunk,
    ))
}

/// Where each partition ends now, where there is anything to read before it.
async fn ends(
    log: &dyn EventLog,
    topic: Topic,
    begin: Begin,
) -> Result<BTreeMap<PartitionId, Offset>, StoreError> {
    let mut ends = BTreeMap::new();
    for partition in (0..log.partitions(topic)).map(PartitionId) {
        let end = log.end(topic, partition).await?;
        if end > Offset(0) && begin == Begin::Start {
            ends.insert(partition, end);
        }
    }
    Ok(ends)
}

struct PartitionReader {
    subscription: Box<dyn Subscription>,
    /// The partitions not read up to their end yet; `None` to follow without end.
    ahead: Option<BTreeMap<PartitionId, Offset>>,
}

impl PartitionReader {
    async fn next_chunk(mut self) -> Result<Option<(String, PartitionReader)>, StoreError> {
        if self.ahead.as_ref().is_some_and(BTreeMap::is_empty) {
            return Ok(None);
        }
        let read = self.subscription.next(LIMITS).await?;
        let mut chunk = String::new();
        for record in &read.records {
            append_lines(record, &mut chunk);
            if let Some(ahead) = &mut self.ahead {
                let Offset(read) = record.position.offset;
                ahead.retain(|at, end| *at != record.position.partition || *end > Offset(read + 1));
            }
        }
        Ok(Some((chunk, self)))
    }
}

fn append_lines(record: &LogRecord, chunk: &mut String) {
    let position = record.position;
    let place = |row: Option<usize>| {
        let mut line = Map::new();
        line.insert("topic".into(), position.topic.as_str().into());
        line.insert("partition".into(), position.partition.0.into());
        line.insert("offset".into(), position.offset.0.into());
        line.insert("row".into(), row.into());
        line
    };
    match record::decode(&record.bytes) {
        Ok((kind, batch)) => {
            for row in 0..batch.num_rows() {
                let mut line = place(Some(row));
                line.insert("kind".into(), kind.as_str().into());
                line.extend(row_of(&batch, row));
                chunk.push_str(&Value::Object(line).to_string());
                chunk.push('\n');
            }
        }
        Err(error) => {
            let mut line = place(None);
            line.insert("error".into(), error.to_string().into());
            chunk.push_str(&Value::Object(line).to_string());
            chunk.push('\n');
        }
    }
}

fn row_of(batch: &RecordBatch, row: usize) -> Map<String, Value> {
    let fields = batch.schema_ref().fields().iter();
    let cells = fields
        .zip(batch.columns())
        .map(|(field, column)| (field.name().clone(), cell(field.name(), column.as_ref(), row)));
    cells.collect()
}

fn cell(name: &str, column: &dyn Array, row: usize) -> Value {
    if column.is_null(row) {
        return Value::Null;
    }
    match column.data_type() {
        DataType::UInt64 => column.as_primitive::<UInt64Type>().value(row).into(),
        DataType::UInt32 => column.as_primitive::<UInt32Type>().value(row).into(),
        DataType::Int64 => column.as_primitive::<Int64Type>().value(row).into(),
        DataType::Int8 => name_of(name, column.as_primitive::<Int8Type>().value(row)),
        DataType::Utf8 => column.as_string::<i32>().value(row).into(),
        DataType::Boolean => BooleanArray::from(column.to_data()).value(row).into(),
        DataType::Timestamp(..) => {
            let millis = column.as_primitive::<TimestampMillisecondType>().value(row);
            UnixMillis(millis).to_utc().to_rfc3339_opts(chrono::SecondsFormat::Millis, true).into()
        }
        DataType::Date32 => {
            let days = column.as_primitive::<Date32Type>().value(row);
            Day::from_epoch_days(days).map(|day| day.0.to_string()).into()
        }
        DataType::FixedSizeBinary(_) => hex(column.as_fixed_size_binary().value(row)).into(),
        DataType::List(_) => list(column.as_list::<i32>(), row),
        other => json!(format!("({other})")),
    }
}

/// The name behind a code, or the code where it has none.
fn name_of(column: &str, code: i8) -> Value {
    let name = match column {
        "dialect" => {
            Dialect::from_optional_code(code).map(|one| one.map_or("unknown", Dialect::as_str))
        }
        "platform" => {
            Platform::from_optional_code(code).map(|one| one.map_or("unknown", Platform::as_str))
        }
        "action_source" => ActionSource::from_code(code).map(ActionSource::as_str),
        "channel" => Channel::from_code(code).map(Channel::as_str),
        "split" => SplitBy::from_code(code).map(SplitBy::as_str),
        "device" => Device::from_code(code).map(Device::as_str),
        "kind" => RowKind::from_code(code).map(RowKind::as_str),
        "update" => UpdateKind::from_code(code).map(UpdateKind::as_str),
        "reason" => RejectReason::from_code(code).map(RejectReason::as_str),
        "key" => IdentifierKey::from_code(code).map(IdentifierKey::as_str),
        _ => None,
    };
    name.map_or_else(|| code.into(), Value::from)
}

fn list(column: &ListArray, row: usize) -> Value {
    let items = column.value(row);
    if let Some(reasons) = items.as_primitive_opt::<UInt16Type>() {
        return reasons.values().iter().map(|code| invalid(*code)).collect();
    }
    items.as_struct_opt().map_or(Value::Null, identifiers)
}

fn invalid(code: u16) -> Value {
    InvalidIdentifier::from_code(code).map_or_else(
        || code.into(),
        |one| json!({"key": one.key.as_str(), "reason": one.reason.as_str()}),
    )
}

fn identifiers(pairs: &StructArray) -> Value {
    let keys = pairs.column(0).as_primitive::<Int8Type>();
    let seals: &FixedSizeBinaryArray = pairs.column(1).as_fixed_size_binary();
    let pairs = (0..pairs.len())
        .map(|at| json!({"key": name_of("key", keys.value(at)), "seal": hex(seals.value(at))}));
    pairs.collect()
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing into a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

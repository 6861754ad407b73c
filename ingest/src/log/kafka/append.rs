//! Sends records and waits for their acknowledgements.
//!
//! Records of one partition go one after the other: the next is sent only once the last is there. So
//! what is kept of an append that fails is a prefix of each partition, also when the time runs out
//! between two of them. An append rarely has more than one record a partition.

use std::collections::BTreeMap;

use futures::future::join_all;
use rdkafka::error::KafkaError;
use rdkafka::producer::{FutureProducer, FutureRecord};
use stratum_models::log::{NewRecord, Offset, PartitionId, Position, Topic};
use stratum_models::store::StoreError;

use super::client::{Quiet, failed};
use super::config::KafkaLogConfig;
use crate::log::unavailable;

/// The positions of all records, or the first error.
pub(super) async fn append(
    config: &KafkaLogConfig,
    producer: &FutureProducer<Quiet>,
    records: &[NewRecord],
) -> Result<Vec<Position>, StoreError> {
    let mut positions = Vec::with_capacity(records.len());
    for wave in waves(records) {
        let sent = wave.into_iter().map(|place| send_one(config, producer, records, place));
        // All of a wave are waited for: an error must not leave others unanswered behind it.
        let answers = join_all(sent).await;
        positions.extend(answers.into_iter().collect::<Result<Vec<_>, _>>()?);
    }
    positions.sort_unstable_by_key(|(place, _)| *place);
    Ok(positions.into_iter().map(|(_, position)| position).collect())
}

/// The places of the first record of each partition, of the second, and so on.
fn waves(records: &[NewRecord]) -> Vec<Vec<usize>> {
    let mut counts = BTreeMap::<(Topic, PartitionId), usize>::new();
    let mut waves: Vec<Vec<usize>> = Vec::new();
    for (place, record) in records.iter().enumerate() {
        let wave = counts.entry((record.topic, record.partition)).or_default();
        if *wave == waves.len() {
            waves.push(Vec::new());
        }
        waves[*wave].push(place);
        *wave += 1;
    }
    waves
}

async fn send_one(
    config: &KafkaLogConfig,
    producer: &FutureProducer<Quiet>,
    records: &[NewRecord],
    place: usize,
) -> Result<(usize, Position), StoreError> {
    let NewRecord { topic, partition, bytes } = &records[place];
    let name = config.topic_name(*topic);
    let refused = |error: KafkaError| failed("the record was not acknowledged", error);
    let record = FutureRecord::<(), [u8]>::to(&name)
        .partition(i32::try_from(partition.0).unwrap_or(i32::MAX))
        .payload(bytes.as_ref());
    let sent = producer.send_result(record).map_err(|(error, _)| refused(error))?;
    let answer = sent.await.map_err(|_| unavailable("the producer is closed"))?;
    let delivery = answer.map_err(|(error, _)| refused(error))?;
    let offset = u64::try_from(delivery.offset);
    let offset = Offset(offset.map_err(|_| unavailable("the broker told no offset"))?);
    Ok((place, Position { topic: *topic, partition: *partition, offset }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_a_partition_go_one_after_the_other() {
        let record = |partition| NewRecord {
            topic: Topic::Events,
            partition: PartitionId(partition),
            bytes: bytes::Bytes::new(),
        };
        let records = [2, 0, 2, 2, 1, 0].map(record);
        assert_eq!(waves(&records), [vec![0, 1, 4], vec![2, 5], vec![3]]);
        assert_eq!(waves(&[]), Vec::<Vec<usize>>::new());
    }
}

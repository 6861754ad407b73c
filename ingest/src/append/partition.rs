//! Which partition a row belongs to. Rows that must meet have one partition, whoever wrote them and
//! whenever: these functions must never change for a log that holds records.

use sha2::{Digest, Sha256};
use stratum_models::ad_report::AdReport;
use stratum_models::event::ConversionEvent;
use stratum_models::log::{PartitionId, partition_of};
use stratum_models::rejection::Rejection;

/// Events of one dedup key meet; others are spread.
pub fn of_event(event: &ConversionEvent<'_>, partitions: u32) -> PartitionId {
    let hash = match event.dedup_key {
        Some(key) => (key.0 >> 64) as u64,
        None => {
            let person = event.identifiers.first().map_or(&[][..], |first| &first.seal.0);
            hash(&[
                &event.tenant_id.0.to_be_bytes(),
                event.dataset_id.as_bytes(),
                event.event_name.as_bytes(),
                &event.event_time.0.to_be_bytes(),
                person,
            ])
        }
    };
    partition_of(hash, partitions)
}

/// Versions of one report meet.
pub fn of_ad_report(report: &AdReport, partitions: u32) -> PartitionId {
    let parts: [&[u8]; 5] = [
        &report.tenant_id.0.to_be_bytes(),
        &[report.platform.code().unsigned_abs()],
        report.account_id.as_bytes(),
        report.campaign_id.as_bytes(),
        &report.date.to_epoch_days().to_be_bytes(),
    ];
    partition_of(hash(&parts), partitions)
}

/// A tenant's rejections stay together: they compress best so.
pub fn of_rejection(rejection: &Rejection, partitions: u32) -> PartitionId {
    partition_of(hash(&[&rejection.tenant_id.0.to_be_bytes()]), partitions)
}

fn hash(parts: &[&[u8]]) -> u64 {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let digest: [u8; 32] = hash.finalize().into();
    digest.first_chunk::<8>().map_or(0, |first| u64::from_be_bytes(*first))
}

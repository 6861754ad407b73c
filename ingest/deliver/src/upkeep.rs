//! What nobody needs any more is given up: records that every destination has settled and no replay may ask for,
//! and then the keys that they were sealed with, which ends what backups of the log hold of them.

use stratum_models::delivery::{DatasetSeal, KeyHour};
use stratum_models::log::{Offset, PartitionId, Topic};
use stratum_models::store::StoreError;
use stratum_models::time::{DAY_MS, HOUR_MS, UnixMillis};

use super::relay::RelayContext;

/// Nothing is kept for longer, whoever waits for it: no platform takes it any more.
const AGE_MS_MAX: i64 = 8 * DAY_MS;

/// Gives up what it may; what fails is tried again the next time.
pub(super) async fn give_up(shared: &RelayContext) {
    if let Err(error) = try_give_up(shared).await {
        tracing::warn!(error = %error, "deliveries not given up");
    }
}

async fn try_give_up(shared: &RelayContext) -> Result<(), StoreError> {
    let now = shared.clock.now();
    let kept = i64::from(shared.config.keep_hours) * HOUR_MS;
    let mut through = UnixMillis(now.0 - kept);
    for number in 0..shared.log.partitions(Topic::Deliveries) {
        through = through.min(give_up_records(shared, PartitionId(number), now, through).await?);
    }
    // The last record that a key of this hour may have sealed was appended before `through`.
    let hours = 1 + DatasetSeal::GRACE_MS / HOUR_MS + 1;
    let before = KeyHour::of(UnixMillis(through.0 - hours * HOUR_MS));
    let keys = shared.directory.delete_keys(before).await?;
    let letters = shared.ledger.forget_dead_letters(now).await?;
    if keys + letters > 0 {
        tracing::info!(keys, letters, "deliveries given up");
    }
    Ok(())
}

/// Gives up records of a partition. The instant before which all are gone.
async fn give_up_records(
    shared: &RelayContext,
    partition: PartitionId,
    now: UnixMillis,
    wanted: UnixMillis,
) -> Result<UnixMillis, StoreError> {
    let topic = Topic::Deliveries;
    let offset_at = async |instant| shared.log.offset_at(topic, partition, instant).await;
    let oldest = UnixMillis(now.0 - AGE_MS_MAX);
    let (most, least) = (offset_at(wanted).await?, offset_at(oldest).await?);
    let unsettled = shared.ledger.unsettled(partition).await?.unwrap_or(Offset(u64::MAX));
    let before = most.min(unsettled.max(least));
    shared.log.release(topic, partition, before).await?;
    let mut through = wanted;
    while through > oldest && offset_at(through).await? > before {
        through = UnixMillis(through.0 - HOUR_MS);
    }
    Ok(through.max(oldest))
}

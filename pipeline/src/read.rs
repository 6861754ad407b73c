//! Reading the log: a subscription whose read may be waited for beside other things.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use futures::future::BoxFuture;
use stratum_models::log::{
    EventLog, LogRead, Offset, PartitionId, ReadLimits, Resume, Subscription, Topic,
};
use stratum_models::store::{StoreError, StoreErrorKind};
use stratum_models::warehouse::WarehouseWriter;
use tokio::sync::Mutex;

use crate::config::RetryConfig;
use crate::retry::retry;

/// Reads begin at the warehouse's checkpoint.
struct Checkpoints(Arc<dyn WarehouseWriter>);

#[async_trait]
impl Resume for Checkpoints {
    async fn resume_at(&self, topic: Topic, partition: PartitionId) -> Result<Offset, StoreError> {
        Ok(self.0.progress(topic, partition).await?.checkpoint)
    }
}

/// The records that a read brought.
pub(crate) struct Read {
    /// The seeks that took effect before it.
    pub(crate) seeks: BTreeMap<PartitionId, Offset>,
    /// The assignment and the records.
    pub(crate) log: LogRead,
}

/// A subscription. Dropping a [`Reader::next`] half-way loses nothing: the read goes on with the next
/// call.
pub(crate) struct Reader {
    subscription: Arc<Mutex<Box<dyn Subscription>>>,
    limits: ReadLimits,
    retry: RetryConfig,
    seeks: BTreeMap<PartitionId, Offset>,
    under_way: Option<BoxFuture<'static, Result<Read, StoreError>>>,
}

impl Reader {
    /// Joins `group`.
    pub(crate) async fn subscribe(
        log: &Arc<dyn EventLog>,
        warehouse: &Arc<dyn WarehouseWriter>,
        (topic, group): (Topic, &str),
        limits: ReadLimits,
        config: &RetryConfig,
    ) -> Result<Reader, StoreError> {
        let resume: Arc<dyn Resume> = Arc::new(Checkpoints(warehouse.clone()));
        let subscription = retry!(config, log.subscribe(topic, group, resume.clone()).await)?;
        Ok(Reader {
            subscription: Arc::new(Mutex::new(subscription)),
            limits,
            retry: config.clone(),
            seeks: BTreeMap::new(),
            under_way: None,
        })
    }

    /// The next records read of this partition, after the read under way, begin at `offset`.
    pub(crate) fn seek(&mut self, partition: PartitionId, offset: Offset) {
        self.seeks.insert(partition, offset);
    }

    /// The next records, and the assignment when it changed.
    pub(crate) async fn next(&mut self) -> Result<Read, StoreError> {
        let under_way = self.under_way.get_or_insert_with(|| {
            let seeks = std::mem::take(&mut self.seeks);
            Box::pin(read(self.subscription.clone(), seeks, self.limits, self.retry.clone()))
        });
        let read = under_way.await;
        self.under_way = None;
        read
    }
}

async fn read(
    subscription: Arc<Mutex<Box<dyn Subscription>>>,
    seeks: BTreeMap<PartitionId, Offset>,
    limits: ReadLimits,
    config: RetryConfig,
) -> Result<Read, StoreError> {
    let mut subscription = subscription.lock().await;
    for (&partition, &offset) in &seeks {
        match retry!(&config, subscription.seek(partition, offset).await) {
            // The partition went to another reader in the meantime.
            Err(error) if error.kind == StoreErrorKind::Conflict => {}
            outcome => outcome?,
        }
    }
    let log = retry!(&config, subscription.next(limits).await)?;
    Ok(Read { seeks, log })
}

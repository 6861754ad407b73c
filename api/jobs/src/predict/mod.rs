//! Predictions between the stores: training from the warehouse into the state store, and the
//! newest readable model of a tenant from there. What a prediction *is* stands in `models`.

mod config;
mod train;
mod job;
mod card;

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use stratum_forecast::Artifact;
use stratum_models::id::TenantId;
use stratum_models::store::StoreError;
use stratum_models::time::{SharedClock, UnixMillis};
use stratum_models::warehouse::WarehouseReader;
use stratum_state::PostgresState;
use stratum_state::model_artifact::ModelArtifact;
use stratum_state::work::TenantWork;
use tokio::sync::Semaphore;
use uuid::Uuid;

pub use card::card;
pub use config::PredictionsConfig;
pub use job::TrainingJob;
pub use train::{TrainingResult, train_each};

/// When the newest model cannot be read, so many older ones are tried.
const FALLBACKS: i64 = 5;

/// A tenant's model, read and checked.
#[derive(Clone)]
pub struct ServedModel {
    /// The model.
    pub artifact: Arc<Artifact>,
    /// The beginning of its hash.
    pub version: String,
    /// When it was trained.
    pub trained_at: UnixMillis,
    id: Uuid,
}

/// Models in memory: a count of uses, and each tenant's model with the count at its last use.
type ModelCache = (u64, BTreeMap<TenantId, (u64, ServedModel)>);

/// Trains models, and keeps those in use in memory.
pub struct Forecasts {
    state: PostgresState,
    warehouse: Arc<dyn WarehouseReader>,
    clock: SharedClock,
    /// The bounds.
    pub config: PredictionsConfig,
    /// Training takes a core: one at a time.
    turn: Semaphore,
    /// A fit of a user's own data takes one too.
    pub fits: Arc<Semaphore>,
    /// The models in memory, each with its last use.
    used: Mutex<ModelCache>,
}

impl Forecasts {
    /// Predictions on these stores.
    pub fn new(
        state: PostgresState,
        warehouse: Arc<dyn WarehouseReader>,
        clock: SharedClock,
        config: PredictionsConfig,
    ) -> Forecasts {
        let used = Mutex::new((0, BTreeMap::new()));
        Forecasts {
            state,
            warehouse,
            clock,
            config,
            turn: Semaphore::new(1),
            fits: Arc::new(Semaphore::new(1)),
            used,
        }
    }

    /// The newest model of the tenant that can be read; `None` before the first training.
    pub async fn newest(&self, work: &mut TenantWork) -> Result<Option<ServedModel>, StoreError> {
        let tenant = work.scope().tenant_id();
        for stored in work.models(FALLBACKS).await? {
            if let Some(loaded) = self.recall(tenant, stored.id) {
                return Ok(Some(loaded));
            }
            if let Some(loaded) = load(work, &stored).await? {
                self.remember(tenant, loaded.clone());
                return Ok(Some(loaded));
            }
        }
        Ok(None)
    }

    fn recall(&self, tenant: TenantId, id: Uuid) -> Option<ServedModel> {
        let mut used = self.used.lock();
        used.0 += 1;
        let turn = used.0;
        let (last, loaded) = used.1.get_mut(&tenant)?;
        *last = turn;
        (loaded.id == id).then(|| loaded.clone())
    }

    fn remember(&self, tenant: TenantId, loaded: ServedModel) {
        let mut used = self.used.lock();
        let turn = used.0;
        used.1.insert(tenant, (turn, loaded));
        if used.1.len() > self.config.cached_max {
            let oldest = used.1.iter().min_by_key(|(_, (last, _))| *last).map(|(id, _)| *id);
            oldest.map(|id| used.1.remove(&id));
        }
    }
}

/// A stored model; `None`, told in the log, where it is damaged or of another format.
async fn load(
    work: &mut TenantWork,
    stored: &ModelArtifact,
) -> Result<Option<ServedModel>, StoreError> {
    let Some(content) = work.model_content(stored.id).await? else { return Ok(None) };
    match Artifact::decode(&content) {
        Ok(artifact) => Ok(Some(ServedModel {
            artifact: Arc::new(artifact),
            version: stored.version.clone(),
            trained_at: stored.created_at,
            id: stored.id,
        })),
        Err(error) => {
            tracing::error!(model = %stored.id, error = %error, "a stored model is refused");
            Ok(None)
        }
    }
}

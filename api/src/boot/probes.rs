//! The probe of each store: whether it answers.

use std::sync::Arc;

use stratum_http::auth::revocation::Revocations;
use stratum_models::id::TenantId;
use stratum_models::log::EventLog;
use stratum_models::warehouse::DataVersions;
use stratum_server::health::{Check, Health, Probe, StoreName};
use stratum_state::PostgresState;
use stratum_state::work::operator_scope;

use super::settings::Settings;
use super::stores::Stores;

/// The health of these stores, and of what is fetched into them. With `revocations` the state store
/// counts as up once they are known again: until then no token counts.
pub fn health(
    stores: &Stores,
    revocations: Option<Arc<Revocations>>,
    settings: &Settings,
) -> Health {
    let rates = stores.state.clone().filter(|_| settings.exchange_rates.enabled);
    Health::new(probes(stores, revocations), rates, &settings.server)
}

fn probes(stores: &Stores, revocations: Option<Arc<Revocations>>) -> Vec<Probe> {
    let log = stores.log.clone().map(|log| Probe { store: StoreName::Log, check: of_log(log) });
    let warehouse = stores.warehouse.clone().map(|warehouse| Probe {
        store: StoreName::Warehouse,
        check: of_warehouse(Arc::new(warehouse)),
    });
    let state = stores.state.clone();
    let state =
        state.map(|state| Probe { store: StoreName::State, check: of_state(state, revocations) });
    [log, warehouse, state].into_iter().flatten().collect()
}

fn of_log(log: Arc<dyn EventLog>) -> Check {
    Box::new(move || {
        let log = log.clone();
        Box::pin(async move { log.ready().await })
    })
}

fn of_warehouse(warehouse: Arc<dyn DataVersions>) -> Check {
    Box::new(move || {
        let warehouse = warehouse.clone();
        // Numbered from 1, so nobody's: the cheapest question there is, and it waits for no turn.
        let nobody = operator_scope(TenantId(0));
        Box::pin(async move { warehouse.data_versions(&[nobody]).await.map(drop) })
    })
}

fn of_state(state: PostgresState, revocations: Option<Arc<Revocations>>) -> Check {
    Box::new(move || {
        let (state, revocations) = (state.clone(), revocations.clone());
        Box::pin(async move {
            state.ping().await?;
            revocations.map_or(Ok(()), |revocations| revocations.confirmed())
        })
    })
}

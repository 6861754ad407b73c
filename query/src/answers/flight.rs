//! Questions under way. Whoever asks the same one joins it; when all have left, it is dropped, and
//! with it the statement in the engine.

use std::collections::HashMap;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::{BoxFuture, Shared, WeakShared};
use parking_lot::Mutex;
use stratum_models::store::StoreError;
use stratum_models::warehouse::DataVersion;

use super::{SharedRows, TenantQuestion};

type Landed = Result<SharedRows, Arc<StoreError>>;
type Flight = BoxFuture<'static, Landed>;
type Place = (TenantQuestion, DataVersion);

/// The questions under way.
#[derive(Clone, Default)]
pub(super) struct Flights(Arc<Mutex<Board>>);

#[derive(Default)]
struct Board {
    under_way: HashMap<Place, (u64, WeakShared<Flight>)>,
    begun: u64,
}

/// Held by a question under way; takes it off the board at its end, however it ends.
pub(super) struct Landing {
    flights: Flights,
    place: Place,
    number: u64,
}

impl Flights {
    /// The flight to this place, begun by `fly` where there is none.
    pub(super) fn join(&self, place: Place, fly: impl FnOnce(Landing) -> Flight) -> Shared<Flight> {
        let mut board = self.0.lock();
        let under_way = board.under_way.get(&place);
        if let Some(flight) = under_way.and_then(|(_, flight)| flight.upgrade()) {
            return flight;
        }
        board.begun += 1;
        let number = board.begun;
        let flight = fly(Landing { flights: self.clone(), place: place.clone(), number }).shared();
        if let Some(weak) = flight.downgrade() {
            board.under_way.insert(place, (number, weak));
        }
        flight
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        let mut board = self.flights.0.lock();
        // All may have left, and another flight begun, before this one was dropped.
        if board.under_way.get(&self.place).is_some_and(|(number, _)| *number == self.number) {
            board.under_way.remove(&self.place);
        }
    }
}

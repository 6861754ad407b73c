//! The twin of the ledger of deliveries: all of it in memory, and gone with the process.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;

use stratum_models::delivery::{
    DeadLetter, DeliveryHealth, DeliveryLedger, DeliveryOutcome, DeliveryRange, DeliveryRequest,
    OutcomeCount, Ownership, RANGES_MAX, REQUESTS_KEPT, RangeId, RangeKind, SettleError,
    Settlement,
};
use stratum_models::id::{DestinationId, TenantId};
use stratum_models::log::{Offset, PartitionId};
use stratum_models::scope::TenantScope;
use stratum_models::store::{StoreError, StoreErrorKind};
use stratum_models::time::UnixMillis;

/// A ledger in memory. Clones share it.
#[derive(Clone, Default)]
pub struct MemoryLedger {
    state: Arc<Mutex<State>>,
}

type CountKey = (DestinationId, UnixMillis, String, DeliveryOutcome, String);

#[derive(Clone, Default)]
struct State {
    epochs: BTreeMap<PartitionId, u64>,
    destinations: BTreeMap<DestinationId, (TenantId, PartitionId)>,
    ranges: BTreeMap<RangeId, DeliveryRange>,
    last_range: u64,
    counts: BTreeMap<CountKey, OutcomeCount>,
    /// In the order they were settled in.
    dead_letters: Vec<(DestinationId, DeadLetter)>,
    /// In the order they were settled in.
    requests: Vec<(DestinationId, DeliveryRequest)>,
    healths: BTreeMap<DestinationId, DeliveryHealth>,
}

fn invalid(text: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Invalid, "state", text)
}

impl State {
    fn check_owner(&self, owned: Ownership) -> Result<(), SettleError> {
        let epoch = self.epochs.get(&owned.partition).copied();
        if epoch == Some(owned.epoch) { Ok(()) } else { Err(SettleError::Fenced) }
    }

    fn partition_of(&self, destination: DestinationId) -> Option<PartitionId> {
        self.destinations.get(&destination).map(|(_, partition)| *partition)
    }

    fn ranges_of(&self, destination: DestinationId) -> impl Iterator<Item = &DeliveryRange> {
        self.ranges.values().filter(move |range| range.destination == destination)
    }

    /// The range, of an owned partition.
    fn owned_range(
        &mut self,
        owned: Ownership,
        id: RangeId,
    ) -> Result<&mut DeliveryRange, SettleError> {
        let destination = self.ranges.get(&id).map(|range| range.destination);
        let partition = destination.and_then(|destination| self.partition_of(destination));
        let range = self.ranges.get_mut(&id).filter(|_| partition == Some(owned.partition));
        range.ok_or(SettleError::Moved(id))
    }

    fn add_range(
        &mut self,
        destination: DestinationId,
        kind: RangeKind,
        (next, to): (Offset, Option<Offset>),
        not_before: UnixMillis,
    ) -> RangeId {
        self.last_range += 1;
        let id = RangeId(self.last_range);
        let range = DeliveryRange { id, destination, kind, next, to, not_before };
        self.ranges.insert(id, range);
        id
    }

    fn settle_one(&mut self, owned: Ownership, one: Settlement) -> Result<(), SettleError> {
        let range = self.owned_range(owned, one.range)?;
        let end = range.to.unwrap_or(Offset(u64::MAX));
        if range.next != one.from || one.next < one.from || one.next > end {
            return Err(SettleError::Moved(one.range));
        }
        let destination = range.destination;
        range.next = one.next;
        if one.next == end {
            self.ranges.remove(&one.range);
        }
        for count in one.counts {
            let (name, code) = (count.event_name.clone(), count.code.clone());
            let key = (destination, count.hour, name, count.outcome, code);
            match self.counts.get_mut(&key) {
                Some(sum) => {
                    sum.events += count.events;
                    sum.tries += count.tries;
                    sum.latency.add(&count.latency);
                }
                None => drop(self.counts.insert(key, count)),
            }
        }
        self.dead_letters.extend(one.dead_letters.into_iter().map(|letter| (destination, letter)));
        self.requests.extend(one.requests.into_iter().map(|request| (destination, request)));
        if let Some(health) = one.health {
            self.healths.insert(destination, health);
        }
        Ok(())
    }

    /// Whether the destination is this tenant's.
    fn is_of(&self, scope: TenantScope, destination: DestinationId) -> bool {
        let owner = self.destinations.get(&destination).map(|(tenant, _)| *tenant);
        owner == Some(scope.tenant_id())
    }
}

#[async_trait]
impl DeliveryLedger for MemoryLedger {
    async fn own(&self, partition: PartitionId) -> Result<Ownership, StoreError> {
        let mut state = self.state.lock();
        let epoch = state.epochs.entry(partition).or_default();
        *epoch += 1;
        Ok(Ownership { partition, epoch: *epoch })
    }

    async fn ranges(&self, owned: Ownership) -> Result<Vec<DeliveryRange>, SettleError> {
        let state = self.state.lock();
        state.check_owner(owned)?;
        let is_here =
            |range: &&DeliveryRange| state.partition_of(range.destination) == Some(owned.partition);
        Ok(state.ranges.values().filter(is_here).cloned().collect())
    }

    async fn start(
        &self,
        tenant: TenantId,
        destination: DestinationId,
        partition: PartitionId,
        at: Offset,
    ) -> Result<(), StoreError> {
        let mut state = self.state.lock();
        let known = *state.destinations.entry(destination).or_insert((tenant, partition));
        if known != (tenant, partition) {
            return Err(invalid("the destination is another tenant's or lies elsewhere"));
        }
        if !state.ranges_of(destination).any(|range| range.kind == RangeKind::Live) {
            state.add_range(destination, RangeKind::Live, (at, None), UnixMillis(0));
        }
        Ok(())
    }

    async fn skip(&self, owned: Ownership, range: RangeId, to: Offset) -> Result<(), SettleError> {
        let mut state = self.state.lock();
        state.check_owner(owned)?;
        let live = state.owned_range(owned, range)?;
        if live.kind != RangeKind::Live || live.next >= to {
            return Ok(());
        }
        let (destination, from) = (live.destination, live.next);
        live.next = to;
        let is_full = state.ranges_of(destination).count() >= RANGES_MAX;
        let gaps = state
            .ranges
            .values_mut()
            .filter(|range| range.destination == destination && range.kind == RangeKind::Gap);
        // The one that reaches furthest is the only one that can end where this begins.
        match gaps.max_by_key(|gap| gap.to) {
            Some(gap) if gap.to == Some(from) || is_full => gap.to = Some(to),
            _ => {
                let span = (from, Some(to));
                state.add_range(destination, RangeKind::Gap, span, UnixMillis(0));
            }
        }
        Ok(())
    }

    async fn replay(
        &self,
        scope: TenantScope,
        destination: DestinationId,
        (from, to): (Offset, Offset),
        not_before: UnixMillis,
    ) -> Result<RangeId, StoreError> {
        let mut state = self.state.lock();
        if !state.is_of(scope, destination) {
            return Err(invalid("no such destination"));
        }
        if from >= to {
            return Err(invalid("there is nothing between"));
        }
        // The last place is kept for a gap: what comes in must never be lost for what came before.
        if state.ranges_of(destination).count() + 1 >= RANGES_MAX {
            return Err(invalid("the destination has as many ranges as it may"));
        }
        Ok(state.add_range(destination, RangeKind::Replay, (from, Some(to)), not_before))
    }

    async fn settle(
        &self,
        owned: Ownership,
        settlements: Vec<Settlement>,
    ) -> Result<(), SettleError> {
        let mut state = self.state.lock();
        state.check_owner(owned)?;
        let mut settled = state.clone();
        settlements.into_iter().try_for_each(|one| settled.settle_one(owned, one))?;
        *state = settled;
        Ok(())
    }

    async fn unsettled(&self, partition: PartitionId) -> Result<Option<Offset>, StoreError> {
        let state = self.state.lock();
        let ranges = state.ranges.values();
        let here = ranges.filter(|range| state.partition_of(range.destination) == Some(partition));
        Ok(here.map(|range| range.next).min())
    }

    async fn counts(
        &self,
        scope: TenantScope,
        destination: DestinationId,
        (from, to): (UnixMillis, UnixMillis),
    ) -> Result<Vec<OutcomeCount>, StoreError> {
        let state = self.state.lock();
        let is_of = state.is_of(scope, destination);
        let all = state
            .counts
            .iter()
            .filter(|(key, _)| is_of && key.0 == destination && (from..to).contains(&key.1));
        Ok(all.map(|(_, count)| count.clone()).collect())
    }

    async fn dead_letters(
        &self,
        scope: TenantScope,
        destination: DestinationId,
        count_max: usize,
    ) -> Result<Vec<DeadLetter>, StoreError> {
        let state = self.state.lock();
        let is_of = state.is_of(scope, destination);
        let newest = state.dead_letters.iter().rev();
        let newest = newest.filter(|(of, _)| is_of && *of == destination).take(count_max);
        Ok(newest.map(|(_, letter)| letter.clone()).collect())
    }

    async fn ranges_of(
        &self,
        scope: TenantScope,
        destination: DestinationId,
    ) -> Result<Vec<DeliveryRange>, StoreError> {
        let state = self.state.lock();
        let is_of = state.is_of(scope, destination);
        Ok(state.ranges_of(destination).filter(|_| is_of).cloned().collect())
    }

    async fn requests(
        &self,
        scope: TenantScope,
        destination: DestinationId,
    ) -> Result<Vec<DeliveryRequest>, StoreError> {
        let state = self.state.lock();
        let is_of = state.is_of(scope, destination);
        let newest = state.requests.iter().rev();
        let newest = newest.filter(|(of, _)| is_of && *of == destination).take(REQUESTS_KEPT);
        Ok(newest.map(|(_, request)| request.clone()).collect())
    }

    async fn health(
        &self,
        scope: TenantScope,
        destination: DestinationId,
    ) -> Result<Option<DeliveryHealth>, StoreError> {
        let state = self.state.lock();
        let is_of = state.is_of(scope, destination);
        Ok(state.healths.get(&destination).filter(|_| is_of).cloned())
    }

    async fn forget_dead_letters(&self, now: UnixMillis) -> Result<u64, StoreError> {
        let mut state = self.state.lock();
        let before = state.dead_letters.len();
        state.dead_letters.retain(|(_, letter)| letter.replayable_until >= now);
        Ok((before - state.dead_letters.len()) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn keeps_the_contract_of_a_ledger() {
        crate::ledger_contract::run(async || MemoryLedger::default()).await;
    }
}

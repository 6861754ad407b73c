//! The side that is about persons: landed batches are searched row by row, and made anew.

use std::collections::{BTreeSet, HashMap, HashSet};

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{
    Date32Type, Int8Type, Int64Type, TimestampMillisecondType, UInt32Type, UInt64Type,
};
use async_trait::async_trait;
use stratum_models::dialect::Dialect;
use stratum_models::erasure::without_person;
use stratum_models::event::column;
use stratum_models::identifier::IdentifierKey;
use stratum_models::money::Currency;
use stratum_models::person::{
    EVENT_NAMES_MAX, PERSON_EMAILS_MAX, PERSON_IDENTIFIERS_MAX, PersonEvent, PersonEvents,
    PersonStore,
};
use stratum_models::platform::{ActionSource, Device, Platform};
use stratum_models::scope::TenantScope;
use stratum_models::seal::{IdentifierSeal, SealedIdentifier};
use stratum_models::store::{StoreError, StoreErrorKind};
use stratum_models::table::Table;
use stratum_models::time::{Day, DayRange, UnixMillis};

use super::{MemoryWarehouse, error};

fn known<T>(member: Option<T>) -> Result<T, StoreError> {
    member.ok_or_else(|| error(StoreErrorKind::Invalid, "a stored code is not known"))
}

fn check(person: &[SealedIdentifier]) -> Result<(), StoreError> {
    match person.len() <= PERSON_IDENTIFIERS_MAX {
        true => Ok(()),
        false => Err(error(StoreErrorKind::Invalid, "too many identifiers")),
    }
}

fn identifiers(rows: &RecordBatch, row: usize) -> Vec<SealedIdentifier> {
    let values = rows[column::IDENTIFIERS].as_list::<i32>().value(row);
    let values = values.as_struct();
    let keys = values.column(0).as_primitive::<Int8Type>();
    let seals = values.column(1).as_fixed_size_binary();
    let one = |at| {
        let key = IdentifierKey::from_code(keys.value(at))?;
        Some(SealedIdentifier { key, seal: IdentifierSeal(seals.value(at).try_into().ok()?) })
    };
    (0..values.len()).filter_map(one).collect()
}

fn is_theirs(
    rows: &RecordBatch,
    row: usize,
    scope: TenantScope,
    person: &[SealedIdentifier],
) -> bool {
    let tenant = rows[column::TENANT_ID].as_primitive::<UInt64Type>().value(row);
    tenant == scope.tenant_id().0 && identifiers(rows, row).iter().any(|one| person.contains(one))
}

fn event(rows: &RecordBatch, row: usize) -> Result<PersonEvent, StoreError> {
    let text = |name: &str| rows[name].as_string::<i32>().value(row).to_owned();
    let maybe = |name: &str| rows[name].is_valid(row).then(|| text(name));
    let code = |name: &str| rows[name].as_primitive::<Int8Type>().value(row);
    let instant =
        |name: &str| UnixMillis(rows[name].as_primitive::<TimestampMillisecondType>().value(row));
    let value = &rows[column::VALUE_MICROS];
    Ok(PersonEvent {
        dialect: known(Dialect::from_code(code(column::DIALECT)))?,
        platform: known(Platform::from_optional_code(code(column::PLATFORM)))?,
        dataset_id: text(column::DATASET_ID),
        event_name: text(column::EVENT_NAME),
        event_time: instant(column::EVENT_TIME),
        received_at: instant(column::RECEIVED_AT),
        action_source: known(ActionSource::from_code(code(column::ACTION_SOURCE)))?,
        event_id: maybe(column::EVENT_ID),
        order_id: maybe(column::ORDER_ID),
        value_micros: value.is_valid(row).then(|| value.as_primitive::<Int64Type>().value(row)),
        currency: maybe(column::CURRENCY).map(|code| known(Currency::parse(&code))).transpose()?,
        campaign_id: text(column::CAMPAIGN_ID),
        country: maybe(column::COUNTRY),
        device: known(Device::from_code(code(column::DEVICE)))?,
        source_host: maybe(column::SOURCE_HOST),
        identifiers: identifiers(rows, row),
    })
}

#[async_trait]
impl PersonStore for MemoryWarehouse {
    async fn person_events(
        &self,
        scope: TenantScope,
        person: &[SealedIdentifier],
        skip: u64,
        rows_max: u32,
    ) -> Result<PersonEvents, StoreError> {
        check(person)?;
        let mut found = Vec::new();
        for rows in self.batches(Table::Events) {
            for row in (0..rows.num_rows()).filter(|row| is_theirs(&rows, *row, scope, person)) {
                let number = |name: &str| rows[name].as_primitive::<UInt32Type>().value(row);
                let offset = rows["log_offset"].as_primitive::<UInt64Type>().value(row);
                let place = (number("log_partition"), offset, number("log_row"));
                let event = event(&rows, row)?;
                found.push((event.received_at, place, event));
            }
        }
        found.sort_by_key(|(received_at, place, _)| (*received_at, *place));
        let total = found.len() as u64;
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        let part = found.into_iter().skip(skip).take(rows_max as usize);
        Ok(PersonEvents { total, events: part.map(|(.., event)| event).collect() })
    }

    async fn person_days(
        &self,
        scope: TenantScope,
        person: &[SealedIdentifier],
    ) -> Result<Option<DayRange>, StoreError> {
        check(person)?;
        let mut days = Vec::new();
        for rows in self.batches(Table::Events) {
            let dates = rows[column::EVENT_DATE].as_primitive::<Date32Type>().clone();
            let theirs = (0..rows.num_rows()).filter(|row| is_theirs(&rows, *row, scope, person));
            days.extend(theirs.filter_map(|row| Day::from_epoch_days(dates.value(row))));
        }
        let ends = days.iter().min().zip(days.iter().max());
        Ok(ends.and_then(|(first, last)| DayRange::new(*first, *last)))
    }

    async fn linked_identifiers(
        &self,
        scope: TenantScope,
        person: &[SealedIdentifier],
    ) -> Result<Vec<SealedIdentifier>, StoreError> {
        check(person)?;
        let (mut linked, mut emails) = (Vec::new(), HashMap::<_, HashSet<_>>::new());
        for rows in self.batches(Table::Events) {
            let tenants = rows[column::TENANT_ID].as_primitive::<UInt64Type>().clone();
            let ours = |row: &usize| tenants.value(*row) == scope.tenant_id().0;
            for row in (0..rows.num_rows()).filter(ours) {
                let all = identifiers(&rows, row);
                let of_mail = all.iter().filter(|one| one.key == IdentifierKey::Email);
                let of_mail: Vec<_> = of_mail.map(|one| one.seal).collect();
                for one in all.iter().filter(|one| one.key.is_strong()) {
                    emails.entry(*one).or_default().extend(of_mail.iter().copied());
                }
                if is_theirs(&rows, row, scope, person) {
                    linked.extend(all.into_iter().filter(|one| one.key.is_strong()));
                }
            }
        }
        linked.retain(|one| emails[one].len() <= PERSON_EMAILS_MAX);
        linked.sort_by_key(|one| (one.key.code(), one.seal));
        linked.dedup();
        linked.truncate(PERSON_IDENTIFIERS_MAX);
        Ok(linked)
    }

    async fn own_event_names(
        &self,
        scope: TenantScope,
        person: &[SealedIdentifier],
    ) -> Result<Vec<String>, StoreError> {
        check(person)?;
        let (mut own, mut others) = (BTreeSet::new(), BTreeSet::new());
        for rows in self.batches(Table::Events) {
            let tenants = rows[column::TENANT_ID].as_primitive::<UInt64Type>();
            let names = rows[column::EVENT_NAME].as_string::<i32>();
            let ours = |row: &usize| tenants.value(*row) == scope.tenant_id().0;
            for row in (0..rows.num_rows()).filter(ours) {
                let theirs = is_theirs(&rows, row, scope, person);
                let names_of = if theirs { &mut own } else { &mut others };
                names_of.insert(names.value(row).to_owned());
            }
        }
        Ok(own.difference(&others).take(EVENT_NAMES_MAX).cloned().collect())
    }

    async fn forget_event_names(
        &self,
        scope: TenantScope,
        names: &[String],
    ) -> Result<(), StoreError> {
        let mut state = self.state.lock();
        let named = |table: Table| {
            use Table::{EventMetrics, Events, InvalidIdentifiers, MatchQuality};
            matches!(table, Events | EventMetrics | MatchQuality | InvalidIdentifiers)
        };
        for landed in state.landed.iter_mut().filter(|landed| named(landed.table)) {
            let rows = &landed.rows;
            let tenants = rows[column::TENANT_ID].as_primitive::<UInt64Type>();
            let texts = rows[column::EVENT_NAME].as_string::<i32>();
            let stays = (0..rows.num_rows()).map(|row| {
                let ours = tenants.value(row) == scope.tenant_id().0;
                Some(!ours || !names.iter().any(|name| name == texts.value(row)))
            });
            let stays: BooleanArray = stays.collect();
            landed.rows = filter_record_batch(rows, &stays).map_err(|cause| {
                error(StoreErrorKind::Invalid, "a batch of rows").caused_by(cause)
            })?;
        }
        Ok(())
    }

    async fn forget_person(
        &self,
        scope: TenantScope,
        person: &[SealedIdentifier],
    ) -> Result<u64, StoreError> {
        check(person)?;
        let mut events = 0;
        let mut state = self.state.lock();
        for landed in state.landed.iter_mut().filter(|landed| landed.table == Table::Events) {
            let rows = &landed.rows;
            let theirs = (0..rows.num_rows()).map(|row| is_theirs(rows, row, scope, person));
            let theirs: BooleanArray = theirs.map(Some).collect();
            events += theirs.true_count() as u64;
            landed.rows = without_person(rows, &theirs).map_err(|cause| {
                error(StoreErrorKind::Invalid, "a batch of events").caused_by(cause)
            })?;
        }
        Ok(events)
    }
}

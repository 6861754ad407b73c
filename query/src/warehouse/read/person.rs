//! What is kept about a person. Taking it away rewrites parts, so it is done only where there is
//! something to take.

use async_trait::async_trait;
use serde::Deserialize;
use stratum_models::identifier::{HashedIdentifier, IdentifierHash, IdentifierKey};
use stratum_models::money::Currency;
use stratum_models::person::{PERSON_IDENTIFIERS_MAX, PersonEvent, PersonEvents, PersonStore};
use stratum_models::platform::{ActionSource, Device, Platform};
use stratum_models::scope::TenantScope;
use stratum_models::store::StoreError;
use stratum_models::time::UnixMillis;

use super::super::error::invalid;
use super::{ClickHouseWarehouse, coded};

const READ_PERSON_EVENTS: &str = include_str!("../../../sql/read_person_events.sql");
const COUNT_PERSON_EVENTS: &str = include_str!("../../../sql/count_person_events.sql");
const FORGET_PERSON: &str = include_str!("../../../sql/forget_person.sql");

#[derive(clickhouse::Row, Deserialize)]
struct PersonEventRow {
    platform_code: i8,
    dataset: String,
    name: String,
    event_ms: i64,
    received_ms: i64,
    action_source_code: i8,
    event_id: Option<String>,
    order_id: Option<String>,
    value_micros: Option<i64>,
    currency_name: Option<String>,
    campaign: String,
    country_name: Option<String>,
    device_code: i8,
    host: Option<String>,
    identifier_codes: Vec<i8>,
    identifier_hashes: Vec<String>,
}

#[derive(clickhouse::Row, Deserialize)]
struct CountRow {
    events: u64,
}

impl TryFrom<PersonEventRow> for PersonEvent {
    type Error = StoreError;

    fn try_from(row: PersonEventRow) -> Result<PersonEvent, StoreError> {
        let identifiers = row.identifier_codes.iter().zip(&row.identifier_hashes);
        let identifiers = identifiers.map(|(code, digits)| {
            let (key, hash) = (coded(IdentifierKey::from_code(*code))?, coded(hash(digits))?);
            Ok(HashedIdentifier { key, hash })
        });
        let currency = row.currency_name.map(|code| coded(Currency::parse(&code)));
        Ok(PersonEvent {
            platform: coded(Platform::from_code(row.platform_code))?,
            dataset_id: row.dataset,
            event_name: row.name,
            event_time: UnixMillis(row.event_ms),
            received_at: UnixMillis(row.received_ms),
            action_source: coded(ActionSource::from_code(row.action_source_code))?,
            event_id: row.event_id,
            order_id: row.order_id,
            value_micros: row.value_micros,
            currency: currency.transpose()?,
            campaign_id: row.campaign,
            country: row.country_name,
            device: coded(Device::from_code(row.device_code))?,
            source_host: row.host,
            identifiers: identifiers.collect::<Result<_, StoreError>>()?,
        })
    }
}

/// The hash behind 64 hexadecimal digits.
fn hash(digits: &str) -> Option<IdentifierHash> {
    let mut hash = [0; 32];
    if digits.len() != 2 * hash.len() {
        return None;
    }
    for (at, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(IdentifierHash(hash))
}

fn digits(hash: &IdentifierHash) -> String {
    hash.0.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whom it is about: all hashes, and each with its key.
fn about(person: &[HashedIdentifier]) -> Result<(Vec<String>, Vec<String>), StoreError> {
    if person.len() > PERSON_IDENTIFIERS_MAX {
        return Err(invalid(format!("at most {PERSON_IDENTIFIERS_MAX} identifiers at once")));
    }
    let hashes: Vec<String> = person.iter().map(|one| digits(&one.hash)).collect();
    let pair = |one: &HashedIdentifier| format!("{}:{}", one.key.code(), digits(&one.hash));
    let pairs: Vec<String> = person.iter().map(pair).collect();
    Ok((hashes, pairs))
}

impl ClickHouseWarehouse {
    async fn count_person_events(
        &self,
        scope: TenantScope,
        person: &[HashedIdentifier],
    ) -> Result<u64, StoreError> {
        let (hashes, pairs) = about(person)?;
        let statement = self.question(scope, COUNT_PERSON_EVENTS);
        let statement = statement.param("hashes", hashes).param("person", pairs);
        let rows = self.ask::<CountRow>("count_person_events", statement).await?;
        Ok(rows.first().map_or(0, |row| row.events))
    }
}

#[async_trait]
impl PersonStore for ClickHouseWarehouse {
    async fn person_events(
        &self,
        scope: TenantScope,
        person: &[HashedIdentifier],
        skip: u64,
        rows_max: u32,
    ) -> Result<PersonEvents, StoreError> {
        let total = self.count_person_events(scope, person).await?;
        if total <= skip || rows_max == 0 {
            return Ok(PersonEvents { total, events: Vec::new() });
        }
        let (hashes, pairs) = about(person)?;
        let statement = self.question(scope, READ_PERSON_EVENTS);
        let statement = statement.param("hashes", hashes).param("person", pairs);
        let statement = statement.param("skip", skip).param("rows_max", rows_max);
        let rows = self.ask::<PersonEventRow>("read_person_events", statement).await?;
        let events = rows.into_iter().map(PersonEvent::try_from);
        Ok(PersonEvents { total, events: events.collect::<Result<_, _>>()? })
    }

    async fn forget_person(
        &self,
        scope: TenantScope,
        person: &[HashedIdentifier],
    ) -> Result<u64, StoreError> {
        let events = self.count_person_events(scope, person).await?;
        if events > 0 {
            let (hashes, pairs) = about(person)?;
            let statement = self.writer.query_raw(FORGET_PERSON);
            let statement = statement.param("tenant", scope.tenant_id().0);
            let statement = statement
                .param("hashes", hashes)
                .param("person", pairs)
                // The answer must mean that it is done, on every replica.
                .with_setting("mutations_sync", "2");
            self.within("forget_person", statement.execute()).await?;
        }
        Ok(events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_round_trip() {
        let one = IdentifierHash(std::array::from_fn(|at| (at * 37) as u8));
        assert_eq!(hash(&digits(&one)), Some(one));
        assert_eq!(hash("00"), None);
        assert_eq!(hash(&"é".repeat(32)), None);
        assert_eq!(hash(&"+".repeat(64)), None);
    }
}

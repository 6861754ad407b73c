//! Rows about a person. Taking them away rewrites parts, so it is done only where there is something to
//! take; it must be done when it returns, on every replica.

use async_trait::async_trait;
use clickhouse::query::Query;
use serde::Deserialize;
use stratum_models::dialect::Dialect;
use stratum_models::identifier::IdentifierKey;
use stratum_models::money::Currency;
use stratum_models::person::{
    EVENT_NAMES_MAX, PERSON_EMAILS_MAX, PERSON_IDENTIFIERS_MAX, PersonEvent, PersonEvents,
    PersonStore,
};
use stratum_models::platform::{ActionSource, Device, Platform};
use stratum_models::scope::TenantScope;
use stratum_models::seal::{IdentifierSeal, SealedIdentifier};
use stratum_models::store::StoreError;
use stratum_models::time::{Day, DayRange, UnixMillis};

use super::super::error::invalid;
use super::{ClickHouseWarehouse, coded, digits};

const READ_PERSON_EVENTS: &str = include_str!("../../../sql/read_person_events.sql");
const COUNT_PERSON_EVENTS: &str = include_str!("../../../sql/count_person_events.sql");
const READ_LINKED_IDENTIFIERS: &str = include_str!("../../../sql/read_linked_identifiers.sql");
const READ_OWN_EVENT_NAMES: &str = include_str!("../../../sql/read_own_event_names.sql");
const FORGET_PERSON: &str = include_str!("../../../sql/forget_person.sql");
const MOVE_DATA_VERSION: &str = include_str!("../../../sql/move_data_version.sql");
/// Every table with names of events.
const FORGET_NAMES: [(&str, &str); 4] = [
    ("forget_names_in_events", include_str!("../../../sql/forget_names_in_events.sql")),
    (
        "forget_names_in_event_metrics",
        include_str!("../../../sql/forget_names_in_event_metrics.sql"),
    ),
    (
        "forget_names_in_match_quality",
        include_str!("../../../sql/forget_names_in_match_quality.sql"),
    ),
    (
        "forget_names_in_invalid_identifiers",
        include_str!("../../../sql/forget_names_in_invalid_identifiers.sql"),
    ),
];

#[derive(clickhouse::Row, Deserialize)]
struct PersonEventRow {
    dialect_code: i8,
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
    identifier_seals: Vec<String>,
}

#[derive(clickhouse::Row, Deserialize)]
struct CountRow {
    events: u64,
    first_day: i32,
    last_day: i32,
}

#[derive(clickhouse::Row, Deserialize)]
struct LinkedRow {
    identifier_code: i8,
    identifier_seal: String,
}

#[derive(clickhouse::Row, Deserialize)]
struct NameRow {
    name: String,
}

impl TryFrom<PersonEventRow> for PersonEvent {
    type Error = StoreError;

    fn try_from(row: PersonEventRow) -> Result<PersonEvent, StoreError> {
        let identifiers = row.identifier_codes.iter().zip(&row.identifier_seals);
        let identifiers = identifiers.map(|(code, digits)| {
            let (key, seal) = (
                coded(IdentifierKey::from_code(*code))?,
                IdentifierSeal(coded(digits::read(digits))?),
            );
            Ok(SealedIdentifier { key, seal })
        });
        let currency = row.currency_name.map(|code| coded(Currency::parse(&code)));
        Ok(PersonEvent {
            dialect: coded(Dialect::from_code(row.dialect_code))?,
            platform: coded(Platform::from_optional_code(row.platform_code))?,
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

/// Whom it is about: all seals, and each with its key.
fn about(person: &[SealedIdentifier]) -> Result<(Vec<String>, Vec<String>), StoreError> {
    if person.len() > PERSON_IDENTIFIERS_MAX {
        return Err(invalid(format!("at most {PERSON_IDENTIFIERS_MAX} identifiers at once")));
    }
    let seals: Vec<String> = person.iter().map(|one| digits::of(&one.seal.0)).collect();
    let pair = |one: &SealedIdentifier| format!("{}:{}", one.key.code(), digits::of(&one.seal.0));
    let pairs: Vec<String> = person.iter().map(pair).collect();
    Ok((seals, pairs))
}

impl ClickHouseWarehouse {
    async fn count_person_events(
        &self,
        scope: TenantScope,
        person: &[SealedIdentifier],
    ) -> Result<Option<CountRow>, StoreError> {
        let (seals, pairs) = about(person)?;
        let statement = self.statement(scope, COUNT_PERSON_EVENTS);
        let statement = statement.param("seals", seals).param("person", pairs);
        let rows = self.fetch::<CountRow>("count_person_events", statement).await?;
        Ok(rows.into_iter().next().filter(|row| row.events > 0))
    }

    /// Rewrites parts; when it returns, it is done on every replica.
    async fn rewrite(&self, name: &'static str, statement: Query) -> Result<(), StoreError> {
        let statement = statement.with_setting("mutations_sync", "2");
        self.within(name, statement.execute()).await
    }
}

#[async_trait]
impl PersonStore for ClickHouseWarehouse {
    async fn person_events(
        &self,
        scope: TenantScope,
        person: &[SealedIdentifier],
        skip: u64,
        rows_max: u32,
    ) -> Result<PersonEvents, StoreError> {
        let total = self.count_person_events(scope, person).await?.map_or(0, |row| row.events);
        if total <= skip || rows_max == 0 {
            return Ok(PersonEvents { total, events: Vec::new() });
        }
        let (seals, pairs) = about(person)?;
        let statement = self.statement(scope, READ_PERSON_EVENTS);
        let statement = statement.param("seals", seals).param("person", pairs);
        let statement = statement.param("skip", skip).param("rows_max", rows_max);
        let rows = self.fetch::<PersonEventRow>("read_person_events", statement).await?;
        let events = rows.into_iter().map(PersonEvent::try_from);
        Ok(PersonEvents { total, events: events.collect::<Result<_, _>>()? })
    }

    async fn forget_person(
        &self,
        scope: TenantScope,
        person: &[SealedIdentifier],
    ) -> Result<u64, StoreError> {
        let Some(found) = self.count_person_events(scope, person).await? else { return Ok(0) };
        let (seals, pairs) = about(person)?;
        let statement = self.writer.query_raw(FORGET_PERSON);
        let statement = statement.param("tenant", scope.tenant_id().0);
        let statement = statement.param("seals", seals).param("person", pairs);
        self.rewrite("forget_person", statement).await?;
        Ok(found.events)
    }

    async fn person_days(
        &self,
        scope: TenantScope,
        person: &[SealedIdentifier],
    ) -> Result<Option<DayRange>, StoreError> {
        let Some(found) = self.count_person_events(scope, person).await? else { return Ok(None) };
        let day = |days| coded(Day::from_epoch_days(days));
        Ok(DayRange::new(day(found.first_day)?, day(found.last_day)?))
    }

    async fn linked_identifiers(
        &self,
        scope: TenantScope,
        person: &[SealedIdentifier],
    ) -> Result<Vec<SealedIdentifier>, StoreError> {
        let (seals, pairs) = about(person)?;
        let strong = IdentifierKey::ALL.iter().filter(|key| key.is_strong());
        let strong: Vec<i8> = strong.map(|key| key.code()).collect();
        let statement = self.statement(scope, READ_LINKED_IDENTIFIERS);
        let statement = statement.param("seals", seals).param("person", pairs);
        let statement = statement.param("strong", strong);
        let statement = statement.param("emails_max", PERSON_EMAILS_MAX as u64);
        let statement = statement.param("rows_max", PERSON_IDENTIFIERS_MAX as u64);
        let rows = self.fetch::<LinkedRow>("read_linked_identifiers", statement).await?;
        let linked = rows.into_iter().map(|row| {
            let key = coded(IdentifierKey::from_code(row.identifier_code))?;
            let seal = IdentifierSeal(coded(digits::read(&row.identifier_seal))?);
            Ok(SealedIdentifier { key, seal })
        });
        linked.collect()
    }

    async fn own_event_names(
        &self,
        scope: TenantScope,
        person: &[SealedIdentifier],
    ) -> Result<Vec<String>, StoreError> {
        let (seals, pairs) = about(person)?;
        let statement = self.statement(scope, READ_OWN_EVENT_NAMES);
        let statement = statement.param("seals", seals).param("person", pairs);
        let statement = statement.param("rows_max", EVENT_NAMES_MAX as u64);
        let rows = self.fetch::<NameRow>("read_own_event_names", statement).await?;
        Ok(rows.into_iter().map(|row| row.name).collect())
    }

    async fn forget_event_names(
        &self,
        scope: TenantScope,
        names: &[String],
    ) -> Result<(), StoreError> {
        if names.is_empty() {
            return Ok(());
        }
        for (name, sql) in FORGET_NAMES {
            let statement = self.writer.query_raw(sql).param("tenant", scope.tenant_id().0);
            self.rewrite(name, statement.param("names", names)).await?;
        }
        let moved = self.writer.query_raw(MOVE_DATA_VERSION).param("tenant", scope.tenant_id().0);
        self.within("move_data_version", moved.execute()).await
    }
}

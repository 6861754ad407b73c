use chrono_tz::Tz;
use serde::Deserialize;
use stratum_models::identifier::{IdentifierKey, IdentifierMask, InvalidReason};
use stratum_models::platform::{ActionSource, Channel, Platform};
use stratum_models::scope::TenantScope;
use stratum_models::store::StoreError;
use stratum_models::time::{Day, UnixMillis};
use stratum_models::warehouse::{InvalidCount, MarkCount, MaskCount, MaskDay, MatchQualityQuery};

use super::{ClickHouseWarehouse, TenantStatement, coded, hour_seconds, until_seconds};

const READ_MASK_COUNTS: &str = include_str!("../../../sql/read_mask_counts.sql");
const READ_MASK_DAYS: &str = include_str!("../../../sql/read_mask_days.sql");
const READ_MARK_COUNTS: &str = include_str!("../../../sql/read_mark_counts.sql");
const READ_INVALID_COUNTS: &str = include_str!("../../../sql/read_invalid_counts.sql");

#[derive(Debug, clickhouse::Row, Deserialize)]
struct MaskCountRow {
    platform_code: i8,
    dataset: String,
    name: String,
    action_source_code: i8,
    channel_code: i8,
    valid_mask: u32,
    invalid_mask: u32,
    event_count: u64,
}

impl TryFrom<MaskCountRow> for MaskCount {
    type Error = StoreError;

    fn try_from(row: MaskCountRow) -> Result<MaskCount, StoreError> {
        Ok(MaskCount {
            platform: coded(Platform::from_optional_code(row.platform_code))?,
            dataset_id: row.dataset,
            event_name: row.name,
            action_source: coded(ActionSource::from_code(row.action_source_code))?,
            channel: coded(Channel::from_code(row.channel_code))?,
            valid: IdentifierMask(row.valid_mask),
            invalid: IdentifierMask(row.invalid_mask),
            events: row.event_count,
        })
    }
}

#[derive(Debug, clickhouse::Row, Deserialize)]
struct MaskDayRow {
    day_code: i32,
    platform_code: i8,
    action_source_code: i8,
    valid_mask: u32,
    event_count: u64,
}

impl TryFrom<MaskDayRow> for MaskDay {
    type Error = StoreError;

    fn try_from(row: MaskDayRow) -> Result<MaskDay, StoreError> {
        Ok(MaskDay {
            day: coded(Day::from_epoch_days(row.day_code))?,
            platform: coded(Platform::from_optional_code(row.platform_code))?,
            action_source: coded(ActionSource::from_code(row.action_source_code))?,
            valid: IdentifierMask(row.valid_mask),
            events: row.event_count,
        })
    }
}

#[derive(Debug, clickhouse::Row, Deserialize)]
struct MarkCountRow {
    hour_seconds: i64,
    config_version: u32,
    action_source_code: i8,
    valid_mask: u32,
    derived_mask: u32,
    derivable_mask: u32,
    event_count: u64,
}

impl TryFrom<MarkCountRow> for MarkCount {
    type Error = StoreError;

    fn try_from(row: MarkCountRow) -> Result<MarkCount, StoreError> {
        let hour = (row.hour_seconds >= 0).then(|| UnixMillis(row.hour_seconds * 1000));
        Ok(MarkCount {
            hour,
            config_version: row.config_version,
            action_source: coded(ActionSource::from_code(row.action_source_code))?,
            valid: IdentifierMask(row.valid_mask),
            derived: IdentifierMask(row.derived_mask),
            derivable: IdentifierMask(row.derivable_mask),
            events: row.event_count,
        })
    }
}

#[derive(Debug, clickhouse::Row, Deserialize)]
struct InvalidCountRow {
    platform_code: i8,
    identifier_code: i8,
    reason_code: i8,
    event_count: u64,
}

impl TryFrom<InvalidCountRow> for InvalidCount {
    type Error = StoreError;

    fn try_from(row: InvalidCountRow) -> Result<InvalidCount, StoreError> {
        Ok(InvalidCount {
            platform: coded(Platform::from_optional_code(row.platform_code))?,
            key: coded(IdentifierKey::from_code(row.identifier_code))?,
            reason: coded(InvalidReason::from_code(row.reason_code))?,
            events: row.event_count,
        })
    }
}

fn params(statement: TenantStatement, query: &MatchQualityQuery) -> TenantStatement {
    statement
        .param("from", hour_seconds(query.from))
        .param("until", until_seconds(query.until))
        .param("platform", query.platform.map(Platform::code))
        .param("dataset", &query.dataset_id)
        .param("event_name", &query.event_name)
}

impl ClickHouseWarehouse {
    pub(super) async fn read_mask_counts(
        &self,
        scope: TenantScope,
        query: &MatchQualityQuery,
    ) -> Result<Vec<MaskCount>, StoreError> {
        let statement = params(self.statement(scope, READ_MASK_COUNTS), query);
        let rows = self.fetch::<MaskCountRow>("read_mask_counts", statement).await?;
        rows.into_iter().map(MaskCount::try_from).collect()
    }

    pub(super) async fn read_mask_days(
        &self,
        scope: TenantScope,
        query: &MatchQualityQuery,
        zone: Tz,
    ) -> Result<Vec<MaskDay>, StoreError> {
        let statement = params(self.statement(scope, READ_MASK_DAYS), query);
        let statement = statement.param("zone", zone.name());
        let rows = self.fetch::<MaskDayRow>("read_mask_days", statement).await?;
        rows.into_iter().map(MaskDay::try_from).collect()
    }

    pub(super) async fn read_mark_counts(
        &self,
        scope: TenantScope,
        query: &MatchQualityQuery,
        by_hour: bool,
    ) -> Result<Vec<MarkCount>, StoreError> {
        let statement = params(self.statement(scope, READ_MARK_COUNTS), query);
        let statement = statement.param("by_hour", u8::from(by_hour));
        let rows = self.fetch::<MarkCountRow>("read_mark_counts", statement).await?;
        rows.into_iter().map(MarkCount::try_from).collect()
    }

    pub(super) async fn read_invalid_counts(
        &self,
        scope: TenantScope,
        query: &MatchQualityQuery,
    ) -> Result<Vec<InvalidCount>, StoreError> {
        let statement = params(self.statement(scope, READ_INVALID_COUNTS), query);
        let rows = self.fetch::<InvalidCountRow>("read_invalid_counts", statement).await?;
        rows.into_iter().map(InvalidCount::try_from).collect()
    }
}

//! Questions about what came in, by time.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use arrow::array::{Array as _, AsArray as _};
use arrow::datatypes::{TimestampMillisecondType, UInt32Type};
use chrono_tz::Tz;
use stratum_models::warehouse::{
    ArrivalCount, ArrivalStep, MarkCount, MaskDay, RecentFate, RecentQuery, RecentRow,
};

use super::{
    ActionSource, Dialect, HOUR_MS, IdentifierMask, MatchQualityQuery, MemoryWarehouse, Platform,
    RejectReason, Row, RowKind, StoreError, Table, TenantScope, UnixMillis, coded,
};

fn is_event(row: &Row) -> bool {
    row.code("kind") == RowKind::Event.code()
}

impl MemoryWarehouse {
    pub(super) fn read_mask_days(
        &self,
        scope: TenantScope,
        query: &MatchQualityQuery,
        zone: Tz,
    ) -> Result<Vec<MaskDay>, StoreError> {
        let mut days = BTreeMap::<_, u64>::new();
        for row in self.quality(Table::MatchQuality, scope, query) {
            let day = UnixMillis(row.hour_ms() + HOUR_MS - 1000).day_in(zone);
            let mask = row.value::<UInt32Type>("valid_mask");
            let key = (day, row.code("platform"), row.code("action_source"), mask);
            *days.entry(key).or_default() += row.count("events");
        }
        let of = |((day, platform, source, valid), events)| {
            Ok(MaskDay {
                day,
                platform: coded(Platform::from_optional_code(platform))?,
                action_source: coded(ActionSource::from_code(source))?,
                valid: IdentifierMask(valid),
                events,
            })
        };
        days.into_iter().map(of).collect()
    }

    pub(super) fn read_mark_counts(
        &self,
        scope: TenantScope,
        query: &MatchQualityQuery,
        by_hour: bool,
    ) -> Result<Vec<MarkCount>, StoreError> {
        let mut counts = BTreeMap::<_, u64>::new();
        for row in self.quality(Table::MatchQuality, scope, query) {
            let hour = by_hour.then(|| UnixMillis(row.hour_ms()));
            let mask = |name| row.value::<UInt32Type>(name);
            let marks = (mask("valid_mask"), mask("derived_mask"), mask("derivable_mask"));
            let key = (hour, mask("config_version"), row.code("action_source"), marks);
            *counts.entry(key).or_default() += row.count("events");
        }
        let of = |((hour, config_version, source, (valid, derived, derivable)), events)| {
            Ok(MarkCount {
                hour,
                config_version,
                action_source: coded(ActionSource::from_code(source))?,
                valid: IdentifierMask(valid),
                derived: IdentifierMask(derived),
                derivable: IdentifierMask(derivable),
                events,
            })
        };
        counts.into_iter().map(of).collect()
    }

    pub(super) fn read_arrivals(
        &self,
        scope: TenantScope,
        from: UnixMillis,
        until: UnixMillis,
        step: ArrivalStep,
    ) -> Vec<ArrivalCount> {
        let mut counts = BTreeMap::<i64, (u64, u64)>::new();
        let within = |row: &Row| (from.0..until.0).contains(&row.received_ms());
        let slot = |row: &Row| row.received_ms().div_euclid(step.ms()) * step.ms();
        for row in self.rows(Table::Events, scope).iter().filter(|row| within(row)) {
            counts.entry(slot(row)).or_default().0 += 1;
        }
        let refused = self.rows(Table::RejectedRows, scope);
        for row in refused.iter().filter(|row| within(row) && is_event(row)) {
            counts.entry(slot(row)).or_default().1 += row.count("row_count");
        }
        let of = |(at, (landed, rejected))| ArrivalCount { at: UnixMillis(at), landed, rejected };
        counts.into_iter().map(of).collect()
    }

    pub(super) fn read_recent(
        &self,
        scope: TenantScope,
        query: &RecentQuery,
    ) -> Result<Vec<RecentRow>, StoreError> {
        let mut rows = Vec::new();
        for row in self.rows(Table::Events, scope) {
            let ids = row.batch["event_id"].as_string::<i32>();
            let fate = RecentFate::Landed {
                event_time: UnixMillis(row.value::<TimestampMillisecondType>("event_time")),
                event_id: ids.is_valid(row.at).then(|| ids.value(row.at).to_owned()),
                action_source: coded(ActionSource::from_code(row.code("action_source")))?,
                valid: IdentifierMask(row.value::<UInt32Type>("valid_mask")),
                test: row.batch["test"].as_boolean().value(row.at),
            };
            rows.push(recent(&row, fate)?);
        }
        for row in self.rows(Table::RejectedRows, scope).iter().filter(|row| is_event(row)) {
            let fate = RecentFate::Refused {
                reason: coded(RejectReason::from_code(row.code("reason")))?,
                field: row.text("field"),
                rows: row.count("row_count"),
            };
            rows.push(recent(row, fate)?);
        }
        rows.retain(|row| {
            row.received_at > query.after
                && query.dataset_id.as_ref().is_none_or(|wanted| row.dataset_id == *wanted)
        });
        rows.sort_by_key(|row| Reverse(row.received_at));
        rows.truncate(query.limit as usize);
        Ok(rows)
    }
}

fn recent(row: &Row, fate: RecentFate) -> Result<RecentRow, StoreError> {
    Ok(RecentRow {
        received_at: UnixMillis(row.received_ms()),
        dialect: coded(Dialect::from_optional_code(row.code("dialect")))?,
        platform: coded(Platform::from_optional_code(row.code("platform")))?,
        dataset_id: row.text("dataset_id"),
        event_name: row.text("event_name"),
        fate,
    })
}

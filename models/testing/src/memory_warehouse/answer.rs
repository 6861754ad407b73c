//! The reading side: every answer a plain loop over the rows.

mod row;
mod campaign;
mod arrival;
mod breakdown;

use std::collections::BTreeMap;
use std::ops::Range;

use arrow::datatypes::{Date32Type, TimestampMillisecondType, UInt32Type};
use async_trait::async_trait;
use stratum_models::ad_report::{AccountCampaign, CampaignDay};

use stratum_models::dialect::Dialect;
use stratum_models::event::PURCHASE;
use stratum_models::identifier::{IdentifierKey, IdentifierMask, InvalidReason};
use stratum_models::metrics::{KpiGroup, KpiGrouping, KpiQuery, MetricSums};
use stratum_models::money::Currency;
use stratum_models::platform::{ActionSource, Channel, Platform};
use stratum_models::rejection::{RejectReason, RowKind};
use stratum_models::scope::TenantScope;
use stratum_models::store::{StoreError, StoreErrorKind};
use stratum_models::table::Table;
use stratum_models::time::{Day, DayRange, HOUR_MS, UnixMillis};
use stratum_models::warehouse::{
    CampaignGroupQuery, CampaignKey, Freshness, IngestCount, InvalidCount, MaskCount,
    MatchQualityQuery, Question, RejectionCount, ReportedCampaign, Rows, WarehouseReader,
};

use self::row::Row;
use super::{MemoryWarehouse, error};

/// The port's promise.
const REJECTION_GROUPS_MAX: usize = 100;

fn coded<T>(member: Option<T>) -> Result<T, StoreError> {
    member.ok_or_else(|| error(StoreErrorKind::Invalid, "a stored code is not known"))
}

/// Whole hours, in milliseconds: from the one `from` lies in to the one before `until`.
fn hours(from: UnixMillis, until: UnixMillis) -> Range<i64> {
    from.hour().0..UnixMillis(until.0.saturating_add(HOUR_MS - 1)).hour().0
}

/// The order of a row by newness, and its name; a row without a name has none.
type Named = Option<((i32, i64, (u64, u64, u32)), String)>;

/// Currency, platform, day, campaign.
type KpiKey = (String, Option<i8>, Option<i32>, Option<String>);

impl MemoryWarehouse {
    fn rows(&self, table: Table, scope: TenantScope) -> Vec<Row> {
        let all = self.batches(table).into_iter().flat_map(|batch| {
            (0..batch.num_rows()).map(move |at| Row { batch: batch.clone(), at })
        });
        all.filter(|row| row.count("tenant_id") == scope.tenant_id().0).collect()
    }

    /// The newest version of every ad report.
    fn reports(&self, scope: TenantScope) -> Vec<Row> {
        let mut newest = BTreeMap::<_, Row>::new();
        for row in self.rows(Table::AdReports, scope) {
            let (account, campaign) = (row.account(), row.text("campaign_id"));
            let key = (row.code("platform"), account, campaign, row.value::<Date32Type>("date"));
            let known = newest.entry(key).or_insert_with(|| row.clone());
            if row.rank() >= known.rank() {
                *known = row;
            }
        }
        newest.into_values().collect()
    }

    /// Rows of a match-quality table that a query is about.
    fn quality(&self, table: Table, scope: TenantScope, query: &MatchQualityQuery) -> Vec<Row> {
        let hours = hours(query.from, query.until);
        let mut rows = self.rows(table, scope);
        rows.retain(|row| {
            hours.contains(&row.hour_ms())
                && query.platform.is_none_or(|wanted| row.code("platform") == wanted.code())
                && query.dataset_id.as_ref().is_none_or(|wanted| row.text("dataset_id") == *wanted)
                && query.event_name.as_ref().is_none_or(|wanted| row.text("event_name") == *wanted)
        });
        rows
    }
}

fn is_asked_for(row: &Row, query: &KpiQuery) -> bool {
    let days = query.days.from.to_epoch_days()..=query.days.to.to_epoch_days();
    days.contains(&row.value::<Date32Type>("date"))
        && (query.platforms.is_empty()
            || query.platforms.iter().any(|wanted| row.code("platform") == wanted.code()))
        && query.campaign_id.as_ref().is_none_or(|wanted| row.text("campaign_id") == *wanted)
}

fn kpi_key(row: &Row, by: KpiGrouping) -> KpiKey {
    (
        row.text("currency"),
        by.by_platform().then(|| row.code("platform")),
        by.by_day().then(|| row.value::<Date32Type>("date")),
        by.by_campaign().then(|| row.text("campaign_id")),
    )
}

fn reported(row: &Row) -> MetricSums {
    MetricSums {
        spend_micros: row.micros("spend_micros"),
        impressions: row.micros("impressions"),
        clicks: row.micros("clicks"),
        conversions_micros: row.micros("conversions_micros"),
        revenue_micros: row.micros("revenue_micros"),
        ..MetricSums::default()
    }
}

fn tracked(row: &Row) -> MetricSums {
    MetricSums {
        tracked_conversions: row.count("events").into(),
        tracked_revenue_micros: row.micros("value_micros"),
        ..MetricSums::default()
    }
}

/// Adds a report's figures; the name is that of the newest day.
fn add_report((sums, name): &mut (MetricSums, Named), row: &Row) {
    *sums += reported(row);
    *name = name.take().max(Some((campaign::recency(row), row.text("campaign_name"))));
}

fn kpi_group(key: KpiKey, sums: MetricSums, name: Named) -> Result<KpiGroup, StoreError> {
    let (currency, platform, day, campaign_id) = key;
    let named = campaign_id.is_some().then_some(name).flatten();
    Ok(KpiGroup {
        currency: match currency.as_str() {
            "" => None,
            code => Some(coded(Currency::parse(code))?),
        },
        platform: platform
            .map(|code| coded(Platform::from_optional_code(code)))
            .transpose()?
            .flatten(),
        day: day.map(|days| coded(Day::from_epoch_days(days))).transpose()?,
        campaign_id,
        campaign_name: named.map(|(_, name)| name),
        sums,
    })
}

#[async_trait]
impl WarehouseReader for MemoryWarehouse {
    async fn ask(&self, scope: TenantScope, question: Question) -> Result<Rows, StoreError> {
        self.questions.ask().await?;
        Ok(match question {
            Question::KpiGroups(query, by) => self.read_kpi_groups(scope, &query, by)?.into(),
            Question::Breakdown(query) => self.parts(scope, &query)?.into(),
            Question::CampaignGroups(query) => self.campaign_sums(scope, &query)?.into(),
            Question::ReportedCampaigns { since, after, limit } => {
                self.campaigns_named(scope, since, after.as_ref(), limit)?.into()
            }
            Question::MaskCounts(query) => self.read_mask_counts(scope, &query)?.into(),
            Question::InvalidCounts(query) => self.read_invalid_counts(scope, &query)?.into(),
            Question::MaskDays(query, zone) => self.read_mask_days(scope, &query, zone)?.into(),
            Question::MarkCounts(query, by_hour) => {
                self.read_mark_counts(scope, &query, by_hour)?.into()
            }
            Question::ArrivalCounts { from, until, step } => {
                self.read_arrivals(scope, from, until, step).into()
            }
            Question::RecentRows(query) => self.read_recent(scope, &query)?.into(),
            Question::IngestCounts { from, until } => {
                self.read_ingest_counts(scope, from, until)?.into()
            }
            Question::RejectionCounts { from, until } => {
                self.read_rejection_counts(scope, from, until)?.into()
            }
            Question::CampaignDays(days) => self.read_campaign_days(scope, days)?.into(),
            Question::Freshness => self.read_freshness(scope)?.into(),
        })
    }
}

impl MemoryWarehouse {
    fn read_kpi_groups(
        &self,
        scope: TenantScope,
        query: &KpiQuery,
        by: KpiGrouping,
    ) -> Result<Vec<KpiGroup>, StoreError> {
        let mut groups = BTreeMap::<KpiKey, (MetricSums, Named)>::new();
        for row in self.reports(scope).iter().filter(|row| is_asked_for(row, query)) {
            if query.account_ids.is_empty() || query.account_ids.contains(&row.account()) {
                add_report(groups.entry(kpi_key(row, by)).or_default(), row);
            }
        }
        for row in self.rows(Table::EventMetrics, scope).iter().filter(|r| is_asked_for(r, query)) {
            if query.is_tracked() && row.text("event_name") == PURCHASE {
                groups.entry(kpi_key(row, by)).or_default().0 += tracked(row);
            }
        }
        groups.into_iter().map(|(key, (sums, name))| kpi_group(key, sums, name)).collect()
    }

    fn read_mask_counts(
        &self,
        scope: TenantScope,
        query: &MatchQualityQuery,
    ) -> Result<Vec<MaskCount>, StoreError> {
        let mut counts = BTreeMap::<_, u64>::new();
        for row in self.quality(Table::MatchQuality, scope, query) {
            let texts = (row.text("dataset_id"), row.text("event_name"));
            let codes = (row.code("action_source"), row.code("channel"));
            let mask = |name| row.value::<UInt32Type>(name);
            let key =
                (row.code("platform"), texts, codes, mask("valid_mask"), mask("invalid_mask"));
            *counts.entry(key).or_default() += row.count("events");
        }
        let count = |(key, events)| {
            let (platform, (dataset_id, event_name), (source, channel), valid, invalid) = key;
            Ok(MaskCount {
                platform: coded(Platform::from_optional_code(platform))?,
                dataset_id,
                event_name,
                action_source: coded(ActionSource::from_code(source))?,
                channel: coded(Channel::from_code(channel))?,
                valid: IdentifierMask(valid),
                invalid: IdentifierMask(invalid),
                events,
            })
        };
        counts.into_iter().map(count).collect()
    }

    fn read_invalid_counts(
        &self,
        scope: TenantScope,
        query: &MatchQualityQuery,
    ) -> Result<Vec<InvalidCount>, StoreError> {
        let mut counts = BTreeMap::<_, u64>::new();
        for row in self.quality(Table::InvalidIdentifiers, scope, query) {
            let key = (row.code("platform"), row.code("identifier"), row.code("reason"));
            *counts.entry(key).or_default() += row.count("events");
        }
        let count = |((platform, key, reason), events)| {
            let platform = coded(Platform::from_optional_code(platform))?;
            let key = coded(IdentifierKey::from_code(key))?;
            let reason = coded(InvalidReason::from_code(reason))?;
            Ok(InvalidCount { platform, key, reason, events })
        };
        counts.into_iter().map(count).collect()
    }

    fn read_ingest_counts(
        &self,
        scope: TenantScope,
        from: UnixMillis,
        until: UnixMillis,
    ) -> Result<Vec<IngestCount>, StoreError> {
        let hours = hours(from, until);
        let mut counts = BTreeMap::<_, ([u64; 4], i64)>::new();
        for row in self.rows(Table::IngestCounts, scope) {
            if !hours.contains(&row.hour_ms()) {
                continue;
            }
            let key = (row.code("platform"), row.text("dataset_id"), row.code("kind"));
            let (sums, newest) = counts.entry(key).or_insert(([0; 4], i64::MIN));
            for (sum, name) in sums.iter_mut().zip(["received", "landed", "duplicate", "rejected"])
            {
                *sum += row.count(name);
            }
            let here = row.value::<TimestampMillisecondType>("newest_received_at");
            *newest = here.max(*newest);
        }
        let count = |((platform, dataset_id, kind), (sums, newest))| {
            let [received, landed, duplicate, rejected] = sums;
            Ok(IngestCount {
                platform: coded(Platform::from_optional_code(platform))?,
                dataset_id,
                kind: coded(RowKind::from_code(kind))?,
                received,
                landed,
                duplicate,
                rejected,
                newest_received_at: UnixMillis(newest),
            })
        };
        counts.into_iter().map(count).collect()
    }

    fn read_rejection_counts(
        &self,
        scope: TenantScope,
        from: UnixMillis,
        until: UnixMillis,
    ) -> Result<Vec<RejectionCount>, StoreError> {
        let mut counts = BTreeMap::<_, u64>::new();
        for row in self.rows(Table::RejectedRows, scope) {
            if (from.0..until.0).contains(&row.received_ms()) {
                let (dataset_id, field) = (row.text("dataset_id"), row.text("field"));
                let of = (row.code("dialect"), row.code("platform"));
                let key = (of, dataset_id, row.code("kind"), row.code("reason"), field);
                *counts.entry(key).or_default() += row.count("row_count");
            }
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|(_, rows)| std::cmp::Reverse(*rows));
        let (mut fields, mut rows): (Vec<_>, Vec<_>) =
            counts.into_iter().partition(|((_, _, kind, ..), _)| *kind == RowKind::Field.code());
        fields.truncate(REJECTION_GROUPS_MAX);
        rows.truncate(REJECTION_GROUPS_MAX);
        let mut counts: Vec<_> = rows.into_iter().chain(fields).collect();
        counts.sort_by_key(|(_, rows)| std::cmp::Reverse(*rows));
        let count = |(((dialect, platform), dataset_id, kind, reason, field), rows)| {
            let dialect = coded(Dialect::from_optional_code(dialect))?;
            let platform = coded(Platform::from_optional_code(platform))?;
            let kind = coded(RowKind::from_code(kind))?;
            let reason = coded(RejectReason::from_code(reason))?;
            Ok(RejectionCount { dialect, platform, dataset_id, kind, reason, field, rows })
        };
        counts.into_iter().map(count).collect()
    }

    fn read_campaign_days(
        &self,
        scope: TenantScope,
        days: DayRange,
    ) -> Result<Vec<CampaignDay>, StoreError> {
        let mut rows = self.reports(scope);
        rows.retain(|row| {
            let day = Day::from_epoch_days(row.value::<Date32Type>("date"));
            day.is_some_and(|day| days.from <= day && day <= days.to)
        });
        rows.iter().map(campaign::day).collect()
    }

    fn read_freshness(&self, scope: TenantScope) -> Result<Vec<Freshness>, StoreError> {
        let mut newest = BTreeMap::<i8, (Option<i64>, Option<i64>, Option<i32>)>::new();
        for row in self.rows(Table::IngestCounts, scope) {
            if row.count("landed") == 0 {
                continue;
            }
            let received = Some(row.value::<TimestampMillisecondType>("newest_received_at"));
            let (events, reports, _) = newest.entry(row.code("platform")).or_default();
            let known = if row.code("kind") == RowKind::Event.code() { events } else { reports };
            *known = received.max(*known);
        }
        for row in self.rows(Table::AdReports, scope) {
            let (_, _, until) = newest.entry(row.code("platform")).or_default();
            *until = Some(row.value::<Date32Type>("date")).max(*until);
        }
        let fresh = |(platform, (events, reports, until)): (i8, (_, _, Option<i32>))| {
            Ok(Freshness {
                platform: coded(Platform::from_optional_code(platform))?,
                events_received_at: Option::map(events, UnixMillis),
                reports_received_at: Option::map(reports, UnixMillis),
                reports_until: until.map(|d| coded(Day::from_epoch_days(d))).transpose()?,
            })
        };
        newest.into_iter().map(fresh).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn fresh() -> MemoryWarehouse {
        MemoryWarehouse::new()
    }

    crate::warehouse_contract!(fresh);
}

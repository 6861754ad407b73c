//! Questions about campaigns as ad reports name them.

use std::collections::BTreeMap;

use arrow::datatypes::Int64Type;

use super::{
    AccountCampaign, CampaignDay, CampaignGroupQuery, CampaignKey, Currency, Date32Type, Day,
    KpiGroup, KpiGrouping, KpiQuery, MemoryWarehouse, MetricSums, Named, PURCHASE, Platform,
    ReportedCampaign, Row, StoreError, Table, TenantScope, UnixMillis, add_report, coded,
    is_asked_for, kpi_group, kpi_key, tracked,
};

fn key(row: &Row) -> Result<CampaignKey, StoreError> {
    let platform = coded(Platform::from_code(row.code("platform")))?;
    Ok(CampaignKey { platform, campaign_id: row.text("campaign_id") })
}

pub(super) fn day(row: &Row) -> Result<CampaignDay, StoreError> {
    let integer = |name| row.value::<Int64Type>(name);
    Ok(CampaignDay {
        key: AccountCampaign {
            platform: coded(Platform::from_code(row.code("platform")))?,
            account_id: row.account(),
            campaign_id: row.text("campaign_id"),
        },
        campaign_name: row.text("campaign_name"),
        day: coded(Day::from_epoch_days(row.value::<Date32Type>("date")))?,
        currency: coded(Currency::parse(&row.text("currency")))?,
        spend_micros: integer("spend_micros"),
        impressions: integer("impressions"),
        clicks: integer("clicks"),
        conversions_micros: integer("conversions_micros"),
        revenue_micros: integer("revenue_micros"),
    })
}

/// Greater where the row is of a later day; of one day, where it was received later.
pub(super) fn recency(row: &Row) -> (i32, i64, (u64, u64, u32)) {
    (row.value::<Date32Type>("date"), row.received_ms(), row.rank())
}

impl MemoryWarehouse {
    pub(super) fn campaign_sums(
        &self,
        scope: TenantScope,
        query: &CampaignGroupQuery,
    ) -> Result<Vec<KpiGroup>, StoreError> {
        let within = KpiQuery::of(query.days);
        let is_named = |row: &Row| {
            Ok::<_, StoreError>(
                is_asked_for(row, &within)
                    && (query.campaigns.is_empty() || query.campaigns.contains(&key(row)?)),
            )
        };
        let group = |row: &Row| {
            let (currency, platform, _, campaign) = kpi_key(row, KpiGrouping::Campaign);
            (currency, platform, query.by_day.then(|| row.value::<Date32Type>("date")), campaign)
        };
        let mut groups = BTreeMap::<_, (MetricSums, Named)>::new();
        for row in &self.reports(scope) {
            if is_named(row)? {
                add_report(groups.entry(group(row)).or_default(), row);
            }
        }
        for row in &self.rows(Table::EventMetrics, scope) {
            let tells = row.text("event_name") == PURCHASE
                && row.code("platform") != 0
                && !row.text("campaign_id").is_empty();
            if tells && is_named(row)? {
                groups.entry(group(row)).or_default().0 += tracked(row);
            }
        }
        groups.into_iter().map(|(key, (sums, name))| kpi_group(key, sums, name)).collect()
    }

    pub(super) fn campaigns_named(
        &self,
        scope: TenantScope,
        since: UnixMillis,
        after: Option<&CampaignKey>,
        limit: u32,
    ) -> Result<Vec<ReportedCampaign>, StoreError> {
        let mut newest = BTreeMap::<CampaignKey, (Row, i64)>::new();
        for row in self.rows(Table::AdReports, scope) {
            let key = key(&row)?;
            if row.received_ms() < since.0 || after.is_some_and(|after| key <= *after) {
                continue;
            }
            let entry = newest.entry(key);
            let (known, received) = entry.or_insert_with(|| (row.clone(), row.received_ms()));
            *received = row.received_ms().max(*received);
            if recency(&row) > recency(known) {
                *known = row;
            }
        }
        let named = newest.into_iter().take(usize::try_from(limit).unwrap_or(usize::MAX));
        let named = named.map(|(key, (row, received))| {
            Ok(ReportedCampaign {
                key,
                account_id: row.account(),
                name: row.text("campaign_name"),
                currency: coded(Currency::parse(&row.text("currency")))?,
                received_at: UnixMillis(received),
            })
        });
        named.collect()
    }
}

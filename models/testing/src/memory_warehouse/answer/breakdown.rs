//! Breakdowns of a range.

use std::collections::{BTreeMap, BTreeSet};

use stratum_models::ad_report::SplitBy;
use stratum_models::breakdown::{BreakdownBy, BreakdownQuery, Part, PartKey, PartNames};
use stratum_models::event::PURCHASE;
use stratum_models::fx::{ConvertedAmounts, PartAmounts};
use stratum_models::platform::Device;

use super::{
    Currency, Date32Type, Day, MemoryWarehouse, MetricSums, Platform, Row, StoreError, Table,
    TenantScope, campaign, coded, is_asked_for, reported, tracked,
};

/// The order of a row by newness, and its names.
type Named = Option<((i32, i64, (u64, u64, u32)), PartNames)>;

fn day_key(row: &Row) -> (i8, String, String, i32) {
    let (account, campaign) = (row.account(), row.text("campaign_id"));
    (row.code("platform"), account, campaign, row.value::<Date32Type>("date"))
}

/// The key of a report, a split or a tracked row; what its table has no column for is empty.
fn key(row: &Row, by: BreakdownBy, table: Table) -> Result<PartKey, StoreError> {
    let text = |name, asked: bool, there: bool| match asked && there {
        true => row.text(name),
        false => String::new(),
    };
    let is_split = table == Table::AdReportSplits;
    let of_platform = !matches!(by, BreakdownBy::Country | BreakdownBy::Device);
    let of_campaign = of_platform && by != BreakdownBy::Account;
    let of_ads = matches!(by, BreakdownBy::AdSet | BreakdownBy::Ad);
    let platform = of_platform.then(|| coded(Platform::from_optional_code(row.code("platform"))));
    let device = match (by, table) {
        (BreakdownBy::Device, Table::EventMetrics) => {
            match coded(Device::from_code(row.code("device")))? {
                Device::Unknown => String::new(),
                Device::Bot => "other".into(),
                known => known.as_str().into(),
            }
        }
        (BreakdownBy::Device, _) => row.text("device"),
        _ => String::new(),
    };
    Ok(PartKey {
        platform: platform.transpose()?.flatten(),
        account_id: match of_ads || by == BreakdownBy::Account {
            true => row.account(),
            false => String::new(),
        },
        campaign_id: text("campaign_id", of_campaign, true),
        ad_set_id: text("ad_set_id", of_ads, is_split),
        ad_id: text("ad_id", by == BreakdownBy::Ad, is_split),
        country: text("country", by == BreakdownBy::Country, true).to_uppercase(),
        device,
    })
}

fn names(row: &Row, by: BreakdownBy) -> PartNames {
    let ads = matches!(by, BreakdownBy::AdSet | BreakdownBy::Ad);
    let text = |name, asked: bool| if asked { row.text(name) } else { String::new() };
    PartNames {
        campaign: text("campaign_name", ads || by == BreakdownBy::Campaign),
        ad_set: text("ad_set_name", ads),
        ad: text("ad_name", by == BreakdownBy::Ad),
    }
}

fn is_known(key: &PartKey, by: BreakdownBy) -> bool {
    let text = match by {
        BreakdownBy::Campaign => &key.campaign_id,
        BreakdownBy::Account => &key.account_id,
        BreakdownBy::AdSet => &key.ad_set_id,
        BreakdownBy::Ad => &key.ad_id,
        BreakdownBy::Country => &key.country,
        BreakdownBy::Device => &key.device,
    };
    !text.is_empty()
}

/// Amounts of a day in the currency asked for.
fn converted(
    currency: Option<Currency>,
    row: &Row,
    sums: &MetricSums,
    query: &BreakdownQuery,
) -> Result<PartAmounts, StoreError> {
    let day = coded(Day::from_epoch_days(row.value::<Date32Type>("date")))?;
    let factor = currency.and_then(|from| query.into.factor(from, day));
    Ok(match factor {
        Some(factor) => {
            PartAmounts { amounts: ConvertedAmounts::of(sums, factor), ..PartAmounts::default() }
        }
        None => PartAmounts {
            amounts: ConvertedAmounts::default(),
            lacks_reported: sums.has_reported_amounts(),
            lacks_tracked: sums.has_tracked_amounts(),
        },
    })
}

impl MemoryWarehouse {
    /// The newest version of every split of this kind; of ad sets, the ads of days without them.
    fn splits(&self, scope: TenantScope, by: SplitBy) -> Vec<Row> {
        let mut newest = BTreeMap::<_, Row>::new();
        for row in self.rows(Table::AdReportSplits, scope) {
            let texts = ["ad_set_id", "ad_id", "country", "device"].map(|name| row.text(name));
            let known = newest.entry((day_key(&row), row.code("split"), texts));
            let known = known.or_insert_with(|| row.clone());
            if row.rank() >= known.rank() {
                *known = row;
            }
        }
        let rows: Vec<Row> = newest.into_values().collect();
        let sets = rows.iter().filter(|row| row.code("split") == SplitBy::AdSet.code());
        let sets: BTreeSet<_> = sets.map(day_key).collect();
        let counts = |row: &Row| {
            let is_ad = row.code("split") == SplitBy::Ad.code();
            row.code("split") == by.code()
                || (by == SplitBy::AdSet && is_ad && !sets.contains(&day_key(row)))
        };
        rows.into_iter().filter(counts).collect()
    }

    pub(super) fn parts(
        &self,
        scope: TenantScope,
        query: &BreakdownQuery,
    ) -> Result<Vec<Part>, StoreError> {
        let (table, mut rows) = match query.by {
            BreakdownBy::Campaign | BreakdownBy::Account => (Table::AdReports, self.reports(scope)),
            BreakdownBy::AdSet => (Table::AdReportSplits, self.splits(scope, SplitBy::AdSet)),
            BreakdownBy::Ad => (Table::AdReportSplits, self.splits(scope, SplitBy::Ad)),
            BreakdownBy::Country => (Table::AdReportSplits, self.splits(scope, SplitBy::Country)),
            BreakdownBy::Device => (Table::AdReportSplits, self.splits(scope, SplitBy::Device)),
        };
        let accounts = &query.of.account_ids;
        rows.retain(|row| accounts.is_empty() || accounts.contains(&row.account()));
        let mut rows: Vec<(Table, Row)> = rows.into_iter().map(|row| (table, row)).collect();
        if query.by.is_tracked() && query.of.is_tracked() {
            let mut events = self.rows(Table::EventMetrics, scope);
            events.retain(|row| row.text("event_name") == PURCHASE);
            rows.extend(events.into_iter().map(|row| (Table::EventMetrics, row)));
        }
        rows.retain(|(_, row)| is_asked_for(row, &query.of));
        gathered(&rows, query)
    }
}

fn gathered(rows: &[(Table, Row)], query: &BreakdownQuery) -> Result<Vec<Part>, StoreError> {
    let mut parts =
        BTreeMap::<(Option<Currency>, PartKey), (Named, MetricSums, PartAmounts)>::new();
    for (table, row) in rows {
        let is_event = *table == Table::EventMetrics;
        let key = key(row, query.by, *table)?;
        if !is_known(&key, query.by) {
            continue;
        }
        let currency = match row.text("currency").as_str() {
            "" => None,
            code => Some(coded(Currency::parse(code))?),
        };
        let sums = if is_event { tracked(row) } else { reported(row) };
        let (named, total, amounts) = parts.entry((currency, key)).or_default();
        *total += sums;
        *amounts += converted(currency, row, &sums, query)?;
        if !is_event {
            let recency = campaign::recency(row);
            if named.as_ref().is_none_or(|(known, _)| recency > *known) {
                *named = Some((recency, names(row, query.by)));
            }
        }
    }
    let part = |((currency, key), (named, sums, converted)): ((_, _), (Named, _, _))| {
        let names = named.map(|(_, names)| names).unwrap_or_default();
        Part { currency, key, names, sums, converted }
    };
    Ok(parts.into_iter().map(part).collect())
}

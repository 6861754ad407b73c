use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use clickhouse::types::Int256;
use serde::Deserialize;
use stratum_models::breakdown::{BreakdownQuery, Part, PartKey, PartNames};
use stratum_models::event::PURCHASE;
use stratum_models::fx::{ConvertedAmount, ConvertedAmounts, FACTOR_ONE, Factor, PartAmounts};
use stratum_models::metrics::MetricSums;
use stratum_models::money::Currency;
use stratum_models::scope::TenantScope;
use stratum_models::store::StoreError;
use stratum_models::time::{Day, DayRange};

use super::kpi::{codes, day};
use super::{ClickHouseWarehouse, currency, platform};

const READ_BREAKDOWN: &str = include_str!("../../../sql/read_breakdown.sql");

/// Factors sent with one statement, about: they stand in its address, which holds 64 KiB.
const FACTORS_MAX: usize = 800;

#[derive(Debug, clickhouse::Row, Deserialize)]
struct PartRow {
    currency: String,
    platform: Option<i8>,
    account_id: String,
    campaign_id: String,
    ad_set_id: String,
    ad_id: String,
    country: String,
    device: String,
    campaign_name: String,
    ad_set_name: String,
    ad_name: String,
    spend_micros: i128,
    impressions: i128,
    clicks: i128,
    conversions_micros: i128,
    revenue_micros: i128,
    tracked_conversions: i128,
    tracked_revenue_micros: i128,
    converted_spend: Int256,
    converted_revenue: Int256,
    converted_tracked: Int256,
    lacks_reported: u8,
    lacks_tracked: u8,
}

fn converted(value: Int256) -> ConvertedAmount {
    ConvertedAmount::from_le_bytes(value.to_le_bytes())
}

impl TryFrom<PartRow> for Part {
    type Error = StoreError;

    fn try_from(row: PartRow) -> Result<Part, StoreError> {
        Ok(Part {
            currency: currency(&row.currency)?,
            key: PartKey {
                platform: platform(row.platform)?,
                account_id: row.account_id,
                campaign_id: row.campaign_id,
                ad_set_id: row.ad_set_id,
                ad_id: row.ad_id,
                country: row.country,
                device: row.device,
            },
            names: PartNames {
                campaign: row.campaign_name,
                ad_set: row.ad_set_name,
                ad: row.ad_name,
            },
            sums: MetricSums {
                spend_micros: row.spend_micros,
                impressions: row.impressions,
                clicks: row.clicks,
                conversions_micros: row.conversions_micros,
                revenue_micros: row.revenue_micros,
                tracked_conversions: row.tracked_conversions,
                tracked_revenue_micros: row.tracked_revenue_micros,
            },
            converted: PartAmounts {
                amounts: ConvertedAmounts {
                    spend: converted(row.converted_spend),
                    revenue: converted(row.converted_revenue),
                    tracked_revenue: converted(row.converted_tracked),
                },
                lacks_reported: row.lacks_reported != 0,
                lacks_tracked: row.lacks_tracked != 0,
            },
        })
    }
}

/// The days and the factors of each statement. What is converted adds up, so a long range may be asked in
/// several.
fn statements(query: &BreakdownQuery) -> Vec<(DayRange, Vec<Factor>)> {
    let mut factors = query.into.factors(query.of.days).into_iter().peekable();
    let mut statements = Vec::new();
    let mut from = query.of.days.from;
    let mut taken: Vec<Factor> = Vec::new();
    while let Some(factor) = factors.next() {
        let day = factor.day;
        taken.push(factor);
        let ends = factors.peek().is_some_and(|next| next.day != day);
        if ends
            && taken.len() >= FACTORS_MAX
            && let Some(days) = DayRange::new(from, day)
            && let Some(next) = day.0.succ_opt().map(Day)
        {
            statements.push((days, std::mem::take(&mut taken)));
            from = next;
        }
    }
    statements.extend(DayRange::new(from, query.of.days.to).map(|days| (days, taken)));
    statements
}

impl ClickHouseWarehouse {
    pub(super) async fn read_breakdown(
        &self,
        scope: TenantScope,
        query: &BreakdownQuery,
    ) -> Result<Vec<Part>, StoreError> {
        let mut parts = BTreeMap::<(Option<Currency>, PartKey), Part>::new();
        for (days, factors) in statements(query) {
            for row in self.read_parts(scope, query, days, &factors).await? {
                let part = Part::try_from(row)?;
                match parts.entry((part.currency, part.key.clone())) {
                    Entry::Vacant(place) => {
                        place.insert(part);
                    }
                    Entry::Occupied(mut place) => place.get_mut().follow(part),
                }
            }
        }
        Ok(parts.into_values().collect())
    }

    async fn read_parts(
        &self,
        scope: TenantScope,
        query: &BreakdownQuery,
        days: DayRange,
        factors: &[Factor],
    ) -> Result<Vec<PartRow>, StoreError> {
        let currencies: Vec<&str> = factors.iter().map(|factor| factor.from.as_str()).collect();
        let rate_days: Vec<i32> = factors.iter().map(|factor| day(factor.day)).collect();
        let rates: Vec<i128> = factors.iter().map(|factor| factor.factor).collect();
        let statement = self
            .statement(scope, READ_BREAKDOWN)
            .param("by", query.by.code())
            .param("first_day", day(days.from))
            .param("last_day", day(days.to))
            .param("platforms", codes(&query.of.platforms))
            .param("accounts", &query.of.account_ids)
            .param("campaign", &query.of.campaign_id)
            .param("purchase", PURCHASE)
            .param("to", query.into.to.as_str())
            .param("one", FACTOR_ONE)
            .param("rate_currencies", currencies)
            .param("rate_days", rate_days)
            .param("rate_factors", rates);
        self.fetch::<PartRow>("read_breakdown", statement).await
    }
}

#[cfg(test)]
mod tests {
    use stratum_models::breakdown::BreakdownBy;
    use stratum_models::fx::{Conversion, FxRate};
    use stratum_models::metrics::KpiQuery;

    use super::*;

    #[test]
    fn a_long_range_is_asked_in_parts_that_are_the_whole() {
        let at = |day| Day::from_epoch_days(20_000 + day).unwrap();
        let days = DayRange::new(at(-5), at(3_660)).unwrap();
        let of = KpiQuery::of(days);
        let pound = Currency::parse("GBP").unwrap();
        let rate =
            |currency| move |day| FxRate { day: at(day), currency, per_usd_nanos: 900_000_000 };
        let rates = (0..3_650).map(rate(pound)).chain((0..3_650).map(rate(Currency::EUR)));
        let into = Conversion::new(Currency::EUR, rates);
        let query = BreakdownQuery { of, by: BreakdownBy::Campaign, into };
        let statements = statements(&query);
        assert_eq!(statements.len(), 10);
        let mut next = days.from;
        let mut factors = 0;
        for (part, taken) in &statements {
            assert_eq!(part.from, next);
            assert!(taken.iter().all(|one| part.from <= one.day && one.day <= part.to));
            assert!(taken.len() <= FACTORS_MAX + 1);
            factors += taken.len();
            next = Day(part.to.0.succ_opt().unwrap());
        }
        assert_eq!((statements.last().unwrap().0.to, factors), (days.to, 7_300));
    }
}

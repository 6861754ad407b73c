//! Concerns: what of a tenant's data needs a person, be it rates that are missing, rows that are refused,
//! platforms that are silent, or events that are matched badly.

use std::collections::BTreeMap;

use stratum_models::emq::EmqBand;
use stratum_models::fx::MissingRates;
use stratum_models::metrics::KpiQuery;
use stratum_models::money::Currency;
use stratum_models::platform::Platform;
use stratum_models::rejection::RowKind;
use stratum_models::store::StoreError;
use stratum_models::time::{Day, DayRange, UnixMillis};
use stratum_models::warehouse::MatchQualityQuery;

use super::TenantFigures;
use super::completeness::unreported;
use super::match_quality::{MatchScore, scores};

/// Something that needs a person.
#[derive(Clone, Debug, PartialEq)]
pub enum Concern {
    /// Amounts in this currency cannot be converted on these days.
    MissingRates {
        /// The currency.
        currency: Currency,
        /// The first and last such day, where known.
        days: Option<DayRange>,
        /// The number of days.
        count: usize,
    },
    /// A platform has not reported these days.
    Unreported {
        /// The platform.
        platform: Platform,
        /// The days, within those that are asked about.
        days: DayRange,
    },
    /// Rows for a dataset or an ad account were refused.
    Refused {
        /// The platform's pixel or dataset id, or the ad account; empty where rows name none.
        dataset_id: String,
        /// The number of rows.
        rows: u64,
    },
    /// A platform's events are matched badly.
    Quality {
        /// The platform.
        platform: Platform,
        /// The score.
        score: MatchScore,
        /// The score's band: poor or ok.
        band: EmqBand,
    },
}

/// The days that a concern is looked for, with their hours of receipt.
#[derive(Clone, Copy, Debug)]
pub struct Lookout {
    /// The days.
    pub days: DayRange,
    /// Their first instant.
    pub from: UnixMillis,
    /// The instant after them.
    pub until: UnixMillis,
    /// Today.
    pub today: Day,
}

impl TenantFigures<'_> {
    /// The concerns of these days.
    pub async fn concerns(&self, lookout: Lookout) -> Result<Vec<Concern>, StoreError> {
        let Lookout { days, from, until, today } = lookout;
        let query = KpiQuery::of(days);
        let quality =
            MatchQualityQuery { from, until, platform: None, dataset_id: None, event_name: None };
        let (kpis, freshness, refused, matched) = futures::try_join!(
            self.kpis(&query, None, Some(self.reporting_currency)),
            self.warehouse.freshness(self.scope),
            self.warehouse.rejection_counts(self.scope, from, until),
            scores(self.warehouse, self.scope, &quality),
        )?;
        let mut concerns = missing(kpis.now.missing_rates);
        let silent = unreported(&freshness, &query, today).into_iter();
        concerns.extend(silent.map(|(platform, days)| Concern::Unreported { platform, days }));
        let mut by_dataset = BTreeMap::<String, u64>::new();
        // A field that was left out is no row that was refused.
        for one in refused.into_iter().filter(|one| one.kind != RowKind::Field) {
            *by_dataset.entry(one.dataset_id).or_default() += one.rows;
        }
        let refused = by_dataset.into_iter();
        concerns.extend(refused.map(|(dataset_id, rows)| Concern::Refused { dataset_id, rows }));
        concerns.extend(matched.platforms.into_iter().filter_map(poor));
        Ok(concerns)
    }
}

/// One concern a currency, over all runs of its days.
fn missing(rates: Vec<MissingRates>) -> Vec<Concern> {
    let mut by_currency = BTreeMap::<Currency, (Option<DayRange>, usize)>::new();
    for one in rates {
        let (days, count) = by_currency.entry(one.currency).or_insert((one.days, 0));
        *count += one.count;
        *days = days.zip(one.days).map(|(known, more)| DayRange {
            from: known.from.min(more.from),
            to: known.to.max(more.to),
        });
    }
    let of = |(currency, (days, count))| Concern::MissingRates { currency, days, count };
    by_currency.into_iter().map(of).collect()
}

fn poor((platform, score): (Option<Platform>, MatchScore)) -> Option<Concern> {
    let band = score.score?.band();
    let is_low = matches!(band, EmqBand::Poor | EmqBand::Ok);
    (is_low && !score.is_of_few()).then_some(Concern::Quality { platform: platform?, score, band })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runs_of_a_currency_are_one_concern() {
        let day = |number| Day::from_epoch_days(20_000 + number).unwrap();
        let run = |currency, from, to, count| MissingRates {
            currency,
            days: DayRange::new(day(from), day(to)),
            count,
        };
        let all = missing(vec![
            run(Currency::EUR, 5, 6, 2),
            run(Currency::USD, 1, 1, 1),
            run(Currency::EUR, 1, 1, 1),
        ]);
        let expected = [
            Concern::MissingRates {
                currency: Currency::EUR,
                days: DayRange::new(day(1), day(6)),
                count: 3,
            },
            Concern::MissingRates {
                currency: Currency::USD,
                days: DayRange::new(day(1), day(1)),
                count: 1,
            },
        ];
        assert_eq!(all, expected);
    }
}

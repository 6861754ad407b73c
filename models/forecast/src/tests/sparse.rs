use stratum_models::ad_report::CampaignDay;
use stratum_models::chance::Chance;
use stratum_models::platform::Platform;
use stratum_models::time::Day;
use stratum_testing::campaigns::*;

use super::super::*;
use super::trained;

const DAYS: i32 = 300;
const VALUE: f64 = 80.0;

/// Campaigns with a sale every few days, of which every third has stopped selling `stopped` days ago,
/// for good or for a while, though it goes on spending.
fn sparse(count: usize, stopped: i32, seed: u64) -> Vec<CampaignDay> {
    let mut chance = Chance::new(seed);
    let mut rows = Vec::new();
    for at in 0..count {
        let key = key([Platform::Meta, Platform::Google][at % 2], 700 + at);
        let rate = 0.05 + 0.02 * (at % 10) as f64;
        for ago in (0..DAYS).rev() {
            let sells = at % 3 != 0 || ago > stopped;
            let sale = sells && (chance.below(1_000) as f64) < 1_000.0 * rate;
            let revenue = if sale { VALUE * (0.3 * normal(&mut chance)).exp() } else { 0.0 };
            let date = Day::from_epoch_days(last().to_epoch_days() - ago).unwrap();
            rows.push(day(&key, date, 10.0, f64::from(u8::from(sale)), revenue));
        }
    }
    rows
}

#[test]
fn where_sales_are_rare_or_have_ended_the_interval_has_a_width() {
    let mut rows = campaigns(8, 160, Truth::Within, 11);
    rows.extend(sparse(12, 100, 3));
    let artifact = trained(rows);
    let mut stopped = 0;
    for campaign in &artifact.campaigns {
        for days in [1, 7, 28, 90] {
            let Ok(outlook) = artifact.outlook(campaign, days) else { continue };
            let planned = outlook.planned_spend();
            for spend in [0.01, 0.5 * planned, planned, 2.0 * planned] {
                let revenue = outlook.estimate(spend);
                assert!(revenue.low < revenue.high, "{revenue:?}");
                // A sale more may always come.
                let sale = 0.5 * outlook.insight.dispersion;
                assert!(revenue.high >= revenue.value + sale, "{revenue:?} {sale}");
            }
            stopped += usize::from(outlook.roas().value < 0.1);
        }
    }
    assert!(stopped > 0, "some have stopped");
}

#[test]
fn intervals_of_rare_sales_hold() {
    const AHEAD: i32 = 28;
    let all = sparse(90, 100, 5);
    let cut = Day::from_epoch_days(last().to_epoch_days() - AHEAD).unwrap();
    let artifact = train(all.clone(), &[], cut, &ForecastConfig::default(), |_| {});
    let (mut held, mut asked) = (0.0, 0.0);
    for campaign in &artifact.campaigns {
        let Ok(outlook) = artifact.outlook(campaign, AHEAD as usize) else { continue };
        let came = all.iter().filter(|day| day.key == campaign.key && day.day > cut);
        let revenue = came.map(|day| day.revenue_micros as f64 / 1e6).sum::<f64>();
        let told = outlook.estimate(outlook.planned_spend());
        held += f64::from(u8::from(told.low <= revenue && revenue <= told.high));
        asked += 1.0;
    }
    println!("{held} of {asked}; back-test {:?}", artifact.calibration.coverage);
    assert!(asked >= 60.0 && held >= 0.82 * asked, "{held} of {asked}");
    let measured = artifact.calibration.coverage.unwrap();
    assert!((0.85..=0.97).contains(&measured), "{measured}");
}

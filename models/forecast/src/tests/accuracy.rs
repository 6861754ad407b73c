use stratum_models::ad_report::CampaignDay;
use stratum_models::time::Day;
use stratum_testing::campaigns::*;

use super::super::frame::{Saturation, Surroundings};
use super::super::*;
use super::trained;

/// Trains on all but the last 28 days and asks how often the interval of those held.
fn held_out(truth: Truth, count: usize) -> (Artifact, f64, f64, f64) {
    const AHEAD: usize = 28;
    let all = campaigns(count, 300, truth, 7);
    let cut = Day::from_epoch_days(last().to_epoch_days() - AHEAD as i32).unwrap();
    let artifact = train(all.clone(), &[], cut, &ForecastConfig::default(), |_| {});
    let (mut held, mut asked, mut error, mut naive, mut total) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for campaign in &artifact.campaigns {
        let Ok(outlook) = artifact.outlook(campaign, AHEAD) else { continue };
        let came = all.iter().filter(|day| day.key == campaign.key && day.day > cut);
        let (spend, revenue) = came.fold((0.0, 0.0), |(spend, revenue), day| {
            (spend + day.spend_micros as f64, revenue + day.revenue_micros as f64)
        });
        let (actual, roas) = (revenue / spend, outlook.roas());
        asked += 1.0;
        held += f64::from(u8::from(roas.low <= actual && actual <= roas.high));
        error += (roas.value - actual).abs() * spend;
        naive += (campaign.current_roas.unwrap() - actual).abs() * spend;
        total += revenue;
    }
    assert!(asked > 0.8 * count as f64, "{asked} of {count} were forecast");
    (artifact, held / asked, error / total, naive / total)
}

#[test]
fn a_truth_that_the_model_can_express_is_forecast_better_than_by_baselines() {
    let (artifact, coverage, error, naive) = held_out(Truth::Within, 60);
    let (ours, (baseline, theirs)) = (artifact.score().unwrap(), artifact.baseline().unwrap());
    println!("{} {ours:?}", artifact.model.name());
    println!("{} {theirs:?}; coverage {coverage}, error {error} naive {naive}", baseline.name());
    assert!(!artifact.model.is_baseline(), "{:?}", artifact.scores);
    assert!(ours.wmape < theirs.wmape && error < naive);
    assert!(coverage >= 0.8, "{coverage}");
    let measured = artifact.calibration.coverage.unwrap();
    assert!((0.85..=0.96).contains(&measured), "{measured}");
    let google = artifact.platforms.iter().find(|p| p.response_known).unwrap();
    assert!(google.carry_over > 0.0);
}

#[test]
fn intervals_hold_on_a_truth_outside_of_the_model() {
    let (artifact, coverage, error, naive) = held_out(Truth::Outside, 60);
    println!(
        "{} {:?}; coverage {coverage}, error {error} naive {naive}",
        artifact.model.name(),
        artifact.score()
    );
    assert!(coverage >= 0.8, "{coverage}");
    let measured = artifact.calibration.coverage.unwrap();
    assert!((0.8..=0.97).contains(&measured), "{measured}");
    assert!(error <= naive * 1.05, "{error} {naive}");
}

#[test]
fn the_future_does_not_change_a_feature() {
    let rows = campaign(1, 120, Truth::Within, 3);
    let cut = last().to_epoch_days() - 40;
    let mut shuffled = rows.clone();
    let later: Vec<usize> =
        (0..rows.len()).filter(|at| rows[*at].day.to_epoch_days() >= cut).collect();
    for (place, at) in later.iter().zip(later.iter().rev()) {
        shuffled[*place] = CampaignDay { day: rows[*place].day, ..rows[*at].clone() };
    }
    assert_ne!(rows, shuffled);
    let around = Surroundings {
        calendar: super::super::calendar::Calendar::of(cut - 400, cut + 400),
        quality: (cut - 90..cut + 60).map(|day| (day, f64::from(day % 10))).collect(),
        yearly: true,
    };
    let mut later_quality = around.clone();
    later_quality.quality.iter_mut().filter(|one| one.0 >= cut).for_each(|one| one.1 = 9.9);
    let frame = |rows: &[CampaignDay], around: &Surroundings| {
        let history = History::of(rows, last()).unwrap();
        let saturation = Saturation { decay: 0.5, bend: 0.01 };
        let whole = Frame::of(&history, i32::MAX, saturation, around);
        let known = Frame::of(&history, cut, saturation, around);
        // What is known at the cut is what the whole says of those days.
        assert_eq!(whole.exposure[..known.exposure.len()], known.exposure);
        assert_eq!(whole.features[..known.features.len()], known.features);
        known
    };
    assert_eq!(frame(&rows, &around), frame(&shuffled, &later_quality));
    assert_eq!(FEATURES.len(), 14);
    let of_the_target = ["revenue", "roas", "conversions", "cpa"];
    assert!(!FEATURES.iter().any(|name| of_the_target.iter().any(|word| name.contains(word))));
}

#[test]
fn small_campaigns_lean_on_their_platform() {
    let mut rows = campaigns(20, 200, Truth::Within, 5);
    // A campaign with a tenth of a sale a day that was lucky once.
    let small = key(stratum_models::platform::Platform::Meta, 999);
    let end = last().to_epoch_days();
    for back in 0..120 {
        let date = Day::from_epoch_days(end - back).unwrap();
        let sale = if back % 10 == 3 { 1.0 } else { 0.0 };
        rows.push(day(&small, date, 1.0, sale, sale * if back == 3 { 900.0 } else { 20.0 }));
    }
    let artifact = trained(rows);
    let model = artifact.campaigns.iter().find(|one| one.key == small).unwrap();
    let outlook = artifact.outlook(model, 28).unwrap();
    let current = model.current_roas.unwrap();
    let platform = outlook.insight.levels[0];
    let predicted = outlook.roas().value;
    assert!(
        current > 20.0 && predicted < 0.5 * current && predicted > 0.3 * platform,
        "{current} {predicted} {platform}"
    );
}

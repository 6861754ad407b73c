use std::f64::consts::TAU;

use stratum_models::ad_report::CampaignDay;
use stratum_models::chance::Chance;
use stratum_models::platform::Platform;
use stratum_models::time::Day;
use stratum_testing::campaigns::*;

use super::super::*;

const DAYS: i32 = 400;
const AHEAD: i32 = 28;

/// Campaigns whose returns rise and fall over half a year, each at its own time.
fn waves(count: usize, seed: u64) -> Vec<CampaignDay> {
    let mut chance = Chance::new(seed);
    let mut rows = Vec::new();
    for at in 0..count {
        let key = key(Platform::Meta, at);
        let begin = chance.below(180) as f64;
        for ago in (0..DAYS).rev() {
            let date = Day::from_epoch_days(last().to_epoch_days() - ago).unwrap();
            let wave = (TAU * (begin - f64::from(ago)) / 180.0).sin();
            let spend = 100.0 * (0.1 * normal(&mut chance)).exp();
            let revenue = 3.0 * spend * (0.6 * wave + 0.1 * normal(&mut chance)).exp();
            rows.push(day(&key, date, spend, revenue / 40.0, revenue));
        }
    }
    rows
}

#[test]
fn where_returns_go_on_as_they_went_the_net_is_served_and_its_intervals_hold() {
    let all = waves(30, 5);
    let cut = Day::from_epoch_days(last().to_epoch_days() - AHEAD).unwrap();
    let artifact = train(all.clone(), &[], cut, &ForecastConfig::default(), |_| {});
    assert!(artifact.model.name().starts_with("elastic_net"), "{:?}", artifact.scores);
    let others = artifact.scores.iter().filter(|(model, _)| *model != artifact.model);
    let hierarchical = others.filter(|(model, _)| model.name().starts_with("hierarchical"));
    let best = hierarchical.map(|(_, score)| score.wmape).fold(f64::INFINITY, f64::min);
    let served = artifact.score().unwrap().wmape;
    println!("{} {served}, hierarchical {best}", artifact.model.name());
    assert!(served < 0.8 * best, "{served} {best}");
    let (mut held, mut asked) = (0.0, 0.0);
    for campaign in &artifact.campaigns {
        let outlook = artifact.outlook(campaign, AHEAD as usize).unwrap();
        let came = all.iter().filter(|day| day.key == campaign.key && day.day > cut);
        let (spend, revenue) = came.fold((0.0, 0.0), |(spend, revenue), day| {
            (spend + day.spend_micros as f64, revenue + day.revenue_micros as f64)
        });
        let told = outlook.roas();
        held += f64::from(u8::from(told.low <= revenue / spend && revenue / spend <= told.high));
        asked += 1.0;
        let sum: f64 = outlook.drivers().iter().map(|driver| driver.effect).sum();
        assert!((sum - told.value).abs() < 1e-9 * told.value, "{sum} {told:?}");
    }
    println!("held {held} of {asked}; back-test {:?}", artifact.calibration.coverage);
    assert!(held >= 0.75 * asked, "{held} of {asked}");
}

#[test]
fn where_a_net_is_hardly_closer_what_can_say_why_is_served() {
    let all = campaigns(40, 300, Truth::Within, 7);
    let artifact = train(all, &[], last(), &ForecastConfig::default(), |_| {});
    assert!(artifact.model.name().starts_with("hierarchical"), "{:?}", artifact.scores);
    assert!(artifact.scores.iter().any(|(model, _)| model.name().starts_with("elastic_net")));
}

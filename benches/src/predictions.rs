//! Forecasts and budgets: how long and how close, on campaigns with a known truth, with
//! statsforecast and scikit-learn on the same days beside.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use stratum_forecast::allocate::Goal;
use stratum_forecast::{Artifact, BudgetQuestion, ForecastConfig, Outlook, plan, train};
use stratum_models::ad_report::CampaignDay;
use stratum_models::time::Day;
use stratum_testing::campaigns::{Truth, campaigns, last};

const CAMPAIGNS: usize = 1_000;
const DAYS: usize = 730;
const AHEAD: usize = 28;
/// The Python of a virtual environment with `benches/peers/requirements.txt`.
const PEERS: &str = "STRATUM_BENCH_PYTHON";

/// Prints figures for a truth that the model can express and for one that it cannot.
pub fn run() -> Result<()> {
    for truth in [Truth::Within, Truth::Outside] {
        println!("\ntruth {truth:?}: {CAMPAIGNS} campaigns, {DAYS} days, {AHEAD} held out");
        let all = campaigns(CAMPAIGNS, DAYS, truth, 7);
        let back = i32::try_from(AHEAD)?;
        let cut = Day::from_epoch_days(last().to_epoch_days() - back).context("a day")?;
        ours(&all, cut)?;
        match std::env::var(PEERS) {
            Ok(python) => peers(&python, &all, cut)?,
            Err(_) => println!("peers: set {PEERS} to measure them in the same run"),
        }
    }
    Ok(())
}

fn ours(all: &[CampaignDay], cut: Day) -> Result<()> {
    let known: Vec<CampaignDay> = all.iter().filter(|day| day.day <= cut).cloned().collect();
    let began = Instant::now();
    let artifact = train(known, &[], cut, &ForecastConfig::default(), |_| {});
    let trained = began.elapsed();
    let content = artifact.encode()?;
    let began = Instant::now();
    let artifact = Artifact::decode(&content)?;
    let decoded = began.elapsed();
    let began = Instant::now();
    let outlooks = outlooks(&artifact);
    let sum: f64 = outlooks.iter().map(|outlook| outlook.roas().value).sum();
    let predicted = began.elapsed();
    println!(
        "stratum: train with back-test {trained:?}, artifact {} KiB read in {decoded:?}, {} \
         forecasts in {predicted:?} (mean ROAS {:.2})",
        content.len() / 1024,
        outlooks.len(),
        sum / outlooks.len() as f64
    );
    let score = artifact.score().context("a score")?;
    println!("  served {}; back-test {score:?}", artifact.model.name());
    println!("  intervals held in the back-test: {:?}", artifact.calibration.coverage);
    held_out(&outlooks, all, cut);
    budget(&outlooks)
}

fn outlooks(artifact: &Artifact) -> Vec<Outlook<'_>> {
    artifact.campaigns.iter().filter_map(|one| artifact.outlook(one, AHEAD).ok()).collect()
}

/// Errors on the days that were held out: each day's revenue, and the window's ROAS.
fn held_out(outlooks: &[Outlook], all: &[CampaignDay], cut: Day) {
    let (mut absolute, mut squared, mut revenue, mut naive, mut days) = (0.0, 0.0, 0.0, 0.0, 0.0);
    let (mut held, mut missed, mut came) = (0usize, 0.0, 0.0);
    for outlook in outlooks {
        let own: Vec<&CampaignDay> =
            all.iter().filter(|day| day.key == outlook.campaign.key).collect();
        let (past, future): (Vec<&CampaignDay>, Vec<_>) = own.iter().partition(|d| d.day <= cut);
        let units = |day: &CampaignDay| day.revenue_micros as f64 / 1e6;
        let repeats = past.windows(8).map(|week| (units(week[7]) - units(week[0])).abs());
        naive += repeats.sum::<f64>() / (past.len() - 7) as f64 * future.len() as f64;
        for (day, expected) in future.iter().zip(&outlook.insight.revenue) {
            absolute += (units(day) - expected).abs();
            squared += (units(day) - expected).powi(2);
            revenue += units(day);
            days += 1.0;
        }
        let spend: f64 = future.iter().map(|day| day.spend_micros as f64 / 1e6).sum();
        let actual = future.iter().map(|day| units(day)).sum::<f64>() / spend;
        let roas = outlook.roas();
        held += usize::from(roas.low <= actual && actual <= roas.high);
        missed += (roas.value - actual).abs() * spend;
        came += actual * spend;
    }
    println!(
        "  held out: wMAPE {:.4} NRMSE {:.4} MASE {:.4}; window ROAS wMAPE {:.4}, coverage {:.3}",
        absolute / revenue,
        (squared / days).sqrt() / (revenue / days),
        absolute / naive,
        missed / came,
        held as f64 / outlooks.len() as f64
    );
}

fn budget(outlooks: &[Outlook]) -> Result<()> {
    let total: f64 = outlooks.iter().map(Outlook::planned_spend).sum();
    let question = BudgetQuestion {
        total,
        goal: Goal::Response,
        of_conversions: false,
        platform_minima: [].into(),
        campaign_max: None,
        bounds: [].into(),
    };
    let began = Instant::now();
    let found = plan(outlooks, &question)?;
    let took = began.elapsed();
    let revenue: f64 = found.campaigns.iter().map(|one| one.revenue.value).sum();
    let now: f64 = found.campaigns.iter().map(|one| one.revenue_now).sum();
    println!(
        "  budget of {} campaigns split in {took:?}: revenue {:+.2} %, gap {}",
        outlooks.len(),
        100.0 * (revenue / now - 1.0),
        found.gap
    );
    Ok(())
}

fn peers(python: &str, all: &[CampaignDay], cut: Day) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut text = String::from("campaign,day,spend,revenue,known\n");
    for day in all {
        let (spend, revenue) = (day.spend_micros as f64 / 1e6, day.revenue_micros as f64 / 1e6);
        let known = u8::from(day.day <= cut);
        writeln!(text, "{},{},{spend},{revenue},{known}", day.key.campaign_id, day.day.0)?;
    }
    let file = folder.path().join("days.csv");
    std::fs::write(&file, text)?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/forecast.py");
    let status = Command::new(python).arg(script).arg(&file).status()?;
    if !status.success() {
        bail!("the peers ended with {status}");
    }
    Ok(())
}

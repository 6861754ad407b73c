//! Training: candidates are compared on the past, the winner is fitted to everything.

use std::collections::BTreeMap;

use stratum_models::ad_report::{AccountCampaign, CampaignDay};
use stratum_models::money::Currency;
use stratum_models::platform::Platform;
use stratum_models::time::Day;

use super::ForecastConfig;
use super::artifact::{Artifact, CampaignModel, Curve, FORMAT, Insight, Known, PlatformModel};
use super::backtest::{CandidateErrors, Score, compare};
use super::calendar::Calendar;
use super::calibration::Calibration;
use super::frame::{FEATURES, Surroundings};
use super::history::{History, Insufficient};
use super::model::{Model, PlatformFit};
use super::shape::{HALVES, bend, typical_spend};
use super::trend::Trend;

/// The year's course can be told from this many days on.
const YEARLY_DAYS: usize = 540;
/// By how much of the other's error an elastic net must be closer.
const NET_MARGIN: f64 = 0.01;

/// The progress of a training, in steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Steps done.
    pub done: usize,
    /// Steps in all.
    pub of: usize,
}

/// Campaigns that share effects: of one platform, in one currency.
struct Family {
    platform: Platform,
    currency: Currency,
    histories: Vec<History>,
    around: Surroundings,
}

impl Family {
    fn histories(&self) -> Vec<&History> {
        self.histories.iter().collect()
    }
}

/// Trains on the days up to `last`, in any order. `quality` holds scores of match quality by
/// platform and day, 0 to 10, where there are any. `progress` is told of every step.
pub fn train(
    days: Vec<CampaignDay>,
    quality: &[(Platform, Day, f64)],
    last: Day,
    config: &ForecastConfig,
    mut progress: impl FnMut(Stage),
) -> Artifact {
    let families = families(days, quality, last, config);
    let end = last.to_epoch_days() + 1;
    let of = config.origins + 1;
    let mut tried: Vec<(Model, CandidateErrors)> =
        Model::all(config).into_iter().map(|model| (model, CandidateErrors::default())).collect();
    for origin in 0..config.origins {
        let back = (origin + 1) * config.origin_days;
        let from = end - i32::try_from(back).unwrap_or(i32::MAX);
        for family in &families {
            compare(&family.histories(), origin, from, &family.around, config, &mut tried);
        }
        progress(Stage { done: origin + 1, of });
    }
    let scores = scores(&tried);
    let model = served(&scores);
    let misses = tried.iter().find(|(one, _)| *one == model).map(|(_, tried)| &tried.misses);
    let calibration = Calibration::of(misses.map_or(&[], Vec::as_slice), config.level);
    let mut artifact = Artifact {
        format: FORMAT,
        data_from: first_day(&families),
        data_to: last,
        features: FEATURES.iter().map(|name| (*name).to_owned()).collect(),
        config: config.clone(),
        model,
        scores,
        calibration,
        platforms: Vec::new(),
        campaigns: Vec::new(),
    };
    families.iter().for_each(|family| artifact.add(family, end));
    progress(Stage { done: of, of });
    artifact
}

fn first_day(families: &[Family]) -> Option<Day> {
    let all = families.iter().flat_map(|family| &family.histories);
    all.map(|history| history.first).min().and_then(Day::from_epoch_days)
}

/// The closest; an elastic net only where it is closer by a margin, as the others can say why and what
/// another spend would bring.
fn served(scores: &[(Model, Score)]) -> Model {
    let handicapped = |(model, score): &(Model, Score)| match model {
        Model::ElasticNet { .. } => score.wmape * (1.0 + NET_MARGIN),
        _ => score.wmape,
    };
    let least = scores.iter().min_by(|l, r| handicapped(l).total_cmp(&handicapped(r)));
    least.map_or(Model::Ewma, |(model, _)| *model)
}

/// Closest first.
fn scores(tried: &[(Model, CandidateErrors)]) -> Vec<(Model, Score)> {
    let scored = tried.iter().filter_map(|(model, tried)| Some((*model, tried.errors.score()?)));
    let mut scores: Vec<(Model, Score)> = scored.collect();
    scores.sort_by(|l, r| l.1.wmape.total_cmp(&r.1.wmape));
    scores
}

fn families(
    days: Vec<CampaignDay>,
    quality: &[(Platform, Day, f64)],
    last: Day,
    config: &ForecastConfig,
) -> Vec<Family> {
    let mut campaigns: BTreeMap<AccountCampaign, Vec<CampaignDay>> = BTreeMap::new();
    for day in days {
        campaigns.entry(day.key.clone()).or_default().push(day);
    }
    let mut families: BTreeMap<(Platform, Currency), Vec<History>> = BTreeMap::new();
    for history in campaigns.values().filter_map(|days| History::of(days, last)) {
        families.entry((history.key.platform, history.currency)).or_default().push(history);
    }
    let family = |((platform, currency), histories): ((Platform, Currency), Vec<History>)| {
        let around = surroundings(&histories, quality, platform, last, config);
        Family { platform, currency, histories, around }
    };
    families.into_iter().map(family).collect()
}

fn surroundings(
    histories: &[History],
    quality: &[(Platform, Day, f64)],
    platform: Platform,
    last: Day,
    config: &ForecastConfig,
) -> Surroundings {
    let last = last.to_epoch_days();
    let first = histories.iter().map(|history| history.first).min().unwrap_or(last);
    let ahead = i32::try_from(config.days_ahead_max).unwrap_or(90);
    let own = quality.iter().filter(|(one, _, score)| *one == platform && score.is_finite());
    let mut quality: Vec<(i32, f64)> =
        own.map(|(_, day, score)| (day.to_epoch_days(), score.clamp(0.0, 10.0))).collect();
    quality.sort_by_key(|(day, _)| *day);
    let longest = histories.iter().map(|history| history.spend.len()).max().unwrap_or(0);
    Surroundings {
        calendar: Calendar::of(first, last + ahead),
        quality,
        yearly: longest >= YEARLY_DAYS,
    }
}

impl Artifact {
    /// Fits the served model to a family's days before `end`.
    fn add(&mut self, family: &Family, end: i32) {
        let histories = family.histories();
        let fit = PlatformFit::of(&histories, end, &family.around, &self.config);
        self.platforms.push(PlatformModel {
            platform: family.platform,
            currency: family.currency,
            campaigns: histories.len(),
            effects: fit.season.effects.to_vec(),
            carry_over: fit.shape.decay,
            dispersion: fit.season.dispersion,
            response_known: fit.shape.told,
        });
        for (at, history) in histories.into_iter().enumerate() {
            let insight = self.insight(&fit, at, history, family, end);
            self.campaigns.push(campaign(history, insight, &self.config, end));
        }
    }

    fn insight(
        &self,
        fit: &PlatformFit,
        at: usize,
        history: &History,
        family: &Family,
        end: i32,
    ) -> Result<Insight, Insufficient> {
        let config = &self.config;
        history.suffices(end, config)?;
        let path = fit.path(self.model, (at, history), end, &family.around, config);
        let campaign = &fit.campaigns[at];
        let known = match (campaign.telling, fit.shape.told) {
            (true, _) => Known::Own,
            (false, true) => Known::Platform,
            (false, false) => Known::Unknown,
        };
        let typical = typical_spend(history, history.spend.len());
        let even = 1.0 / HALVES.len() as f64;
        let members = HALVES.into_iter().zip(&campaign.posterior).map(|(half, weight)| {
            let weight = if known == Known::Unknown { even } else { *weight };
            (weight, bend(half, typical))
        });
        Ok(Insight {
            spend: path.spend,
            spend_seen: spend_seen(history, config.plan_days),
            carried: path.carried,
            carry_over: fit.shape.decay,
            revenue: path.revenue,
            conversions_per_revenue: conversions_per_revenue(history),
            dispersion: campaign.dispersion,
            curve: Curve { known, members: members.collect() },
            bend: campaign.saturation.bend,
            levels: path.levels,
        })
    }
}

fn campaign(
    history: &History,
    insight: Result<Insight, Insufficient>,
    config: &ForecastConfig,
    end: i32,
) -> CampaignModel {
    let length = history.length_until(end);
    let recent = length.saturating_sub(config.plan_days)..length;
    let spend: f64 = history.spend[recent.clone()].iter().sum();
    let revenue: f64 = history.revenue[recent].iter().sum();
    CampaignModel {
        key: history.key.clone(),
        name: history.name.clone(),
        currency: history.currency,
        current_roas: (spend > 0.0).then(|| revenue / spend),
        days: history.spend.iter().filter(|spend| **spend > 0.0).count(),
        excluded_days: history.excluded,
        foreign_days: history.foreign,
        idle_days: history.spend[..length].iter().rev().take_while(|spend| **spend <= 0.0).count(),
        trend: Trend::of(history),
        insight,
    }
}

/// The largest mean of spend over so many days in a row.
fn spend_seen(history: &History, days: usize) -> f64 {
    let means = history.spend.windows(days.clamp(1, history.spend.len().max(1)));
    means.map(|window| window.iter().sum::<f64>() / window.len() as f64).fold(0.0, f64::max)
}

/// Of the last quarter with revenue, else of all days.
fn conversions_per_revenue(history: &History) -> f64 {
    let ratio = |from: usize| {
        let revenue: f64 = history.revenue[from..].iter().sum();
        let conversions: f64 = history.conversions[from..].iter().sum();
        (revenue > 0.0).then(|| conversions / revenue)
    };
    ratio(history.spend.len().saturating_sub(91)).or_else(|| ratio(0)).unwrap_or(0.0)
}

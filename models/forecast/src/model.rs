//! The candidates, fitted to a platform's campaigns as they were known on some day.

use serde::{Deserialize, Serialize};

use super::ForecastConfig;
use super::credibility::{Levels, OwnLevel, own_level};
use super::elastic_net::{ElasticNet, PENALTIES, Returns};
use super::frame::{Frame, Saturation, Surroundings};
use super::history::History;
use super::season::{self, Season};
use super::shape::{DECAYS, Evidence, HALVES, PlatformShape, bend, typical_spend};

/// With this half-life a level is the long-run one.
const LONG_DAYS: f64 = 365.0;
const EWMA_DAYS: f64 = 14.0;

/// A way to forecast.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Model {
    /// Each weekday returns what it returned last week.
    SeasonalNaive,
    /// Every day returns the mean of the last year.
    Mean,
    /// Every day returns the exponentially weighted mean.
    Ewma,
    /// Shared effects of weekdays, seasons, holidays, youth and match quality on saturated, carried
    /// spend, with a level a campaign that is shrunk to its platform.
    Hierarchical {
        /// After so many days a day counts half for the level.
        half_life_days: f64,
    },
    /// The exponentially weighted mean, moved by what the platform's campaigns teach of its errors.
    ElasticNet {
        /// What coefficients cost, in standard deviations of the error.
        penalty: f64,
    },
}

impl Model {
    /// The candidates.
    pub fn all(config: &ForecastConfig) -> Vec<Model> {
        let half_lives = config.half_life_days.iter();
        let fitted = half_lives.map(|days| Model::Hierarchical { half_life_days: *days });
        let nets = PENALTIES.into_iter().map(|penalty| Model::ElasticNet { penalty });
        let baselines = [Model::SeasonalNaive, Model::Mean, Model::Ewma];
        baselines.into_iter().chain(fitted).chain(nets).collect()
    }

    /// The model's name, such as `hierarchical_28`.
    pub fn name(&self) -> String {
        match self {
            Model::SeasonalNaive => "seasonal_naive".to_owned(),
            Model::Mean => "mean".to_owned(),
            Model::Ewma => "ewma".to_owned(),
            Model::Hierarchical { half_life_days } => format!("hierarchical_{half_life_days}"),
            Model::ElasticNet { penalty } => format!("elastic_net_{penalty}"),
        }
    }

    /// Whether it is one of the baselines that a model must beat.
    pub fn is_baseline(&self) -> bool {
        matches!(self, Model::SeasonalNaive | Model::Mean | Model::Ewma)
    }
}

/// A platform's campaigns as known before `end`.
pub(super) struct PlatformFit {
    pub shape: PlatformShape,
    pub season: Season,
    /// Levels for each half-life, the long-run one last.
    pub levels: Vec<(f64, Levels)>,
    pub roas: f64,
    pub campaigns: Vec<CampaignFit>,
    returns: Returns,
    /// The net of each penalty.
    nets: Vec<(f64, ElasticNet)>,
}

/// A campaign among them.
pub(super) struct CampaignFit {
    pub saturation: Saturation,
    /// The probability of each half.
    pub posterior: Vec<f64>,
    /// Whether its own data tell its curve.
    pub telling: bool,
    /// The campaign's days, those after the fit included: features look back only.
    pub frame: Frame,
    pub dispersion: f64,
}

/// A forecast with what explains it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Path {
    /// Planned spend a day.
    pub spend: f64,
    /// Adstocked spend on the eve.
    pub carried: f64,
    /// Expected revenue a day under the plan.
    pub revenue: Vec<f64>,
    /// The platform's level, the campaign's long-run level and its level now; alike for baselines and elastic
    /// nets.
    pub levels: [f64; 3],
}

impl PlatformFit {
    /// Fits what the campaigns share to their days before `end`.
    pub fn of(
        histories: &[&History],
        end: i32,
        around: &Surroundings,
        config: &ForecastConfig,
    ) -> PlatformFit {
        let lengths: Vec<usize> = histories.iter().map(|h| h.length_until(end)).collect();
        let plain = Saturation { decay: DECAYS[1], bend: 0.0 };
        let frames = |saturation: &dyn Fn(usize) -> Saturation| -> Vec<(&History, Frame)> {
            let frame = |(at, history): (usize, &&'_ History)| {
                Frame::of(history, end, saturation(at), around)
            };
            histories.iter().copied().zip(histories.iter().enumerate().map(frame)).collect()
        };
        let first = season::fit(&frames(&|_| plain), around.yearly);
        let evidence: Vec<Evidence> = histories
            .iter()
            .zip(&lengths)
            .map(|(history, length)| {
                let days = (history.first..).take(*length);
                let factors: Vec<f64> =
                    days.map(|day| first.factor(&around.features(history.first, day))).collect();
                Evidence::of(history, *length, &factors, first.dispersion)
            })
            .collect();
        let shape = PlatformShape::of(&evidence);
        let common = HALVES[largest(&shape.weights)];
        let saturation = |at: usize| Saturation {
            decay: shape.decay,
            bend: bend(common, typical_spend(histories[at], lengths[at])),
        };
        let season = season::fit(&frames(&saturation), around.yearly);
        let campaigns = histories.iter().enumerate().map(|(at, history)| {
            let frame = Frame::of(history, i32::MAX, saturation(at), around);
            let dispersion = dispersion(history, &frame, &season, lengths[at]);
            CampaignFit {
                saturation: saturation(at),
                posterior: evidence[at].posterior(shape.decay_at(), &shape.weights),
                telling: evidence[at].is_telling(shape.decay_at()),
                frame,
                dispersion,
            }
        });
        let campaigns: Vec<CampaignFit> = campaigns.collect();
        let (spend, revenue) = totals(histories, &lengths);
        let dispersions = campaigns.iter().map(|campaign| campaign.dispersion);
        let returns = Returns::of(&histories.iter().copied().zip(dispersions).collect::<Vec<_>>());
        let nets = ElasticNet::all(&returns, histories, end, around);
        let mut fit = PlatformFit {
            shape,
            season,
            levels: Vec::new(),
            roas: if spend > 0.0 { revenue / spend } else { 0.0 },
            campaigns,
            returns,
            nets,
        };
        fit.levels = fit.all_levels(histories, &lengths, config);
        fit
    }

    fn all_levels(
        &self,
        histories: &[&History],
        lengths: &[usize],
        config: &ForecastConfig,
    ) -> Vec<(f64, Levels)> {
        let half_lives = config.half_life_days.iter().copied().chain([LONG_DAYS]);
        let levels = half_lives.map(|half_life| {
            let own: Vec<OwnLevel> = (0..histories.len())
                .filter_map(|at| self.own(histories[at], at, lengths[at], half_life))
                .collect();
            (half_life, Levels::of(&own, self.season.dispersion))
        });
        levels.collect()
    }

    fn own(&self, history: &History, at: usize, length: usize, half_life: f64) -> Option<OwnLevel> {
        own_level(history, &self.campaigns[at].frame, &self.season, length, half_life)
    }

    /// The level of a campaign after shrinkage, and its platform's.
    fn level(&self, history: &History, at: usize, length: usize, half_life: f64) -> (f64, f64) {
        let of = self.levels.iter().find(|(days, _)| (days - half_life).abs() < 1e-9);
        let Some((_, levels)) = of else { return (0.0, 0.0) };
        let own = self.own(history, at, length, half_life);
        (own.map_or(levels.mean, |own| levels.shrunk(own)), levels.mean)
    }

    /// The forecast of a campaign from the day `end` on, with levels as known before it.
    pub fn path(
        &self,
        model: Model,
        (at, history): (usize, &History),
        end: i32,
        around: &Surroundings,
        config: &ForecastConfig,
    ) -> Path {
        let length = history.length_until(end);
        let campaign = &self.campaigns[at];
        let spend = history.planned_spend(end, config);
        let carried = length.checked_sub(1).map_or(0.0, |last| campaign.frame.adstock[last]);
        let days = config.days_ahead_max;
        let half_life_days = match model {
            Model::Hierarchical { half_life_days } => half_life_days,
            Model::ElasticNet { penalty } => {
                let net = self.nets.iter().find(|(one, _)| one.total_cmp(&penalty).is_eq());
                let revenue = net.map_or_else(
                    || vec![0.0; days],
                    |(_, net)| {
                        let plan = (spend, days);
                        net.revenue(&self.returns, (at, history), length, plan, around)
                    },
                );
                return Path { spend, carried, revenue, levels: [self.roas; 3] };
            }
            _ => {
                let returned = baseline(model, history, length, days);
                let revenue = returned.iter().map(|roas| roas * spend).collect();
                return Path { spend, carried, revenue, levels: [self.roas; 3] };
            }
        };
        let (level, _) = self.level(history, at, length, half_life_days);
        let (long, mean) = self.level(history, at, length, LONG_DAYS);
        let saturation = campaign.saturation;
        let mut adstock = carried;
        let revenue = (end..).take(days).map(|day| {
            adstock = (1.0 - saturation.decay) * spend + saturation.decay * adstock;
            let factor = self.season.factor(&around.features(history.first, day));
            level * factor * saturation.exposure(adstock)
        });
        Path { spend, carried, revenue: revenue.collect(), levels: [mean, long, level] }
    }
}

/// Revenue for each unit spent on each of the coming days.
fn baseline(model: Model, history: &History, length: usize, days: usize) -> Vec<f64> {
    let ratio = |weights: &dyn Fn(usize) -> f64| {
        let (mut spend, mut revenue) = (0.0, 0.0);
        for at in (0..length).filter(|at| history.observed[*at]) {
            spend += weights(length - 1 - at) * history.spend[at];
            revenue += weights(length - 1 - at) * history.revenue[at];
        }
        if spend > 0.0 { revenue / spend } else { 0.0 }
    };
    let ewma = || ratio(&|age| 0.5f64.powf(age as f64 / EWMA_DAYS));
    match model {
        Model::Mean => vec![ratio(&|age| f64::from(u8::from(age < 365))); days],
        Model::SeasonalNaive => {
            let last = |ahead: usize| {
                // The same weekday, the newest one with spend in the last four weeks.
                let back = (1..=4).filter_map(|week| (length + ahead % 7).checked_sub(7 * week));
                let ran = back.into_iter().find(|at| *at < length && history.spend[*at] > 0.0);
                ran.map(|at| history.revenue[at] / history.spend[at])
            };
            (0..days).map(|ahead| last(ahead).unwrap_or_else(ewma)).collect()
        }
        _ => vec![ewma(); days],
    }
}

/// The variance of the campaign's revenue over its mean, shrunk to the platform's.
fn dispersion(history: &History, frame: &Frame, season: &Season, length: usize) -> f64 {
    const PRIOR_DAYS: f64 = 30.0;
    let Some(level) = own_level(history, frame, season, length, LONG_DAYS) else {
        return season.dispersion;
    };
    let (mut squares, mut count) = (PRIOR_DAYS * season.dispersion, PRIOR_DAYS);
    for at in (0..length).filter(|at| history.observed[*at]) {
        let mu = level.value * frame.exposure[at] * season.factor(&frame.features[at]);
        if mu > 0.0 {
            squares += (history.revenue[at] - mu).powi(2) / mu;
            count += 1.0;
        }
    }
    squares / count
}

fn totals(histories: &[&History], lengths: &[usize]) -> (f64, f64) {
    let sum = |values: &[f64], length: usize| values[..length].iter().sum::<f64>();
    histories.iter().zip(lengths).fold((0.0, 0.0), |(spend, revenue), (history, length)| {
        (spend + sum(&history.spend, *length), revenue + sum(&history.revenue, *length))
    })
}

fn largest(weights: &[f64]) -> usize {
    (0..weights.len()).max_by(|l, r| weights[*l].total_cmp(&weights[*r])).unwrap_or(0)
}

//! The artifact of a training: everything that answers need, describing itself.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use stratum_models::ad_report::AccountCampaign;
use stratum_models::money::Currency;
use stratum_models::platform::Platform;
use stratum_models::time::Day;
use thiserror::Error;

use super::backtest::Score;
use super::calibration::Calibration;
use super::history::Insufficient;
use super::model::Model;
use super::trend::Trend;
use super::{ForecastConfig, Outlook};

/// The version of the layout. Artifacts of other versions are refused.
pub const FORMAT: u32 = 1;

/// A trained model of one tenant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Artifact {
    /// The version of the layout.
    pub format: u32,
    /// The first day of the data; `None` without any.
    pub data_from: Option<Day>,
    /// The last day of the data: forecasts begin on the day after.
    pub data_to: Day,
    /// The features that effects were fitted to.
    pub features: Vec<String>,
    /// The configuration it was trained with, the seed included.
    pub config: ForecastConfig,
    /// The model that is served: the one whose forecasts were closest.
    pub model: Model,
    /// The error of each candidate's forecasts, the smallest first; empty where none could be
    /// checked.
    pub scores: Vec<(Model, Score)>,
    /// The errors of the served model's forecasts.
    pub calibration: Calibration,
    /// The facts that campaigns of a platform share.
    pub platforms: Vec<PlatformModel>,
    /// The campaigns.
    pub campaigns: Vec<CampaignModel>,
}

/// The facts that a platform's campaigns share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlatformModel {
    /// The platform.
    pub platform: Platform,
    /// The currency of the campaigns it was fitted to.
    pub currency: Currency,
    /// Campaigns it was fitted to.
    pub campaigns: usize,
    /// Effect of each feature, as a logarithm.
    pub effects: Vec<f64>,
    /// Share of a day's effect that goes on into the next.
    pub carry_over: f64,
    /// Variance of a day's revenue over its mean.
    pub dispersion: f64,
    /// Whether spend varied enough to tell how returns diminish.
    pub response_known: bool,
}

/// One campaign.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CampaignModel {
    /// Which.
    pub key: AccountCampaign,
    /// The campaign's name.
    pub name: String,
    /// The currency of its amounts.
    pub currency: Currency,
    /// Revenue for each unit spent over the planned-spend days; `None` without spend.
    pub current_roas: Option<f64>,
    /// Days with spend.
    pub days: usize,
    /// Reported days that were left out because their figures cannot be.
    pub excluded_days: usize,
    /// Days in an earlier currency, left out.
    pub foreign_days: usize,
    /// Days without spend at the end of the data; 0 in artifacts from before they were counted.
    #[serde(default)]
    pub idle_days: usize,
    /// Where its ROAS goes.
    pub trend: Trend,
    /// The parts of a forecast, or the reason why there is none.
    pub insight: Result<Insight, Insufficient>,
}

/// The parts that a campaign's forecast is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Insight {
    /// Planned spend a day: the mean of the last days.
    pub spend: f64,
    /// The most that was spent a day over as many days, for how far the curve can be trusted.
    pub spend_seen: f64,
    /// Adstocked spend on the eve of the first forecast day.
    pub carried: f64,
    /// Share of a day's effect that goes on into the next.
    pub carry_over: f64,
    /// Expected revenue on each coming day under the planned spend.
    pub revenue: Vec<f64>,
    /// Reported conversions for each unit of revenue.
    pub conversions_per_revenue: f64,
    /// Variance of a day's revenue over its mean.
    pub dispersion: f64,
    /// The curve of its saturation.
    pub curve: Curve,
    /// Saturation under which `revenue` was forecast.
    pub bend: f64,
    /// The platform's level, the campaign's long-run one and the one of now; alike for a baseline and an elastic net.
    pub levels: [f64; 3],
}

/// Where a curve comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Known {
    /// The campaign's own days tell it.
    Own,
    /// The platform's other campaigns do.
    Platform,
    /// Nothing does: spend never varied enough to know.
    Unknown,
}

/// A mixture of saturations, each as likely as its weight.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// Where it comes from.
    pub known: Known,
    /// Weight and bend of each; weights add up to 1.
    pub members: Vec<(f64, f64)>,
}

/// Why an artifact cannot be read.
#[derive(Debug, Error)]
pub enum ArtifactError {
    /// The bytes are not those that were written.
    #[error("the artifact is damaged: its hash does not hold")]
    Damaged,
    /// Written by a version this one does not know.
    #[error("the artifact has format {found}, this program reads {FORMAT}")]
    Format {
        /// The format that was found.
        found: u32,
    },
    /// It holds what does not belong there.
    #[error("the artifact cannot be read")]
    Content(#[from] serde_json::Error),
}

#[derive(Deserialize)]
struct FormatOnly {
    format: u32,
}

impl Artifact {
    /// The artifact as bytes: the SHA-256 of what follows in hexadecimal, a line break, JSON.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn encode(&self) -> Result<Vec<u8>, ArtifactError> {
        let body = serde_json::to_vec(self)?;
        let mut bytes = hash(&body).into_bytes();
        bytes.push(b'\n');
        bytes.extend(body);
        Ok(bytes)
    }

    /// The inverse of [`Artifact::encode`].
    ///
    /// # Errors
    /// When a byte has changed, or the format is another one.
    pub fn decode(bytes: &[u8]) -> Result<Artifact, ArtifactError> {
        let cut = bytes.iter().position(|byte| *byte == b'\n').ok_or(ArtifactError::Damaged)?;
        let (claimed, body) = (&bytes[..cut], &bytes[cut + 1..]);
        if hash(body).as_bytes() != claimed {
            return Err(ArtifactError::Damaged);
        }
        let FormatOnly { format: found } = serde_json::from_slice(body)?;
        if found != FORMAT {
            return Err(ArtifactError::Format { found });
        }
        Ok(serde_json::from_slice(body)?)
    }

    /// The hash that an encoded artifact begins with: its version.
    pub fn version(encoded: &[u8]) -> String {
        String::from_utf8_lossy(encoded.get(..16).unwrap_or_default()).into_owned()
    }

    /// The score of the served model.
    pub fn score(&self) -> Option<Score> {
        self.scores.iter().find(|(model, _)| *model == self.model).map(|(_, score)| *score)
    }

    /// The best of the baselines with its score.
    pub fn baseline(&self) -> Option<(Model, Score)> {
        self.scores.iter().find(|(model, _)| model.is_baseline()).copied()
    }

    /// The outlook of a campaign over the coming `days`, 1 to the longest that was trained for.
    ///
    /// # Errors
    /// With the reason why it cannot be said.
    pub fn outlook<'a>(
        &'a self,
        campaign: &'a CampaignModel,
        days: usize,
    ) -> Result<Outlook<'a>, Insufficient> {
        let insight = campaign.insight.as_ref().map_err(Clone::clone)?;
        Outlook::of(campaign, insight, &self.calibration, days).ok_or(Insufficient::Unchecked)
    }
}

fn hash(body: &[u8]) -> String {
    Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect()
}

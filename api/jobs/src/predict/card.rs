//! The card of a model, in plain text.

use std::fmt::{self, Write as _};

use stratum_forecast::{Artifact, CampaignModel, recommendation};

/// A model's card: data, candidates, shared effects, and, for each campaign that is asked for, its
/// forecast with the drivers that add up to it.
pub fn card(artifact: &Artifact, version: &str, campaign: Option<&str>, days: usize) -> String {
    let mut text = String::new();
    // Writing to a text does not fail.
    write(&mut text, artifact, version, campaign, days).ok();
    text
}

fn write(
    out: &mut String,
    artifact: &Artifact,
    version: &str,
    campaign: Option<&str>,
    days: usize,
) -> fmt::Result {
    let from = artifact.data_from.map_or("-".to_owned(), |day| day.0.to_string());
    writeln!(out, "Model {version} (format {}, seed {})", artifact.format, artifact.config.seed)?;
    writeln!(out, "Data from {from} to {}", artifact.data_to.0)?;
    writeln!(out, "Features: {}", artifact.features.join(", "))?;
    writeln!(out, "\nBack-test (closest first; served: {})", artifact.model.name())?;
    for (model, score) in &artifact.scores {
        writeln!(
            out,
            "  {:<18} wMAPE {:.4}  NRMSE {:.4}  MASE {:.4}  bias {:+.4}  days {}",
            model.name(),
            score.wmape,
            score.nrmse,
            score.mase,
            score.bias,
            score.days
        )?;
    }
    match artifact.calibration.coverage {
        Some(held) => writeln!(
            out,
            "Intervals meant to hold {:.0} % of the time held {:.1} %",
            100.0 * artifact.calibration.level,
            100.0 * held
        )?,
        None => writeln!(out, "Intervals could not be checked")?,
    }
    platforms(out, artifact)?;
    let asked = |one: &&CampaignModel| campaign.is_none_or(|id| one.key.campaign_id == id);
    writeln!(out, "\nCampaigns, the coming {days} days")?;
    artifact
        .campaigns
        .iter()
        .filter(asked)
        .try_for_each(|one| write_campaign(out, artifact, one, days))
}

fn platforms(out: &mut String, artifact: &Artifact) -> fmt::Result {
    for platform in &artifact.platforms {
        writeln!(
            out,
            "\n{} in {}: {} campaigns, carry-over {:.1}, {}",
            platform.platform,
            platform.currency,
            platform.campaigns,
            platform.carry_over,
            match platform.response_known {
                true => "diminishing returns told by the data",
                false => "spend never varied enough to tell diminishing returns",
            }
        )?;
        for (name, effect) in artifact.features.iter().zip(&platform.effects) {
            writeln!(out, "  {name:<18} {:+.1} %", 100.0 * (effect.exp() - 1.0))?;
        }
    }
    Ok(())
}

fn write_campaign(
    out: &mut String,
    artifact: &Artifact,
    campaign: &CampaignModel,
    days: usize,
) -> fmt::Result {
    writeln!(out, "  {} {} ({})", campaign.key.platform, campaign.key.campaign_id, campaign.name)?;
    let outlook = match artifact.outlook(campaign, days) {
        Ok(outlook) => outlook,
        Err(reason) => return writeln!(out, "    insufficient data: {}", reason.statement()),
    };
    for driver in outlook.drivers() {
        writeln!(out, "    {:+10.4}  {}", driver.effect, driver.name)?;
    }
    let roas = outlook.roas();
    writeln!(out, "    {:>10.4}  ROAS ({:.4} to {:.4})", roas.value, roas.low, roas.high)?;
    writeln!(out, "    {}", recommendation(&outlook))
}
